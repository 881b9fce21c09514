"""Who a mention means: resolved once for each item, used by every pupil rule.

A candidate is only a string that fits. Signals, read off the words around it, are weighed by one table
(``data/mentions.toml``): their sum, as a probability, is the mention's confidence, and the strongest of them are the
sentence that says why.
"""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from detectors.base import Item, Mention, Stranger
from detectors.lexicons import DATA, everyday_words
from detectors.pupils.candidates import NAMES_ONE, STRONG, Candidate, candidates, tag_of, title_before, titled
from detectors.pupils.signals import Scene, group_near, is_grown, signals
from detectors.text.fold import Break, Folded, folded_key
from detectors.text.names import NameSpan
from detectors.text.roll import RollIndex

REPORTED_FROM = 0.45
REVIEW_BELOW = 0.7
_STRANGER_FROM = 0.8
_SURE = 0.8  # a mention this sure speaks for others of the same pupil


@dataclass(frozen=True)
class Weights:
    """The weight of each signal in log-odds, and the words that tell it to a person."""

    bias: float
    weights: Mapping[str, float]
    words: Mapping[str, str]

    def probability(self, names: Iterable[str]) -> float:
        """How likely a candidate with these signals names a pupil."""
        total = self.bias + sum(self.weights.get(n, 0.0) for n in names)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def sentence(self, names: Sequence[str]) -> tuple[str, ...]:
        """The form and the strongest three further signals that spoke for it, in words."""
        form, *rest = names
        spoke = sorted(
            (n for n in rest if self.weights.get(n, 0.0) > 0.2 and self.words.get(n)), key=lambda n: -self.weights[n]
        )
        return tuple(self.words[n] for n in (form, *spoke[:3]) if self.words.get(n))


@cache
def load_weights() -> Weights:
    """The shipped table."""
    table = tomllib.loads((DATA / "mentions.toml").read_text(encoding="utf-8"))
    rows = table["signals"]
    return Weights(
        table["bias"], {r["signal"]: r["weight"] for r in rows}, {r["signal"]: r.get("words", "") for r in rows}
    )


@dataclass(frozen=True)
class Weighed:
    """A candidate with the signals that spoke and the probability they give."""

    candidate: Candidate
    signals: tuple[str, ...]
    probability: float


@dataclass(frozen=True)
class Weighing:
    """An item's candidates, weighed, and what else bears a name in it: adults, titled people, the famous.

    ``named`` are the pupils whom it names beyond doubt.
    """

    scene: Scene
    weighed: tuple[Weighed, ...]
    others: tuple[Candidate, ...]
    named: frozenset[str]


def weigh(
    item: Item,
    parts: Mapping[str, Folded],
    index: RollIndex,
    spans: Mapping[str, Sequence[NameSpan]] | None,
    expected: Collection[str],
    weights: Weights,
) -> Weighing:
    """Weigh every candidate of an item: names that say whom they mean first, so that they can speak for the others.

    ``spans`` are what the names model sees in each part, None without a model; ``expected`` the pupils named in the item answered.
    """
    found: list[Candidate] = []
    groups: dict[str, list[tuple[int, int, frozenset[str]]]] = {}
    for name, folded in parts.items():
        hits = index.hits(folded)
        groups[name] = index.groups_in(hits, folded)
        for candidate in candidates(name, folded, index, hits, spans.get(name, ()) if spans else (), expected):
            tag, _, _ = tag_of(candidate)
            found.append(replace(candidate, tag=tag) if tag else candidate)
    famous = frozenset(
        piece for c in found if c.form == "known" or c.namesakes & _FAMOUS for piece in _pieces(c, index)
    )
    grown = frozenset(key for c in found if c.form not in ("adult", "known", "group") and is_grown(c) for key in c.keys)
    scene = Scene(item, index, parts, spans, expected, groups, famous, grown)
    others, left = [], []
    for candidate in found:
        if candidate.form in ("adult", "known") or titled(candidate):
            others.append(candidate)
        elif not _plain_word(candidate, scene) and not _of_another(candidate, scene):
            left.append(candidate)

    def weighed(chosen: Iterable[Candidate], named: Collection[str]) -> list[Weighed]:
        spoke = ((c, tuple(signals(c, scene, left, named))) for c in chosen)
        return [Weighed(c, names, weights.probability(names)) for c, names in spoke]

    first = weighed((c for c in left if c.form in NAMES_ONE), ())
    sure = (narrowed(w.candidate, scene, ()) for w in first if w.probability >= _SURE)
    named = frozenset(people[0] for people in sure if len(people) == 1)
    rest = weighed((c for c in left if c.form not in NAMES_ONE), named)
    return Weighing(scene, (*first, *rest), tuple(others), named)


_FAMOUS = frozenset(("figure", "character"))


def _pieces(c: Candidate, index: RollIndex) -> Iterator[str]:
    """The single names of somebody famous."""
    name = index.by_key.get("".join(c.keys))
    cuts = [0, *sorted(name.joints), len(name.key)] if name else []
    for start, end in itertools.pairwise(cuts) if len(cuts) > 2 else ():
        yield name.key[start:end]  # type: ignore[union-attr]


def resolve(
    item: Item,
    parts: Mapping[str, Folded],
    index: RollIndex,
    spans: Mapping[str, Sequence[NameSpan]] | None = None,
    expected: Collection[str] = (),
) -> tuple[tuple[Mention, ...], tuple[Stranger, ...]]:
    """The mentions of pupils in an item's folded parts, and of people nobody knows, in order of part and place."""
    weights = load_weights()
    weighing = weigh(item, parts, index, spans, expected, weights)
    mentions = [mention_of(w, weighing, weights) for w in weighing.weighed if w.probability >= REPORTED_FROM]
    order = {name: number for number, name in enumerate(parts)}
    return (
        tuple(sorted(mentions, key=lambda m: (order[m.part], m.start))),
        tuple(_strangers(weighing, mentions)),
    )


_KNOWN_BY = re.compile(
    r"(?:[\"”’*_]|\bISBN\b[^\n]{0,24})[\s,(]*\bby\s+$|\b(?:Saint|St|King|Queen|Prince|Princess|Pope|President)\.?\s+$"
)


def _strangers(weighing: Weighing, mentions: Sequence[Mention]) -> Iterator[Stranger]:
    """Names of two words or with a title that only the names model knows."""
    scene = weighing.scene
    known = [(c.part, c.start, c.end) for c in weighing.others if c.form != "known" or len(c.written.split()) > 1]
    known += [(m.part, m.start, m.end) for m in mentions]
    for part, spans in (scene.spans or {}).items():
        text = scene.parts[part].original
        for span in spans:
            words = re.findall(r"[^\W\d_]{2,}", text[span.start : span.end])
            with_title = title_before(text, span.start)
            if span.score < _STRANGER_FROM or not (len(words) >= 2 or (words and with_title)):
                continue
            if any(p == part and start < span.end and span.start < end for p, start, end in known):
                continue
            if with_title and (entry := scene.index.by_key.get(folded_key(words[-1]))) and entry.of("adult-surname"):
                continue
            if _KNOWN_BY.search(text, max(0, span.start - 40), span.start):
                continue
            yield Stranger(part, span.start, span.end, round(min(0.95, span.score), 2))


def _plain_word(c: Candidate, scene: Scene) -> bool:
    """Whether it is not worth weighing: an everyday word in small letters where the author writes capitals, or alone in a tag."""
    seen = scene.spans and any(s.start < c.end and c.start < s.end for s in scene.spans.get(c.part, ()))
    if c.form in STRONG and not c.tag and not c.disguised and all(k in everyday_words() for k in c.keys):
        spans = scene.spans.get(c.part, ()) if scene.spans else ()
        surely = any(s.score >= 0.8 and s.start < c.end and c.start < s.end for s in spans)
        return not surely and any(
            w[0].islower() for w in c.written.split()
        )  # "We hope winter is over", "Will frost spoil it?"
    if c.form == "initials":  # two letters alone are anything
        return not any(
            c.people & ids for groups in scene.groups.values() for _, _, ids in groups
        ) and not c.people & set(scene.expected)
    if (
        c.people & frozenset(scene.expected)
        and c.form != "surname"
        and _SPOKEN_TO.search(c.folded.original, *_beside(c))
    ):
        return False  # "well done em", "and will who never runs"
    return (
        c.form in ("forename", "nickname", "surname")
        and not c.tag
        and not c.disguised
        and c.written[:1].islower()
        and (c.keys[0] in everyday_words() or c.form == "surname" or len(c.keys[0]) <= 2)
        and not seen
    )


_SPOKEN_TO = re.compile(
    r"\b(?:well done|well played|congrats|congratulations|bravo|go|happy birthday|good luck|proud of|for) \W?[\w’']+(?!\w)"
    r"(?: who\b| u\b| ur\b| you\b|[,!]| and\b|$)",
    re.IGNORECASE,
)


def _beside(c: Candidate) -> tuple[int, int]:
    """The code points of a name with the two words before it and the one behind."""
    return max(0, c.start - 18), min(len(c.folded.original), c.end + 5)


def _of_another(c: Candidate, scene: Scene) -> bool:
    """Whether it is somebody else's name: "Katrin Brandt" for the names model, "t.lang77@", or the words of a what3words place."""
    if c.form in ("forename", "surname", "nickname") and not c.tag and scene.spans:
        for span in scene.spans.get(c.part, ()):
            if span.start <= c.start and c.end <= span.end and span.score >= 0.8:
                rest = c.folded.original[span.start : c.start] + " " + c.folded.original[c.end : span.end]
                others = re.findall(r"[^\W\d_][\w’'-]+", re.sub(r"['’]s\b", "", rest))
                if len(others) == 1 and others[0][0].isupper() and folded_key(others[0]) not in scene.index.by_key:
                    return True
    before = c.folded.original[: c.start]
    if c.form == "surname" and not c.tag and re.search(r"(?<!\w)[A-Z]\.?[ \t]$", before[-4:]):
        return True  # "T Lang" where no pupil of the name has that initial
    if c.form == "surname" and c.tag in ("address", "handle", "hashtag"):
        if c.folded.breaks[c.right] == Break.NONE:
            return True  # "@langston" is no Lang
        return re.search(r"(?<![^\W\d_])[^\W\d_][._-]?$", before) is not None
    return c.tag in ("link", "file") and re.search(r"///[\w.]*$", before) is not None


def narrowed(c: Candidate, scene: Scene, named: Collection[str]) -> tuple[str, ...]:
    """The pupils who fit after what the text says of them, in the order of the roll."""
    people = c.people
    if c.form == "group":
        return scene.index.ordered(people)
    group = group_near(c, scene)
    if group and (inside := people & group[0]):
        people = inside
        if len(people) == 1:
            return tuple(people)
    for known in (frozenset(named), frozenset(scene.expected)):
        if inside := people & known:
            return scene.index.ordered(inside)
    if not group and len(people) > 1:
        everywhere = [ids for groups in scene.groups.values() for _, _, ids in groups]
        if len(set(everywhere)) == 1 and (inside := people & everywhere[0]):
            people = inside
    return scene.index.ordered(people)


def mention_of(w: Weighed, weighing: Weighing, weights: Weights) -> Mention:
    """What a weighed candidate says: whom it may mean, how surely, and why."""
    c, scene = w.candidate, weighing.scene
    pupils = narrowed(c, scene, weighing.named)
    fits = len(pupils)
    if c.form != "group":
        pupils += tuple(p for p in scene.index.ordered(c.people) if p not in pupils)
    _, start, end = tag_of(c)
    says = weights.sentence(w.signals)
    counted = "" if c.form == "group" else "fits one pupil" if fits == 1 else f"fits {fits} pupils"
    return Mention(
        part=c.part,
        start=start,
        end=end,
        form=c.form,
        pupils=pupils,
        signals=tuple(dict.fromkeys((*says, *([counted] if counted else [])))),
        confidence=round(w.probability, 2),
        review=w.probability < REVIEW_BELOW,
        fits=fits,
        grouped=any(n in w.signals for n in ("its group beside it", "its group in the sentence")),
        tag=c.tag,
    )
