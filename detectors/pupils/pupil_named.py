"""A pupil's full name."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return level in (Level.FULL, Level.FULL_WITH_PHOTO)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Full names of pupils in any order, case and spelling."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-named",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.HIGH,
    summary="A pupil on the school's roll is named in full.",
    rationale="A full name lets a stranger find and approach a child. On sites to which pupils contribute nobody may be "
    "identifiable; elsewhere the family's consent decides.",
    remedy="Take the item down or remove the name, check older posts for the same pupil, and record the consent position.",
    flags=("Well done Noor Lang for her solo!", "LANG, Noor 12.4 s"),
    passes=("Mrs Lang sang a solo.", "The Noor Lang Cup was awarded on Friday.", "Will you hope for snow?"),
    find=find,
    rank=5,
    limits="Every form of every name on the roll, in any order, with initials, in capitals, tags, addresses "
    "and file names, without its "
    "accents, misspelt or lightly disguised; weighed with titles, groups and other names beside it. "
    "Pupils who are not on the "
    "roll, unusual nicknames and heavily disguised names slip through, and a namesake may be taken for the pupil.",
)
