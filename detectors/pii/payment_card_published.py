"""The number of a payment card."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stdnum import luhn

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence
from detectors.text.numbers import bare

# ISO/IEC 7812: in fours, as American Express (4-6-5) and Diners (4-6-4) print them, one by one, or unbroken (13 to 19 digits).
_S = r"(?:[ .-]|[ ]?\n[ ]?)"
_CARD = re.compile(
    rf"(?<![\w£$€+])(?<!\d[.-])(?:\d{{4}}{_S}\d{{4}}{_S}\d{{4}}{_S}\d{{4}}(?:{_S}\d{{3}}(?=\D|$))?|"
    rf"\d{{4}}{_S}\d{{6}}{_S}\d{{4,5}}"
    rf"|\d{{13,19}}|\d(?:[ ]\d){{15}})(?!\w|\.\d)"
)
# Issuer prefixes with their lengths: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro.
_ISSUER = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})$|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}$|"
    r"3[47]\d{13}$|3(?:0[0-5]|[689]\d)\d{11}$"
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12}$|35(?:2[89]|[3-8]\d)\d{12}$|62\d{14,17}$|(?:50|5[6-9]|6[0-9])\d{11,17}$"
)
_CUE = re.compile(
    r"\b(?:card|visa|master ?card|amex|american express|maestro|debit|credit|diners|discover|cvv|cvc|"
    r"exp(?:iry|ires)?|long number|pay(?:ment)?)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:ISBN|barcode|EAN|IMEI|tracking|library card|serial|order|parcel)\b[^\d\n]{0,20}$", re.IGNORECASE
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number with an issuer's prefix that passes the Luhn check."""
    for text in reading.texts("number"):
        for match in _CARD.finditer(text.text):
            digits, start, end = bare(match[0]), match.start(), match.end()
            if not digits.isdigit() or not _ISSUER.match(digits) or not luhn.is_valid(digits):
                continue
            named = cue(_CUE, text.text, start, end, 60, 40)
            if _OTHER.search(text.text, max(0, start - 40), start) or (not named and len(digits) not in (15, 16)):
                continue
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=0.97 if named else 0.9,
                signals="issuer's prefix and check digit are right"
                + ("; words about cards beside it" if named else ""),
            )


DETECTOR = Detector(
    id="payment-card-published",
    kind="PAYMENT_CARD",
    clause="3.2.a",
    severity=Severity.CRITICAL,
    summary="A payment card's number is published.",
    rationale="With its date, the number is enough to spend somebody's money.",
    remedy="Remove the number at once and tell the cardholder to have the card replaced.",
    flags=("Card 4111 1111 1111 1111 exp 12/27",),
    passes=("Card number 4111 1111 1111 1112", "The card ending 4242 was declined."),
    find=find,
    limits="An issuer's prefix and the Luhn check must be right; lengths other than 15 and 16 need a word "
    "about cards. Numbers shown in part "
    "slip through.",
)
