"""How the store's files are opened: nothing is fetched, memory is bounded, and what does not fit is spilt beside the store."""

from __future__ import annotations

import shutil
from pathlib import Path

Config = dict[str, str | bool | int | float | list[str]]


def config(store: Path, megabytes: int) -> Config:
    """DuckDB's settings for a connection that may take so much memory beyond the size of the store's file.

    A fixed limit would fail a large store: an index does not leave memory while rows are put in.
    """
    size = store.stat().st_size >> 20 if store.exists() else 0
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": f"{megabytes + size}MB",
        "temp_directory": str(_spill(store)),
        "threads": "2",  # each takes buffers of its own, and no query here gains by more
    }


def clear_spill(store: Path) -> None:
    """Delete what a process that was killed has spilt."""
    shutil.rmtree(_spill(store), ignore_errors=True)


def quoted(path: Path) -> str:
    """A path as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def _spill(store: Path) -> Path:
    return store.with_name(f".{store.name}.spill")
