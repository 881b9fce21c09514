"""Stretches of a text that must not overlap."""

from __future__ import annotations

from bisect import bisect_left


class Disjoint:
    """Stretches that have been claimed; none overlaps another. A claim costs the logarithm of their number."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def free(self, start: int, end: int) -> bool:
        """Whether no claimed stretch shares a character with ``start`` to ``end`` (exclusive)."""
        place = bisect_left(self._starts, end)
        return place == 0 or self._ends[place - 1] <= start

    def claim(self, start: int, end: int) -> bool:
        """Claim a stretch where it is free; whether that was so."""
        if not self.free(start, end):
            return False
        place = bisect_left(self._starts, start)
        self._starts.insert(place, start)
        self._ends.insert(place, end)
        return True
