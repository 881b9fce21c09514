"""A small classifier that ranks what no rule decides: which kinds of conduct an item reads like.

Two logistic regressions whose logits are averaged: one weighs word and character n-grams and who speaks, hashed into buckets, the
other the vector in which the names model sums up what a stretch of text is about. The weights in ``data/conduct/weights.npz``
come from ``pipelines/conduct_model.py``, which fits them to the examples beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from detectors.base import Item
from detectors.lexicons import DATA, load_lexicon
from detectors.text.names import Sense

LEAST = 0.15  # below it an item does not read like the kind at all
BUCKETS = 1 << 15
WEIGHTS = DATA / "conduct" / "weights.npz"
_ANSWERS = frozenset(("comment", "reply"))
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|#|@|\u00a3|%|\d+|[!?]+|[\U0001f300-\U0001faff]")
_WINDOW = 320  # code points that are weighed together; a longer text is weighed window by window
_END = re.compile(r"[.!?\u2026]+[\"')\]]*\s+|\n+")


@cache
def _classes() -> dict[str, str]:
    """The class of each word of ``data/lexicons/conduct_classes.txt``: trades, outlets, parties, insults and so on."""
    found: dict[str, str] = {}
    for line in sorted(load_lexicon("conduct_classes")):  # a word of two classes has the later one, in every run
        name, _, words = line.partition(":")
        found |= {word: f"<{name.strip()}>" for word in words.split()}
    return found


def features(text: str, role: str, kind: str) -> set[str]:
    """The n-grams of a text and what is known of its author."""
    found = {f"role {role}", f"place {'answer' if kind in _ANSWERS else 'post'}"}
    folded = _LINK.sub(" link ", text.lower().replace("\u2019", "'"))
    tokens = ["0" if t.isdigit() else t[:1] if t[0] in "!?" else t for t in _TOKEN.findall(folded)]
    classes = _classes()
    classed = [classes.get(t, t) for t in tokens]
    for words in (tokens, classed) if classed != tokens else (tokens,):
        found.update(words)
        found.update(map(" ".join, pairwise(words)))
    found.update(map(" ".join, zip(classed, classed[1:], classed[2:], strict=False)))
    for token in set(tokens):
        if len(token) > 3:
            word = f"<{token}>"
            found.update(word[i : i + 4] for i in range(len(word) - 3))
    return found


def buckets(found: set[str]) -> NDArray[np.int64]:
    """The buckets of some features, each once, sorted."""
    return np.unique(np.fromiter((crc32(f.encode()) % BUCKETS for f in found), np.int64, len(found)))


def windows(text: str) -> Iterator[str]:
    """The text, or where it is long, stretches of whole sentences that overlap by half."""
    if len(text) <= _WINDOW * 1.5:
        yield text
        return
    ends = [0, *(m.end() for m in _END.finditer(text)), len(text)]
    start = 0
    while start < len(text):
        end = max([e for e in ends if e <= start + _WINDOW], default=0)
        end = end if end > start else min([e for e in ends if e > start + _WINDOW], default=len(text))
        end = min(end, start + 3 * _WINDOW)
        yield text[start:end]
        if end >= len(text):
            return
        halfway = [e for e in ends if start < e < end and e >= start + _WINDOW // 2]
        start = halfway[0] if halfway else end


@dataclass(frozen=True)
class Weights:
    """The two regressions: ``grams`` [buckets, kinds] and ``senses`` [384, kinds], each with its bias [kinds].

    ``rarity`` [buckets] weighs a feature by how few examples have it. ``thresholds`` [2, kinds] are the probabilities from which a
    kind is worth a person's look: by n-grams alone, and by both.
    """

    kinds: tuple[str, ...]
    grams: NDArray[np.float32] = field(repr=False)
    gram_bias: NDArray[np.float32] = field(repr=False)
    rarity: NDArray[np.float32] = field(repr=False)
    senses: NDArray[np.float32] = field(repr=False)
    sense_bias: NDArray[np.float32] = field(repr=False)
    thresholds: NDArray[np.float32] = field(repr=False)

    def probabilities(
        self, places: Sequence[NDArray[np.int64]], vectors: Sequence[NDArray[np.float32]] | None
    ) -> NDArray[np.float32]:
        """The probability of each kind, [texts, kinds], from the texts' buckets and, where there are any, their vectors."""
        logits = np.empty((len(places), len(self.kinds)), np.float32)
        for row, at in enumerate(places):
            values = self.rarity[at]
            logits[row] = (values @ self.grams[at]) / max(float(np.sqrt(values @ values)), 1e-6) + self.gram_bias
        if vectors is not None:
            logits += np.stack(vectors) @ self.senses + self.sense_bias
            logits /= 2
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


@cache
def load_weights() -> Weights:
    """The weights that come with the tool."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files if name != "kinds"}
        return Weights(tuple(map(str, stored["kinds"])), **arrays)


def likely(item: Item, senses: Mapping[str, Sequence[Sense]] | None = None) -> dict[str, float]:
    """The kinds that an item reads like, each with a score from 0 to 1: a half is what is worth a person's look.

    ``senses`` are what the names model saw in each part; without them the n-grams speak alone. Scores below ``LEAST`` are left out.
    """
    weights = load_weights()
    texts, vectors = [], []
    for part in item.parts:
        if part.name.startswith("filename") or not part.text.strip():
            continue
        if senses is None:
            texts += [w for w in windows(part.text) if w.strip()]
        elif len(of_part := senses.get(part.name, ())) == 1:
            texts.append(part.text)
            vectors.append(of_part[0].vector)
        else:
            texts += [part.text[s.start : s.end] for s in of_part]
            vectors += [s.vector for s in of_part]
    if not texts:
        return {}
    places = [buckets(features(t, item.author_role, item.kind)) for t in texts]
    best = weights.probabilities(places, None if senses is None else vectors).max(axis=0)
    odds = best / (1 - best + 1e-9)
    least = weights.thresholds[0 if senses is None else 1]
    odds *= (1 - least) / least
    scores = odds / (1 + odds)
    return {kind: round(float(s), 3) for kind, s in zip(weights.kinds, scores, strict=True) if s >= LEAST}
