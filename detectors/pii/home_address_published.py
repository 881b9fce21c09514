"""A private home's address."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence, owner, sentence
from detectors.text.places import POSTCODE, addresses, has_home, has_venue, venue_ends

# Addresses everybody knows, of fiction and state.
_FAMOUS = re.compile(
    r"(?:10|11) Downing|221 ?B|4 Privet|32 Windsor Gardens|1600 Pennsylvania|742 Evergreen|"
    r"17 Cherry Tree|84 Charing Cross|12 Grimmauld",
    re.IGNORECASE,
)
# Words before a number that make it a count, and words behind a street that make it a stop.
_COUNTED = re.compile(
    r"\b(?:bus(?:es)?|route|chapters?|pages?|lesson|year|room|platform|stage|level|junction|verse|band|"
    r"heat|question|class|act|scene|top|under|aged?)\s{0,2}$",
    re.IGNORECASE,
)
# What stands right before an address, and where it may end, where no postcode says that it is one.
_STATED = re.compile(
    r"(?:^|\n|[:(|;\t=]|\b(?:at|to|from|outside|of|is|in|near|on|bought|sold|for|opposite|address|and|"
    r"leave|reach))[ \t]{0,2}$",
    re.IGNORECASE,
)
_STOPS = re.compile(
    r"\s*(?:$|[.,;:!?()|/\n-]|(?:and|or|for|on|at|from|if|is|was|are|with|by|has|have|please|then|where|"
    r"who|when|after|before|until|near|next|in|to|but|tonight|today|tomorrow|"
    r"this|the|no|not|as|so|now|since|again|x+|around|about|most|every|each|all|during|between|just|"
    r"right|any|we|i|he|she|they|it)\b)",
    re.IGNORECASE,
)
_LONG_AGO = re.compile(r"\b1[0-8]\d\d\b|\b19[0-3]\d\b")
_STOP = re.compile(r"[ ]?(?:bus )?stops?\b|[ ]?campus\b", re.IGNORECASE)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence an address that is neither the school's nor a venue's, unless a home is spoken of."""
    for text in reading.texts():
        for start, end, needs_cue in addresses(text):
            written = text.text[start:end]
            left, right = sentence(text.text, start, end)
            before, after = max(left, start - 100), min(right, end + 60)
            postcode = POSTCODE.search(written)
            home = has_home(text.text, before, start) or has_home(text.text, end, after)
            venue = has_venue(text.text, max(before, start - 60), min(after, end + 30))
            if (
                context.contacts.has_address(written)
                or (postcode and context.contacts.has_postcode(postcode[0]))
                or (venue and not home)
                or venue_ends(text.text, max(before, start - 40), start)
                or (needs_cue and not home and not postcode)
                or _FAMOUS.match(written)
                or (_COUNTED.search(text.text, before, start) and not postcode)
                or _STOP.match(text.text, end)
                or not (
                    postcode
                    or home
                    or needs_cue
                    or _STATED.search(text.text, max(0, start - 24), start)
                    or owner(reading, text, start, end).who != "unknown"
                )
                or (not postcode and not _STOPS.match(text.text, end))
                or (_LONG_AGO.search(text.text, before, start) and not postcode)
            ):
                continue
            yield evidence(
                reading,
                text,
                start,
                end,
                confidence=0.75 + 0.1 * bool(postcode) + 0.1 * home - 0.2 * venue,
                signals="written like an address"
                + (" with its postcode" if postcode else "")
                + ("; words about a home beside it" if home else ""),
                review=venue,
            )


DETECTOR = Detector(
    id="home-address-published",
    kind="ADDRESS",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A private home's address is published.",
    rationale="It tells strangers where a child or colleague can be met alone.",
    remedy="Remove the address; tell the family and, where it is a pupil's, the data protection and safeguarding leads.",
    flags=("Cards can go to 14 Larkspur Close, Eastcombe, HR19 4QT.", "Noor lives at 27 Weaver's Row."),
    passes=("Northmoor School, 1 Quarry Road, Eastcombe, ZZ99 7QA", "Station Road is closed."),
    find=find,
    limits="A number or house name with a street, or any words up to a postcode; venues are told by the words "
    "around them, the school's own by "
    "[public] addresses and postcodes. Streets without a number, foreign addresses and unusual street "
    "names without a postcode slip "
    "through.",
)
