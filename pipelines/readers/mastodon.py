"""Mastodon archives and other ActivityPub outboxes; a single object of ActivityStreams 2.0 by itself.

ActivityStreams 2.0 and ActivityPub (both W3C): posts are ``Create`` activities, and who sees one is told by ``to`` and
``cc``. Posts to single people are private: they are counted, not given. Likes and bookmarks are never opened.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from detectors.base import Fact, Item, Media, SiteFacts, UserError, Visibility
from pipelines.readers.html import read_page
from pipelines.readers.json_stream import Steps, pointer, values
from pipelines.readers.media import media
from pipelines.readers.reader import Seen, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_bytes, read_head
from pipelines.readers.times import UNKNOWN, parse
from pipelines.readers.unread import report_unread
from pipelines.readers.values import dicts_of, explain_passed, natural_key, string_of

LAYOUT, BARE, OBJECT = "mastodon-archive", "activitypub-outbox", "activitystreams-object"

_OUTBOX = re.compile(r"(?P<root>(?:.*/)?)outbox\.json", re.IGNORECASE)
_PRIVATE = re.compile(
    r"(?:^|/)(?:likes|bookmarks|followers|following(?:_accounts)?|lists|mutes|muted_accounts|blocks|blocked_accounts|"
    r"blocked_domains|domain_blocks)\.(?:json|csv)$",
    re.IGNORECASE,
)
_PUBLIC = frozenset(("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"))
_POSTS = {"note": "post", "question": "post", "article": "article"}
_ACTORS = frozenset(("person", "organization", "group", "service", "application"))
_COLLECTIONS = frozenset(("orderedcollection", "collection", "orderedcollectionpage", "collectionpage"))
_NOT_IN_EXPORT = (
    "Replies by other people are not in a Mastodon archive: look at the posts themselves, or at copies of them.",
    "Posts that the account shared from others are named but not included.",
)


def detect(source: Source) -> Mastodon | None:
    """The reader where an outbox lies, or a bare file is one, or is a post in ActivityStreams.

    UserError for other objects of ActivityStreams, and for an archive that is still packed as tar.
    """
    if source.is_file:
        return _detect_file(source)
    names = [n for n in source.sizes if _OUTBOX.fullmatch(n) and _is_as2(read_head(source, n))]
    return Mastodon(source, sorted(names, key=natural_key), LAYOUT) if names else None


def _is_as2(head: bytes) -> bool:
    """Whether a JSON object names the context that every document of ActivityStreams has (AS 2.0 core, 2.1)."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b"www.w3.org/ns/activitystreams" in head.replace(
        b"\\/", b"/"
    )


def _detect_file(source: Source) -> Mastodon | None:
    name = next(iter(source.sizes))
    head = read_head(source, name)
    if head.startswith(b"\x1f\x8b") and name.lower().endswith((".tar.gz", ".tgz")):
        raise UserError(f"{source.path}: a packed archive (tar); unpack it and give the folder")
    if not _is_as2(head):
        return None
    kind = ""
    try:
        for _, value in values(source, name, lambda s: s == ("type",)):
            kind = _type({"type": value})
            break
    except DAMAGE:
        raise UserError(f"{source.path}: the JSON is damaged; export again") from None
    if _PRIVATE.search(name):
        raise UserError(f"{source.path}: likes, bookmarks or contacts, which are private; give outbox.json")
    if kind in _COLLECTIONS:
        return Mastodon(source, [name], BARE)
    if kind in _ACTORS:
        raise UserError(f"{source.path}: an account without its posts; give outbox.json or the whole archive")
    if kind == "create" or kind in _POSTS:
        try:
            given = json.loads(read_bytes(source, name).decode("utf-8-sig"))
        except DAMAGE:
            raise UserError(f"{source.path}: the JSON is damaged; export again") from None
        if _post_of(given):
            return Mastodon(source, [name], OBJECT)
    raise UserError(f"{source.path}: an ActivityStreams object that is no post; give notes, articles or an outbox.json")


def _post_of(activity: dict[str, Any]) -> dict[str, Any]:
    """The note, question or article that an activity creates or that is given by itself, else nothing."""
    given = activity.get("object") if _type(activity) == "create" else activity
    return given if isinstance(given, dict) and _type(given) in _POSTS else {}


def _type(given: dict[str, Any]) -> str:
    told = given.get("type")
    return str(told[0] if isinstance(told, list) and told else told or "").lower()


class Mastodon:
    """The posts of each outbox; of several archives side by side each has its own account."""

    platform = "mastodon"

    def __init__(self, source: Source, names: list[str], layout: str) -> None:
        self._source = source
        self._names = names
        self.layout = layout
        self._actors = {name: self._read_actor(name) for name in names} if layout == LAYOUT else {}
        self._first = next(iter(self._actors.values()), ({}, ""))
        self.account = _handle(self._first[0])

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every post that is not to single people, in the order of the outbox."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen, shown, actors = Seen(), set[str](), set[str]()
        for name in self._names:
            _, member = self._actors.get(name, ({}, ""))
            if member:
                actors.add(member)
                report.add(member, "parsed", 1, "the site's own facts")
            elif (broken := self._beside(name)) and self.layout == LAYOUT:
                actors.add(broken)
                report.damage(report.add(broken, "damaged"), "the JSON is broken or cut short and cannot be read")
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            for item in seen.fresh(self._outbox(name, entry, report, passed), entry, passed):
                shown.update(m.path for m in item.media)
                yield item
            if direct := passed.pop("direct", 0):
                report.add(
                    f"{name}#direct", "private", direct, "posts to single people: private, not turned into items"
                )
            explain_passed(entry, passed, report.rejected_in(name))
        if not self._source.is_file:
            report_unread(self._source, {*self._names, *actors, *shown}, _PRIVATE, report)

    def facts(self) -> SiteFacts | None:
        """What the account says of itself; None where the archive does not hold it."""
        actor, member = self._first
        if not actor:
            return None
        at = locator(self._source, self.layout, member, "")
        fields = [f for f in dicts_of(actor.get("attachment")) if _type(f) == "propertyvalue"]
        links = [_text(string_of(f, "value")) for f in fields if "href=" in string_of(f, "value")]
        given = {
            "name": string_of(actor, "name"),
            "username": self.account,
            "about": _text(string_of(actor, "summary")),
            "website": ", ".join(links),
            "url": string_of(actor, "url"),
            "search": _yes_or_no(actor.get("indexable", actor.get("discoverable"))),
        }
        facts = {key: Fact(value, at) for key, value in given.items() if value}
        told = ("Role-holders, followers, avatar and banner are not read from this export.",)
        return SiteFacts(self.account, self.platform, facts, told)

    def _read_actor(self, outbox: str) -> tuple[dict[str, Any], str]:
        """The account beside an outbox, and its member."""
        if name := self._beside(outbox):
            try:
                actor = json.loads(read_bytes(self._source, name).decode("utf-8-sig"))
            except DAMAGE:
                return {}, ""
            if isinstance(actor, dict):
                return actor, name
        return {}, ""

    def _beside(self, outbox: str) -> str:
        match = _OUTBOX.fullmatch(outbox)
        return self._source.find(f"{match.group('root') if match else ''}actor.json")

    def _outbox(self, name: str, entry: MemberReport, report: ImportReport, passed: Counter[str]) -> Iterator[Item]:
        claimed, held = -1, 0

        def wanted(steps: Steps) -> bool:
            if self.layout == OBJECT:
                return steps == ()
            lists = len(steps) == 2 and steps[0] in ("orderedItems", "items") and isinstance(steps[1], int)
            return lists or steps == ("totalItems",)

        try:
            for steps, given in values(self._source, name, wanted):
                if steps == ("totalItems",):
                    claimed = given if isinstance(given, int) else -1
                    continue
                held += 1
                if not isinstance(given, dict):
                    report.reject(name)
                    continue
                kind = _type(given)
                if not (post := _post_of(given)):
                    passed[f"shared from others ({kind})" if kind == "announce" else f"of type {_known(given)}"] += 1
                    continue
                item = self._post(post, given, name, pointer(steps))
                if item is None:
                    passed["direct"] += 1
                else:
                    yield item
        except DAMAGE:
            report.damage(entry, "the JSON is broken or cut short and was read in part only")
            return
        # Mastodon counts posts while it packs them, and can be one off.
        if claimed - held > 1:
            report.problem(f"{name}: it says that it holds {claimed} activities, but holds {held}; export again")

    def _post(self, post: dict[str, Any], activity: dict[str, Any], name: str, at: str) -> Item | None:
        """The item, None for a post to single people."""
        shown = _visibility(post if {"to", "cc"} & post.keys() else activity)
        if shown == "private":
            return None
        actor, member = self._actors.get(name, ({}, ""))
        attached = [a for key in ("attachment", "image") for a in _listed(post.get(key)) if _address(a)]
        found = tuple(self._media(a, member or name) for a in attached)
        alts = tuple(string_of(a, "name") or string_of(a, "summary") for a in attached)
        answers = _reference(post.get("inReplyTo"))
        kind = _POSTS[_type(post)]
        text = _content(post)
        title = "\n".join(filter(None, (string_of(post, "name"), _text(string_of(post, "summary")))))
        choices = [string_of(c, "name") for key in ("oneOf", "anyOf") for c in dicts_of(post.get(key))]
        people = [string_of(t, "name") for t in dicts_of(post.get("tag")) if _type(t) in _ACTORS]
        text = "\n".join(filter(None, (text, *choices, ", ".join(p for p in people if p and p not in text))))
        raw = string_of(post, "published") or string_of(activity, "published")
        moment = parse(raw) if raw else UNKNOWN
        url = _reference(post.get("url"))
        identity = string_of(post, "id") or url or f"activitystreams:{short_hash(raw, title, text)}"
        who = post.get("attributedTo") or activity.get("actor")
        return Item(
            id=identity,
            kind="reply" if answers and kind == "post" else kind,
            parts=parts(text, title, media_parts(found, alts)),
            locator=locator(self._source, self.layout, name, at),
            lineage=identity,
            media=found,
            site=_handle(actor) or _host(identity),
            platform=self.platform,
            author=string_of(actor, "name") or (string_of(who, "name") if isinstance(who, dict) else ""),
            author_role="school" if actor else "unknown",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            visibility=shown,
            url=url,
            in_reply_to=answers,
            has_photo=bool(found),
        )

    def _media(self, attached: dict[str, Any], member: str) -> Media:
        """An attachment: a path within the archive, often with ``/`` or the server's own folders before it."""
        address, claimed = _address(attached), string_of(attached, "mediaType")
        if "://" in address:
            return media(self._source, "", url=address, claimed=claimed)
        path = address.lstrip("/")
        root = member.rpartition("/")[0]
        forms = (path, path[path.find("media_attachments/") :] if "media_attachments/" in path else path)
        for form in forms:
            if name := self._source.find(f"{root}/{form}" if root else form):
                return media(self._source, name, claimed=claimed)
        return media(self._source, path, claimed=claimed)


def _visibility(post: dict[str, Any]) -> Visibility:
    """Who sees a post, as Mastodon addresses it; private where it is addressed to single people, or to nobody."""
    to, cc = ({_reference(one) for one in _each(post.get(key))} for key in ("to", "cc"))
    if to & _PUBLIC:
        return "public"
    if cc & _PUBLIC:
        return "unlisted"
    if any(one.rstrip("/").endswith("/followers") for one in to | cc):
        return "members"
    return "private" if {"to", "cc"} & post.keys() else "unknown"


def _each(given: object) -> list[Any]:
    return given if isinstance(given, list) else [] if given is None else [given]


def _listed(given: object) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {"url": one} for one in _each(given) if isinstance(one, dict | str)]


def _reference(given: object) -> str:
    """The address in a string, an object or link, or the first of a list of them."""
    for one in _each(given):
        if isinstance(one, str):
            return one
        if isinstance(one, dict) and (told := string_of(one, "id") or string_of(one, "href") or string_of(one, "url")):
            return told
    return ""


def _address(attached: dict[str, Any]) -> str:
    return _reference(attached.get("url")) or string_of(attached, "href")


def _content(post: dict[str, Any]) -> str:
    """The text; where only translations are given, all of them, as each is read by somebody."""
    told = string_of(post, "content")
    if not told and isinstance(versions := post.get("contentMap"), dict):
        return "\n".join(dict.fromkeys(_text(v) for v in versions.values() if isinstance(v, str)))
    return _text(told)


def _yes_or_no(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else ""


def _text(markup: str) -> str:
    return read_page(markup).text


def _known(activity: dict[str, Any]) -> str:
    """The type of an activity as a word for the report, never what a stranger may have written there."""
    kind = _type(activity)
    return kind if re.fullmatch(r"[a-z]{1,30}", kind) else "unknown"


def _handle(actor: dict[str, Any]) -> str:
    """The account's name as others write it, ``name@host``."""
    name, host = string_of(actor, "preferredUsername"), _host(string_of(actor, "url") or string_of(actor, "id"))
    return f"{name}@{host}" if name and host else name


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
