"""A site without an opening date, or with items or before its approvals."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if site.go_live is None:
        yield SiteEvidence("The field go_live is blank.", subject="blank")
        return
    if site.status == "live" and site.go_live > reading.today:
        yield SiteEvidence("The site is live, but go_live lies ahead.", subject="ahead")
    if any(a.day and a.day > site.go_live for a in site.approvals):
        yield SiteEvidence("go_live lies before one of the approvals.", subject="approvals")
    first = reading.seen.first if reading.seen else None
    if first and first < site.go_live:
        days = (site.go_live - first).days
        yield SiteEvidence(f"The first item read is {days} days older than go_live.", Severity.MEDIUM, subject="items")


DETECTOR = SiteCheck(
    id="form-go-live-missing",
    clause="B.go_live",
    severity=Severity.HIGH,
    summary="No opening date, or one that disagrees with approvals or items.",
    rationale="Everything that has to come first is measured against this date.",
    remedy="Enter the true date, with a word on why the site opened early.",
    flags=("live since September, first post in June",),
    passes=("a first item on the day of opening",),
    find=_find,
    limits="Items carried over from an older site are older than the site.",
)
