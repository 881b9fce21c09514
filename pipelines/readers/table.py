"""Tables (CSV, TSV): platforms' lists of posts and any table with a column of texts.

Columns are found by name, in any order and case. The names of the usual exports are known; for others the school folder's
``school.toml`` says which column holds what, our field on the left and the table's header on the right, or several where
tables differ::

    [exports.columns]
    text = "Message body"
    published = ["Sent on", "Date sent"]

The fields are those of a record: ``text``, ``html`` (a text in mark-up), ``title``, ``id``, ``published``, ``url``,
``author``, ``author_role``, ``site``, ``platform``, ``kind``, ``visibility``, ``status``, ``in_reply_to``. A column named
there is read as that field only, and the known names of that field no longer count.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from detectors.base import Item, Role, SiteFacts, Status, UserError, Visibility
from pipelines.readers.html import read_page
from pipelines.readers.limits import current
from pipelines.readers.permalinks import account_of
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
    "author": ("author", "author name", "creator", "posted by"),
    "site": ("site", "page name", "account username", "account name", "account"),
    "kind": ("kind", "post type", "type"),
    "visibility": ("visibility", "privacy", "audience"),
    "status": ("status",),
    "platform": ("platform",),
    "author_role": ("author_role",),
    "in_reply_to": ("in_reply_to", "parent comment id"),
}
_TOLD = ("text", "html", "title")
_FIELDS = (*_TOLD, *_ONE)
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
SAY_WHICH = (
    f"name one of its columns {_NEEDED}, or write into "
    'school.toml which it is: [exports.columns] text = "its header" (inspect takes it with --school DIR)'
)
NOT_IN_TABLE = "Pictures, and comments by others that are not rows of it, are not in a table."
# Meta Business Suite's lists of posts; Instagram's say "Account username" where Facebook's say "Page name".
_META = frozenset({"post id", "publish time", "permalink"})
# The list of a LinkedIn Page's posts; the title of a post is its text.
_LINKEDIN = frozenset({"post title", "post link", "created date"})
_ZONES = {"": LONDON, "linkedin": ZoneInfo("UTC")}
# Some exports put notes above the header.
_HEADER_WITHIN = 10


# A school's own names of columns: the headers of each field, in small letters.
ColumnMap = Mapping[str, tuple[str, ...]]
NO_MAP: ColumnMap = {}


class NoTextError(UserError):
    """A table without a column of texts or titles."""


def column_map(given: object, path: Path) -> ColumnMap:
    """The table ``[exports.columns]`` of a school.toml; UserError in one line where it is none."""
    if not isinstance(given, Mapping):
        raise UserError(f'{path}: [exports.columns] must be a table of lines such as text = "Message body"')
    found: dict[str, tuple[str, ...]] = {}
    for name, value in given.items():
        if name not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise UserError(
                f"{path}: [exports.columns] has a field that there is not ({name[:40]!a}); there are {known}"
            )
        headers = [value] if isinstance(value, str) else value
        if not isinstance(headers, list) or not all(isinstance(h, str) and h.strip() for h in headers) or not headers:
            raise UserError(
                f'{path}: [exports.columns] {name} must be the header of a column, as in {name} = "Message body"'
            )
        found[name] = tuple(h.strip().lower() for h in headers)
    if twice := [h for h, count in Counter(h for hs in found.values() for h in set(hs)).items() if count > 1]:
        raise UserError(
            f'{path}: [exports.columns] names the column "{twice[0]}" for two fields; leave one of them out'
        )
    return found


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what; ``one`` maps a field to its column; ``mapped`` are fields found by the school's own map.

    ``platform`` is that whose own list of posts the table is.
    """

    texts: tuple[int, ...]
    titles: tuple[int, ...]
    one: dict[str, int]
    markup: frozenset[int]
    platform: str
    mapped: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Form:
    """How a table is written: its encoding, its delimiter, the row of its header from 1, its columns."""

    encoding: str
    delimiter: str
    header: int
    columns: Columns


def detect(source: Source, columns: ColumnMap = NO_MAP) -> Table | None:
    """The reader for a bare table; NoTextError where it is one by its name and has neither texts nor titles."""
    if not source.is_file:
        return None
    name = next(iter(source.sizes))
    form = form_of(source, name, columns)
    if form is not None:
        return Table(source, name, form)
    if not is_table(name):
        return None
    if asked := [f'{field} = "{headers[0]}"' for field, headers in columns.items() if field in _TOLD]:
        raise NoTextError(
            f"{source.path}: this table has no column of texts or titles, nor that of [exports.columns] "
            f"({', '.join(asked)}); write there the header as it stands in the table"
        )
    raise NoTextError(f"{source.path}: this table has no column of texts or titles; {SAY_WHICH}")


def unmatched(columns: ColumnMap, tables: Sequence[Table]) -> list[str]:
    """A line where the school's map names columns that none of the tables has; none where there are no tables."""
    missing = [field for field in columns if not any(field in t.mapped for t in tables)]
    if not tables or not missing:
        return []
    shown = ", ".join(f'{field} = "{columns[field][0]}"' for field in missing)
    return [f"school.toml: no table given has the columns of [exports.columns] {shown}; correct them or leave them out"]


def is_table(name: str) -> bool:
    """Whether the name claims a table."""
    return name.lower().endswith((".csv", ".tsv"))


def form_of(source: Source, name: str, own: ColumnMap = NO_MAP) -> _Form | None:
    """How the table is written, None where no row near its top names a column of texts or titles.

    Titles alone need a date or an address beside them, as a list of people has a title too; where the name claims no
    table, a second known column is asked for. In a table a text or title of the school's own map is enough.
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
        rows = safely(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        if header := header_in(rows, own, is_table(name)):
            return _Form(encoding, delimiter, *header)
    return None


def header_in(rows: Iterable[Sequence[str]], own: ColumnMap, is_named: bool) -> tuple[int, Columns] | None:
    """The row near the top that names a column of texts or titles, from 1, and its columns; see ``form_of``.

    ``is_named`` says that the name claims a table.
    """
    for number, row in enumerate(islice(rows, _HEADER_WITHIN), 1):
        columns = _columns(row, own)
        known = len(columns.texts) + len(columns.titles) + len(columns.one)
        dated = {"published", "url"} & set(columns.one)
        own_words = is_named and columns.mapped & {*_TOLD}
        alone = is_named and number == 1
        if own_words or (columns.texts and (known > 1 or alone)) or (columns.titles and dated):
            return number, columns
    return None


def safely(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def _columns(row: Sequence[str], own: ColumnMap) -> Columns:
    names = [cell.strip().lower() for cell in row]
    mapped = {field: [names.index(h) for h in headers if h in names] for field, headers in own.items()}
    mapped = {field: places for field, places in mapped.items() if places}
    taken = {place for places in mapped.values() for place in places}

    def known(field: str, forms: Sequence[str]) -> list[int]:
        places = [] if field in mapped else [names.index(n) for n in forms if n in names]
        return mapped.get(field, []) + [p for p in places if p not in taken]

    html = mapped.get("html", [])
    texts = (*([] if html and "text" not in mapped else known("text", _TEXTS)), *html)
    titles = tuple(known("title", _TITLES))
    one = {key: places[0] for key, forms in _ONE.items() if (places := known(key, forms))}
    markup = frozenset([*html, *(i for i in texts if names[i].endswith("html"))])
    # Its column "Date" says over which days the figures were counted.
    meta = set(names) >= _META
    if meta and "published" not in mapped:
        one["published"] = names.index("publish time")
    platform = ("instagram" if "account username" in names else "facebook") if meta else ""
    if set(names) >= _LINKEDIN:
        platform = "linkedin"
        one.setdefault("published", names.index("created date"))
        one.setdefault("url", names.index("post link"))
        texts = texts if {"text", "html"} & set(mapped) else (names.index("post title"),)
    return Columns(texts, titles, one, markup, platform, frozenset(mapped))


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

    def __init__(self, source: Source, name: str, form: _Form) -> None:
        self._source = source
        self._name = name
        self._form = form
        self.mapped = form.columns.mapped
        self.platform = form.columns.platform
        self.account = self._account() if form.columns.platform else ""

    def _account(self) -> str:
        """The account of a platform's list, by its posts' addresses or else its name; empty where it lists several."""
        addresses, names = set[str](), set[str]()
        for item in read(self._source, self._name, self._form, MemberReport(self._name, "parsed"), ImportReport()):
            addresses.add(account_of(item.url))
            names.add(item.site)
        return next((word for words in (addresses, names) if len(words) == 1 and (word := next(iter(words)))), "")

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every row below the header."""
        report.not_in_export.append(NOT_IN_TABLE)
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
                item = seen.admit(item_of(row, form.columns, source, name, f"row:{number}", layout))
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


def item_of(row: list[str], columns: Columns, source: Source, member: str, pointer: str, layout: str) -> Item:
    """A row as an item; ``pointer`` says where it stands in the member."""

    def one(key: str) -> str:
        place = columns.one.get(key, -1)
        return row[place].strip() if 0 <= place < len(row) else ""

    texts = [_cell(row[i], i in columns.markup) for i in columns.texts if i < len(row) and row[i].strip()]
    titles = [row[i].strip() for i in columns.titles if i < len(row) and row[i].strip()]
    given = one("id")
    moment = parse(one("published"), _ZONES.get(columns.platform, PACIFIC), bool(columns.platform))
    visibility, status = _shown(one("visibility"), one("status"))
    kind, role = one("kind").lower(), one("author_role").lower()
    if columns.platform and "story" in kind.split():
        kind = "story"
    text = "\n".join(dict.fromkeys(texts))
    identity = given or pointer
    return Item(
        id=identity,
        kind=kind if kind in _KINDS else "comment" if "in_reply_to" in columns.one else "post",
        parts=parts(text, "\n".join(dict.fromkeys(titles))),
        locator=locator(source, layout, member, pointer),
        lineage=_lineage(given, columns, one("url"), one("site"), short_hash(one("published"), text)),
        site=one("site"),
        platform=one("platform") or columns.platform,
        author=one("author"),
        author_role=cast(Role, role) if role in _ROLES else "school" if columns.platform else "unknown",
        published=moment.at,
        raw_published=one("published"),
        time_basis=moment.basis,
        visibility="public" if columns.platform and visibility == "unknown" else visibility,
        status=status,
        url=one("url"),
        in_reply_to=one("in_reply_to"),
    )


def _lineage(given: str, columns: Columns, url: str, site: str, otherwise: str) -> str:
    """The platform's id of a post in its own list, else the address, else the id given, else time and text."""
    if columns.platform and given:
        return f"{columns.platform}:{given}"
    return url or (f"row:{site}:{given}" if given else f"row:{otherwise}")


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
