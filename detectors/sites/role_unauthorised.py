"""Somebody with a role at the host whom the register does not name."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    fact = reading.facts.get("role_holders")
    if fact is None:
        yield SiteEvidence("Who has a role at the host is not in this run's exports.", unknown=True)
        return
    site = reading.form
    allowed = {site.author, *site.administrators, *site.moderators} - {""}
    mailboxes = {reading.staff[p].email.lower() for p in allowed if p in reading.staff and reading.staff[p].email}
    shown = {address.strip().lower() for address in fact.value.split(",") if address.strip()}
    strange = sum(address not in mailboxes for address in shown)
    if strange:
        why = f"{strange} of {len(shown)} accounts with a role at the host belong to nobody whom the register names."
        yield SiteEvidence(why, subject="extra")
    in_post = {a.email.lower() for a in reading.staff.values() if a.email and (a.end is None or a.end >= reading.today)}
    if outside := len(shown - in_post):
        yield SiteEvidence(f"{outside} of {len(shown)} accounts belong to nobody in post.", subject="not staff")


DETECTOR = SiteCheck(
    id="role-unauthorised",
    clause="A.3.1",
    severity=Severity.HIGH,
    summary="Somebody has a role at the host whom the register does not name.",
    rationale="An account that nobody approved can publish in the school's name.",
    remedy="Take the role away, or add the person through the approval form.",
    flags=("a blog account of an agency that the register does not name",),
    passes=("accounts of the administrators and moderators of the register",),
    find=_find,
    reads_export=True,
    limits="WordPress exports name the accounts that wrote; exports of other platforms name no roles. Compared by school e-mail.",
)
