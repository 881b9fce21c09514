"""Several schools: a store each, one roll-up, and nothing of one school with another."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from typer.testing import CliRunner

from detectors.base import UserError
from pipelines.cli import app
from pipelines.group import load_group, roll_up
from reports.group import GroupRow, write_group
from tests import exports
from tests.test_weekly import REGISTER, drop, posts, run

FILE = """
name = "Northmoor Trust"
[[school]]
folder = "north"
store = "north.duckdb"

[[school]]
folder = "south"
store = "south.duckdb"

[[school]]
folder = "east"
store = "east.duckdb"
"""


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three schools: the second with an export of a year ago alone, the third never audited."""
    folder = tmp_path_factory.mktemp("trust")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_AUDIT_HOME", str(folder / "home"))
        for name in ("north", "south", "east"):
            school = exports.school(folder / name)
            text = (school / "school.toml").read_text(encoding="utf-8")
            (school / "school.toml").write_text(text.replace("Northmoor", name.title()), encoding="utf-8")
            (school / "sites.toml").write_text(REGISTER, encoding="utf-8")
            if name != "east":
                drop(
                    school / "inbox/page/posts.jsonl", posts("Well done Noor Lang! Text 07700 900123.", "A quiet day.")
                )
                run(school, folder / f"{name}.duckdb")
        (stamp,) = (folder / "south/exports/page").iterdir()
        stamp.rename(stamp.with_name("20250301T060000Z"))
    (folder / "group.toml").write_text(FILE, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def home(group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(group / "home"))


def test_every_school_has_its_row(group: Path) -> None:
    north, south, east = roll_up(load_group(group / "group.toml"), date.today())
    assert north.problem == south.problem == ""
    assert north.items == 2
    assert north.open == south.open
    assert north.open["critical"] >= 1
    assert "no export of the Facebook page since 1 March 2025" in south.overdue
    assert east.run is None
    assert "there is no store" in east.problem


def test_the_roll_up_names_no_pupil(group: Path) -> None:
    pdf = group / "group.pdf"
    done = CliRunner().invoke(app, ["group", "report", str(group / "group.toml"), "--output", str(pdf), "--json"])
    assert done.exit_code == 0, done.output
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 3
    text = " ".join("\n".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(pdf)).split())
    assert "Social media audits: Northmoor Trust" in text
    assert "in 2 of 3 schools" in text
    assert "Of 1 nothing is known." in text
    assert "no export of the Facebook page since 1 March 2025" in text
    for told in (text, done.stdout):
        assert "Noor" not in told
        assert "07700" not in told
    shown = CliRunner().invoke(app, ["group", "report", str(group / "group.toml")])
    assert shown.exit_code == 0
    assert "All" in shown.stdout


def test_a_group_without_anything_to_do_says_what_it_knows(tmp_path: Path) -> None:
    rows = [GroupRow("North School", "", date(2026, 3, 2), 10), GroupRow("South School", "no run has finished yet")]
    write_group("Trust", rows, date(2026, 3, 2), tmp_path / "g.pdf")
    text = " ".join(pypdfium2.PdfDocument(tmp_path / "g.pdf")[0].get_textpage().get_text_range().split())
    assert (
        "Nothing found needs action today in the 1 schools audited; 0 findings this week. Of 1 nothing is known."
        in text
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no school"),
        ("[[school]]\nfolder = 'a'\n", "school 1 needs a folder and a store"),
        ("[[school]]\nfolder='a'\nstore='s'\n[[school]]\nfolder='b'\nstore='./s'\n", "two schools share a store"),
        ("school = [", "not valid TOML"),
    ],
)
def test_a_group_that_is_none(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "group.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=says):
        load_group(tmp_path / "group.toml")
