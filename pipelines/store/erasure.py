"""Forgetting: a pupil, what is older than the school keeps it, and the bytes that deleted rows leave behind.

DuckDB keeps deleted rows in its file until their place is used again. So each erasure ends with a new file that is written from the
rows that stay and takes the old one's place, and with a search of every file for what must be gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from detectors.base import UserError
from detectors.text.fold import folded_key
from pipelines.keys import Keys, home_path, seal, unseal
from pipelines.store.access import purge_log
from pipelines.store.files import config, quoted

if TYPE_CHECKING:
    from pipelines.store import Store

_CHUNK = 1 << 22  # bytes
_MEMORY = 256  # MB
_FORGOTTEN = "(forgotten)"


@dataclass(frozen=True)
class Forgotten:
    """What forgetting a pupil came to. ``still_published`` counts items that the newest export of their site still held."""

    findings: int
    items: int
    still_published: int
    names_removed: int
    withheld: int
    files_searched: int


@dataclass
class _Traces:
    """What must stand in no file any more."""

    pseudonym: str = field(repr=False)
    sealed: list[bytes] = field(default_factory=list, repr=False)
    items: set[str] = field(default_factory=set, repr=False)

    def needles(self) -> list[bytes]:
        return [self.pseudonym.encode(), *self.sealed]


def drop_items(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> int:
    """Delete some items with all that hangs on them, but for what is withheld; gives how many rows went."""
    if not keys:
        return 0
    findings = connection.execute("SELECT key FROM findings WHERE item_key IN (SELECT unnest(?))", [list(keys)])
    gone = _drop_findings(connection, [row[0] for row in findings.fetchall()])
    for table in _tables_with(connection, "item_key"):
        if table != "withheld":
            gone += _deleted(connection, f"DELETE FROM {table} WHERE item_key IN (SELECT unnest(?))", [list(keys)])  # noqa: S608
    return gone


def _drop_findings(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> int:
    """Delete some findings with all that hangs on them: ``key`` and ``finding_key`` name findings in every table."""
    if not keys:
        return 0
    return sum(
        _deleted(connection, f"DELETE FROM {table} WHERE {column} IN (SELECT unnest(?))", [list(keys)])  # noqa: S608
        for column in ("finding_key", "key")
        for table in _tables_with(connection, column)
    )


def _tables_with(connection: duckdb.DuckDBPyConnection, column: str, kind: str = "") -> list[str]:
    """The tables, not views, that have a column of this name, and of this type where one is given."""
    rows = connection.execute(
        "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_name) "
        "WHERE c.column_name = ? AND t.table_type = 'BASE TABLE' AND (? = '' OR c.data_type = ?) ORDER BY c.table_name",
        [column, kind, kind],
    )
    return [row[0] for row in rows.fetchall()]


def _deleted(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]) -> int:
    row = connection.execute(sql, parameters).fetchone()
    return int(row[0]) if row else 0


def rewrite(path: Path) -> None:
    """Put a new file with the rows that are there in the place of the old one.

    The store must be closed. Raises UserError where the new file cannot be written; the old one then stays as it was.
    """
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        with duckdb.connect(":memory:", config=config(path, _MEMORY)) as connection:
            connection.execute(f"ATTACH {quoted(path)} AS old_file")
            connection.execute(f"ATTACH {quoted(draft)} AS new_file")
            connection.execute("COPY FROM DATABASE old_file TO new_file")
            connection.execute("UPDATE new_file.store_info SET rewrite_due = false")
            connection.execute("DETACH new_file")
            connection.execute("DETACH old_file")
        draft.chmod(0o600)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, duckdb.Error):
        raise UserError(
            f"{path}: rows were deleted, but their bytes still stand in the file, for it could not be written anew; close what "
            f"has it open and see to free space: the next command that writes to it, as social-audit purge does, tries again"
        ) from None
    finally:
        draft.unlink(missing_ok=True)
        path.with_name(f"{draft.name}.wal").unlink(missing_ok=True)


def snapshots(path: Path) -> list[Path]:
    """The copies of a store that are published for analysts; each run makes them anew."""
    return [p for p in beside(path) if "snapshot" in p.name.lower()]


def beside(path: Path) -> list[Path]:
    """The files of the store's folder that bear its name: copies, drafts, journals and the person's own backups."""
    starts = (f"{path.name}.", f".{path.name}", f"{path.stem}.snapshot", f"{path.stem}-snapshot")
    return sorted(p for p in path.parent.iterdir() if p.is_file() and p != path and p.name.startswith(starts))


def files_to_search(path: Path) -> list[Path]:
    """Every file that an erasure answers for: the store, what lies beside it, and all of the tool's home but its keys."""
    home = home_path()
    in_home = home.rglob("*") if home.is_dir() else iter(())
    keys = home / "keys"
    return [path, *beside(path), *sorted(p for p in in_home if p.is_file() and keys not in p.parents and p != path)]


def files_with(files: Iterable[Path], needles: Sequence[bytes]) -> list[Path]:
    """Those files in whose bytes one of the needles stands."""
    longest = max(map(len, needles), default=0)
    found = []
    for path in files:
        with path.open("rb") as file:
            before = b""
            while chunk := file.read(_CHUNK):
                window = before + chunk
                if any(n in window for n in needles):
                    found.append(path)
                    break
                before = window[-longest:]
    return found


def forget(path: Path, keys: Keys, pupil_id: str, names: Sequence[str]) -> Forgotten:
    """Forget a pupil: pseudonym, findings, sealed content of items about them, and file names that name them.

    ``names`` are ways to write the pupil's name; sealed words in which one stands go too, and no file may hold one in the clear.
    Where a name fits several pupils, the finding stays for the others. Raises UserError where the store knows nothing of the
    pupil, or where a trace is left.
    """
    from pipelines.store import Store

    folded = [n for n in map(folded_key, names) if n]
    with Store.open(path, keys) as store:
        traces = _Traces(store._keys.mac("pupil", pupil_id))
        with store._transaction():
            findings, still = _forget_findings(store, traces)
            _forget_content(store, traces, folded)
            renamed = _forget_names(store, traces, folded)
            known = bool(findings or traces.items or renamed)
            if known:
                store._connection.execute("UPDATE erasures SET pupils = pupils + 1")
                store.rewrite_when_closed()
        withheld = store._connection.execute("SELECT count(*) FROM withheld WHERE state = 'withheld'").fetchone()
        assert withheld is not None
    searched = files_to_search(path)
    left = list(map(str, files_with(searched, [*traces.needles(), *(n.encode() for n in names)])))
    with Store.open(path, keys, read_only=True) as store:
        left += tables_with(store, traces.pseudonym)
    if left:
        raise UserError(
            f"traces of this pupil are left in: {', '.join(left)}; delete those files and forget the pupil again"
        )
    if not known:
        raise UserError(
            "the store and the files beside it hold nothing about this pupil; is the id as it stands in the roll?"
        )
    return Forgotten(findings, len(traces.items), still, renamed, withheld[0], len(searched))


def _forget_findings(store: Store, traces: _Traces) -> tuple[int, int]:
    """Delete the findings about the pupil alone, take the pseudonym out of the others; gives how many, and items still there."""
    connection = store._connection
    about = connection.execute(
        "SELECT DISTINCT item_key FROM findings WHERE list_contains(pupils, ?)", [traces.pseudonym]
    ).fetchall()
    traces.items |= {row[0] for row in about}
    items = sorted(traces.items)
    still = connection.execute(
        "SELECT count(DISTINCT item_key) FROM findings_now WHERE state <> 'gone' AND item_key IN (SELECT unnest(?))",
        [items],
    ).fetchone()
    # A phone number or an illness on such an item can be the pupil's own: what names nobody else goes with them.
    doomed = connection.execute(
        "SELECT key FROM findings WHERE item_key IN (SELECT unnest(?)) AND len(list_filter(pupils, lambda p: p <> ?)) = 0",
        [items, traces.pseudonym],
    ).fetchall()
    _drop_findings(connection, [row[0] for row in doomed])
    # An item that spoke of the pupil is read anew, though nothing was found on it.
    connection.execute(
        "UPDATE items SET fingerprint = '' WHERE list_contains(pupils, ?) OR list_contains(speaks, ?)",
        [traces.pseudonym, traces.pseudonym],
    )
    for column in ("pupils", "speaks"):
        for table in _tables_with(connection, column, "VARCHAR[]"):
            connection.execute(
                f"UPDATE {table} SET {column} = list_filter({column}, lambda p: p <> ?) "  # noqa: S608
                f"WHERE list_contains({column}, ?)",
                [traces.pseudonym, traces.pseudonym],
            )
    for table in _tables_with(connection, "pupil", "VARCHAR"):
        connection.execute(f"DELETE FROM {table} WHERE pupil = ?", [traces.pseudonym])  # noqa: S608
    assert still is not None
    return len(doomed), still[0]


def _forget_content(store: Store, traces: _Traces, names: Sequence[str]) -> None:
    """Drop the sealed content of items about the pupil, and let the next run read those items anew."""
    connection = store._connection
    for key, sealed in connection.execute("SELECT item_key, sealed FROM items WHERE sealed IS NOT NULL").fetchall():
        if key in traces.items or _names(unseal(store._data_key, bytes(sealed), f"item {key}"), names):
            traces.items.add(key)
            traces.sealed.append(bytes(sealed))
    items = sorted(traces.items)
    connection.execute(
        "UPDATE items SET sealed = NULL, content_mac = '', fingerprint = '' WHERE item_key IN (SELECT unnest(?))",
        [items],
    )
    for table in _tables_with(connection, "item_key"):
        if table not in ("items", "findings", "withheld"):
            connection.execute(f"DELETE FROM {table} WHERE item_key IN (SELECT unnest(?))", [items])  # noqa: S608
    connection.execute(
        "DELETE FROM items WHERE item_key IN (SELECT unnest(?)) AND item_key NOT IN (SELECT item_key FROM findings)",
        [items],
    )


def _forget_names(store: Store, traces: _Traces, names: Sequence[str]) -> int:
    """Take the pupil's name out of the sealed names of exports and their files, and of what a site says of itself."""
    removed = 0
    for table, column, about, empty in _SEALED_NAMES:
        where = " AND ".join(f"{c} = ?" for c in about[1:])
        rows = store._connection.execute(f"SELECT {', '.join(about[1:])}, {column} FROM {table}").fetchall()  # noqa: S608
        for *key, sealed in rows:
            bound = " ".join(map(str, (about[0], *key)))
            if _names(unseal(store._data_key, bytes(sealed), bound), names):
                traces.sealed.append(bytes(sealed))
                store._connection.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {where}",  # noqa: S608
                    [seal(store._data_key, empty, bound), *key],
                )
                removed += 1
    return removed


# Table, sealed column, what the seal is bound to and the columns of the key, and what takes the place of a name.
_SEALED_NAMES: tuple[tuple[str, str, tuple[str, ...], Any], ...] = (
    ("verdicts", "sealed", ("verdict", "number"), [_FORGOTTEN, ""]),
    ("allow_list", "sealed", ("allowed", "number"), [_FORGOTTEN, ""]),
    ("sources", "sealed_name", ("source", "run_id", "number"), _FORGOTTEN),
    ("source_members", "sealed", ("member", "run_id", "source", "number"), [_FORGOTTEN, ""]),
    ("site_facts", "sealed", ("fact", "run_id", "source", "fact"), [_FORGOTTEN, ["", "", "", ""]]),
)


def _names(value: Any, names: Sequence[str]) -> bool:
    return any(name in text for text in map(folded_key, _texts(value)) for name in names)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def tables_with(store: Store, text: str) -> list[str]:
    """The tables in any of whose columns a text stands, however the file packs it."""
    tables = store._connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' ORDER BY table_name"
    ).fetchall()
    found = []
    for (table,) in tables:
        row = store._connection.execute(
            f'SELECT count(*) FROM "{table}" AS t WHERE contains(CAST(t AS VARCHAR), ?)',  # noqa: S608
            [text],
        ).fetchone()
        if row and row[0]:
            found.append(f"table {table}")
    return found


@dataclass(frozen=True)
class Purged:
    """How much a purge took away, by kind."""

    content: int
    verdicts: int
    accesses: int
    runs: int


def purge(
    path: Path, keys: Keys, *, content: datetime, verdicts: datetime, accesses: datetime, runs: datetime
) -> Purged:
    """Take away what is older than the given times, and write the file anew.

    Sealed content counts from the last run that saw the item; runs go with what only they saw, but for the last two of each
    site, which the next comparison needs.
    """
    from pipelines.store import Store

    with Store.open(path, keys) as store:
        with store._transaction():
            dropped = _deleted(
                store._connection,
                "UPDATE items SET sealed = NULL WHERE sealed IS NOT NULL AND last_run IN "
                "(SELECT run_id FROM runs WHERE started < ?)",
                [content],
            )
            verdicts_gone = _purge_verdicts(store._connection, verdicts)
            runs_gone = _purge_runs(store, runs)
            store.rewrite_when_closed()
        rows = purge_log(store, accesses)
    return Purged(dropped, verdicts_gone, rows, runs_gone)


def _purge_verdicts(connection: duckdb.DuckDBPyConnection, until: datetime) -> int:
    """Take away old verdicts, but for those on findings that are still there: without them a person would have to judge again."""
    return _deleted(
        connection,
        "DELETE FROM verdicts WHERE decided < ? AND key NOT IN (SELECT key FROM findings WHERE gone_run IS NULL)",
        [until],
    )


def _purge_runs(store: Store, until: datetime) -> int:
    connection = store._connection
    old = [
        row[0]
        for row in connection.execute(
            "SELECT run_id FROM runs WHERE started < ? AND run_id NOT IN "
            "(SELECT latest FROM site_runs UNION SELECT previous FROM site_runs WHERE previous IS NOT NULL)",
            [until],
        ).fetchall()
    ]
    if not old:
        return 0
    gone = connection.execute("SELECT item_key FROM items WHERE last_run IN (SELECT unnest(?))", [old]).fetchall()
    drop_items(connection, [row[0] for row in gone])
    lost = connection.execute("SELECT key FROM findings WHERE last_run IN (SELECT unnest(?))", [old]).fetchall()
    _drop_findings(connection, [row[0] for row in lost])
    for table in _tables_with(connection, "run_id"):
        connection.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT unnest(?))", [old])  # noqa: S608
    return len(old)
