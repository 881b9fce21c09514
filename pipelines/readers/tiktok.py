"""TikTok's "Download your data" in JSON: ``user_data.json`` or ``user_data_tiktok.json``, bare, in a folder or archive.

One file holds everything. Its levels are renamed from year to year and their case varies (observed in exports, not
documented), so a list is known by its own name and those above it. Times are in UTC without saying so. Only own posts and
own comments become items; messages, logins, browsing and the like are passed over unbuilt and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from detectors.base import Fact, Item, Part, SiteFacts, UserError, Visibility
from pipelines.readers.json_stream import Steps, pointer, values
from pipelines.readers.media import media
from pipelines.readers.reader import Seen, locator, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_head
from pipelines.readers.times import UNKNOWN, parse
from pipelines.readers.unread import report_unread
from pipelines.readers.values import cleaned, explain_passed, natural_key

LAYOUT, BARE = "tiktok-export", "tiktok-json"
PLATFORM = "tiktok"
UTC_ZONE = ZoneInfo("UTC")

_MEMBER = re.compile(r"(?:.*/)?user_data(?:_tiktok)?(?:[ _-]?\(?\d+\)?)?\.json", re.IGNORECASE)
_TEXT_FORM = re.compile(
    r"(?:.*/)?(?P<section>Post|Video|Comment|Activity|Your Activity|Profile|Profile And Settings|Direct Messages?|"
    r"App Settings|Likes And Favou?rites|TikTok Shop|TikTok Live|Ads And Data|Income\+? ?Wallet)s?/[^/]+\.txt",
    re.IGNORECASE,
)
_POST_TEXT = re.compile(
    rb"\s*Date: \d{4}-\d\d-\d\d[^\n]*\r?\n(?:[^\n]*\n){0,3}?Link: https?://[^\n]*tiktok", re.IGNORECASE
)
_MARK = re.compile(
    rb'"(?:VideoList|CommentsList|ProfileMap|Posts?|Videos?|Comments?|Profile|Profile And Settings|Activity|Your Activity|'
    rb"Direct Messages?|Tiktok Live|"
    rb'App Settings|Likes and Favorites|Ads and data|Tiktok Shopping)"\s*:',
    re.IGNORECASE,
)
_BARE_MARK = re.compile(rb'"(?:VideoList|CommentsList|ProfileMap)"\s*:', re.IGNORECASE)
# Names of lists and of the levels above them, without case, spaces and signs.
_POSTS = re.compile(r"(?:video|post)s?(?:list)?")
_ABOVE_POSTS = re.compile(r"(?:your|my|own)?(?:recentlydeleted|deleted|draft)?(?:post|video)s?(?:andvideos)?")
_COMMENTS = re.compile(r"comments?(?:list)?")
_ABOVE_COMMENTS = re.compile(r"(?:your|my|own)?comments?")
_HIDDEN = re.compile(
    r"histor|brows|watch|like|favou?rit|shar|repost|messag|chat|search|login|follow|block|adsand|shop|purchas|live|contact|"
    r"device|offtiktok|setting|status|transact|wallet|gift|survey|poll|location"
)
_SHOWN: dict[str, Visibility] = {
    "everyone": "public",
    "public": "public",
    "publictoeveryone": "public",
    "friends": "members",
    "mutualfriends": "members",
    "followers": "members",
    "onlyme": "private",
    "onlyyou": "private",
    "self": "private",
    "private": "private",
}
_NOTHING = ("", "n/a", "none", "null")
_PRIVATE = re.compile(r"(?:^|/)(?:Direct Messages?|Chat History|Login History|Your Activity)(?:/|$)", re.IGNORECASE)
_NOT_IN_EXPORT = (
    "Comments by other people are not in a TikTok export: look at the posts themselves, or at copies of them.",
    "The videos and pictures are not in a TikTok export, only addresses that expire.",
)


def detect(source: Source) -> TikTok | None:
    """The reader where a member is a TikTok export in JSON. UserError for the variant in TXT."""
    if source.is_file:
        name = next(iter(source.sizes))
        head = read_head(source, name)
        if _is_json(head) and (_BARE_MARK.search(head) or (_MEMBER.fullmatch(name) and _MARK.search(head))):
            return TikTok(source, [name])
        if _POST_TEXT.match(head):
            raise UserError(_text_form(source))
        return None
    names = [n for n in source.sizes if _MEMBER.fullmatch(n) and _is_tiktok(read_head(source, n))]
    if names:
        return TikTok(source, sorted(names, key=natural_key))
    sections = {m.group("section").lower() for n in source.sizes if (m := _TEXT_FORM.fullmatch(n))}
    if len(sections) > 1:
        raise UserError(_text_form(source))
    return None


def _text_form(source: Source) -> str:
    return f"{source.path}: a TikTok export in TXT; ask TikTok for the export again, in the format JSON"


def _is_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")


def _is_tiktok(head: bytes) -> bool:
    return _is_json(head) and _MARK.search(head) is not None


class TikTok:
    """Own posts and own comments of one account."""

    platform = PLATFORM

    def __init__(self, source: Source, names: list[str]) -> None:
        self._source = source
        self._names = names
        self.layout = BARE if source.is_file else LAYOUT
        self._profile, self._profile_at = self._read_profile()
        self.account = self._profile.get("username", "")
        self._name = self._profile.get("displayname", "") or self.account

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every post and comment in the order of the export."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen = Seen()
        for name in self._names:
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            hidden: Counter[str] = Counter()
            yield from seen.fresh(self._member(name, entry, report, passed, hidden), entry, passed)
            explain_passed(entry, passed, report.rejected_in(name))
            for section, count in sorted(hidden.items()):
                report.add(f"{name}#/{section}", "private", count, "private: not turned into items")
        if not self._source.is_file:
            report_unread(self._source, self._names, _PRIVATE, report)

    def facts(self) -> SiteFacts | None:
        """What the profile says of itself, of its e-mail address the domain only; None where there is no profile."""
        at = locator(self._source, self.layout, *self._profile_at)
        address = self._profile.get("emailaddress", "")
        given = {
            "name": self._profile.get("displayname", ""),
            "username": self.account,
            "about": self._profile.get("biodescription", ""),
            "url": f"https://www.tiktok.com/@{self.account}" if self.account else "",
            "email_domain": address.rpartition("@")[2] if "@" in address else "",
        }
        facts = {key: Fact(value, at) for key, value in given.items() if value}
        told = ("Role-holders, followers, avatar and banner are not read from this export.",)
        return SiteFacts(self.account, PLATFORM, facts, told) if facts else None

    def _read_profile(self) -> tuple[dict[str, str], tuple[str, str]]:
        for name in self._names:
            try:
                for steps, value in values(self._source, name, lambda s: bool(s) and _plain(s[-1]) == "profilemap"):
                    if isinstance(value, dict):
                        return _strings(value), (name, pointer(steps))
            except DAMAGE:
                continue
        return {}, ("", "")

    def _member(
        self, name: str, entry: MemberReport, report: ImportReport, passed: Counter[str], hidden: Counter[str]
    ) -> Iterator[Item]:
        kinds: dict[Steps, str] = {}

        def wanted(steps: Steps) -> bool:
            """Whether a value is a record of posts or comments; records of other lists are counted by their section."""
            if not steps or not isinstance(steps[-1], int):
                return False
            levels = steps[:-1]
            if levels not in kinds:
                kinds[levels] = _kind(levels)
            if not kinds[levels] and not any(isinstance(step, int) for step in levels):
                hidden[str(steps[0])] += 1
            return bool(kinds[levels])

        try:
            for steps, given in values(self._source, name, wanted):
                if not isinstance(given, dict):
                    report.reject(name)
                    continue
                record = _strings(given)
                at = (name, pointer(steps))
                if kinds[steps[:-1]] == "comment":
                    if text := _said(record, "comment", "text"):
                        yield self._comment(record, text, at)
                    else:
                        passed["without text"] += 1
                else:
                    yield self._post(record, at, "deleted" in "".join(_plain(s) for s in steps))
        except DAMAGE:
            report.damage(entry, "the JSON is broken or cut short and was read in part only")

    def _post(self, record: dict[str, str], at: tuple[str, str], deleted: bool) -> Item:
        title, more = _said(record, "title"), _said(record, "description", "caption", "text")
        text = more or title
        place = _said(record, "location")
        beside = [title if more and title != more else "", place]
        link = next(iter(_said(record, "link", "url", "videolink").split()), "")
        cover = _said(record, "coverimage") or link
        alt = _said(record, "alternatetext", "alttext")
        found = (media(self._source, "", url=cover),) if cover or alt else ()
        shown = re.sub(r"\W", "", _said(record, "whocanview", "visibility", "privacy").lower())
        number = re.search(r"/(?:video|photo)/(\d+)", link)
        return self._item(
            "post",
            record,
            at,
            number.group(1) if number else "",
            (text, "\n".join(filter(None, beside))),
            # The names of files on TikTok's servers are made by it, and seen by nobody.
            told=(Part("alt:0", alt),) if alt else (),
            media=found,
            has_photo=True,
            url=link if number else "",
            visibility="deleted" if deleted else _SHOWN.get(shown, "unknown"),
            status="deleted" if deleted else "published",
        )

    def _comment(self, record: dict[str, str], text: str, at: tuple[str, str]) -> Item:
        answered = _said(record, "originalpostlink", "url")
        picture = _said(record, "photo")
        found = (media(self._source, "", url=picture),) if "://" in picture else ()
        return self._item("comment", record, at, "", (text, ""), media=found, in_reply_to=answered)

    def _item(
        self,
        kind: str,
        record: dict[str, str],
        at: tuple[str, str],
        number: str,
        texts: tuple[str, str],
        told: tuple[Part, ...] = (),
        **more: Any,
    ) -> Item:
        raw = _said(record, "date", "createtime", "time")
        moment = parse(raw, UTC_ZONE) if raw else UNKNOWN
        identity = number or short_hash(raw, *texts)
        return Item(
            id=f"{PLATFORM}:{self.account}:{kind}-{identity}",
            kind=kind,
            parts=parts(*texts, told),
            locator=locator(self._source, self.layout, *at),
            lineage=f"{PLATFORM}:{self.account}:{kind}-{number or raw or identity}",
            site=self.account,
            platform=PLATFORM,
            author=self._name,
            author_role="school",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            **more,
        )


def _kind(levels: Steps) -> str:
    """What the list with those steps holds: ``post``, ``comment``, or nothing that is published by the account."""
    names = [_plain(step) for step in levels]
    if not names or any(isinstance(step, int) for step in levels) or any(_HIDDEN.search(n) for n in names):
        return ""
    if _POSTS.fullmatch(names[-1]) and any(_ABOVE_POSTS.fullmatch(n) for n in names):
        return "post"
    if _COMMENTS.fullmatch(names[-1]) and any(_ABOVE_COMMENTS.fullmatch(n) for n in names):
        return "comment"
    return ""


def _plain(step: str | int) -> str:
    return re.sub(r"[\W_]", "", str(step)).lower()


def _strings(given: dict[str, Any]) -> dict[str, str]:
    """The strings of a record by their plain keys."""
    return {_plain(key): cleaned(value) for key, value in given.items() if isinstance(value, str)}


def _said(record: dict[str, str], *keys: str) -> str:
    """The first of the keys that has something to say; TikTok writes ``N/A`` where there is nothing."""
    return next((v for key in keys if (v := record.get(key, "").strip()).lower() not in _NOTHING), "")
