"""No connection leaves the machine: the audit works where there is only loopback, its child processes included."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import exports

_COMMAND = 'ip link set lo up 2>/dev/null || ifconfig lo up; exec "$@"'


def namespace() -> list[str] | None:
    """A command that runs another with loopback alone, None where the system permits none."""
    if not shutil.which("unshare"):
        return None
    prefix = ["unshare", "--net", "--map-root-user", "sh", "-c", _COMMAND, "sh"]
    if os.geteuid() == 0:
        prefix.remove("--map-root-user")
    probe = (
        "import socket\n"
        "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname(), 2)\n"
        "try: socket.create_connection(('192.0.2.1', 9), 2)\n"
        "except OSError as e: print(e.errno)\n"
    )
    done = subprocess.run([*prefix, sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    return prefix if done.returncode == 0 and done.stdout.strip() == "101" else None  # ENETUNREACH


def test_the_audit_runs_with_loopback_only(tmp_path: Path) -> None:
    prefix = namespace()
    if prefix is None:
        pytest.skip("this system permits no network namespace with working loopback")
    posts = exports.records(tmp_path / "posts.jsonl", [{"id": "1", "text": "Well done Noor Lang!"}])
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "run",
        str(posts),
        "--school",
        str(exports.school(tmp_path / "school")),
    ]
    command += ["--store", str(tmp_path / "s.duckdb"), "--report", str(tmp_path / "r.pdf"), "--json"]
    done = subprocess.run(
        [*prefix, *command],
        env=os.environ | {"SOCIAL_AUDIT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["findings"] == 1
    assert (tmp_path / "r.pdf").stat().st_size > 10_000
