"""Somebody is accused of a wrong or targeted again and again."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked

_FRAMES = (
    Frame("allegation", 0.8, "a damaging allegation", beside=("campaign", "rumour"), loose=True),
    Frame("allegation", 0.7, "a damaging allegation", loose=True),
    Frame("campaign", 0.6, "somebody is pursued again and again", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item."""
    yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_defamation", _FRAMES, quotes=True)


DETECTOR = Detector(
    id="defamatory-or-harassing",
    kind="DEFAMATORY_OR_HARASSING",
    clause="3.3",
    severity=Severity.HIGH,
    summary="Somebody is accused of a wrong or targeted again and again.",
    rationale=(
        "An allegation in public can be defamation, a campaign harassment; both hurt and both are the law's "
        "business (3.3, 5.5)."
    ),
    remedy="Hide the item, keep the proof, and let the head teacher decide whether advice is needed.",
    flags=("The bursar stole from the trip fund and everyone knows it.",),
    passes=("The whole cast stole the show.",),
    find=find,
    limits=(
        "Allegations of crime, dishonesty and misconduct, campaigns and rumours. Whether an allegation is "
        "true nobody can tell from its words."
    ),
)
