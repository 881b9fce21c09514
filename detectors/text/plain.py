"""A text as its values would be typed: look-alike characters, disguises and spelt-out digits undone, with a map back.

Rules about personal data search this text. Names are looked for elsewhere (``fold``), where separators do not count. What is
costly is done only where a prefilter, one pass for all words at once, has seen a reason to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from detectors.base import PlainText
from detectors.lexicons import load_lexicon
from detectors.text.phrases import Phrases

_Edit = tuple[int, int, str]

# "name [at] host (dot) org", "name at host dot org", "name @ host . org".
_BRACKETED = re.compile(r"\s?[\[({<]\s?(?:(at|@)|dot|\.)\s?[\])}>]\s?", re.IGNORECASE)
_LABEL = r"[A-Za-z0-9][\w-]{0,40}"
_SPACED_ADDRESS = re.compile(
    rf"(?<![\w.+@-])[A-Za-z0-9][\w+-]{{0,40}}(?:(?:\.|\sdot\s)[\w+-]{{1,40}}){{0,4}}"
    rf"(?:\sat\s{_LABEL}(?:\.{_LABEL}){{0,3}}(?:\sdot\s{_LABEL}){{1,4}}"
    rf"|(?:\s@\s|@\s|\s@(?=[\w-]+\s)){_LABEL}(?:(?:\s?\.\s?|\sdot\s){_LABEL}){{1,4}})(?![\w@])",
    re.IGNORECASE,
)
_SPACED_MARK = re.compile(r"(\s?@\s?|\sat\s)|\s?\.\s?|\sdot\s", re.IGNORECASE)
# What stands before "at host dot org" in a sentence that gives no address.
_NO_MAILBOX = frozenset(
    [
        "look",
        "looks",
        "us",
        "visit",
        "online",
        "find",
        "site",
        "website",
        "see",
        "meet",
        "out",
        "page",
        "more",
        "here",
        "available",
        "live",
        "based",
        "stand",
    ]
)

_DIGITS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "hundred": "00",
}  # fmt: skip
_DIGIT_WORD = "|".join(_DIGITS)
# Six words or more: "oh double seven ... nine hundred", "07700 nine double oh one two three".
_SPOKEN = re.compile(
    rf"(?<!\w)(?:(?:\d{{1,6}}|double|treble|triple|"
    rf"{_DIGIT_WORD})[\s,.-]{{1,3}}(?:and )?){{4,30}}(?:{_DIGIT_WORD}|\d{{1,6}})(?!\w)",
    re.IGNORECASE,
)
_SPOKEN_PIECE = re.compile(
    rf"(?<!\w)(?:(double|treble|triple)[\s,.-]{{1,3}})?(?:({_DIGIT_WORD})|(\d+))(?!\w)", re.IGNORECASE
)
_TIMES = {"double": 2, "treble": 3, "triple": 3}
# Letters that stand for digits in what is otherwise a number: "O77OO 9OO l23".
_LETTERED_AT_ALL = re.compile(r"[OolI][ .-]?\d[\d ().-]{0,4}[\dOolI]|\d[ .-]?[OolI][\dOolI ]")
_LETTERED = re.compile(r"(?<![^\W_])[+(]{0,2}[0-9OolI](?:[ ().-]{0,2}[0-9OolI]){8,14}(?![^\W_])")
_LETTERS_AS_DIGITS = str.maketrans("OolI", "0011")

# The prefilter: words and signs one of which must stand in a text for a rule to find anything there; * is any ending.
_TRIGGERS: dict[str, tuple[str, ...]] = {
    "bracketed": tuple(f"{left}{gap}{word}" for left in "[({<" for gap in ("", " ") for word in ("at", "@", "dot", ".")),
    "spoken at": ("at",),
    "spoken dot": ("dot",),
    "digit word": (*_DIGITS, *_TIMES),
    "birth": (
        "birth*", "born", "dob", "dobs", "d.o.b", "d/o/b", "d o b", "turn*", "'ll be", "will be", "b", "b.", "arrived", "is on",
        "was on", "falls on", "become*", "reach*", "bday*", "b-day*", "be", "is",
    ),
    "bank": ("sort*", "s/c", "account*", "a/c", "acc", "acct*", "bank account*"),
    "month": ("jan*", "feb*", "mar", "march", "apr*", "may", "jun*", "jul*", "aug*", "sep*", "oct*", "nov*", "dec*"),
    "pass": ("pass*", "pwd*", "pw", "p/w", "pswd*", "psswd*", "pword*", "p'word*"),
    "pin": ("pin",),
    "code": ("code*", "combination*", "combo*", "pin"),
    "lock": (
        "key safe*", "keysafe*", "lockbox", "lock box", "padlock*", "keypad", "key pad", "bike lock", "safe",
        "locker*", "alarm", "gate", "door",
    ),
    "typed": (
        "punch*", "press*", "type*", "typing", "key*", "tap*", "enter*", "dial*", "use*", "input*", "cancelled with",
        "canceled with", "set with", "buzz*",
    ),
    "key": ("key*", "passkey*", "token*"),
    "token": ("api*", "token*", "secret*", "bearer", "client*", "access*"),
    "login": (
        "log*", "signed in", "sign in", "sign-in", "ftp", "sftp", "ssh", "vpn", "portal*", "cms", "wordpress", "router*",
        "nas", "dvr", "nvr", "cctv", "recorder", "user*", "u/n", "un", "credentials", "wifi", "wi-fi", "account*", "details",
        "admin*", "root",
    ),
    "key shape": (
        "akia*", "asia*", "gh*", "github_pat*", "glpat*", "sk*", "rk*", "pk*", "xox*", "aiza*", "sg.*", "hf*", "eyj*",
        "begin",
    ),
    "platform": (
        "snap*", "insta*", "ig", "tiktok*", "tik tok*", "discord", "roblox", "xbox", "psn", "ps4", "ps5", "playstation",
        "gamertag*", "gamer tag*", "twitch", "fortnite", "minecraft", "steam", "twitter", "bereal", "telegram", "threads", "epic",
        "kik", "yubo", "wizz", "bluesky", "mastodon", "switch", "finsta", "spam", "vsco", "pinterest", "facebook", "fb", "youtube",
        "you tube", "add me", "tt", "sc",
    ),
    "place": ("///*", "what3words*", "what 3 words", "what three words", "w3w*"),
    "staff": ("mr", "mrs", "ms", "miss", "mx", "dr", "prof*"),
    "passport": ("passport*", "pasport*", "p<*", "pp", "travel doc*"),
    "candidate": ("cand*", "uci", "exam"),
    "house": (
        "house", "cottage", "farm", "farmhouse", "lodge", "barn", "rectory", "vicarage", "manor", "hall", "forge", "mill",
        "bungalow", "grange", "stables", "croft", "villa", "gatehouse", "oast", "granary", "dairy", "chapel", "smithy", "parsonage",
        "presbytery", "nook", "end", "view", "haven", "rest", "cot", "bothy", "schoolhouse", "chantry", "byre", "annexe", "orchard",
        "acre", "acres", "court",
    ),
}  # fmt: skip
_INWARD = re.compile(r"\d[A-Za-z]{2}(?![A-Za-z0-9])")
_DIGIT = re.compile(r"\d")
_SIX_DIGITS = re.compile(r"\d(?:[^\w]{0,3}\d){5}")


def plain(name: str, text: str) -> PlainText:
    """The plain form of a part's text, and the triggers in it. The cost is linear in the text's length."""
    out, starts, ends = text, None, None
    if not text.isascii():
        out, starts, ends = _applied(text, list(_characters(text)), None, None)
    triggers = _triggers(out)
    edits: list[_Edit] = []
    if "@" in out or "bracketed" in triggers or ("spoken at" in triggers and "spoken dot" in triggers):
        edits += _addresses(out)
    if "digits in words" in triggers or ("digit" in triggers and _LETTERED_AT_ALL.search(out)):
        edits += _numbers(out)
    if edits:
        out, starts, ends = _applied(out, _in_order(edits), starts, ends)
        triggers = _triggers(out)
    return PlainText(name, text, out, triggers, starts, ends)


def _characters(text: str) -> Iterator[_Edit]:
    """Full-width and other compatible forms, unusual spaces, dashes and quotes; what cannot be seen is dropped."""
    for place, char in enumerate(text):
        if char > "\x7f" and (new := _plain_char(char)) != char:
            yield place, place + 1, new


_SAME = (
    dict.fromkeys("‐‑‒–—―−﹣－", "-") | dict.fromkeys("’‘ʼ´′", "'") | dict.fromkeys("“”„″", '"') | {"º": "°", "…": "…"}
)


@cache
def _plain_char(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cf", "Me") or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category == "Zs":
        return " "
    if category == "No" or char in _SAME:
        return _SAME.get(char, char)
    return "".join(c for c in unicodedata.normalize("NFKC", char) if not c.isspace()) or char


def _addresses(text: str) -> Iterator[_Edit]:
    """Disguised e-mail addresses."""
    marks = [(m.start(), m.end(), "@" if m[1] else ".") for m in _BRACKETED.finditer(text)]
    if any(sign == "@" for _, _, sign in marks) or (marks and "@" in text):
        yield from marks
        return
    done = 0
    for match in _SPACED_ADDRESS.finditer(text):
        if match[0].split()[0].lower() in _NO_MAILBOX or not re.search(r"\s", match[0]):
            continue
        for mark in _SPACED_MARK.finditer(match[0]):
            start = match.start() + mark.start()
            if start >= done and mark[0] not in ".@":
                yield start, match.start() + mark.end(), "@" if mark[1] else "."
                done = match.start() + mark.end()


def _numbers(text: str) -> Iterator[_Edit]:
    """Digits in words, and letters that stand for digits."""
    for match in _SPOKEN.finditer(text):
        pieces = [(m, _spoken_digits(m)) for m in _SPOKEN_PIECE.finditer(match[0])]
        words = sum(m[2] is not None for m, _ in pieces)
        if words < 3 or sum(len(d) for _, d in pieces) < 6:
            continue
        last = 0
        for piece, digits in pieces:
            yield match.start() + last, match.start() + piece.end(), digits
            last = piece.end()
    for match in _LETTERED.finditer(text):
        inner = (
            any(c.isalpha() for c in match[0][1:-1]) or match[0][0] in "Oo"
        )  # a first or last letter may belong there
        if inner and sum(c.isdigit() for c in match[0]) >= 4:
            for place, char in enumerate(match[0], match.start()):
                if char.isalpha():
                    yield place, place + 1, char.translate(_LETTERS_AS_DIGITS)


def _spoken_digits(piece: re.Match[str]) -> str:
    digits = piece[3] or _DIGITS[piece[2].lower()]
    return digits * _TIMES.get((piece[1] or "").lower(), 1)


def _in_order(edits: list[_Edit]) -> list[_Edit]:
    """The edits by place; of two that overlap the first stands."""
    kept: list[_Edit] = []
    for edit in sorted(edits):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def _applied(
    text: str, edits: list[_Edit], starts: list[int] | None, ends: list[int] | None
) -> tuple[str, list[int] | None, list[int] | None]:
    """The text with its edits made, and for each of its characters the code points of the original it stands for."""
    if all(len(new) == end - start == 1 for start, end, new in edits):
        letters = list(text)
        for start, _, new in edits:
            letters[start] = new
        return "".join(letters), starts, ends
    old_starts = starts if starts is not None else list(range(len(text)))
    old_ends = ends if ends is not None else list(range(1, len(text) + 1))
    pieces: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    at = 0
    for start, end, new in edits:
        pieces += [text[at:start], new]
        new_starts += old_starts[at:start] + [old_starts[start]] * len(new)
        new_ends += old_ends[at:start] + [old_ends[end - 1]] * len(new)
        at = end
    pieces.append(text[at:])
    return "".join(pieces), new_starts + old_starts[at:], new_ends + old_ends[at:]


@cache
def _prefilter() -> tuple[Phrases, dict[str, tuple[str, ...]]]:
    """Every trigger word at once, and the triggers of each."""
    groups = _TRIGGERS | {"street": tuple(load_lexicon("street_words"))}
    triggers: dict[str, list[str]] = {}
    for trigger, words in groups.items():
        for word in words:
            triggers.setdefault(word.rstrip("*"), []).append(trigger)
    phrases = Phrases(word for words in groups.values() for word in words)
    return phrases, {word: tuple(of_word) for word, of_word in triggers.items()}


def _triggers(text: str) -> dict[str, tuple[int, ...]]:
    phrases, triggers = _prefilter()
    found: dict[str, list[int]] = {}
    for start, _, word in phrases.spans(text):
        for trigger in triggers[word]:
            found.setdefault(trigger, []).append(start)
    if len(found.get("digit word", ())) >= 3:
        found["digits in words"] = []
    if "@" in text:
        found["at"] = []
    if "/" in text:
        found["link"] = []
    if _DIGIT.search(text):
        found["digit"] = []
        if _SIX_DIGITS.search(text):
            found["number"] = []
        if _INWARD.search(text):
            found["postcode"] = []
    return {trigger: tuple(places) for trigger, places in found.items()}
