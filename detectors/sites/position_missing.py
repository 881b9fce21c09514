"""Staff who write for the school and do not say who they are."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.seen is None:
        yield SiteEvidence("No export of the site was read.", unknown=True)
    elif not reading.seen.writers.get("staff"):
        yield SiteEvidence("The export does not say which items are by members of staff.", unknown=True)
    elif reading.seen.unsigned:
        of = reading.seen.writers["staff"]
        yield SiteEvidence(f"{reading.seen.unsigned} of {of} items by staff give no name with a position.")


DETECTOR = SiteCheck(
    id="position-missing",
    clause="A.4.8",
    severity=Severity.LOW,
    summary="Items by staff that give no name with a position.",
    rationale="Who writes for the school says so; a bare first name could be anybody, a pupil's friend included.",
    remedy="Add name and position to the account, or sign the post.",
    flags=("posts by an account named Miss L",),
    passes=("Tom Ashdown, Head of Year 9", "a post signed with name and position"),
    find=_find,
    reads_export=True,
    stray=True,
    limits="A position is what the staff list gives as role, or a common title of one; counted a site, never a person.",
)
