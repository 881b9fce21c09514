"""Tables (CSV, TSV): platforms' lists of posts and any table with a column of texts.

Columns are found by name, in any order.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from detectors.base import Item, Role, SiteFacts, Status, UserError, Visibility
from pipelines.readers.html import read_page
from pipelines.readers.limits import current
from pipelines.readers.reader import Seen, locator, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, TooLargeError, read_head
from pipelines.readers.times import LONDON, PACIFIC, parse

LAYOUT = "records-csv"

# Synonyms in lower case, best first. All columns of texts and titles found are read, so that nothing a reader sees is
# left out.
_TEXTS = (
    "text",
    "description",
    "message",
    "content",
    "body",
    "caption",
    "content_html",
    "html",
    "post text",
    "post message",
    "tweet text",
    "full_text",
    "sharecommentary",
    "comment text",
    "video description (original)",
)
_TITLES = (
    "title",
    "web_title",
    "subject",
    "headline",
    "video title (original)",
    "email_subject_line",
    "subtitle",
    "web_subtitle",
    "email_preview_text",
)
_ONE = {
    "id": ("id", "post id", "post_id", "item id", "comment id", "video id", "tweet id"),
    "published": (
        "date",
        "publish time",
        "published",
        "published_at",
        "publish_date",
        "created_at",
        "post_date",
        "created",
        "time",
        "timestamp",
        "video publish timestamp",
        "comment create timestamp",
    ),
    "url": ("url", "permalink", "link", "post url", "sharelink"),
    "author": ("author", "author name", "creator"),
    "site": ("site", "page name", "account name", "account"),
    "kind": ("kind", "post type", "type"),
    "visibility": ("visibility", "privacy", "audience"),
    "status": ("status",),
    "platform": ("platform",),
    "role": ("author_role",),
    "reply": ("in_reply_to", "parent comment id"),
}
_KIND_NAMES = (
    "post comment reply page article newsletter caption story alt_text filename video_description profile event"
)
_KINDS = frozenset(_KIND_NAMES.split())
_SHOWN: dict[str, Visibility] = {
    "public": "public",
    "everyone": "public",
    "free": "public",
    "member_network": "public",
    "unlisted": "unlisted",
    "members": "members",
    "paid": "members",
    "only_paid": "members",
    "connections_only": "members",
    "private": "private",
    "password": "password",
    "draft": "draft",
    "deleted": "deleted",
}
_ROLES = frozenset(["school", "staff", "pupil", "parent", "alumnus", "pta", "outsider"])
_NEEDED = "text, description, message, content, body or content_html, or title beside a date or address"
# Some exports put notes above the header.
_HEADER_WITHIN = 10


class NoTextError(UserError):
    """A table without a column of texts or titles."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which columns hold what; ``one`` maps a field to its column."""

    texts: tuple[int, ...]
    titles: tuple[int, ...]
    one: dict[str, int]
    markup: frozenset[int]
    meta: bool


@dataclass(frozen=True, slots=True)
class _Form:
    """How a table is written: its encoding, its delimiter, the row of its header from 1, its columns."""

    encoding: str
    delimiter: str
    header: int
    columns: _Columns


def detect(source: Source) -> Table | None:
    """The reader for a bare table; NoTextError where it is one by its name and has neither texts nor titles."""
    if not source.is_file:
        return None
    name = next(iter(source.sizes))
    form = form_of(source, name)
    if form is not None:
        return Table(source, name, form)
    if is_table(name):
        raise NoTextError(
            f"{source.path}: this table has no column of texts or titles; name one of its columns {_NEEDED}"
        )
    return None


def is_table(name: str) -> bool:
    """Whether the name claims a table."""
    return name.lower().endswith((".csv", ".tsv"))


def form_of(source: Source, name: str) -> _Form | None:
    """How the table is written, None where no row near its top names a column of texts or titles.

    Titles alone need a date or an address beside them, as a list of people has a title too; where the name claims no
    table, a second known column is asked for.
    """
    head = read_head(source, name)
    if not head or (b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))):
        return None
    try:
        encoding = encoding_of(source, name, head)
    except DAMAGE:
        return None
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    for delimiter in sorted(",;\t|", key=lambda d: -max(line.count(d) for line in text.split("\n")[:_HEADER_WITHIN])):
        for number, row in enumerate(safely(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), 1):
            columns = _columns(row)
            known = len(columns.texts) + len(columns.titles) + len(columns.one)
            dated = {"published", "url"} & set(columns.one)
            if (columns.texts and (known > 1 or (is_table(name) and number == 1))) or (columns.titles and dated):
                return _Form(encoding, delimiter, number, columns)
            if number == _HEADER_WITHIN:
                break
    return None


def safely(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def _columns(row: Sequence[str]) -> _Columns:
    names = [cell.strip().lower() for cell in row]
    texts = tuple(names.index(n) for n in _TEXTS if n in names)
    titles = tuple(names.index(n) for n in _TITLES if n in names)
    one = {key: names.index(n) for key, forms in _ONE.items() for n in reversed(forms) if n in names}
    markup = frozenset(i for i in texts if names[i].endswith("html"))
    meta = {"post id", "publish time", "permalink"} <= set(names)
    return _Columns(texts, titles, one, markup, meta)


def encoding_of(source: Source, name: str, head: bytes) -> str:
    """By byte order mark, else UTF-8 where the whole file is valid, else Windows-1252."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open(name) as stream:
        try:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


class Table:
    """The rows of one table as items."""

    layout = LAYOUT
    account = ""

    def __init__(self, source: Source, name: str, form: _Form) -> None:
        self._source = source
        self._name = name
        self._form = form
        self.platform = "facebook" if form.columns.meta else ""

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every row below the header."""
        report.not_in_export.append("Pictures, and comments by others that are not rows of it, are not in a table.")
        if not self._form.columns.texts:
            report.not_in_export.append(
                "The texts are not in this table, only titles: give the files of the texts too."
            )
        yield from read(self._source, self._name, self._form, report.add(self._name, "parsed"), report)

    def facts(self) -> SiteFacts | None:
        """A table shows nothing of the site itself."""
        return None


def read(
    source: Source, name: str, form: _Form, entry: MemberReport, report: ImportReport, layout: str = LAYOUT
) -> Iterator[Item]:
    """The items of a table; rows that cannot be read are rejected by their number.

    Rows count from 1 with the header, as in RFC 7111, 2 and in a spreadsheet.
    """
    seen = Seen()
    repeated = 0
    try:
        with source.open(name) as stream:
            for number, row in numbered_rows(decoded(stream, form.encoding), form.delimiter, name, report):
                if number <= form.header or not any(cell.strip() for cell in row):
                    continue
                item = seen.admit(_item(row, form.columns, source, name, number, layout))
                if item is None:
                    repeated += 1
                    continue
                entry.records += 1
                yield item
    except DAMAGE:
        report.damage(entry, "the table cannot be read to its end")
    told = [f"{repeated} rows repeated"] if repeated else []
    if rejected := report.rejected_in(name):
        told.append(f"{rejected} rows rejected")
    entry.why = "; ".join(filter(None, (entry.why, *told)))


def numbered_rows(
    lines: Iterable[str], delimiter: str, name: str, report: ImportReport
) -> Iterator[tuple[int, list[str]]]:
    """Every row by its number from 1; a row that cannot be read is rejected by its number, and the next is read."""
    rows = csv.reader(lines, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            report.reject(name, f"row {number}: {error}; mend that row, the others were read")
            continue
        yield number, row


def decoded(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Lines with their ends, as the csv module wants them; bytes outside the encoding are replaced.

    TooLargeError where a line is longer than four of the longest fields.
    """
    most = current().csv_field_bytes
    csv.field_size_limit(most)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    held: list[str] = []
    size = 0
    while chunk := stream.read(1 << 16):
        first, *lines = re.split(r"(?<=\n)", decoder.decode(chunk))
        held.append(first)
        size += len(first)
        if lines:
            yield "".join(held)
            yield from lines[:-1]
            held, size = [lines[-1]], len(lines[-1])
        if size > 4 * most:
            raise TooLargeError(f"a line is longer than {4 * most} characters")
    yield from io.StringIO("".join(held) + decoder.decode(b"", True), newline="")


def _item(row: list[str], columns: _Columns, source: Source, member: str, number: int, layout: str) -> Item:
    def one(key: str) -> str:
        place = columns.one.get(key, -1)
        return row[place].strip() if 0 <= place < len(row) else ""

    texts = [_cell(row[i], i in columns.markup) for i in columns.texts if i < len(row) and row[i].strip()]
    titles = [row[i].strip() for i in columns.titles if i < len(row) and row[i].strip()]
    given = one("id")
    moment = parse(one("published"), PACIFIC if columns.meta else LONDON, columns.meta)
    visibility, status = _shown(one("visibility"), one("status"))
    kind, role = one("kind").lower(), one("role").lower()
    text = "\n".join(dict.fromkeys(texts))
    identity = given or f"row:{number}"
    return Item(
        id=identity,
        kind=kind if kind in _KINDS else "comment" if "reply" in columns.one else "post",
        parts=parts(text, "\n".join(dict.fromkeys(titles))),
        locator=locator(source, layout, member, f"row:{number}"),
        lineage=one("url") or (f"row:{one('site')}:{given}" if given else f"row:{short_hash(one('published'), text)}"),
        site=one("site"),
        platform=one("platform") or ("facebook" if columns.meta else ""),
        author=one("author"),
        author_role=cast(Role, role) if role in _ROLES else "school" if columns.meta else "unknown",
        published=moment.at,
        raw_published=one("published"),
        time_basis=moment.basis,
        visibility="public" if columns.meta and visibility == "unknown" else visibility,
        status=status,
        url=one("url"),
        in_reply_to=one("reply"),
    )


def _shown(visibility: str, status: str) -> tuple[Visibility, Status]:
    shown = _SHOWN.get(visibility.lower(), "unknown")
    state = status.lower()
    if state == "draft":
        return "draft", "draft"
    if state == "deleted":
        return "deleted", "deleted"
    return shown, cast(Status, state) if state in ("scheduled", "archived") else "published"


def _cell(cell: str, is_markup: bool) -> str:
    """A text as a reader sees it: mark-up read, the pieces of YouTube's comments joined, all else as it stands."""
    if is_markup:
        return read_page(cell).text
    if re.match(r'\s*\{\s*"text"', cell):
        try:
            pieces = json.loads(f"[{cell}]", strict=False)
            joined = "".join(p["text"] for p in pieces if isinstance(p.get("text"), str))
            # JSON can name half a surrogate pair, which cannot be written anywhere.
            return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        except (ValueError, AttributeError, RecursionError):
            return cell
    return cell
