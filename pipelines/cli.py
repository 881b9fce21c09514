"""The command ``social-audit``."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from detectors.base import Severity, SiteFacts, UserError
from detectors.lexicons import DATA
from pipelines.commands import findings, privacy, routing
from pipelines.commands import register as sites
from pipelines.commands.group import group
from pipelines.commands.logos import logos
from pipelines.commands.review import review
from pipelines.console import (
    UNREADABLE,
    AsJson,
    Month,
    Paths,
    SchoolFolder,
    Since,
    StoreFile,
    Term,
    Until,
    messages,
    open_store,
    progress,
    tell,
    writing,
)

if TYPE_CHECKING:
    from pipelines.store import Store

app = typer.Typer(
    help="Audit what a school's official sites have published against its Social Media Acceptable Use Policy.\n\n"
    "Start with [bold]social-audit sample[/bold], which audits an invented school and leaves a PDF. For your own "
    "school: [bold]init[/bold] a school folder and fill it, [bold]inspect[/bold] an export to see what it holds, "
    "[bold]run[/bold] the audit.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run the command; a mistake its user can mend ends in one line and status 2."""
    try:
        app()
    except UserError as error:
        for line in str(error).splitlines():
            messages.print(line, style="red", markup=False, soft_wrap=True)
        sys.exit(UNREADABLE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="The folder to make.")]) -> None:
    """Make a school folder with an example of every file, ready to be filled with your own."""
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise UserError(f"{folder}: is not empty; name a new folder, nothing was changed")
    try:
        shutil.copytree(DATA / "template", folder, dirs_exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror}); name a folder you may write to") from None
    print(f"{folder}: made. Replace the example rows in roll.csv, staff.csv and sites.toml with your own,")
    print("put your marks into logos/ and your name into school.toml. The roll never leaves this folder.")


@app.command()
def inspect(
    paths: Paths,
    as_json: AsJson = False,
    records: Annotated[
        Path | None, typer.Option(help="Write every item read as a record a line; - for standard output.")
    ] = None,
    school: Annotated[
        Path | None,
        typer.Option(
            help="A school's folder, for tables whose columns have names of your own: its school.toml says under "
            '\\[exports.columns] which is which, as in text = "Message body".'
        ),
    ] = None,
) -> None:
    """Show what an export holds and what of it can be read, without auditing it."""
    from pipelines.readers import merge_reports, open_exports, record
    from pipelines.readers.overlap import read_together

    columns = {}
    if school is not None:
        from pipelines.school import load_export_columns

        columns = dict(load_export_columns(school))
    exports, problems = open_exports(paths, columns)
    if not exports:
        raise UserError("\n".join(problems))
    with writing(records) if records else writing(Path(os.devnull)) as stream:
        for _, item in read_together(exports):
            if records:
                stream.write(json.dumps(record(item), ensure_ascii=False) + "\n")
    report = merge_reports([e.report for e in exports])
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    elif not records or str(records) != "-":
        _print_import(report)
        for export in exports:
            _print_facts(export.facts())
    tell(problems + [p for e in exports for p in e.report.problems])


def _print_import(report: Any) -> None:
    out = Console(highlight=False)
    out.print(f"Layout: {report.layout}", markup=False)
    table = Table("What", "Read", box=None, pad_edge=False)
    for kind, count in sorted(report.items.items()):
        table.add_row(kind, str(count))
    for presence, count in sorted(report.media.items()):
        table.add_row(f"media {presence}", str(count))
    table.add_row("records rejected", str(report.rejected))
    out.print(table)
    shown = [m for m in report.members if m.status != "parsed"]
    for member in shown[:20]:
        out.print(f"{member.status}: {member.member} {('(' + member.why + ')') if member.why else ''}", markup=False)
    if len(shown) > 20:
        out.print(f"and {len(shown) - 20} more; --json names them all")
    for sentence in report.not_in_export:
        out.print(f"Not in this export: {sentence}", markup=False)


def _print_facts(facts: SiteFacts | None) -> None:
    """What an export shows of the site itself."""
    if facts is None:
        return
    out = Console(highlight=False)
    for name, fact in facts.facts.items():
        out.print(f"Of the site: {name}: {fact.value}", markup=False, soft_wrap=True)
    for sentence in facts.not_in_export:
        out.print(f"Of the site, not in this export: {sentence}", markup=False, soft_wrap=True)


@app.command()
def scan(
    paths: Paths,
    school: SchoolFolder,
    output: Annotated[
        Path, typer.Option(help="Where findings go, one JSON object a line; - for standard output.")
    ] = Path("-"),
) -> None:
    """Find without keeping: findings as JSON lines, no store, no report. Roll ids stand in the clear, so keep the file safe."""
    from pipelines.audit import finding_record
    from pipelines.runs import AuditRun

    run = AuditRun.prepare(paths, school, datetime.now(UTC).date())
    read, marks = 0, Counter[str]()
    found = 0
    with writing(output) as stream, progress(lines=False) as tell_progress:
        for batch in run.batches():
            read += len(batch.items)
            found += len(batch.findings)
            tell_progress(read, found)
            for finding in batch.findings:
                marks[finding.item.site] += finding.kind in ("LOGO", "LOGO_OUTDATED", "LOGO_ALTERED")
                stream.write(json.dumps(finding_record(finding), ensure_ascii=False) + "\n")
        for finding in run.audit_sites(marks)[0]:
            stream.write(json.dumps(finding_record(finding), ensure_ascii=False) + "\n")
    _mention(run.school.register.notices)
    if not read and not run.problems:
        run.problems.append(f"{paths[0]}: nothing in it could be read; see: social-audit inspect {paths[0]}")
    tell(run.problems)


def _mention(notices: Iterable[str]) -> None:
    """Name what is used in part only; it changes no status."""
    for line in notices:
        messages.print(line, style="yellow", markup=False, soft_wrap=True)


@app.command()
def run(
    paths: Paths,
    school: SchoolFolder,
    store: StoreFile,
    report: Annotated[Path | None, typer.Option(help="Write the head teacher's PDF there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Audit exports into the store: findings are kept through time, with a PDF for the head teacher."""
    outcome = _run(paths, school, store, report)
    if as_json:
        print(
            json.dumps(
                {
                    "run": outcome.run_id,
                    "items": outcome.items,
                    "audited": outcome.audited,
                    "unchanged": outcome.items - outcome.audited,
                    "findings": outcome.findings,
                    "new": outcome.new,
                    "gone": outcome.gone,
                }
            )
        )
    else:
        _print_outcome(store, report, outcome)
    tell(outcome.problems)


def _run(paths: list[Path], school: Path, store: Path, report: Path | None) -> Any:
    """Run the flow with a bar to watch; where standard error is no terminal, a line now and then."""
    if report is not None and not (report.parent.is_dir() and os.access(report.parent, os.W_OK)):
        raise UserError(f"{report}: cannot be written; name a file in a folder that exists and that you may write to")
    began = time.perf_counter()
    with progress(_items_last_time(store)) as tell_progress:
        from pipelines.flow import run_audit
        from pipelines.stored import Job

        outcome = run_audit(Job.of(paths, school, store, report), tell_progress)
    if outcome.failure is not None:
        from pipelines.store import is_full
        from pipelines.workers import fault

        if is_full(outcome.failure):
            raise UserError(
                "no space is left on the disk; free some and run the same command again: the store keeps what was done"
            )
        raise UserError(
            f"the audit stopped at a fault of its own ({fault(outcome.failure)}); the store keeps what was done"
        )
    outcome.seconds["all together"] = time.perf_counter() - began
    from pipelines.store.withheld import withheld_line

    with open_store(store) as opened:
        if line := withheld_line(opened, outcome.run_id):
            messages.print(line, style="yellow", markup=False, soft_wrap=True)
    return outcome


def _items_last_time(store: Path) -> int:
    """How many items the store's latest run read; 0 where there is none to ask."""
    from pipelines.store.summary import what_was_read

    try:
        with open_store(store) as opened:
            read = what_was_read(opened)
    except UserError:
        return 0  # a store that cannot be opened is told of by the run
    return read.items if read else 0


def _print_outcome(store: Path, report: Path | None, outcome: Any) -> None:
    out = Console(highlight=False)
    with open_store(store) as opened:
        _print_findings(out, opened)
        _print_sources(out, opened, outcome.run_id)
    out.print(
        f"\n{outcome.items} items read, {outcome.findings} findings in this run ({outcome.new} new, {outcome.gone} gone). "
        f"Store: {store}",
        markup=False,
        soft_wrap=True,
    )
    if report is not None:
        out.print(f"Report for the head teacher: {report}", markup=False, soft_wrap=True)
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in outcome.seconds.items())
    out.print(f"Time: {steps}", style="dim", markup=False)


def _print_sources(out: Console, store: Store, run_id: str) -> None:
    """What was read of each export: the proof, in short."""
    sources = store.query("SELECT * FROM sources WHERE run_id = ? ORDER BY number", [run_id])
    members = store.query("SELECT source, status, members FROM members_read WHERE run_id = ?", [run_id])
    for number, row in enumerate(sources.to_dict("records")):
        of_source = members[members["source"] == number].sort_values("status").to_dict("records")
        told = ", ".join(f"{m['members']} {m['status']}" for m in of_source)
        missing = f", {row['media_missing']} missing" if row["media_missing"] else ""
        damaged = f", {row['media_damaged']} damaged" if row["media_damaged"] else ""
        out.print(
            f"Read of {row['site']}: {row['items']} items, {row['rejected']} rejected; {row['media_present']} media"
            f"{missing}{damaged}; members: {told} ({row['layout']}, SHA-256 {row['sha256'][:12]})",
            markup=False,
            soft_wrap=True,
        )
        for sentence in row["observed"]:
            out.print(f"  {sentence}", markup=False, soft_wrap=True)


def _print_findings(out: Console, store: Store) -> None:
    counts = store.query(
        "SELECT detector, clause, severity, count(*) AS n FROM findings_now WHERE state <> 'gone' GROUP BY ALL"
    )
    names = (Column(name, overflow="fold") for name in ("Rule", "Clause"))  # an id that is cut short is of no use
    table = Table(*names, *(s.value for s in Severity), "all")
    for (detector, clause), rows in counts.groupby(["detector", "clause"]):
        by_severity = dict(zip(rows["severity"], rows["n"], strict=True))
        cells = [str(by_severity.get(s.value, "")) for s in Severity]
        table.add_row(str(detector), str(clause), *cells, str(sum(by_severity.values())))
    out.print(table)


@app.command()
def report(
    store: StoreFile,
    output: Annotated[Path, typer.Option(help="The PDF to write; HTML where its name ends in .html.")],
    html: Annotated[Path | None, typer.Option(help="Write it there as HTML for mail, too.")] = None,
    since: Since = None,
    until: Until = None,
    month: Month = "",
    term: Term = "",
    school: Annotated[Path | None, typer.Option(help="The school's folder, whose school.toml names the terms.")] = None,
) -> None:
    """Write the head teacher's report of the store's latest run again, of all or of one period."""
    from pipelines.period import period_of
    from pipelines.report import make_report

    period = period_of(since.date() if since else None, until.date() if until else None, month, term, school)
    with open_store(store, writing=True) as opened:
        make_report(opened, output, datetime.now(UTC).date(), period, html)
    for written in filter(None, (output, html)):
        print(f"{written}: written")


@app.command()
def policy(
    as_json: AsJson = False,
    version: Annotated[str | None, typer.Option(help="A policy version; the newest without it.")] = None,
) -> None:
    """Print the policy, clause by clause, and how each clause is answered for."""
    from detectors.clauses import load_policy, policy_json

    loaded = load_policy(version)
    if as_json:
        for row in policy_json(loaded):
            print(json.dumps(row, ensure_ascii=False))
        return
    table = Table("Clause", "Title", "How it is answered for", "By the rules", show_lines=True)
    for clause in (*loaded.clauses, *loaded.tool_checks):
        for number, c in enumerate(clause.controls):
            rules = ", ".join(c.answered_by) or "–"
            if c.planned:
                rules = f"not yet: {rules}"
            how = f"{c.mode}: {c.how}" + (f" Cannot be checked, because {c.unchecked}." if c.unchecked else "")
            table.add_row(*((clause.id, clause.title) if number == 0 else ("", "")), how, rules)
    Console(highlight=False).print(table)


@app.command()
def evaluate(
    posts: Annotated[Path, typer.Argument(help="Labelled posts: records with spans and doc_labels.")],
    school: SchoolFolder,
    as_json: AsJson = False,
) -> None:
    """Measure the rules on labelled posts: recall and precision by kind, with 95 % intervals."""
    from pipelines.accuracy import score_posts, score_table

    score = score_posts(posts, school)
    print(json.dumps(score.as_json(), indent=1) if as_json else score_table(score))


@app.command()
def sample(
    output: Annotated[Path, typer.Option(help="The folder for the store and the PDF.")] = Path("social-audit-sample"),
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Say, too, how many of its planted breaches are found: audits it once more."),
    ] = False,
) -> None:
    """Audit the invented school that comes with the tool."""
    exports = sorted(p for p in (DATA / "sample" / "exports").iterdir() if p.name != "uploads")
    school = DATA / "sample" / "school"
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{output}: cannot be made ({error.strerror}); name a folder you may write to") from None
    pdf = output / "summary.pdf"
    outcome = _run(exports, school, output / "sample.duckdb", pdf)
    _print_outcome(output / "sample.duckdb", pdf, outcome)
    if measure:
        from pipelines.accuracy import compare_with_truth

        print(compare_with_truth(exports, school, DATA / "sample" / "truth.jsonl"))
    tell(outcome.problems)


@app.command()
def schedule(
    school: SchoolFolder,
    store: StoreFile,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Exports to read anew at each run; without any, the inbox of the school's folder."),
    ] = None,
    cron: Annotated[
        str, typer.Option(help="When, as five cron fields: minute hour day month weekday; school.toml says without it.")
    ] = "",
    report: Annotated[Path | None, typer.Option(help="Write the head teacher's PDF there after each run.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Run now, and end.")] = False,
    port: Annotated[
        int, typer.Option(help="The port of the run history on this computer; any free one without it.")
    ] = 0,
) -> None:
    """Audit by a timetable, until stopped with Ctrl+C: what comes into the inbox, one folder a site (docs/every-week.md)."""
    from pipelines.school import load_cron, load_inbox, load_mailbox, load_school

    load_school(school, date.today())  # a mistake in the folder shows now, not on Monday morning
    load_mailbox(school)
    if not paths:
        load_inbox(school).make()
    if once:
        from pipelines.stored import Job
        from pipelines.weekly import mail

        outcome = _run(paths or [], school, store, report)
        _print_outcome(store, report, outcome)
        said = mail(Job.of(paths or [], school, store, report), outcome)
        _mention([*outcome.overdue, *outcome.left, *filter(None, [said])])
        tell(outcome.problems)
        return
    from pipelines.flow import serve
    from pipelines.stored import Job

    when = cron or load_cron(school)
    messages.print(f"Serving the audit at cron {when}; stop with Ctrl+C.")
    serve(
        Job.of(paths or [], school, store, report),
        when,
        port,
        lambda url: messages.print(f"Run history: {url}", soft_wrap=True),
    )


app.command()(findings.findings)
app.command()(findings.decide)
app.command()(findings.undo)
app.command()(findings.verdicts)
app.command()(findings.allow)
app.command()(findings.where)
app.command()(findings.worklist)
app.command()(findings.assign)
app.add_typer(privacy.keys, name="keys")
app.add_typer(privacy.safeguarding, name="safeguarding")
app.add_typer(privacy.breach, name="breach")
app.command()(privacy.reveal)
app.command("access-log")(privacy.access_log)
app.command()(privacy.forget)
app.command("subject-access")(privacy.subject_access)
app.command()(privacy.purge)
app.command()(privacy.dpia)
app.command()(privacy.verify)
app.command()(logos)
app.command()(routing.routes)
app.add_typer(sites.register, name="register")
app.command()(sites.attest)
app.command()(review)
app.add_typer(group, name="group")


if __name__ == "__main__":
    main()
