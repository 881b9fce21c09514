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

    def full(pupil: str, platform: str, on: date | None) -> str:
        return roll.consent(pupil, ("full_name",), platform, on, TODAY)

    assert full("P000", "wordpress", date(2025, 10, 1)) == "yes"
    assert full("P000", "wordpress", date(2025, 8, 1)) == "not given"  # published before consent
    assert full("P000", "facebook", date(2025, 1, 1)) == "not given"  # ended since
    assert full("P000", "newsletter", None) == "not given"  # a photo is no name
    assert roll.consent("P000", ("photo",), "newsletter", None, TODAY) == "yes"
    assert roll.consent("P000", ("first_name",), "wordpress", None, TODAY) == "yes"  # a full name includes it
    assert roll.consent("P000", ("full_name", "photo"), "wordpress", None, TODAY) == "not given"
    assert full("P001", "x", date(2025, 1, 1)) == "withdrawn"  # no forename, no full name
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


def test_a_picture_dropped_into_logos_is_a_mark(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "logos").mkdir()
    for name in ("crest-colour.png", "crest-mono.png", "sixth.jpg", "old.png"):
        (folder / "logos" / name).write_bytes(exports.png())
    (folder / "logos" / "logos.toml").write_text(
        '[[logo]]\nid = "old"\nfile = "old.png"\nto = 31/08/2020\n'.replace("31/08/2020", '"31/08/2020"')
    )
    marks = load_school(folder, TODAY).marks
    assert [(m.id, m.current, len(m.variants)) for m in marks] == [
        ("old", False, 1),
        ("crest", True, 2),
        ("sixth", True, 1),
    ]


def test_a_damaged_logo_is_named(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "logos").mkdir()
    (folder / "logos" / "crest.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"crest\.png: this logo"):
        load_school(folder, TODAY).reader()


def test_public_contacts_pass_however_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "school.toml").write_text(
        'name = "Larkmoor"\n[public]\nhandles = ["@LarkmoorSchool"]\npostcodes = ["HR19 4QT"]\n'
        'addresses = ["Larkmoor School, 11 Quarry Road, Eastcombe HR18 1AA"]\n',
        encoding="utf-8",
    )
    (tmp_path / "roll.csv").write_text("pupil_id,legal_forename,legal_surname\nP1,Noor,Lang\n", encoding="utf-8")
    (tmp_path / "sites.toml").write_text('[x]\nhandle = "larkmoor_pe"\n', encoding="utf-8")
    contacts = load_school(tmp_path, TODAY).contacts
    assert [contacts.has_handle(h) for h in ("@larkmoorschool", "LarkmoorPE", "@larkmoor.lang")] == [True, True, False]
    assert [contacts.has_postcode(p) for p in ("hr194qt", "HR18 1AA", "HR18 1AB")] == [True, True, False]
    assert contacts.has_address("11 Quarry Road,\nEastcombe")
    assert not contacts.has_address("1 Quarry Road")
    assert not contacts.has_address("12 Quarry Road, Eastcombe")


def test_a_bad_row_costs_that_row_and_is_told_by_its_number(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    rows = [
        "pupil_id,legal_forename,legal_surname,date_of_birth,name_consent",
        "1,Noor,Lang,2015-01-02,yes",
        "1,Teo,Marchetti,2015-01-02,no",
        ",Zoe,Quill,,",
        "4,,,,",
        "5,A,Wrobel,,",
        f"6,{'N' * 200},Frost,,",
        "7,Will,Frost,next Tuesday,perhaps",
        "8,Noor,Lang,02/01/2015,yes",
        "9,???,Haddon,,",
    ]
    (folder / "roll.csv").write_text("\n".join(rows), encoding="utf-8")
    school = load_school(folder, TODAY)
    assert [p.id for p in school.roll.pupils] == ["1", "5", "6", "7", "8", "9"]
    assert school.roll.pupil("7").name_consent == "not given"
    told = {line.partition("roll.csv: ")[2] for line in (*school.problems, *school.notices)}
    assert told == {
        "row 3: the pupil_id stands in an earlier row too; give each pupil one of its own",
        "row 4: no pupil_id; give the pupil one of its own",
        "row 5: neither forename nor surname; the pupil cannot be looked for",
        "row 6: legal_forename is a single letter; it counts only beside the other name",
        "row 7: legal_forename is longer than a name and was left out",
        "rows 7, 10: forename or surname is missing; only the other one is looked for",
        "row 8: date_of_birth is neither yyyy-mm-dd nor dd/mm/yyyy and was left out",
        "row 8: name_consent is none of yes, no, withdrawn or blank; taken as no consent on record",
        "row 9: names, form and birth date are those of an earlier row; remove one if it is one pupil",
        "row 10: legal_forename has no letters and was left out",
    }
    for secret in ("Noor", "Lang", "Quill", "Haddon", "Wrobel"):
        assert not any(secret in line for line in told)


def test_a_roll_of_mixed_encodings_is_read_line_by_line(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    (folder / "roll.csv").write_bytes(
        "pupil_id,legal_forename,legal_surname\n1,Zoë,Quill\n".encode() + "2,Jonas,Müller\n".encode("cp1252")
    )
    school = load_school(folder, TODAY)
    assert [(p.legal_forename, p.legal_surname) for p in school.roll.pupils] == [("Zoë", "Quill"), ("Jonas", "Müller")]
    assert [line.partition("roll.csv: ")[2].split(",")[0] for line in school.notices] == [
        "row 3: not in UTF-8 like the others"
    ]


def test_many_rows_with_one_fault_are_one_line(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    rows = ["pupil_id,legal_forename,legal_surname,date_of_birth", *(f"{n},Noor,Lang{n},soon" for n in range(40))]
    (folder / "roll.csv").write_text("\n".join(rows))
    (line,) = load_school(folder, TODAY).notices
    assert "rows 2, 3, 4, 5, 6, 7, 8, 9 and 32 more" in line
