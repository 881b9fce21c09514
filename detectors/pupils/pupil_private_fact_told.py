"""A pupil's conduct, family, care, money or attendance is told."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.lexicons import load_patterns
from detectors.pupils.facts import facts, parts
from detectors.pupils.pupil_health_told import statements

_ABOUT = {
    "behaviour": ("conduct", Severity.CRITICAL),
    "family": ("family", Severity.CRITICAL),
    "care": ("care", Severity.CRITICAL),
    "money": ("money", Severity.CRITICAL),
    "attendance": ("attendance", Severity.HIGH),
}


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a statement; what is about health is left to the rule on health."""
    words = load_patterns("private")
    health: list[tuple[str, int, int]] | None = None
    for part, ties in parts(reading):
        for fact in facts(ties, words, (), tuple(_ABOUT), kin=True):
            if health is None:
                health = [(name, h.start, h.end) for name, h in statements(reading)]
            if any(part == name and fact.start < end and start < fact.end for name, start, end in health):
                continue
            about, severity = _ABOUT[fact.section]
            yield Evidence(
                part=part,
                start=fact.start,
                end=fact.end,
                confidence=fact.tie.confidence,
                pupils=fact.tie.pupils,
                severity=fact.tie.severity(severity),
                review=fact.tie.review,
                why=f"words about {about} {fact.tie.how}",
            )


DETECTOR = Detector(
    id="pupil-private-fact-told",
    kind="PRIVATE_FACT",
    clause="5.4",
    severity=Severity.CRITICAL,
    summary="A pupil's conduct, family, care, money or attendance is told.",
    rationale="What a school knows of a child's home and conduct it knows in confidence; told in public it shames the child and "
    "can lead a violent relative to the door.",
    remedy="Take the item down, keep the proof, and tell the data protection lead, and the safeguarding lead where care is meant.",
    flags=(
        "Noor Lang is on free school meals.",
        "Will Frost was excluded for two days.",
        "Hope Winter has a social worker.",
    ),
    passes=(
        "Free school meals: apply by Friday.",
        "Zoë Quill is an anti-bullying ambassador.",
        "Teo Marchetti stole the show.",
    ),
    find=find,
    limits="Words about conduct, family, care, money and attendance, tied to a name in the same sentence, row or "
    "list. Hints and facts told far from the name slip through.",
)
