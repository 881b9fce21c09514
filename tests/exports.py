"""Small exports of invented content in the real layouts, for tests of the whole audit."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

ROLL_COLUMNS = ("pupil_id", "legal_forename", "legal_surname", "year_group", "registration_group", "name_consent")


def school(folder: Path, pupils: Sequence[tuple[str, str]] = (("Noor", "Lang"), ("Teo", "Marchetti"))) -> Path:
    """A school folder with the pupils given, all in one class and without consent."""
    folder.mkdir(parents=True)
    (folder / "school.toml").write_text(
        'name = "Northmoor School"\ndomains = ["northmoor.example"]\n', encoding="utf-8"
    )
    with (folder / "roll.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(ROLL_COLUMNS)
        for number, (forename, surname) in enumerate(pupils):
            rows.writerow((f"P{number:03}", forename, surname, "Year 4", "Year 4 Birch", "no"))
    return folder


def records(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    """A file of records."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def wordpress(path: Path, posts: Sequence[tuple[str, str, str, str]]) -> Path:
    """A WXR file of published posts: title, text, author and slug each."""
    items = "".join(
        f"<item><title>{escape(title)}</title><link>https://www.northmoor.example/{slug}/</link>"
        f"<dc:creator>{escape(author)}</dc:creator><content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_date_gmt>2026-01-{number % 28 + 1:02} 09:00:00</wp:post_date_gmt>"
        f"<wp:post_name>{slug}</wp:post_name><wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>"
        for number, (title, text, author, slug) in enumerate(posts, 1)
    )
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Northmoor</title>'
        "<link>https://www.northmoor.example</link><wp:wxr_version>1.2</wp:wxr_version>"
        f"<wp:base_blog_url>https://www.northmoor.example</wp:base_blog_url>{items}</channel></rss>",
        encoding="utf-8",
    )
    return path


def facebook(path: Path, posts: Sequence[tuple[str, str]], profile: Mapping[str, object] | None = None) -> Path:
    """A Page export as zip: text and picture's file name (or none) each, with Meta's mojibake; the profile's fields where given."""
    root = "this_profile's_activity_across_facebook/posts"
    entries = [
        {
            "timestamp": 1_760_000_000 + number * 600,
            "data": [{"post": text.encode().decode("latin-1")}],
            "attachments": [{"data": [{"media": {"uri": f"{root}/media/your_posts/{name}"}}]}] if name else [],
        }
        for number, (text, name) in enumerate(posts)
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{root}/profile_posts_1.json", json.dumps(entries))
        if profile is not None:
            member = "profile_information/profile_information/profile_information.json"
            archive.writestr(member, json.dumps({"profile_v2": profile}))
        for name in filter(None, (name for _, name in posts)):
            archive.writestr(f"{root}/media/your_posts/{name}", png())
    return path


def png(size: tuple[int, int] = (40, 30)) -> bytes:
    """A plain picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "PNG")
    return buffer.getvalue()
