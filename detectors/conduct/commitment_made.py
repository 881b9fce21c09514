"""The school promises or admits something that binds it."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked, speaks_for_school

_FRAMES = (
    Frame("money", 0.75, "promises money or prices", loose=True),
    Frame("liability", 0.75, "admits guilt or tells of an agreement", loose=True),
    Frame("place", 0.6, "promises a place or an outcome", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item of the school or its staff."""
    if speaks_for_school(reading.item):
        yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_commitment", _FRAMES)


DETECTOR = Detector(
    id="commitment-made",
    kind="COMMITMENT",
    clause="A.4.2",
    severity=Severity.MEDIUM,
    summary="The school promises or admits something that binds it.",
    rationale="Nobody binds the school online without authority (A.4.2).",
    remedy="Check the promise with the head teacher, and correct it if it was not authorised.",
    flags=("We will refund every family in full.",),
    passes=("Doors open at 7 pm.",),
    find=find,
    limits=(
        "Promises of money, places and outcomes, and admissions of guilt, by the school and its staff. "
        "Whether they were authorised a person has to say."
    ),
)
