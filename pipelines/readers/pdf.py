"""PDF documents: their text and the pictures within.

PDFium is C code that a small hostile document can keep busy for hours or make swallow all memory, and it is not safe to be used
by two threads. So it works in one process of its own, under limits on time and memory, which is ended and started again
where a document goes beyond them.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock, Timer
from typing import IO, Any

import pypdfium2

from detectors.base import Media, Presence
from pipelines.readers.limits import Limits, current, use
from pipelines.readers.media import check_picture, sniff
from pipelines.readers.source import DAMAGE

MAX_PICTURES = 500
_BROKEN: tuple[type[Exception], ...] = (pypdfium2.PdfiumError, *DAMAGE, IndexError, MemoryError)
_DAMAGED = "the PDF is damaged; export it again"


class PdfError(Exception):
    """A PDF that cannot be read: why, and behind ``; `` what to do."""


def check(data: bytes) -> None:
    """Open a document and close it; raises PdfError where it cannot be opened."""
    _ask("check", data)


def read_text(data: bytes, most_pages: int) -> tuple[str, int]:
    """The text of the first pages, parted by form feeds, and the number of all; raises PdfError."""
    text, pages = _ask("text", data, most_pages)
    return text, pages


def read_pictures(data: bytes, name: str, load: Callable[[], bytes], most_pages: int) -> tuple[tuple[Media, ...], int]:
    """The pictures of the first pages, each once, and how many were left out; raises PdfError.

    ``load`` gives the document's bytes again, and is kept by the pictures' own loaders.
    """
    found, left_out = _ask("pictures", data, most_pages, MAX_PICTURES)
    pictures: dict[str, Media] = {}
    for page, place, presence, kind, sha256, size in found:
        path = f"{name}/page-{page + 1}-{place + 1}"
        pictures.setdefault(
            sha256 or path,
            Media(
                path=path,
                presence=presence,
                encoding_format=kind,
                sha256=sha256,
                size=size,
                load=partial(load_inner, load, page, place) if presence == "present" else None,
            ),
        )
    return tuple(pictures.values()), left_out


def load_inner(load: Callable[[], bytes], page: int, place: int) -> bytes:
    """The bytes of the picture at a place on a page, both from 0; OSError where it cannot be read any more."""
    try:
        picture: bytes = _ask("picture", load(), page, place)
        return picture
    except PdfError:
        raise OSError("the document has changed or is damaged") from None


# What the worker does.


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    """The document; whatever PDFium complains of becomes a PdfError, whose text the worker can pass on."""
    try:
        document = pypdfium2.PdfDocument(data)
        try:
            yield document
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise PdfError("the PDF is locked with a password; save a copy without one" if locked else _DAMAGED) from None
    except _BROKEN:
        raise PdfError(_DAMAGED) from None


def _check(data: bytes) -> None:
    with _opened(data):
        pass


def _text(data: bytes, most_pages: int) -> tuple[str, int]:
    with _opened(data) as document:
        told = []
        for number in range(min(len(document), most_pages)):
            page = document[number]
            told.append(page.get_textpage().get_text_bounded().replace("\r\n", "\n"))
            page.close()
        return "\f".join(told), len(document)


_Picture = tuple[int, int, Presence, str, str, int]  # page, place, presence, MIME type, SHA-256, bytes


def _pictures(data: bytes, most_pages: int, most: int) -> tuple[list[_Picture], int]:
    found: list[_Picture] = []
    left_out = 0
    with _opened(data) as document:
        for number in range(min(len(document), most_pages)):
            page = document[number]
            for place, picture in enumerate(_images(page)):
                if len(found) < most:
                    found.append((number, place, *_judged(picture)))
                else:
                    left_out += 1
            page.close()
    return found, left_out


def _picture(data: bytes, page: int, place: int) -> bytes:
    with _opened(data) as document:
        return _bytes(list(_images(document[page]))[place])


def _images(page: Any) -> Iterator[Any]:
    yield from page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])


def _bytes(picture: Any) -> bytes:
    """JPEG as it stands in the document; all else is drawn anew as PNG."""
    out = io.BytesIO()
    picture.extract(out, fb_format="png")
    return out.getvalue()


def _judged(picture: Any) -> tuple[Presence, str, str, int]:
    try:
        width, height = picture.get_px_size()
        if width * height > current().pixels:
            return "refused", "", "", 0
        data = _bytes(picture)
    except _BROKEN:
        return "damaged", "", "", 0
    kind = sniff(data)
    state: Presence = check_picture(data, kind) if kind.startswith("image/") else "damaged"
    return state, kind, hashlib.sha256(data).hexdigest(), len(data)


# The worker: a process of its own that answers one request after the other over its pipes. It is started by command and not by
# multiprocessing, which would run its caller's script a second time; its answers are JSON and bytes, never pickles, since the
# document may have taken it over.

_CALLS: dict[str, Callable[..., Any]] = {"check": _check, "text": _text, "pictures": _pictures, "picture": _picture}
_LENGTH = struct.Struct(">Q")
_one_at_a_time = Lock()
_process: subprocess.Popen[bytes] | None = None


def _ask(call: str, data: bytes, *args: int) -> Any:
    """What the worker answers; PdfError where the document is damaged, or takes too long or too much memory."""
    global _process
    limits = current()
    with _one_at_a_time:
        if _process is None:
            _process = _started(limits.pdf_memory_bytes)
        late = Timer(limits.seconds_per_pdf, _process.kill)
        late.start()
        try:
            assert _process.stdin is not None
            assert _process.stdout is not None
            _send(_process.stdin, json.dumps([call, limits.pixels, args]).encode(), data)
            kind, answer = _receive(_process.stdout), _receive(_process.stdout)
        except (OSError, EOFError):
            slow = not late.is_alive()
            _end_worker()
            if slow:
                raise PdfError(
                    f"the PDF took longer than {limits.seconds_per_pdf} s to read; look at it yourself"
                ) from None
            raise PdfError("the PDF needs too much memory to be read safely; look at it yourself") from None
        finally:
            late.cancel()
    if kind == b"error":
        raise PdfError(answer.decode("utf-8", "replace"))
    return answer if kind == b"bytes" else json.loads(answer)


def _started(memory: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", __name__, str(memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


def _end_worker() -> None:
    global _process
    if _process is not None:
        _process.kill()
        _process.communicate()
        _process = None


def _send(stream: IO[bytes], *blocks: bytes) -> None:
    for block in blocks:
        stream.write(_LENGTH.pack(len(block)))
        stream.write(block)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    """A block; EOFError where the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    block = stream.read(length)
    if len(block) < length:
        raise EOFError
    return block


def _work(requests: IO[bytes], answers: IO[bytes], memory: int) -> None:
    """Answer requests until there are no more."""
    with contextlib.suppress(ImportError):  # Windows has no such limits; time is limited all the same
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    while True:
        try:
            request, data = _receive(requests), _receive(requests)
        except EOFError:
            return
        call, pixels, args = json.loads(request)
        use(Limits(pixels=pixels))
        try:
            result = _CALLS[call](data, *args)
        except PdfError as error:
            _send(answers, b"error", str(error).encode())
        else:
            as_bytes = isinstance(result, bytes)
            _send(answers, b"bytes" if as_bytes else b"json", result if as_bytes else json.dumps(result).encode())


atexit.register(_end_worker)

if __name__ == "__main__":
    _work(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1]))
