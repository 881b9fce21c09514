"""An address of a computer on the internet."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import cue, evidence

_V4 = re.compile(r"(?<![\w.])(?<!\d[,:])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
# RFC 4291, section 2.2; the library decides.
_V6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:]|\.\d)", re.IGNORECASE)
_DOTTED, _COLONS = re.compile(r"\d\.\d{1,3}\.\d"), re.compile(r"[0-9a-fA-F]:[0-9a-fA-F:]{3}")
_CUE = re.compile(
    r"\b(?:IP(?:v[46])?|server|router|address|host|network|subnet|ping|ssh|http|https|rdp|vpn|camera|"
    r"cctv|printer|laptop|tablet|ipad|phone|device|login|log(?:s|ged)?|firewall|"
    r"dns|gateway|connect(?:ed|s|ion)?|traced?|banned?|blocked|whitelist|minecraft|port|remote|nas)\b",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"\bv\.?\s?$|(?:\bversions?|\breleases?|\bsections?|\bchapters?|\bfirmware|\bbuild|\bclauses?|"
    r"\bparagraphs?|\bparas?|\bupdate(?: to)?|\bios|\bandroid|\bwindows|§|\bscores?|\bunit|\bparts?|"
    r"\bfigure|\btable)"
    r"[^\n]{0,14}$",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"\b(?:laptop|tablet|ipad|phone|server|camera|cctv|printer|device|PC|computer|nas|router)\b", re.IGNORECASE
)
_NOBODY = tuple(
    ipaddress.ip_network(n)
    for n in ("127.0.0.0/8", "0.0.0.0/8", "224.0.0.0/3", "169.254.0.0/16", "::/127", "ff00::/8", "fe80::/10")
)
_RESOLVERS = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"))
_DOCUMENTATION = tuple(
    ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def _addresses(text: str) -> Iterator[tuple[int, int, float, str]]:
    for pattern, needed in ((_V4, _DOTTED), (_V6, _COLONS)):
        if not needed.search(text):
            continue
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            start, end = match.span()
            if str(address) in _RESOLVERS or any(address in n for n in _NOBODY if n.version == address.version):
                continue
            if pattern is _V4 and _VERSION.search(text, max(0, start - 30), start):
                continue
            spoken_of = cue(_CUE, text, start, end, 60, 40)
            stands_for_real = any(address in n for n in _DOCUMENTATION if n.version == address.version)
            if pattern is _V6 and not spoken_of and match[0].count(":") < 4 and not stands_for_real:
                continue
            if address.is_private and not stands_for_real and not cue(_DEVICE, text, start, end, 60, 40):
                continue
            wide = pattern is _V6 or stands_for_real or sum(int(octet) > 31 for octet in match[0].split(".")) >= 2
            if spoken_of or wide:
                yield (
                    start,
                    end,
                    0.93 if spoken_of else 0.85,
                    "an internet address" + ("; words about networks beside it" if spoken_of else ""),
                )


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence an address; versions, sections, loopback, netmasks and public resolvers pass."""
    for text in reading.texts("digit"):
        for start, end, confidence, signals in _addresses(text.text):
            yield evidence(
                reading, text, start, end, confidence=confidence, signals=signals, pupil_severity=Severity.HIGH
            )


DETECTOR = Detector(
    id="ip-address-published",
    kind="IP_ADDRESS",
    clause="3.2.a",
    severity=Severity.MEDIUM,
    summary="A computer's internet address is published.",
    rationale="It tells where somebody went online, or where the school's systems can be attacked.",
    remedy="Remove the address; tell the network manager if it is one of the school's systems.",
    flags=("The camera streams at 192.0.2.14, no login.",),
    passes=("Update to version 4.12.3.1 of the app.",),
    find=find,
    limits="Addresses of both protocols by their syntax. Private ranges count only beside a device; four "
    "small numbers need a word about networks, "
    "since they may be a section's number.",
)
