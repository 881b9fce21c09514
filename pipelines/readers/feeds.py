"""Feeds: RSS and Atom in all their dialects, and JSON Feed (https://jsonfeed.org/version/1.1).

WordPress exports are RSS and Blogger's are Atom too; their own readers are asked first.
"""

from __future__ import annotations

import calendar
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import feedparser

from detectors.base import Fact, Item, Media, SiteFacts, UserError
from pipelines.readers.html import Picture, read_page
from pipelines.readers.media import declared, media
from pipelines.readers.reader import Seen, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_bytes, read_head
from pipelines.readers.times import UNKNOWN, Moment, epoch, parse

LAYOUT = "feed"
_BEFORE_ROOT = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>\"']|\"[^\"]*\"|'[^']*')*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"\s*<(?:[A-Za-z_][\w.-]*:)?(rss|feed|RDF)[\s>]")
_NAMESPACES = {"rss": "", "feed": "Atom", "RDF": "purl.org/rss/"}
_EXPORT = "wordpress.org/export/"
_JSON = re.compile(r'"version"\s*:\s*"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org(?:\\?/)version')
_ENTRY = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:item|entry)[\s>]")
_ENTRY_END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?(?:item|entry)[\s>]")
# The lenient parser takes time with the square of the entries that are open at once (6.0.14: 29 s for 200,000).
_MOST_OPEN = 1_000
_NO_MARKUP = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|$)|<!--.*?(?:-->|$)", re.DOTALL)
# Its lenient parser raises these where tags are nested wrongly (observed with 6.0.14).
_RAISED: tuple[type[Exception], ...] = (LookupError, AttributeError, TypeError, AssertionError, OverflowError, *DAMAGE)
_TEXTS = ("text/plain", "text")
_NOT_IN_EXPORT = (
    "A feed holds the latest entries only, often shortened; older ones, other pages and comments are not in it.",
)


class BrokenFeedError(ValueError):
    """A feed that nothing can be read from, and why."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of whatever dialect: ``body`` is what a reader sees, ``files`` its pictures beside the text."""

    pointer: str = field(repr=False)
    id: str = field(repr=False)
    url: str = field(repr=False)
    title: str = field(repr=False)
    body: str = field(repr=False)
    author: str = field(repr=False)
    raw: str
    moment: Moment
    pictures: tuple[Picture, ...] = field(repr=False)


@dataclass(slots=True)
class _Feed:
    """A feed as far as it could be parsed; ``lost`` counts entries that could not, ``notes`` say what was gone over."""

    title: str = field(default="", repr=False)
    about: str = field(default="", repr=False)
    link: str = field(default="", repr=False)
    platform: str = ""
    entries: list[_Entry] = field(default_factory=list, repr=False)
    lost: int = 0
    broken: list[str] = field(default_factory=list, repr=False)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The host of the site that the feed is of."""
        return _host(self.link)


def detect(source: Source) -> Feed | None:
    """The reader for a bare file that is a feed; UserError where nothing can be read from it."""
    if not source.is_file:
        return None
    name = source.path.name
    if not form_of(source, name):
        return None
    try:
        return Feed(source, name, _parsed(source, name))
    except BrokenFeedError as error:
        raise UserError(f"{source.path}: {error}; export again") from None


def form_of(source: Source, name: str) -> str:
    """``xml`` for RSS and Atom, ``json`` for JSON Feed, empty for all else and for WordPress exports."""
    head = read_head(source, name)
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8", "replace").lstrip("\ufeff")
    if text.lstrip()[:1] == "{":
        return "json" if _JSON.search(text) else ""
    place = 0
    while before := _BEFORE_ROOT.match(text, place):
        place = before.end()
    root = _ROOT.match(text, place)
    return "xml" if root and _NAMESPACES[root.group(1)] in text and _EXPORT not in text else ""


class Feed:
    """The entries of one feed."""

    layout = LAYOUT

    def __init__(self, source: Source, name: str, feed: _Feed) -> None:
        self._source = source
        self._name = name
        self.platform = feed.platform
        self.account = feed.host or feed.title
        self._said = {"name": feed.title, "about": feed.about, "url": feed.link}

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every entry in the order of the feed."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        yield from read(self._source, self._name, report.add(self._name, "parsed"), report)

    def facts(self) -> SiteFacts | None:
        """Name, description and address of the site as the feed gives them."""
        at = locator(self._source, LAYOUT, self._name, "feed")
        found = {key: Fact(value, at) for key, value in self._said.items() if value}
        missing = ("Followers, role-holders and banner are not in a feed.",)
        return SiteFacts(self.account, self.platform, found, missing)


def read(source: Source, name: str, entry: MemberReport, report: ImportReport, layout: str = LAYOUT) -> Iterator[Item]:
    """The entries of a member; those that cannot be read are counted, and the others read."""
    try:
        feed = _parsed(source, name)
    except BrokenFeedError as error:
        report.damage(entry, str(error))
        return
    seen = Seen()
    repeated = 0
    for one in feed.entries:
        item = seen.admit(_item(one, feed, source, name, layout))
        if item is None:
            repeated += 1
            continue
        entry.records += 1
        yield item
    if repeated:
        feed.notes.append(f"skipped: {repeated} repetition")
    for line in feed.broken:
        report.reject(name, line)
    if feed.lost:
        report.rejected += feed.lost
        report.damage(entry, f"broken: {feed.lost} of its entries could not be read")
    if feed.broken:
        feed.notes.append(f"{len(feed.broken)} rejected")
    entry.why = "; ".join(filter(None, (entry.why, *feed.notes)))
    for line in feed.problems:
        report.problem(f"{name}: {line}")


def _item(one: _Entry, feed: _Feed, source: Source, name: str, layout: str) -> Item:
    found = tuple(_media(source, name, p.src) for p in one.pictures)
    site = feed.host or _host(one.url)
    given = one.id or one.url or short_hash(one.title, one.body, one.raw)
    if re.match(r"[a-z][a-z0-9+.-]*:", given, re.IGNORECASE) is None:
        given = f"{site or source.path.name}:{given}"
    return Item(
        id=f"feed:{given}",
        kind="article",
        parts=parts(one.body, one.title, media_parts(found, tuple(p.alt for p in one.pictures))),
        locator=locator(source, layout, name, one.pointer),
        lineage=f"feed:{given}",
        media=found,
        site=site,
        platform=feed.platform,
        author=one.author,
        author_role="school",
        published=one.moment.at,
        raw_published=one.raw,
        time_basis=one.moment.basis,
        visibility="public",
        url=one.url,
        has_photo=bool(found),
    )


def _media(source: Source, name: str, src: str) -> Media:
    """A picture by its address; one that is relative may lie beside the feed."""
    if not src or re.match(r"(?:[a-z][a-z0-9+.-]*:)?//|[a-z][a-z0-9+.-]+:", src, re.IGNORECASE):
        return media(source, "", url=src)
    folder = name.rpartition("/")[0]
    return media(source, f"{folder}/{src}" if folder and not src.startswith("/") else src)


def _parsed(source: Source, name: str) -> _Feed:
    """The feed that a member holds; BrokenFeedError where it holds none that can be read."""
    form = form_of(source, name)
    try:
        data = read_bytes(source, name)
    except DAMAGE:
        raise BrokenFeedError("cannot be read, or is larger than may be held in memory") from None
    return _json(data) if form == "json" else _xml(data)


def _xml(data: bytes) -> _Feed:
    marks = _NO_MARKUP.sub(b"", data.replace(b"\0", b""))
    if b"<!ENTITY" in marks:
        raise BrokenFeedError("the XML declares entities, which no feed does")
    if len(_ENTRY.findall(marks)) - len(_ENTRY_END.findall(marks)) > _MOST_OPEN:
        raise BrokenFeedError("its entries lie within one another and never end")
    try:
        found = _parse(data)
    except _RAISED:
        found = _one_by_one(data)
    said = found.feed
    feed = _Feed(
        title=_plain(said.get("title_detail")),
        about=_plain(said.get("subtitle_detail")),
        link=str(said.get("link") or ""),
        platform="medium" if str(said.get("generator") or "").lower() == "medium" else "",
    )
    feed.entries = [_xml_entry(e, n) for n, e in enumerate(found.entries, 1)]
    feed.lost = max(len(_ENTRY.findall(marks)) - len(feed.entries), 0)
    trouble = found.get("bozo_exception") if found.bozo else None
    if isinstance(trouble, feedparser.CharacterEncodingOverride | feedparser.CharacterEncodingUnknown):
        read_as = found.get("encoding") or "an unknown encoding"
        feed.notes.append(f"read as {read_as}, which it does not say itself")
        feed.problems.append(
            f"read as {read_as}, which it does not say itself; look whether letters are right, else save it as UTF-8"
        )
    elif trouble is not None:
        if not feed.entries and not feed.title:
            raise BrokenFeedError("broken XML from which nothing can be read")
        feed.notes.append("invalid XML, gone over")
        feed.problems.append("invalid XML was gone over; look whether its last entry is whole, else export again")
    return feed


def _parse(data: bytes) -> Any:
    """What feedparser makes of a feed. Given as a stream: a text would be taken for an address, and fetched."""
    return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)


def _one_by_one(data: bytes) -> Any:
    """The entries of a feed that feedparser fails at, each parsed by itself, but for those that make it fail."""
    starts = [match.start() for match in _ENTRY.finditer(data)]
    if not starts:
        raise BrokenFeedError("broken XML from which nothing can be read")
    entries: list[Any] = []
    found = None
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        try:
            found = _parse(data[: starts[0]] + data[start:end])
        except _RAISED:
            continue
        entries += found.entries[:1]
    if found is None:
        raise BrokenFeedError("broken XML from which nothing can be read")
    found.entries = entries
    return found


def _xml_entry(said: Mapping[str, Any], number: int) -> _Entry:
    contents = [c for c in said.get("content") or () if isinstance(c, Mapping) and c.get("value")]
    pages = [_seen(c) for c in contents]
    text, pictures = max(pages, key=lambda p: len(p[0]), default=("", ()))
    brief, more = _seen(said.get("summary_detail") or {})
    if brief and brief not in text:
        text = f"{text}\n{brief}".strip()
        pictures = (*pictures, *more)
    raw, moment = _published(said)
    given, link = str(said.get("id") or ""), str(said.get("link") or "")
    return _Entry(
        pointer=f"post:{given or link}" if given or link else f"entry:{number}",
        id=given,
        url=link,
        title=_plain(said.get("title_detail")),
        body=text,
        author=_author(said),
        raw=raw,
        moment=moment,
        pictures=_once((*pictures, *_attached(said))),
    )


def _author(said: Mapping[str, Any]) -> str:
    """The author's name without an address; RSS writes ``address (name)``, which feedparser parts wrongly (6.0.14)."""
    given = str(said.get("author") or "").strip()
    detail = said.get("author_detail") or {}
    name = parseaddr(given)[0] if "@" in given.partition(" ")[0] else str(detail.get("name") or given)
    return "" if "@" in name else name.strip()


def _attached(said: Mapping[str, Any]) -> Iterator[Picture]:
    """Pictures beside the text: enclosures, and those of Media RSS."""
    for one in (*(said.get("enclosures") or ()), *(said.get("media_content") or ())):
        address = str(one.get("href") or one.get("url") or "")
        kind = str(one.get("type") or "") or declared(address)
        if address and (kind.startswith("image/") or one.get("medium") == "image"):
            yield Picture(address, "")
    for one in said.get("media_thumbnail") or ():
        if address := str(one.get("url") or ""):
            yield Picture(address, "")


def _once(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """Each picture once, with the first alternative text that it has."""
    found: dict[tuple[str, int], str] = {}
    for n, one in enumerate(pictures):
        key = (one.src, 0 if one.src else n)
        found[key] = found.get(key) or one.alt
    return tuple(Picture(src, alt) for (src, _), alt in found.items())


def _seen(detail: Mapping[str, Any]) -> tuple[str, tuple[Picture, ...]]:
    """A text construct as a reader sees it, and its pictures."""
    value = str(detail.get("value") or "")
    if detail.get("type") in _TEXTS:
        return value.strip(), ()
    page = read_page(value)
    return page.text, page.pictures


def _plain(detail: object) -> str:
    return _seen(detail)[0] if isinstance(detail, Mapping) else ""


def _published(said: Mapping[str, Any]) -> tuple[str, Moment]:
    """When an entry was published, else changed: as written, and in UTC."""
    raw = ""
    for name in ("published", "updated", "created"):
        given = str(said.get(name) or "") if name in said else ""
        raw = raw or given
        if given and (moment := _moment(given)).at is not None:
            return given, moment
        if given and (read := said.get(f"{name}_parsed")):
            return given, Moment(epoch(calendar.timegm(read)).at, "assumed")
    return raw, UNKNOWN


def _moment(raw: str) -> Moment:
    """A feed's time; e-mail's names of zones, which Python reads for GMT and those of America, are explicit (RFC 5322, 4.3)."""
    if (moment := parse(raw)).at is not None:
        return moment
    try:
        return parse(parsedate_to_datetime(raw).isoformat())
    except (ValueError, TypeError, IndexError, OverflowError):
        return UNKNOWN


def _json(data: bytes) -> _Feed:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise BrokenFeedError("broken JSON from which nothing can be read") from None
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        raise BrokenFeedError("a JSON Feed without items")
    feed = _Feed(
        title=_string(told.get("title")),
        about=_string(told.get("description")),
        link=_string(told.get("home_page_url")),
    )
    authors = _authors(told)
    for number, item in enumerate(told["items"]):
        if isinstance(item, dict):
            feed.entries.append(_json_entry(item, number, authors))
        else:
            feed.broken.append(f"/items/{number}: not an item; mend it, the others were read")
    return feed


def _json_entry(item: dict[str, Any], number: int, authors: str) -> _Entry:
    page = read_page(_string(item.get("content_html")))
    text = page.text or _string(item.get("content_text")).strip()
    brief = _string(item.get("summary")).strip()
    if brief and brief not in text:
        text = f"{text}\n{brief}".strip()
    given = item.get("attachments")
    attached = [a for a in given if isinstance(a, dict)] if isinstance(given, list) else []
    pictures = [Picture(_string(item.get(key)), "") for key in ("image", "banner_image") if item.get(key)]
    pictures += [
        Picture(_string(a.get("url")), _string(a.get("title")))
        for a in attached
        if _string(a.get("mime_type")).startswith("image/")
    ]
    raw = _string(item.get("date_published")) or _string(item.get("date_modified"))
    return _Entry(
        pointer=f"/items/{number}",
        id=_string(item.get("id")),
        url=_string(item.get("url")) or _string(item.get("external_url")),
        title=_string(item.get("title")).strip(),
        body=text,
        author=_authors(item) or authors,
        raw=raw,
        moment=parse(raw),
        pictures=_once((*page.pictures, *pictures)),
    )


def _authors(said: dict[str, Any]) -> str:
    """The names of the authors: a list since version 1.1, one before."""
    given = said.get("authors")
    people = [*(given if isinstance(given, list) else ()), said.get("author")]
    names = [_string(p.get("name")).strip() for p in people if isinstance(p, dict)]
    return ", ".join(dict.fromkeys(n for n in names if n and "@" not in n))


def _string(value: object) -> str:
    """A text without half surrogate pairs, which JSON can hold; numbers as they are written."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
