"""Exports given together: parts of one download, and downloads that overlap."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from pipelines.readers import open_exports
from pipelines.readers.overlap import read_together
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
