"""What the items of a site show of it, noted one by one as they are read: all that the site checks need of the items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from detectors.base import Adult, Host, Item, Seen
from detectors.sites.hosts import domain_of, host_at
from detectors.text.fold import folded_key

# An address in a text, to its last character that is no punctuation: RFC 3986 without the brackets that texts put around it.
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'()\[\]]+|\b(?:[a-z0-9-]+\.)+(?:com|me|gg|app|tv|net)/[^\s<>\"'()\[\]]+", re.I
)
# Invitations to chat groups: they bear no name, so that each counts as one of the school's.
_INVITATIONS = (
    "chat.whatsapp.com",
    "discord.gg",
    "discord.com/invite",
    "t.me/+",
    "t.me/joinchat",
    "facebook.com/groups",
)
_RULES = re.compile(
    r"\b(?:house rules|comment(?:s|ing)? (?:policy|rules|guidelines)|community (?:rules|guidelines|standards))\b", re.I
)
_TERMS = re.compile(r"\b(?:terms of use|terms and conditions|terms of service|website terms)\b", re.I)
# Words of posts held in schools, beside those of the staff list itself.
_POSITIONS = re.compile(
    r"\b(?:head ?teacher|deputy head|assistant head|head of|teacher|tutor|director of|co-?ordinator|manager|librarian|sendco|senco|"
    r"bursar|assistant|technician|counsell?or|nurse|secretary|governor|principal|coach)\b",
    re.I,
)
_ADDRESSES_A_SITE = 200  # links kept of one site; more are of no use to a person
_SIGNATURE = 160  # characters at a text's end in which somebody signs
_OWN = frozenset(("school", "staff"))


class Watch:
    """Notes the items of one site. ``names`` are words of the school's name, folded: what makes a page the school's."""

    def __init__(self, names: Iterable[str], adults: Iterable[Adult], hosts: Mapping[str, Host]) -> None:
        self._names = tuple(n for n in names if len(n) > 3)
        self._surnames = frozenset(folded_key(a.surname) for a in adults if len(a.surname) > 1)
        self._hosts = hosts
        self._items = 0
        self._first: date | None = None
        self._last: date | None = None
        self._writers: Counter[str] = Counter()
        self._visibility: Counter[str] = Counter()
        self._rules = self._terms = False
        self._links: dict[str, None] = {}
        self._unsigned = 0
        self._closed_strangers = 0
        self._pictures = 0

    def note(self, item: Item) -> None:
        """Take an item into account. What was deleted, or never published, is nothing that a visitor sees."""
        self._items += 1
        if item.status in ("draft", "scheduled", "deleted"):
            return
        self._visibility[item.visibility] += 1
        self._writers[item.author_role] += 1
        self._pictures += sum(m.presence == "present" and m.encoding_format.startswith("image/") for m in item.media)
        text = "\n".join(p.text for p in item.parts if p.name in ("title", "text"))
        if item.author_role in _OWN:
            self._note_own(item, text)
        elif item.author_role == "outsider" and item.visibility in ("members", "private", "password"):
            self._closed_strangers += 1

    def _note_own(self, item: Item, text: str) -> None:
        if item.published is not None:
            day = item.published.date()
            self._first, self._last = min(self._first or day, day), max(self._last or day, day)
        self._rules = self._rules or _RULES.search(text) is not None
        self._terms = self._terms or _TERMS.search(text) is not None
        self._unsigned += item.author_role == "staff" and not self._signed(item.author, text)
        self.note_links(text)

    def note_links(self, text: str) -> None:
        """Keep the addresses in a text, or in a profile, that are pages of the school's name or invitations to a chat."""
        if "." not in text or len(self._links) >= _ADDRESSES_A_SITE:
            return
        for found in _ADDRESS.finditer(text):
            address = plain_address(found[0])
            host, _, path = address.partition("/")
            if not path:
                continue
            invited = any(address.startswith(i) for i in _INVITATIONS)
            named = any(n in folded_key(path) for n in self._names)
            if invited or (named and host_at(host, self._hosts) is not None and _is_page(path)):
                self._links.setdefault(address)

    def _signed(self, author: str, text: str) -> bool:
        """Whether author or signature give a surname of the staff list and a position."""
        told = f"{author}\n{text[-_SIGNATURE:]}"
        words = {folded_key(w) for w in re.findall(r"[\w'’-]+", told)}
        return bool(words & self._surnames) and _POSITIONS.search(told) is not None

    def seen(self) -> Seen:
        """What was seen so far."""
        return Seen(
            self._items,
            self._first,
            self._last,
            dict(self._writers),
            dict(self._visibility),
            self._rules,
            self._terms,
            tuple(self._links),
            self._unsigned,
            self._closed_strangers,
            self._pictures,
        )


def plain_address(address: str) -> str:
    """``host/path`` in small letters, without scheme, ``www.``, query, fragment and what ends a sentence."""
    bare = re.sub(r"^https?://", "", address.strip().lower()).rstrip(".,;:!?…")
    bare = re.split(r"[?#]", bare)[0].rstrip("/")
    host, slash, path = bare.partition("/")
    return f"{domain_of(host)}{slash}{path}"


def _is_page(path: str) -> bool:
    """Whether a path is that of a page or group, not of a single post, picture or film."""
    steps = path.split("/")
    return len(steps) <= 2 and steps[0] not in (
        "p",
        "reel",
        "watch",
        "status",
        "posts",
        "photo",
        "photos",
        "hashtag",
        "share",
    )
