"""What stands around a value: cue words, the sentence, and whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from detectors.base import Evidence, PlainText, Reading, Severity
from detectors.text.phrases import Phrases

Who = Literal["pupil", "parent", "staff", "unknown"]

_REACH_BEFORE, _REACH_AFTER = 110, 40
# Cue words by whom they mean; * stands for any ending.
_CUES: dict[Who, str] = {
    "parent": "mum mummy dad daddy mam mother father stepmum stepdad nan nana nanny gran granny grandma grandad "
    "grandparent* "
    "grandmother grandfather aunt auntie aunty uncle parent parents carer carers guardian guardians "
    "kin wife husband emergency",
    "staff": "mr mrs ms miss mx dr sir prof professor teacher teachers tutor coach caretaker headteacher "
    "governor governors "
    "supervisor technician bursar receptionist staff payroll matron librarian",
    "pupil": "pupil pupils student students learner learners son daughter boy girl child candidate candidates",
}
_WHOSE: dict[str, Who] = {word.rstrip("*"): who for who, words in _CUES.items() for word in words.split()}
_WHOSE_PHRASES = Phrases(word for words in _CUES.values() for word in words.split())
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s(?![a-z\s])|\n\s{0,8}\n")
_SAID = {
    "pupil": "a pupil is named or meant beside it",
    "parent": "a relative is named beside it",
    "staff": "a member of staff is named beside it",
    "unknown": "",
}


@dataclass(frozen=True)
class Owner:
    """Whose a value seems to be. ``named``: a pupil of the roll is mentioned beside it."""

    who: Who
    named: bool = False


def owner(reading: Reading, text: PlainText, start: int, end: int) -> Owner:
    """Whose a value of the plain text is: by the nearest mention or cue; what stands behind it counts half."""
    left, right = max(0, start - _REACH_BEFORE), end + _REACH_AFTER
    if (gap := text.text.rfind("\n\n", left, start)) >= 0:
        left = gap
    if (gap := text.text.find("\n\n", end, right)) >= 0:
        right = gap
    best, distance = Owner("unknown"), 2.0 * (_REACH_BEFORE + 1)
    for cue_start, cue_end, word in _WHOSE_PHRASES.spans(text.text, left, right):
        if (away := _distance(cue_start, cue_end, start, end)) < distance:
            best, distance = Owner(_WHOSE[word]), away
    original_start, original_end = text.span(start, end)
    for mention in reading.mentions:
        if mention.part != text.name:
            continue
        away = _distance(mention.start, mention.end, original_start, original_end)
        inside = original_start - _REACH_BEFORE <= mention.start and mention.end <= original_end + _REACH_AFTER
        if inside and away < distance:
            best, distance = Owner("pupil", named=True), away
    return best


def _distance(cue_start: int, cue_end: int, start: int, end: int) -> float:
    if cue_end <= start:
        return start - cue_end
    return max(0, cue_start - end) * 2.0


def sentence(text: str, start: int, end: int, reach: int = 200) -> tuple[int, int]:
    """Where the sentence around ``start`` to ``end`` begins and ends; at most ``reach`` characters on each side."""
    left = max(0, start - reach)
    for match in _SENTENCE_END.finditer(text, left, start):
        left = match.end()
    right = min(len(text), end + reach)
    if match_after := _SENTENCE_END.search(text, end, right):
        right = match_after.start() + 1
    return left, right


def cue(pattern: re.Pattern[str] | Phrases, text: str, start: int, end: int, before: int = 60, after: int = 40) -> bool:
    """Whether a pattern or phrase occurs within so many characters of a value (the value itself left out)."""
    if isinstance(pattern, Phrases):
        return pattern.within(text, start - before, start) or pattern.within(text, end, end + after)
    return bool(pattern.search(text, max(0, start - before), start) or pattern.search(text, end, end + after))


def evidence(
    reading: Reading,
    text: PlainText,
    start: int,
    end: int,
    *,
    confidence: float,
    signals: str,
    severity: Severity | None = None,
    pupil_severity: Severity | None = Severity.CRITICAL,
    review: bool = False,
) -> Evidence:
    """The Evidence for a value of the plain text: its place in the original, whose it is, and how grave that makes it.

    ``severity`` where the rule's own does not fit; a pupil's value has ``pupil_severity`` unless that is None.
    """
    found = owner(reading, text, start, end)
    if found.who == "pupil" and pupil_severity is not None:
        severity = pupil_severity
    if found.who != "unknown":
        signals += f"; {_SAID[found.who]}"
        confidence = min(0.99, confidence + 0.02)
    original_start, original_end = text.span(start, end)
    return Evidence(
        part=text.name,
        why=signals,
        confidence=confidence,
        start=original_start,
        end=original_end,
        severity=severity,
        review=review,
    )
