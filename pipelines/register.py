"""The register of sites as values that the site checks read: rows as a person filled them in, made typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from detectors.base import Answer, Approval, Site
from pipelines.roll import parse_date

_ROLES = {"head_teacher": "head", "communications_manager": "communications", "comms_manager": "communications"}


def site_of(site_id: str, row: Mapping[str, Any]) -> tuple[Site, list[str]]:
    """The site of a row, and a line for each field that cannot be used; such a field counts as blank."""
    problems: list[str] = []

    def text(name: str) -> str:
        value = row.get(name, "")
        return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""

    def day(value: object, name: str) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return parse_date(str(value if value is not None else ""))
        except ValueError:
            problems.append(f"sites.toml, site {site_id}: {name} is no date (yyyy-mm-dd or dd/mm/yyyy); left out")
            return None

    def several(name: str) -> frozenset[str]:
        value = row.get(name, [])
        if isinstance(value, Mapping):
            value = [k for k, ticked in value.items() if ticked is True or str(ticked).strip().lower() == "yes"]
        if isinstance(value, str):
            value = value.split(";")
        if not isinstance(value, list):
            problems.append(f"sites.toml, site {site_id}: {name} must be a list; left out")
            return frozenset()
        return frozenset(str(v).strip() for v in value if str(v).strip())

    def answer(name: str) -> Answer:
        said = str(row.get(name, "")).strip().lower()
        return "yes" if said in ("yes", "true") else "no" if said in ("no", "false") else "unknown"

    given = row.get("approvals", [])
    if not isinstance(given, list) or not all(isinstance(a, Mapping) for a in given):
        problems.append(f"sites.toml, site {site_id}: approvals must be a list of tables; left out")
        given = []
    site = Site(
        id=site_id,
        author=text("author_id"),
        department=text("department"),
        line_manager=text("line_manager_id"),
        aims=text("aims"),
        content=text("content"),
        hosted_by=text("hosted_by"),
        host_name=text("host_name") or text("platform_host"),
        status=text("status"),
        audience=several("audience"),
        contributors=several("contributors"),
        contributors_children=answer("contributors_children"),
        contributors_adults_ld=answer("contributors_adults_ld"),
        consent_method=text("consent_method"),
        advert_plan=text("advert_plan"),
        vetter=text("vetter_id"),
        security_measures=text("security_measures"),
        go_live=day(row.get("go_live"), "go_live"),
        closure_or_review=day(row.get("closure_or_review"), "closure_or_review"),
        administrators=several("admins"),
        moderators=several("moderators"),
        approvals=tuple(
            Approval(
                role=_ROLES.get(str(a.get("role", "")), str(a.get("role", ""))),
                person=str(a.get("person_id", "")),
                day=day(a.get("date"), "an approval's date"),
                scope=str(a.get("scope", "")),
            )
            for a in given
        ),
    )
    return site, problems
