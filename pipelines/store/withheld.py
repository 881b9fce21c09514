"""Items with a safeguarding concern: kept from everybody but the safeguarding lead, to whose public key they are sealed.

``withhold`` is the one place where they are parted from the others, before anything of a batch is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from detectors.base import Finding, Item, UserError
from pipelines.keys import fingerprint, open_with, seal, seal_to, unseal
from pipelines.store.access import finding_key
from pipelines.store.erasure import drop_items
from reports.words import count

if TYPE_CHECKING:
    from pipelines.store import Store

CONCERN = "SAFEGUARDING_CONCERN"


@dataclass(frozen=True)
class Withheld:
    """One withheld item as its lead sees it in a list. ``place`` holds address, time, site and hashes."""

    key: str
    state: str
    readable: bool
    place: dict[str, Any] = field(repr=False)


def withhold(
    store: Store, run_id: str, items: Sequence[tuple[Item, str]], findings: Iterable[Finding]
) -> tuple[list[tuple[Item, str]], list[Finding]]:
    """Seal a batch's items of concern to the lead, and give the rest: the items, with their site's label, and their findings.

    An item stays withheld though the concern's words have gone since, until the lead releases it; a released item is withheld
    again when its content changes; one marked as illegal is never kept again.
    """
    findings = list(findings)
    concerning = {f.item.id for f in findings if f.kind == CONCERN}
    known = {
        key: (state, content_mac)
        for key, state, content_mac in store._connection.execute(
            "SELECT item_key, state, content_mac FROM withheld"
        ).fetchall()
    }
    if not concerning and not known:
        return list(items), findings
    kept: list[tuple[Item, str]] = []
    rows: dict[str, dict[str, Any]] = {}
    hidden = set()
    for item, site in items:
        key = store._item_key(item)
        state, content_mac = known.get(key, ("", ""))
        if item.id not in concerning and state in ("", "released"):
            kept.append((item, site))
            continue
        item_row = store._item_row(key, item, site, run_id, sealed=False)
        if state == "released" and content_mac == item_row["content_mac"]:
            kept.append((item, site))
            continue
        hidden.add(item.id)
        finding_rows = [store._finding_row(f, key, site, run_id) for f in findings if f.item.id == item.id]
        rows[key] = _row(store, item, item_row, finding_rows, illegal=state == "illegal")
    with store._transaction():
        store._upsert("withheld", list(rows.values()))
        # An item that was stored before its concern was seen must not stay where it was.
        if drop_items(store._connection, list(rows)):
            store.rewrite_when_closed()
    return kept, [f for f in findings if f.item.id not in hidden]


def _row(
    store: Store, item: Item, item_row: dict[str, Any], finding_rows: list[dict[str, Any]], *, illegal: bool
) -> dict[str, Any]:
    key, lead = item_row["item_key"], store._keys.lead
    content = store.content(item)
    place = _place_of(content, item_row["site"], item.published)
    record = {"item": _plain(item_row), "content": content, "findings": list(map(_plain, finding_rows))}
    return {
        "item_key": key,
        "content_mac": item_row["content_mac"],
        "state": "illegal" if illegal else "withheld",
        "lead": _fingerprint_here(store),
        "sealed": seal_to(lead, record, f"withheld {key}") if lead and not illegal else None,
        "place": _seal_place(store, key, place),
        "first_run": item_row["first_run"],
        "last_run": item_row["last_run"],
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON can hold it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _place_of(content: dict[str, Any], site: str, published: datetime | None) -> dict[str, Any]:
    """What remains of an item without its content: address, time, site, place in the export, hashes of its pictures."""
    kept = {name: content.get(name, []) for name in ("url", "locators", "media_sha256")}
    return kept | {"published": published.isoformat() if published else "", "site": site}


def _seal_place(store: Store, key: str, place: dict[str, Any]) -> bytes:
    about, lead = f"place {key}", store._keys.lead
    return seal_to(lead, place, about) if lead else seal(store._data_key, place, about)


def check_lead(store: Store, private: X25519PrivateKey) -> None:
    """Raises UserError for a private key that is neither the lead's nor one to which something in the store was sealed."""
    sealed_to = store._connection.execute("SELECT DISTINCT lead FROM withheld").fetchall()
    if _fingerprint(private) not in {_fingerprint_here(store), *(row[0] for row in sealed_to)}:
        raise UserError("this is not the private key of the safeguarding lead set up here; see: social-audit keys show")


def listed(store: Store, private: X25519PrivateKey) -> list[Withheld]:
    """The withheld items, oldest first. Places that are sealed to another key are empty."""
    rows = store._connection.execute(
        "SELECT item_key, state, lead, sealed IS NOT NULL, place FROM withheld WHERE state <> 'released' "
        "ORDER BY first_run, item_key"
    ).fetchall()
    found = []
    for key, state, lead, has_record, place in rows:
        mine = (lead or _fingerprint_here(store)) == _fingerprint(private)
        found.append(
            Withheld(key, state, has_record and mine, _open_place(store, private, key, lead, place) if mine else {})
        )
    return found


def _open_place(store: Store, private: X25519PrivateKey, key: str, lead: str, place: bytes | None) -> dict[str, Any]:
    if place is None:
        return {}
    opened = (
        open_with(private, bytes(place), f"place {key}")
        if lead
        else unseal(store._data_key, bytes(place), f"place {key}")
    )
    assert isinstance(opened, dict)
    return opened


def _fingerprint(private: X25519PrivateKey) -> str:
    return fingerprint(private.public_key().public_bytes_raw())


def _fingerprint_here(store: Store) -> str:
    return fingerprint(store._keys.lead) if store._keys.lead else ""


def open_record(store: Store, private: X25519PrivateKey, key: str) -> dict[str, Any]:
    """A withheld item whole: ``item``, ``content`` and ``findings``, as rows of the store. ``key`` may be its beginning.

    Raises UserError where nothing was kept, or where it was sealed to another key.
    """
    key = _resolve(store, key)
    row = store._connection.execute("SELECT sealed, lead FROM withheld WHERE item_key = ?", [key]).fetchone()
    assert row is not None
    if row[0] is None:
        raise UserError("of this item only address, time and hash are kept; look it up where it was published")
    try:
        record = open_with(private, bytes(row[0]), f"withheld {key}")
    except InvalidTag:
        raise UserError(
            f"this item was sealed to the key with fingerprint {row[1]}; open it with that private key"
        ) from None
    assert isinstance(record, dict)
    return record


def release(store: Store, private: X25519PrivateKey, key: str) -> str:
    """Give an item and its findings back to the other views, and give its key.

    Where its content was not kept it comes back with the next run.
    """
    key = _resolve(store, key)
    row = store._connection.execute("SELECT state, sealed FROM withheld WHERE item_key = ?", [key]).fetchone()
    assert row is not None
    if row[0] != "withheld":
        raise UserError(f"this item is {row[0]}, not withheld; there is nothing to release")
    if row[1] is None and _fingerprint(private) != _fingerprint_here(store):
        raise UserError("this is not the private key of the safeguarding lead set up here; see: social-audit keys show")
    record = open_record(store, private, key) if row[1] is not None else None
    with store._transaction():
        store._connection.execute("UPDATE withheld SET state = 'released', sealed = NULL WHERE item_key = ?", [key])
        if record is not None:
            published = record["item"]["published"]
            item = record["item"] | {
                "published": datetime.fromisoformat(published) if published else None,
                "sealed": seal(store._data_key, record["content"], f"item {key}"),
            }
            store._upsert("items", [item])
            store._upsert("findings", record["findings"])
    return key


def mark_illegal(store: Store, key: str) -> str:
    """Destroy the sealed copy of an item, withheld or not, and give its key: address, time and hashes remain.

    ``key`` is a withheld item's or a finding's. The bytes go when the store is closed.
    """
    connection = store._connection
    try:
        key = _resolve(store, key)
    except UserError:
        key = _withhold_stored(store, finding_key(store, key))
    with store._transaction():
        connection.execute("UPDATE withheld SET state = 'illegal', sealed = NULL WHERE item_key = ?", [key])
        drop_items(connection, [key])
        store.rewrite_when_closed()
    return key


def _withhold_stored(store: Store, finding: str) -> str:
    """Make an item that lies open in the store a withheld one without content; gives its key."""
    row = store._connection.execute(
        "SELECT i.item_key, i.site, i.published, i.content_mac, i.first_run, i.last_run "
        "FROM items i JOIN findings f USING (item_key) WHERE f.key = ?",
        [finding],
    ).fetchone()
    assert row is not None
    key, site, published, content_mac, first_run, last_run = row
    place = _place_of(store.reveal(key) or {}, site, published)
    store._upsert(
        "withheld",
        [
            {
                "item_key": key,
                "content_mac": content_mac,
                "state": "illegal",
                "lead": _fingerprint_here(store),
                "sealed": None,
                "place": _seal_place(store, key, place),
                "first_run": first_run,
                "last_run": last_run,
            }
        ],
    )
    return str(key)


def withheld_in(store: Store, run_id: str) -> int:
    """How many items a run withheld."""
    return _withheld_in(store, run_id)[0]


def withheld_line(store: Store, run_id: str) -> str:
    """A line that says how many items a run withheld, and nothing else about them; empty where there are none."""
    items, without_lead = _withheld_in(store, run_id)
    if not items:
        return ""
    line = f"{count(items, 'item')} withheld: tell your safeguarding lead."
    if without_lead:
        line += " No content was kept, for no lead's key is set up; see: social-audit keys safeguarding"
    return line


def _withheld_in(store: Store, run_id: str) -> tuple[int, int]:
    row = store._connection.execute(
        "SELECT count(*), count(*) FILTER (lead = '') FROM withheld WHERE last_run = ? AND state <> 'released'",
        [run_id],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _resolve(store: Store, key: str) -> str:
    rows = store._connection.execute("SELECT item_key FROM withheld WHERE starts_with(item_key, ?)", [key]).fetchall()
    if len(key) < 6 or len(rows) != 1:
        raise UserError("no withheld item has this key; see: social-audit safeguarding list")
    return str(rows[0][0])
