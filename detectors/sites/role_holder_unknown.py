"""Somebody in the register whom the staff list does not know."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    named = {
        "author_id": {site.author},
        "line_manager_id": {site.line_manager},
        "vetter_id": {site.vetter},
        "admins": site.administrators,
        "moderators": site.moderators,
        "approvals": {a.person for a in site.approvals},
    }
    for field, people in named.items():
        for person in sorted(p for p in people if p and p not in reading.staff):
            yield SiteEvidence(
                f"The field {field} names somebody who is not on the staff list.", subject=f"{field} {person}"
            )


DETECTOR = SiteCheck(
    id="role-holder-unknown",
    clause="2.1",
    severity=Severity.MEDIUM,
    summary="Somebody has a part in a site whom the staff list does not know.",
    rationale="The policy binds staff, contractors, trainees and volunteers; who is on no list of them is bound by nothing.",
    remedy="Add the person to staff.csv, or replace them in the register.",
    flags=("an administrator ST99 where staff.csv ends at ST20",),
    passes=("an administrator of the staff list who has left: that is leaver-keeps-role",),
    find=_find,
    limits="People are compared by staff_id alone, never by name.",
)
