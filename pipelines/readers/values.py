"""Values as the platforms write them: strings, lists of objects, streams of records.

Of a key that an object names twice the last value counts, as in Python's json, and no report says so: looking for it takes twice
the time of reading (ijson 3.6.0 with a ``map_type`` that looks: 0.72 s for 19 MB, without 0.35 s), and no platform was seen
to write one.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from math import isfinite
from typing import Any, BinaryIO, cast

import ftfy
import ijson

from pipelines.readers.limits import current
from pipelines.readers.report import MemberReport
from pipelines.readers.source import JsonBytes

_MENTION = re.compile(r"@\[\d+:\d+:([^\]\n]{1,200})\]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def cleaned(text: str) -> str:
    """Half a surrogate pair cannot be written anywhere; one sign replaces one, so offsets stay."""
    return text if is_whole(text) else _SURROGATE.sub("\ufffd", text)


def is_whole(text: str) -> bool:
    """Whether a text holds no half of a surrogate pair, as almost all do."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def string_of(value: dict[str, Any], key: str) -> str:
    """A string of an object, empty where there is none."""
    given = value.get(key)
    return cleaned(given) if isinstance(given, str) else ""


def dicts_of(value: object) -> list[dict[str, Any]]:
    """The objects of a list, none where it is no list."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def natural_key(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``posts_10`` behind ``posts_9``."""
    return [(int(step), "") if step.isdigit() else (-1, step) for step in re.split(r"(\d{1,9})", name)]


def mend(text: str) -> str:
    """Meta's mojibake undone: UTF-8 that was read as Latin-1.

    Strings that mix both are left to ftfy's encoding repair.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return cleaned(ftfy.fix_encoding(text))


def read_mentions(text: str) -> str:
    """``@[id:type:Name]`` as a person would see it."""
    return _MENTION.sub(r"\1", text) if "@[" in text else text


def list_key(stream: BinaryIO) -> str:
    """The key of the list of records where the member is an object, empty where it is a list itself.

    With ``use_float`` as in ``stream_records``: without it an integer beyond Python's 4,300 digits ends the process in ijson's
    C backend, with no exception (measured with 3.6.0).
    """
    try:
        for prefix, event, _ in ijson.parse(JsonBytes(stream), use_float=True):
            if event == "start_array":
                return str(prefix)
    except ijson.JSONError:
        raise ValueError("broken JSON") from None
    return ""


def stream_records(stream: BinaryIO, key: str = "") -> Iterator[Any]:
    """The records of a list one by one, in flat memory; raises one of DAMAGE where the JSON is broken.

    The standard library's parser reads ordinary records, in half the time. From the first that it cannot read the streaming
    parser goes on, be it broken, large, deep, odd or the last: what counts as damage is its word alone.
    """
    ahead = _Ahead(stream, key)
    yield from ahead.records()
    try:
        plain = JsonBytes(cast(BinaryIO, _Resumed(ahead.rest(), stream)))
        plain.next_record()
        records = ijson.items(plain, f"{key}.item" if key else "item", use_float=True)
        for record in islice(records, ahead.given, None):
            plain.next_record()
            yield record
    except ijson.JSONError:
        raise ValueError("broken JSON") from None


class _Ahead:
    """The records at the beginning of a list, as far as each is whole and ordinary."""

    def __init__(self, stream: BinaryIO, key: str) -> None:
        self._stream = stream
        self._key = key
        # The decoded text that is held, and the bytes that are not: a character that was cut, or what is no UTF-8.
        self._text = ""
        self._bytes = b""
        # How many records of the rest were given already: the last stands in it as a 0.
        self.given = 0

    def rest(self) -> bytes:
        """What was read of the stream beyond the records given, as the beginning of whole JSON."""
        before = (f'{{"{self._key}":[0' if self._key else "[0") if self.given else ""
        return before.encode() + self._text.encode() + self._bytes

    def records(self) -> Iterator[Any]:
        """The records, read no further than the first piece of the stream in which something is not ordinary."""
        limits = current()
        most_levels = limits.nesting - (2 if self._key else 1)
        place = self._opened()
        # The two parsers differ in half a surrogate pair.
        while place >= 0 and not _SURROGATE_WRITTEN.search(self.rest()):
            begun, text = 0, self._text
            while True:
                try:
                    record, end = _RECORD.raw_decode(text, place)
                except (ValueError, RecursionError):
                    break
                comma = _COMMA.match(text, end)
                if comma is None:
                    break
                # As many levels as brackets at most, if there were none in its texts.
                if text.count("{", place, end) + text.count("[", place, end) > most_levels:
                    self._text = text[begun:]
                    return
                self.given = 1
                yield record
                begun, place = end, comma.end()
            self._text = text[begun:]
            if len(self._text) > min(_MOST_AHEAD, limits.in_memory_bytes) or not self._read():
                return
            # The spaces behind the comma may have been cut.
            spaces = _SPACES.match(self._text, place - begun)
            place = spaces.end() if spaces else -1

    def _read(self) -> bool:
        """Reads a piece more; whether there was one, in UTF-8."""
        piece = self._stream.read(_CHUNK)
        data = self._bytes + piece
        try:
            text, used = codecs.utf_8_decode(data)
        except UnicodeDecodeError:
            self._bytes = data
            return False
        self._text += text
        self._bytes = data[used:]
        return bool(piece)

    def _opened(self) -> int:
        """Where the first record begins in the first piece, -1 where that may not be all that stands before it."""
        if not self._read() or not re.fullmatch(r"\w*", self._key, re.ASCII):
            return -1
        opening = rf'\{{{_GAP}"{self._key}"{_GAP}:{_GAP}\[' if self._key else r"\["
        match = re.match(rf"\ufeff?{_GAP}{opening}{_GAP}", self._text)
        return match.end() if match else -1


class _Resumed:
    """A stream with what was read of it before."""

    def __init__(self, held: bytes, stream: BinaryIO) -> None:
        self._held = held
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        if not self._held or size < 0:
            held, self._held = self._held, b""
            return held + self._stream.read(size)
        given, self._held = self._held[:size], self._held[size:]
        return given


def _integer(digits: str) -> int:
    """A number of 64 bits, as the streaming parser reads no others."""
    number = int(digits)
    if -(1 << 63) <= number < 1 << 63:
        return number
    raise ValueError("integer overflow")


def _finite(digits: str) -> float:
    number = float(digits)
    if isfinite(number):
        return number
    raise ValueError("floating point overflow")


def _no_constant(name: str) -> None:
    raise ValueError("not JSON")


_RECORD = json.JSONDecoder(parse_int=_integer, parse_float=_finite, parse_constant=_no_constant)
_SURROGATE_WRITTEN = re.compile(rb"\\u[dD]")
_GAP = r"[ \t\n\r]*"
_SPACES = re.compile(_GAP)
_COMMA = re.compile(f"{_GAP},{_GAP}")
_CHUNK = 1 << 16
# A record that is longer goes to the streaming parser.
_MOST_AHEAD = 1 << 20


def explain_passed(entry: MemberReport, passed: Counter[str], rejected: int) -> None:
    """Say in a member's report what of it was passed over and why, and how many records were no records."""
    told = [f"{count} {why}" for why, count in sorted(passed.items())]
    if rejected:
        told.append(f"{rejected} rejected: not a record")
    entry.why = "; ".join(filter(None, (entry.why, ", ".join(told))))
