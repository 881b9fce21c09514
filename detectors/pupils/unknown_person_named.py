"""A person whom nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Names of two words or with a title that stand neither on the roll nor among staff, and that are not well known."""
    for stranger in reading.strangers:
        yield Evidence(
            part=stranger.part,
            start=stranger.start,
            end=stranger.end,
            confidence=stranger.confidence,
            review=True,
            why="looks like a person's name; neither on the roll nor among staff nor well known",
        )


DETECTOR = Detector(
    id="unknown-person-named",
    kind="PERSON_UNKNOWN",
    clause="5.4",
    severity=Severity.LOW,
    summary="A person is named who is neither on the roll nor among staff.",
    rationale="It may be a parent, a visitor, a former pupil or a child of another school; nobody knows whether they agreed.",
    remedy="Decide whether the person agreed to be named; add regular visitors to others.csv.",
    flags=("Our thanks to Marjorie Tutt, who judged the marrows.",),
    passes=("Our thanks to Mrs Haddon, who judged the marrows.",),
    find=find,
    limits="Names of two words, or with a title, that the names model sees and no list knows. Well-known people "
    "and characters outside the lists are listed too; single forenames of strangers are not.",
)
