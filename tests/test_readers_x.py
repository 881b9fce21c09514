"""Reading X archives that the tests build themselves: exact texts, times and counts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from detectors.base import Item
from pipelines.readers import Export, open_export, source
from pipelines.readers.limits import Limits, using
from tests.readers_exports import pack, picture, write
from tests.test_readers import at, complaint, listed, read, statuses, texts
from tests.test_readers_shared import sample

PRIVATE = (
    "data/direct-messages.js",
    "data/direct-messages-group-part1.js",
    "data/direct_messages_media/1-2-secret.jpg",
    "data/contact.js",
    "data/ad-engagements.js",
    "data/ads-revenue-sharing.js",
    "data/device-token.js",
    "data/ni-devices.js",
    "data/ip-audit.js",
    "data/personalization.js",
    "data/saved-search.js",
    "data/follower.js",
    "data/like.js",
    "data/phone-number.js",
    "data/account-creation-ip.js",
    "data/grok-chat-item.js",
)


def js(name: str, records: object, part: int = 0) -> str:
    """A member as X writes it."""
    return f"window.YTD.{name}.part{part} = {json.dumps(records, ensure_ascii=False)}"


def tweet(number: int, text: str, when: str = "Mon Jun 10 14:02:11 +0000 2024", **more: Any) -> dict[str, Any]:
    """A post as in ``tweets.js``."""
    fields = {"id_str": str(1_800_000_000_000_000_000 + number), "created_at": when, "full_text": text}
    return {"tweet": {**fields, "retweeted": False, **more}}


def note(number: int, text: str, when: str, *urls: dict[str, str]) -> dict[str, Any]:
    """A long text as in ``note-tweet.js``."""
    return {"noteTweet": {"noteTweetId": str(number), "createdAt": when, "core": {"text": text, "urls": list(urls)}}}


def photo(name: str, **more: Any) -> dict[str, Any]:
    """A picture of a post."""
    address = f"https://pbs.example/media/{name}"
    return {"url": "https://t.co/pic", "media_url_https": address, "id_str": name, "type": "photo", **more}


def archive() -> dict[str, str | bytes]:
    """The members of an archive of 2025."""
    urls = [
        {"url": "https://t.co/aa", "expanded_url": "https://www.larkmoor.example/news?a=1&b=2", "display_url": "larkmoor…"},
        {"url": "https://t.co/aab", "display_url": "fair.example"},
    ]  # fmt: skip
    film = {
        "video_info": {
            "variants": [
                {"content_type": "application/x-mpegURL", "url": "https://video.example/pl/list.m3u8"},
                {"bitrate": "256000", "url": "https://video.example/vid/small.mp4?tag=1"},
                {"bitrate": "2176000", "url": "https://video.example/vid/large.mp4?tag=1"},
            ]
        },
        "additional_media_info": {"title": "Sports &amp; games", "description": "Relay"},
    }
    first = [photo("one.jpg", ext_alt_text="Bo &amp; Cy"), photo("two.jpg")]
    tweets = [
        tweet(
            1,
            "Tom &amp; Jo &lt;3 &amp;amp; https://t.co/aa or https://t.co/aab &copy https://t.co/zz https://t.co/pic",
            entities={"urls": urls, "media": first[:1]},
            extended_entities={"media": first},
        ),
        tweet(2, "RT @larkmoorlea: Term dates for all schools in the bor…", "Tue Jun 11 08:00:00 +0000 2024"),
        tweet(3, "@bo_invented Well done &amp; so on, the whole tale stands elsewh… https://t.co/more",
              "Wed Jun 12 08:00:01 +0000 2024", in_reply_to_status_id_str="17", in_reply_to_screen_name="bo_invented"),
        "stray",
        {"tweet": {"full_text": "no id"}},
        tweet(4, "And more", in_reply_to_status_id_str="1800000000000000003", in_reply_to_user_id_str="77"),
        tweet(5, "Film https://t.co/pic", extended_entities={"media": [photo("still.jpg", **film)]}),
    ]  # fmt: skip
    more = [
        tweet(6, "Edited", edit_info={"edit": {"initialTweetId": "1800000000000000005"}}),
        tweet(6, "Edited", edit_info={"edit": {"initialTweetId": "1800000000000000005"}}),
    ]
    notes = [
        note(
            9001,
            "Well done &amp; so on, the whole tale stands elsewhere: https://t.co/n1 Dee Invented won.",
            "2024-06-12T08:00:00.000Z",
            {"shortUrl": "https://t.co/n1", "expandedUrl": "https://www.larkmoor.example/tale"},
        ),
        note(9002, "Well done & so on, the whole tale stands elsewhere, a day later.", "2024-06-13T08:00:00.000Z"),
    ]
    manifest = {
        "userInfo": {"accountId": "77", "userName": "larkmoor", "displayName": "Larkmoor"},
        "archiveInfo": {"isPartialArchive": False},
        "dataTypes": {
            "tweets": {
                "files": [
                    {"fileName": "data/tweets.js", "count": "7"},
                    {"fileName": "data/tweets-part1.js", "count": "3"},
                    {"fileName": "data/tweets-part2.js", "count": "5"},
                ]
            },
            "communityTweet": {"files": [{"fileName": "data/community-tweet.js", "count": "0"}]},
            "follower": {"files": [{"fileName": "data/follower.js", "count": "9"}]},
        },
    }
    account = {
        "email": "office@larkmoor.example",
        "phoneNumber": "+441632960001",
        "username": "larkmoor",
        "accountId": "77",
        "accountDisplayName": "Larkmoor School",
    }
    profile = {
        "description": {"bio": "News &amp; dates", "website": "https://t.co/w", "location": "Larkmoor"},
        "avatarMediaUrl": "https://pbs.example/a.jpg",
        "headerMediaUrl": "https://pbs.example/h",
    }
    files: dict[str, str | bytes] = {
        "data/manifest.js": f"window.__THAR_CONFIG = {json.dumps(manifest)}",
        "data/account.js": js("account", [{"account": account}]),
        "data/profile.js": js("profile", [{"profile": profile}]),
        "data/tweets.js": js("tweets", tweets),
        "data/tweets-part1.js": f"\ufeff{js('tweets', more, 1)};\n",
        "data/deleted-tweets.js": js("deleted_tweets", [tweet(8, "Gone", deleted_at="x")]),
        "data/note-tweet.js": js("note_tweet", notes),
        "data/twitter-circle-tweet.js": js("twitter_circle_tweet", [tweet(9, "For few")]),
        "data/tweets_media/1800000000000000001-one.jpg": picture("JPEG"),
        "data/tweets_media/1800000000000000005-large.mp4": b"\0\0\0\x18ftypmp42rest",
        "data/tweets_media/1800000000000000099-left.jpg": picture("JPEG"),
        "data/tweet-headers.js": js("tweet_headers", []),
        "data/README.txt": "read me",
        "assets/js/main.js": "x",
    }
    return files | {name: js("secret", [{"text": "secret"}]) for name in PRIVATE}


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the private members of every source fail when opened."""
    for kind in (source.ZipSource, source.FolderSource):
        plain = kind.open

        def guarded(self: Any, name: str, plain: Any = plain) -> BinaryIO:
            assert not any(name.endswith(private) for private in PRIVATE)
            return plain(self, name)  # type: ignore[no-any-return]

        monkeypatch.setattr(kind, "open", guarded)


def number(item: Item) -> str:
    """The last digits of an item's id."""
    return item.id.removeprefix("x:larkmoor:").replace("180000000000000000", "")


@pytest.fixture(params=["zip", "folder", "nested"])
def read_archive(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Export, list[Item]]:
    """The archive, in each form in which it can be given."""
    forbid(monkeypatch)
    files = archive()
    if request.param == "nested":
        files = {f"twitter-2025-01-02-abc/{name}": content for name, content in files.items()}
    path = pack(tmp_path / "a.zip", files) if request.param == "zip" else write(tmp_path / "a", files)
    return read(path)


def test_archive(read_archive: tuple[Export, list[Item]]) -> None:
    export, items = read_archive
    assert (export.layout, export.platform, export.account) == ("x-archive-2022", "x", "larkmoor")
    assert [number(i) for i in items] == ["1", "2", "3", "4", "5", "6", "9", "8", "note-9002"]
    assert export.report.items == Counter(post=8, comment=1)
    first = items[0]
    assert texts(first) == {
        "text": "Tom & Jo <3 &amp; https://www.larkmoor.example/news?a=1&b=2 or fair.example &copy https://t.co/zz",
        "alt:0": "Bo & Cy",
        "filename:0": "1800000000000000001-one.jpg",
        "filename:1": "two.jpg",
    }
    assert [(m.presence, m.url) for m in first.media] == [
        ("present", "https://pbs.example/media/one.jpg"),
        ("missing", "https://pbs.example/media/two.jpg"),
    ]
    assert (first.published, first.raw_published, first.time_basis) == (
        at(2024, 6, 10, 14, 2, 11),
        "Mon Jun 10 14:02:11 +0000 2024",
        "explicit",
    )
    assert (first.author, first.author_role, first.site, first.platform) == (
        "Larkmoor School",
        "school",
        "larkmoor",
        "x",
    )
    assert (first.visibility, first.status, first.has_photo) == ("unknown", "published", True)
    assert first.url == "https://x.com/larkmoor/status/1800000000000000001"
    assert first.lineage == first.id
    assert first.locator.member.endswith("data/tweets.js")
    assert (first.locator.pointer, first.locator.layout) == ("/0/tweet", "x-archive-2022")
    assert (items[1].kind, items[1].part("text")) == ("post", "RT @larkmoorlea: Term dates for all schools in the bor…")
    assert texts(items[4]) == {
        "text": "Film",
        "alt:0": "Sports & games\nRelay",
        "filename:0": "1800000000000000005-large.mp4",
    }
    assert (items[4].media[0].encoding_format, items[4].media[0].url) == (
        "video/mp4",
        "https://video.example/vid/large.mp4?tag=1",
    )


def test_long_texts_replies_and_editions(read_archive: tuple[Export, list[Item]]) -> None:
    _, items = read_archive
    long, own, edited, note_alone = items[2], items[3], items[5], items[8]
    assert long.part("text") == (
        "Well done & so on, the whole tale stands elsewhere: https://www.larkmoor.example/tale Dee Invented won."
    )
    assert long.locator.member.endswith("data/note-tweet.js")
    assert long.locator.pointer == "/0/noteTweet/core/text"
    assert (long.kind, long.in_reply_to) == ("comment", "https://x.com/bo_invented/status/17")
    assert (own.kind, own.in_reply_to) == ("post", long.id)
    assert edited.lineage == f"{items[4].lineage}#2" == "x:larkmoor:1800000000000000005#2"
    assert note_alone.part("text").endswith("a day later.")
    assert (note_alone.published, note_alone.time_basis) == (at(2024, 6, 13, 8), "explicit")
    assert [(i.status, i.visibility) for i in items[6:8]] == [("published", "members"), ("deleted", "deleted")]


def test_report_counts_everything(read_archive: tuple[Export, list[Item]]) -> None:
    export, _ = read_archive
    report = export.report
    root = next(m.member for m in report.members).removesuffix("data/note-tweet.js")
    told = {m.member.removeprefix(root): (m.status, m.records, m.why) for m in listed(export)}
    assert {name: told[name] for name in told if told[name][0] == "parsed"} == {
        "data/note-tweet.js": ("parsed", 2, "1 joined to their posts"),
        "data/tweets.js": ("parsed", 5, "2 rejected: not a record"),
        "data/tweets-part1.js": ("parsed", 1, "1 repeated"),
        "data/twitter-circle-tweet.js": ("parsed", 1, ""),
        "data/deleted-tweets.js": ("parsed", 1, ""),
        "data/account.js": ("parsed", 1, "the site's own facts"),
        "data/profile.js": ("parsed", 1, "the site's own facts"),
        "data/manifest.js": ("parsed", 1, "the archive's own list"),
    }
    private = {name for name, (status, _, _) in told.items() if status == "private"}
    assert private == {name for name in PRIVATE if not name.endswith(".jpg")} | {"data/direct_messages_media/"}
    assert told["data/tweets_media"] == ("skipped", 1, "files that no post names")
    assert told["assets/js/main.js"][0] == told["data/tweet-headers.js"][0] == "skipped"
    assert report.rejected == 2
    assert report.media == Counter(present=2, missing=1)
    assert [line.removeprefix(root) for line in report.problems] == [
        "data/tweets.js /3: not a record; download the archive again",
        "data/tweets.js /4/tweet: no post with an id; download the archive again",
        "data/tweets-part1.js: holds 2 records where the archive's own list says 3; download the archive again",
        "data/tweets-part2.js: named in the archive's own list, but missing; download the archive again",
    ]
    assert any("Replies by other people" in line for line in report.not_in_export)
    assert any("Retweets are cut off" in line for line in report.not_in_export)


def test_facts_keep_only_the_domain_of_the_mail(read_archive: tuple[Export, list[Item]]) -> None:
    facts = read_archive[0].facts()
    assert facts is not None
    assert {key: fact.value for key, fact in facts.facts.items()} == {
        "username": "larkmoor",
        "name": "Larkmoor School",
        "url": "https://x.com/larkmoor",
        "email_domain": "larkmoor.example",
        "about": "News & dates",
        "website": "https://t.co/w",
        "location": "Larkmoor",
        "avatar": "https://pbs.example/a.jpg",
        "banner": "https://pbs.example/h",
    }
    assert facts.facts["name"].locator.pointer == "/0/account"
    assert facts.facts["about"].locator.member.endswith("data/profile.js")


@pytest.mark.parametrize(
    ("changes", "flag", "visibility"),
    [
        ([], None, "unknown"),
        ([("2024-01-01", "Protect")], None, "members"),
        ([("2024-02-01", "Unprotect"), ("2024-01-01", "Protect")], None, "public"),
        ([], True, "members"),
        ([], False, "public"),
    ],
)
def test_visibility_is_told_only_where_it_is_shown(
    tmp_path: Path, changes: list[tuple[str, str]], flag: bool | None, visibility: str
) -> None:
    account = {"username": "larkmoor"} | ({} if flag is None else {"protected": flag})
    history = [{"protectedHistory": {"protectedAt": f"{day}T00:00:00.000Z", "action": a}} for day, a in changes]
    files: dict[str, str | bytes] = {
        "data/account.js": js("account", [{"account": account}]),
        "data/protected-history.js": js("protected_history", history),
        "data/tweets.js": js("tweets", [tweet(1, "Hello")]),
    }
    export, items = read(write(tmp_path, files))
    assert items[0].visibility == visibility
    assert any("protected" in line for line in export.report.not_in_export) == (visibility == "unknown")


def test_old_archive_without_wrapping(tmp_path: Path) -> None:
    old = {"id": 99, "created_at": "Wed Jan 02 03:04:05 +0000 2019", "text": "Old &gt; new"}
    media = {"entities": {"media": [photo("a.jpg")]}}
    export, items = read(
        write(
            tmp_path,
            {
                "tweet.js": js("tweet", [old, tweet(1, "Newer", **media)]),
                "tweet_media/1800000000000000001-a.jpg": picture("JPEG"),
            },
        )
    )
    assert (export.layout, export.account) == ("x-archive-2019", "")
    assert [(i.id, i.part("text"), i.locator.pointer) for i in items] == [
        ("x::99", "Old > new", "/0"),
        ("x::1800000000000000001", "Newer", "/1/tweet"),
    ]
    assert items[0].published == at(2019, 1, 2, 3, 4, 5)
    assert items[0].url == "https://x.com/i/status/99"
    assert items[1].media[0].presence == "present"
    assert export.facts() is None


def test_bare_files(tmp_path: Path) -> None:
    media = {"entities": {"media": [photo("a.jpg")]}}
    files: dict[str, str | bytes] = {
        "renamed.txt": js("tweets", [tweet(1, "Hello", **media)]),
        "tweets_media/1800000000000000001-a.jpg": picture("JPEG"),
        "notes.js": js("note_tweet", [note(1, "Long", "2024-06-12T08:00:00.000Z")]),
        "empty.js": "window.YTD.tweets.part0 = [ ]",
        "account.js": js("account", [{"account": {"username": "larkmoor"}}]),
        "follower.js": js("follower", []),
        "manifest.js": "window.__THAR_CONFIG = {}",
        "other.js": "window.alert(1)",
    }
    write(tmp_path, files)
    export, items = read(tmp_path / "renamed.txt")
    assert (export.layout, items[0].locator.member, items[0].locator.pointer) == ("x-js", "", "/0/tweet")
    assert items[0].media[0].presence == "present"
    assert statuses(export) == {"renamed.txt": "parsed"}
    assert [i.id for i in read(tmp_path / "notes.js")[1]] == ["x::note-1"]
    assert read(tmp_path / "empty.js")[1] == []
    for name in ("account.js", "follower.js", "manifest.js"):
        assert complaint(tmp_path / name) == (
            ": an X archive without its posts; give the whole archive, or its data/tweets.js"
        )
    assert complaint(tmp_path / "other.js").startswith(": unknown format")


def test_archive_without_posts_is_refused_and_other_scripts_are_not_taken(tmp_path: Path) -> None:
    write(tmp_path / "a", {"data/account.js": js("account", []), "data/like.js": js("like", []), "a.png": picture()})
    assert complaint(tmp_path / "a").startswith(": an X archive without its posts")
    write(tmp_path / "b", {"tweets.js": "var tweets = []", "account.js": "", "a.txt": "Hello"})
    assert open_export(tmp_path / "b").layout == "folder"


def test_damage_costs_only_its_member(tmp_path: Path) -> None:
    files = archive()
    files["data/tweets.js"] = js("tweets", [tweet(n, f"Post {n}") for n in range(1, 4)])[:-40]
    files["data/note-tweet.js"] = js("note_tweet", [note(1, "Long", "2024-06-12T08:00:00.000Z"), {"noteTweet": {}}])
    files["data/profile.js"] = "window.YTD.profile.part0 = [ {"
    files["data/manifest.js"] = "window.__THAR_CONFIG = {"
    files["data/deleted-tweets.js"] = b""
    files["data/community-tweet.js"] = "window.YTD.community_tweet.part0 = " + "[" * 100_000
    export, items = read(write(tmp_path, files))
    assert [number(i) for i in items] == ["1", "2", "6", "9", "note-1"]
    found = statuses(export)
    assert {name for name, status in found.items() if status == "damaged"} == {
        "data/tweets.js",
        "data/profile.js",
        "data/manifest.js",
        "data/deleted-tweets.js",
        "data/community-tweet.js",
    }
    assert export.report.rejected == 1
    assert (
        "data/tweets.js: broken or cut short and read in part only; download the archive again"
        in export.report.problems
    )
    facts = export.facts()
    assert facts is not None
    assert "about" not in facts.facts


def test_numbers_and_semicolons_at_the_end_of_a_chunk(tmp_path: Path) -> None:
    many = [tweet(n, f"Post {n} ; ;;  {'; ' * (n % 97)}.", "no time") for n in range(3000)]
    path = tmp_path / "tweets.js"
    path.write_text(js("tweets", many) + " ;\n\n", encoding="utf-8")
    export, items = read(path)
    assert [i.part("text") for i in items] == [t["tweet"]["full_text"] for t in many]
    assert (export.report.rejected, export.report.problems) == (0, [])
    assert {(i.published, i.time_basis) for i in items} == {(None, "unknown")}


def test_long_texts_beyond_memory_are_said(tmp_path: Path) -> None:
    notes = [note(n, "Seven o", "2024-06-12T08:00:00.000Z") for n in range(3)]
    files: dict[str, str | bytes] = {"data/note-tweet.js": js("note_tweet", notes)}
    with using(Limits(in_memory_bytes=10)):
        export, items = read(write(tmp_path, files))
    assert len(items) == 1
    assert export.report.problems == [
        "data/note-tweet.js: more long texts than fit into memory; download the archive of a shorter time"
    ]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    export = open_export(pack(tmp_path / "a.zip", archive()))
    first = list(export.read())
    report = export.report.as_json()
    assert list(export.read()) == first
    assert export.report.as_json() == report


def test_shared_archive() -> None:
    export, items = read(sample("_synthetic/x_archive_2025"))
    assert (export.layout, export.account) == ("x-archive-2022", "stmadeups")
    assert export.report.items == Counter(post=3, comment=1)
    assert export.report.media == Counter(missing=2)
    assert export.report.rejected == 0
    assert export.report.problems == [
        "data/tweets-part1.js: named in the archive's own list, but missing; download the archive again"
    ]
    assert items[0].part("text") == "Tom & Jerry Class won!  R&D <3"
    assert items[3].in_reply_to == "https://x.com/pat_parent/status/1799999999999999999"
    bare, again = read(sample("_synthetic/x_archive_2025/data/tweets.js"))
    assert (bare.layout, [texts(i) for i in again]) == ("x-js", [texts(i) for i in items])


@pytest.mark.parametrize(
    "name", ["", "/account.js", "/account-suspension.js", "/app.js", "/follower.js", "/saved-search.js"]
)
def test_shared_archive_without_posts(name: str) -> None:
    path = sample(f"x_twitter/dogsheep{name}")
    assert complaint(path) == ": an X archive without its posts; give the whole archive, or its data/tweets.js"
