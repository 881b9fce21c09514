"""YouTube in Google Takeout: a folder, an archive, or one of its tables by itself.

Folders and tables are named in the account's language, so a table is told by its columns (observed in exports, as Google
documents none). Comments and live chats are the channel's own. Histories, searches and subscriptions are never opened.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from detectors.base import Fact, Item, Media, SiteFacts, UserError, Visibility
from pipelines.readers.media import base_name, declared, media
from pipelines.readers.reader import Seen, locator, media_parts, parts, short_hash
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.rows import Sheet, read_rows, sheet_of
from pipelines.readers.source import Source, is_damaged
from pipelines.readers.times import UNKNOWN, parse
from pipelines.readers.unread import report_unread
from pipelines.readers.values import cleaned, explain_passed, natural_key

LAYOUT, BARE = "youtube-takeout", "youtube-csv"
PLATFORM = "youtube"

_KNOWN = (
    ("video", frozenset(("video id", "video title (original)"))),
    ("video", frozenset(("video id", "video description (original)"))),
    ("comment", frozenset(("comment id", "comment text"))),
    ("chat", frozenset(("live chat id", "live chat text"))),
    ("channel", frozenset(("channel id", "channel title (original)"))),
    ("address", frozenset(("channel id", "channel vanity url 1 name"))),
)
_ORDER = ("channel", "address", "video", "comment", "chat")
_PRIVATE = re.compile(
    r"(?:^|/)(?:history|subscriptions|playlists|my activity|my-comments|my-live-chat-messages|music[^/]*|"
    r"(?:watch|search)[- ]history[^/]*|subscriptions\.\w+)(?:/|$)",
    re.IGNORECASE,
)
_FOLDER = re.compile(r"(?:^|/)Takeout/YouTube[^/]*/", re.IGNORECASE)
_NOT_IN_EXPORT = (
    "Comments and chat messages by other people are not in a YouTube export: look at the channel itself, or at copies of "
    "them.",
    "What is said and shown in the videos is not read, nor their subtitles and tags.",
)
# Takeout cuts the names of files after some fifty characters; a shorter beginning could be that of another title.
_CUT_NAME = 40


def detect(source: Source) -> YouTube | None:
    """The reader where a table has the columns of a Takeout's videos, comments or live chats.

    UserError for a Takeout of YouTube without one: its tables are in another language, or were not asked for.
    """
    sheets = {name: sheet for name in source.sizes if _may_open(source, name) and (sheet := _sheet(source, name))}
    if any(sheet.kind in ("video", "comment", "chat") for sheet in sheets.values()):
        return YouTube(source, sheets)
    if any(_FOLDER.search(name) for name in source.sizes):
        raise UserError(
            f"{source.path}: a Takeout of YouTube without videos or comments in English tables; set the Google account's "
            "language to English and export 'YouTube' again"
        )
    return None


def _sheet(source: Source, name: str) -> Sheet | None:
    return sheet_of(source, name, _KNOWN)


def _may_open(source: Source, name: str) -> bool:
    """Only tables, in a Takeout only those of YouTube, and none that is known to be private."""
    lower = name.lower()
    elsewhere = "takeout/" in lower and "youtube" not in lower
    return source.is_file or (lower.endswith(".csv") and not elsewhere and not _PRIVATE.search(name))


class YouTube:
    """Videos by their titles and descriptions, with their files where the export holds them; comments; live chats."""

    platform = PLATFORM

    def __init__(self, source: Source, sheets: Mapping[str, Sheet]) -> None:
        self._source = source
        self._sheets = dict(sorted(sheets.items(), key=lambda s: (_ORDER.index(s[1].kind), natural_key(s[0]))))
        self.layout = BARE if source.is_file else LAYOUT
        self._channel, self._channel_at = self._first("channel")
        self._address, self._address_at = self._first("address")
        self.account = self._address.get("channel vanity url 1 name", "") or self._channel.get("channel id", "")
        self._name = self._channel.get("channel title (original)", "")
        self._files = {n for n in source.sizes if not source.is_file and declared(n).startswith("video/")}

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every row of each table, videos first."""
        report.not_in_export.extend(_NOT_IN_EXPORT)
        seen, shown = Seen(), set[str]()
        for name, sheet in self._sheets.items():
            entry = report.add(name, "parsed")
            passed: Counter[str] = Counter()
            for item in seen.fresh(self._table(name, sheet, entry, report), entry, passed):
                shown.update(m.path for m in item.media)
                yield item
            explain_passed(entry, passed, report.rejected_in(name))
        if not self._source.is_file:
            broken = [n for n in self._source.sizes if _may_open(self._source, n) and is_damaged(self._source, n)]
            for name in broken:
                report.damage(report.add(name, "damaged"), "cannot be read")
            report_unread(self._source, {*self._sheets, *shown, *broken}, _PRIVATE, report)

    def facts(self) -> SiteFacts | None:
        """What the export says of the channel; None where it holds no table of it."""
        given = {
            "name": (self._name, self._channel_at),
            "about": (self._channel.get("channel description (original)", ""), self._channel_at),
            "username": (self._address.get("channel vanity url 1 name", ""), self._address_at),
            "url": (_channel_url(self._channel.get("channel id", "")), self._channel_at),
        }
        facts = {
            key: Fact(value, locator(self._source, self.layout, *at)) for key, (value, at) in given.items() if value
        }
        told = ("Role-holders, subscribers, avatar and banner are not read from this export.",)
        return SiteFacts(self.account, PLATFORM, facts, told) if facts else None

    def _first(self, kind: str) -> tuple[dict[str, str], tuple[str, str]]:
        """The first row of the first table of a kind, and where it stands."""
        for name, sheet in self._sheets.items():
            if sheet.kind == kind:
                aside = ImportReport()
                for number, row in read_rows(self._source, name, sheet, aside.add(name, "parsed"), aside):
                    return {key: cell.strip() for key, cell in row.items()}, (name, f"row:{number}")
        return {}, ("", "")

    def _table(self, name: str, sheet: Sheet, entry: MemberReport, report: ImportReport) -> Iterator[Item]:
        if sheet.kind in ("channel", "address"):
            entry.records = sum(1 for _ in read_rows(self._source, name, sheet, entry, report))
            entry.why = "; ".join(filter(None, (entry.why, "the site's own facts")))
            return
        films = self._films(name, sheet) if sheet.kind == "video" else {}
        for number, row in read_rows(self._source, name, sheet, entry, report):
            if sheet.kind == "video":
                yield self._video(row, name, number, films)
            else:
                yield self._said(row, name, number, sheet.kind)

    def _films(self, name: str, sheet: Sheet) -> dict[str, str]:
        """Video files by the titles they are named after; a title that two videos share claims none."""
        if not self._files:
            return {}
        aside = ImportReport()
        rows = read_rows(self._source, name, sheet, aside.add(name, "parsed"), aside)
        titles = Counter(_plain(row.get("video title (original)", "")) for _, row in rows)
        films: dict[str, str] = {}
        for file in sorted(self._files):
            stem = _plain(base_name(file).rpartition(".")[0])
            fits = [t for t in titles if t == stem]
            fits = fits or [t for t in titles if len(stem) >= _CUT_NAME and t.startswith(stem)]
            if len(fits) == 1 and titles[fits[0]] == 1:
                films.setdefault(fits[0], file)
        return films

    def _video(self, row: dict[str, str], name: str, number: int, films: Mapping[str, str]) -> Item:
        title = row.get("video title (original)", "").strip()
        text = row.get("video description (original)", "").replace("\r\n", "\n").strip()
        given = row.get("video id", "").strip()
        film = films.get(_plain(title), "") if title else ""
        found = (media(self._source, film),) if film else ()
        raw = next((r for key in ("publish", "create") if (r := row.get(f"video {key} timestamp", "").strip())), "")
        privacy = row.get("privacy", "").strip().lower()
        url = f"https://www.youtube.com/watch?v={given}" if given else ""
        return self._item(
            f"video:{given or short_hash(title, text)}",
            "video_description",
            (name, number),
            raw,
            title=title,
            text=text,
            found=found,
            visibility=cast(Visibility, privacy) if privacy in get_args(Visibility) else "unknown",
            url=url,
        )

    def _said(self, row: dict[str, str], name: str, number: int, kind: str) -> Item:
        """A comment or a message in a live chat, both the channel's own."""
        label = "comment" if kind == "comment" else "live chat"
        given, video = row.get(f"{label} id", "").strip(), row.get("video id", "").strip()
        parent = row.get("parent comment id", "").strip()
        text = comment_text(row.get(f"{label} text", ""))
        raw = row.get(f"{label} create timestamp", "").strip()
        watch = f"https://www.youtube.com/watch?v={video}" if video else ""
        answers = (parent and f"comment:{parent}") or (f"video:{video}" if video else "")
        return self._item(
            f"{kind}:{given or short_hash(raw, text)}",
            "comment",
            (name, number),
            raw,
            text=text,
            visibility="unknown",
            url=f"{watch}&lc={given}" if watch and given and kind == "comment" else watch,
            in_reply_to=f"{PLATFORM}:{answers}" if answers else "",
        )

    def _item(
        self,
        identity: str,
        kind: str,
        at: tuple[str, int],
        raw: str,
        *,
        text: str,
        title: str = "",
        found: tuple[Media, ...] = (),
        **more: Any,
    ) -> Item:
        moment = parse(raw) if raw else UNKNOWN
        return Item(
            id=f"{PLATFORM}:{identity}",
            kind=kind,
            parts=parts(text, title, media_parts(found, ("",) * len(found))),
            locator=locator(self._source, self.layout, at[0], f"row:{at[1]}"),
            lineage=f"{PLATFORM}:{identity}",
            media=found,
            site=self.account,
            platform=PLATFORM,
            author=self._name,
            author_role="school",
            published=moment.at,
            raw_published=raw,
            time_basis=moment.basis,
            **more,
        )


def comment_text(cell: str) -> str:
    """A comment as viewers read it.

    It is written as JSON: one object with its ``text``, since 2024 several with commas between, line ends raw within the
    strings; in live chats also a list of ``takeoutSegments``. Older ones are plain. All have HTML's entities.
    """
    said = cell.strip()
    if said.startswith("{"):
        try:
            pieces = json.loads(f"[{said}]", strict=False)
        except (ValueError, RecursionError):
            pieces = []
        inner = [piece.get("takeoutSegments", [piece]) for piece in pieces if isinstance(piece, dict)]
        flat = [piece for group in inner if isinstance(group, list) for piece in group if isinstance(piece, dict)]
        texts = [piece["text"] for piece in flat if isinstance(piece.get("text"), str)]
        if texts:
            said = "".join(texts)
    return cleaned(html.unescape(said).replace("\r\n", "\n"))


def _plain(title: str) -> str:
    """A title in the form in which Takeout makes file names of it: signs that file systems refuse become ``_``."""
    return re.sub(r"[^\w\s.,()'!+=@~-]", "_", unicodedata.normalize("NFC", title)).strip().casefold()


def _channel_url(channel: str) -> str:
    return f"https://www.youtube.com/channel/{channel}" if channel else ""
