"""Where one statement ends and the next begins: the lines, sentences and rows of a text.

Posts and documents say things in sentences, in lists ("Noor - nut allergy") and in tables. What a word is about can only be
told within one of these, so rules that tie a fact to a name ask here. Offsets are code points into the text, end exclusive.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# A full stop, question or exclamation mark with what closes behind it, then white space; not after a title, a common
# abbreviation or an initial: too long a sentence does less harm than half a name.
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)")
_ABBREVIATED = re.compile(
    r"\b(?:(?i:mr|mrs|ms|dr|st|prof|rev|revd|cllr|vs|approx|nos?|dept|ext|tel|e\.g|i\.e|incl|[ap]\.m)|[A-Z])\.$"
)
# Signs before the first word of a row: bullets, numbering, the bar of a table, quotation marks.
BULLET = re.compile(r"[\s\-–—*•·▪►>|\"'“”✨⭐🌟🏆🎉👏🥇🥈🥉]*(?:\(?\d{1,2}[.):]?\s+)?")


@dataclass(frozen=True)
class Outline:
    """The lines and sentences of a text. In a wrapped text (a PDF's) a line that goes on in lower case is no new one."""

    text: str
    wrapped: bool = False

    @cached_property
    def lines(self) -> list[tuple[int, int]]:
        """Every line that is not blank, without its line feed."""
        gap = re.compile(r"\n(?![ \t]*[a-z(])|\n[ \t]*\n") if self.wrapped else re.compile(r"[\n\u2028\u2029]")
        return [(s, e) for s, e in _between(gap, self.text, 0, len(self.text)) if self.text[s:e].strip()]

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Every sentence; none reaches over the end of its line."""
        return [s for line in self.lines for s in self._of_line(*line)]

    def line_at(self, at: int) -> tuple[int, int]:
        """The line in which the code point stands."""
        return _around(self.lines, at)

    def sentence_at(self, at: int) -> tuple[int, int]:
        """The sentence in which the code point stands."""
        return _around(self.sentences, at)

    def _of_line(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        begin = start
        for match in _END.finditer(self.text, start, end):
            if _ABBREVIATED.search(self.text, max(begin, match.start() - 8), match.end()):
                continue
            yield begin, match.end()
            begin = match.end()
        if self.text[begin:end].strip():
            yield begin, end


def _between(gap: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in gap.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    yield start, end


def _around(stretches: list[tuple[int, int]], at: int) -> tuple[int, int]:
    """The stretch that holds the code point, else the nearest one before it."""
    place = bisect_right(stretches, (at, len(stretches) and stretches[-1][1] + 1)) - 1
    return stretches[max(place, 0)] if stretches else (0, 0)
