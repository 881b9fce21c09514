"""Somebody is threatened, or a group is abused with a slur or as less than human."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.abuse_words import words_used
from detectors.conduct.frames import Frame, first_frame

_FRAMES = (
    Frame("threat", 0.85, "threatens somebody", unless="unless-grave"),
    Frame("dehumanise", 0.85, "speaks of a group as less than human", unless="unless-grave"),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item."""
    slurs = [(place, hit) for place, hit in words_used(reading) if hit.word.category == "slur"]
    for (part, start, end), hit in slurs[:1]:
        how = "a disguised slur" if hit.disguised else "a slur"
        yield Evidence(part, how, 0.85, start, end, severity=hit.word.severity)
    if not slurs:
        yield from first_frame(reading, DETECTOR.kind, "conduct_offensive", _FRAMES, quotes=False)


DETECTOR = Detector(
    id="extreme-offence-published",
    kind="OFFENSIVE",
    clause="A.5.6",
    severity=Severity.CRITICAL,
    summary="Somebody is threatened, or a group is abused with a slur or as less than human.",
    rationale="Slurs, threats and words that deny people their humanity do the gravest harm, and may be crimes (A.5.6).",
    remedy="Hide it at once, keep the proof, follow the intervention plan, and tell the police or CEOP where it may be a crime.",
    flags=("Immigrants are vermin.", "I know where you live and I'm coming for you."),
    passes=("Words like that are slurs, said our speaker.", "Offa's Dyke was glorious.", "We smashed them 5-0."),
    find=find,
    rank=1,
    limits="Slurs of a list of our own, disguised ones too; threats and dehumanising words with their target. Coded words, "
    "pictures and other languages slip through.",
)
