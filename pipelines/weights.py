"""Fits the weights of the mention signals to labelled posts: logistic regression held back by the priors of the shipped table.

    python -m pipelines.weights POSTS.jsonl SCHOOL [POSTS.jsonl SCHOOL ...] [--trust 1 0.3 ...] [--write]

Prints precision and recall of the candidates by cross-validation over posts, for each school and from each school to the others;
``--trust`` says how much an example of each school counts, as where one was written to be harder than life;
``--write`` puts the fitted weights into ``data/mentions.toml``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.base import Item
from detectors.lexicons import DATA
from detectors.pupils.mentions import REPORTED_FROM, Weights, mention_of, weigh
from detectors.reading import Threads, folded_parts, spans_of
from detectors.text.fold import Folded
from detectors.text.names import NamesModel, NameSpan
from detectors.text.roll import RollIndex
from pipelines.evaluate import hits, is_optional, meant
from pipelines.readers import open_exports
from pipelines.readers.overlap import read_together
from pipelines.school import load_school

TABLE = DATA / "mentions.toml"
_PULL = 1.5  # how hard the priors hold: the strength of a normal prior with variance 1 / _PULL
_BIAS = -0.5  # the prior of the bias
_FOLDS = 10
_ROUNDS = 3  # names told by the weights feed signals of other names, so the fit is repeated


@dataclass(frozen=True)
class Labelled:
    """Labelled posts of a school, read once: items, folded parts and what the names model sees in them."""

    index: RollIndex = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    read: tuple[tuple[Mapping[str, Folded], Mapping[str, Sequence[NameSpan]]], ...] = field(repr=False)
    posts: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @classmethod
    def load(cls, posts: Path, folder: Path) -> Labelled:
        """Raises UserError for what cannot be read."""
        exports, _ = open_exports([posts])
        rows = [json.loads(line) for line in posts.read_text(encoding="utf-8").splitlines() if line.strip()]
        school = load_school(folder, datetime.now(UTC).date())
        items = tuple(item for _, item in read_together(exports))
        folded = [folded_parts(item) for item in items]
        spans = spans_of(NamesModel.load(school.names_model), items)
        index = RollIndex(school.roll.pupils, school.adults)
        return cls(index, items, tuple(zip(folded, spans, strict=True)), {row["id"]: row for row in rows})


@dataclass(frozen=True)
class Example:
    """A candidate and what the labels say of it: ``right``, and whether it ``touches`` a label at all."""

    post: tuple[int, str]
    signals: tuple[str, ...]
    right: bool
    touches: bool


def examples(number: int, labelled: Labelled, weights: Weights) -> Iterator[Example]:
    """Every candidate of the posts, weighed with the weights so far; an item answered names the pupils its labels name."""
    threads = Threads()
    for item, (parts, spans) in zip(labelled.items, labelled.read, strict=True):
        labels = labelled.posts[item.id]["spans"]
        pupils = [s for s in labels if s["label"] == "PUPIL"]
        weighing = weigh(item, parts, labelled.index, spans, threads.expected(item) or frozenset(), weights)
        for weighed in weighing.weighed:
            mention = mention_of(weighed, weighing, weights)
            said = {"kind": "PUPIL", "start": mention.start, "end": mention.end, "pupils": mention.pupils}
            touched = [s for s in pupils if s["start"] < mention.end and mention.start < s["end"]]
            if any(is_optional(s, labels) for s in touched):
                continue
            right = any(hits(said, s) for s in touched)
            yield Example((number, item.id), weighed.signals, right, bool(touched))
        clear = [s for s in pupils if s["subtype"] == "group" or len(meant(s)) <= 3]
        known = {p for s in clear for p in meant(s) if p in labelled.index.pupils}
        threads.remember(item, frozenset(known))


def fit(
    rows: Sequence[Example], prior: Mapping[str, float], bias: float, trust: Sequence[float]
) -> tuple[float, dict[str, float]]:
    """Bias and weights by Newton's method; a signal without examples keeps its prior. ``trust`` weighs each school's examples.

    Candidates that stand on a label but mean another pupil say nothing about what is a name, and are left out.
    """
    names = sorted(prior)
    column = {name: n for n, name in enumerate(names, 1)}
    used = [r for r in rows if r.right or not r.touches]
    x = np.zeros((len(used), len(names) + 1))
    x[:, 0] = 1
    for n, row in enumerate(used):
        for signal in row.signals:
            x[n, column[signal]] = 1
    y = np.array([float(r.right) for r in used])
    counts = np.array([trust[r.post[0]] for r in used])
    centre = np.array([bias, *(prior[n] for n in names)])
    pull = np.full(len(centre), _PULL)
    pull[0] = 0.01
    weights: NDArray[np.float64] = centre.copy()

    def loss(w: NDArray[np.float64]) -> float:
        z = x @ w
        return float(np.sum(counts * (np.logaddexp(0, z) - y * z)) + 0.5 * np.sum(pull * (w - centre) ** 2))

    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (counts * (p - y)) + pull * (weights - centre)
        step = np.linalg.solve((x * (counts * p * (1 - p))[:, None]).T @ x + np.diag(pull), gradient)
        size, before = 1.0, loss(weights)
        while size > 1e-4 and loss(weights - size * step) > before:
            size /= 2  # a full step of Newton's may overshoot
        weights = weights - size * step
        if np.abs(step).max() < 1e-6:
            break
    return float(weights[0]), {name: float(w) for name, w in zip(names, weights[1:], strict=True)}


def _refit(rows: Sequence[Example], table: Mapping[str, Any], trust: Sequence[float]) -> Weights:
    prior = {r["signal"]: float(r["prior"]) for r in table["signals"]}
    bias, fitted = fit(rows, prior, _BIAS, trust)
    return Weights(bias, fitted, {r["signal"]: r["words"] for r in table["signals"]})


def _figures(rows: Sequence[Example], weights: Weights) -> tuple[int, int, int]:
    """Right, reported, and labelled candidates."""
    said = [e for e in rows if weights.probability(e.signals) >= REPORTED_FROM]
    return sum(e.right for e in said), len(said), sum(e.right for e in rows)


def _fold_of(post: tuple[int, str]) -> int:
    return int.from_bytes(hashlib.sha256(repr(post).encode()).digest()[:4]) % _FOLDS


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="POSTS.jsonl SCHOOL")
    parser.add_argument("--write", action="store_true", help="put the fitted weights into the shipped table")
    parser.add_argument("--trust", nargs="*", type=float, default=[], help="how much each school's examples count")
    arguments = parser.parse_args()
    pairs = list(zip(arguments.paths[::2], arguments.paths[1::2], strict=True))
    sets = [Labelled.load(*pair) for pair in pairs]
    trust = [*arguments.trust, *[1.0] * (len(pairs) - len(arguments.trust))]
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    prior = {r["signal"]: float(r["prior"]) for r in table["signals"]}
    weights = Weights(_BIAS, prior, {})
    rows: list[Example] = []
    for _ in range(_ROUNDS):
        rows = [e for n, s in enumerate(sets) for e in examples(n, s, weights)]
        weights = _refit(rows, table, trust)
    totals, first = [0, 0, 0], [0, 0, 0]
    for fold in range(_FOLDS):
        others = _refit([e for e in rows if _fold_of(e.post) != fold], table, trust)
        for n, count in enumerate(_figures([e for e in rows if _fold_of(e.post) == fold], others)):
            totals[n] += count
        for n, count in enumerate(_figures([e for e in rows if _fold_of(e.post) == fold and e.post[0] == 0], others)):
            first[n] += count
    print(f"{_FOLDS}-fold over posts: {_told(*totals)}")
    print(f"{_FOLDS}-fold, posts of {pairs[0][1].name} only: {_told(*first)}")
    for left_out in range(len(sets)) if len(sets) > 1 else ():
        others = _refit([e for e in rows if e.post[0] != left_out], table, trust)
        told = _told(*_figures([e for e in rows if e.post[0] == left_out], others))
        print(f"fitted without {pairs[left_out][0].parent.name}, on it: {told}")
    print(f"fitted on all, on all: {_told(*_figures(rows, weights))}")
    if arguments.write:
        _write(weights)


def _told(right: int, said: int, labelled: int) -> str:
    return f"precision {right / max(1, said):.3f}, recall of the candidates {right / max(1, labelled):.3f} ({labelled})"


def _write(weights: Weights) -> None:
    text = TABLE.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^bias = .*$", f"bias = {weights.bias:.2f}", text, count=1)
    for name, weight in weights.weights.items():
        row = re.compile(rf'(signal = "{re.escape(name)}"\nprior = [-\d.]+\nweight = )[-\d.]+')
        text = row.sub(rf"\g<1>{weight:.2f}", text, count=1)
    TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
