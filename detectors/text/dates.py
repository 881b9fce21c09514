"""Dates with a day and a month as people write them in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from detectors.base import PlainText

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
]
_ORDINAL = "|".join(sorted((o.replace("-", "[- ]") for o in _ORDINALS), key=len, reverse=True))
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,?[ \t]+(?:the[ \t]+)?)?"
_YEAR = (
    r"(?:(?:19|20)\d\d|'\d\d|two thousand(?: and)?(?:[ -][a-z]{3,9}){0,2}|twenty[ -](?:ten|eleven|"
    r"twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty(?:[ -][a-z]{3,5})?))"
)
_FIGURES = re.compile(r"\d[ ]?[-/.][ ]?\d{1,2}(?:[ ]?[-/.][ ]?\d{1,4})?")
DATE = re.compile(
    rf"(?<![\w/.-])(?:(?P<iso>(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:3[01]|[12]\d|0?[1-9]))"
    rf"|(?P<numeric>(?:3[01]|[12]\d|0?[1-9])[ ]?[-/.][ ]?(?:1[0-2]|0?[1-9])[ ]?[-/.][ ]?(?P<year2>(?:19|20)\d\d|\d\d))"
    rf"|(?P<short>(?:3[01]|[12]\d|0?[1-9])/(?:1[0-2]|0?[1-9]))"
    rf"|(?P<words>{_WEEKDAY}(?:3[01]|[12]\d|0?[1-9])[ \t-]?(?:st|nd|rd|"
    rf"th)?[ \t,-]{{0,2}}(?:day[ \t]+)?(?:of[ \t]+)?{_MONTH}(?:[ \t,-]{{1,3}}(?P<year3>{_YEAR}|"
    rf"\d\d(?![\d:.]|\s?[ap]m)))?"
    rf"|{_WEEKDAY}{_MONTH}[ \t]+(?:the[ \t]+)?(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|"
    rf"th)?(?![\d:])(?:[ \t,]{{1,3}}(?P<year4>{_YEAR}))?"
    rf"|"
    rf"(?:the[ \t]+)?(?:{_ORDINAL})[ \t]+(?:day[ \t]+)?(?:of[ \t]+)?{_MONTH}(?:[ \t,]{{1,3}}(?P<year5>{_YEAR}))?))(?![\w/]|"
    rf"\.\d|-\d)",
    re.IGNORECASE,
)
_SMALL = {
    w: n
    for n, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}


@dataclass(frozen=True)
class Found:
    """A date in a text. ``year`` is None where none is written; ``bare``: only figures for day and month, as in 3/5.

    ``whole`` is None where the year is missing, or the day is a word or does not exist.
    """

    start: int
    end: int
    year: int | None
    bare: bool
    whole: date | None


def dates(text: PlainText) -> Iterator[Found]:
    """The dates in a text, in order. They are looked for around the names of months and around figures with signs between."""
    stretches = [*text.near("month", before=44, after=48)]
    stretches += [(max(0, m.start() - 6), m.end() + 12) for m in _FIGURES.finditer(text.text)]
    done = 0
    for start, end in sorted(stretches):
        for match in DATE.finditer(text.text, max(start, done), max(end, done)):
            written = next((match[g] for g in ("year2", "year3", "year4", "year5") if match[g]), None)
            year = int(match["iso"][:4]) if match["iso"] else _year(written)
            done = match.end()
            last = done - match[0].endswith(".")
            yield Found(match.start(), last, year, match["short"] is not None, _whole(match, year))


def _whole(match: re.Match[str], year: int | None) -> date | None:
    figures = [int(n) for n in re.findall(r"\d+", match[0])]
    try:
        if year is None:
            return None
        if match["iso"]:
            return date(*figures[:3])
        if match["numeric"]:
            return date(year, figures[1], figures[0])
        month = re.search(_MONTH, match[0], re.IGNORECASE)
        if month is None or not figures:
            return None
        number = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month[0][:3].lower()))
        return date(year, number, figures[0])
    except ValueError:
        return None


def _year(written: str | None) -> int | None:
    if written is None:
        return None
    digits = written.lstrip("'")
    if digits.isdigit():
        number = int(digits)
        return number if number > 99 else number + (2000 if number < 40 else 1900)
    words = re.split(r"[ -]+", written.lower())
    return (
        2000
        + sum(_SMALL.get(w, 0) for w in words[1:])
        + (20 if words.count("twenty") > 1 and words[0] != "twenty" else 0)
    )
