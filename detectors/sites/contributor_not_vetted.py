"""Outsiders who contribute where nobody is named to vet them."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site, seen = reading.form, reading.seen
    if seen is None:
        yield SiteEvidence("Who contributes is not known: no export of the site was read.", unknown=True)
        return
    writing = sum(seen.writers.get(w, 0) for w in ("outsider", "alumnus", "pta"))
    if writing and not reading.is_current(site.vetter):
        yield SiteEvidence(f"{writing} items read are by outsiders, and nobody in post is named to vet them.")
    elif not writing and seen.writers.get("unknown"):
        yield SiteEvidence("The export does not say who wrote some items.", unknown=True)


DETECTOR = SiteCheck(
    id="contributor-not-vetted",
    clause="A.2.6",
    severity=Severity.HIGH,
    summary="Outsiders contribute to a site, and nobody is named to vet them.",
    rationale="An adult whom nobody has checked has no place beside pupils.",
    remedy="Vet the person and record it, or remove their contributions; name who vets.",
    flags=("comments by former pupils on a site without a vetter",),
    passes=("comments by outsiders on a site whose vetter is in post",),
    find=_find,
    reads_export=True,
    stray=True,
    limits="Whether a single person was vetted is not known to the tool: no list of them is kept.",
)
