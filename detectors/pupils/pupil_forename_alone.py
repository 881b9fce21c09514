"""A forename that many pupils bear."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return level == Level.MANY_FIT


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Names alone that more than five pupils fit."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-forename-alone",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.INFO,
    summary="A forename stands alone that more than five pupils bear.",
    rationale="Nobody can be made out from it alone; it is listed so that nothing is hidden, and because more may follow.",
    remedy="Nothing, unless the item shows more than the name.",
    flags=("What a save by Iona in the second half!",),
    passes=("What a save by Xanthe in the second half!", "The ferry to Iona sails at nine."),
    find=find,
    rank=1,
    limits="Forenames that more than five pupils bear. Nothing else is looked at.",
)
