"""A host that is not named, or disagrees with the site's address."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading
from detectors.sites.hosts import domain_of, host_at


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if not site.hosted_by:
        yield SiteEvidence("The field hosted_by is blank.", subject="blank")
        return
    if site.hosted_by not in ("school", "third_party"):
        yield SiteEvidence("The field hosted_by is neither school nor third_party.", subject="word")
        return
    if not site.url:
        yield SiteEvidence("The field url is blank, so that the host cannot be compared with it.", unknown=True)
        return
    address = host_at(site.url, reading.hosts)
    if site.hosted_by == "school" and address is not None:
        yield SiteEvidence(
            f"The form says that the school hosts the site, but its address is at {address.name}.", subject="url"
        )
    elif (
        site.hosted_by == "third_party"
        and site.platform in reading.hosts
        and address is not reading.hosts[site.platform]
        and not reading.contacts.is_school_domain(domain_of(site.url))
    ):
        yield SiteEvidence("The site's address is not one of the host that the form names.", subject="url")


DETECTOR = SiteCheck(
    id="form-host-mismatched",
    clause="B.host",
    severity=Severity.MEDIUM,
    summary="A host that is not named, or that disagrees with the site's address.",
    rationale="Who hosts decides the minimum age, the moderation and who can take things down.",
    remedy="Correct the host in the form.",
    flags=("hosted_by school, and an address at facebook.com",),
    passes=("the school's own domain, whoever runs the machine behind it",),
    find=_find,
    limits="Only addresses are compared; short links are not followed.",
)
