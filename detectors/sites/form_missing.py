"""A site that is not on the register."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.site is None:
        yield SiteEvidence("The site was read and is not on the register: no approval form is kept for it.")


DETECTOR = SiteCheck(
    id="form-missing",
    clause="A.3.6",
    severity=Severity.HIGH,
    summary="A site that was read and is not on the register.",
    rationale="Of a site without a form nobody has said who keeps it, for whom, and until when.",
    remedy="Fill in the approval form with: social-audit register form, and file it.",
    flags=("an export of a page that no row of sites.toml names",),
    passes=("a page that a row names by its address or handle",),
    find=_find,
    stray=True,
    limits="A site is known by its id, handle or address. Only what was handed over is looked at.",
)
