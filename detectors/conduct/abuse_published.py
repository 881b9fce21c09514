"""Somebody is insulted or sworn at."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct import extreme_offence_published
from detectors.conduct.abuse_words import words_used
from detectors.conduct.frames import Frame, first_frame, ranked

_FRAMES = (
    Frame("insult", 0.8, "an insult with its target", Severity.HIGH, loose=True),
    Frame("mockery", 0.65, "makes fun of somebody", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item: the gravest word, else an insult with its target, else what the classifier says.

    None where the rule about extreme offence has the item.
    """
    if any(extreme_offence_published.find(reading, context)):
        return
    words = min(words_used(reading), key=lambda w: (w[1].word.severity.rank, w[1].start - w[1].end), default=None)
    frame = next(first_frame(reading, DETECTOR.kind, "conduct_offensive", _FRAMES, quotes=False), None)
    if words and not (frame and words[1].word.severity.rank > Severity.HIGH.rank):
        (part, start, end), hit = words
        how = "a disguised word" if hit.disguised else "a word"
        why = f"{how} of abuse ({hit.word.category})"
        yield Evidence(part, why, 0.85, start, end, severity=hit.word.severity)
    elif frame:
        yield frame
    else:
        yield from ranked(reading, DETECTOR.kind)


DETECTOR = Detector(
    id="abuse-published",
    kind="OFFENSIVE",
    clause="5.5",
    severity=Severity.MEDIUM,
    summary="Somebody is insulted or sworn at.",
    rationale="Attacks drive children and families away from a school's sites (5.5).",
    remedy="Hide the comment, note it, and follow the behaviour or complaints rules.",
    flags=("You absolute muppet, ref!", "what a load of sh*t"),
    passes=("Scunthorpe away on Saturday!", "It is never okay to call somebody an idiot."),
    find=find,
    limits="Words of a list of our own, disguised ones too, and insults with their target; the rest is ranked by the classifier. "
    "Sarcasm, coded words and abuse in other languages slip through.",
)
