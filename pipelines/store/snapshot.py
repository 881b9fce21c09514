"""The analysts' copy of the store: published after each run, read-only, without anything sealed.

Who reads it never stands in a run's way, and a run never in theirs: a new copy takes the old one's place at once, and whoever
has the old one open keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import duckdb
import pandas as pd

from detectors.base import UserError
from pipelines.store.files import config, quoted

# What nobody analyses: the logs of people's acts and the items that only the safeguarding lead may know of.
_LEFT_OUT = frozenset(
    {"access_log", "access_log_ends", "breaches", "withheld", "reports", "item_aliases", "allow_list"}
)
_MEMORY = 64  # MB
# What only the next run asks for.
_EMPTIED = frozenset({"fingerprint", "consents", "anchor", "text_mac"})


def snapshot_path(store: Path) -> Path:
    """Where the copy of a store stands: ``audit.snapshot.duckdb`` beside ``audit.duckdb``."""
    return store.with_name(f"{store.stem}.snapshot{store.suffix or '.duckdb'}")


class Snapshot:
    """An open copy: its views are for analysts, and no key is needed to read it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, store: Path) -> Self:
        """Open the copy of a store. Raises UserError where there is none."""
        path = snapshot_path(store)
        try:
            connection = duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"})
        except (OSError, duckdb.Error):
            raise UserError(
                f"{path}: there is no copy for analysts; each run makes one: social-audit run EXPORT --school DIR --store {store}"
            ) from None
        connection.execute("SET TimeZone = 'UTC'")
        return cls(connection)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The rows of a query over the views."""
        return self._connection.execute(sql, list(parameters)).df()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def publish(store: Path) -> Path:
    """Put a new copy in the place of the old one. The store must be closed.

    Raises UserError where it cannot be written; the old copy then stays.
    """
    target, draft = snapshot_path(store), store.with_name(f".{store.name}.snapshot.new")
    draft.unlink(missing_ok=True)
    try:
        with duckdb.connect(":memory:", config=config(store, _MEMORY)) as connection:
            connection.execute(f"ATTACH {quoted(store)} AS store (READ_ONLY)")
            connection.execute(f"ATTACH {quoted(draft)} AS copy")
            connection.execute("COPY FROM DATABASE store TO copy (SCHEMA)")
            for table, columns in _tables(connection).items():
                if table not in _LEFT_OUT:
                    chosen = ", ".join(_column(name, kind, nullable) for name, kind, nullable in columns)
                    connection.execute(f"INSERT INTO copy.{table} SELECT {chosen} FROM store.{table}")  # noqa: S608
            connection.execute("DETACH copy")
        draft.chmod(0o400)
        draft.replace(target)
    except (OSError, duckdb.Error):
        raise UserError(
            f"{target}: the analysts' copy could not be written, the store itself is complete; see to free space and rights, "
            "and run the audit again"
        ) from None
    finally:
        draft.unlink(missing_ok=True)
        draft.with_name(f"{draft.name}.wal").unlink(missing_ok=True)
    return target


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str, bool]]]:
    """The store's tables with their columns: name, type, whether it may be NULL."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    rows = connection.execute(
        "SELECT c.table_name, c.column_name, c.data_type, c.is_nullable FROM duckdb_columns() c "
        "JOIN duckdb_tables() t ON t.table_oid = c.table_oid AND t.database_name = c.database_name "
        "WHERE c.database_name = 'store' ORDER BY c.table_name, c.column_index"
    )
    for table, name, kind, nullable in rows.fetchall():
        found.setdefault(table, []).append((name, kind, nullable))
    return found


def _column(name: str, kind: str, nullable: bool) -> str:
    """A column as the copy has it: nothing sealed."""
    if name in _EMPTIED:
        return "''"
    return name if kind != "BLOB" else "NULL" if nullable else "''::BLOB"
