"""What may be read at most: one place for every limit, so that no export, however it is made, fills memory or never ends.

The limits stand in ``limits.toml`` in the tool's home folder where a school needs others, by the names of the fields of
``Limits``::

    in_memory_bytes = 134217728
    seconds_per_member = 3600

An archive inside an archive is never opened, whatever the limits: it is reported, to be given by itself.
"""

from __future__ import annotations

import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType

from detectors.base import UserError

# Pillow opens nothing larger, whatever is set here (twice its MAX_IMAGE_PIXELS).
_MOST_PIXELS = 178_956_970


@dataclass(frozen=True, slots=True)
class Limits:
    """Every field is a whole number greater than zero; bytes are those after unpacking."""

    # Members of one archive.
    entries: int = 300_000
    # Bytes of all members of one archive together.
    total_bytes: int = 256 << 30
    # Bytes of one member of an archive.
    entry_bytes: int = 16 << 30
    # Bytes of a member for each of its packed bytes; JSON and XML pack by 5 to 40.
    ratio: int = 250
    # Up to so many bytes the ratio does not matter: a small file of zeros is no attack.
    ratio_free_bytes: int = 16 << 20
    # Bytes held in memory at once: a page, a picture, a document, one record of a longer file.
    in_memory_bytes: int = 64 << 20
    # Lists and objects of JSON inside one another; platforms nest 10 to 20 deep.
    nesting: int = 100
    # Pixels of one picture, width times height.
    pixels: int = 89_478_485
    # Characters of one field of a table.
    csv_field_bytes: int = 16 << 20
    # Seconds of reading one member, without what is done with its items and without the media they name.
    seconds_per_member: int = 1800
    # Seconds of reading one PDF's texts, and again its pictures, or one spreadsheet.
    seconds_per_pdf: int = 60
    # Bytes of address space of the process that reads PDFs, and of that which reads spreadsheets.
    pdf_memory_bytes: int = 4 << 30


class LimitError(OSError):
    """A member goes beyond a limit: the text says which, and ``remedy`` what to do."""

    remedy = "split it or make it smaller"


class TooLargeError(LimitError):
    """A member, or a piece of it that must be held in memory, is larger than the limits allow."""


class TooDeepError(LimitError):
    """JSON is nested deeper than the limits allow."""

    remedy = "export again"


class TooSlowError(LimitError):
    """Reading a member takes longer than the limits allow."""

    remedy = "split it, or raise seconds_per_member in limits.toml"


_now = Limits()


def current() -> Limits:
    """The limits in force in this process."""
    return _now


def use(limits: Limits) -> None:
    """Puts limits into force for this process; what is open already keeps its own."""
    global _now
    _now = limits


@contextmanager
def using(limits: Limits) -> Iterator[None]:
    """The limits in force for the length of a block."""
    before = current()
    use(limits)
    try:
        yield
    finally:
        use(before)


def load_limits(path: Path) -> Limits:
    """The limits in a TOML file, the defaults where there is none; UserError in one line where it is no such file."""
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Limits()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check that you may read it") from None
    except ValueError:
        raise UserError(f"{path}: not valid TOML; write lines such as nesting = {Limits().nesting}") from None
    names = [f.name for f in fields(Limits)]
    for name, value in given.items():
        if name not in names:
            raise UserError(f"{path}: there is no limit of that name ({_shown(name)}); there are {', '.join(names)}")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 62:
            raise UserError(f"{path}: {name} must be a whole number greater than 0")
    limits = Limits(**given)
    if limits.pixels > _MOST_PIXELS:
        raise UserError(f"{path}: pixels may be {_MOST_PIXELS} at most")
    return limits


def _shown(name: str) -> str:
    return ascii(name[:40])


class _Away(threading.local):
    """The seconds that this thread has spent on other things than the member being read."""

    seconds = 0.0


_away = _Away()


class away:  # noqa: N801 - read as a statement, "with away():"
    """A block whose time is not charged to the members that are open in this thread.

    A class, as a generator for each item costs several times as much.
    """

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _away.seconds += time.monotonic() - self._began


class Watch:
    """The time spent on one member. Members opened and closed meanwhile are charged their own time."""

    def __init__(self) -> None:
        self._most = current().seconds_per_member
        self._began = self._clock()

    @staticmethod
    def _clock() -> float:
        return time.monotonic() - _away.seconds

    def check(self) -> None:
        """TooSlowError once the member's time is up."""
        if self._clock() - self._began > self._most:
            raise TooSlowError(f"took longer than {self._most} s")

    def stop(self) -> None:
        """Ends the member's time, which is not charged to the member around it."""
        _away.seconds += max(self._clock() - self._began, 0.0)
        self._began = float("inf")
