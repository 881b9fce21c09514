"""Reading Word documents and the pictures within documents: exact texts, bytes and complaints."""

from __future__ import annotations

import hashlib
import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image

from pipelines.readers.limits import Limits, using
from tests.readers_exports import pack, pdf, picture, write
from tests.test_readers import complaint, read, texts

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
FOOTNOTES = (
    f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:id="1"><w:p><w:r><w:t>Ask Dee.</w:t></w:r></w:p></w:footnote></w:footnotes>'
)


def letter() -> bytes:
    """A document with everything that has text: each kind of it once."""
    document = docx.Document()
    document.core_properties.title = "Summer letter"
    document.core_properties.author = "Dee Author"
    document.sections[0].header.paragraphs[0].text = "Larkmoor School"
    document.sections[0].footer.paragraphs[0].text = "office@larkmoor.example"
    first = document.add_paragraph("Dear parents,")
    first.add_run("\twell done ")
    link = OxmlElement("w:hyperlink")
    link.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>Ann</w:t></w:r>"))
    first._p.append(link)
    first._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>Gone</w:delText></w:r></w:del>"))
    first._p.append(parse_xml(f"<w:moveFrom {nsdecls('w')}><w:r><w:t>Moved</w:t></w:r></w:moveFrom>"))
    first._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>!</w:t><w:br/><w:t>Bye</w:t></w:r></w:ins>"))
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Name", "Form"), ("Bo", "4B")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    after = document.add_paragraph("After the table")
    document.add_comment(after.runs, text="Is this right?", author="Cy Commenter", initials="CC")
    inline = document.add_picture(io.BytesIO(picture("JPEG")))
    inline._inline.docPr.set("descr", "Ann with a cup")
    document.add_picture(io.BytesIO(picture("JPEG")))
    document.add_picture(io.BytesIO(picture("PNG", (20, 20))))
    box = (
        f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent>'
        '<mc:Choice Requires="wps"><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Choice>'
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    document.add_paragraph("Beside it")._p.append(parse_xml(box))
    out = io.BytesIO()
    document.save(out)
    return with_footnotes(out.getvalue())


def with_footnotes(data: bytes) -> bytes:
    """The document with a member for footnotes, which python-docx cannot write."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"

    def changed(name: str, content: bytes) -> bytes:
        if name == "[Content_Types].xml":
            return content.replace(
                b"</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'.encode()
            )
        if name == "word/_rels/document.xml.rels":
            return content.replace(
                b"</Relationships>",
                f'<Relationship Id="rId900" Type="{link}" Target="footnotes.xml"/></Relationships>'.encode(),
            )
        return content

    return rewritten(data, changed, {"word/footnotes.xml": FOOTNOTES.encode()})


def rewritten(data: bytes, changed: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> bytes:
    """The archive with its members changed and others added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changed(name, old.read(name)))
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


LINES = [
    "Larkmoor School",
    "Dear parents,\twell done Ann!",
    "Bye",
    "Name\tForm",
    "Bo\t4B",
    "After the table",
    "Beside it",
    "In a box",
    "office@larkmoor.example",
    "Ask Dee.",
    "Is this right?",
]


def test_word_document_by_itself_in_a_folder_and_in_an_archive(tmp_path: Path) -> None:
    data = letter()
    bare = write(tmp_path, {"a/letter.docx": data}) / "a" / "letter.docx"
    sources = [
        (bare, "file", "letter.docx", ""),
        (tmp_path / "a", "folder", "letter.docx", "letter.docx"),
        (
            pack(tmp_path / "x.zip", {"news/letter.docx": data, "b.txt": "x"}),
            "folder",
            "news/letter.docx",
            "news/letter.docx",
        ),
    ]
    for path, layout, name, member in sources:
        export, items = read(path)
        one = next(i for i in items if i.kind == "newsletter")
        assert (export.layout, one.id, one.locator.member, one.has_photo) == (layout, name, member, True)
        assert texts(one)["document"].split("\n") == LINES
        assert {key: text for key, text in texts(one).items() if key != "document"} == {
            "title": "Summer letter",
            "filename:0": "letter.docx",
            "alt:1": "Ann with a cup",
            "filename:1": "image1.jpg",
            "filename:2": "image2.png",
        }
        assert [(m.path, m.presence, m.encoding_format) for m in one.media] == [
            (name, "present", "application/zip"),
            (f"{name}/word/media/image1.jpg", "present", "image/jpeg"),
            (f"{name}/word/media/image2.png", "present", "image/png"),
        ]
        inner = one.media[1]
        assert (inner.sha256, inner.size) == (hashlib.sha256(picture("JPEG")).hexdigest(), len(picture("JPEG")))
        assert inner.load is not None
        assert pickle.loads(pickle.dumps(inner.load))() == picture("JPEG")
        assert export.sha256 == one.locator.archive_sha256
        assert export.report.problems == []
        assert export.report.members[0].status == "parsed"
    assert "Author" not in repr([p.text for p in one.parts])
    assert "Commenter" not in repr([p.text for p in one.parts])


def test_nested_tables_and_controls(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "One\nTwo"
    inner = table.cell(0, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "a", "b"
    control = (
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    document.element.body.insert(0, parse_xml(control))
    out = io.BytesIO()
    document.save(out)
    _, items = read(write(tmp_path, {"a.docx": out.getvalue()}) / "a.docx")
    assert texts(items[0])["document"] == "In a control\nOne\nTwo\ta\tb"
    assert items[0].has_photo is False


def test_documents_that_cannot_be_read(tmp_path: Path) -> None:
    data = letter()
    broken = rewritten(data, lambda name, content: content[:-200] if name == "word/document.xml" else content)
    cut = rewritten(data, lambda name, content: content[:60] if name.endswith("image2.png") else content)
    sheet, slides = (
        pack(tmp_path / "x.zip", {"[Content_Types].xml": "<Types/>", main: "<x/>"}).read_bytes()
        for main in ("xl/workbook.xml", "ppt/presentation.xml")
    )
    write(
        tmp_path,
        {
            "locked.docx": LOCKED,
            "old.doc": OLE + b"\0" * 1200,
            "broken.docx": broken,
            "short.docx": data[: len(data) // 2],
            "picture.docx": cut,
            "table.xlsx": sheet,
            "slides.pptx": slides,
            "none.docx": b"no document",
            "inner.zip": pack(tmp_path / "x.zip", {"a.txt": "x"}).read_bytes(),
        },
    )
    (tmp_path / "x.zip").unlink()
    export, items = read(tmp_path)
    assert [i.id for i in items] == ["picture.docx"]
    assert [m.presence for m in items[0].media] == ["present", "present", "damaged"]
    assert {m.member: (m.status, m.why) for m in export.report.members} == {
        "broken.docx": ("damaged", "the Word document is damaged or of another kind"),
        "picture.docx": ("parsed", ""),
        "short.docx": ("damaged", "the Word document is damaged or of another kind"),
        "inner.zip": ("unknown", "an archive within: give it by itself"),
        "locked.docx": ("damaged", "the document is locked with a password"),
        "none.docx": ("unknown", "format not known"),
        "old.doc": (
            "unknown",
            "a document in the old format of Office, which is not read; save it as DOCX or PDF and give that",
        ),
        "slides.pptx": ("unknown", "an Office document, which is not read; save it as PDF and give that"),
        "table.xlsx": ("damaged", "the spreadsheet is damaged"),
    }
    assert sorted(export.report.problems) == [
        "broken.docx: the Word document is damaged or of another kind; save it again as DOCX",
        "locked.docx: the document is locked with a password; save a copy without one",
        "picture.docx: a picture in it is damaged; look at it yourself",
        "short.docx: the Word document is damaged or of another kind; save it again as DOCX",
        "table.xlsx: the spreadsheet is damaged; save it again as XLSX or CSV",
    ]
    for name, why in {
        "locked.docx": "the document is locked with a password; save a copy without one",
        "old.doc": "a document in the old format of Office, which is not read; save it as DOCX or PDF and give that",
        "broken.docx": "the Word document is damaged or of another kind; save it again as DOCX",
        "short.docx": "the zip archive is cut short (incomplete download); export again",
        "slides.pptx": "an Office document, which is not read; save it as PDF and give that",
        "table.xlsx": "the spreadsheet is damaged; save it again as XLSX or CSV",
    }.items():
        assert complaint(tmp_path / name) == f": {why}"
    assert complaint(tmp_path / "none.docx").startswith(": unknown format")


def test_a_document_beyond_the_limits_is_said_to_be(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.docx": letter(), "b.txt": "x"})
    with using(Limits(in_memory_bytes=4000)):
        export, items = read(path)
    assert [i.id for i in items] == ["b.txt"]
    assert [m.status for m in export.report.members] == ["parsed", "damaged"]
    assert len(export.report.problems) == 1
    assert export.report.problems[0].startswith("a.docx: ")


def test_a_picture_within_that_has_gone_since_raises_os_error(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.docx": letter()})
    load = read(path)[1][0].media[1].load
    assert load is not None
    (path / "a.docx").write_bytes(b"PK\x03\x04")
    with pytest.raises(OSError, match="the document has changed or is damaged"):
        load()
    (path / "a.docx").unlink()
    with pytest.raises(FileNotFoundError):
        load()


def test_pictures_within_a_pdf(tmp_path: Path) -> None:
    out = io.BytesIO()
    red, blue = (Image.new("RGB", (40, 30), colour) for colour in ("red", "blue"))
    red.save(out, "PDF", save_all=True, append_images=[blue, red])
    write(tmp_path, {"scan.pdf": out.getvalue(), "text.pdf": pdf("Dear Ann")})
    export, items = read(tmp_path)
    scan, text = items
    assert [(m.path, m.presence, m.encoding_format) for m in scan.media] == [
        ("scan.pdf", "present", "application/pdf"),
        ("scan.pdf/page-1-1", "present", "image/jpeg"),
        ("scan.pdf/page-2-1", "present", "image/jpeg"),
    ]
    assert texts(scan) == {"document": "\f\f", "filename:0": "scan.pdf"}
    assert (scan.has_photo, text.has_photo, len(text.media)) == (True, False, 1)
    inner = scan.media[2]
    assert inner.load is not None
    data = pickle.loads(pickle.dumps(inner.load))()
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (inner.sha256, inner.size)
    with Image.open(io.BytesIO(data)) as shown:
        assert shown.size == (40, 30)
    assert export.report.problems == ["scan.pdf: a PDF without text, its pages are pictures; look at it yourself"]
    with using(Limits(pixels=100)):
        assert [m.presence for m in read(tmp_path / "scan.pdf")[1][0].media] == [
            "present",
            "refused",
            "refused",
            "refused",
        ]


def test_more_pictures_than_are_read_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.readers.pdf.MAX_PICTURES", 1)
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PDF", save_all=True, append_images=[Image.new("RGB", (8, 8), "blue")])
    export, items = read(write(tmp_path, {"a.pdf": out.getvalue()}) / "a.pdf")
    assert len(items[0].media) == 2
    assert export.report.problems[1] == "a.pdf: 1 of its pictures were not read; look at it yourself"
