"""Somebody else's work is used without credit or leave."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked, speaks_for_school

_FRAMES = (
    Frame("taken", 0.8, "says where the work was taken from"),
    Frame("shared", 0.75, "hands out a work that is sold"),
    Frame("no-leave", 0.7, "says that nobody was asked or named"),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item of the school or its staff."""
    if speaks_for_school(reading.item):
        yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_copyright", _FRAMES)


DETECTOR = Detector(
    id="copyright-uncredited",
    kind="COPYRIGHT_UNCREDITED",
    clause="3.3",
    severity=Severity.MEDIUM,
    summary="Somebody else's work is used without credit or leave.",
    rationale="Pictures, music and books belong to those who made them, on a school's site too (3.3, A.4.6).",
    remedy="Note the licence or permission, or put something of the school's own in its place.",
    flags=("Pinched this poster off Google, no idea who drew it.",),
    passes=("Photographs by our Year 9 club, used with permission.",),
    find=find,
    limits="What the text admits. A borrowed picture of which the text says nothing slips through.",
)
