"""Statements of fact about a pupil, found by word lists: what health and private facts have in common.

A word list has sections of statements, a section ``general`` of words that make a sentence one about campaigns, lessons or
careers, and a section ``story`` of words that make it one about a play, a costume, a figure of speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from detectors.base import Reading
from detectors.pupils.ties import Tie, Ties
from detectors.text.guard import Guarded

Patterns = Mapping[str, Guarded]

# What stands before a condition where somebody is said to have it, to take it or to be in it.
_HAS = re.compile(
    r"(?:\b(?:has|have|had|having|got|was|is|are|were|been|be|being|suffers? (?:from|with)|diagnosed (?:with|as)|born with|"
    r"living with|developed|caught|contracted|his|her|their|due to|because of|after|despite|following|from|off with|takes|needs|"
    r"wears|uses|carries|under|severe|mild|chronic|needed|using|gets|getting|recovering from|with)|['’]s|[:=(–—-])\s*"
    r"(?:(?!on\b|about\b|of\b|for\b|in\b)[\w-]+\s+){0,2}$",
    re.IGNORECASE,
)
_MANY_WITH = re.compile(
    r"\b(?!weeks\b|days\b|months\b|years\b|terms\b)\w+s (?:with|who have|suffering from)\s+(?:[\w-]+\s+)?$",
    re.IGNORECASE,
)
# The writer's own state: "while we were at the hospital".
_OURS = re.compile(r"\bwe(?:'re|'ve|\s+(?:was|were|am|are|have|had|got))?\s+(?:at\s+|in\s+)?$", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:no|not|never|without|isn't|wasn't|nor)\s+(?:an?\s+|any\s+|known\s+)*$", re.IGNORECASE)
# "Noor's solo was sick": the subject is a thing of the pupil's.
_THING = re.compile(r"'s\s+(?:[\w-]+\s+){1,3}$")
# "a deer with a broken leg": somebody or something that is no pupil has it.
_SOMEBODY_WITH = re.compile(r"\ban?\s+[\w-]+\s+(?:with|who has|who had)\s+(?:an?\s+|the\s+)?$", re.IGNORECASE)
_SOMETHING_WITH = re.compile(
    r"\b(?:an?|some|two|three)\s+(?!(?:girl|boy|child|pupil|student|lad|lass|teenager|youngster|\w+er|\w+ist|day|week|year)\b)"
    r"[\w-]+\s+(?:with|who|that|which)\s+(?:(?:has|had|have|is|was|suffers?|suffered|from|with|an?|the|his|her)\s+){0,3}$",
    re.IGNORECASE,
)
# "The tent collapsed on Noor": the subject of the verb stands before it, and is no pupil.
_SUBJECT = re.compile(r"\W*(?:the|an?|our|this|that|his|her|my)\s+(?:[\w-]+\s+){1,3}$", re.IGNORECASE)
_VERB = re.compile(
    r"(?:collaps|faint|pass|threw|limp|broke|hit|cut|burn|tore|snapp|fell|lost|is|was|were|had|has|smash|crack)",
    re.IGNORECASE,
)
# Words that tie a statement to its subject and are no part of it.
_LEAD = re.compile(
    r"(?:(?:is|are|was|were|been|be|being|isn't|wasn't|has|have|had|having|got|gets|getting|he's|she's|they're|'s|after|despite|"
    r"with|due to|because of|thanks to|following|since|for|before|still|at home|home|off|poor|so|very|really|quite|too|her|his|"
    r"their|my son's|took|takes|wears|wearing|needs?|needed|looks|looked|feeling|feels|felt|suffer(?:ing|s|ed)? (?:from|with)|"
    r"recover(?:ing|ed|s)? from|got over|getting over|caught|an?|the)\s+)+(?=\w{3})",
    re.IGNORECASE,
)
# A word of an e-mail address, link or handle says nothing of anybody.
_ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*")
# A field of a form: "Reason: selective mutism".
_VALUE = re.compile(r"\s*[:=]\s*(?P<value>[^.;|\n]{2,60})")
_FIELD = re.compile(r"\s*[A-Z]\w+(?:\s\w+){0,2}\s*:")
_AROUND = 40
_NEAR = 25  # code points between a bare term and a name that is to be its owner


@dataclass(frozen=True)
class Fact:
    """A statement in a part, the section of the list that knows it, and whose it is."""

    start: int
    end: int
    section: str
    tie: Tie


def parts(reading: Reading) -> Iterator[tuple[str, Ties]]:
    """The item's texts in which a fact can be told of a pupil: none where nobody is named, never a file name."""
    if reading.mentions:
        for part in reading.item.parts:
            if part.text and not part.name.startswith("filename"):
                yield part.name, Ties(reading, part.name, part.text)


def facts(
    ties: Ties, words: Patterns, told: Iterable[str], named: Iterable[str] = (), *, kin: bool = False
) -> Iterator[Fact]:
    """The statements of a part that are somebody's, in order, none over another.

    ``told`` are sections whose phrases say a thing of a person by themselves; ``named`` are sections of bare terms, which also
    need "has", "her" or the like before them where the sentence is of a general kind. ``kin``: see :meth:`Ties.of`.
    """
    text = ties.text
    told, named = tuple(told), tuple(named)
    spots = [(*m.span(), s) for s in told for m in words[s].finditer(text)]
    spots += [
        (*m.span(), s)
        for s in named
        for m in words[s].finditer(text)
        if not any(m.start() < e and b < m.end() for b, e, _ in spots)
    ]
    until = 0
    for start, end, section in sorted(spots, key=lambda spot: (spot[0], -spot[1])):
        sentence = ties.outline.sentence_at(start)
        said, from_here = text[slice(*sentence)], max(sentence[0], start - _AROUND)
        if (
            start < until
            or words["story"].search(said)
            or _DENIED.search(text, from_here, start)
            or _OURS.search(text, from_here, start)
            or _in_address(text, start, end)
        ):
            continue
        itself = section in told
        lead = _LEAD.match(text, start, end) if itself else None
        if (
            lead
            and _THING.search(text, from_here, start)
            and re.match(r"(?:is|was|are|were|look|had|has)", lead[0], re.IGNORECASE)
        ):
            continue
        if _SOMETHING_WITH.search(text, sentence[0], start) or words["others"].match(text, end + 1):
            continue
        if itself and _VERB.match(text, start) and _SUBJECT.fullmatch(text, sentence[0], start):
            continue
        if _SOMEBODY_WITH.search(text, sentence[0], start) and words["general"].search(said):
            continue  # "a story about a girl with cancer"
        personal = (itself or _HAS.search(text, from_here, start) is not None) and not _MANY_WITH.search(
            text, from_here, start
        )
        if not personal and ties.row_head(start) is None:
            near = ties.distance(start, end) <= _NEAR or (until and start - until <= _NEAR)
            if words["general"].search(said) or not (near or ties.pronoun(from_here, start)):
                continue
        if tie := ties.of(start, end, heading=not itself, fragment=itself or _FIELD.match(said) is not None, kin=kin):
            yield Fact(lead.end() if lead else start, end, section, tie)
            until = end


def fields(ties: Ties, labels: Guarded, nothing: Guarded) -> Iterator[Fact]:
    """The values of fields of a form that say a thing of a pupil: "Allergies: penicillin"."""
    for match in labels.finditer(ties.text):
        value = _VALUE.match(ties.text, match.end())
        if value is None or nothing.match(value["value"]) or ties.mentions_between(*value.span()):
            continue
        start, end = value.start("value"), value.start("value") + len(value["value"].rstrip(" ,)"))
        if tie := ties.of(start, end):
            yield Fact(start, end, "field", tie)


def _in_address(text: str, start: int, end: int) -> bool:
    return any(m.start() <= start and end <= m.end() for m in _ADDRESS.finditer(text, max(0, start - 80), end + 80))
