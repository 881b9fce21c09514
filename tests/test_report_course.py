"""The report from run to run, on a period, and as HTML: what it says, not its bytes."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.base import Finding, Item, Locator, Part, Severity, UserError
from detectors.clauses import load_policy
from pipelines.cli import app
from pipelines.keys import Keys
from pipelines.period import period_of
from pipelines.report import make_report
from pipelines.store import RunInfo, SourceInfo, Store
from pipelines.store.history import history, moved_in
from pipelines.store.summary import summarise, to_be_done
from pipelines.store.verdicts import Selection, decide, select
from reports.coverage import coverage
from reports.html import render_html
from reports.pages import pages
from reports.summary import Moved, Period, RunRow
from tests.test_reports import POLICY, RULES, everything, flat, pdf_of, summary

INFO = RunInfo("0", "0", "2023-06", "Northmoor School", 2, 0, False, date(2026, 1, 5), ("website", "blog"))
DAY = timedelta(days=1)


def item(number: int, site: str, day: int) -> Item:
    return Item(
        id=f"post-{number}",
        kind="post",
        parts=(Part("text", f"Text 07700 90012{number}."),),
        locator=Locator(site[:1] * 64, "posts.json", f"/{number}", "records-jsonl"),
        lineage=f"lineage-{number}",
        published=datetime(2026, day, 3, 10, tzinfo=UTC),
    )


def run(store: Store, began: datetime, *posts: tuple[int, str, int, bool]) -> None:
    """A run that reads these posts (number, site, month, whether it is found in it), as if it had begun then."""
    run_id = store.begin_run(INFO)
    items = [(item(number, site, month), site) for number, site, month, _ in posts]
    findings = [
        Finding(i, "phone-published", "PHONE", "A.2.3", Severity.HIGH, 0.9, "text", "a number", 5, 17, value=i.part("text")[5:17])
        for (i, _), (*_, found) in zip(items, posts, strict=True)
        if found
    ]  # fmt: skip
    store.save_batch(run_id, items, findings)
    sites = sorted({site for _, site in items})
    store.finish_run(
        run_id,
        [SourceInfo("p", s, "records-jsonl", s[:1] * 64, 1, 0, 0, 0, 0, 0, None, None, True, ()) for s in sites],
        0,
    )
    store._connection.execute("UPDATE runs SET started = ? WHERE run_id = ?", [began, run_id])
    store._connection.execute(
        "INSERT INTO checks_made VALUES (?, 'canary-missed', '', 'clear', '18 of 19 planted details found, 11 of 12 names')",
        [run_id],
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three runs: two sites; the website alone, with one finding gone and one new; both again."""
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(tmp_path / "home"))
    made = Store.open(tmp_path / "s.duckdb", Keys.load())
    first = datetime(2026, 9, 7, 6, tzinfo=UTC)
    run(made, first, (1, "website", 1, True), (2, "website", 2, True), (3, "blog", 3, True))
    run(made, first + 30 * DAY, (1, "website", 1, False), (2, "website", 2, True), (4, "website", 4, True))
    run(
        made,
        first + 60 * DAY,
        (1, "website", 1, False),
        (2, "website", 2, True),
        (4, "website", 4, True),
        (3, "blog", 3, True),
    )
    return made


def test_each_run_has_what_was_open_new_and_gone_and_how_many_sites_it_read(store: Store) -> None:
    rows = history(store)
    assert [(r.open[Severity.HIGH], r.new, r.gone, r.sites_read, r.sites_known) for r in rows] == [
        (3, None, 0, 2, 2),
        (3, 1, 1, 1, 2),
        (3, 0, 0, 2, 2),
    ]
    assert {(r.found, r.planted) for r in rows} == {(18, 19)}


def test_a_verdict_counts_from_when_it_was_given(store: Store) -> None:
    (row,) = [r for r in select(store, Selection()) if r["published"].month == 2]
    decide(store, [row], "false alarm", "A. Person", "a desk's number")
    assert [r.open[Severity.HIGH] for r in history(store)] == [3, 3, 2]
    store._connection.execute("UPDATE verdicts SET decided = '2026-09-10'")
    assert [r.open[Severity.HIGH] for r in history(store)] == [2, 2, 2]
    assert sum(to_be_done(store).values()) == 2


def test_a_period_holds_what_was_published_and_what_happened_in_it(store: Store) -> None:
    winter = Period(date(2026, 2, 1), date(2026, 3, 31), "spring-2026")
    made, _ = summarise(store, load_policy, date(2026, 11, 12), winter)
    assert sorted(f.published.month for f in made.findings if f.published) == [2, 3]
    assert made.items_read == 2
    assert sum(to_be_done(store, winter).values()) == 2
    assert made.history == ()
    assert moved_in(store, Period(date(2026, 10, 7), date(2026, 10, 7))) == Moved(1, 1)
    assert moved_in(store, Period(until=date(2026, 9, 30))) == Moved(3, 0)
    assert len(history(store, Period(since=date(2026, 10, 1)))) == 2


def test_the_title_and_the_text_say_the_period() -> None:
    autumn = Period(date(2026, 9, 1), date(2026, 12, 18), "autumn-2026")
    made = summary(period=autumn, moved=Moved(4, 1, {"removed": 2}))
    for text in (flat(pdf_of(made)), shown(render_html(made, coverage(POLICY, made, RULES), RULES))):
        assert "Social media audit: Wrenmere School, autumn-2026" in text
        assert "autumn-2026: 1 September 2026 to 18 December 2026" in text
        assert "4 findings seen for the first time" in text
        assert "Judged by people: 2 removed." in text
    nothing = replace(made, items_read=0)
    assert pages(nothing, (), RULES)["verdict"].startswith("No item read was published in this period")


def test_periods_are_named_in_four_ways(tmp_path: Path) -> None:
    (tmp_path / "school.toml").write_text('name = "N"\n[terms]\nautumn-2026 = ["2026-09-01", 2026-12-18]\n')
    assert period_of() is None
    assert period_of(until=date(2026, 1, 1)) == Period(None, date(2026, 1, 1))
    assert period_of(month="2024-02") == Period(date(2024, 2, 1), date(2024, 2, 29), "February 2024")
    term = period_of(term="autumn-2026", school=tmp_path)
    assert term == Period(date(2026, 9, 1), date(2026, 12, 18), "autumn-2026")


@pytest.mark.parametrize(
    ("options", "terms", "says"),
    [
        ({"month": "2026-13"}, "", "takes a year and a month"),
        ({"month": "2026-10", "since": date(2026, 1, 1)}, "", "name one period"),
        ({"since": date(2026, 2, 1), "until": date(2026, 1, 1)}, "", "lies before --since"),
        ({"term": "spring"}, 'autumn = ["2026-09-01", "2026-12-18"]', "no spring; it knows autumn;"),
        ({"term": "spring"}, "", "it knows none yet"),
        ({"term": "a"}, 'a = ["2026-12-18", "2026-09-01"]', "first and the last day"),
        ({"term": "a"}, "a = 3", "first and the last day"),
    ],
)
def test_a_period_that_is_none_is_one_line(options: dict[str, object], terms: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "school.toml").write_text(f'name = "N"\n[terms]\n{terms}\n')
    with pytest.raises(UserError, match=says) as caught:
        period_of(**options, school=tmp_path)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_the_course_is_drawn_with_its_figures_beside() -> None:
    runs = tuple(
        RunRow(datetime(2026, 9, n, tzinfo=UTC), {Severity.HIGH: n}, n if n > 1 else None, 0, 1, 3, 19, 18)
        for n in (1, 2, 3)
    )
    said = pages(summary(history=runs), (), RULES)["history"]
    assert "2 Sep 2026: 2 open, 2 new, 0 gone, 18 of 19 planted details found" in said["alt"]
    text = flat(pdf_of(summary(history=runs)))
    assert "1 of 3" in text
    assert "18 of 19" in text
    assert "A trend needs two finished runs" in flat(pdf_of(summary(history=runs[:1])))


class Structure(HTMLParser):
    """Tags, heading levels and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def shown(html: str) -> str:
    return " ".join(" ".join(Structure(html).words).split()).replace("\u200b", "")


def test_the_html_fetches_nothing_and_is_well_built() -> None:
    made = everything()
    page = Structure(render_html(made, coverage(POLICY, made, RULES), RULES))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "img", "style", "iframe", "form", "object"}
    assert all(not (a.keys() & {"src", "srcset", "background"}) for _, a in page.tags)
    assert all(str(a["href"]).startswith("#") for tag, a in page.tags if tag == "a")
    assert all(a["scope"] in ("col", "row") for tag, a in page.tags if tag == "th")
    assert ("html", {"lang": "en-GB"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_the_html_says_what_the_pdf_says_and_no_more() -> None:
    made = everything()
    covered = coverage(POLICY, made, RULES)
    said, text = pages(made, covered, RULES), shown(render_html(made, covered, RULES))
    order = [said["verdict"], said["actions"]["rows"][0]["remedy"], *said["not_read"]["rows"], *said["roll"], *said["trust"],
             "Findings by clause", "Every clause of the policy", "What became of each export"]  # fmt: skip
    at = [text.index(words.replace("\u200b", "")) for words in order]
    assert at == sorted(at)
    for clause in POLICY.clauses:
        assert clause.title in text
    assert "M… P…" not in text
    assert "00000001" not in text
    assert "<b>" in shown(render_html(replace(made, school="<b>S"), covered, RULES))


def test_the_html_is_signed_private_and_verified(store: Store, tmp_path: Path) -> None:
    pdf, html = tmp_path / "r.pdf", tmp_path / "r.html"
    make_report(store, pdf, date(2026, 11, 12), Period(name="all", since=date(2026, 1, 1)), html)
    store.close()
    assert stat.S_IMODE(html.stat().st_mode) == 0o600
    check = ["verify", "--store", str(tmp_path / "s.duckdb")]
    for path in (pdf, html):
        assert CliRunner().invoke(app, [*check, str(path)]).exit_code == 0
    html.write_text(html.read_text(encoding="utf-8").replace("Northmoor", "Southmoor"), encoding="utf-8")
    assert CliRunner().invoke(app, [*check, str(html)]).exit_code == 2
    alone = tmp_path / "alone.html"
    done = CliRunner().invoke(
        app, ["report", "--store", str(tmp_path / "s.duckdb"), "--output", str(alone), "--month", "2026-02"]
    )
    assert done.exit_code == 0
    assert "February 2026" in alone.read_text(encoding="utf-8")


def test_the_group_is_asked_about_a_period(store: Store, tmp_path: Path) -> None:
    store.close()
    (tmp_path / "north").mkdir()
    (tmp_path / "north/school.toml").write_text('name = "North"\n[terms]\nspring = ["2026-02-01", "2026-03-31"]\n')
    (tmp_path / "group.toml").write_text('name = "T"\n[[school]]\nfolder = "north"\nstore = "s.duckdb"\n')
    done = CliRunner().invoke(app, ["group", "report", str(tmp_path / "group.toml"), "--json", "--term", "spring"])
    row = json.loads(done.stdout)
    assert (row["items"], row["open"], row["new"]) == (2, {"high": 2}, 0)
