"""How findings have moved from run to run, and within a period: counts alone."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from detectors.base import Severity
from pipelines.readers.times import LONDON
from reports.summary import Moved, Period, RunRow
from reports.words import london_day

if TYPE_CHECKING:
    from pipelines.store import Store

RUNS_SHOWN = 12
_PLANTED = re.compile(r"(\d+) of (\d+) planted details found")  # as pipelines/own_work.py says it

# A run's state is what held when the next one began; the latest one's is that of now. A verdict or an allowed value counts from
# when it was given; "removed" until its site is read again, for what is still found then was not removed. A finding that went and
# came back counts as open in between: the store keeps no memory of that. Severities are those of now.
_OPEN = """
WITH o AS (SELECT *, lead(started) OVER (ORDER BY position) AS ends FROM run_order),
known AS (
    SELECT f.key, f.severity, f.value_mac, f.site, coalesce(a.position, 0) AS first_seen,
        CASE WHEN f.gone_run IS NULL THEN NULL ELSE coalesce(b.position, 0) END AS gone
    FROM findings f LEFT JOIN run_order a ON a.run_id = f.first_run LEFT JOIN run_order b ON b.run_id = f.gone_run
    WHERE f.severity <> 'info'
),
given AS (
    SELECT o.position, v.key, arg_max(v.verdict, v.number) AS verdict, arg_max(v.decided, v.number) AS decided,
        arg_max(coalesce(v.until, DATE '9999-12-31'), v.number) AS until
    FROM o JOIN verdicts_standing v ON v.decided < o.ends GROUP BY ALL
)
SELECT o.position, k.severity, count(*) AS n
FROM o JOIN known k ON k.first_seen <= o.position AND (k.gone IS NULL OR k.gone > o.position)
LEFT JOIN given g ON g.position = o.position AND g.key = k.key
WHERE o.ends IS NOT NULL
    AND NOT coalesce(g.until >= o.ends::DATE AND (g.verdict IN ('false alarm', 'consented') OR (
        g.verdict = 'removed' AND NOT EXISTS (
            SELECT 1 FROM run_sites s JOIN run_order r USING (run_id)
            WHERE s.site = k.site AND r.position <= o.position AND r.started > g.decided))), false)
    AND NOT EXISTS (
        SELECT 1 FROM allow_list l WHERE l.value_mac = k.value_mac AND k.value_mac <> ''
            AND l.added < o.ends AND (l.until IS NULL OR l.until >= o.ends::DATE))
GROUP BY ALL
UNION ALL
SELECT (SELECT max(position) FROM run_order), severity, count(*) FROM findings_now
WHERE state <> 'gone' AND NOT settled AND severity <> 'info' GROUP BY ALL
"""
_RUNS = """
SELECT o.position, o.started,
    (SELECT count(*) FROM findings f WHERE f.first_run = o.run_id) AS new,
    (SELECT count(*) FROM findings f WHERE f.gone_run = o.run_id) AS gone,
    (SELECT count(DISTINCT replace(site, 'site:', '')) FROM run_sites s WHERE s.run_id = o.run_id) AS sites_read,
    (SELECT count(DISTINCT site) FROM (
        SELECT replace(s.site, 'site:', '') AS site FROM run_sites s JOIN run_order p USING (run_id) WHERE p.position <= o.position
        UNION SELECT unnest(registered_sites) FROM runs r WHERE r.run_id = o.run_id)) AS sites_known,
    (SELECT why FROM checks_made c WHERE c.run_id = o.run_id AND c.detector = 'canary-missed') AS tried
FROM run_order o ORDER BY o.position
"""


def history(store: Store, period: Period | None = None) -> tuple[RunRow, ...]:
    """The last RUNS_SHOWN finished runs, with a period those that began within it, the oldest first."""
    by_run: dict[int, dict[Severity, int]] = {}
    for position, severity, n in store._connection.execute(_OPEN).fetchall():
        by_run.setdefault(position, {})[Severity(severity)] = n
    rows = []
    for position, started, new, gone, read, known, tried in store._connection.execute(_RUNS).fetchall():
        if period is None or period.holds(london_day(started)):
            said = _PLANTED.search(tried or "")
            found, planted = (int(said[1]), int(said[2])) if said else (0, 0)
            first = None if position == 1 else new
            rows.append(RunRow(started, by_run.get(position, {}), first, gone, read, known, planted, found))
    return tuple(rows[-RUNS_SHOWN:])


def moved_in(store: Store, period: Period) -> Moved:
    """Findings first seen, gone and judged within a period, in London's days; whenever their items were published."""
    begins = datetime.combine(period.since, time(), LONDON) if period.since else datetime(1, 1, 2, tzinfo=LONDON)
    ends = (
        datetime.combine(period.until, time(), LONDON) + timedelta(days=1)
        if period.until
        else datetime(9999, 1, 1, tzinfo=LONDON)
    )
    counted = []
    for column in ("first_run", "gone_run"):
        sql = f"SELECT count(*) FROM findings f JOIN runs r ON r.run_id = f.{column} WHERE r.started >= ? AND r.started < ?"  # noqa: S608
        counted.append((store._connection.execute(sql, [begins, ends]).fetchone() or (0,))[0])
    judged = store._connection.execute(
        "SELECT verdict, count(DISTINCT key) FROM verdicts_standing WHERE decided >= ? AND decided < ? "
        "GROUP BY verdict ORDER BY ALL",
        [begins, ends],
    )
    return Moved(counted[0], counted[1], dict(judged.fetchall()))
