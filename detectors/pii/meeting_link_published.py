"""A link that lets whoever has it into a meeting or a private group."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence
from detectors.text.links import Destinations, links

# Hosts with the paths that lead into a meeting; from the services' own help pages.
_MEETINGS = Destinations(
    (r"(?:^|\.)zoom(?:gov)?\.(?:us|com)$", r"/(?:j|w|s|my|wc(?:/join)?|meeting)/\S"),
    (
        r"^teams\.(?:microsoft|live)\.(?:com|us)$",
        r"/(?:l/meetup-join|meet|dl/launcher|_#/l/meetup-join|l/(?:team|channel|chat))/",
    ),
    (r"^(?:meet|hangouts)\.google\.com$", r"/(?:[a-z]{3,4}-?[a-z]{4}-?[a-z]{3,4}\b|lookup/|call/|hangouts/)"),
    (r"^g\.co$", r"/meet/"),
    (r"(?:^|\.)webex\.com$", r"/(?:meet|join|m|wbxmjs|webappng)/|/[\w-]+/j\.php|MTID="),
    (
        r"(?:^|\.)(?:gotomeet(?:ing)?\.(?:com|me)|gotomeet\.me|meet\.goto\.com|global\.gotomeeting\.com)$",
        r"/(?:join/)?[\w-]{4,}",
    ),
    (
        r"(?:^|\.)(?:whereby\.com|meet\.jit\.si|8x8\.vc|bluejeans\.com|join\.skype\.com|meet\.lync\.com|"
        r"livestorm\.co|meetings\.ringcentral\.com|chime\.aws|starleaf\.com)$",
        r"/(?!(?:blog|download|pricing|help|user|information|product|solutions|legal|login|about|"
        r"features)\b)[\w.~%-]{3,}",
    ),
    (r"^facetime\.apple\.com$", r"/join"),
    (r"^(?:discord\.gg|chat\.whatsapp\.com|signal\.group)$", r"/[\w#-]{3,}"),
    (r"^discord(?:app)?\.com$", r"/invite/"),
    (r"^(?:t|telegram)\.me$", r"/(?:joinchat/|\+)"),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a link into a meeting or group; downloads, help pages and sign-up pages pass."""
    for text in reading.texts("link"):
        for link in links(text.text):
            if _MEETINGS.hold(link):
                with_secret = re.search(r"[?&](?:pwd|p|passcode|password)=", link.path) is not None
                yield evidence(
                    reading,
                    text,
                    link.start,
                    link.end,
                    confidence=0.95,
                    signals="a link into a meeting or group" + (" that holds its passcode" if with_secret else ""),
                    pupil_severity=None,
                )


DETECTOR = Detector(
    id="meeting-link-published",
    kind="MEETING_LINK",
    clause="A.4.2",
    severity=Severity.HIGH,
    summary="A link into an online meeting or private group is published.",
    rationale="Whoever reads it can walk in on children, families or staff.",
    remedy="Cancel the meeting's link and send a new one to those invited; then delete the post.",
    flags=("Parents' evening: https://zoom.us/j/9990001234?pwd=EXAMPLE",),
    passes=("Get Zoom at https://zoom.us/download before the lesson.",),
    find=find,
    limits="Links of the common services by host and path. Shortened links, meeting numbers without a link "
    "and services not in the list slip "
    "through.",
)
