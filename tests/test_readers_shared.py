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
    ("_synthetic/linkedin_2026", "linkedin-export", {"post": 1}, {}, 0),
    ("_synthetic/linkedin_2026/Shares_17529409.csv", "linkedin-csv", {"post": 1}, {}, 0),
    ("_synthetic/youtube_takeout", "youtube-takeout", {"video_description": 1, "comment": 1}, {"present": 1}, 0),
    (f"{TAKEOUT}/comments/comments.csv", "youtube-csv", {"comment": 1}, {}, 0),
    (f"{TAKEOUT}/video metadata/videos.csv", "youtube-csv", {"video_description": 1}, {}, 0),
    ("_synthetic/tiktok_2026", "tiktok-export", {"post": 1, "comment": 1}, {"missing": 1}, 0),
    ("_synthetic/tiktok_2026/user_data_tiktok.json", "tiktok-json", {"post": 1, "comment": 1}, {"missing": 1}, 0),
    ("_synthetic/flickr", "flickr-export", {"caption": 1, "comment": 1}, {"missing": 1}, 0),
    ("_synthetic/flickr/photo_10000001.json", "flickr-json", {"caption": 1, "comment": 1}, {"missing": 1}, 0),
    ("mastodon", "mastodon-archive", {"post": 4, "reply": 2}, {"missing": 2}, 0),
    ("mastodon/ish-example", "mastodon-archive", {"post": 4, "reply": 2}, {"missing": 2}, 0),
    ("mastodon/ish-example/outbox.json", "activitypub-outbox", {"post": 4, "reply": 2}, {"missing": 2}, 0),
    ("mastodon/fossilizer-outbox.json", "activitypub-outbox", {"post": 2}, {}, 0),
    ("activitystreams/activity_with_person_tag.as2.json", "activitystreams-object", {"post": 1}, {}, 0),
    ("activitystreams/article_with_audio_video.as2.json", "activitystreams-object", {"article": 1}, {"missing": 2}, 0),
    ("activitystreams/article_with_photo.as2.json", "activitystreams-object", {"article": 1}, {"missing": 1}, 0),
    ("activitystreams/comment_inreplyto_id.as2.json", "activitystreams-object", {"reply": 1}, {}, 0),
    ("activitystreams/note.as2.json", "activitystreams-object", {"post": 1}, {"missing": 1}, 0),
    ("activitystreams/note_public.as2.json", "activitystreams-object", {"post": 1}, {}, 0),
    ("newsletters/mg-beehiiv-posts.csv", "records-csv", {"post": 2}, {}, 0),
    ("newsletters/mg-buttondown-emails.csv", "records-csv", {"post": 2}, {}, 0),
    ("newsletters/mg-substack-posts.csv", "records-csv", {"newsletter": 2, "post": 2, "page": 1}, {}, 0),
    ("newsletters", "folder", {"post": 6, "newsletter": 2, "page": 4}, {"missing": 1}, 0),
    ("html_crawl/mdn-beginner", "folder", {"page": 1}, {"present": 1}, 0),
    ("pdf_docx", "folder", {"newsletter": 4}, {"present": 5}, 0),
    ("pdf_docx/comments-rich-para.docx", "file", {"newsletter": 1}, {"present": 2}, 0),
    ("pdf_docx/par-hyperlinks.docx", "file", {"newsletter": 1}, {"present": 1}, 0),
    ("instagram/i2b_test_image", "instagram-2020", {"post": 1}, {"present": 1}, 0),
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
    ("linkedin/kawsay/Connections.csv", "LinkedIn's list of contacts or messages, which is private; give Shares.csv"),
    ("linkedin/kawsay", "a LinkedIn export without posts"),
    ("newsletters/mg-fs-utils-malformed.csv", "this table has no column of texts"),
    ("warc_wacz/pywacz-pages-extraPages.jsonl", "only the list of a web archive's pages"),
    ("pdf_docx/libreoffice-writer-password.pdf", "the PDF is locked with a password"),
    ("mastodon/fossilizer-actor.json", "an account without its posts"),
    ("mastodon/ish-example/actor.json", "an account without its posts"),
    ("mastodon/ish-example/likes.json", "likes, bookmarks or contacts, which are private"),
    ("mastodon/ish-example/bookmarks.json", "likes, bookmarks or contacts, which are private"),
    ("activitystreams/accept_follow.as2.json", "an ActivityStreams object that is no post"),
    ("activitystreams/actor_organization.as2.json", "an account without its posts"),
    ("activitystreams/actor_with_featured.as2.json", "an account without its posts"),
    ("activitystreams/event.as2.json", "an ActivityStreams object that is no post"),
    ("activitystreams/invite.as2.json", "an ActivityStreams object that is no post"),
    ("activitystreams/like_of_object.as2.json", "an ActivityStreams object that is no post"),
    ("x_twitter/dogsheep", "an X archive without its posts"),
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
    tables = ("records-csv", "linkedin-csv", "youtube-csv")
    first = {name: read(name)[1][0] for name, layout, *_ in COUNTS if layout in tables}
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


def test_word_documents() -> None:
    _, items = read("pdf_docx/comments-rich-para.docx")
    assert items[0].part("document").split("\n")[:7] == [
        "Document text",
        "Some text worthy of note.",
        "Other document text.",
        "Other text worthy of note.",
        "Paragraph 5",
        "Paragraph 6",
        "Paragraph 7",
    ]
    assert "Text with hyperlink https://google.com embedded." in items[0].part("document")
    _, items = read("pdf_docx/par-hyperlinks.docx")
    assert items[0].part("document") == (
        "No hyperlinks\nOne awesome hyperlink.\nThree hyperlinks: the first one here, the second one, and the third."
    )


def test_mastodon_shows_nothing_of_what_was_sent_to_one_person() -> None:
    export, items = read("mastodon/ish-example")
    assert (export.account.partition("@")[0], [i.visibility for i in items]) == (
        "ish",
        ["public", "public", "public", "members", "members", "members"],
    )
    assert not [i for i in items if "later today" in i.part("text")]
    assert [(m.status, m.records) for m in export.report.members if "outbox" in m.member] == [
        ("parsed", 6),
        ("private", 1),
    ]
    assert items[2].part("title") == "spoilers for episode 5"
    assert items[2].part("alt:0").startswith("a close up photo")


def test_the_labelled_corpus_keeps_every_character() -> None:
    path = SHARED / "corpus" / "posts.jsonl"
    if not path.exists():
        pytest.skip("the shared corpus is not beside the project")
    given = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    export = open_export(path)
    items = list(export.read())
    assert [(i.id, i.part("text")) for i in items] == [(g["id"], g["text"]) for g in given]
    assert (len(items), export.report.rejected, export.report.problems) == (260, 0, [])
