"""The register of sites: ``sites.toml`` or ``sites.csv`` as a person filled it in, made typed.

A row or field that cannot be used is named, and the rest is used. A blank is unknown.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from detectors.base import Answer, Approval, Site, UserError
from pipelines.roll import parse_date

APPROVAL_ROLES = {
    "line_manager": "line_manager",
    "line manager": "line_manager",
    "communications": "communications",
    "communications_manager": "communications",
    "communications manager": "communications",
    "comms_manager": "communications",
    "head": "head",
    "head_teacher": "head",
    "head teacher": "head",
}
GROUPS = ("pupils", "staff", "family", "other_schools", "external", "public", "others")
_WORDS = {
    "hosted_by": ("school", "third_party"),
    "status": ("proposed", "live", "closed"),
    "run_by": ("school", "contractor"),
    "settings_expected": ("public", "members", "private"),
}
_ALIASES = {
    "pupils from other schools": "other_schools",
    "external organisations": "external",
    "members of the public": "public",
    "parents": "family",
    "pupils' family": "family",
}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 1, 1)  # before the first school website; far beyond any form


@dataclass(frozen=True)
class Form:
    """A row of the register: typed, and as it was filled in."""

    site: Site
    row: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Rows:
    """A register as read: ``problems`` are lines on rows that are not used, ``notices`` on rows of which a field is not."""

    forms: tuple[Form, ...] = ()
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    kept: bool = False


def read_register(folder: Path) -> Rows:
    """The rows of a school's register; ``kept`` is false where there is no file.

    Raises UserError for a file that is no TOML or CSV at all.
    """
    toml, table = folder / "sites.toml", folder / "sites.csv"
    path = toml if toml.exists() else table
    if not path.exists():
        return Rows()
    problems = (
        [f"{table}: is not read, because there is a sites.toml; keep one of them"]
        if path != table and table.exists()
        else []
    )
    forms: dict[str, Form] = {}
    notices: list[str] = []
    for place, row in _toml_rows(path, problems) if path == toml else _csv_rows(path, problems):
        site_id = str(row.get("site_id") or row.get("id") or "").strip()
        where = f"{path.name}, {place}"
        if not site_id:
            problems.append(f"{where}: has no site_id; give the site one")
        elif not _ID.fullmatch(site_id):
            problems.append(
                f"{where}: site_id must be letters, digits, dots and hyphens, at most 64; the row was left out"
            )
        elif site_id in forms:
            problems.append(f"{where}: the site_id {site_id} stands in an earlier row too; the row was left out")
        else:
            site, found = site_of(site_id, row, path.name, place)
            forms[site_id] = Form(site, row)
            notices += found
    return Rows(tuple(forms.values()), tuple(problems), tuple(notices), kept=True)


def _toml_rows(path: Path, problems: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tables of ``[[site]]``, ``[[sites]]``, ``[sites.ID]`` or ``[ID]``, each with what to call it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); see to it that it can") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not in UTF-8; save it again as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: is no TOML ({error}); correct that line") from None
    tables = content.get("sites", content.get("site", content))
    rows = (
        tables
        if isinstance(tables, list)
        else [{"site_id": k, **v} if isinstance(v, dict) else v for k, v in tables.items()]
    )
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict):
            yield f"site {number}", row
        else:
            problems.append(f"{path.name}, site {number}: is no table, [[site]]; left out")


def _csv_rows(path: Path, problems: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of a CSV with a column a field; lists are parted by semicolons.

    An approval is three columns: ``head_approval_person``, ``head_approval_date``, ``head_approval_scope``, and so on.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=max(",;\t", key=header.count))
    columns = [c.strip().lower().replace(" ", "_") for c in reader.fieldnames or []]
    if "site_id" not in columns:
        raise UserError(f"{path}: there is no column site_id; add it")
    if missing := [c for c in ("author_id", "go_live", "admins", "moderators", "status") if c not in columns]:
        problems.append(f"{path.name}: columns that are missing count as blank: {', '.join(missing)}")
    reader.fieldnames = columns
    try:
        for row in reader:
            cells: dict[str, Any] = {
                k: (v or "").strip() for k, v in row.items() if isinstance(k, str) and isinstance(v, str | None)
            }
            if not any(cells.values()):
                continue
            approvals = []
            for role in ("line_manager", "communications", "head"):
                person, day = cells.get(f"{role}_approval_person", ""), cells.get(f"{role}_approval_date", "")
                if person or day:
                    scope = cells.get(f"{role}_approval_scope", "")
                    approvals.append({"role": role, "person_id": person, "date": day, "scope": scope})
            yield f"line {reader.line_num}", {**cells, "approvals": approvals}
    except csv.Error:
        raise UserError(f"{path}: line {reader.line_num + 1} is no CSV; export the file again") from None


def site_of(site_id: str, row: Mapping[str, Any], file: str = "sites.toml", place: str = "") -> tuple[Site, list[str]]:
    """The site of a row, and a line for each field that cannot be used; such a field counts as blank."""
    given = _Fields(f"{file}, site {site_id}", row)
    site = Site(
        id=site_id,
        name=given.text("name"),
        url=given.text("url"),
        handle=given.text("handle"),
        author=given.text("author_id"),
        department=given.text("department"),
        line_manager=given.text("line_manager_id"),
        aims=given.text("aims"),
        content=given.text("content"),
        hosted_by=given.word("hosted_by"),
        platform=given.text("platform_host").lower(),
        host_name=given.text("host_name"),
        status=given.word("status"),
        audience=given.groups("audience"),
        audience_age_min=given.age("audience_age_min"),
        audience_age_max=given.age("audience_age_max"),
        contributors=given.groups("contributors"),
        contributor_age_min=given.age("contributor_age_min"),
        contributor_age_max=given.age("contributor_age_max"),
        other_school_names=given.listed("other_school_names"),
        organisation_names=given.listed("organisation_names"),
        others_details=given.text("others_details"),
        contributors_children=given.answer("contributors_children"),
        contributors_adults_ld=given.answer("contributors_adults_ld"),
        consent_method=given.text("consent_method"),
        advert_plan=given.text("advert_plan"),
        vetter=given.text("vetter_id"),
        security_measures=given.text("security_measures"),
        go_live=given.day("go_live"),
        closure_or_review=given.day("closure_or_review"),
        logo_approved=given.answer("logo_approved"),
        run_by=given.word("run_by"),
        terms_url=given.text("terms_url"),
        house_rules_url=given.text("house_rules_url"),
        settings_expected=given.word("settings_expected"),
        administrators=given.several("admins"),
        moderators=given.several("moderators"),
        approvals=given.approvals(),
        reviewed=given.reviews(),
        row=place or f"site {site_id}",
    )
    return site, given.problems


class _Fields:
    """Reads a row's fields, and notes those that cannot be used."""

    def __init__(self, where: str, row: Mapping[str, Any]) -> None:
        self._where = where
        self._row = row
        self.problems: list[str] = []

    def _complain(self, name: str, why: str) -> None:
        self.problems.append(f"{self._where}: {name} {why}; left out")

    def text(self, name: str) -> str:
        value = self._row.get(name, "")
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip()
        self._complain(name, "must be a text")
        return ""

    def word(self, name: str) -> str:
        value = self.text(name).lower().replace(" ", "_").replace("-", "_")
        if value and value not in _WORDS[name]:
            self._complain(name, f"must be one of {', '.join(_WORDS[name])}")
            return ""
        return value

    def listed(self, name: str) -> str:
        value = self._row.get(name, "")
        return "; ".join(str(v) for v in value) if isinstance(value, list) else self.text(name)

    def answer(self, name: str) -> Answer:
        said = str(self._row.get(name, "")).strip().lower()
        if said in ("yes", "true", "y"):
            return "yes"
        if said in ("no", "false", "n"):
            return "no"
        if said not in ("", "unknown"):
            self._complain(name, "must be yes, no or unknown")
        return "unknown"

    def age(self, name: str) -> int | None:
        value = self._row.get(name)
        if value in (None, ""):
            return None
        if (
            isinstance(value, int | str)
            and not isinstance(value, bool)
            and re.fullmatch(r"\d{1,2}", str(value).strip())
        ):
            return int(value)
        self._complain(name, "must be an age in whole years")
        return None

    def day(self, name: str) -> date | None:
        return self._day(self._row.get(name), name)

    def _day(self, value: object, name: str) -> date | None:
        try:
            found = value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None
            found = found or parse_date(str(value if value is not None else "").strip())
        except ValueError:
            self._complain(name, "is no date (yyyy-mm-dd or dd/mm/yyyy)")
            return None
        if found is not None and not _EARLIEST <= found < _LATEST:
            self._complain(name, "is no date that a site can have")
            return None
        return found

    def several(self, name: str) -> frozenset[str]:
        value = self._row.get(name, [])
        if isinstance(value, Mapping):
            value = [k for k, ticked in value.items() if ticked is True or str(ticked).strip().lower() == "yes"]
        if isinstance(value, str):
            value = re.split(r"[;,]", value)
        if not isinstance(value, list):
            self._complain(name, "must be a list")
            return frozenset()
        return frozenset(str(v).strip() for v in value if str(v).strip())

    def groups(self, name: str) -> frozenset[str]:
        ticked = {_ALIASES.get(v.lower(), v.lower().replace(" ", "_")) for v in self.several(name)}
        if strange := ticked - set(GROUPS):
            self.problems.append(
                f"{self._where}: {name} knows only {', '.join(GROUPS)}; {len(strange)} of its words left out"
            )
        return frozenset(ticked & set(GROUPS))

    def approvals(self) -> tuple[Approval, ...]:
        given = self._row.get("approvals", [])
        if not isinstance(given, list) or not all(isinstance(a, Mapping) for a in given):
            self._complain("approvals", "must be a list of tables")
            return ()
        found = []
        for number, approval in enumerate(given, 1):
            said = str(approval.get("role", "")).strip().lower()
            role = APPROVAL_ROLES.get(said)
            if role is None:
                self._complain(f"approval {number}", "has a role other than line_manager, communications and head")
                continue
            day = self._day(approval.get("date"), f"the date of approval {number}")
            found.append(
                Approval(role, str(approval.get("person_id", "")).strip(), day, str(approval.get("scope", "")))
            )
        return tuple(found)

    def reviews(self) -> tuple[date, ...]:
        """The days of ``last_review`` and of each of the ``evaluation_notes``."""
        notes = self._row.get("evaluation_notes", [])
        told = [n.get("date") for n in notes if isinstance(n, Mapping)] if isinstance(notes, list) else []
        days = [self._day(value, "the date of an evaluation") for value in (*told, self._row.get("last_review"))]
        return tuple(sorted(d for d in days if d))


def printed(
    row: Mapping[str, Any], site: Site, names: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """A row's fields as they are printed on its form, people with their names, and of each approval the name and the day."""
    values: dict[str, str] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            value = [k for k, ticked in value.items() if ticked is True or str(ticked).strip().lower() == "yes"]
        if isinstance(value, list) and not any(isinstance(v, Mapping) for v in value):
            values[key] = ", ".join(_with_name(key, str(v), names) for v in value)
        elif isinstance(value, bool):
            values[key] = "yes" if value else "no"
        elif not isinstance(value, list):
            values[key] = _with_name(key, str(value), names)
    given = {a.role: (names.get(a.person, a.person), f"{a.day:%d.%m.%Y}" if a.day else "") for a in site.approvals}
    return {"site_id": site.id} | values, given


def _with_name(key: str, value: str, names: Mapping[str, str]) -> str:
    return f"{value} ({names[value]})" if key in _PEOPLE and value in names else value


_PEOPLE = frozenset(("author_id", "line_manager_id", "vetter_id", "admins", "moderators"))
_LISTS = frozenset(("audience", "contributors", "admins", "moderators"))


def row_text(values: Mapping[str, str]) -> str:
    """The values of a form as a ``[[site]]`` table; who approved it is left for a person to enter."""
    lines = ["[[site]]"]
    for key, told in values.items():
        value = (
            re.sub(r"\s*\([^()]*\)", "", told) if key in _PEOPLE else told
        )  # the number alone, without the name behind it
        parts = [p.strip() for p in value.split(",") if p.strip()] if key in _LISTS else None
        lines.append(f"{key} = {json.dumps(parts if parts is not None else value, ensure_ascii=False)}")
    return "\n".join(lines) + "\napprovals = []\n"


def site_row(path: Path) -> tuple[str, Site]:
    """The text and the site of a file with one ``[[site]]``. Raises UserError for anything in it that cannot be used."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path}: cannot be read; name a file with one [[site]], in UTF-8") from None
    problems: list[str] = []
    rows = list(_toml_rows(path, problems))
    if len(rows) != 1 or problems or "[[site]]" not in text:
        raise UserError(f"{path}: must hold one table [[site]] and nothing else")
    site_id = str(rows[0][1].get("site_id", "")).strip()
    if not _ID.fullmatch(site_id):
        raise UserError(f"{path}: give the site a site_id of letters, digits, dots and hyphens")
    site, notices = site_of(site_id, rows[0][1], path.name)
    if notices:
        raise UserError("\n".join(notices))
    return text, site
