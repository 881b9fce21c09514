"""Folding: text reduced to the letters and digits that a name is made of, with a map back to the original.

The folded text has no separators at all; between every two of its characters stands the strength of the break that the
original had there. So one pattern ``amandalee`` meets "Amanda Lee", "amanda-lee", "#AmandaLee" and "AMANDA LEE", and the
breaks tell them from "Am and a Lee".
"""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

from anyascii import anyascii


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
_PICTURES = frozenset(("So", "Sk", "Cf", "Mn", "Me"))  # emoji and what joins them, inside a word


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
        if all(c in _SOFT or unicodedata.category(c) in _PICTURES for c in core):
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


# Character references of HTML left in a text, and UTF-8 that was read as Windows-1252 ("ZoÃ«").
_CODED = re.compile(
    r"&(?:#\d{1,7}|#x[\da-fA-F]{1,6}|[A-Za-z]{2,8});|[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122]{1,3}"
)


def _decoded(match: re.Match[str]) -> str:
    coded = match[0]
    if coded[0] == "&":
        return html.unescape(coded)
    try:
        return coded.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return coded


def fold(text: str, *, lines_join: bool = False) -> Folded:
    """Fold a text. ``lines_join``: a line end counts as a space, as in the text of a PDF."""
    if not _CODED.search(text):
        return _fold(text, lines_join)
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in [*_CODED.finditer(text), None]:
        start, end = match.span() if match else (len(text), len(text))
        plain += text[done:start]
        starts += range(done, start)
        ends += range(done + 1, start + 1)
        for char in _decoded(match) if match else "":
            plain.append(char)
            starts.append(start)
            ends.append(end)
        done = end
    folded = _fold("".join(plain), lines_join)
    return Folded(
        text, folded.text, [starts[at] for at in folded.starts], [ends[at - 1] for at in folded.ends], folded.breaks
    )


# Letters and digits of ASCII, and the places inside such a run where a word begins without a separator.
_RUN = re.compile(r"[A-Za-z0-9]+")
_INNER = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])",
)


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def _is_plain(text: str) -> bool:
    """Whether all letters and digits are ASCII's, and nothing that is passed over unseen stands right behind one."""
    if text.isascii():
        return True
    signs = {char: fold_char(char) for char in set(_NOT_ASCII.findall(text))}
    if any(signs.values()):
        return False
    unseen = "".join(char for char, folded in signs.items() if folded is None)
    return not unseen or re.search(f"[A-Za-z0-9][{unseen}]", text) is None


def _fold_plain(text: str, lines_join: bool) -> Folded:
    """As :func:`_fold`, a run of letters at a time, for a text that is plain."""
    runs: list[str] = []
    starts: list[int] = []
    breaks = bytearray()
    done = 0
    for match in _RUN.finditer(text):
        start, end = match.span()
        run = match[0]
        gap = text[done:start]
        if not runs:
            strength = Break.STRONG
        elif gap == " ":
            strength = Break.SPACE
        else:
            alone = len(starts) < 2 or breaks[-1] >= Break.SOFT
            strength = _break_of(gap, alone, lines_join)
        at = len(breaks)
        breaks += bytes(end - start)
        breaks[at] = strength
        if len(run) > 1 and not (run[1:].islower() and run.isalpha()):
            for inner in _INNER.finditer(run):
                breaks[at + inner.start()] = Break.SOFT
        starts += range(start, end)
        runs.append(run)
        done = end
    breaks.append(Break.STRONG)
    return Folded(text, "".join(runs).lower(), starts, [at + 1 for at in starts], bytes(breaks))


def _fold(text: str, lines_join: bool) -> Folded:
    if _is_plain(text):
        return _fold_plain(text, lines_join)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks = bytearray()
    run_start: int | None = 0
    previous = ""
    unseen = False
    for at, char in enumerate(text):
        folded = fold_char(char)
        if folded is None:
            unseen = unseen or unicodedata.category(char) == "Cf"
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
            unseen
            or (previous.islower() and char.isupper())
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
        run_start, previous, unseen = None, char, False
    breaks.append(Break.STRONG)
    return Folded(text, "".join(out), starts, ends, bytes(breaks))


# A run of words in letters of another script than Latin.
_OTHER_SCRIPT = re.compile(
    r"(?:(?![\u0000-\u024f\u1e00-\u1eff])[^\W\d_]){2,}(?:[ ’'-](?:(?![\u0000-\u024f])[^\W\d_]){2,})*"
)
# As names of Ukrainian, Russian and Bulgarian families are written in English.
_ROMANISED = {"ц": "ts", "х": "kh", "щ": "shch"}
_SYLLABLES = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")


def transliterated(folded: Folded) -> Folded | None:
    """The words in other scripts, folded as they sound in Latin letters ("Данило", "王浩然"); None where there are none.

    Each Chinese character and Korean syllable counts as a word piece of its own.
    """
    text = folded.original
    if text.isascii():
        return None
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks = bytearray()
    for match in _OTHER_SCRIPT.finditer(text):
        strength = Break.STRONG
        for at in range(*match.span()):
            letters = _ROMANISED.get(text[at].lower()) or "".join(c for c in anyascii(text[at]).lower() if c.isalnum())
            if not letters:
                strength = strength if not out or strength == Break.STRONG else Break.SPACE
                continue
            if _SYLLABLES.match(text[at]):
                strength = max(strength, Break.SOFT)
            out.append(letters)
            starts += [at] * len(letters)
            ends += [at + 1] * len(letters)
            breaks += bytes([strength, *[Break.NONE] * (len(letters) - 1)])
            strength = Break.NONE
    return Folded(text, "".join(out), starts, ends, bytes([*breaks, Break.STRONG])) if out else None


_NEIGHBOUR_BEFORE = re.compile(r"(?:\S+[ \t]+)?\S*$")
_NEIGHBOUR_AFTER = re.compile(r"\S*(?:[ \t]+\S+)?")


def fold_around(text: str, spans: list[tuple[int, int]]) -> Folded:
    """A text folded only where the spans, sorted, and the words beside them stand; all else counts as a break."""
    pieces, starts, ends, breaks = [], [], [], bytearray()
    done = 0
    for start, end in spans:
        before = _NEIGHBOUR_BEFORE.search(text, max(done, start - 40), max(done, start))
        after = _NEIGHBOUR_AFTER.match(text, max(done, end))
        left, right = before.start() if before else start, after.end() if after else end
        piece = fold(text[left:right])
        pieces.append(piece.text)
        starts += [left + at for at in piece.starts]
        ends += [left + at for at in piece.ends]
        breaks += piece.breaks[:-1]
        done = right
    return Folded(text, "".join(pieces), starts, ends, bytes([*breaks, Break.STRONG]))


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
