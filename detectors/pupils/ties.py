"""Whose a fact is: which of an item's mentions the words about somebody's health, results or affairs belong to.

A name in the same sentence or row speaks first; then a pronoun or "my son" after the name; then a heading over rows of
names. Words about somebody else between the name and the fact ("her grandad", "Mr Frost", "the school dog") break the tie.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from detectors.base import Mention, Reading, Severity
from detectors.lexicons import load_patterns, straight
from detectors.text.statements import BULLET, Outline

_RULE = re.compile(r"[\s|:_=+-]*")  # the line between the head of a table and its rows
_LONGEST_HEADING = 120
_SHORT = 80  # code points of a line that may be a row without a mark after the name
_FAR = 220  # code points between a row's name and the last fact that is still its own
_ROW_HEAD = re.compile(
    r"'?\s*(?:\([^()\n]{1,24}\)|,?\s*(?:year\s)?\d{1,2}\s?[A-Z]?\w{0,8}\b)?\s*(?:[:;,|\t(=]|[-–—](?=\s|\w)|\d|$)",
    re.IGNORECASE,
)
_SEVERAL_HEAD = re.compile(r"\s*(?:\([^()\n]{1,12}\))?\s*(?::|\s[-–—=]\s)")
_JOINED = re.compile(r"\s*(?:\([^()\n]{1,24}\))?\s*(?:,|&|\+|/|;|\band\b|,\s*and\b)\s*", re.IGNORECASE)
_CLAUSE_END = re.compile(
    r"[;:]|\s[-–—]\s|,\s*(?:so|but|while|and then|whereas|although)\b|\b(?:but|while|whereas)\b", re.IGNORECASE
)
# Two capitalised words that are no place, subject or condition: somebody's name ("Sylvia Plath").
_OTHER_NAME = re.compile(
    r"(?<=[a-z,] )(?!(?:Great|New|Old|North|South|East|West|St|Saint|Upper|Lower|Grade|Year|Level|Key|English|Further|Computer|"
    r"Religious|Business|Food|Design|Combined|Double|Triple|Music|Theory|Type|Part|Paper|Set|World|National|Special|Physical|"
    r"Accelerated|Sports?|Free|Children|Down|Tourette|Crohn|Modern|Classical|Performing|Applied|Health|Learning)\b)[A-Z][a-z]+ "
    r"(?!(?:Hospital|School|College|University|Park|Road|Street|Lane|Clinic|Surgery|Centre|House|Infirmary|General|Memorial|Royal|"
    r"Ward|Green|Hill|Literature|Language|Grade|Week|Day|Test|Exam|Award|Disease|Syndrome|Church|Station|Hall|Academy|Infants?|"
    r"Primary|Junior|Prize|Cup|League|Stop|Theatre|Maths|Studies|Science|Technology|Education|Trust)\b)[A-Z][a-z]+\b"
)
_TOLD_TO = re.compile(
    r"\b(?:told|asked|texted|messaged|informed|rang|phoned|showed)\s+(?:(?:my|our|the|his|her|their)\s+)?$",
    re.IGNORECASE,
)
_DONE_BY = re.compile(r"\bby\s+(?:an?\s+|the\s+)?$", re.IGNORECASE)
# Words with which a sentence begins that has a subject of its own.
_SUBJECT = re.compile(
    r"\s*(?:we|our|all|please|the|this|there|a|an|it|i|my|if|when|any|every|some|thank|thanks|you|your|in|on|at)\b",
    re.IGNORECASE,
)
_FRAGMENT = 14  # words
_OTHERS = ("others", "titled")
_ALL_OTHERS = ("others", "titled", "kin")
_LADDER = list(Severity)


Span = tuple[int, int]


@dataclass(frozen=True)
class Tie:
    """Whose a fact is. ``how`` says, without personal data, what tied it; ``confidence`` is that of the tie, 0 to 1."""

    pupils: tuple[str, ...]
    how: str
    confidence: float
    review: bool
    initials: bool

    def severity(self, full: Severity) -> Severity:
        """``full`` for a name, one lower where there are only initials."""
        return _LADDER[min(_LADDER.index(full) + self.initials, len(_LADDER) - 1)]


class Ties:
    """The mentions of one part of an item, and what stands around them."""

    def __init__(self, reading: Reading, part: str, text: str) -> None:
        self.text = straight(text)
        self.outline = Outline(self.text, wrapped=part == "document")
        self.mentions = [m for m in reading.mentions if m.part == part]
        self._item = reading.mentions
        self._words = load_patterns("others")

    # Rows and headings

    def row_head(self, at: int) -> Mention | None:
        """The mention that heads the row in which the code point stands: "Noor Lang - asthma", "Noor Lang 9 8 8"."""
        start, end = self.outline.line_at(at)
        heads = [m for m in self._on(start, at) if m.end <= at and at - m.end <= _FAR]
        for mention in reversed(heads):
            if _SEVERAL_HEAD.match(self.text, mention.end, end):
                return mention
        if heads and self._rows.get(start) is heads[0]:
            return heads[-1] if len(heads) > 1 and _ROW_HEAD.match(self.text, heads[-1].end, end) else heads[0]
        return None

    def is_row(self, line: Span) -> bool:
        """Whether the line is a row of a list: it begins with a pupil's name and a mark that sets the name off.

        Where the line above or below begins with a name too, no such mark is needed: "Lang Noor B B C".
        """
        return line[0] in self._rows

    def heading(self, at: int) -> Span:
        """The line that stands over the rows in which the code point stands, empty where there is none."""
        return self._headings.get(self.outline.line_at(at)[0], (0, 0))

    def last_sentence(self, line: Span) -> Span:
        """The sentence with which a line ends: what a heading says of the rows below it, empty for an empty line."""
        return self.outline.sentence_at(line[1] - 1) if line[1] else (0, 0)

    @cached_property
    def _rows(self) -> dict[int, Mention]:
        """The mention that begins each row, by the start of its line."""
        lines = self.outline.lines
        firsts = [self._first_on(*line) for line in lines]
        rows = {}
        for n, ((start, end), first) in enumerate(zip(lines, firsts, strict=True)):
            near = firsts[max(0, n - 1) : n] + firsts[n + 1 : n + 2]
            if first and (_ROW_HEAD.match(self.text, first.end, end) or (end - start <= _SHORT and any(near))):
                rows[start] = first
        return rows

    @cached_property
    def _headings(self) -> dict[int, Span]:
        """The heading over each line, by the start of that line."""
        found, heading = {}, (0, 0)
        for start, end in self.outline.lines:
            found[start] = heading
            if start not in self._rows and not _RULE.fullmatch(self.text, start, end):
                heading = start, end
        return found

    def _first_on(self, start: int, end: int) -> Mention | None:
        """The mention with which a line begins, bullets and numbers apart."""
        bullet = BULLET.match(self.text, start, end)
        begin = bullet.end() if bullet else start
        return next((m for m in self._on(start, end) if m.start <= begin + 1), None)

    def _on(self, start: int, end: int) -> list[Mention]:
        """The mentions that begin between two places."""
        return self.mentions[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    @cached_property
    def _starts(self) -> list[int]:
        return [m.start for m in self.mentions]

    # What stands near

    def distance(self, start: int, end: int) -> int:
        """Code points between a stretch and the name nearest to it; the length of the text where it names nobody."""
        return min((max(start - m.end, m.start - end, 0) for m in self.mentions), default=len(self.text))

    def pronoun(self, start: int, end: int) -> bool:
        """Whether a pronoun, or "my son" and the like, stands between two places."""
        return self._words["personal"].search(self.text, start, end) is not None

    def mentions_between(self, start: int, end: int) -> bool:
        """Whether a pupil is named between two places."""
        return bool(self._on(start, end))

    # Ties

    def of(
        self, start: int, end: int, *, heading: bool = False, fragment: bool = True, kin: bool = False
    ) -> Tie | None:
        """Whose the fact from ``start`` to ``end`` is, None where it seems to be nobody's or somebody else's.

        ``heading`` allows a fact over a list of names ("Asthma:" above rows) to be all theirs; ``fragment`` allows a sentence
        without any subject to be said of the pupil named before; ``kin`` takes what is said of a family for the pupil's own.
        """
        whom = _OTHERS if kin else _ALL_OTHERS
        if head := self.row_head(start):
            # Each cell of a row speaks for itself: "mum 07700 900…, coeliac".
            cell = max(self.text.rfind(mark, head.end, start) for mark in ",;|\t.")
            if self._somebody_else(max(head.end, cell), start, whom):
                return None
            chain = self._joined(self._on(head.start, start)[::-1])[::-1]
            return self._tie(chain if head in chain else [head], "in a pupil's row of a list", 0.9)
        sentence = self.outline.sentence_at(start)
        if inside := self._on(*sentence):
            return self._in_sentence(start, end, sentence, inside, whom)
        return (self._over_rows(start) if heading else None) or self._by_pronoun(start, sentence, fragment, whom)

    def _in_sentence(
        self, start: int, end: int, sentence: Span, inside: Sequence[Mention], whom: Sequence[str]
    ) -> Tie | None:
        before = [m for m in inside if m.end <= start]
        after = [m for m in inside if m.start >= end]
        if covered := [m for m in inside if m.start < end and start < m.end]:
            return self._tie(covered[:1], "beside a pupil's name", 0.85)
        if before:
            if self._somebody_else(before[-1].end, start, whom):
                return None
            return self._tie(self._joined(before[::-1])[::-1], "in the same sentence as a pupil's name", 0.9)
        if self._somebody_else(sentence[0], start, whom) or self._somebody_else(end, after[0].start, whom):
            return None
        gap = self.text[end : after[0].start]
        if ":" in gap and re.fullmatch(r"\W*(?:\([^()]*\)\W*)?", gap):
            return self._tie(self._joined(after), "over a list of pupils", 0.85)
        if not _CLAUSE_END.search(gap) or re.fullmatch(r"[^;]{0,24}[-–—:]\s*", gap):
            return self._tie(after[:1], "in the same sentence as a pupil's name", 0.8)
        return None

    def _over_rows(self, start: int) -> Tie | None:
        """A fact in a heading is that of every name below it, where the rows say nothing else."""
        line = self.outline.line_at(start)
        if line[1] - line[0] > _LONGEST_HEADING or self._on(*line):
            return None
        rows = [row for row in self.outline.lines if self.is_row(row) and self._headings[row[0]] == line]
        named = [m for row in rows if self._bare(row) for m in self._on(*row)]
        return self._tie(named, "over a list of pupils", 0.75) if named else None

    def _bare(self, row: Span) -> bool:
        """Whether a row says hardly anything beside the pupil's name and class."""
        left = self.text[self._on(*row)[-1].end : row[1]]
        return len(re.sub(r"\W+|\b\d{1,2}\w{0,2}\b", "", left)) < 3

    def _by_pronoun(self, start: int, sentence: Span, fragment: bool, whom: Sequence[str]) -> Tie | None:
        """A pronoun, "my son" or no subject at all, and a pupil named before; or the only pupil of the item."""
        said = self.text[slice(*sentence)]
        personal = self.pronoun(*sentence)
        alone = fragment and len(said.split()) <= _FRAGMENT and not _SUBJECT.match(said)
        if not (personal or alone) or self._somebody_else(sentence[0], start, whom):
            return None
        earlier = [m for m in self.mentions if m.end <= sentence[0]]
        if earlier and not self._somebody_else(earlier[-1].end, sentence[0], ("titled",)):
            near = self.text.count("\n", earlier[-1].end, start) <= 1
            if personal or near:
                confidence = 0.75 if personal else 0.65
                return self._tie(self._joined(earlier[::-1])[::-1], "said of the pupil named before", confidence)
        if personal and len({m.pupils[:1] for m in self._item}) == 1:
            return self._tie(self._item[:1], "said of the only pupil in the item", 0.7)
        return None

    def _joined(self, mentions: Sequence[Mention]) -> list[Mention]:
        """The first mention and those joined to it: "Noor, Teo and Hope"."""
        row = list(mentions[:1])
        for mention in mentions[1:]:
            low, high = sorted((mention, row[-1]), key=lambda m: m.start)
            if not _JOINED.fullmatch(self.text, low.end, high.start):
                break
            row.append(mention)
        return row

    def _somebody_else(self, start: int, end: int, whom: Sequence[str]) -> bool:
        """Whether somebody else is spoken of between two places, other than as the one who tells or is told."""
        for section in whom:
            for match in self._words[section].finditer(self.text, start, end):
                before = self.text[max(0, match.start() - 16) : match.start()]
                # "from her dad's weekend with …" is not of the dad.
                owner = match[0].lower().endswith(("'s", "s'")) and len(self.text[match.end() : end].split()) >= 2
                if not (owner or _DONE_BY.search(before) or _TOLD_TO.search(before) or self._speaks(match.end())):
                    return True
        if "others" not in whom:
            return False
        names = _OTHER_NAME.finditer(self.text, start, end)
        return any(not any(m.start < n.end() and n.start() < m.end for m in self.mentions) for n in names)

    def _speaks(self, at: int) -> bool:
        """Whether whoever is named before the place is the one who tells: "mum says"."""
        following = re.compile(r"\s*(?:has |just |also )?").match(self.text, at)
        return self._words["speaking"].match(self.text, following.end() if following else at) is not None

    def _tie(self, mentions: Sequence[Mention], how: str, confidence: float) -> Tie:
        weakest = min(mentions, key=lambda m: m.confidence)
        initials = all(m.form == "initials" for m in mentions)
        return Tie(
            pupils=tuple(dict.fromkeys(p for m in mentions for p in m.pupils)),
            how=how,
            confidence=round(min(confidence, 0.3 + 0.7 * weakest.confidence), 2),
            review=weakest.review or initials or confidence < 0.7,
            initials=initials,
        )
