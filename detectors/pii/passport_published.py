"""A passport's number or its machine-readable zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence

# UK: nine digits, or two letters and seven digits; other countries: up to nine letters and digits (ICAO Doc 9303).
_NUMBER = re.compile(
    r"(?<![\w£$€+])(?<!\d[.-])(?:\d(?:[ -]?\d){8}|[A-Z]{1,2}[ ]?\d{6,8}|"
    r"(?=[A-Z]{0,4}\d[A-Z]{0,4}\d[A-Z]{0,4}\d)(?=\d{0,7}[A-Z])[A-Z0-9]{8,9})(?!\w|[.-]\d)"
)
# Two lines of 44 characters, or three of 30 on cards; what was typed from a picture may have lost some.
_ZONE = re.compile(
    r"(?<![\w<])(?:P[A-Z<][A-Z<]{3}[A-Z0-9<]{20,42}[ ]?\s{1,3}[A-Z0-9<]{26,46}|"
    r"[ACI][A-Z<][A-Z<]{3}[A-Z0-9<]{20,27}\s{1,3}\d{6}[A-Z0-9<]{20,26}(?:\s{1,3}[A-Z<]{20,32})?)(?![\w<])"
)
_CUE = re.compile(r"\bpass?ports?\b|\bPP (?:no|num)|\btravel doc", re.IGNORECASE)
_LIST_CUE = re.compile(r"\bpass?ports?\b|\bPP (?:no|num)|\btravel doc", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:order|serial|invoice|tracking|population|helpline|ISBN|barcode|phone|tel|call|booking|"
    r"charity|company|flight|ref(?:erence)?)\b[^\d\n]{0,40}$",
    re.IGNORECASE,
)


def _numbers(text: str) -> Iterator[tuple[int, int, float, str]]:
    for match in _ZONE.finditer(text):
        if match[0].count("<") >= 4:
            yield match.start(), match.end(), 0.98, "a passport's machine-readable zone"
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if cue(_CUE, text, start, end, 90, 45) and not _OTHER.search(text, max(0, start - 60), start):
            near = cue(_CUE, text, start, end, 40, 20)
            yield start, end, 0.93 if near else 0.85, "a number of a passport's shape beside that word"


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a machine-readable zone, or a number of the right shape near the word passport."""
    for text in reading.texts("passport", "digit"):
        for start, end, confidence, signals in _numbers(text.text):
            yield evidence(reading, text, start, end, confidence=confidence, signals=signals)


DETECTOR = Detector(
    id="passport-published",
    kind="PASSPORT",
    clause="3.2.a",
    severity=Severity.CRITICAL,
    summary="A passport's number or its machine-readable lines are published.",
    rationale="Trip lists and photographed passports give strangers what they need to pose as a child or colleague.",
    remedy="Remove it and tell the data protection lead; the holder may need a new passport.",
    flags=("Passport no. 533380006",),
    passes=("Bring your passport and 123 euros.",),
    find=find,
    limits="The shape of the number and the word passport near by; a UK number has no check digit. In "
    "machine-readable lines the check "
    "digits are not required, since a typed copy rarely keeps them. A number in a table whose heading "
    "is far away slips through.",
)
