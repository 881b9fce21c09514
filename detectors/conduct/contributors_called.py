"""The school asks people from outside to contribute."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked, speaks_for_school

_FRAMES = (Frame("call", 0.8, "asks for contributions", loose=True),)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item of the school or its staff."""
    if speaks_for_school(reading.item):
        yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_call", _FRAMES)


DETECTOR = Detector(
    id="contributors-called",
    kind="CALL_FOR_CONTRIBUTORS",
    clause="A.5.8",
    severity=Severity.MEDIUM,
    summary="The school asks people from outside to contribute.",
    rationale=(
        "Whoever contributes has to be vetted, so calls for contributors need the communications manager's "
        "approval (A.5.8)."
    ),
    remedy="Have the call approved by the communications manager, or take it down.",
    flags=("Send us your photos of the fair and we will post them here.",),
    passes=("Upload your homework to the class page by Friday.",),
    find=find,
    limits=(
        "Items by the school and its staff. Whether the call was approved the exports cannot show: a person says so."
    ),
)
