"""A Unique Pupil Number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence
from detectors.text.numbers import GAP, bare

# A check letter, authority (3), school (4), year (2), serial (3, or 2 and a letter for a temporary number); I, O and S are
# never used. DfE, "Unique pupil numbers: guide for schools".
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPN = re.compile(rf"(?<![A-Za-z0-9])[{_LETTERS}](?:{GAP}\d){{11}}{GAP}[\d{_LETTERS}](?![A-Za-z0-9])", re.IGNORECASE)
_CUE = re.compile(r"\bUPN|unique pupil number|pupil number|census|\bCTF\b", re.IGNORECASE)


def check_letter(rest: str) -> str:
    """The check letter for the 12 characters after it: weights 2 to 13, sum modulo 23; a final letter counts by its index."""
    values = [int(c) if c.isdigit() else _LETTERS.index(c) for c in rest]
    return _LETTERS[sum(weight * value for weight, value in enumerate(values, 2)) % 23]


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number whose check letter is right; a number on the roll is certain."""
    upns = context.roll.upns()
    for text in reading.texts("number", filenames=True):
        for match in _UPN.finditer(text.text):
            number = bare(match[0])
            if check_letter(number[1:]) != number[0]:
                continue
            on_roll = number in upns
            yield evidence(
                reading,
                text,
                match.start(),
                match.end(),
                confidence=0.99 if on_roll else 0.95 if cue(_CUE, text.text, match.start(), match.end()) else 0.85,
                signals="check letter is right; "
                + ("the number is on the roll" if on_roll else "the number is not on the roll"),
            )


DETECTOR = Detector(
    id="upn-published",
    kind="UPN",
    clause="3.2.a",
    severity=Severity.CRITICAL,
    summary="A Unique Pupil Number is published.",
    rationale="The number follows a child through every school and official record; it is personal data and of "
    "no use to readers.",
    remedy="Remove the number and tell the data protection lead, who decides whether it is a reportable breach.",
    flags=("UPN B801200005001",),
    passes=("Order A801200005001 has shipped",),
    find=find,
    limits="The check letter must be right; authority numbers are not checked, since new ones appear. A "
    "mistyped number slips through.",
)
