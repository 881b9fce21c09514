"""E-mail addresses in a plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from email_validator import EmailNotValidError, validate_email

from detectors.base import PlainText

# An RFC 5321 mailbox without quoted strings; the domain has a dot.
_ADDRESS = re.compile(r"(?<![\w.+-])[^\W_][\w.+'-]{0,63}@[^\W_][\w-]{0,62}(?:\.[\w-]{1,62}){1,4}", re.ASCII)


@dataclass(frozen=True)
class Address:
    """An address and its place in the plain text."""

    start: int
    end: int
    address: str = field(repr=False)

    @property
    def local(self) -> str:
        """The mailbox, in small letters."""
        return self.address.partition("@")[0].lower()

    @property
    def domain(self) -> str:
        """The domain, in small letters."""
        return self.address.rpartition("@")[2].lower()


def addresses(text: PlainText) -> Iterator[Address]:
    """Every address of valid syntax; whether it exists is never asked of anybody."""
    for match in _ADDRESS.finditer(text.text):
        end = match.end() - (len(match[0]) - len(match[0].rstrip("-_.")))
        if text.text[end : end + 1] == "@":
            continue
        try:
            address = validate_email(
                text.text[match.start() : end],
                check_deliverability=False,
                test_environment=True,
                globally_deliverable=False,
            ).normalized
        except EmailNotValidError:
            continue
        yield Address(match.start(), end, address)
