"""The roll's index: every name and group that the school knows, found in one pass of an automaton over the folded text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import ahocorasick_rs
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract_iter

from detectors.base import Adult, Pupil
from detectors.lexicons import load_lexicon, load_nicknames
from detectors.text.fold import Break, Folded, folded_key

Role = Literal[
    "forename", "nickname", "surname", "middle", "adult-forename", "adult-surname", "group", "figure", "character", "work"
]  # fmt: skip

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa"})
# Words of a surname that are no half of it by themselves.
_PARTICLES = frozenset(
    ("de da di do dos das del della la le el al bin ibn ben van von der den ter te st san mac mc o ap").split()  # noqa: SIM905
)
_WORD_GAP = re.compile(r"[\s‐‑'’-]+")
_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Name:
    """A name or group by its folded ``key``, and who bears it as what.

    ``joints`` are the places in the key where one word ends and the next begins ("Mei-Lin", "van der Berg").
    """

    key: str = field(repr=False)
    joints: frozenset[int]
    bearers: Mapping[Role, frozenset[str]] = field(repr=False)

    def of(self, *roles: Role) -> frozenset[str]:
        """The ids of those who bear the name in one of the roles."""
        if len(roles) == 1:
            return self.bearers.get(roles[0], _NOBODY)
        return frozenset().union(*(self.bearers.get(r, _NOBODY) for r in roles))


@dataclass(frozen=True, slots=True)
class NameHit:
    """A name that stands in a folded text, from folded character ``start`` to ``end`` (exclusive).

    ``whole``: words begin and end there; else it is run together with other letters in a tag, or with a possessive s
    (``genitive``).
    """

    name: Name
    start: int
    end: int
    whole: bool = True
    genitive: bool = False


class RollIndex:
    """Pupils, adults, groups and the famous by their names. Built once for each run; read-only and safe to share after that."""

    def __init__(self, pupils: Iterable[Pupil], adults: Iterable[Adult] = ()) -> None:
        self.pupils = {p.id: p for p in pupils}
        self.order = {pupil_id: number for number, pupil_id in enumerate(self.pupils)}
        self._bearers: dict[str, dict[Role, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._joints: dict[str, set[int]] = defaultdict(set)
        self.adult_initials: dict[str, str] = {}
        for pupil in self.pupils.values():
            self._add_pupil(pupil)
        for adult in adults:
            self._add_adult(adult)
        for lexicon, role in (
            ("public_figures", "figure"),
            ("mononyms", "figure"),
            ("characters", "character"),
            ("works", "work"),
        ):
            for entry in load_lexicon(lexicon):
                self._add(role, entry, entry)  # type: ignore[arg-type]
        self.names = [
            Name(key, frozenset(self._joints[key]), {r: frozenset(ids) for r, ids in roles.items()})
            for key, roles in self._bearers.items()
        ]
        self.by_key = {n.key: n for n in self.names}
        self.houses = frozenset(folded_key(p.house) for p in self.pupils.values() if p.house)
        self._automaton = ahocorasick_rs.AhoCorasick([n.key for n in self.names]) if self.names else None
        self.fuzzy = FuzzyNames(self.names)
        everyone = self.pupils.values()
        self.forename_keys = {p.id: frozenset(map(folded_key, p.forenames)) for p in everyone}
        self.surname_keys = {p.id: frozenset(map(folded_key, p.surnames)) for p in everyone}
        self.forename_initials = {p: frozenset(k[:1] for k in keys) for p, keys in self.forename_keys.items()}
        self.surname_initials = {p.id: frozenset(_initials(p.surnames)) for p in everyone}
        self.families = {
            p.id: self.surname_keys[p.id] | {folded_key(h) for s in p.surnames for h in _halves(s)} for p in everyone
        }
        self.handles = {h.lstrip("@").lower(): p.id for p in everyone for h in p.handles}
        pairs: dict[str, set[str]] = defaultdict(set)
        for p in self.pupils:
            for first in self.forename_initials[p]:
                for last in self.surname_initials[p]:
                    pairs[first + last[:1]].add(p)
        self.by_initials = {pair: frozenset(ids) for pair, ids in pairs.items()}

    def hits(self, folded: Folded) -> list[NameHit]:
        """Every name whose breaks fit, overlapping ones included, in order of their end."""
        if self._automaton is None or not folded.text:
            return []
        breaks, names = folded.breaks, self.names
        tags = _MAY_HAVE_TAGS.search(folded.original) is not None
        found = []
        for index, start, end in self._automaton.find_matches_as_indexes(folded.text, overlapping=True):
            if not breaks[start] and not breaks[end]:
                if not tags or end - start < 4 or not is_tag(folded, *word_around(folded, start, end)):
                    continue
                whole = False
            elif not breaks[start] or not breaks[end]:
                if breaks[start] and folded.text[end] == "s" and breaks[end + 1] and end - start >= 3:
                    if inner_fits(breaks, names[index].joints, start, end):
                        found.append(NameHit(names[index], start, end + 1, genitive=True))
                    continue
                if not tags or end - start < 3 or not is_tag(folded, *word_around(folded, start, end)):
                    continue
                whole = False
            else:
                whole = True
            if end - start == 1 or inner_fits(breaks, names[index].joints, start, end):
                found.append(NameHit(names[index], start, end, whole))
        return found

    def groups_in(self, hits: Iterable[NameHit], folded: Folded) -> list[tuple[int, int, frozenset[str]]]:
        """``(start, end, ids of its pupils)`` in code points for every form, year and age group among the hits, the longest."""
        found: list[tuple[int, int, frozenset[str]]] = []
        for hit in sorted((h for h in hits if h.whole and h.name.of("group")), key=lambda h: h.start - h.end):
            start, end = folded.span(hit.start, hit.end)
            written = folded.original[start:end]
            number = any(c.isdigit() for c in written)
            if (not number and not written[0].isupper()) or any(start < e and s < end for s, e, _ in found):
                continue
            if number and _DISTANCE.match(folded.original, end) and re.fullmatch(r"\d+\s?[km]", written, re.IGNORECASE):
                continue
            found.append((start, end, hit.name.of("group")))
        return found

    def ordered(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Pupil ids in the order of the roll."""
        return tuple(sorted(ids, key=self.order.__getitem__))

    def _add(self, role: Role, bearer: str, *words: str) -> None:
        keys = [key for w in words for piece in _WORD_GAP.split(w) if (key := folded_key(piece))]
        whole = "".join(keys)
        if len(whole) < 2:
            return  # a single letter counts only as an initial, beside the other name
        at = 0
        for key in keys[:-1]:
            at += len(key)
            self._joints[whole].add(at)
        self._bearers[whole][role].add(bearer)

    def _add_pupil(self, pupil: Pupil) -> None:
        forenames = list(_spellings(pupil.forenames))
        for forename in forenames:
            self._add("forename", pupil.id, forename)
            words = [w for w in re.split(r"[\s‐‑-]+", forename) if len(w) >= 3]
            if len(words) == 2 and re.search(r"\s", forename):
                self._add("nickname", pupil.id, words[0])
        keys = {folded_key(f) for f in forenames}
        for key in keys:
            for nickname in load_nicknames().get(key, ()):
                if nickname not in keys:
                    self._add("nickname", pupil.id, nickname)
        for middle in pupil.middle_names.split():
            self._add("middle", pupil.id, middle)
        for surname in _spellings(pupil.surnames):
            for family in (surname, *_halves(surname)):
                self._add("surname", pupil.id, family)
        for words_of_group in group_names(pupil):
            self._add("group", pupil.id, *words_of_group)

    def _add_adult(self, adult: Adult) -> None:
        self.adult_initials[adult.id] = folded_key(adult.forename)[:1]
        self._add("adult-forename", adult.id, adult.forename)
        self._add("adult-surname", adult.id, adult.surname)


class FuzzyNames:
    """Forenames and surnames of pupils that a misspelt word may stand for: blocked by sound and by first letter and length."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._by_start: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._by_prefix: dict[str, list[str]] = defaultdict(list)
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        self._keys: set[str] = set()
        self.slips = lru_cache(maxsize=100_000)(self._slips)
        for name in names:
            if len(name.key) >= 3 and name.of("forename"):
                self._by_prefix[name.key[:3]].append(name.key)
            if len(name.key) >= 4 and name.of("forename", "surname"):
                self._by_sound[sound_of(name.key)].append(name.key)
                self._by_start[name.key[0], len(name.key)].append(name.key)
                self._by_tail[name.key[1:]].append(name.key)
                self._keys.add(name.key)

    def _slips(self, word: str) -> frozenset[str]:
        """The keys that a folded word is one slip away from, or that sound the same."""
        if len(word) < 4:
            return _NOBODY
        near = {key for key in self._by_sound.get(sound_of(word), ()) if is_slip(word, key)}
        for length in (len(word) - 1, len(word), len(word) + 1):
            block = self._by_start.get((word[0], length), ())
            near.update(
                key for key, distance, _ in extract_iter(word, block, scorer=OSA.distance, score_cutoff=1) if distance
            )
        # A slip in the first letter: another one, one too many, one too few, or two in the wrong order.
        other_starts = [*self._by_tail.get(word[1:], ()), *self._by_tail.get(word, ()), word[1:]]
        near.update(
            key for key in (*other_starts, word[1] + word[0] + word[2:]) if key in self._keys and is_slip(word, key)
        )
        return frozenset(near)

    def near(self, word: str) -> list[str]:
        """The keys that a folded word may stand for by itself: those that begin alike or sound the same."""
        return [key for key in self.slips(word) if key[0] == word[0] or sound_of(key) == sound_of(word)]

    def familiar(self, word: str) -> list[str]:
        """The forenames that a folded word may be a familiar form of."""
        return [key for key in self._by_prefix.get(word[:3], ()) if is_familiar(word, key)]


def is_slip(word: str, key: str) -> bool:
    """Whether a word is a name with one slip of the pen, or sounds the same with two; both folded."""
    if min(len(word), len(key)) < 4 or word == key:
        return False
    distance = OSA.distance(word, key, score_cutoff=2)
    return bool(distance == 1 or (distance == 2 and min(len(word), len(key)) >= 5 and sound_of(word) == sound_of(key)))


_FAMILIAR_ENDINGS = frozenset(("", "s", "y", "ie", "i", "o", "z", "zy", "sy", "ster", "ers", "zza", "a", "e", "kins"))


def is_familiar(word: str, key: str) -> bool:
    """Whether a word is a forename's beginning with a usual ending of endearment ("Kirts", "Chidy"); both folded."""
    if word == key or len(word) < 3:
        return False
    shared = next((i for i, (a, b) in enumerate(zip(word, key, strict=False)) if a != b), min(len(word), len(key)))
    rest = word[shared:]
    if shared >= 3 and rest[:1] == word[shared - 1] and rest[1:] in ("y", "ie", "ster", "o", "s"):
        return True  # "Rivvy", "Gwenny"
    return shared >= 3 and shared < len(key) and rest in _FAMILIAR_ENDINGS


_FOND_END = re.compile(r"(?:ie|y|i|s|z|o|ster|ers|kins)+$")


def sounds_familiar(word: str, key: str) -> bool:
    """Whether a word begins as a forename sounds and ends fondly ("Nomes" for Naomi, "pheebs" for Phoebe); both folded."""
    stem = _FOND_END.sub("", word)
    sound = sound_of(stem)
    return len(sound) >= 2 and word not in (stem, key) and word[0] == key[0] and sound_of(key).startswith(sound)


_SOUNDS = (
    ("ph", "f"),
    ("ck", "k"),
    ("qu", "k"),
    ("x", "ks"),
    ("c", "k"),
    ("q", "k"),
    ("z", "s"),
    ("w", "v"),
    ("j", "g"),
)


@lru_cache(maxsize=200_000)
def sound_of(key: str) -> str:
    """The consonants of a folded name, alike ones written alike: what a misspelling usually keeps."""
    for written, sound in _SOUNDS:
        key = key.replace(written, sound)
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouyh]", "", key)) or "-"


def _initials(surnames: Sequence[str]) -> Iterator[str]:
    """The first letter of each word of the surnames, and all of them together: "vdb" for "van der Berg"."""
    for surname in surnames:
        letters = [folded_key(word)[:1] for word in re.split(r"[\s‐‑-]+", surname)]
        yield from letters
        yield "".join(letters)


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


_SIXTH = {"12": ("lower sixth", "l6", "year 12"), "13": ("upper sixth", "u6", "year 13")}
_STAGES = {"ks1": (1, 2), "ks2": (3, 6), "ks3": (7, 9), "ks4": (10, 11), "ks5": (12, 13)}


def group_names(pupil: Pupil) -> Iterator[tuple[str, ...]]:
    """The ways in which a pupil's form, year group, age group and key stage are written, as words.

    A registration group "Year 5 Birch" is met as "Year 5 Birch", "Y5 Birch", "5 Birch" and "Birch"; "7K" as it is; a year
    group as "Year 7", "Yr 7", "Y7", "Year 7s".
    """
    year, group = pupil.year_group.strip(), pupil.registration_group.strip()
    number = re.search(r"\d+", year)
    if number:
        for word in ("year", "yr", "y"):
            yield word, number[0]
            yield word, f"{number[0]}s"
        yield from ((word,) for word in _SIXTH.get(number[0], ()))
        yield from ((stage,) for stage, (first, last) in _STAGES.items() if first <= int(number[0]) <= last)
        # A team of "under 13s" is of Years 7 and 8.
        for age in (int(number[0]) + 5, int(number[0]) + 6):
            yield from ((f"u{age}",), (f"u{age}s",), ("under", str(age)), ("under", f"{age}s"))
    elif year:
        yield (year,)
    if not group:
        return
    tail = group.removeprefix(year).strip()
    code = re.fullmatch(r"(\d+)\s*([A-Za-z]{1,3})", group)
    if code:
        yield code[1], code[2]
        for word in ("year", "yr", "y"):
            yield word, code[1], code[2]
    elif tail and tail != group and not tail.isdigit():
        yield (tail,)
        yield (f"{tail}s",)
        yield year, tail
        if number:
            for words in ((number[0],), ("yr", number[0]), ("y", number[0])):
                yield *words, tail
    else:
        yield (group,)


# "10K run", "5k followers": no form.
_DISTANCE = re.compile(r"\s+(?:run|race|walk|followers|views|steps|raised|for charity|fun run|swim)\b", re.IGNORECASE)


def inner_fits(breaks: bytes, joints: frozenset[int], start: int, end: int) -> bool:
    """Whether the breaks inside a hit are those of a name: spaces at its joints only."""
    return all(b <= Break.SOFT or (b == Break.SPACE and i in joints) for i, b in enumerate(breaks[start + 1 : end], 1))


def word_around(folded: Folded, start: int, end: int) -> tuple[int, int]:
    """Folded start and end of what stands between spaces around the characters given."""
    while start > 0 and folded.breaks[start] < Break.SPACE:
        start -= 1
    while end < len(folded.text) and folded.breaks[end] < Break.SPACE:
        end += 1
    return start, end


_MAY_HAVE_TAGS = re.compile(r"[#@/_]|www\.|\.[A-Za-z]{3,4}\b|[a-z]\d\d")
# A user name without its sign: "felix_b", "kbell13", "noorlang_".
_USER_NAME = re.compile(r"[a-z]+(?:[._][a-z]+)*(?:_|_?\d{2,4})\W?|[a-z]+_[a-z]+\W?")
_ADDRESS = re.compile(
    r"://|^www\.|@|/|\.(?:jpe?g|png|gif|webp|heic|mp4|mov|pdf|docx?|xlsx?|pptx?|csv|html?|php)\b", re.IGNORECASE
)


def is_tag(folded: Folded, start: int, end: int) -> bool:
    """Whether a word is a hashtag, handle, link, path, file name or e-mail address: written without spaces by habit."""
    left, right = folded.span(start, end)
    before = folded.original[max(0, left - 1) : left]
    word = folded.original[left : right + 1]
    return before in ("#", "@", "/") or bool(_ADDRESS.search(word)) or bool(_USER_NAME.fullmatch(word))
