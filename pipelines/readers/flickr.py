"""Flickr's account data: one ``photo_<id>.json`` for each picture, with the pictures in archives of their own beside it.

Layout observed in exports, not documented. Contacts, favourites, mail, groups and the like are never opened.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from detectors.base import Fact, Item, Role, SiteFacts, Visibility
from pipelines.readers.html import read_page
from pipelines.readers.media import base_name, declared, media
from pipelines.readers.reader import Seen, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_bytes, read_head
from pipelines.readers.times import LONDON, UNKNOWN, parse
from pipelines.readers.unread import report_unread
from pipelines.readers.values import dicts_of, explain_passed, natural_key, string_of

LAYOUT, BARE = "flickr-export", "flickr-json"
PLATFORM = "flickr"
UTC_ZONE = ZoneInfo("UTC")

_MEMBERS = {
    "profile": re.compile(r"(?:.*/)?account_profile\.json", re.IGNORECASE),
    "photo": re.compile(r"(?:.*/)?photo_(?P<id>\d+)\.json", re.IGNORECASE),
    "said": re.compile(r"(?:.*/)?(?:photos|sets|galleries)_comments_part\d+\.json", re.IGNORECASE),
}
_PRIVATE = re.compile(
    r"(?:^|/)(?:contacts|faves|followers|received_flickrmail|sent_flickrmail|account_testimonials|groups|"
    r"group_discussions|apps_comments|sets|galleries)(?:_part\d+)?\.json$",
    re.IGNORECASE,
)
_SHOWN: dict[str, Visibility] = {
    "public": "public",
    "private": "private",
    "friend only": "members",
    "friends only": "members",
    "family only": "members",
    "friend & family": "members",
    "friends & family": "members",
    "friends": "members",
    "family": "members",
}
_NOT_IN_EXPORT = (
    "The people tagged in pictures and the names of commenters are not in a Flickr export, only their numbers.",
)
_OWNER = re.compile(r"flickr\.com/(?:photos|people)/([^/?#]+)", re.IGNORECASE)


def detect(source: Source) -> Flickr | None:
    """The reader where a member, or the bare file, is the record of a picture."""
    members = {n: kind for n in source.sizes if (kind := next((k for k, f in _MEMBERS.items() if f.fullmatch(n)), ""))}
    if any(kind == "photo" and _looks_right(source, name) for name, kind in members.items()):
        return Flickr(source, members)
    return None


def _looks_right(source: Source, name: str) -> bool:
    head = read_head(source, name).lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"{") and (b'"photopage"' in head or b'"date_imported"' in head)


class Flickr:
    """Pictures with their titles, descriptions and tags; the comments on them; own comments elsewhere."""

    platform = PLATFORM

    def __init__(self, source: Source, members: dict[str, str]) -> None:
        self._source = source
        order = list(_MEMBERS)
        self._members = dict(sorted(members.items(), key=lambda m: (order.index(m[1]), natural_key(m[0]))))
        self.layout = BARE if source.is_file else LAYOUT
        self._profile, self._profile_member = self._read_profile()
        self._nsid = string_of(self._profile, "nsid")
        self.account = self._owner()
        self._name = string_of(self._profile, "screen_name")
        self._files = {} if source.is_file else _by_number(source)

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Each picture with its comments."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen, shown = Seen(), set[str]()
        for name, kind in self._members.items():
            if kind == "profile":
                self._tell_profile(name, report)
                continue
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            for item in seen.fresh(self._member(name, kind, entry, report), entry, passed):
                shown.update(m.path for m in item.media)
                yield item
            explain_passed(entry, passed, report.rejected_in(name))
        if not self._source.is_file:
            report_unread(self._source, {*self._members, *shown}, _PRIVATE, report)

    def facts(self) -> SiteFacts | None:
        """What the profile says; None where the export holds none."""
        at = locator(self._source, self.layout, self._profile_member, "")
        given = {
            "name": self._name,
            "username": self.account,
            "about": read_page(string_of(self._profile, "description"), keep_lines=True).text,
            "url": string_of(self._profile, "profile_url"),
        }
        facts = {key: Fact(value, at) for key, value in given.items() if value}
        told = ("Role-holders, followers, avatar and banner are not read from this export.",)
        return SiteFacts(self.account, PLATFORM, facts, told) if self._profile else None

    def _read_profile(self) -> tuple[dict[str, Any], str]:
        for name in (n for n, kind in self._members.items() if kind == "profile"):
            try:
                return _object(self._source, name), name
            except DAMAGE:
                continue
        return {}, ""

    def _tell_profile(self, name: str, report: ImportReport) -> None:
        try:
            _object(self._source, name)
            report.add(name, "parsed", 1, "the site's own facts")
        except DAMAGE:
            report.damage(report.add(name, "damaged"), "the JSON is broken or cut short and cannot be read")

    def _owner(self) -> str:
        """The account's name in its pictures' addresses."""
        for name in (n for n, kind in self._members.items() if kind == "photo"):
            head = read_head(self._source, name).decode("utf-8", "replace").replace("\\/", "/")
            if match := re.search(r'"photopage"\s*:\s*"([^"]{1,300})"', head):
                return owner.group(1) if (owner := _OWNER.search(match.group(1))) else ""
        return self._nsid

    def _member(self, name: str, kind: str, entry: MemberReport, report: ImportReport) -> Iterator[Item]:
        try:
            given = _object(self._source, name)
        except DAMAGE:
            report.damage(entry, "the JSON is broken or cut short and cannot be read")
            return
        photo = None if kind == "said" else self._photo(given, name)
        if photo is not None:
            yield photo
        comments = given.get("comments")
        for n, comment in enumerate(comments if isinstance(comments, list) else []):
            text = _text(string_of(comment, "comment")) if isinstance(comment, dict) else ""
            if not text:
                report.reject(name)
                continue
            yield self._comment(comment, text, (name, f"/comments/{n}"), photo)

    def _photo(self, given: dict[str, Any], name: str) -> Item:
        number = string_of(given, "id") or str(re.sub(r"\D", "", base_name(name)))
        tags = ", ".join(filter(None, (string_of(t, "tag") for t in dicts_of(given.get("tags")))))
        notes = [_text(string_of(n, "text")) for n in dicts_of(given.get("notes"))]
        text = "\n".join(filter(None, (_text(string_of(given, "description")), *notes, tags)))
        files = self._files.get(number, [])
        original = string_of(given, "original")
        found = tuple(media(self._source, f, url=original) for f in files) or (media(self._source, "", url=original),)
        # The day on which it was published stands first; a camera's clock says where it stood, not when it was seen.
        imported, taken = string_of(given, "date_imported"), string_of(given, "date_taken")
        moment = parse(imported, UTC_ZONE) if imported else parse(taken, LONDON) if taken else UNKNOWN
        return Item(
            id=f"{PLATFORM}:photo-{number}",
            kind="caption",
            parts=parts(text, _text(string_of(given, "name")), media_parts(found, ("",) * len(found))),
            locator=locator(self._source, self.layout, name, ""),
            lineage=f"{PLATFORM}:photo-{number}",
            media=found,
            site=self.account,
            platform=PLATFORM,
            author=self._name,
            author_role="school",
            published=moment.at,
            raw_published=imported or taken,
            time_basis=moment.basis,
            visibility=_SHOWN.get(string_of(given, "privacy").strip().lower(), "unknown"),
            url=string_of(given, "photopage"),
            has_photo=True,
        )

    def _comment(self, given: dict[str, Any], text: str, at: tuple[str, str], photo: Item | None) -> Item:
        """A comment on a picture; those in a list of their own are the account's own, on others' pictures."""
        author = string_of(given, "user")
        role: Role = "school" if photo is None or author == self._nsid != "" else "unknown"
        raw = string_of(given, "date") or string_of(given, "created")
        moment = parse(raw, UTC_ZONE) if raw else UNKNOWN
        about = string_of(given, "photo_id")
        number = string_of(given, "id") or short_hash(about, raw, text)
        return Item(
            id=f"{PLATFORM}:comment-{number}",
            kind="comment",
            parts=parts(text),
            locator=locator(self._source, self.layout, *at),
            lineage=f"{PLATFORM}:comment-{number}",
            site=self.account,
            platform=PLATFORM,
            author=author or (self._name if photo is None else ""),
            author_role=role,
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            visibility=photo.visibility if photo else "unknown",
            url=string_of(given, "url") or string_of(given, "comment_url") or string_of(given, "photo_url"),
            in_reply_to=photo.id if photo else f"{PLATFORM}:photo-{about}" if about else "",
        )


def _object(source: Source, name: str) -> dict[str, Any]:
    """The member's JSON object; raises one of DAMAGE where it is none."""
    value = json.loads(read_bytes(source, name).decode("utf-8-sig"))
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _by_number(source: Source) -> dict[str, list[str]]:
    """Pictures and videos by the number in their names: ``sports-day_10000001_o.jpg`` or ``10000001_a1b2_o.jpg``."""
    numbers = {m.group("id") for n in source.sizes if (m := _MEMBERS["photo"].fullmatch(n))}
    found: dict[str, list[str]] = {}
    for name in source.sizes:
        if declared(name).startswith(("image/", "video/")):
            stem = base_name(name).rpartition(".")[0]
            for number in dict.fromkeys(n for n in re.split(r"[^0-9]+", stem) if n in numbers):
                found.setdefault(number, []).append(name)
    return found


def _text(markup: str) -> str:
    """Titles, descriptions and comments as a reader sees them: Flickr allows some HTML, and keeps line ends."""
    return read_page(markup, keep_lines=True).text
