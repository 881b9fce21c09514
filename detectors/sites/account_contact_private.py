"""An official account with a contact that is not the school's."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

_KEYS = ("email_domain", "email")


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.seen is None and not reading.facts:
        yield SiteEvidence("No export of the site was read.", unknown=True)
        return
    given = [(key, reading.facts[key].value) for key in _KEYS if key in reading.facts]
    if not given:
        yield SiteEvidence("The account's contact is not in this export.", unknown=True)
    for key, value in given:
        domain = value.rpartition("@")[2].strip().lower()
        if domain and not reading.contacts.is_school_domain(domain):
            kind = "a public mail service" if domain in _MAIL_SERVICES else "another domain than the school's"
            yield SiteEvidence(f"The account's mailbox is at {kind}.", subject=key)


_MAIL_SERVICES = frozenset(
    (
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.co.uk",
        "outlook.com",
        "live.com",
        "live.co.uk",
        "icloud.com",
    )
) | frozenset(("me.com", "yahoo.com", "yahoo.co.uk", "aol.com", "btinternet.com", "sky.com", "proton.me", "gmx.com"))

DETECTOR = SiteCheck(
    id="account-contact-private",
    clause="6.10",
    severity=Severity.MEDIUM,
    summary="An official account registered with a mailbox that is not the school's.",
    rationale="Whoever holds the mailbox can take the account over, and takes it along when leaving.",
    remedy="Change the account's contact to a shared address of the school.",
    flags=("an account whose e-mail is at a public mail service",),
    passes=("an account at the school's own domain",),
    find=_find,
    reads_export=True,
    limits="Of an account's e-mail only its domain is read. Exports of Facebook, YouTube and blogs do not show it.",
)
