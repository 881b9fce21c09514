"""One audit from paths to findings: what the flow schedules and ``scan`` does at once. Knows neither Prefect nor DuckDB."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path

from detectors import DETECTORS
from detectors.base import Finding, Item, UserError
from detectors.clauses import Policy, load_policy
from pipelines.audit import audit
from pipelines.readers import Export, open_exports
from pipelines.readers.overlap import read_together
from pipelines.school import School, load_school

BATCH_ITEMS = 500
_QUEUED_BATCHES = 4  # read ahead of the store, so that memory stays flat


def tool_version() -> str:
    """The installed version, ``0`` where the package is not installed."""
    try:
        return version("social-audit")
    except PackageNotFoundError:
        return "0"


def rules_version() -> str:
    """A short hash that changes with the set of rules and the tool's version."""
    return hashlib.sha256("|".join([tool_version(), *(d.id for d in DETECTORS)]).encode()).hexdigest()[:12]


@dataclass
class SourceTotals:
    """What was read of one export so far."""

    export: Export
    site: str = ""
    first: date | None = None
    last: date | None = None

    def count(self, item: Item) -> None:
        """Widen the period by an item's time."""
        if item.published is not None:
            day = item.published.date()
            self.first = min(self.first or day, day)
            self.last = max(self.last or day, day)


@dataclass(frozen=True)
class Batch:
    """A batch of items with the findings on them. ``number`` counts from 0."""

    number: int
    items: tuple[Item, ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)


@dataclass
class AuditRun:
    """The audit of some exports for a school.

    ``problems`` are lines for the user: sources or members that could not be read. What could be read is audited all the same.
    ``notices`` are lines about rows of the school's tables that are used in part.
    """

    school: School
    policy: Policy
    today: date
    sources: list[SourceTotals]
    problems: list[str]
    notices: list[str] = field(default_factory=list)

    @classmethod
    def prepare(cls, paths: Sequence[Path], school: Path, today: date) -> AuditRun:
        """Load the school and recognise the exports. Raises UserError where the school is unusable or no export can be read."""
        loaded = load_school(school, today)
        policy = load_policy(loaded.policy_version)
        exports, problems = open_exports(paths, loaded.export_columns)
        if not exports:
            raise UserError("\n".join(problems))
        problems = [*loaded.problems, *problems]
        return cls(loaded, policy, today, [SourceTotals(e) for e in exports], problems, list(loaded.notices))

    def items(self) -> Iterator[Item]:
        """Every item once, its site resolved by the register. Streams."""
        by_export = {id(s.export): s for s in self.sources}
        for export, item in read_together([s.export for s in self.sources]):
            source = by_export[id(export)]
            site = self._site(item, export)
            source.site = source.site or site
            source.count(item)
            for other in self._elsewhere(item):
                other.site = other.site or site
                other.count(item)
            yield replace(item, site=site)
        for source in self.sources:
            source.site = source.site or self._site(None, source.export)
            self.problems += source.export.report.problems

    def _elsewhere(self, item: Item) -> list[SourceTotals]:
        """The other exports that hold an item too."""
        archives = {at.archive_sha256 for at in item.also}
        return [s for s in self.sources if s.export.sha256 in archives] if archives else []

    def batches(self) -> Iterator[Batch]:
        """The items in batches, each audited."""
        reader, context = self.school.reader(), self.school.context(self.today)
        items = self.items()
        number = 0
        while chunk := tuple(islice(items, BATCH_ITEMS)):
            yield Batch(number, chunk, tuple(audit(reader.read(chunk), context, DETECTORS)))
            number += 1

    def is_registered(self, site: str) -> bool:
        """Whether the site is on the register."""
        return any(s.id == site for s in self.school.register.sites)

    def _site(self, item: Item | None, export: Export) -> str:
        """The register's id for where an item stands; the export's own word, at worst its file's name, where it has none."""
        register = self.school.register
        words = [item.site if item else "", export.account, export.path.stem]
        for word in words:
            if word and (site := register.resolve(word, export.platform)):
                return site
        return next(w for w in words if w)


class Ahead:
    """Runs the audit's batches in a thread of its own, so that it works while the flow's server comes up.

    An exception in the thread is raised to the one who takes.
    """

    def __init__(self, run: AuditRun) -> None:
        self._queue: queue.Queue[Batch | BaseException | None] = queue.Queue(_QUEUED_BATCHES)
        self._thread = threading.Thread(target=self._work, args=(run,), daemon=True)
        self._thread.start()

    def _work(self, run: AuditRun) -> None:
        try:
            for batch in run.batches():
                self._queue.put(batch)
            self._queue.put(None)
        except BaseException as error:
            self._queue.put(error)

    def take(self) -> Batch | None:
        """The next batch, None after the last."""
        got = self._queue.get()
        if isinstance(got, BaseException):
            raise got
        return got
