"""Who a mention means: resolved once for each item, used by every pupil rule.

A hit of the roll's index is only a string that fits. Here it is weighed with what stands around it: titles, groups, other
names, the same pupil named in full elsewhere in the item, and words that are no names at all.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from detectors.base import Mention, Pupil
from detectors.lexicons import load_lexicon
from detectors.text.fold import Break, Folded, fold, folded_key, squeezed
from detectors.text.roll import Hit, RollIndex, is_tag, word_around

REPORTED_FROM = 0.5
REVIEW_BELOW = 0.7
_GROUP_WINDOW = 90  # code points between a name and the group that settles whose it is

_TITLE = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|dame|lord|lady|rev|revd|cllr|pc|sgt|coach|nurse)\b\.?\s+$",
    re.IGNORECASE,
)
_NAMED_AFTER = re.compile(
    r"['’]?s?\s+(?:memorial|cup|trophy|prize|shield|medal|award|scholarship|foundation|fund|lecture|building|library|house)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
_KIN = re.compile(
    r"\s+(?:twins|triplets|trio|brothers|sisters|siblings|boys|girls|kids|children|cousins|family)\b", re.IGNORECASE
)
_LIST_GAP = re.compile(r"\s*(?:\([^()\n]{1,24}\)|\d{1,3})?\s*(?:,|&|\+|/|;|\band\b|,\s*and\b|\n)\s*")
_NEXT_WORD = re.compile(r"[ \t]+([^\W\d_][\w'’‐‑-]*)")
_PREVIOUS_WORD = re.compile(r"([^\W\d_][\w'’‐‑-]*)[ \t]+$")
_ALONE = frozenset({"forename", "nickname", "surname"})
_RANK = {
    "adult": 0,
    "full": 1,
    "swapped": 2,
    "initial": 3,
    "surname-initial": 4,
    "initial-last": 5,
    "forename": 6,
    "nickname": 6.5,
    "surname": 7,
}


@dataclass(frozen=True)
class _Candidate:
    """A hit in its part, in code points of the original."""

    part: str
    hit: Hit
    folded: Folded
    start: int
    end: int

    @property
    def written(self) -> str:
        return self.folded.original[self.start : self.end]

    @property
    def key(self) -> str:
        return self.folded.text[self.hit.start : self.hit.end]

    @property
    def before(self) -> str:
        return self.folded.original[max(0, self.start - 40) : self.start]

    @property
    def after(self) -> str:
        return self.folded.original[self.end : self.end + 60]


def resolve(parts: Mapping[str, Folded], index: RollIndex) -> tuple[Mention, ...]:
    """The mentions of pupils in an item's folded parts, in order of part and place."""
    words = load_lexicon("name_words") | index.houses
    strong: list[Mention] = []
    weak: list[_Candidate] = []
    for name, folded in parts.items():
        plain = _select(name, folded, index)
        strong += _misspelt(plain, index)
        for candidate in [*plain, *_disguised(name, folded, index, plain)]:
            if candidate.hit.form.name in _ALONE:
                weak.append(candidate)
            elif mention := _strong(candidate, index, words):
                strong.append(mention)
    named = {m.pupils[0] for m in strong if m.confidence >= REVIEW_BELOW and len(m.pupils) == 1}
    strong = [_settle(m, parts[m.part], index, named) for m in strong]
    initials = [m for name, folded in parts.items() for m in _initials(name, folded, index)]
    found = strong + _weak(weak, strong, index, words, named) + initials
    order = list(parts)
    return tuple(
        sorted((m for m in found if m.confidence >= REPORTED_FROM), key=lambda m: (order.index(m.part), m.start))
    )


def _select(part: str, folded: Folded, index: RollIndex) -> list[_Candidate]:
    """The hits that stand: the strongest form of the longest stretch wins, equal forms of several pupils are one."""
    hits = sorted(index.hits(folded), key=lambda h: (-(h.end - h.start), _RANK.get(h.form.name, 9), h.start))
    taken: list[Hit] = []
    adults = [h for h in hits if h.form.name == "adult-surname"]
    for hit in hits:
        if hit.form.name == "adult-surname":
            continue
        if any(hit.start < t.end and t.start < hit.end for t in taken):
            continue
        if hit.form.name == "surname-initial" and not _initial_capital(folded, hit):
            continue
        if hit.form.name in ("initial", "initial-last") and not _initial_plausible(folded, hit, index):
            continue
        taken.append(hit)
    titled = {(a.start, a.end) for a in adults if _TITLE.search(folded.original[: folded.span(a.start, a.end)[0]])}
    kept = []
    for hit in taken:
        start, end = folded.span(hit.start, hit.end)
        if (hit.start, hit.end) in titled or _TITLE.search(folded.original[max(0, start - 24) : start]):
            continue
        if hit.form.name == "adult":
            if not (namesakes := _namesakes(hits, hit, folded, index)):
                continue
            hit = Hit(replace(hit.form, name="full", people=namesakes), hit.start, hit.end)
        kept.append(_Candidate(part, hit, folded, start, end))
    return kept


def _namesakes(hits: Iterable[Hit], adult: Hit, folded: Folded, index: RollIndex) -> tuple[str, ...]:
    """The pupils of the group named beside an adult's name who bear that name too."""
    people = {
        p for h in hits if h.form.name == "full" and (h.start, h.end) == (adult.start, adult.end) for p in h.form.people
    }
    group = _in_group(folded, *folded.span(adult.start, adult.end), index) if people else None
    return tuple(p for p in index.pupils if p in people and group and p in group)


_DRAWN_OUT = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
# Digits and signs that stand for letters, one for one, so that offsets hold; a 1 is an i or an l.
_LEET = tuple(str.maketrans("013457@$!|€", f"o{one}east" + f"as{one}le") for one in "il")
_MIXED = re.compile(r"(?=[\w@$!|€]*[^\W\d_])(?=[\w@$!|€]*[013457@$|€]|\w+!\w)[\w@$!|€]{4,}")


def _disguised(part: str, folded: Folded, index: RollIndex, plain: list[_Candidate]) -> Iterator[_Candidate]:
    """Names in which digits and signs stand for letters: "N0or L4ng"."""
    text = folded.original
    words = [m.span() for m in _MIXED.finditer(text)]
    taken = [(c.start, c.end) for c in plain if c.hit.form.name not in _ALONE]
    for variant in _variants(folded, words):
        for candidate in _select(part, variant, index):
            written = text[candidate.start : candidate.end]
            plainly = folded_key(written) == candidate.key
            if plainly or any(s < candidate.end and candidate.start < e for s, e in taken):
                continue
            if candidate.hit.form.name in ("full", "swapped", "initial") or len(candidate.key) >= 5:
                taken.append((candidate.start, candidate.end))
                yield candidate


def _variants(folded: Folded, words: list[tuple[int, int]]) -> Iterator[Folded]:
    """The text with its digits and signs read as letters, and with letters that are drawn out ("nooooor") written once."""
    text = folded.original
    for table in _LEET if words else ():
        letters = list(text)
        for start, end in words:
            letters[start:end] = text[start:end].translate(table)
        yield fold("".join(letters))
    if _DRAWN_OUT.search(text):
        yield squeezed(folded)


def _misspelt(candidates: Iterable[_Candidate], index: RollIndex) -> Iterator[Mention]:
    """A surname on the roll behind a forename with one slip, or a forename before such a surname: "Nor Lang", "Noor Lnag"."""
    for candidate in candidates:
        form = candidate.hit.form
        if form.name == "surname" and (word := _PREVIOUS_WORD.search(candidate.before)):
            start, end = candidate.start - len(word[0]), candidate.end
            known, names = index.forenames, "forenames"
        elif form.name == "forename" and (word := _NEXT_WORD.match(candidate.after)):
            start, end = candidate.start, candidate.end + len(word[0])
            known, names = index.surnames, "surnames"
        else:
            continue
        key = folded_key(word[1])
        if len(key) < 4 or key in known or not (word[1][0].isupper() and candidate.written[0].isupper()):
            continue
        people = tuple(p for p in form.people if any(_one_slip(key, n) for n in getattr(index.pupils[p], names)))
        if 1 <= len(people) <= 2:
            yield Mention(candidate.part, start, end, "misspelt", people, ("full name with one slip",), 0.75)


def _one_slip(key: str, name: str) -> bool:
    wanted = folded_key(name)
    return len(wanted) >= 4 and bool(OSA.distance(key, wanted, score_cutoff=1) == 1)


_DOTTED = re.compile(r"(?<![\w.])([^\W\d_])\.\s?([^\W\d_])\.?(?=[\s,(]{1,3})")


def _initials(part: str, folded: Folded, index: RollIndex) -> Iterator[Mention]:
    """Two initials with a group right behind them: "N.L. (4 Birch)"."""
    text = folded.original
    for match in _DOTTED.finditer(text):
        if not (match[1].isupper() and match[2].isupper()):
            continue
        behind = text[match.end() : match.end() + 30]
        opening = re.match(r"[\s,(]*", behind)
        at = opening.end() if opening else 0
        inside = next((ids for start, _, ids in index.groups.find(behind) if start == at), frozenset())
        wanted = folded_key(match[1]), folded_key(match[2])
        people = tuple(p for p in index.pupils if p in inside and wanted in _initials_of(index.pupils[p]))
        if 1 <= len(people) <= 3:
            confidence = 0.8 if len(people) == 1 else 0.6
            signals = ("initials and group", _fits(people))
            yield Mention(
                part, match.start(), match.end(), "initials", people, signals, confidence, confidence < REVIEW_BELOW
            )


def _initials_of(pupil: Pupil) -> set[tuple[str, str]]:
    """The pairs of initials that fit; of a surname of several words ("van der Berg") each word's."""
    surnames = [word for surname in pupil.surnames for word in surname.split()]
    return {(folded_key(f)[:1], folded_key(s)[:1]) for f in pupil.forenames for s in surnames}


def _initial_capital(folded: Folded, hit: Hit) -> bool:
    """ "A. Lee", "A Lee", "a.lee": not the article in "a lee"."""
    start, end = folded.span(hit.start, hit.end)
    written = folded.original[start:end]
    joint = folded.breaks[hit.start + 1]
    if joint == Break.SPACE:
        surname = written[1:].lstrip(" .\u00a0")
        dotted = "." in written[1:3]
        return written[0].isupper() and surname[:1].isupper() and (dotted or written[0] not in "AI")
    if joint == Break.NONE:  # "nlang@", "@nlang": only in an address or handle, where names are written so
        before, after = folded.original[max(0, start - 1) : start], folded.original[end : end + 12]
        return end - start >= 5 and (before == "@" or re.match(r"[\d._]*@", after) is not None)
    return written[1:2] in "._-" or written[0].isupper()


def _initial_plausible(folded: Folded, hit: Hit, index: RollIndex) -> bool:
    """ "Noor L", "Noor L.", "noor l": the initial stands alone, and is no article or unit."""
    joint = hit.form.joints[-1]
    start, end = folded.span(hit.start, hit.end)
    written = folded.original[start:end]
    if folded.breaks[hit.start + joint] != Break.SPACE or "\n" in written:
        return False
    if written[0].isupper():
        if not written[-1].isupper():
            return False
    elif (
        written[-1].isupper()
        or written[-1] in "aisxduy"
        or folded.text[hit.start : hit.start + joint] in load_lexicon("name_words")
    ):
        return False
    following = folded.original[end : end + 1]
    return written[-1] not in "AI" or following in ("", ".", ",", ")", ";", ":", "!", "?", "\n") or following.isspace()


def _strong(candidate: _Candidate, index: RollIndex, words: frozenset[str]) -> Mention | None:
    """A form that names forename and surname, or one of them and an initial."""
    form, written = candidate.hit.form, candidate.written
    if (named := _NAMED_AFTER.match(candidate.after)) and (
        "memorial" in named[0].lower() or re.search(r"\b(?:the|for|a)\s+$", candidate.before, re.IGNORECASE)
    ):
        return None
    if form.name == "surname-initial" and _NEXT_WORD.match(candidate.after) and candidate.after[:1] == "-":
        return None
    following = candidate.after
    if following[:1] in "-‐‑" and following[1:2].isupper() and form.name == "full":
        return None  # "Noor Lang-Petersen" is somebody else
    pieces = _pieces(candidate)
    start, end = _whole_tag(candidate)
    tagged = is_tag(candidate.folded, *word_around(candidate.folded, candidate.hit.start, candidate.hit.end))
    if all(p in words for p in pieces) and not tagged and not _each_capital(written):
        return None
    confidence, signal = {
        "full": (0.95, "full name"),
        "swapped": (0.9, "surname and forename"),
        "initial": (0.85, "forename and surname initial"),
        "surname-initial": (0.75, "initial and surname"),
        "initial-last": (0.7, "surname and initial"),
    }[form.name]
    comma = any(candidate.folded.breaks[candidate.hit.start + j] == Break.COMMA for j in form.joints)
    if form.name == "swapped" and not comma and not written.isupper():
        confidence = 0.72 if any(p in words for p in pieces) else 0.85
    if form.name in ("surname-initial", "initial-last") and any(p in words for p in pieces):
        confidence = 0.6
    return Mention(candidate.part, start, end, form.name, form.people, (signal,), confidence, confidence < REVIEW_BELOW)


def _pieces(candidate: _Candidate) -> list[str]:
    """The folded names of a hit, cut at its joints."""
    hit = candidate.hit
    cuts = [0, *hit.form.joints, hit.end - hit.start]
    text = candidate.folded.text[hit.start : hit.end]
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


def _each_capital(written: str) -> bool:
    found = re.findall(r"[^\W\d_][\w'’]*", written)
    return bool(found) and all(w[0].isupper() for w in found)


def _whole_tag(candidate: _Candidate) -> tuple[int, int]:
    """A hashtag or handle is taken whole with its sign, all else as it stands."""
    start, end = word_around(candidate.folded, candidate.hit.start, candidate.hit.end)
    left, right = candidate.folded.span(start, end)
    sign = candidate.folded.original[left - 1 : left]
    word = candidate.folded.original[left:right]
    if left and sign in ("#", "@") and re.fullmatch(r"[\w.]+", word):
        return left - 1, right
    return candidate.start, candidate.end


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    left = max(
        (m.end() for m in _SENTENCE_END.finditer(text, max(0, start - _GROUP_WINDOW), start)),
        default=max(0, start - _GROUP_WINDOW),
    )
    match = _SENTENCE_END.search(text, end, min(len(text), end + _GROUP_WINDOW))
    return left, match.start() if match else min(len(text), end + _GROUP_WINDOW)


def _in_group(folded: Folded, start: int, end: int, index: RollIndex) -> frozenset[str] | None:
    """The pupils of the group nearest to the name in its sentence, None where no group is named."""
    left, right = _sentence(folded.original, start, end)
    nearest: tuple[int, frozenset[str]] | None = None
    for at, until, ids in index.groups.find(folded.original[left:right]):
        at, until = at + left, until + left
        if at < end and start < until:
            continue
        distance = start - until if until <= start else at - end
        if nearest is None or distance < nearest[0]:
            nearest = distance, ids
    return nearest[1] if nearest else None


def _settle(mention: Mention, folded: Folded, index: RollIndex, named: set[str]) -> Mention:
    """Order the pupils who fit by what the text says; several that still fit stay several."""
    if len(mention.pupils) == 1:
        return mention
    pupils, signals = mention.pupils, mention.signals
    group = _in_group(folded, mention.start, mention.end, index)
    if group and (inside := tuple(p for p in pupils if p in group)):
        return replace(mention, pupils=inside, signals=(*signals, "group"))
    if known := tuple(p for p in pupils if p in named):
        return replace(
            mention,
            pupils=(*known, *(p for p in pupils if p not in named)),
            signals=(*signals, "named elsewhere in the item"),
        )
    confidence = mention.confidence - (0.1 if len(pupils) <= 3 else 0.3)
    return replace(
        mention,
        confidence=round(confidence, 2),
        review=confidence < REVIEW_BELOW,
        signals=(*signals, _fits(pupils)),
    )


def _fits(people: tuple[str, ...]) -> str:
    return "fits one pupil" if len(people) == 1 else f"fits {len(people)} pupils"


def _weak(
    candidates: Iterable[_Candidate],
    strong: Iterable[Mention],
    index: RollIndex,
    words: frozenset[str],
    named: set[str],
) -> list[Mention]:
    """Forenames and surnames alone: only with a group, the same pupil in full, a list of pupils, or a rare forename."""
    known = set(named)
    placed = [(m.part, m.start, m.end) for m in strong]
    free = [c for c in candidates if not any(c.part == p and c.start < e and s < c.end for p, s, e in placed)]
    plausible = [c for c in free if _stands_alone(c, index, words)]
    everyone = placed + [(c.part, c.start, c.end) for c in plausible if c.key not in words]
    found: list[Mention] = []
    for candidate in plausible:
        if mention := _weigh(candidate, index, words, known, everyone):
            found.append(mention)
            if mention.confidence >= 0.85 and len(mention.pupils) == 1:
                known.add(mention.pupils[0])
    return found


def _stands_alone(candidate: _Candidate, index: RollIndex, words: frozenset[str]) -> bool:
    """Whether the word can be a pupil's name as it stands: capitals, and no other name joined to it."""
    key, written = candidate.key, candidate.written
    start, end = word_around(candidate.folded, candidate.hit.start, candidate.hit.end)
    if is_tag(candidate.folded, start, end):
        hashtag = _whole_tag(candidate)[0] < candidate.start and len(key) >= 4
        return (
            (hashtag or candidate.part.startswith("filename"))
            and key not in words
            and candidate.hit.form.name in ("forename", "nickname")
        )
    if candidate.after[:1] in tuple("-‐‑") and candidate.after[1:2].isalpha():
        return False
    if candidate.before[-1:] in tuple("-‐‑'’") and candidate.before[-2:-1].isalpha():
        return False
    if _NAMED_AFTER.match(candidate.after):
        return False
    if not written[0].isupper():
        return key not in words and len(key) >= 4 and candidate.hit.form.name == "forename"
    if candidate.hit.form.name in ("forename", "nickname"):
        following = _NEXT_WORD.match(candidate.after)
        if following and following[1][0].isupper() and not (written.isupper() and following[1].isupper()):
            span = candidate.folded.original[candidate.end : candidate.end + 40].lstrip()
            groups = index.groups.find(span)
            return bool(groups and groups[0][0] == 0)
        return True
    previous = _PREVIOUS_WORD.search(candidate.before)
    if previous and previous[1][0].isupper() and folded_key(previous[1]) not in index.surnames | {"the"}:
        return False
    following = _NEXT_WORD.match(candidate.after)
    return not (following and following[1][0].isupper() and not following[1].isupper())


def _weigh(
    candidate: _Candidate,
    index: RollIndex,
    words: frozenset[str],
    known: set[str],
    everyone: list[tuple[str, int, int]],
) -> Mention | None:
    form, key = candidate.hit.form, candidate.key
    people = form.people
    capital, word = candidate.written[0].isupper(), key in words

    start, whole_end = _whole_tag(candidate)

    def mention(
        pupils: tuple[str, ...], confidence: float, *signals: str, end: int = whole_end, name: str = form.name
    ) -> Mention:
        return Mention(candidate.part, start, end, name, pupils, signals, confidence, confidence < REVIEW_BELOW)

    if form.name == "surname" and capital and (kin := _KIN.match(candidate.after)) and 2 <= len(people) <= 5:
        return mention(people, 0.85, "surname of siblings", end=candidate.end + kin.end(), name="group")
    if len(seen := tuple(p for p in people if p in known)) == 1 and (capital or not word):
        return mention(seen, 0.9 if not word or capital else 0.6, f"{form.name} of a pupil named elsewhere in the item")
    group = _in_group(candidate.folded, candidate.start, candidate.end, index)
    if group and capital and (inside := tuple(p for p in people if p in group)):
        confidence = {1: 0.9, 2: 0.75, 3: 0.65}.get(len(inside), 0.5)
        if form.name == "surname" or word:
            confidence -= 0.15
        return mention(inside, round(confidence, 2), f"{form.name} and group", _fits(inside))
    if group and not word and form.name == "forename" and len(people) == 1 and not capital:
        return mention(people, 0.5, "rare forename, not of the group named")
    listed = capital and key not in index.houses and _in_list(candidate, everyone)
    if form.name == "surname":
        return mention(people, 0.6, "surname in a list of pupils") if listed and len(people) <= 3 else None
    if listed and len(people) <= 3:
        return mention(people, 0.7 if len(people) == 1 else 0.6, "forename in a list of pupils", _fits(people))
    if word or form.name == "nickname":
        return None
    if len(people) == 1:
        return mention(people, 0.6 if capital else 0.5, "forename of one pupil only")
    return mention(people, 0.5, "forename", _fits(people)) if len(people) <= 3 and capital else None


def _in_list(candidate: _Candidate, everyone: list[tuple[str, int, int]]) -> bool:
    """Whether another pupil's name stands next to it in a list: "Noor, Eva and Max"."""
    text = candidate.folded.original
    for part, start, end in everyone:
        if part != candidate.part or (start, end) == (candidate.start, candidate.end):
            continue
        gap = text[end : candidate.start] if end <= candidate.start else text[candidate.end : start]
        if len(gap) <= 40 and _LIST_GAP.fullmatch(gap):
            return True
    return False
