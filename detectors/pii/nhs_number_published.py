"""An NHS number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stdnum.gb import nhs

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence
from detectors.text.numbers import ten_digits

_CUE = re.compile(
    r"\b(?:n\.?\s?h\.?\s?s|CHI)\b|\b(?:patient|hospital|GP|clinic|ward|vaccinat\w*|immunisation\w*|EHCP|"
    r"medical|health (?:record|number|plan)|"
    r"doctor|referral|prescription|CAMHS|appointment)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:ULN|learner|order|invoice|ISBN|barcode|tracking|booking|score)\b[^\d\n]{0,20}$", re.IGNORECASE
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number with the right check digit, where health is spoken of or it is written in threes, as on letters."""
    for text in reading.texts("number"):
        for start, end, digits, in_threes in ten_digits(text.text):
            if digits[0] == "0" or len(set(digits)) == 1 or not nhs.is_valid(digits):
                continue
            spoken_of = cue(_CUE, text.text, start, end, 80, 50)
            if not spoken_of and (not in_threes or _OTHER.search(text.text, max(0, start - 40), start)):
                continue
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=0.97 if spoken_of else 0.8,
                signals="check digit is right; "
                + ("health words beside it" if spoken_of else "written in the NHS's groups"),
            )


DETECTOR = Detector(
    id="nhs-number-published",
    kind="NHS_NUMBER",
    clause="3.2.a",
    severity=Severity.CRITICAL,
    summary="An NHS number is published.",
    rationale="The number opens a person's health record to whoever can pretend to be them.",
    remedy="Remove the number and tell the data protection lead, who decides whether it is a reportable breach.",
    flags=("NHS number 999 819 3036",),
    passes=("NHS number 999 819 3037", "Order 9998656907"),
    find=find,
    limits="The check digit (modulo 11) must be right, and health must be spoken of near by or the digits "
    "stand in groups of 3, 3 and 4. "
    "A bare run of ten digits without such words slips through.",
)
