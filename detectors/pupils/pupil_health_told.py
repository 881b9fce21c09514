"""A pupil's health, disability or special educational need is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.lexicons import load_patterns
from detectors.pupils.facts import Fact, Patterns, facts, fields, parts
from detectors.pupils.ties import Ties

# What joins two statements into one: "taken to hospital with concussion".
_JOINT = re.compile(
    r"\s+(?:with|after|because of|due to|from|and|following)\s+(?:an?\s+|his\s+|her\s+|the\s+)?|\s*[(,]\s*|\s+",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^;|\t]+")
_AFTER_NAME = re.compile(r"[\s,:=(\-–—]*(?:\d{1,2}[A-Z]\w?\b|\([^)]*\))?[\s,:=(\-–—]*")
_LONGEST_PIECE = 50
_LONGEST_HEADING = 80


def statements(reading: Reading) -> Iterator[tuple[str, Fact]]:
    """``(part, fact)`` of each statement about the health of a pupil."""
    words = load_patterns("health")
    for part, ties in parts(reading):
        found = _joined(
            ties.text, (_widened(ties.text, f, words) for f in facts(ties, words, ("told",), ("condition",)))
        )
        found += [f for f in fields(ties, words["field"], words["nothing"]) if not _over(f, found)]
        found = [
            f
            for f in found
            if ties.text[f.end : f.end + 1] != ":" or not words["field"].fullmatch(ties.text, f.start, f.end)
        ]
        for fact in (*found, *_rows_under_heading(ties, words, found)):
            yield part, fact


def _over(fact: Fact, found: Iterable[Fact]) -> bool:
    return any(f.start < fact.end and fact.start < f.end for f in found)


def _widened(text: str, fact: Fact, words: Patterns) -> Fact:
    """The fact with the words that belong to it: "severe asthma", "hearing aids, both ears"."""
    start, end = fact.start, fact.end
    for _ in range(3):
        before = re.search(r"(\S+)\s+$", text[max(0, start - 24) : start])
        if not before or not words["modifier"].fullmatch(before[1]):
            break
        start -= len(before[0])
    if tail := words["tail"].match(text, end):
        end = tail.end()
    return replace(fact, start=start, end=end)


def _joined(text: str, found: Iterable[Fact]) -> list[Fact]:
    """Statements of about equal length that a "with" or "after" joins are one; none may bury a short one in a long span."""
    joined: list[Fact] = []
    for fact in found:
        last = joined[-1] if joined else None
        if last and last.tie.pupils == fact.tie.pupils:
            fact = replace(fact, start=max(fact.start, last.end))
            room = 2 * min(last.end - last.start, fact.end - fact.start) + 12
            if fact.end - last.start <= room and (
                fact.start == last.end or _JOINT.fullmatch(text, last.end, fact.start)
            ):
                joined[-1] = replace(last, end=fact.end)
                continue
        joined.append(fact)
    return joined


def _rows_under_heading(ties: Ties, words: Patterns, found: list[Fact]) -> Iterator[Fact]:
    """Under a medical heading every short remark beside a name counts, also one that no list knows: "Noor: kiwi"."""
    if not words["heading"].search(ties.text):
        return
    for line in ties.outline.lines:
        top = ties.heading(line[0]) if ties.is_row(line) else (0, 0)
        if top[1] - top[0] > _LONGEST_HEADING or not words["heading"].search(ties.text, *top):
            continue
        for piece in _PIECE.finditer(ties.text, *line):
            head = ties.row_head(piece.end())
            if head is None or head.end >= piece.end():
                continue
            start = max(piece.start(), head.end)
            if lead := _AFTER_NAME.match(ties.text, start, piece.end()):
                start = lead.end()
            said = ties.text[start : piece.end()].rstrip(" .)")
            end = start + len(said)
            if not 3 <= len(said) <= _LONGEST_PIECE or re.search(r"\d{4}|@", said) or words["nothing"].match(said):
                continue
            if ties.mentions_between(start, end) or (tie := ties.of(start, end)) is None:
                continue
            if not _over(fact := Fact(start, end, "heading", tie), found):
                yield fact


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a statement about a pupil's health: a condition, injury, treatment, disability or special need."""
    for part, fact in statements(reading):
        yield Evidence(
            part=part,
            start=fact.start,
            end=fact.end,
            confidence=fact.tie.confidence,
            pupils=fact.tie.pupils,
            severity=fact.tie.severity(Severity.CRITICAL),
            review=fact.tie.review,
            why=f"words about health {fact.tie.how}",
        )


DETECTOR = Detector(
    id="pupil-health-told",
    kind="HEALTH",
    clause="5.4",
    severity=Severity.CRITICAL,
    summary="A pupil's health, disability or special educational need is told.",
    rationale="Health is special category data (UK GDPR, article 9): once public it follows a child for years, and no post "
    "needs it.",
    remedy="Take the item down, keep the proof, and tell the data protection lead; kind wishes can go out without the cause.",
    flags=(
        "Noor Lang has asthma.",
        "Get well soon Teo Marchetti, who broke his wrist on Friday.",
        "Xanthe O'Dell: nut allergy",
    ),
    passes=(
        "We are a nut-free school.",
        "Noor Lang made a poster for Epilepsy Awareness Week.",
        "Will Frost is sick of revision.",
    ),
    find=find,
    limits="Words of the list of conditions, injuries, treatments and needs, tied to a name in the same sentence, "
    "row or list. Idioms outside the list, and facts told far from the name, slip through.",
)
