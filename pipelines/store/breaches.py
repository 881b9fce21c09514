"""The log of personal-data breaches: when known, what the data-protection officer decided, and the 72-hour clock.

UK GDPR article 33: the Information Commissioner is told within 72 hours of a breach becoming known, unless it is unlikely to
put anybody at risk; every breach is written down, with its facts, effects and what was done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, get_args

from detectors.base import UserError
from pipelines.keys import seal, unseal

if TYPE_CHECKING:
    from pipelines.store import Store

CLOCK = timedelta(hours=72)
Decision = Literal["reported", "not-reportable"]


@dataclass(frozen=True)
class Breach:
    """One breach. ``people`` is how many are concerned, None where not known yet; ``decision`` is empty until there is one."""

    number: int
    known: datetime
    people: int | None
    what: str = field(repr=False)
    noted_by: str = field(repr=False)
    decision: str = ""
    decided: datetime | None = None
    why: str = field(default="", repr=False)
    decided_by: str = field(default="", repr=False)

    @property
    def due(self) -> datetime:
        """Until when the Information Commissioner must be told."""
        return self.known + CLOCK

    def clock(self, now: datetime) -> str:
        """Where the 72 hours stand, in words."""
        if self.decided is not None:
            late = self.decided - self.due
            return f"decided {_hours(late)} LATE" if late > timedelta() else "decided in time"
        left = self.due - now
        return f"{_hours(left)} left" if left > timedelta() else f"OVERDUE by {_hours(-left)}"

    def is_overdue(self, now: datetime) -> bool:
        """Whether the 72 hours have passed without a decision, or before it."""
        return (self.decided or now) > self.due


def _hours(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min"


def add_breach(store: Store, known: datetime, what: str, by: str, people: int | None) -> int:
    """Note a breach, and give its number. ``known`` is aware. Raises UserError for a time to come or words left out."""
    if known > datetime.now(UTC):
        raise UserError("the breach cannot become known in the future; correct --known")
    if not what.strip() or not by.strip():
        raise UserError("say what happened and who notes it: --what TEXT --by NAME")
    row = store._connection.execute("SELECT coalesce(max(number), 0) + 1 FROM breaches").fetchone()
    assert row is not None
    number = int(row[0])
    store._connection.execute(
        "INSERT INTO breaches (number, known, people, sealed) VALUES (?, ?, ?, ?)",
        [number, known, people, seal(store._data_key, [what.strip(), by.strip()], f"breach {number}")],
    )
    return number


def decide_breach(store: Store, number: int, decision: str, why: str, by: str) -> None:
    """Note the data-protection officer's decision, once. Raises UserError where there is one, or no such breach."""
    if decision not in get_args(Decision):
        raise UserError(f"a decision is one of: {', '.join(get_args(Decision))}")
    if not why.strip() or not by.strip():
        raise UserError("say who decides and why: --by NAME --why REASON")
    row = store._connection.execute("SELECT decided FROM breaches WHERE number = ?", [number]).fetchone()
    if row is None:
        raise UserError(f"there is no breach {number}; see: social-audit breach list")
    if row[0] is not None:
        raise UserError(f"breach {number} is decided already; note what changed as a breach of its own")
    store._connection.execute(
        "UPDATE breaches SET decision = ?, decided = ?, sealed_decision = ? WHERE number = ?",
        [
            decision,
            datetime.now(UTC),
            seal(store._data_key, [why.strip(), by.strip()], f"decision {number}"),
            number,
        ],
    )


def breaches(store: Store) -> list[Breach]:
    """All breaches, the newest first."""
    rows = store._connection.execute(
        "SELECT number, known, people, sealed, decision, decided, sealed_decision FROM breaches ORDER BY number DESC"
    ).fetchall()
    found = []
    for number, known, people, sealed, decision, decided, sealed_decision in rows:
        what, noted_by = unseal(store._data_key, bytes(sealed), f"breach {number}")
        why, decided_by = (
            unseal(store._data_key, bytes(sealed_decision), f"decision {number}") if sealed_decision else ("", "")
        )
        found.append(Breach(number, known, people, what, noted_by, decision or "", decided, why, decided_by))
    return found
