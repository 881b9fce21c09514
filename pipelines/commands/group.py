"""``social-audit group``: several schools, each with a folder and a store of its own."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from detectors.base import UserError
from pipelines.console import AsJson, Month, Since, Term, Until, messages, progress

group = typer.Typer(help="Several schools: audit them one after the other, and roll them up.", no_args_is_help=True)

GroupFile = Annotated[Path, typer.Argument(help="The group's file, with a table [[school]] for each school.")]


@group.command()
def audit(path: GroupFile) -> None:
    """Audit what the inbox of every school holds, one school after the other; one that fails does not hold up the rest."""
    from pipelines.flow import run_audit
    from pipelines.group import load_group
    from pipelines.stored import Job
    from pipelines.weekly import mail
    from pipelines.workers import fault

    failed = 0
    for member in load_group(path).members:
        job = Job.of([], member.folder, member.store, member.report)
        try:
            with progress() as tell_progress:
                outcome = run_audit(job, tell_progress)
        except UserError as error:
            lines, done = [str(error)], False
        else:
            done = outcome.failure is None
            lines = [*outcome.overdue, *outcome.left, *outcome.problems, mail(job, outcome)]
            if outcome.failure is not None:
                lines.append(f"the audit stopped at a fault of its own ({fault(outcome.failure)})")
        failed += not done
        print(f"{member.folder}: {f'{outcome.items:,} items, {outcome.new:,} new findings' if done else 'not audited'}")
        for line in filter(None, lines):
            messages.print(f"  {line}", style="yellow", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(2)


@group.command()
def report(
    path: GroupFile,
    output: Annotated[Path | None, typer.Option(help="Write the roll-up there as a PDF, too.")] = None,
    since: Since = None,
    until: Until = None,
    month: Month = "",
    term: Term = "",
    as_json: AsJson = False,
) -> None:
    """What the schools' latest audits come to: counts, overdue exports; nothing of what was found."""
    from pipelines.group import load_group, roll_up, totals
    from pipelines.period import period_of
    from reports.group import write_group

    loaded, today = load_group(path), datetime.now(UTC).date()
    days = since.date() if since else None, until.date() if until else None
    named = period_of(*days, month, term, loaded.members[0].folder)
    rows = roll_up(loaded, today, lambda folder: period_of(*days, month, term, folder))
    if output is not None:
        write_group(loaded.name, rows, today, output, named)
    if as_json:
        for row in rows:
            print(json.dumps(asdict(row), default=str, ensure_ascii=False))
        return
    table = Table(
        "School", "Audited", "Items", "Critical", "High", "Medium", "Low", "New", "Gone", "Withheld", "Overdue"
    )
    for row in rows:
        if row.run is None:
            table.add_row(row.school, row.problem)
            continue
        counts = [row.items, *(row.open.get(s, 0) for s in ("critical", "high", "medium", "low"))]
        counts += [row.new, row.gone, row.withheld, len(row.overdue)]
        table.add_row(row.school, row.run.isoformat(), *(f"{n:,}" for n in counts))
    table.add_section()
    table.add_row("All", "", "", *(f"{n:,}" for n in totals(rows).values()))
    Console(highlight=False).print(table)
    for row in rows:
        for line in row.overdue:
            messages.print(f"{row.school}: {line}", style="yellow", markup=False, soft_wrap=True)
