"""A person's date of birth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from detectors.base import Context, Detector, Evidence, PlainText, Reading, Severity
from detectors.text.around import evidence, sentence
from detectors.text.dates import Found, dates

_NUMBER = (
    r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|thirty|forty|fifty|sixty)"
)
# Words before a date that make it a birth date, the nearest first wins; how far they reach is in characters.
_NAMED = re.compile(r"\b(?:d\.?\s?o\.?\s?b\b\.?|d/o/b|dates? of birth|birth[ -]?dates?|birthdates?)", re.IGNORECASE)
_BORN = re.compile(
    r"\b(?:born(?! (?:out|from|of (?:a|the|an)))|arrived|came into the world)(?=[^.!?\n]{0,45}$)", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_B = re.compile(r"(?<![\w.])b\.? ?$")
_BABY = re.compile(r"\b(?:baby|newborn|little one|son|daughter|kg|lb|lbs|weigh\w+|twins|bundle)\b", re.IGNORECASE)
_BIRTHDAY = re.compile(r"\b(?:birthdays?|b-?days?)\b", re.IGNORECASE)
_ANYBODY = re.compile(
    r"\b(?:every(?:body|one)|any(?:body|one)|those|children|pupils|people|babies|girls|boys)(?: who were| who are)? born\b",
    re.IGNORECASE,
)
_ASKED = re.compile(r"\bbirthday\b[^.!\n]{0,24}\?[\"'\s]*(?:the )?$", re.IGNORECASE)
_PARTY = re.compile(r"\b(?:part(?:y|ies)|invit\w+|bash|disco|sleepover|celebrat\w+)\b", re.IGNORECASE)
_BIRTHDAYS = re.compile(
    r"\b(?:birthdays|b-?days|birthday (?:board|list|club|boys?|girls?|stars?|children|shout-?outs?|roll|"
    r"calendar|corner|wall|book)s?)\b",
    re.IGNORECASE,
)
_TURNS = re.compile(
    rf"\b(?:turn(?:s|ing|ed)?|becom(?:es|ing)|will be|'ll be|is going to be|be|is|"
    rf"reach(?:es)?)[ ]{_NUMBER}(?:[ -]years?[ -]old)?(?:,? (?:on|come|this|"
    rf"next))?[ ]?(?:the )?(?:\w+day,? )?(?:the )?$",
    re.IGNORECASE,
)
_NTH = re.compile(
    r"(?:'s|\bhis|\bher|\btheir|\bmy|\bour)[ ](?:big )?\d{1,2}(?:st|nd|rd|th)(?: birthday)? (?:is|was|"
    r"falls) (?:on )?(?:the )?(?:\w+day,? )?(?:the )?$",
    re.IGNORECASE,
)
# Between cue and date, or around both: what makes it the date of something else.
_EVENT = re.compile(
    r"\b(?:part(?:y|ies)|tea|treats?|bash|cakes?|assembly|disco|sleepover|celebrat\w+|invit\w+|"
    r"deadlines?|corrections?|forms?|apply|applications?|sale|lunch|concert|service|present|"
    r"cards?|outing|trip|picnic|weekend|lectures?|dress[- ]up|parade|before|after|since|between|until|by|from|week of)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\b(?:between|on or after|on or before|before|after|since|from)\b[^.!?\n]{0,14}$", re.IGNORECASE)
_NOBODY = re.compile(
    r"\b(?:school|college|club|library|society|charity|trust|foundation|building|hall|team|war|"
    r"independence|nation|country|company|church|internet|web|NHS|BBC|band|"
    r"lambs?|chicks?|ducklings?|pupp(?:y|ies)|kittens?|guinea ?pigs?|hamsters?|rabbits?|dogs?|cats?|"
    r"pon(?:y|ies)|horses?|calf|calves|goats?|tortoises?|hens?|piglets?|foals?|"
    r"Shakespeare|Dahl|Darwin|Einstein|Newton|Mozart|Bach|Beethoven|Chopin|Austen|Dickens|Burns|"
    r"Luther King|Mandela|Gandhi|Parks|Seacole|Nightingale|Queen|King|Prince|"
    r"Princess|President|Prime Minister|Lovelace|Turing|Curie|Brunel|Galileo|Leonardo|Picasso|Monet|"
    r"Van Gogh|Frida|Kahlo|Churchill|Lincoln|Washington|Columbus|Attenborough|"
    r"poet|author|composer|scientist|inventor|painter|novelist|explorer|playwright|illustrator|Potter|"
    r"Blyton|Rosen|Walliams|Hawking|Armstrong|Hamilton|Jesus|Buddha|"
    r"saint|St|prophet|guru)\b"
)
_OLDEST = 1935  # older dates are history


def _cue(text: str, found: Found) -> str | None:
    """What makes a date a birth date; None where nothing does."""
    left, right = sentence(text, found.start, found.end)
    before = text[max(left, found.start - 130) : found.start]
    near = before[-48:]
    after = text[found.end : min(right, found.end + 44)]
    if named := list(_NAMED.finditer(text, max(0, found.start - 60), found.start)):
        between = text[named[-1].end() : found.start]
        if not _RANGE.search(between) and not _EVENT.search(between):
            return "named as a date of birth"
    if _NAMED.match(after.lstrip(" ,(-:=is")[:20]):
        return "named as a date of birth"
    table = text[max(0, found.start - 400) : found.start].rpartition("\n\n")[2]
    if found.year is not None and _NAMED.search(table) and re.search(r"[,|;\t\n]", table[-60:]):
        return "in a list of dates of birth"
    if _RANGE.search(before) or _ANYBODY.search(before):
        return None
    if _B.search(text, max(0, found.start - 6), found.start):
        return "beside the word born"
    born = _BORN.search(near)
    if (
        born
        and (born[0].lower() != "arrived" or _BABY.search(before + after))
        and not (_EVENT.search(near[born.end() :]) or _YEAR.search(near[born.end() :]))
    ):
        return "beside the word born"
    if _ASKED.search(text[max(0, found.start - 60) : found.start]):
        return "beside the word birthday"
    if _PARTY.search(before):
        return None
    if (birthday := list(_BIRTHDAY.finditer(near))) and not _EVENT.search(
        near[birthday[-1].end() :] + " " + after[:14]
    ):
        return "beside the word birthday"
    if _BIRTHDAYS.search(before) and not _EVENT.search(before):
        return "in a list of birthdays"
    if (birthday_after := _BIRTHDAY.search(after)) and not _EVENT.search(after[: birthday_after.end() + 14]):
        return "beside the word birthday"
    if _TURNS.search(near) or _NTH.search(near):
        return "beside a coming age"
    return None


def _birth_dates(reading: Reading, text: PlainText, of_named: frozenset[date]) -> Iterator[tuple[Found, str]]:
    """The birth dates in a text, and what makes them so; ``of_named`` are those of the pupils whom the item names."""
    for found in dates(text):
        if found.year is not None and found.year < _OLDEST:
            continue
        if found.whole is not None and found.whole in of_named:
            yield found, "that is the birth date of a pupil named in the item"
            continue
        cue = _cue(text.text, found) or ("in a row about a pupil" if _in_a_row(reading, text, found) else None)
        if cue is None or (found.bare and cue == "beside a coming age"):
            continue
        left, right = sentence(text.text, found.start, found.end)
        subject = text.text[max(left, found.start - 70) : found.start]
        if cue == "beside the word birthday":
            subject += text.text[found.end : min(right, found.end + 30)]
        if cue != "named as a date of birth" and _NOBODY.search(subject):
            continue
        yield found, cue


_RECORD = re.compile(r"(?<!\w)[A-Z]\d{11}[\dA-Z](?!\w)|\b(?:UPN|ULN|NHS|NINO|FSM|SEND?|EHCP)\b")
_FIGURES = re.compile(r"\d[ ]?[-/.][ ]?\d")
_CELL_BEFORE, _CELL_AFTER = re.compile(r"(?:^|\n|[,;|(\t:]\s?|\s-\s)$"), re.compile(r"\s?(?:$|[,;|)\t\n])|\s-\s|\.\s")


def _in_a_row(reading: Reading, text: PlainText, found: Found) -> bool:
    """Whether a date stands as a cell of its own in a line that names a pupil, and is years older than the item: a register."""
    published = reading.item.published
    if found.year is None or published is None or not 3 <= published.year - found.year <= 19:
        return False
    if not _CELL_BEFORE.search(text.text[max(0, found.start - 3) : found.start]) or not _CELL_AFTER.match(
        text.text, found.end
    ):
        return False
    line = max(text.text.rfind("\n", max(0, found.start - 160), found.start) + 1, found.start - 160, 0)
    if _RECORD.search(text.text, line, min(len(text.text), found.end + 120)):
        return True
    line_start, date_start = text.span(line, found.start + 1)[0], text.span(found.start, found.end)[0]
    return any(
        m.part == text.name and max(line_start, date_start - 80) <= m.start < date_start for m in reading.mentions
    )


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a date with day and month that is somebody's birth; history, animals, parties and age limits pass."""
    named = {p for mention in reading.mentions for p in mention.pupils[:3]}
    births = frozenset(born for p in named if (born := context.roll.pupil(p).date_of_birth) is not None)
    for text in reading.texts():
        about = text.triggers.keys() & {"birth", "number"} or births or named
        if not about or not ("month" in text.triggers or _FIGURES.search(text.text)):
            continue
        for found, cue in _birth_dates(reading, text, births):
            if found.year is not None and found.year > context.today.year:
                continue
            yield evidence(
                reading,
                text,
                found.start,
                found.end,
                confidence=0.95 if cue.startswith(("named", "that is")) else 0.85 if found.year else 0.8,
                signals=f"a date {cue}",
            )


DETECTOR = Detector(
    id="birth-date-published",
    kind="DOB",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A date of birth is published.",
    rationale="With a name it answers the security questions of banks, surgeries and accounts, for a lifetime.",
    remedy="Remove the date; a birthday greeting needs none.",
    flags=("DOB: 14/02/2013", "He turns nine on 4th June."),
    passes=("The fair is on 3 May 2026.", "Roald Dahl's birthday, 13 September, is dress-up day."),
    find=find,
    limits="A day and month in figures or words, beside words of birth, birthday or a coming age. Dates "
    "before 1935, of animals, institutions, famous "
    "people and parties pass. A birthday told only by the day of the post, or spread over sentences, slips through.",
)
