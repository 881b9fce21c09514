"""A Unique Pupil Number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity

# A check letter, authority (3), school (4), year (2), serial (3, or 2 and a letter for a temporary number); I, O and S are
# never used. DfE, "Unique pupil numbers: guide for schools".
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPN = re.compile(
    rf"(?<![A-Za-z0-9])([{_LETTERS}])((?:[ -]?\d){{11}}[ -]?[\d{_LETTERS}])(?![A-Za-z0-9])", re.IGNORECASE
)
_CUE = re.compile(r"\bUPN|unique pupil number|census|\bCTF\b", re.IGNORECASE)


def check_letter(rest: str) -> str:
    """The check letter for the 12 characters after it: weights 2 to 13, sum modulo 23; a final letter counts by its index."""
    values = [int(c) if c.isdigit() else _LETTERS.index(c) for c in rest]
    return _LETTERS[sum(weight * value for weight, value in enumerate(values, 2)) % 23]


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number whose check letter is right; a number on the roll is certain."""
    upns = context.roll.upns()
    for part in reading.item.parts:
        for match in _UPN.finditer(part.text):
            number = re.sub(r"[ -]", "", match[0]).upper()
            if check_letter(number[1:]) != number[0]:
                continue
            on_roll, cue = number in upns, bool(_CUE.search(part.text[max(0, match.start() - 60) : match.end() + 60]))
            yield Evidence(
                part=part.name,
                start=match.start(),
                end=match.end(),
                confidence=0.99 if on_roll else 0.95 if cue else 0.85,
                why="check letter is right; "
                + ("the number is on the roll" if on_roll else "the number is not on the roll"),
            )


DETECTOR = Detector(
    id="upn-published",
    kind="UPN",
    clause="3.2.a",
    severity=Severity.CRITICAL,
    summary="A Unique Pupil Number is published.",
    rationale="The number follows a child through every school and official record; it is personal data and of no use to readers.",
    remedy="Remove the number and tell the data protection lead, who decides whether it is a reportable breach.",
    flags=("UPN B801200005001",),
    passes=("Order A801200005001 has shipped",),
    find=find,
)
