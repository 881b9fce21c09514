"""A National Insurance number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence
from detectors.text.numbers import GAP, bare

# Two letters, six digits, a letter A to D; first letter not D F I Q U V, second neither these nor O; some prefixes are not
# used. HMRC, National Insurance Manual NIM39110. There is no check digit. The specimen QQ 12 34 56 C is refused by its prefix.
_NINO = re.compile(
    rf"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z]{GAP}[A-CEGHJ-NPR-TW-Z](?:{GAP}\d){{6}}(?:{GAP}(?P<suffix>[A-D]))?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NEVER = frozenset(("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"))
_CUE = re.compile(
    r"\b(?:NINO|N\.?\s?I\.?(?: ?(?:no|num|number)\b)?(?![A-Za-z])|national insurance|nat(?:ional)? ins|"
    r"payroll|payslip|P45|P60|HMRC)",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:part|order|model|serial|invoice|product|booking|bus pass|locker)\b[^\n]{0,16}$", re.IGNORECASE
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number of the right shape with a prefix in use; one without its last letter only where it is named as such."""
    for text in reading.texts("number"):
        for match in _NINO.finditer(text.text):
            number, start, end = bare(match[0]), match.start(), match.end()
            if number[:2] in _NEVER:
                continue
            named = cue(_CUE, text.text, start, end, 60, 30)
            if not named and (
                not match["suffix"] or not match[0][0].isupper() or _OTHER.search(text.text, max(0, start - 30), start)
            ):
                continue
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=0.95 if named else 0.85,
                signals="shape and prefix of a National Insurance number"
                + ("; words about pay beside it" if named else ""),
            )


DETECTOR = Detector(
    id="national-insurance-number-published",
    kind="NINO",
    clause="3.2.a",
    severity=Severity.CRITICAL,
    summary="A National Insurance number is published.",
    rationale="With a name it is enough for somebody to claim, borrow or work in another person's name.",
    remedy="Remove the number and tell the data protection lead and the person concerned.",
    flags=("NI number: ab987654c",),
    passes=("The specimen is QQ 12 34 56 C", "AB123456E"),
    find=find,
    limits="Prefix and shape are checked; the number has no check digit. One without its last letter is found "
    "only beside words such as NI.",
)
