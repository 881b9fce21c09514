"""An exact position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, PlainText, Reading, Severity
from detectors.text.around import cue, evidence
from detectors.text.spans import Disjoint

# Degrees with three decimals (a hundred metres) or more; signs, hemispheres and words as people write them.
_LINK = (
    r"(?:[ ]?[NnSs]\b)?(?:[ ]?,[ ]?|[ ]?[;/|][ ]?|[ ]{1,3}|[ ]?\n[ ]?|[ ]?(?:,|and|&|"
    r"by)?[ ]?(?i:lon(?:g(?:itude)?)?|lng)\.?[ ]?[:=]?[ ]?)"
)
# What must stand in a text for the costlier patterns to be tried.
_DECIMALS, _HEMISPHERE = re.compile(r"\d\.\d{3}"), re.compile(r"\d[ ]?['\"]{0,2}[ ]?[NSns]\b|\b[NS][ ]?\d")
_DECIMAL = re.compile(
    rf"(?<![\w£$€])(?<!\d[.,])[NnSs]?[ ]?[-+]?[0-8]?\d\.\d{{3,12}}[ ]?°?{_LINK}(?:[EeWw][ ]?)?[-+]?(?:1[0-7]\d|"
    rf"\d?\d|180)\.\d{{3,12}}(?:[ ]?°?[ ]?[EeWw]\b|°)?(?![\w]|\.\d)"
)
_STRONG_DECIMAL = re.compile(r"\.\d{4,}.*\.\d{4,}|[NnSs]\b.*[EeWw]", re.DOTALL)
# Degrees, minutes and seconds, or decimal minutes.
_ANGLE = (
    r"[01]?\d{1,2}(?:[ ]?(?:°|deg(?:rees)?\b|[*d])[ ]?|[ ])[0-5]?\d(?:\.\d{1,6})?(?:[ ]?'[ ]?|[ ]?min\b[ ]?|m|[ ])?"
    r"(?:[0-5]?\d(?:\.\d{1,6})?[ ]?(?:\"|''|sec\b|s)?)?"
)
_DMS = re.compile(
    rf"(?<![\w.])(?:{_ANGLE}[ ]?[NSns][ ]?[,;/]?[ ]{{0,2}}{_ANGLE}[ ]?[EWew](?!\w)|"
    rf"[NS][ ]?{_ANGLE}[ ]?[,;/]?[ ]{{0,2}}[EW][ ]?{_ANGLE}(?!\w))"
)
# what3words: three words after ///, or after the service's name.
_W3W = re.compile(r"(?<![\w/:])///[ ]?(?P<words>[^\W\d_]{2,20}[.・][^\W\d_]{2,20}[.・][^\W\d_]{2,20})(?![\w])")
_W3W_NAMED = re.compile(
    r"\b(?:what ?3 ?words|what three words|"
    r"w3w(?:\.co)?)\b[^\n/]{0,30}?(?:/{1,3}[ ]?)?(?<![\w.])(?P<words>[^\W\d_]{3,20}\.[^\W\d_]{3,20}\.[^\W\d_]{3,20})(?![\w]|"
    r"\.\w)",
    re.IGNORECASE,
)
# Open Location Code: the alphabet leaves out what can be misread.
_PLUS = re.compile(
    r"(?<![\w+])(?:[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,5}|"
    r"[23456789CFGHJMPQRVWX]{4,6}\+[23456789CFGHJMPQRVWX]{2,4})(?![\w+])"
)
# OS grid: two letters of the 500 km and 100 km squares and an even number of digits; eight give ten metres, six a hundred.
_GRID = re.compile(r"(?<![\w£])[HNOST][A-HJ-Z][ ]?(?:\d{5}[ ]?\d{5}|\d{4}[ ]?\d{4}|\d{3}[ ]?\d{3})(?![\w]|[.,]\d)")
_GRID_CUE = re.compile(r"\b(?:grid|OS|ordnance|map ref|position|location|den|meet|camp|co-?ord\w*|GR)\b", re.IGNORECASE)
_PRIVATE = re.compile(
    r"\b(?:lives?|home|house|our|den|meet(?:ing)?|camp|tents?|pick[- ]?up|drop|hide|door|flat|collect)\b", re.IGNORECASE
)
_PLACE_CUE = re.compile(
    r"\b(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng|gps|co-?ord\w*|geo|map|maps|pin|position|location|"
    r"located|meet|at|here|place|spot|lives?|home|house|find|near|navigate|sat ?nav|dropped)\b|[?&@=]|"
    r"geo:",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"\b(?:kg|seconds?|secs?|times?|metres?|prices?|£|ratio|pi|scores?|weights?|mean|average|results?|marks?|litres?)\b",
    re.IGNORECASE,
)


def _places(plain: PlainText) -> Iterator[tuple[int, int, float, str]]:
    text, triggers = plain.text, plain.triggers
    figures = "digit" in triggers
    for match in _DECIMAL.finditer(text) if figures and _DECIMALS.search(text) else ():
        start, end = match.span()
        numbers = [float(n) for n in re.findall(r"\d+\.\d+", match[0])]
        written = match[0]
        if len(numbers) != 2 or numbers[0] > 90 or numbers[1] > 180:
            continue
        hemispheres = re.search(r"[NS]|[EW]|[ns].*[ew]", written, re.DOTALL) is not None
        spoken_of = cue(_PLACE_CUE, text, start, end, 60, 30)
        measured = cue(_MEASURED, text, start, end, 40, 20)
        if hemispheres or ((spoken_of or _STRONG_DECIMAL.search(written)) and not measured):
            shift = len(written) - len(written.lstrip())
            yield (
                start + shift,
                end,
                0.93 if spoken_of or hemispheres else 0.85,
                "latitude and longitude to a hundred metres or better",
            )
    for match in _DMS.finditer(text) if figures and _HEMISPHERE.search(text) else ():
        written = match[0]
        if re.search(r"[NSns]", written) and re.search(r"[EWew]", written) and len(re.findall(r"\d+", written)) >= 4:
            yield (
                match.start(),
                match.end() - (len(written) - len(written.rstrip(" ,"))),
                0.93,
                "latitude and longitude in degrees and minutes",
            )
    for match in (m for stretch in plain.near("place", before=0, after=80) for m in _W3W.finditer(text, *stretch)):
        yield match.start(), match.end(), 0.95, "a what3words address"
    for match in (
        m for stretch in plain.near("place", before=0, after=120) for m in _W3W_NAMED.finditer(text, *stretch)
    ):
        yield *match.span("words"), 0.93, "a what3words address"
    for match in _PLUS.finditer(text) if figures and "+" in text else ():
        if any(c.isdigit() for c in match[0]) and any(c.isalpha() for c in match[0]):
            yield match.start(), match.end(), 0.9, "an Open Location Code"
    for match in _GRID.finditer(text) if "number" in triggers else ():
        digits = sum(c.isdigit() for c in match[0])
        near = cue(_GRID_CUE, text, match.start(), match.end(), 50, 20)
        if (digits >= 8 and (near or match[0][2] == " ")) or (
            digits == 6 and near and cue(_PRIVATE, text, match.start(), match.end(), 60, 40)
        ):
            yield match.start(), match.end(), 0.88 if near else 0.75, "an Ordnance Survey grid reference"


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a position to a hundred metres or better; grid squares, rounded figures and measurements pass."""
    for text in reading.texts():
        taken = Disjoint()
        for start, end, confidence, signals in _places(text):
            if taken.claim(start, end):
                yield evidence(reading, text, start, end, confidence=confidence, signals=signals)


DETECTOR = Detector(
    id="place-published",
    kind="GEO",
    clause="3.2.a",
    severity=Severity.MEDIUM,
    summary="An exact position is published.",
    rationale="It tells strangers to within a few steps where children live, meet or camp.",
    remedy="Remove the position; name the town where a place is needed.",
    flags=("Meet at 50.12345, -5.54321 by the old tree.", "///lamps.otter.violin is our back door"),
    passes=("Grid square SX 41 is on the cover of the map.", "Our town lies at about 51.5 N, 2.3 W."),
    find=find,
    limits="Latitude and longitude with three decimals or in degrees and minutes, what3words after /// or its "
    "name, plus codes, grid references of "
    "eight figures (six where a home or meeting is spoken of). Whose place it is, is not judged; a "
    "position given by landmarks slips through.",
)
