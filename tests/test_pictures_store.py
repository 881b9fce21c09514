"""The store knows which pictures are copies and which are of pupils in public, and nothing of what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from detectors import DETECTORS
from detectors.base import Face, HiddenData, Item, Media, Picture
from detectors.clauses import load_policy
from pipelines.audit import audit
from pipelines.keys import Keys
from pipelines.store import RunInfo, Store
from pipelines.store.summary import summarise
from reports.coverage import coverage
from reports.pages import pages
from reports.summary import Period, PictureRow
from tests import case_school as school
from tests.test_reports import RULES, flat, pdf_of, summary

INFO = RunInfo("0", "0", "2023-06", "N", 1, 0, False, date(2026, 1, 5))
PORTRAIT = Picture(
    media=0,
    sha256="1" * 64,
    width=800,
    height=600,
    likeness=0x0F0F33335555AAAA,
    hidden=(HiddenData("person", "EXIF Artist", "Xanthe O'Dell"), HiddenData("device", "EXIF Make", "Invented")),
    faces=(Face((0, 0, 300, 400), 0.25, 0.9),),
)
COPY = replace(PORTRAIT, sha256="2" * 64, likeness=PORTRAIT.likeness ^ 0b101, width=400, height=300, hidden=())
LANDSCAPE = Picture(0, "3" * 64, 800, 600, 0x123456789ABCDEF0, faces=(), not_read=("text",))
NO_DETECTOR = replace(LANDSCAPE, sha256="4" * 64, likeness=0x0123456789ABCDEF, faces=None, not_read=("faces",))


def post(number: int, text: str = "", **more: Any) -> Item:
    return school.item(text, id=str(number), lineage=f"post {number}", **more)


def run(store: Store, seen: Sequence[tuple[Item, Picture]]) -> str:
    """A run over items with a picture each, their texts audited as ever."""
    said = store.begin_run(INFO)
    readings = school.reader(school.LogoBank()).read([item for item, _ in seen])
    store.save_batch(said, [(item, item.site) for item, _ in seen], audit(readings, school.context(), DETECTORS))
    store.save_pictures(said, [(item, (picture,)) for item, picture in seen])
    store.finish_run(said, [], 0)
    return said


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.open(tmp_path / "s.duckdb", Keys.load(tmp_path / "keys")) as opened:
        yield opened


def test_copies_on_two_sites_are_one_group(store: Store) -> None:
    run(store, [(post(1), PORTRAIT), (post(2, site="page"), COPY), (post(3), LANDSCAPE)])
    rows = store.query("SELECT * FROM pictures_now ORDER BY copies, site").to_dict("records")
    assert [(r["copies"], r["sites"]) for r in rows] == [(1, 1), (2, 2), (2, 2)]
    assert len({r["group_mac"] for r in rows}) == 2
    assert len({r["picture_mac"] for r in rows}) == 3


def test_a_copy_in_a_later_run_joins_the_group(store: Store) -> None:
    run(store, [(post(1), PORTRAIT)])
    before = store.query("SELECT group_mac FROM pictures_now")["group_mac"][0]
    run(store, [(post(2, site="page"), COPY)])
    groups = store.query("SELECT group_mac, copies FROM pictures_now")
    assert list(groups["copies"]) == [2, 2]
    assert before in set(store.query("SELECT picture_mac FROM pictures")["picture_mac"])


def test_pictures_of_pupils_in_public_are_listed_and_others_not(store: Store) -> None:
    run(
        store,
        [
            (post(1, published=datetime(2025, 5, 1, tzinfo=UTC)), PORTRAIT),
            (post(2, "Well done, Noor Lang!"), NO_DETECTOR),
            (post(3, "A quiet day."), LANDSCAPE),
            (post(4, visibility="private"), COPY),
            (post(5), replace(NO_DETECTOR, sha256="5" * 64)),
        ],
    )
    rows = store.query("SELECT * FROM pictures_public").to_dict("records")
    assert [(r["named"], list(r["hidden"])) for r in rows] == [(True, []), (False, ["device", "person"])]
    assert [str(r["published"].date()) for r in rows] == ["2026-02-01", "2025-05-01"]
    assert rows[0]["faces"] is None or rows[0]["faces"] != rows[0]["faces"]


def test_what_is_gone_from_an_item_is_gone_from_the_list(store: Store) -> None:
    run(store, [(post(1), PORTRAIT), (post(2), LANDSCAPE)])
    run(store, [(post(1), replace(LANDSCAPE, sha256="6" * 64))])
    assert store.query("SELECT * FROM pictures_public").empty
    assert len(store.query("SELECT * FROM pictures_now")) == 1


def test_the_pictures_of_an_item_that_the_store_does_not_hold_are_not_stored(store: Store) -> None:
    said = store.begin_run(INFO)
    store.save_batch(said, [(post(1), "website")], [])
    store.save_pictures(said, [(post(1), (LANDSCAPE,)), (post(2), (PORTRAIT,))])
    assert len(store.query("SELECT * FROM pictures")) == 1


def test_nothing_of_what_a_picture_shows_is_in_the_file(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.duckdb", Keys.load(tmp_path / "keys")) as opened:
        run(opened, [(post(1), PORTRAIT)])
    stored = (tmp_path / "s.duckdb").read_bytes()
    forbidden = [b"Xanthe", b"1" * 64, bytes.fromhex("11" * 32), PORTRAIT.likeness.to_bytes(8, "big")]
    forbidden += [PORTRAIT.likeness.to_bytes(8, "little"), str(PORTRAIT.likeness).encode()]
    assert [f for f in forbidden if f in stored] == []


def test_the_summary_lists_them_and_what_was_not_read(store: Store) -> None:
    run(store, [(post(1), PORTRAIT), (post(2), LANDSCAPE), (post(3), NO_DETECTOR)])
    made, _ = summarise(store, load_policy, date(2026, 3, 1))
    (picture,) = made.pictures
    assert (picture.faces, picture.largest_face, picture.hidden) == (1, 0.25, ("device", "person"))
    assert "website: 1 pictures may hold writing that was not read" in made.not_read
    assert any("no face detector" in sentence for sentence in made.not_read)
    assert summarise(store, load_policy, date(2026, 3, 1), Period(since=date(2026, 2, 20)))[0].pictures == ()


def row(key: str, **changes: Any) -> PictureRow:
    return replace(PictureRow(key * 8, "website", date(2026, 2, 1), 1, 0.1, False), **changes)


def test_the_report_prints_the_gravest_first() -> None:
    made = summary(
        pictures=(
            row("a", faces=0, largest_face=0.0, named=True),
            row("b"),
            row("c", named=True, hidden=("position",), copies=3),
        )
    )
    printed = pages(made, coverage(load_policy("2023-06"), made, RULES), RULES)["pictures"]
    assert [p["key"] for p in printed["rows"]] == ["c" * 8, "b" * 8, "a" * 8]
    assert printed["rows"][0] | {"site": ""} == {
        "published": "1 Feb 2026",
        "site": "",
        "faces": "1",
        "largest": "10.0 %",
        "named": "yes",
        "hidden": "position",
        "copies": "3",
        "key": "c" * 8,
    }
    text = flat(pdf_of(made))
    assert "Pictures of pupils in public" in text
    assert "cccccccc" in text


def test_a_report_without_such_pictures_has_no_such_page() -> None:
    assert "Pictures of pupils in public" not in flat(pdf_of(summary()))


def test_media_that_are_no_pictures_are_no_rows(store: Store) -> None:
    item = school.item(
        "Minutes", media=(Media("m.pdf", presence="present", encoding_format="application/pdf", load=bytes),)
    )
    (reading,) = school.reader(school.LogoBank()).read([item])
    assert reading.pictures == ()
