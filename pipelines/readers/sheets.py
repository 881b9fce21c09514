"""Spreadsheets (XLS, XLSX, ODS) as tables: of every sheet that is shown, the rows below the names of its columns.

LinkedIn gives the posts of a Page only so, as XLS. The parser, calamine, lays the whole of a sheet out in memory, however few
of its cells are filled, and a small hostile file can claim billions: so it works in a process of its own, under the limits on
time and memory of documents.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from detectors.base import Item
from pipelines.readers import table
from pipelines.readers.limits import Limits, current
from pipelines.readers.reader import Seen
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.sheet_worker import LOCKED, TOO_LARGE
from pipelines.readers.source import Source, read_bytes

# The directory of an OLE file names its streams in UTF-16 ([MS-CFB] 2.6.1, [MS-XLS] 2.1.2).
_STREAMS = tuple(name.encode("utf-16-le") + b"\0\0" for name in ("Workbook", "Book"))
_ZIPPED = ("xl/workbook.xml", "xl/workbook.bin")
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_WORKER = Path(__file__).with_name("sheet_worker.py")
_WHY = {
    LOCKED: "the spreadsheet is locked with a password; save a copy without one",
    TOO_LARGE: "the spreadsheet is too large to be read safely; save its sheet of posts as CSV and give that",
}
_DAMAGED = "the spreadsheet is damaged; save it again as XLSX or CSV"

Sheet = Sequence[tuple[int, list[str]]]
"""The rows of a sheet that are not blank, by their numbers from 1."""


class SheetError(Exception):
    """A spreadsheet that cannot be read: why, and behind ``; `` what to do."""


def is_old(data: bytes) -> bool:
    """Whether an OLE file is a spreadsheet."""
    return any(name in data for name in _STREAMS)


def is_zipped(names: Sequence[str], head: bytes) -> bool:
    """Whether a zip archive with those members and first bytes is a spreadsheet."""
    return any(name in names for name in _ZIPPED) or _ODS in head[:200]


def tables_in(source: Source, name: str, own: table.ColumnMap) -> list[tuple[int, Sheet, table.Columns]]:
    """The sheets that have a column of texts or titles: number from 1, rows below the header, columns. Raises SheetError."""
    found = []
    for number, rows in enumerate(_sheets(read_bytes(source, name), current()), 1):
        if header := table.header_in((row for _, row in rows), own, is_named=True):
            place, columns = header
            found.append((number, rows[place:], columns))
    return found


def read(
    source: Source, name: str, own: table.ColumnMap, entry: MemberReport, report: ImportReport, layout: str
) -> Iterator[Item]:
    """The items of all sheets; their pointers count sheets and rows from 1. Raises SheetError."""
    if source.is_file:
        report.not_in_export.append(table.NOT_IN_TABLE)
    seen, repeated = Seen(), 0
    for number, rows, columns in tables_in(source, name, own):
        for place, row in rows:
            item = seen.admit(table.item_of(row, columns, source, name, f"sheet:{number}/row:{place}", layout))
            if item is None:
                repeated += 1
                continue
            entry.records += 1
            yield item
    _sheets.cache_clear()
    if repeated:
        entry.why = "; ".join(filter(None, (entry.why, f"{repeated} rows repeated")))


@lru_cache(maxsize=1)  # a file is looked into before it is read
def _sheets(data: bytes, limits: Limits) -> list[Sheet]:
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-P", str(_WORKER), str(limits.pdf_memory_bytes), str(limits.in_memory_bytes)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds_per_pdf,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SheetError(_WHY[TOO_LARGE]) from None
    if done.returncode:
        # A signal means that memory ran out; the parser panics at some damage.
        code = TOO_LARGE if done.returncode < 0 else done.returncode
        raise SheetError(_WHY.get(code, _DAMAGED))
    return [[(place, row) for place, row in sheet] for sheet in json.loads(done.stdout)]
