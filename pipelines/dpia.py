"""The draft of a data-protection impact assessment: this tool's facts, with the school's names filled in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from string import Template

from detectors.lexicons import DATA
from pipelines.places import places_table
from pipelines.school import load_retention, load_routes, load_school

_OPEN = "[name]"


def fill_dpia(folder: Path, today: date) -> str:
    """The draft as Markdown. Raises UserError where the school's folder is unusable."""
    school, retention, routes = load_school(folder, today), load_retention(folder), load_routes(folder)
    sites = "".join(f"- {_line(site.name)} ({site.id})\n" for site in school.register.sites)
    template = Template((DATA / "dpia.md").read_text(encoding="utf-8"))
    return template.substitute(
        school=_line(school.name),
        day=f"{today:%d %B %Y}",
        head=_line(routes.get("head", "")) or _OPEN,
        lead=_line(routes.get("safeguarding", "")) or _OPEN,
        officer=_line(routes.get("data_protection", "")) or _OPEN,
        sites=sites or "- [no register of sites yet: fill sites.toml]\n",
        policy=school.policy_version or "newest",
        places=places_table(),
        content=retention.content,
        verdicts=retention.verdicts,
        access_log=retention.access_log,
        runs=retention.runs,
    )


def _line(text: str) -> str:
    """On one line, whatever stands in the school's files."""
    return " ".join(text.split())
