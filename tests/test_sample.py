"""The sample school: rebuilt from its sources it is what is committed, and its truth stands where it says."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import date
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from lxml import etree
from PIL import Image

from pipelines.readers import open_export
from pipelines.school import load_school

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
EXPORTS = SAMPLE / "exports"
PICTURES = (".png", ".jpg", ".webp")
BUILT = ("school/roll.csv", "school/logos/*.png", "exports/**/*", "truth.jsonl")
FIRST_ROW = 2  # as in data/sample/exports.py
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
WORDS = (
    "source/*.txt",
    "school/*",
    "exports/*.xml",
    "exports/*.jsonl",
    "exports/*.csv",
    "exports/**/*.htm*",
    "exports/**/*.txt",
)
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


@cache
def truth() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def built(root: Path) -> dict[str, Path]:
    return {p.relative_to(root).as_posix(): p for glob in BUILT for p in root.glob(glob) if p.is_file()}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    subprocess.run([sys.executable, str(SAMPLE / "build.py"), str(folder)], check=True, timeout=300)
    return folder


def pdf_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    return "\n".join(page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document)


def same(name: str, ours: bytes, theirs: bytes) -> bool:
    """Text byte for byte, pictures by their pixels, PDFs by their text, archives member by member."""
    if name.endswith(PICTURES):
        a, b = (np.asarray(Image.open(io.BytesIO(d)).convert("RGBA"), dtype=np.int16) for d in (ours, theirs))
        return a.shape == b.shape and float(np.abs(a - b).mean()) < 2
    if name.endswith(".pdf"):
        return pdf_text(ours) == pdf_text(theirs)
    if name.endswith(".zip"):
        first, second = (zipfile.ZipFile(io.BytesIO(d)) for d in (ours, theirs))
        names = first.namelist()
        return names == second.namelist() and all(same(n, first.read(n), second.read(n)) for n in names)
    return ours == theirs


def test_rebuilding_gives_what_is_committed(rebuilt: Path) -> None:
    committed, again = built(SAMPLE), built(rebuilt)
    assert set(committed) == set(again)
    differ = [n for n in committed if not same(n, committed[n].read_bytes(), again[n].read_bytes())]
    assert differ == []


class _Text(HTMLParser):
    """The text of HTML with a line for each paragraph, and its pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.images, self._unseen = "", [], False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen = tag in ("head", "title")
        self.text += "\n" if tag in ("p", "li", "td", "tr", "h1") else ""
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._unseen = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._unseen else data


def image_parts(images: list[dict[str, str]]) -> dict[str, str]:
    parts = {f"alt:{i}": image["alt"] for i, image in enumerate(images)}
    return parts | {f"filename:{i}": image["src"].rsplit("/", 1)[1] for i, image in enumerate(images)}


@cache
def facebook() -> dict[tuple[str, str], dict[str, str]]:
    found = {}
    archive = zipfile.ZipFile(EXPORTS / "facebook.zip")
    for member in archive.namelist():
        if not re.search(r"/(profile_posts_1|comments)\.json$", member):
            continue
        content = json.loads(archive.read(member))
        prefix, rows = ("", content) if isinstance(content, list) else ("/comments_v2", content["comments_v2"])
        for number, row in enumerate(rows):
            said = row["data"][0].get("post") or row["data"][0]["comment"]["comment"]
            parts = {"text": said.encode("latin-1").decode()}
            for attachment in row.get("attachments", []):
                parts |= {f"media:{i}": m["media"]["uri"] for i, m in enumerate(attachment["data"])}
            found[member, f"{prefix}/{number}"] = parts
    return found


@cache
def instagram() -> dict[tuple[str, str], dict[str, str]]:
    found = {}
    archive = zipfile.ZipFile(EXPORTS / "instagram.zip")
    for member in archive.namelist():
        if not re.search(r"/(posts_1|stories|profile_photos|post_comments_1)\.json$", member):
            continue
        content = json.loads(archive.read(member))
        key = next(iter(content)) if isinstance(content, dict) else ""
        for number, row in enumerate(content[key] if key else content):
            shown = row.get("media", [row] if "uri" in row else [])
            said = row.get("title") or (shown[0]["title"] if shown else row["string_map_data"]["Comment"]["value"])
            parts = {"text": said.encode("latin-1").decode()} | {f"media:{i}": m["uri"] for i, m in enumerate(shown)}
            found[member, f"/{key}/{number}" if key else f"/{number}"] = parts
    return found


def assigned(archive: zipfile.ZipFile, member: str) -> list[dict[str, Any]]:
    return json.loads(archive.read(member).decode().partition(" = ")[2])


@cache
def x_archive() -> dict[tuple[str, str], dict[str, str]]:
    """A long post stands where its whole text is; what tweets.js holds of it is cut off and left out here."""
    found = {}
    archive = zipfile.ZipFile(EXPORTS / "x-archive.zip")
    for number, row in enumerate(assigned(archive, "data/note-tweet.js")):
        found["data/note-tweet.js", f"/{number}/noteTweet/core/text"] = {"text": row["noteTweet"]["core"]["text"]}
    for member in ("data/tweets.js", "data/deleted-tweets.js"):
        for number, row in enumerate(assigned(archive, member)):
            tweet = row["tweet"]
            if re.search(r"… https://t\.co/n\d+$", tweet["full_text"]):
                continue
            shown = tweet.get("extended_entities", {"media": []})["media"]
            names = [f"data/tweets_media/{tweet['id_str']}-{m['media_url'].rsplit('/', 1)[1]}" for m in shown]
            assert set(names) <= set(archive.namelist())
            parts = {"text": unescape(tweet["full_text"])} | {f"media:{i}": name for i, name in enumerate(names)}
            found[member, f"/{number}/tweet"] = parts
    return found


@cache
def site_mirror() -> dict[tuple[str, str], dict[str, str]]:
    found = {}
    folder = EXPORTS / "site-mirror"
    for path in (p for p in folder.rglob("*.htm*") if p.is_file()):
        page = _Text(words_of(path))
        shown = [path.parent / image["src"] for image in page.images]
        assert all(p.is_file() for p in shown)
        parts = {"text": page.text} | image_parts(page.images) | {f"media:{i}": str(p) for i, p in enumerate(shown)}
        found[path.relative_to(folder).as_posix(), ""] = parts
    return found


@cache
def website() -> dict[tuple[str, str], dict[str, str]]:
    found = {}
    for item in etree.parse(EXPORTS / "website.xml").iter("item"):
        wp = {etree.QName(e).localname: e.text or "" for e in item if "wordpress.org/export/1.2/" in e.tag}
        page = _Text(item.findtext(CONTENT) or "")
        parts = {"title": item.findtext("title") or "", "text": page.text} | image_parts(page.images)
        if wp["post_type"] == "attachment":
            meta = {m[0].text: m[1].text or "" for m in item if etree.QName(m).localname == "postmeta"}
            path = EXPORTS / "uploads" / meta["_wp_attached_file"]
            assert path.is_file()
            parts |= {"alt:0": meta["_wp_attachment_image_alt"], "filename:0": path.name, "media:0": str(path)}
        found["", f"post:{wp['post_id']}"] = parts
        for comment in (e for e in item if etree.QName(e).localname == "comment"):
            said = {etree.QName(e).localname: e.text or "" for e in comment}
            found["", f"comment:{said['comment_id']}"] = {"text": said["comment_content"]}
    return found


@cache
def classblog() -> dict[tuple[str, str], dict[str, str]]:
    lines = (EXPORTS / "classblog.jsonl").read_text(encoding="utf-8").splitlines()
    return {("", f"line:{n}"): json.loads(line) for n, line in enumerate(lines, 1)}


@cache
def newsletter() -> dict[tuple[str, str], dict[str, str]]:
    with (EXPORTS / "newsletter.csv").open(encoding="utf-8", newline="") as file:
        return {("", f"row:{n}"): dict(row) for n, row in enumerate(csv.DictReader(file), FIRST_ROW)}


@cache
def pictures() -> dict[tuple[str, str], dict[str, str]]:
    found = {}
    folder = EXPORTS / "pictures"
    for path in (p for p in folder.rglob("*") if p.is_file()):
        if path.suffix == ".pdf":
            parts = {"document": pdf_text(path.read_bytes())}
        elif path.suffix in PICTURES:
            parts = {"filename:0": path.name, "media:0": str(path)}
        else:
            text = path.read_text(encoding="utf-8")
            parts = {"text": _Text(text).text if path.suffix == ".html" else text}
        found[path.relative_to(folder).as_posix(), ""] = parts
    return found


SOURCES = {
    "facebook.zip": facebook,
    "website.xml": website,
    "classblog.jsonl": classblog,
    "newsletter.csv": newsletter,
    "pictures": pictures,
    "instagram.zip": instagram,
    "x-archive.zip": x_archive,
    "site-mirror": site_mirror,
}


def test_every_quote_stands_in_its_place() -> None:
    for line in truth():
        part = SOURCES[line["source"]]()[line["member"], line["pointer"]][line["part"]]
        if line["quote"]:
            assert part.count(line["quote"]) > line["occurrence"], line
        else:
            assert line["part"].startswith("media:"), line


def test_the_readers_give_every_place() -> None:
    register = load_school(SAMPLE / "school", date(2026, 2, 2)).register
    sites, found = set(), {}
    for path in (p for p in EXPORTS.iterdir() if p.name != "uploads"):
        export = open_export(path)
        for item in export.read():
            found[path.name, item.locator.member, item.locator.pointer] = item
        assert export.report.problems == []
        known = (register.resolve(word, export.platform) for word in (export.account, path.stem) if word)
        sites.add(next(filter(None, known)))
    assert sites == {s.id for s in register.sites}
    for line in truth():
        item = found[line["source"], line["member"], line["pointer"]]
        if line["quote"]:
            assert item.part(line["part"]).count(line["quote"]) > line["occurrence"], line
        else:
            assert item.media[int(line["part"].partition(":")[2])].presence == "present", line


def test_the_raw_exports_hold_what_the_readers_give() -> None:
    for name in ("instagram.zip", "x-archive.zip", "site-mirror"):
        places = [(i.locator.member, i.locator.pointer) for i in open_export(EXPORTS / name).read()]
        assert sorted(places) == sorted(SOURCES[name]()), name


def test_there_is_enough_of_everything() -> None:
    images = sum(name.endswith(PICTURES) for name in zipfile.ZipFile(EXPORTS / "facebook.zip").namelist())
    assert sum(len(read()) for read in SOURCES.values()) + images >= 240
    by_source = {name: len(read()) for name, read in SOURCES.items()}
    assert by_source["instagram.zip"] >= 25
    assert by_source["x-archive.zip"] >= 30
    assert by_source["site-mirror"] >= 8
    assert sum(member == "data/note-tweet.js" for member, _ in x_archive()) >= 3
    assert sum(member == "data/deleted-tweets.js" for member, _ in x_archive()) >= 1
    breaches = [line for line in truth() if line["breach"]]
    by_kind = Counter(line["kind"] for line in breaches)
    assert set(by_kind) == {
        "PUPIL",
        "PHONE",
        "EMAIL_PERSONAL",
        "EMAIL_SCHOOL",
        "HANDLE",
        "UPN",
        "LOGO",
        "LOGO_OUTDATED",
    }
    assert len(breaches) - by_kind["LOGO"] >= 135
    assert by_kind["PUPIL"] >= 100
    assert by_kind["LOGO"] >= 10
    assert len(truth()) - len(breaches) >= 100
    assert sum(line["hard"] for line in breaches if line["kind"] == "PUPIL") * 4 >= by_kind["PUPIL"]
    newer = [line for line in breaches if line["source"] in ("instagram.zip", "x-archive.zip", "site-mirror")]
    pupils = [line for line in newer if line["kind"] == "PUPIL"]
    assert len(newer) >= 20
    assert sum(line["hard"] for line in pupils) * 4 >= len(pupils)
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file()) < 3_000_000


def roll() -> list[dict[str, str]]:
    with (SAMPLE / "school" / "roll.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_letter(digits: str) -> str:
    return LETTERS[sum(weight * int(digit) for weight, digit in enumerate(digits, 2)) % 23]


def test_the_roll_is_sound() -> None:
    rows = roll()
    assert len({r["upn"] for r in rows}) == len({r["pupil_id"] for r in rows}) == len(rows) >= 85
    assert all(r["upn"][1:4] == "999" and check_letter(r["upn"][1:]) == r["upn"][0] for r in rows)
    assert {r["name_consent"] for r in rows} == {"yes", "no", "withdrawn", ""}
    assert sum(r["do_not_publish"] == "yes" for r in rows) == 1
    ids = {r["pupil_id"] for r in rows}
    assert all(
        line["pupils"] and set(line["pupils"]) <= ids for line in truth() if line["breach"] and line["kind"] == "PUPIL"
    )


def test_upns_in_texts_are_right_or_wrong_as_said() -> None:
    lines = [line for line in truth() if line["kind"] == "UPN"]
    upns = {r["upn"] for r in roll()}
    assert {line["breach"] for line in lines} == {True, False}
    for line in lines:
        assert (check_letter(line["quote"][1:]) == line["quote"][0]) is line["breach"]
        assert (line["quote"] in upns) is line["breach"]


def words_of(path: Path) -> str:
    """A file's characters; an old page says that it is in another encoding."""
    data = path.read_bytes()
    return data.decode("windows-1252" if b'charset="windows-1252"' in data else "utf-8")


def words() -> str:
    parts = [words_of(p) for glob in WORDS for p in SAMPLE.glob(glob) if p.suffix not in PICTURES and p.is_file()]
    for archive in map(zipfile.ZipFile, sorted(EXPORTS.glob("*.zip"))):
        parts += [archive.read(n).decode() for n in archive.namelist() if n.endswith((".json", ".js"))]
    return "\n".join([*parts, pictures()["prospectus-insert.pdf", ""]["document"]])


def test_contact_details_are_reserved_for_fiction() -> None:
    text = words()
    domains = {d.lower() for d in re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", text)}
    assert domains
    assert all(d.endswith(".example") or d in ("example.com", "example.net", "example.org") for d in domains), domains
    helplines = {"08001111", "08088005000"}
    # A run of ten or eleven digits from 0 that could be dialled in Great Britain; dates have no such length.
    numbers = {re.sub(r"\D", "", n) for n in re.findall(r"(?<![\w.-])0\d{2,4}[ ]?\d{3,4}[ ]?\d{3,4}(?![\w-])", text)}
    reserved = re.compile(r"07700900\d{3}|01632960\d{3}|0207946\d{4}")
    assert len(numbers) >= 8
    assert all(reserved.fullmatch(n) or n in helplines for n in numbers), numbers
    for line in truth():
        if line["kind"] == "PHONE" and line["breach"]:
            assert reserved.fullmatch(re.sub(r"\D", "", line["quote"]))


def test_postcodes_do_not_exist() -> None:
    found = set(re.findall(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b", words()))
    assert found == {"ZZ99 4WR"}
