"""Reruns read what has changed and nothing else; findings, and what people decided on them, last as long as they should."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from detectors.base import UserError
from pipelines import memory
from pipelines import store as store_module
from pipelines.cli import app
from pipelines.keys import Keys
from pipelines.store import Store, erasure
from pipelines.store.snapshot import Snapshot, snapshot_path
from pipelines.store.verdicts import Selection, allow, decide, history, select
from pipelines.store.views import described, views_table
from pipelines.stored import Job, Outcome, run_directly
from tests import exports

TODAY = date(2026, 3, 2)
POSTS: list[dict[str, object]] = [
    {"id": f"p{day}", "text": text, "published": f"2026-01-{day:02}T10:00:00Z", "site": "page"}
    for day, text in enumerate(
        (
            "Well done Noor Lang! Text 07700 900123.",
            "A quiet day.",
            "Teo Marchetti read to us.",
            "The hall is warm again.",
            "Noor Lang and Teo Marchetti sang.",
            "Lunch is soup.",
        ),
        1,
    )
]
Run = Callable[..., Outcome]


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "300")
    return without_model(exports.school(tmp_path / "school"))


def without_model(folder: Path) -> Path:
    """The school does without the names model: these tests are about time, and it takes long to load."""
    settings = folder / "school.toml"
    settings.write_text(settings.read_text() + '[names]\nmodel = "none"\n')
    return folder


@pytest.fixture
def audit(tmp_path: Path, school: Path) -> Run:
    def run(rows: Sequence[dict[str, object]], *, today: date = TODAY, name: str = "posts.jsonl") -> Outcome:
        path = exports.records(tmp_path / name, rows)
        return run_directly(Job.of([path], school, tmp_path / "s.duckdb", None), lambda *_: None, today)

    return run


@pytest.fixture
def store(tmp_path: Path) -> Callable[[], Store]:
    return lambda: Store.open(tmp_path / "s.duckdb", Keys.load())


def states(opened: Callable[[], Store]) -> list[tuple[str, str]]:
    with opened() as store:
        rows = store.query("SELECT masked, state FROM findings_now ORDER BY published, masked")
    return list(zip(rows["masked"], rows["state"], strict=True))


def row(store: Store, masked: str, day: int = 1) -> dict[str, Any]:
    (found,) = store.query("SELECT * FROM findings_now WHERE masked = ? AND day(published) = ?", [masked, day]).to_dict(
        "records"
    )
    return {str(k): v for k, v in found.items()}


def judge(opened: Callable[[], Store], masked: str, verdict: str, day: int = 1, until: date | None = None) -> str:
    with opened() as store:
        found = row(store, masked, day)
        decide(store, [found], verdict, "A. Person", "looked at it", until)
    return str(found["key"])


def told(opened: Callable[[], Store], key: str) -> tuple[str, str | None, bool]:
    """State, verdict, settled."""
    with opened() as store:
        (found,) = store.query("SELECT state, verdict, settled FROM findings_now WHERE key = ?", [key]).to_dict(
            "records"
        )
    return found["state"], found["verdict"] if isinstance(found["verdict"], str) else None, bool(found["settled"])


def edited(number: int, text: str, **more: object) -> list[dict[str, object]]:
    return [dict(p, text=text, **more) if p["id"] == f"p{number}" else p for p in POSTS]


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


# What is audited again


def test_an_unchanged_export_is_not_audited_again(audit: Run, store: Callable[[], Store]) -> None:
    first, second = audit(POSTS), audit(POSTS)
    assert (first.items, first.audited, first.findings, first.new) == (6, 6, 5, 5)
    assert (second.items, second.audited, second.findings, second.new, second.gone) == (6, 0, 5, 0, 0)
    assert {s for _, s in states(store)} == {"open"}


def test_only_what_changed_is_audited_again(audit: Run) -> None:
    audit(POSTS)
    assert audit(edited(2, "A quiet day for Teo Marchetti.")).audited == 1
    assert (
        audit([*edited(2, "A quiet day for Teo Marchetti."), {"id": "p9", "text": "New.", "site": "page"}]).audited == 1
    )


@pytest.mark.parametrize("field", ["visibility", "author_role", "kind", "title", "has_photo", "published", "url"])
def test_whatever_a_rule_may_read_counts(audit: Run, field: str) -> None:
    audit(POSTS)
    values = {"visibility": "private", "author_role": "parent", "kind": "page", "title": "News", "has_photo": True,
              "published": "2026-01-02T11:00:00Z", "url": "https://www.northmoor.example/2"}  # fmt: skip
    assert audit(edited(2, "A quiet day.", **{field: values[field]})).audited == 1


def test_an_answer_is_read_again_with_what_it_answers(audit: Run) -> None:
    thread: list[dict[str, object]] = [
        {"id": "a", "text": "Look at this cake", "published": "2026-01-01T10:00:00Z", "site": "page"},
        {
            "id": "b",
            "text": "Noor made it!",
            "kind": "comment",
            "in_reply_to": "a",
            "site": "page",
            "author_role": "parent",
        },
        {"id": "c", "text": "Soup for lunch", "published": "2026-01-02T10:00:00Z", "site": "page"},
    ]
    audit(thread)
    assert audit(thread).audited == 0
    thread[0]["text"] = "Look at this cake by Noor Lang"
    assert audit(thread).audited == 2


def test_new_rules_read_everything_again(audit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    audit(POSTS)
    monkeypatch.setattr(memory, "rules_version", lambda: "another")
    assert audit(POSTS).audited == len(POSTS)


def test_the_rules_version_follows_code_lists_and_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(memory.DATA / "lexicons", tmp_path / "lexicons")
    (tmp_path / "model").mkdir()
    monkeypatch.setattr(memory, "DATA", tmp_path)
    before = memory.rules_version.__wrapped__()
    assert memory.rules_version.__wrapped__() == before
    word_list = next((tmp_path / "lexicons").glob("*.txt"))
    word_list.write_text(word_list.read_text() + "another\n")
    assert memory.rules_version.__wrapped__() != before


def consents(school: Path, *rows: str) -> None:
    (school / "consents.csv").write_text("pupil_id,channel,level,status,from,to\n" + "".join(f"{r}\n" for r in rows))


def test_a_withdrawn_consent_reads_again_the_items_concerned(
    audit: Run, school: Path, store: Callable[[], Store]
) -> None:
    consents(school, "P000,all,full_name,yes,2025-01-01,", "P001,all,full_name,yes,2025-01-01,")
    audit(POSTS)
    consents(school, "P000,all,full_name,withdrawn,2025-01-01,", "P001,all,full_name,yes,2025-01-01,")
    assert audit(POSTS).audited == 2
    with store() as opened:
        changed = opened.query("SELECT masked, severity FROM findings_now WHERE state = 'changed'")
    assert list(changed["masked"]) == ["N… L…", "N… L…"]
    assert set(changed["severity"]) == {"critical"}


def test_a_consent_that_ends_reads_again_the_items_concerned(audit: Run, school: Path) -> None:
    consents(school, "P000,all,full_name,yes,2025-01-01,2026-03-05", "P001,all,full_name,yes,2025-01-01,")
    audit(POSTS)
    assert audit(POSTS, today=date(2026, 3, 5)).audited == 0
    assert audit(POSTS, today=date(2026, 3, 6)).audited == 2


def test_a_new_pupil_reads_everything_again(audit: Run, school: Path) -> None:
    audit(POSTS)
    with (school / "roll.csv").open("a") as roll:
        roll.write("P002,Ines,Varga,Year 4,Year 4 Birch,no\n")
    assert audit(POSTS).audited == len(POSTS)


def test_what_depends_on_the_day_is_read_again_each_day(audit: Run) -> None:
    rows = edited(2, "Noor Lang will be at Mill Lane pool on 9 March 2026 at 4pm.")
    audit(rows)
    assert audit(rows).audited == 0
    assert audit(rows, today=date(2026, 3, 10)).audited == 1


def test_content_that_is_not_kept_is_read_again(audit: Run, store: Callable[[], Store]) -> None:
    audit(POSTS)
    with store() as opened:
        opened._connection.execute("UPDATE items SET sealed = NULL")
    assert audit(POSTS).audited == 3
    with store() as opened:
        assert opened.query("SELECT count(sealed) AS n FROM items")["n"][0] == 3


# What has gone and what came back


def without(*numbers: int) -> list[dict[str, object]]:
    return [p for p in POSTS if p["id"] not in {f"p{n}" for n in numbers}]


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_post_that_was_taken_down_is_gone(audit: Run, store: Callable[[], Store], number: int) -> None:
    """Also the first and the last of an export."""
    rows = [p for p in POSTS if p["id"] != "p6"]
    audit(rows)
    done = audit([p for p in rows if p["id"] != f"p{number}"])
    assert done.gone == (1 if number == 3 else 2)
    assert sum(s == "gone" for _, s in states(store)) == done.gone
    with store() as opened:
        kept = opened.query("SELECT sealed IS NOT NULL AS kept FROM items WHERE day(published) = ?", [number])
    assert list(kept["kept"]) == [False]


def test_an_export_of_another_period_makes_nothing_gone(audit: Run, store: Callable[[], Store]) -> None:
    months = [
        [
            {
                "id": f"{month}-{n}",
                "text": "Noor Lang",
                "published": f"2026-0{month}-{n + 1:02}T10:00:00Z",
                "site": "page",
            }
            for n in range(6)
        ]
        for month in (1, 2)
    ]
    audit(months[0])
    assert audit(months[1]).gone == 0
    assert audit(months[0][3:] + months[1], name="rolling.jsonl").gone <= 3
    assert audit(months[0] + months[1]).gone == 0
    assert {s for _, s in states(store)} <= {"open", "reopened"}


def test_nothing_is_gone_that_a_damaged_export_does_not_show(tmp_path: Path, audit: Run, school: Path) -> None:
    audit(POSTS)
    path = exports.records(tmp_path / "posts.jsonl", without(3))
    with path.open("a") as file:
        file.write('{"id": "p3", "text": "cut sh\n')
    done = run_directly(Job.of([path], school, tmp_path / "s.duckdb", None), lambda *_: None, TODAY)
    assert done.problems
    assert done.gone == 0


def test_what_came_back_is_reopened(audit: Run, store: Callable[[], Store]) -> None:
    audit(POSTS)
    audit(without(3))
    assert ("T… M…", "gone") in states(store)
    audit(POSTS)
    assert states(store)[2] == ("T… M…", "reopened")
    audit(POSTS)
    assert states(store)[2] == ("T… M…", "open")


def test_a_run_that_was_killed_changes_nothing_of_what_the_next_one_tells(
    audit: Run, tmp_path: Path, school: Path, store: Callable[[], Store]
) -> None:
    audit(POSTS)
    later = edited(2, "A quiet day for Teo Marchetti.")[:-1]
    shutil.copy(tmp_path / "s.duckdb", tmp_path / "undisturbed.duckdb")
    path = exports.records(tmp_path / "later.jsonl", later)
    from pipelines.stored import StoredRun

    killed = StoredRun.prepare(Job.of([path], school, tmp_path / "s.duckdb", None), lambda *_: None, TODAY)
    assert killed.step()
    killed.end()
    audit(later)
    disturbed = states(store)
    shutil.move(tmp_path / "undisturbed.duckdb", tmp_path / "s.duckdb")
    audit(later)
    assert disturbed == states(store)
    assert ("T… M…", "new") in disturbed


# Verdicts


def test_a_verdict_survives_reruns_edits_around_it_and_moved_offsets(audit: Run, store: Callable[[], Store]) -> None:
    audit(POSTS)
    key = judge(store, "N… L…", "false alarm")
    for text in (
        "Well done Noor Lang! Text 07700 900123.",
        "Oh yes! Very well done, Noor Lang! Ring 07700 900123 now.",
    ):
        audit(edited(1, text))
        assert told(store, key) == ("open", "false alarm", True)


def test_a_verdict_never_covers_another_child_in_the_same_place(audit: Run, store: Callable[[], Store]) -> None:
    audit(POSTS)
    key = judge(store, "N… L…", "consented")
    audit(edited(1, "Well done Teo Marchetti! Text 07700 900123."))
    assert told(store, key)[0] == "gone"
    with store() as opened:
        other = row(opened, "T… M…", 1)
    assert (other["state"], other["settled"]) == ("new", False)


def test_a_verdict_lapses_when_the_same_name_means_another_child(
    audit: Run, school: Path, store: Callable[[], Store]
) -> None:
    audit(POSTS)
    key = judge(store, "N… L…", "consented")
    roll = (school / "roll.csv").read_text().replace("P000,Noor", "P777,Noor")
    (school / "roll.csv").write_text(roll)
    audit(POSTS)
    assert told(store, key) == ("reopened", "consented", False)


def test_a_verdict_survives_a_photo_added_later(
    tmp_path: Path, audit: Run, school: Path, store: Callable[[], Store]
) -> None:
    """A Page's posts have no id: their lineage rests on time and pictures."""
    page = tmp_path / "page.zip"

    def again(posts: Sequence[tuple[str, str]]) -> Outcome:
        exports.facebook(page, posts)
        return run_directly(Job.of([page], school, tmp_path / "s.duckdb", None), lambda *_: None, TODAY)

    again([("Noor Lang won", ""), ("Soup", "b.png")])
    with store() as opened:
        (found,) = select(opened, Selection(kind="PUPIL"))
        decide(opened, [found], "consented", "A. Person", "a form is on file")
        lineages = set(opened.query("SELECT item_key FROM items")["item_key"])
    again([("Noor Lang won", "a.png"), ("Soup", "b.png")])
    with store() as opened:
        (after,) = select(opened, Selection(kind="PUPIL"))
        assert set(opened.query("SELECT item_key FROM items")["item_key"]) == lineages
        assert len(opened.query("SELECT * FROM item_aliases")) == 1
    assert (after["key"], after["verdict"]) == (found["key"], "consented")
    # A name beside a picture is another rule's, here of the same severity.
    assert (found["detector"], after["detector"]) == ("pupil-named", "pupil-named-with-photo")
    assert (after["state"], after["settled"]) == ("changed", True)
    assert again([("Noor Lang won", "a.png"), ("Soup", "b.png")]).audited == 0


def test_a_verdict_lapses_with_its_last_day(audit: Run, store: Callable[[], Store]) -> None:
    audit(POSTS)
    with store() as opened, pytest.raises(UserError, match="has passed"):
        decide(opened, [row(opened, "N… L…")], "consented", "A. Person", "for the play", date(2020, 1, 1))
    key = judge(store, "N… L…", "consented", until=date(2099, 1, 1))
    assert told(store, key) == ("new", "consented", True)
    with store() as opened:
        opened._connection.execute("UPDATE verdicts SET until = '2026-01-01'")
    assert told(store, key) == ("reopened", "consented", False)


def test_a_verdict_lapses_when_the_severity_rises(audit: Run, school: Path, store: Callable[[], Store]) -> None:
    consents(school, "P000,all,full_name,yes,2025-01-01,", "P001,all,full_name,yes,2025-01-01,")
    audit(POSTS)
    key = judge(store, "N… L…", "confirmed")
    settled = judge(store, "T… M…", "consented", 3)
    consents(school, "P000,all,full_name,withdrawn,2025-01-01,", "P001,all,full_name,yes,2025-01-01,")
    audit(POSTS)
    assert told(store, key) == ("reopened", "confirmed", False)
    assert told(store, settled) == ("open", "consented", True)


def test_what_was_marked_removed_and_is_still_there_is_told(audit: Run, store: Callable[[], Store]) -> None:
    audit(POSTS)
    key, other = judge(store, "N… L…", "removed"), judge(store, "T… M…", "removed", 3)
    assert told(store, key)[2]
    audit(without(3))
    assert told(store, key) == ("reopened", "removed", False)
    assert told(store, other)[0] == "gone"
    with store() as opened:
        assert row(opened, "N… L…")["still_there"]
        times = opened.query("SELECT * FROM time_to_removal")
        assert list(times["key"]) == [other]
        assert times["days"][0] >= 0


def test_what_was_marked_removed_is_gone_wherever_the_export_ends(audit: Run, store: Callable[[], Store]) -> None:
    """An export that begins later is of another period, unless a person says that the posts before were removed."""
    old = [
        {"id": f"o{n}", "text": "Noor Lang", "published": f"2020-01-{n + 1:02}T10:00:00Z", "site": "page"}
        for n in range(5)
    ]
    audit([*old, *POSTS])
    with store() as opened:
        before = [r for r in select(opened, Selection(kind="PUPIL")) if r["published"].year == 2020]
        decide(opened, before[:4], "removed", "A. Person", "cleared out")
    assert audit(POSTS).gone == 4


def test_the_latest_verdict_holds_and_all_are_kept(audit: Run, store: Callable[[], Store]) -> None:
    audit(POSTS)
    judge(store, "N… L…", "confirmed")
    key = judge(store, "N… L…", "false alarm")
    with store() as opened:
        assert [(h["verdict"], h["by"], h["why"]) for h in history(opened, key)] == [
            ("confirmed", "A. Person", "looked at it"),
            ("false alarm", "A. Person", "looked at it"),
        ]
        rules = opened.query("SELECT judged, false_alarms, precision FROM precision_by_rule")
        assert rules.to_dict("records") == [{"judged": 1, "false_alarms": 1, "precision": 0.0}]
    assert b"A. Person" not in (Path(store()._path)).read_bytes()


def test_an_allowed_value_passes_for_the_same_pupil_only(audit: Run, school: Path, store: Callable[[], Store]) -> None:
    audit(POSTS)
    with store() as opened:
        allow(opened, row(opened, "N… L…")["key"], "A. Person", "the author of our hymn")
        assert [r["allowed"] for r in (row(opened, "N… L…"), row(opened, "N… L…", 5))] == [True, True]
        assert not row(opened, "T… M…", 5)["allowed"]
        assert set(opened.query("SELECT masked FROM worklist")["masked"]) == {"T… M…", "07…23"}
    (school / "roll.csv").write_text((school / "roll.csv").read_text().replace("P000,Noor", "P777,Noor"))
    audit(POSTS)
    with store() as opened:
        assert not row(opened, "N… L…")["allowed"]


def test_one_text_on_several_sites_is_one_case(audit: Run, store: Callable[[], Store]) -> None:
    twice = [
        *POSTS,
        dict(POSTS[2], id="x3", site="feed"),
        dict(POSTS[2], id="y3", site="feed", text="Teo Marchetti ran."),
    ]
    audit(twice)
    with store() as opened:
        cases = opened.query("SELECT * FROM cases WHERE findings > 1").to_dict("records")
        assert [(c["findings"], len(c["sites"])) for c in cases] == [(2, 2)]
        one = select(opened, Selection(kind="PUPIL", site=str(cases[0]["sites"][0])))
        (key,) = [r["key"] for r in one if r["case_key"] == cases[0]["case_key"]]
        assert len(select(opened, Selection(case=key))) == 2


def test_old_verdicts_are_purged_but_for_those_still_needed(
    audit: Run, store: Callable[[], Store], tmp_path: Path
) -> None:
    from datetime import UTC, datetime, timedelta

    audit(POSTS)
    judge(store, "N… L…", "false alarm")
    judge(store, "T… M…", "removed", 3)
    audit(without(3))
    now, long_ago = datetime.now(UTC) + timedelta(days=1), datetime(2000, 1, 1, tzinfo=UTC)
    done = erasure.purge(
        tmp_path / "s.duckdb", Keys.load(), content=long_ago, verdicts=now, accesses=long_ago, runs=long_ago
    )
    assert done.verdicts == 1
    with store() as opened:
        assert list(opened.query("SELECT verdict FROM verdicts")["verdict"]) == ["false alarm"]


def test_forgetting_a_pupil_reads_again_what_spoke_of_them(
    audit: Run, store: Callable[[], Store], tmp_path: Path
) -> None:
    audit(POSTS)
    judge(store, "N… L…", "confirmed")
    erasure.forget(tmp_path / "s.duckdb", Keys.load(), "P000", ["Noor Lang"])
    with store() as opened:
        assert opened.query("SELECT * FROM verdicts").empty
    assert audit(POSTS).audited == 2


# The commands


@pytest.fixture
def audited(audit: Run, tmp_path: Path) -> Path:
    audit(
        [
            *POSTS,
            dict(POSTS[2], id="x3", site="feed", url="https://feed.example/3"),
            {"id": "=1", "text": "", "site": "page"},
        ]
    )
    return tmp_path / "s.duckdb"


def listed(store: Path, *arguments: object) -> list[dict[str, Any]]:
    done = invoke("findings", "--store", store, "--json", *arguments)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_findings_are_listed_by_what_is_asked(audited: Path) -> None:
    assert len(listed(audited)) == 6
    assert len(listed(audited, "--kind", "PHONE")) == 1
    assert len(listed(audited, "--pupil", "P001")) == 3
    assert len(listed(audited, "--pupil", "P001", "--verdict", "none", "--state", "new")) == 3
    assert listed(audited, "--pupil", "nobody") == []
    assert isinstance(invoke("findings", "--store", audited, "--state", "odd").exception, UserError)


def test_a_person_decides(audited: Path) -> None:
    one = listed(audited, "--kind", "PHONE")[0]["key"]
    done = invoke(
        "decide", one[:8], "--verdict", "false-alarm", "--by", "A. Person", "--why", "the office", "--store", audited
    )
    assert done.output == "1 finding: false alarm\n"
    assert [(f["verdict"], f["settled"]) for f in listed(audited, "--kind", "PHONE")] == [("false alarm", True)]
    (judged,) = [json.loads(x) for x in invoke("verdicts", one, "--store", audited, "--json").stdout.splitlines()]
    assert (judged["by"], judged["why"]) == ("A. Person", "the office")
    for wrong, words in (
        (("decide", one, "--verdict", "maybe", "--by", "A", "--why", "B"), "a verdict is one of"),
        (("decide", one, "--verdict", "removed", "--by", " ", "--why", "B"), "say who decides"),
        (("decide", "--verdict", "removed", "--by", "A", "--why", "B"), "say which findings"),
        (("decide", "ffffffff", "--verdict", "removed", "--by", "A", "--why", "B"), "no finding has this key"),
    ):
        refused = invoke(*wrong, "--store", audited)
        assert isinstance(refused.exception, UserError)
        assert words in str(refused.exception)


def test_several_findings_are_decided_at_once_when_the_person_says_so(audited: Path) -> None:
    key = listed(audited, "--pupil", "P001", "--site", "unregistered-" + listed(audited)[0]["site"][-6:])
    assert key is not None
    wanted = ("decide", "--pupil", "P001", "--verdict", "escalated", "--by", "A", "--why", "B", "--store", audited)
    refused = CliRunner().invoke(app, [str(a) for a in wanted], input="n\n")
    assert refused.exit_code == 1
    assert not [f for f in listed(audited) if f["verdict"]]
    assert invoke(*wanted, "--yes").output == "3 findings: escalated\n"


def test_the_work_list_is_a_table_that_says_how_to_reach_each_post(audited: Path, tmp_path: Path) -> None:
    assert (
        invoke(
            "assign", "--pupil", "P001", "--owner", "Comms", "--due", "2026-04-01", "--store", audited, "--yes"
        ).exit_code
        == 0
    )
    table = tmp_path / "work.csv"
    done = invoke("worklist", "--store", audited, "--csv", table, "--by", "A. Person", "--why", "clearing up")
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert [r["severity"] for r in rows] == sorted(
        (r["severity"] for r in rows), key=["critical", "high", "medium", "low"].index
    )
    mine = [r for r in rows if r["owner"] == "Comms"]
    assert {(r["owner"], r["due"]) for r in mine} == {("Comms", "2026-04-01")}
    assert {r["reach"] for r in mine} == {
        "https://feed.example/3", "begins: T… M… read to us.", "begins: N… L… and T… M… sang.",
    }  # fmt: skip
    assert "Marchetti" not in table.read_text()
    assert "how to reach posts" in invoke("access-log", "--store", audited).output
    assert "3 findings to do, in 2 cases" in invoke("worklist", "--store", audited, "--owner", "Comms").output


def test_no_cell_of_the_work_list_is_a_formula() -> None:
    from pipelines.commands.findings import _COLUMNS, _write_csv

    stream = io.StringIO()
    _write_csv(stream, [dict.fromkeys(_COLUMNS, "=cmd()")])
    assert next(csv.DictReader(io.StringIO(stream.getvalue())))["key"] == "'=cmd()"


def test_where_a_pupil_stands(audited: Path) -> None:
    done = invoke("where", "P001", "--store", audited)
    assert "3 items, 3 findings still published." in done.output
    assert "feed.example" not in done.output
    shown = invoke("where", "P001", "--store", audited, "--by", "A. Person", "--why", "a parent asks", "--json")
    assert [json.loads(line)["published"][:10] for line in shown.stdout.splitlines()] == [
        "2026-01-05",
        "2026-01-03",
        "2026-01-03",
    ]
    assert "feed.example/3" in shown.stdout
    assert isinstance(invoke("where", "P001", "--store", audited, "--by", "A").exception, UserError)


def test_a_value_is_allowed_and_taken_off_again(audited: Path) -> None:
    phone = listed(audited, "--kind", "PHONE")[0]["key"]
    assert "may stand" in invoke("allow", phone, "--by", "A", "--why", "the office", "--store", audited).output
    assert listed(audited, "--kind", "PHONE")[0]["settled"]
    (entry,) = [json.loads(x) for x in invoke("allow", "--list", "--json", "--store", audited).stdout.splitlines()]
    assert (entry["number"], entry["why"]) == (1, "the office")
    assert invoke("allow", "--remove", "1", "--store", audited).exit_code == 0
    assert not listed(audited, "--kind", "PHONE")[0]["settled"]
    assert isinstance(invoke("allow", "--remove", "1", "--store", audited).exception, UserError)


# The analysts' copy


def test_analysts_read_a_copy_while_the_store_is_written(audited: Path) -> None:
    copy = snapshot_path(audited)
    assert copy.stat().st_mode & 0o777 == 0o400
    with Store.open(audited, Keys.load()), Snapshot.open(audited) as snapshot:
        assert len(snapshot.query("SELECT * FROM findings_now WHERE kind = ?", ["PHONE"])) == 1
        analyst = snapshot._connection
        assert analyst.execute("SELECT count(*) FROM findings_now").fetchone() == (6,)
        assert analyst.execute("SELECT count(*) FROM worklist").fetchone() == (6,)
        blobs = analyst.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'BLOB'"
        ).fetchall()
        assert {("items", "sealed"), ("verdicts", "sealed")} <= set(blobs)
        for table, column in blobs:
            assert analyst.execute(f"SELECT count(*) FROM {table} WHERE octet_length({column}) > 0").fetchone() == (0,)
        assert analyst.execute("SELECT count(*) FROM access_log").fetchone() == (0,)
    erasure.forget(audited, Keys.load(), "P000", ["Noor Lang"])
    assert not copy.exists()
    with pytest.raises(UserError, match="no copy for analysts"):
        Snapshot.open(audited)


def test_a_copy_takes_the_old_ones_place(audited: Path, audit: Run) -> None:
    with duckdb.connect(str(snapshot_path(audited)), read_only=True) as before:
        audit(without(1))
        assert before.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    with duckdb.connect(str(snapshot_path(audited)), read_only=True) as after:
        assert after.execute("SELECT count(*) FROM runs").fetchone() == (2,)


# Migrations


def test_a_store_of_the_first_version_keeps_its_findings(
    tmp_path: Path, audit: Run, monkeypatch: pytest.MonkeyPatch, school: Path
) -> None:
    first = tmp_path / "migrations"
    first.mkdir()
    shutil.copy(store_module._MIGRATIONS / "0001_first.sql", first)
    with monkeypatch.context() as patched:
        patched.setattr(store_module, "_MIGRATIONS", first)
        Store.open(tmp_path / "s.duckdb", Keys.load()).close()
    with duckdb.connect(str(tmp_path / "s.duckdb")) as old:
        for run, day in (("r1", 1), ("r2", 2)):
            old.execute(
                "INSERT INTO runs VALUES (?, ?, ?, '0', '0', '2023-06', 'N', 1, 0, false, ['page'], '2026-01-01', 1, 0)",
                [run, f"2026-02-0{day} 10:00+00", f"2026-02-0{day} 10:01+00"],
            )
            old.execute("INSERT INTO run_sites VALUES (?, 'page')", [run])
        for key, last in (("k1", "r1"), ("k2", "r2")):
            old.execute(
                "INSERT INTO items VALUES (?, 'page', '', 'post', NULL, 'public', 'published', 'm', 'r1', ?, NULL)",
                [f"i{key}", last],
            )
            old.execute(
                "INSERT INTO findings VALUES (?, ?, 'page', 'd', 'PUPIL', '5.4', 'high', 0.9, 'text', 0, 4, NULL, '', 'N…', ['p'], "
                "'why', false, 'r1', ?)",
                [key, f"i{key}", last],
            )
    with Store.open(tmp_path / "s.duckdb", Keys.load(), read_only=True) as store:
        found = store.query("SELECT key, state FROM findings_now ORDER BY key")
        assert list(found["state"]) == ["gone", "open"]
        assert not store.query("SELECT * FROM worklist").empty
    assert audit(POSTS).audited == len(POSTS)


def test_every_view_is_for_analysts_and_described(store: Callable[[], Store], school: Path) -> None:
    with store() as opened:
        views = set(opened.query("SELECT view_name FROM duckdb_views() WHERE NOT internal")["view_name"])
    assert views - set(described()) == {"run_order", "site_runs", "unsettled"}
    page = (Path(__file__).parent.parent / "docs" / "findings.md").read_text(encoding="utf-8")
    assert views_table() in page, "run: make docs"
