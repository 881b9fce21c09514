"""Items in a batch → Readings: each text folded once, names found in one pass, pictures decoded once, mentions resolved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from detectors.base import Item, Mention, Reading
from detectors.images.marks import LogoBank
from detectors.pupils.mentions import resolve
from detectors.text.fold import Folded, fold
from detectors.text.names import NamesModel, NameSpan
from detectors.text.plain import plain
from detectors.text.roll import RollIndex


def folded_parts(item: Item) -> dict[str, Folded]:
    """An item's texts, folded; the text of a PDF is broken into lines wherever the page ends them."""
    return {p.name: fold(p.text, lines_join=p.name == "document") for p in item.parts if p.text}


def spans_of(names: NamesModel, parts: Sequence[Mapping[str, Folded]]) -> list[dict[str, Sequence[NameSpan]]]:
    """What the names model sees in each part of each item, all texts in one go."""
    found = iter(names.find([f.original for folded in parts for f in folded.values()]))
    return [{name: next(found) for name in folded} for folded in parts]


class Reader:
    """Reads items for all rules at once. Built once for each run from the roll's index, the school's marks and the names model.

    Items come in the order of their export: a comment is read with the pupils of the item that it answers in mind.
    """

    def __init__(self, index: RollIndex, marks: LogoBank, names: NamesModel | None = None) -> None:
        self._index = index
        self._marks = marks
        self._names = names
        self._threads = Threads()

    def read(self, items: Iterable[Item]) -> list[Reading]:
        """One Reading an item, in the same order."""
        batch = list(items)
        parts = [folded_parts(item) for item in batch]
        spans = spans_of(self._names, parts) if self._names else [None] * len(batch)
        return [self._read(*read) for read in zip(batch, parts, spans, strict=True)]

    def _read(self, item: Item, parts: Mapping[str, Folded], spans: Mapping[str, Sequence[NameSpan]] | None) -> Reading:
        mentions, strangers = resolve(item, parts, self._index, spans, self._threads.expected(item))
        self._threads.add(item, mentions)
        values = tuple(plain(p.name, p.text) for p in item.parts if p.text)
        return Reading(item, mentions, strangers, self._marks.match(item.media), values)


_REMEMBERED = 5000  # items; comments follow their post closely in every export known


class Threads:
    """Which pupils an item's answers are likely to speak of: those named in what it answers."""

    def __init__(self) -> None:
        self._by_item: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._last: dict[str, frozenset[str]] = {}

    def expected(self, item: Item) -> frozenset[str]:
        """The pupils named in the item answered; where the export does not say which, in the latest post of the site."""
        if item.in_reply_to:
            return self._by_item.get(item.in_reply_to, frozenset())
        return self._last.get(item.site, frozenset()) if item.kind in ("comment", "reply") else frozenset()

    def add(self, item: Item, mentions: Iterable[Mention]) -> None:
        """Remember whom an item names."""
        pupils = frozenset(p for m in mentions if m.fits <= 3 or m.form == "group" for p in m.pupils[: m.fits])
        if item.kind in ("comment", "reply"):
            pupils |= self.expected(item)
        self._last[item.site] = pupils
        self._by_item[item.id] = pupils
        if len(self._by_item) > _REMEMBERED:
            self._by_item.popitem(last=False)
