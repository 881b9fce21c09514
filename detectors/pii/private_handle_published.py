"""A private person's user name on a platform."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, PlainText, Reading, Severity
from detectors.lexicons import load_lexicon
from detectors.text.around import evidence
from detectors.text.spans import Disjoint

# @name as the platforms allow it (letters, digits, dots, underscores), and @name@host of the fediverse.
_AT = re.compile(
    r"(?:(?<![\w@./+#-])|(?<=tiktok\.com/)|(?<=threads\.net/)|"
    r"(?<=youtube\.com/))@(?P<name>[A-Za-z0-9_][\w.-]{1,38})(?:@[\w-]{1,40}(?:\.[\w-]{1,40}){1,3})?(?![/\w])",
    re.ASCII,
)
_PLATFORM = (
    r"(?:snap(?:chat)?s?|insta(?:gram)?|ig|tik ?tok|discord|roblox|xbox(?: live)?|psn|ps[45]|"
    r"playstation|gamer ?tag|twitch|fortnite|minecraft|steam|twitter|bereal|telegram|threads|"
    r"epic(?: games)?|kik|yubo|wizz|bluesky|mastodon|switch|finsta|spam(?: account)?|vsco|pinterest|facebook|fb|you ?tube)"
)
_SHORT = r"(?:tt|sc)(?=[ ]?:)"
_LINK = (
    r"(?:[ ]?(?:'s\b|user ?name\b|user\b|name\b|id\b|tag\b|handle\b|account\b|acc\b|profile\b|is\b|as\b|"
    r"add\b|[:=>~]|(?<=[ ])-(?=[ ]))){0,4}[ ]{0,2}"
)
_NAMED = re.compile(
    rf"(?<![\w.@/-])(?P<platform>{_PLATFORM}|{_SHORT})\b(?P<link>{_LINK})(?P<name>[A-Za-z0-9_][\w.#-]{{2,37}})(?![\w@/])",
    re.IGNORECASE,
)
_ADDED = re.compile(
    rf"\b(?:add|follow|dm|message|find|hmu)[ ]+(?!(?:me|us|him|her|them|your|our|the|"
    rf"my)\b)(?P<name>[A-Za-z0-9_][\w.#-]{{2,37}})[ ]+(?:on|over on|via)[ ]+{_PLATFORM}\b",
    re.IGNORECASE,
)
_ADD_ME = re.compile(
    rf"\badd me(?: (?:on|at)(?: {_PLATFORM})?)?[ :,=-]{{1,3}}(?P<name>[A-Za-z0-9_][\w.#-]{{2,37}})", re.IGNORECASE
)
_SNAP_LINK = re.compile(r"snapchat\.com/add/(?P<name>[\w.-]{3,37})", re.IGNORECASE)
_SHAPED = re.compile(r"[\d_#]|[a-z]\.[a-z]|[a-z][A-Z]|\w-\w|\.\.")
_PLAIN = re.compile(r"[a-z][a-z.]{4,29}$")
_NOT_A_NAME = re.compile(
    r"(?:all|everyone|everybody|here|channel|school|home|work|lunch|break|the|me|us|you|media|import|"
    r"property|staticmethod|classmethod|keyframes|charset|font-face|override|"
    r"param|return|todo|noon|midday|midnight|\d+(?:am|pm|st|nd|rd|th)?)$",
    re.IGNORECASE,
)
_WORDS = load_lexicon("not_handles")
# Words in a user name that make it an organisation's: anywhere in it, or as its last word (by capitals, _ or digits).
_ORGANISATION = re.compile(
    r"school|academ(?:y|ies)|college|universit|library|libraries|museum|theatre|council|police|hospital|"
    r"hospice|charity|foundation|rspca|rspb|unicef|^bbc|^itv|nationaltrust|scouts|girlguiding",
    re.IGNORECASE,
)
_ORGANISATION_WORDS = load_lexicon("organisation_handles")
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_US = re.compile(
    r"\b(?:follow|find|tag|join|visit|see|like|dm)\s+us\b|\bour\b[^.!?\n]{0,24}$|\bwe(?:'re| are) (?:now )?on\b",
    re.IGNORECASE,
)
_ADDRESSING, _OPENING = (
    frozenset({"x", "twitter", "mastodon", "threads", "bluesky"}),
    re.compile(r"(?:RT )?(?:@[\w.@-]+[ :,]+)*"),
)
_DOMAIN = re.compile(r"\.(?:com|org|net|uk|co|example|io|tv|gg|me|gov|ac|edu|sch)$", re.IGNORECASE)


def _handles(plain: PlainText) -> Iterator[tuple[int, int, str, float]]:
    text = plain.text
    for match in _AT.finditer(text) if "at" in plain.triggers else ():
        name = match["name"].rstrip(".-")
        if len(name) >= 3 and any(c.isalpha() for c in name) and not _NOT_A_NAME.match(name):
            end = match.start() + 1 + len(name) if len(name) < len(match["name"]) else match.end()
            yield match.start(), end, name, 0.8
    for pattern in (_NAMED, _ADDED, _ADD_ME, _SNAP_LINK):
        for match in (
            m for stretch in plain.near("platform", before=70, after=90) for m in pattern.finditer(text, *stretch)
        ):
            name = match["name"].rstrip(".-")
            if (
                len(name) < 3
                or _NOT_A_NAME.match(name)
                or name.lower() in _WORDS
                or _DOMAIN.search(name)
                or "www." in name
            ):
                continue
            start = match.start("name")
            linked = pattern is not _NAMED or bool(re.search(r"[:=>]|\bis\b|'s|\bas\b", match["link"]))
            ends = not text[start + len(name) : start + len(name) + 4].lstrip(" ")[:1].isalpha()
            if (
                _SHAPED.search(name)
                and (linked or not name.isdigit())
                and (match["link"] if pattern is _NAMED else True)
            ):
                if pattern is _NAMED and not linked and not re.search(r"[\d_.#]|[a-z][A-Z]", name):
                    continue
                if any(c.isalpha() for c in name):
                    yield start, start + len(name), name, 0.85
            elif linked and pattern is not _ADD_ME and ends and _PLAIN.match(name):
                yield start, start + len(name), name, 0.75


def _organisation(name: str) -> bool:
    words = _TOKEN.findall(name)
    return bool(_ORGANISATION.search(name)) or (
        len(words) > 1 and (words[-1].lower() in _ORGANISATION_WORDS or words[0].lower() == "official")
    )


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a user name that is neither the school's nor recognisably an organisation's."""
    for text in reading.texts():
        if not text.triggers.keys() & {"at", "platform"}:
            continue
        seen = Disjoint()
        for start, end, name, confidence in _handles(text):
            if not seen.free(start, end) or context.contacts.has_handle(name) or _organisation(name):
                continue
            if text.text[start] != "@" and _US.search(text.text, max(0, start - 60), start):
                continue
            seen.claim(start, end)
            # On X and the like a reply or repost begins with the name: the platform writes it there.
            addressed = reading.item.platform in _ADDRESSING and _OPENING.fullmatch(text.text, 0, start) is not None
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=confidence,
                signals="a user name that is not the school's",
                severity=Severity.INFO if addressed else None,
                pupil_severity=None if addressed else Severity.HIGH,
            )


DETECTOR = Detector(
    id="private-handle-published",
    kind="HANDLE",
    clause="3.2.a",
    severity=Severity.LOW,
    summary="A private person's user name is published.",
    rationale="It leads from the school's site to a child's or colleague's own account, where strangers can write to them.",
    remedy="Remove the user name, unless the person is a public figure or asked for it and is no pupil.",
    flags=("thanks @jen.potts88 for the pics", "my insta is noor_draws"),
    passes=("Follow @NorthmoorSchool for more.", "Lunch @home, work @school."),
    find=find,
    limits="Names after @, and names beside a platform's. Organisations are told by words in their name, so "
    "that one without such a word is found, "
    "and so is a celebrity; names that look like ordinary words slip through without an @.",
)
