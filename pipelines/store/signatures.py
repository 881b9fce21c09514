"""Reports signed when they are written, so that a person can tell later whether one is still what the audit said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detectors.base import UserError

if TYPE_CHECKING:
    from pipelines.store import Store


def sign_report(store: Store, sha256: str, run_id: str) -> None:
    """Keep a report's hash (hexadecimal SHA-256), signed together with its run and the hashes of the exports it read."""
    written = datetime.now(UTC)
    store._connection.execute(
        "INSERT INTO reports VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [sha256, run_id, written, _mac(store, sha256, run_id, written)],
    )


def check_report(store: Store, sha256: str) -> tuple[str, datetime]:
    """The run that a report is of, and when it was written. Raises UserError where its signature does not hold."""
    row = store._connection.execute("SELECT run_id, written, mac FROM reports WHERE sha256 = ?", [sha256]).fetchone()
    if row is None:
        raise UserError(
            "report: this file was not written from this store, was changed since, or its run was purged; write it again with: "
            "social-audit report"
        )
    run_id, written, mac = row
    if mac != _mac(store, sha256, run_id, written):
        raise UserError(
            "report: what the store says of its run and exports was changed since it was written; audit the exports again"
        )
    return run_id, written


def export_hashes(store: Store, run_id: str) -> list[str]:
    """The SHA-256 of each export that a run read, in its order."""
    rows = store._connection.execute("SELECT sha256 FROM sources WHERE run_id = ? ORDER BY number", [run_id])
    return [row[0] for row in rows.fetchall()]


def _mac(store: Store, sha256: str, run_id: str, written: datetime) -> str:
    moment = written.astimezone(UTC).isoformat(timespec="microseconds")
    return store._keys.sign("report", sha256, run_id, moment, *export_hashes(store, run_id))
