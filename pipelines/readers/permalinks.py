"""Meta Business Suite's list of posts joined to the posts of Facebook's or Instagram's own export.

The export has no ids and addresses of posts, the list has both, and no pictures. A row is a post's where account, time and
the beginning of the text agree. The list's times are of the minute and say no zone: that of the zones which brings most of
its rows to a post counts (Pacific was observed, but is documented nowhere). Where two rows or two posts fit, none is joined.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from detectors.base import Item, Locator
from pipelines.readers.times import LONDON, PACIFIC, parse

_ZONES = (PACIFIC, LONDON, ZoneInfo("UTC"))
# The list cuts seconds off, or rounds them.
_SECONDS_APART = 60
# A text that was cut says enough from here on; shorter ones must be the same.
_LEAST_PREFIX = 20
_COMPARED = 500
_NO_POSTS = frozenset({"comment", "reply", "event", "profile"})
# Steps of Facebook's and Instagram's addresses that stand where the account's name does in others.
_NO_ACCOUNT = frozenset(
    {"", "p", "tv", "reel", "reels", "stories", "story.php", "permalink.php", "photo", "photo.php", "photos", "posts"}
    | {"watch", "video.php", "videos", "groups", "events", "share", "pages", "people", "profile.php"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """What the list says of a post."""

    url: str = field(repr=False)
    lineage: str = field(repr=False)
    locators: tuple[Locator, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Rows by the platform and id of the post that they belong to, and the lineages of the rows that are so joined.

    ``sites`` gives for the list's word for an account that of the posts.
    """

    posts: dict[tuple[str, str], Row] = field(default_factory=dict, repr=False)
    rows: frozenset[str] = field(default=frozenset(), repr=False)
    sites: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def apply(self, item: Item) -> Item:
        """The item with address, lineage and place of its row, where it has one."""
        row = self.posts.get((item.platform, item.id))
        if row is None:
            return item
        return replace(item, url=item.url or row.url, lineage=row.lineage, also=(*item.also, *row.locators))

    def rename(self, row: Item) -> Item:
        """A row that belongs to no post, on the site of those that do."""
        return replace(row, site=self.sites.get((row.platform, row.site), row.site))


@dataclass(slots=True)
class _Known:
    row: Row
    platform: str
    site: str
    accounts: frozenset[str]
    texts: frozenset[str]


def find_links(rows: Iterable[Item], posts: Iterable[Item]) -> Links:
    """Which posts the rows of lists belong to. The rows are held in memory, the posts are not."""
    known: dict[str, _Known] = {}
    by_minute: dict[ZoneInfo, dict[int, set[str]]] = {zone: defaultdict(set) for zone in _ZONES}
    for item in rows:
        if (before := known.get(item.lineage)) is not None:
            before.row = replace(before.row, locators=(*before.row.locators, item.locator))
            continue
        row = Row(item.url, item.lineage, (item.locator,))
        texts = frozenset(_folded(item.part(name)) for name in ("text", "title") if item.part(name)) or frozenset({""})
        accounts = frozenset(filter(None, (_plain(item.site), account_of(item.url))))
        known[item.lineage] = _Known(row, item.platform, item.site, accounts, texts)
        for zone in _ZONES:
            moment = parse(item.raw_published, zone, month_first=True).at
            if moment is not None:
                by_minute[zone][_minute(moment)].add(item.lineage)
    pairs: dict[ZoneInfo, dict[tuple[tuple[str, str], str], str]] = {zone: {} for zone in _ZONES}
    for item in posts:
        if item.published is None or item.kind in _NO_POSTS:
            continue
        text = _folded(item.part("text"))
        accounts = frozenset(filter(None, (_plain(item.site), _plain(item.author))))
        for zone in _ZONES:
            for lineage in _near(by_minute[zone], item.published):
                row_of = known[lineage]
                if row_of.platform == item.platform and _agree(row_of, accounts, text):
                    pairs[zone][(item.platform, item.id), lineage] = item.site
    return _unambiguous(max(pairs.values(), key=len), known)


def _unambiguous(pairs: dict[tuple[tuple[str, str], str], str], known: dict[str, _Known]) -> Links:
    """The links of the pairs of a post and a row, each with the post's site, in which neither is in another pair."""
    posts: dict[tuple[str, str], int] = defaultdict(int)
    rows: dict[str, int] = defaultdict(int)
    for post, lineage in pairs:
        posts[post] += 1
        rows[lineage] += 1
    sure = [(post, lineage) for post, lineage in pairs if posts[post] == rows[lineage] == 1]
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    for post, lineage in sure:
        sites[known[lineage].platform, known[lineage].site].add(pairs[post, lineage])
    return Links(
        {post: known[lineage].row for post, lineage in sure},
        frozenset(lineage for _, lineage in sure),
        {word: site for word, (site, *others) in sites.items() if not others},
    )


def _agree(row: _Known, accounts: frozenset[str], text: str) -> bool:
    if row.accounts and accounts and not row.accounts & accounts:
        return False
    return any(_same_beginning(text, other) for other in row.texts)


def _same_beginning(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return shorter == longer or (len(shorter) >= _LEAST_PREFIX and longer.startswith(shorter))


def _folded(text: str) -> str:
    """The beginning of a text without what the two exports write differently: case, spaces, marks of a cut."""
    return " ".join(text[: 2 * _COMPARED].casefold().split())[:_COMPARED].rstrip(".… ")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _near(rows: dict[int, set[str]], moment: datetime) -> Iterator[str]:
    """The rows of the minutes that lie within the tolerance."""
    second = int(moment.timestamp())
    for minute in range((second - _SECONDS_APART + 59) // 60, (second + _SECONDS_APART) // 60 + 1):
        yield from rows.get(minute, ())


def account_of(url: str) -> str:
    """The account's name in a post's address in small letters and digits, empty where the address has none or a number."""
    steps = urlsplit(url).path.strip("/").split("/")
    name = steps[0].lower()
    return "" if len(steps) < 2 or name in _NO_ACCOUNT or name.isdigit() else _plain(name)
