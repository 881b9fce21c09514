"""Reading the sample exports of other hands, which lie beside the project and are never copied into it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.base import Item, UserError
from pipelines.readers import Export, open_export

SHARED = Path(__file__).parents[2] / "shared"
EXPORTS = SHARED / "exports"
PAGE = "_synthetic/facebook_page_2025/facebook-stmadeupsprimary-2026-03-01-AbCdEfGh"
TAKEOUT = "_synthetic/youtube_takeout/Takeout/YouTube and YouTube Music"


def sample(name: str) -> Path:
    """The path of a sample; skips where it is not there."""
    path = EXPORTS / name
    if not path.exists():
        pytest.skip(f"no sample {name}: the folder of shared exports is not beside the project")
    return path


def read(name: str) -> tuple[Export, list[Item]]:
    """A sample and all its items."""
    export = open_export(sample(name))
    return export, list(export.read())


COUNTS: list[tuple[str, str, dict[str, int], dict[str, int], int]] = [
    ("wordpress_wxr/wxr-simple.xml", "wordpress-wxr", {"article": 1}, {}, 0),
    ("wordpress_wxr/wxr-comprehensive.xml", "wordpress-wxr", {"article": 1, "page": 1, "comment": 1}, {}, 0),
    ("wordpress_wxr/theme-preview.xml", "wordpress-wxr", {"article": 7, "comment": 2}, {"missing": 1}, 0),
    ("wordpress_wxr/ghost-sample.xml", "wordpress-wxr", {"article": 3, "caption": 1, "page": 1}, {"missing": 1}, 0),
    ("wordpress_wxr/ghost-has-yoast-meta.xml", "wordpress-wxr", {"article": 2}, {}, 0),
    (
        "wordpress_wxr/ghost-feature-image-captions.xml",
        "wordpress-wxr",
        {"article": 3, "caption": 2},
        {"missing": 2},
        0,
    ),
    ("squarespace_wxr/sample.xml", "wordpress-wxr", {"article": 3, "caption": 1, "page": 2}, {"missing": 2}, 0),
    (
        "_synthetic/facebook_page_2025",
        "facebook-page-2025",
        {"post": 4, "comment": 1, "event": 1},
        {"damaged": 1, "missing": 1},
        0,
    ),
    (PAGE, "facebook-page-2025", {"post": 4, "comment": 1, "event": 1}, {"damaged": 1, "missing": 1}, 0),
    ("facebook_profile/kawsay", "facebook-profile-old", {"post": 3}, {"missing": 2}, 1),
    ("facebook_profile/kawsay/posts/your_posts_1.json", "facebook-json", {"post": 3}, {"missing": 2}, 1),
    ("_synthetic/generic/meta_business_suite_like.csv", "records-csv", {"post": 1}, {}, 0),
    ("_synthetic/generic/utf16.csv", "records-csv", {"post": 1}, {}, 0),
    ("_synthetic/linkedin_2026/Shares_17529409.csv", "records-csv", {"post": 1}, {}, 0),
    (f"{TAKEOUT}/comments/comments.csv", "records-csv", {"comment": 1}, {}, 0),
    (f"{TAKEOUT}/video metadata/videos.csv", "records-csv", {"post": 1}, {}, 0),
    ("newsletters/mg-beehiiv-posts.csv", "records-csv", {"post": 2}, {}, 0),
    ("newsletters/mg-buttondown-emails.csv", "records-csv", {"post": 2}, {}, 0),
    ("newsletters/mg-substack-posts.csv", "records-csv", {"newsletter": 2, "post": 2, "page": 1}, {}, 0),
    ("newsletters", "folder", {"post": 6, "newsletter": 2, "page": 4}, {"missing": 1}, 0),
    ("html_crawl/mdn-beginner", "folder", {"page": 1}, {"present": 1}, 0),
    ("pdf_docx", "folder", {"newsletter": 2}, {"present": 2}, 0),
    ("instagram/i2b_test_image", "folder", {"post": 1}, {"present": 1}, 0),
]


@pytest.mark.parametrize(("name", "layout", "items", "media", "rejected"), COUNTS)
def test_counts(name: str, layout: str, items: dict[str, int], media: dict[str, int], rejected: int) -> None:
    export, found = read(name)
    assert export.layout == layout
    assert Counter(i.kind for i in found) == export.report.items == Counter(items)
    assert export.report.media == Counter(media)
    assert export.report.rejected == rejected
    assert len({i.id for i in found}) == len(found)


REFUSED = [
    ("linkedin/kawsay/Connections.csv", "this table has no column of texts"),
    ("newsletters/mg-fs-utils-malformed.csv", "this table has no column of texts"),
    ("warc_wacz/pywacz-pages-extraPages.jsonl", "its records lack 'id' or 'text'"),
    ("pdf_docx/libreoffice-writer-password.pdf", "the PDF is locked with a password"),
    ("pdf_docx/comments-rich-para.docx", "an Office document, which is not read"),
    ("blogger_atom/blogger-sample.xml", "unknown format"),
    ("mastodon/fossilizer-outbox.json", "unknown format"),
    ("x_twitter/dogsheep", "unknown format"),
]


@pytest.mark.parametrize(("name", "why"), REFUSED)
def test_refusals(name: str, why: str) -> None:
    path = sample(name)
    with pytest.raises(UserError) as error:
        open_export(path)
    assert str(error.value).startswith(f"{path}: {why}")
    assert "\n" not in str(error.value)


def test_every_file_is_read_or_refused_in_one_line() -> None:
    for path in sorted(p for p in sample(".").rglob("*") if p.is_file()):
        try:
            export = open_export(path)
        except UserError as error:
            refusal = str(error)
        else:
            refusal = ""
            assert all(item.id for item in export.read())
        assert "\n" not in refusal


def test_squarespace_keeps_what_broke_the_xml() -> None:
    export, items = read("squarespace_wxr/sample.xml")
    assert items[0].part("title") == "Draft & Post & More—More"
    assert items[0].visibility == "draft"
    assert items[0].published == datetime(2013, 11, 2, 23, 2, 32, tzinfo=UTC)
    assert items[0].author == "Harry Squatter"
    assert items[1].part("alt:0") == "MAKINGIT_Unfold_BeginnersGuide_Inline_2765x2081px.jpg"
    assert "Width\tHeight\n20\t15\n40\t30" in items[1].part("text")
    assert [i.id.rsplit(":", 1)[1] for i in items] == [
        "post-204",
        "post-4",
        "post-5",
        "post-135",
        "post-135#2",
        "post-146",
    ]
    assert export.report.members[0].why.startswith("invalid XML mended in ")


def test_wordpress_comments_hide_mail_and_address() -> None:
    _, items = read("wordpress_wxr/wxr-comprehensive.xml")
    comment = items[1]
    assert (comment.part("text"), comment.author, comment.author_role) == ("Great post!", "Commenter", "unknown")
    assert comment.in_reply_to == items[0].id == "wordpress:playground.internal:post-1000"
    assert not [
        i for i in items if "commenter@example.com" in str([p.text for p in i.parts]) or "127.0.0.1" in i.author
    ]


def test_facebook_page() -> None:
    export, items = read("_synthetic/facebook_page_2025")
    assert export.account == "stmadeupsprimary"
    assert [i.part("text") for i in items] == [
        "Well done to Zoë Q. and Alex Fictional in 4B! 🏆",
        "",
        "",
        "Same second, different post (no post id in the export).",
        "Thank you Mrs Invented 😊",
        "",
    ]
    assert items[2].part("title") == items[5].part("title") == "Summer Fair – £2 entry"
    assert items[1].published == items[3].published == datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
    facts = export.facts()
    assert facts is not None
    assert facts.facts["about"].value == "We’re a fictional school – café mornings on Fridays ☕"


def test_facebook_profile_in_several_scripts() -> None:
    _, items = read("facebook_profile/kawsay")
    assert items[0].part("text") == "Feliz Año Nuevo 🎉 — con José y Жанна"
    assert items[1].part("alt:0") == "Atardecer en la costa"


def test_tables() -> None:
    first = {name: read(name)[1][0] for name, layout, *_ in COUNTS if layout == "records-csv"}
    meta = first["_synthetic/generic/meta_business_suite_like.csv"]
    assert meta.part("text") == '=HYPERLINK("http://evil.example","x") Well done!'
    assert meta.published == datetime(2024, 6, 3, 14, 20, tzinfo=UTC)
    assert first["_synthetic/generic/utf16.csv"].part("text") == "Café"
    shares = first["_synthetic/linkedin_2026/Shares_17529409.csv"]
    assert shares.part("text") == 'We are hiring a "Teaching Assistant".\n\nApply by Friday'
    assert first[f"{TAKEOUT}/comments/comments.csv"].part("text") == "Thank you \nMrs Invented!"
    video = first[f"{TAKEOUT}/video metadata/videos.csv"]
    assert (video.part("text"), video.visibility) == ("Line one\nSoloist: Maya Fictional, 6A", "unlisted")
    assert first["newsletters/mg-beehiiv-posts.csv"].part("text") == "Sample HTML here"


def test_the_labelled_corpus_keeps_every_character() -> None:
    path = SHARED / "corpus" / "posts.jsonl"
    if not path.exists():
        pytest.skip("the shared corpus is not beside the project")
    given = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    export = open_export(path)
    items = list(export.read())
    assert [(i.id, i.part("text")) for i in items] == [(g["id"], g["text"]) for g in given]
    assert (len(items), export.report.rejected, export.report.problems) == (260, 0, [])
