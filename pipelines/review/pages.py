"""What the templates show, from rows of the store: words for states, a text in pieces with what was found marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from detectors.base import Site
from pipelines.store.queue import Wanted
from reports.summary import CheckedRow, SourceRow
from reports.words import count, place, short_day

# The verdicts in the order of the buttons: the key that gives it, its word on the button, what it does.
BUTTONS = (
    ("c", "confirmed", "Confirm", "It is what the rule says. It stays on the work list until it is gone."),
    ("f", "false alarm", "False alarm", "The rule is wrong here. It counts in the rule's precision."),
    ("n", "consented", "Consented", "It may stand."),
    ("r", "removed", "Removed", "It was taken down. It comes back if a later audit still sees it."),
    ("e", "escalated", "Escalate", "Somebody else decides."),
)
SITE_ITSELF = "site:"  # stands before a site's id in findings on the site itself
CAUSE_WORDS = {
    "": "this finding only",
    "case": "the same text or picture wherever it was posted",
    "value": "the same value, about the same person",
    "pupil": "all findings of this pupil",
    "picture": "all findings on this picture",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: plain where ``mark`` is empty, else ``this`` for the finding shown or ``other`` for another one."""

    text: str
    mark: str = ""


def pieces(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Piece]:
    """The text cut at the spans (code points, mark); where several overlap, the one of ``this`` shows."""
    marks = [""] * len(text)
    for start, end, mark in sorted(spans, key=lambda span: span[2] == "this"):
        marks[start:end] = [mark] * len(marks[start:end])
    cuts = [0, *(i for i in range(1, len(text)) if marks[i] != marks[i - 1]), len(text)]
    return [Piece(text[a:b], marks[a]) for a, b in pairwise(cuts) if a < b]


def parts(content: Mapping[str, Any], key: str, found: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Piece]]]:
    """The parts of an item, each with the words for it and in pieces. ``found`` are the findings on it, ``key`` the one shown."""
    shown = []
    for name, text in content["parts"].items():
        spans = [(f["start_at"], f["end_at"], "this" if f["key"] == key else "other")
                 for f in found if f["part"] == name and f["start_at"] is not None]  # fmt: skip
        if text.strip():
            shown.append((place(name), pieces(text, spans)))
    return shown


def is_about_site(row: Mapping[str, Any]) -> bool:
    """Whether a finding is on the site itself, its form and settings, and not on something that it published."""
    return str(row["site"]).startswith(SITE_ITSELF)


def as_shown(row: Mapping[str, Any]) -> str:
    """What may be shown of what was found: the masked value, or the mark's name, or that it is the whole."""
    if is_about_site(row):
        return "the site itself"
    return str(row["masked"] or row["logo"] or ("the picture" if row["part"].startswith("media") else "the whole text"))


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """The list that an address or a form asks for; what it does not name is as it is usually."""
    return Wanted(**{f.name: query[f.name].strip() for f in fields(Wanted) if query.get(f.name, "").strip()})


def address_of(wanted: Wanted, **more: str) -> str:
    """The list as the query of an address, what is usual left out; with a question mark unless it is empty."""
    usual = asdict(Wanted())
    query = urlencode({k: v for k, v in (asdict(wanted) | more).items() if v and v != usual.get(k)})
    return f"?{query}" if query else ""


def live_link(url: str) -> str:
    """The address where it is one of the web, else empty: what an export holds may be anything."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def moment(value: datetime | None) -> str:
    """``3 Nov 2026, 14:05 UTC``, or ``undated``."""
    return f"{short_day(value)}, {value:%H:%M} UTC" if value else "undated"


def period(first: date | None, last: date | None) -> str:
    """``3 Nov 2025 to 5 Jan 2026``, or ``undated``."""
    return f"{short_day(first)} to {short_day(last)}" if first or last else "undated"


def read_by_site(sources: Iterable[SourceRow]) -> dict[str, str]:
    """What was read of each site, from however many exports: ``59 items, 1 Sep 2022 to 20 Jan 2026``."""
    exports: dict[str, list[SourceRow]] = {}
    for source in sources:
        exports.setdefault(source.site, []).append(source)
    words = {}
    for site, read in exports.items():
        first = min((s.first_published for s in read if s.first_published), default=None)
        last = max((s.last_published for s in read if s.last_published), default=None)
        words[site] = f"{count(sum(s.items for s in read), 'item')}, {period(first, last)}"
    return words


def form_words(form: Site, today: date) -> str:
    """What a site's form says: how many approvals, and the day of closing or review, ``overdue`` where it has passed."""
    words, day = count(len(form.approvals), "approval"), form.closure_or_review
    if day is None:
        return f"{words}; no day of closing or review"
    return f"{words}; closing or review {short_day(day)}{' (overdue)' if day < today else ''}"


def checks_by_site(checked: Iterable[CheckedRow]) -> dict[str, str]:
    """What the checks of each site came to: ``18 checks clear, 3 with findings, 2 could not be made``."""
    outcomes: dict[str, Counter[str]] = {}
    for row in checked:
        outcomes.setdefault(row.site, Counter())[row.outcome] += 1
    return {
        site: f"{count(by['clear'], 'check')} clear, {by['found']} with findings, {by['unknown']} could not be made"
        for site, by in outcomes.items()
    }


def due_words(due: date | None, today: date) -> str:
    """``by 3 Nov 2026``, with ``overdue`` where that day has passed."""
    return f"by {short_day(due)}{' (overdue)' if due < today else ''}" if due else ""


def environment() -> Environment:
    """The templates, which escape whatever they are given and fail on what they are not given."""
    made = Environment(
        loader=PackageLoader("pipelines.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "as_shown": as_shown,
        "is_about_site": is_about_site,
        "day": short_day,
        "moment": moment,
        "place": place,
        "due": due_words,
    }
    made.globals |= {
        "count": count,
        "buttons": BUTTONS,
        "cause_words": CAUSE_WORDS,
        "period": period,
        "itself": SITE_ITSELF,
        "form_words": form_words,
    }
    return made
