"""The roll's index: every written form of every pupil that this version knows, found in one pass of an automaton."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import ahocorasick_rs

from detectors.base import Adult, Pupil
from detectors.lexicons import load_lexicon, load_nicknames
from detectors.text.fold import Break, Folded, folded_key

FormName = Literal[
    "full",
    "swapped",
    "initial",
    "surname-initial",
    "initial-last",
    "forename",
    "nickname",
    "surname",
    "adult",
    "adult-surname",
]

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa"})
# Words of a surname that are no half of it by themselves.
_PARTICLES = frozenset(
    ("de da di do dos das del della la le el al bin ibn ben van von der den ter te st san mac mc o ap").split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Form:
    """A written form. ``joints`` are the places in the folded pattern where one name ends and the next begins."""

    name: FormName
    joints: tuple[int, ...] = ()
    people: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Hit:
    """A form that stands in a folded text, from folded character ``start`` to ``end`` (exclusive)."""

    form: Form
    start: int
    end: int


class RollIndex:
    """Pupils and adults by their written forms. Built once for each run; read-only and safe to share after that."""

    def __init__(self, pupils: Iterable[Pupil], adults: Iterable[Adult] = ()) -> None:
        self.pupils = {p.id: p for p in pupils}
        self._patterns: dict[str, dict[tuple[FormName, tuple[int, ...]], dict[str, None]]] = defaultdict(dict)
        for pupil in self.pupils.values():
            self._add_pupil(pupil)
        for adult in adults:
            self._add_adult(adult)
        self._add_possessives()
        self._forms: list[tuple[Form, ...]] = [
            tuple(Form(name, joints, tuple(people)) for (name, joints), people in forms.items())
            for forms in self._patterns.values()
        ]
        self._automaton = ahocorasick_rs.AhoCorasick(list(self._patterns)) if self._patterns else None
        self.forenames = frozenset(k for k, forms in self._patterns.items() if any(n == "forename" for n, _ in forms))
        self.surnames = frozenset(k for k, forms in self._patterns.items() if any(n == "surname" for n, _ in forms))
        self.houses = frozenset(folded_key(p.house) for p in self.pupils.values() if p.house)
        self.groups = GroupIndex(self.pupils.values())

    def hits(self, folded: Folded) -> Iterator[Hit]:
        """Every form whose breaks fit, overlapping ones included, in order of their end."""
        if self._automaton is None or not folded.text:
            return
        for index, start, end in self._automaton.find_matches_as_indexes(folded.text, overlapping=True):
            for form in self._forms[index]:
                if _breaks_fit(folded, form, start, end):
                    yield Hit(form, start, end)

    def _add(self, name: FormName, person: str, *words: str) -> None:
        if not all(folded_key(w) for w in words):
            return
        # A name of several words ("van der Berg", "Mei-Lin") has joints of its own.
        keys = [key for w in words for piece in re.split(r"[\s‐‑-]+", w) if (key := folded_key(piece))]
        joints, at = [], 0
        for key in keys[:-1]:
            at += len(key)
            joints.append(at)
        self._patterns["".join(keys)].setdefault((name, tuple(joints)), {})[person] = None

    def _add_pupil(self, pupil: Pupil) -> None:
        forenames = list(_spellings(pupil.forenames))
        surnames = list(_spellings(pupil.surnames))
        middles = pupil.middle_names.split()
        for nickname in self._nicknames(forenames):
            self._add("nickname", pupil.id, nickname)
            for surname in surnames:
                self._add("full", pupil.id, nickname, surname)
                if key := folded_key(surname):
                    self._add("initial", pupil.id, nickname, key[0])
        for forename in forenames:
            self._add("forename", pupil.id, forename)
            for surname in surnames:
                for family in (surname, *_halves(surname)):
                    self._add("full", pupil.id, forename, family)
                    self._add("swapped", pupil.id, family, forename)
                    for i in range(len(middles)):
                        self._add("full", pupil.id, forename, *middles[: i + 1], family)
                self._add("full", pupil.id, forename, *(m[0] for m in middles[:1]), surname)
                if key := folded_key(surname):
                    self._add("initial", pupil.id, forename, key[0])
                if key := folded_key(forename):
                    self._add("surname-initial", pupil.id, key[0], surname)
                    self._add("initial-last", pupil.id, surname, key[0])
        for surname in surnames:
            for family in (surname, *_halves(surname)):
                self._add("surname", pupil.id, family)

    def _add_possessives(self) -> None:
        """Forenames with an s run on, as in "noors mum", where that is no name and the forename no everyday word."""
        words = load_lexicon("name_words")
        for key, forms in list(self._patterns.items()):
            if ("forename", ()) in forms and len(key) >= 5 and key not in words and f"{key}s" not in self._patterns:
                self._patterns[f"{key}s"]["forename", ()] = forms["forename", ()]

    @staticmethod
    def _nicknames(forenames: Sequence[str]) -> list[str]:
        """Familiar forms of the forenames that are none of them."""
        keys = {folded_key(f) for f in forenames}
        return [n for key in sorted(keys) for n in load_nicknames().get(key, ()) if n not in keys]

    def _add_adult(self, adult: Adult) -> None:
        self._add("adult", adult.id, adult.forename, adult.surname)
        self._add("adult", adult.id, adult.surname, adult.forename)
        if key := folded_key(adult.forename):
            self._add("adult", adult.id, key[0], adult.surname)
        self._add("adult-surname", adult.id, adult.surname)


def _spellings(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield name
        if (written_out := name.translate(_UMLAUTS)) != name:
            yield written_out


def _halves(surname: str) -> Iterator[str]:
    """The halves of a double surname: "Reyes Ortega", "Hart-Lowe"; a particle is no half."""
    words = [w for w in re.split(r"[\s‐‑-]+", surname) if w]
    if len(words) >= 2 and not any(folded_key(w) in _PARTICLES for w in words):
        yield from (w for w in words if len(w) >= 3)


def _breaks_fit(folded: Folded, form: Form, start: int, end: int) -> bool:
    breaks = folded.breaks
    inner = breaks[start + 1 : end]
    if breaks[start] < Break.SOFT or breaks[end] < Break.SOFT:
        # Run together in a tag, handle or address ("#welldonenoorlang"), only long names are safe.
        if form.name not in ("full", "swapped") or end - start < 9 or any(b > Break.SOFT for b in inner):
            return False
        word_start, word_end = word_around(folded, start, end)
        return is_tag(folded, word_start, word_end)
    if len(inner) >= 4 and all(Break.SOFT <= b <= Break.SPACE for b in inner):
        return form.name in ("full", "forename") and end - start >= 5  # "n o o r": spaced or dotted letters
    widest = Break.COMMA if form.name == "swapped" else Break.SPACE
    joints = set(form.joints)
    return all(b <= widest if i in joints else b <= Break.SOFT for i, b in enumerate(inner, 1))


def word_around(folded: Folded, start: int, end: int) -> tuple[int, int]:
    """Folded start and end of what stands between spaces around the characters given."""
    while start > 0 and folded.breaks[start] < Break.SPACE:
        start -= 1
    while end < len(folded.text) and folded.breaks[end] < Break.SPACE:
        end += 1
    return start, end


_ADDRESS = re.compile(r"://|^www\.|@|/|\.(?:jpe?g|png|gif|webp|pdf|docx?|html?|php)\b", re.IGNORECASE)


def is_tag(folded: Folded, start: int, end: int) -> bool:
    """Whether a word is a hashtag, handle, link, path, file name or e-mail address: written without spaces by habit."""
    left, right = folded.span(start, end)
    before = folded.original[max(0, left - 1) : left]
    return before in ("#", "@", "/") or bool(_ADDRESS.search(folded.original[left:right]))


class GroupIndex:
    """Forms, year groups and houses of the roll, and where a text names one.

    A registration group "Year 5 Birch" is met as "Year 5 Birch", "Y5 Birch", "5 Birch" and "Birch"; "7K" as "7K" and "7 K"; a
    year group as "Year 7", "Yr 7", "Y7".
    """

    def __init__(self, pupils: Iterable[Pupil]) -> None:
        self._by_name: dict[str, set[str]] = defaultdict(set)
        alternatives: dict[str, str] = {}
        for pupil in pupils:
            for written, pattern in _group_patterns(pupil):
                alternatives.setdefault(pattern, written)
                self._by_name[written].add(pupil.id)
        self._names = list(alternatives.values())
        ordered = sorted(alternatives, key=len, reverse=True)
        self._written = [alternatives[p] for p in ordered]
        self._regex = (
            re.compile("|".join(rf"(?P<g{i}>(?<!\w){p}(?!\w))" for i, p in enumerate(ordered))) if ordered else None
        )

    def find(self, text: str) -> list[tuple[int, int, frozenset[str]]]:
        """``(start, end, ids of the pupils in it)`` for every group named in the text."""
        if self._regex is None:
            return []
        found = []
        for match in self._regex.finditer(text):
            name = self._written[int(str(match.lastgroup)[1:])]
            found.append((match.start(), match.end(), frozenset(self._by_name[name])))
        return found


def _group_patterns(pupil: Pupil) -> Iterator[tuple[str, str]]:
    """``(group's own name, regular expression)`` for each way in which a pupil's groups are written."""
    year, group = pupil.year_group.strip(), pupil.registration_group.strip()
    number = re.search(r"\d+", year)
    if number:
        yield f"year {year}", rf"(?:[Yy](?:ea)?r?[\s-]?{number[0]}|YEAR {number[0]})"
    elif year:
        yield f"year {year}", rf"(?:{re.escape(year)}|{re.escape(year.upper())})"
    if not group:
        return
    tail = group.removeprefix(year).strip()
    code = re.fullmatch(r"(\d+)\s*([A-Za-z]{1,3})", group)
    if code:
        yield group, rf"(?:[Yy](?:ea)?r?\s?)?{code[1]}\s?(?:{code[2]}|{code[2].lower()})"
    elif tail and tail != group and not tail.isdigit():
        if number:
            yield group, rf"(?:(?:[Yy](?:ea)?r?[\s-]?)?{number[0]}\s?){re.escape(tail)}"
        yield group, rf"(?:{re.escape(year)} )?{re.escape(tail)}(?: [Cc]lass)?"
    else:
        yield group, re.escape(group)
