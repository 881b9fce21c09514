"""The views made for analysts, as the migrations describe them."""

from __future__ import annotations

import re
from pathlib import Path

_MIGRATIONS = Path(__file__).parent / "migrations"
# A comment "-- For analysts: …" of one or more lines, and the view that follows.
_VIEW = re.compile(r"-- For analysts: ((?:.*\n--)*.*)\nCREATE (?:OR REPLACE )?VIEW (\w+)")


def described() -> dict[str, str]:
    """What each view shows, by its name; the latest migration's words hold."""
    found = {}
    for path in sorted(_MIGRATIONS.glob("*.sql")):
        for words, name in _VIEW.findall(path.read_text(encoding="utf-8")):
            found[name] = " ".join(words.replace("\n--", " ").split())
    return found


def views_table() -> str:
    """The views as a Markdown table."""
    rows = [f"| `{name}` | {words[0].upper()}{words[1:]} |" for name, words in sorted(described().items())]
    return "\n".join(["| view | shows |", "|---|---|", *rows]) + "\n"
