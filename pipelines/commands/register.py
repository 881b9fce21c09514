"""``social-audit register`` and ``social-audit attest``: the register of sites, its form, and what people confirm."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from detectors.base import UserError
from pipelines.console import AsJson, SchoolFolder, StoreFile, messages, open_store, tell, writing

if TYPE_CHECKING:
    from pipelines.school import School

register = typer.Typer(
    help="The register of official sites: its rows, their checks, and the approval form.", no_args_is_help=True
)

SiteId = Annotated[str, typer.Argument(help="The site's site_id.")]
_YEAR = timedelta(days=365)


def _school(folder: Path) -> School:
    from pipelines.school import load_school

    return load_school(folder, datetime.now(UTC).date())


def _names(school: School) -> dict[str, str]:
    """Names of staff by id, for the form that people sign."""
    return {a.id: " ".join(filter(None, (a.title, a.forename, a.surname))) for a in school.adults if a.of_staff}


@register.command()
def show(school: SchoolFolder, as_json: AsJson = False) -> None:
    """Show every site of the register, and what of it could not be read."""
    loaded = _school(school)
    rows = [
        {
            "site": s.id,
            "name": s.name,
            "status": s.form.status or "unknown",
            "host": s.form.host_name or s.form.platform or "unknown",
            "profile": s.profile,
            "administrators": len(s.form.administrators),
            "moderators": len(s.form.moderators),
            "closes": s.form.closure_or_review.isoformat() if s.form.closure_or_review else "unknown",
        }
        for s in loaded.register.sites
    ]
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        table = Table("Site", "Name", "Status", "Host", "Profile", "Admins", "Mods", "Closes or review")
        for row in rows:
            table.add_row(*(str(v) for v in row.values()))
        Console(highlight=False).print(table)
    for line in loaded.register.notices:
        messages.print(line, style="yellow", markup=False, soft_wrap=True)


@register.command()
def check(school: SchoolFolder, as_json: AsJson = False) -> None:
    """Check the register against the policy without any export; what only an export shows is told as not known."""
    from detectors.sites.rules import SITE_CHECKS
    from pipelines.audit import audit_sites, finding_record
    from pipelines.sites import site_readings

    loaded = _school(school)
    if not loaded.register.kept:
        raise UserError(
            f"{school}: there is no sites.toml or sites.csv; make one, or print a form: social-audit register form"
        )
    checks = [c for c in SITE_CHECKS if c.id != "site-not-exported"]
    findings, results = audit_sites(site_readings(loaded, {}, [], datetime.now(UTC).date(), {}), checks)
    if as_json:
        for finding in findings:
            print(json.dumps(finding_record(finding), ensure_ascii=False))
    else:
        table = Table("Site", "Severity", "Clause", "What")
        for finding in sorted(findings, key=lambda f: (f.item.id, f.severity.rank, f.clause)):
            table.add_row(finding.item.id.removeprefix("site:"), finding.severity.value, finding.clause, finding.why)
        out = Console(highlight=False)
        out.print(table)
        unknown = sum(r.outcome == "unknown" for r in results)
        out.print(
            f"{len(findings)} findings; {unknown} of {len(results)} checks need an export or a field that is blank."
        )
    tell([*loaded.problems, *loaded.register.notices])


@register.command()
def add(
    row: Annotated[Path, typer.Argument(help="A file with one [[site]], as `register read` writes it.")],
    school: SchoolFolder,
) -> None:
    """Add a site to the school's sites.toml; nothing is changed where its row cannot be used whole."""
    from pipelines.register import read_register, site_row

    text, site = site_row(row)
    known = read_register(school)
    if (school / "sites.csv").exists() and not (school / "sites.toml").exists():
        raise UserError(f"{school / 'sites.csv'}: the register is kept as CSV; add the row there by hand")
    if site.id in {f.site.id for f in known.forms}:
        raise UserError(
            f"the site_id {site.id} is on the register already; change its row in {school / 'sites.toml'} by hand"
        )
    path = school / "sites.toml"
    before = path.read_text(encoding="utf-8").rstrip() + "\n\n" if path.exists() else ""
    with writing(path) as stream:
        stream.write(before + text.strip() + "\n")
    print(f"{path}: {site.id} added. Check it with: social-audit register check --school {school}")


@register.command()
def form(
    school: SchoolFolder,
    output: Annotated[Path, typer.Option(help="The PDF to write.")],
    site: Annotated[str, typer.Option(help="The site_id of a row to print; a blank form without it.")] = "",
) -> None:
    """Print a site's approval form as a PDF to sign."""
    from pipelines.register import printed
    from reports.form import FormValues, write_form

    loaded = _school(school)
    row = next((s for s in loaded.register.sites if s.id == site), None)
    if site and row is None:
        raise UserError(
            f"there is no site {site} on the register; there are: {', '.join(s.id for s in loaded.register.sites)}"
        )
    names = _names(loaded)
    values, approvals = printed(row.fields, row.form, names) if row else ({}, {})
    write_form(FormValues(loaded.name, row.name if row else "", datetime.now(UTC).date(), values, approvals), output)
    print(f"{output}: written. Once it is signed, enter who signed and when under approvals of the site's row.")


@register.command()
def read(
    pdf: Annotated[Path, typer.Argument(help="A form as `register form` printed it (not a scan).")],
    output: Annotated[Path, typer.Option(help="Where the row goes, as TOML; - for standard output.")] = Path("-"),
) -> None:
    """Read a printed form back as a row of the register. Who signed is for a person to enter."""
    from pipelines.register import row_text
    from reports.form import values_of

    values = values_of(_pages(pdf))
    if not values:
        raise UserError(
            f"{pdf}: holds no form that this tool printed, or a scan of one; enter the row in sites.toml by hand"
        )
    with writing(output) as stream:
        stream.write(row_text(values))


def _pages(pdf: Path) -> list[str]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(pdf)
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]
    except (OSError, pypdfium2.PdfiumError):
        raise UserError(
            f"{pdf}: is no PDF that can be read; print the form again with: social-audit register form"
        ) from None


def attest(
    store: StoreFile,
    clause: Annotated[str, typer.Argument(help="The clause that is confirmed; without it, all are listed.")] = "",
    by: Annotated[str, typer.Option(help="Who confirms it.")] = "",
    about: Annotated[str, typer.Option(help="The site or person it is about; empty for all.")] = "",
    note: Annotated[str, typer.Option(help="What was said or looked at.")] = "",
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it was given; today without it.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day it holds; a year on without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record who confirmed a clause that only a person can answer for, or list what was confirmed and what is overdue."""
    from detectors.clauses import load_policy
    from pipelines.store.register import Attestation, attestations, attested_in, overdue
    from pipelines.store.register import attest as keep

    policy, today = load_policy(), datetime.now(UTC).date()
    if clause:
        given = on.date() if on else today
        if given > today:
            raise UserError("--on lies ahead; give the day on which it was confirmed")
        with open_store(store, writing=True) as opened:
            keep(opened, Attestation(clause, given, until.date() if until else given + _YEAR, by, about, note), policy)
        print(f"Clause {clause}: confirmed on {given}, until {until.date() if until else given + _YEAR}.")
        return
    with open_store(store) as opened:
        held, latest = attestations(opened), attested_in(opened)
    due = {n.clause for n in overdue(policy, latest, today)}
    rows: list[dict[str, Any]] = []
    for line in policy.clauses:
        if not any(c.mode == "attested" for c in line.controls):
            continue
        own = latest.get(line.id)
        state = "never confirmed" if own is None else "overdue" if line.id in due else "confirmed"
        rows.append(
            {
                "clause": line.id,
                "title": line.title,
                "state": state,
                "given": _iso(own.given if own else None),
                "until": _iso(own.until if own else None),
                "times": sum(a.clause == line.id for a in held),
                "by": next((a.by for a in reversed(held) if a.clause == line.id), ""),
            }
        )
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    table = Table("Clause", "Title", "State", "Given", "Until", "Times", "By")
    for row in rows:
        table.add_row(*(str(v) for v in row.values()))
    Console(highlight=False).print(table)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
