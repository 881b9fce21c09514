"""Scores of O, B and I for each word → names: the likeliest sequence in which no I follows an O."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.text.wordpieces import B, I, O

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def best_labels(logs: Floats, lengths: Ints) -> Ints:
    """Viterbi's algorithm over a batch: log-probabilities [texts, words, 3] → labels [texts, words]; padding is O."""
    texts, words, _ = logs.shape
    best = logs[:, 0].copy()
    best[:, I] = -np.inf
    back = np.zeros((words, texts, 3), np.int64)
    rows = np.arange(texts)
    for word in range(1, words):
        onto = np.maximum(best.max(axis=1), -np.inf)
        came = best.argmax(axis=1)
        into_i = np.where(best[:, B] >= best[:, I], B, I)
        going = np.stack([onto, onto, best[rows, into_i]], axis=1) + logs[:, word]
        live = word < lengths
        back[word] = np.where(live[:, None], np.stack([came, came, into_i], axis=1), np.arange(3))
        best = np.where(live[:, None], going, best)
    labels = np.zeros((texts, words), np.int64)
    state = best.argmax(axis=1)
    for word in range(words - 1, -1, -1):
        labels[:, word] = np.where(word < lengths, state, O)
        state = back[word, rows, state]
    return labels


def names(labels: Ints, starts: Ints, ends: Ints, logs: Floats) -> list[tuple[int, int, float]]:
    """Names of one text: (start, end, score), the score being the least likely of its words' chance to be in a name."""
    first = np.flatnonzero(labels == B)
    if not len(first):
        return []
    goes_on = np.append(labels == I, False)
    chance = 1 - np.exp(logs[:, O])
    found = []
    for begin in first.tolist():
        end = begin + 1
        while goes_on[end]:
            end += 1
        found.append((int(starts[begin]), int(ends[end - 1]), float(chance[begin:end].min())))
    return found
