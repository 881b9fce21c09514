"""UK postcodes and street addresses in a plain text: what an address looks like, not whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from detectors.base import PlainText
from detectors.lexicons import load_lexicon
from detectors.text.phrases import lexicon_phrases
from detectors.text.spans import Disjoint

# Outward code, inward code with the letters that the second half can have (Royal Mail, Programmers' Guide to PAF).
# Any area letters count: districts and areas that are not in use stand for real ones in tests.
POSTCODE = re.compile(
    r"(?<![A-Za-z0-9])(?:GIR ?0AA|(?:[A-PR-UWYZ][A-HK-Y]?\d{1,2}|"
    r"[A-PR-UWYZ][A-HK-Y]?\d[A-HJKMNPRSTUVWXY])[ \t]{0,2}\d[ABD-HJLNP-UW-Z]{2})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# Postcode areas in use (Royal Mail).
AREAS = load_lexicon("postcode_areas")
_VENUE = lexicon_phrases("venue_words")
_HOME = lexicon_phrases("home_words")
_POSSESSIVE_HOME = re.compile(r"'s (?:home|house|place|flat)\b")
# A word of these that begins a longer name is none: "Church Lane", "School House", "Chapel Steps".
_LONGER = re.compile(
    r"[ ]+(?:[A-Z][\w']+|lane|road|street|close|avenue|way|row|drive|walk|hill|house|cottages?|terrace|gardens|view)\b"
)


def has_venue(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether somebody who receives visitors is named in a stretch of a text."""
    found = list(_VENUE.spans(text, start, end))
    begins = {left for left, _, _ in found}
    return any(not _LONGER.match(text, right) or right + 1 in begins for _, right, _ in found)


def venue_ends(text: str, start: int, end: int) -> bool:
    """Whether a stretch of a text ends in somebody who receives visitors, as in "the Playhouse, " before a street."""
    between = (text[right:end].strip(" ,(:-") for _, right, _ in _VENUE.spans(text, start, end))
    return any(words in ("", "at", "on") for words in between)


def has_home(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether a private home is spoken of in a stretch of a text."""
    end = len(text) if end is None else end
    return _HOME.within(text, start, end) or _POSSESSIVE_HOME.search(text, max(0, start), end) is not None


_SUFFIX = "(?:" + "|".join(sorted((w.capitalize() for w in load_lexicon("street_words")), reverse=True)) + ")"
_WORD = r"[A-Z][\w'.-]{0,24}"
_JOINING = r"(?:of|the|on|upon|le|la|in|by|and|de|under|over|with)"
_NAME = rf"(?:(?:The[ \t]+)?{_WORD}(?:[ \t]+(?:{_WORD}|{_JOINING})){{0,3}}?)"
_NUMBER = r"\d{1,4}[A-Za-z]?(?:[ \t]?[-/][ \t]?\d{1,4}[A-Za-z]?)?"
# A house with a name instead of a number.
_HOUSE = (
    r"(?:House|Cottage|Farm|Farmhouse|Lodge|Barn|Rectory|Vicarage|Manor|Hall|Forge|Mill|Bungalow|Grange|"
    r"Stables|Croft|Villa|Gatehouse|Oast|"
    r"Granary|Dairy|Chapel|Smithy|Parsonage|Presbytery|Nook|End|View|Haven|Rest|Cot|Bothy|Schoolhouse|"
    r"Chantry|Byre|Annexe|Orchard|Acre|Acres|Court)"
)
# Where a house number can begin, and what of an address can stand before it: a flat, "no.".
_FIRST = re.compile(r"(?<![\w£$€#/.:-])(?<!\d[ ])\d{1,4}(?=[A-Za-z]?,?\s|[ ]?[-/])")
_FLAT = re.compile(
    r"(?:(?:[Ff]lat|[Aa]partment|[Aa]pt|[Uu]nit|[Rr]oom|[Ss]tudio)\.?[ \t]{0,2}"
    rf"(?:(?:\d{{1,4}}[A-Za-z]?|[A-Z])\b,?\s{{1,3}}(?:{_NAME},\s{{1,3}})?)?"
    r"|(?:Top|Ground|Garden|Basement|First|Second|Upper|Lower)(?:[ ]Floor)?(?:[ ]Flat)?,\s{1,3}"
    rf"|(?:The[ \t]+)?(?:{_WORD}[ \t]+){{0,2}}{_HOUSE},\s{{1,3}})?"
    r"(?:[Nn]o\.?[ \t]?|[Nn]umber[ \t])?\Z"
)
_STREET = rf"(?:{_NAME}[ \t]+{_SUFFIX}(?:[ \t]+{_SUFFIX}){{0,2}}\b|The[ \t]+{_WORD}\b)"
_POSTCODE = "(?i:" + POSTCODE.pattern.replace("(?<![A-Za-z0-9])", "").replace("(?![A-Za-z0-9])", r"\b") + ")"
_AREA = rf"(?:(?:nr\.?|near|Nr)[ \t]+)?(?!(?:Mr|Mrs|Ms|Miss|Dr|Sir|Please|Tel|Mob)\b){_NAME}"
_TAIL = (
    rf"(?:(?:(?:,[ \t]*|[ \t]*,?[ \t]*\n[ \t]*|[ \t]){_AREA}){{0,4}}?[,\s(]{{0,4}}{_POSTCODE}"
    rf"|(?:,[ \t]+{_AREA}(?=[,.;:!?)\n]|[ \t]*$|[ \t]-|[ \t]+(?:and|or|for|on|at|from|if|is|with|by)\b)){{0,2}})"
)
_NUMBERED = re.compile(rf"{_NUMBER},?\s{{1,3}}(?:{_NAME},\s{{1,3}}{_NUMBER},?[ \t]+)?{_STREET}{_TAIL}")
# A number and any capitalised words that a postcode ends: "14 Cheapside, Combe HR19 4QT".
_WITH_POSTCODE = re.compile(
    rf"{_NUMBER},?[ \t]+{_NAME}(?:(?:,[ \t]*|[ \t]*,?[ \t]*\n[ \t]*){_AREA}){{0,3}}[,\s(]{{1,4}}{_POSTCODE}"
)
_NAMED = re.compile(
    rf"(?<![\w'])(?:The[ \t]+)?(?:{_WORD}[ \t]+){{1,3}}?{_HOUSE}(?:,\s{{1,3}}|"
    rf"[ \t]*\n[ \t]*)(?P<street>{_NAME}[ \t]+{_SUFFIX}\b){_TAIL}"
    rf"|(?<![\w'])(?:The[ \t]+)?(?:{_WORD}[ \t]+){{1,3}}?{_HOUSE}(?:(?:,[ \t]*|"
    rf"[ \t]*,?[ \t]*\n[ \t]*){_AREA}){{0,3}}[,\s(]{{1,4}}{_POSTCODE}"
)
# All in lower case, as in comments: only the commonest suffixes.
_LOWER = re.compile(
    r"\d{1,4}[a-z]?,? "
    r"(?!(?:minutes?|mins?|hours?|miles?|days?|weeks?|years?|months?|long|short|metres?|km|pupils?|"
    r"points?|laps?|more|of|to|x|and|or|pm|am|the|a|way|people|kids|children|st|nd|rd|th)\b)"
    r"(?P<street>[a-z][a-z']{1,18}(?: [a-z][a-z']{1,18})? (?:road|rd|street|close|avenue|ave|lane|drive|"
    r"way|crescent|court|gardens|place|terrace|row|walk|grove|rise|mews|cottages|hill|view|green))\b"
    rf"(?:[ ,]{{1,3}}(?:[A-Za-z]{{3,20}}[ ,]{{1,3}})?{_POSTCODE})?"
)


def addresses(text: PlainText) -> Iterator[tuple[int, int, bool]]:
    """``(start, end, needs a cue)`` of everything that is written like an address; of those that overlap the longest."""
    found: list[tuple[int, int, bool]] = []
    streets, postcodes = "street" in text.triggers, "postcode" in text.triggers
    if "digit" in text.triggers and (streets or postcodes):
        for first in _FIRST.finditer(text.text):
            match = (
                (streets and _NUMBERED.match(text.text, first.start()))
                or (postcodes and _WITH_POSTCODE.match(text.text, first.start()))
                or (streets and _LOWER.match(text.text, first.start()))
            )
            if match:
                flat = _FLAT.search(text.text, max(0, first.start() - 60), first.start())
                start = flat.start() if flat else first.start()
                found.append((start, match.end(), match.re is _LOWER))
    if "house" in text.triggers and (streets or postcodes):
        for start, end in text.near("house", before=90, after=200):
            found += [(m.start(), m.end(), True) for m in _NAMED.finditer(text.text, start, end)]
    taken = Disjoint()
    for start, end, needs_cue in sorted(found, key=lambda f: f[0] - f[1]):
        if taken.claim(start, end):
            yield start, start + len(text.text[start:end].rstrip(" ,.(\t\n")), needs_cue
