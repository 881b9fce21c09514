"""The notebooks run from top to bottom over a store of the sample school, fetch nothing, and show no pupil."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHARTS = {"accuracy": 2, "findings": 4, "pictures": 1}  # at least


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path: Path, sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIAL_AUDIT_STORE", str(sample_store))
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(sample_store.parent / "home"))
    # The kernel is whatever `python` the path finds first.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"])
    notebook = nbformat.read(path, 4)
    committed = outputs(notebook)
    NotebookClient(
        notebook, kernel_name="python3", timeout=300, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    with (ROOT / "data" / "sample" / "school" / "roll.csv").open(encoding="utf-8") as roll:
        surnames = {row["legal_surname"] for row in csv.DictReader(roll) if len(row["legal_surname"]) > 4}
    for shown in (committed, outputs(notebook)):
        assert shown.count("image/svg+xml") >= CHARTS[path.stem]
        assert set(re.findall(r"https?://[\w.]+", shown)) <= {"http://www.w3.org"}
        assert {s for s in surnames if re.search(rf"\b{re.escape(s)}\b", shown)} == set()


def outputs(notebook: Any) -> str:
    """All that a notebook's cells show, as JSON; no cell ended in an error."""
    shown = [cell.get("outputs", []) for cell in notebook.cells]
    assert not [o for of_cell in shown for o in of_cell if o["output_type"] == "error"]
    return json.dumps(shown)


def test_every_notebook_explains_itself() -> None:
    assert {p.stem for p in NOTEBOOKS} == set(CHARTS)
    for path in NOTEBOOKS:
        cells = nbformat.read(path, 4).cells
        assert cells[0].cell_type == "markdown"
        assert cells[0].source.startswith("# ")
        assert sum(c.cell_type == "markdown" for c in cells) >= 5
        assert sum("assert " in c.source for c in cells if c.cell_type == "code") >= 3
