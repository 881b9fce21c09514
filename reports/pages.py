"""What the report says, as one dictionary of printable words and numbers; the templates say only how it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detectors.base import Rule, Severity
from reports.coverage import CoverageRow, Status, gravest, open_by_clause
from reports.summary import FindingRow, PictureRow, RunRow, SourceRow, Summary
from reports.words import clip, count, day, listed, london_day, period_words, place, printable, short_day, titled

GRAVEST_SHOWN = 60
PICTURES_SHOWN = 80
ROLL_FRESH_DAYS = 7  # the roll is to be exported within a week before the run (check T.2)


@dataclass(frozen=True)
class Room:
    """How many rows of a kind the summary prints; the rest stands in full further back. ``note`` is the characters of a note."""

    actions: int
    sources: int
    not_read: int
    warnings: int
    notes: int
    note: int


USUAL = Room(actions=6, sources=10, not_read=8, warnings=4, notes=3, note=400)
TIGHT = Room(actions=3, sources=4, not_read=4, warnings=3, notes=2, note=200)

_DEADLINES = {
    Severity.CRITICAL: "today",
    Severity.HIGH: "this week",
    Severity.MEDIUM: "this half-term",
    Severity.LOW: "when next edited",
    Severity.INFO: "nothing to do",
}
_STATUSES: tuple[tuple[Status, str], ...] = (
    ("findings", "with findings to act on"),
    ("nothing found", "nothing found to act on"),
    ("not checked", "not, or only partly, checked by this version"),
    ("needs a person", "need a person to confirm"),
    ("not auditable", "not auditable"),
)
_NOT_PROOF = (
    "Nothing found is not proof that nothing is there: the rules can miss things, and some things were not read."
)


def pages(
    summary: Summary, coverage: Sequence[CoverageRow], detectors: Mapping[str, Rule], room: Room = USUAL
) -> dict[str, Any]:
    """What the templates need, as JSON types. ``detectors`` are those that ran, by id."""
    open_now = summary.open_findings
    to_act = [f for f in open_now if f.severity is not Severity.INFO]
    actions = _actions(to_act, detectors)
    warnings = [printable(w) for w in _warnings(summary)]
    not_read = [printable(s) for s in _not_read(summary)]
    sources = [_source(s) for s in summary.sources]
    listed_findings = _gravest(to_act)
    ran = london_day(summary.run_at)
    return {
        "school": clip(printable(summary.school), 60),
        "title": clip(f"Social media audit: {printable(summary.school)}", 140) + titled(summary.period),
        "date": [ran.year, ran.month, ran.day],
        "run": {
            "at": day(summary.run_at),
            "id": clip(printable(summary.run_id), 40),
            "version": printable(summary.tool_version),
        },
        "policy": {"id": printable(summary.policy_id), "title": clip(printable(summary.policy_title), 120)},
        "period": _period(summary),
        "verdict": _verdict(summary, to_act),
        "not_proof": _NOT_PROOF,
        "any_read": summary.items_read > 0,
        "figures": _figures(summary, to_act),
        "warnings": _shown(warnings, room.warnings, 190),
        "bars": _bars(open_now),
        "actions": _shown_rows(actions, room.actions),
        "trend": _trend(summary),
        "moved": _moved(summary),
        "history": _history(summary.history),
        "covered": _covered(coverage),
        "sources": _shown_rows(sources, room.sources),
        "not_read": _shown(not_read, room.not_read, 150),
        "appendix": _appendix(sources, not_read, warnings, summary, room),
        "roll": [printable(s) for s in _roll(summary)],
        "trust": [printable(s) for s in _trust(summary)],
        "upkeep": _shown([printable(n.text) for n in summary.upkeep], room.notes, room.note),
        "by_clause": _by_clause(summary, coverage, detectors),
        "gravest": [_finding(f, detectors) for f in listed_findings],
        "more": len(to_act) - len(listed_findings),
        "pictures": _shown_rows([_picture(p) for p in _pictures_by_need(summary.pictures)], PICTURES_SHOWN),
        "imports": [_import(s) for s in summary.sources],
        "parts": _parts(coverage),
        "clauses": sum(r.in_policy and not r.tool for r in coverage),
        "rules": [_rule(d) for d in detectors.values()],
    }


def _shown(sentences: list[str], most: int, length: int) -> dict[str, Any]:
    """The first of them, shortened, and how many are left out. Where any is left out or shortened, ``cut`` is true."""
    shown = [clip(s, length) for s in sentences[:most]]
    return {"rows": shown, "more": max(len(sentences) - most, 0), "cut": shown != sentences}


def _shown_rows(rows: list[dict[str, Any]], most: int) -> dict[str, Any]:
    return {"rows": rows[:most], "more": max(len(rows) - most, 0)}


def _verdict(summary: Summary, to_act: Sequence[FindingRow]) -> str:
    if not summary.items_read:
        if not to_act:
            what = "No item was read" if summary.period is None else "No item read was published in this period"
            return f"{what}, so this report says nothing about the school's sites."
        known = _what_needs_action(to_act)
        return f"No item was read in this run; from earlier runs, {known[0].lower()}{known[1:]}"
    if not to_act:
        return f"The rules found nothing that needs action in the {count(summary.items_read, 'item')} read."
    return _what_needs_action(to_act)


def _what_needs_action(to_act: Sequence[FindingRow]) -> str:
    """One sentence on at least one finding."""
    by = Counter(f.severity for f in to_act)
    today, week = by[Severity.CRITICAL], by[Severity.HIGH]
    later = len(to_act) - today - week
    if today:
        first = f"{count(today, 'finding needs', 'findings need')} action today"
        rest = [f"{n:,} {when}" for n, when in ((week, "this week"), (later, "later")) if n]
        return f"{listed([first, *rest])}."
    if week:
        rest_later = f", and {later:,} later" if later else ""
        return f"Nothing found needs action today; {count(week, 'finding needs', 'findings need')} it this week{rest_later}."
    return f"Nothing found needs action this week; {count(later, 'finding needs', 'findings need')} it later."


def _figures(summary: Summary, to_act: Sequence[FindingRow]) -> list[dict[str, str]]:
    by = Counter(f.severity for f in to_act)
    return [
        {"value": f"{by[Severity.CRITICAL]:,}", "label": "need action today (critical)"},
        {"value": f"{by[Severity.HIGH]:,}", "label": "need action this week (high)"},
        {"value": f"{_pupils(to_act):,}", "label": "pupils concerned"},
        {"value": f"{sum(f.review for f in to_act):,}", "label": "possible only: a person decides"},
        {"value": f"{summary.items_read:,}", "label": "items read"},
        {"value": f"{len({s.site for s in summary.sources if s.items}):,}", "label": "sites read"},
    ]


def _pupils(findings: Sequence[FindingRow]) -> int:
    """How many pupils these concern, taking the best match where several fit."""
    return len({f.pupils[0] for f in findings if f.pupils})


def _bars(findings: Sequence[FindingRow]) -> dict[str, Any]:
    by = Counter(f.severity for f in findings)
    rows = [{"severity": s.value, "count": by[s], "shown": f"{by[s]:,}", "when": _DEADLINES[s]} for s in Severity]
    said = listed([f"{by[s]:,} {s.value}" for s in Severity])
    return {
        "rows": rows,
        "most": max(by.values(), default=0),
        "alt": f"Bar chart of open findings by severity: {said}.",
    }


def _actions(findings: Sequence[FindingRow], detectors: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """One row a rule, worst first, then by how many findings share that severity, then by how many there are."""
    groups: dict[str, list[FindingRow]] = {}
    for finding in findings:
        groups.setdefault(finding.detector, []).append(finding)
    ranked = []
    for name, group in groups.items():
        worst = gravest(f.severity for f in group)
        ranked.append((worst.rank, -sum(f.severity is worst for f in group), -len(group), name, group))
    rows = []
    for rank, _, _, name, group in sorted(ranked):
        rule = detectors.get(name)
        worst = list(Severity)[rank]
        rows.append(
            {
                "severity": worst.value,
                "when": _DEADLINES[worst],
                "counts": _action_counts(group, worst),
                "sites": clip(printable(listed(sorted({f.site.removeprefix("site:") for f in group}))), 60),
                "what": clip(printable(rule.summary if rule else name), 110),
                "remedy": clip(
                    printable(rule.remedy if rule else "This rule is not in this version: decide by hand."), 190
                ),
            }
        )
    return rows


def _action_counts(group: Sequence[FindingRow], worst: Severity) -> str:
    said = count(len(group), "finding")
    of_worst = sum(f.severity is worst for f in group)
    said += f", {of_worst:,} of them {worst.value}" if of_worst < len(group) else ""
    said += f", {count(_pupils(group), 'pupil')} concerned" if _pupils(group) else ""
    said += f", {public:,} in public" if (public := sum(f.visibility == "public" for f in group)) else ""
    return said + (f", {possible:,} possible only" if (possible := sum(f.review for f in group)) else "")


def _trend(summary: Summary) -> dict[str, Any] | None:
    if summary.previous is None:
        return None
    return {
        "at": day(summary.previous.run_at),
        "new": f"{summary.previous.new:,}",
        "still": f"{summary.previous.still_open:,}",
        "gone": f"{summary.previous.gone:,}",
    }


def _moved(summary: Summary) -> list[str]:
    """What happened in the report's period; empty where it has none."""
    if summary.moved is None:
        return []
    judged = listed([f"{n:,} {verdict}" for verdict, n in summary.moved.judged.items()])
    return [
        f"{count(summary.moved.new, 'finding')} seen for the first time, whenever the item was published.",
        f"{count(summary.moved.gone, 'finding')} gone: taken down, corrected, or not in a newer export.",
        f"Judged by people: {judged}." if judged else "Nobody judged a finding.",
    ]


_ASKING = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def _history(runs: Sequence[RunRow]) -> dict[str, Any]:
    """The course of things from run to run: one sentence where there are fewer than two."""
    if len(runs) < 2:
        return {"says": "A trend needs two finished runs or more; there are not that many to show yet.", "rows": []}
    rows = []
    for r in runs:
        counts = [r.open.get(s, 0) for s in _ASKING]
        rows.append(
            {
                "at": short_day(london_day(r.run_at)),
                "sites": f"{r.sites_read:,} of {r.sites_known:,}",
                "counts": counts,
                "open": [f"{n:,}" for n in counts],
                "total": sum(counts),
                "shown": f"{sum(counts):,}",
                "new": "–" if r.new is None else f"{r.new:,}",
                "gone": f"{r.gone:,}",
                "moves": [r.new or 0, r.gone],
                "recall": f"{r.found:,} of {r.planted:,}" if r.planted else "not tried",
                "share": r.found / r.planted if r.planted else 0,
            }
        )
    told = "; ".join(
        f"{row['at']}: {row['shown']} open, {row['new']} new, {row['gone']} gone, {row['recall']} planted details found"
        for row in rows
    )
    return {
        "says": "Open are findings that ask for action, whenever published. Runs that read only some sites say so: of the other "
        "sites the findings stand as last seen, so such runs are not to be compared with whole ones. In the first run all is new.",
        "columns": ["Run", "Sites read", "Open", "Critical", "High", "Medium", "Low", "New", "Gone", "Planted, found"],
        "severities": [s.value for s in _ASKING],
        "rows": rows,
        "most": max(int(sum(r.open.get(s, 0) for s in _ASKING)) for r in runs),
        "most_moved": max(max(r.new or 0, r.gone) for r in runs),
        "alt": f"Bar charts from run to run. {told}.",
    }


def _covered(coverage: Sequence[CoverageRow]) -> list[dict[str, str]]:
    by = Counter(r.status for r in coverage if r.in_policy and not r.tool)
    return [{"value": f"{by[status]:,}", "label": words} for status, words in _STATUSES]


def _warnings(summary: Summary) -> list[str]:
    """What makes the result less worth, gravest first."""
    found = list(summary.warnings)
    if not summary.roll.pupils:
        found.append("The roll has no pupils: pupils' names were not looked for.")
    if cut := [s.site for s in summary.sources if not s.complete]:
        were = "was" if len(cut) == 1 else "were"
        found.append(
            f"{count(len(cut), 'export')} {were} not read to the end ({listed(sorted(set(cut)))}): export again and rerun."
        )
    if empty := [s.site for s in summary.sources if s.complete and not s.items]:
        gave = f"{count(len(empty), 'export')} gave no item ({listed(sorted(set(empty)))})"
        found.append(f"{gave}: see whether the right files were handed over.")
    if summary.sites_without_export:
        found.append(
            f"Sites on the register of which no export was given: {listed(list(summary.sites_without_export))}."
        )
    if rejected := summary.records_rejected:
        were = "was" if rejected == 1 else "were"
        found.append(f"{count(rejected, 'record')} in the exports could not be understood and {were} not audited.")
    if _stale(summary):
        found.append(
            f"The roll is of {day(summary.roll.roll_date)}, {_roll_age(summary)} days before the run: use a fresh one."
        )
    if summary.withheld:
        kept = f"{count(summary.withheld, 'item')} kept for the safeguarding lead"
        found.append(f"{kept}: not shown here. Ask the lead whether they are dealt with.")
    return found


def _roll_age(summary: Summary) -> int:
    assert summary.roll.roll_date is not None
    return (london_day(summary.run_at) - summary.roll.roll_date).days


def _stale(summary: Summary) -> bool:
    return summary.roll.roll_date is not None and _roll_age(summary) > ROLL_FRESH_DAYS


def _roll(summary: Summary) -> list[str]:
    roll = summary.roll
    if roll.roll_date is None:
        dated = "its date is not known"
    else:
        age = _roll_age(summary)
        apart = f"{count(abs(age), 'day')} {'before' if age > 0 else 'after'} the run"
        when = apart if age else "the day of the run"
        dated = f"it is of {day(roll.roll_date)}, {when}"
        dated += f" (older than {ROLL_FRESH_DAYS} days)" if _stale(summary) else ""
    said = [f"The roll has {count(roll.pupils, 'pupil')}; {dated}."]
    if not roll.consents_file:
        said.append("Consent was read from the roll: for every channel alike, and without dates.")
    if roll.without_consent_record:
        one = roll.without_consent_record == 1
        said.append(
            f"{count(roll.without_consent_record, 'pupil')} {'has' if one else 'have'} no consent on record and "
            f"{'counts' if one else 'count'} as not consented."
        )
    elif roll.pupils:
        said.append("Every pupil has a consent decision on record.")
    return said


def _trust(summary: Summary) -> list[str]:
    """What is known of how much the rules find and how often they are right: canaries of the run, and people's verdicts."""
    planted = next((c for c in summary.checked if c.check == "canary-missed" and c.outcome != "unknown"), None)
    said = ["Whether this run found what it should was not tried: there was no text to plant anything in."]
    if planted:
        said = [
            f"This run tried itself with invented pupils and details, planted in copies of what it read: {planted.why}."
        ]
    judged, wrong = summary.judged
    if judged:
        said.append(f"People have judged {count(judged, 'finding')} so far: {count(wrong, 'false alarm')} among them.")
    else:
        said.append("Nobody has judged a finding yet, so that how often the rules are right here is not known.")
    return said


def _not_read(summary: Summary) -> list[str]:
    missing = sum(s.media_missing for s in summary.sources)
    damaged = sum(s.media_damaged for s in summary.sources)
    said = []
    if missing:
        said.append(
            f"{count(missing, 'picture or document', 'pictures or documents')} named in the exports but not in them."
        )
    if damaged:
        said.append(
            f"{count(damaged, 'picture or document', 'pictures or documents')} damaged or refused, so not looked at."
        )
    return said + list(summary.not_read)


def _period(summary: Summary) -> str:
    if summary.period is not None:
        return period_words(summary.period)
    if summary.period_from is None and summary.period_to is None:
        return "No item read has a date."
    if summary.period_from is None or summary.period_to is None:
        return f"Items published {'from' if summary.period_from else 'to'} {day(summary.period_from or summary.period_to)}."
    return f"Items published {day(summary.period_from)} to {day(summary.period_to)}."


def _source(source: SourceRow) -> dict[str, Any]:
    dated = source.first_published is not None or source.last_published is not None
    return {
        "site": clip(printable(source.site), 36) or "unknown",
        "layout": clip(printable(source.layout), 30),
        "items": f"{source.items:,}",
        "rejected": f"{source.rejected:,}",
        "media": f"{source.media_present:,} / {source.media_missing:,} / {source.media_damaged:,}",
        "period": f"{short_day(source.first_published)} to {short_day(source.last_published)}" if dated else "undated",
        "sha256": source.sha256[:12],
        "complete": source.complete,
    }


_MEMBERS = (
    ("parsed", "read"),
    ("skipped", "passed over, no published content"),
    ("private", "private, never opened"),
    ("unknown", "of no known kind"),
    ("damaged", "damaged, read in part or not at all"),
)


def _import(source: SourceRow) -> dict[str, Any]:
    """What became of one export: counts and our own sentences only, never a member's name."""
    # Visitors' comments first: what they say is the school's to watch over, and mostly in no export.
    cannot = sorted(source.not_in_export, key=lambda s: not any(word in s.lower() for word in ("comments", "replies")))
    media = [
        f"{number:,} {what}"
        for number, what in (
            (source.media_present, "there"),
            (source.media_missing, "missing"),
            (source.media_damaged, "damaged or refused"),
        )
        if number
    ]
    return {
        "site": clip(printable(source.site), 36) or "unknown",
        "layout": clip(printable(source.layout), 30),
        "sha256": source.sha256[:12],
        "records": f"{count(source.items, 'item')}, {source.rejected:,} rejected",
        "members": [f"{n:,} {words}" for status, words in _MEMBERS if (n := source.members.get(status, 0))],
        "media": ", ".join(media),
        "observed": [printable(s) for s in source.observed],
        "cannot": [printable(s) for s in cannot],
        "again": _what_to_do(source),
    }


def _what_to_do(source: SourceRow) -> list[str]:
    """What to hand over again, or besides; nothing where all was read."""
    said = []
    if damaged := source.members.get("damaged", 0):
        said.append(f"Export again: {count(damaged, 'file')} in it {'is' if damaged == 1 else 'are'} damaged.")
    elif not source.complete:
        said.append("Export again: not all of it could be read.")
    if source.media_damaged:
        said.append(f"Look at {count(source.media_damaged, 'picture or document', 'pictures or documents')} yourself.")
    if source.media_missing:
        where = (
            "the folder wp-content/uploads" if source.layout.startswith("wordpress") else "all parts of the download"
        )
        said.append(
            f"Give {where} too: {count(source.media_missing, 'picture or document', 'pictures or documents')} missing."
        )
    if source.complete and not source.items:
        said.append("Nothing was found in it: see whether it is the right export.")
    return said


def _appendix(
    sources: list[dict[str, Any]], not_read: list[str], warnings: list[str], summary: Summary, room: Room
) -> dict[str, Any]:
    """What the summary had to shorten, in full; empty lists where it did not."""
    upkeep = [printable(n.text) for n in summary.upkeep]
    return {
        "sources": sources if len(sources) > room.sources else [],
        "not_read": not_read if _shown(not_read, room.not_read, 150)["cut"] else [],
        "warnings": warnings if _shown(warnings, room.warnings, 190)["cut"] else [],
        "upkeep": upkeep if _shown(upkeep, room.notes, room.note)["cut"] else [],
    }


def _by_clause(
    summary: Summary, coverage: Sequence[CoverageRow], detectors: Mapping[str, Rule]
) -> list[dict[str, Any]]:
    """A row for each clause broken and rule that found it, in the policy's order."""
    order = {row.clause: (number, row.title) for number, row in enumerate(coverage)}
    rows = []
    for (clause, name), group in sorted(
        open_by_clause(summary.findings).items(), key=lambda g: (order.get(g[0][0], (len(order), ""))[0], g[0])
    ):
        rule = detectors.get(name)
        by = Counter(f.severity for f in group)
        rows.append(
            {
                "clause": printable(clause),
                "title": printable(order.get(clause, (0, ""))[1]),
                "rule": printable(rule.summary if rule else name),
                "severity": gravest(f.severity for f in group).value,
                "count": f"{len(group):,}",
                "split": ", ".join(f"{by[s]:,} {s.value}" for s in Severity if by[s]),
                "pupils": f"{_pupils(group):,}" if _pupils(group) else "–",
                "review": f"{sum(f.review for f in group):,}",
                "new": f"{sum(f.state == 'new' for f in group):,}",
            }
        )
    return rows


def _gravest(findings: Sequence[FindingRow]) -> list[FindingRow]:
    """Worst first; then certain before possible, public before hidden, newest first."""
    newest = sorted(
        findings, key=lambda f: (f.published is not None, f.published, f.key) if f.published else (False,), reverse=True
    )
    newest.sort(key=lambda f: (f.severity.rank, f.review, f.visibility != "public"))
    return newest[:GRAVEST_SHOWN]


def _finding(finding: FindingRow, detectors: Mapping[str, Rule]) -> dict[str, Any]:
    rule = detectors.get(finding.detector)
    return {
        "severity": finding.severity.value,
        "published": short_day(finding.published),
        "site": clip(printable(finding.site.removeprefix("site:")), 40),
        "visibility": printable(finding.visibility),
        "what": printable(rule.summary if rule else finding.detector),
        "why": clip(printable(finding.why), 160),
        "masked": clip(printable(finding.masked), 40),
        "place": printable(place(finding.part)),
        "clause": printable(finding.clause),
        "key": printable(finding.key[:8]),
        "review": finding.review,
        "new": finding.state == "new",
    }


_HIDDEN = {
    "position": "position",
    "place": "place",
    "person": "name",
    "serial": "serial number",
    "device": "device",
    "thumbnail": "uncropped thumbnail",
}


def _pictures_by_need(pictures: Sequence[PictureRow]) -> list[PictureRow]:
    """Those that give away most first: a plain face with a name beside it, then plain faces, names, hidden data; else as given."""
    return sorted(
        pictures, key=lambda p: (-(p.named and p.largest_face > 0), -round(p.largest_face, 2), -len(p.hidden))
    )


def _picture(picture: PictureRow) -> dict[str, Any]:
    faces = "not looked for" if picture.faces is None else f"{picture.faces:,}"
    largest = f"{100 * picture.largest_face:.1f} %" if picture.largest_face else "–"
    hidden = [_HIDDEN.get(what, what) for what in picture.hidden]
    return {
        "published": short_day(picture.published),
        "site": clip(printable(picture.site), 40),
        "faces": faces,
        "largest": largest,
        "named": "yes" if picture.named else "–",
        "hidden": printable(listed(hidden)) if hidden else "–",
        "copies": f"{picture.copies:,}" if picture.copies > 1 else "–",
        "key": printable(picture.key[:8]),
    }


def _parts(coverage: Sequence[CoverageRow]) -> list[dict[str, Any]]:
    """The clause table in the policy's parts."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in coverage:
        controls = [
            {"mode": c.mode, "how": printable(c.how), "words": printable(c.words), "status": c.status}
            for c in row.controls
        ]
        parts.setdefault(_part(row), []).append(
            {
                "clause": printable(row.clause),
                "title": printable(row.title),
                "text": printable(row.text),
                "words": printable(row.words),
                "status": row.status,
                "severity": row.worst.value if row.worst else "",
                "controls": controls,
            }
        )
    return [{"name": name, "rows": rows} for name, rows in parts.items()]


def _part(row: CoverageRow) -> str:
    if row.tool:
        return "Checks of the tool itself"
    if not row.in_policy:
        return "Cited by findings, not in this revision of the policy"
    head = printable(row.clause.split(".")[0])
    if head == "0":
        return "The policy itself"
    return f"Section {head}" if head.isdecimal() else f"Appendix {head}"


def _rule(rule: Rule) -> dict[str, str]:
    return {
        "clause": printable(rule.clause),
        "summary": printable(rule.summary),
        "severity": rule.severity.value,
        "id": printable(rule.id),
    }
