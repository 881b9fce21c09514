"""Several schools: a folder and a store for each, and what they come to together. Nothing of one school is kept with another."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from detectors.base import UserError
from pipelines.keys import Keys
from pipelines.school import load_inbox, load_school_name
from pipelines.store import Store
from pipelines.store.history import moved_in
from pipelines.store.summary import items_within, to_be_done, what_was_read
from pipelines.store.withheld import withheld_in
from reports.group import GroupRow
from reports.summary import Period


@dataclass(frozen=True)
class Member:
    """A school of the group."""

    folder: Path
    store: Path
    report: Path | None = None


@dataclass(frozen=True)
class Group:
    """The schools of a trust."""

    name: str
    members: tuple[Member, ...]


def load_group(path: Path) -> Group:
    """A group's file: its name, and a table ``[[school]]`` each, with folder, store and perhaps report, beside the file.

    Raises UserError for what is missing, and where two schools share a store.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise UserError(f"{path}: cannot be read; name a file with a table [[school]] for each school") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: this is not valid TOML ({error}); correct that line") from None
    rows = given.get("school", [])
    if not isinstance(rows, list) or not rows:
        raise UserError(f"{path}: names no school; add a table [[school]] with folder and store for each")
    members = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not row.get("folder") or not row.get("store"):
            raise UserError(f"{path}: school {number} needs a folder and a store")
        report = row.get("report")
        members.append(
            Member(path.parent / row["folder"], path.parent / row["store"], path.parent / report if report else None)
        )
    if len({m.store.resolve() for m in members}) < len(members):
        raise UserError(f"{path}: two schools share a store; give each one of its own")
    return Group(str(given.get("name", "The group")), tuple(members))


def roll_up(group: Group, today: date, period_in: Callable[[Path], Period | None] = lambda _: None) -> list[GroupRow]:
    """A row for each school: counts of its latest run. One that cannot be read has its reason in place of figures.

    ``period_in`` gives the period that a school's folder is asked about: each school may have terms of its own.
    """
    return [_row(member, today, period_in) for member in group.members]


def _row(member: Member, today: date, period_in: Callable[[Path], Period | None]) -> GroupRow:
    name = member.folder.name
    try:
        name = load_school_name(member.folder)
        overdue = load_inbox(member.folder).overdue(today) if (member.folder / "inbox").is_dir() else []
        with Store.open(member.store, Keys.load(), read_only=True) as store:
            if (read := what_was_read(store)) is None:
                return GroupRow(name, "no run has finished yet")
            period = period_in(member.folder)
            new, _, gone = store.changes(read.run_id)
            if period is not None:
                moved = moved_in(store, period)
                new, gone = moved.new, moved.gone
            return GroupRow(
                name,
                "",
                read.started.date(),
                items_within(store, read.run_id, period) if period else read.items,
                to_be_done(store, period),
                new,
                gone,
                withheld_in(store, read.run_id),
                tuple(overdue),
            )
    except UserError as error:
        return GroupRow(name, str(error))


def totals(rows: Sequence[GroupRow]) -> dict[str, int]:
    """What is to be done in all schools, by severity."""
    return {s: sum(r.open.get(s, 0) for r in rows) for s in ("critical", "high", "medium", "low")}
