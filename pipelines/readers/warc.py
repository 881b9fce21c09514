"""Web archives: WARC and ARC files, one or many, and the WACZ archives that hold them.

Format of a WACZ: https://specs.webrecorder.net/wacz/1.1.1/ - a zip archive with ``datapackage.json``, ``archive/`` and ``pages/``.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from detectors.base import Item, Media, Part, Presence, SiteFacts, UserError
from pipelines.readers import pdf
from pipelines.readers.folder import MAX_PAGES
from pipelines.readers.html import decode, read_page
from pipelines.readers.limits import TooLargeError, current
from pipelines.readers.media import check_picture, sniff
from pipelines.readers.reader import Seen, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.salvage import open_zip
from pipelines.readers.source import (
    DAMAGE,
    Source,
    is_litter,
    opened_zip,
    read_bytes,
    read_head,
    stream_digest,
)
from pipelines.readers.times import parse
from pipelines.readers.warc_records import Place, Record, Response, begins_archive, differs, records, response

LAYOUT, PACKAGE = "warc", "wacz"
_DATAPACKAGE = "datapackage.json"
_NAME = re.compile(r"\.(w?arc)(\.gz)?(\.open)?$", re.IGNORECASE)
_BASE = re.compile(rb"<base\s[^>]{0,500}?href\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,60}")
# Labels that the Encoding Standard takes for Windows-1252.
_WESTERN = ("iso-8859-1", "latin1", "us-ascii", "ascii")
_HTML = ("text/html", "application/xhtml+xml")
# How far into a file a first record or page is looked for.
_AHEAD = 200
_HOPS = 5
_SHOWN_PLACES = 5
_NO_PACKAGE: tuple[type[Exception], ...] = (*DAMAGE, KeyError, TypeError, RecursionError)
_GONE: tuple[type[Exception], ...] = (*DAMAGE, IndexError, struct.error)
_NOT_IN_EXPORT = (
    "What a page loads only when its reader scrolls, clicks or signs in is not in a web archive unless the crawler did so.",
    "Pictures that a page's style sheets show, videos and documents other than PDF are counted, but not read.",
)
_TROUBLES = {
    "cut short": "cut short",
    "longer than it says": "longer than said",
    "broken packing": "damaged in their packing",
    "differs": "different from their digest",
}


class SkippedError(Exception):
    """A record that is no content of its own, and what it is."""


class RejectedError(Exception):
    """A record that is content and cannot be read, why, and what to do."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture of the archive and where it lies."""

    url: str = field(repr=False)
    member: str = field(repr=False)
    place: Place
    presence: Presence
    encoding_format: str
    declared_format: str
    sha256: str
    size: int


def detect(source: Source) -> WebArchive | None:
    """The reader where members are WARC or ARC; UserError where nothing can be read from them, or it is a list of pages."""
    if source.is_file:
        _refuse_pages(source)
    members = [name for name in source.sizes if _is_archive(source, name)]
    if not members:
        if source.is_file and _NAME.search(source.path.name):
            raise UserError(f"{source.path}: a damaged web archive, no record can be read; download or crawl it again")
        return None
    if not any(_readable(source, name) for name in members):
        raise UserError(f"{source.path}: a damaged web archive, no record can be read; download or crawl it again")
    return WebArchive(source, members)


def _refuse_pages(source: Source) -> None:
    head = read_head(source, source.path.name, 1 << 12).lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"{") and re.match(rb'[^\n]*"format"\s*:\s*"json-pages-', head):
        raise UserError(f"{source.path}: only the list of a web archive's pages; give the .wacz that it came from")


def _is_archive(source: Source, name: str) -> bool:
    """By content; among many files only those named so are looked into."""
    if not source.is_file and (is_litter(name) or not _NAME.search(name)):
        return False
    return begins_archive(read_head(source, name, 1 << 14))


def _readable(source: Source, name: str) -> bool:
    try:
        with source.open(name) as stream:
            return any(record.kind for record in islice(records(stream), _AHEAD))
    except DAMAGE:
        return False


class WebArchive:
    """The pages and PDF of web archives, each with the pictures that the archives hold of it."""

    platform = ""

    def __init__(self, source: Source, members: list[str]) -> None:
        self._source = source
        self._members = members
        self._package = _DATAPACKAGE if _DATAPACKAGE in source.sizes else ""
        self.layout = PACKAGE if self._package else LAYOUT
        self.account = self._first_host()
        self._digests: dict[str, str] = {}

    def _first_host(self) -> str:
        """The host of the first page, where one stands near the beginning."""
        try:
            with self._source.open(self._members[0]) as stream:
                for record in islice(records(stream), _AHEAD):
                    if record.kind == "response" and (host := _host(record.url)):
                        return host
        except DAMAGE:
            pass
        return ""

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every page and PDF, archive by archive, in the order of the records."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        self._verify(report)
        index = _Index(self._source)
        for name in self._members:
            index.add(name)
        reading = _Reading(self._source, self.layout, index)
        for name in self._members:
            yield from reading.member(name, report.add(name, "parsed"), report)
        reading.finish(report)
        self._rest(report, reading)

    def facts(self) -> SiteFacts | None:
        """A web archive tells nothing of the site beside its pages."""
        return None

    def _verify(self, report: ImportReport) -> None:
        """Compares the members with the digests that the package gives of them."""
        if not self._package:
            return
        entry = report.add(self._package, "parsed")
        try:
            told = json.loads(read_bytes(self._source, self._package))
            resources = [r for r in told["resources"] if isinstance(r, dict)]
        except _NO_PACKAGE:
            report.damage(entry, "cannot be read, so no digest was checked")
            return
        good = sum(self._agrees(r, report) for r in resources)
        entry.why = f"{good} of {len(resources)} members agree with their digest"
        if good < len(resources):
            entry.status = "damaged"

    def _agrees(self, resource: dict[str, Any], report: ImportReport) -> bool:
        """Whether a member is as the package says: since 1.1 as ``hash``, before within ``stats``."""
        stats = resource.get("stats")
        said = str(resource.get("hash") or (stats.get("hash") if isinstance(stats, dict) else "") or "")
        path = str(resource.get("path") or resource.get("name") or "")
        name = self._source.find(path) or self._source.find(f"archive/{path}")
        if not name:
            report.problem(f"{path}: named in {self._package}, but not in the archive; download it again")
            return False
        digest = self._digest(name)
        algorithm, colon, value = said.rpartition(":")
        if (algorithm.lower() if colon else "sha256") != "sha256" or not value:
            report.problem(
                f"{name}: {self._package} gives no SHA-256 of it, so it was not checked; crawl again to be sure"
            )
            return False
        if digest != value.lower():
            report.problem(f"{name}: differs from its digest in {self._package}; download it again")
            return False
        return True

    def _digest(self, name: str) -> str:
        """The SHA-256 of a member, read once however often the package names it; empty where it cannot be read."""
        if name not in self._digests:
            try:
                with self._source.open(name) as stream:
                    self._digests[name] = stream_digest(stream, 0)[0]
            except DAMAGE:
                self._digests[name] = ""
        return self._digests[name]

    def _rest(self, report: ImportReport, reading: _Reading) -> None:
        if self._source.is_file:
            return
        litter = 0
        for name in self._source.sizes:
            if name in self._members or name == self._package:
                continue
            if is_litter(name):
                litter += 1
            elif self._package and name.startswith("pages/") and name.endswith(".jsonl"):
                self._pages(name, report, reading)
            elif re.search(r"\.(cdxj?|idx)(\.gz)?$|(^|/)datapackage-digest\.json$", name):
                report.add(name, "skipped", 0, "an index of the archive")
            elif _NAME.search(name):
                report.damage(report.add(name, "damaged"), "no record of a web archive can be read")
            else:
                report.add(name, "unknown", 0, "not part of a web archive: give it by itself")
        if litter:
            report.add("hidden files", "skipped", litter, "hidden, or put there by the system")

    def _pages(self, name: str, report: ImportReport, reading: _Reading) -> None:
        """Says which of the pages listed the archives do not hold."""
        entry = report.add(name, "parsed")
        try:
            lines = read_bytes(self._source, name).splitlines()
            listed = {str(p["url"]) for p in map(_page_line, lines) if p.get("url")}
        except DAMAGE:
            report.damage(entry, "cannot be read")
            return
        missing = sum(not reading.has(url) for url in listed)
        entry.why = f"a list of {len(listed)} pages"
        if missing:
            entry.why += f", {missing} of them not in the archive"


def _page_line(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


class _Index:
    """The pictures of all archives by address, gone through once before the pages, as they often follow their page."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pictures: dict[bytes, _Picture] = {}
        self._elsewhere: dict[bytes, bytes] = {}
        self._loaders: dict[str, Callable[[Place], Callable[[], bytes]]] = {}

    def add(self, member: str) -> None:
        """Takes in the pictures of an archive, as far as it can be read."""
        self._loaders[member] = _loader(self._source, member)
        try:
            with self._source.open(member) as stream:
                for record in records(stream):
                    self._record(record, member)
        except DAMAGE:
            return

    def _record(self, record: Record, member: str) -> None:
        key = _key(record.url)
        if record.kind == "revisit":
            if target := record.headers.get("warc-refers-to-target-uri", "").strip("<>"):
                self._elsewhere.setdefault(key, _key(target))
            return
        try:
            answer = _answer(record)
        except (SkippedError, RejectedError):
            return
        if 300 <= answer.status < 400 and answer.location:
            self._elsewhere.setdefault(key, _key(_join(record.url, answer.location)))
        known = self._pictures.get(key)
        if answer.status != 200 or _form(answer) != "picture" or (known and known.presence == "present"):
            return
        self._pictures[key] = _picture(record, answer, member)

    def media(self, url: str) -> Media:
        """The picture at an address, present where an archive holds it whole."""
        if (picture := self._find(_key(url))) is None and "?" in url:
            picture = self._find(_key(url.partition("?")[0]))
        if picture is None:
            return Media("", url, "missing")
        present = picture.presence == "present"
        return Media(
            path=url,
            url=url,
            presence=picture.presence,
            encoding_format=picture.encoding_format,
            declared_format=picture.declared_format,
            sha256=picture.sha256,
            size=picture.size,
            load=self.load(picture.member, picture.place) if present else None,
        )

    def load(self, member: str, place: Place) -> Callable[[], bytes]:
        """What loads the body of a record later."""
        return self._loaders[member](place)

    def _find(self, key: bytes) -> _Picture | None:
        for _ in range(_HOPS):
            if picture := self._pictures.get(key):
                return picture
            if key not in self._elsewhere:
                return None
            key = self._elsewhere[key]
        return None


class _Reading:
    """One pass over the archives: what was given out, and what of it was used."""

    def __init__(self, source: Source, layout: str, index: _Index) -> None:
        self._source = source
        self._layout = layout
        self._index = index
        self._seen = Seen()
        self._captures: set[bytes] = set()
        self._digests: set[str] = set()
        self._revisited: Counter[str] = Counter()
        self._pages: set[bytes] = set()
        self._bare: Counter[str] = Counter()

    def has(self, url: str) -> bool:
        """Whether a page of that address was read."""
        return _key(url) in self._pages

    def member(self, name: str, entry: MemberReport, report: ImportReport) -> Iterator[Item]:
        """The items of one archive: what is read, skipped and rejected is what it holds."""
        skipped: Counter[str] = Counter()
        damaged: dict[str, list[str]] = defaultdict(list)
        lost: list[str] = []
        try:
            with self._source.open(name) as stream:
                for record in records(stream):
                    if not record.kind:
                        lost.append(record.place.pointer)
                        report.reject(name)
                        continue
                    try:
                        item = self._item(record, name, damaged, report)
                    except SkippedError as error:
                        skipped[str(error)] += 1
                        self._note_trouble(record, damaged)
                        continue
                    except RejectedError as error:
                        report.reject(name, f"{record.place.pointer}: {error}")
                        continue
                    entry.records += 1
                    yield item
        except DAMAGE:
            report.damage(entry, "the member is damaged and was read in part only")
        self._tell(entry, skipped, damaged, lost, report)

    def finish(self, report: ImportReport) -> None:
        """Says how many records repeat content of another archive, which is not here."""
        if absent := sum(count for digest, count in self._revisited.items() if digest not in self._digests):
            report.problem(
                f"{self._source.path.name}: {absent} records only refer to content of another archive; give that one too"
            )

    def _tell(
        self,
        entry: MemberReport,
        skipped: Counter[str],
        damaged: dict[str, list[str]],
        lost: list[str],
        report: ImportReport,
    ) -> None:
        if skipped:
            told = "skipped: " + ", ".join(f"{count} {what}" for what, count in sorted(skipped.items()))
            entry.why = "; ".join(filter(None, (entry.why, told)))
        if bare := self._bare[entry.member]:
            entry.why = "; ".join(filter(None, (entry.why, f"{bare} pages show no text without their scripts")))
        for trouble, places in sorted(damaged.items()):
            count = f"{len(places)} of its records are {_TROUBLES[trouble]} ({_listed(places)})"
            report.damage(entry, f"{count}: what is there was read", "crawl or download again")
        if lost:
            report.damage(entry, f"{len(lost)} stretches are no record ({_listed(lost)})", "crawl or download again")
        elif rejected := report.rejected_in(entry.member):
            entry.why = "; ".join(filter(None, (entry.why, f"{rejected} rejected")))

    @staticmethod
    def _note_trouble(record: Record, damaged: dict[str, list[str]]) -> None:
        if record.trouble in _TROUBLES:
            damaged[record.trouble].append(record.place.pointer)

    def _item(self, record: Record, member: str, damaged: dict[str, list[str]], report: ImportReport) -> Item:
        if record.kind == "revisit":
            self._revisited[_digest_said(record)] += 1
            raise SkippedError("revisit")
        self._digests.add(_digest_said(record))
        answer = _answer(record)
        if differs(record, answer):
            damaged["differs"].append(record.place.pointer)
        if answer.status != 200:
            raise SkippedError(_refusal(answer.status))
        form = _form(answer)
        if form not in ("page", "document"):
            raise SkippedError(form)
        body = answer.body or b""
        capture = bytes.fromhex(short_hash(record.url, hashlib.sha256(body).hexdigest()))
        if capture in self._captures:
            raise SkippedError("repetition of a page")
        self._captures.add(capture)
        make = self._page if form == "page" else self._document
        item = self._seen.admit(make(record, answer, body, member, report))
        if item is None:
            raise SkippedError("repetition of a page")
        self._pages.add(_key(record.url))
        self._note_trouble(record, damaged)
        return item

    def _page(self, record: Record, answer: Response, body: bytes, member: str, report: ImportReport) -> Item:
        page = read_page(_characters(body, answer.charset))
        base = record.url
        if found := _BASE.search(body[: 1 << 16]):
            base = _join(base, found.group(1).decode("utf-8", "replace"))
        shown = tuple(self._index.media(_join(base, p.src)) if p.src else Media("") for p in page.pictures)
        if not page.text and not shown:
            self._bare[member] += 1
        told = parts(page.text, page.title, media_parts(shown, tuple(p.alt for p in page.pictures)))
        return self._made(record, "page", told, shown, member)

    def _document(self, record: Record, answer: Response, body: bytes, member: str, report: ImportReport) -> Item:
        load = self._index.load(member, record.place)
        try:
            text, pages = pdf.read_text(body, MAX_PAGES)
            pictures, left_out = pdf.read_pictures(body, record.url, load, MAX_PAGES)
        except pdf.PdfError as error:
            raise RejectedError(str(error)) from None
        if not text.strip():
            at = record.place.pointer
            report.problem(f"{member} {at}: a PDF without text, its {pages} pages are pictures; look at it yourself")
        if left_out:
            at = record.place.pointer
            report.problem(f"{member} {at}: {left_out} pictures of the PDF were not read; look at it yourself")
        held = Media(
            path=record.url,
            url=record.url,
            presence="present",
            encoding_format="application/pdf",
            declared_format=answer.content_type,
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            load=load,
        )
        told = (Part("document", text), *media_parts((held,), ("",)))
        return self._made(record, "newsletter", told, (held, *pictures), member)

    def _made(self, record: Record, kind: str, told: tuple[Part, ...], shown: tuple[Media, ...], member: str) -> Item:
        raw = record.headers.get("warc-date", "")
        moment = parse(raw)
        return Item(
            id=f"web:{record.url}",
            kind=kind,
            parts=told,
            locator=locator(self._source, self.layout, member, record.place.pointer),
            lineage=f"web:{record.url}",
            media=shown,
            site=_host(record.url),
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            visibility="public",
            url=record.url,
            has_photo=kind == "page" and bool(shown),
        )

    @property
    def layout(self) -> str:
        """The layout that locators name."""
        return self._layout


def _answer(record: Record) -> Response:
    """What a record's server answered; SkippedError where it is none, RejectedError where it cannot be unpacked."""
    if record.trouble == "packed too well":
        raise RejectedError("packed like a zip bomb, and not read; crawl again")
    if record.kind not in ("response", "resource"):
        raise SkippedError(record.kind if re.fullmatch(r"[a-z]{1,20}", record.kind) else "unknown")
    if not record.url.lower().startswith(("http:", "https:", "file:", "ftp:", "urn:")):
        raise SkippedError("other address")
    try:
        answer = response(record)
    except TooLargeError:
        raise RejectedError("unpacks to more than may be held in memory; give it by itself") from None
    if answer is None:
        raise RejectedError("no HTTP answer; crawl again, the others were read")
    wanted = answer.content_type in (*_HTML, "application/pdf", "")
    if record.trouble == "too large":
        if answer.status == 200 and wanted:
            raise RejectedError(f"larger than {current().in_memory_bytes >> 20} MB; give it by itself")
        raise SkippedError(f"too large {_said(answer)}")
    if answer.body is None:
        if answer.status == 200 and wanted:
            raise RejectedError("packed in a way that cannot be read; crawl again without packing")
        raise SkippedError(f"packed {_said(answer)}")
    return answer


def _form(answer: Response) -> str:
    """``page``, ``document``, ``picture`` or, for what is not read, the MIME type."""
    body = answer.body or b""
    if not body:
        return "empty answer"
    kind, said = sniff(body[:2048]), answer.content_type
    if kind == "application/pdf":
        return "document"
    if kind.startswith("image/") and (kind != "image/svg+xml" or said not in _HTML):
        return "picture"
    if said in _HTML or (not said and re.match(rb"\s*<(!doctype\s+html|html)\b", body, re.IGNORECASE)):
        return "page"
    if said.startswith("image/"):
        return "picture"
    return _said(answer)


def _said(answer: Response) -> str:
    return answer.content_type if _TYPE.fullmatch(answer.content_type) else "unknown type"


def _refusal(status: int) -> str:
    if status == 304:
        return "unchanged (304)"
    if 300 <= status < 400:
        return "redirect"
    return "error page" if status >= 400 else f"answer {status}"


def _picture(record: Record, answer: Response, member: str) -> _Picture:
    body = answer.body or b""
    kind = sniff(body)
    state: Presence = check_picture(body, kind) if kind.startswith("image/") else "damaged"
    if state == "present" and record.trouble == "cut short":
        state = "damaged"
    return _Picture(
        url=record.url,
        member=member,
        place=record.place,
        presence=state,
        encoding_format=kind,
        declared_format=answer.content_type,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
    )


def _digest_said(record: Record) -> str:
    algorithm, _, value = record.headers.get("warc-payload-digest", "").partition(":")
    return short_hash(algorithm.lower().replace("-", ""), value.rstrip("=")) if value else short_hash(record.url)


def _listed(places: list[str]) -> str:
    return ", ".join(places[:_SHOWN_PLACES]) + (" and others" if len(places) > _SHOWN_PLACES else "")


def _characters(body: bytes, charset: str) -> str:
    """A page's characters: the server's charset goes before the page's own (HTML Standard, 13.2.3.2)."""
    if not charset or body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return decode(body)
    try:
        return body.decode("cp1252" if charset in _WESTERN else charset)
    except (LookupError, UnicodeError):
        return decode(body)


def _key(url: str) -> bytes:
    """A short digest of an address without scheme, fragment and the ways of writing it."""
    try:
        place = urlsplit(url)
        host = (place.hostname or "").lower()
        port = f":{place.port}" if place.port not in (None, 80, 443) else ""
    except ValueError:
        return bytes.fromhex(short_hash(url))
    return bytes.fromhex(short_hash(host + port, unquote(place.path) or "/", unquote(place.query)))


def _join(base: str, given: str) -> str:
    try:
        return urljoin(base, given)
    except ValueError:
        return given


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _loader(source: Source, member: str) -> Callable[[Place], Callable[[], bytes]]:
    """What makes the loads of a member's records: by the path of the archive, and the entry's place where it is a zip."""
    path, entry = source.path, -1
    if not source.is_file and path.is_dir():
        path = path / member
    elif not source.is_file:
        with open_zip(path)[0] as archive:
            names = [i.filename.replace("\\", "/") for i in archive.infolist()]
        entry = names.index(member) if member in names else len(names)
    return lambda place: partial(load_record, str(path), entry, place)


def load_record(path: str, entry: int, place: Place) -> bytes:
    """The body of a record of an archive, of a zip's entry where ``entry`` is not negative; OSError where it has gone."""
    try:
        with Path(path).open("rb") as file:
            if entry < 0:
                return _body(file, place, place.at)
            status = Path(path).stat()
            archive = opened_zip(path, status.st_mtime_ns, status.st_size)
            info = archive.infolist()[entry]
            if info.compress_type == zipfile.ZIP_STORED:
                # Straight to the record: zipfile would read all that stands before it (APPNOTE 4.3.7).
                file.seek(info.header_offset + 26)
                name, extra = struct.unpack("<HH", file.read(4))
                return _body(file, place, info.header_offset + 30 + name + extra + place.at)
            with archive.open(info) as stream:
                return _body(stream, place, place.at)
    except OSError:
        raise
    except _GONE:
        raise OSError("the web archive has changed or is damaged") from None


def _body(stream: Any, place: Place, start: int) -> bytes:
    stream.seek(start)
    for record in records(stream):
        if record.place.skip >= place.skip or record.place.at:
            answer = response(record) if record.kind and record.place == Place(0, place.skip) else None
            if answer is not None and answer.body is not None:
                return answer.body
            break
    raise OSError("the web archive has changed")
