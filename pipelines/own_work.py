"""What a run finds out about its own work (T.1 to T.4): counts and dates, against nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.base import Severity
from detectors.clauses import UpkeepNote
from pipelines.audit import SiteResult
from pipelines.canaries import Planted

LEAST_FOUND = 0.8  # of what was planted of a kind
ROLL_DAYS = 7  # a roll older than this misses those who joined, and consents withdrawn, since


@dataclass(frozen=True)
class OwnWork:
    """What there is to judge: of each export whether it was read to its end, items, records rejected and files not read.

    ``roll_days`` is the age of the roll, ``without_consent`` counts pupils without a record, ``kept`` the items whose content is
    kept over ``kept_days``, ``looks`` those at sealed content.
    """

    sources: Sequence[tuple[bool, int, int, int]]
    roll_days: int
    without_consent: int
    canaries: Sequence[Planted]
    kept: int
    kept_days: int
    looks: int


def own_work(work: OwnWork) -> tuple[list[UpkeepNote], list[SiteResult]]:
    """A note for each thing that is wrong, and what each check came to."""
    checks = (_complete(work), _fresh(work), _canaries(work), _kept(work))
    notes, results = [], []
    for check, clause, severity, told, wrong in checks:
        notes += [UpkeepNote(check, clause, severity, text) for text in wrong]
        outcome = "unknown" if told.startswith("no ") else "found" if wrong else "clear"
        results.append(SiteResult(check, "", outcome, told))  # type: ignore[arg-type]
    return notes, results


_Judged = tuple[str, str, Severity, str, list[str]]


def _complete(work: OwnWork) -> _Judged:
    cut = sum(not complete for complete, *_ in work.sources)
    items, rejected, unread = (sum(s[n] for s in work.sources) for n in (1, 2, 3))
    wrong = []
    if cut or rejected or unread:
        wrong.append(
            f"Not everything was read: {cut} of {len(work.sources)} exports not to their end, {rejected:,} records rejected, "
            f"{unread:,} files damaged or of no known kind."
        )
    return (
        "scan-incomplete",
        "T.1",
        Severity.HIGH,
        f"{items:,} items of {len(work.sources)} exports accounted for",
        wrong,
    )


def _fresh(work: OwnWork) -> _Judged:
    wrong = []
    if work.roll_days > ROLL_DAYS:
        wrong.append(f"The roll is {work.roll_days} days old; who joined since is not looked for.")
    if work.without_consent:
        wrong.append(f"{work.without_consent:,} pupils have no record of consent; it counts as not given.")
    return "roll-stale", "T.2", Severity.HIGH, f"the roll is {work.roll_days} days old", wrong


def _canaries(work: OwnWork) -> _Judged:
    missed = [p for p in work.canaries if p.found < LEAST_FOUND * p.planted]
    wrong = [f"Of {p.planted} planted {p.kind} only {p.found} were found: do not pass the report on." for p in missed]
    planted, found = sum(p.planted for p in work.canaries), sum(p.found for p in work.canaries)
    named = next((p for p in work.canaries if p.kind == "PUPIL"), None)
    told = "no item with text was there to plant them in"
    if named:
        told = f"{found} of {planted} planted details found, {named.found} of {named.planted} names of invented pupils among them"
    return "canary-missed", "T.3", Severity.HIGH, told, wrong


def _kept(work: OwnWork) -> _Judged:
    wrong = []
    if work.kept:
        wrong.append(f"The content of {work.kept:,} items is kept for over {work.kept_days} days; purge it.")
    return (
        "retention-due",
        "T.4",
        Severity.MEDIUM,
        f"sealed content was looked at {work.looks} times, by the access log",
        wrong,
    )
