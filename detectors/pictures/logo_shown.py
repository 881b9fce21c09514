"""A picture is the school's current mark."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, LogoMatch, Reading, Severity


def mark_evidence(match: LogoMatch, sentence: str) -> Evidence:
    """The Evidence for a mark seen in a picture."""
    return Evidence(
        part=f"media:{match.media}",
        box=match.box,
        logo=match.mark.id,
        confidence=match.confidence,
        why=f"{sentence} ({match.test}, {match.distance} of 256 bits differ)",
    )


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a picture that matches a mark in use."""
    return (mark_evidence(m, "the picture matches the current mark") for m in reading.logos if m.mark.current)


DETECTOR = Detector(
    id="logo-shown",
    kind="LOGO",
    clause="A.4.7",
    severity=Severity.INFO,
    summary="A picture is the school's current mark.",
    rationale="School-hosted sites must show the mark, and its use needs approval: both need to know where it stands.",
    remedy="Nothing to do where the site's entry in the register has the mark approved.",
    flags=("The current crest as a page's avatar",),
    passes=("Another school's crest", "A photograph of the playground"),
    find=find,
    limits="Pictures that consist of the mark, whatever their size, margin or colour; compared by perceptual "
    "hashes. A mark that is "
    "turned, mirrored or a small part of a larger picture slips through.",
)
