"""A pupil's grade, mark, score or level is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.lexicons import load_ordered, load_patterns
from detectors.pupils.facts import parts
from detectors.pupils.ties import Ties
from detectors.text.guard import Guarded

_RANKS = ("A*", "A", "B", "C", "D", "E", "U")
# Letters and digits that can be part of a result; a text with none of these holds none.
_TRIGGER = re.compile(
    r"\d|\b[A-EU]{1,6}s?\b|[A-EU]\*|(?i:distinction|merit|pass|marks?|test|expect|standard|greater|exceed|working|performing|grade)"
)
# What may stand between a name and a bare mark: "Noor 10", "Noor: 10", "Noor (10)".
_GAP = re.compile(r"[\s,:=(–—-]{1,3}")
_NUMBERED = re.compile(
    r"(?<!end of )\b(?:year|yr|room|set|aged?|form|class|key stage|KS|under|no\.?|number|dob|out of)\s*$|\bu$",
    re.IGNORECASE,
)
# Verbs before a mark that are no part of it.
_LEAD = re.compile(r"(?:scor(?:ed|es|ing)|got|gets|with|and|score:|at|from)\s+", re.IGNORECASE)
_MANY = 6  # digits from 9 down that need no word about an exam
_BEFORE = 28  # code points before a mark in which the verb that gives it stands
_EARLIER = 160  # code points before a sentence that may say which exam it speaks of
_WINDOW = 45  # code points around a mark within which sport or play speaks against it

Span = tuple[int, int]


@dataclass(frozen=True)
class _Place:
    """A value where it stands, and what the words around it say."""

    value: str
    before: str
    said: str
    exam: bool
    strong: bool
    subject: bool
    other: bool
    row: bool
    beside: bool
    speaks_for: str
    words: Mapping[str, Guarded]

    def has(self, section: str, text: str | None = None) -> bool:
        """Whether the sentence, or the text given, holds a word of the section."""
        return self.words[section].search(self.said if text is None else text) is not None


def _falls(value: str) -> bool:
    """Whether grades run from the best to the worst, as results are written: AAB and 9987, never DAD."""
    grades = re.findall(r"A\*|[A-EU]|\d", value)
    ranks = [-int(g) if g.isdigit() else _RANKS.index(g) for g in grades]
    return all(a <= b for a, b in pairwise(ranks))


def _letters(place: _Place) -> bool:
    known = place.strong or "*" in place.value
    listed = place.exam or place.row or place.beside
    return _falls(place.value) and (known or (len(place.value) >= 3 and listed and not place.other))


def _letter_list(place: _Place) -> bool:
    many = (place.row or place.beside) and len(re.findall(r"[A-EU]", place.value)) >= 3
    return _falls(place.value) and (place.exam or many) and not place.other


def _falling(place: _Place) -> bool:
    many = len(re.findall(r"\d", place.value)) >= _MANY
    return _falls(place.value) and (place.exam or place.row or place.beside or many) and not place.other


def _own_grade(place: _Place) -> bool:
    """ "Grade 9s" speak for themselves; a single "grade 5" needs a subject, an exam or somebody who got it."""
    if place.other or place.has("ahead"):
        return False
    single = re.fullmatch(r"grade\s+[1-9]", place.value, re.IGNORECASE)
    return not single or place.subject or place.strong or place.has("got", place.before)


def _exam(place: _Place) -> bool:
    if "out of" in place.value.lower() and place.beside:
        return not place.other
    return (
        place.exam or (place.subject and re.search(r"%|/|out of|marks", place.value) is not None)
    ) and not place.other


# What each section of the word list asks for.
_NEEDS: Mapping[str, Callable[[_Place], bool]] = {
    "always": lambda p: True,
    "if-passed": lambda p: p.has("passed", p.speaks_for) and not p.has("ahead"),
    "if-vocational": lambda p: p.has("vocational", p.speaks_for) and not p.other,
    "if-letters": _letters,
    "if-letter-list": _letter_list,
    "if-own-grade": _own_grade,
    "if-falling": _falling,
    "if-exam": _exam,
    "if-exam-or-row": lambda p: (p.exam or p.row) and not p.other,
    "if-exam-here": lambda p: (p.exam or p.subject) and not p.other,
    "if-got": lambda p: p.has("got", p.before) and (p.exam or p.subject) and not p.other,
    "if-diploma": lambda p: p.has("diploma", p.speaks_for) and not p.other,
    "if-level": lambda p: (p.exam or p.subject or p.has("report", p.speaks_for)) and not p.other,
    "if-subject": lambda p: p.subject and not p.other,
    "if-report": lambda p: (p.row and (p.exam or p.has("report", p.speaks_for))) or (p.subject and p.has("report")),
}


class _Marks:
    """The marks in one part of an item."""

    def __init__(self, ties: Ties, title: str) -> None:
        self.ties = ties
        self.text = ties.text
        self.title = title
        self.words = load_patterns("attainment")
        self.taken: list[Span] = []

    def find(self) -> list[Span]:
        """Every mark, none over another, in order."""
        for section, pattern in load_ordered("attainment"):
            if stands := _NEEDS.get(section):
                for match in pattern.finditer(self.text):
                    self._take(match.start(), match.start() + len(match[0].rstrip(" :,-")), stands)
        for start, end in (*self._listed(), *self._in_rows()):
            if self._free(start, end):
                self.taken.append((start, end))
        return sorted(self.taken)

    def _take(self, start: int, end: int, stands: Callable[[_Place], bool]) -> None:
        if not self._free(start, end) or _NUMBERED.search(self.text[max(0, start - 12) : start]):
            return
        place = self._place(start, end)
        if place.has("never") or not stands(place):
            return
        lead = _LEAD.match(self.text, start, end)
        self.taken.append((lead.end() if lead else start, end))

    def _free(self, start: int, end: int) -> bool:
        """Whether the stretch holds no mark yet and no pupil's name."""
        return not any(start < e and s < end for s, e in self.taken) and not self.ties.mentions_between(start, end)

    def _place(self, start: int, end: int) -> _Place:
        sentence = self.ties.outline.sentence_at(start)
        line = self.ties.outline.line_at(start)
        value, said = self.text[start:end], self.text[slice(*sentence)]
        row = self.ties.row_head(start) is not None
        if row:
            top = self.ties.heading(start)
            around = f"{self.text[slice(*top)]}\n{self.title}\n{self.text[line[0] : start]}\n{self.text[end : line[1]]}"
            against = f"{self.text[slice(*self.ties.last_sentence(top))]}\n{said}"
        else:
            around = self.text[max(line[0], sentence[0] - _EARLIER) : start] + "\n" + self.text[end : sentence[1]]
            against = self.text[max(sentence[0], start - _WINDOW) : min(sentence[1], end + _WINDOW)]
        in_subject = self.words["subject"].search(value) is not None
        return _Place(
            value=value,
            before=self.text[max(0, start - _BEFORE) : start],
            said=said,
            exam=self.words["exam"].search(around) is not None,
            strong=self.words["strong"].search(around) is not None or "A*" in self.text[slice(*line)],
            subject=in_subject or self.words["subject"].search(said) is not None,
            other=(not in_subject and self.words["other"].search(against) is not None)
            or self.words["average"].search(said) is not None,
            row=row,
            beside=any(_GAP.fullmatch(self.text, m.end, start) for m in self.ties.mentions),
            speaks_for=f"{around}\n{value}",
            words=self.words,
        )

    def _listed(self) -> Iterator[Span]:
        """Bare marks behind each of several names in a sentence about an exam: "Spelling: Noor Lang 10, Teo Marchetti 7"."""
        for sentence in self.ties.outline.sentences:
            said = self.text[slice(*sentence)]
            inside = [m for m in self.ties.mentions if sentence[0] <= m.start < sentence[1]]
            if len(inside) < 2 or self.words["other"].search(said) or self.words["average"].search(said):
                continue
            lead = self.text[sentence[0] : inside[0].start]
            if self.words["exam"].search(said) or (":" in lead and self.words["subject"].search(lead)):
                for mention in inside:
                    gap = _GAP.match(self.text, mention.end, sentence[1])
                    if gap and (match := self.words["alone"].match(self.text, gap.end(), sentence[1])):
                        yield match.span()

    def _in_rows(self) -> Iterator[Span]:
        """Bare marks in the rows under a heading about an exam: "Lang N 96", "| 54 | 61 |", "Maths,9"."""
        for line in self.ties.outline.lines:
            if not self.ties.is_row(line):
                continue
            top = self.ties.heading(line[0])
            above, last = self.text[slice(*top)], self.text[slice(*self.ties.last_sentence(top))]
            columns = re.split(r"[,|\t;]", above)
            speaks_for = f"{above}\n{self.title}\n{self.text[slice(*line)]}"
            named = self.words["exam"].search(speaks_for) or (len(columns) > 2 and self.words["subject"].search(above))
            if not named or self.words["other"].search(f"{last}\n{self.title}"):
                continue
            cells = list(re.finditer(r"[^,|\t;]+", self.text[slice(*line)]))
            for match in self.words["alone"].finditer(self.text, *line):
                cell = next((n for n, c in enumerate(cells) if c.start() <= match.start() - line[0] < c.end()), 0)
                if len(columns) == len(cells) > 1 and self.words["identifying"].fullmatch(columns[cell].strip()):
                    continue
                before = self.text[max(0, match.start() - 12) : match.start()]
                if self.ties.row_head(match.start()) and not _NUMBERED.search(before) and before[-1:] != "(":
                    yield match.span()


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a grade, mark, score or level of a pupil in exams, tests or graded music."""
    for part, ties in parts(reading):
        if not _TRIGGER.search(ties.text):
            continue
        for start, end in _Marks(ties, reading.item.part("title")).find():
            if tie := ties.of(start, end):
                yield Evidence(
                    part=part,
                    start=start,
                    end=end,
                    confidence=tie.confidence,
                    pupils=tie.pupils,
                    severity=tie.severity(Severity.HIGH),
                    review=tie.review,
                    why=f"a grade or mark {tie.how}",
                )


DETECTOR = Detector(
    id="pupil-attainment-told",
    kind="ATTAINMENT",
    clause="5.4",
    severity=Severity.HIGH,
    summary="A pupil's grade, mark, score or level is told.",
    rationale="Results belong to the pupil: beside a name they invite comparison and mockery, and whoever is missing from the "
    "list is told of too.",
    remedy="Take the marks out, or have each family's consent to this very use on file.",
    flags=("A level results: Noor Lang A*AA", "Teo Marchetti got 45/50 in the spelling test."),
    passes=("Noor Lang scored 4 goals.", "98% of our students achieved grades 9-4."),
    find=find,
    limits="Grades, marks, scores and levels tied to a name in the same sentence, row or list. Bare numbers "
    "without a word about tests, and results told far from the name, slip through.",
)
