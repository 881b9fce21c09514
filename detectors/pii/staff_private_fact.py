"""A private fact about a colleague."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity

_WHO = r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof(?:essor)?)\.?[ ]+[A-Z][\w'-]{1,24}(?:[ ]+[A-Z][\w'-]{1,24})?"
# Health, family, conduct and pay; what staff themselves celebrate (retirement, birth, wedding) is left out.
_FACT = (
    r"off (?:sick|work)\b|signed off|on sick leave|sick (?:leave|note)|diagnosed|having (?:an operation|"
    r"chemo\w*|treatment|surgery|IVF)|had (?:a (?:miscarriage|breakdown|stroke|heart attack|seizure)|"
    r"an affair)|"
    r"(?:in|from) (?:rehab|prison)|(?:suffer(?:s|ing|ed)?|recovering) from|depress(?:ed|ion)|anxiety|"
    r"cancer|alcoholic|drunk|hungover|pregnan(?:t|cy)|"
    r"getting (?:a )?divorced?|divorc(?:ed|ing|e)|separated|split (?:up )?(?:from|with)|affair|custody|"
    r"suspended|sacked|fired|dismissed|disciplin(?:ed|ary)|(?:on )?(?:a )?(?:final|written|"
    r"verbal) warning|capability|under investigation|arrested|charged with|allegations?|"
    r"gross misconduct|redundan(?:t|cy)|tribunal|DBS|"
    r"salary|wages?|pay (?:rise|scale|cut|grade)|earns|bankrupt|in debt|grievance"
)
_STATED = re.compile(rf"{_WHO}(?:(?:'s?|,)?[ ](?:[A-Za-z']{{1,12}}[ ]){{0,4}}?)(?P<fact>{_FACT})")
_LESSON = re.compile(
    r"\b(?:research|charity|raising|raised|ran|running|fundrais\w+|lecture|talk(?:ed|s)? (?:about|on)|"
    r"taught|teaches|lesson|assembly|assess\w*|spoke about|week about|course|pupils|children|students|"
    r"class|awareness|support(?:s|ed)? (?:pupils|children))\b",
    re.IGNORECASE,
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a titled name followed closely by words about health, family, conduct or pay; a person decides."""
    for text in reading.texts("staff"):
        for match in _STATED.finditer(text.text):
            if _LESSON.search(match[0]):
                continue
            start, end = text.span(match.start(), match.end())
            yield Evidence(
                part=text.name,
                start=start,
                end=end,
                confidence=0.65,
                why="words about health, family, conduct or pay right behind a titled name",
                review=True,
            )


DETECTOR = Detector(
    id="staff-private-fact",
    kind="STAFF_FACT",
    clause="5.4",
    severity=Severity.HIGH,
    summary="A private fact about a colleague is published.",
    rationale="Health, family, conduct and pay of colleagues are nobody's business online (5.4).",
    remedy="Confirm that the person agreed to its publication, or remove it.",
    flags=("Miss Orme was suspended after the complaint.",),
    passes=("Mr Quill retires in July after 30 years: thank you!",),
    find=find,
    limits="A title and name followed within a few words by words about health, family, conduct or pay. Staff "
    "named without a title, and facts that "
    "come before the name or in other words, slip through.",
)
