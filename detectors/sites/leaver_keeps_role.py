"""Somebody who has left and still has a part in a site."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if site.status == "closed":
        return
    named = {
        "author_id": {site.author},
        "vetter_id": {site.vetter},
        "admins": site.administrators,
        "moderators": site.moderators,
    }
    for field, people in named.items():
        for person in sorted(people):
            adult = reading.staff.get(person)
            if adult is not None and adult.end is not None and adult.end < reading.today:
                days = (reading.today - adult.end).days
                why = f"The field {field} names somebody who left {days} {'day' if days == 1 else 'days'} ago."
                yield SiteEvidence(why, subject=f"{field} {person}")


DETECTOR = SiteCheck(
    id="leaver-keeps-role",
    clause="6.7",
    severity=Severity.HIGH,
    summary="Somebody whose employment has ended still has a part in a site.",
    rationale="A former colleague with a password can post in the school's name, and reach its pupils.",
    remedy="Take the access away today and name a successor.",
    flags=("a moderator whose end date was last month",),
    passes=("a moderator whose last day is today", "a leaver among the approvals of a site approved before"),
    find=_find,
    limits="The register is read, and the end dates of staff.csv. Whether the host still lets them in is for a person to see.",
)
