"""Reading exports that the tests build themselves: exact texts, times and counts; bad input ends in one clear line."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import struct
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from detectors.base import Item, UserError
from pipelines.readers import Export, MemberReport, merge_reports, open_export, record, source, times
from pipelines.readers.html import decode, read_page, read_post
from pipelines.readers.limits import Limits, using
from pipelines.readers.media import base_name, sniff
from pipelines.readers.values import mend
from tests.readers_exports import (
    PAGE,
    WXR_HEAD,
    facebook_page,
    mojibake,
    pack,
    pdf,
    pdf_without_text,
    picture,
    write,
    wxr,
    wxr_item,
)

ROOT = "facebook-larkmoor-2026-01-02-abcdefgh"


def read(path: Path) -> tuple[Export, list[Item]]:
    """An export and all its items."""
    export = open_export(path)
    return export, list(export.read())


def texts(item: Item) -> dict[str, str]:
    """The item's parts by name."""
    return {part.name: part.text for part in item.parts}


def at(*when: int) -> datetime:
    """A time in UTC."""
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]


def statuses(export: Export) -> dict[str, str]:
    """The status of each member reported."""
    return {m.member: m.status for m in export.report.members}


def listed(export: Export) -> list[MemberReport]:
    """The entries of the report but for the media that items show."""
    return [m for m in export.report.members if m.why != "shown by items, read with them"]


def complaint(path: Path) -> str:
    """The one line with which an export is refused."""
    with pytest.raises(UserError) as error:
        list(open_export(path).read())
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(path))
    return str(error.value).removeprefix(str(path))


# WordPress


def test_wordpress_posts_pages_and_comments(tmp_path: Path) -> None:
    comment = (
        "<wp:comment><wp:comment_id>{}</wp:comment_id><wp:comment_author>{}</wp:comment_author>"
        "<wp:comment_author_email>bo@mail.example</wp:comment_author_email>"
        "<wp:comment_author_IP>192.0.2.7</wp:comment_author_IP>"
        "<wp:comment_date_gmt>2024-06-06 10:00:00</wp:comment_date_gmt>"
        "<wp:comment_content><![CDATA[{}]]></wp:comment_content><wp:comment_approved>{}</wp:comment_approved>"
        "<wp:comment_parent>{}</wp:comment_parent><wp:comment_user_id>{}</wp:comment_user_id></wp:comment>"
    )
    comments = (
        comment.format(1, "Bo Visitor", "Great &amp; good", 1, 0, 0)
        + comment.format(2, "School Office", "Thanks", 1, 1, 7)
        + comment.format(3, "Seller", "Buy", "spam", 0, 0)
        + comment.format(4, "Waiting", "Held", 0, 0, 0)
    )
    content = (
        "<!-- wp:paragraph --><p>Fish &amp; chips<br>on Friday</p><!-- /wp:paragraph -->"
        "<table><tr><td>Ann</td><td>4B</td></tr></table><script>alert(1)</script><figure>"
        '<img src="https://www.larkmoor.example/wp-content/uploads/2024/06/ann-lee.png?w=300" alt="Ann with cup"></figure>'
    )
    path = tmp_path / "anything.bin"
    path.write_text(
        wxr(
            wxr_item(
                10,
                content=content,
                post_date="2024-06-06 10:30:00",
                post_date_gmt="2024-06-06 09:30:00",
                inner=comments,
            ),
            wxr_item(11, "page", "private", "<p>Inner</p>", post_date="2024-06-06 10:30:00", title="A &amp;amp; B"),
            wxr_item(12, status="draft", post_date="2024-01-06 10:30:00", post_date_gmt="0000-00-00 00:00:00"),
            wxr_item(13, content="Line one\nline two", post_password="pw"),
            wxr_item(14, status="future"),
            wxr_item(15, status="trash"),
            wxr_item(16, "nav_menu_item"),
            wxr_item(17, "revision", "inherit"),
        )
    )
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == ("wordpress-wxr", "wordpress", "www.larkmoor.example")
    by_id = {i.id.removeprefix("wordpress:www.larkmoor.example:"): i for i in items}
    assert list(by_id) == [
        "post-10",
        "comment-1",
        "comment-2",
        "comment-3",
        "comment-4",
        *(f"post-{n}" for n in range(11, 16)),
    ]
    post = by_id["post-10"]
    assert texts(post) == {
        "title": "Title 10",
        "text": "Fish & chips\non Friday\nAnn\t4B",
        "alt:0": "Ann with cup",
        "filename:0": "ann-lee.png",
    }
    assert (post.kind, post.author, post.author_role, post.site) == (
        "article",
        "School Office",
        "school",
        "www.larkmoor.example",
    )
    assert (post.published, post.time_basis, post.raw_published) == (
        at(2024, 6, 6, 9, 30),
        "explicit",
        "2024-06-06 09:30:00",
    )
    assert (post.locator.member, post.locator.pointer, post.locator.layout) == ("", "post:10", "wordpress-wxr")
    assert post.locator.archive_sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == export.sha256
    assert post.media[0].presence == "missing"
    assert post.has_photo is True
    page = by_id["post-11"]
    assert (page.kind, page.visibility, page.part("title")) == ("page", "private", "A & B")
    assert (page.published, page.time_basis) == (at(2024, 6, 6, 9, 30), "assumed")
    assert (by_id["post-12"].visibility, by_id["post-12"].status, by_id["post-12"].published) == (
        "draft",
        "draft",
        at(2024, 1, 6, 10, 30),
    )
    assert (by_id["post-13"].visibility, by_id["post-13"].part("text")) == ("password", "Line one\nline two")
    assert (by_id["post-14"].visibility, by_id["post-14"].status) == ("draft", "scheduled")
    assert (by_id["post-15"].visibility, by_id["post-15"].status) == ("deleted", "deleted")
    answers = {n: by_id[f"comment-{n}"] for n in (1, 2, 3, 4)}
    assert [answers[n].part("text") for n in answers] == ["Great & good", "Thanks", "Buy", "Held"]
    assert {answers[n].author_role for n in answers} == {"unknown"}
    assert [answers[n].visibility for n in answers] == ["public", "public", "deleted", "draft"]
    assert answers[1].in_reply_to == post.id
    assert answers[2].in_reply_to == answers[1].id
    assert answers[1].locator.pointer == "comment:1"
    assert "bo@mail.example" not in repr([dataclasses.asdict(i) for i in items])
    assert "192.0.2.7" not in repr([dataclasses.asdict(i) for i in items])
    assert export.report.items == Counter({"article": 5, "comment": 4, "page": 1})
    assert export.report.members[0].why == "skipped: 1 nav_menu_item, 1 revision"
    assert export.report.problems == []
    facts = export.facts()
    assert facts is not None
    assert {key: fact.value for key, fact in facts.facts.items()} == {
        "name": "Larkmoor School",
        "about": "News from Larkmoor",
        "website": "https://www.larkmoor.example",
        "url": "https://www.larkmoor.example",
        "role_holders": "office@larkmoor.example",
    }


def test_wordpress_attachment_finds_its_upload(tmp_path: Path) -> None:
    meta = "<wp:postmeta><wp:meta_key>_wp_attachment_image_alt</wp:meta_key><wp:meta_value>A cup</wp:meta_value></wp:postmeta>"
    address = "https://www.larkmoor.example/wp-content/uploads/2024/06/cup%20one.png"
    files: dict[str, str | bytes] = {
        "site/export.xml": wxr(
            wxr_item(20, status="draft"),
            wxr_item(21, "attachment", "inherit", "Long text", attachment_url=address, post_parent="20", inner=meta),
            wxr_item(22, "attachment", "inherit", attachment_url=address, post_parent="0"),
        ),
        "site/wp-content/uploads/2024/06/cup one.png": picture(),
    }
    for path in (write(tmp_path / "folder", files), pack(tmp_path / "export.zip", files)):
        export, items = read(path)
        cup = items[1]
        assert (cup.kind, cup.visibility) == ("caption", "draft")
        assert texts(cup) == {"title": "Title 21", "text": "Long text", "alt:0": "A cup", "filename:0": "cup one.png"}
        media = cup.media[0]
        assert (media.presence, media.encoding_format, media.size) == ("present", "image/png", len(picture()))
        assert media.sha256 == hashlib.sha256(picture()).hexdigest()
        assert media.load is not None
        assert pickle.loads(pickle.dumps(media.load))() == picture()
        assert items[2].visibility == "public"
        assert cup.locator.member == "site/export.xml"
        assert export.report.media == Counter(present=2)


def test_wordpress_split_files_are_one_export(tmp_path: Path) -> None:
    write(tmp_path, {"larkmoor.000.xml": wxr(wxr_item(1)), "larkmoor.001.xml": wxr(wxr_item(2), wxr_item(1))})
    export, items = read(tmp_path)
    assert [i.id.rsplit(":", 1)[1] for i in items] == ["post-1", "post-2"]
    assert [(m.member, m.records) for m in export.report.members] == [("larkmoor.000.xml", 1), ("larkmoor.001.xml", 1)]
    assert export.report.members[1].why == "repeats items of another member"


def test_wordpress_same_id_with_other_content_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(wxr(wxr_item(1, content="<p>a</p>"), wxr_item(1, content="<p>b</p>")))
    assert [i.id.rsplit(":", 1)[1] for i in read(path)[1]] == ["post-1", "post-1#2"]


def test_broken_xml_is_mended_without_losing_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    broken = wxr_item(
        2, title="Fish & chips &amp; peas&mdash;now &lt;3 &unheard; caf&eacute;", content="bell\x07 & <p>x &amp; y</p>"
    )
    path.write_text(wxr(wxr_item(1), broken, wxr_item(3)))
    export, items = read(path)
    assert [i.part("title") for i in items] == ["Title 1", "Fish & chips & peas—now <3 &unheard; café", "Title 3"]
    assert items[1].part("text") == "bell &\nx & y"
    assert export.report.problems == []
    assert export.report.members[0].why == "invalid XML mended in 5 places"


def test_characters_that_stop_the_parser_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    middle = wxr_item(50, title="q < r &#7;&#xD83D;&#233; <!-- & --><![CDATA[ & < ]]>")
    path.write_text(wxr(*(wxr_item(n) for n in range(1, 50)), middle, *(wxr_item(n) for n in range(51, 900))))
    export, items = read(path)
    assert len(items) == 899
    assert items[49].part("title") == "q < r \ufffd\ufffdé & <"
    assert export.report.members[0].why == "invalid XML mended in 3 places"


def test_items_that_the_parser_gives_up_on_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(wxr(wxr_item(1), wxr_item(2, title="x" * 11_000_000), wxr_item(3)))
    export, items = read(path)
    assert [i.part("title") for i in items] == ["Title 1"]
    assert export.report.problems == ["a.xml: broken XML: 2 of its items could not be read; export again"]


def test_cut_short_xml_gives_what_is_there(tmp_path: Path) -> None:
    whole = wxr(*(wxr_item(n, content="<p>text</p>") for n in range(1, 400)))
    path = tmp_path / "a.xml"
    path.write_text(whole[: whole.index("<wp:post_id>300<")])
    export, items = read(path)
    assert len(items) == 300
    assert [i.part("title") for i in items] == [f"Title {n}" for n in range(1, 301)]
    assert export.report.problems == ["a.xml: the XML is cut short: what follows is missing; export again"]


def test_xml_that_gives_nothing_or_declares_entities_is_refused(tmp_path: Path) -> None:
    broken, bomb = tmp_path / "a.xml", tmp_path / "b.xml"
    broken.write_text(WXR_HEAD[: WXR_HEAD.index("<title>")] + "<item")
    assert complaint(broken) == ": broken XML from which nothing can be read; export again"
    bomb.write_text(wxr(wxr_item(1)).replace("<rss", '<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss', 1))
    assert complaint(bomb) == ": the XML declares entities, which no WordPress export does; export again"


# Facebook


@pytest.mark.parametrize("packed", [False, True])
def test_facebook_page(tmp_path: Path, packed: bool) -> None:
    files = facebook_page()
    path = pack(tmp_path / "x.zip", files) if packed else write(tmp_path / "x", files)
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == ("facebook-page-2025", "facebook", "larkmoor")
    assert [i.kind for i in items] == ["post", "post", "post", "post", "caption", "comment", "comment", "event"]
    post = items[0]
    assert texts(post) == {
        "title": "Cy Invented",
        "text": "Well done Zoë and Bo Invented – 1st! 🏆",
        "filename:0": "9001.jpg",
        "alt:1": "On stage – café",
        "filename:1": "9002.jpg",
    }
    assert [m.presence for m in post.media] == ["present", "missing"]
    assert (post.published, post.time_basis, post.raw_published) == (at(2024, 6, 3, 9, 0), "epoch", "1717405200")
    assert (post.visibility, post.author, post.author_role) == ("public", "Larkmoor School", "school")
    assert post.locator.pointer == "/0"
    assert post.locator.member == f"{ROOT}/{PAGE}/posts/profile_posts_1.json"
    one, two = items[1:3]
    assert one.published == two.published
    assert one.id != two.id
    assert (two.lineage, len({i.lineage for i in items})) == (f"{one.lineage}#2", len(items))
    assert texts(items[3]) == {"title": "Sign up\nhttps://forms.example/x"}
    assert items[3].locator.pointer == "/4"
    photo, visitor, own, event = items[4:]
    assert texts(photo) == {"text": "The fair", "filename:0": "9003.jpg"}
    assert photo.media[0].presence == "damaged"
    assert (visitor.part("text"), visitor.author, visitor.author_role) == ("Lovely!", "Dee Visitor", "outsider")
    assert visitor.in_reply_to == photo.id
    assert (own.part("text"), own.author_role, own.locator.pointer) == ("Thanks 😊", "school", "/comments_v2/0")
    assert texts(event) == {"title": "Fair", "text": "Hall"}
    assert export.report.media == Counter(present=1, missing=1, damaged=1)
    assert export.report.rejected == 1
    assert export.report.problems == []
    why = {m.member.removeprefix(f"{ROOT}/"): (m.status, m.records, m.why) for m in listed(export)}
    assert why[f"{PAGE}/posts/profile_posts_1.json"] == ("parsed", 4, "1 rejected: not a record")
    assert why[f"{PAGE}/posts/album/0.json"] == ("parsed", 2, "1 shown in a post")
    assert why[f"{PAGE}/comments_and_reactions/comments.json"] == ("parsed", 1, "1 without text")
    assert why[f"{PAGE}/messages/"] == ("private", 1, "private: never opened")
    assert why[f"{PAGE}/posts/media/your_posts"] == ("skipped", 1, "files that no post names")
    assert any("Comments by other people" in line for line in export.report.not_in_export)
    facts = export.facts()
    assert facts is not None
    assert {key: fact.value for key, fact in facts.facts.items()} == {
        "name": "Larkmoor School",
        "about": "A school – with a café",
        "website": "https://www.larkmoor.example/",
        "url": "https://www.facebook.com/larkmoor",
        "username": "larkmoor",
        "category": "School",
    }


def test_facebook_ids_last_and_messages_stay_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "x.zip", facebook_page())
    opened: list[str] = []
    plain = source.ZipSource.open

    def noted(self: source.ZipSource, name: str) -> BinaryIO:
        opened.append(name)
        return plain(self, name)

    monkeypatch.setattr(source.ZipSource, "open", noted)
    first = [i.id for i in read(path)[1]]
    assert first == [i.id for i in read(path)[1]]
    assert len(set(first)) == len(first)
    assert opened
    assert not [name for name in opened if "messages" in name]


def test_facebook_profile_layouts_and_a_broken_member(tmp_path: Path) -> None:
    post = {"timestamp": 1672531200, "data": [{"post": mojibake("Año – José")}]}
    old = write(tmp_path / "old", {"posts/your_posts_1.json": json.dumps([post])})
    export, items = read(old)
    assert (export.layout, export.account, items[0].visibility) == ("facebook-profile-old", "", "unknown")
    assert items[0].part("text") == "Año – José"
    name = "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json"
    export, items = read(write(tmp_path / "new", {name: json.dumps([post, post])[:-30]}))
    assert (export.layout, len(items)) == ("facebook-profile-2024", 1)
    assert export.report.problems == [
        f"{name}: the JSON is broken or cut short and was read in part only; export again"
    ]
    bare = write(tmp_path / "bare", {"renamed.txt": json.dumps([post])}) / "renamed.txt"
    assert open_export(bare).layout == "facebook-json"


def test_facebook_number_too_long_for_python_costs_only_its_member(tmp_path: Path) -> None:
    posts = {"timestamp": 1672531200, "data": [{"post": "First"}]}
    files: dict[str, str | bytes] = {
        "posts/your_posts_1.json": json.dumps([posts]),
        "posts/your_posts_2.json": '{"n": ' + "9" * 5000 + ', "posts_v2": [{"timestamp": 1672531201}]}',
    }
    export, items = read(write(tmp_path, files))
    assert [i.part("text") for i in items] == ["First"]
    assert statuses(export) == {"posts/your_posts_1.json": "parsed", "posts/your_posts_2.json": "damaged"}


def test_facebook_html_export_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {f"{PAGE}/posts/profile_posts_1.html": "<html><body>x</body></html>"})
    assert complaint(tmp_path) == ": a Facebook export in HTML; ask Facebook for the export again, in the format JSON"


def test_mojibake_is_undone_and_other_text_left_alone() -> None:
    assert mend(mojibake("Zoë – “ok” 🏆 Жанна")) == "Zoë – “ok” 🏆 Жанна"
    assert mend("Café") == "Café"
    assert mend("a — " + mojibake("café")) == "a — café"
    assert mend("&amp; 'straight' “curly”") == "&amp; 'straight' “curly”"
    assert mend("half \ud83d") == "half \ufffd"


# Records


def test_records(tmp_path: Path) -> None:
    text = "Zoe\u0301 \u200b won 🏆\r\n"
    lines = [
        {"id": "A1", "text": text, "site": "main", "platform": "x", "kind": "reply", "title": "T", "author": "Bo"},
        {
            "id": "A2",
            "text": "",
            "author_role": "pupil",
            "visibility": "members",
            "published": "2024-07-01T09:00:00+02:00",
        },
        {
            "id": 3,
            "text": "c",
            "published": "2024-07-01 09:00",
            "media": ["p/one.png", "../up.png", "no.png"],
            "alt": ["One"],
        },
        {
            "id": "A4",
            "text": "d",
            "author_role": "king",
            "has_photo": False,
            "extra": {"a": 1},
            "url": "https://x.example/4",
        },
    ]
    body = "\ufeff" + "\n".join(json.dumps(line) for line in lines)
    write(tmp_path, {"in/a.jsonl": body, "in/p/one.png": picture(), "up.png": picture()})
    export, items = read(tmp_path / "in/a.jsonl")
    assert (export.layout, export.platform, export.account) == ("records-jsonl", "", "")
    assert [i.id for i in items] == ["A1", "A2", "3", "A4"]
    assert texts(items[0]) == {"title": "T", "text": text}
    assert (items[0].site, items[0].platform, items[0].kind, items[0].author) == ("main", "x", "reply", "Bo")
    assert texts(items[1]) == {"text": ""}
    assert (items[1].visibility, items[1].author_role) == ("members", "pupil")
    assert (items[1].published, items[1].time_basis) == (at(2024, 7, 1, 7, 0), "explicit")
    assert (items[2].published, items[2].time_basis) == (at(2024, 7, 1, 8, 0), "assumed")
    assert [m.presence for m in items[2].media] == ["present", "missing", "missing"]
    assert texts(items[2])["alt:0"] == "One"
    assert texts(items[2])["filename:0"] == "one.png"
    assert (items[3].author_role, items[3].has_photo, items[3].lineage) == ("unknown", False, "https://x.example/4")
    assert [i.locator.pointer for i in items] == ["line:1", "line:2", "line:3", "line:4"]
    assert export.report.items == Counter(post=3, reply=1)


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        b'{"id": "1", "text": "a"}',
        b"",
        b'{"id": "2", "text": ',
        b'{"id": "1", "text": "again"}',
        b'{"id": "3"}',
        b"[1]",
        b'{"id": "4", "text": "caf\xe9"}',
        b'{"id": "5", "text": "x", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id": "6", "text": "half \\ud83d", "n": NaN}',
    ]
    path.write_bytes(b"\n".join(lines))
    export, items = read(path)
    assert [(i.id, i.part("text")) for i in items] == [("1", "a"), ("6", "half \ufffd")]
    assert export.report.rejected == 6
    ask = "mend that line, the others were read"
    assert export.report.problems == [
        f"a.jsonl line 3: not valid JSON (Expecting value at column 21); {ask}",
        f"a.jsonl line 4: its id is that of line 1; {ask}",
        f"a.jsonl line 5: no 'text'; {ask}",
        f"a.jsonl line 6: not an object; {ask}",
        f"a.jsonl line 7: not UTF-8; {ask}",
        f"a.jsonl line 8: not valid JSON (nested too deep, or a number out of range); {ask}",
    ]


def test_many_broken_lines_do_not_flood_the_report(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "1", "text": "a"}\n' + "{\n" * 5000)
    export, items = read(path)
    assert len(items) == 1
    assert export.report.rejected == 5000
    assert len(export.report.problems) == 21


def test_a_line_too_long_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.readers.records.MAX_LINE", 1000)
    path = tmp_path / "a.jsonl"
    long = json.dumps({"id": "2", "text": "x" * 3_000_000})
    path.write_text('{"id": "1", "text": "a"}\n' + long + '\n{"id": "3", "text": "c"}\n')
    export, items = read(path)
    assert [i.id for i in items] == ["1", "3"]
    assert export.report.rejected == 1


def test_json_lines_of_another_kind_and_broken_json_are_refused(tmp_path: Path) -> None:
    other = write(tmp_path, {"a.jsonl": '{"id": "1"}\n'}) / "a.jsonl"
    assert complaint(other) == ": its records lack 'id' or 'text'; give every record both"
    broken = write(tmp_path, {"b.json": '[{"id": '}) / "b.json"
    assert complaint(broken) == ": broken JSON from which nothing can be read; export again"
    unknown = write(tmp_path, {"c.json": '{\n "a": 1\n}'}) / "c.json"
    assert complaint(unknown).startswith(": unknown format; give a WordPress export")


def test_records_round_trip(tmp_path: Path) -> None:
    _, items = read(pack(tmp_path / "x.zip", facebook_page()))
    path = tmp_path / "out.jsonl"
    path.write_text("\n".join(json.dumps(record(i)) for i in items))
    _, again = read(path)
    assert [(i.id, i.kind, i.published, i.visibility, i.part("text")) for i in again] == [
        (i.id, i.kind, i.published, i.visibility, i.part("text")) for i in items
    ]


def test_record_form(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.jsonl": '{"id": "1", "text": "a", "published": "2024-07-01T09:00:00Z"}'}) / "a.jsonl"
    export, items = read(path)
    assert record(items[0]) == {
        "id": "1",
        "text": "a",
        "kind": "post",
        "author_role": "unknown",
        "published": "2024-07-01T09:00:00+00:00",
        "locator": {"archive_sha256": export.sha256, "member": "", "pointer": "line:1", "layout": "records-jsonl"},
        "visibility": "unknown",
        "status": "published",
        "raw_published": "2024-07-01T09:00:00Z",
    }


# Tables


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("utf-8", "Post ID,Message,Date\n1,Café £5,03/06/2024\n"),
        ("utf-8-sig", "post id;message;date\n1;Café £5;03/06/2024\n"),
        ("utf-16", "Date\tText\tid\n03/06/2024\tCafé £5\t1\n"),
        ("cp1252", "Id,Content,Published\r\n1,Café £5,2024-06-03\r\n"),
    ],
)
def test_table_encodings_delimiters_and_names(tmp_path: Path, encoding: str, body: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(body.encode(encoding))
    export, items = read(path)
    assert export.layout == "records-csv"
    assert [(i.id, i.part("text"), i.published) for i in items] == [("1", "Café £5", at(2024, 6, 2, 23, 0))]


def test_table_rows(tmp_path: Path) -> None:
    path = tmp_path / "posts.dat"
    path.write_text(
        "title,content_html,status,visibility,url,author,type\n"
        'T1,"<p>One &amp; two</p><p>three</p>",draft,,https://x.example/1,Bo,newsletter\n'
        ",,,,,,\n"
        '"=1+1","a\nb",,unlisted,,,,extra\n'
    )
    export, items = read(path)
    assert [i.id for i in items] == ["row:2", "row:4"]
    assert texts(items[0]) == {"title": "T1", "text": "One & two\nthree"}
    assert (items[0].visibility, items[0].status, items[0].kind, items[0].author) == (
        "draft",
        "draft",
        "newsletter",
        "Bo",
    )
    assert texts(items[1])["title"] == "=1+1"
    assert (items[1].visibility, items[1].locator.pointer) == ("unlisted", "row:4")
    assert export.report.items == Counter(post=1, newsletter=1)


def test_meta_business_suite_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Post ID,Page name,Title,Description,Publish time,Permalink,Post type\n"
        '77,Larkmoor,,"=HYPERLINK(""x"") Hi",06/03/2024 07:20,https://www.facebook.com/larkmoor/posts/77,Photos\n'
    )
    export, items = read(path)
    item = items[0]
    assert (export.platform, item.id, item.site, item.kind) == ("facebook", "77", "Larkmoor", "post")
    assert texts(item) == {"text": '=HYPERLINK("x") Hi'}
    assert (item.published, item.time_basis) == (at(2024, 6, 3, 14, 20), "assumed")
    assert item.url == "https://www.facebook.com/larkmoor/posts/77"
    assert (item.lineage, export.account) == ("facebook:77", "larkmoor")


def test_meta_business_suite_table_of_instagram(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Post ID,Account ID,Account username,Account name,Description,Publish time,Permalink,Post type,Date\n"
        "88,1,larkmoor,Larkmoor School,Hi,06/03/2024 07:20,https://www.instagram.com/p/AbC/,IG story,Lifetime\n"
    )
    export, items = read(path)
    item = items[0]
    assert (export.platform, export.account, item.platform) == ("instagram", "larkmoor", "instagram")
    assert (item.site, item.kind, item.lineage) == ("larkmoor", "story", "instagram:88")
    assert item.published == at(2024, 6, 3, 14, 20)


def test_table_without_texts_and_fields_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = write(tmp_path, {"a.csv": "name,email\nAnn,ann@mail.example,extra\n"}) / "a.csv"
    needed = "text, description, message, content, body or content_html, or title beside a date or address"
    say = 'or write into school.toml which it is: [exports.columns] text = "its header" (inspect takes it with --school DIR)'
    assert complaint(bad) == f": this table has no column of texts or titles; name one of its columns {needed}, {say}"
    path = write(tmp_path, {"b.csv": "id,text\n1,ok\n2," + "x" * 200_000 + "\n"}) / "b.csv"
    assert [len(i.part("text")) for i in read(path)[1]] == [2, 200_000]


def test_table_of_titles_alone_is_read_and_said_to_lack_texts(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.csv": "id,subject,publish_date\n7,News from Class 4,2024-06-03T10:00:00Z\n"}) / "a.csv"
    export, items = read(path)
    assert [(i.id, texts(i), i.published) for i in items] == [("7", {"title": "News from Class 4"}, at(2024, 6, 3, 10))]
    assert "only titles" in export.report.not_in_export[-1]
    people = write(tmp_path, {"b.csv": "staff_id,title,forename\n1,Ms,Bo\n"}) / "b.csv"
    assert "no column of texts or titles" in complaint(people)


def test_table_of_comments_in_json_with_half_a_surrogate_pair(tmp_path: Path) -> None:
    cell = '"{""text"":""A\\ud800B""},{""text"":"" \\ud83d\\ude00""}"'
    path = write(tmp_path, {"a.csv": f"Comment ID,Comment Text\nc1,{cell}\n"}) / "a.csv"
    assert read(path)[1][0].part("text") == "A\ufffdB \U0001f600"


# Folders and bare files


def test_folder_of_files(tmp_path: Path) -> None:
    page = (
        '<html><head><meta charset="windows-1252"><title>Our day</title>'
        '<link rel="canonical" href="https://www.larkmoor.example/day"></head><body><h1>Day</h1><p>Ann\u2019s day</p>'
        '<img src="../pics/a%20b.png?x=1" alt="Ann"><img src="https://cdn.example/c.jpg"><img src="gone.png"></body></html>'
    )
    write(
        tmp_path,
        {
            "web/day.html": page.encode("cp1252"),
            "pics/a b.png": picture(),
            "pics/own.webp": picture("JPEG"),
            "pics/cut.jpg": picture("JPEG")[:-30],
            "pics/none.png": b"no picture",
            "notes/read me.md": "# Hello\r\n\r\nAnn",
            "letter.pdf": pdf("Dear parents of Ann"),
            "scan.pdf": pdf_without_text(),
            "list.jsonl": '{"id": "r1", "text": "a record"}\n',
            "list.csv": "id,text\nc1,a row\n",
            "bad.csv": "name\nx\n",
            "code.js": "let a = 1",
            ".hidden.txt": "x",
            "__MACOSX/._a.png": "x",
            "Thumbs.db": "x",
        },
    )
    export, items = read(tmp_path)
    assert export.layout == "folder"
    found = {i.id: i for i in items}
    assert list(found) == [
        "r1",
        "c1",
        "web/day.html",
        "notes/read me.md",
        "letter.pdf",
        "scan.pdf",
        "pics/cut.jpg",
        "pics/own.webp",
    ]
    day = found["web/day.html"]
    assert texts(day) == {
        "title": "Our day",
        "text": "Day\nAnn’s day",
        "alt:0": "Ann",
        "filename:0": "a b.png",
        "filename:1": "c.jpg",
        "filename:2": "gone.png",
    }
    assert [m.presence for m in day.media] == ["present", "missing", "missing"]
    assert (day.kind, day.url, day.locator.member) == ("page", "https://www.larkmoor.example/day", "web/day.html")
    assert texts(found["notes/read me.md"]) == {"text": "# Hello\n\nAnn"}
    assert texts(found["letter.pdf"]) == {"document": "Dear parents of Ann", "filename:0": "letter.pdf"}
    assert found["letter.pdf"].kind == "newsletter"
    own = found["pics/own.webp"]
    assert texts(own) == {"filename:0": "own.webp"}
    assert (own.kind, own.media[0].encoding_format, own.media[0].declared_format) == (
        "post",
        "image/jpeg",
        "image/webp",
    )
    assert found["pics/cut.jpg"].media[0].presence == "damaged"
    assert statuses(export) == {
        "list.jsonl": "parsed",
        "list.csv": "parsed",
        "web/day.html": "parsed",
        "notes/read me.md": "parsed",
        "letter.pdf": "parsed",
        "scan.pdf": "parsed",
        "pics/a b.png": "parsed",
        "pics/own.webp": "parsed",
        "pics/cut.jpg": "damaged",
        "pics/none.png": "damaged",
        "bad.csv": "unknown",
        "code.js": "unknown",
        ".hidden.txt": "skipped",
        "__MACOSX": "skipped",
        "Thumbs.db": "skipped",
    }
    assert sorted(export.report.problems) == [
        "pics/cut.jpg: the picture is damaged; export again",
        "pics/none.png: no picture, whatever its name says; export again",
        "scan.pdf: a PDF without text, its pages are pictures; look at it yourself",
    ]
    assert export.sha256 == open_export(tmp_path).sha256


def test_bare_files_are_named_by_their_name(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": picture(), "b.txt": "Hello", "c.html": '<p>Hi</p><img src="a.png">'})
    for name, kind in (("a.png", "post"), ("b.txt", "page"), ("c.html", "page")):
        _, items = read(tmp_path / name)
        assert [(i.id, i.kind, i.locator.member, i.locator.layout) for i in items] == [(name, kind, "", "file")]
    assert read(tmp_path / "c.html")[1][0].media[0].presence == "present"


def test_picture_that_would_not_fit_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"big.png": picture(), "a.txt": "x"})
    with using(Limits(pixels=1000)):
        assert complaint(tmp_path / "big.png") == ": the picture is too large to be read safely; make it smaller"
        export, _ = read(tmp_path)
    assert export.report.media == Counter(refused=1)


# Bad inputs


def test_paths_that_give_nothing(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.zip") == ": no such file or folder; check the path"
    (tmp_path / "folder").mkdir()
    assert complaint(tmp_path / "folder") == ": the folder is empty; give the folder that holds the export"
    write(
        tmp_path,
        {"empty.xml": b"", "noise.bin": b"\x00\x01\x02" * 50, "cut.jpg": picture("JPEG")[:-30], "no.jpg": b"text"},
    )
    assert complaint(tmp_path / "empty.xml") == ": the file is empty; export again"
    assert complaint(tmp_path / "noise.bin").startswith(": unknown format; give a WordPress export (XML), ")
    assert complaint(tmp_path / "cut.jpg") == ": the picture is damaged; export it again"
    assert complaint(tmp_path / "no.jpg") == ": the picture is damaged or no picture at all; export it again"
    office = pack(tmp_path / "letter.docx", {"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})
    assert complaint(office) == ": the Word document is damaged or of another kind; save it again as DOCX"


def test_zip_cut_short(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", facebook_page())
    whole, items = read(path)
    data = path.read_bytes()
    path.write_bytes(data[:-200])
    export, found = read(path)
    assert [texts(i) for i in found] == [texts(i) for i in items]
    assert export.layout == whole.layout
    (line,) = export.report.problems
    assert line == "x.zip: cut short or damaged: 9 members before the damage were read; download it again"
    assert statuses(export)["x.zip"] == "damaged"
    path.write_bytes(data[:40])
    assert complaint(path) == ": the zip archive is cut short (incomplete download); export again"


def test_zip_bombs(tmp_path: Path) -> None:
    bomb = pack(tmp_path / "x.zip", {"a.txt": b"0" * (40 << 20)})
    assert complaint(bomb).startswith(": the zip archive is built like a zip bomb and is refused; export again")
    many = pack(tmp_path / "y.zip", {f"{n}.txt": "x" for n in range(5)})
    with using(Limits(entries=4)):
        assert complaint(many).startswith(": the zip archive has more than 4 members and is refused; ")
    with using(Limits(total_bytes=4)):
        assert complaint(many).startswith(": the zip archive unpacks to more than 0 GB and is refused; ")


def test_zip_whose_entries_overlap(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a.txt": "one", "b.txt": "two"})
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    path.write_bytes(data)
    assert complaint(path).startswith(": the zip archive is built like a zip bomb")


def test_bytes_are_counted_whatever_the_directory_says(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a.txt": "x" * 5000, "b.txt": "short"})
    export = open_export(path)
    with using(Limits(entry_bytes=100)):
        assert [i.id for i in export.read()] == ["b.txt"]
    assert export.report.problems == ["a.txt: unpacks to more than the limits allow; split it or make it smaller"]


def test_damaged_member_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "one two three")
        archive.writestr("b.txt", "four")
    path.write_bytes(path.read_bytes().replace(b"one two three", b"one two_three", 1))
    export, items = read(path)
    assert [i.id for i in items] == ["b.txt"]
    assert export.report.problems == ["a.txt: cannot be read; export again"]


def test_names_that_lead_outside_are_never_read(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "secret"})
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../secret.txt", "/etc/x.txt", "..\\..\\y.txt", "C:\\z.txt"):
            archive.writestr(name, "out")
        archive.writestr("sub\\ok.html", '<p>fine</p><img src="../../secret.txt">')
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "../secret.txt")
    export, items = read(path)
    assert [(i.id, i.part("text")) for i in items] == [("sub/ok.html", "fine")]
    assert items[0].media[0].presence == "missing"
    refused = [m for m in export.report.members if m.status == "skipped"]
    assert sorted(m.member for m in refused) == ["../../y.txt", "../secret.txt", "/etc/x.txt", "C:/z.txt", "link.txt"]


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "secret", "in/ok.txt": "fine", "away/far.txt": "far"})
    try:
        (tmp_path / "in/link.txt").symlink_to(tmp_path / "secret.txt")
        (tmp_path / "in/dir").symlink_to(tmp_path / "away")
    except OSError:
        pytest.skip("this system makes no symbolic links")
    export, items = read(tmp_path / "in")
    assert [i.id for i in items] == ["ok.txt"]
    assert statuses(export) == {"ok.txt": "parsed", "link.txt": "skipped", "dir": "skipped"}
    write(tmp_path, {"in/a.jsonl": '{"id": "1", "text": "x", "media": ["link.txt", "../secret.txt"]}'})
    assert [m.presence for m in read(tmp_path / "in/a.jsonl")[1][0].media] == ["missing", "missing"]


def test_zip_names_in_utf8_without_the_flag(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"cafXX.txt": "x"})
    path.write_bytes(path.read_bytes().replace(b"cafXX.txt", "café.txt".encode()))
    assert [i.id for i in read(path)[1]] == ["café.txt"]


def test_an_encrypted_member_is_said_to_be(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a.txt": "x", "b.txt": "y"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    export, items = read(path)
    assert [i.id for i in items] == ["b.txt"]
    assert export.report.problems == [
        "a.txt: not read, encrypted: make the archive again without a password; export again"
    ]


def test_media_gone_since_raise_os_error(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": picture()})
    for path in (tmp_path / "a.png", pack(tmp_path / "x.zip", {"a.png": picture()})):
        load = read(path)[1][0].media[0].load
        assert load is not None
        assert load() == picture()
        path.unlink()
        with pytest.raises(OSError, match=r".+"):
            load()


# The report, and the small parts


def test_report_as_json_and_merged(tmp_path: Path) -> None:
    write(tmp_path, {"a.jsonl": '{"id": "1", "text": "a"}\n{', "f/b.txt": "hello", "f/c.js": "x"})
    reports = []
    for path in (tmp_path / "a.jsonl", tmp_path / "f"):
        export, _ = read(path)
        reports.append(export.report)
    assert reports[1].as_json() == {
        "layout": "folder",
        "items": {"page": 1},
        "media": {"present": 0, "missing": 0, "damaged": 0, "refused": 0},
        "members": [
            {"member": "b.txt", "status": "parsed", "records": 1, "why": ""},
            {"member": "c.js", "status": "unknown", "records": 0, "why": "format not known"},
        ],
        "not_in_export": [],
    }
    merged = merge_reports(reports)
    assert merged.layout == "records-jsonl+folder"
    assert merged.items == Counter(post=1, page=1)
    assert merged.rejected == 1
    assert [m.member for m in merged.members] == ["a.jsonl", "f/b.txt", "f/c.js"]
    assert merged.problems[0].startswith("a.jsonl line 2: ")


def test_reading_twice_gives_the_same_report(tmp_path: Path) -> None:
    export = open_export(pack(tmp_path / "x.zip", facebook_page()))
    one = [i.id for i in export.read()], export.report.as_json()
    assert one == ([i.id for i in export.read()], export.report.as_json())


@pytest.mark.parametrize(
    ("raw", "when", "basis"),
    [
        ("2024-06-03T10:00:00Z", at(2024, 6, 3, 10), "explicit"),
        ("2024-06-03 10:00:00 UTC", at(2024, 6, 3, 10), "explicit"),
        ("2024-06-03 10:00:00", at(2024, 6, 3, 9), "assumed"),
        ("2024-01-03", at(2024, 1, 3), "assumed"),
        ("3/1/2024 09:05", at(2024, 1, 3, 9, 5), "assumed"),
        ("Fri, 07 Jun 2013 03:00:44 +0000", at(2013, 6, 7, 3, 0, 44), "explicit"),
        ("3 January 2024", at(2024, 1, 3), "assumed"),
        ("0000-00-00 00:00:00", None, "unknown"),
        ("31/02/2024", None, "unknown"),
        ("0001-01-01 00:00:00", None, "unknown"),
        ("soon", None, "unknown"),
    ],
)
def test_times(raw: str, when: datetime | None, basis: str) -> None:
    moment = times.parse(raw)
    if raw.startswith("0001"):
        assert moment.at is None or moment.at.year == 1
        return
    assert (moment.at, moment.basis) == (when, basis)


def test_epochs_out_of_range_are_unknown() -> None:
    assert times.epoch(0).at is None
    assert times.epoch(10**30).at is None
    assert times.epoch(float("nan")).at is None
    assert times.epoch(True).at is None


def test_html_as_a_reader_sees_it() -> None:
    page = read_page(
        "<title>T &amp; t</title><div>One<b>two</b> &nbsp;three<p>four\n five</p></div><ul><li>a<li>b</ul>"
        "<pre>x\n  y</pre><noscript><img src='a.jpg'></noscript><img data-src='a.jpg' alt='A'><img src='data:x' alt='I'>"
        "<style>p{}</style><!-- gone -->"
    )
    assert (page.title, page.text) == ("T & t", "Onetwo \u00a0three\nfour five\na\nb\nx\ny")
    assert [(p.src, p.alt) for p in page.pictures] == [("a.jpg", "A"), ("", "I")]
    assert read_page("<div>" * 20_000 + "deep").text == "deep"
    assert read_post('[caption id="x"]<img src="a.png">Ann[/caption]').text == "Ann"
    assert decode('<meta charset="nonsense">é'.encode()) == '<meta charset="nonsense">é'


def test_names_and_signatures() -> None:
    assert base_name("https://x.example/a/b%20c.jpg?w=1#z") == "b%20c.jpg"
    assert base_name("a\\b\\c.png") == "c.png"
    assert sniff(picture("WEBP")) == "image/webp"
    assert sniff(b"<?xml version='1.0'?><svg xmlns='x'>") == "image/svg+xml"
    assert sniff(b"hello") == ""
