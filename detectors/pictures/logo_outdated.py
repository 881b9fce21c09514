"""A picture shows a mark that the school no longer uses."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.pictures.logo_shown import LIMITS, mark_evidence


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence for each place that shows a retired mark."""
    return (
        mark_evidence(m, "the picture shows a mark that is no longer used") for m in reading.logos if not m.mark.current
    )


DETECTOR = Detector(
    id="logo-outdated",
    kind="LOGO_OUTDATED",
    clause="A.4.7",
    severity=Severity.MEDIUM,
    summary="A picture shows a mark that the school no longer uses.",
    rationale="An old mark makes an official site look abandoned or false, and readers learn to trust imitations.",
    remedy="Put the current mark in its place and link it to the school's website.",
    flags=("The crest retired in 2021 as a page's banner",),
    passes=("The current crest", "Another school's crest"),
    find=find,
    limits=LIMITS,
)
