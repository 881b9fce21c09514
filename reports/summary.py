"""The values that a report prints. None of them can hold a name, a file's name, an address or unmasked content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from detectors.base import Severity
from detectors.clauses import UpkeepNote


@dataclass(frozen=True)
class SourceRow:
    """What was read of one export; ``complete`` is false where a part of it was unreadable."""

    site: str
    layout: str
    sha256: str
    items: int
    rejected: int
    media_present: int
    media_missing: int
    media_damaged: int
    first_published: date | None
    last_published: date | None
    complete: bool


@dataclass(frozen=True)
class FindingRow:
    """A finding as it may be shown. ``state`` is new, open or gone; ``pupils`` are pseudonyms, counted only."""

    key: str
    detector: str
    kind: str
    clause: str
    severity: Severity
    state: str
    site: str
    published: date | None
    masked: str
    why: str
    review: bool
    visibility: str
    part: str
    pupils: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether the latest run of its site still saw it."""
        return self.state != "gone"


@dataclass(frozen=True)
class Previous:
    """The run before, and what became of the findings since."""

    run_at: datetime
    new: int
    still_open: int
    gone: int


@dataclass(frozen=True)
class RollFacts:
    """The roll that was used."""

    pupils: int
    without_consent_record: int
    roll_date: date | None
    consents_file: bool


@dataclass(frozen=True)
class Summary:
    """One run of the audit."""

    school: str
    run_id: str
    run_at: datetime
    tool_version: str
    policy_id: str
    policy_title: str
    period_from: date | None
    period_to: date | None
    sources: tuple[SourceRow, ...]
    findings: tuple[FindingRow, ...]
    items_read: int
    records_rejected: int
    previous: Previous | None
    upkeep: tuple[UpkeepNote, ...]
    roll: RollFacts
    not_read: tuple[str, ...]

    @property
    def standing(self) -> tuple[FindingRow, ...]:
        """The findings that still stand, worst first."""
        return tuple(
            sorted(
                (f for f in self.findings if f.stands),
                key=lambda f: (f.severity.rank, f.review, -(f.published or date.min).toordinal(), f.key),
            )
        )
