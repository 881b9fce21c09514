"""Trains the classifier of conduct on the examples in ``data/conduct``, and measures it: ``make conduct``.

Needs scikit-learn (the extra ``model``); what it writes needs numpy alone.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.conduct.likely import BUCKETS, WEIGHTS, Weights, buckets, features
from detectors.text.names import NamesModel

EXAMPLES = WEIGHTS.parent
# An example of the first kind says nothing about the second, into which it shades: it is no near miss of it.
_AKIN = frozenset(
    {
        ("AGE_UNSUITABLE", "CONTRIBUTOR_ADVERT"),
        ("AGE_UNSUITABLE", "OFFENSIVE"),
        ("COMMITMENT", "CONFIDENTIAL_BUSINESS"),
        ("CONFIDENTIAL_BUSINESS", "COMMITMENT"),
        ("CONTRIBUTOR_ADVERT", "AGE_UNSUITABLE"),
        ("DEFAMATORY_OR_HARASSING", "OFFENSIVE"),
        ("DEFAMATORY_OR_HARASSING", "SAFEGUARDING_CONCERN"),
        ("OFFENSIVE", "AGE_UNSUITABLE"),
        ("POLITICAL", "PERSONAL_OPINION"),
        ("SAFEGUARDING_CONCERN", "AGE_UNSUITABLE"),
        ("SAFEGUARDING_CONCERN", "OFFENSIVE"),
    }
)
_TABLE = re.compile(r"(?:^\|.*$\n?)+(?<!\n)", re.MULTILINE)  # the card has but one
_LINE = re.compile(r"([+-])([A-Z_,]*) (.+)")
_PRECISION = 0.8  # among examples, half of which are near misses
_ALARMS = 0.005  # of ordinary posts, how many a kind may flag
_ROLES = {"public": "outsider"}
_FOLDS = 5


@dataclass(frozen=True)
class Example:
    """A text with its author's role, the kind of item it stands for, and the kinds of conduct it shows."""

    text: str = field(repr=False)
    role: str
    kind: str
    shows: frozenset[str]


def load_examples(folder: Path = EXAMPLES) -> list[Example]:
    """Every example. A file is named for its kind; ``@ role kind`` says whose the lines below are.

    ``+ text`` shows the kind, ``+OTHER_KIND text`` the other kind too, ``- text`` shows none.
    """
    found = []
    for path in sorted(folder.glob("*.txt")):
        of_file = path.stem.upper()
        role = kind = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("@ "):
                _, role, kind = line.split()
            elif line.strip() and not line.startswith("#"):
                match = _LINE.fullmatch(line)
                if not match or not role:
                    raise ValueError(f"{path.name}, line {number}: neither '@ role kind' nor '+ text' nor '- text'")
                more = {k for k in match[2].split(",") if k}
                found.append(Example(match[3], role, kind, frozenset({of_file, *more} if match[1] == "+" else more)))
    return found


def kinds_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """The kinds of conduct that examples show, sorted."""
    return tuple(sorted({k for e in examples for k in e.shows}))


def mixed(examples: Sequence[Example], seed: int = 0) -> list[Example]:
    """Each example once more, within ordinary text, before or behind it, as such things stand in real posts."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    plain = [e for e in examples if not e.shows]
    of_role: dict[str, list[Example]] = {}
    for example in plain:
        of_role.setdefault(example.role, []).append(example)
    found = []
    for example in examples:
        other = chance.choice(of_role.get(example.role, plain)).text
        first, second = (other, example.text) if chance.random() < 0.5 else (example.text, other)
        found.append(Example(f"{first} {second}", example.role, example.kind, example.shows))
    return found


@dataclass(frozen=True)
class Seen:
    """An example as the classifier sees it: the buckets of its n-grams and the vector of its text."""

    example: Example
    places: NDArray[np.int64] = field(repr=False)
    vector: NDArray[np.float32] = field(repr=False)


def see(examples: Sequence[Example]) -> list[Seen]:
    """The examples with their n-grams and vectors; of a text longer than the names model reads at once, its beginning's."""
    senses = (senses for _, senses in NamesModel.load().read([e.text for e in examples]))
    return [
        Seen(e, buckets(features(e.text, e.role, e.kind)), of_text[0].vector)
        for e, of_text in zip(examples, senses, strict=True)
        if of_text
    ]


def fit(seen: Sequence[Seen], kinds: Sequence[str]) -> Weights:
    """Weights for the examples, with thresholds of a half."""
    from scipy.sparse import csr_matrix

    frequency = np.zeros(BUCKETS)
    for one in seen:
        frequency[one.places] += 1
    rarity = np.where(frequency > 0, np.log((1 + len(seen)) / (1 + frequency)) + 1, 0).astype(np.float32)
    rows = np.repeat(np.arange(len(seen)), [len(one.places) for one in seen])
    values = np.concatenate([rarity[o.places] / max(float(np.linalg.norm(rarity[o.places])), 1e-6) for o in seen])
    grams = csr_matrix((values, (rows, np.concatenate([o.places for o in seen]))), (len(seen), BUCKETS))
    vectors = np.stack([one.vector for one in seen])
    mean, scale = vectors.mean(axis=0), (vectors.std(axis=0) + 1e-6) * np.sqrt(vectors.shape[1])
    gram_weights, gram_bias = _regressions(grams, seen, kinds, strength=12.0, seldom=0.5)
    sense_weights, sense_bias = _regressions((vectors - mean) / scale, seen, kinds, strength=5.0, seldom=0.35)
    sense_weights /= scale[:, None]
    return Weights(
        tuple(kinds),
        gram_weights,
        gram_bias,
        rarity,
        sense_weights,
        sense_bias - mean @ sense_weights,
        np.full((2, len(kinds)), 0.5, np.float32),
    )


def _regressions(
    matrix: Any, seen: Sequence[Seen], kinds: Sequence[str], *, strength: float, seldom: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A logistic regression a kind: weights [features, kinds] and biases [kinds].

    ``strength`` is the inverse of the regularisation; a kind's examples count as much as they are seldom, to the power ``seldom``.
    """
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((matrix.shape[1], len(kinds)), np.float32)
    bias = np.zeros(len(kinds), np.float32)
    for column, kind in enumerate(kinds):
        used = [i for i, one in enumerate(seen) if not _unsure(one.example, kind)]
        truth = np.array([kind in seen[i].example.shows for i in used])
        importance = np.where(truth, (len(truth) / (2 * truth.sum())) ** seldom, 1.0)
        model = LogisticRegression(C=strength, max_iter=300)
        model.fit(matrix[used], truth, sample_weight=importance)
        weights[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _unsure(example: Example, kind: str) -> bool:
    """Whether an example says nothing about a kind that it does not show."""
    return kind not in example.shows and any((shown, kind) in _AKIN for shown in example.shows)


def held_out(seen: Sequence[Seen], more: Sequence[Seen], kinds: Sequence[str]) -> list[NDArray[np.float32]]:
    """The probabilities of each kind for each example, from weights that have not seen it: by n-grams alone, and by both.

    ``more`` are the mixed examples, in the same order.
    """
    order = list(range(len(seen)))
    random.Random(7).shuffle(order)  # noqa: S311 - no secret
    found = [np.zeros((len(seen), len(kinds)), np.float32) for _ in range(2)]
    for fold in range(_FOLDS):
        left = order[fold::_FOLDS]
        kept = sorted(set(order) - set(left))
        weights = fit([of[i] for of in (seen, more) for i in kept], kinds)
        places = [seen[i].places for i in left]
        found[0][left] = weights.probabilities(places, None)
        found[1][left] = weights.probabilities(places, [seen[i].vector for i in left])
    return found


def _tally(
    examples: Sequence[Example], kind: str, probabilities: NDArray[np.float32], at: float
) -> tuple[float, float]:
    """Recall and precision of a kind at a threshold."""
    truth = np.array([kind in e.shows for e in examples])
    sure = np.array([not _unsure(e, kind) for e in examples])
    said = probabilities >= at
    right, wrong = float((said & truth).sum()), float((said & ~truth & sure).sum())
    return right / float(truth.sum()), right / max(1.0, right + wrong)


def thresholds(
    examples: Sequence[Example],
    kinds: Sequence[str],
    found: NDArray[np.float32],
    ordinary: Sequence[Example],
    of_ordinary: NDArray[np.float32],
) -> NDArray[np.float32]:
    """For each kind the lowest threshold that few enough ordinary posts reach, and among whose examples most are right."""
    chosen = []
    for column, kind in enumerate(kinds):
        clean = np.array([kind not in e.shows and not _unsure(e, kind) for e in ordinary])
        least = float(np.quantile(of_ordinary[clean, column], 1 - _ALARMS)) if clean.any() else 0.0
        steps = np.arange(least + 0.005, 1.0, 0.01)
        precise = (at for at in steps if _tally(examples, kind, found[:, column], float(at))[1] >= _PRECISION)
        chosen.append(next(precise, 1.0))
    return np.array(chosen, np.float32)


def table(
    examples: Sequence[Example], kinds: Sequence[str], found: Sequence[NDArray[np.float32]], at: NDArray[np.float32]
) -> str:
    """Recall and precision of each kind on examples not trained on, as Markdown; ``at`` [2, kinds] as in ``found``."""
    lines = [
        "| kind | examples | n-grams alone: recall | precision | with the names model: recall | precision |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for column, kind in enumerate(kinds):
        shown = sum(kind in e.shows for e in examples)
        figures = [_tally(examples, kind, f[:, column], float(a[column])) for f, a in zip(found, at, strict=True)]
        lines.append(f"| {kind} | {shown} | " + " | ".join(f"{x:.3f}" for pair in figures for x in pair) + " |")
    return "\n".join(lines)


def load_posts(path: Path) -> list[Example]:
    """Labelled posts, as ``evaluate`` takes them."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Example(
            r["text"], _ROLES.get(r["author_role"], r["author_role"]), r["kind"], frozenset(r.get("doc_labels", ()))
        )
        for r in rows
    ]


def main() -> None:
    """Train, measure, and write the weights and the card's figures. Arguments: labelled posts, which the thresholds heed."""
    examples = load_examples()
    kinds = kinds_of(examples)
    seen, more = see(examples), see(mixed(examples))
    weights = fit([*seen, *more], kinds)
    found = held_out(seen, more, kinds)
    ordinary = see([post for path in sys.argv[1:] for post in load_posts(Path(path))])
    places = [one.places for one in ordinary]
    posts = [weights.probabilities(places, v) for v in (None, [one.vector for one in ordinary])]
    of_posts = [one.example for one in ordinary]
    at = np.stack([thresholds(examples, kinds, f, of_posts, p) for f, p in zip(found, posts, strict=True)])
    figures = table(examples, kinds, found, at)
    print(figures)
    card = WEIGHTS.with_name("README.md")
    card.write_text(_TABLE.sub(figures, card.read_text(encoding="utf-8")), encoding="utf-8")
    np.savez_compressed(
        WEIGHTS,
        kinds=np.array(kinds),
        grams=weights.grams.astype(np.float16),
        gram_bias=weights.gram_bias,
        rarity=weights.rarity.astype(np.float16),
        senses=weights.senses,
        sense_bias=weights.sense_bias,
        thresholds=at,
    )
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
