"""Where an export lies: a file, a folder or a zip archive, read in place and never unpacked.

Limits on archives follow the attacks known as zip bombs (David Fifield, "A better zip bomb", 2019): number of entries,
bytes in all, bytes of one entry, ratio of one entry, entries that overlap. The real bytes are counted while reading,
whatever the headers say, and the time that it takes. The limits themselves stand in ``limits.py``.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import accumulate
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Literal, Protocol, cast
from urllib.parse import unquote

from detectors.base import UserError
from pipelines.readers.limits import Limits, TooDeepError, TooLargeError, Watch, current
from pipelines.readers.salvage import open_zip

__all__ = [
    "DAMAGE",
    "FileSource",
    "FolderSource",
    "JsonBytes",
    "Refused",
    "Source",
    "TooLargeError",
    "ZipSource",
    "is_damaged",
    "is_litter",
    "open_source",
    "read_bytes",
    "read_head",
    "stream_digest",
]

_CHUNK = 1 << 20

# Everything that reading damaged bytes raises in the libraries used; ValueError covers UnicodeError and
# JSONDecodeError.
DAMAGE: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
)

_LITTER = re.compile(r"(^|/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini|\$RECYCLE\.BIN|~\$[^/]*)(/|$)", re.IGNORECASE)


_NO_FILE = "a device or pipe, and no file"
_GONE: tuple[type[Exception], ...] = (*DAMAGE, IndexError, struct.error)


@dataclass(frozen=True, slots=True)
class Refused:
    """A member that is not read at all, and why; or, as ``damaged``, the part of an archive that is lost."""

    name: str = field(repr=False)
    why: str
    status: Literal["skipped", "damaged"] = "skipped"


class Source(Protocol):
    """The files of an export by their names, relative and with ``/`` between folders, in the order of the names."""

    path: Path

    @property
    def is_file(self) -> bool:
        """Whether it is one bare file, and not a folder or an archive."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """The size in bytes that each member declares."""

    @property
    def refused(self) -> tuple[Refused, ...]:
        """Members that are never opened: links that lead outside, names that do, encrypted ones."""

    @property
    def sha256(self) -> str:
        """Hex digest of the file; of a folder, of its sorted ``path NUL digest`` lines."""

    def keep_shut(self, names: Set[str]) -> None:
        """These members are never read, not even for a folder's digest, where their size stands for their digest."""

    def open(self, name: str) -> BinaryIO:
        """The member's bytes as a stream; raises one of DAMAGE, at once or while reading."""

    def find(self, name: str) -> str:
        """The name of the member meant by a path that an export gives, empty where there is none."""

    def loader(self, name: str) -> Callable[[], bytes]:
        """A picklable function that gives the member's bytes later, or raises OSError."""

    def digest(self, name: str) -> str | None:
        """The member's SHA-256 where it is known already."""

    def archive(self, name: str) -> str:
        """Hex digest of the archive that holds the member: of the source itself, unless several are joined in it."""


def open_source(path: Path) -> Source:
    """The folder, archive or file at that path; UserError where it is missing, empty, cut short or a zip bomb."""
    try:
        mode = path.stat().st_mode
    except OSError:
        raise UserError(f"{path}: no such file or folder; check the path") from None
    if stat.S_ISDIR(mode):
        source: Source = FolderSource(path)
        if not source.sizes:
            raise UserError(f"{path}: the folder is empty; give the folder that holds the export")
        return source
    if not stat.S_ISREG(mode):
        raise UserError(f"{path}: not a file or folder; give the export itself")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}); check that you may read it") from None
    if not head:
        raise UserError(f"{path}: the file is empty; export again")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZipSource(path)
    return FileSource(path)


def read_bytes(source: Source, name: str, limit: int | None = None) -> bytes:
    """The whole member; TooLargeError beyond the limit, which is that of memory where none is given."""
    limit = current().in_memory_bytes if limit is None else limit
    with source.open(name) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise TooLargeError(f"larger than {limit >> 20} MB")
    return data


def read_head(source: Source, name: str, size: int = 1 << 16) -> bytes:
    """The first bytes of a member, empty where it is damaged."""
    try:
        with source.open(name) as stream:
            return stream.read(size)
    except DAMAGE:
        return b""


def is_damaged(source: Source, name: str) -> bool:
    """Whether a member that declares bytes gives none."""
    return source.sizes[name] > 0 and not read_head(source, name)


def is_litter(name: str) -> bool:
    """Whether a member is hidden or put there by an operating system."""
    return _LITTER.search(name) is not None


class FileSource:
    """One file; what it names relatively is looked up beside it."""

    is_file = True
    refused: tuple[Refused, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sizes: Mapping[str, int] = {path.name: path.stat().st_size}
        self._folder = path.resolve().parent
        self._sha256 = ""

    @property
    def sha256(self) -> str:
        """Hex digest of the file, read once."""
        self._sha256 = self._sha256 or _file_digest(self.path)
        return self._sha256

    def keep_shut(self, names: Set[str]) -> None:
        """One file is read or not."""

    def _place(self, name: str) -> Path:
        return self.path if name == self.path.name else self._folder / name

    def open(self, name: str) -> BinaryIO:
        """The file's bytes, or those of a file beside it that ``find`` gave."""
        return _watched(self._place(name).open("rb"))

    def find(self, name: str) -> str:
        """The relative path of a file in the same folder or below; links that lead out of it are not followed."""
        for form in _forms(name):
            place = self._folder / form
            try:
                inside = place.resolve().is_relative_to(self._folder)
                if inside and stat.S_ISREG(place.stat().st_mode):
                    return form
            except (OSError, ValueError):
                continue
        return ""

    def loader(self, name: str) -> Callable[[], bytes]:
        """See Source."""
        return partial(load_file, str(self._place(name)), current().in_memory_bytes)

    def archive(self, name: str) -> str:
        """Hex digest of the archive that holds the member."""
        return self.sha256

    def digest(self, name: str) -> str | None:
        """Known for the file itself, once asked for."""
        return (self._sha256 or None) if name == self.path.name else None


class FolderSource:
    """A folder with all below it; links that lead out of it and links to folders are not followed."""

    is_file = False

    def __init__(self, path: Path) -> None:
        self.path = path
        refused: list[Refused] = []
        self._places: dict[str, Path] = {}
        self.sizes: Mapping[str, int] = dict(sorted(self._named(path, refused)))
        self.refused: tuple[Refused, ...] = tuple(sorted(refused, key=lambda r: r.name))
        self._index = _Index(self.sizes)
        self._digests: dict[str, str] = {}
        self._shut: frozenset[str] = frozenset()
        self._sha256 = ""

    def _named(self, path: Path, refused: list[Refused]) -> Iterator[tuple[str, int]]:
        """Members by names that can be written anywhere; where a file is called otherwise is kept aside."""
        for given, size in _walk(path, refused):
            name = writable(given)
            if name != given:
                while name in self._places or (path / name).exists():
                    name = PurePosixPath(name).with_name(f"%{PurePosixPath(name).name}").as_posix()
                self._places[name] = path / given
            yield name, size

    def keep_shut(self, names: Set[str]) -> None:
        """See Source."""
        self._shut = frozenset(names)
        self._sha256 = ""

    def _place(self, name: str) -> Path:
        return self._places.get(name) or self.path / name

    @property
    def sha256(self) -> str:
        """Digest over the members, each read once; the digests serve for the media too."""
        if not self._sha256:
            whole = hashlib.sha256()
            for name, size in self.sizes.items():
                if name in self._shut:
                    whole.update(f"{name}\0{size}\n".encode("utf-8", "replace"))
                    continue
                try:
                    digest = _file_digest(self._place(name))
                except OSError:
                    digest = ""
                self._digests[name] = digest
                whole.update(f"{name}\0{digest}\n".encode("utf-8", "replace"))
            self._sha256 = whole.hexdigest()
        return self._sha256

    def open(self, name: str) -> BinaryIO:
        """See Source."""
        return _watched(self._place(name).open("rb"))

    def find(self, name: str) -> str:
        """See Source."""
        return self._index.find(name)

    def loader(self, name: str) -> Callable[[], bytes]:
        """See Source."""
        return partial(load_file, str(self._place(name)), current().in_memory_bytes)

    def archive(self, name: str) -> str:
        """Hex digest of the archive that holds the member."""
        return self.sha256

    def digest(self, name: str) -> str | None:
        """Known once the folder's own digest has been asked for."""
        return self._digests.get(name) or None


class ZipSource:
    """A zip archive; UserError where nothing of it can be read, it is beyond the limits or its entries overlap.

    Of one that is cut short the members before the damage are there.
    """

    is_file = False

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive, is_cut = open_zip(path)
            infos = self._archive.infolist()
        except zipfile.BadZipFile:
            raise UserError(f"{path}: the zip archive is cut short (incomplete download); export again") from None
        except _GONE:
            raise UserError(f"{path}: the zip archive's list of members is damaged; export again") from None
        if is_cut and any(info.filename == "[Content_Types].xml" for info in infos):
            # A document of Office is one thing, whole or not at all.
            raise UserError(f"{path}: the zip archive is cut short (incomplete download); export again")
        _check_limits(path, infos)
        refused: list[Refused] = []
        if is_cut:
            refused.append(
                Refused(path.name, f"cut short or damaged: {len(infos)} members before the damage were read", "damaged")
            )
        self._places: dict[str, int] = {}
        for place, info in enumerate(infos):
            if not info.filename:
                refused.append(Refused("a member without a name", "it has no name"))
            elif not info.is_dir():
                self._add(place, info, refused)
        self.sizes: Mapping[str, int] = {name: infos[self._places[name]].file_size for name in sorted(self._places)}
        self.refused: tuple[Refused, ...] = tuple(refused)
        self._infos = infos
        self._index = _Index(self.sizes)
        self._sha256 = ""
        if not self.sizes and not self.refused:
            raise UserError(f"{path}: the zip archive is empty; export again")

    def _add(self, place: int, info: zipfile.ZipInfo, refused: list[Refused]) -> None:
        name = _entry_name(info)
        if _leads_outside(name):
            refused.append(Refused(name, "its name leads out of the archive"))
        elif stat.S_ISLNK(info.external_attr >> 16):
            refused.append(Refused(name, "a symbolic link"))
        elif stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            refused.append(Refused(name, _NO_FILE))
        elif info.flag_bits & 1:
            refused.append(Refused(name, "encrypted: make the archive again without a password"))
        elif name in self._places:
            refused.append(Refused(name, "a second member of the same name"))
        else:
            self._places[name] = place

    def keep_shut(self, names: Set[str]) -> None:
        """The archive's digest is over its packed bytes: no member is opened for it."""

    @property
    def sha256(self) -> str:
        """Hex digest of the archive, read once."""
        self._sha256 = self._sha256 or _file_digest(self.path)
        return self._sha256

    def open(self, name: str) -> BinaryIO:
        """See Source; raises TooLargeError while reading beyond the limits."""
        return _open_entry(self._archive, self._infos[self._places[name]], current())

    def find(self, name: str) -> str:
        """See Source."""
        return self._index.find(name)

    def loader(self, name: str) -> Callable[[], bytes]:
        """See Source."""
        return partial(load_entry, str(self.path), self._places[name], current())

    def archive(self, name: str) -> str:
        """Hex digest of the archive that holds the member."""
        return self.sha256

    def digest(self, name: str) -> str | None:
        """Never known: the archive's digest is over its packed bytes."""
        return None


class Counted:
    """A stream that counts what it gives and the time it takes: TooLargeError and TooSlowError beyond the limits."""

    def __init__(self, stream: BinaryIO, limit: int | None = None) -> None:
        self._stream = stream
        self._left = limit
        self._watch = Watch()

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes, all that is left where it is negative."""
        self._watch.check()
        if self._left is None:
            return self._stream.read(size)
        data = self._stream.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise TooLargeError("unpacks to more than the limits allow")
        return data

    def close(self) -> None:
        """Closes the stream beneath."""
        self._watch.stop()
        self._stream.close()

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class JsonBytes:
    """JSON on its way to a streaming parser, which would build whatever comes: only as deep and large as memory allows.

    The parser keeps the path to every level that is open, so that its memory grows with the square of the depth (ijson
    3.6.0: 1 GB for 20,000 lists within one another). Raises TooDeepError beyond the limit, and TooLargeError where one text,
    or what lies between two calls of ``next_record``, is larger than may be held in memory. A byte order mark, which ijson
    does not know, is left out.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._limits = current()
        self._begun = False
        self._depth = 0
        self._in_text = False
        self._text = 0
        self._record: int | None = None
        self._held = b""

    def next_record(self) -> None:
        """What is read from here on belongs to the next record."""
        self._record = 0

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        if self._begun or size == 0:
            data = self._stream.read(size)
        else:
            self._begun = True
            data = self._stream.read(size if size < 0 else max(size, 3))
            data = data.removeprefix(b"\xef\xbb\xbf") or self._stream.read(size)
        self._check(data)
        return data

    def _check(self, data: bytes) -> None:
        if self._record is not None:
            self._record += len(data)
        # Without escaped signs every quotation mark begins or ends a text; one sign may stand in the next piece.
        piece = self._held + data
        odd = (len(piece) - len(piece.rstrip(b"\\"))) % 2
        self._held = b"\\" if odd and data else b""
        piece = piece[: len(piece) - odd]
        if b"\\" in piece:
            piece = piece.replace(b"\\\\", b"").replace(b'\\"', b"")
        # What is between two marks that stand side by side is empty: without both, all else is as much in a text as before.
        marks = piece.translate(_BRACES, _NO_MARKS).replace(b'""', b"")
        runs = marks.split(b'"')
        braces = b"".join(runs[1 if self._in_text else 0 :: 2])
        self._in_text ^= len(runs) % 2 == 0
        last = piece.rfind(b'"')
        self._text = (self._text if last < 0 else 0) + len(piece) - last - 1 if self._in_text else 0
        if self._is_too_deep(braces):
            raise TooDeepError(f"nested deeper than {self._limits.nesting} levels")
        self._depth += 2 * braces.count(b"{") - len(braces)
        if max(self._text, self._record or 0) > self._limits.in_memory_bytes + len(data):
            raise TooLargeError(f"a record is larger than {self._limits.in_memory_bytes >> 20} MB")

    def _is_too_deep(self, braces: bytes) -> bool:
        """Whether a level beyond the limit is opened.

        Every round takes off the innermost levels that are closed again, so that one is never deeper than the rounds taken and
        what is still open; only where that is too much are the levels counted one by one.
        """
        left, rounds = braces, 0
        while self._depth + rounds + left.count(b"{") > self._limits.nesting:
            shorter = left.replace(b"{}", b"")
            if len(shorter) == len(left) or rounds == self._limits.nesting:
                levels = accumulate((1 if brace == _OPEN else -1 for brace in braces), initial=self._depth)
                return max(levels) > self._limits.nesting
            left, rounds = shorter, rounds + 1
        return False


_OPEN = ord("{")
_NO_MARKS = bytes(c for c in range(256) if c not in b'"[]{}')
_BRACES = bytes.maketrans(b"[]", b"{}")


def _watched(stream: BinaryIO) -> BinaryIO:
    # Only read, close and with are used of a stream.
    return cast(BinaryIO, Counted(stream))


def load_file(path: str, limit: int) -> bytes:
    """A file's bytes; OSError where it has gone or outgrown memory."""
    with Path(path).open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise TooLargeError("too large to load")
    return data


def load_entry(path: str, place: int, limits: Limits) -> bytes:
    """The bytes of an archive's entry by its place in the directory; OSError where it cannot be read any more."""
    try:
        status = Path(path).stat()
        archive = opened_zip(path, status.st_mtime_ns, status.st_size)
        with _open_entry(archive, archive.infolist()[place], limits) as stream:
            data = stream.read(limits.in_memory_bytes + 1)
    except OSError:
        raise
    except _GONE:
        raise OSError("the archive has changed or is damaged") from None
    if len(data) > limits.in_memory_bytes:
        raise TooLargeError("too large to load")
    return data


@lru_cache(maxsize=4)
def opened_zip(path: str, changed: int, size: int) -> zipfile.ZipFile:
    """An open archive for the loads of one process: its directory is long to parse; a changed file is opened anew."""
    return open_zip(Path(path))[0]


def _open_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> BinaryIO:
    limit = min(limits.entry_bytes, max(limits.ratio_free_bytes, info.compress_size * limits.ratio))
    try:
        stream = cast(BinaryIO, archive.open(info))
    except _GONE as error:
        raise error if isinstance(error, DAMAGE) else ValueError("the entry is damaged") from None
    # Only read, close and with are used of a stream.
    return cast(BinaryIO, Counted(stream, limit))


def _check_limits(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    """Refuses an archive whose directory alone shows that it would not end.

    What the directory hides is counted later.
    """
    limits = current()
    ask = "export again, or unpack it yourself and give the folder if you trust it"
    if len(infos) > limits.entries:
        raise UserError(f"{path}: the zip archive has more than {limits.entries} members and is refused; {ask}")
    if sum(i.file_size for i in infos) > limits.total_bytes:
        raise UserError(
            f"{path}: the zip archive unpacks to more than {limits.total_bytes >> 30} GB and is refused; {ask}"
        )
    end = -1
    for info in sorted(infos, key=lambda i: i.header_offset):
        packed_too_well = info.file_size > max(limits.ratio_free_bytes, info.compress_size * limits.ratio)
        if packed_too_well or info.file_size > limits.entry_bytes or info.header_offset < end:
            raise UserError(f"{path}: the zip archive is built like a zip bomb and is refused; {ask}")
        end = info.header_offset + info.compress_size


def _entry_name(info: zipfile.ZipInfo) -> str:
    """The entry's name with ``/``; without the UTF-8 flag many tools still wrote UTF-8 (APPNOTE 4.4.4, bit 11)."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return writable(name.replace("\\", "/"))


def writable(name: str) -> str:
    """A name that can be shown on a line and written in UTF-8: other characters and bytes as ``%`` and two digits or more."""
    return _UNWRITABLE.sub(lambda m: f"%{ord(m.group()) & 0xFF if m.group() >= _BYTE else ord(m.group()):02X}", name)


# Control characters and line ends (a report is read line by line, on a terminal that obeys some), and half surrogate pairs,
# with which Python writes bytes that are no UTF-8 (PEP 383).
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BYTE = "\ud800"


def _leads_outside(name: str) -> bool:
    return name.startswith("/") or re.match(r"[A-Za-z]:", name) is not None or ".." in name.split("/")


# A path that is tidy as written: nothing quoted, no query, no step that is empty or begins with a dot, no drive letter.
_TIDY = re.compile(r"[^/%#?\\:.\0][^/%#?\\:\0]*(?:/[^/%#?\\:.\0][^/%#?\\:\0]*)*")


def _forms(name: str) -> Iterator[str]:
    """A path as written, unquoted and without query, each relative and tidy; nothing where it leads outside."""
    if _TIDY.fullmatch(name):
        yield name
        return
    seen: set[str] = set()
    for form in (name, unquote(name), unquote(name.split("#")[0].split("?")[0])):
        tidy = "/".join(step for step in form.replace("\\", "/").split("/") if step not in ("", "."))
        if tidy and "\0" not in tidy and not _leads_outside(form.replace("\\", "/")) and tidy not in seen:
            seen.add(tidy)
            yield tidy


class _Index:
    """Members by exact name, else by name without regard to case."""

    def __init__(self, names: Mapping[str, int]) -> None:
        self._names = names
        self._folded = {name.casefold(): name for name in names}

    def find(self, name: str) -> str:
        for form in _forms(name):
            if form in self._names:
                return form
            if found := self._folded.get(form.casefold()):
                return found
        return ""


def _walk(root: Path, refused: list[Refused]) -> Iterator[tuple[str, int]]:
    """Regular files below a folder with their sizes; what is passed over is added to ``refused``."""
    inside = root.resolve()
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        for name in list(folders):
            if (here / name).is_symlink():
                folders.remove(name)
                refused.append(
                    Refused(writable((here / name).relative_to(root).as_posix()), "a link to another folder")
                )
        for name in files:
            place = here / name
            relative = place.relative_to(root).as_posix()
            try:
                if place.is_symlink() and not place.resolve().is_relative_to(inside):
                    refused.append(Refused(writable(relative), "a link that leads out of the folder"))
                    continue
                status = place.stat()
            except (OSError, RuntimeError):
                refused.append(Refused(writable(relative), "cannot be opened"))
                continue
            if stat.S_ISREG(status.st_mode):
                yield relative, status.st_size
            else:
                refused.append(Refused(writable(relative), _NO_FILE))


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stream_digest(stream: BinaryIO, keep: int) -> tuple[str, int, bytes]:
    """SHA-256, size and the bytes of a stream, the bytes only as far as ``keep``."""
    digest, size, kept = hashlib.sha256(), 0, bytearray()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if len(kept) < keep:
            kept += chunk[: keep - len(kept)]
    return digest.hexdigest(), size, bytes(kept)
