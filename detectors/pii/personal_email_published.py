"""A private person's e-mail address."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.lexicons import load_lexicon
from detectors.text.around import evidence
from detectors.text.emails import Address, addresses

# Mailboxes of a desk, not of a person, where the domain is an organisation's own.
_DESKS = load_lexicon("desk_mailboxes")
# Where anybody can have a mailbox, and the names that stand for such providers in examples (RFC 2606).
_OPEN_TO_ALL = re.compile(
    r"(?:gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|icloud|me|mac|aol|proton|protonmail|pm|"
    r"gmx|btinternet|sky|virginmedia|ntlworld|talktalk|mail|zoho|fastmail|example)\.(?:com|org|net|"
    r"co\.uk|me|uk|de|fr)$"
)


def _desk(found: Address) -> bool:
    return re.sub(r"[._]", "", found.local) in _DESKS and not _OPEN_TO_ALL.match(found.domain)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence an address outside the school's domains and its public mailboxes."""
    for text in reading.texts("at"):
        for found in addresses(text):
            if context.contacts.has_email(found.address) or context.contacts.is_school_domain(found.domain):
                continue
            if _desk(found):
                continue
            disguised = text.disguised(found.start, found.end)
            yield evidence(
                reading,
                text,
                found.start,
                found.end,
                confidence=0.9 if disguised else 0.95,
                signals=f"{'disguised ' if disguised else ''}e-mail address outside the school's domains",
            )


DETECTOR = Detector(
    id="personal-email-published",
    kind="EMAIL_PERSONAL",
    clause="3.2.a",
    severity=Severity.HIGH,
    summary="A private e-mail address is published.",
    rationale="Private contact details do not belong on official sites (3.2, A.4.9); an address invites contact "
    "that nobody "
    "supervises.",
    remedy="Remove the address and give the school office's mailbox instead.",
    flags=("Mail dad: j.lang77@example.com", "teo.b [at] example (dot) org"),
    passes=("Write to office@northmoor.example.", "Meet at example.com's stand at 3 dot"),
    find=find,
    limits="Mailboxes of a desk, such as info or bookings, at an organisation's domain pass. The syntax is "
    "checked, never whether the mailbox exists. Disguises with brackets, spaces and the words at and "
    "dot are "
    "undone; an address whose parts stand in different sentences, or whose provider is only hinted at, slips through.",
)
