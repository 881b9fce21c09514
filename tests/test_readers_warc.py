"""Reading web archives that the tests build with warcio, and damage by hand; the shared samples with exact counts."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import io
import json
import pickle
import random
import re
import tracemalloc
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from detectors.base import Item, UserError
from pipelines.readers import Export, limits, open_export, warc_records
from tests.readers_exports import pack, pdf, pdf_without_text, picture, write

SAMPLES = Path(__file__).parents[2] / "shared" / "exports" / "warc_wacz"
SITE = "https://www.larkmoor.example"
DATE = "2026-03-02T09:30:00Z"
HTML = "text/html; charset=utf-8"


def read(path: Path) -> tuple[Export, list[Item]]:
    """An export and all its items."""
    export = open_export(path)
    return export, list(export.read())


def page(title: str, body: str) -> bytes:
    """An HTML page."""
    return f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>".encode()


def add(writer: WARCWriter, url: str, body: bytes, said: str = HTML, status: str = "200 OK", **more: str) -> None:
    """Writes a response; ``more`` gives further HTTP headers with ``_`` for ``-``."""
    http = StatusAndHeaders(
        status, [("Content-Type", said), *((k.replace("_", "-"), v) for k, v in more.items())], "HTTP/1.1"
    )
    own = {"WARC-Date": DATE}
    writer.write_record(
        writer.create_warc_record(url, "response", io.BytesIO(body), http_headers=http, warc_headers_dict=own)
    )


def archive(
    *answers: tuple[str, bytes] | tuple[str, bytes, str] | tuple[str, bytes, str, str], packed: bool = False
) -> bytes:
    """A WARC of responses."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    for answer in answers:
        add(writer, *answer)
    return out.getvalue()


def saved(path: Path, data: bytes) -> Path:
    """A file with that content."""
    path.write_bytes(data)
    return path


def records(path: Path) -> list[warc_records.Record]:
    """The records of a bare archive."""
    with path.open("rb") as stream:
        return list(warc_records.records(stream))


def held(export: Export) -> int:
    """How many records the report accounts for."""
    told = 0
    for member in export.report.members:
        for piece in member.why.split("; "):
            if piece.startswith("skipped: "):
                told += sum(int(one.split()[0]) for one in piece.removeprefix("skipped: ").split(", "))
        told += member.records
    return told + export.report.rejected


@pytest.mark.parametrize("packed", [False, True])
def test_pages_pictures_and_what_is_passed_over(tmp_path: Path, packed: bool) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "test"}))
    body = (
        "<h1>News</h1><p>Ann Lee won &amp; smiled</p><script>no()</script>"
        '<img src="/img/ann-lee.png?w=300" alt="Ann with a cup"><img src="old/team.png#top" alt="">'
        '<img src="https://cdn.example/gone.jpg" alt="Gone"><img src="data:image/png;base64,AA" alt="Inline">'
    )
    add(writer, f"{SITE}/news/1", page("Larkmoor – news", body))
    request = StatusAndHeaders("GET /news/1 HTTP/1.1", [("Host", "www.larkmoor.example")], is_http_request=True)
    writer.write_record(writer.create_warc_record(f"{SITE}/news/1", "request", http_headers=request))
    add(writer, "http://www.larkmoor.example/img/ann-lee.png", picture(), "image/png")
    add(writer, f"{SITE}/img/unseen.png", picture("PNG", (9, 9)), "image/png")
    add(writer, f"{SITE}/news/old/team.png", b"", status="302 Found", Location="/files/team.png")
    add(writer, f"{SITE}/files/team.png", picture("JPEG"), "image/jpeg")
    add(writer, f"{SITE}/letter", pdf("Dear parents"), "application/octet-stream")
    add(writer, f"{SITE}/away", b"", status="301 Moved", Location="/")
    add(writer, f"{SITE}/lost", page("Not found", "x"), status="404 Not Found")
    add(writer, f"{SITE}/same", b"", status="304 Not Modified")
    add(writer, f"{SITE}/style.css", b"p{}", "text/css")
    add(writer, f"{SITE}/news/1", page("Larkmoor – news", body))
    add(writer, f"{SITE}/news/1", page("Larkmoor – news", "changed"))
    digest = "sha1:" + "A" * 32
    writer.write_record(
        writer.create_revisit_record(
            f"{SITE}/news/1", digest, f"{SITE}/news/1", DATE, warc_headers_dict={"WARC-Date": DATE}
        )
    )
    path = saved(tmp_path / "anything.bin", out.getvalue())
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == ("warc", "", "www.larkmoor.example")
    news, letter, later = items
    assert {p.name: p.text for p in news.parts} == {
        "title": "Larkmoor – news",
        "text": "News\nAnn Lee won & smiled",
        "alt:0": "Ann with a cup",
        "filename:0": "ann-lee.png",
        "filename:1": "team.png",
        "alt:2": "Gone",
        "filename:2": "gone.jpg",
        "alt:3": "Inline",
    }
    assert (news.id, news.kind, news.url, news.site) == (
        f"web:{SITE}/news/1",
        "page",
        f"{SITE}/news/1",
        "www.larkmoor.example",
    )
    assert (news.published, news.time_basis, news.raw_published) == (
        datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "explicit",
        DATE,
    )
    assert (news.visibility, news.status, news.author_role, news.has_photo) == ("public", "published", "unknown", True)
    places = {r.url: r.place.pointer for r in reversed(records(path)) if r.kind == "response"}
    assert (news.locator.member, news.locator.pointer, news.locator.layout) == ("", places[f"{SITE}/news/1"], "warc")
    assert news.locator.archive_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [m.presence for m in news.media] == ["present", "present", "missing", "missing"]
    assert [m.encoding_format for m in news.media] == ["image/png", "image/jpeg", "", ""]
    assert news.media[0].sha256 == hashlib.sha256(picture()).hexdigest()
    for media, data in (
        (news.media[0], picture()),
        (news.media[1], picture("JPEG")),
        (letter.media[0], pdf("Dear parents")),
    ):
        assert media.load is not None
        assert pickle.loads(pickle.dumps(media.load))() == data
    assert (letter.kind, letter.part("document"), letter.part("filename:0"), letter.has_photo) == (
        "newsletter",
        "Dear parents",
        "letter",
        False,
    )
    assert (later.id, later.part("text")) == (f"web:{SITE}/news/1#2", "changed")
    assert export.report.items == Counter(page=2, newsletter=1)
    assert export.report.media == Counter(present=3, missing=2)
    assert [(m.status, m.records, m.why) for m in export.report.members] == [
        (
            "parsed",
            3,
            "skipped: 1 error page, 3 picture, 2 redirect, 1 repetition of a page, 1 request, 1 revisit, 1 text/css, "
            "1 unchanged (304), 1 warcinfo",
        )
    ]
    assert held(export) == len(records(path)) == 15
    assert export.report.problems == [
        "anything.bin: 1 records only refer to content of another archive; give that one too"
    ]
    assert export.facts() is None


def test_encodings_charsets_and_a_base(tmp_path: Path) -> None:
    text = "<p>Café Zoë</p>"
    packed = gzip.compress(page("A", text))
    chunked = b"".join(b"%x;x=y\r\n%s\r\n" % (len(c), c) for c in (packed[:20], packed[20:])) + b"0\r\n\r\n"
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    add(writer, f"{SITE}/a", chunked, Transfer_Encoding="chunked", Content_Encoding="gzip")
    add(writer, f"{SITE}/b", zlib.compress(page("B", text)), Content_Encoding="deflate")
    add(writer, f"{SITE}/c", page("C", text), Content_Encoding="br", Transfer_Encoding="chunked")
    add(writer, f"{SITE}/d", page("D", text).decode().encode("cp1252"), "text/html; charset=ISO-8859-1")
    add(writer, f"{SITE}/e", ('<meta charset="windows-1252">' + text).encode("cp1252"), "text/html")
    add(writer, f"{SITE}/f", brotli.compress(page("F", text)), Content_Encoding="br")
    add(writer, f"{SITE}/z", zstandard.compress(page("Z", text)), Content_Encoding="zstd")
    for number, encoding in enumerate(("br", "zstd", "compress")):
        add(writer, f"{SITE}/none/{number}", b"\xff\xfe no such packing", Content_Encoding=encoding)
    add(writer, f"{SITE}/g/h", page("G", "<base href='/x/y'><img src='z.png'>" + text))
    add(writer, f"{SITE}/x/z.png", picture(), "image/png")
    export, items = read(saved(tmp_path / "a.warc.gz", out.getvalue()))
    assert [(i.part("title"), i.part("text")) for i in items] == [
        *((letter, "Café Zoë") for letter in ("A", "B", "C", "D", "", "F", "Z", "G"))
    ]
    assert [m.presence for m in items[-1].media] == ["present"]
    assert export.report.rejected == 3
    assert export.report.members[0].why == "skipped: 1 picture; 3 rejected"
    said = {problem.rpartition(": ")[2] for problem in export.report.problems}
    assert said == {"packed in a way that cannot be read; crawl again without packing"}
    assert held(export) == 12


def test_locators_lead_to_the_record_in_every_packing(tmp_path: Path) -> None:
    answers = [(f"{SITE}/{n}", page(f"T{n}", f"<img src='{n}.png'>")) for n in range(3)]
    pictures = [(f"{SITE}/{n}.png", picture("PNG", (10 + n, 10)), "image/png") for n in range(3)]
    plain, packed = archive(*answers, *pictures), archive(*answers, *pictures, packed=True)
    for data in (plain, packed, gzip.compress(plain)):
        path = saved(tmp_path / "a.warc", data)
        _, items = read(path)
        assert [i.part("title") for i in items] == ["T0", "T1", "T2"]
        for n, item in enumerate(items):
            at, _, skip = item.locator.pointer.removeprefix("offset:").partition("+")
            found = zlib.decompressobj(31).decompress(data[int(at) :]) if data is not plain else data[int(at) :]
            assert b"WARC-Target-URI: " + item.url.encode() in found[int(skip or 0) :][:300]
            assert item.media[0].load is not None
            assert item.media[0].load() == picture("PNG", (10 + n, 10))


def wacz(path: Path, members: dict[str, bytes], stored: bool = True, old: bool = False, **digests: str) -> Path:
    """A WACZ; ``digests`` puts others in place of those of members by their base name."""
    resources = []
    for name, data in members.items():
        digest = digests.get(name.rsplit("/", 1)[-1].split(".")[0], hashlib.sha256(data).hexdigest())
        said = {"stats": {"hash": digest, "bytes": 1}, "hashing": "sha256"} if old else {"hash": f"sha256:{digest}"}
        resources.append({"path": name, "name": name.rsplit("/", 1)[-1]} | said)
    package = json.dumps({"profile": "data-package", "resources": resources, "wacz_version": "1.1.1"})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as file:
        for name, data in [*members.items(), ("datapackage.json", package.encode())]:
            file.writestr(name, data)
    return path


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("old", [True, False])
def test_wacz(tmp_path: Path, stored: bool, old: bool) -> None:
    pages = [
        {"format": "json-pages-1.0", "id": "pages", "title": "All"},
        {"id": "1", "url": f"{SITE}/", "title": "Home", "ts": DATE},
        {"id": "2", "url": f"{SITE}/gone", "title": "Gone", "ts": DATE},
    ]
    members = {
        "pages/pages.jsonl": "\n".join(map(json.dumps, pages)).encode(),
        "archive/one.warc.gz": archive((f"{SITE}/", page("Home", "<img src=/a.png>")), packed=True),
        "archive/two.warc.gz": archive(
            (f"{SITE}/", page("Home", "<img src=/a.png>")), (f"{SITE}/a.png", picture(), "image/png"), packed=True
        ),
        "indexes/index.cdxj": b"x",
        "fuzzy.json": b"{}",
    }
    path = wacz(tmp_path / "site.wacz", members, stored, old)
    export, items = read(path)
    assert (export.layout, len(items)) == ("wacz", 1)
    assert (items[0].locator.member, items[0].locator.pointer) == ("archive/one.warc.gz", "offset:0")
    media = items[0].media[0]
    assert media.load is not None
    assert pickle.loads(pickle.dumps(media.load))() == picture()
    assert {m.member: (m.status, m.records, m.why) for m in export.report.members} == {
        "datapackage.json": ("parsed", 0, "5 of 5 members agree with their digest"),
        "archive/one.warc.gz": ("parsed", 1, ""),
        "archive/two.warc.gz": ("parsed", 0, "skipped: 1 picture, 1 repetition of a page"),
        "fuzzy.json": ("unknown", 0, "not part of a web archive: give it by itself"),
        "indexes/index.cdxj": ("skipped", 0, "an index of the archive"),
        "pages/pages.jsonl": ("parsed", 0, "a list of 2 pages, 1 of them not in the archive"),
    }
    assert export.report.problems == []
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as file:
        write(folder, {name: file.read(name) for name in file.namelist()})
    unpacked, same = read(folder)
    assert (unpacked.layout, [i.id for i in same]) == ("wacz", [i.id for i in items])
    assert same[0].media[0].load is not None
    assert same[0].media[0].load() == picture()


def test_wacz_that_differs_from_its_digests(tmp_path: Path) -> None:
    members = {
        "archive/one.warc": archive((f"{SITE}/", page("Home", "x"))),
        "pages/pages.jsonl": b"{}",
        "extra.txt": b"x",
    }
    path = wacz(tmp_path / "site.wacz", members, one="0" * 64, extra="")
    with zipfile.ZipFile(path, "a") as file:
        names = file.namelist()
    assert len(names) == 4
    export, items = read(path)
    assert len(items) == 1
    assert export.report.members[0].status == "damaged"
    assert export.report.members[0].why == "1 of 3 members agree with their digest"
    assert export.report.problems == [
        "archive/one.warc: differs from its digest in datapackage.json; download it again",
        "extra.txt: datapackage.json gives no SHA-256 of it, so it was not checked; crawl again to be sure",
    ]
    broken = pack(
        tmp_path / "b.wacz", {"archive/one.warc": members["archive/one.warc"], "datapackage.json": '{"resources": 7}'}
    )
    assert read(broken)[0].report.problems == [
        "datapackage.json: cannot be read, so no digest was checked; export again"
    ]
    named = pack(
        tmp_path / "c.wacz",
        {
            "archive/one.warc": members["archive/one.warc"],
            "datapackage.json": json.dumps({"resources": [{"path": "archive/two.warc", "hash": "sha256:00"}]}),
        },
    )
    assert read(named)[0].report.problems == [
        "archive/two.warc: named in datapackage.json, but not in the archive; download it again"
    ]


def titles(data: bytes, path: Path) -> tuple[list[str], Export]:
    """The titles read from an archive with that content."""
    export, items = read(saved(path, data))
    return [i.part("title") for i in items], export


def pages(count: int) -> Sequence[tuple[str, bytes]]:
    """Addresses and pages, each of other length."""
    return [(f"{SITE}/{n}", page(f"T{n}", "word " * (50 + n))) for n in range(count)]


def test_a_shortened_record_costs_only_its_end(tmp_path: Path) -> None:
    data = archive(*pages(3))
    cut = data.replace(b"word " * 51, b"word " * 21, 1)
    found, export = titles(cut, tmp_path / "a.warc")
    assert found == ["T0", "T1", "T2"]
    at = data.index(b"WARC/1.0", 10)
    assert export.report.members[0].status == "damaged"
    assert export.report.problems == [
        f"a.warc: 1 of its records are cut short (offset:{at}): what is there was read; crawl or download again"
    ]
    grown = data.replace(b"word " * 51, b"word " * 71, 1)
    found, export = titles(grown, tmp_path / "b.warc")
    assert found == ["T0", "T1", "T2"]
    assert list(export.read())[1].part("text").count("word") == 71
    assert export.report.problems == [
        f"b.warc: 1 of its records are longer than said (offset:{at}): what is there was read; crawl or download again"
    ]


def test_a_file_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    for packed in (False, True):
        noise = random.Random(7).randbytes(4000).hex()
        data = archive(*pages(2), (f"{SITE}/2", page("T2", noise)), packed=packed)
        found, export = titles(data[:-600], tmp_path / "a.warc")
        assert found == ["T0", "T1", "T2"]
        assert [(m.status, m.records) for m in export.report.members] == [("damaged", 3)]
        assert "1 of its records are cut short (offset:" in export.report.problems[0]


def test_a_changed_record_is_told_by_its_digest(tmp_path: Path) -> None:
    data = archive(*pages(3)).replace(b"word " * 51, b"wOrd " * 51, 1)
    found, export = titles(data, tmp_path / "a.warc")
    assert found == ["T0", "T1", "T2"]
    assert export.report.problems == [
        f"a.warc: 1 of its records are different from their digest (offset:{data.index(b'WARC/1.0', 10)}): "
        "what is there was read; crawl or download again"
    ]


@pytest.mark.parametrize("form", ["base32", "hex", "base64", "chunked", "unknown"])
def test_digests_in_every_writing_are_understood(tmp_path: Path, form: str) -> None:
    body = page("T", "x")
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if form == "chunked" else body
    value = hashlib.sha256(body).digest()
    said = {
        "base32": "sha-256:" + base64.b32encode(value).decode().rstrip("="),
        "hex": "SHA256:" + value.hex().upper(),
        "base64": "sha256:" + base64.urlsafe_b64encode(value).decode(),
        "chunked": "sha256:" + value.hex(),
        "unknown": "blake9:00",
    }[form]
    out = io.BytesIO()
    more = {"Transfer_Encoding": "chunked"} if form == "chunked" else {}
    add(WARCWriter(out, gzip=False), f"{SITE}/", sent, **more)
    data = re.sub(rb"(WARC-Payload-Digest: )\S+", lambda m: m[1] + said.encode(), out.getvalue())
    found, export = titles(data, tmp_path / "a.warc")
    assert (found, export.report.problems) == (["T"], [])
    wrong = re.sub(rb"(WARC-Payload-Digest: )\S+", rb"\1sha256:" + b"0" * 64, data)
    assert len(titles(wrong, tmp_path / "b.warc")[1].report.problems) == 1


def test_a_broken_gzip_member_costs_only_itself(tmp_path: Path) -> None:
    data = bytearray(archive(*pages(5), packed=True))
    starts = [r.place.at for r in records(saved(tmp_path / "whole.warc.gz", bytes(data)))]
    data[starts[1] + 12 : starts[1] + 60] = b"\xff" * 48
    data[starts[3] - 6] ^= 0xFF
    found, export = titles(bytes(data), tmp_path / "a.warc.gz")
    assert found == ["T0", "T2", "T3", "T4"]
    assert export.report.rejected == 1
    assert export.report.problems == [
        f"a.warc.gz: 1 of its records are damaged in their packing (offset:{starts[2]}): "
        "what is there was read; crawl or download again",
        f"a.warc.gz: 1 stretches are no record (offset:{starts[1]}); crawl or download again",
    ]
    assert held(export) == 5


def test_bytes_between_records_are_gone_over(tmp_path: Path) -> None:
    one, two = archive(*pages(1)), archive((f"{SITE}/two", page("Two", "x")))
    junk = b"junk \xff\xfe\n" * 9000
    found, export = titles(one + junk + two, tmp_path / "a.warc")
    assert found == ["T0", "Two"]
    assert export.report.problems[0].startswith("a.warc: 1 of its records are longer than said")
    headless = two.replace(b"Content-Length: ", b"Content-Width: ", 1)
    found, export = titles(one + headless + archive((f"{SITE}/3", page("Three", "x"))), tmp_path / "b.warc")
    assert found == ["T0", "Three"]
    assert (export.report.rejected, held(export)) == (1, 3)
    assert export.report.problems == [f"b.warc: 1 stretches are no record (offset:{len(one)}); crawl or download again"]
    packed = archive(*pages(1), packed=True) + b"junk" * 20000 + archive((f"{SITE}/two", page("Two", "x")), packed=True)
    found, export = titles(packed, tmp_path / "c.warc.gz")
    assert (found, export.report.rejected) == (["T0", "Two"], 1)
    found, export = titles(archive(*pages(1), packed=True) + b"junk" * 20000, tmp_path / "d.warc.gz")
    assert (found, export.report.rejected) == (["T0"], 1)
    found, export = titles(archive(*pages(1), packed=True) + bytes(20000), tmp_path / "e.warc.gz")
    assert (found, export.report.problems) == (["T0"], [])


def test_what_would_not_fit_in_memory(tmp_path: Path) -> None:
    bomb = page("Bomb", "x" * 500_000)
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    add(writer, f"{SITE}/big", page("Big", "x" * 30_000))
    add(writer, f"{SITE}/film.mp4", b"\0" * 90_000, "video/mp4")
    add(writer, f"{SITE}/bomb", gzip.compress(bomb), Content_Encoding="gzip")
    add(writer, f"{SITE}/brotli", brotli.compress(bomb), Content_Encoding="br")
    add(writer, f"{SITE}/zstandard", zstandard.compress(bomb), Content_Encoding="zstd")
    add(writer, f"{SITE}/small", page("Small", "x"))
    with limits.using(limits.Limits(in_memory_bytes=20_000)):
        found, export = titles(out.getvalue(), tmp_path / "a.warc")
    assert found == ["Small"]
    assert export.report.rejected == 4
    assert export.report.members[0].why == "skipped: 1 too large video/mp4; 4 rejected"
    assert [p.split(": ", 1)[1] for p in export.report.problems] == [
        "larger than 0 MB; give it by itself",
        *["unpacks to more than may be held in memory; give it by itself"] * 3,
    ]
    assert held(export) == 6


def test_memory_holds_one_record(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for n in range(60):
            add(writer, f"{SITE}/{n}", page(f"T{n}", "word " * 20_000))
    export = open_export(path)
    tracemalloc.start()
    count = sum(1 for _ in export.read())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60
    assert peak < 6_000_000


def test_broken_documents_and_pictures(tmp_path: Path) -> None:
    data = archive(
        (f"{SITE}/", page("Home", "<img src=a.jpg><img src=b.png><img src=c.png>")),
        (f"{SITE}/a.jpg", picture("JPEG")[:-40], "image/jpeg"),
        (f"{SITE}/b.png", b"not a picture", "image/png"),
        (f"{SITE}/c.png", page("Sign in", "x"), "text/html"),
        (f"{SITE}/d.pdf", b"%PDF-1.4 broken", "application/pdf"),
        (f"{SITE}/e.pdf", pdf_without_text(), "application/pdf"),
        (f"{SITE}/f", b"", "text/html"),
        (f"{SITE}/g", page("", "<div id=app></div><script>go()</script>"), "text/html"),
    )
    export, items = read(saved(tmp_path / "a.warc", data))
    assert [(i.kind, i.url.removeprefix(SITE)) for i in items] == [
        ("page", "/"),
        ("page", "/c.png"),
        ("newsletter", "/e.pdf"),
        ("page", "/g"),
    ]
    assert [m.presence for m in items[0].media] == ["damaged", "damaged", "missing"]
    places = {r.url.removeprefix(SITE): r.place.pointer for r in records(tmp_path / "a.warc")}
    assert export.report.problems == [
        f"a.warc {places['/d.pdf']}: the PDF is damaged; export it again",
        f"a.warc {places['/e.pdf']}: a PDF without text, its 1 pages are pictures; look at it yourself",
    ]
    assert export.report.members[0].why == (
        "skipped: 1 empty answer, 2 picture; 1 pages show no text without their scripts; 1 rejected"
    )
    assert held(export) == 8


def test_resources_and_pictures_seen_again(tmp_path: Path) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    for url, body, said in (
        ("file:///site/a b.html", page("File", "<img src='/pictures/x.png'>"), "text/html"),
        ("urn:view:https://www.larkmoor.example/", picture(), "image/png"),
        ("dns:www.larkmoor.example", b"192.0.2.1", "text/dns"),
    ):
        writer.write_record(
            writer.create_warc_record(
                url, "resource", io.BytesIO(body), warc_content_type=said, warc_headers_dict={"WARC-Date": DATE}
            )
        )
    add(writer, f"{SITE}/", page("Home", "<img src='copy.png'>"))
    add(writer, f"{SITE}/first.png", picture(), "image/png")
    digest = next(r for r in records(saved(tmp_path / "x.warc", out.getvalue())) if r.url.endswith("first.png")).headers
    writer.write_record(
        writer.create_revisit_record(f"{SITE}/copy.png", digest["warc-payload-digest"], f"{SITE}/first.png", DATE)
    )
    export, items = read(saved(tmp_path / "a.warc", out.getvalue()))
    assert [(i.url, i.site, [m.presence for m in i.media]) for i in items] == [
        ("file:///site/a%20b.html", "", ["missing"]),
        (f"{SITE}/", "www.larkmoor.example", ["present"]),
    ]
    assert export.report.members[0].why == "skipped: 1 other address, 2 picture, 1 revisit"
    assert export.report.problems == []


def arc(*answers: tuple[str, str, bytes]) -> bytes:
    """An ARC file, version 1 (Internet Archive, 1996)."""
    info = b"1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n"
    out = b"filedesc://a.arc 0.0.0.0 20100203040506 text/plain %d\n%s\n" % (len(info), info)
    for url, said, body in answers:
        http = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n%s" % (said.encode(), body)
        out += b"%s 192.0.2.1 20100203040506 %s %d\n%s\n" % (url.encode(), said.encode(), len(http), http)
    return out


def test_arc(tmp_path: Path) -> None:
    data = arc((f"{SITE}/", "text/html", page("Home", "<img src=a.png>")), (f"{SITE}/a.png", "image/png", picture()))
    for path in (saved(tmp_path / "a.arc", data), saved(tmp_path / "a.arc.gz", gzip.compress(data))):
        export, items = read(path)
        assert [(i.part("title"), i.published, i.media[0].presence) for i in items] == [
            ("Home", datetime(2010, 2, 3, 4, 5, 6, tzinfo=UTC), "present")
        ]
        assert export.report.members[0].why == "skipped: 1 picture, 1 warcinfo"
        assert export.report.problems == []
        assert items[0].media[0].load is not None
        assert items[0].media[0].load() == picture()


def test_refusals(tmp_path: Path) -> None:
    lines = saved(
        tmp_path / "pages.jsonl",
        b'{"format": "json-pages-1.0", "id": "pages", "title": "All"}\n{"id": "1", "url": "x"}\n',
    )
    noise = saved(tmp_path / "a.warc.gz", b"\x1f\x8b\x08noise")
    torn = saved(tmp_path / "b.warc", b"WARC/1.0\r\nWARC-Type: response\r\n\r\n")
    for path, why in (
        (lines, "only the list of a web archive's pages; give the .wacz that it came from"),
        (noise, "a damaged web archive, no record can be read; download or crawl it again"),
        (torn, "a damaged web archive, no record can be read; download or crawl it again"),
    ):
        with pytest.raises(UserError) as error:
            open_export(path)
        assert str(error.value) == f"{path}: {why}"


def test_pictures_gone_since_raise_os_error(tmp_path: Path) -> None:
    data = archive((f"{SITE}/", page("Home", "<img src=a.png>")), (f"{SITE}/a.png", picture(), "image/png"))
    for path in (saved(tmp_path / "a.warc", data), wacz(tmp_path / "a.wacz", {"archive/a.warc": data})):
        load = read(path)[1][0].media[0].load
        assert load is not None
        saved(path, data[:400])
        with pytest.raises(OSError, match="changed"):
            load()
        path.unlink()
        with pytest.raises(OSError, match="No such file"):
            load()


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.warc", archive(*pages(3)))
    export = open_export(path)
    first, told = list(export.read()), export.report.as_json()
    assert (list(export.read()), export.report.as_json()) == (first, told)


def test_nothing_is_printed_or_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    data = archive(("https://www.larkmoor.example/ann lee", page("A", "x")), *pages(2)).replace(
        b"word " * 50, b"word ", 1
    )
    read(saved(tmp_path / "a.warc", data))
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


SHARED = [
    ("pywacz-example-iana.warc", "warc", {"page": 6}, {"present": 6}, 118, 0),
    ("pywacz-valid_example_1.wacz", "wacz", {"page": 1}, {}, 4, 0),
    ("pywb-missing-status-text.warc", "warc", {}, {}, 1, 0),
    ("warcio-example-digest.warc", "warc", {}, {}, 4, 0),
    ("warcio-example-iana.org-chunked.warc", "warc", {"page": 1}, {}, 3, 0),
    ("warcio-example-space-in-target-uri.warc.gz", "warc", {}, {}, 2, 0),
    ("warcio-example-trunc.warc", "warc", {"page": 1}, {}, 4, 1),
    ("warcio-example.arc.gz", "warc", {"page": 1}, {}, 2, 0),
    ("warcio-example.warc.gz", "warc", {"page": 1}, {}, 6, 0),
]


@pytest.mark.parametrize(("name", "layout", "items", "media", "total", "problems"), SHARED)
def test_shared_samples(
    name: str, layout: str, items: dict[str, int], media: dict[str, int], total: int, problems: int
) -> None:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"no sample {name}: the folder of shared exports is not beside the project")
    export, found = read(path)
    assert export.layout == layout
    assert Counter(i.kind for i in found) == export.report.items == Counter(items)
    assert export.report.media == Counter(media)
    assert export.report.rejected == 0
    assert held(export) == total
    assert len(export.report.problems) == problems
    assert len({i.id for i in found}) == len(found)


def test_a_gzip_member_that_is_packed_too_well_costs_only_itself(tmp_path: Path) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    add(writer, f"{SITE}/a", page("A", "Before"))
    add(writer, f"{SITE}/bomb", page("Bomb", "x" * 3_000_000))
    add(writer, f"{SITE}/b", page("B", "After"))
    path = saved(tmp_path / "a.warc.gz", out.getvalue())
    assert [i.part("title") for i in read(path)[1]] == ["A", "Bomb", "B"]
    with limits.using(dataclasses.replace(limits.Limits(), ratio_free_bytes=1 << 20, ratio=100)):
        export, items = read(path)
        assert [i.part("title") for i in items] == ["A", "B"]
        assert export.report.rejected == 1
        assert "packed like a zip bomb" in export.report.problems[0]
        assert sum(len(r.block) for r in records(path)) < (1 << 20) + (1 << 18)
    with limits.using(dataclasses.replace(limits.Limits(), entry_bytes=1 << 20)):
        assert [i.part("title") for i in read(path)[1]] == ["A", "B"]
