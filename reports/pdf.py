"""The head teacher's PDF: tagged PDF/UA-1, set with typst."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import font_lato
import typst

from detectors.base import Detector, Severity, UserError
from reports.coverage import CoverageRow
from reports.summary import FindingRow, Summary

_TEMPLATE = Path(__file__).parent / "templates" / "summary.typ"
_LISTED = 60  # gravest findings printed one by one
_ROLL_STALE_DAYS = 7
_ACT_ON = (Severity.CRITICAL, Severity.HIGH)


def write_pdf(
    summary: Summary, rows: Sequence[CoverageRow], detectors: Mapping[str, Detector], path: Path
) -> None:
    """Write the report, mode 0600; equal values give equal bytes.

    The file is written beside its place and moved there at the end, so that an older report is never lost. Raises UserError
    where it cannot be written.
    """
    pdf = typst.compile(
        str(_TEMPLATE),
        format="pdf",
        sys_inputs={"data": json.dumps(_data(summary, rows, detectors), ensure_ascii=False)},
        font_paths=[str(Path(font_lato.__file__).parent / "files")],
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
    )
    draft = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pdf)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UserError(f"{path}: the report cannot be written ({error.strerror}); name a file in a folder you may write to") from None


def _data(summary: Summary, rows: Sequence[CoverageRow], detectors: Mapping[str, Detector]) -> dict[str, Any]:
    standing = summary.standing
    by_severity = Counter(f.severity for f in standing)
    return {
        "school": summary.school,
        "policy": f"{summary.policy_title}, version {summary.policy_id}",
        "run": {"id": summary.run_id, "date": _day(summary.run_at.date()), "version": summary.tool_version},
        "date": [summary.run_at.year, summary.run_at.month, summary.run_at.day],
        "period": _period(summary.period_from, summary.period_to),
        "verdict": _verdict(summary, by_severity),
        "figures": [
            [f"{summary.items_read:,}", "items read"],
            [f"{sum(by_severity[s] for s in _ACT_ON):,}", "findings to act on now"],
            [f"{len({p for f in standing if f.severity in _ACT_ON for p in f.pupils[:1]}):,}", "pupils concerned in them"],
            [f"{by_severity[Severity.MEDIUM] + by_severity[Severity.LOW]:,}", "further findings"],
        ],
        "severities": [
            {"name": s.value.capitalize(), "count": by_severity[s], "review": sum(f.review for f in standing if f.severity is s)}
            for s in Severity
        ],
        "next": _next_steps(standing, detectors),
        "trend": _trend(summary),
        "sources": [_source(s) for s in summary.sources],
        "not_read": list(summary.not_read),
        "roll": _roll(summary),
        "upkeep": [n.text for n in summary.upkeep],
        "by_clause": _by_clause(standing, rows),
        "gravest": [_listed(f, detectors) for f in standing[:_LISTED] if f.severity is not Severity.INFO],
        "more": max(0, sum(f.severity is not Severity.INFO for f in standing) - _LISTED),
        "clauses": [
            {"id": r.clause, "title": r.title, "text": r.text, "answers": [list(a) for a in r.answers]} for r in rows
        ],
        "rules": [{"id": d.id, "summary": d.summary, "clause": d.clause} for d in detectors.values()],
    }


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "not known"


def _period(start: date | None, end: date | None) -> str:
    return f"{_day(start)} to {_day(end)}" if start and end else "dates not given in the exports"


def _verdict(summary: Summary, by_severity: Counter[Severity]) -> str:
    urgent = sum(by_severity[s] for s in _ACT_ON)
    further = by_severity[Severity.MEDIUM] + by_severity[Severity.LOW]
    read = f"{summary.items_read:,} item{'s' if summary.items_read != 1 else ''}"
    if urgent:
        verb = "finding needs" if urgent == 1 else "findings need"
        return f"{urgent:,} {verb} action now: people can be identified or harmed by what is published."
    if further:
        return f"Nothing needs action today; {further:,} lesser finding{'s' if further != 1 else ''} in {read} should be put right this term."
    return f"Nothing was found in {read}. That is no proof that nothing is there: see what was not read and not checked."


def _next_steps(standing: Sequence[FindingRow], detectors: Mapping[str, Detector]) -> list[dict[str, Any]]:
    """The work, rule by rule, the worst first; findings for information only are no work."""
    groups: dict[str, list[FindingRow]] = defaultdict(list)
    for finding in standing:
        if finding.severity is not Severity.INFO:
            groups[finding.detector].append(finding)
    steps = []
    for detector_id, findings in groups.items():
        severities = Counter(f.severity for f in findings)
        detector = detectors[detector_id]
        pupils = len({p for f in findings for p in f.pupils[:1]})
        steps.append(
            {
                "what": detector.summary,
                "remedy": detector.remedy,
                "counts": ", ".join(f"{severities[s]:,} {s.value}" for s in Severity if severities[s]),
                "pupils": f"{pupils:,} pupil{'s' if pupils != 1 else ''}" if pupils else "–",
                "review": sum(f.review for f in findings),
                "order": [severities[s] for s in Severity],
            }
        )
    return sorted(steps, key=lambda s: s["order"], reverse=True)


def _trend(summary: Summary) -> str:
    previous = summary.previous
    if previous is None:
        return "This is the first audit kept in this store; the next report will compare with it."
    return (
        f"Since the audit of {_day(previous.run_at.date())}: {previous.new:,} new, {previous.still_open:,} still open, "
        f"{previous.gone:,} gone from the exports."
    )


def _source(source: Any) -> list[str]:
    pictures = f"{source.media_present:,} read"
    pictures += f", {source.media_missing:,} not in the export" if source.media_missing else ""
    pictures += f", {source.media_damaged:,} damaged" if source.media_damaged else ""
    items = f"{source.items:,}" + (f" ({source.rejected:,} rejected)" if source.rejected else "")
    dates = f"{_short(source.first_published)} – {_short(source.last_published)}" if source.first_published else "not given"
    return [source.site, source.layout, items, pictures, dates, "yes" if source.complete else "NO", source.sha256[:12]]


def _short(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _roll(summary: Summary) -> str:
    roll = summary.roll
    age = (summary.run_at.date() - roll.roll_date).days if roll.roll_date else None
    text = f"The roll had {roll.pupils:,} pupils and was dated {_day(roll.roll_date)}"
    text += f", {age} days before the audit: export a fresh one before trusting a clean result. " if age and age > _ROLL_STALE_DAYS else ". "
    text += f"{roll.without_consent_record:,} pupils have no answer on record and are treated as not having consented. "
    if not roll.consents_file:
        text += "Consent was read from the roll, for every channel alike and without dates."
    return text


def _by_clause(standing: Sequence[FindingRow], rows: Sequence[CoverageRow]) -> list[list[str]]:
    titles = {r.clause: r.title for r in rows}
    counts: dict[str, Counter[Severity]] = defaultdict(Counter)
    for finding in standing:
        counts[finding.clause][finding.severity] += 1
    order = {r.clause: n for n, r in enumerate(rows)}
    return [
        [clause, titles.get(clause, ""), *(f"{counts[clause][s]:,}" if counts[clause][s] else "–" for s in Severity)]
        for clause in sorted(counts, key=lambda c: order.get(c, len(order)))
    ]


def _listed(finding: FindingRow, detectors: Mapping[str, Detector]) -> list[str]:
    return [
        finding.severity.value.capitalize() + (", to review" if finding.review else ""),
        detectors[finding.detector].summary,
        f"{finding.site}, {_day(finding.published)}, {finding.visibility}",
        finding.masked or "picture",
        finding.why,
        finding.key[:8],
    ]
