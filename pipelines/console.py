"""What the commands share: option types, messages on standard error, files written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from detectors.base import UserError

if TYPE_CHECKING:
    from pipelines.store import Store

messages = Console(stderr=True, highlight=False)

Paths = Annotated[list[Path], typer.Argument(help="Exports as the platforms gave them: files, zips or folders.")]
SchoolFolder = Annotated[Path, typer.Option("--school", help="The school's folder (see: social-audit init).")]
StoreFile = Annotated[Path, typer.Option("--store", help="The store: one DuckDB file, made when there is none.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]

Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leave out what was published before.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leave out what was published after.")]
Month = Annotated[str, typer.Option(help="Only what was published in a month, as in 2026-10.")]
Term = Annotated[str, typer.Option(help="Only what was published in a term that school.toml names, as in autumn-2026.")]

UNREADABLE = 2


def tell(problems: list[str]) -> None:
    """Name each thing that could not be read; where there is one, the status is 2 although the rest is done."""
    for line in problems:
        messages.print(line, style="yellow", markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(UNREADABLE)


@contextmanager
def writing(path: Path) -> Iterator[Any]:
    """A text stream for a file, written beside it and put in its place at the end; ``-`` is standard output.

    A device or a pipe is written to as it is: whoever may would put a file in its place.
    """
    if str(path) == "-":
        yield sys.stdout
        return
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("w", encoding="utf-8") as stream:
            yield stream
        return
    draft = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            yield stream
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); name a file in a folder you may write to"
        ) from None


def open_store(path: Path, *, writing: bool = False) -> Store:
    """The store, for reading unless told otherwise. Its library is loaded only where a command needs it."""
    from pipelines.keys import Keys
    from pipelines.store import Store

    if writing and not path.exists():
        raise UserError(
            f"{path}: there is no store; make one with: social-audit run EXPORT --school DIR --store {path}"
        )
    return Store.open(path, Keys.load(), read_only=not writing)
