"""A picture is a mark that the school no longer uses."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.pictures.logo_shown import mark_evidence


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a picture that matches a retired mark."""
    return (
        mark_evidence(m, "the picture matches a mark that is no longer used")
        for m in reading.logos
        if not m.mark.current
    )


DETECTOR = Detector(
    id="logo-outdated",
    kind="LOGO_OUTDATED",
    clause="A.4.7",
    severity=Severity.MEDIUM,
    summary="A picture is a mark that the school no longer uses.",
    rationale="An old mark makes an official site look abandoned or false, and readers learn to trust imitations.",
    remedy="Put the current mark in its place and link it to the school's website.",
    flags=("The crest retired in 2021 as a page's banner",),
    passes=("The current crest", "Another school's crest"),
    find=find,
    limits="Pictures that consist of the mark, whatever their size, margin or colour; compared by perceptual "
    "hashes. A mark that is "
    "turned, mirrored or a small part of a larger picture slips through.",
)
