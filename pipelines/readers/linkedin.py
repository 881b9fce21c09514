"""LinkedIn's "Download your data": the whole archive, a folder of it, or one of its tables by itself.

Tables in CSV, since 2026 with the member's number in their names; times are in UTC without saying so (observed in exports,
not documented). Only posts, own comments and own articles are opened: connections, messages, invitations, the profile and
everything else never are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from detectors.base import Item, Media, SiteFacts, UserError, Visibility
from pipelines.readers.html import decode, read_page
from pipelines.readers.media import media
from pipelines.readers.reader import Seen, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.rows import Sheet, read_rows, sheet_of
from pipelines.readers.source import DAMAGE, Source, read_bytes, read_head
from pipelines.readers.times import UNKNOWN, Moment, parse
from pipelines.readers.unread import report_unread
from pipelines.readers.values import explain_passed

LAYOUT, BARE = "linkedin-export", "linkedin-csv"
PLATFORM = "linkedin"
UTC_ZONE = ZoneInfo("UTC")

_KNOWN = (
    ("post", frozenset(("date", "sharecommentary"))),
    ("comment", frozenset(("date", "link", "message"))),
)
_NAMES = {
    "post": re.compile(r"(?:.*/)?Shares(?:_(?P<account>\d+))?\.csv", re.IGNORECASE),
    "comment": re.compile(r"(?:.*/)?Comments(?:_(?P<account>\d+))?\.csv", re.IGNORECASE),
    "article": re.compile(r"(?:.*/)?Articles/(?:.*/)?[^/]+\.html?", re.IGNORECASE),
}
_ARTICLE_MARK = re.compile(rb"<p\s+class=\"(?:created|published)\"|linkedin\.com", re.IGNORECASE)
_PUBLISHED = re.compile(r"<p\s+class=\"published\">\s*Published on\s+([^<]{1,60}?)\s*</p>", re.IGNORECASE)
# Members of the archive that hold other people's data, or the member's own beyond what is published.
_OTHERS = (
    "Connections|messages|guide_messages|learning_coach_messages|learning_role_play_messages|Invitations|"
    "ImportedContacts|Contacts|PhoneNumbers|Email[ _]Addresses|Whatsapp[ _]Phone[ _]Numbers|Registration|"
    "SearchQueries|Profile|Profile[ _]Summary|Positions|Education|Skills|Endorsement\\w*|Recommendations\\w*|Receipts\\w*|"
    "Logins|Security[ _]Challenges|Ad[s_ ]\\w*|Ad[s_ ]Targeting|Inferences\\w*|Reactions|Votes|Saved[ _]\\w*|Jobs|"
    "Company[ _]Follows|Member[ _]Follows|Hashtag[ _]Follows|Device[ _]\\w*|Verifications|Events"
)
_PRIVATE = re.compile(rf"(?:^|/)(?:(?:{_OTHERS})(?:_\d+)?\.csv$|(?:Jobs|Verifications|SDUI|Coach)/)", re.IGNORECASE)
_OWN_MARK = re.compile(
    r"(?:^|/)(?:Connections|ImportedContacts|Invitations|SearchQueries|Ad_Targeting|Receipts\w*)(?:_\d+)?\.csv$",
    re.IGNORECASE,
)
_PRIVATE_COLUMNS = (
    ("connections", frozenset(("first name", "last name", "connected on"))),
    ("messages", frozenset(("conversation id", "from", "to"))),
)
_SHOWN: dict[str, Visibility] = {
    "member_network": "public",
    "public": "public",
    "anyone": "public",
    "logged_in": "members",
    "connections": "members",
    "connections_only": "members",
    "group": "members",
    "container": "members",
}
_ASK = "give Shares.csv, Comments.csv or the whole archive"
_NOT_IN_EXPORT = (
    "Comments by other people are not in a LinkedIn export: look at the posts themselves, or at copies of them.",
    "Pictures of posts are not in a LinkedIn export, only the addresses of some.",
    "Posts of a LinkedIn Page are not in a member's export: ask an administrator of the Page for its list of posts.",
)


def detect(source: Source) -> LinkedIn | None:
    """The reader where the tables or articles of an export lie, or a bare file is one of its tables.

    UserError for a table that is not published content, and for an export that holds nothing else.
    """
    if source.is_file:
        return _detect_file(source)
    members: dict[str, Sheet | None] = {}
    unknown: list[str] = []
    for name in source.sizes:
        kind = next((k for k, form in _NAMES.items() if form.fullmatch(name)), "")
        if kind == "article" and _ARTICLE_MARK.search(read_head(source, name)):
            members[name] = None
        elif kind in ("post", "comment"):
            if (sheet := sheet_of(source, name, _KNOWN)) is not None:
                members[name] = sheet
            else:
                unknown.append(name)
    owned = any(_OWN_MARK.search(name) for name in source.sizes)
    if any(members.values()) or (members and owned):
        return LinkedIn(source, members, unknown)
    private = [n for n in source.sizes if _PRIVATE.search(n)]
    if owned and (len(private) > 1 or len(private) == len(source.sizes)):
        raise UserError(
            f"{source.path}: a LinkedIn export without posts; ask LinkedIn for the larger archive, and {_ASK}"
        )
    return None


def _detect_file(source: Source) -> LinkedIn | None:
    name = next(iter(source.sizes))
    sheet = sheet_of(source, name, _KNOWN)
    if sheet is not None and (sheet.kind == "post" or _NAMES["comment"].fullmatch(name)):
        return LinkedIn(source, {name: sheet})
    if re.fullmatch(r"Connections(?:_\d+)?\.csv", name, re.IGNORECASE) or sheet_of(source, name, _PRIVATE_COLUMNS):
        raise UserError(f"{source.path}: LinkedIn's list of contacts or messages, which is private; {_ASK}")
    return None


class LinkedIn:
    """Posts, own comments and own articles of one member."""

    platform = PLATFORM

    def __init__(self, source: Source, members: Mapping[str, Sheet | None], unknown: Sequence[str] = ()) -> None:
        self._source = source
        self._unknown = unknown
        self._members = dict(
            sorted(members.items(), key=lambda m: (m[1] is None, m[1].kind != "post" if m[1] else 0, m[0]))
        )
        self.layout = BARE if source.is_file else LAYOUT
        found = (form.fullmatch(name) for name in members for form in (_NAMES["post"], _NAMES["comment"]))
        self.account = next((m.group("account") for m in found if m and m.group("account")), "")

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Posts, then comments, then articles."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen = Seen()
        for name, sheet in self._members.items():
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            found = (
                self._article(name, entry, report) if sheet is None else self._rows(name, sheet, entry, report, passed)
            )
            yield from seen.fresh(found, entry, passed)
            explain_passed(entry, passed, report.rejected_in(name))
        for name in self._unknown:
            report.damage(report.add(name, "damaged"), "cannot be read, or its columns are not known")
        if not self._source.is_file:
            report_unread(self._source, {*self._members, *self._unknown}, _PRIVATE, report)

    def facts(self) -> SiteFacts | None:
        """The profile is private, and not opened."""
        return None

    def _rows(
        self, name: str, sheet: Sheet, entry: MemberReport, report: ImportReport, passed: Counter[str]
    ) -> Iterator[Item]:
        for number, row in read_rows(self._source, name, sheet, entry, report):
            if sheet.kind == "post":
                yield self._post(row, name, number)
            elif row.get("message", "").strip():
                yield self._comment(row, name, number)
            else:
                passed["without text"] += 1

    def _post(self, row: dict[str, str], name: str, number: int) -> Item:
        text = _lines(row.get("sharecommentary", ""))
        url, card = row.get("sharelink", "").strip(), row.get("sharedurl", "").strip()
        picture = row.get("mediaurl", "").strip()
        shown = row.get("visibility", "").strip().lower()
        raw = row.get("date", "").strip()
        return self._item(
            f"post:{_number(url) or short_hash(raw, url, text)}",
            "post",
            locator_at=(name, f"row:{number}"),
            raw=raw,
            told=(text, card),
            found=(media(self._source, "", url=picture),) if picture else (),
            visibility=_SHOWN.get(shown, "unknown"),
            url=url,
        )

    def _comment(self, row: dict[str, str], name: str, number: int) -> Item:
        text = _lines(row.get("message", ""))
        url, raw = row.get("link", "").strip(), row.get("date", "").strip()
        return self._item(
            f"comment:{short_hash(raw, url, text)}",
            "comment",
            locator_at=(name, f"row:{number}"),
            raw=raw,
            told=(text, ""),
            lineage=f"{PLATFORM}:comment:{short_hash(raw, url)}",
            url=url,
            in_reply_to=url,
        )

    def _article(self, name: str, entry: MemberReport, report: ImportReport) -> Iterator[Item]:
        """An article; one without a day of publishing is a draft."""
        try:
            markup = decode(read_bytes(self._source, name))
        except DAMAGE:
            report.damage(entry, "cannot be read")
            return
        page = read_page(markup)
        published = _PUBLISHED.search(markup)
        raw = published.group(1) if published else ""
        found = tuple(media(self._source, "", url=p.src) for p in page.pictures)
        yield self._item(
            f"article:{short_hash(page.title, raw)}",
            "article",
            locator_at=(name, ""),
            raw=raw,
            told=(page.text, page.title),
            found=found,
            alts=tuple(p.alt for p in page.pictures),
            visibility="public" if published else "draft",
            status="published" if published else "draft",
            url=page.canonical,
        )

    def _item(
        self,
        identity: str,
        kind: str,
        *,
        locator_at: tuple[str, str],
        raw: str,
        told: tuple[str, str],
        found: tuple[Media, ...] = (),
        alts: tuple[str, ...] = (),
        lineage: str = "",
        **more: Any,
    ) -> Item:
        moment: Moment = parse(raw, UTC_ZONE) if raw else UNKNOWN
        return Item(
            id=f"{PLATFORM}:{identity}",
            kind=kind,
            parts=parts(*told, media_parts(found, alts or ("",) * len(found))),
            locator=locator(self._source, self.layout, *locator_at),
            lineage=lineage or f"{PLATFORM}:{identity}",
            media=found,
            site=self.account,
            platform=PLATFORM,
            author_role="school",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            has_photo=bool(found) or None,
            **more,
        )


def _lines(cell: str) -> str:
    return cell.replace("\r\n", "\n").strip()


def _number(url: str) -> str:
    """The number of a post in its address, where the address has one."""
    match = re.search(r"urn(?::|%3A)li(?::|%3A)\w+(?::|%3A)(\d+)", url, re.IGNORECASE)
    return match.group(1) if match else ""
