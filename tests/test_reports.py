"""The report says what the run found, in tagged pages that fit, and never more than was checked."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from detectors import DETECTORS
from detectors.base import Severity, UserError
from detectors.clauses import Clause, Control, Policy, UpkeepNote, load_policy, upkeep
from reports.coverage import CoverageRow, coverage
from reports.pages import GRAVEST_SHOWN, pages
from reports.pdf import render, write_pdf
from reports.summary import CheckedRow, FindingRow, Previous, RollFacts, SourceRow, Summary
from reports.words import clip, count, is_printable, place, printable

POLICY = load_policy("2023-06")
RULES = {d.id: d for d in DETECTORS}
WEIRD = "<£é> #set text(red) $x^2$ *b* _i_ `c` @ref <lab> \\ // [x] \x00\u202e中😀\ud800\uffff a\u0301"


def finding(number: int = 0, **changes: Any) -> FindingRow:
    row = FindingRow(
        key=f"{number:08x}ffffffff",
        detector="pupil-named",
        kind="PUPIL",
        clause="A.5.2",
        severity=Severity.HIGH,
        state="open",
        site="facebook",
        published=date(2026, 5, 4),
        masked="M… P…",
        why="full name; consent refused",
        visibility="public",
        pupils=(f"p{number}",),
    )
    return replace(row, **changes)


def source(**changes: Any) -> SourceRow:
    row = SourceRow(
        site="facebook",
        layout="facebook-profile",
        sha256="0123456789abcdef" * 4,
        items=1204,
        rejected=0,
        media_present=20,
        first_published=date(2023, 1, 2),
        last_published=date(2026, 11, 1),
    )
    return replace(row, **changes)


def summary(*findings: FindingRow, **changes: Any) -> Summary:
    made = Summary(
        school="Wrenmere School",
        run_id="20261112T090000-ab12cd",
        run_at=datetime(2026, 11, 12, 9, tzinfo=UTC),
        tool_version="0.1.0",
        policy_id=POLICY.id,
        policy_title=POLICY.title,
        period_from=date(2023, 1, 2),
        period_to=date(2026, 11, 1),
        sources=(source(),),
        findings=findings,
        items_read=1204,
        records_rejected=0,
        previous=None,
        upkeep=(),
        roll=RollFacts(pupils=96, without_consent_record=0, roll_date=date(2026, 11, 10), consents_file=True),
    )
    return replace(made, **changes)


def pdf_of(made: Summary, policy: Policy = POLICY) -> bytes:
    return render(made, coverage(policy, made, RULES), RULES)


def page_texts(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]


def flat(pdf: bytes) -> str:
    """All text between the pages' margins on one line, with single spaces: a sentence may run over a page."""
    top, bottom = 842 - 55, 48  # points: below the header, above the footer
    texts = [page.get_textpage().get_text_bounded(bottom=bottom, top=top) for page in pypdfium2.PdfDocument(pdf)]
    return " ".join(" ".join(texts).replace("\u200b", "").split())


def elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """Every structure element of the document, parents first."""
    waiting = [pdf.Root.StructTreeRoot.K]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting.extend(reversed(list(node)))
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield node
            if "/K" in node:
                waiting.append(node.K)


def everything() -> Summary:
    """A run with something to say in every section."""
    return summary(
        finding(1, severity=Severity.CRITICAL, state="new"),
        finding(2, review=True),
        finding(3, pupils=("p2", "p9")),
        finding(
            4, detector="logo-outdated", kind="LOGO", clause="A.4.7", severity=Severity.MEDIUM, masked="", pupils=()
        ),
        finding(5, severity=Severity.INFO),
        finding(6, state="gone", severity=Severity.CRITICAL),
        sources=(
            source(
                members={"parsed": 3, "private": 12},
                not_in_export=("Who can see a post is not in it.", "Comments by other people are not in it."),
            ),
            source(site="website", layout="wordpress-wxr", rejected=2, media_missing=4, complete=False),
        ),
        records_rejected=2,
        previous=Previous(datetime(2026, 10, 1, tzinfo=UTC), new=1, still_open=4, gone=1),
        upkeep=upkeep(POLICY, date(2026, 11, 12)),
        roll=RollFacts(pupils=96, without_consent_record=12, roll_date=date(2026, 11, 1), consents_file=False),
        not_read=("facebook: private messages",),
        warnings=("The self-test found 9 of 10 planted names.",),
        sites_without_export=("classblog",),
        withheld=1,
    )


# ------------------------------------------------------------------ coverage


def row_of(made: Summary, clause: str, policy: Policy = POLICY) -> CoverageRow:
    return next(r for r in coverage(policy, made, RULES) if r.clause == clause)


def tiny(*controls: Control) -> Policy:
    return replace(POLICY, clauses=(Clause("X.1", "Title", "Text.", controls),), tool_checks=())


AUTOMATIC = Control("automatic", "names are looked for.", ("pupil-named",))
PLANNED = Control("automatic", "faces will be.", ("face-prominent",), planned=True)
ATTESTED = Control("attested", "somebody confirms it.")
UNCONFIRMED = "needs a person: nobody has confirmed it yet (social-audit attest)"
NOT_AUDITABLE = Control("not auditable", "it asks for nothing.")


@pytest.mark.parametrize(
    ("controls", "status", "words"),
    [
        ((AUTOMATIC,), "nothing found", "nothing found in 1,204 items read"),
        ((replace(AUTOMATIC, mode="assisted"),), "nothing found", "nothing found in 1,204 items read"),
        ((PLANNED,), "not checked", "not checked by this version"),
        ((replace(AUTOMATIC, checks=("no-such-rule",)),), "not checked", "not checked by this version"),
        ((ATTESTED,), "needs a person", UNCONFIRMED),
        ((NOT_AUDITABLE,), "not auditable", "not auditable, because it asks for nothing."),
        (
            (AUTOMATIC, PLANNED),
            "not checked",
            "nothing found in 1,204 items read; the rest not checked by this version",
        ),
        ((AUTOMATIC, ATTESTED), "needs a person", f"nothing found in 1,204 items read; {UNCONFIRMED}"),
        ((NOT_AUDITABLE, AUTOMATIC), "nothing found", "nothing found in 1,204 items read"),
        (
            (replace(AUTOMATIC, checks=("pupil-named", "no-such-rule")),),
            "not checked",
            "nothing found in 1,204 items read; 1 of 2 checks not made",
        ),
    ],
)
def test_a_clause_without_findings_says_what_was_checked(
    controls: tuple[Control, ...], status: str, words: str
) -> None:
    row = row_of(summary(), "X.1", tiny(*controls))

    assert (row.status, row.words, row.findings, row.worst) == (status, words, 0, None)
    assert [c.how for c in row.controls] == [c.how for c in controls]


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ((finding(),), "1 finding: high"),
        ((finding(), finding(1, severity=Severity.CRITICAL)), "2 findings, the worst critical"),
        ((finding(), finding(1, severity=Severity.INFO)), "1 finding: high, and 1 for information"),
        ((finding(severity=Severity.INFO),), "1 for information only, in 1,204 items read"),
        ((finding(state="gone"),), "nothing open in 1,204 items read (1 found before, gone or settled)"),
        ((finding(state="false alarm"),), "nothing open in 1,204 items read (1 found before, gone or settled)"),
        ((finding(state="a word of a later version"),), "1 finding: high"),
    ],
)
def test_findings_are_counted_while_they_are_open(findings: tuple[FindingRow, ...], words: str) -> None:
    assert row_of(summary(*findings), "X.1", tiny(AUTOMATIC)).words == words


def test_a_finding_counts_once_in_a_clause_and_in_every_clause_it_concerns() -> None:
    twice = Control("assisted", "again.", ("pupil-named",))
    row = row_of(summary(finding()), "X.1", tiny(AUTOMATIC, twice))

    assert (row.findings, [c.findings for c in row.controls]) == (1, [1, 1])


def test_a_finding_of_an_unknown_rule_or_clause_is_not_lost() -> None:
    made = summary(finding(detector="retired"), finding(1, detector="retired", clause="Z.9"))

    assert row_of(made, "A.5.2").findings == 1
    assert (row_of(made, "Z.9").findings, row_of(made, "Z.9").in_policy) == (1, False)
    assert row_of(summary(finding(clause="Z.9", severity=Severity.INFO)), "Z.9").status == "nothing found"


def test_nothing_counts_as_checked_that_could_not_be() -> None:
    empty_roll = replace(summary().roll, pupils=0)

    assert row_of(summary(items_read=0), "X.1", tiny(AUTOMATIC)).words == "not checked: no item was read"
    assert row_of(summary(roll=empty_roll), "X.1", tiny(AUTOMATIC)).words == "not checked: the roll has no pupils"


def test_a_clause_of_which_items_are_withheld_is_never_said_to_have_nothing() -> None:
    concern = replace(RULES["pupil-named"], id="concern", kind="SAFEGUARDING_CONCERN")
    policy = tiny(replace(AUTOMATIC, checks=("concern",)))
    (row,) = coverage(policy, summary(withheld=2), RULES | {"concern": concern})
    (without,) = coverage(policy, summary(), RULES | {"concern": concern})

    assert (row.status, row.words) == ("needs a person", "ask the safeguarding lead: 2 of 1,204 items withheld")
    assert without.words == "nothing found in 1,204 items read"


def test_upkeep_notes_are_findings_of_the_revision() -> None:
    row = row_of(everything(), "0.revision")

    assert (row.findings, row.worst, row.words) == (2, Severity.MEDIUM, "2 findings, the worst medium")
    assert row_of(summary(), "0.revision").words == "nothing found in the policy itself"


def test_every_clause_and_tool_check_has_a_row_in_the_policys_order() -> None:
    rows = coverage(POLICY, summary(), RULES)

    assert [r.clause for r in rows] == [c.id for c in (*POLICY.clauses, *POLICY.tool_checks)]
    assert [r.clause for r in rows if r.tool] == [c.id for c in POLICY.tool_checks]


# ------------------------------------------------------------------ what is said


@pytest.mark.parametrize(
    ("findings", "items", "verdict"),
    [
        (
            [(Severity.CRITICAL, 2), (Severity.HIGH, 3), (Severity.LOW, 1)],
            9,
            "2 findings need action today, 3 this week and 1 later.",
        ),
        ([(Severity.CRITICAL, 1)], 9, "1 finding needs action today."),
        ([(Severity.HIGH, 1)], 9, "Nothing found needs action today; 1 finding needs it this week."),
        (
            [(Severity.HIGH, 2), (Severity.MEDIUM, 5)],
            9,
            "Nothing found needs action today; 2 findings need it this week, and 5 later.",
        ),
        ([(Severity.LOW, 2)], 9, "Nothing found needs action this week; 2 findings need it later."),
        ([(Severity.INFO, 4)], 9, "The rules found nothing that needs action in the 9 items read."),
        ([], 1, "The rules found nothing that needs action in the 1 item read."),
        ([], 0, "No item was read, so this report says nothing about the school's sites."),
        (
            [(Severity.CRITICAL, 1), (Severity.LOW, 1)],
            0,
            "No item was read in this run; from earlier runs, 1 finding needs action today and 1 later.",
        ),
        (
            [(Severity.HIGH, 1)],
            0,
            "No item was read in this run; from earlier runs, nothing found needs action today; "
            "1 finding needs it this week.",
        ),
    ],
)
def test_verdict(findings: list[tuple[Severity, int]], items: int, verdict: str) -> None:
    rows = [finding(n, severity=severity) for severity, number in findings for n in range(number)]
    made = summary(*rows, items_read=items)

    said = pages(made, coverage(POLICY, made, RULES), RULES)

    assert said["verdict"] == verdict
    assert said["not_proof"].startswith("Nothing found is not proof")


def test_what_to_do_next_is_grouped_by_rule_worst_first_and_counts_pupils_once() -> None:
    made = everything()

    actions = pages(made, coverage(POLICY, made, RULES), RULES)["actions"]["rows"]

    assert [(a["severity"], a["when"], a["what"], a["remedy"]) for a in actions] == [
        ("critical", "today", RULES["pupil-named"].summary, RULES["pupil-named"].remedy),
        ("medium", "this half-term", RULES["logo-outdated"].summary, RULES["logo-outdated"].remedy),
    ]
    assert actions[0]["counts"] == "3 findings, 1 of them critical, 2 pupils concerned, 3 in public, 1 possible only"


def test_the_gravest_come_first_then_certain_then_public_then_newest() -> None:
    rows = [
        finding(1, published=None),
        finding(2, published=date(2026, 1, 1)),
        finding(3, published=date(2026, 2, 1)),
        finding(4, visibility="members"),
        finding(5, review=True),
        finding(6, severity=Severity.CRITICAL, review=True),
    ]
    made = summary(*rows)

    shown = pages(made, coverage(POLICY, made, RULES), RULES)["gravest"]

    assert [int(f["key"], 16) for f in shown] == [6, 3, 2, 1, 4, 5]


def test_what_weakens_the_result_stands_before_it() -> None:
    made = everything()

    warnings = pages(made, coverage(POLICY, made, RULES), RULES)["appendix"]["warnings"]

    assert warnings == [
        "The self-test found 9 of 10 planted names.",
        "1 export was not read to the end (website): export again and rerun.",
        "Sites on the register of which no export was given: classblog.",
        "2 records in the exports could not be understood and were not audited.",
        "The roll is of 1 November 2026, 11 days before the run: use a fresh one.",
        "1 item kept for the safeguarding lead: not shown here. Ask the lead whether they are dealt with.",
    ]


def test_an_export_without_items_is_pointed_out_and_its_site_does_not_count_as_read() -> None:
    made = summary(sources=(source(), source(site="website", items=0)))

    said = pages(made, coverage(POLICY, made, RULES), RULES)

    assert said["warnings"]["rows"] == [
        "1 export gave no item (website): see whether the right files were handed over."
    ]
    assert said["figures"][-1] == {"value": "1", "label": "sites read"}


@pytest.mark.parametrize(
    ("roll_date", "words"),
    [
        (date(2026, 7, 10), "it is of 10 July 2026, 1 day before the run."),
        (date(2026, 7, 11), "it is of 11 July 2026, the day of the run."),
        (date(2026, 7, 13), "it is of 13 July 2026, 2 days after the run."),
        (date(2026, 7, 3), "it is of 3 July 2026, 8 days before the run (older than 7 days)."),
        (None, "its date is not known."),
    ],
)
def test_the_rolls_age_is_counted_in_london_days(roll_date: date | None, words: str) -> None:
    late = datetime(2026, 7, 10, 23, 30, tzinfo=UTC)  # half past midnight on the 11th, in summer time
    made = summary(run_at=late, roll=replace(summary().roll, roll_date=roll_date))

    said = pages(made, coverage(POLICY, made, RULES), RULES)

    assert said["roll"][0] == f"The roll has 96 pupils; {words}"
    assert (said["date"], said["run"]["at"]) == ([2026, 7, 11], "11 July 2026")


def test_words() -> None:
    assert printable(WEIRD) == "<£é> #set text(red) $x^2$ *b* _i_ `c` @ref <lab> \\ // [x] □□□□ á"
    assert printable("x" * 30) == "x" * 24 + "\u200b" + "x" * 6
    assert clip("one two three", 9) == "one two…"
    assert len(clip("x" * 50, 20)) == 20
    assert count(1, "item") == "1 item"
    assert count(5000, "item") == "5,000 items"
    assert [place(p) for p in ("text", "alt:0", "filename:1", "media:2", "title")] == [
        "text",
        "description of picture 1",
        "file name of picture 2",
        "picture 3",
        "title",
    ]


# ------------------------------------------------------------------ the file


def test_the_pdf_is_tagged_for_screen_readers(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    made = everything()
    write_pdf(made, coverage(POLICY, made, RULES), RULES, path)

    with pikepdf.open(path) as pdf:
        root = pdf.Root
        found = list(elements(pdf))
        kinds = {str(e.S) for e in found}
        figures = [e for e in found if e.S == "/Figure"]
        tables = [e for e in found if e.S == "/Table"]

        assert str(root.Lang) == "en-GB"
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.docinfo["/Title"]) == "Social media audit: Wrenmere School"
        assert "pdfuaid" in bytes(root.Metadata.read_bytes()).decode()
        assert {"/Document", "/Title", "/H1", "/H2", "/P", "/L", "/LI", "/Table", "/TR", "/TH", "/TD"} <= kinds
        assert [str(f.Alt) for f in figures] == [
            "Bar chart of open findings by severity: 1 critical, 2 high, 1 medium, 0 low and 1 info."
        ]
        assert len(tables) >= 14
        assert all(_headers(t) for t in tables)
        assert [round(float(n)) for n in pdf.pages[0].mediabox] == [0, 0, 595, 842]


def _headers(table: pikepdf.Dictionary) -> int:
    """How many header cells a table's first section holds."""
    first = next(iter(table.K))
    rows = [first] if first.S == "/TR" else list(first.K)
    return sum(cell.S == "/TH" for row in rows for cell in row.K)


@pytest.mark.parametrize(
    ("checked", "judged", "says"),
    [
        ((), (0, 0), ["was not tried", "Nobody has judged a finding yet"]),
        (
            (CheckedRow("canary-missed", "", "unknown", "no item"),),
            (1, 1),
            ["was not tried", "judged 1 finding so far: 1 false alarm"],
        ),
        (
            (CheckedRow("canary-missed", "", "clear", "18 of 19 planted details found"),),
            (1200, 0),
            [
                "planted in copies of what it read: 18 of 19 planted details found.",
                "judged 1,200 findings so far: 0 false alarms",
            ],
        ),
    ],
)
def test_whether_it_can_be_trusted_stands_on_the_first_two_pages(
    checked: tuple[CheckedRow, ...], judged: tuple[int, int], says: list[str]
) -> None:
    first = " ".join(" ".join(page_texts(pdf_of(summary(checked=checked, judged=judged)))[:2]).split())
    for words in says:
        assert words in first


def test_the_figures_stand_in_the_text() -> None:
    pdf = pdf_of(everything())
    texts = page_texts(pdf)
    first_two, text = " ".join("".join(texts[:2]).split()), flat(pdf)

    for words in (
        "1 finding needs action today, 2 this week and 1 later.",
        "Nothing found is not proof that nothing is there",
        "pupils concerned",
        "1,204",
        "0123456789ab",
        "wordpress-wxr",
        "facebook: private messages",
        "Compared with the run of 1 October 2026",
        "12 pupils have no consent on record and count as not consented.",
        "The policy's next revision was due in June 2024",
        "115 clauses in all",
    ):
        assert words in first_two, words
    assert "0123456789abc" not in text
    assert f"Page {len(texts)} of {len(texts)}" in texts[-1]
    assert all("Confidential: contains information about children's data, masked" in t for t in texts)


def test_every_clause_stands_in_the_text() -> None:
    text = re.sub(r"\s", "", flat(pdf_of(everything())))

    assert len(POLICY.clauses) == 115
    for clause in (*POLICY.clauses, *POLICY.tool_checks):
        for words in (clause.id, clause.title, clause.text):
            assert re.sub(r"\s", "", words) in text, (clause.id, words)


def test_no_clause_id_runs_into_the_next_column() -> None:
    made = summary(*(finding(n, clause=c.id, detector="logo-outdated") for n, c in enumerate(POLICY.clauses)))
    edge = (18 + 23) / 25.4 * 72  # points: the margin and the column of clauses
    pages_text = [page.get_textpage() for page in pypdfium2.PdfDocument(pdf_of(made))]

    for piece in {max(c.id.split("."), key=len) for c in POLICY.clauses if len(c.id) > 6}:
        ends = []
        for text in pages_text:
            search = text.search(piece, match_case=True)
            while found := search.get_next():
                first, number = found
                if text.get_charbox(first)[0] < edge:
                    ends.append(text.get_charbox(first + number - 1)[2])
        assert len(ends) >= 2, piece  # in the findings by clause, and in the table of every clause
        assert max(ends) < edge, piece


@pytest.mark.parametrize("made", [summary(), everything()], ids=["nothing", "everything"])
def test_nothing_found_is_never_called_compliant(made: Summary) -> None:
    text = flat(pdf_of(made)).lower()

    assert "complian" not in text
    assert "all clear" not in text


def crowded() -> Summary:
    """More of everything than the summary has room for, each as long as can be."""
    long = "A sentence that goes on and on about one thing after another. " * 12
    return replace(
        everything(),
        school="The Very Long-named School of Saint Somebody and All the Others " * 4,
        policy_title="A policy with a long title " * 9,
        findings=tuple(
            finding(n, detector=f"rule-{n % 12}-{'x' * 90}", clause="A.5.2", site=f"site-{n % 40}-{'y' * 60}", why=long)
            for n in range(300)
        ),
        sources=tuple(source(site=f"site-{n}-{'z' * 60}", layout="l" * 60, complete=False) for n in range(30)),
        not_read=tuple(f"site-{n}: {long}" for n in range(30)),
        warnings=(long,) * 9,
        upkeep=tuple(UpkeepNote("policy-law-stale", "0.revision", Severity.LOW, long) for _ in range(6)),
    )


@pytest.mark.parametrize(
    ("made", "page"), [(summary(), 2), (everything(), 3), (crowded(), 3)], ids=["nothing", "everything", "crowded"]
)
def test_the_summary_takes_no_more_than_two_pages(made: Summary, page: int) -> None:
    texts = page_texts(pdf_of(made))
    behind = next(n for n, t in enumerate(texts, 1) if re.search(r"^Findings by clause", t, re.MULTILINE))
    clauses = next(n for n, t in enumerate(texts, 1) if re.search(r"^Every clause of the policy", t, re.MULTILINE))

    assert behind == page
    assert clauses >= 3


def test_what_the_summary_shortens_stands_in_full_behind_it() -> None:
    made = crowded()
    text = re.sub(r"\s", "", flat(pdf_of(made)))

    for words in (*made.not_read, *made.warnings, *(n.text for n in made.upkeep), *(f"site-{n}-" for n in range(30))):
        assert re.sub(r"\s", "", words) in text


def test_the_same_values_give_the_same_bytes() -> None:
    made = everything()

    assert pdf_of(made) == pdf_of(made)
    assert pdf_of(made) != pdf_of(replace(made, items_read=1205))


def test_odd_characters_are_printed_as_they_are_and_never_as_markup() -> None:
    odd = finding(masked=WEIRD, why=WEIRD, site=WEIRD)
    policy = replace(POLICY, clauses=(replace(POLICY.clauses[0], title=WEIRD, text=WEIRD * 60), *POLICY.clauses[1:]))
    made = summary(odd, school=WEIRD, not_read=(WEIRD,), warnings=(WEIRD,), policy_title=WEIRD, run_id=WEIRD)

    text = flat(pdf_of(made, policy))

    assert text.count("<£é> #set text(red) $x^2$ *b* _i_ `c` @ref <lab> \\ // [x] □□□□ á") > 60
    assert "\u202e" not in text


def test_every_printable_character_can_be_set() -> None:
    characters = [chr(n) for n in range(0x10000) if not 0xD800 <= n < 0xE000 and is_printable(chr(n))]
    made = summary(not_read=tuple(" ".join(characters[n : n + 40]) for n in range(0, len(characters), 40)))

    text = flat(pdf_of(made))

    assert len(characters) > 500
    assert {"é", "Ł", "ŵ", "Ω", "Ж", "…", "€"} <= set(text)


def test_many_findings_are_counted_and_the_gravest_printed() -> None:
    rows = tuple(finding(n, pupils=(f"p{n % 700}",), severity=list(Severity)[n % 4]) for n in range(5000))
    made = summary(*rows, previous=None)

    begun = time.monotonic()
    pdf = pdf_of(made)
    took = time.monotonic() - begun
    text = flat(pdf)

    assert took < 30
    assert "1,250 findings need action today, 1,250 this week and 2,500 later." in text
    assert "700 pupils concerned" in text
    assert f"… and {5000 - GRAVEST_SHOWN} more in the store" in text
    assert len(set(re.findall(r"\b[0-9a-f]{8}\b", text))) == GRAVEST_SHOWN


def test_a_first_run_without_findings_says_so() -> None:
    text = flat(pdf_of(summary()))

    assert "The rules found nothing that needs action in the 1,204 items read." in text
    assert "This is the first run in this store" in text
    assert "nothing found in the policy itself" in text


def test_a_run_that_read_nothing_does_not_reassure() -> None:
    text = flat(pdf_of(summary(items_read=0, sources=())))

    assert "Export the sites again and rerun the audit." in text
    assert "Everything: no item was read." in text
    assert "nothing missing from these exports" not in text
    assert "asks for action" not in text.split("Findings by clause")[0]


def test_no_pseudonym_and_no_whole_key_or_hash_is_printed() -> None:
    made = summary(finding(1, pupils=("pseudonym-of-a-pupil",), key="abcdef0123456789"))

    text = flat(pdf_of(made))

    assert "pseudonym-of" not in text
    assert "abcdef01" in text
    assert "abcdef012" not in text


def test_the_file_is_private_and_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_text("old")
    made = summary()

    write_pdf(made, coverage(POLICY, made, RULES), RULES, path)

    assert path.read_bytes().startswith(b"%PDF")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["missing/report.pdf", "folder", "file/report.pdf"])
def test_an_output_that_cannot_be_written_is_one_line_to_the_user(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    made = summary()
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(UserError) as caught:
        write_pdf(made, coverage(POLICY, made, RULES), RULES, tmp_path / name)

    message = str(caught.value)
    assert message.startswith(f"{tmp_path / name}: the report cannot be written")
    assert message.endswith("name a file in a folder that exists and that you may write to")
    assert "\n" not in message
    assert sorted(tmp_path.rglob("*")) == before


def test_an_old_report_survives_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.pdf"
    path.write_text("old")
    made = summary()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.pdf.os.fsync", full)
    with pytest.raises(UserError, match="no space left on device"):
        write_pdf(made, coverage(POLICY, made, RULES), RULES, path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# ------------------------------------------------------------------ what became of each export


def imported(**changes: Any) -> dict[str, Any]:
    made = summary(sources=(source(**changes),))
    return dict(pages(made, coverage(POLICY, made, RULES), RULES)["imports"][0])


def test_an_export_is_told_with_its_files_and_what_it_cannot_show() -> None:
    found = imported(
        rejected=3,
        media_missing=1,
        members={"private": 1_200, "parsed": 3, "unknown": 2, "damaged": 1, "skipped": 0},
        not_in_export=("Who can see a post is not in it.", "Replies by other people are not in it."),
    )
    assert found["records"] == "1,204 items, 3 rejected"
    assert found["members"] == [
        "3 read",
        "1,200 private, never opened",
        "2 of no known kind",
        "1 damaged, read in part or not at all",
    ]
    assert found["media"] == "20 there, 1 missing"
    assert found["cannot"] == ["Replies by other people are not in it.", "Who can see a post is not in it."]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, []),
        ({"members": {"damaged": 2}, "complete": False}, ["Export again: 2 files in it are damaged."]),
        ({"complete": False}, ["Export again: not all of it could be read."]),
        ({"media_missing": 4}, ["Give all parts of the download too: 4 pictures or documents missing."]),
        (
            {"media_missing": 1, "layout": "wordpress-wxr"},
            ["Give the folder wp-content/uploads too: 1 picture or document missing."],
        ),
        ({"media_damaged": 2}, ["Look at 2 pictures or documents yourself."]),
        ({"items": 0}, ["Nothing was found in it: see whether it is the right export."]),
    ],
)
def test_what_to_give_again(changes: dict[str, Any], says: list[str]) -> None:
    assert imported(**changes)["again"] == says


def test_the_pdf_says_what_became_of_each_export() -> None:
    text = flat(pdf_of(everything()))
    assert "What became of each export" in text
    assert "Files: 3 read; 12 private, never opened" in text
    assert "Comments by other people are not in it." in text
    assert "uploads too: 4 pictures or documents missing." in text


def test_a_finding_on_a_site_itself_names_the_site_alone() -> None:
    given = summary(finding(site="site:website"), finding(1, site="website"))
    said = pages(given, coverage(POLICY, given, RULES), RULES)
    assert [a["sites"] for a in said["actions"]["rows"]] == ["website"]
    assert {f["site"] for f in said["gravest"]} == {"website"}
