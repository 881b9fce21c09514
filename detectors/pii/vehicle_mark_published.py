"""A vehicle's registration mark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence
from detectors.text.phrases import lexicon_phrases

# Marks of September 2001 on: two letters, two digits, three letters (I and Q are not used in front, nor are they and Z alone
# behind). Any age identifier counts. DVLA, INF104 "Vehicle registration numbers and number plates".
_S = r"(?:[ .-]|[ ]?\n[ ]?)?"
_AGE_AND_LETTERS = re.compile(r"\d\d[ .-]?\n?[ ]?[A-Za-z]{3}(?![A-Za-z0-9])")
_CURRENT = re.compile(
    rf"(?<![\w£$€#@/&-])[A-HJ-PR-Y][A-HJ-PR-Z]{_S}\d\d{_S}[A-HJ-PR-Z]{{3}}(?![\w@]|[/-]\w)", re.IGNORECASE
)
# Prefix (and Q), suffix, dateless and Northern Ireland's marks: each needs a word about vehicles.
_OLDER = re.compile(
    r"(?<![\w£$€#@/&-])(?:[A-HJ-NPQR-TV-Y] ?\d{1,3} ?[A-HJ-PR-Y]{3}|"
    r"[A-HJ-PR-Y]{3} ?\d{1,3} ?[A-HJ-NPR-TV-Y]|[A-HJ-PR-Y][A-HJ-PR-Z] \d{3,4}|[A-HJ-PR-Y]{3} \d{2,3}|"
    r"\d{1,4} [A-HJ-PR-Y]{1,3}"
    r"|(?=[A-Z]{0,2}[IZ])[A-Z]{3} ?\d{1,4})(?![\w@]|[/-]\w)"
)
_CUE = lexicon_phrases("vehicle_words")
_PLATE = re.compile(r"\b(?:registration|number ?plates?|plates?|reg(?: no)?|VRM|registered|taxi|cab)\b", re.IGNORECASE)
_STRONG = re.compile(
    r"\b(?:registration|number ?plates?|plates?|reg(?: no)?|VRM|registered|car|van|taxi|vehicle)\b", re.IGNORECASE
)
_YEAR_GROUP = re.compile(r"(?:(?:YR|YG|GR) ?(?:0\d|1[0-3])|KS ?\d\d|UN? ?(?:0\d|1\d))\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:order|code|flight|room|ref(?:erence)?|model|product|serial|part|voucher|class|paper|version|"
    r"postcode)\b[ :.#\w-]{0,8}$",
    re.IGNORECASE,
)


def _marks(text: str) -> Iterator[tuple[int, int, float, str]]:
    for match in _CURRENT.finditer(text) if _AGE_AND_LETTERS.search(text) else ():
        start, end = match.span()
        spoken_of = cue(_CUE, text, start, end, 90, 60)
        plain = match[0].isupper() and not _YEAR_GROUP.match(match[0])
        if spoken_of and not (_YEAR_GROUP.match(match[0]) and not cue(_STRONG, text, start, end, 60, 30)):
            yield start, end, 0.95, "a registration mark; words about vehicles beside it"
        elif plain and not _OTHER.search(text, max(0, start - 30), start):
            yield start, end, 0.8, "written like a registration mark"
    for match in _OLDER.finditer(text):
        start, end = match.span()
        long_enough = sum(c.isalnum() for c in match[0]) >= 5
        if (
            (cue(_PLATE, text, start, end, 40, 20) and long_enough)
            or (match[0][0] == "Q" and cue(_CUE, text, start, end, 40, 20) and long_enough)
            or (
                re.match(r"[A-Z]\d{1,3} ?[A-Z]{3}$|[A-Z]{3} ?\d{1,3} ?[A-Z]$", match[0])
                and cue(_CUE, text, start, end, 60, 40)
            )
        ):
            yield start, end, 0.85, "an older registration mark beside words about vehicles"


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a mark; older styles, small letters and what may be a year group need words about vehicles."""
    for text in reading.texts("digit"):
        for start, end, confidence, signals in _marks(text.text):
            yield evidence(
                reading, text, start, end, confidence=confidence, signals=signals, pupil_severity=Severity.HIGH
            )


DETECTOR = Detector(
    id="vehicle-mark-published",
    kind="VEHICLE_REG",
    clause="3.2.a",
    severity=Severity.MEDIUM,
    summary="A vehicle's registration mark is published.",
    rationale="A mark tells who comes and goes at which time, and leads to the keeper.",
    remedy="Remove the mark, and cover plates in pictures.",
    flags=("Silver Corsa AB37 KLM is blocking the gate.",),
    passes=("YR11 ART exhibition opens at six.",),
    find=find,
    limits="Great Britain's current style anywhere in capitals; older, Northern Irish and dateless marks, and "
    "small letters, beside words about "
    "vehicles. A personalised dateless mark of fewer than five characters, foreign marks and plates in "
    "pictures slip through.",
)
