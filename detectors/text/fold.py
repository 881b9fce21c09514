"""Folding: text reduced to the letters and digits that a name is made of, with a map back to the original.

The folded text has no separators at all; between every two of its characters stands the strength of the break that the
original had there. So one pattern ``amandalee`` meets "Amanda Lee", "amanda-lee", "#AmandaLee" and "AMANDA LEE", and the
breaks tell them from "Am and a Lee".
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache


class Break(IntEnum):
    """How strongly the original separates two neighbouring folded characters."""

    NONE = 0
    SOFT = 1  # a change of case or to digits, a hyphen, underscore, apostrophe or dot without white space
    SPACE = 2
    COMMA = 3
    STRONG = 4  # the end of a sentence or line, brackets, emoji


# Letters that Unicode does not decompose, and Cyrillic and Greek letters that look Latin.
_SPECIAL = str.maketrans(
    {
        "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n",
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i", "ѕ": "s", "ј": "j", "һ": "h",
        "к": "k", "м": "m", "т": "t", "в": "b", "н": "h",
        "α": "a", "ε": "e", "ο": "o", "ρ": "p", "ν": "v", "ι": "i", "κ": "k", "τ": "t", "υ": "u",
    }
)  # fmt: skip
_SOFT = frozenset("'’‘`´-‐‑_.+/@#:~=&%*|\\")
_DASHES = frozenset("-‐‑–—")


@lru_cache(maxsize=65536)
def fold_char(char: str) -> str | None:
    """The folded form of one character: letters and digits, empty for a separator, None for what is passed over unseen."""
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me") or char == "\u00ad":
        return None
    plain = "".join(c for c in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(c))
    plain = plain.casefold().translate(_SPECIAL)
    return "".join(c for c in plain if c.isalnum())


@lru_cache(maxsize=4096)
def _break_of(run: str, after_initial: bool, lines_join: bool) -> Break:
    """The strength of a run of separators; ``after_initial`` where one letter stands before it, as in "A. Lee"."""
    core = "".join(run.split())
    if len(core) == len(run):
        if all(c in _SOFT for c in core):
            return Break.SOFT
        return Break.COMMA if core == "," else Break.STRONG
    if "\n" in run.strip(" \t") and not lines_join:
        return Break.STRONG
    if not core or (core == "." and after_initial) or all(c in "'’‘*_" for c in core):
        return Break.SPACE
    return Break.COMMA if core == "," else Break.STRONG


@dataclass(frozen=True)
class Folded:
    """A text and its folded form.

    ``starts[i]`` and ``ends[i]`` are the code points of ``original`` that folded character i came from; ``breaks[i]`` is
    the break before character i, ``breaks[len(text)]`` the end.
    """

    original: str = field(repr=False)
    text: str = field(repr=False)
    starts: list[int] = field(repr=False)
    ends: list[int] = field(repr=False)
    breaks: bytes = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's code points for folded characters ``start`` to ``end`` (exclusive)."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str, *, lines_join: bool = False) -> Folded:
    """Fold a text. ``lines_join``: a line end counts as a space, as in the text of a PDF."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks = bytearray()
    run_start: int | None = 0
    previous = ""
    for at, char in enumerate(text):
        folded = fold_char(char)
        if folded is None:
            continue
        if not folded:
            if run_start is None:
                run_start = at
            continue
        if not out:
            strength = Break.STRONG
        elif run_start is not None:
            alone = len(out) < 2 or breaks[-1] >= Break.SOFT
            strength = _break_of(text[run_start:at], alone, lines_join)
        elif (
            (previous.islower() and char.isupper())
            or previous.isdigit() != char.isdigit()
            or (previous.isupper() and char.isupper() and text[at + 1 : at + 2].islower())
        ):
            strength = Break.SOFT
        else:
            strength = Break.NONE
        for i, letter in enumerate(folded):
            out.append(letter)
            starts.append(at)
            ends.append(at + 1)
            breaks.append(strength if i == 0 else Break.NONE)
        run_start, previous = None, char
    breaks.append(Break.STRONG)
    return Folded(text, "".join(out), starts, ends, bytes(breaks))


def squeezed(folded: Folded) -> Folded:
    """The folded text with letters that stand three times or more in a row written once; the map holds."""
    keep = []
    for match in re.finditer(r"(.)\1*", folded.text):
        start, end = match.span()
        # A run ends where a word does: "see Eve" has no letter three times in a row.
        cuts = [start, *(i for i in range(start + 1, end) if folded.breaks[i]), end]
        for left, right in itertools.pairwise(cuts):
            keep += [(left, right)] if right - left >= 3 else [(i, i + 1) for i in range(left, right)]
    return Folded(
        folded.original,
        "".join(folded.text[left] for left, _ in keep),
        [folded.starts[left] for left, _ in keep],
        [folded.ends[right - 1] for _, right in keep],
        bytes([*(folded.breaks[left] for left, _ in keep), folded.breaks[-1]]),
    )


def folded_key(text: str) -> str:
    """The letters and digits of a text, folded: what patterns and finding keys are made of."""
    return "".join(folded for c in text if (folded := fold_char(c)))
