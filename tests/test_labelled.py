"""The labelled posts of the project are well formed, and pupils of a school that no weight is fitted to are found."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.accuracy import score_posts

LABELLED = Path(__file__).parent / "labelled"


def posts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "posts.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("folder", [LABELLED, LABELLED / "second", LABELLED / "third"], ids=lambda folder: folder.name)
def test_labels_stand_where_they_say_and_name_pupils_of_the_roll(folder: Path) -> None:
    with (folder / "roll.csv").open(encoding="utf-8", newline="") as file:
        roll = {row["pupil_id"] for row in csv.DictReader(file)}
    labelled = posts(folder)
    assert len({post["id"] for post in labelled}) == len(labelled)
    for post in labelled:
        for span in post["spans"]:
            assert post["text"][span["start"] : span["end"]] == span["text"], post["id"]
            assert set(span.get("pupil_id", ())) <= roll | {"OFF"}, post["id"]


@pytest.mark.parametrize("name", ["second", "third"])
def test_pupils_of_a_school_that_no_weight_is_fitted_to(name: str) -> None:
    score = score_posts(LABELLED / name / "posts.jsonl", LABELLED / name)
    pupils = score.kinds["PUPIL"]
    assert pupils.hit / pupils.spans >= 0.95
    assert pupils.right / pupils.findings >= 0.95
    assert score.clean_posts_flagged / score.clean_posts <= 0.1
