"""The audit as a Prefect flow: the only code that knows Prefect.

Prefect writes parameters, messages and states into a database of its own. So the flow's one parameter is the name of a job
file, its tasks carry numbers, and no exception with a text of ours passes through it: what went wrong is kept here and told
by the command itself.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pipelines.prefect_home  # noqa: F401 - before Prefect is imported

# isort: split
from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL, temporary_settings

from detectors.base import UserError
from pipelines.cluster import ClusterWorkers, task_runner
from pipelines.keys import home
from pipelines.store import StoreBusyError
from pipelines.store.withheld import withheld_line
from pipelines.stored import Job, Outcome, StoredRun, gather
from pipelines.weekly import mail
from pipelines.workers import fault

_at_work: dict[str, StoredRun] = {}
_WAITS = (60.0, 600.0)  # seconds before a scheduled run tries again to open the store
# The one text that Prefect gets to see of a failure.
_FAILED = "the audit did not end; run it by hand to see why"


def run_audit(job: Job, progress: Callable[[int, int], None]) -> Outcome:
    """Run a job as a flow in this process. ``progress`` is called with items and findings so far.

    The audit starts at once in a thread of its own, beside Prefect's server, so that the slower of the two is what is
    waited for, never their sum. Raises UserError for what the user can mend.
    """
    gathered = gather(job)  # what can go wrong at once goes wrong before a server is started
    server = threading.Thread(target=_start_server, daemon=True)
    server.start()
    name = _save_job(job)
    try:
        _at_work[name] = work = StoredRun.prepare(job, progress, gathered=gathered, with_cluster=True)
        began = time.perf_counter()
        server.join()
        work.outcome.seconds["waiting for Prefect's server"] = time.perf_counter() - began
        try:
            audit_flow(name)
        except Exception as error:
            work.outcome.failure = work.outcome.failure or error
        _at_work.pop(name).end()
        if isinstance(work.outcome.failure, UserError):
            raise work.outcome.failure
        return work.outcome
    finally:
        if name in _at_work:
            _at_work.pop(name).end()
        _job_path(name).unlink(missing_ok=True)


def _start_server() -> None:
    SubprocessASGIServer().start()


@flow(name="audit", log_prints=False, persist_result=False, validate_parameters=False)
def audit_flow(job: str) -> None:
    """Audit the exports of a job file, batch by batch, and write its report."""
    own = job not in _at_work
    if own and not _prepared_alone(job):
        raise RuntimeError(_FAILED)
    work = _at_work[job]
    began = time.perf_counter()
    (_on_cluster if work.run.school.workers.cluster else _batches)(job)
    work.outcome.seconds["auditing and storing"] = time.perf_counter() - began
    if work.outcome.failure is None:
        close_run(job)
    if own:
        withheld = withheld_line(work.store, work.outcome.run_id)
        _end_alone(_at_work.pop(job))
        told = [
            *work.outcome.problems,
            *work.outcome.overdue,
            *work.outcome.left,
            withheld,
            mail(work.job, work.outcome),
        ]
        _say(work.outcome.failure, *filter(None, told))
    if work.outcome.failure is not None:
        raise RuntimeError(_FAILED)


def _batches(job: str) -> None:
    number = 0
    while audit_batch(job, number):
        number += 1


def _on_cluster(job: str) -> None:
    """The batches in a flow of its own, whose task runner is the cluster."""
    work = _at_work[job]
    try:
        cluster_flow.with_options(task_runner=task_runner(work.run.school.workers))(job)
    except Exception as error:
        work.outcome.failure = work.outcome.failure or error


@flow(name="audit on a cluster", log_prints=False, persist_result=False, validate_parameters=False)
def cluster_flow(job: str) -> None:
    """As the audit's flow, with the cluster of its task runner to look at items."""
    context = FlowRunContext.get()
    assert context is not None
    _at_work[job].cluster.open(ClusterWorkers(context.task_runner))
    _batches(job)


def _prepared_alone(job: str) -> bool:
    """Prepare a run that the schedule started in a process of its own; what is wrong is said there, not to Prefect.

    Where somebody else has the store open, it is tried again twice.
    """
    loaded = _load_job(job)
    for wait in (*_WAITS, None):
        try:
            _at_work[job] = StoredRun.prepare(loaded, lambda items, findings: None, with_cluster=True)
        except Exception as error:
            if wait is not None and isinstance(error, StoreBusyError):
                time.sleep(wait)
                continue
            _say(error, *filter(None, [mail(loaded, Outcome(failure=error))]))
            return False
        return True
    return False


def _end_alone(work: StoredRun) -> None:
    try:
        work.end()
    except UserError as error:
        work.outcome.failure = work.outcome.failure or error


def _say(failure: BaseException | None, *lines: str) -> None:
    """Tell the terminal of the schedule what went wrong; only a UserError's own text is fit to be shown."""
    if failure is not None:
        lines = (
            *lines,
            str(failure) if isinstance(failure, UserError) else f"the audit failed: {fault(failure)}",
        )
    for line in lines:
        print(line, file=sys.stderr)


@task(log_prints=False, persist_result=False, cache_policy=NO_CACHE)
def audit_batch(job: str, number: int) -> bool:
    """Store the next batch; false after the last, or when the audit failed."""
    work = _at_work[job]
    try:
        return work.step()
    except Exception as error:
        work.outcome.failure = error
        return False


@task(log_prints=False, persist_result=False, cache_policy=NO_CACHE)
def close_run(job: str) -> None:
    """Close the run in the store and write the report."""
    work = _at_work[job]
    try:
        work.close()
    except Exception as error:
        work.outcome.failure = error


def _job_path(name: str) -> Path:
    return home() / "jobs" / f"{name}.json"


def _save_job(job: Job) -> str:
    name = f"{os.getpid()}-{secrets.token_hex(8)}"
    path = _job_path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in path.parent.glob("*-*.json"):
        if not _is_running(left.name.partition("-")[0]):
            left.unlink(missing_ok=True)  # its process was killed
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(job)), encoding="utf-8")
    return name


def _is_running(process: str) -> bool:
    if os.name != "posix":
        return True  # there is no harmless way to ask
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True  # another user's, or no file of ours
    return True


def _load_job(name: str) -> Job:
    values = json.loads(_job_path(name).read_text(encoding="utf-8"))
    return Job(tuple(values["paths"]), values["school"], values["store"], values["report"])


def serve(job: Job, cron: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve the flow by a cron expression until it is stopped; a run that is still going delays the next.

    ``tell`` is given the address of the run history, at ``port`` of this computer (0: any).
    """
    name = _save_job(job)
    try:
        with _scheduling_server(port) as url, temporary_settings({PREFECT_API_URL: url}):
            tell(url.removesuffix("/api"))
            audit_flow.serve(
                name="audit", cron=cron, parameters={"job": name}, global_limit=1, print_starting_message=False
            )
    finally:
        _job_path(name).unlink(missing_ok=True)


@contextmanager
def _scheduling_server(port: int) -> Iterator[str]:
    """The API address of a whole Prefect server on loopback: the one that a flow starts for itself schedules nothing."""
    port = port or SubprocessASGIServer().find_available_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "critical"]
    server = subprocess.Popen(command)  # noqa: S603 - our own words
    try:
        url = f"http://127.0.0.1:{port}/api"
        deadline = time.monotonic() + 180
        while not _answers(f"{url}/health"):
            if server.poll() is not None or time.monotonic() > deadline:
                raise UserError(
                    "Prefect's server does not start; look whether another program holds its database, and try again"
                )
            time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except OSError:
        return False
