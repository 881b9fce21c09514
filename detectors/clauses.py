"""The policy as data: every clause, how it is answered for, and what is wrong with the policy itself."""

from __future__ import annotations

import calendar
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from detectors.base import Severity, UserError
from detectors.lexicons import DATA

Mode = Literal["automatic", "assisted", "attested", "not auditable"]
LawStatus = Literal["current", "repealed", "misdated", "superseded", "missing"]


@dataclass(frozen=True)
class Control:
    """One way of answering for a clause.

    ``checks`` are detector ids. A control whose detectors do not exist yet is ``planned``; attested and not auditable ones
    have no checks. ``severity`` is None where there is nothing to find.
    """

    mode: Mode
    how: str
    checks: tuple[str, ...] = ()
    severity: Severity | None = None
    evidence: str = ""
    false_alarms: str = ""
    remedy: str = ""
    planned: bool = False


@dataclass(frozen=True)
class Clause:
    """A line of the policy, a field of its form, or a check of the tool itself, in our own words."""

    id: str
    title: str
    text: str
    controls: tuple[Control, ...]


@dataclass(frozen=True)
class Law:
    """An act that the policy cites, or should."""

    cited: str
    clause: str
    status: LawStatus
    note: str


@dataclass(frozen=True)
class Conflict:
    """Clauses that cannot both hold, and how the tool settles it."""

    clauses: tuple[str, ...]
    conflict: str
    settled: str


@dataclass(frozen=True)
class UpkeepNote:
    """Something wrong with the policy itself; found by ``check``, against nobody."""

    check: str
    clause: str
    severity: Severity
    text: str


@dataclass(frozen=True)
class Policy:
    """One revision of the policy. ``revised`` and ``next_revision`` are months, as their first days."""

    id: str
    title: str
    revised: date
    next_revision: date
    sha256: str
    clauses: tuple[Clause, ...]
    tool_checks: tuple[Clause, ...]
    laws: tuple[Law, ...] = ()
    conflicts: tuple[Conflict, ...] = field(default=())

    @cached_property
    def _by_id(self) -> dict[str, Clause]:
        return {c.id: c for c in (*self.clauses, *self.tool_checks)}

    def clause(self, clause_id: str) -> Clause:
        """The clause with that id; KeyError where the policy has none."""
        return self._by_id[clause_id]


def load_policy(version: str | None = None, folder: Path | None = None) -> Policy:
    """A revision of the policy, the newest where none is named.

    Raises UserError naming the revisions there are, or the file and what is wrong with it.
    """
    folder = folder or DATA / "policy"
    files = {p.stem: p for p in sorted(folder.glob("*.toml"))}
    if not files:
        raise UserError(f"{folder}: holds no policy; install the tool again")
    if version is not None and version not in files:
        raise UserError(f"there is no policy version {version}; there are: {', '.join(files)}")
    path = files[version] if version is not None else list(files.values())[-1]
    data = path.read_bytes()
    try:
        content = tomllib.loads(data.decode("utf-8"))
        return _policy(content, hashlib.sha256(data).hexdigest())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError) as error:
        raise UserError(f"{path}: {error}; correct the policy file") from None
    except KeyError as error:
        raise UserError(f"{path}: the field {error} is missing; correct the policy file") from None


def _policy(content: Mapping[str, Any], sha256: str) -> Policy:
    clauses = tuple(_clause(row) for row in content["clause"])
    tool_checks = tuple(_clause(row) for row in content.get("tool_check", []))
    ids = [c.id for c in (*clauses, *tool_checks)]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise ValueError(f"clause {repeated[0]} stands twice")
    return Policy(
        id=content["id"],
        title=content["title"],
        revised=_month(content["revised"]),
        next_revision=_month(content["next_revision"]),
        sha256=sha256,
        clauses=clauses,
        tool_checks=tool_checks,
        laws=tuple(_law(row) for row in content.get("law", [])),
        conflicts=tuple(
            Conflict(tuple(r["clauses"]), r["conflict"], r["settled"]) for r in content.get("conflict", [])
        ),
    )


def _month(text: str) -> date:
    year, month = text.split("-")
    return date(int(year), int(month), 1)


def _clause(row: Mapping[str, Any]) -> Clause:
    return Clause(row["id"], row["title"], row["text"], tuple(_control(row["id"], c) for c in row["control"]))


def _control(clause: str, row: Mapping[str, Any]) -> Control:
    mode = row["mode"]
    if mode not in get_args(Mode):
        raise ValueError(f"clause {clause} has the unknown mode {mode!r}")
    severity = row.get("severity")
    if severity is not None and severity not in list(Severity):
        raise ValueError(f"clause {clause} has the unknown severity {severity!r}")
    control = Control(
        mode=mode,
        how=row["how"],
        checks=tuple(row.get("checks", ())),
        severity=Severity(severity) if severity else None,
        evidence=row.get("evidence", ""),
        false_alarms=row.get("false_alarms", ""),
        remedy=row.get("remedy", ""),
        planned=row.get("planned", False),
    )
    checked = mode in ("automatic", "assisted")
    if checked != bool(control.checks) or (control.planned and not checked):
        raise ValueError(f"clause {clause}: automatic and assisted controls name their checks, others have none")
    return control


def _law(row: Mapping[str, Any]) -> Law:
    if row["status"] not in get_args(LawStatus):
        raise ValueError(f"the law {row['cited']!r} has the unknown status {row['status']!r}")
    return Law(row["cited"], row["clause"], row["status"], row["note"])


def upkeep(policy: Policy, today: date) -> tuple[UpkeepNote, ...]:
    """What is wrong with the policy on a day: its revision is overdue, or it cites law that no longer stands."""
    notes = []
    last_day = calendar.monthrange(policy.next_revision.year, policy.next_revision.month)[1]
    due = policy.next_revision.replace(day=last_day)
    if today > due:
        text = f"The policy's next revision was due in {due:%B %Y} and is {(today - due).days} days overdue."
        notes.append(UpkeepNote("policy-review-overdue", "0.revision", Severity.MEDIUM, text))
    if stale := [law for law in policy.laws if law.status != "current"]:
        listed = "; ".join(f"{law.cited} ({law.status}: {law.note})" for law in stale)
        notes.append(
            UpkeepNote("policy-law-stale", "0.revision", Severity.MEDIUM, f"The law it cites is out of date: {listed}.")
        )
    return tuple(notes)


def policy_json(policy: Policy) -> list[dict[str, Any]]:
    """Every clause, form field and tool check with its controls, one dictionary each."""
    return [
        {
            "policy": policy.id,
            "clause": clause.id,
            "title": clause.title,
            "text": clause.text,
            "controls": [
                {
                    "mode": c.mode,
                    "checks": list(c.checks),
                    "planned": c.planned,
                    "how": c.how,
                    "severity": c.severity.value if c.severity else None,
                    "remedy": c.remedy,
                }
                for c in clause.controls
            ],
        }
        for clause in (*policy.clauses, *policy.tool_checks)
    ]
