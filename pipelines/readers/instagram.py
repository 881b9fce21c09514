"""Instagram and Threads exports in JSON, of every layout since 2018.

Layouts observed in exports, as Meta documents none. Strings are UTF-8 that was read as Latin-1 and escaped, as in
Facebook's. Only members that hold published content or the profile are opened; messages, followers, searches and the
like never are. Camera data, places of pictures and upload addresses in the JSON are not read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from detectors.base import Fact, Item, Media, SiteFacts, Status, UserError, Visibility
from pipelines.readers import times
from pipelines.readers.media import base_name, declared, media
from pipelines.readers.reader import Seen, Where, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_bytes, read_head
from pipelines.readers.unread import report_unread
from pipelines.readers.values import (
    dicts_of,
    explain_passed,
    list_key,
    mend,
    natural_key,
    read_mentions,
    stream_records,
)

ACTIVITY, CONTENT, OLD, BARE = "instagram-2022", "instagram-2020", "instagram-2018", "instagram-json"
PLATFORM, THREADS = "instagram", "threads"

_ACTIVITY = r"(?P<activity>your_instagram_activity/)?"
_FOLDER = rf"{_ACTIVITY}(?:(?:content|media)/)?"
# The members that are opened, by what they hold; all numbers, as large exports are split.
_KINDS = {
    "post": rf"{_FOLDER}posts(?:_\d+)?",
    "reel": rf"{_FOLDER}reels(?:_\d+)?",
    "igtv": rf"{_FOLDER}igtv_videos(?:_\d+)?",
    "old": r"media(?:_\d+)?",
    "thread": rf"{_ACTIVITY}threads/threads_and_replies(?:_\d+)?",
    "story": rf"{_FOLDER}stories(?:_\d+)?",
    "archived": rf"{_FOLDER}archived_posts(?:_\d+)?",
    "other": rf"{_FOLDER}other_content(?:_\d+)?",
    "deleted": rf"{_FOLDER}recently_deleted_content(?:_\d+)?",
    "portrait": rf"{_FOLDER}profile_photos(?:_\d+)?",
    "comment": rf"{_ACTIVITY}comments/(?:post_comments|reels_comments)(?:_\d+)?",
    "old comment": r"comments",
    "profile": r"(?:personal_information/|account_information/)?(?:personal_information/)?personal_information",
    "old profile": r"profile",
}
_OPENED = {kind: re.compile(rf"(?P<root>(?:.*?/)??){form}\.json", re.IGNORECASE) for kind, form in _KINDS.items()}
_PROFILES = ("profile", "old profile")
_HTML = re.compile(
    rf"(?:.*?/)??(?:{_ACTIVITY}(?:content|media)/(?:posts|stories|reels)(?:_\d+)?"
    r"|your_instagram_activity/threads/threads_and_replies)\.html",
    re.IGNORECASE,
)
_PRIVATE = re.compile(
    r"(?:^|/)(?:(?:messages?|inbox|direct|followers_and_following|connections|contacts|recent_searches|searches|"
    r"logged_information|login_and_account_creation|security_and_login_information|ads_information|ads_and_businesses|"
    r"ads_and_topics|preferences|personal_information|account_information|device_information|your_topics|likes|saved|"
    r"story_sticker_interactions|story_interactions|monetization|shopping|subscriptions|guides|information_about_you|"
    r"apps_and_websites|apps_and_websites_off_of_instagram|fundraisers|gifts|reports|threads|comments_settings)/"
    r"|(?:messages|connections|contacts|searches|likes|saved|seen_content|devices|account_history|autofill|settings|"
    r"information_about_you|uploads|checkout|stories_activities|followers(?:_\d+)?|following)\.json$)",
    re.IGNORECASE,
)
# What the key of a list says of its records, whatever the file's name.
_BY_KEY = {
    "ig_stories": "story",
    "ig_reels_media": "reel",
    "ig_igtv_media": "igtv",
    "ig_archived_post_media": "archived",
    "ig_recently_deleted_media": "deleted",
    "ig_other_media": "other",
    "ig_profile_picture": "portrait",
    "text_post_app_text_posts": "thread",
    "comments_media_comments": "comment",
    "comments_reels_comments": "comment",
}
# The lists of a member of 2018 to 2020; pictures sent in messages are counted and not given.
_OLD_LISTS = {
    "old": {"photos": "post", "videos": "post", "stories": "story", "profile": "portrait", "direct": ""},
    "old comment": {"media_comments": "old comment", "live_comments": "old comment"},
}
# Marks of Instagram's own in the first bytes of a member; a Facebook member of the same name lacks them.
_MARKS = {
    "old": re.compile(rb'"taken_at"'),
    "old comment": re.compile(rb'"(?:media|live)_comments"'),
    "comment": re.compile(rb'"string_map_data"|"string_list_data"|"label_values"|"comments_\w+"'),
    "profile": re.compile(rb'"profile_user"'),
    "old profile": re.compile(rb'"private_account"|"biography"'),
}
_CONTENT_MARK = re.compile(rb'"creation_timestamp"|"ig_\w+"|"text_post_app_text_posts"|"label_values"')
# An empty member lies in these folders in no other export.
_OWN_FOLDER = re.compile(r"(?:^|/)(?:your_instagram_activity/|threads/threads_and_replies)", re.IGNORECASE)
_FACEBOOK_MARK = re.compile(rb'"attachments"\s*:|"data"\s*:')
# Labels are in the interface's language. Where a comment's is unknown, its place tells: it stands before the owner's.
_LABELS = {
    "comment": ("comment", "kommentar", "commentaire", "comentario", "comentário", "commento", "opmerking", "komentarz",
                "yorum"),
    "owner": ("media owner", "media-eigenaar", "właściciel mediów", "medya sahibi", "propietario del contenido multimedia",
              "proprietario del contenuto multimediale", "url", "href"),
    "username": ("username", "benutzername", "nom d’utilisateur", "nom d'utilisateur", "nombre de usuario", "nome utente",
                 "nome de usuário", "gebruikersnaam", "nazwa użytkownika", "kullanıcı adı"),
    "name": ("name", "nom", "nombre", "nome", "naam", "imię i nazwisko", "ad"),
    "about": ("bio", "biography", "steckbrief", "biographie", "biografía", "biografia", "biografie"),
    "website": ("website", "site web", "sitio web", "sito web", "site", "webseite", "witryna internetowa", "profile link"),
    "private": ("private account", "privates konto", "compte privé", "cuenta privada", "account privato", "conta privada",
                "privéaccount", "konto prywatne", "gizli hesap"),
    "email": ("email", "e-mail", "email address", "e-mail-adresse", "adresse e-mail", "correo electrónico", "e-mailadres"),
}  # fmt: skip
_YES = {"true", "1", "yes", "ja", "oui", "sí", "si", "sim", "wahr", "vrai", "verdadero", "vero", "prawda", "tak"}
_NO = {"false", "0", "no", "nein", "nee", "non", "não", "falsch", "faux", "falso", "fałsz", "nie"}
_FOLDER_NAME = re.compile(r"(?:^|/)instagram-([\w.]+?)-\d{4}-\d{2}-\d{2}(?:-|/)", re.IGNORECASE)
_NOT_IN_EXPORT = (
    "Comments by other people are not in an Instagram export: look at the account itself, or at copies of them.",
    "Ids and addresses of posts are not in an Instagram export, nor alternative texts of pictures.",
    "Whether a story is still shown, as a highlight, is not in an Instagram export.",
)


def detect(source: Source) -> Instagram | None:
    """The reader where members lie as in an Instagram export, or a bare file holds its posts, stories or comments.

    UserError for the HTML variant, and where there is a profile without posts.
    """
    if source.is_file:
        return _detect_file(source)
    kinds = {name: kind for name in source.sizes if (kind := _member_kind(name))}
    found = {name: mark for name, kind in kinds.items() if (mark := _is_marked(source, name, kind)) is not None}
    kinds = {name: kind for name, kind in kinds.items() if name in found}
    if any(kind not in _PROFILES and (found[name] or _OWN_FOLDER.search(name)) for name, kind in kinds.items()):
        return Instagram(source, kinds)
    if any(_HTML.fullmatch(name) for name in source.sizes):
        raise UserError(
            f"{source.path}: an Instagram export in HTML; ask Instagram for the export again, in the format JSON"
        )
    if any(kind == "profile" and found[name] for name, kind in kinds.items()):
        raise _without_posts(source)
    return None


def _without_posts(source: Source) -> UserError:
    return UserError(
        f"{source.path}: an Instagram export without posts; ask Instagram for the export again, with posts and comments"
    )


def _member_kind(name: str) -> str:
    return next((kind for kind, form in _OPENED.items() if form.fullmatch(name)), "")


def _is_marked(source: Source, name: str, kind: str) -> bool | None:
    """Whether a member holds what Instagram writes; None where it holds something else.

    False where it is empty or damaged: such a one says nothing by itself, and is reported on reading.
    """
    head = read_head(source, name).lstrip(b"\xef\xbb\xbf \r\n\t")
    if not head or re.match(rb"\[\s*\]|\{\s*\}", head):
        return False
    mark = _MARKS.get(kind, _CONTENT_MARK)
    return True if mark.search(head) and not _FACEBOOK_MARK.search(head) else None


def _detect_file(source: Source) -> Instagram | None:
    """A bare file of Instagram's: told by the key of its list, else by its first record."""
    name = next(iter(source.sizes))
    head = read_head(source, name, 1 << 12).lstrip(b"\xef\xbb\xbf \r\n\t")
    if not head.startswith((b"[", b"{")):
        return None
    try:
        with source.open(name) as stream:
            key = list_key(stream)
        with source.open(name) as stream:
            first = next((r for r in stream_records(stream, key) if isinstance(r, dict)), {})
    except DAMAGE:
        return None
    if key == "profile_user":
        raise _without_posts(source)
    kind = _BY_KEY.get(key, "") or _kind_of(key, first)
    return Instagram(source, {name: kind}) if kind else None


def _kind_of(key: str, first: dict[str, Any]) -> str:
    if key in _OLD_LISTS["old"]:
        return "old" if "taken_at" in first and "path" in first else ""
    if key in _OLD_LISTS["old comment"]:
        return "old comment"
    if key:
        return ""
    labels = {label for label, _, _ in _labelled(first)}
    if labels & {*_LABELS["comment"], _LABELS["owner"][0]}:
        return "comment"
    shown = dicts_of(first.get("media"))
    return "post" if shown and "timestamp" not in first and "creation_timestamp" in {*first, *shown[0]} else ""


class _Told(NamedTuple):
    """A labelled value; the label in small letters."""

    label: str
    value: str
    stamp: Any


class Instagram:
    """Posts, reels, stories, portraits, own comments and Threads of one account.

    Several archives of it unpacked side by side are one.
    """

    platform = PLATFORM

    def __init__(self, source: Source, members: Mapping[str, str]) -> None:
        self._source = source
        self._members = dict(sorted(members.items(), key=lambda m: (list(_KINDS).index(m[1]), natural_key(m[0]))))
        matches = [] if source.is_file else [m for n, k in members.items() if (m := _OPENED[k].fullmatch(n))]
        self._roots = sorted({m.group("root") for m in matches}) or [""]
        self.layout = BARE if source.is_file else _layout(matches)
        self._profile, self._profile_member = self._read_profile()
        named = next((m for name in members if (m := _FOLDER_NAME.search(name))), None)
        self.account = self._profile.get("username", "") or (named.group(1) if named else "")
        self._name = self._profile.get("name", "") or self.account
        flag = self._profile.get("private", "").casefold()
        self._visibility: Visibility = "members" if flag in _YES else "public" if flag in _NO else "unknown"

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every item, posts first."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        if self._visibility == "unknown":
            report.not_in_export.append("Whether the account is private is not in this Instagram export.")
        seen, used = Seen(), set[str]()
        for name, kind in self._members.items():
            if kind in _PROFILES:
                self._report_profile(name, report)
                continue
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            for item in self._member(name, kind, entry, report, passed):
                used.update(m.path for m in item.media)
                if (admitted := seen.admit(item)) is None:
                    passed["repeated"] += 1
                    continue
                entry.records += 1
                yield admitted
            explain_passed(entry, passed, report.rejected_in(name))
        report_unread(self._source, {*self._members, *used}, _PRIVATE, report)

    def facts(self) -> SiteFacts | None:
        """What the profile says of itself; None where the export holds none. Of an e-mail only its domain is kept."""
        if not self._profile_member:
            return None
        old = self._members[self._profile_member] == "old profile"
        at = locator(self._source, self.layout, self._profile_member, "" if old else "/profile_user/0")
        values = {key: value for key, value in self._profile.items() if key != "private"}
        values["url"] = f"https://www.instagram.com/{self.account}/" if self.account else ""
        values["visibility"] = "" if self._visibility == "unknown" else self._visibility
        facts = {key: Fact(value, at) for key, value in values.items() if value}
        missing = ("Role-holders and followers are not read from an Instagram export.",)
        return SiteFacts(self.account, PLATFORM, facts, missing)

    def _read_profile(self) -> tuple[dict[str, str], str]:
        """The profile's published fields, ``private`` and ``email_domain``, and the member that holds them."""
        for name in (n for n, kind in self._members.items() if kind in _PROFILES):
            try:
                whole = json.loads(read_bytes(self._source, name).decode("utf-8-sig"))
            except DAMAGE:
                continue
            user = dicts_of(whole.get("profile_user")) if isinstance(whole, dict) else []
            given = user[0] if user else whole if isinstance(whole, dict) else {}
            told = {_key(t.label): t.value for t in _labelled(given) if t.value and _key(t.label)}
            if not user:
                flat = {"username": "username", "name": "name", "biography": "about", "website": "website"}
                told = {ours: _text(given, theirs) for theirs, ours in flat.items()}
                told |= {"private": str(given.get("private_account", "")), "email": _text(given, "email")}
            told["email_domain"] = told.pop("email", "").partition("@")[2]
            pictures = given.get("media_map_data")
            shown = dicts_of(list(pictures.values())) if isinstance(pictures, dict) else []
            told["avatar"] = _text(shown[0], "uri") if shown else _text(given, "profile_pic_url")
            return told, name
        return {}, ""

    def _report_profile(self, name: str, report: ImportReport) -> None:
        if name == self._profile_member:
            report.add(name, "parsed", 1, "the site's own facts")
        elif not self._profile_member:
            report.damage(report.add(name, "parsed"), "broken or cut short and not read", "export again")
        else:
            report.add(name, "skipped", 1, "a further profile")

    def _member(
        self, name: str, kind: str, entry: MemberReport, report: ImportReport, passed: Counter[str]
    ) -> Iterator[Item]:
        """The items of one member as far as it can be read."""
        try:
            if kind in _OLD_LISTS:
                lists = _OLD_LISTS[kind]
            else:
                with self._source.open(name) as stream:
                    key = list_key(stream)
                lists = {key: _BY_KEY.get(key, kind)}
            for key, sort in lists.items():
                with self._source.open(name) as stream:
                    for n, given in enumerate(stream_records(stream, key)):
                        if not sort:
                            passed["sent in messages, not read"] += 1
                            continue
                        where = Where(name, f"/{key}/{n}" if key else f"/{n}")
                        yield from self._record(given, sort, where, report, passed)
        except DAMAGE:
            report.damage(entry, "the JSON is broken or cut short and was read in part only", "export again")

    def _record(
        self, given: Any, kind: str, where: Where, report: ImportReport, passed: Counter[str]
    ) -> Iterator[Item]:
        if not isinstance(given, list if kind == "old comment" else dict):
            report.reject(where.member)
        elif kind in ("comment", "old comment"):
            said = _comment(given) if isinstance(given, dict) else _old_comment(given)
            if said.value:
                yield self._item("comment", _number(given), said.stamp, where, kind, said.value)
            else:
                passed["without text"] += 1
        elif (item := self._post(_dict(given), kind, where)) is not None:
            yield item
        else:
            report.reject(where.member, f"{where.pointer}: neither text nor media; export again")

    def _post(self, given: dict[str, Any], kind: str, where: Where) -> Item | None:
        """A post, reel, story or portrait; None where it holds nothing.

        The caption stands on the one medium, or on the post where there are several; on Threads a post without picture
        has a medium without address.
        """
        shown = given.get("media")
        records = dicts_of([shown] if isinstance(shown, dict) else shown) or [given]
        told = [_text(r, "title") or _text(r, "caption") for r in records]
        text = _text(given, "title") or _text(given, "caption") or next(filter(None, told), "")
        if not text:
            text = "\n".join(dict.fromkeys(t.value for t in _labelled(given) if t.value and "://" not in t.value))
        found: list[Media] = []
        alts: list[str] = []
        for one, said in zip(records, told, strict=True):
            if address := _text(one, "uri") or _text(one, "path"):
                found.append(self._find(address))
                alts.append("" if said.strip() == text.strip() else said)
        if not text and not found:
            return None
        stamps = (r.get(k) for r in (given, *records) for k in ("creation_timestamp", "timestamp", "taken_at"))
        answer = any(_dict(r.get("text_app_post")).get("is_reply") is True for r in records)
        stamp = next(filter(None, stamps), None)
        sort = "comment" if answer else {"story": "story", "portrait": "caption"}.get(kind, "post")
        place = _text(given, "location")
        return self._item(sort, _number(given), stamp, where, kind, text, place, tuple(found), tuple(alts))

    def _find(self, address: str) -> Media:
        """A picture by its path in the export; never one that lies among the private members."""
        if "://" in address:
            return media(self._source, "", url=address)
        for root in self._roots:
            name = self._source.find(f"{root}{address}")
            if name and not _PRIVATE.search(name):
                return media(self._source, name)
        return Media(address, "", "missing", declared_format=declared(address))

    def _item(
        self,
        kind: str,
        number: str,
        stamp: Any,
        where: Where,
        sort: str,
        text: str,
        title: str = "",
        found: tuple[Media, ...] = (),
        alts: tuple[str, ...] = (),
    ) -> Item:
        platform = THREADS if sort == "thread" else PLATFORM
        text, title = read_mentions(text), read_mentions(title)
        moment = times.parse(stamp) if isinstance(stamp, str) else times.epoch(stamp)
        stamp = stamp if isinstance(stamp, int | float | str) else None
        names = [base_name(m.path or m.url) for m in found]
        identity = number or short_hash(self.account, stamp, text or title, names)
        again = number or f"{stamp}:{short_hash(names)}"
        states: dict[str, tuple[Status, Visibility]] = {
            "archived": ("archived", "private"),
            "deleted": ("deleted", "deleted"),
            # Neither drafts from published content, nor Threads' own privacy, can be told.
            "other": ("published", "unknown"),
            "thread": ("published", "unknown"),
        }
        status, visibility = states.get(sort, ("published", self._visibility))
        if kind == "comment" and sort != "thread":
            # On others' posts, whose visibility the export does not say.
            visibility = "unknown"
        return Item(
            id=f"{platform}:{self.account}:{identity}",
            kind=kind,
            parts=parts(text, title, media_parts(found, alts)),
            locator=locator(self._source, self.layout, where.member, where.pointer),
            lineage=f"{platform}:{self.account}:{again}",
            media=found,
            site=self.account,
            platform=platform,
            author=self._name,
            author_role="school",
            published=moment.at,
            raw_published="" if stamp is None else str(stamp),
            time_basis=moment.basis,
            visibility=visibility,
            status=status,
            has_photo=bool(found),
        )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return mend(value) if isinstance(value, str) else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(given: object) -> str:
    """The id that the newest records bear."""
    number = given.get("fbid") if isinstance(given, dict) else None
    return str(number) if isinstance(number, str | int) and number else ""


def _labelled(given: Mapping[str, Any]) -> list[_Told]:
    """The labelled values of a record in the order in which they stand, whichever way it labels them."""
    told = [
        _Told(mend(str(label)).casefold(), _text(v, "value"), v.get("timestamp"))
        for label, v in _dict(given.get("string_map_data")).items()
        if isinstance(v, dict)
    ]
    told += [_Told("", _text(v, "value"), v.get("timestamp")) for v in dicts_of(given.get("string_list_data"))]
    told += [
        _Told(_text(v, "label").casefold(), _text(v, "value"), v.get("timestamp_value"))
        for v in dicts_of(given.get("label_values"))
        if not v.get("dict")
    ]
    return told


def _key(label: str) -> str:
    """The field that a label means, empty where it is none that is kept."""
    return next((key for key, labels in _LABELS.items() if label in labels), "")


def _comment(given: Mapping[str, Any]) -> _Told:
    """A comment with its time; without a known label it is the first value that is no address."""
    told = _labelled(given)
    stamp = next((t.stamp for t in told if t.stamp), None) or given.get("timestamp")
    known = next((t.value for t in told if _key(t.label) == "comment"), None)
    others = (t.value for t in told if t.value and _key(t.label) not in ("owner", "username", "name"))
    text = known if known is not None else next((v for v in others if not v.startswith(("http://", "https://"))), "")
    return _Told("comment", text, stamp)


def _old_comment(given: Sequence[Any]) -> _Told:
    """A comment of 2018 to 2020 with its time: time, text and whose post it is."""
    stamp, text = (*given, "", "")[:2]
    return _Told("comment", mend(text) if isinstance(text, str) else "", stamp if isinstance(stamp, str) else None)


def _layout(matches: list[re.Match[str]]) -> str:
    if any(m.re is _OPENED["old"] or m.re is _OPENED["old comment"] for m in matches):
        return OLD
    return ACTIVITY if any(m.groupdict().get("activity") for m in matches) else CONTENT
