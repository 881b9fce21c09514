"""The school's folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from detectors.base import UserError
from pipelines.school import load_school
from tests import exports

TODAY = date(2026, 3, 2)


def test_consents_by_channel_hold_on_both_days(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "consents.csv").write_text(
        "pupil_id,channel,level,status,from,to,source\n"
        "P000,website,full_name,yes,2025-09-01,,form\n"
        "P000,facebook,full_name,yes,01/09/2024,31/08/2025,form\n"
        "P000,newsletter,photo,yes,2025-09-01,,form\n"
        "P001,all,first_name,withdrawn,2026-02-01,,e-mail\n"
    )
    roll = load_school(folder, TODAY).roll
    assert roll.name_consent("P000", "wordpress", date(2025, 10, 1), TODAY) == "yes"
    assert roll.name_consent("P000", "wordpress", date(2025, 8, 1), TODAY) == "not given"  # published before consent
    assert roll.name_consent("P000", "facebook", date(2025, 1, 1), TODAY) == "not given"  # ended since
    assert roll.name_consent("P000", "newsletter", None, TODAY) == "not given"  # a photo is no name
    assert roll.name_consent("P001", "x", date(2025, 1, 1), TODAY) == "withdrawn"
    assert roll.without_record() == 0


@pytest.mark.parametrize(
    "text",
    [
        '[[site]]\nsite_id = "blog"\ncontributors = ["staff", "pupils"]\n',
        '[[sites]]\nsite_id = "blog"\ncontributors_children = "yes"\n',
        "[sites.blog]\ncontributors = { pupils = true, staff = true }\n",
        "[blog]\ncontributors_children = true\n",
    ],
)
def test_a_site_to_which_pupils_contribute_is_strict(text: str, tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "sites.toml").write_text(text)
    assert load_school(folder, TODAY).register.profile("blog") == "strict"


def test_other_sites_are_standard(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "sites.toml").write_text(
        '[[site]]\nsite_id = "main"\nurl = "https://www.northmoor.example/"\nhandle = "@northmoor"\ncontributors = ["staff"]\n'
        '[[site]]\nsite_id = "page"\nurl = "https://www.facebook.com/NorthmoorSchool"\nplatform_host = "facebook"\n'
    )
    register = load_school(folder, TODAY).register
    assert register.profile("main") == register.profile("nobody's") == "standard"
    words = {"main": "main", "northmoor": "main", "www.northmoor.example": "main", "@Northmoor": "main"}
    assert {w: register.resolve(w) for w in words} == words
    assert register.resolve("northmoorschool", "facebook") == "page"
    assert register.resolve("northmoorschool", "x") is None


def test_marks_retire_by_date(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "logos").mkdir()
    for name in ("a.png", "b.png"):
        (folder / "logos" / name).write_bytes(exports.png())
    assert [(m.id, m.current) for m in load_school(folder, TODAY).marks] == [("a", True), ("b", True)]
    (folder / "logos" / "logos.toml").write_text(
        '[[logo]]\nid = "new"\nfiles = ["a.png"]\n[[logo]]\nid = "old"\nto = "2020-08-31"\n[logo.variants]\ncolour = "b.png"\n'
    )
    assert [(m.id, m.current) for m in load_school(folder, TODAY).marks] == [("new", True), ("old", False)]
    (folder / "logos" / "logos.toml").write_text('[[logo]]\nid = "new"\nfiles = ["gone.png"]\n')
    with pytest.raises(UserError, match=r"gone\.png is not in"):
        load_school(folder, TODAY)


def test_a_damaged_logo_is_named(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "logos").mkdir()
    (folder / "logos" / "crest.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"crest\.png: this logo"):
        load_school(folder, TODAY).reader()
