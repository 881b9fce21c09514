"""An address in the school's own domain that is none of its public mailboxes."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence
from detectors.text.emails import addresses


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence an address in the school's domains that the school does not list as public."""
    for text in reading.texts("at"):
        for found in addresses(text):
            if context.contacts.is_school_domain(found.domain) and not context.contacts.has_email(found.address):
                yield evidence(
                    reading,
                    text,
                    found.start,
                    found.end,
                    confidence=0.95,
                    signals="address in the school's domain that is not among its public mailboxes",
                    pupil_severity=None,
                )


DETECTOR = Detector(
    id="school-email-published",
    kind="EMAIL_SCHOOL",
    clause="3.2.a",
    severity=Severity.INFO,
    summary="A school mailbox is published that is not among the public ones.",
    rationale="A named person's or pupil's mailbox attracts junk and contact that nobody supervises; a team's "
    "may well be meant to "
    "be public.",
    remedy="If it is meant to be public, add it to [public] emails in school.toml; otherwise give the "
    "office's mailbox instead.",
    flags=("Ask i.haddon@northmoor.example",),
    passes=("Write to office@northmoor.example.", "Mail dad: j.lang77@example.com"),
    find=find,
    limits="Every address in the school's domains and below them that [public] emails does not list; syntax only.",
)
