"""The records of a web archive (WARC, ISO 28500, or the older ARC), one at a time, each with what is wrong with it.

Records are parted here: warcio 1.8.1 stops at a damaged gzip member, takes what follows a shortened record for its content
and prints addresses to the terminal (measured). Headers are parsed with it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import brotli
import zstandard
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ARC2WARCHeadersParser
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from pipelines.readers.limits import TooLargeError, current

_CHUNK = 1 << 16
# A line of headers beyond this is none.
_MAX_LINE = 1 << 16
# How far is looked ahead for the beginning of a record; ARC says all of one in a line.
_AHEAD = 1 << 13
_MAX_HEADERS = 1 << 20
_GZIP = b"\x1f\x8b\x08"
_ARC_LINE = rb"[a-z][a-z0-9+.-]*:[^\s]* [0-9A-Fa-f.:]+ [0-9]{12,17} [^\s]+ [0-9]+\r{0,2}\n"
_BEGINS_WARC = re.compile(rb"WARC/[01]\.[0-9]+\s")
_BEGINS_ARC = re.compile(_ARC_LINE)
# The end of a record with the beginning of the next right behind it.
_NEXT_WARC = re.compile(rb"\r{0,2}\n\r{0,2}\n(?=WARC/[01]\.[0-9]+\r{0,2}\n)")
_NEXT_ARC = re.compile(rb"\r{0,2}\n(?=" + _ARC_LINE + rb")")
_HTTP = re.compile(rb"HTTP/[0-9.]+ +([0-9]{3})")

Trouble = Literal["", "lost", "cut short", "longer than it says", "broken packing", "packed too well", "too large"]


class Stream(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record begins: the byte of the file, and ``skip`` unpacked bytes on where a gzip member holds several."""

    at: int
    skip: int = 0

    @property
    def pointer(self) -> str:
        """As a locator's pointer."""
        return f"offset:{self.at}+{self.skip}" if self.skip else f"offset:{self.at}"


@dataclass(frozen=True, slots=True)
class Record:
    """A record with the names of its headers in small letters; ``kind`` is its WARC-Type, empty for bytes that are none."""

    place: Place
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    block: bytes = field(default=b"", repr=False)
    trouble: Trouble = ""

    @property
    def url(self) -> str:
        """The address recorded."""
        return self.headers.get("warc-target-uri", "").strip("<>").replace(" ", "%20")


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered: ``status`` (200 for a resource without HTTP), the headers' MIME type and charset, the body.

    ``sent`` is the body as it was sent; ``body`` has transfer and content encodings undone, and is None where one is not known.
    """

    status: int
    content_type: str
    charset: str
    location: str = field(repr=False)
    sent: bytes = field(repr=False)
    plain: bytes = field(repr=False)
    body: bytes | None = field(repr=False)


def begins_archive(head: bytes) -> bool:
    """Whether a file's first bytes, unpacked where they are gzip, begin a WARC or ARC record."""
    if head.startswith(_GZIP):
        head = _salvaged(zlib.decompressobj(31), head, 4096)
    head = head.lstrip()
    return _BEGINS_WARC.match(head) is not None or _BEGINS_ARC.match(head) is not None


def records(stream: Stream) -> Iterator[Record]:
    """Every record in its order; stretches that are no record come as one without kind, and the next is looked for."""
    unpacked = _Unpacked(stream)
    while True:
        yield from _member(unpacked)
        lost = unpacked.next_member()
        if lost is None:
            return
        if lost >= 0:
            yield Record(Place(lost), trouble="lost")


def _salvaged(unpacker: zlib._Decompress, raw: bytes, limit: int) -> bytes:
    """What zlib unpacks up to where it fails, which it gives none of when asked for more than that at once."""
    out, step = bytearray(), 1024
    while len(out) < limit:
        before = unpacker.copy()
        try:
            piece = unpacker.decompress(raw, step)
        except zlib.error:
            if step == 1:
                break
            unpacker, step = before, 1
            continue
        raw = unpacker.unconsumed_tail
        if not piece:
            break
        out += piece
    return bytes(out)


class _Unpacked:
    """The unpacked bytes of a file, member by member: a plain file is one, of a gzip file each stands alone.

    ``at`` is where the member begins, ``skip`` the unpacked bytes given of it. A gzip member that unpacks to more than the limits
    on an archive's entries allow ends there, and is ``too_well`` packed.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._raw = stream.read(_CHUNK)
        self._raw_at = 0
        self._past = b""
        self._held, self._given = b"", 0
        self._packed = self._raw.startswith(_GZIP)
        self._begin()

    @property
    def place(self) -> Place:
        """Where the next byte stands: within its gzip member, or in the plain file."""
        return Place(self.at, self.skip) if self._packed else Place(self.skip)

    def _begin(self) -> None:
        self.at, self.skip = self._raw_at, 0
        self.broken = self.too_well = self._ended = False
        self._out = 0
        self._unpacker = zlib.decompressobj(31)

    def _fill(self) -> bool:
        """Holds more bytes; False at the member's end."""
        while not self._ended:
            self._raw = self._raw or self._stream.read(_CHUNK)
            if not self._raw:
                self._ended = True
                self.broken = self._packed
                return False
            if not self._packed:
                self._take(self._raw, b"")
                return True
            before = self._unpacker.copy()
            try:
                out = self._unpacker.decompress(self._raw, _CHUNK)
            except zlib.error:
                self._ended = self.broken = True
                out = _salvaged(before, self._raw, _CHUNK)
                self._hold(out)
                return bool(out)
            self._ended = self._unpacker.eof
            rest = self._unpacker.unused_data if self._ended else self._unpacker.unconsumed_tail
            self._take(out, rest)
            self._out += len(out)
            if self._out > self._most():
                self._ended = self.broken = self.too_well = True
            if out:
                return True
        return False

    def _most(self) -> int:
        """The bytes that what was read of the member so far may unpack to."""
        limits = current()
        return min(limits.entry_bytes, max(limits.ratio_free_bytes, (self._raw_at - self.at) * limits.ratio))

    def _take(self, out: bytes, rest: bytes) -> None:
        used = len(self._raw) - len(rest)
        self._past = (self._past + self._raw[:used])[-_CHUNK:] if self._packed else b""
        self._raw_at += used
        self._raw = rest
        self._hold(out)

    def _hold(self, out: bytes) -> None:
        self._held, self._given = self._held[self._given :] + out, 0

    def peek(self, size: int) -> bytes:
        """The next bytes of the member without taking them, fewer only at its end."""
        while len(self._held) - self._given < size and self._fill():
            pass
        return self._held[self._given : self._given + size]

    def read(self, size: int) -> bytes:
        """The next bytes of the member, fewer only at its end."""
        out = bytearray()
        while len(out) < size and (self._given < len(self._held) or self._fill()):
            piece = self._held[self._given : self._given + size - len(out)]
            self._given += len(piece)
            out += piece
        self.skip += len(out)
        return bytes(out)

    def readline(self) -> bytes:
        """The next line with its end, cut where it is longer than a line may be."""
        size = 256
        while b"\n" not in (line := self.peek(size)) and len(line) == size and size < _MAX_LINE:
            size *= 4
        return self.read(line.find(b"\n") + 1 or len(line))

    def unread(self, data: bytes) -> None:
        """Puts bytes back that were read last."""
        self._held, self._given = data + self._held[self._given :], 0
        self.skip -= len(data)

    def next_member(self) -> int | None:
        """Goes on to the next gzip member: -1, or where bytes begin that belong to none; None at the end of the file."""
        while self.read(_CHUNK):
            pass
        if not self._packed:
            return None
        lost, window_at, window = -1, self._raw_at, self._raw or self._stream.read(_CHUNK)
        self._raw = window
        if self.broken:
            window_at = max(self._raw_at - len(self._past), self.at)
            window = self._past[len(self._past) - (self._raw_at - window_at) :] + window
        elif window.startswith(_GZIP):
            self._begin()
            return -1
        elif window.strip(b"\0"):
            lost = self._raw_at
        place = window.find(_GZIP, 1 if window_at == self.at else 0)
        while True:
            more = self._stream.read(_CHUNK)
            window += more
            while place >= 0 and not begins_archive(window[place : place + 4096]):
                place = window.find(_GZIP, place + 1)
            if place >= 0:
                self._raw, self._raw_at, self._past = window[place:], window_at + place, b""
                self._begin()
                return lost
            if not more:
                self._raw = self._past = b""
                self.broken = False
                return lost if lost >= 0 else None
            window_at += max(len(window) - _CHUNK, 0)
            window = window[-_CHUNK:]
            place = window.find(_GZIP)


def _member(unpacked: _Unpacked) -> Iterator[Record]:
    given = False
    while True:
        while space := len(ahead := unpacked.peek(4096)) - len(ahead.lstrip()):
            unpacked.read(space)
        place = unpacked.place
        if not unpacked.peek(1):
            if unpacked.broken and not given:
                yield Record(place, trouble="lost")
            return
        given = True
        yield _record(unpacked, place)


def _record(unpacked: _Unpacked, place: Place) -> Record:
    head = unpacked.peek(_AHEAD)
    arc = _BEGINS_ARC.match(head) is not None
    begins, follows = (_BEGINS_ARC, _NEXT_ARC) if arc else (_BEGINS_WARC, _NEXT_WARC)
    headers = _headers(unpacked, arc) if begins.match(head) else {}
    length = headers.get("content-length", "")
    if not length.isdecimal() or len(length) > 18:
        _until(unpacked, begins, 0)
        return Record(place, trouble="lost")
    size = int(length)
    most = current().in_memory_bytes
    block = unpacked.read(min(size, most))
    left = size - len(block) if len(block) == most else 0
    trouble: Trouble = "too large" if left else ""
    while left and (gone := unpacked.read(min(left, _CHUNK))):
        left -= len(gone)
    if left or (not trouble and len(block) < size):
        trouble = "cut short"
    if not _is_end(unpacked, begins):
        if found := follows.search(block):
            unpacked.unread(block[found.end() :])
            block, trouble = block[: found.start()], "cut short"
        elif trouble != "too large":
            trouble = "longer than it says"
            block += _until(unpacked, begins, most - len(block))
    elif trouble == "cut short" and (found := follows.search(block)):
        unpacked.unread(block[found.end() :])
        block = block[: found.start()]
    if unpacked.too_well and trouble in ("", "cut short"):
        trouble = "packed too well"
    if not trouble and unpacked.broken:
        trouble = "broken packing"
    if not trouble and headers.get("warc-truncated"):
        trouble = "cut short"
    return Record(place, headers.get("warc-type", "").lower() or "unknown", headers, block, trouble)


def _headers(unpacked: _Unpacked, arc: bool) -> dict[str, str]:
    """The record's headers, empty where they cannot be parsed."""
    if arc:
        line = unpacked.readline()
        try:
            parsed = ARC2WARCHeadersParser().parse(io.BytesIO(), line)
        except (StatusAndHeadersParserException, ArchiveLoadFailed, ValueError, IndexError):
            return {}
    else:
        lines = bytearray()
        while (line := unpacked.readline()).strip() and len(lines) < _MAX_HEADERS:
            lines += line
        parsed = StatusAndHeadersParser((), verify=False).parse(io.BytesIO(bytes(lines)))
    return {name.lower(): value.strip() for name, value in reversed(parsed.headers)}


def _is_end(unpacked: _Unpacked, begins: re.Pattern[bytes]) -> bool:
    """Whether nothing but white space stands before the next record or the member's end."""
    rest = unpacked.peek(_AHEAD).lstrip()
    return not rest or begins.match(rest) is not None


def _until(unpacked: _Unpacked, begins: re.Pattern[bytes], keep: int) -> bytes:
    """Goes on to the line with which the next record begins, and gives what stands before it as far as ``keep``."""
    kept = bytearray()
    while line := unpacked.readline():
        if begins.match(line):
            unpacked.unread(line)
            break
        kept += line[: max(keep - len(kept), 0)]
    return bytes(kept)


def response(record: Record) -> Response | None:
    """What the record's server answered; None where it is no answer. Raises TooLargeError where it unpacks to too much."""
    status, headers, sent = 200, {}, record.block
    if found := _HTTP.match(record.block):
        stream = io.BytesIO(record.block)
        parsed = StatusAndHeadersParser((), verify=False).parse(stream)
        status, sent = int(found.group(1)), record.block[stream.tell() :]
        headers = {name.lower(): value.strip() for name, value in reversed(parsed.headers)}
    elif record.headers.get("content-type", "").startswith("application/http") and "arc" not in record.kind:
        return None
    else:
        headers = {"content-type": record.headers.get("content-type", "")}
    plain = _dechunked(sent) if "chunked" in headers.get("transfer-encoding", "").lower() else sent
    said = headers.get("content-type", "").lower()
    charset = re.search(r"charset\s*=\s*[\"']?([a-z0-9_:.-]{2,40})", said)
    return Response(
        status=status,
        content_type=said.partition(";")[0].strip(),
        charset=charset.group(1) if charset else "",
        location=headers.get("location", ""),
        sent=sent,
        plain=plain,
        body=_decoded(plain, headers.get("content-encoding", "").lower()),
    )


def _dechunked(data: bytes) -> bytes:
    """The chunks of a body joined (RFC 9112, 7.1); as it is where it is none, and as far as it goes where it is cut."""
    out, place = bytearray(), 0
    while line := re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n").match(data, place):
        size = int(line.group(1), 16)
        if not size:
            break
        out += data[line.end() : line.end() + size]
        place = line.end() + size
        place += 2 if data[place : place + 2] == b"\r\n" else 1
    return bytes(out) if out or line else data


def _decoded(data: bytes, encoding: str) -> bytes | None:
    """A body with its content encoding undone; archives often hold it so already, whatever the header says."""
    if "gzip" in encoding and data.startswith(b"\x1f\x8b"):
        return _unpack(data, 31)
    if "deflate" in encoding and data:
        return _unpack(data, 15) or _unpack(data, -15) or data
    if re.match(rb"\s*(<|%PDF|\x89PNG|\xff\xd8\xff|GIF8)", data):
        return data
    if re.search(r"\bbr\b", encoding):
        return _brotli(data)
    if re.search(r"\bzstd\b", encoding):
        return _zstandard(data)
    return None if "compress" in encoding else data


def _brotli(data: bytes) -> bytes | None:
    """What Brotli (RFC 7932) unpacks, as far as it goes; None where it is none."""
    unpacker, out = brotli.Decompressor(), bytearray()
    try:
        for place in range(0, len(data), _CHUNK):
            out += unpacker.process(data[place : place + _CHUNK], output_buffer_limit=_CHUNK)
            _check_size(out)
            while not unpacker.can_accept_more_data():
                out += unpacker.process(b"", output_buffer_limit=_CHUNK)
                _check_size(out)
    except brotli.error:
        pass
    return bytes(out) or None


def _zstandard(data: bytes) -> bytes | None:
    """What Zstandard (RFC 8878) unpacks, as far as it goes; None where it is none."""
    out = bytearray()
    try:
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            while piece := stream.read(_CHUNK):
                out += piece
                _check_size(out)
    except zstandard.ZstdError:
        pass
    return bytes(out) or None


def _check_size(out: bytearray) -> None:
    if len(out) > current().in_memory_bytes:
        raise TooLargeError("unpacks to more than may be held in memory")


def _unpack(data: bytes, bits: int) -> bytes:
    """What zlib unpacks, as far as it goes."""
    unpacker, out = zlib.decompressobj(bits), bytearray()
    try:
        while data and not unpacker.eof:
            out += unpacker.decompress(data, _CHUNK)
            data = unpacker.unconsumed_tail
            _check_size(out)
    except zlib.error:
        pass
    return bytes(out)


def differs(record: Record, answer: Response) -> bool:
    """Whether a whole record's content differs from a digest that it bears; digests of unknown kind are passed over.

    Writers digest the payload as it was sent or with the chunks joined, and both are right.
    """
    block, payload = (record.headers.get(f"warc-{part}-digest", "") for part in ("block", "payload"))
    return not record.trouble and not (_fits(block, record.block) and _fits(payload, answer.sent, answer.plain))


def _fits(said: str, *contents: bytes) -> bool:
    algorithm, _, value = said.strip().partition(":")
    name = algorithm.lower().replace("-", "")
    if name not in ("sha1", "sha256", "sha512", "md5") or not value:
        return True
    return any(_same(hashlib.new(name, content, usedforsecurity=False).digest(), value) for content in contents)


def _same(digest: bytes, value: str) -> bool:
    """Whether a digest is the value written in any of the ways that writers use (RFC 4648)."""
    plain = value.rstrip("=")
    return (
        plain.upper() == base64.b32encode(digest).decode("ascii").rstrip("=")
        or plain.lower() == digest.hex()
        or plain.translate(str.maketrans("-_", "+/")) == base64.b64encode(digest).decode("ascii").rstrip("=")
    )
