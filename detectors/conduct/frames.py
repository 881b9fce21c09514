"""What the rules about conduct share: who speaks, and frames of words that say what an item does.

A word list of a rule has a section for each of its frames. A frame found in a sentence that ``unless`` matches says nothing, nor
does one in an item that ``about`` matches: a quotation, a set text, an awareness week. One Evidence an item is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from detectors.base import Evidence, Item, PlainText, Reading, Severity
from detectors.lexicons import load_patterns
from detectors.text.guard import Guarded
from detectors.text.statements import Outline

Patterns = Mapping[str, Guarded]

_ANSWERS = frozenset(("comment", "reply"))
_WORTH_A_LOOK = 0.5
_OPENING = re.compile(r"\"[^\"\n]{2,400}\"")


@dataclass(frozen=True)
class Frame:
    """A section of a rule's word list, how sure it is, and what to say of it. ``severity`` where it differs from the rule's.

    ``beside`` are sections one of which must stand in the item as well, where the words alone say too little. A ``loose`` frame
    says nothing where the classifier sees nothing of the kind at all in the item. ``unless`` is the section whose words in the
    same sentence silence it.
    """

    section: str
    confidence: float
    why: str
    severity: Severity | None = None
    beside: tuple[str, ...] = ()
    loose: bool = False
    unless: str = "unless"


def speaks_for_school(item: Item) -> bool:
    """Whether the school or its staff wrote the item; what is no answer and has no known author stands for the school's."""
    return item.author_role in ("school", "staff") or (item.author_role == "unknown" and item.kind not in _ANSWERS)


def speaks_from_outside(item: Item) -> bool:
    """Whether somebody else may have written the item: an answer, or an author who is neither the school nor its staff."""
    return item.author_role not in ("school", "staff") and (item.author_role != "unknown" or item.kind in _ANSWERS)


def quoted(text: str, start: int, end: int) -> bool:
    """Whether a stretch stands between double quotation marks."""
    return '"' in text and any(m.start() < start and end < m.end() for m in _OPENING.finditer(text))


def first_frame(
    reading: Reading, kind: str, list_name: str, frames: Sequence[Frame], *, quotes: bool
) -> Iterator[Evidence]:
    """At most one Evidence: of the first of the frames that the item's texts hold. ``quotes``: quoted words count too."""
    words = load_patterns(list_name)
    if kind not in reading.likely:
        frames = [f for f in frames if not f.loose]
    best: tuple[int, PlainText, int, int] | None = None
    texts = list(reading.texts())
    for text in texts:
        for rank, frame in enumerate(frames[: best[0] if best else None]):
            place = _place(text.text, words, frame, quotes)
            if place and (not frame.beside or any(words[s].search(t.text) for t in texts for s in frame.beside)):
                best = rank, text, *place
                break
    if best:
        rank, text, left, right = best
        start, end = text.span(left, right)
        frame = frames[rank]
        yield Evidence(text.name, frame.why, frame.confidence, start, end, severity=frame.severity)


def _place(text: str, words: Patterns, frame: Frame, quotes: bool) -> tuple[int, int] | None:
    outline: Outline | None = None
    for match in words[frame.section].finditer(text):
        outline = outline or Outline(text)
        sentence = text[slice(*outline.sentence_at(match.start()))]
        if frame.unless in words and words[frame.unless].search(sentence):
            continue
        if quotes or not quoted(text, match.start(), match.end()):
            return match.span()
    return None


def ranked(reading: Reading, kind: str) -> Iterator[Evidence]:
    """What the classifier says where no rule does: one Evidence for a person to look at, never above severity low.

    Only for the kind that the item reads most like: a person who looks at it sees the rest.
    """
    if (likely := reading.likely.get(kind, 0)) >= max((_WORTH_A_LOOK, *reading.likely.values())):
        part = next((p.name for p in reading.item.parts if p.text and not p.name.startswith("filename")), "text")
        yield Evidence(part, "reads like others of its kind", likely, severity=Severity.LOW, review=True)


def is_about(reading: Reading, list_name: str) -> bool:
    """Whether an item treats of what the rule is about, rather than does it: a lesson, a policy, an awareness week."""
    words = load_patterns(list_name).get("about")
    return words is not None and any(words.search(t.text) for t in reading.texts())


def decided_or_ranked(
    reading: Reading, kind: str, list_name: str, frames: Sequence[Frame], *, quotes: bool = False
) -> Iterator[Evidence]:
    """The first frame that the item holds, else what the classifier says; nothing where it only treats of such things."""
    found = list(first_frame(reading, kind, list_name, frames, quotes=quotes)) or list(ranked(reading, kind))
    if found and not is_about(reading, list_name):
        yield from found
