"""An organisation that an official account follows without approval."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    fact = reading.facts.get("following")
    if fact is None:
        yield SiteEvidence("Whom the account follows is not in this run's exports.", unknown=True)
        return
    followed = {h.strip().lower().lstrip("@") for h in fact.value.split(",") if h.strip()}
    strange = [
        h
        for h in followed
        if not reading.contacts.has_handle(h) and h not in reading.known and h not in reading.approved
    ]
    if strange:
        why = (
            f"The account follows {len(followed)} others, {len(strange)} of them neither approved nor on the register."
        )
        yield SiteEvidence(why)


DETECTOR = SiteCheck(
    id="organisation-unapproved",
    clause="A.5.9",
    severity=Severity.LOW,
    summary="An official account follows organisations that nobody approved.",
    rationale="Whom the school follows it recommends.",
    remedy="Add the organisation's handle to others.csv once it is approved, or unfollow it.",
    flags=("an account that follows a firm that others.csv does not name",),
    passes=("an account that follows the school's other accounts",),
    find=_find,
    reads_export=True,
    limits="Counted a site; whom an account follows can be families too, so that no handle is named. Read from Mastodon exports.",
)
