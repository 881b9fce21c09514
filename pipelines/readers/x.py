"""X (Twitter) archives since 2019: folder, zip or a bare file of posts.

Layouts as X describes them in the archive's own ``README.txt``. Each member is one assignment of JSON to a JavaScript
variable. Only members that hold published content or the account's own profile are opened; messages, contacts,
advertising, devices and the like never are. The text of a long post stands in a member of its own without the post's id:
the two are joined by time and beginning.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from detectors.base import Fact, Item, Locator, Media, SiteFacts, UserError, Visibility
from pipelines.readers import times
from pipelines.readers.limits import current
from pipelines.readers.media import base_name, declared, media
from pipelines.readers.reader import Seen, locator, media_parts, parts
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, TooLargeError, read_bytes, read_head
from pipelines.readers.unread import report_unread
from pipelines.readers.values import dicts_of, explain_passed, is_whole, natural_key, stream_records

LAYOUT, OLD, BARE = "x-archive-2022", "x-archive-2019", "x-js"
PLATFORM = "x"

_PART = r"(?:-part\d+)?"
# The members that are opened, by what they hold; all numbers, as large archives are split.
_KINDS = {
    "note": rf"note-tweets?{_PART}",
    "deleted note": rf"deleted-note-tweets?{_PART}",
    "post": rf"tweets?{_PART}",
    "community": rf"community-tweets?{_PART}",
    "circle": rf"twitter-circle-tweets?{_PART}",
    "deleted": rf"deleted-tweets?{_PART}",
    "account": "account",
    "profile": "profile",
    "protected": "protected-history",
    "manifest": "manifest",
}
_OPENED = {
    kind: re.compile(rf"(?P<root>(?:.*?/)??)(?:data/)?{form}\.js", re.IGNORECASE) for kind, form in _KINDS.items()
}
_ABOUT = ("account", "profile", "protected", "manifest")
_PRIVATE = re.compile(
    r"(?:^|/)(?:direct_messages?\w*/"
    r"|(?:direct-messages?|contact|ads?-|device|ni-devices|ip-audit|personalization|saved-search|search|phone-number|"
    r"email-address|account-|connected-application|app\.|block|mute|smartblock|follow|like|bookmark|lists-|key-registry|"
    r"sso|user-link-clicks|ageinfo|age-info|grok|audio-video-calls|screen-name-change|reply-prompt|twitter-circle-member|"
    r"professional-data|shopify-account|periscope-(?:account|ban|comments|followers|profile))[^/]*(?<=\.js)$)",
    re.IGNORECASE,
)
_MEDIA = re.compile(
    r"(?:^|/)(?:tweets?|community_tweets?|twitter_circle_tweets?|deleted_tweets?)_media/(\d+)-([^/]+)$", re.IGNORECASE
)
_ASSIGNED = re.compile(rb"(?:\xef\xbb\xbf)?\s*window\.(?:YTD\.(\w+)\.part\d+|__THAR_CONFIG)\s*=")
# As X writes it; strptime, which takes ten times as long, reads the rest.
_MONTH_NAMES = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split("|"), 1)}
_CREATED = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ({_MONTH_NAMES}) "
    r"([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) \+0000 ([0-9]{4})"
)
_SHORT_LINK = re.compile(r"https?://t\.co/\w+")
_LINK = re.compile(r"https?://\S*")
_ANSWERED = re.compile(r"(?:@\w+\s+)+")
_NOT_IN_EXPORT = (
    "Replies by other people are not in an X archive: look at the account itself, or at copies of them.",
    "Retweets are cut off in an X archive, and posts that are quoted are only linked: look at the posts themselves.",
    "Alternative texts of pictures are mostly not in an X archive.",
)


def detect(source: Source) -> X | None:
    """The reader where members are assignments as in an X archive, or a bare file is one of posts.

    UserError where there are only others.
    """
    if source.is_file:
        head = _ASSIGNED.match(read_head(source, source.path.name, 1 << 10))
        if head is None:
            return None
        kind = _member_kind(f"{(head.group(1) or b'manifest').decode().replace('_', '-')}.js")
        found = {source.path.name: kind} if kind else {}
    else:
        kinds = {name: kind for name in source.sizes if (kind := _member_kind(name))}
        heads = {name: read_head(source, name, 1 << 10) for name in kinds}
        found = {name: kind for name, kind in kinds.items() if not heads[name] or _ASSIGNED.match(heads[name])}
        # A damaged member is reported on reading, but an empty one says nothing of the format.
        if not any(heads[name] or (source.sizes[name] and kind not in _ABOUT) for name, kind in found.items()):
            return None
    if all(kind in _ABOUT for kind in found.values()):
        raise UserError(f"{source.path}: an X archive without its posts; give the whole archive, or its data/tweets.js")
    return X(source, found)


def _member_kind(name: str) -> str:
    return next((kind for kind, form in _OPENED.items() if form.fullmatch(name)), "")


@dataclass(slots=True)
class _Note:
    """The text of a long post, with what its links stand for."""

    number: str
    at: datetime | None
    raw: str
    text: str = field(repr=False)
    member: str
    where: Locator
    deleted: bool
    used: bool = False


class _Notes:
    """The long texts by the second of their time; they alone are held in memory, up to a limit."""

    def __init__(self) -> None:
        self._by_second: dict[int, list[_Note]] = {}
        self.all: list[_Note] = []
        self._size = 0

    def add(self, note: _Note) -> None:
        """Keeps a text; TooLargeError beyond the limit."""
        self._size += len(note.text)
        if self._size > current().in_memory_bytes:
            raise TooLargeError("more long texts than fit into memory")
        self.all.append(note)
        if note.at is not None:
            self._by_second.setdefault(int(note.at.timestamp()), []).append(note)

    def take(self, at: datetime | None, short: str, deleted: bool) -> _Note | None:
        """The text that goes on where a post of that time breaks off; each is given once.

        The times of the two differ by fractions of a second.
        """
        if at is None or not self._by_second:
            return None
        second = int(at.timestamp())
        nearby = (second, second - 1, second + 1, second - 2, second + 2)
        found = [note for near in nearby for note in self._by_second.get(near, ())]
        begun = _plain(short) if found else ""
        if begun:
            for note in found:
                if not note.used and note.deleted == deleted and _goes_on(_plain(note.text), begun):
                    note.used = True
                    return note
        return None


def _goes_on(whole: str, begun: str) -> bool:
    """Whether a long text begins as the short one; a reply's short text may name whom it answers first."""
    bare = _ANSWERED.sub("", begun, count=1) if begun.startswith("@") else begun
    return whole.startswith(begun) or (bool(bare) and whole.startswith(bare))


def _plain(text: str) -> str:
    """A text without links and with single spaces, for comparison: a link is cut and written differently."""
    return " ".join(_LINK.sub(" ", text).split()).removesuffix("…").rstrip()


class X:
    """Posts, deleted posts and long texts of one archive; parts of it unpacked side by side are one."""

    platform = PLATFORM

    def __init__(self, source: Source, members: Mapping[str, str]) -> None:
        self._source = source
        self._members = dict(
            sorted(members.items(), key=lambda m: (list(_KINDS).index(m[1]), natural_key(m[0].removesuffix(".js"))))
        )
        old = any(re.search(r"(?:^|/)tweet(?:-part\d+)?\.js$", name) for name in members)
        self.layout = BARE if source.is_file else OLD if old else LAYOUT
        self._damaged: set[str] = set()
        self._files: dict[str, list[str]] = {}
        for name in source.sizes:
            if match := _MEDIA.search(name):
                self._files.setdefault(match.group(1), []).append(name)
        self._manifest = self._read_manifest()
        self._owner = self._read_about("account")
        self._profile = self._read_about("profile")
        user = _dict(self._manifest.get("userInfo"))
        self.account = _string(self._owner, "username") or _string(user, "userName")
        self._number = _string(self._owner, "accountId") or _string(user, "accountId")
        self._name = _string(self._owner, "accountDisplayName") or _string(user, "displayName")
        self._visibility = self._read_visibility()

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every post, then the long texts that belong to none of them."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        if self._visibility == "unknown":
            report.not_in_export.append("Whether the account is protected is not in this X archive.")
        seen, notes, used = Seen(), _Notes(), set[str]()
        long: dict[str, MemberReport] = {}
        for name, kind in self._members.items():
            if kind in _ABOUT:
                self._report_about(name, report)
                continue
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            if kind.endswith("note"):
                self._read_notes(name, kind, entry, report, notes)
                long[name] = entry
            else:
                for item in seen.fresh(self._member(name, kind, entry, report, notes), entry, passed):
                    if item.media:
                        used.update(m.path for m in item.media)
                    yield item
            self._compare(entry, passed, report)
            explain_passed(entry, passed, report.rejected_in(name))
        for name, entry in long.items():
            joined = sum(note.used for note in notes.all if note.member == name)
            explain_passed(entry, Counter({"joined to their posts": joined}) if joined else Counter(), 0)
        for note in (n for n in notes.all if not n.used):
            if (admitted := seen.admit(self._note(note))) is not None:
                yield admitted
        self._missing_parts(report)
        report_unread(self._source, {*self._members, *used}, _PRIVATE, report)

    def facts(self) -> SiteFacts | None:
        """What account and profile say; None where the archive holds neither. An e-mail's domain only is kept."""
        about = _dict(self._profile.get("description"))
        account = self._owner or _dict(self._manifest.get("userInfo"))
        values = {
            "account": {
                "username": self.account,
                "name": self._name,
                "url": f"https://x.com/{self.account}" if self.account else "",
                "email_domain": _string(account, "email").partition("@")[2],
            },
            "profile": {
                "about": _unescape(_string(about, "bio")),
                "website": _string(about, "website"),
                "location": _unescape(_string(about, "location")),
                "avatar": _string(self._profile, "avatarMediaUrl"),
                "banner": _string(self._profile, "headerMediaUrl"),
            },
        }
        facts: dict[str, Fact] = {}
        for kind, told in values.items():
            holder = kind if kind == "profile" or self._owner else "manifest"
            pointer = "/userInfo" if holder == "manifest" else f"/0/{kind}"
            name = next((n for n, k in self._members.items() if k == holder), "")
            at = locator(self._source, self.layout, name, pointer)
            facts.update({key: Fact(value, at) for key, value in told.items() if value})
        if not facts:
            return None
        missing = ("Role-holders and followers are not read from an X archive.",)
        return SiteFacts(self.account, PLATFORM, facts, missing)

    def _read_manifest(self) -> dict[str, Any]:
        for name in (n for n, kind in self._members.items() if kind == "manifest"):
            try:
                return _dict(json.loads(read_bytes(self._source, name).partition(b"=")[2].rstrip(b"; \t\r\n")))
            except DAMAGE:
                self._damaged.add(name)
        return {}

    def _first(self, kind: str) -> Iterator[dict[str, Any]]:
        """The records of the small members of a kind, without their wrapping."""
        for name in (n for n, k in self._members.items() if k == kind):
            try:
                with self._source.open(name) as stream:
                    for given in stream_records(_unassigned(stream)):
                        yield _dict(next(iter(given.values()), None)) if isinstance(given, dict) else {}
            except DAMAGE:
                self._damaged.add(name)

    def _read_about(self, kind: str) -> dict[str, Any]:
        return next(filter(None, self._first(kind)), {})

    def _read_visibility(self) -> Visibility:
        """From the account's own flag, else from the last change within six months, which is all that X keeps."""
        flag = self._owner.get("protected")
        changes = [(_string(c, "protectedAt"), _string(c, "action").casefold()) for c in self._first("protected")]
        action = max(changes, default=("", ""))[1]
        if flag is True or flag == "true" or action == "protect":
            return "members"
        return "public" if flag is False or flag == "false" or action == "unprotect" else "unknown"

    def _report_about(self, name: str, report: ImportReport) -> None:
        why = "the archive's own list" if self._members[name] == "manifest" else "the site's own facts"
        entry = report.add(name, "parsed", 0 if name in self._damaged else 1, why)
        if name in self._damaged:
            report.damage(entry, "broken or cut short and not read", "download the archive again")

    def _given(
        self, name: str, entry: MemberReport, report: ImportReport, key: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The records of one member as far as it can be read, each with its pointer; others are rejected."""
        try:
            with self._source.open(name) as stream:
                for n, given in enumerate(stream_records(_unassigned(stream))):
                    # Archives of 2018 and 2019 write the post without wrapping.
                    inner = given.get(key, given) if isinstance(given, dict) else None
                    if isinstance(inner, dict):
                        yield f"/{n}/{key}" if inner is not given else f"/{n}", inner
                    else:
                        report.reject(name, f"/{n}: not a record; download the archive again")
        except DAMAGE:
            self._damaged.add(name)
            report.damage(entry, "broken or cut short and read in part only", "download the archive again")

    def _read_notes(self, name: str, kind: str, entry: MemberReport, report: ImportReport, notes: _Notes) -> None:
        try:
            for pointer, given in self._given(name, entry, report, "noteTweet"):
                core = _dict(given.get("core"))
                number = _string(given, "noteTweetId")
                if not number or not _string(core, "text"):
                    report.reject(name, f"{pointer}: no text with an id; download the archive again")
                    continue
                links = {
                    _string(u, "shortUrl"): _string(u, "expandedUrl") or _string(u, "displayUrl")
                    for u in dicts_of(core.get("urls"))
                }
                moment = times.parse(_string(given, "createdAt"))
                where = locator(self._source, self.layout, name, f"{pointer}/core/text")
                text = _expand(_string(core, "text"), links)
                raw, deleted = _string(given, "createdAt"), kind.startswith("deleted")
                notes.add(_Note(number, moment.at, raw, text, name, where, deleted))
                entry.records += 1
        except TooLargeError as error:
            self._damaged.add(name)
            report.damage(entry, str(error), "download the archive of a shorter time")

    def _member(self, name: str, kind: str, entry: MemberReport, report: ImportReport, notes: _Notes) -> Iterator[Item]:
        for pointer, given in self._given(name, entry, report, "tweet"):
            number = _string(given, "id_str") or _string(given, "id")
            if not number.isdecimal():
                report.reject(name, f"{pointer}: no post with an id; download the archive again")
                continue
            yield self._post(number, given, kind, locator(self._source, self.layout, name, pointer), notes)

    def _post(self, number: str, given: dict[str, Any], kind: str, where: Locator, notes: _Notes) -> Item:
        entities, extended = _dict(given.get("entities")), _dict(given.get("extended_entities"))
        pictures = _distinct(dicts_of(extended.get("media")) + dicts_of(entities.get("media")))
        links = {_string(p, "url"): "" for p in pictures}
        links.update(
            (_string(u, "url"), _string(u, "expanded_url") or _string(u, "display_url"))
            for u in dicts_of(entities.get("urls"))
        )
        raw = _string(given, "created_at")
        moment = _moment(raw)
        text = _expand(_string(given, "full_text") or _string(given, "text"), links)
        deleted = kind == "deleted"
        if note := notes.take(moment.at, text, deleted):
            text, where = note.text, note.where
        found, alts = self._media(number, pictures)
        answers, answers_self = self._answers(given)
        return Item(
            id=f"{PLATFORM}:{self.account}:{number}",
            kind="comment" if answers and not answers_self else "post",
            parts=parts(text, "", media_parts(found, alts)),
            locator=where,
            lineage=f"{PLATFORM}:{self.account}:{_first_edition(given) or number}",
            media=found,
            site=self.account,
            platform=PLATFORM,
            author=self._name,
            author_role="school",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            visibility=self._visibility_of(kind),
            status="deleted" if deleted else "published",
            url=f"https://x.com/{self.account or 'i'}/status/{number}",
            in_reply_to=answers,
            has_photo=bool(found),
        )

    def _note(self, note: _Note) -> Item:
        """A long text whose post the archive lacks."""
        identity = f"{PLATFORM}:{self.account}:note-{note.number}"
        return Item(
            id=identity,
            kind="post",
            parts=parts(note.text),
            locator=note.where,
            lineage=identity,
            site=self.account,
            platform=PLATFORM,
            author=self._name,
            author_role="school",
            published=note.at,
            raw_published=note.raw,
            time_basis=times.parse(note.raw).basis,
            visibility="deleted" if note.deleted else self._visibility,
            status="deleted" if note.deleted else "published",
        )

    def _visibility_of(self, kind: str) -> Visibility:
        if kind == "deleted":
            return "deleted"
        return "members" if kind == "circle" else self._visibility

    def _answers(self, given: dict[str, Any]) -> tuple[str, bool]:
        """The post that is answered: its id where it is the account's own, else its address."""
        number = _string(given, "in_reply_to_status_id_str") or _string(given, "in_reply_to_status_id")
        if not number:
            return "", False
        name = _string(given, "in_reply_to_screen_name")
        user = _string(given, "in_reply_to_user_id_str") or _string(given, "in_reply_to_user_id")
        if (user and user == self._number) or (name and name.casefold() == self.account.casefold()):
            return f"{PLATFORM}:{self.account}:{number}", True
        return f"https://x.com/{name or 'i'}/status/{number}", False

    def _media(self, number: str, given: list[dict[str, Any]]) -> tuple[tuple[Media, ...], tuple[str, ...]]:
        """The pictures and videos of a post; ``tweets_media`` names them by the post's number and their address."""
        if not given:
            return (), ()
        found: list[Media] = []
        alts: list[str] = []
        left = list(self._files.get(number, ()))
        for one in given:
            variants = dicts_of(_dict(one.get("video_info")).get("variants"))
            variants.sort(key=lambda v: _count(v, "bitrate"), reverse=True)
            still = _string(one, "media_url_https") or _string(one, "media_url")
            addresses = [*filter(None, (_string(v, "url") for v in variants)), still]
            name = self._find(number, addresses, left, moving=bool(variants))
            if name in left:
                left.remove(name)
            found.append(media(self._source, name, url=addresses[0]))
            extra = _dict(one.get("additional_media_info"))
            told = (_string(one, "ext_alt_text"), _string(extra, "title"), _string(extra, "description"))
            alts.append("\n".join(dict.fromkeys(_unescape(t) for t in told if t)))
        return tuple(found), tuple(alts)

    def _find(self, number: str, addresses: Iterable[str], left: list[str], moving: bool) -> str:
        if not left and not self._source.is_file:
            return ""
        for address in addresses:
            wanted = f"{number}-{base_name(address)}"
            if name := next((n for n in left if n.endswith(f"/{wanted}")), ""):
                return name
            if self._source.is_file:
                beside = (self._source.find(f"{folder}/{wanted}") for folder in ("tweets_media", "tweet_media"))
                if name := next(filter(None, beside), ""):
                    return name
        films = [n for n in left if declared(n).startswith("video/")]
        return films[0] if moving and films else ""

    def _listed(self) -> Iterator[tuple[str, int]]:
        """The members and counts of records of which the archive's own list speaks."""
        for kind in _dict(self._manifest.get("dataTypes")).values():
            for file in dicts_of(_dict(kind).get("files")):
                yield _string(file, "fileName"), _count(file, "count")

    def _compare(self, entry: MemberReport, passed: Counter[str], report: ImportReport) -> None:
        """Says where a whole member holds other than the archive's own list tells."""
        held = entry.records + passed["repeated"] + report.rejected_in(entry.member)
        for name, count in self._listed():
            if f"/{entry.member}".endswith(f"/{name}") and count not in (-1, held) and entry.status == "parsed":
                report.problem(
                    f"{entry.member}: holds {held} records where the archive's own list says {count}; "
                    "download the archive again"
                )

    def _missing_parts(self, report: ImportReport) -> None:
        for name, count in self._listed():
            wanted = _member_kind(name) not in ("", *_ABOUT) and count != 0
            if wanted and not any(f"/{member}".endswith(f"/{name}") for member in self._source.sizes):
                report.problem(f"{name}: named in the archive's own list, but missing; download the archive again")
        if _dict(self._manifest.get("archiveInfo")).get("isPartialArchive") is True:
            report.problem("the archive says that it is one part of several; give all parts")


class _Unassigned:
    """The JSON of a member: without the assignment before it and a semicolon behind it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._begun = False
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes and what was held back; ValueError where the member is no assignment."""
        if size == 0:
            return b""
        if not self._begun:
            self._begun = True
            head = self._stream.read(1 << 10)
            match = _ASSIGNED.match(head)
            if match is None:
                raise ValueError("no assignment")
            self._held = head[match.end() :]
        while data := self._stream.read(size):
            if whole := self._let_go(self._held + data):
                return whole
        return self._let_go(self._held)

    def _let_go(self, data: bytes) -> bytes:
        """What may be given: spaces and semicolons at the end are held back until more follows."""
        whole = data.rstrip(b"; \t\r\n")
        self._held = data[len(whole) :]
        return whole


def _unassigned(stream: BinaryIO) -> BinaryIO:
    # Only read is used of it.
    return cast(BinaryIO, _Unassigned(stream))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(record: Mapping[str, Any], key: str) -> str:
    """A field as text: X writes numbers as text, some older archives as numbers."""
    value = record.get(key)
    if isinstance(value, str):
        return (
            value
            if value.isascii() or is_whole(value)
            else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _count(record: Mapping[str, Any], key: str) -> int:
    """A number, -1 where there is none."""
    text = _string(record, key)
    return int(text) if text.isdecimal() and len(text) < 20 else -1


def _distinct(pictures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pictures of a post once each: ``entities`` repeats the first of ``extended_entities``."""
    found: dict[str, dict[str, Any]] = {}
    for one in pictures:
        found.setdefault(_string(one, "id_str") or _string(one, "media_url_https") or str(one), one)
    return list(found.values())


def _unescape(text: str) -> str:
    """X escapes these three characters and no others."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _expand(text: str, links: Mapping[str, str]) -> str:
    """A text as its reader sees it: without escapes, links in full, those to its own pictures left out."""
    text = _unescape(text)
    if "//t.co/" in text:
        text = _SHORT_LINK.sub(lambda m: links.get(m.group(), m.group()), text)
    return text.strip()


def _first_edition(given: dict[str, Any]) -> str:
    """The number of an edited post's first version, which the later ones share."""
    edits = _dict(given.get("edit_info"))
    later = _dict(edits.get("edit"))
    numbers = _dict(edits.get("initial")).get("editTweetIds")
    first = numbers[0] if isinstance(numbers, list) and numbers else ""
    return _string(later, "initialTweetId") or (first if isinstance(first, str) else "")


def _moment(raw: str) -> times.Moment:
    """A post's time, as in ``Mon Jun 10 14:02:11 +0000 2024``."""
    try:
        if match := _CREATED.fullmatch(raw):
            month, day, hour, minute, second, year = match.groups()
            at = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
            return times.Moment(at, "explicit")
        return times.Moment(datetime.strptime(raw, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC), "explicit")
    except (ValueError, OverflowError):
        return times.parse(raw)
