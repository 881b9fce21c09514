"""A page or group that official content points to and that the register does not know."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.seen is None:
        yield SiteEvidence("No export of the site was read, so that where it points is not known.", unknown=True)
        return
    for link in reading.seen.links:
        if link not in reading.known:
            host = link.partition("/")[0]
            yield SiteEvidence(
                f"A page or group at {host} that bears the school's name is not on the register.", subject=link
            )


DETECTOR = SiteCheck(
    id="site-unregistered",
    clause="6.5",
    severity=Severity.HIGH,
    summary="The school's own posts or profile point to a page or group of its name that is not on the register.",
    rationale="Staff and pupils may meet only on approved sites; the unregistered ones are where nobody looks.",
    remedy="Register the site through the approval form, or remove the link and have the site closed.",
    flags=("a post that links facebook.com/groups/northmoor-year-7", "an invitation link of a chat group"),
    passes=("a link to a page on the register", "the parents' association's own page", "another school's page"),
    find=_find,
    reads_export=True,
    stray=True,
    limits="Only items by the school and the profile are read; a page counts when its address bears the school's name, an "
    "invitation to a chat group always.",
)
