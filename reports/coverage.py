"""Coverage: the whole policy, each clause with what is known of it, derived from its controls and the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.base import Detector, Severity
from detectors.clauses import Clause, Control, Policy
from reports.summary import Summary


@dataclass(frozen=True)
class CoverageRow:
    """A clause and, for each of its controls, its mode and one line of answer; ``findings`` counts those that need action."""

    clause: str
    title: str
    text: str
    answers: tuple[tuple[str, str], ...]
    findings: int
    worst: Severity | None


def coverage(policy: Policy, summary: Summary, detectors: Mapping[str, Detector]) -> tuple[CoverageRow, ...]:
    """A row for each clause and form field of the policy, then for each check of the tool itself, in their order.

    "Nothing found" is never called compliance: it says in how many items nothing was found.
    """
    return tuple(_row(clause, summary, detectors) for clause in (*policy.clauses, *policy.tool_checks))


def _row(clause: Clause, summary: Summary, detectors: Mapping[str, Detector]) -> CoverageRow:
    checks = {check for control in clause.controls if not control.planned for check in control.checks}
    severities = [f.severity for f in summary.standing if f.detector in checks and f.severity is not Severity.INFO]
    severities += [n.severity for n in summary.upkeep if n.check in checks]
    return CoverageRow(
        clause=clause.id,
        title=clause.title,
        text=clause.text,
        answers=tuple((control.mode, _answer(control, summary, detectors)) for control in clause.controls),
        findings=len(severities),
        worst=min(severities, key=lambda s: s.rank, default=None),
    )


def _answer(control: Control, summary: Summary, detectors: Mapping[str, Detector]) -> str:
    if control.mode == "not auditable":
        return f"Not auditable: {control.how}"
    if control.mode == "attested":
        return f"Needs a person: {control.how}"
    if control.planned:
        return "Not checked by this version."
    found = [f for f in summary.standing if f.detector in control.checks]
    notes = [n for n in summary.upkeep if n.check in control.checks]
    to_act_on = [f.severity for f in found if f.severity is not Severity.INFO] + [n.severity for n in notes]
    for_information = sum(f.severity is Severity.INFO for f in found)
    if to_act_on:
        worst = min(to_act_on, key=lambda s: s.rank)
        extra = f", and {for_information} for information" if for_information else ""
        return f"{_count(len(to_act_on), 'finding')}, the worst {worst.value}{extra}."
    if for_information:
        return f"{for_information} for information only, in {_count(summary.items_read, 'item')} read."
    if not any(check in detectors for check in control.checks):
        return "Nothing found in the policy's own text and dates."
    return f"Nothing found in {_count(summary.items_read, 'item')} read."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
