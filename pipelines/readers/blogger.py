"""Blogger exports: the Atom file of "Back up content", and the ``feed.atom`` that Google Takeout writes.

The older says what an entry is in a ``#kind`` category, ``app:draft`` and ``thr:in-reply-to`` (Blogger Data API 2.0), the newer in
``blogger:type``, ``blogger:status`` and ``blogger:parent`` (observed in exports, not documented). Prefixes are the writer's choice:
elements are matched by local name. Commenters' e-mail addresses stand in the older export; they are never read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import etree

from detectors.base import Fact, Item, Media, SiteFacts, Status, UserError, Visibility
from pipelines.readers.html import read_page
from pipelines.readers.media import base_name, declared, media
from pipelines.readers.reader import Seen, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import Source, is_damaged, is_litter, read_head
from pipelines.readers.times import parse
from pipelines.readers.wordpress import BROKEN, Mended, Readable, require_readable

LAYOUT, TAKEOUT = "blogger-atom", "blogger-takeout"
PLATFORM = "blogger"
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?feed[\s>]")
_KIND_SCHEME = "schemas.google.com/g/2005#kind"
_NAMESPACE = "schemas.google.com/blogger/2018"
_ENTRY = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?entry[\s>]")
_KINDS = {"post": "article", "page": "page", "comment": "comment"}
_SHOWN: dict[str, tuple[Visibility, Status]] = {
    "live": ("public", "published"),
    "published": ("public", "published"),
    "draft": ("draft", "draft"),
    "scheduled": ("draft", "scheduled"),
    "pending": ("draft", "draft"),
    "trashed": ("deleted", "deleted"),
    "soft_trashed": ("deleted", "deleted"),
    "deleted": ("deleted", "deleted"),
    "spam": ("deleted", "deleted"),
}
_CHANNEL = ("id", "title", "subtitle", "link")
_NOT_IN_EXPORT = (
    "Pictures are named by address only; those of a Takeout's albums are read where their file name is the same.",
    "Whether a blog is open to all or to invited readers only is not in a Blogger export: its posts are taken for public.",
)


def detect(source: Source) -> Blogger | None:
    """The reader where a member is a Blogger export; UserError where it is one that nothing can be read from."""
    members = [name for name in source.sizes if _may_be(source, name) and _layout(read_head(source, name))]
    if not members:
        return None
    reader = Blogger(source, members)
    require_readable(reader.readable, source, members)
    return reader


def _may_be(source: Source, name: str) -> bool:
    """Among many files only feeds are looked into; a bare file may have any name."""
    return source.is_file or (name.lower().endswith((".xml", ".atom")) and not is_litter(name))


def _layout(head: bytes) -> str:
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8", "replace")
    if _ROOT.search(text[: 1 << 14]) is None:
        return ""
    return TAKEOUT if _NAMESPACE in text else LAYOUT if _KIND_SCHEME in text else ""


class Blogger:
    """Posts, pages and comments of one or several blogs."""

    platform = PLATFORM

    def __init__(self, source: Source, members: list[str]) -> None:
        self._source = source
        self._members = members
        self.layout = _layout(read_head(source, members[0]))
        self._channel = self._said(members[0])
        self._albums: dict[str, str] = {}
        for name in source.sizes if not source.is_file else ():
            if declared(name).startswith("image/"):
                self._albums.setdefault(base_name(name).lower(), name)

    @property
    def account(self) -> str:
        """The blog's host, else its title."""
        return self._channel.get("host", "") or self._channel.get("title", "")

    def readable(self, name: str) -> bool:
        """Whether a member yields an entry or is a whole export without any; UserError where it declares entities."""
        if _declares_entities(self._source, name):
            raise UserError(
                f"{self._source.path}: the XML declares entities, which no Blogger export does; export again"
            )
        try:
            with self._source.open(name) as stream:
                parser = _Entries(stream)
                return any(_local(e) == "entry" for e in parser) or not parser.errors
        except BROKEN:
            return False

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every post, page and comment, member by member."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen = Seen()
        for name in self._members:
            entry = report.add(name, "parsed")
            skipped: Counter[str] = Counter()
            for item in self._member(name, entry, skipped, report):
                if (admitted := seen.admit(item)) is None:
                    skipped["repetition"] += 1
                    continue
                entry.records += 1
                yield admitted
            if skipped:
                _also(entry, "skipped: " + ", ".join(f"{count} {what}" for what, count in sorted(skipped.items())))
        self._rest(report)

    def facts(self) -> SiteFacts | None:
        """Name, description and address of the blog."""
        at = locator(self._source, self.layout, self._members[0], "feed")
        named = {"name": "title", "about": "subtitle", "url": "link"}
        found = {fact: Fact(self._channel[key], at) for fact, key in named.items() if self._channel.get(key)}
        missing = ("Followers, role-holders, avatar and banner are not in a Blogger export.",)
        return SiteFacts(self.account, PLATFORM, found, missing)

    def _said(self, name: str) -> dict[str, str]:
        """What a member says of its blog: ``title``, ``subtitle``, ``link``, ``host`` and ``id``.

        The older format's feed may name no address of its own, and may say its title last.
        """
        said: dict[str, str] = {}
        try:
            with self._source.open(name) as stream:
                for element in _Entries(stream):
                    local = _local(element)
                    if local == "entry":
                        said.setdefault("post", _link(element))
                        if "title" in said:
                            break
                    elif local == "link":
                        if element.get("rel", "alternate") == "alternate":
                            said.setdefault("link", element.get("href", ""))
                    else:
                        said.setdefault(local, _content(element))
        except BROKEN:
            pass
        said["host"] = _host(said.get("link", "")) or _host(said.pop("post", ""))
        return said

    def _member(self, name: str, entry: MemberReport, skipped: Counter[str], report: ImportReport) -> Iterator[Item]:
        """The items of one file as far as it can be read."""
        if _declares_entities(self._source, name):
            report.damage(entry, "the XML declares entities and is not read")
            return
        said = self._channel if name == self._members[0] else self._said(name)
        site = said.get("host", "") or said.get("title", "")
        try:
            with self._source.open(name) as stream:
                parser = _Entries(stream)
                for element in parser:
                    if _local(element) != "entry":
                        continue
                    kind = _kind(element)
                    if kind in _KINDS:
                        yield self._item(element, _KINDS[kind], site, name)
                    else:
                        skipped[kind] += 1
            if parser.lost:
                report.rejected += parser.lost
                report.damage(entry, f"broken XML: {parser.lost} of its entries could not be read")
            elif parser.cut_short:
                report.damage(entry, "the XML is cut short: what follows is missing")
            elif parser.errors:
                _also(entry, f"invalid XML mended in {parser.errors} places")
        except BROKEN:
            report.damage(entry, "the member is damaged and was read in part only")

    def _item(self, element: etree._Element, kind: str, site: str, member: str) -> Item:
        page = read_page(_text(element, "content") or _text(element, "summary"))
        # A comment's title is the beginning of its text.
        title = "" if kind == "comment" else read_page(_text(element, "title")).text
        found = tuple(self._picture(p.src) for p in page.pictures)
        given = _text(element, "id")
        raw = _text(element, "published") or _text(element, "created") or _text(element, "updated")
        number = given or short_hash(kind, title, page.text, raw)
        moment = parse(raw)
        visibility, status = _shown(element)
        author = next((_text(e, "name") for e in element if _local(e) == "author"), "")
        return Item(
            id=f"{PLATFORM}:{number}",
            kind=kind,
            parts=parts(page.text, title, media_parts(found, tuple(p.alt for p in page.pictures))),
            locator=locator(
                self._source, self.layout, member, f"{'comment' if kind == 'comment' else 'post'}:{number}"
            ),
            lineage=f"{PLATFORM}:{number}",
            media=found,
            site=site,
            platform=PLATFORM,
            author="" if "@" in author else author,
            author_role="unknown" if kind == "comment" else "school",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            visibility=visibility,
            status=status,
            url=_link(element) or _address(_text(element, "filename"), site),
            in_reply_to=_answered(element) if kind == "comment" else "",
            has_photo=bool(found),
        )

    def _picture(self, address: str) -> Media:
        """The picture at an address, from a Takeout's albums where one is named like it."""
        name = self._albums.get(base_name(address).lower(), "") if address else ""
        return media(self._source, name, url=address)

    def _rest(self, report: ImportReport) -> None:
        """Lists what lies beside: the albums' pictures, and files that are not read."""
        if self._source.is_file:
            return
        albums = set(self._albums.values())
        if albums:
            report.add("Albums", "parsed", len(albums), "pictures, read where a post shows one of their name")
        for name in self._source.sizes:
            if name in self._members or name in albums or is_litter(name):
                continue
            if name.lower().endswith((".xml", ".atom")) and is_damaged(self._source, name):
                report.damage(report.add(name, "damaged"), "cannot be read")
            else:
                report.add(name, "unknown", 0, "not part of a Blogger export")


class _Counting(Mended):
    """Mended XML that counts the start tags of entries outside CDATA and comments."""

    entries = 0

    def _count_in(self, outside: bytes) -> None:
        self.entries += len(_ENTRY.findall(outside))


class _Entries:
    """The entries of a feed and what it says of itself, one element at a time in flat memory; nothing is fetched."""

    _STOPPED = frozenset(("ERR_TAG_NOT_FINISHED", "ERR_DOCUMENT_END", "ERR_CDATA_NOT_FINISHED", "ERR_RESOURCE_LIMIT"))

    def __init__(self, stream: Readable) -> None:
        self._mended = _Counting(stream)
        self._given = 0
        self._events = etree.iterparse(
            self._mended,
            events=("end",),
            tag=[f"{{*}}{name}" for name in ("entry", *_CHANNEL)],
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )

    def __iter__(self) -> Iterator[etree._Element]:
        for _, element in self._events:
            parent = element.getparent()
            if _local(element) != "entry":
                if parent is not None and _local(parent) == "feed":
                    yield element
                continue
            # Recovery makes an empty entry out of a start tag that was cut.
            if len(element):
                self._given += 1
                yield element
            element.clear(keep_tail=False)
            while parent is not None and element.getprevious() is not None:
                del parent[0]

    @property
    def errors(self) -> int:
        """How many places were mended or gone over so far."""
        return self._mended.count + len(self._events.error_log)

    @property
    def lost(self) -> int:
        """How many entries began that the parser did not give."""
        return max(self._mended.entries - self._given, 0)

    @property
    def cut_short(self) -> bool:
        """Whether the file ends within an element, or the parser stopped before its end."""
        return any(e.type_name in self._STOPPED for e in self._events.error_log)


def _declares_entities(source: Source, name: str) -> bool:
    head = read_head(source, name, 1 << 20)
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8", "replace")
    root = _ROOT.search(text)
    return "<!ENTITY" in (text[: root.start()] if root else text)


def _kind(element: etree._Element) -> str:
    """``post``, ``page``, ``comment`` or what else the entry is."""
    told = _text(element, "type").lower()
    for child in element:
        if not told and _local(child) == "category" and _KIND_SCHEME in child.get("scheme", ""):
            told = child.get("term", "").rpartition("#")[2].lower()
    return told if re.fullmatch(r"[a-z_]{1,30}", told) else "entry of no kind"


def _shown(element: etree._Element) -> tuple[Visibility, Status]:
    """Who can see an entry; what the older format does not call a draft is published."""
    status = _text(element, "status").lower()
    if status:
        plain = "spam" if "spam" in status or status in ("ghosted", "rejected") else status
        return _SHOWN.get(plain, ("unknown", "published"))
    control = next((e for e in element if _local(e) == "control"), None)
    draft = _text(element, "draft") or (_text(control, "draft") if control is not None else "")
    return _SHOWN["draft" if draft.lower() == "yes" else "live"]


def _answered(element: etree._Element) -> str:
    """The id of what a comment answers: the comment, else the post."""
    newer = _text(element, "inReplyTo") or _text(element, "parent")
    # The older export links a reply to its comment, as ``related``, and every comment to its post.
    related = next(
        (
            e.get("href", "").rpartition("/")[2]
            for e in element
            if _local(e) == "link" and e.get("rel") == "related" and "/comments/" in e.get("href", "")
        ),
        "",
    )
    ref = next((e.get("ref", "") for e in element if _local(e) == "in-reply-to"), "")
    if related and ".post-" in ref:
        ref = f"{ref.rpartition('.post-')[0]}.post-{related}"
    target = newer or ref
    return f"{PLATFORM}:{target}" if target else ""


def _link(element: etree._Element) -> str:
    for child in element:
        if _local(child) == "link" and child.get("rel", "alternate") == "alternate" and child.get("href"):
            return str(child.get("href"))
    return ""


def _address(path: str, site: str) -> str:
    """A post's address by its ``blogger:filename``, where the blog's host is known."""
    return f"https://{site}{path}" if path.startswith("/") and "." in site and " " not in site else ""


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _content(element: etree._Element) -> str:
    return "".join(str(t) for t in element.itertext()).strip()


def _text(element: etree._Element, local: str) -> str:
    """The text of the first child with that local name."""
    return next((_content(child) for child in element if _local(child) == local), "")


def _also(entry: MemberReport, why: str) -> None:
    if why not in entry.why:
        entry.why = "; ".join(filter(None, (entry.why, why)))
