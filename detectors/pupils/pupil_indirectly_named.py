"""Initials, nicknames, family links and the like."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return level == Level.INDIRECT


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Initials, nicknames, forenames alone, surnames alone and families that at most five pupils fit."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-indirectly-named",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.LOW,
    summary="A pupil can be made out from initials, a nickname, a forename or the family.",
    rationale="Whoever knows the school knows who is meant; whoever does not has a piece to put with others.",
    remedy="Decide whether the pupil can be made out; if so, remove the name.",
    flags=("Thanks to Saoirse B. for the tea.", "Anaïs and Mei-Lin were first to arrive."),
    passes=("Thanks to Mrs Haddon for the tea.", "Hope is not a plan."),
    find=find,
    rank=2,
    limits="Initials, familiar forms, lone forenames and surnames, brothers and sisters, weighed with what stands "
    "around them. Unusual nicknames and what only friends understand slip through.",
)
