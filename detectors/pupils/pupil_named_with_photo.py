"""A pupil's full name beside a picture."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return level == Level.FULL_WITH_PHOTO


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Full names in items that show a picture or film."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-named-with-photo",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.CRITICAL,
    summary="A pupil's full name stands with a picture.",
    rationale="Name and face together are all that somebody needs to find a child, and to misuse the picture under its name. "
    "Guidance for schools has said for years: the name or the picture, never both.",
    remedy="Keep the picture or the name, never both; check older posts for the same pupil.",
    flags=("[picture] Noor Lang at the loom.", "[picture] MARCHETTI, Teo drew with the first board."),
    passes=("Noor Lang at the loom.", "[picture] Mrs Lang at the loom.", "[picture] Our Year 4 weavers at the loom."),
    find=find,
    rank=6,
    limits="Full names where the export says that a picture or film stands with the item, or shows one. Whether "
    "the pupil is in the picture is not looked at.",
)
