"""The review page's queue: a page of findings at a time, worst first, then what is new; fast however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors.base import Severity, UserError
from pipelines.keys import unseal
from pipelines.store.access import finding_key

if TYPE_CHECKING:
    from pipelines.store import Store

PAGE = 50

_PRESENT = "state <> 'gone' AND NOT settled"
# What may be listed, by the words of the page; the first is what a person has to do next.
VIEWS: Mapping[str, str] = {
    "to decide": f"{_PRESENT} AND severity <> 'info' AND (verdict IS NULL OR lapsed IS NOT NULL)",
    "new": f"{_PRESENT} AND state = 'new'",
    "changed": f"{_PRESENT} AND state = 'changed'",
    "reopened": f"{_PRESENT} AND state = 'reopened'",
    "confirmed": f"{_PRESENT} AND verdict = 'confirmed'",
    "escalated": f"{_PRESENT} AND verdict = 'escalated'",
    "settled": "state <> 'gone' AND settled",
    "gone": "state = 'gone'",
    "all": "true",
}

# What findings of one cause have in common, by the cause: the same text or picture wherever it was posted, the same value
# about the same pupil or nobody, the pupil that fits best, the picture. Empty or NULL where a finding has no such cause.
CAUSES: Mapping[str, str] = {"case": "case_key", "value": "value_mac", "pupil": "pupils[1]", "picture": "media_mac"}

# A finding's place in the queue: the greater, the earlier. What came back or changed is as new as what was first seen then.
_PLACE = "rank, news, moment, key"
_PLACED = """
SELECT key, severity, detector, kind, clause, state, verdict, lapsed, allowed, settled, site, published, part, masked, logo, why,
    review, owner, due, -severity_rank(severity) AS rank, coalesce(epoch_us(published), 0) AS moment,
    greatest(first_run, coalesce(changed_run, ''), coalesce(returned_run, '')) AS news
FROM findings_now
"""


@dataclass(frozen=True)
class Wanted:
    """Which findings to list: those that fit all that is given. ``words`` must all stand in what is shown of a finding."""

    view: str = "to decide"
    severity: str = ""
    kind: str = ""
    clause: str = ""
    site: str = ""
    rule: str = ""
    owner: str = ""
    words: str = ""


@dataclass(frozen=True)
class Page:
    """Rows of ``findings_now`` in the queue's order, how many fit in all, and whether there are more before and after."""

    rows: list[dict[str, Any]]
    total: int
    more_before: bool
    more_after: bool


def page(store: Store, wanted: Wanted, *, after: str = "", before: str = "", size: int = PAGE) -> Page:
    """The findings that follow the one with the key ``after``, or come just before ``before``; else the first.

    That finding need not be in the list itself any more. Raises UserError for a view or key that there is none of.
    """
    where, values = _where(wanted)
    backwards = bool(before and not after)
    beside = "true"
    if anchor := after or before:
        beside = f"({_PLACE}) {'>' if backwards else '<'} (SELECT ({_PLACE}) FROM ({_PLACED}) WHERE key = ?)"  # noqa: S608
        values.append(finding_key(store, anchor))
    order = ", ".join(f"{column} {'ASC' if backwards else 'DESC'}" for column in _PLACE.split(", "))
    rows = _rows(
        store,
        f"SELECT * FROM (SELECT *, count(*) OVER () AS total FROM ({_PLACED}) WHERE {where}) "  # noqa: S608 - our own words
        f"WHERE {beside} ORDER BY {order} LIMIT {size + 1}",
        values,
    )
    more, rows = len(rows) > size, rows[:size]
    total = rows[0]["total"] if rows else 0
    return Page(rows[::-1], total, more, True) if backwards else Page(rows, total, bool(after), more)


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    if wanted.view not in VIEWS:
        raise UserError(f"what may be listed is: {', '.join(VIEWS)}")
    where, values = [VIEWS[wanted.view]], []
    for column, word in (("severity", wanted.severity), ("kind", wanted.kind), ("clause", wanted.clause),
                         ("site", wanted.site), ("detector", wanted.rule), ("owner", wanted.owner)):  # fmt: skip
        if word:
            where.append(f"{column} = ?")
            values.append(word)
    for word in wanted.words.split():
        where.append(
            "contains(lower(concat_ws(' ', masked, why, detector, kind, clause, site, part, owner, key)), lower(?))"
        )
        values.append(word)
    return " AND ".join(where), values


def choices(store: Store) -> dict[str, list[str]]:
    """What a list may be narrowed to, by the fields of Wanted: only what there is."""
    found = {"view": list(VIEWS), "severity": [s.value for s in Severity]}
    for name, column, table in (("kind", "kind", "findings"), ("clause", "clause", "findings"), ("site", "site", "findings"),
                                ("rule", "detector", "findings"), ("owner", "owner", "assignments")):  # fmt: skip
        rows = _rows(store, f"SELECT DISTINCT {column} AS word FROM {table} ORDER BY word")  # noqa: S608 - our own words
        found[name] = [row["word"] for row in rows]
    return found


def on_item(store: Store, item_key: str) -> list[dict[str, Any]]:
    """The findings on one item that are still there, in the order of its text."""
    order = "ORDER BY part, start_at NULLS LAST, key"
    return _rows(store, f"SELECT * FROM findings_now WHERE item_key = ? AND state <> 'gone' {order}", [item_key])  # noqa: S608


# One finding as f, to compare those of findings_now, n, with.
_ONE = "(SELECT * FROM findings WHERE key = ?)"


def _shares(column: str) -> str:
    return f"{_PRESENT} AND f.{column} <> '' AND n.{column} = f.{column}"


def of_cause(store: Store, key: str, cause: str = "") -> list[dict[str, Any]]:
    """A finding, and with a cause of CAUSES all that share it and nobody has settled; as rows of ``findings_now``.

    Raises UserError where no finding has the key, or there is no such cause.
    """
    if cause and cause not in CAUSES:
        raise UserError(f"a common cause is one of: {', '.join(CAUSES)}")
    shared = f"OR ({_shares(CAUSES[cause])})" if cause else ""
    sql = f"SELECT n.* FROM findings_now n, {_ONE} f WHERE n.key = f.key {shared}"  # noqa: S608 - our own words
    rows = _rows(store, sql, [finding_key(store, key)])
    if not rows:
        raise UserError("the audit that saw this finding has not finished; run it again")
    return rows


def causes(store: Store, key: str) -> dict[str, int]:
    """How many findings ``of_cause`` gives, by the cause, where there are more than the finding itself."""
    counts = ", ".join(f"count(*) FILTER (n.key = f.key OR ({_shares(c)})) AS {name}" for name, c in CAUSES.items())
    (row,) = _rows(store, f"SELECT {counts} FROM findings_now n, {_ONE} f", [finding_key(store, key)])  # noqa: S608
    return {name: number for name, number in row.items() if number > 1}


def export_paths(store: Store, site: str) -> list[Path]:
    """Where the exports of a site lay when they were audited, the latest first."""
    rows = _rows(
        store, "SELECT run_id, number, sealed_name FROM sources WHERE site = ? ORDER BY run_id DESC, number", [site]
    )
    names = [unseal(store._data_key, r["sealed_name"], f"source {r['run_id']} {r['number']}") for r in rows]
    return [Path(name) for name in dict.fromkeys(names)]


def open_by_site(store: Store) -> dict[str, int]:
    """How many findings ask for something, by site."""
    return {row["site"]: row["n"] for row in _rows(store, "SELECT site, count(*) AS n FROM worklist GROUP BY site")}


def _rows(store: Store, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    cursor = store._connection.execute(sql, list(values))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
