"""Small exports for the tests of the readers, built from nothing: invented people, reserved domains and addresses."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pypdfium2
from PIL import Image

WXR_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<title>Larkmoor School</title><link>https://www.larkmoor.example</link><description>News from Larkmoor</description>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://www.larkmoor.example</wp:base_blog_url>
<wp:author><wp:author_login>office</wp:author_login><wp:author_email>office@larkmoor.example</wp:author_email>
<wp:author_display_name><![CDATA[School Office]]></wp:author_display_name></wp:author>
"""
WXR_TAIL = "</channel></rss>"


def wxr_item(number: int, kind: str = "post", status: str = "publish", content: str = "", **more: str) -> str:
    """An ``item`` of a WXR file; ``more`` gives further ``wp:`` fields, ``title``, ``link`` and ``inner`` raw XML."""
    title = more.pop("title", f"Title {number}")
    link = more.pop("link", f"https://www.larkmoor.example/?p={number}")
    inner = more.pop("inner", "")
    fields = "".join(f"<wp:{key}>{value}</wp:{key}>" for key, value in more.items())
    return (
        f"<item><title>{title}</title><link>{link}</link><dc:creator>office</dc:creator>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded><wp:post_id>{number}</wp:post_id>"
        f"<wp:post_type>{kind}</wp:post_type><wp:status>{status}</wp:status>{fields}{inner}</item>\n"
    )


def wxr(*items: str) -> str:
    """A whole WXR file."""
    return WXR_HEAD + "".join(items) + WXR_TAIL


def mojibake(text: str) -> str:
    """A text as Meta writes it: UTF-8 taken for Latin-1."""
    return text.encode("utf-8").decode("latin-1")


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A whole picture."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, form)
    return out.getvalue()


def pdf_without_text() -> bytes:
    """A PDF of one empty page."""
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 200)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of text, written by hand (ISO 32000-1, 7.5)."""
    stream = f"BT /F1 18 Tf 20 100 Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files below a folder and gives the folder."""
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return root


def pack(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes a zip archive and gives its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


PAGE = "this_profile's_activity_across_facebook"


def facebook_page() -> dict[str, str | bytes]:
    """The members of a Page's export of 2025, nested in a folder of its own name."""
    root = "facebook-larkmoor-2026-01-02-abcdefgh"
    text = mojibake("Well done Zoë and @[100000000000001:2048:Bo Invented] – 1st! 🏆")
    media_root = f"{PAGE}/posts/media/your_posts"
    posts: list[Any] = [
        {
            "timestamp": 1717405200,
            "attachments": [
                {
                    "data": [
                        {"media": {"uri": f"{media_root}/9001.jpg", "description": text, "title": ""}},
                        {"media": {"uri": f"{media_root}/9002.jpg", "description": mojibake("On stage – café")}},
                    ]
                }
            ],
            "data": [{"post": text}, {"update_timestamp": 1717405300}, {}],
            "title": mojibake("Larkmoor School added 2 new photos."),
            "tags": [{"name": "Bo Invented"}, {"name": "Cy Invented"}],
        },
        {"timestamp": 1719820800, "data": [{"post": "First of the second."}]},
        {"timestamp": 1719820800, "data": [{"post": "Second of the second."}]},
        42,
        {
            "timestamp": 1719907200,
            "attachments": [{"data": [{"external_context": {"url": "https://forms.example/x", "name": "Sign up"}}]}],
            "data": [{}],
        },
    ]
    comments = {
        "comments_v2": [
            {
                "timestamp": 1717410000,
                "data": [
                    {
                        "comment": {
                            "timestamp": 1717410000,
                            "comment": mojibake("Thanks 😊"),
                            "author": "Larkmoor School",
                        }
                    }
                ],
            },
            {"timestamp": 1717410001, "title": "Larkmoor School commented."},
        ]
    }
    album = {
        "name": "Fair",
        "photos": [
            {"uri": f"{media_root}/9001.jpg", "creation_timestamp": 1717405199},
            {
                "uri": f"{media_root}/9003.jpg",
                "creation_timestamp": 1717405500,
                "description": "The fair",
                "comments": [{"timestamp": 1717405600, "comment": "Lovely!", "author": "Dee Visitor"}],
            },
        ],
    }
    event = {"your_events_v2": [{"name": "Fair", "create_timestamp": 1719000000, "place": {"name": "Hall"}}]}
    profile = {
        "profile_v2": {
            "name": {"full_name": "Larkmoor School"},
            "username": "larkmoor",
            "profile_uri": "https://www.facebook.com/larkmoor",
            "websites": [{"address": "https://www.larkmoor.example/"}],
            "intro_bio": {"name": mojibake("A school – with a café")},
            "profile_category": "School",
        }
    }
    return {
        f"{root}/{PAGE}/posts/profile_posts_1.json": json.dumps(posts),
        f"{root}/{PAGE}/posts/album/0.json": json.dumps(album),
        f"{root}/{PAGE}/posts/media/your_posts/9001.jpg": picture("JPEG"),
        f"{root}/{PAGE}/posts/media/your_posts/9003.jpg": picture("JPEG")[:-40],
        f"{root}/{PAGE}/posts/media/your_posts/unnamed.jpg": picture("JPEG"),
        f"{root}/{PAGE}/comments_and_reactions/comments.json": json.dumps(comments),
        f"{root}/{PAGE}/events/events.json": json.dumps(event),
        f"{root}/{PAGE}/messages/inbox/bo_1/message_1.json": '{"messages": [{"content": "secret"}]}',
        f"{root}/profile_information/profile_information/profile_information.json": json.dumps(profile),
    }


def xlsx(*sheets: tuple[str, list[list[str | float]], bool]) -> bytes:
    """A workbook (ECMA-376) with sheets of a name, rows and whether they are shown."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    numbered = list(enumerate(sheets, 1))
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"{"" if shown else " state=" + chr(34) + "hidden" + chr(34)}/>'
        for n, (name, _, shown) in numbered
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{of}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _ in numbered
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{of}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{of}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{links}</Relationships>')
        for n, (_, rows, _) in numbered:
            cells = "".join(
                f'<row r="{r}">' + "".join(_cell(r, c, value) for c, value in enumerate(row) if value != "") + "</row>"
                for r, row in enumerate(rows, 1)
                if row
            )
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
            )
    return out.getvalue()


def _cell(row: int, column: int, value: str | float) -> str:
    place = f"{chr(65 + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def xls(name: str, rows: list[list[str]]) -> bytes:
    """A workbook of one sheet in the old format: BIFF8 records ([MS-XLS] 2.4) in an OLE file of one stream ([MS-CFB] 2)."""

    def record(kind: int, *data: bytes) -> bytes:
        whole = b"".join(data)
        return struct.pack("<HH", kind, len(whole)) + whole

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 1997, 0, 6))

    end = record(0x0A)
    cells = b"".join(
        record(0x204, struct.pack("<HHHHB", r, c, 0, len(value), 1), value.encode("utf-16-le"))
        for r, row in enumerate(rows)
        for c, value in enumerate(row)
    )
    widest = max(len(row) for row in rows)
    sheet = begin(0x10) + record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, widest, 0)) + cells + end
    about = struct.pack("<BBBB", 0, 0, len(name), 0) + name.encode("latin-1")
    at = len(begin(5)) + 4 + 4 + len(about) + len(end)
    stream = begin(5) + record(0x85, struct.pack("<I", at), about) + end + sheet
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    count, none, last = len(stream) // 512, 0xFFFFFFFF, 0xFFFFFFFE
    chain = [0xFFFFFFFD, last, *range(3, 2 + count), last]
    sectors = struct.pack("<128I", *chain, *[none] * (128 - len(chain)))
    for title, kind, child, first, size in (("Root Entry", 5, 1, last, 0), ("Workbook", 2, none, 2, len(stream))):
        word = title.encode("utf-16-le")
        sectors += word.ljust(64, b"\0") + struct.pack("<HBBIII", len(word) + 2, kind, 1, none, none, child)
        sectors += bytes(36) + struct.pack("<IQ", first, size)
    sectors = sectors.ljust(1024, b"\0")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0) + struct.pack("<109I", 0, *[none] * 108)
    return head + sectors + stream
