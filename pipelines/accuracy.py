"""How good the rules are, measured: on labelled posts, and on the sample school's planted breaches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detectors.base import Finding, Item, UserError
from pipelines.abuse import abuse_line, measure_abuse
from pipelines.audit import finding_record
from pipelines.evaluate import Score, evaluate, wilson
from pipelines.runs import AuditRun
from pipelines.school import load_school


def score_posts(posts: Path, school: Path) -> Score:
    """Scan labelled posts for a school and score what is found. Raises UserError for posts without labels."""
    run = AuditRun.prepare([posts], school, datetime.now(UTC).date())
    findings = [finding_record(f) for batch in run.batches() for f in batch.findings]
    if run.problems:
        raise UserError("\n".join(run.problems))
    labelled = [json.loads(line) for line in posts.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if not any("spans" in post for post in labelled):
        raise UserError(
            f"{posts}: no record has spans; evaluate needs posts with labels, as the records format describes them"
        )
    return evaluate(labelled, findings)


def score_table(score: Score) -> str:
    """The figures as a Markdown table, kinds without a rule named beneath it."""
    lines = [
        "| kind | labelled | recall (95 % interval) | findings | precision (95 % interval) |",
        "|---|---:|---|---:|---|",
    ]
    silent = []
    for kind, tally in score.ordered():
        if not tally.findings and kind != "PII_ALL":
            silent.append(f"{kind} ({tally.spans})")
            continue
        recall, precision = share(tally.hit, tally.spans), share(tally.right, tally.findings)
        lines.append(f"| {kind} | {tally.spans} | {recall} | {tally.findings} | {precision} |")
    lines += ["", "| pupils, by way of writing | labelled | recall (95 % interval) |", "|---|---:|---|"]
    lines += [f"| {name} | {n} | {share(hit, n)} |" for name, (hit, n) in sorted(score.subtypes.items())]
    lines += [
        "",
        f"Posts without a pupil or personal data that were flagged: {score.clean_posts_flagged} of {score.clean_posts}, "
        f"{share(score.clean_posts_flagged, score.clean_posts)}. PERSON_UNKNOWN: {score.unknown.right} of "
        f"{score.unknown.findings} are a person, {share(score.unknown.right, score.unknown.findings)}.",
    ]
    if silent:
        lines += ["", f"Labelled, but not looked for by this version: {', '.join(silent)}."]
    return "\n".join(lines)


def score_abuse(cases: Path, school: Path) -> str:
    """A sentence: how much abuse is found, by family, on texts written to measure it, and how much is flagged that is none."""
    today = datetime.now(UTC).date()
    loaded = load_school(school, today)
    return abuse_line(measure_abuse(cases, loaded.reader(), loaded.context(today)))


def share(part: int, whole: int) -> str:
    """A share with its 95 % interval (Wilson), as text; a dash where there is nothing to share."""
    if not whole:
        return "–"
    low, high = wilson(part, whole)
    return f"{part / whole:.3f} ({low:.2f}–{high:.2f})"


def compare_with_truth(exports: Sequence[Path], school: Path, truth: Path) -> str:
    """One paragraph: how many of the planted breaches were found, near misses flagged, and findings that nothing explains."""
    run = AuditRun.prepare(exports, school, datetime.now(UTC).date())
    names = {s.export.sha256: s.export.path.name for s in run.sources}
    items: dict[tuple[str, str, str], Item] = {}
    findings: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for batch in run.batches():
        for item in batch.items:
            items[_place(item, names)] = item
        for finding in batch.findings:
            findings[_place(finding.item, names)].append(finding)
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    found = hard_found = flagged = 0
    explained: set[int] = set()
    missing = [r for r in rows if (r["source"], r["member"], r["pointer"]) not in items]
    if missing:
        raise ValueError(f"truth speaks of {len(missing)} items that no reader gave, the first: {missing[0]}")
    for row in rows:
        place = row["source"], row["member"], row["pointer"]
        hits = [f for f in findings[place] if _meets(f, row, items[place])]
        if row["breach"]:
            found += bool(hits)
            hard_found += bool(hits) and bool(row["hard"])
            explained |= {id(f) for f in hits}
        else:
            flagged += bool(hits)
    breaches = [r for r in rows if r["breach"]]
    near = len(rows) - len(breaches)
    every = [f for of_place in findings.values() for f in of_place]
    unexplained = sum(id(f) not in explained for f in every)
    hard = sum(bool(r["hard"]) for r in breaches)
    return (
        f"Planted in the sample: {found} of {len(breaches)} breaches found ({hard_found} of the {hard} written in unusual ways), "
        f"{flagged} of {near} near misses flagged by mistake; {unexplained} of {len(every)} findings are false alarms."
    )


def _place(item: Item, names: Mapping[str, str]) -> tuple[str, str, str]:
    return names[item.locator.archive_sha256], item.locator.member, item.locator.pointer


def _meets(finding: Finding, row: Mapping[str, Any], item: Item) -> bool:
    """Whether a finding is of the row's kind and stands where the row says."""
    if finding.kind != row["kind"] or finding.part != row["part"]:
        return False
    if finding.box is not None:
        return not row.get("logo") or finding.logo == row["logo"]
    at = -1
    for _ in range(row.get("occurrence", 0) + 1):
        at = item.part(row["part"]).index(row["quote"], at + 1)
    if finding.start is None or finding.end is None or finding.start >= at + len(row["quote"]) or at >= finding.end:
        return False
    if finding.kind != "PUPIL" or not row["breach"]:
        return True
    said = set(finding.pupils) if row.get("form") == "group" else set(finding.pupils[:3])
    return bool(said & set(row["pupils"]))
