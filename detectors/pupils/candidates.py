"""Where a pupil may be named: every way of writing that fits a name of the roll, before anything is weighed."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from detectors.lexicons import everyday_words, load_lexicon
from detectors.text.fold import Break, Folded, fold_around, folded_key, squeezed, transliterated
from detectors.text.names import NameSpan
from detectors.text.roll import NameHit, RollIndex, is_familiar, is_tag, sounds_familiar, word_around
from detectors.text.vocabulary import is_common_word

Form = Literal[
    "full", "swapped", "misspelt-full", "initial", "surname-initial", "initial-last", "initials", "group",
    "forename", "nickname", "surname", "misspelt", "familiar", "handle",
    "adult", "known",
]  # fmt: skip
STRONG: frozenset[Form] = frozenset(("full", "swapped", "misspelt-full", "initial", "surname-initial", "initial-last"))
NAMES_ONE: frozenset[Form] = STRONG | {"initials", "handle"}
# Which reading of the same letters stands, the surest first.
_ORDER: tuple[Form, ...] = (
    "handle", "adult", "full", "known", "swapped", "group", "initial", "surname-initial", "initial-last", "misspelt-full",
    "forename", "nickname", "surname", "initials", "misspelt", "familiar",
)  # fmt: skip
_RANK = {form: rank for rank, form in enumerate(_ORDER)}

_TITLES = "|".join(
    re.escape(t).replace(r"\ ", r"[ \t]+") for t in sorted(load_lexicon("titles"), key=len, reverse=True)
)
_TITLE = re.compile(
    rf"(?<!\w)(?:{_TITLES})\b\.?[ \t]+(?:(?:and|&)[ \t]+(?:{_TITLES})\b\.?[ \t]+)?(?:(?-i:[A-Z])\.?[ \t]+)?$",
    re.IGNORECASE,
)
_TITLE_WORDS = frozenset(title.split()[-1].rstrip(".").lower() for title in load_lexicon("titles"))
_LAST_REVERSED = re.compile(r"[ \t]+\.?(\w+)")
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_NEXT_WORD = re.compile(r"[ \t]+([^\W\d_][\w'’‐‑-]*)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may name pupils: code points ``start`` to ``end`` of the part, folded ``left`` to ``right``.

    ``people`` are the roll ids of those who fit; ``keys`` the folded names; ``namesakes`` what else bears the name (``adult``,
    ``figure``, ``character``, ``work``).
    """

    part: str
    form: Form
    folded: Folded = field(repr=False)
    start: int
    end: int
    left: int
    right: int
    people: frozenset[str] = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    namesakes: frozenset[str] = frozenset()
    disguised: bool = False
    genitive: bool = False
    tag: str = ""

    @property
    def written(self) -> str:
        """The words as they stand."""
        return self.folded.original[self.start : self.end]


def candidates(
    part: str,
    folded: Folded,
    index: RollIndex,
    hits: Sequence[NameHit],
    spans: Sequence[NameSpan],
    expected: Collection[str],
) -> list[Candidate]:
    """The candidates of a part that do not overlap, in no order.

    ``hits`` are the index's in the part, ``spans`` the names that the names model sees, ``expected`` the pupils of the item that
    this one answers.
    """
    found = list(_of_hits(part, folded, index, hits))
    found += _slips(part, folded, index, hits, spans, expected)
    found += _initials(part, folded, index)
    found += _masked(part, folded, index)
    found += _spelled(part, folded, index)
    found += _handles(part, folded, index)
    plain = _select(_without_crossed(found))
    for variant in _variants(folded):
        hidden = _select([*_of_hits(part, variant, index, index.hits(variant)), *_of_sound(part, variant, index)])
        plain += [
            replace(c, disguised=True)
            for c in hidden
            if c.form not in ("adult", "known")
            and folded_key(folded.original[c.start : c.end]) != variant.text[c.left : c.right]
            and (c.form in STRONG or len(c.keys[0]) >= 3)
            and not any(p.start < c.end and c.start < p.end and p.form in NAMES_ONE for p in plain)
        ]
        plain = _select(plain)
    return plain


def _of_hits(part: str, folded: Folded, index: RollIndex, hits: Sequence[NameHit]) -> Iterator[Candidate]:
    """Names of the roll alone, in pairs, with an initial, of siblings; adults' and well-known names besides."""
    by_start: dict[int, list[NameHit]] = defaultdict(list)
    for hit in hits:
        by_start[hit.start].append(hit)

    def candidate(
        form: Form, left: int, right: int, people: Iterable[str], keys: tuple[str, ...], **more: object
    ) -> Candidate:
        start, end = folded.span(left, right)
        return Candidate(part, form, folded, start, end, left, right, frozenset(people), keys, **more)  # type: ignore[arg-type]

    for a in hits:
        name, key = a.name, (a.name.key,)
        forename, surname = name.of("forename", "nickname"), name.of("surname")
        known = frozenset(r for r in ("figure", "character", "work") if name.of(r))
        if known and a.whole:
            yield candidate("known", a.start, a.end, (), key, namesakes=known)
        if a.whole or a.genitive or len(name.key) >= 5 or (len(name.key) == 4 and folded.breaks[a.start]):
            if named := name.of("forename"):
                yield candidate("forename", a.start, a.end, named, key, genitive=a.genitive)
            elif forename:
                yield candidate("nickname", a.start, a.end, forename, key, genitive=a.genitive)
            if surname and not a.genitive:
                yield candidate("surname", a.start, a.end, surname, key)
        if (named := name.of("forename")) and 2 <= len(named) <= 4 and a.genitive and (end := _siblings(folded, a)):
            yield replace(candidate("group", a.start, a.end, named, key), start=_with_article(folded, a.start), end=end)
        if surname and len(surname) <= 6 and (end := _siblings(folded, a)):
            yield replace(
                candidate("group", a.start, a.end, surname, key), start=_with_article(folded, a.start), end=end
            )
        if a.genitive:
            continue
        joint = folded.breaks[a.end]
        for b in by_start.get(a.end, ()):
            if joint > Break.COMMA or not _pair_fits(folded, a, b):
                continue
            keys = (name.key, b.name.key)
            if joint <= Break.SPACE:
                if adults := name.of("adult-forename") & b.name.of("adult-surname"):
                    yield candidate("adult", a.start, b.end, (), keys, namesakes=frozenset(["adult"]))
                if people := forename & b.name.of("surname"):
                    as_well = frozenset(["adult"] if adults else [])
                    yield candidate("full", a.start, b.end, people, keys, genitive=b.genitive, namesakes=as_well)
                if adults := name.of("adult-surname") & b.name.of("adult-forename"):
                    yield candidate("adult", a.start, b.end, (), keys, namesakes=frozenset(["adult"]))
            if people := surname & b.name.of("forename", "nickname"):
                yield candidate("swapped", a.start, b.end, people, keys, genitive=b.genitive)
        if joint == Break.SPACE and forename:
            middle_end = _word_end(folded, a.end)
            middle = folded.text[a.end : middle_end]
            for b in by_start.get(middle_end, ()):
                if folded.breaks[middle_end] == Break.SPACE and (people := forename & b.name.of("surname")):
                    bearers = index.by_key[middle].of("middle") if middle in index.by_key else frozenset()
                    if len(middle) == 1 or (people := people & bearers):
                        yield candidate("full", a.start, b.end, people, (name.key, b.name.key))
        if forename and (end := _initial_after(folded, a)):
            letters = folded.text[a.end : end]
            if people := frozenset(
                p
                for p in forename
                if letters in index.surname_initials[p]
                or (len(letters) > 2 and any(s.startswith(letters) for s in index.surname_keys[p]))
            ):
                yield candidate("initial", a.start, end, people, key)
        if surname or name.of("adult-surname"):
            if a.start and _initial_before(folded, a):
                letter = folded.text[a.start - 1]
                adult = any(index.adult_initials[p] == letter for p in name.of("adult-surname"))
                if people := frozenset(p for p in surname if letter in index.forename_initials[p]):
                    as_well = frozenset(["adult"] if adult else [])
                    yield candidate("surname-initial", a.start - 1, a.end, people, key, namesakes=as_well)
                elif adult:
                    yield candidate("adult", a.start - 1, a.end, (), key)
            if surname and (end := _initial_after(folded, a)) == a.end + 1:
                letter = folded.text[a.end]
                if people := frozenset(p for p in surname if letter in index.forename_initials[p]):
                    yield candidate("initial-last", a.start, end, people, key)
        if forename and a.whole:
            yield from _brothers(part, folded, index, a, by_start)


def _pair_fits(folded: Folded, a: NameHit, b: NameHit) -> bool:
    """Whether two names that touch may be one: between words, or run together in a tag where both are long."""
    if (a.whole and (b.whole or b.genitive)) or (a.whole and folded.breaks[b.end] and folded.breaks[a.end]):
        return True
    return b.end - a.start >= 8 and folded.breaks[a.end] <= Break.SOFT


def _word_end(folded: Folded, start: int) -> int:
    end = start + 1
    while end < len(folded.text) and folded.breaks[end] < Break.SPACE:
        end += 1
    return end


def _initial_after(folded: Folded, hit: NameHit) -> int:
    """The folded end of an initial behind a name ("Noor L", "Hugo VDB", "#NoorL"), 0 where there is none."""
    at = hit.end
    if at >= len(folded.text) or (not hit.whole and not folded.breaks[hit.start]):
        return 0
    original, joint = folded.original, folded.breaks[at]
    start, written_end = folded.span(hit.start, hit.end)
    tagged = joint < Break.SPACE and is_tag(folded, *word_around(folded, hit.start, at))
    dotted = joint == Break.SOFT and original[written_end : folded.starts[at]] in (".", "_")
    if joint > Break.COMMA or (joint < Break.SPACE and not ((tagged or dotted) and len(hit.name.key) >= 3)):
        return 0
    end = at + 1
    while end < len(folded.text) and end - at < (8 if tagged else 3) and not folded.breaks[end]:
        end += 1
    letters = original[folded.starts[at] : folded.ends[end - 1]]
    if not folded.breaks[end] or not letters.isalpha():
        return 0
    if end - at > 1 and not tagged:  # several letters: the initials of a surname of several words
        return end if letters.isupper() and not original[start:written_end].isupper() else 0
    if tagged or dotted:
        return end
    if "\n" in original[written_end : folded.starts[at]]:
        return 0
    behind = original[folded.ends[at] : folded.ends[at] + 2]
    if _SECOND_INITIAL.match(original, folded.ends[at]):
        return at + 2 if letters.isupper() else 0
    if original[start].isupper():
        owner = re.match(r"['’]s?(?!\w)", original[folded.ends[at] : folded.ends[at] + 3]) is not None
        ends_there = owner or not behind or not (behind[0].isalnum() or behind[0] in "'’-‐‑&/")
        article = letters in "AI" and behind[:1] == " " and behind[1:2].islower()
        return end if letters.isupper() and ends_there and not article else 0
    if letters.isupper() or letters in "aisxduy" or hit.name.key in everyday_words() or joint == Break.COMMA:
        return 0
    return end if behind[:1] not in tuple("'’-‐‑&/") else 0


_SECOND_INITIAL = re.compile(r"[-‐‑][A-Z](?![\w'’-])")  # "Jess W-P": of a double surname


def _initial_before(folded: Folded, hit: NameHit) -> bool:
    """Whether the letter before a surname is an initial: "A. Lee", "A Lee", "a.lee", "ALee" in a tag."""
    at = hit.start - 1
    if (at and not folded.breaks[at]) or (not hit.whole and not folded.breaks[hit.end]):
        return False
    original = folded.original
    letter, joint = original[folded.starts[at]], folded.breaks[hit.start]
    surname = original[folded.starts[hit.start]]
    if (
        not letter.isalpha()
        or joint > Break.SPACE
        or (original[folded.starts[at] - 1 : folded.starts[at]] in tuple("'’") and at)
    ):
        return False
    tagged = is_tag(folded, *word_around(folded, at, hit.end))
    if joint == Break.SPACE:
        gap = original[folded.ends[at] : folded.starts[hit.start]]
        return (
            "\n" not in gap
            and letter.isupper()
            and surname.isupper()
            and ("." in gap or letter not in "AI" or (len(gap) == 1 and _after_break(folded, at)))
        )
    if joint == Break.NONE:
        return tagged and hit.end - at >= 5
    return tagged or letter.isupper() or original[folded.ends[at]] in "._-"


def _after_break(folded: Folded, at: int) -> bool:
    """Whether a word stands behind punctuation or words like "says": "A Khan" there is a name, not an article."""
    before = folded.original[: folded.starts[at]].rstrip()
    return (bool(before) and before[-1] in ",;:(") or before[-4:].lower() == "says"


_KIN = re.compile(
    r"['’]?(?:s['’]?)?\s+(?:twins|triplets|trio|brothers?(?: and sisters?)?|sisters?(?: and brothers?)?|siblings"
    r"|boys|girls|lads|kids|children|cousins|clan|gang|tribe|famil(?:y|ia)|household|lot|bunch|crew|duo|pair|bros|quartet)\b|\s+\(?[x×]\s?[23]\b",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"(?:e?s|['’]s)\b(?!['’])")
_ALL = re.compile(r"\b(?:the|both|all(?: the| three| four)?|our|two|three)\s+$", re.IGNORECASE)


def _siblings(folded: Folded, hit: NameHit) -> int:
    """The end of a phrase for all who bear a surname ("the Lang twins", "both Langs", "Langs x2"); 0 where there is none."""
    original = folded.original
    start, end = folded.span(hit.start, hit.end)
    if not original[start].isupper():
        return 0
    if hit.whole and (kin := _KIN.match(original, end)):
        return 0 if original[start : kin.end()].lower() in load_lexicon("known_families") else kin.end()
    stem_end = folded.ends[hit.end - 2] if hit.genitive else end
    plural = _PLURAL.match(original, stem_end)
    in_tag = original[max(0, start - 4) : start] in ("#The", "#the")
    if (
        plural
        and (in_tag or _ALL.search(original, max(0, start - 12), start))
        and not _NEXT_NAME.match(original, plural.end())
    ):
        return plural.end()
    return 0


_NEXT_NAME = re.compile(r"[ \t]+[A-Z]|['’]")


def _with_article(folded: Folded, left: int) -> int:
    start = folded.starts[left]
    article = _ALL.search(folded.original, max(0, start - 12), start)
    return article.start() if article else start


_LIST_GOES_ON = re.compile(r",? and |, [A-ZÀ-Þ]")
_AND = re.compile(r"\s*(?:&|\+|\band\b|\bn\b|\bet\b)\s*", re.IGNORECASE)


def _brothers(
    part: str, folded: Folded, index: RollIndex, a: NameHit, by_start: dict[int, list[NameHit]]
) -> Iterator[Candidate]:
    """Two forenames of one family joined by "and": "Noor and Teo's dad", "Noor & Teo Lang"."""
    start, end = folded.span(a.start, a.end)
    joined = _AND.match(folded.original, end)
    if not joined or not joined[0]:
        return
    before = folded.original[max(0, start - 2) : start]
    if before.endswith((", ", "& ")):
        return
    at = bisect_left(folded.starts, joined.end())
    for b in by_start.get(at, ()):
        behind = folded.original[folded.ends[b.end - 1] :][:6]
        pairs = {
            frozenset((p, q))
            for p in a.name.of("forename", "nickname")
            for q in b.name.of("forename", "nickname")
            if p != q and index.families[p] & index.families[q]
        } or _of_one_home(folded, a, b, start)
        if len(pairs) != 1 or (not b.whole and not b.genitive) or _LIST_GOES_ON.match(behind):
            continue
        right = b.end - 1 if b.genitive else b.end
        for c in by_start.get(b.end, ()):
            if folded.breaks[b.end] == Break.SPACE and next(iter(pairs)) <= c.name.of("surname"):
                right = c.end
        yield Candidate(
            part,
            "group",
            folded,
            start,
            folded.ends[right - 1],
            a.start,
            right,
            next(iter(pairs)),
            (a.name.key, b.name.key),
        )


_HOME_AFTER = re.compile(
    r"['’]?s?['’]?\s+(?:mum|mam|mom|mother|dad|father|nan|gran|grandad|parents|family|brother|sister|and co\b)",
    re.IGNORECASE,
)
_HOME_BEFORE = re.compile(
    r"\b(?:mum|mam|mom|mother|dad|father|parents|family|nan|gran|grandad) (?:of|to)\s+$", re.IGNORECASE
)


def _of_one_home(folded: Folded, a: NameHit, b: NameHit, start: int) -> set[frozenset[str]]:
    """The pair where a family word joins two forenames that one pupil each bears: "the family of Noor and Teo"."""
    one, other = a.name.of("forename"), b.name.of("forename")
    end = folded.ends[b.end - 2] if b.genitive else folded.ends[b.end - 1]
    original = folded.original
    one_home = _HOME_AFTER.match(original, end) or _HOME_BEFORE.search(original, max(0, start - 24), start)
    return {one | other} if len(one) == len(other) == 1 and one != other and one_home else set()


_ODD_FROM = 5  # letters of a word that is no common one and may be a misspelt name though nothing else says so
_ODD_FITS = 3  # pupils at most whom it may mean


def _slips(
    part: str,
    folded: Folded,
    index: RollIndex,
    hits: Sequence[NameHit],
    spans: Sequence[NameSpan],
    expected: Collection[str],
) -> Iterator[Candidate]:
    """Misspelt and familiar names: beside a name of the roll, where the names model sees one, or of a pupil who is expected."""
    text = folded.original
    ends = {folded.ends[h.end - 1]: h for h in hits if h.whole}
    starts = {folded.starts[h.start]: h for h in hits if h.whole or h.genitive}
    words = everyday_words()
    yield from _fond_tags(part, folded, index, expected)
    for match in _WORD.finditer(text):
        start, end = match.span()
        surname = starts.get(end + 1) if text[end : end + 1] == " " else None
        forename = ends.get(start - 1) if start and text[start - 1] == " " else None
        seen = bool(spans) and any(s.start <= start < s.end for s in spans)
        if not (surname or forename or seen or expected or end - start >= _ODD_FROM):
            continue
        if (start and text[start - 1] in "@./_-") or text[end : end + 1] in tuple("@_/"):
            continue  # in an address or file name only names as they are
        written = re.sub(r"['’]s$", "", match[0])
        key = folded_key(written)
        left = bisect_left(folded.starts, start)
        right = left + len(key)
        if len(key) < 2 or right > len(folded.text) or folded.text[left:right] != key:
            continue

        def candidate(form: Form, a: int, b: int, people: Iterable[str], *keys: str) -> Candidate:
            start, end = folded.span(a, b)
            return Candidate(part, form, folded, start, end, a, b, frozenset(people), keys)

        entry = index.by_key.get(key)
        slips = index.fuzzy.slips(key)
        if slips and surname and not surname.name.of("forename"):
            people = [p for p in surname.name.of("surname") if not slips.isdisjoint(index.forename_keys[p])]
            if people:
                yield candidate("misspelt-full", left, surname.end, people, key, surname.name.key)
        if slips and forename:
            people = [
                p for p in forename.name.of("forename", "nickname") if not slips.isdisjoint(index.surname_keys[p])
            ]
            if people:
                yield candidate("misspelt-full", forename.start, right, people, forename.name.key, key)
        odd = not seen and len(key) >= 4 and key not in words and not entry and not is_common_word(key)
        near_by = expected if key not in words and (written[0].isupper() or seen or odd) else ()
        close = [p for p in near_by if not slips.isdisjoint(index.forename_keys[p] | index.surname_keys[p])]
        if close:
            yield candidate("forename" if entry and entry.of("forename") else "misspelt", left, right, close, key)
            continue
        fond = [
            p
            for p in near_by
            if any(
                is_familiar(key, f) or sounds_familiar(key, f) or (len(key) == 2 and f.startswith(key))
                for f in index.forename_keys[p]
            )
        ]
        if fond:
            yield candidate("nickname" if entry and entry.of("nickname") else "familiar", left, right, fond, key)
            continue
        if seen and (following := _NEXT_WORD.match(folded.original, match.end())) and len(key) >= 4:
            last = folded_key(following[1])
            if both := _bearers(index, index.fuzzy.near(key)) & _bearers(index, index.fuzzy.near(last)):
                yield candidate("misspelt-full", left, right + len(last), both, key, last)
        if odd and len(key) >= _ODD_FROM and (near := index.fuzzy.near(key)):
            bearers = _bearers(index, near)
            if len(bearers) <= _ODD_FITS:
                yield candidate("misspelt", left, right, bearers, key)
            continue
        if key in words or entry or not seen:
            continue
        if len(key) >= 4 and (near := index.fuzzy.near(key)):
            yield candidate("misspelt", left, right, _bearers(index, near), key)
        elif fond_names := index.fuzzy.familiar(key):
            yield candidate("familiar", left, right, _bearers(index, fond_names), key)


_TAG = re.compile(r"(?<![\w#])#([^\W\d_]{6,24})(?!\w)")
_TAG_SHARES = 4  # letters at least


def _fond_tags(part: str, folded: Folded, index: RollIndex, expected: Collection[str]) -> Iterator[Candidate]:
    """Hashtags that play on the name of a pupil who is expected: "#noorinator" for Noor, "#langtastic" for Lang."""
    for match in _TAG.finditer(folded.original) if expected else ():
        key = folded_key(match[1])
        if is_common_word(key):
            continue
        at = bisect_left(folded.starts, match.start(1))
        people = [
            p
            for p in expected
            if any(
                _shared(key, name) >= max(_TAG_SHARES, min(len(name), len(key)) / 2)
                for name in index.forename_keys[p] | index.surname_keys[p]
            )
        ]
        if people and folded.text[at : at + len(key)] == key:
            yield Candidate(
                part, "familiar", folded, *folded.span(at, at + len(key)), at, at + len(key), frozenset(people), (key,)
            )


def _shared(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _bearers(index: RollIndex, keys: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(index.by_key[k].of("forename", "surname") for k in keys))


_DOTTED = re.compile(r"(?<![\w.])([A-ZÀ-Þ])(?:\.\s?|\s|)([A-ZÀ-Þ])(?:\.(?:\s?[A-ZÀ-Þ]\.)?|(?=[\s,)(]))")


def _initials(part: str, folded: Folded, index: RollIndex) -> Iterator[Candidate]:
    """Two initials with a dot, or in front of a form in brackets: "N.L.", "NL (4 Birch)"."""
    for match in _DOTTED.finditer(folded.original):
        dotted = "." in match[0]
        if not dotted and not re.match(r"\s?\(", folded.original[match.end() : match.end() + 2]):
            continue
        first, last = folded_key(match[1])[:1], folded_key(match[2])[:1]
        people = index.by_initials.get(first + last, frozenset())
        if not people:
            continue
        at = bisect_left(folded.starts, match.start())
        yield Candidate(part, "initials", folded, match.start(), match.end(), at, at + 2, people, (first, last))


_GRADES = re.compile(r"[A-E*-]+")
_APART = re.compile(r"(?<![\w.])[^\W\d_](?:[ .*_-]{1,2}[^\W\d_]){2,30}(?!\w)")


def _spelled(part: str, folded: Folded, index: RollIndex) -> Iterator[Candidate]:
    """Names whose letters stand apart: "n o o r", "N.O.O.R L", "n-o-o-r l-a-n-g"."""
    for match in _APART.finditer(folded.original):
        key = folded_key(match[0])
        left = bisect_left(folded.starts, match.start())
        for cut in range(len(key), 2, -1):
            name = index.by_key.get(key[:cut])
            bearers = name.of("forename", "nickname") if name else frozenset()
            if cut < len(key):
                rest = key[cut:]
                bearers = frozenset(
                    p for p in bearers if rest in index.surname_keys[p] or rest in index.surname_initials[p]
                )
            if bearers:
                form: Form = "forename" if cut == len(key) else "full" if len(key) - cut > 1 else "initial"
                yield Candidate(
                    part,
                    form,
                    folded,
                    match.start(),
                    match.end(),
                    left,
                    left + len(key),
                    bearers,
                    (key[:cut],),
                    disguised=True,
                )
                break


_MASKED = re.compile(r"(?<![\w*])(?=[\w*’'-]*[^\W\d_])(?=[\w’'-]*\*)[\w*’'-]{3,}(?![\w*])")


def _masked(part: str, folded: Folded, index: RollIndex) -> Iterator[Candidate]:
    """Names with letters starred out: "N**r Lang", "E. A*hw*rth"."""
    for match in _MASKED.finditer(folded.original):
        starred = re.sub(r"['’]s$", "", match[0])
        letters = "".join("." if c == "*" else folded_key(c) for c in starred)
        if sum(c != "." for c in letters) < max(2, len(letters) / 2) or _GRADES.fullmatch(starred):
            continue
        pattern = re.compile(letters)
        keys = [n for n in index.names if len(n.key) == len(letters) and pattern.fullmatch(n.key)]
        forename: frozenset[str] = frozenset().union(*(n.of("forename") for n in keys))
        surname: frozenset[str] = frozenset().union(*(n.of("surname") for n in keys))
        start, end = match.start(), match.start() + len(starred)
        before = re.search(r"([^\W\d_]+)(\.?)[ \t]+$", folded.original[:start])
        people = forename
        if before and before[1][0].isupper():
            first = folded_key(before[1])
            fits = [
                p
                for p in surname
                if first in index.forename_keys[p] or (len(first) == 1 and first in index.forename_initials[p])
            ]
            if fits:
                people, start = frozenset(fits), before.start()
        elif following := _NEXT_WORD.match(folded.original, end):
            last = folded_key(following[1])
            if fits := [p for p in forename if last in index.surname_keys[p]]:
                people, end = frozenset(fits), following.end()
        if people and len(people) <= 5:
            left, right = bisect_left(folded.starts, start), bisect_left(folded.starts, end)
            form: Form = "full" if (start, end) != (match.start(), match.start() + len(starred)) else "forename"
            yield Candidate(part, form, folded, start, end, left, right, people, (letters,), disguised=True)


_HANDLE = re.compile(r"(?<![\w@])@?([A-Za-z0-9_.]{3,40})")


def _handles(part: str, folded: Folded, index: RollIndex) -> Iterator[Candidate]:
    """Account names that the roll lists, with or without the sign."""
    for match in _HANDLE.finditer(folded.original) if index.handles else ():
        if pupil := index.handles.get(match[1].lower().rstrip(".")):
            left, right = bisect_left(folded.starts, match.start()), bisect_left(folded.starts, match.end())
            yield Candidate(
                part, "handle", folded, match.start(), match.end(), left, right, frozenset([pupil]), (match[1].lower(),)
            )


_DRAWN_OUT = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
# Digits and signs that stand for letters, one for one, so that offsets hold; a 1 is an i or an l.
_LEET = tuple(str.maketrans("013457@$!|€", f"o{one}east" + f"as{one}le") for one in "il")
_AMOUNT = re.compile(r"\d+[A-Za-z]{1,3}|[A-Z]{1,2}\d+|[A-Z]{1,2}\d[A-Z\d]*")
_MIXED = re.compile(r"(?=[\w@$!|€]*[^\W\d_])(?=[\w@$!|€]*[013457@$|€]|\w+!\w)[\w@$!|€]{3,}")


def _variants(folded: Folded) -> Iterator[Folded]:
    """The text's words in which digits and signs stand for letters, read so; and letters drawn out ("nooooor") written once."""
    text = folded.original
    words = [m.span() for m in _MIXED.finditer(text) if not _AMOUNT.fullmatch(m[0])]
    for table in _LEET if words else ():
        letters = list(text)
        for start, end in words:
            letters[start:end] = text[start:end].translate(table)
        yield fold_around("".join(letters), words)
    if _DRAWN_OUT.search(text):
        yield squeezed(folded)
    if in_latin := transliterated(folded):
        yield in_latin


def _of_sound(part: str, variant: Folded, index: RollIndex) -> Iterator[Candidate]:
    """Words in another script that sound like a pupil's name but are spelled otherwise on the roll: "Данило" and Danylo."""
    left, before = 0, (0, frozenset[str]())
    for right in range(1, len(variant.text) + 1) if _CYRILLIC_OR_GREEK.search(variant.original) else ():
        if variant.breaks[right] < Break.SPACE:
            continue
        key = variant.text[left:right]
        exact = [key] if key in index.by_key else []
        bearers = _bearers(index, exact or index.fuzzy.near(key))
        if bearers and not exact and _CYRILLIC_OR_GREEK.match(variant.original, variant.starts[left]):
            yield Candidate(part, "misspelt", variant, *variant.span(left, right), left, right, bearers, (key,))
        if both := bearers & before[1]:
            start = before[0]
            yield Candidate(part, "misspelt-full", variant, *variant.span(start, right), start, right, both, (key,))
        left, before = right, (left, bearers)


_CYRILLIC_OR_GREEK = re.compile(r"[\u0370-\u052f]")


def _without_crossed(found: Sequence[Candidate]) -> list[Candidate]:
    """Without a surname before a comma and the forename behind it where either is half of a full name: "Dev Patel, Arjun Patel"."""
    full = [c for c in found if c.form in ("full", "adult") and len(c.keys) > 1]
    return [
        c
        for c in found
        if c.form != "swapped" or "," not in c.written or not any(f.start < c.end and c.start < f.end for f in full)
    ]


def _select(found: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that stand: the longest, of equally long ones the surest form; what else bears the name is noted."""
    taken: list[Candidate] = []
    for c in sorted(found, key=lambda c: (c.start - c.end, _RANK[c.form], c.start)):
        for n, t in enumerate(taken):
            if c.start < t.end and t.start < c.end:
                if (c.start, c.end) == (t.start, t.end):
                    if c.form == t.form:
                        taken[n] = replace(t, people=t.people | c.people, namesakes=t.namesakes | c.namesakes)
                    elif t.form == "known" and c.form in ("misspelt-full", "misspelt", "familiar") and " " in t.written:
                        pass  # the famous name is written as it should be
                    elif t.form in ("adult", "known") and c.form not in ("adult", "known"):
                        taken[n] = replace(c, namesakes=t.namesakes | c.namesakes)
                    elif c.form in ("adult", "known"):
                        taken[n] = replace(t, namesakes=t.namesakes | c.namesakes)
                break
        else:
            taken.append(c)
    return taken


def title_before(text: str, start: int) -> bool:
    """Whether a title stands before a place in a text: "Mrs …", "Mr and Mrs …"."""
    before = text[max(0, start - 28) : start]
    last = _LAST_REVERSED.match(before[::-1])
    if last is None or (len(last[1]) > 1 and last[1][::-1].lower() not in _TITLE_WORDS):
        return False
    return _TITLE.search(before) is not None


def titled(candidate: Candidate) -> bool:
    """Whether a title stands before the name."""
    return candidate.tag not in ("address", "file") and title_before(candidate.folded.original, candidate.start)


def tag_of(candidate: Candidate) -> tuple[str, int, int]:
    """What kind of tag the name stands in, and the span to show: ``hashtag``, ``handle``, ``address``, ``file``, ``link``, or none.

    A hashtag or handle is taken whole with its sign; elsewhere the name as it stands.
    """
    folded = candidate.folded
    left, right = word_around(folded, candidate.left, candidate.right)
    start, end = folded.span(left, right)
    original = folded.original
    while original[end : end + 1] == "_":
        end += 1
    sign, word = original[start - 1 : start] if start else "", original[start:end]
    if candidate.form == "handle":
        return "handle", candidate.start, candidate.end
    if candidate.part.startswith("filename"):
        return "file", candidate.start, candidate.end
    if candidate.start >= start and candidate.end <= end:
        if sign in ("#", "@") and re.fullmatch(r"[\w.]+", word):
            if ("." in word and sign == "@") or sign == "#":
                end = start + len(re.match(r"[\w.]*\w", word)[0])  # type: ignore[index]
            return ("hashtag" if sign == "#" else "handle"), start - 1, end
        if "@" in word and re.search(r"@[\w-]+\.[\w.-]+", word):
            return "address", candidate.start, candidate.end
        if "://" in word or word.startswith("www.") or re.match(r"[\w.-]+\.[a-z]{2,}/", word) or sign == "/":
            return "link", candidate.start, candidate.end
        if is_tag(folded, left, right):
            return "file", candidate.start, candidate.end
    return "", candidate.start, candidate.end


def invisible(written: str) -> bool:
    """Whether letters of other alphabets that look alike, mathematical letters or invisible characters hide in a name."""
    latin = any("a" <= c.lower() <= "z" for c in written)
    return any(
        unicodedata.category(c) == "Cf" or (c.isalpha() and ord(c) > 0x36F and (latin or ord(c) > 0x2000))
        for c in written
    )
