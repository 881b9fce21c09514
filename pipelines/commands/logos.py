"""``social-audit logos``: the school's marks as the audit knows them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.console import AsJson, SchoolFolder


def logos(school: SchoolFolder, as_json: AsJson = False) -> None:
    """Show the school's marks, their hashes, and which of them are too alike to tell apart."""
    from detectors.images.marks import LogoBank
    from pipelines.school import load_school

    bank = LogoBank.load(load_school(school, date.today()).marks)
    rows = [
        {
            "id": mark.id,
            "name": mark.name,
            "current": mark.current,
            "file": Path(path).name,
            "dhash": dhash,
            "phash": phash,
        }
        for mark, path, dhash, phash in bank.hashes()
    ]
    alike = [asdict(pair) for pair in bank.alike()]
    if as_json:
        print(json.dumps({"marks": rows, "alike": alike}, ensure_ascii=False, indent=2))
        return
    if not rows:
        print(f"{school / 'logos'} holds no picture: put each mark there as a PNG or JPEG, and run this again.")
        return
    console = Console(highlight=False)
    console.print(_table(rows))
    for pair in alike:
        console.print(f"{pair['first']} and {pair['second']}: {pair['words']}", markup=False, soft_wrap=True)
    if not alike:
        print("All marks can be told apart.")


def _table(rows: list[dict[str, Any]]) -> Table:
    """A row a file; the mark is named in its first."""
    table = Table("mark", "name", "in use", "file", "difference hash", "DCT hash")
    last = ""
    for row in rows:
        first = row["id"] != last
        last = row["id"]
        words = (row["id"], row["name"], "yes" if row["current"] else "retired") if first else ("", "", "")
        table.add_row(*(escape(w) for w in (*words, row["file"], row["dhash"], row["phash"][:16] + "…")))
    return table
