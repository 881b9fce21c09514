"""The audit into the store, as its user runs it: twice, and on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detectors.base import UserError
from pipelines.keys import Keys, seal, unseal
from pipelines.masking import mask
from pipelines.store import Store
from tests import exports

ROWS: list[dict[str, object]] = [
    {"id": "1", "text": "Well done Noor Lang! Text 07700 900123.", "published": "2026-01-05T10:00:00Z"},
    {"id": "2", "text": "A quiet day.", "published": "2026-01-06T10:00:00Z"},
    {"id": "3", "text": "Teo Marchetti and Noor Lang, and Noor Lang again."},
]


def command(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *map(str, arguments)],
        env=os.environ | {"SOCIAL_AUDIT_HOME": str(folder / "home")},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Two runs on the same export, then one on a newer export in which a post is gone and another has come."""
    folder = tmp_path_factory.mktemp("runs")
    school, posts = exports.school(folder / "school"), folder / "posts.jsonl"
    said = []
    newer = [*ROWS[1:], {"id": "4", "text": "Ring Teo M. on 07700 900456"}]
    for rows in (ROWS, ROWS, newer):
        exports.records(posts, rows)
        done = command(folder, "run", posts, "--school", school, "--store", "s.duckdb", "--report", "r.pdf", "--json")
        assert done.returncode == 0, done.stderr
        said.append(json.loads(done.stdout.splitlines()[-1]))
    return folder, said


def findings(folder: Path) -> list[dict[str, Any]]:
    done = command(folder, "findings", "--store", "s.duckdb", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_second_run_stores_no_finding_twice(runs: tuple[Path, list[dict[str, Any]]]) -> None:
    first, second, _ = runs[1]
    assert (first["items"], first["findings"], first["new"], first["gone"]) == (3, 5, 5, 0)
    assert (second["items"], second["findings"], second["new"], second["gone"]) == (3, 5, 0, 0)


def test_what_came_and_what_went_is_told(runs: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, (_, _, third) = runs
    assert (third["items"], third["findings"], third["new"], third["gone"]) == (3, 5, 2, 2)
    states = sorted((f["kind"], f["state"]) for f in findings(folder))
    assert states == [
        ("PHONE", "gone"), ("PHONE", "new"), ("PUPIL", "gone"), ("PUPIL", "new"),
        ("PUPIL", "open"), ("PUPIL", "open"), ("PUPIL", "open"),
    ]  # fmt: skip


def test_what_went_long_ago_is_not_told_again(runs: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    """After a, b, b nothing has gone; after a run of another site alone the first is as it was."""
    folder = Path(shutil.copytree(runs[0], tmp_path / "copy"))
    school = folder / "school"
    other = exports.records(folder / "club.jsonl", [{"id": "9", "text": "Noor Lang", "site": "club"}])
    said = []
    for path in (folder / "posts.jsonl", other):
        done = command(folder, "run", path, "--school", school, "--store", "s.duckdb", "--json")
        assert done.returncode == 0, done.stderr
        said.append(json.loads(done.stdout.splitlines()[-1]))
    assert [(s["new"], s["gone"]) for s in said] == [(0, 0), (1, 0)]
    assert sorted(f["state"] for f in findings(folder)) == ["gone"] * 2 + ["new"] + ["open"] * 5


def test_findings_are_masked(runs: tuple[Path, list[dict[str, Any]]]) -> None:
    shown = {f["masked"] for f in findings(runs[0])}
    assert shown == {"N… L…", "T… M…", "07…23", "07…56"}


def test_content_is_kept_sealed_and_only_where_findings_are_open(runs: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = runs
    with Store.open(folder / "s.duckdb", Keys.load(folder / "home" / "keys"), read_only=True) as store:
        items = store.query("SELECT item_key, sealed IS NOT NULL AS kept FROM items ORDER BY published")
        content = [store.reveal(key) for key in items["item_key"]]
    assert int(items["kept"].sum()) == 2
    assert sorted(c["id"] for c in content if c) == ["3", "4"]


def test_the_store_needs_its_keys(runs: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SOCIAL_AUDIT_HOME"):
        Store.open(runs[0] / "s.duckdb", Keys.load(tmp_path / "others"), read_only=True)


def test_a_store_in_use_is_told(runs: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = runs
    with Store.open(folder / "s.duckdb", Keys.load(folder / "home" / "keys")):
        done = command(folder, "findings", "--store", "s.duckdb")
    assert done.returncode == 2
    assert "wait until it has ended" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_report_can_be_written_again(runs: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = runs
    done = command(folder, "report", "--store", "s.duckdb", "--output", "again.pdf", "--since", "2026-01-01")
    assert done.returncode == 0, done.stderr
    assert (folder / "again.pdf").stat().st_size > 10_000


def test_sealing_is_bound_to_its_row() -> None:
    from cryptography.exceptions import InvalidTag

    key = bytes(32)
    sealed = seal(key, {"text": "Zoë \ud83d"}, "item 1")
    assert unseal(key, sealed, "item 1") == {"text": "Zoë \ud83d"}
    with pytest.raises(InvalidTag):
        unseal(key, sealed, "item 2")


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("PUPIL", "Noor Lang", "N… L…"),
        ("PUPIL", "#WellDoneNoorLang", "W…"),
        ("PUPIL", "van der Wyck, Ruben", "v… d…"),
        ("PHONE", "07700 900123", "07…23"),
        ("EMAIL_PERSONAL", "a.lang@example.com", "a…@…"),
        ("UPN", "Q999123421034", "Q9…34"),
        ("CREDENTIAL", "open", "o…"),
        ("LOGO", "", ""),
    ],
)
def test_masks(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown
