"""A folder or archive of files, or one bare file.

Pictures, PDF, Word documents, spreadsheets, HTML pages, plain text, and records or tables among them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator

from detectors.base import Item, Media, Part, SiteFacts, UserError
from pipelines.readers import feeds, pdf, records, sheets, table, word
from pipelines.readers.html import Page, decode, read_page
from pipelines.readers.limits import LimitError
from pipelines.readers.media import check_picture, media, sniff
from pipelines.readers.reader import Seen, locator, media_parts, parts
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import (
    DAMAGE,
    FileSource,
    Source,
    TooLargeError,
    is_damaged,
    is_litter,
    read_bytes,
    read_head,
)

LAYOUT, BARE = "folder", "file"
MAX_PAGES = 5_000
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|article|div|p|h[1-6]|table|section|ul|main)\b", re.IGNORECASE
)
_TEXT_NAMES = (".txt", ".text", ".md", ".markdown")
_SUPPORTED = (
    "a WordPress export (XML), a Facebook export (JSON), records (JSONL), a table (CSV), "
    "or pictures, PDF, Word, HTML and text files"
)
# Programs that make pages: a mirror holds what they gave, an archive of a server the programs themselves.
_SERVED = (".php", ".asp", ".aspx", ".jsp", ".cfm", ".cgi")
_PROGRAM = re.compile(rb"<\?(?:php\b|=)|<%")
# A mirror's file bears the query of its address, behind ``@`` where the system forbids ``?`` (wget --restrict-file-names).
_QUERY = re.compile(r"(^.*\.(?:x?html?|php|aspx?|jsp|cfm|cgi|css|js|json|xml|jpe?g|png|gif|webp|svg|pdf))[?@].*$")
_ORDER = ("records", "table", "spreadsheet", "feed", "html", "text", "pdf", "docx", "image")
_NO_SHEET = "a spreadsheet without a column of texts"
_NO_OFFICE = "an Office document, which is not read; save it as PDF and give that"
_OLD_OFFICE = "a document in the old format of Office, which is not read; save it as DOCX or PDF and give that"
_LOCKED = "the document is locked with a password"
_WORD = "word/document.xml"


def detect(source: Source, columns: table.ColumnMap = table.NO_MAP) -> Folder:
    """The reader where there is a file that it can read; UserError where there is none, or the only file is damaged."""
    source = _office_file(source)
    kinds = {
        name: kind for name in source.sizes if not is_litter(name) and (kind := _kind(source, name, columns)) in _ORDER
    }
    if not kinds:
        _explain_unknown(source)
        raise UserError(f"{source.path}: unknown format; give {_SUPPORTED}")
    if source.is_file:
        _check_bare(source, next(iter(kinds)), next(iter(kinds.values())))
    return Folder(source, kinds, columns)


def _office_file(source: Source) -> Source:
    """A Word document or spreadsheet as the one file it is; UserError for other documents of Office.

    They are zip archives with a list of content types (ECMA-376, part 2), or with their own type (OpenDocument 1.3, part 2).
    """
    names = list(source.sizes)
    if source.is_file or not source.path.is_file() or not {"[Content_Types].xml", "mimetype"} & set(names):
        return source
    if _WORD in names or sheets.is_zipped(names, read_head(FileSource(source.path), source.path.name, 256)):
        return FileSource(source.path)
    if "[Content_Types].xml" not in names:
        return source
    raise UserError(f"{source.path}: {_NO_OFFICE}")


def _explain_unknown(source: Source) -> None:
    if source.is_file and (kind := _kind(source, source.path.name)) in (_LOCKED, _OLD_OFFICE):
        raise UserError(f"{source.path}: {kind}{_REMEDY.get(kind, '')}")
    if source.is_file and kind == _NO_SHEET:
        raise UserError(f"{source.path}: {_NO_SHEET}; {table.SAY_WHICH}")
    if any(is_damaged(source, name) for name in source.sizes):
        raise UserError(f"{source.path}: damaged, nothing in it can be read; export again")
    if (
        source.is_file
        and sniff(read_head(source, source.path.name)) == ""
        and source.path.suffix.lower() in _PICTURE_NAMES
    ):
        raise UserError(f"{source.path}: the picture is damaged or no picture at all; export it again")


_REMEDY = {_LOCKED: "; save a copy without one"}
_PICTURE_NAMES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff")


def _check_bare(source: Source, name: str, kind: str) -> None:
    """A single file that cannot be read at all is its user's mistake, not a line in a report."""
    try:
        if kind == "image":
            data = read_bytes(source, name)
            state = check_picture(data, sniff(data))
            if state == "refused":
                raise UserError(f"{source.path}: the picture is too large to be read safely; make it smaller")
            if state == "damaged":
                raise UserError(f"{source.path}: the picture is damaged; export it again")
        elif kind == "pdf":
            pdf.check(read_bytes(source, name))
        elif kind == "docx":
            _read_word(source, name)
        elif kind == "spreadsheet":
            sheets.tables_in(source, name, table.NO_MAP)
    except (UnreadableError, pdf.PdfError, sheets.SheetError) as error:
        raise UserError(f"{source.path}: {error}") from None
    except TooLargeError:
        raise UserError(f"{source.path}: too large to be read; split it or make it smaller") from None
    except DAMAGE:
        raise UserError(f"{source.path}: cannot be read; export it again") from None


def _kind(source: Source, name: str, columns: table.ColumnMap = table.NO_MAP) -> str:
    """What a file holds, by its first bytes; a name decides only between kinds of plain text."""
    head = read_head(source, name, 1 << 14)
    kind = sniff(head)
    lower = name.lower()
    if query := _QUERY.search(lower):
        lower = query.group(1)
    if kind == "image/svg+xml" and (lower.endswith((".html", ".htm")) or _MARKUP.search(head)):
        kind = ""
    if kind.startswith("image/"):
        return "image"
    if kind == "application/pdf":
        return "pdf"
    if head.startswith(word.OLE) or (
        kind == "application/zip" and (b"[Content_Types].xml" in head or lower.endswith((".docx", ".xlsx", ".ods")))
    ):
        return _office(source, name, head, columns)
    if kind or not head:
        return "broken image" if lower.endswith(_PICTURE_NAMES) else kind
    if lower.endswith((".jsonl", ".ndjson")):
        return "records" if records.judge(source, name) == "records" else "other records"
    if table.is_table(name):
        return "table" if table.form_of(source, name, columns) else "table without a column of texts"
    if lower.endswith(_TEXT_NAMES):
        return "text" if b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    if feeds.form_of(source, name):
        return "feed"
    if lower.endswith(_SERVED):
        return "html" if _MARKUP.search(head[:2048]) and not _PROGRAM.search(head) else ""
    if lower.endswith((".js", ".css", ".json", ".xml", ".atom", ".rss", ".warc", ".arc", ".py")):
        return ""
    if lower.endswith((".html", ".htm", ".xhtml")) or (b"\0" not in head and _MARKUP.search(head[:2048])):
        return "html"
    return "broken image" if lower.endswith(_PICTURE_NAMES) else ""


def _office(source: Source, name: str, head: bytes, columns: table.ColumnMap) -> str:
    """What a document of Office is: read, locked, or in a format that is not read."""
    try:
        data = read_bytes(source, name)
        if head.startswith(word.OLE):
            if word.LOCKED in data or not sheets.is_old(data):
                return _LOCKED if word.LOCKED in data else _OLD_OFFICE
        else:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()
            if _WORD in names or not sheets.is_zipped(names, head):
                return "docx" if _WORD in names else _NO_OFFICE
    except DAMAGE:
        return "docx" if name.lower().endswith(".docx") else "application/zip"
    try:
        return "spreadsheet" if sheets.tables_in(source, name, columns) else _NO_SHEET
    except sheets.SheetError:
        return "spreadsheet"  # why it cannot be read is said on reading


def _read_word(source: Source, name: str) -> word.Document:
    try:
        return word.read_document(read_bytes(source, name), name, source.loader(name))
    except LimitError:
        raise
    except word.BROKEN:
        raise UnreadableError("the Word document is damaged or of another kind; save it again as DOCX") from None


class UnreadableError(Exception):
    """A file that cannot be read, and what to do."""


class Folder:
    """Every readable file as an item of its own, but for pictures that a page or a record shows."""

    platform = ""
    account = ""

    def __init__(self, source: Source, kinds: dict[str, str], columns: table.ColumnMap) -> None:
        self.layout = BARE if source.is_file else LAYOUT
        self._source = source
        self._kinds = kinds
        self._columns = columns

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Pages, records and documents first, then the pictures that none of them shows."""
        shown: set[str] = set()
        seen = Seen()
        for name, kind in sorted(self._kinds.items(), key=lambda k: (_ORDER.index(k[1]), k[0])):
            if kind == "image" and name in shown:
                report.add(name, "parsed", 0, "shown by another file, read with it")
                continue
            entry = report.add(name, "parsed")
            for item in self._file(name, kind, entry, report):
                if (admitted := seen.admit(item)) is None:
                    continue
                shown.update(m.path for m in item.media if m.path != name)
                entry.records += 0 if kind in ("records", "table", "spreadsheet", "feed") else 1
                yield admitted
        self._rest(report)

    def facts(self) -> SiteFacts | None:
        """Files show nothing of the site itself."""
        return None

    def _rest(self, report: ImportReport) -> None:
        litter: Counter[str] = Counter()
        for name in self._source.sizes:
            if is_litter(name):
                litter[name.split("/")[0]] += 1
            elif name not in self._kinds:
                self._unknown(name, report)
        for name, count in sorted(litter.items()):
            report.add(name, "skipped", count, "hidden, or put there by the system")

    def _unknown(self, name: str, report: ImportReport) -> None:
        kind = _kind(self._source, name)
        if is_damaged(self._source, name):
            report.damage(report.add(name, "damaged"), "cannot be read")
        elif kind == "broken image":
            report.damage(report.add(name, "damaged"), "no picture, whatever its name says")
        else:
            if kind == _LOCKED:
                report.damage(report.add(name, "damaged"), kind, "save a copy without one")
                return
            archive = "an archive within: give it by itself" if kind == "application/zip" else ""
            report.add(name, "unknown", 0, archive or kind or "format not known")

    def _file(self, name: str, kind: str, entry: MemberReport, report: ImportReport) -> Iterator[Item]:
        if kind == "records":
            yield from records.read(self._source, name, entry, report, LAYOUT)
        elif kind == "table":
            if form := table.form_of(self._source, name, self._columns):
                yield from table.read(self._source, name, form, entry, report, LAYOUT)
        elif kind == "feed":
            yield from feeds.read(self._source, name, entry, report, LAYOUT)
        elif kind == "spreadsheet":
            try:
                yield from sheets.read(self._source, name, self._columns, entry, report, self.layout)
            except sheets.SheetError as error:
                report.damage(entry, *str(error).split("; ", 1))
            except DAMAGE:
                report.damage(entry, "cannot be read")
        else:
            make = {
                "html": self._page,
                "text": self._plain,
                "pdf": self._document,
                "docx": self._word,
                "image": self._picture,
            }[kind]
            try:
                yield make(name, entry, report)
            except UnreadableError as error:
                report.damage(entry, *str(error).split("; ", 1))
            except TooLargeError:
                report.damage(entry, "too large to be read", "split it or make it smaller")
            except DAMAGE:
                report.damage(entry, "cannot be read")

    def _page(self, name: str, entry: MemberReport, report: ImportReport) -> Item:
        return self._shown(name, read_page(decode(read_bytes(self._source, name))))

    def _shown(self, name: str, page: Page) -> Item:
        """A page with its pictures, looked up relative to it."""
        found = tuple(self._picture_of(name, p.src) for p in page.pictures)
        told = parts(page.text, page.title, media_parts(found, tuple(p.alt for p in page.pictures)))
        return self._item(name, "page", told, found, page.canonical)

    def _picture_of(self, page: str, src: str) -> Media:
        """A page's picture: relative to it, to the site's own folder, or in a mirror's folder of another host."""
        folder = page.rpartition("/")[0]
        if host := re.match(r"(?:https?:)?//([^/?#]+)(/.*)", src, re.IGNORECASE):
            steps = folder.split("/")
            tops = ["/".join([*steps[:n], host[1].lower()]) for n in range(len(steps) + 1)]
            return media(self._source, self._first(tops, host[2]), url=src)
        if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", src, re.IGNORECASE):
            return media(self._source, "", url=src)
        path = _joined(folder, src)
        if src.startswith("/") and not self._source.find(path):
            steps = folder.split("/")
            path = self._first(["/".join(steps[:n]) for n in range(len(steps) + 1)], src) or path
        return media(self._source, self._first([""], path) or path)

    def _first(self, folders: list[str], path: str) -> str:
        """The first member at a path below one of the folders, as a mirror may have named it; empty where there is none."""
        tidy = path.split("#")[0].lstrip("/")
        forms = (tidy, tidy.replace("?", "@", 1))
        found = (self._source.find(f"{folder}/{form}" if folder else form) for folder in folders for form in forms)
        return next(filter(None, found), "")

    def _plain(self, name: str, entry: MemberReport, report: ImportReport) -> Item:
        data = read_bytes(self._source, name)
        if name.lower().endswith((".md", ".markdown")) and _MARKUP.search(data):
            return self._shown(name, read_page(decode(data), keep_lines=True))
        return self._item(name, "page", parts(decode(data).replace("\r\n", "\n")))

    def _document(self, name: str, entry: MemberReport, report: ImportReport) -> Item:
        try:
            data = read_bytes(self._source, name)
            text, pages = pdf.read_text(data, MAX_PAGES)
            pictures, left_out = pdf.read_pictures(data, name, self._source.loader(name), MAX_PAGES)
        except pdf.PdfError as error:
            raise UnreadableError(str(error)) from None
        if not text.strip():
            entry.why = f"no text in it: {pages} pages of pictures, not read"
            report.problem(f"{name}: a PDF without text, its pages are pictures; look at it yourself")
        if left_out:
            report.problem(f"{name}: {left_out} of its pictures were not read; look at it yourself")
        found = media(self._source, name)
        # The pictures within have no names of their own.
        told = (Part("document", text), *media_parts((found,), ("",)))
        return self._item(name, "newsletter", told, (found, *pictures))

    def _word(self, name: str, entry: MemberReport, report: ImportReport) -> Item:
        read = _read_word(self._source, name)
        found = (media(self._source, name), *(p.media for p in read.pictures))
        alts = ("", *(p.alt for p in read.pictures))
        named = [Part("title", read.title)] if read.title else []
        told = (*named, Part("document", read.text), *media_parts(found, alts))
        for picture in read.pictures:
            if picture.media.presence == "damaged":
                report.problem(f"{name}: a picture in it is damaged; look at it yourself")
        if not read.text.strip():
            entry.why = "no text in it"
        return self._item(name, "newsletter", told, found)

    def _picture(self, name: str, entry: MemberReport, report: ImportReport) -> Item:
        found = (media(self._source, name),)
        if found[0].presence == "damaged":
            report.damage(entry, "the picture is damaged")
        elif found[0].presence == "refused":
            report.damage(entry, "the picture is too large to be read safely", "make it smaller")
        return self._item(name, "post", media_parts(found, ("",)), found)

    def _item(self, name: str, kind: str, told: tuple[Part, ...], found: tuple[Media, ...] = (), url: str = "") -> Item:
        pictured = any(m.encoding_format.startswith("image/") or m.url or kind == "post" for m in found)
        at = locator(self._source, self.layout, name, "")
        return Item(name, kind, told, at, f"file:{name}", found, url=url, has_photo=pictured)


def _joined(folder: str, given: str) -> str:
    """A page's relative address as a path from the source's root.

    One that leads outside keeps its ``..`` and is not found.
    """
    path = given.split("#")[0]
    steps = [] if path.startswith("/") else [s for s in folder.split("/") if s]
    for step in path.split("/"):
        if step == ".." and steps:
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)
