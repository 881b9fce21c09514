"""A live site whose form has gaps."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

MANDATORY = (
    "author",
    "department",
    "line_manager",
    "aims",
    "content",
    "hosted_by",
    "audience",
    "contributors",
    "administrators",
    "moderators",
    "security_measures",
    "go_live",
    "closure_or_review",
)


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if site.status == "proposed":
        return
    empty = [name for name in MANDATORY if not getattr(site, name)]
    if empty:
        yield SiteEvidence(
            f"{len(empty)} of {len(MANDATORY)} mandatory fields are blank: {', '.join(empty)}.", subject="gaps"
        )


DETECTOR = SiteCheck(
    id="form-incomplete",
    clause="A.3.6",
    severity=Severity.HIGH,
    summary="A live site whose form has blank fields.",
    rationale="The form comes before the site; a live site with half a form was never decided upon.",
    remedy="Complete the form and have it approved again.",
    flags=("a live site without content, moderators and closing date",),
    passes=("a proposed site with gaps",),
    find=_find,
    limits="One finding a site; each field has its own under Appendix B.",
)
