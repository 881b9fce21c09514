"""Where items are looked at: in the audit's own process, in several beside it, or on a cluster. What is found is the same.

Looking at items (pictures, the names model) is nearly all of an audit's work and hangs on no other item, so it alone is shared
out. Who is meant, the rules and the store stay with the audit's own process. What goes to a worker and comes back is bytes: items
with the files they need, and Looks.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from detectors.base import Item, Mark, Media, UserError
from detectors.images.marks import LogoBank
from detectors.images.pictures import is_opened
from detectors.reading import Look, Looker
from detectors.text.names import NamesModel

BATCH_ITEMS = 500  # of a run; a worker gets them in smaller jobs
JOB_ITEMS = 64
JOB_BYTES = 16 << 20  # of pictures
_JOBS_EACH = 6  # begun for each worker: enough to do while the audit's own process is busy with a batch
_BYTES_AHEAD = 128 << 20
_ATTEMPTS = 3


@dataclass(frozen=True)
class WorkerSettings:
    """Where a school has its items looked at: ``[workers]`` of its school.toml.

    ``processes`` are kept busy. ``cluster`` is empty for processes of the program's own, "local" for a Dask cluster on this
    computer, else the address of a Dask scheduler, ``tls://…``, with the files that prove both sides to each other.
    """

    processes: int = 1
    cluster: str = ""
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know to look at a school's items. The files of the marks are read where the worker runs."""

    names_model: str | None
    marks: tuple[Mark, ...] = field(repr=False)


@dataclass(frozen=True)
class Held:
    """A file's content that came along, in place of a loader; none where the file has gone, or is not opened anyway."""

    content: bytes | None = field(default=None, repr=False)

    def __call__(self) -> bytes:
        """Raises OSError where there is none."""
        if self.content is None:
            raise OSError("the file has gone")
        return self.content


@dataclass(frozen=True)
class _Failure:
    """What went wrong in a worker. Only a UserError's own text is fit to be told."""

    fault: str
    told: str = ""


class WorkerError(RuntimeError):
    """A fault in a worker, told as ``fault`` tells it."""


def looked(job: bytes) -> bytes:
    """The Looks at a job's items, in their order. What goes wrong comes back too, so that no exception's text is kept anywhere."""
    try:
        setup, items = pickle.loads(job)  # noqa: S301 - from the audit's own process
        return pickle.dumps(_looker(setup).look(items))
    except Exception as error:
        told = str(error) if isinstance(error, UserError) else ""
        return pickle.dumps(_Failure(fault(error), told))


@lru_cache(maxsize=1)
def _looker(setup: Setup) -> Looker:
    """Made once in each process."""
    names = None if setup.names_model == "none" else NamesModel.load(setup.names_model)
    return Looker(LogoBank.load(setup.marks), names)


def fault(error: BaseException) -> str:
    """An exception's type, and the file and line where it arose: all that may be said of it, for its text can hold content."""
    if isinstance(error, WorkerError):
        return str(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown place"
    return f"{type(error).__name__} in {place}"


class Looking(Protocol):
    """Has items looked at. ``ahead`` batches are begun before the first of them is asked for."""

    ahead: int

    def begin(self, items: Sequence[Item]) -> Callable[[], list[Look]]:
        """Have the items looked at; what is returned waits for their Looks, and is to be called in the order of the beginnings."""

    def close(self) -> None:
        """End the workers."""


class Here:
    """Looks in this process, when asked."""

    ahead = 0

    def __init__(self, make: Callable[[], Looker]) -> None:
        self._make = make
        self._looker: Looker | None = None

    def begin(self, items: Sequence[Item]) -> Callable[[], list[Look]]:
        """As Looking says."""
        return lambda: self._look(items)

    def _look(self, items: Sequence[Item]) -> list[Look]:
        if not items:
            return []
        self._looker = self._looker or self._make()
        return self._looker.look(items)

    def close(self) -> None:
        """There is nothing to end."""


class Workers(Protocol):
    """Processes that look at jobs."""

    def submit(self, job: bytes) -> Callable[[], bytes]:
        """Have a job looked at; what is returned waits for the answer. A worker that dies is replaced, its jobs done again."""

    def close(self) -> None:
        """End the processes."""


@dataclass
class _Job:
    items: list[Item]
    size: int
    answer: Callable[[], bytes] | None = None


class Shared:
    """Shares items out to workers in jobs, some ahead of what is asked for; memory stays flat."""

    def __init__(self, setup: Setup, workers: Workers, processes: int) -> None:
        self._setup = setup
        self._workers = workers
        self._most = _JOBS_EACH * processes
        self.ahead = math.ceil(self._most * JOB_ITEMS / BATCH_ITEMS) + 1
        self._waiting: deque[_Job] = deque()
        self._sent = self._bytes = 0

    def begin(self, items: Sequence[Item]) -> Callable[[], list[Look]]:
        """As Looking says."""
        jobs = list(_jobs(items))
        self._waiting += jobs
        self._send()
        return lambda: [look for job in jobs for look in self._looks(job)]

    def _send(self) -> None:
        while self._waiting and self._sent < self._most and (not self._sent or self._bytes < _BYTES_AHEAD):
            job = self._waiting.popleft()
            job.answer = self._workers.submit(pickle.dumps((self._setup, [_packed(i) for i in job.items])))
            self._sent += 1
            self._bytes += job.size

    def _looks(self, job: _Job) -> list[Look]:
        assert job.answer is not None  # jobs are asked for in the order in which they are sent
        answer = pickle.loads(job.answer())  # noqa: S301 - from a worker of ours
        job.answer = None
        self._sent -= 1
        self._bytes -= job.size
        self._send()
        if isinstance(answer, _Failure):
            raise UserError(answer.told) if answer.told else WorkerError(answer.fault)
        looks: list[Look] = answer
        return looks

    def close(self) -> None:
        """As Looking says."""
        self._workers.close()


def _jobs(items: Sequence[Item]) -> Iterator[_Job]:
    job = _Job([], 0)
    for item in items:
        size = sum(m.size for m in item.media if is_opened(m))
        if job.items and (len(job.items) == JOB_ITEMS or job.size + size > JOB_BYTES):
            yield job
            job = _Job([], 0)
        job.items.append(item)
        job.size += size
    if job.items:
        yield job


def _packed(item: Item) -> Item:
    """The item with the content of the pictures that will be opened in place of what loads them here."""
    return replace(item, media=tuple(replace(m, load=_held(m)) if m.load else m for m in item.media))


def _held(media: Media) -> Held:
    if media.load is None or not is_opened(media):
        return Held()
    try:
        return Held(media.load())
    except OSError:
        return Held()


class Later:
    """Workers that come when their cluster is up: who submits a job before waits."""

    def __init__(self) -> None:
        self._given: Future[Workers] = Future()

    def open(self, workers: Workers) -> None:
        """Here they are."""
        self._given.set_result(workers)

    def submit(self, job: bytes) -> Callable[[], bytes]:
        """As Workers says. Raises CancelledError where they will not come any more."""
        return self._given.result().submit(job)

    def close(self) -> None:
        """As Workers says."""
        if not self._given.cancel():
            self._given.result().close()


class Pool:
    """Processes on this computer. One that dies is replaced; a job that does not outlive three attempts ends the audit."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._executor: ProcessPoolExecutor | None = None

    def submit(self, job: bytes) -> Callable[[], bytes]:
        """As Workers says."""
        future = self._send(job)
        return lambda: self._answer(job, future)

    def _send(self, job: bytes) -> Future[bytes]:
        try:
            if self._executor is not None:
                return self._executor.submit(looked, job)
        except BrokenProcessPool:
            self._executor = None
        # Not forked: the audit's process has threads.
        self._executor = ProcessPoolExecutor(self._processes, multiprocessing.get_context("spawn"), _begin_worker)
        return self._executor.submit(looked, job)

    def _answer(self, job: bytes, future: Future[bytes]) -> bytes:
        for attempt in range(_ATTEMPTS):
            try:
                return future.result()
            except BrokenProcessPool:
                if attempt + 1 < _ATTEMPTS:
                    future = self._send(job)
        raise UserError(
            "the processes that look at items keep dying, perhaps for want of memory; set a smaller number of processes under "
            "[workers] of school.toml, and run the same command again: the store keeps what was done"
        )

    def close(self) -> None:
        """As Workers says."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    """Ctrl+C is for the audit's own process, which ends its workers; where it is killed they end by themselves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
