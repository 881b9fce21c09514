"""A pupil's age beside the name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity

_AGE = r"(?:[4-9]|1\d)"
_WORD = r"(?:four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen)"
_YEARS = r"(?:[ -]?(?:yrs?|years?|y/?o)(?:[ -]?old)?)"
_AFTER = re.compile(
    rf"\s?\((?:age[d]?:? ?)?(?:{_AGE}|{_WORD}){_YEARS}?\)|,? (?:who is |who's |is |was |"
    rf"now )?aged? (?:{_AGE}|{_WORD})\b|, {_AGE},"
    rf"|,? (?:who is |who's |is |'s )?(?:only |just |nearly |now )?(?:{_AGE}|{_WORD}){_YEARS}\b|"
    rf",? (?:has |have )?(?:just )?turn(?:s|ed|ing) (?:{_AGE}|{_WORD})\b(?!-| ?(?:[ap]m|to|into))",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"\b(?:{_AGE}|{_WORD})[ -]years?[ -]olds?(?: pupil| student)?,? $", re.IGNORECASE)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a mention of a pupil with an age right before or behind it."""
    for mention in reading.mentions:
        text = reading.item.part(mention.part)
        start, end = mention.start, mention.end
        if after := _AFTER.match(text, end):
            end = after.end()
        elif before := _BEFORE.search(text, max(0, start - 40), start):
            start = before.start()
        else:
            continue
        yield Evidence(
            part=mention.part,
            start=start,
            end=end,
            confidence=min(0.95, mention.confidence),
            why="an age beside a pupil's name",
            pupils=mention.pupils,
            review=mention.review,
        )


DETECTOR = Detector(
    id="age-with-name-published",
    kind="AGE_WITH_NAME",
    clause="3.2.a",
    severity=Severity.MEDIUM,
    summary="A pupil's age is published beside the name.",
    rationale="An age turns a name into one particular child and narrows the date of birth.",
    remedy="Leave the age out; the year group is enough where one is needed.",
    flags=("Teo Marchetti (9) won the spelling bee.",),
    passes=("Swim lessons for children aged 7 to 11.",),
    find=find,
    limits="Ages from 4 to 19 right before or behind a name of the roll, in figures or words. An age in "
    "another sentence slips through.",
)
