"""A picture shows a mark in use otherwise than it was approved."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.pictures.logo_shown import LIMITS, mark_evidence

_WORDS = {
    "stretched": "the picture shows the current mark stretched",
    "recoloured": "the picture shows the current mark in other colours than approved",
    "part": "the picture shows the current mark with a part replaced, missing or added",
}


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence for each place that shows a current mark stretched, recoloured or with parts changed."""
    return (mark_evidence(m, _WORDS[m.altered]) for m in reading.logos if m.mark.current and m.altered)


DETECTOR = Detector(
    id="logo-altered",
    kind="LOGO_ALTERED",
    clause="A.4.7",
    severity=Severity.LOW,
    summary="A picture shows the school's mark stretched, recoloured or with parts changed.",
    rationale="An altered mark harms the brand, and readers who are used to variations trust imitations.",
    remedy="Put the approved artwork in its place; where the variant is approved, add its file to logos/.",
    flags=("The crest pulled to twice its width", "The crest in pink and brown", "The crest with a hat on"),
    passes=("The crest in one colour", "The crest on a jumper, seen at a slant", "The crest behind a lamp post"),
    find=find,
    limits=LIMITS
    + " Parts are compared where the mark is shown flat and upright and is at least 56 pixels large; a small part, "
    "or one that differs in its colour only slightly, slips through, and so does an alteration in a grey picture.",
)
