"""A driving licence's number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence
from detectors.text.numbers import bare

# Great Britain: five of the surname (filled with 9), year's tens, month (women: plus 50), day, year's ones, two initials (9 for
# none), a digit, two check characters whose rule is not published. DVLA, "Understanding your driving licence".
_GB = re.compile(
    r"(?<![A-Za-z0-9])[A-Z](?:[A-Z]{4}|[A-Z]{3}9|[A-Z]{2}99|[A-Z]999|"
    r"9999)[ -]?(?P<digits>\d{6})[ -]?[A-Z][A-Z9][ -]?\d[A-Z]{2}(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NI = re.compile(r"(?<![\w£$€+.-])\d{8}(?!\w|[.,]\d)")
_CUE = re.compile(r"\b(?:driv(?:ing|er'?s?) licen[cs]e|dvla|dva)\b[^\n]{0,30}$", re.IGNORECASE)


def _numbers(text: str) -> Iterator[tuple[int, int, float, str]]:
    for match in _GB.finditer(text):
        digits = bare(match["digits"])
        month, day = int(digits[1:3]), int(digits[3:5])
        if (1 <= month <= 12 or 51 <= month <= 62) and 1 <= day <= 31:
            yield match.start(), match.end(), 0.97, "shape and birth date of a driving licence's number are right"
    for match in _NI.finditer(text):
        if _CUE.search(text, max(0, match.start() - 50), match.start()):
            yield match.start(), match.end(), 0.85, "eight digits named as a driving licence's number"


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number of Great Britain whose date is possible, or of Northern Ireland where named as such."""
    for text in reading.texts("number"):
        for start, end, confidence, signals in _numbers(text.text):
            yield evidence(reading, text, start, end, confidence=confidence, signals=signals)


DETECTOR = Detector(
    id="driving-licence-published",
    kind="DRIVING_LICENCE",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A driving licence's number is published.",
    rationale="It holds a person's surname, sex and date of birth, and serves as proof of identity.",
    remedy="Remove the number and tell the person concerned.",
    flags=("Driving licence MORGA657054SM9IJ",),
    passes=("MORGA657994SM9IJ",),
    find=find,
    limits="The shape of Great Britain's numbers and the date in them; the last two characters are not "
    "checked, since their rule is not "
    "published. Northern Ireland's eight digits and foreign licences are found only where named, the latter not at all.",
)
