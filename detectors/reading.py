"""Items in a batch → Readings: each text folded once, names found in one pass, pictures decoded once, mentions resolved."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Item, Reading
from detectors.images.marks import LogoBank
from detectors.pupils.mentions import resolve
from detectors.text.fold import fold
from detectors.text.roll import RollIndex


class Reader:
    """Reads items for all rules at once. Built once for each run from the roll's index and the school's marks."""

    def __init__(self, index: RollIndex, marks: LogoBank) -> None:
        self._index = index
        self._marks = marks

    def read(self, items: Iterable[Item]) -> list[Reading]:
        """One Reading an item, in the same order."""
        return [self._read(item) for item in items]

    def _read(self, item: Item) -> Reading:
        # The text of a PDF is broken into lines wherever the page ends them.
        parts = {p.name: fold(p.text, lines_join=p.name == "document") for p in item.parts if p.text}
        return Reading(item, resolve(parts, self._index), self._marks.match(item.media))
