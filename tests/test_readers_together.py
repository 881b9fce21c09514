"""Exports given together: parts of one download, and downloads that overlap."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from detectors.base import Item
from pipelines.readers import open_exports
from pipelines.readers.overlap import read_together
from pipelines.runs import AuditRun
from tests import exports

ROOT = "this_profile's_activity_across_facebook/posts"
PROFILE = {"profile_v2": {"username": "northmoorschool", "name": {"full_name": "Northmoor School"}}}


def page(
    path: Path, posts: list[tuple[int, str, str]], *, name: str = "profile_posts_1.json", pictures: tuple[str, ...] = ()
) -> Path:
    """A Facebook Page export, or a part of one: time, text and picture of each post, and the pictures that this part holds."""
    entries = [
        {
            "timestamp": when,
            "data": [{"post": text}],
            "attachments": [{"data": [{"media": {"uri": f"{ROOT}/media/your_posts/{picture}"}}]}],
        }
        for when, text, picture in posts
    ]
    with zipfile.ZipFile(path, "w") as archive:
        if posts:
            archive.writestr(f"{ROOT}/{name}", json.dumps(entries))
            archive.writestr("profile_information/profile_information/profile_information.json", json.dumps(PROFILE))
        for picture in pictures:
            archive.writestr(f"{ROOT}/media/your_posts/{picture}", exports.png())
    return path


def test_a_picture_is_found_in_whichever_part_holds_it(tmp_path: Path) -> None:
    posts = [(1_760_000_000, "Harvest", "a.png"), (1_760_000_600, "Regatta", "b.png")]
    first = page(tmp_path / "one.zip", posts, pictures=("a.png",))
    second = page(tmp_path / "two.zip", [], pictures=("b.png",))
    found, problems = open_exports([second, first])
    assert problems == []
    (export,) = found
    items = list(export.read())
    assert [(i.part("text"), i.media[0].presence) for i in items] == [("Harvest", "present"), ("Regatta", "present")]
    assert all(i.media[0].load and i.media[0].load() == exports.png() for i in items)
    assert export.report.items == {"post": 2}
    alone, _ = open_exports([first])
    assert items[0].locator == next(iter(alone[0].read())).locator
    assert export.sha256 != alone[0].sha256


def test_overlapping_exports_give_each_item_once_with_every_place(tmp_path: Path) -> None:
    old = page(
        tmp_path / "old.zip",
        [(1_760_000_000, "Harvest", "a.png"), (1_760_000_600, "Regatta", "b.png")],
        pictures=("a.png",),
    )
    new = page(
        tmp_path / "new.zip",
        [(1_760_000_600, "Regatta", "b.png"), (1_760_001_200, "Concert", "c.png")],
        pictures=("b.png", "c.png"),
    )
    found, _ = open_exports([new, old])
    assert len(found) == 2
    given = [
        (e.path.name, i.part("text"), i.media[0].presence, [at.pointer for at in i.also])
        for e, i in read_together(found)
    ]
    assert given == [
        ("new.zip", "Regatta", "present", ["/1"]),
        ("new.zip", "Concert", "present", []),
        ("old.zip", "Harvest", "present", []),
    ]


def test_exports_of_different_accounts_stay_apart(tmp_path: Path) -> None:
    site = exports.wordpress(tmp_path / "site.xml", [("News", "A quiet day", "admin", "news")])
    records = exports.records(tmp_path / "r.jsonl", [{"id": "1", "text": "x"}])
    same_id = exports.records(tmp_path / "s.jsonl", [{"id": "1", "text": "y"}])
    found, problems = open_exports([site, records, tmp_path / "gone.zip", same_id])
    assert [i.part("text") for _, i in read_together(found)] == ["A quiet day", "x", "y"]
    assert [p for p in problems if "gone.zip" in p]
    assert len(problems) == 1


@pytest.mark.parametrize("count", [1, 2])
def test_folders_of_pictures_are_no_parts(count: int, tmp_path: Path) -> None:
    for number in range(count):
        (tmp_path / str(number) / "pictures").mkdir(parents=True)
        (tmp_path / str(number) / "pictures" / f"{number}.png").write_bytes(exports.png())
    found, _ = open_exports([tmp_path / str(n) for n in range(count)])
    assert len(found) == count


PACIFIC = ZoneInfo("America/Los_Angeles")


def business_list(
    path: Path,
    rows: list[tuple[int, int, str]],
    *,
    zone: str = "America/Los_Angeles",
    account: str = "northmoorschool",
    name: str = "Northmoor School",
) -> Path:
    """Meta Business Suite's list of a Page's posts: number, Unix time and text of each, with times of the minute."""
    lines = ["Post ID,Page name,Title,Description,Publish time,Permalink,Post type,Date"]
    for number, when, text in rows:
        said = f"{datetime.fromtimestamp(when, ZoneInfo(zone)):%m/%d/%Y %H:%M}"
        lines.append(
            f"{number},{name},,{text},{said},https://www.facebook.com/{account}/posts/{number},Photos,Lifetime"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def given_together(*paths: Path) -> list[Item]:
    found, problems = open_exports(paths)
    assert problems == []
    return [item for _, item in read_together(found)]


LONG = "We shall meet at the old harbour wall on Saturday morning with boots and sandwiches."


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/London", "UTC"])
def test_rows_of_a_list_are_joined_to_the_posts_they_list(zone: str, tmp_path: Path) -> None:
    posts = [(1_717_405_235, "Harvest", "a.png"), (1_717_495_859, LONG, "b.png"), (1_717_505_000, "Only here", "c.png")]
    export = page(tmp_path / "page.zip", posts)
    rows = [(71, 1_717_405_235, "Harvest"), (72, 1_717_495_859, LONG[:40] + "…"), (73, 1_717_605_000, "Since deleted")]
    table = business_list(tmp_path / "content.csv", rows, zone=zone)
    found, _ = open_exports([table, export])
    given = [(e.path.name, i) for e, i in read_together(found)]
    told = [(name, i.part("text"), i.url.rpartition("/")[2], [at.pointer for at in i.also]) for name, i in given]
    assert told == [
        ("content.csv", "Since deleted", "73", []),
        ("page.zip", "Harvest", "71", ["row:2"]),
        ("page.zip", LONG, "72", ["row:3"]),
        ("page.zip", "Only here", "", []),
    ]
    alone = {i.id: i for i in given_together(table)}
    assert {i.site for _, i in given} == {"northmoorschool"}
    assert [i.lineage for _, i in given[:3]] == ["facebook:73", "facebook:71", "facebook:72"]
    assert given[1][1].lineage == alone["71"].lineage
    assert given[1][1].also[0] == alone["71"].locator
    assert given[3][1].lineage.startswith("facebook:northmoorschool:")
    assert found[0].report.members[0].why == "2 rows joined to the posts they list"
    assert (found[0].account, found[0].report.items) == ("northmoorschool", {"post": 3})


def test_lists_that_overlap_are_joined_once(tmp_path: Path) -> None:
    export = page(tmp_path / "page.zip", [(1_717_405_235, "Harvest", "a.png")])
    lists = [business_list(tmp_path / f"{n}.csv", [(71, 1_717_405_235, "Harvest")]) for n in (1, 2)]
    (item,) = given_together(export, *lists)
    assert item.url.endswith("/71")
    assert len(item.also) == 2


def joined(tmp_path: Path, posts: list[tuple[int, str, str]], rows: list[tuple[int, int, str]], **more: str) -> int:
    """How many posts got an address; every row and post is given, whether alone or together."""
    items = given_together(page(tmp_path / "p.zip", posts), business_list(tmp_path / "l.csv", rows, **more))
    count = sum(bool(i.also) for i in items)
    assert len(items) == len(posts) + len(rows) - count
    return count


NOON = 1_717_408_800


@pytest.mark.parametrize(
    ("posts", "rows"),
    [
        ([(NOON, "Twice", "a.png"), (NOON + 30, "Twice", "b.png")], [(1, NOON, "Twice")]),
        ([(NOON, "Twice", "a.png")], [(1, NOON, "Twice"), (2, NOON + 60, "Twice")]),
        ([(NOON + 200, "Late", "a.png")], [(1, NOON, "Late")]),
        ([(NOON, "Harvest", "a.png")], [(1, NOON, "Regatta")]),
        ([(NOON, "Harvest festival", "a.png")], [(1, NOON, "Harvest")]),
        ([(NOON, "", "a.png")], [(1, NOON, "Harvest")]),
    ],
    ids=["two posts", "two rows", "another time", "another text", "too short to be a cut", "no text"],
)
def test_what_is_not_sure_is_not_joined(
    posts: list[tuple[int, str, str]], rows: list[tuple[int, int, str]], tmp_path: Path
) -> None:
    assert joined(tmp_path, posts, rows) == 0


def test_accounts_decide(tmp_path: Path) -> None:
    posts, rows = [(NOON, "Harvest", "a.png")], [(1, NOON, "Harvest")]
    assert joined(tmp_path, posts, rows, account="another.school", name="Another") == 0
    assert joined(tmp_path, posts, rows, account="61550000000000", name="Another") == 0
    assert joined(tmp_path, posts, rows, account="NorthmoorSchool", name="Our Page") == 1
    assert joined(tmp_path, posts, rows, account="61550000000000") == 1  # a number names no account


def test_posts_without_text_are_joined_by_their_time(tmp_path: Path) -> None:
    assert joined(tmp_path, [(NOON + 59, "", "a.png"), (NOON + 600, "", "b.png")], [(1, NOON, "")]) == 1


def test_instagram_is_joined_too(tmp_path: Path) -> None:
    posts = [{"media": [{"uri": "media/posts/a.jpg", "creation_timestamp": NOON + 12, "title": "Kiln day"}]}]
    root = tmp_path / "instagram-northmoorschool-2026-01-02-abc" / "your_instagram_activity" / "media"
    root.mkdir(parents=True)
    (root / "posts_1.json").write_text(json.dumps(posts), encoding="utf-8")
    table = tmp_path / "ig.csv"
    when = f"{datetime.fromtimestamp(NOON, PACIFIC):%m/%d/%Y %H:%M}"
    table.write_text(
        "Post ID,Account ID,Account username,Account name,Description,Publish time,Permalink,Post type\n"
        f"5,1,northmoorschool,Northmoor,Kiln day,{when},https://www.instagram.com/p/AbC/,IG image\n",
        encoding="utf-8",
    )
    facebook = page(tmp_path / "page.zip", [(NOON + 12, "Kiln day", "a.png")])
    items = given_together(tmp_path / "instagram-northmoorschool-2026-01-02-abc", table, facebook)
    assert sorted((i.platform, i.url, i.lineage == "instagram:5") for i in items) == [
        ("facebook", "", False),
        ("instagram", "https://www.instagram.com/p/AbC/", True),
    ]


def test_a_list_whose_rows_are_all_joined_counts_for_the_site_of_the_posts(tmp_path: Path) -> None:
    export = page(tmp_path / "page.zip", [(NOON, "Harvest", "a.png")])
    table = business_list(tmp_path / "content.csv", [(71, NOON, "Harvest")], account="61550000000000")
    school = exports.school(tmp_path / "school")
    (school / "sites.toml").write_text('[[site]]\nsite_id = "fb"\nhandle = "northmoorschool"\n', encoding="utf-8")
    run = AuditRun.prepare([table, export], school, date(2026, 1, 5))
    assert [i.site for i in run.items()] == ["fb"]
    assert [(s.site, s.first) for s in run.sources] == [("fb", date(2024, 6, 3))] * 2
