"""A school-hosted site whose profile does not link to the school's website."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.form.status in ("closed", "proposed"):
        return
    fact = reading.facts.get("website")
    if fact is None:
        yield SiteEvidence("Where the profile links to is not in this run's exports.", unknown=True)
        return
    hosts = [_host(part) for part in fact.value.replace(",", " ").split()]
    if not any(reading.contacts.is_school_domain(h) for h in hosts if h):
        yield SiteEvidence("The profile links to no address of the school's own domains.")


def _host(address: str) -> str:
    return (
        urlsplit(address if "//" in address else f"//{address}").netloc.lower().removeprefix("www.").partition(":")[0]
    )


DETECTOR = SiteCheck(
    id="logo-unlinked",
    clause="A.4.7",
    severity=Severity.LOW,
    summary="A site that does not link back to the school's website.",
    rationale="The mark with its link tells visitors that the site is the school's own.",
    remedy="Enter the address of the school's website in the profile.",
    flags=("a profile that links to a ticket shop",),
    passes=("a profile that links to a page on one of the school's domains",),
    find=_find,
    reads_export=True,
    limits="The profile's link is read; whether the mark itself is a link cannot be told from an export.",
)
