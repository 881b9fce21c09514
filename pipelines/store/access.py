"""The log of who looked at what and why. It only grows, and a row that is changed or missing shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from detectors.base import UserError
from pipelines.keys import seal, unseal

if TYPE_CHECKING:
    from pipelines.store import Store

_START = "0" * 64


@dataclass(frozen=True)
class Access:
    """One row of the log. ``subject`` is the key of a finding or an item, or a word; never a pupil."""

    number: int
    at: datetime
    by: str
    why: str = field(repr=False)
    action: str
    subject: str


def begin_log(store: Store) -> None:
    """Begin the log of a new store: its ends are signed from the first day, so that a log taken away whole shows too."""
    _set_ends(store, 1, _START, 0, _START)


def check_words(by: str, why: str) -> None:
    """Raises UserError where the name or the reason is blank."""
    if not by.strip() or not why.strip():
        raise UserError("say who looks and why: --by NAME --why REASON; both go into the access log")


def log_access(store: Store, by: str, why: str, action: str, subject: str) -> None:
    """Add a row. Raises UserError without a name or a reason."""
    check_words(by, why)
    first, before, last = _ends(store)
    chain = before if last < first else _chain_of(store, last)
    number, at = last + 1, datetime.now(UTC)
    sealed = seal(store._data_key, [by.strip(), why.strip()], f"access {number}")
    chain = _next(store, chain, number, at, action, subject, sealed)
    with store._transaction():
        store._connection.execute(
            "INSERT INTO access_log VALUES (?, ?, ?, ?, ?, ?)", [number, at, action, subject, sealed, chain]
        )
        _set_ends(store, first, before, number, chain)


def finding_key(store: Store, key: str) -> str:
    """The whole key of a finding of which at least the first 6 characters are given. Raises UserError where none or several fit."""
    rows = store._connection.execute("SELECT key FROM findings WHERE starts_with(key, ?) LIMIT 2", [key]).fetchall()
    if len(key) < 6 or not rows:
        raise UserError("no finding has this key; see: social-audit findings")
    if len(rows) > 1:
        raise UserError("several findings' keys begin like this; give more of its characters")
    return str(rows[0][0])


def reveal(store: Store, key: str, by: str, why: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A finding's row and the content of its item, once it stands in the access log who looks and why.

    Raises UserError without a name or a reason, and where no content is kept.
    """
    key = finding_key(store, key)
    row = store.query("SELECT * FROM findings WHERE key = ?", [key]).to_dict("records")[0]
    content = store.reveal(row["item_key"])
    if content is None:
        raise UserError("of this item no content is kept; look it up where it was published, or audit its export again")
    log_access(store, by, why, "reveal", key)
    return {str(name): value for name, value in row.items()}, content


def accesses(store: Store) -> list[Access]:
    """The whole log, oldest first."""
    rows = store._connection.execute("SELECT number, logged, action, subject, sealed FROM access_log ORDER BY number")
    found = []
    for number, at, action, subject, sealed in rows.fetchall():
        by, why = unseal(store._data_key, bytes(sealed), f"access {number}")
        found.append(Access(number, at, by, why, action, subject))
    return found


def check_log(store: Store) -> int:
    """How many rows the log has, all of them as they were written. Raises UserError where one was changed, added or taken away."""
    rows = store._connection.execute(
        "SELECT number, logged, action, subject, sealed, chain FROM access_log ORDER BY number"
    ).fetchall()
    found = store._connection.execute("SELECT first, before, last, mac FROM access_log_ends").fetchall()
    broken = UserError(
        "access log: rows were changed or taken away since they were written; keep this file and tell the data-protection officer"
    )
    if len(found) != 1:
        raise broken
    first, chain, last, mac = found[0]
    before = chain
    if [r[0] for r in rows] != list(range(first, last + 1)):
        raise broken
    for number, at, action, subject, sealed, written in rows:
        chain = _next(store, chain, number, at, action, subject, bytes(sealed))
        if chain != written:
            raise broken
    if mac != _mac(store, first, before, last, chain):
        raise broken
    return len(rows)


def purge_log(store: Store, until: datetime) -> int:
    """Take away the rows from before a time, and say how many. The log stays whole from its first kept row on."""
    check_log(store)
    first, _, last = _ends(store)
    row = store._connection.execute("SELECT max(number) FROM access_log WHERE logged < ?", [until]).fetchone()
    if row is None or row[0] is None:
        return 0
    cut = int(row[0])
    new_before = _chain_of(store, cut)
    end = _chain_of(store, last)
    with store._transaction():
        store._connection.execute("DELETE FROM access_log WHERE number <= ?", [cut])
        _set_ends(store, cut + 1, new_before, last, end)
    return cut - first + 1


def _ends(store: Store) -> tuple[int, str, int]:
    row = store._connection.execute("SELECT first, before, last FROM access_log_ends").fetchone()
    return (row[0], row[1], row[2]) if row else (1, _START, 0)  # none: it was taken away, and check_log says so


def _set_ends(store: Store, first: int, before: str, last: int, chain: str) -> None:
    store._connection.execute("DELETE FROM access_log_ends")
    store._connection.execute(
        "INSERT INTO access_log_ends VALUES (?, ?, ?, ?)",
        [first, before, last, _mac(store, first, before, last, chain)],
    )


def _chain_of(store: Store, number: int) -> str:
    row = store._connection.execute("SELECT chain FROM access_log WHERE number = ?", [number]).fetchone()
    if row is None:
        # Its end was cut off: check_log says so; the log goes on from a value that fits nothing.
        return _START
    return str(row[0])


def _next(store: Store, chain: str, number: int, at: datetime, action: str, subject: str, sealed: bytes) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return store._keys.sign("access log", chain, str(number), moment, action, subject, sealed.hex())


def _mac(store: Store, first: int, before: str, last: int, chain: str) -> str:
    return store._keys.sign("access log ends", str(first), before, str(last), chain)
