"""What people decide on findings: verdicts, the allow-list, who works on what. Names and reasons are sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from detectors.base import Severity, UserError
from pipelines.keys import seal, unseal
from pipelines.store.access import finding_key, log_access

if TYPE_CHECKING:
    from pipelines.store import Store

VERDICTS = ("confirmed", "false alarm", "consented", "removed", "escalated")


@dataclass(frozen=True)
class Selection:
    """Which findings are meant: those that fit all that is given. ``keys`` may be beginnings of keys.

    ``pupil`` is a roll id; ``picture`` the key of a finding on the picture meant; ``case`` that of one of the same text or picture
    wherever it was posted.
    """

    keys: tuple[str, ...] = ()
    case: str = ""
    picture: str = ""
    pupil: str = ""
    rule: str = ""
    kind: str = ""
    site: str = ""
    severity: str = ""
    state: str = ""
    verdict: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is given, which means every finding."""
        return self == Selection()


def select(store: Store, chosen: Selection, *, todo: bool = False) -> list[dict[str, Any]]:
    """The findings that are meant, worst first, as rows of ``findings_now``; with ``todo`` those only that ask for something.

    Raises UserError for a key that no finding has, and for words that are none of the store's.
    """
    where: list[str] = ["true"]
    values: list[Any] = []
    if chosen.keys:
        where.append("key IN (SELECT unnest(?::VARCHAR[]))")
        values.append([finding_key(store, k) for k in chosen.keys])
    for column, key in (("case_key", chosen.case), ("media_mac", chosen.picture)):
        if key:
            where.append(f"{column} = (SELECT {column} FROM findings WHERE key = ?)")  # noqa: S608 - our own columns' names
            values.append(finding_key(store, key))
    if chosen.picture:
        where.append("media_mac <> ''")
    if chosen.pupil:
        where.append("list_contains(pupils, ?)")
        values.append(store._keys.mac("pupil", chosen.pupil))
    allowed = {"severity": [s.value for s in Severity], "state": ["new", "open", "changed", "gone", "reopened"]}
    for column, word in (("detector", chosen.rule), ("kind", chosen.kind), ("site", chosen.site),
                         ("severity", chosen.severity), ("state", chosen.state)):  # fmt: skip
        if word:
            if column in allowed and word not in allowed[column]:
                raise UserError(f"--{column} knows {', '.join(allowed[column])}; {word} is none of them")
            where.append(f"{column} = ?")
            values.append(word)
    if chosen.verdict == "none":
        where.append("verdict IS NULL")
    elif chosen.verdict:
        where.append("verdict = ?")
        values.append(checked(chosen.verdict))
    if todo:
        where.append("key IN (SELECT key FROM worklist)")
    frame = store.query(
        f"SELECT * FROM findings_now WHERE {' AND '.join(where)} "  # noqa: S608 - our own words, values bound
        "ORDER BY severity_rank(severity), confidence DESC, key",
        values,
    )
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def checked(verdict: str) -> str:
    """The verdict as the store writes it. Raises UserError for another word."""
    word = verdict.strip().lower().replace("-", " ").replace("_", " ")
    if word not in VERDICTS:
        raise UserError(f"a verdict is one of: {', '.join(VERDICTS)}; {verdict} is none of them")
    return word


def decide(
    store: Store, rows: Sequence[dict[str, Any]], verdict: str, by: str, why: str, until: date | None = None
) -> int:
    """Store a verdict on some findings, given as rows of ``findings_now``, and say on how many.

    Raises UserError for another word than VERDICTS, without name or reason, or for a day that has passed.
    """
    return _give(store, rows, checked(verdict), _words(by, why, until), until)


def _give(
    store: Store, rows: Sequence[dict[str, Any]], verdict: str, words: list[str], until: date | None = None
) -> int:
    """Add a verdict for each row; where a row is a verdict itself, one that takes it back."""
    (first,) = store._connection.execute("SELECT coalesce(max(number), 0) FROM verdicts").fetchone() or (0,)
    now = datetime.now(UTC)
    made = [
        {
            "number": number,
            "key": row["key"],
            "verdict": verdict,
            "decided": now,
            "until": until,
            "severity": row["severity"],
            "pupils": list(row["pupils"]),
            "sealed": seal(store._data_key, words, f"verdict {number}"),
            "undoes": row["number"] if verdict == "undone" else None,
        }
        for number, row in enumerate(rows, first + 1)
    ]
    with store._transaction():
        store._upsert("verdicts", made)
    return len(made)


def undo(store: Store, key: str, by: str) -> int:
    """Take back the latest verdict on a finding, with all that were given together with it, and say how many.

    What held before holds again; the history keeps both. Raises UserError where there is no verdict, or without a name.
    """
    rows = store.query(
        "SELECT number, key, severity, pupils FROM verdicts_standing WHERE decided = "
        "(SELECT arg_max(decided, number) FROM verdicts_standing WHERE key = ?) ORDER BY number",
        [finding_key(store, key)],
    ).to_dict("records")
    if not rows:
        raise UserError("there is no verdict on this finding to take back")
    return _give(store, [{str(k): v for k, v in row.items()} for row in rows], "undone", _words(by, "taken back", None))


def allow(store: Store, key: str, by: str, why: str, until: date | None = None) -> dict[str, Any]:
    """Let the value of a finding pass everywhere, about the same pupil or nobody; gives the finding's row.

    Raises UserError without name or reason, and for a finding without a value.
    """
    words = _words(by, why, until)
    row = store.query("SELECT * FROM findings WHERE key = ?", [finding_key(store, key)]).to_dict("records")[0]
    if not row["value_mac"] or (row["start_at"] != row["start_at"] and not row["logo"]):
        raise UserError(
            "this finding is about a whole text or picture, not a value; judge it with: social-audit decide"
        )
    (number,) = store._connection.execute("SELECT coalesce(max(number), 0) + 1 FROM allow_list").fetchone() or (1,)
    with store._transaction():
        store._connection.execute(
            "INSERT INTO allow_list VALUES (?, ?, ?, ?, ?, ?, ?)",
            [number, row["value_mac"], row["kind"], row["masked"], datetime.now(UTC), until,
             seal(store._data_key, words, f"allowed {number}")],
        )  # fmt: skip
    return {str(k): v for k, v in row.items()}


def disallow(store: Store, number: int) -> None:
    """Take an entry off the allow-list. Raises UserError where there is none of this number."""
    row = store._connection.execute("DELETE FROM allow_list WHERE number = ?", [number]).fetchone()
    if not row or not row[0]:
        raise UserError("the allow-list has no entry of this number; see: social-audit allow --list")


def assign(store: Store, rows: Sequence[dict[str, Any]], owner: str, due: date | None) -> int:
    """Give some findings to somebody, or with an empty owner to nobody, and say how many."""
    keys = [row["key"] for row in rows]
    with store._transaction():
        store._connection.execute("DELETE FROM assignments WHERE key IN (SELECT unnest(?::VARCHAR[]))", [keys])
        if owner.strip():
            now = datetime.now(UTC)
            store._upsert(
                "assignments", [{"key": k, "owner": owner.strip(), "due": due, "assigned": now} for k in keys]
            )
    return len(keys)


def history(store: Store, key: str) -> list[dict[str, Any]]:
    """Every verdict on a finding, oldest first, with who and why."""
    rows = store.query(
        "SELECT number, verdict, decided, until, sealed FROM verdicts WHERE key = ? ORDER BY number",
        [finding_key(store, key)],
    ).to_dict("records")
    return [_opened(store, row, "verdict") for row in rows]


def allowed(store: Store) -> list[dict[str, Any]]:
    """The allow-list, with who and why."""
    rows = store.query("SELECT number, kind, masked, added, until, sealed FROM allow_list ORDER BY number").to_dict(
        "records"
    )
    return [_opened(store, row, "allowed") for row in rows]


def _opened(store: Store, row: dict[Any, Any], about: str) -> dict[str, Any]:
    by, why = unseal(store._data_key, bytes(row.pop("sealed")), f"{about} {row['number']}")
    return {str(k): v if v == v else None for k, v in row.items()} | {"by": by, "why": why}  # NaT is not itself


def reach(store: Store, rows: Sequence[dict[str, Any]], by: str, why: str) -> dict[str, str]:
    """How to get to the post of each finding, by its key: its address; else its first words, or its picture.

    What is shown of words has the findings on them masked. Raises UserError without name or reason: they go into the access log.
    """
    log_access(store, by, why, "how to reach posts", f"{len(rows)} findings")
    masked: dict[str, list[tuple[str, int, int, str]]] = {}
    for key, part, start, end, shown in store._connection.execute(
        "SELECT item_key, part, start_at, end_at, masked FROM findings WHERE start_at IS NOT NULL AND gone_run IS NULL"
    ).fetchall():
        masked.setdefault(key, []).append((part, start, end, shown))
    content = {key: store.reveal(key) for key in {row["item_key"] for row in rows}}
    return {row["key"]: _way(content[row["item_key"]], masked.get(row["item_key"], [])) for row in rows}


_FIRST_WORDS = 60  # code points


def _way(content: dict[str, Any] | None, masked: Sequence[tuple[str, int, int, str]]) -> str:
    if content is None:
        return ""
    if content["url"]:
        return str(content["url"])
    name, text = next(((n, t) for n, t in content["parts"].items() if t.strip() and n in ("text", "title")), ("", ""))
    for part, start, end, shown in sorted(masked, key=lambda m: -m[1]):
        if part == name:
            text = f"{text[:start]}{shown}{text[end:]}"
    if words := " ".join(text.split()):
        return f"begins: {words[:_FIRST_WORDS].rstrip()}{'…' if len(words) > _FIRST_WORDS else ''}"
    return f"picture: {content['media'][0]}" if content["media"] else ""


def _words(by: str, why: str, until: date | None) -> list[str]:
    if not by.strip() or not why.strip():
        raise UserError("say who decides and why: --by NAME --why REASON")
    if until is not None and until < datetime.now(UTC).date():
        raise UserError("--until is a day that has passed; name one to come")
    return [by.strip(), why.strip()]
