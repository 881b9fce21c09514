"""Reading Instagram and Threads exports that the tests build themselves: exact texts, times and counts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from detectors.base import Item
from pipelines.readers import Export, open_export, source
from tests.readers_exports import PAGE, facebook_page, mojibake, pack, picture, write
from tests.test_readers import at, complaint, listed, read, statuses, texts
from tests.test_readers_shared import sample

ACTIVITY = "your_instagram_activity"
PRIVATE = (
    f"{ACTIVITY}/messages/inbox/bo_1/message_1.json",
    f"{ACTIVITY}/messages/inbox/bo_1/photos/1.jpg",
    f"{ACTIVITY}/likes/liked_posts.json",
    f"{ACTIVITY}/saved/saved_posts.json",
    f"{ACTIVITY}/threads/threads_viewed.json",
    f"{ACTIVITY}/story_interactions/polls.json",
    "connections/followers_and_following/followers_1.json",
    "logged_information/recent_searches/profile_searches.json",
    "personal_information/device_information/devices.json",
    "security_and_login_information/login_activity.json",
)
WITHOUT_POSTS = ": an Instagram export without posts; ask Instagram for the export again, with posts and comments"


def medium(address: str, stamp: int = 1717405200, title: str = "", **more: Any) -> dict[str, Any]:
    """A picture or video as Instagram lists it, with the place and the upload address that must not be read."""
    place = {"photo_metadata": {"exif_data": [{"latitude": 51.5, "longitude": -0.1, "device_id": "android-1"}]}}
    upload = "https://upload.example/secret"
    given = {"uri": address, "creation_timestamp": stamp, "title": mojibake(title), "media_metadata": place}
    return given | {"backup_uri": upload, "cross_post_source": {"source_app": "FB"}} | more


def mapped(**values: object) -> dict[str, Any]:
    """A comment or profile in ``string_map_data``: labels with ``_`` for spaces; a number is a time."""
    return {
        "media_list_data": [{"uri": ""}],
        "string_map_data": {
            mojibake(label.replace("_", " ")): {"timestamp": v} if isinstance(v, int) else {"value": mojibake(str(v))}
            for label, v in values.items()
        },
    }


def labelled(stamp: int, *values: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A record in the newer ``label_values`` form, with the owner nested."""
    owner = {"title": "Owner", "dict": [{"dict": [{"label": "Username", "value": "someone_else"}]}]}
    told: list[dict[str, Any]] = [{"label": mojibake(label), "value": mojibake(value)} for label, value in values]
    return {"timestamp": stamp, "media": [], "label_values": [owner, *told]} | more


def export_2025() -> dict[str, str | bytes]:
    """The members of an export of 2025."""
    posts = [
        {"media": [medium("media/posts/1.webp", 1717405200, "Leavers’ assembly 🎓 with Zoë")]},
        {
            "media": [
                medium("media/posts/2.jpg", 1717491600),
                medium("media/posts/3.mp4", 1717491600, "Bo in the hall"),
                medium("media/posts/2.jpg", 1717491600, "Sports day – 1st!"),
            ],
            "title": mojibake("Sports day – 1st!"),
            "creation_timestamp": 1717491601,
        },
        17,
        {"media": []},
    ]
    reels = {
        "ig_reels_media": [
            {"media": [medium("media/reels/5.mp4", 1717600000, "Reel")]},
            {"media": [medium("media/posts/1.webp", 1717405200, "Leavers’ assembly 🎓 with Zoë")]},
        ]
    }
    threads = {
        "text_post_app_text_posts": [
            {"media": [medium("", 1718000000, "On Threads: café", text_app_post={"is_reply": False})]},
            {"media": [medium("", 1718000001, "@bo_invented Thanks", text_app_post={"is_reply": True})]},
            {"media": [medium("media/posts/9.jpg", 1718000002)], "title": "With picture"},
        ]
    }
    comments = [
        mapped(Comment="Great – Zoë!", Media_Owner="someone_else", Time=1717410000),
        mapped(Kommentar="Schön", Medieninhaber="someone_else", Zeit=1717410001),
        mapped(சொல்="நன்று", யார்="someone_else", எப்போது=1717410002),
        mapped(Media_Owner="someone_else", Time=1717410003),
        labelled(1717410004, ("Comment", "New – form"), fbid="901"),
        labelled(1717410005, ("URL", "https://www.instagram.example/p/1"), ("Wat", "Hallo allemaal")),
        {"title": "someone_else", "string_list_data": [{"value": "Older", "timestamp": 1717410006, "href": ""}]},
    ]
    profile = {
        "profile_user": [
            {
                "media_map_data": {"Profile Photo": medium("media/profile/0.jpg")},
                **mapped(
                    Email="office@larkmoor.example",
                    Phone_Number="+441632960001",
                    Username="larkmoor",
                    Name="Larkmoor – School",
                    Bio="News ☕",
                    Website="https://www.larkmoor.example",
                    Date_of_birth="2001-01-01",
                    Private_Account="False",
                ),
            }
        ]
    }
    media = f"{ACTIVITY}/media"
    files: dict[str, str | bytes] = {
        f"{media}/posts_1.json": json.dumps(posts),
        f"{media}/posts_2.json": json.dumps([{"media": [medium("media/posts/4.jpg", 1717491700)]}]),
        f"{media}/reels.json": json.dumps(reels),
        f"{media}/igtv_videos.json": json.dumps(
            {"ig_igtv_media": [{"media": [medium("media/igtv/1.mp4", title="T")]}]}
        ),
        f"{media}/stories.json": json.dumps({"ig_stories": [medium("media/stories/6.jpg", 1717500000)]}),
        f"{media}/archived_posts.json": json.dumps(
            {"ig_archived_post_media": [{"media": [medium("a.jpg", title="A")]}]}
        ),
        f"{media}/recently_deleted_content.json": json.dumps([{"media": [medium("d.jpg", title="D")]}]),
        f"{media}/other_content.json": json.dumps({"ig_other_media": [{"media": [medium("o.jpg", title="O")]}]}),
        f"{media}/profile_photos.json": json.dumps({"ig_profile_picture": [medium("media/profile/0.jpg")]}),
        f"{ACTIVITY}/threads/threads_and_replies.json": json.dumps(threads),
        f"{ACTIVITY}/comments/post_comments_1.json": json.dumps(comments),
        f"{ACTIVITY}/comments/reels_comments.json": json.dumps(
            {"comments_reels_comments": [mapped(Comment="On a reel", Media_Owner="x", Time=1717410007)]}
        ),
        "personal_information/personal_information/personal_information.json": json.dumps(profile),
        "media/posts/1.webp": picture("JPEG"),
        "media/posts/2.jpg": picture("JPEG"),
        "media/posts/4.jpg": picture("JPEG")[:-40],
        "media/posts/unnamed.jpg": picture("JPEG"),
        "media/profile/0.jpg": picture("JPEG"),
        f"{ACTIVITY}/subscriptions.json": "{}",
    }
    return files | dict.fromkeys(PRIVATE, '{"secret": 1}')


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the private members of every source fail when opened."""
    for kind in (source.ZipSource, source.FolderSource):
        plain = kind.open

        def guarded(self: Any, name: str, plain: Any = plain) -> BinaryIO:
            assert not any(name.endswith(private) for private in PRIVATE)
            return plain(self, name)  # type: ignore[no-any-return]

        monkeypatch.setattr(kind, "open", guarded)


@pytest.fixture(params=["zip", "folder", "nested"])
def read_export(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Export, list[Item]]:
    """The export, in each form in which it can be given."""
    forbid(monkeypatch)
    files = export_2025()
    if request.param == "nested":
        files = {f"instagram-larkmoor-2026-01-02-AbCd/{name}": content for name, content in files.items()}
    path = pack(tmp_path / "a.zip", files) if request.param == "zip" else write(tmp_path / "a", files)
    return read(path)


def test_export(read_export: tuple[Export, list[Item]]) -> None:
    export, items = read_export
    assert (export.layout, export.platform, export.account) == ("instagram-2022", "instagram", "larkmoor")
    assert export.report.items == Counter(post=10, story=1, caption=1, comment=8)
    assert len({i.id for i in items}) == len({i.lineage for i in items}) == len(items)
    single, carousel, bare = items[:3]
    assert texts(single) == {"text": "Leavers’ assembly 🎓 with Zoë", "filename:0": "1.webp"}
    assert (single.published, single.raw_published, single.time_basis) == (at(2024, 6, 3, 9), "1717405200", "epoch")
    shown = single.media[0]
    assert (shown.presence, shown.encoding_format, shown.declared_format) == ("present", "image/jpeg", "image/webp")
    assert (single.author, single.author_role, single.site) == ("Larkmoor – School", "school", "larkmoor")
    assert (single.visibility, single.status, single.has_photo) == ("public", "published", True)
    assert single.id.startswith("instagram:larkmoor:")
    assert single.lineage.startswith("instagram:larkmoor:1717405200:")
    assert single.locator.member.endswith("your_instagram_activity/media/posts_1.json")
    assert (single.locator.pointer, single.locator.layout) == ("/0", "instagram-2022")
    assert texts(carousel) == {
        "text": "Sports day – 1st!",
        "filename:0": "2.jpg",
        "alt:1": "Bo in the hall",
        "filename:1": "3.mp4",
        "filename:2": "2.jpg",
    }
    assert carousel.raw_published == "1717491601"
    assert [m.presence for m in carousel.media] == ["present", "missing", "present"]
    assert (texts(bare), bare.media[0].presence) == ({"filename:0": "4.jpg"}, "damaged")


def test_everything_else_that_is_published(read_export: tuple[Export, list[Item]]) -> None:
    _, items = read_export
    told = {i.part("text") or i.part("filename:0"): (i.kind, i.platform, i.status, i.visibility) for i in items}
    assert {text: told[text] for text in list(told)[3:]} == {
        "Reel": ("post", "instagram", "published", "public"),
        "T": ("post", "instagram", "published", "public"),
        "On Threads: café": ("post", "threads", "published", "unknown"),
        "@bo_invented Thanks": ("comment", "threads", "published", "unknown"),
        "With picture": ("post", "threads", "published", "unknown"),
        "6.jpg": ("story", "instagram", "published", "public"),
        "A": ("post", "instagram", "archived", "private"),
        "O": ("post", "instagram", "published", "unknown"),
        "D": ("post", "instagram", "deleted", "deleted"),
        "0.jpg": ("caption", "instagram", "published", "public"),
        "Great – Zoë!": ("comment", "instagram", "published", "unknown"),
        "Schön": ("comment", "instagram", "published", "unknown"),
        "நன்று": ("comment", "instagram", "published", "unknown"),
        "New – form": ("comment", "instagram", "published", "unknown"),
        "Hallo allemaal": ("comment", "instagram", "published", "unknown"),
        "Older": ("comment", "instagram", "published", "unknown"),
        "On a reel": ("comment", "instagram", "published", "unknown"),
    }
    comments = [i for i in items if "/comments/" in i.locator.member]
    assert [i.raw_published for i in comments] == [f"171741000{n}" for n in (0, 1, 2, 4, 5, 6, 7)]
    assert [i.locator.pointer for i in comments][:4] == ["/0", "/1", "/2", "/4"]
    assert comments[6].locator.pointer == "/comments_reels_comments/0"
    assert comments[3].id == comments[3].lineage == "instagram:larkmoor:901"
    thread = next(i for i in items if i.part("text") == "On Threads: café")
    assert (thread.media, thread.has_photo, thread.site) == ((), False, "larkmoor")
    assert thread.id.startswith("threads:larkmoor:")
    told_all = " ".join(p.text for i in items for p in i.parts) + repr([m.url for i in items for m in i.media])
    assert not any(word in told_all for word in ("51.5", "android", "upload", "someone_else"))


def test_report_counts_everything(read_export: tuple[Export, list[Item]]) -> None:
    export, _ = read_export
    report = export.report
    root = next(m.member for m in report.members).removesuffix(f"{ACTIVITY}/media/posts_1.json")
    told = {m.member.removeprefix(root): (m.status, m.records, m.why) for m in listed(export)}
    assert told[f"{ACTIVITY}/media/posts_1.json"] == ("parsed", 2, "2 rejected: not a record")
    assert told[f"{ACTIVITY}/media/posts_2.json"] == ("parsed", 1, "")
    assert told[f"{ACTIVITY}/media/reels.json"] == ("parsed", 1, "1 repeated")
    assert told[f"{ACTIVITY}/comments/post_comments_1.json"] == ("parsed", 6, "1 without text")
    assert told["personal_information/personal_information/personal_information.json"][0] == "parsed"
    assert {name for name, (status, _, _) in told.items() if status == "private"} == {
        f"{ACTIVITY}/messages/",
        f"{ACTIVITY}/likes/",
        f"{ACTIVITY}/saved/",
        f"{ACTIVITY}/threads/",
        f"{ACTIVITY}/story_interactions/",
        "connections/",
        "logged_information/",
        "personal_information/",
        "security_and_login_information/",
    }
    assert told[f"{ACTIVITY}/messages/"] == ("private", 2, "private: never opened")
    assert told["media/posts"] == ("skipped", 1, "files that no post names")
    assert told[f"{ACTIVITY}/subscriptions.json"][0] == "skipped"
    assert sum(records for status, records, _ in told.values() if status == "parsed") == 20 + 1
    assert report.rejected == 2
    assert [line.removeprefix(root) for line in report.problems] == [
        f"{ACTIVITY}/media/posts_1.json /3: neither text nor media; export again"
    ]
    assert any("Comments by other people" in line for line in report.not_in_export)


def test_facts_keep_only_the_domain_of_the_mail(read_export: tuple[Export, list[Item]]) -> None:
    facts = read_export[0].facts()
    assert facts is not None
    assert {key: fact.value for key, fact in facts.facts.items()} == {
        "username": "larkmoor",
        "name": "Larkmoor – School",
        "about": "News ☕",
        "website": "https://www.larkmoor.example",
        "email_domain": "larkmoor.example",
        "avatar": "media/profile/0.jpg",
        "url": "https://www.instagram.com/larkmoor/",
        "visibility": "public",
    }
    assert facts.facts["name"].locator.pointer == "/profile_user/0"


@pytest.mark.parametrize(
    ("label", "value", "visibility"),
    [
        ("Private_Account", "True", "members"),
        ("Privates_Konto", "False", "public"),
        ("Compte_privé", "True", "members"),
        ("Phone_Confirmed", "True", "unknown"),
    ],
)
def test_a_private_account_is_for_its_followers(tmp_path: Path, label: str, value: str, visibility: str) -> None:
    files: dict[str, str | bytes] = {
        "content/posts_1.json": json.dumps([{"media": [medium("a.jpg", title="Hi")]}]),
        "account_information/personal_information.json": json.dumps({"profile_user": [mapped(**{label: value})]}),
    }
    export, items = read(write(tmp_path, files))
    assert (export.layout, items[0].visibility) == ("instagram-2020", visibility)
    assert any("is private" in line for line in export.report.not_in_export) == (visibility == "unknown")


def test_layout_of_2018(tmp_path: Path) -> None:
    media = {
        "stories": [{"caption": "", "taken_at": "2019-05-01T10:00:00+00:00", "path": "stories/s.jpg"}],
        "photos": [
            {"caption": mojibake("Fête"), "taken_at": "2019-07-01T10:00:00", "location": "Hall", "path": "photos/p.jpg"}
        ],
        "videos": [{"caption": "Film", "taken_at": "2019-05-03T10:00:00+00:00", "path": "videos/v.mp4"}],
        "profile": [{"caption": "", "taken_at": "2019-05-04T10:00:00+00:00", "path": "profile/f.jpg"}],
        "direct": [{"taken_at": "2019-05-05T10:00:00+00:00", "path": "direct/secret.jpg"}],
    }
    comments = {
        "media_comments": [["2019-06-01T10:00:00+00:00", mojibake("Très bien"), "someone_else"], ["2019"], "x"],
        "live_comments": [["2019-06-02T10:00:00+00:00", "Live", "someone_else"]],
    }
    profile = {
        "username": "larkmoor",
        "name": "Larkmoor",
        "biography": "News",
        "private_account": True,
        "email": "a@b.example",
    }
    files: dict[str, str | bytes] = {
        "media.json": json.dumps(media),
        "comments.json": json.dumps(comments),
        "profile.json": json.dumps(profile),
        "messages.json": "[]",
        "direct/secret.jpg": picture("JPEG"),
        "photos/p.jpg": picture("JPEG"),
    }
    export, items = read(write(tmp_path, files))
    assert (export.layout, export.account) == ("instagram-2018", "larkmoor")
    assert [(i.kind, i.part("text"), i.locator.pointer) for i in items] == [
        ("post", "Fête", "/photos/0"),
        ("post", "Film", "/videos/0"),
        ("story", "", "/stories/0"),
        ("caption", "", "/profile/0"),
        ("comment", "Très bien", "/media_comments/0"),
        ("comment", "Live", "/live_comments/0"),
    ]
    assert (items[0].published, items[0].time_basis, items[0].part("title")) == (at(2019, 7, 1, 9), "assumed", "Hall")
    assert (items[1].published, items[1].time_basis) == (at(2019, 5, 3, 10), "explicit")
    assert {i.visibility for i in items[:4]} == {"members"}
    told = {m.member: (m.status, m.records, m.why) for m in export.report.members}
    assert told["media.json"] == ("parsed", 4, "1 sent in messages, not read")
    assert told["comments.json"] == ("parsed", 2, "1 without text, 1 rejected: not a record")
    assert told["messages.json"][0] == told["direct/"][0] == "private"
    facts = export.facts()
    assert facts is not None
    assert (facts.facts["email_domain"].value, facts.facts["about"].value) == ("b.example", "News")
    assert facts.facts["name"].locator.pointer == ""


def test_post_in_the_newest_form(tmp_path: Path) -> None:
    post = labelled(1717405200, ("Caption", "Well done"), ("URL", "https://www.instagram.example/p/1"), fbid=77)
    post["media"] = [{"uri": "a.jpg"}]
    path = write(tmp_path, {f"{ACTIVITY}/media/posts_1.json": json.dumps([post])})
    _, (item,) = read(path)
    assert (item.part("text"), item.id, item.published) == ("Well done", "instagram::77", at(2024, 6, 3, 9))


def test_bare_files(tmp_path: Path) -> None:
    post = {"media": [medium("media/posts/a.jpg", title="Hi")]}
    files: dict[str, str | bytes] = {
        "renamed.txt": json.dumps([post]),
        "bom.json": b"\xef\xbb\xbf" + json.dumps([post]).encode(),
        "s.json": json.dumps({"ig_stories": [medium("media/posts/a.jpg")]}),
        "t.json": json.dumps({"text_post_app_text_posts": [{"media": [medium("", title="T")]}]}),
        "c.json": json.dumps([mapped(Comment="C", Media_Owner="x", Time=1717410000)]),
        "l.json": json.dumps([labelled(1717410000, ("Comment", "L"))]),
        "m.json": json.dumps({"photos": [{"caption": "P", "taken_at": "2019-05-03T10:00:00+00:00", "path": "a.jpg"}]}),
        "old.json": json.dumps({"media_comments": [["2019-05-03T10:00:00", "O", "x"]]}),
        "event.json": json.dumps([labelled(1717410000, ("Name", "Fair"))]),
        "facebook.json": json.dumps([{"timestamp": 1717410000, "data": [{"post": "F"}]}]),
        "profile.json": json.dumps({"profile_user": [mapped(Username="larkmoor")]}),
        "followers.json": json.dumps([{"string_list_data": [{"value": "bo"}]}]),
        "media/posts/a.jpg": picture("JPEG"),
    }
    write(tmp_path, files)
    found = {name: read(tmp_path / name) for name in list(files)[:8]}
    assert {export.layout for export, _ in found.values()} == {"instagram-json"}
    assert [(i.kind, i.part("text"), i.locator.member) for _, items in found.values() for i in items] == [
        ("post", "Hi", ""),
        ("post", "Hi", ""),
        ("story", "", ""),
        ("post", "T", ""),
        ("comment", "C", ""),
        ("comment", "L", ""),
        ("post", "P", ""),
        ("comment", "O", ""),
    ]
    assert found["renamed.txt"][1][0].media[0].presence == "present"
    assert (
        open_export(tmp_path / "event.json").layout == open_export(tmp_path / "facebook.json").layout == "facebook-json"
    )
    assert complaint(tmp_path / "profile.json") == WITHOUT_POSTS
    assert complaint(tmp_path / "followers.json").startswith(": unknown format")


def test_html_and_exports_without_posts_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", {f"{ACTIVITY}/media/posts_1.html": "<html><body>x</body></html>"})
    assert complaint(tmp_path / "a") == (
        ": an Instagram export in HTML; ask Instagram for the export again, in the format JSON"
    )
    profile = json.dumps({"profile_user": [mapped(Username="larkmoor")]})
    write(tmp_path / "b", {"personal_information/personal_information/personal_information.json": profile})
    assert complaint(tmp_path / "b") == WITHOUT_POSTS


def test_exports_of_others_are_not_taken(tmp_path: Path) -> None:
    export, items = read(pack(tmp_path / "f.zip", facebook_page()))
    assert (export.layout, len(items)) == ("facebook-page-2025", 8)
    damaged = {
        f"{PAGE}/posts/profile_posts_1.json": '[{"timestamp": 1717405200, "data": []}]',
        "comments/comments.json": "",
    }
    assert open_export(write(tmp_path / "g", damaged)).layout == "facebook-page-2025"
    old = {"posts/posts_1.json": '[{"timestamp": 1717405200, "attachments": [], "data": [{"post": "F"}]}]'}
    assert open_export(write(tmp_path / "h", old)).layout == "facebook-profile-old"
    mirror = {"posts.json": '[{"id": 1}]', "profile.json": "{}", "a.txt": "Hello"}
    assert open_export(write(tmp_path / "i", mirror)).layout == "folder"


def test_damage_costs_only_its_member(tmp_path: Path) -> None:
    files = export_2025()
    media = f"{ACTIVITY}/media"
    files[f"{media}/posts_1.json"] = json.dumps([{"media": [medium("a.jpg", title=f"Post {n}")]} for n in range(3)])[
        :-30
    ]
    files[f"{media}/reels.json"] = ""
    files[f"{media}/stories.json"] = '{"ig_stories": ' + "[" * 100_000
    files[f"{media}/igtv_videos.json"] = '{"n": ' + "9" * 5000 + ', "ig_igtv_media": []}'
    files["personal_information/personal_information/personal_information.json"] = "{"
    export, items = read(write(tmp_path, files))
    assert [i.part("text") for i in items[:2]] == ["Post 0", "Post 1"]
    assert export.account == ""
    assert {name for name, status in statuses(export).items() if status == "damaged"} == {
        f"{media}/posts_1.json",
        f"{media}/reels.json",
        f"{media}/stories.json",
        f"{media}/igtv_videos.json",
    }
    assert (
        f"{media}/posts_1.json: the JSON is broken or cut short and was read in part only; export again"
        in export.report.problems
    )


def test_a_post_cannot_name_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch)
    files = export_2025()
    files[f"{ACTIVITY}/media/posts_2.json"] = json.dumps([{"media": [medium(PRIVATE[1], title="Hi")]}])
    _, items = read(write(tmp_path, files))
    assert next(i for i in items if i.part("text") == "Hi").media[0].presence == "missing"


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    export = open_export(pack(tmp_path / "a.zip", export_2025()))
    first = list(export.read())
    report = export.report.as_json()
    assert list(export.read()) == first
    assert export.report.as_json() == report


SHARED = [
    ("_synthetic/instagram_2026", "instagram-2022", {"post": 2, "story": 1, "comment": 1}, {"missing": 4}),
    (f"_synthetic/instagram_2026/{ACTIVITY}/media/posts_1.json", "instagram-json", {"post": 2}, {"missing": 3}),
    (f"_synthetic/instagram_2026/{ACTIVITY}/media/stories.json", "instagram-json", {"story": 1}, {"missing": 1}),
    (f"_synthetic/instagram_2026/{ACTIVITY}/comments/post_comments_1.json", "instagram-json", {"comment": 1}, {}),
    ("instagram/i2b_test_image", "instagram-2020", {"post": 1}, {"present": 1}),
    ("instagram/i2b_test_image/posts.json", "instagram-json", {"post": 1}, {"present": 1}),
    ("instagram/i2b_test_image/reels.json", "instagram-json", {}, {}),
]


@pytest.mark.parametrize(("name", "layout", "items", "media"), SHARED)
def test_shared_exports(name: str, layout: str, items: dict[str, int], media: dict[str, int]) -> None:
    export, found = read(sample(name))
    assert export.layout == layout
    assert Counter(i.kind for i in found) == export.report.items == Counter(items)
    assert export.report.media == Counter(media)
    assert (export.report.rejected, export.report.problems) == (0, [])


def test_shared_texts() -> None:
    export, items = read(sample("_synthetic/instagram_2026"))
    assert (export.account, {i.visibility for i in items[:3]}) == ("stmadeupsprimary", {"public"})
    assert items[0].part("text") == "Year 6 leavers’ assembly 🎓 #stmadeups"
    assert items[1].part("text").startswith("Carousel: caption sits here")
    assert items[3].part("text") == "Da iawn! 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
    _, real = read(sample("instagram/i2b_test_image"))
    assert real[0].part("text") == "A great rainy day lunch\n#italiansub"
    assert real[0].published == at(2024, 8, 4, 19, 52, 37)
    assert complaint(
        sample("_synthetic/instagram_2026/personal_information/personal_information/personal_information.json")
    ) == (WITHOUT_POSTS)
