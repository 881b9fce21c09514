"""One audit from paths to findings: what the flow schedules and ``scan`` does at once. Knows neither Prefect nor DuckDB."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path

from detectors import DETECTORS
from detectors.base import Finding, Item, Picture, Reading, SiteReading, UserError
from detectors.clauses import Policy, load_policy
from detectors.images.marks import LogoBank
from detectors.reading import Look, Looker, Reader, Threads
from detectors.sites.hosts import load_hosts
from detectors.sites.rules import SITE_CHECKS
from detectors.sites.watch import Watch
from detectors.text.names import NamesModel
from pipelines.audit import SiteResult, audit, audit_sites
from pipelines.canaries import PLANTED_IN
from pipelines.inbox import site_of
from pipelines.memory import Dependencies, Memory, Trace
from pipelines.observed import Observed
from pipelines.readers import Export, open_exports
from pipelines.readers.overlap import read_together
from pipelines.school import School, load_school
from pipelines.sites import school_words, site_readings
from pipelines.workers import BATCH_ITEMS, Here, Looking, Pool, Shared

_QUEUED_BATCHES = 4  # read ahead of the store, so that memory stays flat


@dataclass
class SourceTotals:
    """What was read of one export so far."""

    export: Export
    site: str = ""
    first: date | None = None
    last: date | None = None
    observed: Observed = field(default_factory=Observed)

    def count(self, item: Item) -> None:
        """Widen the period by an item's time, and note what the item shows of how the site is looked after."""
        self.observed.note(item)
        if item.published is not None:
            day = item.published.date()
            self.first = min(self.first or day, day)
            self.last = max(self.last or day, day)


@dataclass(frozen=True)
class Batch:
    """A batch of items that were audited, with the findings on them. ``number`` counts from 0.

    ``unchanged`` are items that were not audited again; ``traces`` say, by item id, what to remember of those that were;
    ``pictures`` are the pictures of these, by item.
    """

    number: int
    items: tuple[Item, ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    unchanged: tuple[Item, ...] = field(default=(), repr=False)
    traces: Mapping[str, Trace] = field(default_factory=dict, repr=False)
    pictures: tuple[tuple[Item, tuple[Picture, ...]], ...] = field(default=(), repr=False)


# Items, those of them that need no audit with the pupils they speak of, and what waits for the Looks at the others.
_Begun = tuple[tuple[Item, ...], Mapping[str, frozenset[str]], Callable[[], list[Look]]]


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
    watches: dict[str, Watch] = field(default_factory=dict, repr=False)
    planted_in: list[Item] = field(default_factory=list, repr=False)
    audited: bool = False  # whether an item was, not only known from earlier

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
            self._watch(site).note(item)
            if len(self.planted_in) < PLANTED_IN and item.part("text"):
                self.planted_in.append(item)
            yield replace(item, site=site)
        for source in self.sources:
            source.site = source.site or self._site(None, source.export)
            self.problems += source.export.report.problems

    def _elsewhere(self, item: Item) -> list[SourceTotals]:
        """The other exports that hold an item too."""
        archives = {at.archive_sha256 for at in item.also}
        return [s for s in self.sources if s.export.sha256 in archives] if archives else []

    @cached_property
    def names(self) -> NamesModel | None:
        """The school's names model, loaded when it is first asked for."""
        return self.school.names()

    def batches(self, memory: Memory | None = None, looking: Looking | None = None) -> Generator[Batch]:
        """The items in batches, each audited, but for what ``memory`` says has not changed.

        ``looking`` has the items looked at; without it, this process or a pool does, as the school has set.
        """
        depends = Dependencies(self.school, self.today, memory) if memory else None
        context, threads = self.school.context(self.today), Threads()
        reader: Reader | None = None
        with closing(looking or self._looking()) as looking:
            for number, (chunk, known, looks) in enumerate(self._begun(looking, memory, depends)):
                if len(known) == len(chunk):
                    for item in chunk:
                        threads.remember(item, known[item.id])
                    yield Batch(number, (), unchanged=chunk)
                    continue
                self.audited = True
                reader = reader or self.school.reader(Looker(LogoBank()), threads)
                readings = reader.read(chunk, known, looks())
                findings = audit(readings, context, DETECTORS)
                yield Batch(
                    number,
                    tuple(r.item for r in readings),
                    tuple(findings),
                    tuple(item for item in chunk if item.id in known),
                    _traces(readings, findings, depends) if depends else {},
                    tuple((r.item, r.pictures) for r in readings if r.pictures),
                )

    def _looking(self) -> Looking:
        processes = self.school.workers.processes
        if processes > 1:
            return Shared(self.school.setup(), Pool(processes), processes)
        return Here(lambda: self.school.looker(self.names))

    def _begun(self, looking: Looking, memory: Memory | None, depends: Dependencies | None) -> Iterator[_Begun]:
        """The items in chunks, with those that need no audit, the others being looked at already, some chunks ahead."""
        begun: deque[_Begun] = deque()
        items, threads = self.items(), Threads()
        while chunk := tuple(islice(items, BATCH_ITEMS)):
            known = _unchanged(chunk, depends, memory.recall(chunk), threads) if depends and memory else {}
            begun.append((chunk, known, looking.begin([i for i in chunk if i.id not in known])))
            if len(begun) > looking.ahead:
                yield begun.popleft()
        yield from begun

    def _watch(self, site: str) -> Watch:
        if site not in self.watches:
            self.watches[site] = Watch(school_words(self.school), self.school.adults, load_hosts())
        return self.watches[site]

    def site_readings(self, marks: Mapping[str, int]) -> list[SiteReading]:
        """The sites of the register, then those read that are not on it; none where the school keeps no register.

        To be called once all items were read. ``marks`` says in how many places each site shows a mark.
        """
        shown = [(s.site, s.export.facts()) for s in self.sources]
        return site_readings(self.school, self.watches, shown, self.today, marks)

    def audit_sites(self, marks: Mapping[str, int]) -> tuple[list[Finding], list[SiteResult]]:
        """Every site check over every site, once all items were read."""
        return audit_sites(self.site_readings(marks), SITE_CHECKS)

    def is_registered(self, site: str) -> bool:
        """Whether the site is on the register."""
        return any(s.id == site for s in self.school.register.sites)

    def _site(self, item: Item | None, export: Export) -> str:
        """The register's id for where an item stands; the export's own word, at worst its file's name, where it has none."""
        register = self.school.register
        words = [item.site if item else "", export.account, site_of(export.path), export.path.stem]
        for word in words:
            if word and (site := register.resolve(word, export.platform)):
                return site
        return next(w for w in words if w)


def _unchanged(
    chunk: Sequence[Item], depends: Dependencies, recalled: Mapping[str, Trace], threads: Threads
) -> dict[str, frozenset[str]]:
    """The items that need no audit, by their ids, with the pupils they speak of.

    An answer to an item that is audited again is audited again too: what it says may now be read otherwise. ``threads`` remember
    whom the items so far speak of, as far as is known before they are read.
    """
    known: dict[str, frozenset[str]] = {}
    for item in chunk:
        expected, trace = threads.expected(item), recalled.get(item.id)
        if expected is not None and trace is not None and depends.unchanged(item, expected, trace):
            known[item.id] = trace.speaks
        threads.remember(item, known.get(item.id))
    return known


def _traces(readings: Sequence[Reading], findings: Sequence[Finding], depends: Dependencies) -> dict[str, Trace]:
    by_item: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_item[finding.item.id].append(finding)
    return {r.item.id: depends.trace(r, by_item[r.item.id]) for r in readings}


class _StoppedError(Exception):
    """Nobody takes what the thread gives any more."""


class Ahead:
    """Runs the audit's batches in a thread of its own, so that it works while the flow's server comes up.

    An exception in the thread is raised to the one who takes.
    """

    def __init__(self, run: AuditRun, memory: Memory | None = None, looking: Looking | None = None) -> None:
        self._queue: queue.Queue[Batch | BaseException | None] = queue.Queue(_QUEUED_BATCHES)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(run, memory, looking), daemon=True)
        self._thread.start()

    def _work(self, run: AuditRun, memory: Memory | None, looking: Looking | None) -> None:
        try:
            with closing(run.batches(memory, looking)) as batches:
                for batch in batches:
                    self._put(batch)
            self._put(None)
        except _StoppedError:
            pass
        except BaseException as error:
            with suppress(_StoppedError):
                self._put(error)

    def _put(self, value: Batch | BaseException | None) -> None:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._queue.put(value, timeout=0.2)
                return
        raise _StoppedError

    def take(self) -> Batch | None:
        """The next batch, None after the last."""
        got = self._queue.get()
        if isinstance(got, BaseException):
            raise got
        return got

    def stop(self) -> None:
        """Have the thread end where it is, and wait for it: nothing asks the store any more when it is closed."""
        self._stopped.set()
        self._thread.join()
