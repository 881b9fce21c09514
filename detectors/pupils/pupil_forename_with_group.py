"""A pupil's forename with form, year or team."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return level == Level.FORENAME_WITH_GROUP


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Forenames and the like with a form, year, age group or team beside them that leaves at most two pupils."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-forename-with-group",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.MEDIUM,
    summary="A pupil's forename stands with form, year or team, so that one or two pupils fit.",
    rationale="In a form of thirty a forename is as good as a full name, and the form says where to find the child.",
    remedy="Leave out the form or the name.",
    flags=("Noor of Year 4 Birch lit the candle.", "Noor from 8R argued well."),
    passes=("Mr Quill of 8Q lit the candle.", "Year 4 Birch lit the candle."),
    find=find,
    rank=3,
    limits="Forenames and the like with a form, year, age group or key stage that leaves one or two pupils. Clubs "
    "and teams without an age are not known to the roll.",
)
