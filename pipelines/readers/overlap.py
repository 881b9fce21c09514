"""Exports of one account that overlap: each item once, with every place where it stands.

So with Meta Business Suite's lists of posts beside the exports of Facebook and Instagram (see ``permalinks.py``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from detectors.base import Item, Locator
from pipelines.readers import table
from pipelines.readers.permalinks import Links, find_links
from pipelines.readers.report import ImportReport


class Readable(Protocol):
    """An export, as far as it matters here."""

    layout: str
    platform: str
    account: str
    report: ImportReport

    def read(self) -> Iterator[Item]:
        """Every item; may be called again."""


E = TypeVar("E", bound=Readable)


@dataclass(slots=True)
class _Copy:
    """Where a copy of an item stands: which export, how much of its media is there, and its locator."""

    export: int
    present: int
    locator: Locator


def read_together(exports: Sequence[E]) -> Iterator[tuple[E, Item]]:
    """Every item of all exports with the export it is given from; streams where no two exports are of one account.

    Of an item that several exports hold, the copy with most of its media is given, among equals that of the newest export
    (the one whose latest item is latest). Exports of one account are read twice, and the place of each item is held in memory.
    Rows of a list of posts that belong to a post are not given themselves, but as a further place of that post.
    """
    lists = [e for e in exports if e.platform and e.layout == table.LAYOUT]
    posts = [
        e for e in exports if e.platform and e.layout != table.LAYOUT and e.platform in {t.platform for t in lists}
    ]
    links = find_links(_items(lists), _items(posts)) if lists and posts else Links()
    joined = Counter[int]()
    for export, item in _each_once(exports):
        if not any(export is e for e in lists):
            yield export, links.apply(item)
        elif item.lineage in links.rows:
            joined[id(export)] += 1
        else:
            yield export, links.rename(item)
    for export in lists:
        if count := joined[id(export)]:
            entry = export.report.members[0]
            entry.why = "; ".join(filter(None, (entry.why, f"{count} rows joined to the posts they list")))


def _items(exports: Sequence[E]) -> Iterator[Item]:
    return (item for export in exports for item in export.read())


def _each_once(exports: Sequence[E]) -> Iterator[tuple[E, Item]]:
    groups: dict[object, list[E]] = defaultdict(list)
    for number, export in enumerate(exports):
        known = bool(export.platform and export.account)
        groups[(export.platform, export.account) if known else number].append(export)
    for group in groups.values():
        if len(group) == 1:
            yield from ((group[0], item) for item in group[0].read())
        else:
            yield from _merged(group)


def _merged(exports: Sequence[E]) -> Iterator[tuple[E, Item]]:
    copies: dict[str, list[_Copy]] = defaultdict(list)
    latest = [datetime.min.replace(tzinfo=UTC)] * len(exports)
    for number, export in enumerate(exports):
        for item in export.read():
            present = sum(m.presence == "present" for m in item.media)
            copies[item.id].append(_Copy(number, present, item.locator))
            latest[number] = max(latest[number], item.published or latest[number])
    for number, export in enumerate(exports):
        for item in export.read():
            best = max(copies[item.id], key=lambda c: (c.present, latest[c.export], c.export))
            if best.export == number:
                yield export, replace(item, also=tuple(c.locator for c in copies[item.id] if c.export != number))
