"""What a reader of a platform's export leaves unopened, by folder, for the report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container

from pipelines.readers.report import ImportReport
from pipelines.readers.source import Source

_OTHER_TEXT = (".json", ".js", ".html", ".txt", ".csv")


def report_unread(source: Source, read: Container[str], private: re.Pattern[str], report: ImportReport) -> None:
    """Lists every member that is not in ``read``: private ones up to the end of the match, the rest as skipped."""
    groups: Counter[tuple[str, bool, str]] = Counter()
    for name in source.sizes:
        if name in read:
            continue
        if match := private.search(name):
            groups[(name[: match.end()], True, "private: never opened")] += 1
        elif name.lower().endswith(_OTHER_TEXT):
            groups[(name, False, "not a member that holds published content")] += 1
        else:
            groups[(name.rpartition("/")[0] or name, False, "files that no post names")] += 1
    for (member, hidden, why), count in sorted(groups.items()):
        report.add(member, "private" if hidden else "skipped", count, why)
