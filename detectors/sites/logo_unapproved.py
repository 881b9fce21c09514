"""The school's mark on a site that has no approval for it."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.marks is None:
        yield SiteEvidence("The school's folder holds no mark to look for.", unknown=True)
    elif reading.seen is None or not reading.seen.pictures:
        yield SiteEvidence("No picture of the site is in this run's exports.", unknown=True)
    elif not reading.marks or reading.form.logo_approved == "yes":
        return
    elif reading.site is None:
        yield SiteEvidence("A mark of the school is shown, and the site is not on the register.")
    elif reading.form.logo_approved == "no":
        yield SiteEvidence("A mark of the school is shown, and the form says that it was not approved.")
    else:
        yield SiteEvidence(
            "The field logo_approved is blank: whether the mark shown was approved is not known.", unknown=True
        )


DETECTOR = SiteCheck(
    id="logo-unapproved",
    kind="LOGO_UNAPPROVED",
    clause="A.3.5",
    severity=Severity.MEDIUM,
    summary="A site shows the school's mark without approval for it.",
    rationale="Whoever sees the mark takes the site for the school's word, so that the communications manager approves its use.",
    remedy="Have the use of the mark approved, or remove it.",
    flags=(
        "the crest on a page whose form says that the mark is not approved",
        "the crest on a page that nobody registered",
    ),
    passes=("the crest on a page whose form has it approved", "another school's crest"),
    find=_find,
    reads_export=True,
    stray=True,
    limits="A mark on a jumper in a photograph counts as well; a person sees which.",
)
