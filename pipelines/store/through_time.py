"""Items and findings from run to run: what is remembered of an item, what is carried over, what has gone and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from detectors.base import Item
from detectors.text.fold import folded_key
from pipelines.memory import Trace

if TYPE_CHECKING:
    from pipelines.keys import Keys
    from pipelines.store import Store

# At most so many known items may lie beyond the first or last item of an export for them to count as taken down; where there
# are more, the export is of another period.
_EDGE = 3


class StoreMemory:
    """What a store remembers of items, read over a connection of its own: the audit asks while the store is written."""

    def __init__(self, store: Store, pupils: Iterable[str], today: date) -> None:
        self._keys = store._keys
        self._today = today
        self._connection = store._connection.cursor()
        self._pupils = {self._keys.mac("pupil", p): p for p in pupils}
        rows = self._connection.execute(
            "SELECT item_key FROM unsettled JOIN items USING (item_key) WHERE sealed IS NULL"
        )
        self._to_be_read = {row[0] for row in rows.fetchall()}

    def close(self) -> None:
        """Let go of the store."""
        self._connection.close()

    def mac(self, *values: str) -> str:
        """A keyed hash of some values."""
        return self._keys.mac("audit", *values)

    def recall(self, items: Sequence[Item]) -> Mapping[str, Trace]:
        """By an item's id what is remembered of its audit.

        Not of items that are withheld or forgotten, nor of those with an open finding whose content is not kept: it must be read.
        """
        keys = {item.id: self._keys.mac("item", item.lineage) for item in items}
        rows = self._connection.execute(_RECALL, [list(keys.values()), self._today]).fetchall()
        traces = {
            key: trace
            for key, item_key, *values in rows
            if item_key not in self._to_be_read and (trace := self._trace(*values))
        }
        return {item_id: traces[key] for item_id, key in keys.items() if key in traces}

    def _trace(self, fingerprint: str, consents: str, pupils: list[str], speaks: list[str]) -> Trace | None:
        """None where a pupil is no longer on the roll."""
        if not all(p in self._pupils for p in (*pupils, *speaks)):
            return None
        known = [frozenset(self._pupils[p] for p in some) for some in (pupils, speaks)]
        return Trace(fingerprint, consents, known[0], known[1])


_RECALL = """
WITH asked AS (
    SELECT k.key, coalesce(a.item_key, k.key) AS item_key
    FROM (SELECT DISTINCT unnest(?::VARCHAR[]) AS key) k LEFT JOIN item_aliases a ON a.alias = k.key
)
SELECT asked.key, i.item_key, i.fingerprint, i.consents, i.pupils, i.speaks
FROM asked JOIN items i USING (item_key)
WHERE i.fingerprint <> '' AND (i.day IS NULL OR i.day = ?)
"""


@dataclass
class Seen:
    """What a run has seen so far: the periods of its exports on each site, by the export's SHA-256."""

    periods: dict[tuple[str, str], tuple[datetime | None, datetime | None]] = field(default_factory=dict)

    def count(self, item: Item, site: str) -> None:
        """Widen the periods by an item's time."""
        for at in (item.locator, *item.also):
            first, last = self.periods.get((site, at.archive_sha256), (None, None))
            if item.published is not None:
                first, last = min(first or item.published, item.published), max(last or item.published, item.published)
            self.periods[site, at.archive_sha256] = first, last


def aliases(
    connection: duckdb.DuckDBPyConnection, keys: Keys, items: Sequence[tuple[Item, str]], run_id: str
) -> dict[str, str]:
    """The keys under which items are known whose lineage has changed, by their new keys.

    A lineage that rests on account, time and pictures changes when a picture is added. The item is then known by its place, time
    and text; one that this run has seen under its old lineage is another.
    """
    own = {keys.mac("item", item.lineage): (item, site) for item, site in items}
    found: dict[str, str] = dict(
        connection.execute(
            "SELECT alias, item_key FROM item_aliases WHERE alias IN (SELECT unnest(?::VARCHAR[]))", [list(own)]
        ).fetchall()
    )
    known = connection.execute(
        "SELECT item_key FROM items WHERE item_key IN (SELECT unnest(?::VARCHAR[]))", [list(own)]
    )
    strange = set(own) - {row[0] for row in known.fetchall()} - set(found)
    anchors = {anchor_of(keys, *own[key]): key for key in sorted(strange)}
    anchors.pop("", None)
    if anchors:
        rows = connection.execute(
            "SELECT anchor, text_mac, min(item_key) FROM items WHERE anchor IN (SELECT unnest(?::VARCHAR[])) AND last_run <> ? "
            "GROUP BY anchor, text_mac HAVING count(*) = 1",
            [list(anchors), run_id],
        ).fetchall()
        for anchor, text_mac, item_key in rows:
            key = anchors[anchor]
            if text_mac == text_mac_of(keys, own[key][0]):
                found[key] = item_key
                connection.execute("INSERT INTO item_aliases VALUES (?, ?)", [key, item_key])
    return found


def anchor_of(keys: Keys, item: Item, site: str) -> str:
    """A keyed hash of where and when an item was posted; empty where the export does not say when, or it has no text."""
    if item.published is None or not folded_key(item.part("text")):
        return ""
    return keys.mac("anchor", site, item.platform, item.kind, item.published.isoformat())


def text_mac_of(keys: Keys, item: Item) -> str:
    """A keyed hash of an item's text."""
    return keys.mac("text", folded_key(item.part("text")))


def note_unchanged(connection: duckdb.DuckDBPyConnection, keys: Iterable[str]) -> None:
    """Note items that a run read and did not audit again; they are carried over when it ends."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS unchanged (item_key VARCHAR)")
    frame = pd.DataFrame({"item_key": list(keys)}, dtype=object)
    if not frame.empty:
        connection.register("incoming", frame)
        connection.execute(
            "INSERT INTO unchanged SELECT coalesce(a.item_key, i.item_key) FROM incoming i "
            "LEFT JOIN item_aliases a ON a.alias = i.item_key"
        )
        connection.unregister("incoming")


def carry_on(connection: duckdb.DuckDBPyConnection, run_id: str, seen: Seen, complete: Mapping[str, bool]) -> None:
    """Bring items and findings up to the run that ends: belongs into the transaction that closes it.

    ``complete`` says of each export, by its SHA-256, whether it was read to its end.
    """
    _carry_over(connection, run_id)
    _adopt(connection, run_id)
    _mark(connection, run_id, seen, complete)


def _carry_over(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Of items that were not audited again, the findings of their last audit stand."""
    note_unchanged(connection, ())
    connection.execute(
        "UPDATE findings SET last_run = ? FROM items i WHERE findings.item_key = i.item_key "
        "AND findings.last_run = i.last_run AND i.last_run <> ? AND i.item_key IN (SELECT item_key FROM unchanged)",
        [run_id, run_id],
    )
    connection.execute(
        "UPDATE items SET last_run = ? WHERE last_run <> ? AND item_key IN (SELECT item_key FROM unchanged)",
        [run_id, run_id],
    )
    connection.execute("DROP TABLE unchanged")


def _adopt(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """What a run that was killed saw first is this run's, as if the other had never been."""
    for table, column in (("items", "first_run"), ("findings", "first_run"), ("findings", "changed_run")):
        connection.execute(
            f"UPDATE {table} SET {column} = ? WHERE last_run = ? AND {column} <> ? "  # noqa: S608 - our own names
            f"AND {column} IN (SELECT run_id FROM runs WHERE finished IS NULL)",
            [run_id, run_id, run_id],
        )


def _mark(connection: duckdb.DuckDBPyConnection, run_id: str, seen: Seen, complete: Mapping[str, bool]) -> None:
    """Mark findings that have gone, and those that came back.

    A finding has gone when its item was read and it was not found, or when its item should stand in an export that was read to
    its end and does not. An item outside the export's period has not gone, unless so few are missing that the period's end
    is just where they stood. Of a picture that could not be read nothing is said.
    """
    rows = [(s, *period) for (s, sha), period in seen.periods.items() if complete.get(sha, True)]
    frame = pd.DataFrame(rows, columns=["site", "first_at", "last_at"])
    for column in ("first_at", "last_at"):
        frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
    frame["site"] = frame["site"].astype(object)
    connection.register("periods", frame)
    connection.execute(
        "UPDATE findings SET gone_run = NULL, returned_run = ? WHERE last_run = ? AND gone_run IS NOT NULL",
        [run_id, run_id],
    )
    connection.execute(
        "UPDATE findings SET gone_run = ? FROM items i WHERE findings.item_key = i.item_key AND i.last_run = ? "
        "AND findings.last_run <> ? AND gone_run IS NULL "
        "AND NOT (i.media_unread AND (part LIKE 'media:%' OR part LIKE 'ocr:%'))",
        [run_id, run_id, run_id],
    )
    connection.execute(_MISSING, [run_id])
    connection.unregister("periods")


_MISSING = f"""
WITH this AS (SELECT ? AS run_id),
of_site AS (SELECT site, min(first_at) AS first_at, max(last_at) AS last_at FROM periods GROUP BY site),
again AS (
    SELECT site, count(*) FILTER (published IS NOT NULL) AS dated, count(*) FILTER (published IS NULL) AS undated
    FROM items, this WHERE last_run = run_id AND first_run <> run_id GROUP BY site
),
missing AS (
    SELECT i.item_key, i.site, CASE
        WHEN i.published IS NULL THEN 'undated'
        WHEN i.published < s.first_at THEN 'before'
        WHEN i.published > s.last_at THEN 'after'
        WHEN EXISTS (SELECT 1 FROM periods p WHERE p.site = i.site AND i.published BETWEEN p.first_at AND p.last_at) THEN 'inside'
        ELSE 'between'
    END AS place
    FROM items i JOIN of_site s USING (site), this
    WHERE i.last_run <> run_id
),
counted AS (SELECT site, place, count(*) AS n FROM missing GROUP BY site, place),
covered AS (
    SELECT m.item_key FROM missing m
    JOIN counted c USING (site, place) LEFT JOIN again a USING (site)
    WHERE place = 'inside' OR (place IN ('before', 'after') AND n <= {_EDGE} AND a.dated + a.undated > 0)
        OR (place = 'undated' AND a.dated + a.undated > 0 AND (n <= {_EDGE} OR n <= a.undated))
),
reported AS (
    SELECT key FROM verdicts_now JOIN findings f USING (key) JOIN missing m USING (item_key) WHERE verdict = 'removed'
)
UPDATE findings SET gone_run = run_id FROM this
WHERE gone_run IS NULL AND (item_key IN (SELECT item_key FROM covered) OR key IN (SELECT key FROM reported))
"""  # noqa: S608 - a number of our own
