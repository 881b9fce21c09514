"""What a user can get wrong ends in one clear line and status 2, never in a traceback, and loses nothing."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.console import writing
from tests import exports

Said = tuple[int, list[str], list[str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Said]:
    """The command in this process: status, lines of standard output, lines of standard error."""
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(tmp_path / "home"))

    def command(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["social-audit", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out.splitlines(), err.splitlines()

    return command


def good(folder: Path) -> Path:
    return exports.records(folder / "good.jsonl", [{"id": "1", "text": "Well done Noor Lang!"}])


def bad_exports(folder: Path) -> dict[str, tuple[Path, str]]:
    """Each bad export with what its line must say to do."""
    made: dict[str, tuple[Path, str]] = {"missing": (folder / "nowhere.zip", "")}

    def file(name: str, data: bytes) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    made["unknown format"] = file("a.bin", os.urandom(500)), ""
    made["empty"] = file("empty.jsonl", b""), ""
    whole = exports.facebook(folder / "whole.zip", [("Hello", "a.png")]).read_bytes()
    made["truncated zip"] = file("cut.zip", whole[: len(whole) // 2]), "again"
    bomb = folder / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("posts/your_posts_1.json", b" " * 300_000_000)
    made["zip bomb"] = bomb, ""
    made["broken XML"] = file("broken.xml", b'<?xml version="1.0"?><rss><channel><item><title>x</tit'), ""
    made["broken JSON"] = file("broken.jsonl", b'{"id": "1", "text": \n'), ""
    made["unreadable image"] = file("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40), ""
    return made


KINDS = (
    "missing",
    "unknown format",
    "empty",
    "truncated zip",
    "zip bomb",
    "broken XML",
    "broken JSON",
    "unreadable image",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["scan", "inspect"])
def test_a_bad_export_alone(kind: str, command: str, run: Callable[..., Said], tmp_path: Path) -> None:
    path, remedy = bad_exports(tmp_path)[kind]
    school = exports.school(tmp_path / "school")
    status, _, lines = run(command, path, *(["--school", school] if command == "scan" else []))
    assert status == 2
    assert len(lines) == 1
    assert path.name in lines[0]
    assert remedy in lines[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_export_beside_a_good_one_loses_nothing(kind: str, run: Callable[..., Said], tmp_path: Path) -> None:
    path, _ = bad_exports(tmp_path)[kind]
    output = tmp_path / "findings.jsonl"
    status, _, lines = run(
        "scan", path, good(tmp_path), "--school", exports.school(tmp_path / "school"), "--output", output
    )
    assert status == 2
    assert [line for line in lines if path.name in line]
    assert [json.loads(line)["kind"] for line in output.read_text(encoding="utf-8").splitlines()] == ["PUPIL"]


def test_records_before_and_after_a_broken_line_are_read(run: Callable[..., Said], tmp_path: Path) -> None:
    path = tmp_path / "half.jsonl"
    path.write_text(
        '{"id": "1", "text": "Noor Lang"}\n{"id": "2", \n{"id": "3", "text": "Teo Marchetti"}\n', encoding="utf-8"
    )
    status, found, lines = run("scan", path, "--school", exports.school(tmp_path / "school"))
    assert status == 2
    assert [json.loads(line)["item"] for line in found] == ["1", "3"]
    assert len(lines) == 1
    assert "2" in lines[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: (s / "roll.csv").unlink(), "roll.csv is missing"),
        (lambda s: (s / "roll.csv").write_text("pupil_id,legal_forename\n1,Noor\n"), "no column legal_surname"),
        (lambda s: (s / "roll.csv").write_text("pupil_id,legal_forename,legal_surname\n"), "no pupils"),
        (lambda s: (s / "school.toml").unlink(), "school.toml is missing"),
        (lambda s: (s / "school.toml").write_text("name = \n"), "not valid TOML"),
        (
            lambda s: (s / "school.toml").write_text('name = "N"\n[policy]\nversion = "1999-01"\n'),
            "no policy version 1999-01",
        ),
        (lambda s: (s / "sites.toml").write_text('[[site]]\nname = "x"\n'), "has no site_id"),
    ],
)
def test_a_school_folder_with_a_mistake(
    change: Callable[[Path], object], says: str, run: Callable[..., Said], tmp_path: Path
) -> None:
    school = exports.school(tmp_path / "school")
    change(school)
    status, _, lines = run("scan", good(tmp_path), "--school", school)
    assert status == 2
    assert len(lines) == 1
    assert says in lines[0]


def test_no_school_folder(run: Callable[..., Said], tmp_path: Path) -> None:
    status, _, lines = run("scan", good(tmp_path), "--school", tmp_path / "none")
    assert (status, len(lines)) == (2, 1)
    assert "social-audit init" in lines[0]


def test_columns_of_other_systems_are_mapped(run: Callable[..., Said], tmp_path: Path) -> None:
    school = exports.school(tmp_path / "school")
    (school / "roll.csv").write_bytes("Adno;First Name;Last Name\r\n007;Zoë;Quill\r\n".encode("cp1252"))
    (school / "school.toml").write_text(
        'name = "N"\n[columns]\npupil_id = "Adno"\nlegal_forename = "First Name"\nlegal_surname = "Last Name"\n'
    )
    status, found, _ = run(
        "scan", exports.records(tmp_path / "x.jsonl", [{"id": "1", "text": "zoe quill"}]), "--school", school
    )
    assert status == 0
    assert [json.loads(line)["pupils"] for line in found] == [["007"]]


def own_table(folder: Path) -> Path:
    """A table as a system of the school's own writes it: no header that the reader knows."""
    path = folder / "bulletins.csv"
    path.write_text(
        "Ref;Sent on;Rubric;Wording;Checked\n7;05/01/2026 10:00;Week 1;<p>Well done <b>Noor</b> Lang!</p>;yes\n",
        encoding="utf-8",
    )
    return path


def with_columns(folder: Path, *lines: str) -> Path:
    """A school whose school.toml has those lines as its map of columns."""
    school = exports.school(folder / "school")
    with (school / "school.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["[exports.columns]", *lines]) + "\n")
    return school


def test_a_table_with_columns_of_ones_own(run: Callable[..., Said], tmp_path: Path) -> None:
    path = own_table(tmp_path)
    school = with_columns(
        tmp_path, 'html = ["Body", "wording"]', 'title = "Rubric"', 'id = "Ref"', 'published = "Sent on"'
    )
    status, out, lines = run("inspect", path, "--records", "-", "--school", school)
    assert (status, lines) == (0, [])
    (item,) = map(json.loads, out)
    assert (item["id"], item["text"], item["title"]) == ("7", "Well done Noor Lang!", "Week 1")
    assert item["published"] == "2026-01-05T10:00:00+00:00"
    status, out, _ = run("scan", path, "--school", school)
    assert (status, [json.loads(line)["item"] for line in out]) == (0, ["7"])
    (tmp_path / "folder").mkdir()
    path.rename(tmp_path / "folder" / path.name)
    status, out, _ = run("inspect", tmp_path / "folder", "--records", "-", "--school", school)
    assert (status, [json.loads(line)["id"] for line in out]) == (0, ["7"])


def test_a_mapped_column_is_read_as_that_field_alone(run: Callable[..., Said], tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("content,description,message,date\nNoor,a note of ours,Teo,2026-01-05\n", encoding="utf-8")
    school = with_columns(tmp_path, 'text = "Message"', 'author = "content"')
    status, out, _ = run("inspect", path, "--records", "-", "--school", school)
    (item,) = map(json.loads, out)
    assert (status, item["text"], item["author"]) == (0, "Teo", "Noor")


def test_a_table_without_known_columns_says_what_to_write(run: Callable[..., Said], tmp_path: Path) -> None:
    status, _, lines = run("inspect", own_table(tmp_path))
    assert (status, len(lines)) == (2, 1)
    assert '[exports.columns] text = "its header"' in lines[0]
    assert "--school DIR" in lines[0]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (['message = "Wording"'], "a field that there is not ('message'); there are text, html, title, id"),
        (["text = 4"], "text must be the header of a column"),
        (["text = []"], "text must be the header of a column"),
        (['text = "Wording"', 'title = "wording "'], 'the column "wording" for two fields'),
        (['text = "Words"'], 'nor that of [exports.columns] (text = "words"); write there the header'),
        (['text = "Wording"', 'id = "No"', 'url = "At"'], 'no table given has the columns of [exports.columns] id = "no", url'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["inspect", "scan"])
def test_a_map_of_columns_with_a_mistake(
    command: str, lines: list[str], says: str, run: Callable[..., Said], tmp_path: Path
) -> None:
    status, _, said = run(command, own_table(tmp_path), "--school", with_columns(tmp_path, *lines))
    assert (status, len(said)) == (2, 1)
    assert says in said[0]


def test_a_map_of_columns_that_is_no_table(run: Callable[..., Said], tmp_path: Path) -> None:
    school = exports.school(tmp_path / "school")
    (school / "school.toml").write_text('name = "N"\nexports = "posts.csv"\n', encoding="utf-8")
    status, _, lines = run("inspect", own_table(tmp_path), "--school", school)
    assert (status, len(lines)) == (2, 1)
    assert "[exports.columns] must be a table of lines" in lines[0]


def test_a_map_of_columns_leaves_other_exports_alone(run: Callable[..., Said], tmp_path: Path) -> None:
    status, out, lines = run("scan", good(tmp_path), "--school", with_columns(tmp_path, 'text = "Words"'))
    assert (status, lines, len(out)) == (0, [], 1)


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with writing(pipe) as stream:
        stream.write("written")
    assert os.read(reader, 100) == b"written"
    os.close(reader)
    assert pipe.is_fifo()


def test_an_output_that_cannot_be_written(run: Callable[..., Said], tmp_path: Path) -> None:
    school = exports.school(tmp_path / "school")
    output = tmp_path / "no" / "such" / "folder" / "f.jsonl"
    status, _, lines = run("scan", good(tmp_path), "--school", school, "--output", output)
    assert (status, len(lines)) == (2, 1)
    assert str(output) in lines[0]


def test_a_report_that_cannot_be_written_is_told_before_the_audit(run: Callable[..., Said], tmp_path: Path) -> None:
    school, store = exports.school(tmp_path / "school"), tmp_path / "s.duckdb"
    report = tmp_path / "none" / "r.pdf"
    status, _, lines = run("run", good(tmp_path), "--school", school, "--store", store, "--report", report)
    assert status == 2
    assert str(report) in lines[-1]
    assert not store.exists()


def test_a_store_that_is_none(run: Callable[..., Said], tmp_path: Path) -> None:
    other = tmp_path / "notes.duckdb"
    other.write_text("my notes, not to be lost")
    status, _, lines = run("findings", "--store", other)
    assert (status, len(lines)) == (2, 1)
    assert "no store" in lines[0]
    assert other.read_text() == "my notes, not to be lost"
    status, _, lines = run("findings", "--store", tmp_path / "nowhere.duckdb")
    assert (status, len(lines)) == (2, 1)


def test_init_changes_no_folder_that_holds_something(run: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "roll.csv").write_text("precious")
    status, _, lines = run("init", tmp_path / "mine")
    assert (status, len(lines)) == (2, 1)
    assert (tmp_path / "mine" / "roll.csv").read_text() == "precious"
    status, _, _ = run("init", tmp_path / "new")
    assert status == 0
    status, found, lines = run("scan", good(tmp_path), "--school", tmp_path / "new")
    assert (status, lines) == (0, [])
    assert {json.loads(line)["kind"] for line in found} <= {"PERSON_UNKNOWN", "SITE"}  # nobody of the example roll
