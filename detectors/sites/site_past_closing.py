"""A site that is still there after its closing or review date."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    due = site.closure_or_review
    if due is None or due >= reading.today:
        return
    days = (reading.today - due).days
    if site.status != "closed":
        shown = reading.seen.visibility.get("public", 0) if reading.seen else 0
        told = f" and {shown} items of it are public" if shown else ""
        why = f"The date in closure_or_review passed {days} days ago, the site is not closed{told}."
        yield SiteEvidence(why, Severity.HIGH if shown else None)
    elif reading.seen and reading.seen.last and reading.seen.last > due:
        yield SiteEvidence("The register says closed, but the school published after closure_or_review.", Severity.HIGH)


DETECTOR = SiteCheck(
    id="site-past-closing",
    clause="A.1.6",
    severity=Severity.MEDIUM,
    summary="A site that is still there after the date on which it was to close or be reviewed.",
    rationale="A closing date that passes unnoticed is a site without an owner.",
    remedy="Close the site, or have a new date approved.",
    flags=("closure_or_review last summer, status live",),
    passes=("a date that is today", "a closed site whose items are all older than its closing"),
    find=_find,
    limits="The register's status is believed; of a site that was exported, its public items are counted.",
)
