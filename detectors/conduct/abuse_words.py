"""Words of abuse, plain or disguised, with their category and severity; the list is ``data/lexicons/abuse_words.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from detectors.base import Reading, Severity
from detectors.conduct.frames import quoted
from detectors.lexicons import load_lexicon
from detectors.text.phrases import Phrases
from detectors.text.statements import Outline

_LETTERS = str.maketrans(
    {
        "@": "a",
        "4": "a",
        "3": "e",
        "1": "i",
        "!": "i",
        "|": "i",
        "0": "o",
        "5": "s",
        "$": "s",
        "7": "t",
        "+": "t",
        "8": "b",
    }
)
# A word with a sign or digit inside, as in "sh1t" and "f**k"; single letters set apart, as in "w a n k e r".
_MIXED = re.compile(r"(?<!\w)[A-Za-z@$!*0-9#]*[A-Za-z][A-Za-z@$!|*+#0-9]*(?![\w@])")
_SPACED = re.compile(r"(?<!\w)(?:[A-Za-z@$!*013457][ .\-_*]){3,11}[A-Za-z@$!*013457](?!\w)")
_BARE = re.compile(r"[bcfstw]\*{3,}")  # all but the first letter hidden
_HIDDEN = re.compile(r"[*#]+")
_REPEATED = re.compile(r"([a-z])\1{2,}")
_SUSPECT = re.compile(r"[*#@$!|+]|\d")
# Speech about such words rather than with them, and a word reclaimed for oneself.
_ABOUT_WORDS = re.compile(
    r"\b(?:words? like|the word|call(?:ing|ed) (?:me|my|him|her|them|us|people|someone|anyone|each other)|don't (?:say|use|call)|"
    r"never (?:say|use|call|okay|ok)|not (?:ok|okay|acceptable)|unacceptable|challenge|shouted|slurs?|racist language|banter|"
    r"hate speech|say no to|stand up to|is (?:wrong|hurtful)|being called|as an?|proud(?:ly)? (?:to be|of being)?|i'm an?|"
    r"i am an?|we're|history of the word|author uses|narrator|in the (?:book|novel|play|film)|chapter|scene)\b",
    re.IGNORECASE,
)
_REACH = 24  # code points around a word in which an exception may stand


@dataclass(frozen=True)
class Word:
    """An entry of the list; ``open``: any ending may follow; ``unless``: phrases in which it means something else."""

    letters: str
    category: str
    severity: Severity
    open: bool
    unless: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A word of abuse in a text; offsets are code points, end exclusive."""

    start: int
    end: int
    word: Word
    disguised: bool = False


@cache
def _words() -> dict[str, Word]:
    words = {}
    for line in load_lexicon("abuse_words"):
        entry, category, severity, unless = (cell.strip() for cell in line.split("|"))
        letters = entry.rstrip("*")
        excepted = tuple(p.strip() for p in unless.split(",") if p.strip())
        words[letters] = Word(letters, category, Severity(severity), entry.endswith("*"), excepted)
    return words


@cache
def _phrases() -> Phrases:
    return Phrases(w.letters + ("*" if w.open else "") for w in _words().values())


def abuse_words(text: str) -> Iterator[Hit]:
    """Every word of the list in a text, those in plain letters first."""
    for start, end, letters in _phrases().spans(text):
        if not _excepted(text, start, end, _words()[letters]):
            yield Hit(start, _word_end(text, end), _words()[letters])
    if _SUSPECT.search(text):
        for match in _MIXED.finditer(text):
            if _SUSPECT.search(match[0]) and (word := _unmasked(match[0].strip("!#+"))):
                yield Hit(match.start(), match.end(), word, True)
    for match in _SPACED.finditer(text):
        if word := _spaced(re.sub(r"[ .\-_]", "", match[0])):
            yield Hit(match.start(), match.end(), word, True)
    if re.search(r"([A-Za-z])\1\1", text):
        for match in re.finditer(r"(?<!\w)[A-Za-z]{4,24}(?!\w)", text):
            plain = _REPEATED.sub(r"\1", match[0].lower())
            if plain != match[0].lower() and (word := _listed(plain)):
                yield Hit(match.start(), match.end(), word, True)


def _word_end(text: str, end: int) -> int:
    while end < len(text) and text[end].isalpha():
        end += 1
    return end


def _excepted(text: str, start: int, end: int, word: Word) -> bool:
    around = text[max(0, start - _REACH) : end + _REACH].lower()
    return any(phrase in around for phrase in word.unless)


def _listed(letters: str) -> Word | None:
    words = _words()
    if letters in words:
        return words[letters]
    return next((w for w in words.values() if w.open and len(w.letters) > 3 and letters.startswith(w.letters)), None)


def _spaced(token: str) -> Word | None:
    """The word that letters set apart spell; an article or a pronoun may stand before it, another letter behind."""
    cuts = (token[start:end] for start in range(2) for end in (len(token), len(token) - 1))
    return next((word for cut in cuts if len(cut) > 3 and (word := _unmasked(cut))), None)


def _unmasked(token: str) -> Word | None:
    """The word that a token stands for when its signs are read as letters, and asterisks as any letters."""
    letters = token.lower().translate(_LETTERS)
    if len(token) < 3 or (sum(c.isalpha() for c in token) < 2 and not _BARE.fullmatch(letters)):
        return None
    if not _HIDDEN.search(letters):
        return _listed(letters) if letters.isalpha() else None
    if not letters[0].isalpha():
        return None
    pieces = re.findall(r"[*#]+|[a-z]+", letters)
    pattern = re.compile("".join(f"[a-z]{{1,{max(len(p), 2)}}}" if p[0] in "*#" else p for p in pieces))
    return next((w for w in _words().values() if _may_hide(w) and _fits(pattern, w, letters[-1])), None)


def _may_hide(word: Word) -> bool:
    return len(word.letters) >= 4 and word.severity is not Severity.LOW and " " not in word.letters


def _fits(pattern: re.Pattern[str], word: Word, last: str) -> bool:
    return bool(pattern.fullmatch(word.letters) or (word.open and pattern.fullmatch(word.letters + last)))


def words_used(reading: Reading) -> Iterator[tuple[tuple[str, int, int], Hit]]:
    """The words of abuse that an item uses, with part, start and end; none that are quoted or spoken about."""
    for text in reading.texts():
        outline: Outline | None = None
        for hit in abuse_words(text.text):
            outline = outline or Outline(text.text)
            sentence = text.text[slice(*outline.sentence_at(hit.start))]
            if not quoted(text.text, hit.start, hit.end) and not _ABOUT_WORDS.search(sentence):
                yield (text.name, *text.span(hit.start, hit.end)), hit
