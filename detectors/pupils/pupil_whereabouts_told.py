"""Where a pupil will be, and when, is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from detectors.base import Context, Detector, Evidence, Item, Reading, Severity
from detectors.lexicons import load_patterns
from detectors.pupils.facts import parts
from detectors.pupils.ties import Ties

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{}>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)"
# "12 March", "on 12th of March 2026", "March 12", "12/03/2026" (day first).
_DATE = re.compile(
    rf"(?<!\w)(?:on\s+)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH.format('month')}"
    rf"|{_MONTH.format('month_first')}\s+(?P<day_last>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day_number>\d{{1,2}})/(?P<month_number>\d{{1,2}}))"
    r"(?:[,/\s]+(?P<year>20\d\d))?(?![\w/])",
    re.IGNORECASE,
)
_GAP = 45  # code points between a place and a time that are told together
_SOON = timedelta(days=8)  # "on Saturday", "tomorrow": over a week later
_HABIT = timedelta(days=365)  # "every Tuesday": over with the school year

Span = tuple[int, int]


def _day(match: re.Match[str], published: date | None) -> date | None:
    """The day written, without a year the one nearest to the day of publishing; None where that cannot be told."""
    day = int(match["day"] or match["day_last"] or match["day_number"])
    name = match["month"] or match["month_first"]
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(match["month_number"])
    if match["year"]:
        years = [int(match["year"])]
    elif published:
        years = [published.year, published.year + 1, published.year - 1]
    else:
        return None
    found = []
    for year in years:
        try:
            found.append(date(year, month, day))
        except ValueError:  # 31 June, 29 February of another year, 14/15
            continue
    return min(found, key=lambda d: abs(d - (published or d)), default=None)


def _times(ties: Ties, sentence: Span, published: date | None) -> Iterator[tuple[int, int, date | None]]:
    """``(start, end, last day)`` of each time in the sentence that lies ahead; the day is None where it is not known."""
    words, text = load_patterns("whereabouts"), ties.text
    said = text[slice(*sentence)]
    over = words["past"].search(said)
    ahead = words["future"].search(said) or ties.is_row(ties.outline.line_at(sentence[0]))
    for match in words["again"].finditer(text, *sentence):
        if not over:
            yield *match.span(), published + _HABIT if published else None
    for match in words["ahead"].finditer(text, *sentence):
        if not over or ahead:
            yield *match.span(), published + _SOON if published else None
    dated = list(_DATE.finditer(text, *sentence))
    for match in dated:
        day = _day(match, published)
        if day is None or published is None or day > published:
            yield *match.span(), day
    if dated or over or not ahead:
        return
    for section in ("weekday", "clock"):
        for match in words[section].finditer(text, *sentence):
            yield *match.span(), published + _SOON if published else None


def _told(ties: Ties, published: date | None) -> Iterator[tuple[int, int, date | None]]:
    """``(start, end, last day)`` of each place that stands with a time ahead in one sentence."""
    places = load_patterns("whereabouts")["place"]
    for sentence in ties.outline.sentences:
        found = [m.span() for m in places.finditer(ties.text, *sentence)]
        times = sorted(_times(ties, sentence, published), key=lambda t: t[0]) if found else []
        if not times:
            continue
        start, end = min(found, key=lambda p: min(_apart(p, (t[0], t[1])) for t in times))
        days = [t[2] for t in times]
        for s, e, _ in times:
            if _apart((start, end), (s, e)) <= _GAP:
                start, end = min(start, s), max(end, e)
        yield start, end, None if None in days else max(d for d in days if d)


def _apart(a: Span, b: Span) -> int:
    return max(a[0] - b[1], b[0] - a[1], 0)


def _published(item: Item) -> date | None:
    return item.published.date() if item.published else None


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a place and time to come at which a pupil can be found; medium once the day has passed."""
    for part, ties in parts(reading):
        for start, end, last in _told(ties, _published(reading.item)):
            tie = ties.of(start, end, heading=True, fragment=False, kin=True)
            if tie is None:
                continue
            over = last is not None and last < context.today
            yield Evidence(
                part=part,
                start=start,
                end=end,
                confidence=round(tie.confidence - 0.1, 2),
                pupils=tie.pupils,
                severity=Severity.MEDIUM if over else tie.severity(Severity.CRITICAL),
                review=tie.review or last is None,
                why=f"a place and a time to come {tie.how}" + ("; the day has passed" if over else ""),
            )


DETECTOR = Detector(
    id="pupil-whereabouts-told",
    kind="WHEREABOUTS",
    clause="A.2.2",
    severity=Severity.CRITICAL,
    summary="Where a pupil will be, and when, is told.",
    rationale="A name, a place and a time to come are all that a stranger or a relative under a court order needs to wait for a "
    "child.",
    remedy="Take the place or the time out, tell families by a closed channel, and report afterwards.",
    flags=("Noor Lang will be waiting at the Mill Lane stop at 4.10 every Tuesday.",),
    passes=("Noor Lang ran at Mill Park on Saturday and won.", "The gates open at 8.30."),
    find=find,
    limits="A place and a time to come in the same sentence as a name. Places without a sign of one, and times "
    "told elsewhere in the item, slip through.",
)
