"""Reading YouTube, LinkedIn, TikTok, Flickr and ActivityPub exports that the tests build: exact texts, times and counts."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from pipelines.readers import Export, source
from pipelines.readers.json_stream import pointer, values
from pipelines.readers.source import open_source
from pipelines.readers.youtube import comment_text
from tests.readers_exports import pack, picture, write
from tests.test_readers import at, complaint, listed, read, texts

Files = Mapping[str, str | bytes]


def members(export: Export) -> list[tuple[str, str, int, str]]:
    """Every line of the report on members but for the media that items show."""
    return [(m.member, m.status, m.records, m.why) for m in listed(export)]


def facts(export: Export) -> dict[str, str]:
    """What the export says of the site."""
    found = export.facts()
    return {} if found is None else {key: fact.value for key, fact in found.facts.items()}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all members that are opened, of whatever kind of source."""
    names: list[str] = []
    for kind in (source.ZipSource, source.FolderSource, source.FileSource):
        monkeypatch.setattr(kind, "open", _noted(kind.open, names))
    return names


def _noted(plain: Any, names: list[str]) -> Any:
    def noted(self: Any, name: str) -> BinaryIO:
        names.append(name)
        stream: BinaryIO = plain(self, name)
        return stream

    return noted


def assert_unread(opened: list[str], *private: str) -> None:
    """Something was opened, and nothing whose name holds one of the words."""
    assert opened
    assert not [name for name in opened for word in private if word in name]


# YouTube

TUBE = "Takeout/YouTube und YouTube Music"
VIDEOS = (
    "Privacy,VIDEO ID,Video Title (Original),Video Description (Original),Tag 1,Video Create Timestamp,"
    "Video Publish Timestamp\r\n"
    'Public,vid1,"Fair: ""Day"" <1>","Line one\r\nAnn, 4B",fair,2024-05-01T08:00:00+00:00,2024-06-03T09:00:00+01:00\r\n'
    "Unlisted,vid2,Same,One,,2024-05-02T08:00:00Z,\r\n"
    "Private,vid3,Same,Two,,,\r\n"
    "Members,vid4,,,,,\r\n"
)
COMMENTS = (
    "Comment Text,Comment ID,Channel ID,Comment Create Timestamp,Parent Comment ID,Video ID\n"
    '"{""text"":""Well done ""},{""text"":""\nAnn &amp; Bo""}",c1,UCx,2024-06-04T10:00:00.5+00:00,,vid1\n'
    '"{""text"":""Thanks""}",c2,UCx,2024-06-04T11:00:00+00:00,c1,vid1\n'
    "Old &#39;plain&#39; one,c3,UCx,2012-01-01T00:00:00Z,,\n"
)


def takeout() -> dict[str, str | bytes]:
    """A Takeout in German folders with tables in English."""
    return {
        f"{TUBE}/Videometadaten/Videos.csv": VIDEOS,
        f"{TUBE}/Kommentare/Kommentare.csv": "\ufeff" + COMMENTS,
        f"{TUBE}/live chats/live chats.csv": (
            "Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Video ID,Live Chat Text\n"
            'l1,UCx,2024-06-05T10:00:00Z,0,vid2,"{""text"":""Hello all""}"\n'
        ),
        f"{TUBE}/channels/channel.csv": (
            "Channel ID,Channel Title (Original),Channel Description (Original),Channel Visibility\n"
            "UCx,Larkmoor School,News from Larkmoor,Public\n"
        ),
        f"{TUBE}/channels/channel URL configs.csv": "Channel ID,Channel Vanity URL 1 Name\nUCx,larkmoor\n",
        f"{TUBE}/videos/Fair_ _Day_ _1_.mp4": b"\0\0\0\x18ftypmp42film",
        f"{TUBE}/videos/Same.mp4": b"\0\0\0\x18ftypmp42same",
        f"{TUBE}/history/watch-history.html": "secret",
        f"{TUBE}/history/search-history.json": "[]",
        f"{TUBE}/subscriptions/subscriptions.csv": "Channel Id,Channel Url,Channel Title\nUCy,u,Bo\n",
        f"{TUBE}/Verlauf/Wiedergabeverlauf.html": "secret",
        "Takeout/Mail/list.csv": "video id,video title (original)\nx,not to be read\n",
        "Takeout/archive_browser.html": "<html>",
    }


@pytest.mark.parametrize("packed", [False, True])
def test_youtube_takeout(tmp_path: Path, opened: list[str], packed: bool) -> None:
    path = pack(tmp_path / "takeout.zip", takeout()) if packed else write(tmp_path / "x", takeout())
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == ("youtube-takeout", "youtube", "larkmoor")
    assert [(i.id, i.kind, i.visibility) for i in items] == [
        ("youtube:video:vid1", "video_description", "public"),
        ("youtube:video:vid2", "video_description", "unlisted"),
        ("youtube:video:vid3", "video_description", "private"),
        ("youtube:video:vid4", "video_description", "members"),
        ("youtube:comment:c1", "comment", "unknown"),
        ("youtube:comment:c2", "comment", "unknown"),
        ("youtube:comment:c3", "comment", "unknown"),
        ("youtube:chat:l1", "comment", "unknown"),
    ]
    fair = items[0]
    assert texts(fair) == {
        "title": 'Fair: "Day" <1>',
        "text": "Line one\nAnn, 4B",
        "filename:0": "Fair_ _Day_ _1_.mp4",
    }
    assert (fair.media[0].presence, fair.media[0].encoding_format) == ("present", "video/mp4")
    assert fair.media[0].sha256 == hashlib.sha256(b"\0\0\0\x18ftypmp42film").hexdigest()
    assert (fair.published, fair.time_basis) == (at(2024, 6, 3, 8), "explicit")
    assert fair.raw_published == "2024-06-03T09:00:00+01:00"
    assert (fair.url, fair.site, fair.author, fair.author_role) == (
        "https://www.youtube.com/watch?v=vid1",
        "larkmoor",
        "Larkmoor School",
        "school",
    )
    assert (fair.locator.member, fair.locator.pointer) == (f"{TUBE}/Videometadaten/Videos.csv", "row:2")
    assert items[1].published == at(2024, 5, 2, 8)
    assert (items[2].published, items[2].media, texts(items[3])) == (None, (), {})
    assert [texts(i) for i in items[4:]] == [
        {"text": "Well done \nAnn & Bo"},
        {"text": "Thanks"},
        {"text": "Old 'plain' one"},
        {"text": "Hello all"},
    ]
    assert [i.in_reply_to for i in items[4:]] == ["youtube:video:vid1", "youtube:comment:c1", "", "youtube:video:vid2"]
    assert items[4].url == "https://www.youtube.com/watch?v=vid1&lc=c1"
    assert export.report.items == Counter(video_description=4, comment=4)
    assert export.report.problems == []
    assert members(export) == [
        (f"{TUBE}/channels/channel.csv", "parsed", 1, "the site's own facts"),
        (f"{TUBE}/channels/channel URL configs.csv", "parsed", 1, "the site's own facts"),
        (f"{TUBE}/Videometadaten/Videos.csv", "parsed", 4, ""),
        (f"{TUBE}/Kommentare/Kommentare.csv", "parsed", 3, ""),
        (f"{TUBE}/live chats/live chats.csv", "parsed", 1, ""),
        ("Takeout/Mail/list.csv", "skipped", 1, "not a member that holds published content"),
        (f"{TUBE}/Verlauf/Wiedergabeverlauf.html", "skipped", 1, "not a member that holds published content"),
        (f"{TUBE}/history/", "private", 2, "private: never opened"),
        (f"{TUBE}/subscriptions/", "private", 1, "private: never opened"),
        (f"{TUBE}/videos", "skipped", 1, "files that no post names"),
        ("Takeout/archive_browser.html", "skipped", 1, "not a member that holds published content"),
    ]
    assert facts(export) == {
        "name": "Larkmoor School",
        "about": "News from Larkmoor",
        "username": "larkmoor",
        "url": "https://www.youtube.com/channel/UCx",
    }
    assert_unread(opened, "history", "subscriptions", "Verlauf", "Mail")


def test_youtube_bare_tables_and_a_table_cut_short(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": COMMENTS, "b.csv": VIDEOS[:-20], "same.csv": COMMENTS + COMMENTS.split("\n", 1)[1]})
    export, items = read(tmp_path / "a.csv")
    assert (export.layout, [i.locator.member for i in items]) == ("youtube-csv", ["", "", ""])
    assert (facts(export), export.account) == ({}, "")
    cut, found = read(tmp_path / "b.csv")
    assert [i.id for i in found] == [f"youtube:video:vid{n}" for n in (1, 2, 3)]
    assert cut.report.problems == []
    twice, again = read(tmp_path / "same.csv")
    assert [i.id for i in again] == [i.id for i in items]
    assert members(twice) == [("same.csv", "parsed", 3, "3 repeated")]


def test_a_table_that_ends_within_a_row_is_said_to(tmp_path: Path) -> None:
    write(tmp_path, {"b.csv": VIDEOS + "Private,vid9,Only a ti"})
    export, items = read(tmp_path / "b.csv")
    assert texts(items[-1]) == {"title": "Only a ti"}
    assert export.report.problems == ["b.csv row 6: the table ends within it; export again"]


def test_a_broken_row_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.readers.rows.decoded", _lines_with_a_stray_return)
    write(tmp_path, {"b.csv": VIDEOS})
    export, items = read(tmp_path / "b.csv")
    assert [i.id for i in items] == [f"youtube:video:vid{n}" for n in (2, 3, 4)]
    assert export.report.rejected == 1
    assert export.report.members[0].why == "1 rejected: not a record"
    assert export.report.problems[0].startswith("b.csv row 2: ")
    assert export.report.problems[0].endswith("; mend that row, the others were read")


def _lines_with_a_stray_return(stream: BinaryIO, encoding: str) -> Iterator[str]:
    head, *rest = stream.read().decode(encoding).splitlines(keepends=True)
    yield head
    yield "Public,vid1,broken\rwithin,,\n"
    yield from rest[2:]


def test_youtube_comment_forms() -> None:
    assert comment_text('{"text":"@Bo","mention":{"channelId":"UCy"}},{"text":" hi\r\nthere"}') == "@Bo hi\nthere"
    assert comment_text('{"videoLink":{"a":1},"text":"2:34"}') == "2:34"
    assert comment_text('{"takeoutSegments":[{"text":"Hi "},{"text":"all"}]}') == "Hi all"
    assert comment_text('{"text":"cut') == '{"text":"cut'
    assert comment_text('{"other":1}') == '{"other":1}'
    assert comment_text('{"text":"half \\ud83d"}') == "half \ufffd"


def test_youtube_in_another_language_is_refused_before_its_history_is_read(tmp_path: Path, opened: list[str]) -> None:
    path = pack(
        tmp_path / "x.zip",
        {f"{TUBE}/Kommentare/Kommentare.csv": "Kanal-ID,Kommentar\nUCx,Hallo\n", f"{TUBE}/Verlauf/W.html": "<p>secret"},
    )
    assert complaint(path) == (
        ": a Takeout of YouTube without videos or comments in English tables; set the Google account's language to English "
        "and export 'YouTube' again"
    )
    assert_unread(opened, "Verlauf")


# LinkedIn

SHARES = (
    "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
    "2024-06-03 09:00:00,https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A11,"
    '"Say ""hello""\r\n\r\nto Ann",https://news.example/a,https://media.example/p.jpg,MEMBER_NETWORK\n'
    "2024-06-04 09:00:00,https://www.linkedin.com/feed/update/urn%3Ali%3AugcPost%3A12,,,,CONNECTIONS\n"
    "nonsense,,No link,,,OTHER\n"
)
ANSWERS = (
    "Date,Link,Message\n"
    '2024-06-05 10:00:00,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7,"The \\"big\\" day,\nthanks"\n'
    "2024-06-05 10:00:01,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7,\n"
)


def linkedin() -> dict[str, str | bytes]:
    """An archive of 2026: the member's number stands in the names of its tables."""
    article = (
        '<html><head><title>Our year</title></head><body><h1>Our year</h1><p class="created">Created on 2024-01-01</p>'
        '<p class="published">Published on 2024-02-01 08:30</p><div><p>With Ann.</p>'
        '<img src="https://media.example/y.png" alt="Ann"></div></body></html>'
    )
    return {
        "Shares_77.csv": '\ufeffNotes:\n"Only what you shared, not what others did"\n\n' + SHARES,
        "Comments_77.csv": ANSWERS,
        "Articles/Articles/our-year.html": article,
        "Articles/Articles/draft.html": '<html><p class="created">Created on 2024-03-01</p><p>Not yet</p></html>',
        "Connections_77.csv": "First Name,Last Name,Connected On\nBo,Invented,01 Jan 2024\n",
        "messages_77.csv": "CONVERSATION ID,FROM,TO,DATE,CONTENT\n1,Bo,Ann,2024-01-01,secret\n",
        "Profile.csv": "First Name,Birth Date\nDee,1990\n",
        "Jobs/Job Applications.csv": "Date,Title\n2024,x\n",
        "Rich_Media.csv": "Date/Time,Media Link\n2024,https://media.example/z\n",
    }


@pytest.mark.parametrize("packed", [False, True])
def test_linkedin_export(tmp_path: Path, opened: list[str], packed: bool) -> None:
    path = pack(tmp_path / "l.zip", linkedin()) if packed else write(tmp_path / "l", linkedin())
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == ("linkedin-export", "linkedin", "77")
    assert export.facts() is None
    assert [(i.kind, i.visibility, i.status) for i in items] == [
        ("post", "public", "published"),
        ("post", "members", "published"),
        ("post", "unknown", "published"),
        ("comment", "unknown", "published"),
        ("article", "draft", "draft"),
        ("article", "public", "published"),
    ]
    share = items[0]
    assert share.id == share.lineage == "linkedin:post:11"
    assert texts(share) == {"title": "https://news.example/a", "text": 'Say "hello"\n\nto Ann', "filename:0": "p.jpg"}
    assert (share.published, share.time_basis, share.raw_published) == (
        at(2024, 6, 3, 9),
        "assumed",
        "2024-06-03 09:00:00",
    )
    assert (share.media[0].url, share.media[0].presence, share.has_photo) == (
        "https://media.example/p.jpg",
        "missing",
        True,
    )
    assert (share.locator.member, share.locator.pointer) == ("Shares_77.csv", "row:5")
    assert (items[1].id, texts(items[1]), items[1].has_photo) == ("linkedin:post:12", {}, None)
    assert (items[2].published, items[2].raw_published, items[2].time_basis) == (None, "nonsense", "unknown")
    assert texts(items[3]) == {"text": 'The "big" day,\nthanks'}
    assert items[3].in_reply_to == "https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7"
    assert items[4].published is None
    year = items[5]
    assert texts(year)["title"] == "Our year"
    assert texts(year)["text"].endswith("With Ann.")
    assert texts(year)["alt:0"] == "Ann"
    assert (year.published, year.locator.member) == (at(2024, 2, 1, 8, 30), "Articles/Articles/our-year.html")
    assert members(export) == [
        ("Shares_77.csv", "parsed", 3, ""),
        ("Comments_77.csv", "parsed", 1, "1 without text"),
        ("Articles/Articles/draft.html", "parsed", 1, ""),
        ("Articles/Articles/our-year.html", "parsed", 1, ""),
        ("Connections_77.csv", "private", 1, "private: never opened"),
        ("Jobs/", "private", 1, "private: never opened"),
        ("Profile.csv", "private", 1, "private: never opened"),
        ("Rich_Media.csv", "skipped", 1, "not a member that holds published content"),
        ("messages_77.csv", "private", 1, "private: never opened"),
    ]
    assert_unread(opened, "Connections", "messages", "Profile", "Jobs", "Rich")


def test_linkedin_bare_tables(tmp_path: Path) -> None:
    write(tmp_path, {"anything.csv": SHARES, "Comments.csv": ANSWERS, "other.csv": ANSWERS})
    assert [i.id for i in read(tmp_path / "anything.csv")[1]][:2] == ["linkedin:post:11", "linkedin:post:12"]
    assert read(tmp_path / "Comments.csv")[0].layout == "linkedin-csv"
    assert read(tmp_path / "other.csv")[0].layout == "records-csv"


def test_linkedin_private_tables_are_refused(tmp_path: Path, opened: list[str]) -> None:
    files = {name: content for name, content in linkedin().items() if not name.startswith(("Shares", "Comm", "Arti"))}
    path = pack(tmp_path / "l.zip", files)
    ask = "give Shares.csv, Comments.csv or the whole archive"
    assert complaint(path) == f": a LinkedIn export without posts; ask LinkedIn for the larger archive, and {ask}"
    assert not [name for name in opened if name.endswith(".csv")]
    for name in ("Connections_77.csv", "messages_77.csv"):
        write(tmp_path, {name: files[name]})
        assert complaint(tmp_path / name) == f": LinkedIn's list of contacts or messages, which is private; {ask}"


# TikTok


def tiktok() -> dict[str, Any]:
    """An export of 2026, with its levels in another case and a list that is null."""
    return {
        "Comment": {
            "Comments": {
                "App": 1,
                "CommentsList": [
                    {"date": "2026-01-10 15:04:05", "comment": "Well done all!", "photo": "N/A", "url": ""},
                    {"date": "2026-01-10 15:04:06", "comment": "", "url": ""},
                    "broken",
                ],
            }
        },
        "Direct Message": {
            "Direct Messages": {
                "ChatHistory": {
                    "Chat History with bo:": [
                        {"Date": "2026-01-01 10:00:00", "From": "bo", "Content": "secret one"},
                        {"Date": "2026-01-01 10:00:01", "From": "bo", "Content": "secret two"},
                    ]
                }
            }
        },
        "post": {
            "POSTS": {
                "videolist": [
                    {
                        "Date": "2026-01-09 12:00:00",
                        "Link": "https://www.tiktokv.com/share/video/740001/",
                        "Title": "Science week 🔬",
                        "CoverImage": "https://cdn.example/x.jpeg?sig=1",
                        "Location": "Larkmoor",
                        "WhoCanView": "Everyone",
                        "AlternateText": "Pupils at a table",
                    },
                    {
                        "date": "2026-01-09 13:00:00 UTC",
                        "link": "",
                        "title": "T",
                        "Description": "D",
                        "whoCanView": "Friends",
                    },
                    {"Date": "2026-01-09 14:00:00", "Title": "N/A", "WhoCanView": "Only me"},
                    7,
                ]
            },
            "Recently Deleted Posts": {"PostList": [{"Date": "2026-01-08 12:00:00", "Title": "Gone"}]},
        },
        "Profile And Settings": {
            "Profile Info": {
                "ProfileMap": {
                    "userName": "larkmoor",
                    "displayName": "Larkmoor School",
                    "bioDescription": "Official",
                    "emailAddress": "office.head@larkmoor.example",
                    "birthDate": "01-Jan-1990",
                }
            }
        },
        "Your Activity": {
            "Watch History": {"VideoList": [{"Date": "2026-01-01 00:00:00", "Link": "https://x.example/1"}]},
            "Login History": {"LoginHistoryList": [{"IP": "192.0.2.7"}, {"IP": "192.0.2.8"}]},
            "Share History": {"VideoList": None},
        },
    }


def test_tiktok_export(tmp_path: Path) -> None:
    files = {"TikTok/user_data_tiktok.json": json.dumps(tiktok()), "TikTok/readme.txt": "x"}
    export, items = read(pack(tmp_path / "t.zip", files))
    assert (export.layout, export.platform, export.account) == ("tiktok-export", "tiktok", "larkmoor")
    assert [(i.kind, texts(i), i.visibility, i.status) for i in items] == [
        ("comment", {"text": "Well done all!"}, "unknown", "published"),
        (
            "post",
            {"title": "Larkmoor", "text": "Science week 🔬", "alt:0": "Pupils at a table"},
            "public",
            "published",
        ),
        ("post", {"title": "T", "text": "D"}, "members", "published"),
        ("post", {}, "private", "published"),
        ("post", {"text": "Gone"}, "deleted", "deleted"),
    ]
    video = items[1]
    assert video.id == video.lineage == "tiktok:larkmoor:post-740001"
    assert (video.published, video.time_basis) == (at(2026, 1, 9, 12), "assumed")
    assert (items[2].published, items[2].time_basis) == (at(2026, 1, 9, 13), "explicit")
    assert video.locator.pointer == "/post/POSTS/videolist/0"
    assert (video.url, video.media[0].url, video.media[0].presence) == (
        "https://www.tiktokv.com/share/video/740001/",
        "https://cdn.example/x.jpeg?sig=1",
        "missing",
    )
    assert (video.site, video.author, video.author_role) == ("larkmoor", "Larkmoor School", "school")
    assert export.report.rejected == 2
    assert members(export) == [
        ("TikTok/user_data_tiktok.json", "parsed", 5, "1 without text, 2 rejected: not a record"),
        ("TikTok/user_data_tiktok.json#/Direct Message", "private", 2, "private: not turned into items"),
        ("TikTok/user_data_tiktok.json#/Your Activity", "private", 3, "private: not turned into items"),
        ("TikTok/readme.txt", "skipped", 1, "not a member that holds published content"),
    ]
    assert facts(export) == {
        "name": "Larkmoor School",
        "username": "larkmoor",
        "about": "Official",
        "url": "https://www.tiktok.com/@larkmoor",
        "email_domain": "larkmoor.example",
    }
    told = repr([(i, i.parts, i.author) for i in items]) + repr([texts(i) for i in items]) + repr(facts(export))
    for private in ("secret", "192.0.2", "office.head", "1990", "x.example"):
        assert private not in told


def test_tiktok_older_levels_and_a_file_cut_short(tmp_path: Path) -> None:
    old = {
        "Activity": {"Video Browsing History": {"VideoList": [{"Date": "2021-01-01 00:00:00", "Link": "u"}]}},
        "Comment": {"Comments": {"CommentsList": None}},
        "Profile": {"Profile Information": {"ProfileMap": {"userName": "larkmoor"}}},
        "Video": {
            "Videos": {"VideoList": [{"Date": "2021-03-01 10:00:00", "Link": "https://v.example/a", "Likes": "3"}]}
        },
    }
    text = "\ufeff" + json.dumps(old)
    write(tmp_path, {"user_data.json": text, "cut/user_data.json": text[:-40]})
    export, items = read(tmp_path / "user_data.json")
    assert export.layout == "tiktok-json"
    assert [(i.kind, texts(i), i.published, i.locator.pointer) for i in items] == [
        ("post", {}, at(2021, 3, 1, 10), "/Video/Videos/VideoList/0")
    ]
    assert members(export)[1] == ("user_data.json#/Activity", "private", 1, "private: not turned into items")
    cut, found = read(tmp_path / "cut")
    assert found == []
    assert cut.report.problems == [
        "user_data.json: the JSON is broken or cut short and was read in part only; export again"
    ]
    assert cut.report.members[0].status == "damaged"


def test_tiktok_lists_that_only_look_published_stay_private(tmp_path: Path) -> None:
    seen = [{"Date": "2026-01-01 00:00:00", "Link": "https://x.example/1", "comment": "secret"}]
    given = {
        "Post": {"Watch History": {"VideoList": seen}, "Liked Videos": {"VideoList": seen}, "Posts": {"VideoList": []}},
        "Comment": {"Watch Live History": {"CommentsList": seen}},
        "Video": {"Unheard Of": {"ItemList": seen}},
    }
    export, items = read(write(tmp_path, {"user_data.json": json.dumps(given)}) / "user_data.json")
    assert items == []
    assert [(m.member, m.status, m.records) for m in export.report.members[1:]] == [
        ("user_data.json#/Comment", "private", 1),
        ("user_data.json#/Post", "private", 2),
        ("user_data.json#/Video", "private", 1),
    ]


def test_tiktok_in_text_is_refused(tmp_path: Path, opened: list[str]) -> None:
    ask = ": a TikTok export in TXT; ask TikTok for the export again, in the format JSON"
    posts = "Date: 2026-01-09 12:00:00 UTC\nLink: https://www.tiktokv.com/share/video/1/\nLike(s): 2\n"
    files = {"Post/Posts.txt": posts, "Direct Messages/Direct Messages.txt": "secret", "Comment/Comments.txt": ""}
    assert complaint(pack(tmp_path / "t.zip", files)) == ask
    assert "Direct Messages/Direct Messages.txt" not in opened
    write(tmp_path, {"Posts.txt": posts})
    assert complaint(tmp_path / "Posts.txt") == ask


# Flickr


def photo(number: str, **more: Any) -> str:
    """The record of a picture."""
    given = {
        "id": number,
        "name": "Sports Day",
        "description": "<b>4B</b> relay &amp; cup\nsecond line",
        "date_taken": "2015-06-20 11:00:00",
        "date_imported": "2015-06-21 09:00:00",
        "photopage": f"https://www.flickr.com/photos/larkmoor/{number}/",
        "original": f"https://live.example/{number}_abc_o.jpg",
        "geo": [],
        "tags": [{"tag": "sportsday"}, {"tag": "4B"}],
        "notes": [{"text": "Ann here"}],
        "privacy": "public",
        "comments": [],
    }
    return json.dumps({**given, **more})


def test_flickr_export(tmp_path: Path, opened: list[str]) -> None:
    place = {"latitude": "51123456", "longitude": "-1234567", "accuracy": "16"}
    comments = [
        {"id": "c1", "date": "2015-06-22 08:00:00", "user": "1@N00", "comment": "Lovely, <i>Ann</i>!", "url": ""},
        {"id": "c2", "date": "2015-06-22 09:00:00", "user": "9@N00", "comment": "Thanks", "url": ""},
        {"id": "c3", "comment": ""},
    ]
    files: dict[str, str | bytes] = {
        "data/account_profile.json": json.dumps(
            {
                "nsid": "9@N00",
                "screen_name": "Larkmoor School",
                "real_name": "Dee Invented",
                "email": "dee@mail.example",
                "description": "A <b>school</b>",
                "profile_url": "https://www.flickr.com/people/larkmoor/",
            }
        ),
        "data/photo_10000001.json": photo("10000001", comments=comments),
        "data/photo_10000002.json": photo("10000002", privacy="friend & family", geo=place, notes=[], tags=[], name=""),
        "data/photo_10000003.json": photo("10000003")[:-30],
        "data/photo_10000004.json": photo("10000004", privacy="private", date_imported="", description=""),
        "data/photos_comments_part001.json": json.dumps(
            {
                "comments": [
                    {
                        "photo_id": "555",
                        "date": "2015-07-01 08:00:00",
                        "comment": "Nice",
                        "photo_url": "https://f.example/555",
                    }
                ]
            }
        ),
        "pictures/sports-day_10000001_o.jpg": picture("JPEG"),
        "pictures/10000004_a1b2_o.jpg": picture("JPEG")[:-40],
        "pictures/other_1_o.jpg": picture("JPEG"),
        "data/contacts_part001.json": "secret",
        "data/received_flickrmail_part001.json": "secret",
        "data/faves_part001.json": "secret",
    }
    export, items = read(pack(tmp_path / "f.zip", files))
    assert (export.layout, export.platform, export.account) == ("flickr-export", "flickr", "larkmoor")
    assert [(i.id.removeprefix("flickr:"), i.kind, i.visibility, i.author_role) for i in items] == [
        ("photo-10000001", "caption", "public", "school"),
        ("comment-c1", "comment", "public", "unknown"),
        ("comment-c2", "comment", "public", "school"),
        ("photo-10000002", "caption", "members", "school"),
        ("photo-10000004", "caption", "private", "school"),
        (items[5].id.removeprefix("flickr:"), "comment", "unknown", "school"),
    ]
    sports = items[0]
    assert texts(sports) == {
        "title": "Sports Day",
        "text": "4B relay & cup\nsecond line\nAnn here\nsportsday, 4B",
        "filename:0": "sports-day_10000001_o.jpg",
    }
    assert (sports.published, sports.time_basis) == (at(2015, 6, 21, 9), "assumed")
    assert (sports.media[0].presence, sports.url) == ("present", "https://www.flickr.com/photos/larkmoor/10000001/")
    assert (texts(items[1]), items[1].in_reply_to, items[1].locator.pointer) == (
        {"text": "Lovely, Ann!"},
        sports.id,
        "/comments/0",
    )
    assert texts(items[3]) == {"text": "4B relay & cup\nsecond line", "filename:0": "10000002_abc_o.jpg"}
    assert items[3].media[0].presence == "missing"
    assert (items[4].media[0].presence, items[4].published) == ("damaged", at(2015, 6, 20, 10))
    assert (texts(items[5]), items[5].in_reply_to, items[5].url) == (
        {"text": "Nice"},
        "flickr:photo-555",
        "https://f.example/555",
    )
    assert export.report.rejected == 1
    assert export.report.problems == [
        "data/photo_10000003.json: the JSON is broken or cut short and cannot be read; export again"
    ]
    assert members(export) == [
        ("data/account_profile.json", "parsed", 1, "the site's own facts"),
        ("data/photo_10000001.json", "parsed", 3, "1 rejected: not a record"),
        ("data/photo_10000002.json", "parsed", 1, ""),
        ("data/photo_10000003.json", "damaged", 0, "the JSON is broken or cut short and cannot be read"),
        ("data/photo_10000004.json", "parsed", 1, ""),
        ("data/photos_comments_part001.json", "parsed", 1, ""),
        ("data/contacts_part001.json", "private", 1, "private: never opened"),
        ("data/faves_part001.json", "private", 1, "private: never opened"),
        ("data/received_flickrmail_part001.json", "private", 1, "private: never opened"),
        ("pictures", "skipped", 1, "files that no post names"),
    ]
    assert facts(export) == {
        "name": "Larkmoor School",
        "username": "larkmoor",
        "about": "A school",
        "url": "https://www.flickr.com/people/larkmoor/",
    }
    assert_unread(opened, "contacts", "flickrmail", "faves")


def test_flickr_bare_record_and_another_of_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"photo_10000001.json": photo("10000001"), "photo_2.json": '{"id": "2"}'})
    export, items = read(tmp_path / "photo_10000001.json")
    assert (export.layout, export.account, [i.locator.member for i in items]) == ("flickr-json", "larkmoor", [""])
    assert export.facts() is None
    assert complaint(tmp_path / "photo_2.json").startswith(": unknown format")


# Mastodon and ActivityStreams

SERVER = "https://social.larkmoor.example"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = f"{SERVER}/users/school/followers"
CONTEXT = {"@context": ["https://www.w3.org/ns/activitystreams"]}


def note(number: int, to: list[str], cc: list[str], **more: Any) -> dict[str, Any]:
    """The activity that creates a post."""
    return {
        "id": f"{SERVER}/users/school/statuses/{number}/activity",
        "type": "Create",
        "actor": f"{SERVER}/users/school",
        "published": f"2025-01-01T0{number}:00:00Z",
        "to": to,
        "cc": cc,
        "object": {
            "id": f"{SERVER}/users/school/statuses/{number}",
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": f"2025-01-01T0{number}:00:00Z",
            "url": f"{SERVER}/@school/{number}",
            "to": to,
            "cc": cc,
            "content": f"<p>Post {number}</p>",
            "attachment": [],
            **more,
        },
    }


def mastodon(total: int = 9) -> dict[str, str | bytes]:
    """A whole archive."""
    activities: list[Any] = [
        note(1, [PUBLIC], [FOLLOWERS], content="<p>Hello<br>Ann &amp; Bo</p><p>Bye</p>", summary="Names inside"),
        note(
            2,
            [FOLLOWERS],
            [PUBLIC],
            attachment=[
                {
                    "type": "Document",
                    "mediaType": "image/png",
                    "url": "/media_attachments/files/1/a.png",
                    "name": "Ann",
                },
                {"type": "Document", "mediaType": "image/png", "url": "/system/media_attachments/files/2/b.png"},
                {"type": "Document", "mediaType": "image/png", "url": "https://cdn.example/c.png", "name": None},
            ],
        ),
        note(3, [FOLLOWERS], [f"{SERVER}/users/bo"], inReplyTo="https://other.example/1"),
        note(4, [f"{SERVER}/users/bo"], [], content="<p>secret</p>"),
        note(5, [PUBLIC], [], type="Question", oneOf=[{"type": "Note", "name": "Yes"}, {"type": "Note", "name": "No"}]),
        note(6, [PUBLIC], [], type="Article", name="Long read"),
        {"type": "Announce", "object": "https://other.example/2", "to": [PUBLIC]},
        {"type": "Like", "object": "https://other.example/3"},
        "broken",
    ]
    actor = {
        **CONTEXT,
        "id": f"{SERVER}/users/school",
        "type": "Person",
        "preferredUsername": "school",
        "name": "Larkmoor School",
        "summary": "<p>Official</p>",
        "url": f"{SERVER}/@school",
        "attachment": [
            {
                "type": "PropertyValue",
                "name": "Web",
                "value": '<a href="https://www.larkmoor.example">larkmoor.example</a>',
            },
            {"type": "PropertyValue", "name": "Where", "value": "Larkmoor"},
        ],
    }
    return {
        "actor.json": json.dumps(actor),
        "outbox.json": json.dumps(
            {**CONTEXT, "type": "OrderedCollection", "totalItems": total, "orderedItems": activities}
        ),
        "likes.json": json.dumps(
            {**CONTEXT, "type": "OrderedCollection", "orderedItems": ["https://x.example/secret"]}
        ),
        "bookmarks.json": json.dumps({**CONTEXT, "type": "OrderedCollection", "orderedItems": []}),
        "avatar.png": picture(),
        "media_attachments/files/1/a.png": picture(),
        "media_attachments/files/2/b.png": picture(size=(10, 10)),
        "media_attachments/files/3/direct.png": picture(size=(12, 12)),
    }


@pytest.mark.parametrize("root", ["", "archive-20250101/"])
def test_mastodon_archive(tmp_path: Path, opened: list[str], root: str) -> None:
    path = pack(tmp_path / "m.zip", {root + name: content for name, content in mastodon(10).items()})
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == (
        "mastodon-archive",
        "mastodon",
        "school@social.larkmoor.example",
    )
    assert [(i.id.rpartition("/")[2], i.kind, i.visibility) for i in items] == [
        ("1", "post", "public"),
        ("2", "post", "unlisted"),
        ("3", "reply", "members"),
        ("5", "post", "public"),
        ("6", "article", "public"),
    ]
    assert texts(items[0]) == {"title": "Names inside", "text": "Hello\nAnn & Bo\nBye"}
    assert (items[0].published, items[0].time_basis) == (at(2025, 1, 1, 1), "explicit")
    assert (items[0].url, items[0].site, items[0].author, items[0].author_role) == (
        f"{SERVER}/@school/1",
        "school@social.larkmoor.example",
        "Larkmoor School",
        "school",
    )
    assert items[0].locator.pointer == "/orderedItems/0"
    assert texts(items[1]) == {
        "text": "Post 2",
        "alt:0": "Ann",
        "filename:0": "a.png",
        "filename:1": "b.png",
        "filename:2": "c.png",
    }
    assert [m.presence for m in items[1].media] == ["present", "present", "missing"]
    assert items[2].in_reply_to == "https://other.example/1"
    assert texts(items[3])["text"] == "Post 5\nYes\nNo"
    assert texts(items[4]) == {"title": "Long read", "text": "Post 6"}
    assert export.report.problems == []
    assert export.report.rejected == 1
    assert members(export) == [
        (f"{root}actor.json", "parsed", 1, "the site's own facts"),
        (
            f"{root}outbox.json",
            "parsed",
            5,
            "1 of type like, 1 shared from others (announce), 1 rejected: not a record",
        ),
        (f"{root}outbox.json#direct", "private", 1, "posts to single people: private, not turned into items"),
        *sorted(
            [
                (f"{root}avatar.png" if not root else root.rstrip("/"), "skipped", 1, "files that no post names"),
                (f"{root}bookmarks.json", "private", 1, "private: never opened"),
                (f"{root}likes.json", "private", 1, "private: never opened"),
                (f"{root}media_attachments/files/3", "skipped", 1, "files that no post names"),
            ]
        ),
    ]
    assert facts(export) == {
        "name": "Larkmoor School",
        "username": "school@social.larkmoor.example",
        "about": "Official",
        "website": "larkmoor.example",
        "url": f"{SERVER}/@school",
    }
    assert "secret" not in repr([texts(i) for i in items])
    assert_unread(opened, "likes", "bookmarks", "direct.png")


def test_mastodon_that_lacks_activities_or_its_end_is_said_to(tmp_path: Path) -> None:
    files = mastodon(30)
    export, items = read(write(tmp_path / "few", files))
    assert len(items) == 5
    assert export.report.problems == ["outbox.json: it says that it holds 30 activities, but holds 9; export again"]
    outbox = str(files["outbox.json"])
    files["outbox.json"] = outbox[: outbox.index("Post 3")]
    files["actor.json"] = "{"
    cut, found = read(write(tmp_path / "cut", files))
    assert [i.id.rpartition("/")[2] for i in found] == ["1", "2"]
    assert (cut.account, cut.facts(), found[0].site) == ("", None, "social.larkmoor.example")
    assert cut.report.problems == [
        "actor.json: the JSON is broken or cut short and cannot be read; export again",
        "outbox.json: the JSON is broken or cut short and was read in part only; export again",
    ]


def test_activitystreams_objects(tmp_path: Path) -> None:
    plain = {**CONTEXT, "type": "Note", "content": "Hi <b>Ann</b>", "to": PUBLIC, "published": "2025-06-01T10:00:00"}
    article = {
        **CONTEXT,
        "type": ["Article"],
        "id": "https://a.example/1",
        "name": "Title",
        "contentMap": {"en": "<p>Yes</p>", "cy": "<p>Ie</p>"},
        "url": [{"type": "Link", "href": "https://a.example/1.html"}],
        "image": {"type": "Image", "url": "https://a.example/p.png", "name": "A cup"},
        "attributedTo": {"type": "Person", "name": "Dee"},
    }
    direct = {
        **CONTEXT,
        "type": "Create",
        "object": {"type": "Note", "content": "secret", "to": ["https://b.example/bo"]},
    }
    write(
        tmp_path,
        {
            "note.json": json.dumps(plain),
            "article.json": json.dumps(article),
            "direct.json": json.dumps(direct),
            "outbox-page.json": str(mastodon()["outbox.json"]),
            "actor.json": str(mastodon()["actor.json"]),
            "likes.json": str(mastodon()["likes.json"]),
            "like.json": json.dumps({**CONTEXT, "type": "Like", "object": "https://a.example/1"}),
            "untyped.json": json.dumps({**CONTEXT, "type": None}),
            "broken.json": json.dumps(plain)[:-5],
            "a.tar.gz": b"\x1f\x8b\x08\0",
        },
    )
    export, items = read(tmp_path / "note.json")
    assert (export.layout, len(items), texts(items[0])) == ("activitystreams-object", 1, {"text": "Hi Ann"})
    assert (items[0].visibility, items[0].published, items[0].time_basis) == ("public", at(2025, 6, 1, 9), "assumed")
    assert items[0].id.startswith("activitystreams:")
    assert (items[0].locator.member, items[0].locator.pointer) == ("", "")
    _, items = read(tmp_path / "article.json")
    assert texts(items[0]) == {"title": "Title", "text": "Yes\nIe", "alt:0": "A cup", "filename:0": "p.png"}
    assert (items[0].id, items[0].url, items[0].author, items[0].kind) == (
        "https://a.example/1",
        "https://a.example/1.html",
        "Dee",
        "article",
    )
    assert items[0].visibility == "unknown"
    export, items = read(tmp_path / "direct.json")
    assert (items, members(export)[1][:3]) == ([], ("direct.json#direct", "private", 1))
    export, items = read(tmp_path / "outbox-page.json")
    assert (export.layout, len(items)) == ("activitypub-outbox", 5)
    for name, why in {
        "actor.json": "an account without its posts; give outbox.json or the whole archive",
        "likes.json": "likes, bookmarks or contacts, which are private; give outbox.json",
        "like.json": "an ActivityStreams object that is no post; give notes, articles or an outbox.json",
        "untyped.json": "an ActivityStreams object that is no post; give notes, articles or an outbox.json",
        "broken.json": "the JSON is damaged; export again",
        "a.tar.gz": "a packed archive (tar); unpack it and give the folder",
    }.items():
        assert complaint(tmp_path / name) == f": {why}"


# What they share


def test_a_damaged_member_is_told_and_costs_only_itself(tmp_path: Path) -> None:
    cases: list[tuple[Files, str, str]] = [
        (takeout(), f"{TUBE}/live chats/live chats.csv", "cannot be read"),
        (linkedin(), "Comments_77.csv", "cannot be read, or its columns are not known"),
        (mastodon(), "actor.json", "the JSON is broken or cut short and cannot be read"),
        (
            {
                "photo_10000001.json": photo("10000001"),
                "account_profile.json": '{"nsid": "9@N00", "padding": "xxxxxxxxx"}',
            },
            "account_profile.json",
            "the JSON is broken or cut short and cannot be read",
        ),
    ]
    for number, (files, member, why) in enumerate(cases):
        path = pack(tmp_path / f"{number}.zip", files)
        whole = [i.id for i in read(path)[1] if i.locator.member != member]
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(member)
            start = info.header_offset + 30 + len(info.orig_filename.encode())
        data = bytearray(path.read_bytes())
        data[start : start + info.compress_size] = b"\xff" * info.compress_size
        path.write_bytes(data)
        export, items = read(path)
        assert [i.id for i in items] == whole
        assert [(m.status, m.why) for m in export.report.members if m.member == member] == [("damaged", why)]
        assert f"{member}: {why}; export again" in export.report.problems


def test_linkedin_table_with_other_columns_is_told(tmp_path: Path) -> None:
    export, items = read(pack(tmp_path / "l.zip", {"Shares.csv": SHARES, "Comments.csv": "When,What\n2024,x\n"}))
    assert len(items) == 3
    assert export.report.problems == ["Comments.csv: cannot be read, or its columns are not known; export again"]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    kinds: dict[str, Files] = {
        "youtube": takeout(),
        "linkedin": linkedin(),
        "tiktok": {"user_data.json": json.dumps(tiktok())},
        "flickr": {"photo_10000001.json": photo("10000001")},
        "mastodon": mastodon(),
    }
    for platform, files in kinds.items():
        folder, archive = write(tmp_path / platform, files), pack(tmp_path / f"{platform}.zip", files)
        export, items = read(folder)
        first = export.report.as_json()
        assert export.platform == platform
        assert list(export.read()) == items
        assert export.report.as_json() == first
        assert [(i.id, i.lineage, i.parts) for i in read(archive)[1]] == [(i.id, i.lineage, i.parts) for i in items]
        assert len({i.id for i in items}) == len(items)


def test_values_are_built_only_where_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {"a.json": '{"a": [1, {"b/c": [2, 3]}, "x"], "~": null, "d": {}}'})
    asked: list[str] = []

    def wanted(steps: tuple[str | int, ...]) -> bool:
        asked.append(pointer(steps))
        return steps in (("a", 0), ("a", 1, "b/c"), ("~",), ("d",))

    found = list(values(open_source(tmp_path / "a.json"), "a.json", wanted))
    assert found == [(("a", 0), 1), (("a", 1, "b/c"), [2, 3]), (("~",), None), (("d",), {})]
    assert asked == ["", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/a/2", "/~0", "/d"]
