"""A private postcode that stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence, sentence
from detectors.text.places import AREAS, POSTCODE, has_home, has_venue

_CUE = re.compile(r"\bpost ?codes?\b|\baddress\b|\blives?\b|\bhome\b|\bfrom\b|\bnear\b", re.IGNORECASE)
_ORDINAL = re.compile(r"(?:1ST|2ND|3RD|\dTH)$", re.IGNORECASE)
# What a code may be instead, and visitors' business that a venue's postcode is given for.
_OTHER = re.compile(
    r"\b(?:flight|code|room|class|form|form group|set|paper|GCSE|KS\d|formula|model|part|order|"
    r"ref(?:erence)?|version|motorway|seat|lot|key|serial|locker)\b[ :.#\w-]{0,14}$",
    re.IGNORECASE,
)
_VISIT = re.compile(
    r"\b(?:sat ?nav|park(?:ing)?|fixture|away|kick[- ]?off|match|gala|tournament|trip|visit|exhibition|"
    r"concert|tickets?|open(?:ing)? (?:day|hours|evening)|"
    r"fun run|course|walk starts|race|camp(?:ing|site)?|fair|f[eê]te|venue|directions|find us|located|site)\b",
    re.IGNORECASE,
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a postcode that no venue, visit or allow-list explains; ordinals and codes of other kinds pass."""
    for text in reading.texts("postcode"):
        for match in POSTCODE.finditer(text.text):
            start, end = match.span()
            area = re.match(r"[A-Za-z]+", match[0])
            known = area is not None and area[0].upper() in AREAS
            left, right = sentence(text.text, start, end)
            before, after = text.text[max(left, start - 110) : start], text.text[end : min(right, end + 60)]
            cue = bool(_CUE.search(before) or _CUE.search(after))
            home = has_home(before) or has_home(after)
            shouted = match[0].isupper()
            if (
                context.contacts.has_postcode(match[0])
                or (_ORDINAL.search(match[0]) and not cue)
                or (not (known and shouted) and not cue and not home)
                or (_OTHER.search(before) and not re.search(r"post ?code", before[-16:], re.IGNORECASE))
                or (
                    (has_venue(before) or has_venue(after) or _VISIT.search(before) or _VISIT.search(after))
                    and not home
                )
            ):
                continue
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=0.9 if home or cue else 0.75,
                signals="a postcode that is not among the school's public ones"
                + ("; words about a home beside it" if home else ""),
            )


DETECTOR = Detector(
    id="postcode-published",
    kind="POSTCODE",
    clause="3.2.a",
    severity=Severity.MEDIUM,
    summary="A private postcode is published.",
    rationale="A postcode stands for some fifteen homes; with a name it leads to one.",
    remedy="Remove the postcode or shorten it to its district.",
    flags=("We can offer lifts from HR19 6DP on Tuesdays.",),
    passes=("Sat nav for the school: ZZ99 7QA", "S1 1ST half was tense."),
    find=find,
    limits="The shape of a UK postcode; areas that do not exist, and small letters, need a word about homes "
    "or postcodes. Venues are told by "
    "the words in the same sentence. A postcode without its first half slips through.",
)
