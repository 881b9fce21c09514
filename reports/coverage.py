"""The whole policy, each clause with what the run can say of it. "Nothing found" is never written as more than that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from detectors.base import Detector, Severity
from detectors.clauses import Clause, Control, Mode, Policy
from reports.summary import FindingRow, Summary

Status = Literal["findings", "not checked", "needs a person", "nothing found", "not auditable"]

# The rules over the policy itself: they read no item and are no detectors.
POLICY_CHECKS = frozenset({"policy-review-overdue", "policy-law-stale"})

# A clause with several controls takes the first of these that one of them has.
_ORDER: tuple[Status, ...] = ("findings", "not checked", "needs a person", "nothing found", "not auditable")


@dataclass(frozen=True)
class ControlRow:
    """One way of answering for a clause.

    ``words`` say its status in full, ``how`` what it does; ``findings`` counts the open ones that ask for action.
    """

    mode: Mode
    how: str
    status: Status
    words: str
    findings: int = 0


@dataclass(frozen=True)
class CoverageRow:
    """A clause and what the run says of it.

    ``findings`` counts the open ones that ask for action, each once however many controls it concerns; what is for information
    only stands in ``words``. One finding may concern several clauses, so the counts of a table do not add up. ``tool`` marks a
    check of the tool itself; ``in_policy`` is false for a clause that only findings of an earlier revision cite.
    """

    clause: str
    title: str
    text: str
    status: Status
    words: str
    findings: int
    worst: Severity | None
    controls: tuple[ControlRow, ...]
    tool: bool = False
    in_policy: bool = True


def coverage(policy: Policy, summary: Summary, detectors: Mapping[str, Detector]) -> tuple[CoverageRow, ...]:
    """A row for each clause, each check of the tool, and each clause that findings cite and this revision does not have.

    ``detectors`` are those that ran, by id.
    """
    clauses = _Clauses(summary, detectors)
    rows = [clauses.row(c) for c in policy.clauses]
    rows += [clauses.row(c, tool=True) for c in policy.tool_checks]
    known = {r.clause for r in rows}
    cited = {f.clause for f in summary.open_findings} | {n.clause for n in summary.upkeep}
    for clause in sorted(cited - known):
        stray = Clause(
            clause, "Not in this revision", "Findings cite it; this revision of the policy does not have it.", ()
        )
        rows.append(replace(clauses.row(stray), in_policy=False))
    return tuple(rows)


@dataclass(frozen=True)
class _Clauses:
    summary: Summary
    detectors: Mapping[str, Detector]

    def row(self, clause: Clause, *, tool: bool = False) -> CoverageRow:
        checks = {check for control in clause.controls for check in control.checks}
        found = self._found(checks, clause.id)
        controls = tuple(self._control(c) for c in clause.controls)
        to_act = [s for s in found if s is not Severity.INFO]
        status, words = self._of_clause(controls, found)
        return CoverageRow(
            clause=clause.id,
            title=clause.title,
            text=clause.text,
            status=status,
            words=words,
            findings=len(to_act),
            worst=gravest(to_act) if to_act else None,
            controls=controls,
            tool=tool,
        )

    def _of_clause(self, controls: Sequence[ControlRow], found: list[Severity]) -> tuple[Status, str]:
        """What can be said of a clause; where nothing in it asks for action, what was checked of it comes first."""
        if any(s is not Severity.INFO for s in found):
            return "findings", _found_words(found)
        if not controls:
            return "nothing found", self._for_information(len(found))
        decisive = min(controls, key=lambda c: _ORDER.index(c.status))
        checked = next((c for c in controls if c.status == "nothing found"), decisive)
        if checked is decisive:
            return decisive.status, decisive.words
        rest = "the rest " if decisive.status == "not checked" else ""
        return decisive.status, f"{checked.words}; {rest}{decisive.words}"

    def _found(self, checks: Iterable[str], clause: str = "") -> list[Severity]:
        """The severities of the open findings of these checks, and of those that cite the clause."""
        wanted = frozenset(checks)
        found = [f.severity for f in self.summary.open_findings if f.detector in wanted or f.clause == clause]
        return found + [n.severity for n in self.summary.upkeep if n.check in wanted or n.clause == clause]

    def _control(self, control: Control) -> ControlRow:
        found = self._found(control.checks)
        if to_act := sum(s is not Severity.INFO for s in found):
            return ControlRow(control.mode, control.how, "findings", _found_words(found), to_act)
        if found:
            return ControlRow(control.mode, control.how, "nothing found", self._for_information(len(found)))
        status, words = self._without_findings(control)
        return ControlRow(control.mode, control.how, status, words)

    def _without_findings(self, control: Control) -> tuple[Status, str]:
        if control.mode == "not auditable":
            return "not auditable", f"not auditable, because {control.how}"
        if control.mode == "attested":
            return "needs a person", "needs a person"
        if control.planned:
            return "not checked", "not checked by this version"
        if set(control.checks) <= POLICY_CHECKS:
            return "nothing found", "nothing found in the policy itself"
        ran = [c for c in control.checks if c in self.detectors]
        if not ran:
            return "not checked", "not checked by this version"
        if not self.summary.items_read:
            return "not checked", "not checked: no item was read"
        if self.summary.withheld and any(self.detectors[c].kind == "SAFEGUARDING_CONCERN" for c in ran):
            return "needs a person", f"ask the safeguarding lead: {self.summary.withheld:,} of {self._items()} withheld"
        if not self.summary.roll.pupils and all(self.detectors[c].kind.startswith("PUPIL") for c in ran):
            return "not checked", "not checked: the roll has no pupils"
        if len(ran) < len(control.checks):
            return (
                "not checked",
                f"{self._nothing()}; {len(control.checks) - len(ran)} of {len(control.checks)} checks not made",
            )
        settled = sum(f.detector in ran for f in self.summary.findings if not f.is_open)
        if settled:
            return "nothing found", f"nothing open in {self._items()} read ({settled:,} found before, gone or settled)"
        return "nothing found", self._nothing()

    def _for_information(self, number: int) -> str:
        return f"{number:,} for information only, in {self._items()} read"

    def _nothing(self) -> str:
        return f"nothing found in {self._items()} read"

    def _items(self) -> str:
        count = self.summary.items_read
        return f"{count:,} item{'' if count == 1 else 's'}"


def _found_words(found: list[Severity]) -> str:
    to_act = [s for s in found if s is not Severity.INFO]
    worst = gravest(to_act).value
    words = f"{len(to_act):,} findings, the worst {worst}" if len(to_act) > 1 else f"1 finding: {worst}"
    informing = len(found) - len(to_act)
    return words + (f", and {informing:,} for information" if informing else "")


def gravest(severities: Iterable[Severity]) -> Severity:
    """The worst of them; ValueError where there are none."""
    return min(severities, key=lambda s: s.rank)


def open_by_clause(findings: Iterable[FindingRow]) -> dict[tuple[str, str], list[FindingRow]]:
    """The open findings by the clause they break and the rule that found them."""
    groups: dict[tuple[str, str], list[FindingRow]] = {}
    for finding in findings:
        if finding.is_open:
            groups.setdefault((finding.clause, finding.detector), []).append(finding)
    return groups
