"""Web addresses in a plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# With or without a scheme; a host of at least two labels and a path. Trailing punctuation belongs to the sentence.
_LINK = re.compile(
    r"(?<![\w@./-])(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,12})(?::\d{1,5})?(/[^\s<>\"\\^`{|}]{0,2000})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Link:
    """A web address: its place, its host in small letters without www., and the rest as written."""

    start: int
    end: int
    host: str = field(repr=False)
    path: str = field(repr=False)


class Destinations:
    """Hosts, each with the paths of it that count; both regular expressions, paths in any case."""

    def __init__(self, *rows: tuple[str, str]) -> None:
        self._rows = tuple((re.compile(host), re.compile(path, re.IGNORECASE)) for host, path in rows)

    def hold(self, link: Link) -> bool:
        """Whether the link leads to one of them."""
        return any(host.search(link.host) and path.search(link.path) for host, path in self._rows)


def links(text: str) -> Iterator[Link]:
    """Every web address with a path."""
    for match in _LINK.finditer(text):
        path = match[2].rstrip(".,;:!?'*_")
        while path.endswith(")") and path.count(")") > path.count("("):
            path = path[:-1].rstrip(".,;:!?'")
        path = path[:-1] if path.endswith("]") and "[" not in path else path
        yield Link(match.start(), match.start(2) + len(path), match[1].lower().removeprefix("www."), path)
