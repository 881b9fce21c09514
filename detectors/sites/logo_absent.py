"""A site that the school hosts, and whose pictures show no mark of the school."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    form, seen = reading.form, reading.seen
    if form.status in ("closed", "proposed") or form.hosted_by == "third_party":
        return
    if not form.hosted_by:
        yield SiteEvidence("The field hosted_by is blank: whether the mark must be shown is not known.", unknown=True)
    elif reading.marks is None:
        yield SiteEvidence("The school's folder holds no mark to look for.", unknown=True)
    elif seen is None or not seen.pictures:
        yield SiteEvidence("No picture of the site is in this run's exports.", unknown=True)
    elif not reading.marks:
        one = "The one picture read shows no mark of the school."
        many = f"None of the {seen.pictures:,} pictures read shows a mark of the school."
        yield SiteEvidence(one if seen.pictures == 1 else many)


DETECTOR = SiteCheck(
    id="logo-absent",
    kind="LOGO_ABSENT",
    clause="A.4.7",
    severity=Severity.MEDIUM,
    summary="A site that the school hosts shows the school's mark in no picture.",
    rationale="The mark tells visitors that a site is the school's own; sites that the school hosts must show it.",
    remedy="Show the mark now in use, linked to the school's website.",
    flags=("a class blog on the school's server without the crest in any picture",),
    passes=("a page on a social network", "a blog whose banner shows the crest"),
    find=_find,
    reads_export=True,
    limits="Only pictures that the export holds are compared; a header drawn by the site's theme is often not among them.",
)
