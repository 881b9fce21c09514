"""Who is to be told: how many open findings await each role, never what they say."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from pipelines.console import AsJson, SchoolFolder, StoreFile, open_store


def routes(store: StoreFile, school: SchoolFolder, as_json: AsJson = False) -> None:
    """Who is to be told of what: the open findings by role. Of safeguarding concerns there is a number and nothing else."""
    from pipelines.school import load_routing

    routing = load_routing(school)
    with open_store(store) as opened:
        open_now = opened.query("SELECT kind, site FROM findings_now WHERE state <> 'gone' AND NOT settled")
        withheld = int(opened.query("SELECT coalesce(sum(items), 0) AS n FROM items_withheld")["n"][0])
    counts = routing.counts(zip(open_now["kind"], open_now["site"], strict=True))
    if withheld:
        counts["safeguarding"] = withheld
    if as_json:
        print(json.dumps([{"role": r, "person": routing.person(r), "count": n} for r, n in counts.items()]))
        return
    table = Table("Role", "Who", "To be told of")
    for role, number in counts.items():
        what = "withheld items" if role == "safeguarding" else "open findings"
        table.add_row(role.replace("_", " "), routing.person(role) or "not said in school.toml", f"{number:,} {what}")
    Console(highlight=False, markup=False).print(table)
