"""Items looked at in other processes: the same findings as in one, a dead worker's work done again, nothing told of what failed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import date
from pathlib import Path

import psutil
import pytest

from detectors.base import Item, UserError
from detectors.images.marks import LogoBank
from detectors.reading import Look, Looker
from detectors.text.names import NamesModel
from pipelines.audit import finding_record
from pipelines.cluster import task_runner
from pipelines.runs import AuditRun
from pipelines.school import load_school
from pipelines.workers import (
    JOB_BYTES,
    JOB_ITEMS,
    Later,
    Pool,
    Setup,
    Shared,
    WorkerError,
    WorkerSettings,
    _jobs,
    looked,
)
from tests import case_school as school
from tests import drawn, exports

PLAIN = Setup("none", ())
TEXTS = (
    "Well done Noor Lang!",
    "Ring 07700 900123 after four.",
    "Soup today.",
    "Mrs Adeyemi thanks Piotr Zielinski of 7K.",
)


def posts(number: int) -> list[Item]:
    return [school.item(f"{n}. {TEXTS[n % len(TEXTS)]}", id=f"{n}") for n in range(number)]


class Inline:
    """Workers that work when asked, in this process, on what was sent; counts what has been sent and not asked for."""

    def __init__(self) -> None:
        self.sent = self.most = self.bytes = self.most_bytes = 0

    def submit(self, job: bytes) -> Callable[[], bytes]:
        self.sent += 1
        self.bytes += len(job)
        self.most, self.most_bytes = max(self.most, self.sent), max(self.most_bytes, self.bytes)

        def answer() -> bytes:
            self.sent -= 1
            self.bytes -= len(job)
            return looked(job)

        return answer

    def close(self) -> None:
        self.sent = -1


def test_pictures_and_texts_are_seen_alike_in_a_worker() -> None:
    page = drawn.media({"lines": ["Certificate of merit for Noor Lang"], "code": "https://bit.ly/3EXAMPLE"})
    gone = replace(page, sha256="0" * 64, load=lambda: (_ for _ in ()).throw(FileNotFoundError()))
    items = [*posts(3), school.item("Look", id="page", media=(page,)), school.item("Gone", id="gone", media=(gone,))]
    here = Looker(LogoBank(), NamesModel.load("fast")).look(items)
    looks = Shared(Setup("fast", ()), Inline(), 2).begin(items)()
    assert [(a.pictures, a.spans) for a in looks] == [(b.pictures, b.spans) for b in here]
    assert looks[3].pictures[0].lines
    assert looks[4].pictures[0].not_read == ("file",)


def test_a_pool_finds_what_one_process_finds(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    rows = [{"id": i.id, "published": "2026-01-02T10:00:00Z", "text": i.part("text")} for i in posts(700)]
    found = []
    for processes in (1, 2):
        run = AuditRun.prepare([exports.records(tmp_path / "posts.jsonl", rows)], folder, date(2026, 2, 1))
        run.school = replace(run.school, names_model="fast", workers=WorkerSettings(processes))
        found.append([finding_record(f) for batch in run.batches() for f in batch.findings])
    assert found[0] == found[1]
    assert len(found[0]) > 300


def test_the_work_of_a_worker_that_dies_is_done_again() -> None:
    pool = Pool(2)
    try:
        items = posts(5 * JOB_ITEMS)
        looking = Shared(Setup("fast", ()), pool, 2)
        looks = looking.begin(items)
        children = [c for c in psutil.Process().children() if "spawn_main" in " ".join(c.cmdline())]
        assert children
        children[0].kill()
        assert [look.spans for look in looks()] == [
            look.spans for look in Looker(LogoBank(), NamesModel.load("fast")).look(items)
        ]
    finally:
        pool.close()


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[Callable[[int], object], tuple[int]]:
        return os._exit, (1,)


def test_work_that_kills_every_worker_ends_the_audit_in_one_line() -> None:
    pool = Pool(1)
    try:
        with pytest.raises(UserError, match=r"keep dying.*processes under") as caught:
            pool.submit(pickle.dumps(Deadly()))()
        assert "\n" not in str(caught.value)
        assert pickle.loads(pool.submit(pickle.dumps((PLAIN, posts(1))))()) == [Look()]  # the next is not its victim
    finally:
        pool.close()


def test_workers_end_with_the_audit_that_is_killed(tmp_path: Path) -> None:
    code = """
        import pickle, sys, time
        from pipelines.workers import Pool, Setup
        pool = Pool(2)
        pool.submit(pickle.dumps((Setup("none", ()), [])))()
        print("ready", flush=True)
        time.sleep(100)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, left = psutil.wait_procs(workers, timeout=20)
    assert left == []


def test_a_fault_in_a_worker_tells_its_type_and_place_and_no_content() -> None:
    broken = replace(school.item("Xanthe Brightwater"), parts=("Xanthe Brightwater",))  # type: ignore[arg-type]
    with pytest.raises(WorkerError) as caught:
        Shared(Setup("fast", ()), Inline(), 1).begin([broken])()
    assert str(caught.value).startswith("AttributeError in ")
    assert "Xanthe" not in repr(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(UserError, match="no_such_model is not installed"):
        Shared(Setup("no_such_model", ()), Inline(), 1).begin(posts(1))()


def test_only_so_much_is_sent_ahead() -> None:
    workers = Inline()
    looking = Shared(PLAIN, workers, 2)
    begun = [looking.begin(posts(1000)) for _ in range(3)]
    assert [len(looks()) for looks in begun] == [1000, 1000, 1000]
    assert 2 <= workers.most <= 12
    assert workers.sent == 0
    looking.close()
    assert workers.sent == -1


def test_large_pictures_are_sent_a_few_at_a_time() -> None:
    media = replace(drawn.media({}), size=JOB_BYTES // 3)
    jobs = list(_jobs([school.item("x", id=f"{n}", media=(media,)) for n in range(10)]))
    assert [len(j.items) for j in jobs] == [3, 3, 3, 1]
    assert [len(j.items) for j in _jobs(posts(2 * JOB_ITEMS + 1))] == [JOB_ITEMS, JOB_ITEMS, 1]
    assert list(_jobs([])) == []


def test_jobs_wait_for_a_cluster_and_are_told_when_it_does_not_come() -> None:
    late = Later()
    late.open(Inline())
    assert pickle.loads(late.submit(pickle.dumps((PLAIN, posts(2))))()) == [Look(), Look()]
    never = Later()
    never.close()
    with pytest.raises(CancelledError):
        never.submit(b"")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("processes = 0", "must be a whole number, from 1"),
        ("processes = true", "must be a whole number, from 1"),
        ("proceses = 2", "knows ca, certificate, cluster, key, processes, and nothing else"),
        ('cluster = "tcp://scheduler.example:8786"', "speaks TLS"),
        ('cluster = "tls://scheduler.example:8786"', "needs ca, certificate and key"),
        ('cluster = "tls://scheduler.example:8786"\nca = "a"\ncertificate = "b"\nkey = "c"', "a: is not there"),
    ],
)
def test_settings_that_do_not_fit_are_told_in_one_line(settings: str, said: str, tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    toml = folder / "school.toml"
    toml.write_text(f"{toml.read_text()}\n[workers]\n{settings}\n")
    with pytest.raises(UserError, match=said) as caught:
        load_school(folder, date(2026, 2, 1))
    assert "\n" not in str(caught.value)


def test_a_cluster_is_encrypted_keeps_nothing_on_disk_and_has_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    import dask

    with dask.config.set({}):
        local = task_runner(WorkerSettings(2, "local"))
        assert local.cluster_kwargs["protocol"] == "tls"  # type: ignore[attr-defined]
        assert local.cluster_kwargs["dashboard_address"] is None  # type: ignore[attr-defined]
        assert local.client_kwargs["security"].require_encryption  # type: ignore[attr-defined]
        assert dask.config.get("distributed.worker.memory.spill") is False
        assert dask.config.get("distributed.worker.memory.target") is False
        files = [Path(f"{name}.pem") for name in ("ca", "certificate", "key")]
        remote = task_runner(WorkerSettings(40, "tls://scheduler.example:8786", *files))
        assert remote.address == "tls://scheduler.example:8786"  # type: ignore[attr-defined]
        assert remote.client_kwargs["security"].tls_client_key == "key.pem"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "prefect_dask", None)
    with pytest.raises(UserError, match=r"pip install 'social-audit\[cluster\]'"):
        task_runner(WorkerSettings(2, "local"))


_ON_CLUSTER = """
import json
from pathlib import Path

import psutil


def workers():
    return [c for c in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(c.cmdline())]


def main():
    from pipelines.flow import run_audit
    from pipelines.keys import home
    from pipelines.stored import Job
    from prefect.context import FlowRunContext

    killed = []

    def progress(items, findings):
        if not killed:
            info = FlowRunContext.get().task_runner.client.scheduler_info()
            found = workers()
            killed.append(True)
            held = [p.read_bytes() for p in (home() / "dask").rglob("*") if p.is_file()]
            print(json.dumps({
                "addresses": [info["address"], *info["workers"]],
                "processes": len(found),
                "on disk": sum(b"Soup" in h for h in held),
            }), flush=True)
            found[0].kill()

    done = run_audit(Job.of([Path("posts.jsonl")], Path("school"), Path("cluster.duckdb"), None), progress)
    print(json.dumps({"failure": repr(done.failure), "items": done.items, "findings": done.findings}))


if __name__ == "__main__":
    main()
"""
_ALONE = """
import json
from pathlib import Path
from pipelines.stored import Job, run_directly
done = run_directly(Job.of([Path("posts.jsonl")], Path("school"), Path("alone.duckdb"), None), lambda *_: None)
print(json.dumps({"failure": "None", "items": done.items, "findings": done.findings}))
"""
_LIST = """
import sys
from pathlib import Path
from pipelines.console import open_store
with open_store(Path(sys.argv[1])) as store:
    print(store.query("SELECT key, detector, part, state FROM findings_now ORDER BY ALL").to_json())
"""


def test_a_cluster_finds_what_one_process_finds_though_a_worker_is_killed(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    toml = folder / "school.toml"
    toml.write_text(f'{toml.read_text()}\n[names]\nmodel = "fast"\n')
    rows = [{"id": i.id, "published": "2026-01-02T10:00:00Z", "text": i.part("text") * 3} for i in posts(1100)]
    exports.records(tmp_path / "posts.jsonl", rows)
    env = os.environ | {"SOCIAL_AUDIT_HOME": str(tmp_path / "home")}

    def said(code: str, *words: str) -> list[str]:
        (tmp_path / "code.py").write_text(code)
        done = subprocess.run(
            [sys.executable, "code.py", *words], cwd=tmp_path, env=env | {"PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True, text=True, timeout=400,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    (alone,) = said(_ALONE)
    toml.write_text(toml.read_text() + '[workers]\nprocesses = 2\ncluster = "local"\n')
    shown, outcome = map(json.loads, said(_ON_CLUSTER))
    assert outcome == json.loads(alone)
    assert outcome["items"] == 1100
    assert len(shown["addresses"]) == 3
    assert all(a.startswith("tls://127.0.0.1:") for a in shown["addresses"])
    assert shown["processes"] == 2
    assert shown["on disk"] == 0
    assert said(_LIST, "cluster.duckdb") == said(_LIST, "alone.duckdb")
