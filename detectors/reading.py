"""Items in a batch → Readings: each text folded once, names found in one pass, pictures decoded once, mentions resolved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from detectors.base import Item, Mention, Picture, Reading
from detectors.conduct.likely import likely
from detectors.images.marks import LogoBank
from detectors.images.pictures import Pictures, with_texts
from detectors.pupils.mentions import resolve
from detectors.text.fold import Folded, fold
from detectors.text.names import NamesModel, NameSpan, Sense
from detectors.text.plain import plain
from detectors.text.roll import RollIndex


def folded_parts(item: Item) -> dict[str, Folded]:
    """An item's texts, folded; the text of a PDF is broken into lines wherever the page ends them."""
    return {p.name: fold(p.text, lines_join=p.name == "document") for p in item.parts if p.text}


def spans_of(names: NamesModel, parts: Sequence[Mapping[str, Folded]]) -> list[dict[str, Sequence[NameSpan]]]:
    """What the names model sees in each part of each item, all texts in one go."""
    found = iter(names.find([f.original for folded in parts for f in folded.values()]))
    return [{name: next(found) for name in folded} for folded in parts]


Seen = tuple[Mapping[str, Sequence[NameSpan]] | None, Mapping[str, Sequence[Sense]] | None]


def seen_by(names: NamesModel, parts: Sequence[Mapping[str, Folded]]) -> list[Seen]:
    """As :func:`spans_of`, with what each part is about; None in its place where the pipeline does not say."""
    read = list(names.read([f.original for folded in parts for f in folded.values()]))
    says, found = any(senses for _, senses in read), iter(read)
    of_items = [{name: next(found) for name in folded} for folded in parts]
    return [
        ({n: spans for n, (spans, _) in of.items()}, {n: senses for n, (_, senses) in of.items()} if says else None)
        for of in of_items
    ]


class Reader:
    """Reads items for all rules at once. Built once for each run from the roll's index, the school's marks and the names model.

    Items come in the order of their export: a comment is read with the pupils of the item that it answers in mind.
    """

    def __init__(
        self, index: RollIndex, marks: LogoBank, names: NamesModel | None = None, threads: Threads | None = None
    ) -> None:
        self._index = index
        self._names = names
        self._threads = threads or Threads()
        self._pictures = Pictures(marks)

    def read(self, items: Iterable[Item], known: Mapping[str, frozenset[str]] | None = None) -> list[Reading]:
        """One Reading an item, in the same order; none for items that are ``known``. Texts in pictures become parts of the item.

        ``known`` holds, by an item's id, the pupils that it speaks of: it is remembered with them and not read.
        """
        known = known or {}
        batch = [(item, ()) if item.id in known else self._looked_at(item) for item in items]
        parts = [folded_parts(item) for item, _ in batch if item.id not in known]
        seen = seen_by(self._names, parts) if self._names else [(None, None)] * len(parts)
        texts = iter(zip(parts, seen, strict=True))
        readings = []
        for item, pictures in batch:
            if item.id in known:
                self._threads.remember(item, known[item.id])
            else:
                readings.append(self._read(item, pictures, *next(texts)))
        return readings

    def _looked_at(self, item: Item) -> tuple[Item, tuple[Picture, ...]]:
        pictures = self._pictures.look(item.media) if item.media else ()
        return with_texts(item, pictures), pictures

    def _read(self, item: Item, pictures: tuple[Picture, ...], parts: Mapping[str, Folded], seen: Seen) -> Reading:
        spans, senses = seen
        expected = self._threads.expected(item) or frozenset()
        mentions, strangers = resolve(item, parts, self._index, spans, expected)
        self._threads.remember(item, spoken_of(mentions))
        values = tuple(plain(p.name, p.text) for p in item.parts if p.text)
        logos = tuple(replace(m, media=p.media) for p in pictures for m in p.logos)
        return Reading(item, mentions, strangers, logos, values, expected, likely(item, senses), pictures)


def spoken_of(mentions: Iterable[Mention]) -> frozenset[str]:
    """The pupils whom an item's answers have in mind: those that its mentions settle on."""
    return frozenset(p for m in mentions if m.fits <= 3 or m.form == "group" for p in m.pupils[: m.fits])


_REMEMBERED = 5000  # items; comments follow their post closely in every export known


class Threads:
    """Which pupils an item's answers are likely to speak of: those named in what it answers."""

    def __init__(self) -> None:
        self._by_item: OrderedDict[str, frozenset[str] | None] = OrderedDict()
        self._last: dict[str, frozenset[str] | None] = {}

    def copy(self) -> Threads:
        """Another of the same memory, to try something out on."""
        other = Threads()
        other._by_item, other._last = self._by_item.copy(), self._last.copy()
        return other

    def expected(self, item: Item) -> frozenset[str] | None:
        """The pupils named in the item answered; where the export does not say which, in the latest post of the site.

        None where that item is still to be read.
        """
        if item.in_reply_to:
            return self._by_item.get(item.in_reply_to, frozenset())
        return self._last.get(item.site, frozenset()) if item.kind in ("comment", "reply") else frozenset()

    def remember(self, item: Item, pupils: frozenset[str] | None) -> None:
        """Remember whom an item speaks of, None where it is still to be read."""
        if item.kind in ("comment", "reply"):
            before = self.expected(item)
            pupils = None if before is None or pupils is None else pupils | before
        self._last[item.site] = pupils
        self._by_item[item.id] = pupils
        if len(self._by_item) > _REMEMBERED:
            self._by_item.popitem(last=False)
