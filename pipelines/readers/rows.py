"""Tables that platforms write: what each holds is told by the names of its columns, in any case and order."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_bytes, read_head
from pipelines.readers.table import decoded, encoding_of, numbered_rows, safely

# The names of the columns stand near the top, below a few lines of notes at most; no more of an unknown table is read.
_HEAD = 1 << 13
_HEADER_WITHIN = 10
# A quotation mark within a cell is doubled (RFC 4180), or stands behind a backslash, as in some of LinkedIn's tables.
_DOUBLED = re.compile(rb'[^,"\r\n]""(?!")')
_BACKSLASHED = re.compile(rb'\\"(?![,\r\n])')
_BACKSLASH = re.compile(r'\\"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a table holds and how it is written: ``header`` is the row of the columns' names, counted from 1."""

    kind: str
    encoding: str
    delimiter: str
    header: int
    names: tuple[str, ...]
    backslashed: bool


def sheet_of(source: Source, name: str, known: Sequence[tuple[str, frozenset[str]]]) -> Sheet | None:
    """The first kind in ``known`` whose columns the table has, named there in lower case; None where it has none's."""
    head = read_head(source, name, _HEAD)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not head or (b"\0" in head and not wide):
        return None
    text = head.decode("utf-16" if wide else "utf-8", "replace").lstrip("\ufeff")
    for delimiter in ",;\t":
        rows = safely(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        for number, row in zip(range(1, _HEADER_WITHIN + 1), rows, strict=False):
            names = tuple(cell.strip().lower() for cell in row)
            if kind := next((k for k, columns in known if columns <= set(names)), ""):
                try:
                    encoding = encoding_of(source, name, head)
                    return Sheet(kind, encoding, delimiter, number, names, _is_backslashed(source, name))
                except DAMAGE:
                    return Sheet(kind, "utf-8", delimiter, number, names, False)
    return None


def _is_backslashed(source: Source, name: str) -> bool:
    """Whether the table's quotation marks stand behind backslashes."""
    data = read_bytes(source, name)
    return _BACKSLASHED.search(data) is not None and _DOUBLED.search(data) is None


def read_rows(
    source: Source, name: str, sheet: Sheet, entry: MemberReport, report: ImportReport
) -> Iterator[tuple[int, dict[str, str]]]:
    """Every row that is not blank, by its number from 1 with the header, as a mapping of columns to cells.

    Rows that cannot be read are rejected by their number, and a table that ends within one is said to.
    """
    is_short = False
    number = 0
    try:
        with source.open(name) as stream:
            lines = decoded(stream, sheet.encoding)
            if sheet.backslashed:
                lines = (_BACKSLASH.sub('""', line) for line in lines)
            for number, row in numbered_rows(lines, sheet.delimiter, name, report):
                if number <= sheet.header or not any(cell.strip() for cell in row):
                    continue
                is_short = len(row) < len(sheet.names)
                yield (
                    number,
                    dict(zip(reversed(sheet.names[: len(row)]), reversed(row[: len(sheet.names)]), strict=True)),
                )
    except DAMAGE:
        report.damage(entry, "the table cannot be read to its end")
    if is_short:
        report.problem(f"{name} row {number}: the table ends within it; export again")
