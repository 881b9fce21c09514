"""Words and phrases looked for all at once: the cost does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from ahocorasick_rs import AhoCorasick

from detectors.lexicons import load_lexicon


class Phrases:
    """Whole words and phrases; capitals do not count, and ``*`` at the end of a phrase stands for any ending."""

    def __init__(self, phrases: Iterable[str]) -> None:
        ordered = sorted(set(phrases))
        self._words = tuple(p.lower().rstrip("*") for p in ordered)
        self._open = tuple(p.endswith("*") for p in ordered)
        self._automaton = AhoCorasick(list(self._words))

    def spans(self, text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, str]]:
        """``(start, end, phrase)`` of every phrase in a stretch of a text."""
        start, end = max(0, start), len(text) if end is None else min(end, len(text))
        stretch = text[start:end].lower()
        for index, left, right in self._automaton.find_matches_as_indexes(stretch, overlapping=True):
            if left and _joins(stretch[left - 1], stretch[left]):
                continue
            if not self._open[index] and right < len(stretch) and _joins(stretch[right - 1], stretch[right]):
                continue
            yield start + left, start + right, self._words[index]

    def within(self, text: str, start: int = 0, end: int | None = None) -> bool:
        """Whether any phrase stands in a stretch of a text."""
        return next(self.spans(text, start, end), None) is not None


def _joins(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    return left.isalnum() and right.isalnum()


@cache
def lexicon_phrases(name: str) -> Phrases:
    """The phrases of ``data/lexicons/<name>.txt``."""
    return Phrases(load_lexicon(name))
