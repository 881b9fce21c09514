"""A pupil whose family has withdrawn its consent."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return consent == "withdrawn" and level not in (Level.INDIRECT, Level.MANY_FIT)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Mentions of the levels L1 to L3 of a pupil whose family withdrew consent, before or after the day of publishing."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-consent-withdrawn",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.CRITICAL,
    summary="A pupil is named although the family has withdrawn its consent.",
    rationale="A family that withdraws consent expects the school to stop, and to take down what stands. What stays up is a "
    "complaint to the regulator waiting to be written.",
    remedy="Take the item down or remove the name, and tell the family that it was done.",
    flags=("Zoë Quill reads on Friday.", "8Q: Zoë is our new librarian."),
    passes=("Mr Quill reads on Friday.", "Noor Lang reads on Friday."),
    find=find,
    rank=8,
    limits="Names in full, beside a picture, or with form or team, of pupils with a withdrawal on either day. "
    "Initials and nicknames alone are left to the rule about indirect names.",
)
