"""Somebody from the media asks the school."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked, speaks_from_outside

_FRAMES = (
    Frame("press", 0.9, "says to be of the media"),
    Frame("use", 0.8, "asks for the use of pictures", loose=True),
    Frame("asks", 0.75, "asks what the media ask", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item of anybody but the school. Families ask for comments and pictures in their own name."""
    if speaks_from_outside(reading.item):
        frames = _FRAMES[:1] if reading.item.author_role in ("parent", "pupil") else _FRAMES
        yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_press", frames)


DETECTOR = Detector(
    id="media-enquiry-not-referred",
    kind="MEDIA_ENQUIRY",
    clause="A.3.7",
    severity=Severity.HIGH,
    summary="Somebody from the media asks the school.",
    rationale=(
        "Questions from the media go to the head teacher; a hasty answer can identify a child or bind the "
        "school (A.3.7)."
    ),
    remedy="Pass the question on to the head teacher and leave it without a reply.",
    flags=("[comment] Hi, I'm a reporter with the Fenwick Gazette, could the head comment?",),
    passes=("[comment] Our school newspaper team interviewed the cook.",),
    find=find,
    limits=(
        "Comments and messages of others than the school. Whether it was referred the exports cannot show: a "
        "person says so."
    ),
)
