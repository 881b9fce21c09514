"""The sample exports from the hand-written sources, and the truth about them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import typst
from marks import FONTS
from markup import images_of, marked, records, strip, text_of
from scenes import encode, picture

_LONDON = ZoneInfo("Europe/London")
_ACTIVITY = "this_profile's_activity_across_facebook"
_FIRST_ROW = 2  # a row's number is its place in the file, where the header is the first
SITE = "https://www.wrenmere.example"
_MARK_OF = {"crest": "crest", "crest-mono": "crest", "wordmark": "crest"}


class Truth:
    """The lines of truth.jsonl, gathered while the exports are written."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def _add(self, place: tuple[str, str, str], part: str, **more: Any) -> None:
        source, member, pointer = place
        line = {
            "source": source,
            "member": member,
            "pointer": pointer,
            "kind": "",
            "part": part,
            "quote": "",
            "occurrence": 0,
        }
        line |= {"pupils": [], "logo": "", "breach": True, "form": "", "hard": False, "note": ""}
        self.lines.append(line | more)

    def text(self, place: tuple[str, str, str], part: str, text: str) -> str:
        """Note what is marked in a part, and give the part without its marks."""
        for m in marked(text):
            more = {
                "quote": m.quote,
                "occurrence": m.occurrence,
                "pupils": list(m.pupils),
                "form": m.form if m.breach else "",
            }
            self._add(place, part, kind=m.kind, breach=m.breach, hard=m.hard, note=m.note, **more)
        return strip(text)

    def picture(self, place: tuple[str, str, str], part: str, spec: str) -> None:
        """Note the mark that a picture shows, or the look-alike it is."""
        what, name, *more = spec.split()
        form = "in a scene" if what == "inscene" else more[0] if more else "plain"
        if what in ("logo", "inscene"):
            current = name in _MARK_OF
            kind, logo = ("LOGO", "crest") if current else ("LOGO_OUTDATED", "lighthouse")
            note = "the mark in use is shown" if current else "the retired mark is shown"
            self._add(place, part, kind=kind, logo=logo, form=form, hard=what == "inscene", note=note)
        elif what == "lookalike":
            kind = "LOGO" if name in ("anchor", "books") else "LOGO_OUTDATED"
            self._add(place, part, kind=kind, breach=False, note=f"another school's crest: {name}")


def local(day: str, time: str) -> datetime:
    """A day and a time of London's clocks."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=_LONDON)


def write_file(path: Path, data: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def as_meta(value: Any) -> Any:
    """Strings as Meta writes them: UTF-8 read as Latin-1."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, Mapping):
        return {k: as_meta(v) for k, v in value.items()}
    return [as_meta(v) for v in value] if isinstance(value, list) else value


def write_zip(path: Path, members: Mapping[str, bytes]) -> None:
    """A zip archive whose bytes depend on its members alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2026, 2, 1, 9, 0, 0))
            info.create_system, info.external_attr, info.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=9)


def _facebook_media(
    truth: Truth, place: tuple[str, str, str], names: str, number: int, at: int
) -> tuple[list[Any], dict[str, bytes]]:
    """The attachments of a post and their files."""
    media, files = [], {}
    for i, name in enumerate(names.split(",")):
        uri = f"{_ACTIVITY}/posts/media/your_posts/5512840{number:04}{i}.jpg"
        if name != "absent":
            spec = f"logo {name} jpeg" if name in ("crest", "lighthouse") else f"scene {name} {number + i}"
            truth.picture(place, f"media:{i}", spec)
            files[uri] = encode(picture(spec), uri)
        exif = [{"upload_ip": "192.0.2.44", "taken_timestamp": at - 900}]
        one = {
            "uri": uri,
            "creation_timestamp": at,
            "media_metadata": {"photo_metadata": {"exif_data": exif}},
            "title": "",
        }
        media.append({"media": one})
    return [{"data": media}], files


def facebook(folder: Path, truth: Truth) -> None:
    """The Page's download, layout of 2025."""
    posts: list[Any] = []
    comments: list[Any] = []
    files: dict[str, bytes] = {}
    posts_file, comments_file = (
        f"{_ACTIVITY}/posts/profile_posts_1.json",
        f"{_ACTIVITY}/comments_and_reactions/comments.json",
    )
    for number, (fields, body, _) in enumerate(records("facebook")):
        kind, day, time, *more = fields[0].split()
        at = int(local(day, time).timestamp()) + number % 50
        if kind == "comment":
            text = truth.text(("facebook.zip", comments_file, f"/comments_v2/{len(comments)}"), "text", body)
            said = {"timestamp": at, "comment": text, "author": "Wrenmere School"}
            comments.append({"timestamp": at, "data": [{"comment": said}], "title": fields[1]})
            continue
        place = ("facebook.zip", posts_file, f"/{len(posts)}")
        post: dict[str, Any] = {
            "timestamp": at,
            "data": [{"post": truth.text(place, "text", body)}, {"update_timestamp": at}, {}],
        }
        if more:
            post["attachments"], added = _facebook_media(
                truth, place, more[0].removeprefix("photos="), number + 200, at
            )
            files |= added
            post["title"] = "Wrenmere School added a new photo."
        posts.append(post)
    profile = {
        "name": {"full_name": "Wrenmere School", "first_name": "Wrenmere", "middle_name": "", "last_name": "School"},
        "previous_names": [],
        "websites": [{"address": f"{SITE}/"}],
        "address": {"street": "Cobbler’s Lane", "city": "Saltby Haven", "zipcode": "ZZ99 4WR", "country_code": "GB"},
        "phone_numbers": [],
        "username": "WrenmereSchool",
        "registration_timestamp": 1673258400,
        "profile_uri": "https://www.facebook.com/WrenmereSchool",
        "intro_bio": {
            "name": "A small school with a long view – tea at the gate on Fridays ☕",
            "timestamp": 1673258400,
        },
        "profile_category": "School",
    }
    thread = {
        "participants": [{"name": "A parent"}],
        "messages": [{"timestamp_ms": 1758000000000, "content": "Is it swimming today?"}],
    }
    documents = {
        posts_file: posts,
        comments_file: {"comments_v2": comments},
        "profile_information/profile_information/profile_information.json": {"profile_v2": profile},
        f"{_ACTIVITY}/messages/inbox/aparent_1/message_1.json": thread,
    }
    members = {name: json.dumps(as_meta(value), indent=2).encode() for name, value in documents.items()}
    write_zip(folder / "facebook.zip", members | files)


def _cdata(tag: str, text: str) -> str:
    return f"<{tag}><![CDATA[{text}]]></{tag}>"


def _blocks(body: str) -> str:
    """Paragraphs as the block editor writes them; lines of HTML stay."""
    lines = [line for line in body.split("\n") if line.strip()]
    html = []
    for line in lines:
        kind = "html" if line.startswith("<") else "paragraph"
        html.append(f"<!-- wp:{kind} -->\n{line if kind == 'html' else f'<p>{line}</p>'}\n<!-- /wp:{kind} -->")
    return "\n\n".join(html)


def _wxr_item(kind: str, number: str, at: datetime, status: str, title: str, content: str, extra: Iterable[str]) -> str:
    local, zone = f"{at:%Y-%m-%d %H:%M:%S}", at.astimezone(UTC)
    gmt = "0000-00-00 00:00:00" if status == "draft" else f"{zone:%Y-%m-%d %H:%M:%S}"
    lines = [
        _cdata("title", title),
        f"<link>{SITE}/?p={number}</link>",
        f"<pubDate>{zone:%a, %d %b %Y %H:%M:%S} +0000</pubDate>",
        _cdata("dc:creator", "tpenrose"),
        f'<guid isPermaLink="false">{SITE}/?p={number}</guid>',
        "<description></description>",
        _cdata("content:encoded", content),
        _cdata("excerpt:encoded", ""),
        f"<wp:post_id>{number}</wp:post_id>",
        _cdata("wp:post_date", local),
        _cdata("wp:post_date_gmt", gmt),
        _cdata("wp:comment_status", "open" if kind == "post" else "closed"),
        _cdata("wp:post_name", "" if status == "draft" else f"{kind}-{number}"),
        _cdata("wp:status", status),
        "<wp:post_parent>0</wp:post_parent>",
        _cdata("wp:post_type", kind),
        _cdata("wp:post_password", ""),
        *extra,
    ]
    return "<item>\n" + "\n".join(f"\t{line}" for line in lines) + "\n</item>"


def _wxr_comment(fields: list[str], text: str) -> str:
    _, number, _, day, time, approved = fields[0].split()
    at = local(day, time)
    lines = [
        f"<wp:comment_id>{number}</wp:comment_id>",
        _cdata("wp:comment_author", fields[1]),
        _cdata("wp:comment_author_email", fields[2]),
        "<wp:comment_author_url></wp:comment_author_url>",
        _cdata("wp:comment_author_IP", f"198.51.100.{int(number) % 200 + 1}"),
        _cdata("wp:comment_date", f"{at:%Y-%m-%d %H:%M:%S}"),
        _cdata("wp:comment_date_gmt", f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"),
        _cdata("wp:comment_content", text),
        _cdata("wp:comment_approved", approved),
        _cdata("wp:comment_type", "comment"),
        "<wp:comment_parent>0</wp:comment_parent>",
        "<wp:comment_user_id>0</wp:comment_user_id>",
    ]
    return "<wp:comment>" + "".join(lines) + "</wp:comment>"


def _attachment(folder: Path, truth: Truth, place: tuple[str, str, str], fields: list[str]) -> str:
    _, number, day, time = fields[0].split()
    path, spec = strip(fields[1]), fields[4]
    title, alt = truth.text(place, "title", fields[2]), truth.text(place, "alt:0", fields[3])
    truth.text(place, "filename:0", fields[1].rsplit("/", 1)[1])
    truth.picture(place, "media:0", spec)
    write_file(folder / "uploads" / path, encode(picture(spec), path))
    meta = [("_wp_attached_file", path), ("_wp_attachment_image_alt", alt)]
    extra = [f"<wp:attachment_url>{SITE}/wp-content/uploads/{path}</wp:attachment_url>"]
    extra += [f"<wp:postmeta>{_cdata('wp:meta_key', k)}{_cdata('wp:meta_value', v)}</wp:postmeta>" for k, v in meta]
    return _wxr_item("attachment", number, local(day, time), "inherit", title, "", extra)


def website(folder: Path, truth: Truth) -> None:
    """The website as WordPress exports it (WXR 1.2), its uploads beside it."""
    items: list[str] = []
    told: dict[str, list[str]] = {}
    everything = list(records("website"))
    for fields, body, _ in everything:
        if fields[0].startswith("comment "):
            number, post = fields[0].split()[1:3]
            text = truth.text(("website.xml", "", f"comment:{number}"), "text", body)
            told.setdefault(post, []).append(_wxr_comment(fields, text))
    for fields, body, _ in everything:
        kind, number, *rest = fields[0].split()
        place = ("website.xml", "", f"post:{number}")
        if kind == "attachment":
            items.append(_attachment(folder, truth, place, fields))
        elif kind != "comment":
            day, time, status = rest
            title, content = truth.text(place, "title", fields[1]), _blocks(body)
            truth.text(place, "text", text_of(content))
            for i, (src, alt) in enumerate(images_of(content)):
                truth.text(place, f"alt:{i}", alt)
                truth.text(place, f"filename:{i}", src.rsplit("/", 1)[1])
            items.append(_wxr_item(kind, number, local(day, time), status, title, strip(content), told.get(number, [])))
    head = f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.8" created="2026-02-01 09:00" -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>Wrenmere School</title>
<link>{SITE}</link>
<description>A small school with a long view</description>
<pubDate>Sun, 01 Feb 2026 09:00:00 +0000</pubDate>
<language>en-GB</language>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>{SITE}</wp:base_site_url>
<wp:base_blog_url>{SITE}</wp:base_blog_url>
<wp:author><wp:author_id>1</wp:author_id><wp:author_login><![CDATA[tpenrose]]></wp:author_login>\
<wp:author_email><![CDATA[t.penrose@wrenmere.example]]></wp:author_email>\
<wp:author_display_name><![CDATA[Communications]]></wp:author_display_name></wp:author>
<generator>https://wordpress.org/?v=6.8</generator>
"""
    write_file(folder / "website.xml", (head + "\n".join(items) + "\n</channel>\n</rss>\n").encode())


def classblog(folder: Path, truth: Truth) -> None:
    """The class blog as records, a line each."""
    lines = []
    for number, (fields, body, _) in enumerate(records("classblog"), 1):
        ident, kind, role, day, time, *_ = fields[0].split()
        place = ("classblog.jsonl", "", f"line:{number}")
        record = {"id": ident, "site": "classblog", "platform": "blog", "kind": kind, "author_role": role}
        record |= {"visibility": "public", "published": local(day, time).isoformat()}
        record["url"] = f"https://blogs.wrenmere.example/classblog/{ident}"
        if len(fields) > 1 and (title := fields[1].rstrip("|").strip()):
            record["title"] = truth.text(place, "title", title)
        record["text"] = truth.text(place, "text", body)
        lines.append(json.dumps(record, ensure_ascii=False))
    write_file(folder / "classblog.jsonl", ("\n".join(lines) + "\n").encode())


def newsletter(folder: Path, truth: Truth) -> None:
    """The newsletter as a table of records."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "site", "platform", "kind", "author_role", "visibility", "published", "title", "text"])
    for number, (fields, body, _) in enumerate(records("newsletter"), _FIRST_ROW):
        ident, kind, day, time = fields[0].split()
        place = ("newsletter.csv", "", f"row:{number}")
        title, text = truth.text(place, "title", fields[1]), truth.text(place, "text", body)
        when = local(day, time).isoformat()
        writer.writerow([ident, "newsletter", "newsletter", kind, "school", "public", when, title, text])
    write_file(folder / "newsletter.csv", out.getvalue().encode())


def _pdf(title: str, body: str) -> bytes:
    """A one-page leaflet. A line of the source is a paragraph short enough to stay on one line."""
    quoted = [json.dumps(line, ensure_ascii=False) for line in body.split("\n")]
    page = [
        '#set page(paper: "a4", margin: 2cm)',
        '#set text(font: "Lato", size: 10pt, hyphenate: false, ligatures: false, lang: "en", region: "GB")',
        f"#set document(title: {json.dumps(title)}, date: datetime(year: 2026, month: 1, day: 14))",
        f"= #text({quoted[0]})",
        *(f"#text({line})\n" for line in quoted[1:]),
    ]
    data = typst.compile(
        "\n".join(page).encode(), font_paths=[str(FONTS)], ignore_system_fonts=True, timestamp=1768392000
    )
    return bytes(data)


def pictures(folder: Path, truth: Truth) -> None:
    """The picture library: a folder of pictures and three documents."""
    for fields, body, sign in records("pictures"):
        if sign == "@@":
            path, spec = strip(fields[0]), fields[1]
            place = ("pictures", path, "")
            truth.text(place, "filename:0", fields[0].rsplit("/", 1)[1])
            truth.picture(place, "media:0", spec)
            write_file(folder / "pictures" / path, encode(picture(spec), path))
            continue
        kind, path = fields[0].split()
        place = ("pictures", path, "")
        if kind == "html":
            truth.text(place, "title", fields[1])
            truth.text(place, "text", text_of(body))
            head = f'<head><meta charset="utf-8"><title>{escape(fields[1])}</title></head>'
            data = f'<!doctype html>\n<html lang="en-GB">\n{head}\n<body>\n{strip(body)}\n</body>\n</html>\n'.encode()
        elif kind == "txt":
            data = (truth.text(place, "text", body) + "\n").encode()
        else:
            data = _pdf(fields[1], truth.text(place, "document", body))
        write_file(folder / "pictures" / path, data)


def write(target: Path, exports: Iterable[Callable[[Path, Truth], None]]) -> None:
    """Write the exports and truth.jsonl."""
    truth, folder = Truth(), target / "exports"
    for export in exports:
        export(folder, truth)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in truth.lines)
    write_file(target / "truth.jsonl", text.encode())
