"""What an import read, passed over and could not read: silence is the worst failure of a reader."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from detectors.base import Item
from pipelines.readers.limits import LimitError
from pipelines.readers.source import writable

MemberStatus = Literal["parsed", "skipped", "unknown", "damaged", "private"]
# A file with a million broken lines must not fill memory with complaints.
_MAX_LINES_A_MEMBER = 20


@dataclass(slots=True)
class MemberReport:
    """One member, or one folder of members that share a fate.

    ``records`` counts the records read, else the files meant; ``files`` the files meant, 0 for a part of a member that has an
    entry of its own.
    """

    member: str = field(repr=False)
    status: MemberStatus
    records: int = 0
    why: str = ""
    files: int = 1

    def as_json(self) -> dict[str, Any]:
        """The object of ``inspect --json``."""
        return {"member": self.member, "status": self.status, "records": self.records, "why": self.why}


@dataclass
class ImportReport:
    """The import report of one source; readers fill it while items are drawn from them.

    ``problems`` holds one line for each damaged or incomplete piece of content, with what to do; ``rejected`` counts
    records.
    """

    layout: str = ""
    source: str = field(default="", repr=False)
    items: Counter[str] = field(default_factory=Counter)
    media: Counter[str] = field(default_factory=Counter)
    members: list[MemberReport] = field(default_factory=list)
    not_in_export: list[str] = field(default_factory=list)
    rejected: int = 0
    problems: list[str] = field(default_factory=list, repr=False)
    _lines: Counter[str] = field(default_factory=Counter, repr=False)
    _told: set[str] = field(default_factory=set, repr=False)

    def add(self, member: str, status: MemberStatus, records: int = 0, why: str = "") -> MemberReport:
        """Lists a member, and gives its entry so that its reader can go on counting."""
        entry = MemberReport(member, status, records, why)
        self.members.append(entry)
        return entry

    def close(self, names: Set[str], shown: Set[str]) -> None:
        """Accounts for every member of the source, once all is read: ``names`` are its members, ``shown`` media of its items.

        Media that items show were read with them: they are listed by folder, unless their reader has listed them.
        """
        listed = {m.member for m in self.members}
        groups = [f"/{m.member.strip('/')}/" for m in self.members if m.status == "parsed" and m.member not in names]
        beside = (n for n in (shown & names) - listed if not any(group in f"/{n}" for group in groups))
        folders = Counter(name.rpartition("/")[0] or name for name in beside)
        for folder, count in sorted(folders.items()):
            self.add(folder, "parsed", count, "shown by items, read with them")
        for entry in self.members:
            if entry.member not in names:
                entry.files = 0 if entry.member.partition("#")[0] in names else max(entry.records, 1)

    def problem(self, line: str) -> None:
        """Adds a problem once."""
        line = writable(line)
        if line not in self._told:
            self._told.add(line)
            self.problems.append(line)

    def damage(self, entry: MemberReport, why: str, remedy: str = "export again") -> None:
        """Marks a member as damaged and says what to do about it.

        Where the exception being handled says that a limit ended the reading, that is the reason, whatever the reader thinks.
        """
        if (limit := _limit_met()) is not None and str(limit) not in why:
            why, remedy = str(limit), limit.remedy
        entry.status = "damaged"
        entry.why = "; ".join(filter(None, (entry.why, why)))
        self.problem(f"{entry.member}: {why}; {remedy}")

    def reject(self, member: str, line: str = "") -> None:
        """Counts a record that could not be read; ``line`` says where, why and what to do, and is empty for what is no
        content.

        The first lines of each member are kept singly.
        """
        self.rejected += 1
        self._lines[member] += 1
        if line and self._lines[member] <= _MAX_LINES_A_MEMBER:
            self.problem(f"{member} {line}")
        elif line and self._lines[member] == _MAX_LINES_A_MEMBER + 1:
            self.problem(f"{member}: further records could not be read; mend them as those above")

    def rejected_in(self, member: str) -> int:
        """How many records of that member were rejected."""
        return self._lines[member]

    def count(self, item: Item) -> None:
        """Counts an item and its media."""
        self.items[item.kind] += 1
        for one in item.media:
            self.media[one.presence] += 1

    def as_json(self) -> dict[str, Any]:
        """The object of ``inspect --json``."""
        return {
            "layout": self.layout,
            "items": dict(sorted(self.items.items())),
            "media": {state: self.media[state] for state in ("present", "missing", "damaged", "refused")},
            "members": [m.as_json() for m in self.members],
            "not_in_export": list(self.not_in_export),
        }


def _limit_met() -> LimitError | None:
    """The limit that led to the exception being handled, None where there is none."""
    error = sys.exception()
    while error is not None and not isinstance(error, LimitError):
        error = error.__cause__ or error.__context__
    return error


def merge_reports(reports: Sequence[ImportReport]) -> ImportReport:
    """One report for several sources.

    Layouts joined by ``+``, members and problems told apart by their source's name.
    """
    if len(reports) == 1:
        return reports[0]
    merged = ImportReport(layout="+".join(dict.fromkeys(r.layout for r in reports if r.layout)))
    for report in reports:
        merged.items.update(report.items)
        merged.media.update(report.media)
        merged.rejected += report.rejected
        for entry in report.members:
            added = merged.add(_within(report.source, entry.member), entry.status, entry.records, entry.why)
            added.files = entry.files
        for sentence in report.not_in_export:
            if sentence not in merged.not_in_export:
                merged.not_in_export.append(sentence)
        for line in report.problems:
            merged.problem(_within(report.source, line))
    return merged


def _within(source: str, name: str) -> str:
    """A member's name behind that of its source, but for a bare file, which bears the same name."""
    return name if not source or name.startswith(source) else f"{source}/{name}"


def record(item: Item) -> dict[str, Any]:
    """An item in the record form that ``scan`` and ``run`` read again, for ``inspect --records``.

    Empty fields are left out.
    """
    alts = [item.part(f"alt:{n}") for n in range(len(item.media))]
    optional: dict[str, Any] = {
        "site": item.site,
        "platform": item.platform,
        "kind": item.kind,
        "title": item.part("title"),
        "author": item.author,
        "author_role": item.author_role,
        "published": item.published.isoformat() if item.published else "",
        "url": item.url,
        "in_reply_to": item.in_reply_to,
        "media": [m.path or m.url for m in item.media],
        "alt": alts if any(alts) else [],
    }
    form: dict[str, Any] = {"id": item.id, "text": item.part("text") or item.part("document")}
    form.update({key: value for key, value in optional.items() if value})
    if item.has_photo is not None:
        form["has_photo"] = item.has_photo
    locator = item.locator
    form["locator"] = {
        "archive_sha256": locator.archive_sha256,
        "member": locator.member,
        "pointer": locator.pointer,
        "layout": locator.layout,
    }
    form["visibility"] = item.visibility
    form["status"] = item.status
    form["raw_published"] = item.raw_published
    return form


def record_line(item: Item) -> str:
    """The record as one line of JSON, in UTF-8 characters."""
    return json.dumps(record(item), ensure_ascii=False)
