"""A device's hardware address."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence

# IEEE 802: six pairs with colons or hyphens, three groups of four with dots, or twelve characters where named.
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|"
    r"[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|(?P<bare>[0-9a-f]{12}))(?![\w]|[:.-]\w)",
    re.IGNORECASE,
)
_PAIRS = re.compile(r"[0-9a-fA-F]{2}[:-][0-9a-fA-F]{2}[:-]|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}|[0-9a-fA-F]{12}")
_CUE = re.compile(r"\b(?:mac|hardware|physical|wi-?fi|bluetooth|ethernet)\b", re.IGNORECASE)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence an address; one of decimal digits only, or without separators, needs a word beside it; broadcast passes."""
    for text in reading.texts("digit"):
        if not _PAIRS.search(text.text):
            continue
        for match in _MAC.finditer(text.text):
            named = cue(_CUE, text.text, match.start(), match.end(), 40, 20)
            letters = {c for c in match[0].lower() if c.isalpha()}
            if set(match[0].lower()) & set("0123456789") and (named or (letters and not match["bare"])):
                yield evidence(
                    reading,
                    text,
                    match.start(),
                    match.end(),
                    confidence=0.95 if named else 0.85,
                    signals="written like a hardware address",
                    pupil_severity=Severity.MEDIUM,
                )


DETECTOR = Detector(
    id="mac-address-published",
    kind="MAC_ADDRESS",
    clause="3.2.a",
    severity=Severity.LOW,
    summary="A device's hardware address is published.",
    rationale="It marks one device for good and lets others pose as it on the network.",
    remedy="Remove the address.",
    flags=("Noor's tablet is 3C:22:FB:10:9A:7E",),
    passes=("The time was 12:34:56 when the bell rang.",),
    find=find,
    limits="Six pairs of hexadecimal digits by their writing; twelve without separators, or digits only, need "
    "a word such as MAC.",
)
