"""A live site on which the school has published nothing for long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

_DAYS = 90  # in term; over the summer holidays nobody is expected to post
_SUMMER = (7, 8)  # months whose days do not count


def _days_in_term(since: date, until: date) -> int:
    days = (until - since).days
    return sum((since + timedelta(n)).month not in _SUMMER for n in range(1, min(days, _CAP) + 1)) + max(0, days - _CAP)


_CAP = 2000  # beyond which it does not matter how many


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    if reading.form.status != "live":
        return
    if reading.seen is None:
        yield SiteEvidence("No export of the site was read, so that its last post is not known.", unknown=True)
    elif reading.seen.last is None:
        yield SiteEvidence("The export shows no dated item of the school's.", unknown=True)
    elif (days := _days_in_term(reading.seen.last, reading.today)) > _DAYS:
        yield SiteEvidence(f"The school last published {days} days ago, July and August left out.")


DETECTOR = SiteCheck(
    id="site-neglected",
    clause="A.1.6",
    severity=Severity.MEDIUM,
    summary="A live site on which the school has published nothing for over 90 days.",
    rationale="A site that nobody keeps is read by nobody of the school: comments and old names stay.",
    remedy="Close or archive the site, or publish again.",
    flags=("last post in February, audit in June",),
    passes=("last post at the end of June, audit in September", "a site whose status is closed"),
    find=_find,
    reads_export=True,
    limits="An export made long before the audit makes a site look neglected: export it again.",
)
