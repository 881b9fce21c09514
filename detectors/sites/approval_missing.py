"""A site without three approvals by three people."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

ROLES = ("line_manager", "communications", "head")


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if site.status == "proposed":
        return
    given = [a for a in site.approvals if a.role in ROLES]
    if missing := [r for r in ROLES if r not in {a.role for a in given}]:
        yield SiteEvidence(f"Approvals that are missing: {', '.join(missing)}.", subject="missing")
    people = [a.person for a in given if a.person]
    if site.author and site.author in people:
        yield SiteEvidence("One of the approvals was given by the site's author.", subject="self")
    if len(set(people)) < len({a.role for a in given if a.person}):
        yield SiteEvidence("One person gave more than one of the approvals.", Severity.MEDIUM, subject="same")


DETECTOR = SiteCheck(
    id="approval-missing",
    clause="A.3.2",
    severity=Severity.HIGH,
    summary="A site without the approvals of line manager, communications manager and head teacher, by three people.",
    rationale="Three people look before a site speaks for the school; where one is missing, or is the author, nobody looked.",
    remedy="Obtain the missing approval, and note when and why it came late.",
    flags=("no approval of the communications manager", "the author approves as communications manager"),
    passes=("a proposed site, not yet approved",),
    find=_find,
    limits="A signature is a row of the register with a person and a date; the paper is not looked at.",
)
