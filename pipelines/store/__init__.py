"""The store: one DuckDB file, and the only code that knows DuckDB. It holds no name, no identifier and no content in the clear."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

import duckdb
import pandas as pd

from detectors.base import Finding, Item, Locator, Picture, SiteFacts, UserError
from detectors.text.fold import folded_key
from pipelines.audit import matched, picture_of, place_of
from pipelines.keys import KEY_BYTES, Keys, seal, unseal
from pipelines.masking import mask
from pipelines.memory import Trace
from pipelines.store.access import begin_log, log_access
from pipelines.store.erasure import rewrite, snapshots
from pipelines.store.files import clear_spill, config
from pipelines.store.pictures import group_pictures, save_pictures
from pipelines.store.through_time import Seen, aliases, anchor_of, carry_on, note_unchanged, text_mac_of
from pipelines.store.withheld import withhold

_PRIMARY_KEYS = {
    "items": ("item_key",),
    "findings": ("key",),
    "source_members": ("run_id", "source", "number"),
    "site_facts": ("run_id", "source", "fact"),
    "withheld": ("item_key",),
    "verdicts": ("number",),
    "assignments": ("key",),
    "pictures": ("picture_mac",),
    "item_pictures": ("item_key", "media"),
}
# A finding has changed when a person would judge it otherwise: graver or not, by another rule, about another pupil.
_CHANGED = """, changed_run = CASE
    WHEN findings.severity <> excluded.severity OR findings.detector <> excluded.detector OR findings.review <> excluded.review
        OR findings.pupils[1] IS DISTINCT FROM excluded.pupils[1] THEN excluded.last_run
    ELSE findings.changed_run
END"""
_MEMORY = 256  # MB
_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class RunInfo:
    """What a run was made with."""

    tool_version: str
    rules_version: str
    policy_id: str
    school: str
    pupils: int
    pupils_without_consent_record: int
    consents_file: bool
    roll_date: date
    registered_sites: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceInfo:
    """What was read of one export. ``name`` and the values of ``facts`` are sealed on their way in."""

    name: str
    site: str
    layout: str
    sha256: str
    items: int
    rejected: int
    media_present: int
    media_missing: int
    media_damaged: int
    members_unread: int
    first_published: date | None
    last_published: date | None
    complete: bool
    not_in_export: tuple[str, ...]
    members: tuple[tuple[str, str, int, str, int], ...] = ()  # name, status, records, why, files meant
    facts: SiteFacts | None = field(default=None, repr=False)
    observed: tuple[str, ...] = ()  # what its items show of how the site is looked after, as sentences


class StoreBusyError(UserError):
    """Somebody else has the store open: wait, and try again."""


class Store:
    """An open store. One process writes; several may read while none writes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, keys: Keys, data_key: bytes, path: Path) -> None:
        self._connection = connection
        self._keys = keys
        self._data_key = data_key
        self._path = path
        self._rewrite_due = False
        self._seen = Seen()

    @classmethod
    def open(cls, path: Path, keys: Keys, *, read_only: bool = False) -> Self:
        """Open the file, made with mode 0600 when there is none, and bring its schema up to date.

        Raises UserError for a file that is missing (``read_only``), held by another run, no store, or made with other keys.
        """
        if read_only and not path.exists():
            raise UserError(
                f"{path}: there is no store; make one with: social-audit run EXPORT --school DIR --store {path}"
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.umask(0o077)
            connection = duckdb.connect(
                str(path),
                read_only=read_only,
                config={"enable_external_access": "false"} | config(path, _MEMORY),  # DuckDB wants this order
            )
        except (OSError, duckdb.Error) as error:
            busy = "lock" in str(error).lower()
            raise (StoreBusyError if busy else UserError)(_cannot_open(path, error)) from None
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET lock_configuration = true")
            if not read_only:
                path.chmod(0o600)
                clear_spill(path)
                _migrate(connection, keys)
            elif _pending(connection):
                connection.close()
                cls.open(path, keys).close()  # a store of an earlier version is brought up to date before it is read
                return cls.open(path, keys, read_only=True)
            row = connection.execute("SELECT wrapped_key FROM store_info").fetchone()
        except duckdb.Error:
            connection.close()
            raise UserError(f"{path}: this is no store of this tool; name another file") from None
        assert row is not None
        try:
            store = cls(connection, keys, keys.unwrap(bytes(row[0])), path)
            store._check_keys(bytes(row[0]), read_only=read_only)
            return store
        except UserError:
            connection.close()
            raise

    def _check_keys(self, wrapped: bytes, *, read_only: bool) -> None:
        """Refuse another pseudonym key than the store's own; wrap the data key anew where the content key was renewed."""
        check = self._keys.mac("pseudonym check")
        info = self.query("SELECT * FROM store_info").to_dict("records")[0]
        known = info.get("pseudonym_check")
        if isinstance(known, str) and known != check:
            raise UserError(
                "this store's pseudonyms were made with another key; restore the pseudonym key from your backup, or every verdict "
                "is lost"
            )
        if read_only:
            return
        self._rewrite_due = info.get("rewrite_due") is True
        if "pseudonym_check" in info and not isinstance(known, str):
            with self._transaction():
                self._connection.execute("UPDATE store_info SET pseudonym_check = ?", [check])
                begin_log(self)
        if not self._keys.is_wrapped_now(wrapped):
            self._connection.execute("UPDATE store_info SET wrapped_key = ?", [self._keys.wrap(self._data_key)])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        if self._rewrite_due:
            self._rewrite_due = False
            rewrite(self._path)

    def rewrite_when_closed(self) -> None:
        """Have the file written anew when it is closed, for rows were deleted whose bytes must not stay; published copies go now.

        Belongs into the transaction that deletes: where the process is killed in between, the next one that writes does it.
        """
        self._connection.execute("UPDATE store_info SET rewrite_due = true")
        self._rewrite_due = True
        for copy in snapshots(self._path):
            copy.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_run(self, info: RunInfo) -> str:
        """Start a run and give its id, which says nothing of the school."""
        run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self._seen = Seen()
        self._connection.execute(
            "INSERT INTO runs (run_id, started, tool_version, rules_version, policy_id, school, pupils, "
            "pupils_without_consent_record, consents_file, roll_date, registered_sites) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id,
                datetime.now(UTC),
                info.tool_version,
                info.rules_version,
                info.policy_id,
                info.school,
                info.pupils,
                info.pupils_without_consent_record,
                info.consents_file,
                info.roll_date,
                list(info.registered_sites),
            ],
        )
        return run_id

    def site_label(self, site: str, *, registered: bool) -> str:
        """The site as the store may show it: a site's word that is not on the register is a stranger's and may name somebody."""
        return site if registered else f"unregistered-{self._keys.mac('site', site)[:6]}"

    def save_batch(
        self,
        run_id: str,
        items: Sequence[tuple[Item, str]],
        findings: Iterable[Finding],
        traces: Mapping[str, Trace] | None = None,
        unchanged: Sequence[tuple[Item, str]] = (),
    ) -> None:
        """Store a batch: items with their site's label, and the findings on them. Idempotent within a run.

        ``traces`` say by item id what to remember of an item's audit; ``unchanged`` are items that were not audited again. Items
        with a safeguarding concern, and all findings on them, are sealed to the safeguarding lead and stored nowhere else.
        """
        for item, site in (*items, *unchanged):
            self._seen.count(item, site)
        if items:
            items, findings = withhold(self, run_id, items, findings)
        by_item: dict[str, list[Finding]] = {}
        for finding in findings:
            by_item.setdefault(finding.item.id, []).append(finding)
        item_rows: dict[str, dict[str, Any]] = {}
        finding_rows: dict[str, dict[str, Any]] = {}
        with self._transaction():
            known_as = aliases(self._connection, self._keys, items, run_id) if items else {}
            for item, site in items:
                key = self._item_key(item)
                key = known_as.get(key, key)
                of_item = by_item.get(item.id, [])
                trace = (traces or {}).get(item.id)
                item_rows[key] = self._item_row(key, item, site, run_id, sealed=bool(of_item), trace=trace)
                for finding in of_item:
                    row = self._finding_row(finding, key, site, run_id)
                    finding_rows[row["key"]] = row
            self._upsert("items", list(item_rows.values()))
            self._upsert("findings", list(finding_rows.values()), also=_CHANGED)
            note_unchanged(self._connection, (self._item_key(item) for item, _ in unchanged))
            self._connection.execute(
                "UPDATE runs SET audited = audited + ? WHERE run_id = ?",
                [sum(item.kind != "site" for item, _ in items), run_id],
            )

    def save_pictures(self, run_id: str, seen: Iterable[tuple[Item, tuple[Picture, ...]]]) -> None:
        """Store what was counted in the pictures of a batch, after the batch itself."""
        save_pictures(self, run_id, seen)

    def finish_run(self, run_id: str, sources: Sequence[SourceInfo], problems: int) -> None:
        """Close a run: what was read of each source; the content of items without open findings is forgotten."""
        with self._transaction():
            for number, source in enumerate(sources):
                values = {k: v for k, v in vars(source).items() if k not in ("name", "members", "facts")}
                values |= {name: list(values[name]) for name in ("not_in_export", "observed")}
                sealed = seal(self._data_key, source.name, f"source {run_id} {number}")
                columns = ["run_id", "number", "sealed_name", *values]
                marks = ", ".join("?" * len(columns))
                self._connection.execute(
                    f"INSERT INTO sources ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - our own column names
                    [run_id, number, sealed, *values.values()],
                )
                self._save_members(run_id, number, source)
                if source.facts is not None:
                    self._save_facts(run_id, number, source.facts)
            for site in {s.site for s in sources} | {site for site, _ in self._seen.periods}:
                self._connection.execute("INSERT INTO run_sites VALUES (?, ?)", [run_id, site])
            carry_on(self._connection, run_id, self._seen, {s.sha256: s.complete for s in sources})
            self._connection.execute(
                "UPDATE runs SET finished = ?, problems = ?, items = "
                "(SELECT count(*) FROM items WHERE last_run = runs.run_id AND kind <> 'site') "
                "+ (SELECT count(*) FROM withheld WHERE last_run = runs.run_id AND state <> 'released') WHERE run_id = ?",
                [datetime.now(UTC), problems, run_id],
            )
            group_pictures(self)
            self._connection.execute(
                "UPDATE items SET sealed = NULL WHERE sealed IS NOT NULL AND item_key NOT IN "
                "(SELECT item_key FROM findings WHERE gone_run IS NULL AND item_key IN (SELECT item_key FROM unsettled))"
            )
        with self._told():
            self._connection.execute("CHECKPOINT")

    def _save_members(self, run_id: str, source: int, info: SourceInfo) -> None:
        """What became of each member of an export. Its name and the reason are sealed: both can name a pupil."""
        rows = [
            {
                "run_id": run_id,
                "source": source,
                "number": number,
                "status": status,
                "records": records,
                "files": files,
                "sealed": seal(self._data_key, [name, why], f"member {run_id} {source} {number}"),
            }
            for number, (name, status, records, why, files) in enumerate(info.members)
        ]
        self._upsert("source_members", rows)

    def _save_facts(self, run_id: str, source: int, facts: SiteFacts) -> None:
        """What an export shows of the site: a profile's words can name a pupil, so that they are sealed too."""
        rows = [
            {
                "run_id": run_id,
                "source": source,
                "fact": name,
                "platform": facts.platform,
                "characters": len(fact.value),
                "value_mac": self._keys.mac("fact", fact.value),
                "sealed": seal(self._data_key, [fact.value, _place(fact.locator)], f"fact {run_id} {source} {name}"),
            }
            for name, fact in facts.facts.items()
        ]
        self._upsert("site_facts", rows)
        for sentence in facts.not_in_export:
            self._connection.execute(
                "INSERT INTO site_facts_missing VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [run_id, source, sentence]
            )

    def reveal_facts(self, run_id: str, source: int) -> dict[str, str]:
        """The values of what an export showed of its site, by their names; empty where it showed nothing."""
        rows = self._connection.execute(
            "SELECT fact, sealed FROM site_facts WHERE run_id = ? AND source = ? ORDER BY fact", [run_id, source]
        ).fetchall()
        return {
            name: unseal(self._data_key, bytes(sealed), f"fact {run_id} {source} {name}")[0] for name, sealed in rows
        }

    def changes(self, run_id: str) -> tuple[int, int, int]:
        """How many findings on the sites that a run read are new, still open, and gone since the run before of their site."""
        row = self._connection.execute(
            "SELECT count(*) FILTER (state = 'new'), count(*) FILTER (state NOT IN ('new', 'gone')), count(*) FILTER (just_gone) "
            "FROM findings_now WHERE site IN (SELECT site FROM run_sites WHERE run_id = ?)",
            [run_id],
        ).fetchone()
        assert row is not None
        return row[0], row[1], row[2]

    def is_finished(self, run_id: str) -> bool:
        """Whether a run was closed."""
        row = self._connection.execute("SELECT finished IS NOT NULL FROM runs WHERE run_id = ?", [run_id]).fetchone()
        return bool(row and row[0])

    def found(self, run_id: str) -> int:
        """How many findings a run saw, those on items that it did not audit again included; none that are withheld."""
        row = self._connection.execute("SELECT count(*) FROM findings WHERE last_run = ?", [run_id]).fetchone()
        assert row is not None
        return int(row[0])

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The rows of a query over the views, for reports and analysts."""
        return self._connection.execute(sql, list(parameters)).df()

    def reveal(self, item_key: str) -> Any:
        """The sealed content of an item, None where none is kept: a dictionary of id, parts, author, url, media, locators."""
        rows = self._connection.execute("SELECT sealed FROM items WHERE item_key = ?", [item_key]).fetchall()
        return (
            unseal(self._data_key, bytes(rows[0][0]), f"item {item_key}") if rows and rows[0][0] is not None else None
        )

    def log_access(self, by: str, why: str, action: str, subject: str) -> None:
        """Note in the access log who looks at what and why; ``subject`` is a key or a word, never a pupil.

        Raises UserError without a name or a reason. To be called before anything is shown.
        """
        log_access(self, by, why, action, subject)

    @staticmethod
    def content(item: Item) -> dict[str, Any]:
        """What is sealed of an item: id, parts, author, address, media, places in the export."""
        return _content(item)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            self._connection.execute("BEGIN")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(duckdb.Error):  # a commit that failed has rolled back by itself
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell of a disk that is full or may not be written to in a line that a person can act on."""
        try:
            yield
        except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException) as error:
            raise UserError(_cannot_write(self._path, error)) from None

    def _upsert(self, table: str, rows: list[dict[str, Any]], also: str = "") -> None:
        """Insert or replace by primary key in bulk; ``first_run`` stays as it was. ``also`` is one more thing to set."""
        if not rows:
            return
        columns = list(rows[0])
        kept = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in ("first_run", *_PRIMARY_KEYS[table]))
        frame = pd.DataFrame({c: pd.Series([r[c] for r in rows], dtype=object) for c in columns})
        if "published" in frame:
            frame["published"] = frame["published"].astype("datetime64[us, UTC]")
        for column in frame.columns.intersection(["start_at", "end_at", "faces"]):
            frame[column] = frame[column].astype("Int64")
        self._connection.register("incoming", frame)
        self._connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM incoming "  # noqa: S608
            f"ON CONFLICT DO UPDATE SET {kept}{also}"
        )
        self._connection.unregister("incoming")

    def _item_key(self, item: Item) -> str:
        return self._keys.mac("item", item.lineage)

    def _item_row(
        self, key: str, item: Item, site: str, run_id: str, *, sealed: bool, trace: Trace | None = None
    ) -> dict[str, Any]:
        content = [[p.name, p.text] for p in item.given_parts]
        trace = trace or Trace("", "")
        return {
            "item_key": key,
            "site": site,
            "platform": item.platform,
            "kind": item.kind,
            "published": item.published,
            "visibility": item.visibility,
            "status": item.status,
            "content_mac": self._keys.mac(
                "content", *(v for pair in content for v in pair), *(m.sha256 for m in item.media)
            ),
            "fingerprint": trace.fingerprint,
            "consents": trace.consents,
            "pupils": self._pseudonyms(trace.pupils),
            "speaks": self._pseudonyms(trace.speaks),
            "day": trace.day,
            "anchor": anchor_of(self._keys, item, site),
            "text_mac": text_mac_of(self._keys, item),
            "media_unread": any(m.presence != "present" for m in item.media),
            "first_run": run_id,
            "last_run": run_id,
            "sealed": seal(self._data_key, _content(item), f"item {key}") if sealed else None,
        }

    def _pseudonyms(self, pupils: Iterable[str]) -> list[str]:
        return [self._keys.mac("pupil", p) for p in sorted(pupils)]

    def _finding_row(self, finding: Finding, item_key: str, site: str, run_id: str) -> dict[str, Any]:
        value, place, picture = matched(finding), place_of(finding), picture_of(finding)
        pupils = [self._keys.mac("pupil", p) for p in finding.pupils]
        text = picture.sha256 if picture else folded_key(finding.item.part(finding.part))
        return {
            "key": self._keys.mac("finding", item_key, place, finding.kind, value, str(finding.occurrence)),
            "value_mac": self._keys.mac("value", finding.kind, value, *pupils[:1]),
            "case_key": self._keys.mac("case", finding.kind, value, text),
            "media_mac": self._keys.mac("picture", picture.sha256) if picture and picture.sha256 else "",
            "item_key": item_key,
            "site": site,
            "detector": finding.detector,
            "kind": finding.kind,
            "clause": finding.clause,
            "severity": finding.severity.value,
            "confidence": finding.confidence,
            "part": finding.part,
            "start_at": finding.start,
            "end_at": finding.end,
            "box": list(finding.box) if finding.box else None,
            "logo": finding.logo,
            "masked": mask(finding.kind, finding.value),
            "pupils": pupils,
            "why": finding.why,
            "review": finding.review,
            "first_run": run_id,
            "last_run": run_id,
        }


def _content(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "parts": {p.name: p.text for p in item.parts},
        "author": item.author,
        "url": item.url,
        "media": [m.path for m in item.media],
        "media_sha256": [m.sha256 for m in item.media if m.sha256],
        "locators": [_place(at) for at in (item.locator, *item.also)],
    }


def _place(at: Locator) -> list[str]:
    return [at.archive_sha256, at.member, at.pointer, at.layout]


def _cannot_open(path: Path, error: Exception) -> str:
    text = str(error)
    if "lock" in text.lower():
        return f"{path}: another run or reader has this store open; wait until it has ended and try again"
    if "not a valid DuckDB" in text or "not a valid" in text:
        return f"{path}: this is no store of this tool; name another file"
    if is_full(error):
        return _cannot_write(path, error)
    return f"{path}: the store cannot be opened or written; check the folder's rights and free space"


def is_full(error: BaseException) -> bool:
    """Whether an error, of whatever library, says that the disk is full."""
    signs = ("No space left", "disk is full", "max_temp_directory_size")
    return getattr(error, "errno", None) == errno.ENOSPC or any(sign in str(error) for sign in signs)


def _cannot_write(path: Path, error: Exception) -> str:
    trouble = "no space is left on its disk" if is_full(error) else "it cannot be written"
    return f"{path}: {trouble}; see to it and run the same command again: what was stored before is kept"


def _migrate(connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
    """Apply the numbered migrations that the file has not seen, each in a transaction."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, applied TIMESTAMPTZ NOT NULL)"
    )
    for version, path in _pending(connection).items():
        connection.execute("BEGIN")
        connection.execute(path.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO schema_versions VALUES (?, ?)", [version, datetime.now(UTC)])
        connection.execute("COMMIT")
    if connection.execute("SELECT count(*) FROM store_info").fetchone() == (0,):
        wrapped = keys.wrap(secrets.token_bytes(KEY_BYTES))
        connection.execute("INSERT INTO store_info (created, wrapped_key) VALUES (?, ?)", [datetime.now(UTC), wrapped])


def _pending(connection: duckdb.DuckDBPyConnection) -> dict[int, Path]:
    """The migrations that the file has not seen, by their numbers."""
    applied = {row[0] for row in connection.execute("SELECT version FROM schema_versions").fetchall()}
    paths = {int(path.name.split("_")[0]): path for path in sorted(_MIGRATIONS.glob("*.sql"))}
    return {version: path for version, path in paths.items() if version not in applied}
