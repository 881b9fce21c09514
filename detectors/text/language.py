"""Whether a text is in the language that the rules about conduct know: English."""

from __future__ import annotations

import re
from functools import cache

from detectors.lexicons import load_lexicon

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LETTERS = 8  # fewer tell nothing about the language
_READ = 2000  # code points from the beginning on that are looked at


@cache
def _little_words() -> tuple[frozenset[str], frozenset[str]]:
    """English ones, and those of other languages that are none in English."""
    of = {name: words.split() for name, _, words in (line.partition(":") for line in load_lexicon("little_words"))}
    english = frozenset(of.pop("english"))
    return english, frozenset(w for words in of.values() for w in words) - english


def is_english(text: str) -> bool:
    """Whether a text seems to be in English; what is too short to tell counts as English, as do names and mixed texts."""
    text = text[:_READ]
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    if letters < _LETTERS:
        return True
    if not text.isascii() and sum(bool(_LATIN.match(c)) for w in words for c in w) < letters / 2:
        return False
    english, other = _little_words()
    lower = [w.lower() for w in words]
    foreign = [w for w in lower if w in other]
    return len(set(foreign)) < 2 or sum(w in english for w in lower) >= len(foreign)
