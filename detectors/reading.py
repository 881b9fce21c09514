"""Items in a batch → Readings: each text folded once, names found in one pass, pictures decoded once, mentions resolved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

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


def spans_of(names: NamesModel, items: Iterable[Item]) -> list[dict[str, Sequence[NameSpan]]]:
    """What the names model sees in each part of each item, all texts in one go."""
    texts = [_texts(item) for item in items]
    found = iter(names.find([text for parts in texts for text in parts.values()]))
    return [{name: next(found) for name in parts} for parts in texts]


def _texts(item: Item) -> dict[str, str]:
    return {p.name: p.text for p in item.parts if p.text}


@dataclass(frozen=True, slots=True)
class Look:
    """What an item shows by itself, whatever stands beside it: its pictures, and by part the names in it and what it is about.

    ``spans`` is None without a names model, ``senses`` where the model does not say. Can be pickled.
    """

    pictures: tuple[Picture, ...] = ()
    spans: Mapping[str, Sequence[NameSpan]] | None = field(default=None, repr=False)
    senses: Mapping[str, Sequence[Sense]] | None = field(default=None, repr=False)


class Looker:
    """Looks at items: nearly all of an audit's work, and none of it hangs on other items, so that any process can do it."""

    def __init__(self, marks: LogoBank, names: NamesModel | None = None) -> None:
        self._pictures = Pictures(marks)
        self._names = names

    def look(self, items: Iterable[Item]) -> list[Look]:
        """A Look for each item, in the same order; the names model reads all texts in one go."""
        seen = [(item, self._pictures.look(item.media) if item.media else ()) for item in items]
        if self._names is None:
            return [Look(pictures) for _, pictures in seen]
        texts = [_texts(with_texts(item, pictures)) for item, pictures in seen]
        found = self._names.read([text for parts in texts for text in parts.values()])
        looks = []
        for (_, pictures), parts in zip(seen, texts, strict=True):
            of = {name: next(found) for name in parts}
            spans, senses = {n: spans for n, (spans, _) in of.items()}, {n: senses for n, (_, senses) in of.items()}
            looks.append(Look(pictures, spans, senses if any(senses.values()) else None))
        return looks


class Reader:
    """Reads items for all rules at once. Built once for each run from the roll's index and what looks at its items.

    Items come in the order of their export: a comment is read with the pupils of the item that it answers in mind.
    """

    def __init__(self, index: RollIndex, looker: Looker | None = None, threads: Threads | None = None) -> None:
        self._index = index
        self._looker = looker or Looker(LogoBank())
        self._threads = threads or Threads()

    def read(
        self,
        items: Sequence[Item],
        known: Mapping[str, frozenset[str]] | None = None,
        looks: Sequence[Look] | None = None,
    ) -> list[Reading]:
        """One Reading an item, in the same order; none for items that are ``known``. Texts in pictures become parts of the item.

        ``known`` holds, by an item's id, the pupils that it speaks of: it is remembered with them and not read. ``looks`` are those
        at the other items, where they have been looked at already.
        """
        known = known or {}
        seen = iter(self._looker.look([i for i in items if i.id not in known]) if looks is None else looks)
        readings = []
        for item in items:
            if item.id in known:
                self._threads.remember(item, known[item.id])
            else:
                readings.append(self._read(item, next(seen)))
        return readings

    def _read(self, item: Item, look: Look) -> Reading:
        item = with_texts(item, look.pictures)
        expected = self._threads.expected(item) or frozenset()
        mentions, strangers = resolve(item, folded_parts(item), self._index, look.spans, expected)
        self._threads.remember(item, spoken_of(mentions))
        values = tuple(plain(p.name, p.text) for p in item.parts if p.text)
        logos = tuple(replace(m, media=p.media) for p in look.pictures for m in p.logos)
        return Reading(item, mentions, strangers, logos, values, expected, likely(item, look.senses), look.pictures)


def spoken_of(mentions: Iterable[Mention]) -> frozenset[str]:
    """The pupils whom an item's answers have in mind: those that its mentions settle on."""
    return frozenset(p for m in mentions if m.fits <= 3 or m.form == "group" for p in m.pupils[: m.fits])


_REMEMBERED = 5000  # items; comments follow their post closely in every export known


class Threads:
    """Which pupils an item's answers are likely to speak of: those named in what it answers."""

    def __init__(self) -> None:
        self._by_item: OrderedDict[str, frozenset[str] | None] = OrderedDict()
        self._last: dict[str, frozenset[str] | None] = {}

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
