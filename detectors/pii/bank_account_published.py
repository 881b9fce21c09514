"""A sort code and account number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, PlainText, Reading, Severity
from detectors.text.around import evidence
from detectors.text.spans import Disjoint

# Six digits, usually in pairs, and eight digits (seven at some banks); Pay.UK, "Validating account numbers". Its table of
# weights changes four times a year, so the check is not used: an account that fails an old table is a leak all the same.
_PAIRS = r"\d\d(?:(?:[ ]?-[ ]?\d\d){2}|(?:[ ]\d\d){2}|(?:\.\d\d){2}|(?:/\d\d){2})"
_ACCOUNT = r"(?:\d{4}[ -]?\d{4}|\d{2}(?:[ -]\d{2}){3}|\d{3}[ ]\d{3}[ ]\d{2}|\d{2}[ ]\d{3}[ ]\d{3}|\d{7})"
_EDGE, _END = r"(?<![\w£$€+.])(?<!\d-)", r"(?!\w|[.-]\d)"
_SORT_THEN_ACCOUNT = re.compile(rf"{_EDGE}(?:{_PAIRS}|\d{{6}})(?P<between>[^\d]{{1,60}}){_ACCOUNT}{_END}")
_ACCOUNT_THEN_SORT = re.compile(rf"{_EDGE}{_ACCOUNT}(?P<between>[^\d]{{1,60}})(?:{_PAIRS}|\d{{6}}){_END}")
_SORT_ALONE = re.compile(
    rf"\bsort(?:ing)?[ -]?codes?\b[^\d\n]{{0,24}}\n?[^\d\n]{{0,6}}(?<![\w£$€+.])(?P<value>{_PAIRS}|"
    rf"\d{{6}}){_END}|\bs/c[ :.#=-]{{1,3}}(?P<other>{_PAIRS}|\d{{6}}){_END}",
    re.IGNORECASE,
)
_ACCOUNT_ALONE = re.compile(
    rf"\b(?:(?:bank )?account(?: numbers?| nos?\b\.?| num\b| nr\b| #)|bank account|a/c|acct?\b\.?|"
    rf"account)(?: ?(?:numbers?|nos?\b|num\b|nr\b))?[ .:#=-]{{0,4}}(?:is |was |ending )?\n?[ ]{{0,3}}"
    rf"(?<![\w£$€+.])(?P<value>{_ACCOUNT}|\d{{8}}){_END}",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"\b(?:sort|s/c|account|a/c|acct?|bank(?:ing)?|bacs|transfer|pay(?:ee|ments?|able)?|paid|refund(?:s|"
    r"ed)?|deposits?|monzo|starling|barclays|lloyds|natwest|hsbc|santander|nationwide|"
    r"halifax|tsb|co-?op|metro|revolut|chase|send|donat\w+|direct debits?|standing orders?|details)\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"[ ,/;|]{1,3}")
_IN_PAIRS = re.compile(r"\d\d ?[-./ ] ?\d\d ?[-./ ] ?\d\d\b")
_SORT = re.compile(r"sort|s/c", re.IGNORECASE)
_LINKING = re.compile(r"[\s,;:/|&+.()#-]{0,6}(?:[A-Za-z/.]{1,12}[\s,;:/|&+.()#=-]{1,6}){0,5}$")
_OTHER = re.compile(
    r"\b(?:order|booking|charity|company|invoice|tracking|ref(?:erence)?|ISBN|score|kick[- ]?off|date)\b", re.IGNORECASE
)


def _accounts(plain: PlainText) -> Iterator[tuple[int, int, str]]:
    taken, text = Disjoint(), plain.text
    for pattern in (_SORT_THEN_ACCOUNT, _ACCOUNT_THEN_SORT):
        for match in pattern.finditer(text):
            start, end = match.span()
            if not taken.free(start, end) or not _LINKING.match(match["between"]):
                continue
            around = text[max(0, start - 60) : start] + match["between"] + text[end : end + 30]
            beside = _BESIDE.fullmatch(match["between"]) is not None
            plain_pair = beside and "-" in match[0]
            in_pairs = _IN_PAIRS.search(match[0]) is not None
            named = _WORDS.search(around) and (in_pairs or beside or _SORT.search(around))
            if (plain_pair or named) and not _OTHER.search(match["between"]):
                taken.claim(start, end)
                yield start, end, "a sort code with an account number"
    for pattern, said in ((_SORT_ALONE, "named as a sort code"), (_ACCOUNT_ALONE, "named as an account number")):
        for match in (
            m for stretch in plain.near("bank", before=0, after=110) for m in pattern.finditer(text, *stretch)
        ):
            group = "value" if match["value"] else "other"
            start, end = match.span(group)
            if taken.claim(start, end):
                yield start, end, said


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a sort code and account number that belong together, or one of them alone where it is named."""
    for text in reading.texts("number"):
        for start, end, said in _accounts(text):
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=0.95 if "with" in said else 0.88,
                signals=said,
                pupil_severity=Severity.HIGH,
            )


DETECTOR = Detector(
    id="bank-account-published",
    kind="BANK_ACCOUNT",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A bank account is published.",
    rationale="A private account is open to fraud; a published school account invites forged requests in its name.",
    remedy="Remove the details; take payments through the school's payment system.",
    flags=("Sort code 08-99-99, account number 66374958",),
    passes=("The deadline is 08-99-99", "Order 66374958 is ready."),
    find=find,
    limits="Six digits and eight (or seven) beside words about banks and payments, or one of the two named as "
    "such. The modulus check is not "
    "applied. Details in a picture, or split over several sentences, slip through.",
)
