"""Somebody is insulted, threatened or sworn at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.abuse_words import abuse_words
from detectors.conduct.frames import Frame, first_frame, quoted, ranked
from detectors.text.statements import Outline

_FRAMES = (
    Frame("threat", 0.85, "threatens somebody", Severity.CRITICAL),
    Frame("dehumanise", 0.85, "speaks of a group as less than human", Severity.CRITICAL),
    Frame("insult", 0.8, "an insult with its target", Severity.HIGH, loose=True),
    Frame("mockery", 0.65, "makes fun of somebody", loose=True),
)
# Speech about such words rather than with them, and a word reclaimed for oneself.
_ABOUT_WORDS = re.compile(
    r"\b(?:words? like|the word|call(?:ing|ed) (?:me|my|him|her|them|us|people|someone|anyone|each other)|don't (?:say|use|call)|"
    r"never (?:say|use|call|okay|ok)|not (?:ok|okay|acceptable)|unacceptable|challenge|shouted|slurs?|racist language|banter|"
    r"hate speech|say no to|stand up to|is (?:wrong|hurtful)|being called|as an?|proud(?:ly)? (?:to be|of being)?|i'm an?|"
    r"i am an?|we're|history of the word|author uses|narrator|in the (?:book|novel|play|film)|chapter|scene)\b",
    re.IGNORECASE,
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item: the gravest word, else an insult with its target, else what the classifier says."""
    words = min(_words(reading), key=lambda e: (e.severity or Severity.INFO).rank, default=None)
    frame = next(first_frame(reading, DETECTOR.kind, "conduct_offensive", _FRAMES, quotes=False), None)
    if words and frame:
        yield min(frame, words, key=lambda e: (e.severity or DETECTOR.severity).rank)
    elif words or frame:
        yield words or frame  # type: ignore[misc]
    else:
        yield from ranked(reading, DETECTOR.kind)


def _words(reading: Reading) -> Iterator[Evidence]:
    for text in reading.texts():
        outline: Outline | None = None
        for hit in abuse_words(text.text):
            outline = outline or Outline(text.text)
            sentence = text.text[slice(*outline.sentence_at(hit.start))]
            if quoted(text.text, hit.start, hit.end) or _ABOUT_WORDS.search(sentence):
                continue
            start, end = text.span(hit.start, hit.end)
            how = "a disguised word" if hit.disguised else "a word"
            yield Evidence(
                text.name, f"{how} of abuse ({hit.word.category})", 0.85, start, end, severity=hit.word.severity
            )


DETECTOR = Detector(
    id="abuse-published",
    kind="OFFENSIVE",
    clause="5.5",
    severity=Severity.MEDIUM,
    summary="Somebody is insulted, threatened or sworn at.",
    rationale="Attacks drive children and families away from a school's sites, and a slur or threat may be a crime (5.5, A.5.6).",
    remedy="Hide the comment, keep the proof, follow the behaviour or complaints rules, and tell the police or CEOP where it may "
    "be a crime.",
    flags=("You absolute muppet, ref!", "what a load of sh*t"),
    passes=("Scunthorpe away on Saturday!", "It is never okay to call somebody an idiot."),
    find=find,
    limits="Words of a list of our own, disguised ones too, and insults, threats and dehumanising words with their target. "
    "Sarcasm, coded words and abuse in other languages slip through.",
)
