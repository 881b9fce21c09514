"""Hostile and damaged exports, case by case as measured of the libraries beneath (a damaged member costs that member only).

Tested elsewhere, in ``test_readers.py``: names that lead out of a zip archive and symbolic links in it
(``test_names_that_lead_outside_are_never_read``), links out of a folder (``test_links_out_of_a_folder_are_not_followed``), zip
bombs (``test_zip_bombs``), entries that overlap (``test_zip_whose_entries_overlap``), a zip cut short (``test_zip_cut_short``),
a damaged member (``test_damaged_member_costs_only_itself``), UTF-8 names without their flag
(``test_zip_names_in_utf8_without_the_flag``), encrypted members (``test_an_encrypted_member_is_said_to_be``), control
characters and bare ``&`` in XML (``test_broken_xml_is_mended_without_losing_text``,
``test_characters_that_stop_the_parser_cost_nothing``), XML cut short (``test_cut_short_xml_gives_what_is_there``), JSON of
Facebook with a number of 5,000 digits (``test_facebook_number_too_long_for_python_costs_only_its_member``) and cut short
(``test_facebook_profile_layouts_and_a_broken_member``), records with deep nesting, long numbers, NaN and half a surrogate pair
(``test_a_broken_line_costs_only_itself``) and a byte order mark (``test_records``), tables by encoding
(``test_table_encodings_delimiters_and_names``), a JPEG cut short (``test_paths_that_give_nothing``, ``test_facebook_page``), a
PDF of pictures alone (``test_folder_of_files``), Meta's mojibake beside a real U+2014
(``test_mojibake_is_undone_and_other_text_left_alone``). Web archives: ``test_readers_warc.py``.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

import pikepdf
import pytest

from detectors.base import Item, UserError
from pipelines.readers import Export, open_export, record_line, source
from pipelines.readers.html import read_page, read_post
from pipelines.readers.limits import Limits, TooDeepError, TooLargeError, current, load_limits, use, using
from pipelines.readers.source import JsonBytes
from tests.readers_exports import PAGE, WXR_HEAD, WXR_TAIL, facebook_page, pack, pdf, picture, write, wxr, wxr_item


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    with using(current()):
        yield


def read(path: Path) -> tuple[Export, list[Item]]:
    """An export and all its items, each of which can be written."""
    export = open_export(path)
    items = list(export.read())
    for item in items:
        record_line(item).encode()
    return export, items


def texts(items: list[Item]) -> list[str]:
    """The text of each item."""
    return [item.part("text") for item in items]


def refusal(path: Path) -> str:
    """The one line with which an export is refused."""
    with pytest.raises(UserError) as error:
        read(path)
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{path}: ")


def posts(*said: str) -> str:
    """A member of a Facebook profile's export."""
    return json.dumps([{"timestamp": 1672531200 + n, "data": [{"post": text}]} for n, text in enumerate(said)])


# Limits


def test_limits_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    assert load_limits(path) == Limits()
    path.write_text("nesting = 20\nseconds_per_member = 5\n")
    assert load_limits(path) == Limits(nesting=20, seconds_per_member=5)
    use(load_limits(path))
    assert current().nesting == 20


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("nesting = \n", "not valid TOML; write lines such as nesting = "),
        ("depth = 3\n", "there is no limit of that name ('depth'); there are entries, "),
        ('"a\\nb" = 3\n', "there is no limit of that name ('a\\nb'); there are entries, "),
        ("nesting = 0\n", "nesting must be a whole number greater than 0"),
        ("nesting = true\n", "nesting must be a whole number greater than 0"),
        ('ratio = "250"\n', "ratio must be a whole number greater than 0"),
        ("[nesting]\n", "nesting must be a whole number greater than 0"),
        ("pixels = 1000000000\n", "pixels may be 178956970 at most"),
        ("\x00", "not valid TOML; "),
    ],
)
def test_a_bad_file_of_limits_is_told_in_one_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(content)
    with pytest.raises(UserError) as error:
        load_limits(path)
    assert str(error.value).startswith(f"{path}: {says}")
    assert "\n" not in str(error.value)


def test_media_are_loaded_by_the_limits_of_their_reading(tmp_path: Path) -> None:
    for path in (write(tmp_path / "f", {"a.png": picture()}), pack(tmp_path / "x.zip", {"a.png": picture()})):
        load = read(path)[1][0].media[0].load
        assert load is not None
        with using(Limits(in_memory_bytes=10)):
            assert pickle.loads(pickle.dumps(load))() == picture()


class Slow(io.BytesIO):
    """A file on a disk that is hardly there."""

    def read(self, size: int | None = -1, /) -> bytes:
        time.sleep(0.6)
        return super().read(min(size or 0, 1 << 16) if size and size > 0 else 1 << 16)


def test_a_member_that_takes_too_long_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(json.dumps({"id": str(n), "text": "x" * 20_000}) + "\n" for n in range(20))
    write(tmp_path, {"a.jsonl": '{"id": "a", "text": "first"}\n', "b.jsonl": lines, "c.txt": "last"})
    export = open_export(tmp_path)
    plain = source._watched
    monkeypatch.setattr(
        source, "_watched", lambda s: plain(Slow(s.read()) if Path(s.name).name == "b.jsonl" else s), raising=True
    )
    with using(Limits(seconds_per_member=1)):
        items = list(export.read())
    assert (items[0].id, items[-1].id) == ("a", "c.txt")
    assert 2 < len(items) < 22
    remedy = "split it, or raise seconds_per_member in limits.toml"
    assert export.report.problems == [f"b.jsonl: took longer than 1 s; {remedy}"]


def test_what_is_done_with_the_items_is_not_charged_to_their_member(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"id": str(n), "text": "x" * 900_000}) + "\n" for n in range(4))
    )
    export = open_export(tmp_path / "a.jsonl")
    with using(Limits(seconds_per_member=1)):
        for _ in export.read():
            time.sleep(0.4)
    assert export.report.items["post"] == 4
    assert not export.report.problems


# Archives


def test_devices_and_pipes_are_never_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, kind in (("null.txt", stat.S_IFCHR), ("disk.txt", stat.S_IFBLK), ("pipe.txt", stat.S_IFIFO)):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (kind | 0o666) << 16
            archive.writestr(entry, "secret")
        archive.writestr("ok.txt", "fine")
    export, items = read(tmp_path / "x.zip")
    assert texts(items) == ["fine"]
    skipped = {m.member: m.why for m in export.report.members if m.status == "skipped"}
    assert skipped == dict.fromkeys(("null.txt", "disk.txt", "pipe.txt"), "a device or pipe, and no file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"ok.txt": "fine"})
    os.mkfifo(tmp_path / "pipe.txt")
    export, items = read(tmp_path)
    assert texts(items) == ["fine"]
    assert [(m.member, m.why) for m in export.report.members if m.status == "skipped"] == [
        ("pipe.txt", "a device or pipe, and no file")
    ]


@pytest.mark.parametrize(("declared", "damaged"), [(5, True), (500_000, False)])
def test_a_header_that_lies_about_the_size(tmp_path: Path, declared: int, damaged: bool) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "word " * 1000)
        archive.writestr("b.txt", "fine")
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", declared)
    path.write_bytes(data)
    export, items = read(path)
    # With too much said, the bytes are whole, as their checksum shows.
    assert texts(items) == (["fine"] if damaged else ["word " * 1000, "fine"])
    assert [p.partition(";")[0] for p in export.report.problems] == ["a.txt: cannot be read"] * damaged


def test_the_second_member_of_a_name_is_reported(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.txt", "second")
    export, items = read(tmp_path / "x.zip")
    assert texts(items) == ["first"]
    assert ("a.txt", "skipped", "a second member of the same name") in [
        (m.member, m.status, m.why) for m in export.report.members
    ]


def test_a_list_of_members_that_cannot_be_read(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"café.txt": "x", "b.txt": "y"})
    data = path.read_bytes()
    path.write_bytes(
        data[: data.index(b"PK\x01\x02")] + data[data.index(b"PK\x01\x02") :].replace("é".encode(), b"\xff\xff")
    )
    export, items = read(path)
    assert texts(items) == ["y", "x"]
    assert export.report.problems == [
        "x.zip: cut short or damaged: 2 members before the damage were read; download it again"
    ]


def test_an_archive_within_is_named_and_not_opened(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.zip", {"secret.txt": "x"}).read_bytes()
    export, items = read(pack(tmp_path / "x.zip", {"inner.zip": inner, "a.txt": "fine"}))
    assert texts(items) == ["fine"]
    assert [(m.status, m.why) for m in export.report.members if m.member == "inner.zip"] == [
        ("unknown", "an archive within: give it by itself")
    ]


def test_names_that_would_command_a_terminal_or_break_a_line(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a\nb.csv": "text\nfine\n",
        "\x1b[2Jc.pdf": b"%PDF-1.4 broken",
        "d\u202egnp.txt": "x",
    }
    for path in (pack(tmp_path / "x.zip", files), write(tmp_path / "f", files)):
        export, items = read(path)
        assert {i.locator.member for i in items} == {"a%0Ab.csv", "d%202Egnp.txt"}
        assert [p.partition(":")[0] for p in export.report.problems] == ["%1B[2Jc.pdf"]


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX systems only")
def test_file_names_that_are_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    try:
        Path(os.fsdecode(os.fsencode(tmp_path / "f") + b"/caf\xe9.txt")).write_text("fine")
    except OSError:
        pytest.skip("this file system wants UTF-8")
    (tmp_path / "f" / "caf%E9.txt").write_text("other")
    _, items = read(tmp_path / "f")
    assert {i.id: i.part("text") for i in items} == {"caf%E9.txt": "other", "%caf%E9.txt": "fine"}


def test_a_file_that_every_post_names_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [{"data": [{"media": {"uri": "posts/media/a.png"}}]}]
    given = [{"timestamp": 1672531200 + n, "attachments": shown} for n in range(50)]
    path = pack(tmp_path / "x.zip", {"posts/your_posts_1.json": json.dumps(given), "posts/media/a.png": picture()})
    opened = names_opened(monkeypatch)
    _, items = read(path)
    assert {m.presence for i in items for m in i.media} == {"present"}
    assert len(items) == 50
    assert opened.count("posts/media/a.png") < 5


# XML


def entities(kind: str, folder: Path) -> str:
    """A document type that declares entities, the worst of which is ``&x;``."""
    declared = {
        "billion laughs": "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)),
        "quadratic": f"<!ENTITY q '{'q' * 50_000}'>",
        "external": f"<!ENTITY e SYSTEM 'file://{folder}/secret.txt'>",
    }[kind]
    worst = {"billion laughs": "&a11;", "quadratic": "&q;" * 3000, "external": "&e;"}[kind]
    return f"<!DOCTYPE rss [<!ENTITY a0 'ha'>{declared}<!ENTITY x '{worst}'>]>"


@pytest.mark.parametrize("kind", ["billion laughs", "quadratic", "external"])
@pytest.mark.parametrize("hidden", [False, True])
def test_entities_are_never_expanded(tmp_path: Path, kind: str, hidden: bool) -> None:
    write(tmp_path, {"secret.txt": "TOPSECRET"})
    declaration, _, rest = WXR_HEAD.partition("\n")
    # What looks for the declaration must not be led astray by a comment.
    comment = "<!-- <rss version='2.0' wordpress.org/export/ -->" if hidden else ""
    body = rest + wxr_item(1, title="a&x;b", inner="<wp:x y='&x;'/>") + wxr_item(2, content="fine") + WXR_TAIL
    path = write(tmp_path / "in", {"a.xml": declaration + comment + entities(kind, tmp_path) + body}) / "a.xml"
    began = time.monotonic()
    if not hidden:
        assert refusal(path) == "the XML declares entities, which no WordPress export does; export again"
    else:
        _, items = read(path)
        assert items[-1].part("text") == "fine"
        assert len("".join(p.text for i in items for p in i.parts)) < 1000
        assert "TOPSECRET" not in "".join(p.text for i in items for p in i.parts)
    assert time.monotonic() - began < 5


def test_an_item_that_would_fill_memory_ends_its_member(tmp_path: Path) -> None:
    comments = "<wp:comment><wp:comment_content>x</wp:comment_content></wp:comment>" * 50_000
    files: dict[str, str | bytes] = {
        "a.xml": wxr(wxr_item(1, content="one"), wxr_item(2, inner=comments), wxr_item(3)),
        "b.xml": wxr(wxr_item(4, content="four")),
    }
    use(Limits(in_memory_bytes=1 << 20))
    export, items = read(write(tmp_path, files))
    assert texts(items) == ["one", "four"]
    assert export.report.problems == ["a.xml: an item is larger than 1 MB; split it or make it smaller"]


# JSON


def facebook(folder: Path, first: str) -> Path:
    """A Facebook export of a hostile member and a good one."""
    return write(folder, {"posts/your_posts_1.json": first, "posts/your_posts_2.json": posts("good")})


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_nested_without_end_costs_its_member_and_no_memory(tmp_path: Path, opening: str) -> None:
    deep = posts("before")[:-1] + ', {"timestamp": 1, "data": ' + opening * 200_000
    began = time.monotonic()
    export, items = read(facebook(tmp_path, deep))
    assert time.monotonic() - began < 5
    assert "good" in texts(items)
    assert export.report.problems == ["posts/your_posts_1.json: nested deeper than 100 levels; export again"]


def test_brackets_in_texts_do_not_count(tmp_path: Path) -> None:
    said = ('[[[[{{{{ \\" \\\\', "\\", '"' * 30 + "[" * 5000, "]" * 5000)
    export, items = read(write(tmp_path, {"posts/your_posts_1.json": posts(*said)}))
    assert texts(items) == list(said)
    assert not export.report.problems


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 16])
def test_json_bytes_count_the_same_however_they_are_cut(size: int) -> None:
    def drawn(data: bytes) -> bytes:
        stream, out = JsonBytes(io.BytesIO(data)), b""
        while piece := stream.read(size):
            out += piece
        return out

    with using(Limits(nesting=3, in_memory_bytes=50)):
        for good in (
            b'[[["[[[\\"[[[\\\\"]]]',
            b'\xef\xbb\xbf{"a":{"b":"\\\\\\\\\\""}}',
            b'["' + b"x" * 40 + b'"]' * 3,
            b"",
            b"[[]]" * 9,
        ):
            assert drawn(good) == good.removeprefix(b"\xef\xbb\xbf")
        for deep in (b'["\\"",[[[', b'["\\\\",[[[', b'{"a":{"b":["c",{'):
            with pytest.raises(TooDeepError):
                drawn(deep)
        if size < 64:
            with pytest.raises(TooLargeError):
                drawn(b'["' + b"x" * 200)


def test_a_record_that_would_fill_memory_ends_its_member(tmp_path: Path) -> None:
    use(Limits(in_memory_bytes=1 << 20))
    for n, hostile in enumerate(("x" * 3_000_000, [{}] * 1_000_000)):
        record = {"timestamp": 1672531300, "data": [{"post": "big", "x": hostile}]}
        export, items = read(facebook(tmp_path / str(n), posts("before")[:-1] + f", {json.dumps(record)}]"))
        assert texts(items)[-1] == "good"
        assert export.report.problems == [
            "posts/your_posts_1.json: a record is larger than 1 MB; split it or make it smaller"
        ]


@pytest.mark.parametrize("odd", ["NaN", "9" * 5000, '"\\ud800"', '"a", "timestamp": 5', '"\x01"', "1e999"])
def test_odd_values_cost_at_most_their_member(tmp_path: Path, odd: str) -> None:
    _, items = read(facebook(tmp_path, f'[{{"timestamp": 1672531200, "data": [{{"post": "odd"}}], "n": {odd}}}]'))
    assert texts(items)[-1] == "good"


def test_a_byte_order_mark_before_json(tmp_path: Path) -> None:
    _, items = read(write(tmp_path, {"posts/your_posts_1.json": "\ufeff" + posts("Zoë")}))
    assert len(items) == 1


def test_a_key_that_stands_twice_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "1", "text": "Noor Lang", "text": "ok"}\n{"id": "2", "text": "b"}\n')
    export, items = read(path)
    assert texts(items) == ["b"]
    assert export.report.problems == ["a.jsonl line 1: its 'text' stands twice; mend that line, the others were read"]


# Tables


def test_a_field_beyond_the_limit_costs_its_row(tmp_path: Path) -> None:
    use(Limits(csv_field_bytes=1000))
    path = write(tmp_path, {"a.csv": "id,text\n1,one\n2," + "x" * 2000 + "\n3,three\n"}) / "a.csv"
    export, items = read(path)
    assert texts(items) == ["one", "three"]
    assert export.report.rejected == 1
    assert export.report.problems[0].startswith("a.csv row 3: ")


def test_a_table_without_line_ends_does_not_fill_memory(tmp_path: Path) -> None:
    use(Limits(csv_field_bytes=10_000))
    path = write(tmp_path, {"a.csv": "id,text\n1,one\n" + "x," * 200_000}) / "a.csv"
    export, items = read(path)
    assert texts(items)[:1] == ["one"]
    assert export.report.problems == ["a.csv: a line is longer than 40000 characters; split it or make it smaller"]


# Pictures and documents


def test_a_picture_whose_header_asks_for_gigabytes(tmp_path: Path) -> None:
    huge = bytearray(picture())
    huge[16:24] = struct.pack(">II", 50_000, 50_000)
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    assert refusal(write(tmp_path, {"a.png": bytes(huge)}) / "a.png") == (
        "the picture is too large to be read safely; make it smaller"
    )
    export, items = read(write(tmp_path, {"b.png": picture()}))
    assert {i.id: i.media[0].presence for i in items} == {"a.png": "refused", "b.png": "present"}
    assert len(export.report.problems) == 1


def test_a_name_that_claims_another_format(tmp_path: Path) -> None:
    _, items = read(
        write(tmp_path, {"a.webp": picture("JPEG"), "b.txt": picture("JPEG"), "c.jpg": "<p>no picture</p>"})
    )
    shown = {
        i.id: (i.media[0].encoding_format, i.media[0].declared_format, i.media[0].presence) for i in items if i.media
    }
    assert shown == {"a.webp": ("image/jpeg", "image/webp", "present"), "b.txt": ("image/jpeg", "", "present")}


def test_a_pdf_with_a_password_costs_only_itself(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(pdf("Secret"))) as document:
        document.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(user="u", owner="o"))
    assert refusal(tmp_path / "locked.pdf") == "the PDF is locked with a password; save a copy without one"
    write(tmp_path, {"open.pdf": pdf("Open")})
    export, items = read(tmp_path)
    assert [i.part("document").strip() for i in items] == ["Open"]
    assert export.report.problems == ["locked.pdf: the PDF is locked with a password; save a copy without one"]


# Characters and mark-up


def test_text_in_an_encoding_that_it_names_wrongly_or_not(tmp_path: Path) -> None:
    japanese = "<p>運動会のお知らせ</p>"
    files: dict[str, str | bytes] = {
        "named.html": b'<meta charset="shift_jis">' + japanese.encode("shift_jis"),
        "wrong.html": b'<meta charset="utf-8">' + "<p>Caf\u00e9 \u2013 10 \u00a3</p>".encode("cp1252"),
        "unnamed.txt": japanese.encode("shift_jis"),
        "nonsense.html": '<meta charset="klingon"><p>Zoë</p>'.encode(),
    }
    _, items = read(write(tmp_path, files))
    found = {i.id: i.part("text") for i in items}
    assert found.pop("unnamed.txt")  # readable to nobody, but it ends nothing
    assert found == {"named.html": "運動会のお知らせ", "wrong.html": "Café – 10 £", "nonsense.html": "Zoë"}


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 200_000 + "deep",
        "<li><ul>" * 100_000 + "deep",
        "<pre>a" + " " * 1_000_000 + "deep</pre>",
        "[caption " * 200_000 + "deep",
        "<b>" * 200_000 + "deep",
        "<p>" * 200_000 + "deep",
        "&" * 1_000_000 + "deep",
        "<" * 1_000_000 + "deep",
    ],
    ids=["div", "list", "spaces", "caption", "bold", "paragraphs", "ampersands", "angles"],
)
def test_mark_up_made_to_take_for_ever(page: str) -> None:
    began = time.monotonic()
    assert read_post(page).text.endswith("deep") or page.startswith("<<")
    assert read_page(page).text.endswith("deep") or page.startswith("<<")
    assert time.monotonic() - began < 10


# Private members


PRIVATE: dict[str, str | bytes] = {
    f"{PAGE}/messages/inbox/bo_1/message_1.json": '{"messages": [{"content": "secret"}]}',
    f"{PAGE}/messages/inbox/bo_1/photos/1.jpg": b"x",
    f"{PAGE}/messages/archived_threads/cy_1/message_1.json": "{}",
    "inbox/dee/message_1.json": "{}",
    "contacts/address_book.json": "{}",
    "search/your_search_history.json": "{}",
    "ads_information/ads_interests.json": "{}",
    "security_and_login_information/your_devices.json": "{}",
    "personal_information/profile_information/contact_info.json": "{}",
}


def names_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills with the name of each member that any source opens."""
    opened: list[str] = []
    for kind in (source.FolderSource, source.ZipSource, source.FileSource):

        def noted(self: source.Source, name: str, plain: object = kind.open) -> BinaryIO:
            opened.append(name)
            return plain(self, name)  # type: ignore[operator, no-any-return]

        monkeypatch.setattr(kind, "open", noted)
    return opened


@pytest.mark.parametrize("packed", [False, True])
def test_private_members_are_counted_and_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    root = "facebook-larkmoor-2026-01-02-abcdefgh"
    files: dict[str, str | bytes] = {**facebook_page(), **{f"{root}/{name}": data for name, data in PRIVATE.items()}}
    path = pack(tmp_path / "x.zip", files) if packed else write(tmp_path, files)
    opened = names_opened(monkeypatch)
    export, items = read(path)
    assert export.layout == "facebook-page-2025"
    assert items
    assert {n.removeprefix(f"{root}/") for n in opened} & set(PRIVATE) == set()
    words = ("message", "inbox", "contact", "search", "ads_", "device")
    assert not [name for name in opened if any(word in name for word in words)]
    counted = {m.member.removeprefix(f"{root}/"): m.records for m in export.report.members if m.status == "private"}
    assert counted == {
        f"{PAGE}/messages/": 3,
        "inbox/": 1,
        "contacts/": 1,
        "search/": 1,
        "ads_information/": 1,
        "security_and_login_information/": 1,
        "personal_information/": 1,
    }


def test_a_folders_digest_reads_no_private_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = "facebook-larkmoor-2026-01-02-abcdefgh"
    files: dict[str, str | bytes] = {**facebook_page(), **{f"{root}/{name}": data for name, data in PRIVATE.items()}}
    write(tmp_path / "x", files)
    opened: list[str] = []
    plain = Path.open

    def noted(self: Path, *args: str) -> IO[bytes]:
        opened.append(self.relative_to(tmp_path / "x").as_posix())
        return plain(self, *args)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(Path, "open", noted)
    export, _ = read(tmp_path / "x")
    before = export.sha256
    shut = {f"{root}/{name}" for name in PRIVATE} | {n for n in files if "/messages/" in n}
    assert set(opened) == set(files) - shut
    monkeypatch.undo()
    secret = tmp_path / "x" / min(shut)
    data = secret.read_bytes()
    secret.write_bytes(data[::-1])
    assert read(tmp_path / "x")[0].sha256 == before
    secret.write_bytes(data + b" ")
    assert read(tmp_path / "x")[0].sha256 != before
    secret.write_bytes(data)
    (tmp_path / "x" / f"{root}/{PAGE}/comments_and_reactions/comments.json").write_text('{"comments_v2": []}')
    assert read(tmp_path / "x")[0].sha256 != before
