"""An approval dated after the site went live."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    first = reading.seen.first if reading.seen else None
    for approval in site.approvals:
        if approval.day is None:
            continue
        if approval.day > reading.today:
            yield SiteEvidence(
                f"The approval of the role {approval.role} is dated in the future.", subject=approval.role
            )
        elif site.go_live and approval.day > site.go_live:
            yield SiteEvidence(
                f"The approval of the role {approval.role} is dated after go_live.", subject=approval.role
            )
        elif first and approval.day > first and site.go_live is None:
            yield SiteEvidence(
                f"The approval of the role {approval.role} is later than the first item.", subject=approval.role
            )


DETECTOR = SiteCheck(
    id="approval-late",
    clause="A.3.2",
    severity=Severity.MEDIUM,
    summary="An approval that came after the site had gone live.",
    rationale="An approval given afterwards has prevented nothing.",
    remedy="Record when the approval came and why it came late.",
    flags=("live on 1 September, approved on 13 September",),
    passes=("approved on the day of going live", "an approval without a date: the form's own check says so"),
    find=_find,
    limits="Where go_live is blank, the first item read stands for it; items carried over from an older site come too early.",
)
