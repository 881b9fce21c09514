"""The school's channel carries somebody's private view."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked, speaks_for_school

_FRAMES = (
    Frame("off-account", 0.85, "written by somebody in their own name through the school's account"),
    Frame("frame", 0.8, "says outright that it is a private view"),
    Frame("stance", 0.65, "judges a contested or off-topic matter", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item of the school or its staff."""
    if speaks_for_school(reading.item):
        yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_opinion", _FRAMES)


DETECTOR = Detector(
    id="opinion-as-school",
    kind="PERSONAL_OPINION",
    clause="5.3",
    severity=Severity.LOW,
    summary="The school's channel carries somebody's private view.",
    rationale="Readers take what stands on an official site for the school's position (5.3, A.4.10).",
    remedy="Reword it as the school's position, give it its author's name and office, or delete it.",
    flags=(
        "Unpopular opinion: homework is pointless.",
        "Personally I think league tables are a disgrace.",
    ),
    passes=(
        "Year 6 debated whether homework should be banned.",
        "We are proud of our choir.",
    ),
    find=find,
    limits=(
        "Items by the school and its staff alone. A view is told by its frame (unpopular opinion, if you ask "
        "me) or by a judgement on a matter of a list; irony and views without either are left to the "
        "classifier."
    ),
)
