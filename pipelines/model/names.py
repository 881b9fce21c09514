"""Names for generated school text: those of today's children in Britain, and from across the world by Faker's locales.

Every name is drawn by itself; that one equals a living person's is chance.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from faker import Faker
from text_unidecode import unidecode


def load_words(file: str) -> dict[str, tuple[str, ...]]:
    """The word lists of a TOML file beside this module: arrays, or strings of words separated by spaces."""
    lists = tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    return {name: tuple(words.split() if isinstance(words, str) else words) for name, words in lists.items()}


_WORDS = load_words("names.toml")


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale, use_weighting=False)


@cache
def _pool(locale: str, method: str) -> tuple[str, ...]:
    """Every name that a locale has; drawn from a fixed seed, so that the same version of Faker gives the same names."""
    fake = _faker(locale)
    fake.seed_instance(7)
    draw: Callable[[], str] = getattr(fake, method)
    names = dict.fromkeys(draw() for _ in range(1500))
    if (
        locale in _WORDS["transliterated"]
    ):  # apostrophes stand for soft signs and the like, which school registers leave out
        names = dict.fromkeys(unidecode(n).replace("'", "") for n in names)
    return tuple(n for n in map(_tidy, names) if n)


def _tidy(name: str) -> str:
    """One name, or nothing where it would not be written so (a title, a stray apostrophe, another script)."""
    name = " ".join(w for w in name.replace("`", "'").strip(" '\"-").split() if not w.endswith("."))
    letters = name.replace("'", "").replace("-", "").replace(" ", "").replace("’", "")
    if len(name.split()) > 2 or not letters.isalpha() or len(letters) < 2 or max(letters) > "\u1eff":
        return ""
    return name.title() if name.isupper() or name.islower() else name


def _world(rng: random.Random) -> tuple[Sequence[str], Sequence[str]]:
    """Forenames and surnames of one country."""
    kind = rng.random()
    if kind < 0.15:
        return _WORDS["arabic_forenames"], _WORDS["arabic_surnames"]
    if kind < 0.22:
        locale = rng.choice(_WORDS["romanised"])
        return _pool(locale, "first_romanized_name"), _pool(locale, "last_romanized_name")
    if kind < 0.5:
        return _WORDS["asian_forenames"], _WORDS["asian_surnames"]
    locale = rng.choice(_WORDS["transliterated"]) if kind < 0.6 else rng.choice(_WORDS["latin"])
    return _pool(locale, "first_name"), _pool(locale, "last_name")


class Names:
    """Draws names. ``plain`` is the chance that diacritics are dropped."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def _spelt(self, name: str) -> str:
        return unidecode(name) if self._rng.random() < 0.35 and not name.isascii() else name

    def pair(self) -> tuple[str, str]:
        """A forename and a surname that may go together."""
        rng = self._rng
        kind = rng.random()
        if kind < 0.42:
            first = rng.choice(_WORDS["british"] if rng.random() < 0.85 else _WORDS["words_too"])
            last = rng.choice(_WORDS["surnames"])
        elif kind < 0.5:  # children of two cultures
            first, last = rng.choice(_WORDS["british"]), rng.choice(_world(rng)[1])
        elif kind < 0.53:
            first, last = rng.choice(_WORDS["hebrew"]), rng.choice(_WORDS["surnames"])
        else:
            forenames, surnames = _world(rng)
            first, last = rng.choice(forenames), rng.choice(surnames)
        if rng.random() < 0.04:
            first += rng.choice("- ") + rng.choice(
                ("Mae", "Rose", "Lee", "Grace", "James", "Jay", "Leigh", "Louise", "Anne", "Rae")
            )
        if rng.random() < 0.09:
            other = rng.choice(_WORDS["surnames"] if rng.random() < 0.6 else _world(rng)[1])
            last += rng.choice(("-", "-", "-", " ")) + other
        elif rng.random() < 0.035:
            particle = rng.choice(
                (
                    "van",
                    "van der",
                    "de",
                    "de la",
                    "von",
                    "da",
                    "dos",
                    "del",
                    "bin",
                    "al",
                    "ter",
                    "le",
                    "St",
                    "Ó",
                    "Mac",
                    "ap",
                )
            )
            last = f"{particle} {last}"
        return self._spelt(first), self._spelt(last)

    def forename(self) -> str:
        """A forename alone, now and then a familiar form."""
        kind = self._rng.random()
        if kind < 0.12:
            return self._rng.choice(_WORDS["nicknames"])
        if kind < 0.2:
            return self._rng.choice(_WORDS["words_too"])
        return self.pair()[0]

    def surname(self) -> str:
        """A surname alone."""
        return self.pair()[1]

    def company(self) -> str:
        """A firm's name, often made of surnames: nobody is named by it."""
        return _faker_line(self._rng, "en_GB", "company")

    def street(self) -> str:
        """A street or a town, often made of a name."""
        return _faker_line(self._rng, "en_GB", self._rng.choice(("street_name", "city")))

    def foreign(self) -> str:
        """A sentence of words in another language, which names nobody."""
        return _faker_line(self._rng, self._rng.choice(_WORDS["languages"]), "sentence")


def _faker_line(rng: random.Random, locale: str, method: str) -> str:
    return rng.choice(_lines(locale, method))


@cache
def _lines(locale: str, method: str) -> tuple[str, ...]:
    fake = _faker(locale)
    fake.seed_instance(8)
    draw: Callable[[], str] = getattr(fake, method)
    return tuple(dict.fromkeys(draw() for _ in range(800)))
