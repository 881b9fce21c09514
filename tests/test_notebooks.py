"""The notebooks run from top to bottom over a store of the sample school, fetch nothing, and show no pupil."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "sample", "--output", str(folder)],
        env=os.environ | {"SOCIAL_AUDIT_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "sample.duckdb"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_a_notebook_runs(path: Path, sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIAL_AUDIT_STORE", str(sample_store))
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(sample_store.parent / "home"))
    # The kernel is whatever `python` the path finds first.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"])
    notebook = jupytext.read(path)
    NotebookClient(notebook, kernel_name="python3", timeout=300).execute()
    shown = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert shown.count("image/svg+xml") >= 2
    addresses = set(re.findall(r"https?://[\w.]+", shown))
    assert addresses <= {"http://www.w3.org"}
    with (ROOT / "data" / "sample" / "school" / "roll.csv").open(encoding="utf-8") as roll:
        surnames = {row["legal_surname"] for row in csv.DictReader(roll) if len(row["legal_surname"]) > 4}
    assert {s for s in surnames if re.search(rf"\b{re.escape(s)}\b", shown)} == set()
