"""The roll-up of a group of schools as a PDF: one row a school, counts alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import typst

from reports.pdf import FONTS, TEMPLATES, midnight, replace_file
from reports.summary import Period
from reports.words import clip, day, period_words, printable, short_day, titled

_SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class GroupRow:
    """A school's latest run; ``problem`` says why there are no figures. ``open`` counts what is to be done by severity."""

    school: str
    problem: str
    run: date | None = None
    items: int = 0
    open: Mapping[str, int] = field(default_factory=dict)
    new: int = 0
    gone: int = 0
    withheld: int = 0
    overdue: tuple[str, ...] = ()


def write_group(name: str, rows: Sequence[GroupRow], today: date, path: Path, period: Period | None = None) -> None:
    """Write the roll-up (PDF/UA-1); ``period`` is what its figures are limited to. Raises UserError where it cannot be written."""
    given = {
        "title": clip(f"Social media audits: {printable(name)}{titled(period)}", 140),
        "date": day(today),
        "period": period_words(period),
        "verdict": _verdict(rows),
        "rows": [_printed(row) for row in rows],
        "totals": [sum(r.open.get(s, 0) for r in rows) for s in _SEVERITIES],
        "notes": [
            clip(printable(f"{r.school}: {note}"), 200) for r in rows for note in (*r.overdue, r.problem) if note
        ],
    }
    compiler = typst.Compiler(TEMPLATES / "group.typ", root=TEMPLATES, font_paths=[FONTS], ignore_system_fonts=True)
    pdf = compiler.compile(sys_inputs={"group": json.dumps(given)}, pdf_standards=["ua-1"], timestamp=midnight(today))
    assert isinstance(pdf, bytes)
    replace_file(path, pdf)


def _printed(row: GroupRow) -> dict[str, object]:
    figures = [row.items, *(row.open.get(s, 0) for s in _SEVERITIES), row.new, row.gone, row.withheld, len(row.overdue)]
    return {
        "school": clip(printable(row.school), 60),
        "run": short_day(row.run) if row.run else "no figures",
        "figures": [f"{n:,}" for n in figures] if row.run else ["–"] * len(figures),
    }


def _verdict(rows: Sequence[GroupRow]) -> str:
    today, week = (sum(r.open.get(s, 0) for r in rows) for s in ("critical", "high"))
    schools = sum(bool(r.open.get("critical")) for r in rows)
    unknown = sum(r.run is None for r in rows)
    said = f"{today:,} findings need action today, in {schools} of {len(rows)} schools; {week:,} this week."
    if not today:
        said = f"Nothing found needs action today in the {len(rows) - unknown} schools audited; {week:,} findings this week."
    return f"{said} Of {unknown} nothing is known." if unknown else said
