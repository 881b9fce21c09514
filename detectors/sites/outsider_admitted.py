"""Outsiders who write where only members read."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.form.settings_expected == "public":
        return
    if reading.seen is None:
        yield SiteEvidence("No export of the site was read.", unknown=True)
        return
    if reading.seen.closed_strangers:
        yield SiteEvidence(f"{reading.seen.closed_strangers} items that only members see are by outsiders.")
    yield SiteEvidence("Lists of members and followers are not read from exports.", unknown=True)


DETECTOR = SiteCheck(
    id="outsider-admitted",
    clause="A.5.7",
    severity=Severity.HIGH,
    summary="Outsiders who write on a site for members.",
    rationale="Who is let in as a friend sees what pupils write, and can write to them.",
    remedy="Remove the account, or record who checked it and when.",
    flags=("a comment by an outsider that only members can see",),
    passes=("an outsider's comment on a public page",),
    find=_find,
    reads_export=True,
    limits="Silent followers are not seen: lists of members hold pupils' and families' accounts, and are not read.",
)
