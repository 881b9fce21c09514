"""What the store keeps for the policy's clauses that no item breaks: results of checks, notes on the run itself, attestations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from detectors.base import Finding, Item, Severity, UserError
from detectors.clauses import Policy, UpkeepNote
from pipelines.audit import SiteResult
from pipelines.keys import seal, unseal
from pipelines.store import Store
from pipelines.store.through_time import note_unchanged
from reports.summary import Attested, CheckedRow


def save_sites(
    store: Store,
    run_id: str,
    items: Sequence[tuple[Item, str]],
    findings: Sequence[Finding],
    results: Iterable[SiteResult],
) -> None:
    """Store what the site checks came to, before the run is closed. ``items`` stand for the sites, each with its label.

    Of what is not known in this run, the findings of the last one stand.
    """
    store.save_batch(run_id, items, findings)
    labels = {item.id.removeprefix("site:"): (item, label) for item, label in items}
    rows = []
    for result in results:
        item, label = labels[result.site]
        rows.append([run_id, result.check, label.removeprefix("site:"), result.outcome, result.why])
        if result.outcome == "unknown":
            store._connection.execute(
                "UPDATE findings SET last_run = ? WHERE item_key = ? AND detector = ? AND gone_run IS NULL",
                [run_id, store._item_key(item), result.check],
            )
    _insert_checks(store, rows)


def save_notes(store: Store, run_id: str, notes: Sequence[UpkeepNote], results: Iterable[SiteResult]) -> None:
    """Store what a run found out about its own work."""
    _insert_checks(store, [[run_id, r.check, "", r.outcome, r.why] for r in results])
    for number, note in enumerate(notes):
        store._connection.execute(
            "INSERT INTO run_notes VALUES (?, ?, ?, ?, ?, ?)",
            [run_id, number, note.check, note.clause, note.severity.value, note.text],
        )


def _insert_checks(store: Store, rows: list[list[Any]]) -> None:
    if rows:
        store._connection.executemany("INSERT INTO checks_made VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)


def marks_shown(store: Store, run_id: str) -> dict[str, int]:
    """In how many places the items read so far in a run show a mark of the school, by the site's label; none is left out."""
    note_unchanged(store._connection, ())
    sql = (
        "SELECT f.site, count(*) FROM findings f JOIN items i USING (item_key) WHERE f.kind IN ('LOGO', 'LOGO_OUTDATED', "
        "'LOGO_ALTERED') AND f.last_run = i.last_run AND (i.last_run = ? OR item_key IN (SELECT item_key FROM unchanged)) "
        "GROUP BY f.site"
    )
    return dict(store._connection.execute(sql, [run_id]).fetchall())


def checked_in(store: Store, run_id: str) -> tuple[CheckedRow, ...]:
    """What the checks of a run came to."""
    sql = "SELECT detector, site, outcome, why FROM checks_made WHERE run_id = ? ORDER BY detector, site"
    return tuple(CheckedRow(*row) for row in store._connection.execute(sql, [run_id]).fetchall())


def notes_of(store: Store, run_id: str) -> tuple[UpkeepNote, ...]:
    """What a run found out about its own work."""
    sql = "SELECT detector, clause, severity, why FROM run_notes WHERE run_id = ? ORDER BY number"
    rows = store._connection.execute(sql, [run_id]).fetchall()
    return tuple(UpkeepNote(check, clause, Severity(severity), why) for check, clause, severity, why in rows)


@dataclass(frozen=True)
class Attestation:
    """A confirmation of a clause: by whom, of which site or person (empty: of all), and what was said."""

    clause: str
    given: date
    until: date
    by: str = field(repr=False)
    about: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


def attest(store: Store, attestation: Attestation, policy: Policy) -> None:
    """Keep a confirmation. Raises UserError for a clause that is not attested, dates that cannot be, or nobody's name."""
    attested = [c.id for c in policy.clauses if any(k.mode == "attested" for k in c.controls)]
    if attestation.clause not in attested:
        raise UserError(
            f"clause {attestation.clause} is not one that a person attests; those are: {', '.join(attested)}"
        )
    if not attestation.by.strip():
        raise UserError("say who confirms it, with --by")
    if attestation.until < attestation.given:
        raise UserError("--until lies before the day of the confirmation; give a later one")
    with store._transaction():
        row = store._connection.execute("SELECT coalesce(max(number), 0) + 1 FROM attestations").fetchone()
        number = row[0] if row else 1
        told = [attestation.by, attestation.about, attestation.note]
        sealed = seal(store._data_key, told, f"attestation {number}")
        store._connection.execute(
            "INSERT INTO attestations VALUES (?, ?, ?, ?, ?, ?)",
            [number, attestation.clause, attestation.given, attestation.until, datetime.now(UTC), sealed],
        )


def attestations(store: Store) -> list[Attestation]:
    """Every confirmation, the oldest first."""
    rows = store._connection.execute(
        "SELECT number, clause, given, until, sealed FROM attestations ORDER BY number"
    ).fetchall()
    found = []
    for number, clause, given, until, sealed in rows:
        by, about, note = unseal(store._data_key, bytes(sealed), f"attestation {number}")
        found.append(Attestation(clause, given, until, by, about, note))
    return found


def attested_in(store: Store) -> dict[str, Attested]:
    """The confirmation of each clause that holds longest."""
    sql = "SELECT clause, arg_max(given, until), max(until) FROM attestations GROUP BY clause"
    return {clause: Attested(given, until) for clause, given, until in store._connection.execute(sql).fetchall()}


def overdue(policy: Policy, attested: dict[str, Attested], today: date) -> tuple[UpkeepNote, ...]:
    """A note for each clause whose last confirmation has run out."""
    notes = []
    for clause in policy.clauses:
        latest = attested.get(clause.id)
        if latest is None or latest.until >= today:
            continue
        severity = next((c.severity for c in clause.controls if c.mode == "attested" and c.severity), Severity.LOW)
        days = (today - latest.until).days
        text = f"The confirmation of clause {clause.id} ran out {days} {'day' if days == 1 else 'days'} ago: have it given again."
        notes.append(UpkeepNote("attestation-overdue", clause.id, severity, text))
    return tuple(notes)


def kept_too_long(store: Store, until: datetime) -> int:
    """How many items' content is still sealed although the last run that saw them is older than ``until``."""
    row = store._connection.execute(
        "SELECT count(*) FROM items WHERE sealed IS NOT NULL AND last_run IN (SELECT run_id FROM runs WHERE started < ?)",
        [until],
    ).fetchone()
    return int(row[0]) if row else 0
