"""Unpublished business of the school is told."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked, speaks_for_school

_FRAMES = (
    Frame("marked", 0.8, "says that it is not for the public", beside=("matter",)),
    Frame("matter", 0.7, "tells of an unpublished matter", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item of the school or its staff."""
    if speaks_for_school(reading.item):
        yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_business", _FRAMES)


DETECTOR = Detector(
    id="business-record-published",
    kind="CONFIDENTIAL_BUSINESS",
    clause="3.2.c",
    severity=Severity.HIGH,
    summary="Unpublished business of the school is told.",
    rationale="Papers on money, staff, tenders and inspections are the school's own until it publishes them (3.2).",
    remedy="Check that it is meant to be public; if not, withdraw it and note who approved it.",
    flags=("Draft minutes, governors only: two posts will be cut.",),
    passes=("The published inspection report is on our website.",),
    find=find,
    limits=(
        "What the school and its staff publish: marks such as confidential, and words about money, staff, "
        "tenders, inspection and admissions. What is confidential only by its context slips through."
    ),
)
