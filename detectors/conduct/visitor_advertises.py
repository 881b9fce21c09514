"""A visitor promotes own goods or services."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked, speaks_from_outside

_FRAMES = (
    Frame("offer", 0.85, "offers an own service"),
    Frame("come-on", 0.7, "speaks as sellers do", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item of anybody but the school and its parents' association."""
    if speaks_from_outside(reading.item) and reading.item.author_role != "pta":
        yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_advert", _FRAMES)


DETECTOR = Detector(
    id="visitor-advertises",
    kind="CONTRIBUTOR_ADVERT",
    clause="A.5.8",
    severity=Severity.LOW,
    summary="A visitor promotes own goods or services.",
    rationale=(
        "Advertisements on a school's site seem to bear its approval, and who advertises has not been vetted (A.5.8)."
    ),
    remedy="Hide the comment and point its author to the office.",
    flags=("[comment] I offer maths tuition, £25 per hour, message me.",),
    passes=("[comment] Can anyone recommend a violin teacher?",),
    find=find,
    limits=(
        "Comments and posts of others than the school. A veiled recommendation by a friend of the seller slips through."
    ),
)
