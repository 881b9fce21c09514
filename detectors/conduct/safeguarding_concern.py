"""An item suggests that a child may be at risk."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, first_frame, is_about, ranked, speaks_for_school

_FRAMES = (
    Frame("self-harm", 0.7, "words of self-harm", loose=True),
    Frame("abuse", 0.7, "words of abuse", loose=True),
    Frame("sexual", 0.7, "words of sexual harm", loose=True),
    Frame("grooming", 0.7, "words of grooming", loose=True),
    Frame("exploitation", 0.7, "words of exploitation", loose=True),
    Frame("neglect", 0.7, "words of neglect", loose=True),
    Frame("missing", 0.7, "words of a missing child", loose=True),
    Frame("weapon", 0.7, "words of weapons", loose=True),
    Frame("honour", 0.7, "words of harm in the name of honour", loose=True),
    Frame("extreme", 0.7, "words of extremism", loose=True),
    Frame("bullied", 0.7, "words of fear or bullying", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item. Only the school's own words about protection are passed over, never a visitor's."""
    words = "conduct_concern"
    if not (speaks_for_school(reading.item) and is_about(reading, words)):
        yield from list(first_frame(reading, DETECTOR.kind, words, _FRAMES, quotes=True)) or ranked(
            reading, DETECTOR.kind
        )


DETECTOR = Detector(
    id="safeguarding-concern",
    kind="SAFEGUARDING_CONCERN",
    clause="A.2.3",
    severity=Severity.CRITICAL,
    summary="An item suggests that a child may be at risk.",
    rationale="A worry about a child is passed on at once; every hour counts, and nobody else may read it (A.2.3).",
    remedy="Neither reply nor delete; hand the item to the safeguarding lead at once.",
    flags=(
        "my friend says she wants to die and I don't know who to tell",
        "He said his dad hits him when he's drunk.",
    ),
    passes=(
        "This homework is killing me, haha.",
        "Mental Health Awareness Week: ring Childline on 0800 1111.",
    ),
    find=find,
    limits=(
        "Phrases of eleven families of harm; recall goes before precision. Hints without such words, drawings "
        "and pictures slip through, so silence proves nothing."
    ),
)
