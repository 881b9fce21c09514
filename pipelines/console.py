"""What the commands share: option types, messages on standard error, files written whole or not at all."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

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


@contextmanager
def progress(expected: int = 0, *, lines: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Something to call with items and findings so far: a bar to watch; where standard error is no terminal, a line each, or none.

    Both tell the rate and, if ``expected`` says how many items there were last time, what is left at that rate.
    """
    began = time.monotonic()

    def said(items: int, findings: int) -> str:
        rate = items / max(time.monotonic() - began, 0.001)
        left = f", {_duration((expected - items) / rate)} left" if 0 < items < expected else ""
        return (
            f"{items} items audited, {findings} findings so far; {rate:.{0 if rate >= 10 else 1}f} items a second{left}"
        )

    if not messages.is_terminal:
        if lines:
            messages.print("auditing…")
        yield lambda items, findings: messages.print(said(items, findings)) if lines else None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True) as bar:
        task = bar.add_task("auditing…", total=expected or None)
        yield lambda items, findings: bar.update(
            task, description=said(items, findings), completed=min(items, expected) if expected else None
        )


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )


def open_store(path: Path, *, writing: bool = False) -> Store:
    """The store, for reading unless told otherwise. Its library is loaded only where a command needs it."""
    from pipelines.keys import Keys
    from pipelines.store import Store

    if writing and not path.exists():
        raise UserError(
            f"{path}: there is no store; make one with: social-audit run EXPORT --school DIR --store {path}"
        )
    return Store.open(path, Keys.load(), read_only=not writing)
