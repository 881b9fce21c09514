"""Reads exports of school sites: finds out which format fits, and gives items one at a time.

A format is a module with ``detect(source)``, which looks at content, never at the export's name; the first that fits
reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from detectors.base import Item, SiteFacts, UserError
from pipelines.keys import home_path
from pipelines.readers import (
    blogger,
    facebook,
    feeds,
    flickr,
    folder,
    instagram,
    linkedin,
    mastodon,
    records,
    table,
    tiktok,
    warc,
    wordpress,
    x,
    youtube,
)
from pipelines.readers.joined import join_parts
from pipelines.readers.limits import away, load_limits, use
from pipelines.readers.reader import Lineages, Reader
from pipelines.readers.report import ImportReport, MemberReport, merge_reports, record, record_line
from pipelines.readers.source import DAMAGE, Source, open_source
from pipelines.readers.table import NO_MAP, ColumnMap

__all__ = [
    "Export",
    "ImportReport",
    "MemberReport",
    "merge_reports",
    "open_export",
    "open_exports",
    "record",
    "record_line",
]

# Layouts that belong to no platform: such sources are never parts of one download.
GENERIC = frozenset(
    {folder.LAYOUT, folder.BARE, feeds.LAYOUT, warc.LAYOUT, warc.PACKAGE, "records-jsonl", "records-csv"}
)

Detect = Callable[[Source], Reader | None]
# In the order in which they are asked; the last takes any folder or file that it can read.
FORMATS: tuple[Detect, ...] = (
    x.detect,
    instagram.detect,
    facebook.detect,
    wordpress.detect,
    blogger.detect,
    warc.detect,
    feeds.detect,
    linkedin.detect,
    tiktok.detect,
    flickr.detect,
    mastodon.detect,
    youtube.detect,
    records.detect,
    table.detect,
    folder.detect,
)


# By reader, what its format calls private, and of that what it opens all the same, as it is published.
_PRIVATE: dict[type[Reader], tuple[re.Pattern[str], Iterable[re.Pattern[str]]]] = {
    facebook.Facebook: (facebook._PRIVATE, facebook._OPENED.values()),
    flickr.Flickr: (flickr._PRIVATE, flickr._MEMBERS.values()),
    instagram.Instagram: (instagram._PRIVATE, instagram._OPENED.values()),
    linkedin.LinkedIn: (linkedin._PRIVATE, ()),
    mastodon.Mastodon: (mastodon._PRIVATE, ()),
    tiktok.TikTok: (tiktok._PRIVATE, ()),
    x.X: (x._PRIVATE, x._OPENED.values()),
    youtube.YouTube: (youtube._PRIVATE, ()),
}


def _private_members(source: Source, reader: Reader) -> frozenset[str]:
    private, opened = _PRIVATE.get(type(reader), (None, ()))
    if private is None:
        return frozenset()
    return frozenset(n for n in source.sizes if private.search(n) and not any(form.fullmatch(n) for form in opened))


class Export:
    """An export whose layout is known. ``report`` is complete once ``read`` has been drawn to its end."""

    def __init__(self, source: Source, reader: Reader) -> None:
        self.path = source.path
        self.layout = reader.layout
        self.platform = reader.platform
        self.account = reader.account
        self.report = self._blank()
        self.reader = reader
        self._source = source
        source.keep_shut(_private_members(source, reader))

    def _blank(self) -> ImportReport:
        return ImportReport(layout=self.layout, source=self.path.name)

    @property
    def sha256(self) -> str:
        """Hex digest of the file; of a folder, of the sorted lines of its members, for private ones of their names and sizes."""
        return self._source.sha256

    def read(self) -> Iterator[Item]:
        """Every item, in flat memory; what is damaged or passed over goes into ``report``, which begins anew."""
        self.report = self._blank()
        lineages, shown = Lineages(), set[str]()
        for item in self.reader.items(self.report):
            self.report.count(item)
            shown.update(m.path for m in item.media)
            with away():
                yield lineages.part(item)
        self.report.close(self._source.sizes.keys(), shown)
        for refused in self._source.refused:
            if refused.status == "damaged":
                self.report.damage(self.report.add(refused.name, "damaged"), refused.why, "download it again")
                continue
            self.report.add(refused.name, "skipped", 0, refused.why)
            if "encrypted" in refused.why or "leads out of the archive" in refused.why:
                self.report.problem(f"{refused.name}: not read, {refused.why}; export again")

    def facts(self) -> SiteFacts | None:
        """What the export shows of the site itself, None where it shows nothing."""
        return self.reader.facts()


def open_export(path: Path) -> Export:
    """Recognises the layout of an export; UserError with one line where there is nothing that can be read."""
    return _recognise(open_source(path), path)


def open_exports(paths: Sequence[Path], columns: ColumnMap = NO_MAP) -> tuple[list[Export], list[str]]:
    """Recognises exports that are given together, and gives a line for each path that cannot be read.

    Archives that are parts of one download are joined, so that a picture is found whichever part holds it. The limits are
    those of ``limits.toml`` in the tool's home. Raises UserError where that is no such file. ``columns`` is the school's own
    map of the columns of its tables.
    """
    use(load_limits(home_path() / "limits.toml"))
    sources: list[Source] = []
    problems: list[str] = []
    for path in paths:
        try:
            sources.append(open_source(path))
        except UserError as error:
            problems.append(str(error))
    exports: list[Export] = []
    for source in join_parts(sources, lambda s: _layout_of(s) not in GENERIC):
        try:
            exports.append(_recognise(source, source.path, columns))
        except UserError as error:
            problems.append(str(error))
    tables = [e.reader for e in exports if isinstance(e.reader, table.Table)]
    return exports, problems + table.unmatched(columns, tables)


def _layout_of(source: Source) -> str:
    try:
        return _recognise(source, source.path).layout
    except UserError:
        return folder.LAYOUT


def _recognise(source: Source, path: Path, columns: ColumnMap = NO_MAP) -> Export:
    mapped: dict[Detect, Detect] = {d: partial(d, columns=columns) for d in (table.detect, folder.detect)}
    try:
        for detect in FORMATS:
            if (reader := mapped.get(detect, detect)(source)) is not None:
                return Export(source, reader)
    except DAMAGE:
        raise UserError(f"{path}: damaged; export again") from None
    raise UserError(f"{path}: unknown format; give the export as the platform wrote it")
