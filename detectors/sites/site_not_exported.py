"""A registered site of which nothing was handed over."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.form.status in ("closed", "proposed"):
        return
    if reading.seen is None:
        yield SiteEvidence("Not scanned: no export of this site was handed over in this run.")
    elif reading.seen.items == 0:
        yield SiteEvidence("The export of this site holds no item.", Severity.MEDIUM)


DETECTOR = SiteCheck(
    id="site-not-exported",
    clause="2.3",
    severity=Severity.HIGH,
    summary="A site on the register of which nothing was read.",
    rationale="Of a site that was not read nothing can be said; silence about it looks like a clean result.",
    remedy="Export the site and run again, or note why it cannot be exported.",
    flags=("a live page, and no export of it among those handed over",),
    passes=("a site that is closed, or only proposed",),
    find=_find,
    limits="An export that was handed over in an earlier run does not count.",
)
