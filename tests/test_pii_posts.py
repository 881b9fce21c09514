"""All rules at once over whole posts: every leak in them is found as its kind, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from detectors import DETECTORS
from pipelines.audit import audit
from tests import case_school as school

MARK = re.compile(r"\{\{([A-Z_]+)\|(.+?)\}\}", re.DOTALL)
RULES = [d for d in DETECTORS if d.find.__module__.startswith("detectors.pii.")]
# A pupil's age is no identifier to mark, and the safeguarding mailbox is a team's: both are told in their own cases.
LEFT_OUT = frozenset({"AGE_WITH_NAME"})


def posts() -> list[str]:
    text = (Path(__file__).parent / "pii_posts.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [line.replace("\\n", "\n") for line in lines]


def unmarked(post: str) -> tuple[str, list[tuple[str, str]]]:
    return MARK.sub(lambda m: m[2], post), [(m[1], m[2]) for m in MARK.finditer(post)]


@pytest.mark.parametrize("post", posts(), ids=lambda p: str(posts().index(p)))
def test_a_post(post: str) -> None:
    text, expected = unmarked(post)
    reading = school.reader(school.LogoBank()).read([school.item(text)])
    found = [(f.kind, f.value) for f in audit(reading, school.context(), RULES) if f.kind not in LEFT_OUT]
    assert found == expected
