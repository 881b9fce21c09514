"""A Dask cluster as a flow's task runner: encrypted, nothing of what it holds on disk, no page of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from detectors.base import UserError
from pipelines.keys import home
from pipelines.workers import WorkerSettings, looked

if TYPE_CHECKING:
    from prefect.task_runners import TaskRunner

_SETTINGS = {
    # What is in a worker's memory is children's data: it never goes to disk. A worker that needs too much memory is replaced.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": 0.85,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.comm.require-encryption": True,
    "distributed.admin.large-graph-warning-threshold": "1GB",  # a job carries its pictures
    "distributed.worker.profile.enabled": False,
}


def task_runner(settings: WorkerSettings) -> TaskRunner[Any]:
    """The runner for the cluster that a school has set. Raises UserError where the extra is not installed."""
    try:
        import dask
        from distributed.security import Security
        from prefect_dask import DaskTaskRunner
    except ImportError:
        raise UserError(
            "a cluster needs Dask; install it with: pip install 'social-audit[cluster]' (or take cluster out of [workers] in "
            "school.toml)"
        ) from None
    dask.config.set(_SETTINGS)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it prints the text of what went wrong
    if settings.cluster != "local":
        proof = {"tls_ca_file": settings.ca, "tls_client_cert": settings.certificate, "tls_client_key": settings.key}
        security = Security(require_encryption=True, **{name: str(path) for name, path in proof.items()})
        remote: TaskRunner[Any] = DaskTaskRunner(address=settings.cluster, client_kwargs={"security": security})
        return remote
    security = Security.temporary()
    local: TaskRunner[Any] = DaskTaskRunner(
        cluster_kwargs={
            "n_workers": settings.processes,
            "threads_per_worker": 1,
            "host": "127.0.0.1",
            "protocol": "tls",
            "security": security,
            "dashboard_address": None,
            "silence_logs": logging.CRITICAL,
            "local_directory": str(home() / "dask"),
        },
        client_kwargs={"security": security},
    )
    return local


class ClusterWorkers:
    """The workers of a task runner's cluster. They are asked by its client, not by tasks: they need not reach Prefect's server."""

    def __init__(self, runner: Any) -> None:
        self._client = runner.client

    def submit(self, job: bytes) -> Callable[[], bytes]:
        """As Workers says; Dask replaces a worker that dies and has its jobs done again. Raises UserError where that fails."""
        future = self._client.submit(looked, job, pure=False)
        return lambda: self._answer(future)

    def _answer(self, future: Any) -> bytes:
        try:
            answer: bytes = future.result()
        except Exception as error:
            raise UserError(
                f"the cluster did not do its work ({type(error).__name__}); look whether its workers run, with this version "
                "installed and memory enough, and run the same command again: the store keeps what was done"
            ) from None
        return answer

    def close(self) -> None:
        """The flow whose task runner it is ends the cluster."""
