"""Several archives that are parts of one download, read as one source."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from pipelines.readers.source import DAMAGE, Refused, Source, read_head

_COMPARED = (
    50  # members of one name and size that are compared by their first bytes; of more, the others are taken to agree
)


class JoinedSource:
    """The members of all parts; where two have a member of the same name, it is the same file, and the first part's is read."""

    is_file = False

    def __init__(self, parts: Sequence[Source]) -> None:
        self.path: Path = parts[0].path
        self._parts = tuple(parts)
        holders = {name: part for part in reversed(parts) for name in part.sizes}
        self._holders = {name: holders[name] for name in sorted(holders)}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """The size in bytes that each member declares."""
        return {name: part.sizes[name] for name, part in self._holders.items()}

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The members of all parts that are never opened."""
        return tuple(refused for part in self._parts for refused in part.refused)

    @property
    def sha256(self) -> str:
        """Hex digest of the sorted digests of the parts."""
        return hashlib.sha256("\n".join(sorted(part.sha256 for part in self._parts)).encode()).hexdigest()

    def keep_shut(self, names: Set[str]) -> None:
        """These members are never read, in no part."""
        for part in self._parts:
            part.keep_shut(names)

    def open(self, name: str) -> BinaryIO:
        """The member's bytes as a stream; raises one of DAMAGE."""
        return self._holders[name].open(name)

    def find(self, name: str) -> str:
        """The name of the member meant by a path that an export gives, whichever part holds it."""
        return next((found for part in self._parts if (found := part.find(name))), "")

    def loader(self, name: str) -> Callable[[], bytes]:
        """A picklable function that gives the member's bytes later."""
        return self._holders[name].loader(name)

    def archive(self, name: str) -> str:
        """Hex digest of the part that holds the member."""
        return self._holders[name].sha256 if name in self._holders else self.sha256

    def digest(self, name: str) -> str | None:
        """The member's SHA-256 where it is known already."""
        return self._holders[name].digest(name)


def join_parts(sources: Sequence[Source], is_platform: Callable[[Source], bool]) -> list[Source]:
    """The sources, those that are parts of one download joined, each in the place of its first part.

    Parts share a folder at the top, and no member of theirs has the same name and another size: exports of the same account
    made at different times do, and stay apart. ``is_platform`` says whether a source by itself has a platform's layout; of
    parts at least one has.
    """
    groups: list[list[Source]] = []
    for source in sources:
        home = next(
            (group for group in groups if not source.is_file and all(_are_parts(source, s) for s in group)), None
        )
        if home is None:
            groups.append([source])
        else:
            home.append(source)
    joined: list[Source] = []
    for group in groups:
        if len(group) > 1 and any(is_platform(s) for s in group):
            joined.append(JoinedSource(group))
        else:
            joined += group
    return joined


def _are_parts(a: Source, b: Source) -> bool:
    if a.is_file or b.is_file or not _tops(a) & _tops(b):
        return False
    shared = sorted(a.sizes.keys() & b.sizes.keys())
    if any(a.sizes[name] != b.sizes[name] for name in shared):
        return False
    try:
        return all(read_head(a, name) == read_head(b, name) for name in shared[:_COMPARED])
    except DAMAGE:
        return False


def _tops(source: Source) -> set[str]:
    return {name.partition("/")[0] for name in source.sizes if "/" in name}
