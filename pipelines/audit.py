"""Readings × detectors → findings. Pure: no Prefect, no DuckDB, no files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from detectors.base import Context, Detector, Evidence, Finding, Reading
from detectors.text.fold import folded_key


def audit(readings: Iterable[Reading], context: Context, detectors: Sequence[Detector]) -> list[Finding]:
    """Every detector over every reading, stamped, in the order of the readings and then of part and place.

    Where two findings of one kind overlap in a part, the surer stands: one leak is one finding.
    """
    found: list[Finding] = []
    for reading in readings:
        of_item = [
            _stamp(reading, detector, evidence)
            for detector in detectors
            for evidence in detector.find(reading, context)
        ]
        found += _numbered(_without_overlaps(of_item))
    return found


def _stamp(reading: Reading, detector: Detector, evidence: Evidence) -> Finding:
    value = ""
    if evidence.start is not None and evidence.end is not None:
        value = reading.item.part(evidence.part)[evidence.start : evidence.end]
    return Finding(
        item=reading.item,
        detector=detector.id,
        kind=detector.kind,
        clause=detector.clause,
        severity=evidence.severity or detector.severity,
        confidence=round(evidence.confidence, 3),
        part=evidence.part,
        why=evidence.why,
        start=evidence.start,
        end=evidence.end,
        box=evidence.box,
        pupils=evidence.pupils,
        logo=evidence.logo,
        review=evidence.review,
        value=value,
    )


def _without_overlaps(findings: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: -f.confidence):
        if not any(_same_place(finding, other) for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda f: (f.part, f.start or 0, f.kind))


def _same_place(a: Finding, b: Finding) -> bool:
    if (a.kind, a.part) != (b.kind, b.part) or a.start is None or a.end is None or b.start is None or b.end is None:
        return False
    return a.start < b.end and b.start < a.end


def _numbered(findings: list[Finding]) -> list[Finding]:
    """Give equal values of a kind in a part their occurrence number, counted from 0."""
    counts: dict[tuple[str, str, str], int] = {}
    numbered = []
    for finding in findings:
        key = finding.kind, finding.part, folded_key(finding.value) or finding.logo
        numbered.append(replace(finding, occurrence=counts.get(key, 0)))
        counts[key] = counts.get(key, 0) + 1
    return numbered


def finding_record(finding: Finding) -> dict[str, Any]:
    """The finding in the interchange format: roll ids in the clear, because whoever scans has supplied them."""
    record: dict[str, Any] = {
        "item": finding.item.id,
        "detector": finding.detector,
        "kind": finding.kind,
        "clause": finding.clause,
        "severity": finding.severity.value,
        "confidence": finding.confidence,
        "part": finding.part,
    }
    if finding.start is not None:
        record |= {"start": finding.start, "end": finding.end}
    if finding.box is not None:
        record["box"] = list(finding.box)
    if finding.kind == "PUPIL":
        record["pupils"] = list(finding.pupils)
    if finding.logo:
        record["logo"] = finding.logo
    return record | {"why": finding.why, "review": finding.review}
