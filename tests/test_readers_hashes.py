"""Counts kept by hashes alone are those that a Counter keeps, and take a few bytes each."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter

from pipelines.readers.hashes import HashCounts


def test_counts_are_those_of_a_counter() -> None:
    rng, counts, expected = random.Random(4), HashCounts(), Counter[str]()
    for _ in range(20_000):
        word = f"post {rng.randrange(6000)}"
        expected[word] += 1
        assert counts.count(word) == expected[word]
    assert all(counts.get(word) == n for word, n in expected.items())
    assert counts.get("post never met") == 0


def test_keys_that_fall_into_one_slot_stay_apart() -> None:
    # The hash of a small integer is itself: all of these begin in one slot, however large the table grows.
    counts, keys = HashCounts(), [n << 24 for n in range(900)]
    for number, key in enumerate(keys, 1):
        counts.set(key, number)
    assert [counts.get(key) for key in keys] == list(range(1, 901))
    counts.set(keys[5], 77)
    assert [counts.get(keys[n]) for n in (4, 5, 6)] == [5, 77, 7]
    assert counts.get(900 << 24) == 0


def test_a_hundred_thousand_take_less_than_four_megabytes() -> None:
    tracemalloc.start()
    try:
        counts = HashCounts()
        for n in range(100_000):
            counts.count(f"post {n}")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 4 << 20
