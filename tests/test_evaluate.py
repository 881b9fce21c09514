"""The project's scorer: its rules on posts made here, and the same figures as the reference scorer where that is at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.evaluate import Tally, evaluate, wilson

SHARED = Path(__file__).parent.parent.parent / "shared" / "corpus"


def span(start: int, end: int, label: str, **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label, "subtype": "full"} | more


def finding(item: str, kind: str, start: int, end: int, *pupils: str) -> dict[str, Any]:
    return {"item": item, "kind": kind, "part": "text", "start": start, "end": end, "pupils": list(pupils)}


POSTS = [
    {
        "id": "1",
        "spans": [
            span(0, 9, "PUPIL", pupil_id=["P1"]),
            span(20, 30, "PUPIL", pupil_id=["P2", "P3"], subtype="group"),
            span(40, 52, "PHONE"),
            span(60, 70, "PERSON"),
        ],
    },
    {"id": "2", "spans": [span(0, 8, "HANDLE", subtype="organisation")], "doc_labels": ["POLITICAL"]},
    {"id": "3", "spans": []},
]


def test_hits_misses_and_false_alarms() -> None:
    score = evaluate(
        POSTS,
        [
            finding("1", "PUPIL", 0, 9, "P9", "P8", "P1"),  # right: among the first three
            finding("1", "PUPIL", 20, 30, "P2"),  # a group needs everybody
            finding("1", "PHONE", 30, 70),  # overlaps, but does not say where
            finding("1", "PUPIL", 60, 70, "P1"),  # a person who is no pupil
            finding("2", "HANDLE", 0, 8),  # may be flagged or left
            finding("2", "POLITICAL", 0, 0),
            finding("3", "SHARE_LINK", 0, 5),  # no label for it
            finding("3", "PHONE", 0, 5),
        ],
    )
    assert score.kinds["PUPIL"] == Tally(spans=2, hit=1, findings=3, right=1)
    assert score.kinds["PHONE"] == Tally(spans=1, hit=0, findings=2, right=0)
    assert score.kinds["POLITICAL"] == Tally(spans=1, hit=1, findings=1, right=1)
    assert score.subtypes == {"full": (1, 1), "group": (0, 1)}
    assert (score.clean_posts, score.clean_posts_flagged) == (2, 1)
    assert score.not_scored == {"SHARE_LINK": 1}


def test_wilson_interval() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_reference_scorer_says_the_same(tmp_path: Path) -> None:
    if not (SHARED / "score.py").exists():
        pytest.skip("the labelled corpus is not beside this checkout")
    posts, findings = SHARED / "posts.jsonl", tmp_path / "findings.jsonl"
    tool = [sys.executable, "-m", "pipelines.cli"]
    subprocess.run([*tool, "scan", posts, "--school", SHARED, "--output", findings], check=True)
    reference = [sys.executable, SHARED / "score.py", posts, findings, "--json"]
    theirs = json.loads(subprocess.run(reference, check=True, capture_output=True, text=True).stdout)
    own = [*tool, "evaluate", posts, "--school", SHARED, "--json"]
    ours = json.loads(subprocess.run(own, check=True, capture_output=True, text=True).stdout)
    assert ours == {k: v for k, v in theirs.items() if k in ours}
    assert ours["kinds"]["PUPIL"]["recall"] > 0.75
    assert ours["kinds"]["PUPIL"]["precision"] > 0.88
