"""An exam candidate's number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence

# Four digits, given by the exam centre; the Unique Candidate Identifier has the centre's five digits, a character, seven more
# and a check letter (JCQ, "Key dates and UCI"). The check letter's rule is not published, so none is checked.
_NAMED = re.compile(
    r"\b(?:cand(?:idate)?s?(?:'s)?|exam)[ ]?(?:\b(?:numbers?|nos?\b\.?|num|nr\.?|id|#)|#)[ ]?(?:is|are|"
    r"was)?[ :=-]{0,3}(?P<list>\d{4}(?:(?:, ?| and | & |/)\d{4}){0,30})(?![\d,.]\d|\w)",
    re.IGNORECASE,
)
_AFTER_CENTRE = re.compile(
    r"\bcent(?:re|er)(?: no\.?| number)?[ :]{1,2}\d{5},?;? candidate[ :]{1,2}(?P<list>\d{4})(?!\w)", re.IGNORECASE
)
_UCI = re.compile(
    r"\bUCI(?: ?(?:no\.?|number))?[ :=-]{0,3}(?:is )?(?P<list>\d{5} ?[0-9A-Z] ?\d{2} ?\d{4} ?[A-Z])(?!\w)",
    re.IGNORECASE,
)
_ONE = re.compile(r"\d{4}(?!\d)")


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a number that is named as a candidate's."""
    for text in reading.texts("candidate", "digit"):
        for pattern in (_NAMED, _AFTER_CENTRE, _UCI):
            for match in pattern.finditer(text.text):
                places = [match.span("list")]
                if pattern is not _UCI:
                    places = [m.span() for m in _ONE.finditer(text.text, *match.span("list"))]
                for start, end in places:
                    yield evidence(reading, text, start, end, confidence=0.9, signals="named as a candidate's number")


DETECTOR = Detector(
    id="candidate-number-published",
    kind="CANDIDATE_NUMBER",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="An exam candidate's number is published.",
    rationale="It stands for a pupil on exam papers and results, and lists of seats or of special arrangements "
    "give it away.",
    remedy="Remove the number; give seats and arrangements to each candidate alone.",
    flags=("Candidate number 4821: access arrangements",),
    passes=("Bring your candidate number.", "Candidate 3 won"),
    find=find,
    limits="Four digits named as a candidate's number, and identifiers (UCI) named as such, whose check "
    "letter is not checked. Tables with the "
    "word only in their heading slip through.",
)
