"""The store's latest run as the values that the report prints. Nothing here is unmasked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from detectors.base import Severity, UserError
from detectors.clauses import Policy, upkeep
from pipelines.store import Store
from pipelines.store.history import history, moved_in
from pipelines.store.register import attested_in, checked_in, notes_of, overdue
from pipelines.store.withheld import withheld_in
from reports.summary import FindingRow, Period, PictureRow, Previous, RollFacts, SourceRow, Summary


def summarise(
    store: Store, load: Callable[[str], Policy], today: date, period: Period | None = None
) -> tuple[Summary, Policy]:
    """The summary of the latest finished run and its policy; ``period`` leaves out findings on items published outside it.

    Raises UserError where no run has finished.
    """
    runs = store.query("SELECT * FROM runs WHERE finished IS NOT NULL ORDER BY started DESC, run_id DESC LIMIT 2")
    if runs.empty:
        raise UserError("the store holds no finished run yet; run the audit first")
    latest = runs.iloc[0]
    policy = load(str(latest["policy_id"]))
    run_id, attested = str(latest["run_id"]), attested_in(store)
    read_now = set(store.query("SELECT site FROM run_sites WHERE run_id = ?", [latest["run_id"]])["site"])
    sources = _sources(store, latest)
    findings = tuple(
        _finding(row, read_now)
        for row in _records(store.query("SELECT * FROM findings_now ORDER BY published DESC NULLS LAST, key"))
        if period is None or period.holds(_day(row["published"]))
    )
    published = [d for s in sources for d in (s.first_published, s.last_published) if d]
    summary = Summary(
        school=str(latest["school"]),
        run_id=run_id,
        run_at=latest["started"].to_pydatetime(),
        tool_version=str(latest["tool_version"]),
        policy_id=policy.id,
        policy_title=policy.title,
        period_from=(period and period.since) or min(published, default=None),
        period_to=(period and period.until) or max(published, default=None),
        sources=sources,
        findings=findings,
        items_read=items_within(store, run_id, period) if period else int(latest["items"]),
        records_rejected=sum(s.rejected for s in sources),
        previous=_previous(store, runs),
        upkeep=(*upkeep(policy, today), *notes_of(store, run_id), *overdue(policy, attested, today)),
        roll=RollFacts(
            pupils=int(latest["pupils"]),
            without_consent_record=int(latest["pupils_without_consent_record"]),
            roll_date=_day(latest["roll_date"]),
            consents_file=bool(latest["consents_file"]),
        ),
        not_read=_not_read(store, latest),
        pictures=_pictures(store, period),
        sites_without_export=tuple(s for s in latest["registered_sites"] if s not in read_now),
        withheld=withheld_in(store, run_id),
        judged=_judged(store),
        checked=checked_in(store, run_id),
        attested=attested,
        period=period,
        moved=moved_in(store, period) if period else None,
        history=history(store, period),
    )
    return summary, policy


def _judged(store: Store) -> tuple[int, int]:
    row = store._connection.execute("SELECT sum(judged), sum(false_alarms) FROM precision_by_rule").fetchone()
    return (int(row[0] or 0), int(row[1] or 0)) if row else (0, 0)


def to_be_done(store: Store, period: Period | None = None) -> dict[str, int]:
    """How many findings ask for something, by severity, the gravest first; those for information only are left out.

    ``period`` counts findings on items published within it.
    """
    within = period or Period()
    rows = store._connection.execute(
        "SELECT severity, count(*) FROM findings_now WHERE state <> 'gone' AND NOT settled AND severity <> 'info' "
        "AND (published IS NULL OR published::DATE BETWEEN coalesce(?, DATE '0001-01-01') AND coalesce(?, DATE '9999-12-31')) "
        "GROUP BY severity ORDER BY severity_rank(severity)",
        [within.since, within.until],
    )
    return dict(rows.fetchall())


@dataclass(frozen=True)
class Read:
    """What the latest finished run read. ``not_read`` are sentences on what the exports do not contain or could not be read."""

    run_id: str
    started: datetime
    policy_id: str
    items: int
    sources: tuple[SourceRow, ...]
    not_read: tuple[str, ...]


def what_was_read(store: Store) -> Read | None:
    """Of the latest finished run; None where there is none."""
    runs = store.query("SELECT * FROM runs WHERE finished IS NOT NULL ORDER BY started DESC, run_id DESC LIMIT 1")
    if runs.empty:
        return None
    run = runs.iloc[0]
    started, sources, not_read = run["started"].to_pydatetime(), _sources(store, run), _not_read(store, run)
    return Read(str(run["run_id"]), started, str(run["policy_id"]), int(run["items"]), sources, not_read)


def _sources(store: Store, run: pd.Series[Any]) -> tuple[SourceRow, ...]:
    members = _members(store, run)
    rows = _rows(store, "SELECT * FROM sources WHERE run_id = ? ORDER BY number", run)
    return tuple(_source(row, members.get(int(row["number"]), {})) for row in rows)


def _rows(store: Store, sql: str, run: pd.Series[Any]) -> list[dict[str, Any]]:
    return _records(store.query(sql, [run["run_id"]]))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def _members(store: Store, run: pd.Series[Any]) -> dict[int, dict[str, int]]:
    """By the source's number, how many of its files were parsed, skipped and so on."""
    found: dict[int, dict[str, int]] = {}
    for row in _rows(store, "SELECT source, status, members FROM members_read WHERE run_id = ?", run):
        found.setdefault(int(row["source"]), {})[row["status"]] = int(row["members"])
    return found


def _source(row: dict[str, Any], members: Mapping[str, int]) -> SourceRow:
    return SourceRow(
        site=row["site"],
        layout=row["layout"],
        sha256=row["sha256"],
        items=int(row["items"]),
        rejected=int(row["rejected"]),
        media_present=int(row["media_present"]),
        media_missing=int(row["media_missing"]),
        media_damaged=int(row["media_damaged"]),
        first_published=_day(row["first_published"]),
        last_published=_day(row["last_published"]),
        complete=bool(row["complete"]),
        members=members,
        not_in_export=tuple(row["not_in_export"]),
        observed=tuple(row["observed"]),
    )


def items_within(store: Store, run_id: str, period: Period) -> int:
    """The items of a run that were published within a period, those without a date included."""
    sql = (
        "SELECT count(*) AS n FROM items WHERE last_run = ? AND kind <> 'site' AND (published IS NULL OR "
        "published::DATE BETWEEN coalesce(?, DATE '0001-01-01') AND coalesce(?, DATE '9999-12-31'))"
    )
    return int(store.query(sql, [run_id, period.since, period.until])["n"][0])


def _finding(row: dict[str, Any], read_now: set[str]) -> FindingRow:
    # What was new when its site was last read is not new in a run that did not read the site.
    state = "open" if row["state"] in ("new", "changed") and row["site"] not in read_now else row["state"]
    if row["settled"] and state != "gone":
        state = "allowed" if row["allowed"] else row["verdict"]
    return FindingRow(
        key=row["key"],
        detector=row["detector"],
        kind=row["kind"],
        clause=row["clause"],
        severity=Severity(row["severity"]),
        state=state,
        site=row["site"],
        published=_day(row["published"]),
        masked=row["masked"],
        why=row["why"],
        review=bool(row["review"]),
        visibility=row["visibility"],
        part=row["part"],
        pupils=tuple(row["pupils"]),
    )


def _previous(store: Store, runs: pd.DataFrame) -> Previous | None:
    if len(runs) < 2:
        return None
    new, still_open, gone = store.changes(str(runs.iloc[0]["run_id"]))
    return Previous(run_at=runs.iloc[1]["started"].to_pydatetime(), new=new, still_open=still_open, gone=gone)


def _pictures(store: Store, period: Period | None) -> tuple[PictureRow, ...]:
    rows = _records(
        store.query(
            "SELECT * FROM pictures_public WHERE NOT list_contains(not_read, 'drawing')",
        )
    )
    return tuple(
        PictureRow(
            key=row["group_mac"],
            site=row["site"],
            published=_day(row["published"]),
            faces=None if pd.isna(row["faces"]) else int(row["faces"]),
            largest_face=float(row["largest_face"]),
            named=bool(row["named"]),
            hidden=tuple(row["hidden"]),
            copies=int(row["copies"]),
        )
        for row in rows
        if period is None or period.holds(_day(row["published"]))
    )


# What pictures were not looked at for, in the words of ``detectors/images/pictures.py``.
_UNSEEN = {
    "text": "pictures may hold writing that was not read",
    "faces": "pictures were not looked at for faces: no face detector is installed on this system",
    "video": "videos were not looked into",
    "drawing": "drawings (SVG) were not looked into",
}


def _not_read(store: Store, run: pd.Series[Any]) -> tuple[str, ...]:
    """What the exports do not contain, and what was handed over and could not be read; each sentence once."""
    sentences: dict[str, None] = {}
    for row in _rows(
        store, "SELECT site, not_in_export, members_unread FROM sources WHERE run_id = ? ORDER BY number", run
    ):
        for sentence in row["not_in_export"]:
            sentences[f"{row['site']}: {sentence}"] = None
        if row["members_unread"]:
            sentences[
                f"{row['site']}: {row['members_unread']} files in the export could not be read or are of no known kind"
            ] = None
    unseen = (
        "SELECT site, what, count(DISTINCT picture_mac) AS n FROM (SELECT site, picture_mac, unnest(not_read) AS what "
        "FROM pictures_now JOIN run_sites USING (site) WHERE run_id = ?) GROUP BY ALL ORDER BY ALL"
    )
    for row in _rows(store, unseen, run):
        if row["what"] in _UNSEEN:
            sentences[f"{row['site']}: {row['n']} {_UNSEEN[row['what']]}"] = None
    if run["problems"]:
        sentences[
            f"{run['problems']} of the files handed over were unreadable or damaged; the run's messages name them"
        ] = None
    return tuple(sentences)
