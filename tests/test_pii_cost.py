"""No pattern backtracks without bounds: long hostile texts cost about what an ordinary text of their length costs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from detectors import DETECTORS
from detectors.base import Reading
from detectors.text.plain import plain
from pipelines.audit import audit
from tests import case_school as school

RULES = [d for d in DETECTORS if d.find.__module__.startswith("detectors.pii.")]
LENGTH = 100_000
# Beginnings of what the rules look for, over and over: each could send a careless pattern back and forth.
HOSTILE = (
    *("a", "0", "1 ", "07 ", "A ", "a.", "a@", "@a", "a-", "/", "1\n", "1.1.", "1:", "a:", "::", "((", '"', "+4", "½", "０"),
    *("\u200b", "é"),
    *("AB12 ", "12 Aa ", "1 A, ", "Flat 1, ", "1 Road Road Road ", "The ", "HR1 1AA ", "HR1 1AA, ", "1 a road "),
    *("lived at ",),
    *("pass ", "password is ", 'password: "a', "code for ", "log in a ", "user a / ", "(a / b", "wifi a key ", "pin 1", "gate a"),
    *("key: ",),
    *("zero ", "double ", " at a dot ", "[at]", "(dot)", "born ", "birthday ", "1 May ", "01/01/2010, ", "turns nine on "),
    *("00-00-00 ", "00-00-00a ", "account ", "P<", "P<<<<", "passport ", "http://a.", "https://a.a/", "GB29 AAAA "),
    *("candidate number 1234, ",),
    *("1° 1' ", "50.123 ", "50.123, ", "what3words ", "a.b.c ", "N 1 ", "AA 1234 ", "Mr A is ", "snap: a", "///a."),
)  # fmt: skip


def seconds(text: str) -> float:
    """What the plain form and all the rules take for a text; the better of two runs."""
    item, context = school.item(text), school.context()
    taken = []
    for _ in range(2):
        start = time.process_time()
        audit([Reading(item, plain=(plain("text", text),))], context, RULES)
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.fixture(scope="module")
def ordinary() -> float:
    posts = (Path(__file__).parent / "pii_posts.txt").read_text(encoding="utf-8")
    return seconds((posts * (LENGTH // len(posts) + 1))[:LENGTH])


@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_a_hostile_text_costs_no_more_than_ten_ordinary_ones(unit: str, ordinary: float) -> None:
    assert seconds((unit * LENGTH)[:LENGTH]) < 10 * ordinary + 1
