"""No audience on the form, or others writing than the form declares."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

_BOXES = {
    "staff": {"staff"},
    "pupil": {"pupils", "other_schools"},
    "parent": {"family"},
    "pta": {"family", "external", "others"},
    "alumnus": {"public", "others", "external"},
    "outsider": {"public", "others", "external"},
}


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if not site.audience:
        yield SiteEvidence("No audience is ticked.", subject="audience")
    if reading.seen is None:
        yield SiteEvidence("Who writes on the site is not known: no export of it was read.", unknown=True)
        return
    undeclared = [w for w in _BOXES if reading.seen.writers.get(w) and not _BOXES[w] & site.contributors]
    if undeclared and not ({"staff"} == set(undeclared) and site.author):
        told = ", ".join(f"{w} ({reading.seen.writers[w]} items)" for w in undeclared)
        yield SiteEvidence(f"Writers whom the form does not declare as contributors: {told}.", subject="writers")


DETECTOR = SiteCheck(
    id="audience-undeclared",
    clause="A.1.3",
    severity=Severity.MEDIUM,
    summary="No audience on the form, or people write whom it does not declare.",
    rationale="Who reads and who writes decides what a site may show; a form that is wrong about it protects the wrong people.",
    remedy="Agree the audience again with the communications manager, and correct the form or the site's settings.",
    flags=("parents comment on a site to which only staff contribute",),
    passes=("comments by people of whom the export does not say who they are",),
    find=_find,
    reads_export=True,
    limits="Who writes is known only where the export says so.",
)
