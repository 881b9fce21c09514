"""A picture shows the school's current mark."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, LogoMatch, Reading, Severity

LIMITS = (
    "Whole pictures and marks inside pictures from 46 pixels on, turned by up to 25 degrees, mirrored, tilted, partly covered, in "
    "one colour or in thread; not upside down, and not where more than half is covered. Large photographs are searched at 2048 "
    "pixels. Of an animation four frames that differ are looked at."
)


def mark_evidence(match: LogoMatch, sentence: str) -> Evidence:
    """The Evidence for a mark seen in a picture."""
    bits = 256 if match.test == "phash" else 128
    return Evidence(
        part=f"media:{match.media}",
        box=match.box,
        logo=match.mark.id,
        confidence=match.confidence,
        why=f"{sentence} ({match.test}, {match.distance} of {bits} bits differ)",
    )


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence for each place that shows a mark in use as it was approved."""
    return (
        mark_evidence(m, "the picture shows the current mark")
        for m in reading.logos
        if m.mark.current and not m.altered
    )


DETECTOR = Detector(
    id="logo-shown",
    kind="LOGO",
    clause="A.4.7",
    severity=Severity.INFO,
    summary="A picture shows the school's current mark.",
    rationale="School-hosted sites must show the mark, and its use needs approval: both need to know where it stands.",
    remedy="Nothing to do where the site's entry in the register has the mark approved.",
    flags=("The current crest as a page's avatar", "The crest on a jumper in a photograph"),
    passes=("Another school's crest", "A photograph of the playground"),
    find=find,
    limits=LIMITS,
)
