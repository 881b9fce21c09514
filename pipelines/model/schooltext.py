"""Generates text as schools, parents and pupils write it, with the names in it: the part of the training that public data lack.

``templates.txt`` beside this module holds the sentences, ``school_words.toml`` what fills them; here stand the names and what
people do to a text: small letters, capitals, lost punctuation, typing errors. Every name is drawn from
:mod:`pipelines.model.names`; nobody is meant. Titles stay outside the span, as :mod:`pipelines.model.conventions` has it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from pipelines.model.names import Names, load_words
from pipelines.model.posts import Post, joined

Piece = tuple[str, bool]

_FILE = Path(__file__).with_name("templates.txt")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"[A-Za-z]{4,}")
_SLOT = re.compile(r"\{([\w-]+)\}")

_WORDS = load_words("school_words.toml")


@cache
def templates() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The templates that name people, and those that do not."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    naming, plain = (
        tuple(line[2:].replace("\\n", "\n").replace("\\t", "\t") for line in lines if line.startswith(head))
        for head in ("+ ", "- ")
    )
    return naming, plain


class SchoolText:
    """Draws posts. The same ``rng`` state and the same version of Faker give the same posts."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._names = Names(rng)
        self._kind = ""
        self._unnamed: dict[str, Callable[[], str]] = {
            "unnamed_forename": lambda: self._names.forename().replace(" ", ""),
            "unnamed_surname": lambda: self._names.surname().replace(" ", ""),
            "unnamed_full": lambda: " ".join(self._names.pair()),
            "unnamed_company": self._names.company,
            "unnamed_street": self._names.street,
            "unnamed_foreign": self._names.foreign,
        }

    def post(self) -> Post:
        """The next post: in four of ten nobody is named."""
        rng = self._rng
        naming, plain = templates()
        named = rng.random() < 0.6
        count = rng.choice((1, 1, 1, 1, 2, 2, 3))
        chosen = [rng.choice(naming if named and (i == 0 or rng.random() < 0.55) else plain) for i in range(count)]
        rng.shuffle(chosen)
        between = rng.choice((" ", " ", "\n", "\n\n", " … ", " - "))
        pieces: list[Piece] = []
        for i, template in enumerate(chosen):
            self._kind = self._draw_kind()
            pieces += [(between, False)] * bool(i) + list(self._fill(template))
        if rng.random() < 0.1:
            pieces.append((" " + " ".join(self._slot("hashtag") for _ in range(rng.randint(1, 3))), False))
        return joined(self._spoil(pieces))

    def posts(self, count: int) -> Iterator[Post]:
        """The next ``count`` posts."""
        for _ in range(count):
            yield self.post()

    # What fills the slots

    def _expand(self, text: str) -> str:
        """The text with one of the alternatives of every choice, the innermost first."""
        while _CHOICE.search(text):
            text = _CHOICE.sub(lambda m: self._rng.choice(m[1].split("|")), text)
        return text

    def _plain(self, text: str) -> str:
        """The text with its choices made and its small-letter slots filled, and theirs."""
        return _SLOT.sub(lambda m: self._slot(m[1]), self._expand(text))

    def _slot(self, slot: str) -> str:
        if slot in self._unnamed:
            return self._unnamed[slot]()
        low, dash, high = slot.partition("-")
        if dash:
            return str(self._rng.randint(int(low), int(high)))
        return self._plain(self._rng.choice(_WORDS[slot]))

    def _fill(self, template: str) -> Iterator[Piece]:
        at = 0
        text = self._expand(template)
        for slot in _SLOT.finditer(text):
            yield text[at : slot.start()], False
            if slot[1].isupper():
                yield from self._named(slot[1])
            else:
                yield self._slot(slot[1]), False
            at = slot.end()
        yield text[at:], False

    def _named(self, slot: str) -> Iterator[Piece]:
        if slot == "STAFF":
            yield from self._staff()
        elif slot in ("LIST", "LINES"):
            yield from self._list("\n" if slot == "LINES" else "")
        elif slot == "ANY" and self._rng.random() < 0.5:
            yield from self._staff()
        else:
            yield self._name(slot), True

    def _draw_kind(self) -> str:
        return self._rng.choices(("FIRST", "FULL", "FI", "IS", "II"), (45, 38, 11, 5, 1))[0]

    def _name(self, slot: str) -> str:
        kind = slot
        if slot in ("N", "ANY"):
            kind = self._kind if self._rng.random() < 0.85 else self._draw_kind()
        if kind == "FIRST":
            return self._names.forename()
        first, last = self._names.pair()
        initial = last.removeprefix("Ó ")[0].upper()
        dot = self._rng.choice(("", "", "."))
        match kind:
            case "S":
                return last
            case "SURFIRST":
                return self._rng.choice(
                    (f"{last}, {first}", f"{last}, {first}", f"{last.upper()}, {first}", f"{last.upper()} {first}")
                )
            case "FI":
                return f"{first} {initial}{dot}"
            case "IS":
                return f"{first[0]}{dot}{self._rng.choice((' ', ' ', '')) if dot else ' '}{last}"
            case "II":
                return self._rng.choice((f"{first[0]}.{initial}.", f"{first[0]}{initial}", f"{first[0]}. {initial}."))
        if self._rng.random() < 0.05:
            nickname = self._names.forename()
            opening, closing = self._rng.choice(('""', "“”", "''", "()"))
            return f"{first} {opening}{nickname}{closing} {last}"
        if self._rng.random() < 0.05:
            return f"{first} {self._rng.choice('ABCDEGHJKLMNPRSTW')}{dot} {last}"
        return f"{first} {last}"

    def _staff(self) -> Iterator[Piece]:
        first, last = self._names.pair()
        kind = self._rng.random()
        title = self._rng.choice(_WORDS["title"])
        if kind < 0.16:
            yield f"{first} {last}", True
        elif kind < 0.3:
            yield f"{title} ", False
            yield self._rng.choice((f"{first} {last}", f"{first[0]} {last}", f"{first[0]}. {last}")), True
        elif kind < 0.34:
            yield f"{title} ", False
            yield last[0].upper(), True
        else:
            yield f"{title} ", False
            yield last, True

    def _list(self, separator: str) -> Iterator[Piece]:
        rng = self._rng
        separator = separator or rng.choice(_WORDS["separator"])
        last = (
            rng.choice((" and ", " and ", " & ", ", and ", separator)) if separator in (", ", ",", " ") else separator
        )
        count = rng.choice((2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12))
        extra = rng.choice(_WORDS["extra"])
        for i in range(count):
            if i:
                yield (last if i == count - 1 else separator), False
            yield self._name("N"), True
            if extra:
                yield self._plain(extra), False

    # What people do to a text

    def _spoil(self, pieces: list[Piece]) -> list[Piece]:
        rng = self._rng
        if rng.random() < 0.08:
            pieces = [(self._mistyped(t), True) if n and rng.random() < 0.6 else (t, n) for t, n in pieces]
        if rng.random() < 0.2:  # so that an odd word is not taken for a name because it is odd
            pieces = [(t, True) if n else (self._odd(t), False) for t, n in pieces]
        if rng.random() < 0.16:
            pieces = _unpunctuated(pieces)
        kind = rng.random()
        if kind < 0.24:
            return [(t.lower(), n) for t, n in pieces]
        if kind < 0.31:
            return [(t.upper(), n) for t, n in pieces]
        if kind < 0.34:
            return [(t.title(), n) for t, n in pieces]
        if kind < 0.40:  # names alone in small letters
            return [(t.lower(), n) if n else (t, n) for t, n in pieces]
        if kind < 0.44:
            return [(t.upper(), n) if n else (t, n) for t, n in pieces]
        return pieces

    def _odd(self, text: str) -> str:
        """Some of the words mistyped, shouted or capitalised."""
        rng = self._rng
        change = rng.choice((self._mistyped, self._mistyped, str.upper, str.capitalize))
        return _WORD.sub(lambda m: change(m[0]) if rng.random() < 0.25 else m[0], text)

    def _mistyped(self, name: str) -> str:
        """One letter lost, doubled, swapped with the next or drawn out."""
        rng = self._rng
        if len(name) < 4:
            return name
        i = rng.randrange(1, len(name) - 1)
        if not (name[i].isalpha() and name[i + 1].isalpha()):
            return name
        match rng.randrange(4):
            case 0:
                return name[:i] + name[i + 1 :]
            case 1:
                return name[:i] + name[i] + name[i:]
            case 2:
                return name[:i] + name[i + 1] + name[i] + name[i + 2 :]
        return name + name[-1] * rng.randint(1, 4)


_PUNCTUATION = re.compile(r"[.,!?;:'’\"“”]")


def _unpunctuated(pieces: list[Piece]) -> list[Piece]:
    """Without punctuation; a possessive s then belongs to the word that is the name."""
    found: list[Piece] = []
    for text, is_name in pieces:
        if is_name:
            found.append((_PUNCTUATION.sub("", text), True))
            continue
        if found and found[-1][1] and re.match(r"['’]s\b", text):
            found[-1] = (found[-1][0] + "s", True)
            text = text[2:]
        found.append((_PUNCTUATION.sub("", text), False))
    return found
