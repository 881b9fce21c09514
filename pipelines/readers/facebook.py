"""Facebook exports in JSON: a Page (2025 and later) and a profile or older Page.

Layouts observed in exports, as Meta documents none. Strings are UTF-8 that was read as Latin-1 and escaped. Only
members that hold published content are opened; messages, contacts and the like never are. Upload addresses and camera
data in the JSON are not read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from detectors.base import Fact, Item, Media, Role, SiteFacts, UserError
from pipelines.readers.media import base_name, media_at
from pipelines.readers.reader import Seen, Where, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_bytes, read_head
from pipelines.readers.times import epoch
from pipelines.readers.values import (
    dicts_of,
    explain_passed,
    list_key,
    mend,
    natural_key,
    read_mentions,
    stream_records,
)

PAGE, PROFILE, OLD, BARE = "facebook-page-2025", "facebook-profile-2024", "facebook-profile-old", "facebook-json"
PLATFORM = "facebook"

_ACTIVITY = r"(?:(?P<page>this_profile.s_activity_across_facebook/)|(?P<profile>your_facebook_activity/))?"
_POSTS = r"(?:your_posts|profile_posts|page_posts|posts|your_posts__check_ins__photos_and_videos)"
# The members that are opened, by what they hold; all numbers, as large exports are split.
_KINDS = {
    "post": rf"posts/{_POSTS}(?:_\d+)?",
    "album": r"(?:(?:posts|photos_and_videos|photos)/)?album/\d+",
    "video": r"(?:(?:posts|photos_and_videos|videos)/)?(?:your_)?videos(?:_\d+)?",
    "photo": r"(?:(?:posts|photos_and_videos|photos)/)?(?:your_)?uncategorized_photos(?:_\d+)?",
    "comment": r"(?:comments_and_reactions|comments)/comments(?:_\d+)?",
    "event": r"events/(?:events|your_events|events_you_hosted)(?:_\d+)?",
    "profile": r"(?:personal_information/)?profile_information(?:/profile_information)?(?:/profile_information)?",
}
_OPENED = {
    kind: re.compile(rf"(?P<root>(?:.*?/)??){_ACTIVITY}{form}\.json", re.IGNORECASE) for kind, form in _KINDS.items()
}
_HTML = re.compile(
    rf"(?:.*?/)??{_ACTIVITY}posts/{_POSTS}(?:_\d+)?\.html",
    re.IGNORECASE,
)
_PRIVATE = re.compile(
    r"(^|/)(messages?|inbox|e2ee_cutover|archived_threads|filtered_threads|message_requests|friends|"
    r"friends_and_followers|followers|connections|contacts|address_books?|security_and_login_information|"
    r"ads_information|ads_and_businesses|logged_information|location|payments|facebook_payments|search|searches|dating|"
    r"preferences|personal_information|your_places|apps_and_websites_off_of_facebook|profile_information|reactions|"
    r"likes_and_reactions|comments_and_reactions)/",
    re.IGNORECASE,
)
# What an attachment shows beside its picture.
_BESIDE = frozenset(("external_context", "event", "place", "text"))
# Meta's typed mentions in running text: @[id:type:Name].
_OTHERS_COMMENTS = (
    "Comments by other people are not in a Facebook export: look at the page itself, or at copies of them."
)
_NOT_IN_EXPORT = (
    _OTHERS_COMMENTS,
    "Who can see a post is not in a Facebook export, nor its address.",
    "Posts that the page shared from others are named but not included.",
)


def detect(source: Source) -> Facebook | None:
    """The reader where members lie as in a Facebook export, or a bare file holds its posts.

    UserError for the HTML variant.
    """
    if source.is_file:
        return _detect_file(source)
    found = {name: kind for name in source.sizes if (kind := _member_kind(name))}
    if any(kind in ("post", "album", "comment", "photo", "video", "event") for kind in found.values()) and _looks_right(
        source, found
    ):
        return Facebook(source, found)
    if any(_HTML.fullmatch(name) for name in source.sizes):
        raise UserError(
            f"{source.path}: a Facebook export in HTML; ask Facebook for the export again, in the format JSON"
        )
    return None


def _member_kind(name: str) -> str:
    return next((kind for kind, form in _OPENED.items() if form.fullmatch(name)), "")


def _looks_right(source: Source, found: Mapping[str, str]) -> bool:
    """Whether a member holds what Facebook writes, or nothing at all.

    A damaged one counts, and is reported on reading.
    """
    for name, kind in found.items():
        if kind == "profile":
            continue
        head = read_head(source, name, 1 << 16).lstrip(b"\xef\xbb\xbf \r\n\t")
        if not head or b'"timestamp"' in head or b'_timestamp"' in head or head.startswith((b"[]", b"{}", b"[ ]")):
            return True
    return False


def _detect_file(source: Source) -> Facebook | None:
    """A bare file of posts or comments: a list of records with a timestamp beside data, attachments or a title."""
    name = next(iter(source.sizes))
    head = read_head(source, name, 1 << 12).lstrip(b"\xef\xbb\xbf \r\n\t")
    if not head.startswith((b"[", b"{")):
        return None
    try:
        with source.open(name) as stream:
            key = list_key(stream) if head.startswith(b"{") else ""
        if head.startswith(b"{") and not key.endswith("_v2"):
            return None
        with source.open(name) as stream:
            first = next((r for r in stream_records(stream, key) if isinstance(r, dict)), {})
    except DAMAGE:
        return None
    if not isinstance(first.get("timestamp"), int) or not {"data", "attachments", "label_values"} & set(first):
        return None
    kind = "comment" if key == "comments_v2" else "event" if "label_values" in first else "post"
    return Facebook(source, {name: kind})


class Facebook:
    """Posts, albums, videos, photos, own comments and events of one export.

    Several archives of it unpacked side by side are one.
    """

    platform = PLATFORM

    def __init__(self, source: Source, members: Mapping[str, str]) -> None:
        self._source = source
        self._members = members
        # Where the export's own folders may lie: below a root of its own first, then where the paths say.
        self._places = list(dict.fromkeys((*sorted({_root(name) for name in members}), "")))
        self.layout = BARE if source.is_file else _layout(members)
        self._profile, self._profile_member = self._read_profile()
        self.account = self._text(self._profile, "username") or _last_step(self._text(self._profile, "profile_uri"))
        name = self._profile.get("name")
        self._name = self._text(name, "full_name") if isinstance(name, dict) else mend(str(name or ""))

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every item, posts first, so that a picture of a post is not given again by its album."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen, pictured = Seen(), dict[str, str]()
        order = list(_KINDS)
        for name, kind in sorted(self._members.items(), key=lambda m: (order.index(m[1]), natural_key(m[0]))):
            if kind == "profile":
                report.add(
                    name, "parsed", 1 if name == self._profile_member and self._profile else 0, "the site's own facts"
                )
                continue
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            yield from seen.fresh(self._member(name, kind, entry, report, passed, pictured), entry, passed)
            explain_passed(entry, passed, report.rejected_in(name))
        self._rest(report, pictured)

    def facts(self) -> SiteFacts | None:
        """What the profile says of itself; None where the export holds no profile."""
        if not self._profile:
            return None
        at = locator(self._source, self.layout, self._profile_member, "/profile_v2")
        sites = [self._text(site, "address") for site in dicts_of(self._profile.get("websites"))]
        bio = next((self._profile[key] for key in ("intro_bio", "about_me", "bio") if self._profile.get(key)), "")
        category = self._profile.get("profile_category") or self._profile.get("category")
        values = {
            "name": self._name,
            "about": self._text(bio, "name") or self._text(bio, "text") if isinstance(bio, dict) else mend(str(bio)),
            "website": ", ".join(filter(None, sites)),
            "url": self._text(self._profile, "profile_uri"),
            "username": self._text(self._profile, "username"),
            "category": mend(category) if isinstance(category, str) else "",
        }
        facts = {key: Fact(value, at) for key, value in values.items() if value}
        return SiteFacts(
            self.account,
            PLATFORM,
            facts,
            ("Role-holders, followers, avatar and banner are not read from this export.",),
        )

    @staticmethod
    def _text(record: object, key: str) -> str:
        value = record.get(key) if isinstance(record, dict) else None
        return mend(value) if isinstance(value, str) else ""

    def _read_profile(self) -> tuple[dict[str, Any], str]:
        for name in sorted(n for n, kind in self._members.items() if kind == "profile"):
            try:
                whole = json.loads(read_bytes(self._source, name).decode("utf-8-sig"))
            except DAMAGE:
                continue
            if isinstance(whole, dict):
                inner = next((v for k, v in whole.items() if k.startswith("profile") and isinstance(v, dict)), whole)
                return inner, name
        return {}, ""

    def _member(
        self,
        name: str,
        kind: str,
        entry: MemberReport,
        report: ImportReport,
        passed: Counter[str],
        pictured: dict[str, str],
    ) -> Iterator[Item]:
        """The items of one member as far as it can be read."""
        key = ""
        try:
            with self._source.open(name) as stream:
                key = list_key(stream)
            with self._source.open(name) as stream:
                for n, given in enumerate(stream_records(stream, key)):
                    where = Where(name, f"/{key}/{n}" if key else f"/{n}")
                    if not isinstance(given, dict):
                        report.reject(name)
                        continue
                    yield from self._record(given, kind, where, passed, pictured)
        except DAMAGE:
            report.damage(entry, "the JSON is broken or cut short and was read in part only", "export again")

    def _record(
        self, given: dict[str, Any], kind: str, where: Where, passed: Counter[str], pictured: dict[str, str]
    ) -> Iterable[Item]:
        if kind == "comment":
            item = self._comment(given, where)
            if item is None:
                passed["without text"] += 1
                return ()
            return (item,)
        if kind == "event":
            return (self._event(given, where),)
        if kind == "post":
            item = self._post(given, where)
            for one in item.media:
                pictured[one.path or one.url] = item.id
            return (item,)
        return self._picture(given, kind, where, passed, pictured)

    def _post(self, given: dict[str, Any], where: Where) -> Item:
        said = [read_mentions(self._text(d, "post")) for d in dicts_of(given.get("data")) if "post" in d]
        text = "\n".join(filter(None, said)) or self._labelled(given, ("title",))
        attached = [d for a in dicts_of(given.get("attachments")) for d in dicts_of(a.get("data"))]
        if "media" in given:
            attached += [{"media": m} for m in dicts_of(given["media"])]
        found, alts = self._media([d["media"] for d in attached if isinstance(d.get("media"), dict)], text)
        beside = [line for d in attached if not _BESIDE.isdisjoint(d) for line in self._beside(d)]
        if given.get("tags"):
            tags = [self._text(t, "name") for t in dicts_of(given["tags"])]
            beside.append(", ".join(t for t in tags if t and t not in text))
        title = "\n".join(dict.fromkeys(filter(None, beside))) if beside else ""
        return self._item("post", given, where, text, title, found, alts)

    def _beside(self, attached: dict[str, Any]) -> Iterator[str]:
        """What Facebook shows beneath the text: the card of a link, an event, a place, a piece of text."""
        link, event, place = attached.get("external_context"), attached.get("event"), attached.get("place")
        if isinstance(link, dict):
            yield from (self._text(link, key) for key in ("name", "source", "url"))
        if isinstance(event, dict):
            yield from (read_mentions(self._text(event, key)) for key in ("name", "description"))
            place = place or event.get("place")
        if isinstance(place, dict):
            yield ", ".join(filter(None, (self._text(place, "name"), self._text(place, "address"))))
        yield read_mentions(self._text(attached, "text"))

    def _media(self, records: Sequence[dict[str, Any]], text: str) -> tuple[tuple[Media, ...], tuple[str, ...]]:
        """The media and their descriptions; a description that repeats the post is dropped."""
        if not records:
            return (), ()
        found: list[Media] = []
        alts: list[str] = []
        for one in records:
            found.append(self._find(self._text(one, "uri")))
            said = read_mentions(self._text(one, "description"))
            alts.append("" if said == text or said.strip() == text.strip() else said)
        return tuple(found), tuple(alts)

    def _find(self, uri: str) -> Media:
        if "://" in uri:
            return media_at(self._source, "", "", url=uri)
        for root in self._places:
            if uri and (name := self._source.find(f"{root}{uri}")):
                return media_at(self._source, name, name)
        return media_at(self._source, "", uri)

    def _item(
        self,
        kind: str,
        given: dict[str, Any],
        where: Where,
        text: str,
        title: str = "",
        found: tuple[Media, ...] = (),
        alts: tuple[str, ...] = (),
        author: str | None = None,
        author_role: Role = "school",
        answers: str = "",
    ) -> Item:
        stamp = given.get("timestamp") or given.get("creation_timestamp") or given.get("create_timestamp")
        stamp = stamp if isinstance(stamp, int | float) else None
        names = [base_name(m.path or m.url) for m in found] if found else []
        number = given.get("fbid")
        if isinstance(number, str | int) and number:
            identity = lineage = f"{PLATFORM}:{self.account}:{number}"
        else:
            identity = f"{PLATFORM}:{self.account}:{short_hash(self.account, stamp, text or title, names)}"
            lineage = f"{PLATFORM}:{self.account}:{stamp}:{short_hash(names) if names else _NO_NAMES}"
        moment = epoch(stamp)
        return Item(
            id=identity,
            kind=kind,
            parts=parts(text, title, media_parts(found, alts)),
            locator=locator(self._source, self.layout, where.member, where.pointer),
            lineage=lineage,
            media=found,
            site=self.account,
            platform=PLATFORM,
            author=self._name if author is None else author,
            author_role=author_role,
            published=moment.at,
            raw_published="" if stamp is None else str(stamp),
            time_basis=moment.basis,
            visibility="public" if self.layout == PAGE else "unknown",
            in_reply_to=answers,
            has_photo=bool(found),
        )

    def _comment(self, given: dict[str, Any], where: Where) -> Item | None:
        """A comment of the account's own, None where the export leaves its text out."""
        for data in dicts_of(given.get("data")):
            said = data.get("comment")
            if isinstance(said, dict) and (text := read_mentions(self._text(said, "comment"))):
                stamp = said.get("timestamp") or given.get("timestamp")
                attached = [d for a in dicts_of(given.get("attachments")) for d in dicts_of(a.get("data"))]
                found, alts = self._media([d["media"] for d in attached if isinstance(d.get("media"), dict)], text)
                return self._said({"timestamp": stamp}, where, text, self._text(said, "author"), found, alts)
        return None

    def _said(
        self,
        given: dict[str, Any],
        where: Where,
        text: str,
        author: str,
        found: tuple[Media, ...] = (),
        alts: tuple[str, ...] = (),
        answers: str = "",
    ) -> Item:
        """A comment; the export's own list of comments holds those of the account only."""
        own = self._members[where.member] == "comment" or author == self._name
        role: Role = "school" if own else "outsider"
        return self._item(
            "comment", given, where, text, "", found, alts, author=author, author_role=role, answers=answers
        )

    def _event(self, given: dict[str, Any], where: Where) -> Item:
        """An event the account held: name as title; description and place as text."""
        name = self._text(given, "name") or self._text(given, "title")
        place = given.get("place")
        told = [read_mentions(self._text(given, "description")), self._labelled(given, (name,))]
        if isinstance(place, dict):
            told += [self._text(place, "name"), self._text(place, "address")]
        found, alts = self._media(dicts_of(given.get("media")), name)
        return self._item("event", given, where, "\n".join(filter(None, told)), name, found, alts)

    def _labelled(self, given: dict[str, Any], known: tuple[str, ...]) -> str:
        """The values of the newer ``label_values`` form; labels are in the interface's language, so all are taken."""
        values = [read_mentions(self._text(v, "value")) for v in dicts_of(given.get("label_values"))]
        return "\n".join(dict.fromkeys(v for v in values if v and v not in known))

    def _picture(
        self, given: dict[str, Any], kind: str, where: Where, passed: Counter[str], pictured: dict[str, str]
    ) -> Iterator[Item]:
        """A picture of an album, or a video: its description is the text; comments on it follow."""
        found, _ = self._media([given], "")
        key = found[0].path or found[0].url or where.pointer
        if key in pictured:
            passed["shown in a post"] += 1
        else:
            text = read_mentions(self._text(given, "description"))
            title = self._text(given, "title") if kind == "video" else ""
            item = self._item("caption", given, where, text, title, found, ("",))
            pictured[key] = item.id
            yield item
        for n, comment in enumerate(dicts_of(given.get("comments"))):
            if text := read_mentions(self._text(comment, "comment")):
                at = Where(where.member, f"{where.pointer}/comments/{n}")
                yield self._said(comment, at, text, self._text(comment, "author"), answers=pictured[key])

    def _rest(self, report: ImportReport, pictured: dict[str, str]) -> None:
        """What was not opened, by folder: private members, media that nothing names, everything else."""
        groups: Counter[tuple[str, str, str]] = Counter()
        for name in self._source.sizes:
            if name in self._members or name in pictured:
                continue
            folder = name.rpartition("/")[0] or name
            if match := _PRIVATE.search(name):
                groups[(name[: match.end()], "private", "private: never opened")] += 1
            elif name.lower().endswith((".json", ".html", ".txt")):
                groups[(name, "skipped", "not a member that holds published content")] += 1
            else:
                groups[(folder, "skipped", "files that no post names")] += 1
        for (member, status, why), count in sorted(groups.items()):
            report.add(member, "private" if status == "private" else "skipped", count, why)


_NO_NAMES = short_hash([])


def _root(name: str) -> str:
    """What stands before the export's own folders: archives often nest them in one of their own name."""
    match = next((m for form in _OPENED.values() if (m := form.fullmatch(name))), None)
    return match.group("root") if match else ""


def _layout(members: Mapping[str, str]) -> str:
    matches = [m for name in members for form in _OPENED.values() if (m := form.fullmatch(name))]
    if any(m.group("page") for m in matches):
        return PAGE
    return PROFILE if any(m.group("profile") for m in matches) else OLD


def _last_step(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[-1] if "/" in address and "?" not in address else ""
