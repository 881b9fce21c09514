"""Pupils younger than the host lets have an account."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading
from detectors.sites.hosts import host_of


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    pupils = [
        ("contributors", site.contributor_age_min, Severity.HIGH),
        ("audience", site.audience_age_min, Severity.MEDIUM),
    ]
    involved = [(box, age, severity) for box, age, severity in pupils if "pupils" in getattr(site, box)]
    if not involved or site.hosted_by == "school":
        return
    host = host_of(reading)
    if host is None:
        yield SiteEvidence("The host is not in the table of hosts, so that its minimum age is not known.", unknown=True)
        return
    if host.minimum_age is None or host.by_agreement:
        return
    for box, age, severity in involved:
        if age is None:
            yield SiteEvidence(f"The youngest age under {box} is blank.", unknown=True)
        elif age < host.minimum_age:
            note = " (to be verified)" if host.verify else ""
            why = f"Pupils from {age} under {box}; {host.name} asks for {host.minimum_age}, as noted on {host.noted}{note}."
            yield SiteEvidence(why, severity, subject=box)


DETECTOR = SiteCheck(
    id="under-minimum-age",
    clause="A.2.5",
    severity=Severity.HIGH,
    summary="Pupils are addressed, or contribute, who are too young for the host.",
    rationale="A host's minimum age is a condition of its use; below it the school leads pupils into breaking it.",
    remedy="Raise the ages, move to a host for that age, or close the site to that year.",
    flags=("pupils from 11 as contributors on a host from 13",),
    passes=("pupils from 13 on a host from 13", "pupils from 7 on a site that the school hosts"),
    find=_find,
    limits="Ages are those of the form. The table of hosts (data/hosts.toml) is dated; rows to be verified say so.",
)
