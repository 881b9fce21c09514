"""The audit into the store, as its user runs it: twice, and on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from detectors.base import UserError
from detectors.clauses import load_policy
from pipelines import store as store_module
from pipelines.keys import Keys, seal, unseal
from pipelines.masking import mask
from pipelines.readers import Export, open_export
from pipelines.store import RunInfo, SourceInfo, Store
from pipelines.store.summary import summarise
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
        ("CREDENTIAL", "#2219 then green", "2…"),
        ("ADDRESS", "14 Larkspur Close, HR19 4QT", "1…"),
        ("POSTCODE", "HR19 4QT", "H…"),
        ("DOB", "3 May 2014", "3…"),
        ("AGE_WITH_NAME", "Teo Marchetti (9)", "T… M…"),
        ("STAFF_FACT", "Mr Quill is off sick", "M… Q…"),
        ("HANDLE", "@jen.potts88", "j…"),
        ("GEO", "///lamps.otter.violin", "l…"),
        ("GEO", "50.12345, -5.54321", "5…"),
        ("NINO", "JG 12 34 56 A", "JG… A"),
        ("NHS_NUMBER", "999 819 3036", "99…36"),
        ("BANK_ACCOUNT", "08-99-99 66374958", "08…58"),
        ("IBAN", "GB29 NWBK 6016 1331 9268 19", "GB…19"),
        ("PAYMENT_CARD", "4111 1111 1111 1111", "41…11"),
        ("PASSPORT", "533380006", "53…06"),
        ("VEHICLE_REG", "AB37 KLM", "AB…LM"),
        ("CANDIDATE_NUMBER", "4821", "4…"),
        ("IP_ADDRESS", "192.0.2.14", "19…14"),
        ("MEETING_LINK", "https://zoom.us/j/9990001234?pwd=EXAMPLE", "zo…LE"),
        ("SHARE_LINK", "https://www.dropbox.com/sh/EXAMPLE0006/AAA", "dr…AA"),
        ("LOGO", "", ""),
        ("HEALTH", "severe nut allergy", "(18 characters)"),
        ("ATTAINMENT", "9", "(1 character)"),
        ("PRIVATE_FACT", "free school meals", "(17 characters)"),
        ("WHEREABOUTS", "at the Mill Lane stop at 4.10", "(29 characters)"),
    ],
)
def test_masks(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown
    assert len(shown.replace("…", "")) <= 4 or kind in (
        "HEALTH",
        "ATTAINMENT",
        "PRIVATE_FACT",
        "WHEREABOUTS",
        "PUPIL",
        "AGE_WITH_NAME",
        "STAFF_FACT",
    )


def source(export: Export) -> SourceInfo:
    return SourceInfo("page.zip", "page", export.layout, export.sha256, 1, 0, 1, 0, 0, 0, None, None, True, (),
                      facts=export.facts())  # fmt: skip


def test_what_an_export_shows_of_its_site_is_stored_sealed(tmp_path: Path) -> None:
    page, info = tmp_path / "page.zip", RunInfo("0", "0", "2023-06", "N", 1, 0, False, date(2026, 1, 5))
    said = []
    with Store.open(tmp_path / "s.duckdb", Keys.load(tmp_path / "keys")) as store:
        for about in ("A school by the sea", "A school by the sea", "A school in the hills"):
            exports.facebook(page, [("Hello", "a.png")], {"username": "northmoor", "intro_bio": {"name": about}})
            said.append(store.begin_run(info))
            store.finish_run(said[-1], [source(open_export(page))], 0)
        assert store.reveal_facts(said[0], 0) == {"about": "A school by the sea", "username": "northmoor"}
        assert store.reveal_facts(said[2], 0)["about"] == "A school in the hills"
        assert store.reveal_facts("another", 0) == {}
        seen = store.query("SELECT fact, characters, changed FROM site_facts_read ORDER BY started, fact")
        missing = store.query("SELECT sentence FROM site_facts_missing WHERE run_id = ?", [said[0]])
    assert list(seen["changed"]) == [False, False, False, False, True, False]
    assert list(zip(seen["fact"], seen["characters"], strict=True))[:2] == [("about", 19), ("username", 9)]
    assert len(missing) == 1
    stored = (tmp_path / "s.duckdb").read_bytes()
    assert [word for word in (b"the sea", b"the hills", b"northmoor", b"page.zip") if word in stored] == []


def test_the_summary_counts_the_files_of_an_export_and_names_none(tmp_path: Path) -> None:
    members = (
        ("posts/your_posts_1.json", "parsed", 40, "", 1),
        ("posts/media", "parsed", 4, "shown by items, read with them", 4),
        ("posts/your_posts_2.json", "damaged", 7, "cut short", 1),
        ("messages/", "private", 12, "private: never opened", 12),
        ("friends.json", "private", 0, "", 1),
        ("Noor Lang.bin", "unknown", 0, "format not known", 1),
    )
    exports.facebook(page := tmp_path / "page.zip", [("Hello", "a.png")])
    with Store.open(tmp_path / "s.duckdb", Keys.load(tmp_path / "keys")) as store:
        run = store.begin_run(RunInfo("0", "0", "2023-06", "N", 1, 0, False, date(2026, 1, 5)))
        of_page = replace(source(open_export(page)), members=members, not_in_export=("Comments are not in it.",))
        store.finish_run(run, [of_page], 1)
        (row,) = summarise(store, load_policy, date(2026, 1, 5))[0].sources
    assert row.members == {"parsed": 5, "damaged": 1, "private": 13, "unknown": 1}
    assert row.not_in_export == ("Comments are not in it.",)
    assert "Noor" not in repr(row)


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys.load(tmp_path / "keys")
    first = tmp_path / "migrations"
    first.mkdir()
    shutil.copy(store_module._MIGRATIONS / "0001_first.sql", first)
    with monkeypatch.context() as patched:
        patched.setattr(store_module, "_MIGRATIONS", first)
        Store.open(tmp_path / "s.duckdb", keys).close()
    with Store.open(tmp_path / "s.duckdb", keys) as store:
        assert store.query("SELECT * FROM site_facts_read").empty
        assert {1, 2, 3} <= set(store.query("SELECT version FROM schema_versions")["version"])
        assert store.query("SELECT * FROM members_read").empty
