"""A folder or archive of files, or one bare file.

Pictures, PDF, HTML pages, plain text, and records or tables among them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pypdfium2

from detectors.base import Item, Media, Part, SiteFacts, UserError
from pipelines.readers import records, table
from pipelines.readers.html import Page, decode, read_page
from pipelines.readers.media import check_picture, media, sniff
from pipelines.readers.reader import Seen, locator, media_parts, parts
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, TooLargeError, is_damaged, is_litter, read_bytes, read_head

LAYOUT, BARE = "folder", "file"
MAX_PAGES = 5_000
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|article|div|p|h[1-6]|table|section|ul|main)\b", re.IGNORECASE
)
_TEXT_NAMES = (".txt", ".text", ".md", ".markdown")
_SUPPORTED = (
    "a WordPress export (XML), a Facebook export (JSON), records (JSONL), a table (CSV), "
    "or pictures, PDF, HTML and text files"
)
_ORDER = ("records", "table", "html", "text", "pdf", "image")


def detect(source: Source) -> Folder:
    """The reader where there is a file that it can read; UserError where there is none, or the only file is damaged."""
    _refuse_office(source)
    kinds = {name: kind for name in source.sizes if not is_litter(name) and (kind := _kind(source, name)) in _ORDER}
    if not kinds:
        _explain_unknown(source)
        raise UserError(f"{source.path}: unknown format; give {_SUPPORTED}")
    if source.is_file:
        _check_bare(source, next(iter(kinds)), next(iter(kinds.values())))
    return Folder(source, kinds)


def _refuse_office(source: Source) -> None:
    """Office documents are zip archives with a list of content types (ECMA-376, part 2)."""
    if "[Content_Types].xml" in source.sizes:
        raise UserError(f"{source.path}: an Office document, which is not read; save it as PDF and give that")


def _explain_unknown(source: Source) -> None:
    if any(is_damaged(source, name) for name in source.sizes):
        raise UserError(f"{source.path}: damaged, nothing in it can be read; export again")
    if (
        source.is_file
        and sniff(read_head(source, source.path.name)) == ""
        and source.path.suffix.lower() in _PICTURE_NAMES
    ):
        raise UserError(f"{source.path}: the picture is damaged or no picture at all; export it again")


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
            pypdfium2.PdfDocument(read_bytes(source, name)).close()
    except pypdfium2.PdfiumError as error:
        raise UserError(f"{source.path}: {_pdf_trouble(error)}") from None
    except TooLargeError:
        raise UserError(f"{source.path}: too large to be read; split it or make it smaller") from None
    except DAMAGE:
        raise UserError(f"{source.path}: cannot be read; export it again") from None


def _kind(source: Source, name: str) -> str:
    """What a file holds, by its first bytes; a name decides only between kinds of plain text."""
    head = read_head(source, name, 1 << 14)
    kind = sniff(head)
    lower = name.lower()
    if kind == "image/svg+xml" and (lower.endswith((".html", ".htm")) or _MARKUP.search(head)):
        kind = ""
    if kind.startswith("image/"):
        return "image"
    if kind == "application/pdf":
        return "pdf"
    if kind or not head:
        return "broken image" if lower.endswith(_PICTURE_NAMES) else kind
    if lower.endswith((".jsonl", ".ndjson")):
        return "records" if records.judge(source, name) == "records" else "other records"
    if table.is_table(name):
        return "table" if table.form_of(source, name) else "table without a column of texts"
    if lower.endswith(_TEXT_NAMES):
        return "text" if b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    if lower.endswith((".js", ".css", ".json", ".xml", ".warc", ".arc", ".py", ".php")):
        return ""
    if lower.endswith((".html", ".htm", ".xhtml")) or (b"\0" not in head and _MARKUP.search(head[:2048])):
        return "html"
    return "broken image" if lower.endswith(_PICTURE_NAMES) else ""


class UnreadableError(Exception):
    """A file that cannot be read, and what to do."""


class Folder:
    """Every readable file as an item of its own, but for pictures that a page or a record shows."""

    platform = ""
    account = ""

    def __init__(self, source: Source, kinds: dict[str, str]) -> None:
        self.layout = BARE if source.is_file else LAYOUT
        self._source = source
        self._kinds = kinds

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
                entry.records += 0 if kind in ("records", "table") else 1
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
            archive = "an archive within: give it by itself" if kind == "application/zip" else ""
            report.add(name, "unknown", 0, archive or kind or "format not known")

    def _file(self, name: str, kind: str, entry: MemberReport, report: ImportReport) -> Iterator[Item]:
        if kind == "records":
            yield from records.read(self._source, name, entry, report, LAYOUT)
        elif kind == "table":
            if form := table.form_of(self._source, name):
                yield from table.read(self._source, name, form, entry, report, LAYOUT)
        else:
            make = {"html": self._page, "text": self._plain, "pdf": self._document, "image": self._picture}[kind]
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
        folder = name.rpartition("/")[0]
        found = tuple(
            media(self._source, "", url=p.src)
            if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", p.src, re.IGNORECASE)
            else media(self._source, _joined(folder, p.src))
            for p in page.pictures
        )
        told = parts(page.text, page.title, media_parts(found, tuple(p.alt for p in page.pictures)))
        return self._item(name, "page", told, found, page.canonical)

    def _plain(self, name: str, entry: MemberReport, report: ImportReport) -> Item:
        data = read_bytes(self._source, name)
        if name.lower().endswith((".md", ".markdown")) and _MARKUP.search(data):
            return self._shown(name, read_page(decode(data), keep_lines=True))
        return self._item(name, "page", parts(decode(data).replace("\r\n", "\n")))

    def _document(self, name: str, entry: MemberReport, report: ImportReport) -> Item:
        try:
            text, pages = _pdf_text(read_bytes(self._source, name))
        except pypdfium2.PdfiumError as error:
            raise UnreadableError(_pdf_trouble(error)) from None
        if not text.strip():
            entry.why = f"no text in it: {pages} pages of pictures, not read"
            report.problem(f"{name}: a PDF without text, its pages are pictures; look at it yourself")
        found = (media(self._source, name),)
        told = (Part("document", text), *media_parts(found, ("",)))
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


def _pdf_text(data: bytes) -> tuple[str, int]:
    """The text of all pages, parted by form feeds, and their number."""
    document = pypdfium2.PdfDocument(data)
    try:
        pages = len(document)
        told = []
        for number in range(min(pages, MAX_PAGES)):
            page = document[number]
            told.append(page.get_textpage().get_text_bounded().replace("\r\n", "\n"))
            page.close()
        return "\f".join(told), pages
    finally:
        document.close()


def _pdf_trouble(error: pypdfium2.PdfiumError) -> str:
    if "password" in str(error).lower():
        return "the PDF is locked with a password; save a copy without one"
    return "the PDF is damaged; export it again"
