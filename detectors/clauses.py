"""The policy as data: every clause, how it is answered for, and what is wrong with the policy itself."""

from __future__ import annotations

import calendar
import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, get_args

from detectors.base import Severity, UserError
from detectors.lexicons import DATA

Mode = Literal["automatic", "assisted", "attested", "not auditable"]
LawStatus = Literal["current", "repealed", "misdated", "superseded", "missing"]


@dataclass(frozen=True)
class Control:
    """One way of answering for a clause.

    ``how`` completes "not auditable, because …" or "automatic: …". ``checks`` are ids of detectors and site checks; a control
    whose detectors do not exist yet is ``planned``, and attested and not auditable ones have no checks. ``see`` are checks of
    other clauses that answer for this one too; ``unchecked`` says why no export and no form can answer for it. ``severity`` is
    None where there is nothing to find.
    """

    mode: Mode
    how: str
    checks: tuple[str, ...] = ()
    severity: Severity | None = None
    evidence: str = ""
    false_alarms: str = ""
    remedy: str = ""
    planned: bool = False
    see: tuple[str, ...] = ()
    unchecked: str = ""

    @property
    def answered_by(self) -> tuple[str, ...]:
        """Every check whose findings concern it."""
        return (*self.checks, *self.see)


@dataclass(frozen=True)
class Clause:
    """A line of the policy, a field of its form, or a check of the tool itself, in our own words."""

    id: str
    title: str
    text: str
    controls: tuple[Control, ...]


@dataclass(frozen=True)
class Law:
    """An act or guidance that the policy cites, or should. ``verify``: a person should check the note before it is quoted."""

    cited: str
    clause: str
    status: LawStatus
    note: str
    verify: bool = False


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

    A file is named after its revision: ``2023-06.toml``. Raises UserError naming the revisions there are, or the file and what
    is wrong with it.
    """
    folder = folder or DATA / "policy"
    files = {p.stem: p for p in sorted(folder.glob("*.toml"))}
    if not files:
        raise UserError(f"{folder}: holds no policy; install the tool again")
    if version is not None and version not in files:
        raise UserError(f"there is no policy version {version}; there are: {', '.join(files)}")
    path = files[version if version is not None else max(files)]
    try:
        data = path.read_bytes()
        policy = _policy(_Row("the policy", tomllib.loads(data.decode("utf-8"))), hashlib.sha256(data).hexdigest())
        if policy.id != path.stem:  # a run keeps the id, and its report looks the file up by it
            raise ValueError(f"its id is {policy.id!r}, but a policy file bears its id as its name")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); see to it that it can") from None
    except ValueError as error:
        raise UserError(f"{path}: {error}; correct the policy file") from None
    return policy


class _Row:
    """A TOML table that is read field by field; each mistake is a ValueError that says where it stands."""

    def __init__(self, where: str, values: object) -> None:
        if not isinstance(values, dict):
            raise ValueError(f"{where} must be a table")
        self.where = where
        self._values = dict(values)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._take(name, default)
        if not isinstance(value, str) or not (value.strip() or value == default):
            raise ValueError(f"{self.where}: the field {name} must be a text")
        return value

    def flag(self, name: str) -> bool:
        value = self._take(name, False)
        if not isinstance(value, bool):
            raise ValueError(f"{self.where}: the field {name} must be true or false")
        return value

    def month(self, name: str) -> date:
        value = self.text(name)
        try:
            return datetime.strptime(value, "%Y-%m").date()
        except ValueError:
            raise ValueError(f"{self.where}: the field {name} must be a month such as 2023-06, not {value!r}") from None

    def texts(self, name: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        value = self._take(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
            raise ValueError(f"{self.where}: the field {name} must be a list of texts")
        return tuple(value)

    def rows(self, name: str, where: str, default: Sequence[object] | None = None) -> list[_Row]:
        value = self._take(name, default)
        if not isinstance(value, list | tuple) or not (value or default is not None):
            raise ValueError(f"{self.where}: {name} must be one or more tables, [[{name}]]")
        return [_Row(f"{where} {number}", row) for number, row in enumerate(value, 1)]

    def done(self) -> None:
        """Complain about a field that nobody asked for: it is most likely misspelt."""
        if self._values:
            raise ValueError(f"{self.where} has the unknown field {min(self._values)}")

    def _take(self, name: str, default: object) -> object:
        if name not in self._values and default is None:
            raise ValueError(f"{self.where}: the field {name} is missing")
        return self._values.pop(name, default)


def _policy(row: _Row, sha256: str) -> Policy:
    policy = Policy(
        id=row.text("id"),
        title=row.text("title"),
        revised=row.month("revised"),
        next_revision=row.month("next_revision"),
        sha256=sha256,
        clauses=tuple(_clause(r) for r in row.rows("clause", "clause number")),
        tool_checks=tuple(_clause(r) for r in row.rows("tool_check", "tool check number", ())),
        laws=tuple(_law(r) for r in row.rows("law", "law number", ())),
        conflicts=tuple(_conflict(r) for r in row.rows("conflict", "conflict number", ())),
    )
    row.done()
    ids = [c.id for c in (*policy.clauses, *policy.tool_checks)]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise ValueError(f"clause {repeated[0]} stands twice")
    cited = {law.clause for law in policy.laws}.union(*(c.clauses for c in policy.conflicts))
    if unknown := sorted(cited - set(ids)):
        raise ValueError(f"a law or conflict cites clause {unknown[0]}, which the policy does not have")
    return policy


def _clause(row: _Row) -> Clause:
    clause_id = row.text("id")
    row.where = f"clause {clause_id}"
    controls = tuple(_control(r) for r in row.rows("control", f"{row.where}, control"))
    clause = Clause(clause_id, row.text("title"), row.text("text"), controls)
    row.done()
    return clause


def _control(row: _Row) -> Control:
    mode = row.text("mode")
    if mode not in get_args(Mode):
        raise ValueError(f"{row.where} has the unknown mode {mode!r}; there are: {', '.join(get_args(Mode))}")
    bare = mode == "not auditable"  # nothing can be found, so there is nothing to weigh or to mend
    severity = row.text("severity", "" if bare else None)
    if severity and severity not in list(Severity):
        raise ValueError(f"{row.where} has the unknown severity {severity!r}; there are: {', '.join(Severity)}")
    control = Control(
        mode=cast(Mode, mode),
        how=row.text("how"),
        checks=row.texts("checks", ()),
        severity=Severity(severity) if severity else None,
        evidence=row.text("evidence", ""),
        false_alarms=row.text("false_alarms", ""),
        remedy=row.text("remedy", "" if bare else None),
        planned=row.flag("planned"),
        see=row.texts("see", ()),
        unchecked=row.text("unchecked", ""),
    )
    row.done()
    checked = mode in ("automatic", "assisted")
    if control.unchecked and (control.checks or control.see or control.planned or not checked):
        raise ValueError(f"{row.where}: unchecked is the reason of an automatic or assisted control without any check")
    if checked != bool(control.checks or control.see or control.unchecked):
        raise ValueError(f"{row.where}: automatic and assisted controls name their checks, others have none")
    if control.planned and not checked:
        raise ValueError(f"{row.where}: only automatic and assisted controls can be planned")
    return control


def _law(row: _Row) -> Law:
    cited, status = row.text("cited"), row.text("status")
    if status not in get_args(LawStatus):
        raise ValueError(
            f"the law {cited!r} has the unknown status {status!r}; there are: {', '.join(get_args(LawStatus))}"
        )
    law = Law(cited, row.text("clause"), cast(LawStatus, status), row.text("note"), row.flag("verify"))
    row.done()
    return law


def _conflict(row: _Row) -> Conflict:
    conflict = Conflict(row.texts("clauses"), row.text("conflict"), row.text("settled"))
    row.done()
    return conflict


def upkeep(policy: Policy, today: date) -> tuple[UpkeepNote, ...]:
    """What is wrong with the policy on a day: its revision is overdue, or it cites law that no longer stands."""
    notes = []
    last_day = calendar.monthrange(policy.next_revision.year, policy.next_revision.month)[1]
    due = policy.next_revision.replace(day=last_day)
    if today > due:
        days = (today - due).days
        text = (
            f"The policy's next revision was due in {due:%B %Y} and is {days} {'day' if days == 1 else 'days'} overdue."
        )
        notes.append(UpkeepNote("policy-review-overdue", "0.revision", Severity.MEDIUM, text))
    if stale := [law for law in policy.laws if law.status != "current"]:
        listed = "; ".join(
            f"{law.cited} ({law.status}: {law.note}{', to be verified' if law.verify else ''})" for law in stale
        )
        text = f"The law that the policy cites is out of date: {listed}."
        notes.append(UpkeepNote("policy-law-stale", "0.revision", Severity.MEDIUM, text))
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
                    "see": list(c.see),
                    "unchecked": c.unchecked,
                    "how": c.how,
                    "severity": c.severity.value if c.severity else None,
                    "evidence": c.evidence,
                    "false_alarms": c.false_alarms,
                    "remedy": c.remedy,
                }
                for c in clause.controls
            ],
        }
        for clause in (*policy.clauses, *policy.tool_checks)
    ]
