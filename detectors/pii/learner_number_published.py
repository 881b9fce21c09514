"""A Unique Learner Number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence
from detectors.text.numbers import ten_digits

_CUE = re.compile(
    r"\bULNs?\b|\blearner (?:reference|ref|no|num|number|id)|\bLRS\b|\bPLR\b|personal learning record|"
    r"learner record|learner registration",
    re.IGNORECASE,
)


def is_valid(digits: str) -> bool:
    """Whether ten digits are a ULN: weights 10 to 2 on the first nine, r = sum modulo 11; r = 0 is none, the last is 10 - r.

    Education and Skills Funding Agency, "Unique learner number: validation".
    """
    remainder = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=False)) % 11
    return digits[0] != "0" and remainder != 0 and int(digits[9]) == 10 - remainder


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number with the right check digit beside words about learner numbers."""
    for text in reading.texts("number"):
        for start, end, digits, _ in ten_digits(text.text):
            if is_valid(digits) and cue(_CUE, text.text, start, end, 60, 30):
                yield evidence(
                    reading,
                    text,
                    start,
                    end,
                    confidence=0.97,
                    signals="check digit is right; words about learner numbers beside it",
                )


DETECTOR = Detector(
    id="learner-number-published",
    kind="ULN",
    clause="3.2.a",
    severity=Severity.CRITICAL,
    summary="A Unique Learner Number is published.",
    rationale="The number stays with a learner for life and leads to the record of their qualifications.",
    remedy="Remove the number and tell the data protection lead.",
    flags=("ULN: 9214892279",),
    passes=("ULN 9214892278", "Order no. 9661557372"),
    find=find,
    limits="The check digit (modulo 11) must be right and a word such as ULN stand near by, since one number "
    "in eleven has it by chance.",
)
