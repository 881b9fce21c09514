"""Killed at any moment, disk full, read-only, in use: one clear line, nothing lost, and the next run finishes the work.

The runs here are the flow's own steps without a flow, so that most kills strike while the store is written.
``python -m tests.test_crash --kills 20`` (``make crash``) kills whole commands more often and says where each kill struck.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests import exports

ITEMS = 2600  # several batches
COMMAND = ("-m", "pipelines.cli", "run", "posts.jsonl", "--school", "school", "--json", "--store")
_STEPS = """
import json, sys
from pathlib import Path
from pipelines.stored import Job, run_directly
done = run_directly(Job.of([Path("posts.jsonl")], Path("school"), Path(sys.argv[1]), None), lambda *_: None)
print(json.dumps({"items": done.items, "audited": done.audited, "findings": done.findings}))
"""
STEPS = ("-c", _STEPS)


def start(folder: Path, how: Sequence[str], store: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *how, store], cwd=folder, env=os.environ | {"SOCIAL_AUDIT_HOME": str(folder / "home")}, text=True,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(folder: Path, how: Sequence[str], store: str) -> tuple[int, str, str]:
    """Exit status, output, messages."""
    process = start(folder, how, store)
    out, messages = process.communicate(timeout=400)
    return process.returncode, out, messages


def kill(folder: Path, how: Sequence[str], store: str, after: float) -> bool:
    """Kill the whole process group of a run, some seconds after it has opened its store; false when it had ended before."""
    process = start(folder, how, store)
    while process.poll() is None and not (folder / store).exists():
        time.sleep(0.01)
    time.sleep(after)
    ended = process.poll() is not None
    if not ended:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return not ended


def findings(folder: Path, store: str) -> list[dict[str, object]]:
    status, out, messages = finish(folder, ("-m", "pipelines.cli", "findings", "--json", "--store"), store)
    assert status == 0, messages
    return sorted((json.loads(line) for line in out.splitlines()), key=lambda f: str(f["key"]))


def prepare(folder: Path) -> None:
    school = exports.school(folder / "school")
    settings = school / "school.toml"
    settings.write_text(settings.read_text() + '[names]\nmodel = "none"\n')
    rows = (
        {"id": f"{n}", "published": f"2026-01-{n % 28 + 1:02}T10:{n % 60:02}:00Z",
         "text": f"Day {n}. " + ("Well done Noor Lang!" if n % 3 == 0 else "Ring 07700 900123." if n % 7 == 0 else "Soup.")}
        for n in range(ITEMS)
    )  # fmt: skip
    exports.records(folder / "posts.jsonl", list(rows))


def working_time(folder: Path, how: Sequence[str], store: str = "undisturbed.duckdb") -> float:
    """Run undisturbed into a new store, and give the seconds from when it is there to the end."""
    process = start(folder, how, store)
    while process.poll() is None and not (folder / store).exists():
        time.sleep(0.01)
    began = time.monotonic()
    process.communicate(timeout=400)
    assert process.returncode == 0
    return time.monotonic() - began


def test_a_run_that_is_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    prepare(tmp_path)
    seconds, chance = working_time(tmp_path, STEPS), random.Random()
    struck = [kill(tmp_path, STEPS, "s.duckdb", chance.uniform(0.0, 0.8) * seconds) for _ in range(3)]
    assert any(struck)
    status, out, messages = finish(tmp_path, STEPS, "s.duckdb")
    assert status == 0, messages
    assert json.loads(out)["items"] == ITEMS
    undisturbed = findings(tmp_path, "undisturbed.duckdb")
    assert len(undisturbed) > ITEMS // 3
    # Where a run had ended before it was struck, what it found is open now, not new.
    unlike = {} if all(struck) else {"state": ""}
    assert [f | unlike for f in findings(tmp_path, "s.duckdb")] == [f | unlike for f in undisturbed]


def test_a_second_run_at_the_same_time_is_told_to_wait(tmp_path: Path) -> None:
    prepare(tmp_path)
    first = start(tmp_path, STEPS, "s.duckdb")
    while not (tmp_path / "s.duckdb").exists():
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGSTOP)
    try:
        status, _, messages = finish(tmp_path, COMMAND, "s.duckdb")
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    assert status == 2
    assert "another run or reader has this store open" in messages
    assert "Traceback" not in messages
    out, _ = first.communicate(timeout=400)
    assert json.loads(out)["items"] == ITEMS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes; skipped where this user may not mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not shutil.which("mount") or mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)):
        pytest.skip("this user may not mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def mount(*how: str) -> int:
    return subprocess.run(["mount", *how], capture_output=True, check=False).returncode


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, small_disk: Path) -> None:
    prepare(tmp_path)
    store = str(small_disk / "s.duckdb")
    (small_disk / "ballast").write_bytes(bytes(1_100_000))
    status, _, messages = finish(tmp_path, COMMAND, store)
    assert status == 2
    assert "no space is left" in messages
    assert "Traceback" not in messages
    (small_disk / "ballast").unlink()
    assert mount("-o", "remount,size=40m", str(small_disk)) == 0
    status, out, messages = finish(tmp_path, STEPS, store)
    assert status == 0, messages
    assert json.loads(out)["findings"] > ITEMS // 3
    assert mount("-o", "remount,ro", str(small_disk)) == 0
    status, _, messages = finish(tmp_path, COMMAND, store)
    assert status == 2
    assert "cannot be opened or written" in messages
    assert findings(tmp_path, store)


def main() -> None:
    """Kill often, each time into a store of its own, and compare what the next run finds with an undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    given = parser.parse_args()
    same = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        seconds = {STEPS: working_time(folder, STEPS), COMMAND: working_time(folder, COMMAND, "other.duckdb")}
        undisturbed = findings(folder, "undisturbed.duckdb")
        undisturbed = [f | {"state": ""} for f in undisturbed]
        for number in range(given.kills):
            how, store = (COMMAND, STEPS)[number % 2], f"{number}.duckdb"
            after = random.uniform(0.0, 1.0) * seconds[how]
            hit = kill(folder, how, store, after)
            assert finish(folder, STEPS, store)[0] == 0
            found = findings(folder, store)
            new = not hit or all(f["state"] == "new" for f in found)
            right = new and [f | {"state": ""} for f in found] == undisturbed
            same += right
            told = "the same findings" if right else "OTHER findings"
            print(f"{number + 1}: {'killed' if hit else 'had ended'} after {after:.1f} s: {told}", flush=True)
    print(f"{same} of {given.kills} as undisturbed")
    sys.exit(same != given.kills)


if __name__ == "__main__":
    main()
