"""What a run found and read, as plain values: all that a report is made of. Nothing here is unmasked.

No field holds a file, member or person's name, a title or an address: any of them could name a pupil.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from detectors.base import Severity
from detectors.clauses import UpkeepNote

SETTLED = frozenset({"gone", "allowed", "false alarm", "consented", "removed"})


@dataclass(frozen=True)
class SourceRow:
    """One export that was read.

    ``site`` is the register's id or the store's label for a site not on it; ``sha256`` the hex digest of what was handed over;
    ``media_*`` count pictures and documents; ``complete`` is false where reading stopped before the end; ``members`` counts
    the export's files by what became of them (``parsed``, ``skipped``, ``unknown``, ``damaged``, ``private``);
    ``not_in_export`` says in sentences what this kind of export cannot show, ``observed`` what it shows of how the site is
    looked after.
    """

    site: str
    layout: str
    sha256: str
    items: int
    rejected: int
    media_present: int = 0
    media_missing: int = 0
    media_damaged: int = 0
    first_published: date | None = None
    last_published: date | None = None
    complete: bool = True
    members: Mapping[str, int] = field(default_factory=dict)
    not_in_export: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()


@dataclass(frozen=True)
class FindingRow:
    """One finding. ``key`` is the store's keyed hash, of which the report prints the first eight characters.

    ``state`` is ``new``, ``open`` or one of SETTLED; any other word counts as open, so that nothing is lost. ``masked`` is
    the masked value, empty for a picture; ``why`` holds no personal data; ``review`` says that a person must decide whether
    it is one; ``part`` names the place in the item (``text``, ``alt:0`` …); ``pupils`` are keyed pseudonyms, best match
    first, only ever counted.
    """

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
    review: bool = False
    visibility: str = "unknown"
    part: str = "text"
    pupils: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it still asks for something."""
        return self.state not in SETTLED


@dataclass(frozen=True)
class PictureRow:
    """A public picture that seems to be of pupils.

    ``faces`` is None where none could be looked for; ``largest_face`` is its share of the picture; ``named`` says that a pupil is
    named beside it; ``hidden`` are what the file says (``position``, ``person``, ``serial`` …); ``copies`` counts the items that
    show it or a copy, itself among them. ``key`` is the store's keyed hash for it and all its copies.
    """

    key: str
    site: str
    published: date | None
    faces: int | None
    largest_face: float
    named: bool
    hidden: tuple[str, ...] = ()
    copies: int = 1


@dataclass(frozen=True)
class Period:
    """The days that a report is limited to, both included, None where open; ``name`` is a month's or term's."""

    since: date | None = None
    until: date | None = None
    name: str = ""

    def holds(self, day: date | None) -> bool:
        """Whether a day lies in it; what has no date counts in every period, so that nothing is lost."""
        return day is None or ((not self.since or day >= self.since) and (not self.until or day <= self.until))


@dataclass(frozen=True)
class Moved:
    """What happened within a period: findings first seen, findings gone, and findings judged by verdict. Counts."""

    new: int
    gone: int
    judged: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRow:
    """A finished run, for the course of things: ``open`` counts by severity what asked for action after it.

    ``new`` is None for the first run of a store, where all is new. ``sites_read`` of ``sites_known`` sites were read.
    ``planted`` and ``found`` count the details of its test of itself; none planted: not tried.
    """

    run_at: datetime
    open: Mapping[Severity, int]
    new: int | None
    gone: int
    sites_read: int
    sites_known: int
    planted: int = 0
    found: int = 0


@dataclass(frozen=True)
class Previous:
    """The run before this one, and how the findings have moved since: counts."""

    run_at: datetime
    new: int
    still_open: int
    gone: int


@dataclass(frozen=True)
class RollFacts:
    """How far the roll and the consents can be trusted. ``roll_date`` is the day the roll was exported, None where unknown."""

    pupils: int
    without_consent_record: int
    roll_date: date | None
    consents_file: bool


@dataclass(frozen=True)
class CheckedRow:
    """What a check of a site, or (``site`` empty) of the tool itself, came to: ``found``, ``clear`` or ``unknown``, and why."""

    check: str
    site: str
    outcome: str
    why: str = ""


@dataclass(frozen=True)
class Attested:
    """The latest confirmation of an attested clause: the day it was given and the last day on which it holds."""

    given: date
    until: date


@dataclass(frozen=True)
class Summary:
    """Everything a report says of one run.

    ``period_from`` and ``period_to`` are the first and last day of publication read; ``items_read`` counts items once
    however many exports hold them; ``not_read`` are sentences on what the exports do not contain or could not be read;
    ``warnings`` sentences that come before all else; ``sites_without_export`` the register's ids of sites of which nothing
    was handed over; ``withheld`` counts the items kept for the safeguarding lead, which no report shows; ``judged`` how
    many findings people judged, and how many of them as false alarms; ``checked`` says what
    the checks of sites and of the tool came to; ``attested`` holds confirmations by clause; ``pictures`` are
    those of pupils in public, newest first. ``period`` limits the report to what was published within it, and ``moved`` says
    what happened in it; ``history`` are the finished runs, the oldest first.
    """

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
    not_read: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sites_without_export: tuple[str, ...] = ()
    withheld: int = 0
    judged: tuple[int, int] = (0, 0)
    checked: tuple[CheckedRow, ...] = ()
    attested: Mapping[str, Attested] = field(default_factory=dict)
    pictures: tuple[PictureRow, ...] = ()
    period: Period | None = None
    moved: Moved | None = None
    history: tuple[RunRow, ...] = ()

    @property
    def open_findings(self) -> tuple[FindingRow, ...]:
        """The findings that still ask for something, in the order given."""
        return tuple(f for f in self.findings if f.is_open)
