"""What rules about numbers share: gaps between digits, and reading the digits of a match."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Between two digits of one number: nothing, a space, dot, hyphen or slash, or the end of a line.
GAP = r"(?:[ \t./-]{1,2}|[ \t]?\n[ \t]?)?"


def grouped(digit: str, count: int, gap: str = GAP) -> str:
    """A pattern for so many characters of a class with gaps anywhere between them."""
    return rf"{digit}(?:{gap}{digit}){{{count - 1}}}"


def bare(written: str) -> str:
    """The letters and digits of a match, in capitals."""
    return re.sub(r"[^A-Za-z0-9]", "", written).upper()


def ten_digits(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """``(start, end, digits, 3-3-4)`` of each number of ten digits, however spaced; the last says whether it is in threes."""
    for match in _TEN.finditer(text):
        shape = re.sub(r"[^0-9]+", " ", match[0]).split()
        yield match.start(), match.end(), bare(match[0]), [len(s) for s in shape] == [3, 3, 4]


_TEN = re.compile(rf"(?<![\w+£$€])(?<!\d[.-])(?<!\d[ ]){grouped('[0-9]', 10)}(?![\w])(?![.-]\d)(?!\s?\d)")
