"""All that a store keeps about one pupil, in words: for a request under UK GDPR article 15."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from detectors.base import UserError
from reports.words import count

if TYPE_CHECKING:
    from pipelines.store import Store

_HEAD = """\
What this tool keeps about one pupil
====================================

Written on {now:%d %b %Y %H:%M} UTC. Pupil id: {pupil}. In the store the pupil is known by the pseudonym {pseudonym} only.

Why it is kept: the school audits what its official sites have published, to keep pupils safe. Where it came from: the exports
of those sites, which the school supplied. Who sees it: those at the school who run the audit; nobody outside; nothing leaves
the computer. How long: see [retention] in the school's school.toml.

Posts below name other people too: take their words and names out before you hand this on (UK GDPR article 15(4)). Items that
may be withheld for the safeguarding lead are not in this file; the lead answers for them.
"""


def about_pupil(store: Store, pupil_id: str) -> tuple[str, int]:
    """A text of every finding that names the pupil, with its item's content where kept; and how many there are.

    Raises UserError where there is none.
    """
    pseudonym = store._keys.mac("pupil", pupil_id)
    rows = store.query(
        "SELECT * FROM findings_now WHERE list_contains(pupils, ?) ORDER BY published NULLS LAST, item_key, part, start_at",
        [pseudonym],
    ).to_dict("records")
    if not rows:
        raise UserError("the store holds nothing about this pupil; is the id as it stands in the roll?")
    text = [_HEAD.format(now=datetime.now(UTC), pupil=pupil_id, pseudonym=pseudonym)]
    shown = None
    for number, row in enumerate(rows, 1):
        if row["item_key"] != shown:
            shown = row["item_key"]
            text.append(_item(store, {str(k): v for k, v in row.items()}))
        text.append(_finding(number, {str(k): v for k, v in row.items()}))
    return "\n".join(text) + "\n", len(rows)


def _item(store: Store, row: dict[str, Any]) -> str:
    published = row["published"]
    when = (
        f"{published:%d %b %Y %H:%M} UTC" if published is not None and published == published else "at an unknown time"
    )
    lines = ["", f"Published on {row['site']} {when} ({row['item_kind']}, {row['visibility']})", "-" * 60]
    content = store.reveal(row["item_key"])
    if content is None:
        return "\n".join([*lines, "Its content is not kept."])
    lines.append(f"Address: {content['url'] or 'none in the export'}")
    lines += [f"{name}: {words}" for name, words in content["parts"].items()]
    return "\n".join(lines)


def _finding(number: int, row: dict[str, Any]) -> str:
    others = len(row["pupils"]) - 1
    fits = f" The name fits {count(others, 'other pupil')} too." if others else ""
    return (
        f"  Finding {number}: {row['kind']}, clause {row['clause']}, severity {row['severity']}, now {row['state']}; "
        f"in {row['part']}, shown as {row['masked'] or 'a picture'}. Why: {row['why']}.{fits} "
        f"First seen by run {row['first_run']}, last by {row['last_run']}."
    )
