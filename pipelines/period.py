"""The period that a report speaks of, from what its user named: days, a month, or a term of the school's own."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from detectors.base import UserError
from pipelines.school import load_terms
from reports.summary import Period
from reports.words import listed


def period_of(
    since: date | None = None, until: date | None = None, month: str = "", term: str = "", school: Path | None = None
) -> Period | None:
    """The period named, None where none is. ``month`` is ``2026-10``; ``term`` a name under ``[terms]`` of the school's folder.

    Raises UserError for two periods at once, an end before the beginning, no month, or a term that the school does not know.
    """
    if bool(month) + bool(term) + bool(since or until) > 1:
        raise UserError("name one period: --since and --until, or --month, or --term")
    if month:
        return _month(month)
    if term:
        if school is None:
            raise UserError("--term needs the school's folder, which names its terms; add: --school DIR")
        return _term(term, load_terms(school), school)
    if since and until and until < since:
        raise UserError("--until lies before --since; give a later day")
    return Period(since, until) if since or until else None


def _month(given: str) -> Period:
    try:
        first = date.fromisoformat(f"{given}-01")
    except ValueError:
        raise UserError("--month takes a year and a month, as in: 2026-10") from None
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return Period(first, last, f"{first:%B %Y}")


def _term(name: str, terms: Mapping[str, tuple[date, date]], school: Path) -> Period:
    if name not in terms:
        known = f"it knows {listed(sorted(terms))}" if terms else "it knows none yet"
        raise UserError(
            f"{school / 'school.toml'}: [terms] has no {name}; {known}; a term is a line such as: "
            'autumn-2026 = ["2026-09-01", "2026-12-18"]'
        )
    return Period(*terms[name], name)
