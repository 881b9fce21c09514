"""A pupil's forename beside a picture."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return level == Level.FORENAME_WITH_PHOTO


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Forenames, nicknames and names with an initial in items that show a picture or film."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-forename-with-photo",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.MEDIUM,
    summary="A pupil's forename stands with a picture.",
    rationale="A forename beside a face is enough for whoever knows the school, and it lets a stranger call the child by name.",
    remedy="Remove the name or the picture.",
    flags=("[picture] Xanthe with her owl.", "[picture] Saoirse B. on the bridge."),
    passes=("Xanthe has an owl.", "[picture] Noor Lang at the loom.", "[picture] Hope springs eternal."),
    find=find,
    rank=4,
    limits="Forenames, familiar forms and initials with a picture beside them, unless more than five pupils fit. "
    "Whether the pupil is in the picture is not looked at.",
)
