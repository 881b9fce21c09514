"""WordPress exports (WXR 1.0 to 1.2) and the dialect that Squarespace writes.

Elements are matched by local name, as the namespace's version varies. Format: wp-admin/includes/export.php of
WordPress.
Commenters' e-mail and IP addresses stand in the export; they are never read.
"""

from __future__ import annotations

import codecs
import html as entities
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from lxml import etree

from detectors.base import Fact, Item, Media, SiteFacts, Status, UserError, Visibility
from pipelines.readers.html import read_page, read_post
from pipelines.readers.limits import TooLargeError, current
from pipelines.readers.media import media_at
from pipelines.readers.reader import Seen, locator, media_parts, parts
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, is_damaged, is_litter, read_head
from pipelines.readers.times import UNKNOWN, Moment, parse, utc

BROKEN: tuple[type[Exception], ...] = (etree.XMLSyntaxError, *DAMAGE)
LAYOUT = "wordpress-wxr"
PLATFORM = "wordpress"
_MARKS = ("wordpress.org/export/", "wxr_version")
_KINDS = {"post": "article", "page": "page", "attachment": "caption"}
_SHOWN: dict[str, tuple[Visibility, Status]] = {
    "publish": ("public", "published"),
    "private": ("private", "published"),
    "draft": ("draft", "draft"),
    "auto-draft": ("draft", "draft"),
    "pending": ("draft", "draft"),
    "future": ("draft", "scheduled"),
    "trash": ("deleted", "deleted"),
}
_NOT_IN_EXPORT = (
    "Pictures and documents are named by address only: "
    "put a copy of wp-content/uploads beside the export to have them read.",
    "Menus, widgets, the site's theme and its settings are not read from a WordPress export.",
)


def detect(source: Source) -> WordPress | None:
    """The reader where a member is WXR; UserError where it is one that nothing can be read from."""
    members = [name for name in source.sizes if _may_be(source, name) and _is_wxr(read_head(source, name))]
    if not members:
        return None
    reader = WordPress(source, members)
    require_readable(reader.readable, source, members)
    return reader


def require_readable(readable: Callable[[str], bool], source: Source, members: Sequence[str]) -> None:
    """UserError where no member is XML that something can be read from."""
    if not any(readable(name) for name in members):
        where = source.path if source.is_file else f"{source.path}: {members[0]}"
        raise UserError(f"{where}: broken XML from which nothing can be read; export again")


def _may_be(source: Source, name: str) -> bool:
    """Among many files only XML is looked into; a bare file may have any name."""
    return source.is_file or name.lower().endswith((".xml", ".wxr"))


def _is_wxr(head: bytes) -> bool:
    text = _characters(head)
    return "<rss" in text and any(mark in text for mark in _MARKS)


def _characters(head: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return head.decode(encoding, "replace")
    return head.decode("utf-8", "replace")


@dataclass
class _File:
    """The state of reading one member."""

    name: str
    channel: dict[str, str] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    # The host of the site exported, as far as the channel has said it.
    host: str = ""


class WordPress:
    """Posts, pages, attachments and comments of one or several WXR files of a source."""

    layout = LAYOUT
    platform = PLATFORM

    def __init__(self, source: Source, members: list[str]) -> None:
        self._source = source
        self._members = members
        self._channel = _channel(source, members[0])
        self._role_holders: dict[str, None] = {}  # mailboxes, in the order met
        # Beside a bare file there may always be some.
        self._has_uploads = source.is_file or any("uploads/" in name.casefold() for name in source.sizes)
        # How each post shows, for the attachments that inherit it.
        self._posts: dict[str, tuple[Visibility, Status]] = {}

    @property
    def account(self) -> str:
        """The site's host."""
        return _host(self._channel)

    def readable(self, name: str) -> bool:
        """Whether a member yields an item or is a whole export without any; UserError where it declares entities."""
        if _declares_entities(self._source, name):
            raise UserError(
                f"{self._source.path}: the XML declares entities, which no WordPress export does; export again"
            )
        try:
            with self._source.open(name) as stream:
                parser = Parser(stream)
                return any(local == "item" for local, _ in parser) or not parser.errors
        except BROKEN:
            return False

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every post, page, attachment and comment, member by member."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen = Seen()
        self._posts.clear()
        for name in self._members:
            entry = report.add(name, "parsed")
            for item in self._member(name, entry, report):
                admitted = seen.admit(item)
                if admitted is None:
                    _also(entry, "repeats items of another member")
                    continue
                entry.records += 1
                yield admitted
        self._rest(report)

    def facts(self) -> SiteFacts | None:
        """Name, description and address of the site as its channel gives them; once read, the mailboxes of its authors."""
        at = locator(self._source, LAYOUT, self._members[0], "channel")
        named = {"name": "title", "about": "description", "website": "link", "url": "base_blog_url"}
        found = {fact: Fact(self._channel[key], at) for fact, key in named.items() if self._channel.get(key)}
        if self._role_holders:
            found["role_holders"] = Fact(", ".join(self._role_holders), at)
        missing = ("Followers, avatar, banner and role-holders who wrote nothing are not in a WordPress export.",)
        return SiteFacts(self.account, PLATFORM, found, missing)

    def _rest(self, report: ImportReport) -> None:
        """Lists what lies beside the export: uploads that posts may name, and files that are not read."""
        if self._source.is_file:
            return
        others = [n for n in self._source.sizes if n not in self._members]
        uploads = sum("uploads/" in n for n in others)
        if uploads:
            report.add("uploads", "parsed", uploads, "pictures and documents, read where an item names them")
        for name in others:
            if "uploads/" in name or is_litter(name):
                continue
            if name.lower().endswith((".xml", ".wxr")) and is_damaged(self._source, name):
                report.damage(report.add(name, "damaged"), "cannot be read")
            else:
                report.add(name, "unknown", 0, "not part of a WordPress export")

    def _member(self, name: str, entry: MemberReport, report: ImportReport) -> Iterator[Item]:
        """The items of one file as far as it can be read."""
        skipped: Counter[str] = Counter()
        if _declares_entities(self._source, name):
            report.damage(entry, "the XML declares entities and is not read")
            return
        try:
            with self._source.open(name) as stream:
                parser = Parser(stream)
                for given in self._posts_of(parser, name):
                    yield from self._post(given, name, skipped)
            if parser.lost:
                report.damage(entry, f"broken XML: {parser.lost} of its items could not be read")
            elif parser.cut_short:
                report.damage(entry, "the XML is cut short: what follows is missing")
            elif parser.errors:
                _also(entry, f"invalid XML mended in {parser.errors} places")
        except BROKEN:
            report.damage(entry, "the member is damaged and was read in part only")
        if skipped:
            _also(entry, "skipped: " + ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items())))

    def _posts_of(self, parser: Parser, name: str) -> Iterator[tuple[etree._Element, _File]]:
        """Each ``item`` element with what the file has said before it; freed when the next is asked for."""
        file = _File(name)
        for local, element in parser:
            if local == "author":
                login = _text(element, "author_login")
                if mailbox := _text(element, "author_email"):
                    self._role_holders.setdefault(mailbox.strip().lower())
                file.authors[login] = _text(element, "author_display_name") or login
            elif local == "item":
                yield element, file
            else:
                file.channel.setdefault(local, _content(element))
                file.host = _host(file.channel)

    def _post(self, given: tuple[etree._Element, _File], member: str, skipped: Counter[str]) -> Iterator[Item]:
        element, file = given
        told = _texts(element, _OF_POST)
        kind = told["post_type"] or "post"
        if kind not in _KINDS:
            skipped[kind] += 1
            return
        shown = self._shown(told, kind)
        post = self._item(element, told, shown, file, kind, member)
        number = told["post_id"]
        if number:
            self._posts.setdefault(number, shown)
        yield post
        for comment in element.iterchildren("{*}comment"):
            yield self._comment(_texts(comment, _OF_COMMENT), file, post, member)

    def _item(
        self,
        element: etree._Element,
        told: Mapping[str, str],
        shown: tuple[Visibility, Status],
        file: _File,
        kind: str,
        member: str,
    ) -> Item:
        page = read_post(told["content"])
        excerpt = read_post(told["excerpt"]).text if told["excerpt"] else ""
        title = read_page(told["title"]).text
        body = page.text if not excerpt or excerpt in page.text else f"{page.text}\n{excerpt}".strip()
        if kind == "attachment":
            found: tuple[Media, ...] = (self._upload(told["attachment_url"] or told["guid"]),)
            alts: tuple[str, ...] = (_meta(element, "_wp_attachment_image_alt"),)
        else:
            found = tuple(self._upload(p.src) for p in page.pictures)
            alts = tuple(p.alt for p in page.pictures)
        number = told["post_id"]
        link = told["link"] or told["guid"]
        identity = f"{PLATFORM}:{file.host}:{f'post-{number}' if number else link or title}"
        moment, raw = _published(told)
        visibility, status = shown
        return Item(
            id=identity,
            kind=_KINDS[kind],
            parts=parts(body, title, media_parts(found, alts)),
            locator=locator(self._source, LAYOUT, member, f"post:{number or link}"),
            lineage=identity,
            media=found,
            site=file.host,
            platform=PLATFORM,
            author=_author(told["creator"], file),
            author_role="school",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            visibility=visibility,
            status=status,
            url=link,
            has_photo=bool(found) or bool(_meta(element, "_thumbnail_id")),
        )

    def _shown(self, told: Mapping[str, str], kind: str) -> tuple[Visibility, Status]:
        status = told["status"]
        if status == "inherit" and kind == "attachment":
            parent = told["post_parent"]
            if parent in ("", "0"):
                return "public", "published"
            return self._posts.get(parent, ("unknown", "published"))
        if told["post_password"]:
            return "password", _SHOWN.get(status, ("password", "published"))[1]
        return _SHOWN.get(status, ("unknown", "published"))

    def _comment(self, told: Mapping[str, str], file: _File, post: Item, member: str) -> Item:
        """A visitor's comment; a reply answers the comment it names, else the post."""
        number = told["comment_id"]
        parent = told["comment_parent"]
        raw = told["comment_date_gmt"]
        moment = _utc(raw)
        if moment.at is None:
            raw = told["comment_date"]
            moment = parse(raw)
        visibility, status = _comment_shown(told["comment_approved"], post)
        identity = f"{PLATFORM}:{file.host}:comment-{number}"
        return Item(
            id=identity,
            kind="comment",
            parts=parts(read_post(told["comment_content"]).text),
            locator=locator(self._source, LAYOUT, member, f"comment:{number}"),
            lineage=identity,
            site=file.host,
            platform=PLATFORM,
            author=told["comment_author"],
            # A parent or pupil may comment without signing in: the export does not say who.
            author_role="unknown",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            visibility=visibility,
            status=status,
            in_reply_to=post.id if parent in ("", "0") else f"{PLATFORM}:{file.host}:comment-{parent}",
        )

    def _upload(self, address: str) -> Media:
        """The picture at an address, from an uploads folder beside the export where there is one."""
        if not self._has_uploads:
            return media_at(self._source, "", "", url=address)
        path = unquote(urlsplit(address).path) if "//" in address else address
        tail = path.rsplit("/uploads/", 1)[-1] if "/uploads/" in path else ""
        for form in (f"wp-content/uploads/{tail}", f"uploads/{tail}") if tail else ():
            if name := self._source.find(form) or self._nested(form):
                return media_at(self._source, name, name, url=address)
        return media_at(self._source, "", "", url=address)

    def _nested(self, form: str) -> str:
        """The uploads folder may lie beside the export below the source's root."""
        folder = self._members[0].rpartition("/")[0]
        return self._source.find(f"{folder}/{form}") if folder else ""


class Readable(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, none at the end."""


class Parser:
    """The elements of a WXR file that matter, one at a time in flat memory.

    No entity is resolved and nothing is fetched. What breaks XML is mended
    first, and the parser goes on behind what is left.
    """

    _CHANNEL = ("title", "description", "link", "base_site_url", "base_blog_url")
    _STOPPED = frozenset(("ERR_TAG_NOT_FINISHED", "ERR_DOCUMENT_END", "ERR_CDATA_NOT_FINISHED", "ERR_RESOURCE_LIMIT"))

    def __init__(self, stream: Readable) -> None:
        self._mended = Mended(stream)
        self._given = 0
        self._events = etree.iterparse(
            self._mended,
            events=("end",),
            tag=[f"{{*}}{name}" for name in ("item", "author", *self._CHANNEL)],
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )

    def __iter__(self) -> Iterator[tuple[str, etree._Element]]:
        for _, element in self._events:
            local = _local(element)
            parent = element.getparent()
            if local != "item" and local in self._CHANNEL and (parent is None or _local(parent) != "channel"):
                continue
            # Recovery makes an empty item out of a start tag that was cut.
            if local != "item" or len(element):
                yield local, element
            if local == "item":
                self._given += 1
                self._mended.next_item()
                element.clear(keep_tail=False)
                while parent is not None and element.getprevious() is not None:
                    del parent[0]

    @property
    def errors(self) -> int:
        """How many places were mended or gone over so far."""
        return self._mended.count + len(self._events.error_log)

    @property
    def lost(self) -> int:
        """How many items began that the parser did not give: it stops at some errors without saying so."""
        return max(self._mended.items - self._given, 0)

    @property
    def cut_short(self) -> bool:
        """Whether the file ends within an element, or the parser stopped before its end."""
        return any(e.type_name in self._STOPPED for e in self._events.error_log)


# What needs no mending outside CDATA: the five names that XML knows, and numbers that are surely characters.
_BARE_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#(?:3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3}|[1-4][0-9]{4}));)")
_BARE_TAG = re.compile(rb"<(?![A-Za-z_:/!?])")
_REFERENCE = re.compile(rb"&(?:#([0-9]{1,7});|#x([0-9A-Fa-f]{1,6});|([A-Za-z][A-Za-z0-9]{1,31});)?|<(?![A-Za-z_:/!?])")
# Characters that XML 1.0 excludes (2.2), as single bytes of ASCII-compatible encodings.
_CONTROLS = bytes(c for c in range(0x20) if c not in b"\t\n\r")
_ITEM = re.compile(rb"<item[\s>]")
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
_ENDS = {_CDATA: _CDATA_END, b"<!--": b"-->"}
_BEGINS = re.compile(rb"<!\[CDATA\[|<!--")
_KEPT = (b"amp", b"lt", b"gt", b"quot", b"apos")


class Mended:
    """XML with mended what breaks it, the rest byte for byte.

    Bare ``&`` and ``<`` are escaped, HTML's named characters numbered, characters that XML excludes dropped. libxml2
    recovers by itself, but from the first error on it drops valid ``&amp;`` and ``&lt;`` too, and stops at some errors
    (measured with 2.14.6).
    ``count`` counts the places, ``items`` the start tags of items.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._held = b""
        self._until = b""
        self._ended = False
        self._plain: bool | None = None
        self.count = 0
        self.items = 0
        self._since = 0

    def next_item(self) -> None:
        """What is read from here on belongs to the next item."""
        self._since = 0

    def read(self, size: int = -1, /) -> bytes:
        """About ``size`` bytes; empty only at the end."""
        while not self._ended:
            chunk = self._stream.read(size if size > 0 else 1 << 16)
            self._since += len(chunk)
            if self._since > current().in_memory_bytes + len(chunk):
                raise TooLargeError(f"an item is larger than {current().in_memory_bytes >> 20} MB")
            if self._plain is None:
                self._plain = chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            if self._plain:
                return chunk
            self._ended = not chunk
            if out := self._mend(self._held + chunk):
                return out
        return b""

    def _mend(self, data: bytes) -> bytes:
        whole = self._unchanged(data)
        return self._mend_pieces(data) if whole is None else whole

    def _unchanged(self, data: bytes) -> bytes | None:
        """What may be given of data in which nothing has to be mended; None where something may have to be.

        Most data is such, and WordPress writes a section of CDATA for almost every field: its pieces are looked at together.
        """
        if self._until not in (b"", _CDATA_END) or len(data.translate(None, _CONTROLS)) < len(data):
            return None
        *closed, last = data.split(_CDATA_END)
        outside = [piece.partition(_CDATA)[0] for piece in closed]
        if self._until and closed:
            outside[0] = b""
        inside, begin = bool(self._until and not closed), b""
        if not inside:
            begin, mark, rest = last.partition(_CDATA)
            inside, last = bool(mark), rest if mark else last
        # A space, for what stands before and behind a section does not belong together.
        text = b" ".join((*outside, begin))
        if b"<!--" in text:
            return None
        end = len(data) if self._ended else self._safe_end(data, len(data) - len(last))
        if not inside:
            text = text[: len(text) - (len(data) - end)]
        if _BARE_REFERENCE.search(text) or _BARE_TAG.search(text):
            return None
        self._count_in(text)
        self._held, self._until = data[end:], _CDATA_END if inside else b""
        return data[:end]

    def _mend_pieces(self, data: bytes) -> bytes:
        out = bytearray()
        place = 0
        while True:
            begin = None if self._until else _BEGINS.search(data, place)
            found = data.find(self._until, place) if self._until else -1
            closed = found + len(self._until) if found >= 0 else 0
            stop = begin.end() if begin else closed or (len(data) if self._ended else self._safe_end(data, place))
            out += self._piece(data[place:stop])
            place = stop
            if not begin and not closed:
                self._held = data[place:]
                return bytes(out)
            self._until = _ENDS[begin.group()] if begin else b""

    def _safe_end(self, data: bytes, place: int) -> int:
        """Holds back the last bytes where a mark or a reference may have begun."""
        tail = max(place, len(data) - 40)
        begun = [at for at in (data.find(c, tail) for c in (b"&", b"<", b"]", b"-")) if at >= 0]
        return min(begun, default=len(data))

    def _piece(self, piece: bytes) -> bytes:
        clean = piece.translate(None, _CONTROLS)
        self.count += len(piece) - len(clean)
        if self._until:
            return clean
        self._count_in(clean)
        return _REFERENCE.sub(self._reference, clean)

    def _count_in(self, outside: bytes) -> None:
        """Counts the start tags in text outside CDATA and comments."""
        self.items += len(_ITEM.findall(outside))

    def _reference(self, match: re.Match[bytes]) -> bytes:
        whole, (decimal, hexadecimal, name) = match.group(), match.groups()
        if decimal or hexadecimal:
            if _is_character(int(decimal) if decimal else int(hexadecimal, 16)):
                return whole
            self.count += 1
            return b"&#xFFFD;"
        if name in _KEPT:
            return whole
        self.count += 1
        if whole == b"<":
            return b"&lt;"
        written = whole.decode("ascii")
        characters = entities.unescape(written)
        if not name or characters == written:
            return b"&amp;" + whole[1:]
        return "".join(f"&#{ord(c)};" for c in characters).encode("ascii")


def _is_character(number: int) -> bool:
    """Whether XML 1.0 allows the character (2.2)."""
    return number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000


def _declares_entities(source: Source, name: str) -> bool:
    prolog = _characters(read_head(source, name, 1 << 20)).partition("<rss")[0]
    return "<!ENTITY" in prolog


def _channel(source: Source, name: str) -> dict[str, str]:
    """The channel's own fields, which stand before the first item."""
    found: dict[str, str] = {}
    try:
        with source.open(name) as stream:
            for local, element in Parser(stream):
                if local == "item":
                    break
                if local != "author":
                    found.setdefault(local, _content(element))
    except BROKEN:
        pass
    return found


def _host(channel: dict[str, str]) -> str:
    for key in ("base_blog_url", "base_site_url", "link"):
        try:
            if host := urlsplit(channel.get(key, "")).hostname:
                return host
        except ValueError:
            continue
    return ""


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _content(element: etree._Element) -> str:
    if not len(element):
        return (element.text or "").strip()
    return "".join(str(t) for t in element.itertext()).strip()


class _Wanted(NamedTuple):
    """The children that are read, as tags in any namespace, and their texts where there are none."""

    tags: tuple[str, ...]
    blank: dict[str, str]


def _wanted(names: str) -> _Wanted:
    return _Wanted(tuple(f"{{*}}{name}" for name in names.split()), dict.fromkeys(names.split(), ""))


_ENCODED = ("content", "excerpt")
_OF_POST = _wanted(
    "title link guid pubDate creator encoded attachment_url post_id post_type post_parent post_password post_date "
    "post_date_gmt status"
)
_OF_POST.blank.update(dict.fromkeys(_ENCODED, ""))
_OF_COMMENT = _wanted(
    "comment_id comment_parent comment_author comment_content comment_approved comment_date comment_date_gmt"
)


def _texts(element: etree._Element, wanted: _Wanted) -> dict[str, str]:
    """The text of the first child of each name, empty where there is none.

    All are read in one go, since a post may have a hundred children. The two elements called ``encoded`` go by the word in
    their namespace, ``content`` and ``excerpt``.
    """
    found: dict[str, str] = {}
    for child in element.iterchildren(*wanted.tags):
        for name in _names(str(child.tag)):
            if name not in found:
                found[name] = _content(child)
    return wanted.blank | found


@lru_cache(maxsize=256)
def _names(tag: str) -> tuple[str, ...]:
    space, _, name = tag.rpartition("}")
    return tuple(word for word in _ENCODED if word in space) if name == "encoded" else (name,)


def _text(element: etree._Element, local: str) -> str:
    """The text of the first child with that local name."""
    child = next(element.iterchildren(f"{{*}}{local}"), None)
    return "" if child is None else _content(child)


def _meta(element: etree._Element, key: str) -> str:
    for child in element.iterchildren("{*}postmeta"):
        if _text(child, "meta_key") == key:
            return _text(child, "meta_value")
    return ""


def _author(login: str, file: _File) -> str:
    """The name shown for a login; an address that stands for a name is not taken over."""
    name = file.authors.get(login, login)
    return "" if "@" in name else name


def _utc(raw: str) -> Moment:
    """A time of the ``_gmt`` fields, which is UTC by definition."""
    return utc(raw) if raw and not raw.startswith("0000") else UNKNOWN


def _published(told: Mapping[str, str]) -> tuple[Moment, str]:
    """The time published and its raw text: UTC field, else local time, else the feed's; drafts may have none."""
    raw = told["post_date_gmt"]
    if (moment := _utc(raw)).at is not None:
        return moment, raw
    for name in ("post_date", "pubDate"):
        other = told[name]
        if (moment := parse(other)).at is not None:
            return moment, other
    return moment, raw or told["post_date"]


def _comment_shown(approved: str, post: Item) -> tuple[Visibility, Status]:
    """An approved comment shows where its post does; one held back is seen by moderators only."""
    if approved == "1":
        return post.visibility, post.status
    if approved in ("spam", "trash", "post-trashed"):
        return "deleted", "deleted"
    return "draft", "draft"


def _also(entry: MemberReport, why: str) -> None:
    if why not in entry.why:
        entry.why = "; ".join(filter(None, (entry.why, why)))
