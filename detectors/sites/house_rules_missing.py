"""A site on which nobody finds terms of use and house rules."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    site = reading.form
    if site.status in ("closed", "proposed"):
        return
    seen = reading.seen
    about = " ".join(reading.facts[k].value.lower() for k in ("about", "website") if k in reading.facts)
    rules = bool(site.house_rules_url) or (seen is not None and seen.rules) or "rules" in about
    terms = bool(site.terms_url) or (seen is not None and seen.terms) or "terms" in about
    missing = [name for name, there in (("terms of use", terms), ("house rules", rules)) if not there]
    if not missing:
        return
    if seen is None and not reading.facts:
        yield SiteEvidence(
            f"{_listed(missing)}: not on the register, and no export of the site was read.", unknown=True
        )
        return
    yield SiteEvidence(f"{_listed(missing)}: no address on the register, no page, post or profile that names them.")


def _listed(names: list[str]) -> str:
    return " and ".join(names).capitalize()


DETECTOR = SiteCheck(
    id="house-rules-missing",
    clause="A.4.1",
    severity=Severity.MEDIUM,
    summary="A site without terms of use and house rules that its visitors can find.",
    rationale="A comment can be taken down in peace only by rules that were there before it.",
    remedy="Publish or link both where visitors see them, and enter their addresses in the register.",
    flags=("no terms_url and no house_rules_url, and no page headed so",),
    passes=("a page headed House rules, and terms on the main site",),
    find=_find,
    reads_export=True,
    limits="Links are not followed: whether the page is still there is not known.",
)
