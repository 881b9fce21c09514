"""A QR code in a picture leads somewhere that is not the school's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.links import Destinations, links

# Where answers are given, or files and chats are shared: whoever scans the code gives or gets more than a page.
_FORMS = Destinations(
    (r"^docs\.google\.com$", r"/forms/"),
    (r"^forms\.(?:gle|office\.com|cloud\.microsoft|microsoft\.com)$", r"/"),
    (
        r"(?:^|\.)(?:surveymonkey\.(?:com|co\.uk)|typeform\.com|jotform\.com|smartsurvey\.co\.uk|wufoo\.com|microsoftforms\.com)$",
        r"/",
    ),
)
_SHARED = Destinations(
    (r"^(?:drive|photos|classroom|docs|meet)\.google\.com$|^photos\.app\.goo\.gl$", r"/"),
    (
        r"^(?:1drv\.ms|onedrive\.live\.com)$|(?:^|\.)(?:dropbox\.com|sharepoint\.com|box\.com|icloud\.com)$|^we\.tl$",
        r"/",
    ),
    (
        r"^(?:wa\.me|chat\.whatsapp\.com|t\.me|discord\.gg|m\.me|signal\.group)$|(?:^|\.)(?:zoom\.us|snapchat\.com)$",
        r"/",
    ),
)
_SHORT = Destinations(
    (
        r"^(?:bit\.ly|tinyurl\.com|t\.co|ow\.ly|buff\.ly|rb\.gy|is\.gd|cutt\.ly|rebrand\.ly|shorturl\.at|qrco\.de|qr\.io|me-qr\.com|"
        r"qrfy\.(?:com|io)|l\.ead\.me|linktr\.ee|tiny\.cc|goo\.gl|lnkd\.in|aka\.ms)$",
        r"/",
    ),
)
_TRUSTED = re.compile(
    r"(?:^|\.)(?:gov\.uk|nhs\.uk|police\.uk|parliament\.uk|bbc\.co\.uk|nspcc\.org\.uk|childline\.org\.uk)$"
)
_BARE = re.compile(r"(?:https?://)?(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,12}/?", re.IGNORECASE)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a code that holds a web address, by where it leads; the school's own and public bodies' pass."""
    for picture in reading.pictures:
        for code in picture.codes:
            told = _told(code.text, context)
            if told is None:
                continue
            words, severity = told
            yield Evidence(
                part=f"media:{picture.media}",
                why=f"a {code.form} leads to {words}",
                confidence=0.95 if severity is Severity.MEDIUM else 0.8,
                box=code.box,
                severity=severity,
                review=severity is Severity.LOW,
            )


def _told(text: str, context: Context) -> tuple[str, Severity] | None:
    """Where a code leads, in words without the address, and how grave that is; None where it leads nowhere or is trusted."""
    text = text.strip()
    if _BARE.fullmatch(text):
        text = text.rstrip("/") + "/"
    link = next(links(text), None)
    if link is None or _TRUSTED.search(link.host) or context.contacts.is_school_domain(link.host):
        return None
    for destinations, words in (
        (_FORMS, "a form"),
        (_SHARED, "shared files, a meeting or a chat"),
        (_SHORT, "a shortened link"),
    ):
        if destinations.hold(link):
            return words, Severity.MEDIUM
    return "a site that is not the school's", Severity.LOW


DETECTOR = Detector(
    id="qr-link-published",
    kind="QR_LINK",
    clause="A.4.2",
    severity=Severity.MEDIUM,
    summary="A QR code in a picture leads somewhere that is not the school's own.",
    rationale="Nobody sees where a code leads before scanning it: forms that take pupils' data, shared folders and chats pass "
    "unnoticed on posters, and a shortened link can be pointed elsewhere at any time.",
    remedy="Try the code, and replace it with one that leads to a page of the school's website.",
    flags=("A poster whose code leads to a form", "A code with a shortened link"),
    passes=("A code that leads to the school's website", "A code that holds a seat number"),
    find=find,
    limits="QR codes, Data Matrix, Aztec, PDF417 and the common linear codes. The address is judged by its words and never opened. "
    "Codes whose modules are under three pixels, or that are bent or torn, slip through. Links to shared files and meetings are "
    "also findings of their own in the text of the picture.",
)
