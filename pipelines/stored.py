"""An audit into the store, step by step: what the flow schedules. Knows neither Prefect nor DuckDB."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

from detectors.base import Item
from detectors.clauses import UpkeepNote
from detectors.sites.rules import SITE_CHECKS
from pipelines.audit import SiteResult, audit_sites, site_item
from pipelines.canaries import canaries
from pipelines.keys import Keys
from pipelines.memory import rules_version, tool_version
from pipelines.own_work import OwnWork, own_work
from pipelines.report import make_report
from pipelines.runs import Ahead, AuditRun, SourceTotals
from pipelines.school import load_inbox, load_retention
from pipelines.store import RunInfo, SourceInfo, Store
from pipelines.store.access import accesses
from pipelines.store.register import kept_too_long, marks_shown, save_notes, save_sites
from pipelines.store.snapshot import publish
from pipelines.store.summary import to_be_done
from pipelines.store.through_time import StoreMemory
from pipelines.store.withheld import withheld_in
from pipelines.workers import Later, Shared


@dataclass(frozen=True)
class Job:
    """What a run is to do; kept in a file of its own, so that Prefect sees only the file's name."""

    paths: tuple[str, ...]  # none: what the inbox holds
    school: str
    store: str
    report: str = ""

    @classmethod
    def of(cls, paths: Sequence[Path], school: Path, store: Path, report: Path | None) -> Job:
        """The job with its paths made absolute, so that it means the same from any folder."""
        whole = str(report.absolute()) if report else ""
        return cls(tuple(str(p.absolute()) for p in paths), str(school.absolute()), str(store.absolute()), whole)


@dataclass
class Outcome:
    """What a run came to. ``items`` were read, ``audited`` of them audited. ``seconds`` are wall-clock seconds by step.

    ``overdue`` are sentences on exports that did not come in time, ``left`` lines on what was left in the inbox; ``open`` counts
    the findings that ask for something by severity, ``withheld`` the items for the safeguarding lead.
    """

    run_id: str = ""
    items: int = 0
    audited: int = 0
    findings: int = 0
    new: int = 0
    gone: int = 0
    problems: list[str] = field(default_factory=list)
    overdue: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    open: dict[str, int] = field(default_factory=dict)
    withheld: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    failure: BaseException | None = None


@dataclass(frozen=True)
class Gathered:
    """The exports that a job reads, with what is to be said of the inbox they came by, as in Outcome."""

    paths: tuple[Path, ...] = field(repr=False)
    overdue: tuple[str, ...] = ()
    left: tuple[str, ...] = field(default=(), repr=False)


def gather(job: Job) -> Gathered:
    """The exports that a job names, else what has come into the inbox by now. Raises UserError where nothing has."""
    if job.paths:
        return Gathered(tuple(Path(p) for p in job.paths))
    now, inbox = datetime.now(UTC), load_inbox(Path(job.school))
    inbox.make()
    _, left = inbox.take(now)
    return Gathered(tuple(inbox.current()), tuple(inbox.overdue(now.date())), tuple(left))


@dataclass
class StoredRun:
    """A run under way: ``prepare``, ``step`` until it is false, ``close``; then ``end`` in any case.

    ``progress`` is called with items and findings so far. The audit itself works ahead in a thread of its own.
    """

    job: Job
    run: AuditRun
    ahead: Ahead
    memory: StoreMemory
    store: Store
    outcome: Outcome
    progress: Callable[[int, int], None]
    cluster: Later

    @classmethod
    def prepare(
        cls,
        job: Job,
        progress: Callable[[int, int], None],
        today: date | None = None,
        gathered: Gathered | None = None,
        *,
        with_cluster: bool = False,
    ) -> Self:
        """Load the school, recognise the exports, open the store and begin a run.

        ``with_cluster`` says that the cluster which a school may have set will be opened. Raises UserError for what the user can
        mend.
        """
        began = time.perf_counter()
        gathered = gathered or gather(job)
        outcome = Outcome(overdue=list(gathered.overdue), left=list(gathered.left))
        today = today or datetime.now(UTC).date()
        run = AuditRun.prepare(gathered.paths, Path(job.school), today)
        store = Store.open(Path(job.store), Keys.load())
        try:
            outcome.run_id = store.begin_run(_info(run))
            memory = StoreMemory(store, (p.id for p in run.school.roll.pupils), run.today)
            cluster, settings = Later(), run.school.workers
            looking = None
            if with_cluster and settings.cluster:
                looking = Shared(run.school.setup(), cluster, settings.processes)
            ahead = Ahead(run, memory, looking)
        except BaseException:
            store.close()
            raise
        outcome.seconds["loading the school and recognising the exports"] = time.perf_counter() - began
        return cls(job, run, ahead, memory, store, outcome, progress, cluster)

    def step(self) -> bool:
        """Store the next batch; false after the last."""
        batch = self.ahead.take()
        if batch is None:
            return False
        items, unchanged = self._labelled(batch.items), self._labelled(batch.unchanged)
        self.store.save_batch(self.outcome.run_id, items, batch.findings, batch.traces, unchanged)
        self.store.save_pictures(self.outcome.run_id, batch.pictures)
        self.outcome.items += len(items) + len(unchanged)
        self.outcome.audited += len(items)
        self.outcome.findings += len(batch.findings)
        self.progress(self.outcome.items, self.outcome.findings)
        return True

    def close(self) -> None:
        """Close the run in the store, write the report and publish the analysts' copy of the store."""
        sources = [self._source_info(s) for s in self.run.sources]
        self._check_sites()
        notes, results = self._own_work(sources)
        save_notes(self.store, self.outcome.run_id, notes, results)
        self.outcome.problems = self.run.problems
        self.store.finish_run(self.outcome.run_id, sources, len(self.run.problems))
        self.outcome.new, _, self.outcome.gone = self.store.changes(self.outcome.run_id)
        self.outcome.findings = self.store.found(self.outcome.run_id)
        self.outcome.open, self.outcome.withheld = to_be_done(self.store), withheld_in(self.store, self.outcome.run_id)
        if self.job.report:
            began = time.perf_counter()
            make_report(self.store, Path(self.job.report), self.run.today)
            self.outcome.seconds["writing the PDF"] = time.perf_counter() - began

    def end(self) -> None:
        """Let go of the store; of a run that was closed, publish a copy for the analysts."""
        self.cluster.close()
        self.ahead.stop()
        self.memory.close()
        closed = self.store.is_finished(self.outcome.run_id)
        self.store.close()
        if closed:
            began = time.perf_counter()
            publish(Path(self.job.store))
            self.outcome.seconds["publishing the analysts' copy"] = time.perf_counter() - began

    def _check_sites(self) -> None:
        labels = marks_shown(self.store, self.outcome.run_id)
        sites = {*self.run.watches, *(s.id for s in self.run.school.register.sites)}
        readings = self.run.site_readings({site: labels.get(self._label(site), 0) for site in sites})
        findings, results = audit_sites(readings, SITE_CHECKS)
        items = [(site_item(r), f"site:{self._label(r.id)}") for r in readings]
        save_sites(self.store, self.outcome.run_id, items, findings, results)

    def _own_work(self, sources: Sequence[SourceInfo]) -> tuple[list[UpkeepNote], list[SiteResult]]:
        school, today = self.run.school, self.run.today
        days = load_retention(school.folder).content
        until = datetime.now(UTC) - timedelta(days=days)
        looks = sum(a.action == "reveal" for a in accesses(self.store))
        return own_work(
            OwnWork(
                [(s.complete, s.items, s.rejected, s.members_unread) for s in sources],
                (today - school.roll_date).days,
                school.roll.without_record(),
                canaries(
                    school,
                    self.run.planted_in,
                    today,
                    self.outcome.run_id,
                    self.run.names if self.run.audited else None,
                ),
                kept_too_long(self.store, until),
                days,
                looks,
            )
        )

    def _labelled(self, items: Sequence[Item]) -> list[tuple[Item, str]]:
        return [(i, self._label(i.site)) for i in items]

    def _label(self, site: str) -> str:
        return self.store.site_label(site, registered=self.run.is_registered(site))

    def _source_info(self, source: SourceTotals) -> SourceInfo:
        report = source.export.report
        return SourceInfo(
            name=str(source.export.path),
            site=self._label(source.site),
            layout=source.export.layout,
            sha256=source.export.sha256,
            items=sum(report.items.values()),
            rejected=report.rejected,
            media_present=report.media["present"],
            media_missing=report.media["missing"],
            media_damaged=report.media["damaged"] + report.media["refused"],
            members_unread=sum(m.status in ("unknown", "damaged") for m in report.members),
            first_published=source.first,
            last_published=source.last,
            complete=not report.problems,
            not_in_export=tuple(report.not_in_export),
            observed=tuple(source.observed.sentences(self.run.today)),
            members=tuple((m.member, m.status, m.records, m.why, m.files) for m in report.members),
            facts=source.export.facts(),
        )


def _info(run: AuditRun) -> RunInfo:
    return RunInfo(
        tool_version=tool_version(),
        rules_version=rules_version(),
        policy_id=run.policy.id,
        school=run.school.name,
        pupils=len(run.school.roll.pupils),
        pupils_without_consent_record=run.school.roll.without_record(),
        consents_file=run.school.roll.consents is not None,
        roll_date=run.school.roll_date,
        registered_sites=tuple(site.id for site in run.school.register.sites),
    )


def run_directly(job: Job, progress: Callable[[int, int], None], today: date | None = None) -> Outcome:
    """Run a job in this process without a flow. Raises UserError for what the user can mend."""
    work = StoredRun.prepare(job, progress, today)
    try:
        while work.step():
            pass
        work.close()
    finally:
        work.end()
    return work.outcome
