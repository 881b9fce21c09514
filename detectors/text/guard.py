"""Which of many regular expressions can match a text at all: one pass for the letters that each must have.

Word lists are long alternations, and trying each at every place of every text is most of what the rules about facts cost. Of
each expression the longest run of letters that every match contains is read off its syntax tree; where none of an
expression's runs stands in a text, it cannot match there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick

# The commonest words of English and of what schools write, the most frequent first: a run that stands in them guards nothing.
_COMMON = (
    "the and to of a in for is on we our with you this be it that at all your will from have as are their they was",
    "been her his an by so who has year school or not out up can day were if i more he she but please what one some",
    "had there about time well my me do pupils when would like them great now no class week first just get team how",
    "back children next any home very two make over which than then into only here come go work take good see new",
    "other us really after before parents students today tomorrow morning evening thank thanks help play still",
    "every old young little night need want long last same being way made much many way where house let his had off",
    "down too because through",
)
_FREQUENCY = {word: 1 / rank for rank, word in reversed(list(enumerate(" ".join(_COMMON).split(), 1)))}
_PER_LETTER = 0.4  # how much rarer a run becomes with a letter more
_TOO_COMMON = 3.0  # in the unit of the commonest word's frequency; above it a guard would be open always


class _Run(NamedTuple):
    """Letters in small form; whether a word must begin before them and end after them."""

    letters: str
    begins: bool
    ends: bool


_Runs = frozenset[_Run]


class Guard:
    """Expressions that match whole words, in any case, and which of them can match a text."""

    def __init__(self, expressions: Sequence[str]) -> None:
        self._always: set[int] = set()
        of_run: dict[_Run, set[int]] = {}
        for number, expression in enumerate(expressions):
            runs = _required(parser.parse(expression, re.IGNORECASE), first=True, last=True)
            if runs is None:
                self._always.add(number)
            for run in runs or ():
                of_run.setdefault(run, set()).add(number)
        self._runs = tuple((*run, frozenset(numbers)) for run, numbers in of_run.items())
        self._automaton = AhoCorasick([run[0] for run in self._runs])
        self.possible = lru_cache(maxsize=256)(self._possible)

    def _possible(self, text: str) -> frozenset[int]:
        """The numbers of the expressions that can match somewhere in the text."""
        folded = _folded(text)
        found = set(self._always)
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            _, begins, ends, numbers = self._runs[index]
            if begins and start and folded[start - 1].isalnum():
                continue
            if ends and end < len(folded) and (folded[end].isalnum() or folded[end] == "_"):
                continue
            found |= numbers
        return frozenset(found)


class Guarded:
    """An alternation of which only those lines are tried that can match. Its methods are those of ``re.Pattern``.

    ``lines`` are its alternatives with their numbers in the guard; each is compiled when a text first lets it through.
    """

    def __init__(self, lines: Sequence[tuple[int, str]], guard: Guard) -> None:
        self.guard = guard
        self._lines = lines

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """The alternation as one expression."""
        return _compiled("|".join(line for _, line in self._lines))

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """The match that begins there."""
        return self.whole.match(text, start, end)

    def fullmatch(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """The match that is all that stands between two places."""
        return self.whole.fullmatch(text, start, end)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first match between two places of the text; ``end`` must not stand inside a word."""
        return next(self.finditer(text, start, end), None)

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """Every match between two places of the text, none over another; ``end`` must not stand inside a word.

        As in an alternation the leftmost has its place, and of those that begin together that of the first line.
        """
        end = len(text) if end is None else end
        possible = self.guard.possible(text)
        patterns = [_compiled(line) for number, line in self._lines if number in possible]
        ahead = [(p, p.search(text, start, end)) for p in patterns]
        found = [(p, m) for p, m in ahead if m]
        while found:
            match = min((m for _, m in found), key=lambda m: m.start())
            yield match
            ahead = [(p, m if m.start() >= match.end() else p.search(text, match.end(), end)) for p, m in found]
            found = [(p, m) for p, m in ahead if m]


def guarded(alternations: Sequence[Sequence[str]]) -> tuple[Guarded, ...]:
    """Alternations of whole words in any case, each from its lines, all behind one guard."""
    lines = [line for alternation in alternations for line in alternation]
    guard, numbered = Guard(lines), iter(enumerate(lines))
    return tuple(Guarded([next(numbered) for _ in alternation], guard) for alternation in alternations)


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{expression})(?!\w)", re.IGNORECASE)


def _folded(text: str) -> str:
    """Small letters as ``re.IGNORECASE`` compares them: dotless i counts as i, long s as s."""
    return text.lower() if text.isascii() else text.casefold().replace("\u0131", "i").replace("\u0307", "")


def _required(tree: Any, first: bool, last: bool) -> _Runs | None:
    """Runs of which every match of a syntax tree has one, the best to be had; None where there are none.

    ``first`` and ``last``: whether the tree stands at the beginning and at the end of the expression.
    """
    candidates: list[_Runs] = []
    letters, began = "", first
    items = [item for item in tree if item[0] not in (parser.AT, parser.ASSERT, parser.ASSERT_NOT)]
    for place, (operator, argument) in enumerate(items):
        if operator is parser.LITERAL:
            began = began if letters else first and place == 0
            letters += _folded(chr(argument))
            continue
        if letters:
            candidates.append(frozenset([_Run(letters, began, False)]))
            letters = ""
        here = first and place == 0, last and place == len(items) - 1
        inner: _Runs | None = None
        if operator is parser.BRANCH:
            branches = [_required(branch, *here) for branch in argument[1]]
            whole = [b for b in branches if b is not None]
            inner = frozenset().union(*whole) if len(whole) == len(branches) else None
        elif operator is parser.SUBPATTERN:
            inner = _required(argument[3], *here)
        elif operator is parser.ATOMIC_GROUP:
            inner = _required(argument, *here)
        elif operator in (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT) and argument[0] >= 1:
            inner = _required(argument[2], first=False, last=False)
        if inner:
            candidates.append(inner)
    if letters:
        candidates.append(frozenset([_Run(letters, began, last)]))
    best = min(candidates, key=_cost, default=None)
    return best if best is not None and _cost(best) < _TOO_COMMON else None


def _cost(runs: _Runs) -> float:
    """How often one of the runs is to be expected in a text."""
    return sum(_expected(run) for run in runs)


@cache
def _expected(run: _Run) -> float:
    whole = run.begins and run.ends
    common = sum(
        frequency
        for word, frequency in _FREQUENCY.items()
        if run.letters in word
        and (not run.begins or word.startswith(run.letters))
        and (not run.ends or word.endswith(run.letters))
        and (not whole or word == run.letters)
    )
    return common + float(_PER_LETTER ** (len(run.letters) + (run.begins + run.ends) / 2))
