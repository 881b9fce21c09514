"""What every reader of a format has in common."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from json.encoder import encode_basestring
from typing import NamedTuple, Protocol

from detectors.base import Item, Locator, Media, Part, SiteFacts
from pipelines.readers.hashes import HashCounts
from pipelines.readers.media import base_name
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import Source


class Reader(Protocol):
    """A source whose layout has been recognised."""

    @property
    def layout(self) -> str:
        """The reader's name for the format found."""

    @property
    def platform(self) -> str:
        """The platform, empty where the format belongs to none."""

    @property
    def account(self) -> str:
        """The export's own word for the site, empty if unknown."""

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every item, one at a time, while the report fills; damaged content never raises, but is reported."""

    def facts(self) -> SiteFacts | None:
        """What the export shows of the site itself."""


class Where(NamedTuple):
    """The member being read and the pointer to the record."""

    member: str
    pointer: str


class Seen:
    """Ids given out so far, with a hash of their content.

    Exports overlap, and some repeat ids for other content.
    """

    def __init__(self) -> None:
        self._contents = HashCounts()
        self._ids = HashCounts()

    def admit(self, item: Item) -> Item | None:
        """The item, with ``#2`` and so on behind an id already used for other content; None for a mere repetition."""
        content = (item.id, item.kind, item.raw_published, *[text for p in item.parts for text in (p.name, p.text)])
        if self._contents.count(content) > 1:
            return None
        count = self._ids.count(item.id)
        return item if count == 1 else replace(item, id=f"{item.id}#{count}")

    def fresh(self, items: Iterable[Item], entry: MemberReport, passed: Counter[str]) -> Iterator[Item]:
        """A member's items as ``admit`` gives them, counted as its records; mere repetitions are counted as passed over."""
        for item in items:
            if (admitted := self.admit(item)) is None:
                passed["repeated"] += 1
                continue
            entry.records += 1
            yield admitted


class Lineages:
    """Keeps lineages apart within an import: the store keys content by them, so two alike would overwrite each other.

    Facebook gives posts of one second no id, and comments often bear their page's address.
    """

    def __init__(self) -> None:
        self._lineages = HashCounts()

    def part(self, item: Item) -> Item:
        """The item, with ``#2`` and so on behind a lineage that an earlier item bears."""
        count = self._lineages.count(item.lineage)
        return item if count == 1 else replace(item, lineage=f"{item.lineage}#{count}")


def short_hash(*values: object) -> str:
    """The first 16 hex digits of the SHA-256 of the values as a JSON list."""
    written = ", ".join([encode_basestring(v) if type(v) is str else _written(v) for v in values])
    return hashlib.sha256(f"[{written}]".encode("utf-8", "surrogatepass")).hexdigest()[:16]


# Made once: json.dumps with settings makes an encoder at every call.
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _written(value: object) -> str:
    """A value as JSON; what most items hash is written without the encoder, which costs more than the digest."""
    if type(value) is int:
        return str(value)
    if type(value) is list:
        try:
            return f"[{', '.join(map(encode_basestring, value))}]"
        except TypeError:  # not of texts alone
            pass
    return _encode(value)


def locator(source: Source, layout: str, member: str, pointer: str) -> Locator:
    """A locator into the source; the member stays empty for a bare file."""
    return Locator(source.archive(member), "" if source.is_file else member, pointer, layout)


def media_parts(media: tuple[Media, ...], alts: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts ``alt:N`` and ``filename:N`` of an item's media, where they have text."""
    if not media:
        return ()
    parts: list[Part] = []
    for n, (one, alt) in enumerate(zip(media, alts, strict=True)):
        if alt:
            parts.append(Part(f"alt:{n}", alt))
        if name := base_name(one.path or one.url):
            parts.append(Part(f"filename:{n}", name))
    return tuple(parts)


def parts(text: str, title: str = "", rest: tuple[Part, ...] = ()) -> tuple[Part, ...]:
    """Title and text where there are any, then the rest."""
    named = [Part("title", title)] if title else []
    if text:
        named.append(Part("text", text))
    return (*named, *rest)
