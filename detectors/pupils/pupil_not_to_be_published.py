"""A pupil who must not be published at all."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return pupil.do_not_publish and level != Level.MANY_FIT


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Every mention that may mean a pupil on the do-not-publish list, unless more than five pupils fit."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-not-to-be-published",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.CRITICAL,
    summary="A pupil who must not be published is named.",
    rationale="The school keeps such a list for children whom somebody may be looking for: adopted or fostered children, families "
    "in hiding, court orders. For them any trace is dangerous, and no consent can be assumed.",
    remedy="Take it down today, tell the safeguarding lead, and search all sites for the same pupil.",
    flags=("Saoirse Brannigan sang the first verse.", "Thanks to Saoirse B. for the tea."),
    passes=("Miss Brannigan is away on Monday.", "Noor Lang sang the second verse."),
    find=find,
    rank=9,
    limits="Every mention the resolver finds of a pupil on the list, unless more than five pupils fit. What the "
    "resolver misses, and pictures without a name, slip through.",
)
