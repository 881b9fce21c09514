"""A site of pupils that anybody can see."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if not (site.contributors & {"pupils", "other_schools"} or site.contributors_children == "yes"):
        return
    found = reading.facts.get("visibility")
    shown = reading.seen.visibility.get("public", 0) if reading.seen else 0
    if found is not None and found.value == "public":
        yield SiteEvidence(
            f"Pupils contribute, and the account is set public ({shown} public items read).", subject="public"
        )
    elif shown:
        yield SiteEvidence(f"Pupils contribute, and {shown} items read can be seen by anybody.", subject="public")
    elif found is None and not (reading.seen and reading.seen.visibility.keys() & {"members", "private", "password"}):
        yield SiteEvidence("Who can see the site is not in this run's exports.", unknown=True)
    if "search" in reading.facts and reading.facts["search"].value == "yes":
        yield SiteEvidence("Pupils contribute, and search engines may list the site.", Severity.HIGH, subject="search")


DETECTOR = SiteCheck(
    id="privacy-weak",
    clause="A.5.2",
    severity=Severity.CRITICAL,
    summary="A site to which pupils contribute, and that anybody can see.",
    rationale="A site of pupils gets the strongest privacy its host has: what is public is copied, searched and kept.",
    remedy="Set the site private and close tagging before the next post; where the host has no private mode, move it.",
    flags=("a class blog whose posts are public",),
    passes=("a public page to which only staff contribute", "a class blog for members only"),
    find=_find,
    reads_export=True,
    limits="Settings for tagging are in no export that is read.",
)
