"""Reading spreadsheets: sheets as tables, whatever the format; hostile ones cost themselves."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.readers import open_exports
from pipelines.readers.limits import Limits, using
from tests.readers_exports import write, xls, xlsx
from tests.test_readers import at, complaint, read, texts

LINKEDIN: list[list[str]] = [
    ["All posts of the Page, from the day asked for"],
    ["Post title", "Post link", "Post type", "Campaign name", "Posted by", "Created date", "Impressions"],
    ["Harvest – well done Bo", "https://www.linkedin.com/feed/update/urn:li:activity:7", "Organic", "", "Cy Invented",
     "06/03/2024", "12"],
    ["Regatta", "https://www.linkedin.com/feed/update/urn:li:activity:8", "Organic", "", "", "06/04/2024", ""],
]  # fmt: skip


def test_the_posts_of_a_linkedin_page(tmp_path: Path) -> None:
    path = tmp_path / "page.xls"
    path.write_bytes(xls("All posts", LINKEDIN))
    export, items = read(path)
    assert [texts(i) for i in items] == [{"text": "Harvest – well done Bo"}, {"text": "Regatta"}]
    first = items[0]
    assert (first.platform, first.kind, first.author, first.author_role) == (
        "linkedin",
        "post",
        "Cy Invented",
        "school",
    )
    assert (first.published, first.visibility) == (at(2024, 6, 3), "public")
    assert first.url == first.lineage == "https://www.linkedin.com/feed/update/urn:li:activity:7"
    assert (first.locator.pointer, first.locator.member) == ("sheet:1/row:3", "")
    assert [(m.member, m.status, m.records) for m in export.report.members] == [("page.xls", "parsed", 2)]
    assert any("comments by others" in line for line in export.report.not_in_export)


def test_every_sheet_that_is_shown_is_read(tmp_path: Path) -> None:
    rows: list[list[str | float]] = [
        ["id", "text", "date"],
        [7.0, "Hello <Bo>", "2024-06-03"],
        [],
        ["8", "Again", 45447],
    ]
    data = xlsx(
        ("News", rows, True),
        ("Figures", [["Year", "Boats"], [2024, 8.5]], True),
        ("Secret", [["id", "text"], ["9", "Hidden"]], False),
        ("More", [["note"], ["subject", "published", "x"], ["Regatta", "2024-06-04", "y"]], True),
    )
    for name, folder in (("a.xlsx", False), ("b.bin", False), ("c.xlsx", True)):
        place = write(tmp_path / name.replace(".", "-"), {name: data, "note.txt": "A note"}) / ("" if folder else name)
        export, items = read(place)
        told = [(i.id, texts(i), i.locator.pointer) for i in items if i.id != "note.txt"]
        assert told == [
            ("7", {"text": "Hello <Bo>"}, "sheet:1/row:2"),
            ("8", {"text": "Again"}, "sheet:1/row:4"),
            ("sheet:3/row:3", {"title": "Regatta"}, "sheet:3/row:3"),
        ]
        assert [m.records for m in export.report.members if m.member == name] == [3]


def test_a_spreadsheet_with_columns_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    path.write_bytes(xlsx(("A", [["Ref", "Wording"], ["7", "Well done"]], True)))
    assert complaint(path).startswith(": a spreadsheet without a column of texts; name one of its columns text")
    (export,), problems = open_exports([path], {"text": ("wording",), "id": ("ref",)})
    assert problems == []
    assert [(i.id, i.part("text")) for i in export.read()] == [("7", "Well done")]


def test_spreadsheets_that_cannot_be_read(tmp_path: Path) -> None:
    good = xlsx(("A", [["id", "text"], ["1", "x"]], True))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as whole, zipfile.ZipFile(out, "w") as broken:
        for name in whole.namelist():
            broken.writestr(name, whole.read(name)[: 60 if "sheet1" in name else None])
    (tmp_path / "broken.xlsx").write_bytes(out.getvalue())
    assert complaint(tmp_path / "broken.xlsx") == ": the spreadsheet is damaged; save it again as XLSX or CSV"
    write(tmp_path / "f", {"broken.xlsx": out.getvalue(), "good.xlsx": good, "none.xlsx": xlsx(("A", [["q"]], True))})
    export, items = read(tmp_path / "f")
    assert [i.part("text") for i in items] == ["x"]
    assert {m.member: (m.status, m.why) for m in export.report.members} == {
        "broken.xlsx": ("damaged", "the spreadsheet is damaged"),
        "good.xlsx": ("parsed", ""),
        "none.xlsx": ("unknown", "a spreadsheet without a column of texts"),
    }
    assert export.report.problems == ["broken.xlsx: the spreadsheet is damaged; save it again as XLSX or CSV"]


def test_a_sheet_that_would_fill_memory_costs_itself(tmp_path: Path) -> None:
    """Two cells at the corners of a sheet make the parser lay out seventeen thousand million."""
    good = xlsx(("A", [["id", "text"], ["1", "x"]], True))
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as whole, zipfile.ZipFile(out, "w") as bomb:
        for name in whole.namelist():
            bomb.writestr(name, whole.read(name).replace(b"</sheetData>", far))
    (tmp_path / "bomb.xlsx").write_bytes(out.getvalue())
    with using(Limits(pdf_memory_bytes=1 << 30, seconds_per_pdf=60)):
        assert "save" in complaint(tmp_path / "bomb.xlsx")
    (tmp_path / "good.xlsx").write_bytes(good)
    with using(Limits(in_memory_bytes=5_000)):
        assert [i.part("text") for i in read(tmp_path / "good.xlsx")[1]] == ["x"]
    (tmp_path / "long.xlsx").write_bytes(xlsx(("A", [["id", "text"], ["1", "x" * 20_000]], True)))
    with using(Limits(in_memory_bytes=5_000)):
        assert "too large to be read safely" in complaint(tmp_path / "long.xlsx")


def test_a_locked_spreadsheet_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ole = xls("All posts", LINKEDIN)
    (tmp_path / "locked.xlsx").write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    assert complaint(tmp_path / "locked.xlsx") == ": the document is locked with a password; save a copy without one"
    (tmp_path / "page.xls").write_bytes(ole)
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.argv", ["social-audit", "inspect", str(tmp_path / "page.xls"), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out)["items"] == {"post": 2}
