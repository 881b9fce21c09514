"""Too few people in post, or trained, to keep a site."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

_YEAR = 365  # days for which a training counts


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if site.status == "closed":
        return
    administrators, moderators = reading.current(site.administrators), reading.current(site.moderators)
    if len(administrators | moderators) < 2:
        yield SiteEvidence("Fewer than two people in post keep the site.", subject="count")
    elif len(administrators) == len(moderators) == 1:
        yield SiteEvidence("One administrator and one moderator in post: neither role has cover.", subject="single")
    untrained, unknown = 0, 0
    for person in administrators | moderators:
        trained = reading.staff[person].trained_on
        unknown += trained is None
        untrained += trained is not None and (reading.today - trained).days > _YEAR
    if untrained:
        why = f"{untrained} of the people who keep the site were last trained over a year ago."
        yield SiteEvidence(why, Severity.MEDIUM, subject="training")
    elif unknown:
        yield SiteEvidence("staff.csv has no trained_on for some who keep the site.", unknown=True)


DETECTOR = SiteCheck(
    id="cover-too-thin",
    clause="A.1.5",
    severity=Severity.HIGH,
    summary="Too few people in post, or trained, to keep a site.",
    rationale="When the one who knows the password is ill, nothing can be taken down.",
    remedy="Name and train at least one more person.",
    flags=("one person as administrator and moderator", "two people, trained three years ago"),
    passes=("two administrators in post, trained this year",),
    find=_find,
    limits="Training is read from trained_on in staff.csv; where it is blank, it is reported as not known.",
)
