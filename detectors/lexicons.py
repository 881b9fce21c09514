"""The word lists shipped in ``data/lexicons``: one entry a line, ``#`` starts a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from detectors.text.guard import Guarded, guarded

# Beside the packages both in the repository and in an installed wheel.
DATA = Path(__file__).resolve().parent.parent / "data"


@cache
def load_lexicon(name: str) -> frozenset[str]:
    """The entries of ``data/lexicons/<name>.txt``, as written."""
    lines = (DATA / "lexicons" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def load_nicknames() -> dict[str, tuple[str, ...]]:
    """The familiar forms of each forename of ``data/lexicons/nicknames.txt``, all folded."""
    pairs = (line.split(":") for line in load_lexicon("nicknames"))
    return {full.strip(): tuple(short.split()) for full, short in pairs}


@cache
def everyday_words() -> frozenset[str]:
    """Words that are also names, and family words: never a name by themselves. Folded."""
    return load_lexicon("name_words") | load_lexicon("relatives")


# A character class, which is left as it is; or a blank outside of one, optional or not.
_BLANK = re.compile(r"\[[^\]]*\]| (\?)?")


def _gap(match: re.Match[str]) -> str:
    if match[0].startswith("["):
        return match[0]
    return r"[\s\-\u2010\u2011]" + ("*" if match[1] else "+")


@cache
def load_ordered(name: str) -> tuple[tuple[str, Guarded], ...]:
    """``(section, pattern)`` of each line of ``data/lexicons/<name>.txt``, in its order; a pattern matches whole words.

    A section begins with ``[its name]``; every line below is a regular expression, in any case, in which a blank stands for
    white space or a hyphen. A line ``word = expression`` before the first section names a part that later lines use as
    ``{word}``. Quotation marks are straight: texts are to be searched with :func:`straight`.
    """
    sections, lines = zip(*_lines(name), strict=True)
    return tuple(zip(sections, guarded([[line] for line in lines]), strict=True))


@cache
def load_patterns(name: str) -> dict[str, Guarded]:
    """The sections of ``data/lexicons/<name>.txt``, each in one alternation; the lines are as for :func:`load_ordered`."""
    sections: dict[str, list[str]] = {}
    for section, line in _lines(name):
        sections.setdefault(section, []).append(line)
    return dict(zip(sections, guarded(list(sections.values())), strict=True))


def _lines(name: str) -> Iterator[tuple[str, str]]:
    section, parts = "", dict[str, str]()
    for line in (DATA / "lexicons" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if found := re.fullmatch(r"\[([a-z-]+)\]", line):
            section = found[1]
        elif line.strip() and not line.startswith("#"):
            line = re.sub(r"\{([a-z]+)\}", lambda m: f"(?:{parts[m[1]]})", line.strip())
            if section:
                yield section, _BLANK.sub(_gap, line)
            else:
                word, _, expression = line.partition(" = ")
                parts[word] = expression


_STRAIGHT = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "})


def straight(text: str) -> str:
    """The text with typographic quotation marks and fixed blanks made plain, code point for code point."""
    return text.translate(_STRAIGHT)
