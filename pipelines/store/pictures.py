"""The pictures of a store: which item shows which, what was counted in them, and which are copies of each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from detectors.base import Item, Picture
from detectors.images.likeness import Groups
from pipelines.keys import seal, unseal

if TYPE_CHECKING:
    from pipelines.store import Store


def save_pictures(store: Store, run_id: str, seen: Iterable[tuple[Item, tuple[Picture, ...]]]) -> None:
    """Store the pictures of a batch's items; of an item that the store does not hold for the run, none."""
    by_item = {store._item_key(item): pictures for item, pictures in seen}
    if not by_item:
        return
    held = store.query(
        "SELECT i.item_key, given.key FROM (SELECT unnest(?::VARCHAR[]) AS key) given "
        "LEFT JOIN item_aliases a ON a.alias = given.key "
        "JOIN items i ON i.item_key = coalesce(a.item_key, given.key) WHERE i.last_run = ?",
        [list(by_item), run_id],
    )
    shown: list[dict[str, Any]] = []
    pictures: dict[str, dict[str, Any]] = {}
    for key, given in zip(held["item_key"], held["key"], strict=True):
        for picture in by_item[given]:
            if not picture.sha256:
                continue
            mac = store._keys.mac("picture", picture.sha256)
            shown.append({"item_key": key, "media": picture.media, "picture_mac": mac})
            pictures[mac] = _row(store, mac, picture)
    with store._transaction():
        store._connection.execute(
            "DELETE FROM item_pictures WHERE item_key IN (SELECT unnest(?))", [list(held["item_key"])]
        )
        store._upsert("pictures", list(pictures.values()))
        store._upsert("item_pictures", shown)


def _row(store: Store, mac: str, picture: Picture) -> dict[str, Any]:
    return {
        "picture_mac": mac,
        "group_mac": mac,
        "width": picture.width,
        "height": picture.height,
        "faces": None if picture.faces is None else len(picture.faces),
        "largest_face": picture.faces[0].share if picture.faces else 0.0,
        "hidden": sorted({h.what for h in picture.hidden}),
        "codes": len(picture.codes),
        "text_lines": len(picture.lines),
        "not_read": list(picture.not_read),
        "sealed": seal(store._data_key, picture.likeness, f"picture {mac}"),
    }


def group_pictures(store: Store) -> None:
    """Join the copies among all pictures of the store, and forget the pictures that no item shows any more."""
    store._connection.execute("DELETE FROM pictures WHERE picture_mac NOT IN (SELECT picture_mac FROM item_pictures)")
    groups = Groups()
    for mac, sealed in store._connection.execute("SELECT picture_mac, sealed FROM pictures").fetchall():
        groups.add(mac, unseal(store._data_key, bytes(sealed), f"picture {mac}"))
    rows = [(mac, groups.group(mac)) for mac in groups]
    if not rows:
        return
    store._connection.register("grouped", pd.DataFrame(rows, columns=["mac", "of_group"]))
    store._connection.execute("UPDATE pictures SET group_mac = of_group FROM grouped WHERE picture_mac = mac")
    store._connection.unregister("grouped")
