"""Readings × detectors → findings. Pure: no Prefect, no DuckDB, no files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from detectors.base import (
    Context,
    Detector,
    Evidence,
    Finding,
    Item,
    Locator,
    Media,
    Reading,
    SiteCheck,
    SiteEvidence,
    SiteReading,
)
from detectors.text.fold import folded_key
from detectors.text.spans import Disjoint

# One value is of one kind: where findings of these kinds share characters, the first kind in this order has them. Links come
# first (digits in a link are no phone), then what a check digit or a cue settles, then what is told by its shape alone.
PRECEDENCE = (
    "MEETING_LINK",
    "SHARE_LINK",
    "IBAN",
    "UPN",
    "DRIVING_LICENCE",
    "NINO",
    "CREDENTIAL",
    "EMAIL_PERSONAL",
    "EMAIL_SCHOOL",
    "PAYMENT_CARD",
    "BANK_ACCOUNT",
    "NHS_NUMBER",
    "ULN",
    "PASSPORT",
    "PHONE",
    "MAC_ADDRESS",
    "IP_ADDRESS",
    "GEO",
    "CANDIDATE_NUMBER",
    "ADDRESS",
    "DOB",
    "VEHICLE_REG",
    "POSTCODE",
    "HANDLE",
)
_RANK = {kind: rank for rank, kind in enumerate(PRECEDENCE)}


def audit(readings: Iterable[Reading], context: Context, detectors: Sequence[Detector]) -> list[Finding]:
    """Every detector over every reading, stamped, in the order of the readings and then of part and place.

    Where two findings of one kind overlap in a part, that of the rule of higher rank stands, else the surer: one leak is one
    finding. Of kinds in ``PRECEDENCE`` the first stands.
    """
    found: list[Finding] = []
    for reading in readings:
        of_item = [
            (detector.rank, _stamp(reading, detector, evidence))
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


def _without_overlaps(ranked: list[tuple[int, Finding]]) -> list[Finding]:
    kept: list[Finding] = []
    taken: dict[tuple[str, str], Disjoint] = defaultdict(Disjoint)
    for _, finding in sorted(ranked, key=lambda f: (_RANK.get(f[1].kind, len(_RANK)), -f[0], -f[1].confidence)):
        rivals = "" if finding.kind in _RANK else finding.kind
        placed = finding.start is not None and finding.end is not None
        if not placed or taken[finding.part, rivals].claim(finding.start or 0, finding.end or 0):
            kept.append(finding)
    return sorted(kept, key=lambda f: (f.part, f.start or 0, f.kind))


def _numbered(findings: list[Finding]) -> list[Finding]:
    """Give equal values of a kind in a place their occurrence number, counted from 0."""
    counts: dict[tuple[str, str, str], int] = {}
    numbered = []
    for finding in findings:
        key = finding.kind, place_of(finding), matched(finding)
        numbered.append(replace(finding, occurrence=counts.get(key, 0)))
        counts[key] = counts.get(key, 0) + 1
    return numbered


def place_of(finding: Finding) -> str:
    """The part without its number: a picture added in front of another changes numbers, and nothing else."""
    return finding.part.partition(":")[0]


def matched(finding: Finding) -> str:
    """What a verdict on the finding covers, and nothing else: the value, folded; the mark; else the picture or the whole text."""
    value = folded_key(finding.value) or finding.logo
    if value:
        return value
    picture = picture_of(finding)
    return picture.sha256 if picture else folded_key(finding.item.part(finding.part))


def picture_of(finding: Finding) -> Media | None:
    """The picture that a finding is about, or was read in; None for a text."""
    place, _, number = finding.part.partition(":")
    media = finding.item.media
    return media[int(number)] if place in ("media", "ocr") and number.isdigit() and int(number) < len(media) else None


@dataclass(frozen=True)
class SiteResult:
    """What a check came to on a site: ``found``, ``clear``, or ``unknown`` with what is missing. ``why`` holds no personal data."""

    check: str
    site: str
    outcome: Literal["found", "clear", "unknown"]
    why: str = ""


def audit_sites(readings: Iterable[SiteReading], checks: Sequence[SiteCheck]) -> tuple[list[Finding], list[SiteResult]]:
    """Every check over every site: findings on an item ``site:<id>``, which stands for the register's row, and what each came to.

    Sites that are not on the register meet the checks that look at such (``stray``) alone.
    """
    found: list[Finding] = []
    results: list[SiteResult] = []
    for reading in readings:
        item = site_item(reading)
        of_site: list[Finding] = []
        for check in checks:
            if reading.site is None and not check.stray:
                continue
            said = list(check.find(reading))
            faults, gaps = [e for e in said if not e.unknown], [e for e in said if e.unknown]
            of_site += [_stamp_site(item, check, e) for e in faults]
            outcome: Literal["found", "clear", "unknown"] = "found" if faults else "unknown" if gaps else "clear"
            results.append(SiteResult(check.id, reading.id, outcome, gaps[0].why if gaps else ""))
        found += _numbered(of_site)
    return found, results


def site_item(reading: SiteReading) -> Item:
    """The item that stands for a site; its locator is that of what the export shows of the site."""
    name = f"site:{reading.id}"
    facts = list(reading.facts.values())
    at = facts[0].locator if facts else Locator("", "sites.toml", reading.form.row)
    return Item(name, "site", (), at, name, site=name)


def _stamp_site(item: Item, check: SiteCheck, evidence: SiteEvidence) -> Finding:
    severity = evidence.severity or check.severity
    value = f"{check.id} {evidence.subject}".strip()
    return Finding(item, check.id, check.kind, check.clause, severity, 1.0, "text", evidence.why, value=value)


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
