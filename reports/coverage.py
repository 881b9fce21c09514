"""The whole policy, each clause with what the run can say of it. "Nothing found" is never written as more than that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from detectors.base import Rule, Severity
from detectors.clauses import Clause, Control, Mode, Policy
from reports.summary import FindingRow, Summary

Status = Literal["findings", "not checked", "needs a person", "nothing found", "not auditable"]

# The rules over the policy itself: they read no item and are no detectors.
POLICY_CHECKS = frozenset({"policy-review-overdue", "policy-law-stale"})

# The checks of the tool itself: what a run notes of its own work.
TOOL_CHECKS = frozenset({"scan-incomplete", "roll-stale", "canary-missed", "retention-due"})

# A clause with several controls takes the first of these that one of them has.
_ORDER: tuple[Status, ...] = ("findings", "not checked", "needs a person", "nothing found", "not auditable")


@dataclass(frozen=True)
class ControlRow:
    """One way of answering for a clause.

    ``words`` say its status in full, ``how`` what it does; ``findings`` counts the open ones that ask for action. ``checks`` are
    the rules that answer for it.
    """

    mode: Mode
    how: str
    status: Status
    words: str
    findings: int = 0
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class CoverageRow:
    """A clause and what the run says of it.

    ``findings`` counts the open ones that ask for action, each once however many controls it concerns; what is for information
    only stands in ``words``. ``by_severity`` counts the open ones, ``by_state``
    all. One finding may concern several clauses, so the counts of a table do not add up. ``tool`` marks a
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
    by_severity: Mapping[Severity, int] = field(default_factory=dict)
    by_state: Mapping[str, int] = field(default_factory=dict)


def coverage(policy: Policy, summary: Summary, detectors: Mapping[str, Rule]) -> tuple[CoverageRow, ...]:
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
    detectors: Mapping[str, Rule]

    def row(self, clause: Clause, *, tool: bool = False) -> CoverageRow:
        checks = {check for control in clause.controls for check in control.answered_by}
        found = self._found(checks, clause.id)
        controls = tuple(replace(self._control(c, clause), checks=c.answered_by) for c in clause.controls)
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
            by_severity=Counter(found),
            by_state=Counter(f.state for f in self.summary.findings if f.detector in checks or f.clause == clause.id),
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

    def _control(self, control: Control, clause: Clause) -> ControlRow:
        if control.mode == "attested":
            return self._attested(control, clause.id)
        found = self._found(control.answered_by)
        if to_act := sum(s is not Severity.INFO for s in found):
            return ControlRow(control.mode, control.how, "findings", _found_words(found), to_act)
        if found:
            return ControlRow(control.mode, control.how, "nothing found", self._for_information(len(found)))
        status, words = self._without_findings(control)
        return ControlRow(control.mode, control.how, status, words)

    def _without_findings(self, control: Control) -> tuple[Status, str]:
        if control.mode == "not auditable":
            return "not auditable", f"not auditable, because {control.how}"
        if control.unchecked:
            return "needs a person", f"needs a person: cannot be checked, because {control.unchecked}"
        if control.planned:
            return "not checked", "not checked by this version"
        if set(control.checks) <= POLICY_CHECKS:
            return "nothing found", "nothing found in the policy itself"
        if set(control.checks) <= TOOL_CHECKS:
            return self._of_tool(control)
        ran = [c for c in control.answered_by if c in self.detectors]
        if any(self.detectors[c].kind == "SITE" for c in ran):
            return self._of_sites(ran)
        if not ran:
            return "not checked", "not checked by this version"
        if not self.summary.items_read:
            return "not checked", "not checked: no item was read"
        if self.summary.withheld and any(self.detectors[c].kind == "SAFEGUARDING_CONCERN" for c in ran):
            return "needs a person", f"ask the safeguarding lead: {self.summary.withheld:,} of {self._items()} withheld"
        if not self.summary.roll.pupils and all(self.detectors[c].kind.startswith("PUPIL") for c in ran):
            return "not checked", "not checked: the roll has no pupils"
        if len(ran) < len(control.answered_by):
            return (
                "not checked",
                f"{self._nothing()}; {len(control.answered_by) - len(ran)} of {len(control.answered_by)} checks not made",
            )
        settled = sum(f.detector in ran for f in self.summary.findings if not f.is_open)
        if settled:
            return "nothing found", f"nothing open in {self._items()} read ({settled:,} found before, gone or settled)"
        return "nothing found", self._nothing()

    def _attested(self, control: Control, clause: str) -> ControlRow:
        """Who confirmed it stands in the store; here only when, and until when."""
        found = self._found(["attestation-overdue"], clause)
        latest = self.summary.attested.get(clause)
        if latest is None:
            words = "needs a person: nobody has confirmed it yet (social-audit attest)"
        elif latest.until < self.summary.run_at.date():
            words = f"the confirmation of {latest.given:%d.%m.%Y} ran out on {latest.until:%d.%m.%Y}"
        else:
            words = f"confirmed by a person on {latest.given:%d.%m.%Y}, until {latest.until:%d.%m.%Y}"
        if to_act := sum(s is not Severity.INFO for s in found):
            return ControlRow(control.mode, control.how, "findings", words, to_act)
        return ControlRow(control.mode, control.how, "needs a person", words)

    def _of_tool(self, control: Control) -> tuple[Status, str]:
        results = [r for r in self.summary.checked if r.check in control.checks]
        if not results:
            return "not checked", "not checked in this run"
        if gaps := [r.why for r in results if r.outcome == "unknown"]:
            return "not checked", f"not checked: {gaps[0]}"
        return "nothing found", f"nothing found: {results[0].why}" if results[0].why else "nothing found in this run"

    def _of_sites(self, ran: Sequence[str]) -> tuple[Status, str]:
        """Of how many sites it was settled; what is not known is told before what is."""
        results = [r for r in self.summary.checked if r.check in ran]
        if not results:
            return "not checked", "not checked: the school keeps no register of sites"
        unknown = {r.site: r.why for r in results if r.outcome == "unknown"}
        settled = {r.site for r in results} - set(unknown)
        told = f"nothing found on {_sites(len(settled))} checked"
        if not unknown:
            return "nothing found", told
        why = Counter(unknown.values()).most_common(1)[0][0].rstrip(".")
        gap = f"not known of {_sites(len(unknown))}: {why[0].lower()}{why[1:]}"
        return "not checked", f"{told}; {gap}" if settled else gap

    def _for_information(self, number: int) -> str:
        return f"{number:,} for information only, in {self._items()} read"

    def _nothing(self) -> str:
        return f"nothing found in {self._items()} read"

    def _items(self) -> str:
        count = self.summary.items_read
        return f"{count:,} item{'' if count == 1 else 's'}"


def _sites(count: int) -> str:
    return f"{count:,} site{'' if count == 1 else 's'}"


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
