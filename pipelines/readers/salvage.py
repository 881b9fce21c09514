"""Zip archives whose end is missing, as of a download that broke off: the members before the damage, by their own headers.

A zip archive lists its members at its end (APPNOTE 4.3.12), and each has a header of its own before its bytes (4.3.7). From those
headers a list is made, so that the archive can be read like a whole one.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.readers.limits import Watch, current

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_CHUNK = 1 << 18
_FULL = 0xFFFFFFFF
_DEFLATED = 8
_DESCRIPTOR, _UTF8 = 0x0008, 0x0800


@dataclass(frozen=True, slots=True)
class _Member:
    """A member that is there whole; ``at`` is where its header begins."""

    name: bytes
    at: int
    version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int


def open_zip(path: Path) -> tuple[zipfile.ZipFile, bool]:
    """The archive, and whether its list of members had to be made from their headers.

    Raises zipfile.BadZipFile, or what else zipfile raises, where no member is there whole.
    """
    try:
        return zipfile.ZipFile(path), False
    except Exception:
        with path.open("rb") as file:
            members = list(_members(file))
        if not members:
            raise
        stream = io.BufferedReader(
            _Mended(path.open("rb"), path.stat().st_size, _directory(members, path.stat().st_size))
        )
        return zipfile.ZipFile(stream), True


def _members(file: BinaryIO) -> Iterator[_Member]:
    """The members from the file's beginning up to the first that is not whole."""
    at, watch = 0, Watch()
    while True:
        watch.check()
        file.seek(at)
        head = file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
            return
        _, version, flags, method, time, date, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
        name, extra = file.read(name_length), file.read(extra_length)
        begin = at + _LOCAL.size + name_length + extra_length
        if len(extra) < extra_length:
            return
        size, packed = _sizes(extra, size, packed)
        if flags & _DESCRIPTOR and not packed:
            found = _inflated(file) if method == _DEFLATED else None
            if found is None:
                return
            crc, packed, size = found
            end = _behind_descriptor(file, begin + packed)
        else:
            end = begin + packed
            file.seek(end - 1 if packed else end)
            if packed and not file.read(1):
                return
        yield _Member(name, at, version, _readable(flags & ~_DESCRIPTOR, name), method, time, date, crc, packed, size)
        at = end


def _readable(flags: int, name: bytes) -> int:
    """The flags without the one that says that the name is UTF-8, where it is not: zipfile would refuse the whole archive."""
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return flags & ~_UTF8
    return flags


def _sizes(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    """Both sizes, from the ZIP64 field where they do not fit the header (APPNOTE 4.5.3)."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1 and length >= 16 and _FULL in (size, packed):
            return struct.unpack_from("<QQ", extra, place + 4)
        place += 4 + length
    return size, packed


def _inflated(file: BinaryIO) -> tuple[int, int, int] | None:
    """CRC, packed and unpacked bytes of the deflated data that begins here; None where it is cut, damaged or too well packed."""
    limits = current()
    unpacker, crc, packed, size = zlib.decompressobj(-15), 0, 0, 0
    data = b""
    while not unpacker.eof:
        data = data or file.read(_CHUNK)
        if not data:
            return None
        try:
            out = unpacker.decompress(data, _CHUNK)
        except zlib.error:
            return None
        rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        packed += len(data) - len(rest)
        data = rest
        crc = zlib.crc32(out, crc)
        size += len(out)
        if size > min(limits.entry_bytes, max(limits.ratio_free_bytes, packed * limits.ratio)):
            return None
    return crc, packed, size


def _behind_descriptor(file: BinaryIO, at: int) -> int:
    """Where the next header begins behind a data descriptor, of which there are four forms (APPNOTE 4.3.9)."""
    file.seek(at)
    data = file.read(28)
    return next((at + n for n in (16, 12, 24, 20) if data[n : n + 2] == b"PK"), at + len(data))


def _directory(members: list[_Member], at: int) -> bytes:
    """The list of members as it stands at the end of an archive of ``at`` bytes (APPNOTE 4.3.12 to 4.3.16)."""
    out = bytearray()
    for m in members:
        extra = struct.pack("<HHQQQ", 1, 24, m.size, m.packed, m.at)
        out += _CENTRAL.pack(
            b"PK\x01\x02", 45, max(m.version, 45), m.flags, m.method, m.time, m.date, m.crc, _FULL, _FULL,
            len(m.name), len(extra), 0, 0, 0, 0, _FULL,
        )  # fmt: skip
        out += m.name + extra
    length, count = len(out), len(members)
    out += struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, at)
    out += struct.pack("<4sIQI", b"PK\x06\x07", 0, at + length, 1)
    return bytes(out) + struct.pack("<4s4HIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, _FULL, _FULL, 0)


class _Mended(io.RawIOBase):
    """The bytes of a file with others behind them."""

    def __init__(self, file: BinaryIO, size: int, behind: bytes) -> None:
        self._file, self._size, self._behind = file, size, behind
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size + len(self._behind)}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at < self._size:
            self._file.seek(self._at)
            data = self._file.read(min(len(buffer), self._size - self._at))
        else:
            begin = self._at - self._size
            data = self._behind[begin : begin + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
