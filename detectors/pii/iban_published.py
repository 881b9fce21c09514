"""An International Bank Account Number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stdnum import iban

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence

# ISO 13616: country, two check digits, up to 30 letters and digits, usually in fours.
_START = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[ ]?\d{2}(?=[ \t-]?\n?[ \t]?[A-Z0-9])", re.IGNORECASE)
_RUN = re.compile(r"[A-Z]{2}[ ]?\d{2}(?:[ \t-]?\n?[ \t]?[A-Z0-9]{1,30}){1,12}", re.IGNORECASE)
_GROUP_END = re.compile(r"(?<=[A-Za-z0-9])(?![A-Za-z0-9])")


def _end(written: str) -> int | None:
    """Where the number ends: at the first break at which country, length and check digits are right."""
    for match in _GROUP_END.finditer(written):
        if match.start() >= 15 and iban.is_valid(re.sub(r"[\s-]", "", written[: match.start()]), check_country=False):
            return match.start()
    return None


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number whose length is its country's and whose check digits are right."""
    for text in reading.texts("number"):
        for start in (m.start() for m in _START.finditer(text.text)):
            run = _RUN.match(text.text, start, start + 80)
            if run is not None and (length := _end(run[0])) is not None:
                yield evidence(
                    reading,
                    text,
                    start,
                    start + length,
                    confidence=0.98,
                    signals="country, length and check digits of an IBAN are right",
                )


DETECTOR = Detector(
    id="iban-published",
    kind="IBAN",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="An International Bank Account Number is published.",
    rationale="A private person's account is open to fraud; even a school's own invites forged invoices.",
    remedy="Remove the number; take payments through the school's payment system.",
    flags=("IBAN: GB29 NWBK 6016 1331 9268 19",),
    passes=("IBAN GB29NWBK60161331926818",),
    find=find,
    limits="The country's length and structure and the check digits (modulo 97) must be right; a mistyped "
    "number slips through.",
)
