"""A telephone number that the school has not published as its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import phonenumbers

from detectors.base import Context, Detector, Evidence, Reading, Severity

# Ofcom reserves these ranges for drama; phonenumbers calls them possible, not valid. They stand for real numbers.
# https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
_RESERVED = re.compile(
    r"(?<![\w+.])(?:\+44[\s-]?(?:\(0\)[\s-]?)?|0044[\s-]?|\(?0)(?:7700[)\s-]{0,2}900|1632[)\s-]{0,2}960)[\s-]?\d(?:[\s-]?\d){2}(?!\w)"
)
_OWNER = re.compile(r"\b(?:mum|dad|mam|mother|father|nan|grandad|parent|guardian|emergency contact)\b", re.IGNORECASE)
_CUE = re.compile(r"\b(?:call|ring|text|phone|tel|mob(?:ile)?|whats ?app|contact|number|msg|message)\b", re.IGNORECASE)
# Words before a run of digits that say it is something else, although it could be dialled.
_NOT_A_PHONE = re.compile(
    r"(?:\bISBN(?:-1[03])?|\bNHS(?: (?:no|number))?|\bULN|\bUPN|\baccount(?: no\.?| number)?|\bsort code"
    r"|\bcard(?: no\.?| number)?|\border|\bref(?:erence)?|\bpassport)[\s:.#]*$",
    re.IGNORECASE,
)


def _numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """``(start, end, E.164)`` of every number that the plans call valid or Ofcom reserves for drama."""
    seen: list[tuple[int, int]] = []
    for match in phonenumbers.PhoneNumberMatcher(text, "GB", leniency=phonenumbers.Leniency.VALID):
        start = match.start + (1 if match.raw_string.startswith("(") and ")" not in match.raw_string else 0)
        seen.append((start, match.end))
        yield start, match.end, phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    for found in _RESERVED.finditer(text):
        if not any(found.start() < end and start < found.end() for start, end in seen):
            digits = re.sub(r"\D", "", found[0].replace("(0)", ""))
            yield found.start(), found.end(), "+44" + re.sub(r"^(?:0044|44|0)", "", digits)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number; numbers on the allow-list, helplines and emergency numbers pass."""
    for part in reading.item.parts:
        if part.name.startswith("filename"):
            continue
        for start, end, e164 in _numbers(part.text):
            before, around = part.text[max(0, start - 20) : start], part.text[max(0, start - 60) : end + 60]
            if context.contacts.has_phone(e164) or _NOT_A_PHONE.search(before):
                continue
            mobile = e164.startswith("+447")
            owner, cue = bool(_OWNER.search(around)), bool(_CUE.search(around))
            signals = ["mobile number" if mobile else "telephone number"]
            signals += ["a relative is named beside it"] if owner else ["words about calling beside it"] if cue else []
            yield Evidence(
                part=part.name,
                start=start,
                end=end,
                confidence=0.95 if owner or cue else 0.85,
                severity=Severity.HIGH if mobile or owner else Severity.MEDIUM,
                why=f"{', '.join(signals)}; not among the school's public contacts",
            )


DETECTOR = Detector(
    id="phone-published",
    kind="PHONE",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A telephone number is published that is not one of the school's public numbers.",
    rationale="A private number in public exposes a family or a colleague to calls from strangers and to fraud.",
    remedy="Remove the number and use the school office's instead; tell the data protection lead if it belongs to a family.",
    flags=("Text Dan's mum on 07700 900461", "Call 01632 960 772 after six"),
    passes=("Childline: 0800 1111", "Final score 21-15, 25-20", "ISBN 978-0-00-000000-2"),
    find=find,
)
