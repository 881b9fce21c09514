"""Times as exports write them, in UTC, with how their zone is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from detectors.base import TimeBasis

# The schools of this product are British: a time without zone is their wall clock.
LONDON = ZoneInfo("Europe/London")
# Meta's business tools give Pacific time without saying so (observed in exports, not documented).
PACIFIC = ZoneInfo("America/Los_Angeles")

_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:,?[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_ZULU = re.compile(r"(?<=\d) (UTC|GMT|Z)$")
_LONGHAND = ("%d %b %Y", "%d %B %Y", "%a, %d %b %Y %H:%M:%S %z", "%B %d, %Y", "%b %d, %Y")


class Moment(NamedTuple):
    """A time in UTC (None where it cannot be read), and how its zone is known."""

    at: datetime | None
    basis: TimeBasis


UNKNOWN = Moment(None, "unknown")


def parse(raw: str, zone: ZoneInfo = LONDON, month_first: bool = False) -> Moment:
    """Reads ISO 8601, dd/mm/yyyy (mm/dd/yyyy where ``month_first``), RFC 5322 and long dates.

    Without zone, ``zone`` is assumed.
    """
    text = raw.strip()
    if not text or text.startswith("0000-00-00"):
        return UNKNOWN
    try:
        # Most are ISO 8601, which no other form begins like.
        found = _iso(text) if text[4:5] == "-" else None
        found = found or _slashed(text, month_first) or _iso(text) or _longhand(text)
        if found is None:
            return UNKNOWN
        if found.tzinfo is not None:
            return Moment(found.astimezone(UTC), "explicit")
        return Moment(found.replace(tzinfo=zone).astimezone(UTC), "assumed")
    except (ValueError, OverflowError):
        return UNKNOWN


def utc(raw: str) -> Moment:
    """Reads a time that is written without its zone, which is UTC."""
    if len(raw) == 19:
        try:
            return Moment(datetime.fromisoformat(f"{raw}+00:00"), "explicit")
        except ValueError:
            pass
    return parse(f"{raw} UTC")


def epoch(seconds: object) -> Moment:
    """Unix seconds; unknown where they are none, zero or out of range."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds:
        return UNKNOWN
    try:
        return Moment(datetime.fromtimestamp(seconds, UTC), "epoch")
    except (ValueError, OverflowError, OSError):
        return UNKNOWN


def _iso(text: str) -> datetime | None:
    try:
        if text.endswith((" UTC", " GMT", " Z")):
            text = _ZULU.sub("+00:00", text)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _slashed(text: str, month_first: bool) -> datetime | None:
    match = _DAY_FIRST.match(text)
    if match is None:
        return None
    one, two, year, hour, minute, second = (int(g or 0) for g in match.groups())
    day, month = (two, one) if month_first else (one, two)
    return datetime(year, month, day, hour, minute, second)


def _longhand(text: str) -> datetime | None:
    for form in _LONGHAND:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
