"""What was found and what people decide on it: lists, verdicts, the allow-list, the work list, all about one pupil."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from detectors.base import UserError
from pipelines.console import AsJson, StoreFile, messages, open_store, writing
from reports.words import count

if TYPE_CHECKING:
    from pipelines.store import Store
    from pipelines.store.verdicts import Selection

By = Annotated[str, typer.Option("--by", help="Your name; it is kept sealed.")]
Why = Annotated[str, typer.Option("--why", help="Your reason, without a pupil's name; it is kept sealed.")]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="The last day on which it holds; for good without it."),
]
Keys = Annotated[
    list[str] | None, typer.Argument(help="Keys of findings, or their first six characters or more.", metavar="KEY")
]
Case = Annotated[
    str, typer.Option("--case", help="The same text or picture as this finding's, on every site.", metavar="KEY")
]
Picture = Annotated[str, typer.Option("--picture", help="All on the picture of this finding.", metavar="KEY")]
PupilId = Annotated[str, typer.Option("--pupil", help="All about this pupil, by the roll's id.", metavar="PUPIL")]
Rule = Annotated[str, typer.Option("--rule", help="All of this rule.", metavar="RULE")]
Kind = Annotated[str, typer.Option("--kind", help="All of this kind, as PUPIL.")]
SiteId = Annotated[str, typer.Option("--site", help="All on this site, by its id.")]
Level = Annotated[str, typer.Option("--severity", help="critical, high, medium, low or info.")]
State = Annotated[str, typer.Option("--state", help="new, open, changed, gone or reopened.")]
Verdict = Annotated[str, typer.Option("--verdict", help="confirmed, false alarm, consented, removed or escalated.")]
HasVerdict = Annotated[str, typer.Option("--verdict", help="Those with this verdict; none for those without one.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before several findings are changed at once.")]
ReachBy = Annotated[
    str, typer.Option("--by", help="Your name, to be shown how to reach each post; it goes into the access log.")
]
ReachWhy = Annotated[
    str, typer.Option("--why", help="Your reason, without a pupil's name; it goes into the access log.")
]

_SHOWN = ("key", "detector", "kind", "clause", "severity", "state", "site", "part", "masked")
_out = Console(highlight=False, markup=False)


def findings(
    store: StoreFile,
    as_json: AsJson = False,
    case: Case = "",
    picture: Picture = "",
    pupil: PupilId = "",
    rule: Rule = "",
    kind: Kind = "",
    site: SiteId = "",
    severity: Level = "",
    state: State = "",
    verdict: HasVerdict = "",
) -> None:
    """List the store's findings, masked, worst first; those that fit all the options given."""
    from pipelines.store.verdicts import Selection, select

    chosen = Selection((), case, picture, pupil, rule, kind, site, severity, state, verdict)
    with open_store(store) as opened:
        rows = select(opened, chosen)
    if as_json:
        for row in rows:
            print(json.dumps(_json_row(row)))
        return
    table = Table("Key", "Severity", "State", "Verdict", "Rule", "Site", "Published", "Part", "Shown as", "Why")
    for row in rows:
        table.add_row(
            row["key"][:8], row["severity"], row["state"], _verdict(row), row["detector"], row["site"],
            _day(row["published"]), row["part"], row["masked"] or row["logo"], row["why"],
        )  # fmt: skip
    _out.print(table)


def decide(
    store: StoreFile,
    verdict: Verdict,
    by: By,
    why: Why,
    keys: Keys = None,
    until: Until = None,
    case: Case = "",
    picture: Picture = "",
    pupil: PupilId = "",
    rule: Rule = "",
    site: SiteId = "",
    yes: Yes = False,
) -> None:
    """Judge findings: confirmed, false alarm, consented, removed or escalated. The judgement lasts through later runs.

    It covers what was judged and nothing else: another name in the same place is a new finding. It lapses after its last day, when
    the severity rises, and when what was marked removed is seen again.
    """
    from pipelines.store.verdicts import Selection, checked
    from pipelines.store.verdicts import decide as store_verdict

    word = checked(verdict)
    with open_store(store, writing=True) as opened:
        rows = _meant(opened, Selection(tuple(keys or ()), case, picture, pupil, rule, "", site), yes=yes)
        done = store_verdict(opened, rows, word, by, why, _as_day(until))
    _out.print(f"{count(done, 'finding')}: {word}", soft_wrap=True)


def undo(
    key: Annotated[str, typer.Argument(help="A finding's key, or its beginning.")],
    store: StoreFile,
    by: By,
) -> None:
    """Take back the latest verdict on a finding, and those given together with it. What held before holds again."""
    from pipelines.store.verdicts import undo as take_back

    with open_store(store, writing=True) as opened:
        done = take_back(opened, key, by)
    _out.print(f"{count(done, 'verdict')} taken back", soft_wrap=True)


def verdicts(
    key: Annotated[str, typer.Argument(help="A finding's key, or its beginning.")],
    store: StoreFile,
    as_json: AsJson = False,
) -> None:
    """Every judgement on a finding, oldest first: what, when, who, why."""
    from pipelines.store.verdicts import history

    with open_store(store) as opened:
        rows = history(opened, key)
    _print_rows(rows, ("decided", "verdict", "until", "by", "why"), as_json=as_json)


def allow(
    store: StoreFile,
    key: Annotated[
        str, typer.Argument(help="The finding whose value may stand, everywhere and about the same pupil.")
    ] = "",
    by: By = "",
    why: Why = "",
    until: Until = None,
    remove: Annotated[int | None, typer.Option("--remove", help="Take the entry of this number off the list.")] = None,
    as_list: Annotated[bool, typer.Option("--list", help="Show the list.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a value stand wherever it is found: an author's name, a public number. With a reason, and with a last day if you like."""
    from pipelines.store import verdicts as decisions

    if as_list or (not key and remove is None):
        with open_store(store) as opened:
            _print_rows(
                decisions.allowed(opened), ("number", "kind", "masked", "added", "until", "by", "why"), as_json=as_json
            )
        return
    with open_store(store, writing=True) as opened:
        if remove is not None:
            decisions.disallow(opened, remove)
            _out.print(f"Entry {remove} is off the list.")
            return
        row = decisions.allow(opened, key, by, why, _as_day(until))
    _out.print(f"{row['kind']} {row['masked']}: may stand", soft_wrap=True)


def where(
    pupil: Annotated[str, typer.Argument(help="The pupil's id, as it stands in the roll.", metavar="PUPIL")],
    store: StoreFile,
    by: ReachBy = "",
    why: ReachWhy = "",
    as_json: AsJson = False,
) -> None:
    """Everything published about one pupil, newest first: for a parent's request, or when a consent is withdrawn."""
    from pipelines.store.verdicts import Selection, reach, select

    with open_store(store, writing=bool(by or why)) as opened:
        rows = [r for r in select(opened, Selection(pupil=pupil)) if r["state"] != "gone"]
        rows.sort(key=lambda r: _time(r["published"]), reverse=True)
        ways = reach(opened, rows, by, why) if by or why else {}
    if as_json:
        for row in rows:
            print(json.dumps(_work_row(row, ways)))
        return
    _print_work(rows, ways)
    items = len({r["item_key"] for r in rows})
    _out.print(f"{count(items, 'item')}, {count(len(rows), 'finding')} still published.", soft_wrap=True)
    _tell_of_reach(ways, rows)


def worklist(
    store: StoreFile,
    output: Annotated[Path | None, typer.Option("--csv", help="Write it as a table; - for standard output.")] = None,
    owner: Annotated[str, typer.Option("--owner", help="What this person or role has to do.")] = "",
    case: Case = "",
    picture: Picture = "",
    pupil: PupilId = "",
    rule: Rule = "",
    site: SiteId = "",
    severity: Level = "",
    by: ReachBy = "",
    why: ReachWhy = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show no more than so many on the screen.")] = 50,
) -> None:
    """What a person still has to do, worst first, with who does it until when; nothing that is for information only."""
    from pipelines.store.verdicts import Selection, reach, select

    with open_store(store, writing=bool(by or why)) as opened:
        rows = select(opened, Selection((), case, picture, pupil, rule, "", site, severity), todo=True)
        rows = [r for r in rows if not owner or _text(r["owner"]) == owner]
        ways = reach(opened, rows, by, why) if by or why else {}
    if output is not None:
        with writing(output) as stream:
            _write_csv(stream, [_work_row(r, ways) for r in rows])
        if str(output) != "-":
            _out.print(
                f"{output}: written, {count(len(rows), 'finding')}. It is masked, and still the school's alone.",
                soft_wrap=True,
            )
        return
    _print_work(rows[:limit], ways)
    if len(rows) > limit:
        _out.print(f"and {len(rows) - limit:,} more; --csv FILE has them all", soft_wrap=True)
    cases = len({r["case_key"] for r in rows})
    _out.print(f"{count(len(rows), 'finding')} to do, in {count(cases, 'case')}.", soft_wrap=True)
    _tell_of_reach(ways, rows)


def assign(
    store: StoreFile,
    owner: Annotated[str, typer.Option("--owner", help="Who does it: a name or a role; empty for nobody.")],
    due: Annotated[datetime | None, typer.Option("--due", formats=["%Y-%m-%d"], help="Until when.")] = None,
    keys: Keys = None,
    case: Case = "",
    picture: Picture = "",
    pupil: PupilId = "",
    rule: Rule = "",
    site: SiteId = "",
    severity: Level = "",
    yes: Yes = False,
) -> None:
    """Give work to somebody: findings by their keys, or all of a case, a picture, a pupil, a rule or a site."""
    from pipelines.store import verdicts as decisions

    chosen = decisions.Selection(tuple(keys or ()), case, picture, pupil, rule, "", site, severity)
    with open_store(store, writing=True) as opened:
        rows = _meant(opened, chosen, yes=yes, todo=not keys)
        done = decisions.assign(opened, rows, owner, _as_day(due))
    _out.print(
        f"{count(done, 'finding')}: {owner.strip() or 'nobody'}{f', until {due:%d %b %Y}' if due else ''}",
        soft_wrap=True,
    )


def _json_row(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: _text(row[name]) or None for name in ("verdict", "lapsed", "owner")}
    dates = {"due": _day(row["due"]) or None, "published": _time(row["published"]) or None}
    return {name: row[name] for name in _SHOWN} | told | {"settled": bool(row["settled"])} | dates


def _meant(store: Store, chosen: Selection, *, yes: bool, todo: bool = False) -> list[dict[str, Any]]:
    """The findings to be changed; where they were not named one by one, the person is asked."""
    from pipelines.store.verdicts import select

    if chosen.is_empty:
        raise UserError("say which findings: by their keys, or with --case, --picture, --pupil, --rule or --site")
    rows = [r for r in select(store, chosen, todo=todo) if chosen.keys or r["state"] != "gone"]
    if not rows:
        raise UserError("no finding fits; see: social-audit findings")
    if len(rows) > len(chosen.keys or ()) and not yes:
        typer.confirm(f"{count(len(rows), 'finding')}: all of them?", abort=True, err=True)
    return rows


def _print_work(rows: Sequence[dict[str, Any]], ways: dict[str, str]) -> None:
    table = Table(
        "Key", "Severity", "State", "Verdict", "Rule", "Site", "Published", "Shown as", "Owner", "Due", "Reach it"
    )
    for row in rows:
        table.add_row(
            row["key"][:8], row["severity"], row["state"], _verdict(row), row["detector"], row["site"], _time(row["published"]),
            row["masked"] or row["logo"], _text(row["owner"]), _day(row["due"]), ways.get(row["key"], ""),
        )  # fmt: skip
    _out.print(table)


def _tell_of_reach(ways: dict[str, str], rows: Sequence[Any]) -> None:
    if rows and not ways:
        messages.print(
            "To be shown the address of each post, give --by and --why.", style="dim", markup=False, soft_wrap=True
        )


_COLUMNS = (
    "key", "case", "severity", "state", "verdict", "kind", "rule", "clause", "site", "platform", "item", "visibility", "published",
    "part", "shown_as", "why", "owner", "due", "reach",
)  # fmt: skip


def _work_row(row: dict[str, Any], ways: dict[str, str]) -> dict[str, str]:
    return dict(
        zip(
            _COLUMNS,
            (row["key"], row["case_key"][:12], row["severity"], row["state"], _verdict(row), row["kind"], row["detector"],
             row["clause"], row["site"], row["platform"], row["item_kind"], row["visibility"], _time(row["published"]), row["part"],
             row["masked"] or row["logo"], row["why"], _text(row["owner"]), _day(row["due"]), ways.get(row["key"], "")),
            strict=True,
        )
    )  # fmt: skip


def _write_csv(stream: Any, rows: Iterable[dict[str, str]]) -> None:
    """A table for a spreadsheet: no cell is taken for a formula."""
    table = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({k: f"'{v}" if v[:1] in ("=", "+", "-", "@", "\t", "\r") else v for k, v in row.items()})


def _print_rows(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    shown = [
        {c: _time(r[c]) if c in ("decided", "added") else _day(r[c]) if c == "until" else r[c] for c in columns}
        for r in rows
    ]
    if as_json:
        for row in shown:
            print(json.dumps(row))
        return
    table = Table(*(c.capitalize() for c in columns))
    for row in shown:
        table.add_row(*(str(row[c]) for c in columns))
    _out.print(table)


def _verdict(row: dict[str, Any]) -> str:
    if row["allowed"]:
        return "allowed"
    verdict, lapsed = _text(row["verdict"]), _text(row["lapsed"])
    return f"{verdict} ({lapsed})" if lapsed else verdict


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)


def _time(value: Any) -> str:
    return "" if value is None or pd.isna(value) else f"{value:%Y-%m-%d %H:%M}"


def _day(value: Any) -> str:
    return _time(value)[:10]


def _as_day(value: datetime | None) -> date | None:
    return value.date() if value else None
