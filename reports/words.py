"""Values as words that can be printed: counts, dates, places, and only the characters that the report's typeface has."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from reports.summary import Period

UNPRINTABLE = "□"
_ZERO_WIDTH_SPACE = "\u200b"

# Latin, Greek and Cyrillic letters and common signs. Lato and the typefaces built into typst have them; typst refuses
# or crashes on others.
_RANGES = (
    (0x20, 0x7E),
    (0xA1, 0x17F),
    (0x218, 0x21B),
    (0x391, 0x3A1),
    (0x3A3, 0x3C9),
    (0x400, 0x45F),
    (0x1E80, 0x1E85),
)
_SIGNS = frozenset("\u1ef2\u1ef3–—‘’‚“”„†•…‰‹›€™→−≤≥■□▲●◆" + _ZERO_WIDTH_SPACE)

_LONDON = ZoneInfo("Europe/London")
_PLACES = {
    "alt": "description of picture",
    "filename": "file name of picture",
    "media": "picture",
    "ocr": "writing in picture",
}
_LONG_WORD = re.compile(r"[^\s\u200b]{24}(?=[^\s\u200b])")


def printable(text: str) -> str:
    """The text in composed form and one line, with □ for each character that cannot be printed and no invisible ones.

    Words of more than 24 characters may break, at a zero width space.
    """
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(_character(c) for c in composed)
    return _LONG_WORD.sub(lambda m: m[0] + _ZERO_WIDTH_SPACE, " ".join(shown.split()))


def _character(char: str) -> str:
    if char.isspace() or unicodedata.category(char) == "Cc":
        return " "
    if char == "\xad" or (unicodedata.category(char) in ("Cf", "Mn", "Me") and char != _ZERO_WIDTH_SPACE):
        return ""
    return char if is_printable(char) else UNPRINTABLE


def is_printable(char: str) -> bool:
    """Whether the report can print the character."""
    return char in _SIGNS or any(low <= ord(char) <= high for low, high in _RANGES)


def clip(text: str, length: int) -> str:
    """The text where it has at most that many characters, else its first words and an ellipsis."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0][: length - 1].rstrip(" ,;:.") + "…"


def count(number: int, one: str, many: str = "") -> str:
    """The number with its noun: ``1 finding``, ``5,000 findings``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def day(value: date | datetime | None) -> str:
    """``3 November 2026``; a time is that day in London; ``undated`` for None."""
    if value is None:
        return "undated"
    if isinstance(value, datetime):
        value = london_day(value)
    return f"{value.day} {value:%B %Y}"


def london_day(value: datetime) -> date:
    """The day in London; a time without a zone is taken as London's."""
    return (value.astimezone(_LONDON) if value.tzinfo is not None else value).date()


def short_day(value: date | None) -> str:
    """``3 Nov 2026``, or ``undated``."""
    return "undated" if value is None else f"{value.day} {value:%b %Y}"


def place(part: str) -> str:
    """The part of an item as its reader would say it: ``picture 1`` for ``media:0``."""
    name, _, number = part.partition(":")
    if name in _PLACES and number.isdecimal():
        return f"{_PLACES[name]} {int(number) + 1}"
    return name


def listed(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def days_of(period: Period) -> str:
    """``1 September 2026 to 18 December 2026``, ``from 1 September 2026``, ``until 18 December 2026``."""
    if period.since and period.until:
        return f"{day(period.since)} to {day(period.until)}"
    return f"from {day(period.since)}" if period.since else f"until {day(period.until)}"


def titled(period: Period | None) -> str:
    """What a title says of a period, with a comma before; empty for none."""
    return f", {clip(printable(period.name), 40) or days_of(period)}" if period else ""


def period_words(period: Period | None) -> str:
    """What a report says of the period it is limited to; empty for none."""
    if period is None:
        return ""
    named = f"{clip(printable(period.name), 40)}: " if period.name else ""
    return (
        f"This report is on one period, {named}{days_of(period)}. It counts findings on what was published then, as they stand "
        "now; what has no date counts in every period."
    )
