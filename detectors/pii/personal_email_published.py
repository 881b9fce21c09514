"""A private person's e-mail address."""

from __future__ import annotations

import re
from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email

from detectors.base import Context, Detector, Evidence, Reading, Severity

# A local part, an @ or its spoken forms, a domain with at least one dot or its spoken form (RFC 5321 shapes, no quoted strings).
_AT = r"(?:@|\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?|\sat\s)"
_DOT = r"(?:\.|\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\sdot\s)"
_ADDRESS = re.compile(
    rf"(?<![\w.+-])(?P<local>[A-Za-z0-9][\w+-]*(?:{_DOT}[\w+-]+){{0,4}})(?P<at>{_AT})(?P<domain>[A-Za-z0-9-]+(?:{_DOT}[A-Za-z0-9-]+){{0,3}}{_DOT}[A-Za-z]{{2,24}})(?![\w@-])",
    re.IGNORECASE,
)
_SPOKEN_DOT = re.compile(_DOT, re.IGNORECASE)


def _plain(match: re.Match[str]) -> str | None:
    """The address as one would type it, None where it is none."""
    local, domain = (_SPOKEN_DOT.sub(".", match[group]) for group in ("local", "domain"))
    if match["at"].lower().strip() == "at" and not re.search(r"\sdot\s", match["domain"], re.IGNORECASE):
        return None  # "meet at example.com": a sentence, not an address
    try:
        return validate_email(
            f"{local}@{domain}", check_deliverability=False, test_environment=True, globally_deliverable=False
        ).normalized
    except EmailNotValidError:
        return None


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence an address outside the school's domains and its public mailboxes; other schools' and public bodies' pass."""
    for part in reading.item.parts:
        if part.name.startswith("filename"):
            continue
        for match in _ADDRESS.finditer(part.text):
            address = _plain(match)
            if address is None:
                continue
            domain = address.rpartition("@")[2].lower()
            if context.contacts.has_email(address) or context.contacts.is_school_domain(domain):
                continue
            disguised = match["at"] != "@"
            yield Evidence(
                part=part.name,
                start=match.start(),
                end=match.end(),
                confidence=0.9 if disguised else 0.95,
                why=f"{'disguised ' if disguised else ''}e-mail address outside the school's domains",
            )


DETECTOR = Detector(
    id="personal-email-published",
    kind="EMAIL_PERSONAL",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A private e-mail address is published.",
    rationale="Private contact details do not belong on official sites (3.2, A.4.9); an address invites contact that nobody "
    "supervises.",
    remedy="Remove the address and give the school office's mailbox instead.",
    flags=("Mail dad: j.lang77@example.com", "teo.b [at] example (dot) org"),
    passes=("Write to office@northmoor.example.", "Meet at example.com's stand at 3 dot"),
    find=find,
)
