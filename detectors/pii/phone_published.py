"""A telephone number that the school has not published as its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import phonenumbers

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence

_SEP = r"(?:[ \t().\-/]{1,3}|[ \t]?\n[ \t]?)?"
# A number of the UK's plan in national or international form, or one of another country after + or 00 (E.164: at most 15 digits).
_UK = re.compile(
    rf"(?<![\w+£$€])(?<!\d\.)(?:\(?(?:\+|00)?44\)?[ .-]?(?:\(0\)[ .-]?|0)?|"
    rf"\(?0[ .-]?)(?P<national>[1-9](?:{_SEP}\d){{8,9}})(?!\w|\.\d|[-/]\d)"
)
_ABROAD = re.compile(r"(?<![\w+])(?P<sign>\+|00)(?!44)(?P<rest>[1-9](?:[ \t().\-/]{0,2}\d){7,13})(?!\w)")
# Written without its leading 0 beside a word that says what it is, as spreadsheets leave it.
_BARE_MOBILE = re.compile(r"(?<![\w+£$€.-])7\d{3}[ ]?\d{3}[ ]?\d{3}(?!\w|[.,-]\d)")
# Ofcom reserves these for drama; phonenumbers calls some of them possible, not valid. They stand for real numbers.
# https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
_RESERVED = re.compile(
    r"(?:7700900|1632960|3069990|9098790|8081570)\d{3}$|(?:113|114|115|116|117|118|121|131|141|151|161)4960\d{3}$"
)
_OWNER = re.compile(
    r"\b(?:mum|dad|mam|mother|father|nan|gran|grandad|parent|guardian|carer|emergency contact|next of kin)s?\b",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"\b(?:call|ring|text|phone|tel|telephone|mob(?:ile)?|cell|whats ?app|contact|number|msg|message|"
    r"dial|reach|fax|landline|sms|no)\b",
    re.IGNORECASE,
)
_MOBILE_CUE = re.compile(
    r"\b(?:call|ring|text|phone|tel|telephone|mob(?:ile)?|cell|whats ?app|landline)\b[^\d\n]{0,20}$", re.IGNORECASE
)
# Words before a run of digits that say it is something else, although it could be dialled.
_NOT_A_PHONE = re.compile(
    r"(?:\bISBN(?:-1[03])?|\bNHS(?: (?:no|number))?|\bULN|\bUPN|\b(?:account|a/?c|acct)(?: no\.?|"
    r" number)?|\bsort code|\bIBAN"
    r"|\bcard(?: no\.?| number)?|\border(?: no\.?| number)?|\bref(?:erence)?(?: no\.?| number)?|"
    r"\bpassport(?: no\.?| number)?|\binvoice"
    r"|\bbarcode|\bserial(?: no\.?| number)?|\btracking(?: no\.?| number)?|\bcandidate(?: no\.?|"
    r" number)?|\bmeeting id|\bpart no\.?|\bcharity no\.?"
    r"|\bbooking|\blicen[cs]e(?: no\.?| number)?|\bdoi|\bpi)[\s:.#=]*$",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}[ /.-]\d{1,2}[ /.-](?:19|20)\d\d(?!\d)|0\d[-/.]\d\d[-/.]\d\d\b")


def _numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """``(start, end, E.164)`` of every number that the plans call valid or Ofcom reserves for drama."""
    for match in _UK.finditer(text):
        national = re.sub(r"\D", "", match["national"])
        start = match.start() + (match[0].startswith("(") and ")" not in match[0])
        e164 = f"+44{national}"
        if national == "1234567890":  # counted up, not dialled
            continue
        if not _DATE.match(match[0]) and (_RESERVED.match(national) or _valid(e164)):
            yield start, match.end(), e164
    for match in _ABROAD.finditer(text):
        e164 = "+" + re.sub(r"\D", "", match["rest"])
        if _valid(e164) if match["sign"] == "00" else _possible(e164):
            yield match.start(), match.end(), e164
    for match in _BARE_MOBILE.finditer(text):
        e164 = "+44" + re.sub(r"\D", "", match[0])
        if _MOBILE_CUE.search(text, max(0, match.start() - 40), match.start()) and (
            _RESERVED.match(e164[3:]) or _valid(e164)
        ):
            yield match.start(), match.end(), e164


def _valid(e164: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(e164)))
    except phonenumbers.NumberParseException:
        return False


def _possible(e164: str) -> bool:
    """Whether the length fits the country: a plus sign says that it is a number, and plans abroad change unseen."""
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(e164)))
    except phonenumbers.NumberParseException:
        return False


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number; numbers on the allow-list, helplines and emergency numbers pass."""
    for text in reading.texts("number"):
        for start, end, e164 in _numbers(text.text):
            if context.contacts.has_phone(e164) or _NOT_A_PHONE.search(text.text, max(0, start - 24), start):
                continue
            mobile = e164.startswith("+447")
            relative, called = cue(_OWNER, text.text, start, end, 60, 60), cue(_CUE, text.text, start, end, 60, 60)
            signals = ["mobile number" if mobile else "telephone number"]
            signals += ["words about calling beside it"] if called else []
            signals += ["written in a disguised way"] if text.disguised(start, end) else []
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=0.95 if relative or called else 0.85,
                severity=Severity.HIGH if mobile or relative else Severity.MEDIUM,
                signals=f"{', '.join(signals)}; not among the school's public contacts",
            )


DETECTOR = Detector(
    id="phone-published",
    kind="PHONE",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A telephone number is published that is not one of the school's public numbers.",
    rationale="A private number in public exposes a family or a colleague to calls from strangers and to fraud.",
    remedy="Remove the number and use the school office's instead; tell the data protection lead if it "
    "belongs to a family.",
    flags=("Text Dan's mum on 07700 900461", "Call 01632 960 772 after six"),
    passes=("Childline: 0800 1111", "Final score 21-15, 25-20", "ISBN 978-0-00-000000-2"),
    find=find,
    limits="Numbers that are valid in the UK's plan, with any spacing, in words, with letters for digits or "
    "over two lines, and valid "
    "numbers of other countries after a plus sign. A local number without its area code, an extension "
    "alone and a foreign number "
    "in its national form slip through.",
)
