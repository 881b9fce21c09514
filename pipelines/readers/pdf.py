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
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import pypdfium2

from detectors.base import Media, Presence
from pipelines.readers.limits import Limits, current, use
from pipelines.readers.media import check_picture, sniff
from pipelines.readers.source import DAMAGE

MAX_PICTURES = 500
_BROKEN: tuple[type[Exception], ...] = (pypdfium2.PdfiumError, *DAMAGE, IndexError, MemoryError)
_DAMAGED = "the PDF is damaged; export it again"

P = ParamSpec("P")
T = TypeVar("T")


class PdfError(Exception):
    """A PDF that cannot be read: why, and behind ``; `` what to do."""


def check(data: bytes) -> None:
    """Open a document and close it; raises PdfError where it cannot be opened."""
    _in_worker(_check, data)


def read_text(data: bytes, most_pages: int) -> tuple[str, int]:
    """The text of the first pages, parted by form feeds, and the number of all; raises PdfError."""
    return _in_worker(_text, data, most_pages)


def read_pictures(data: bytes, name: str, load: Callable[[], bytes], most_pages: int) -> tuple[tuple[Media, ...], int]:
    """The pictures of the first pages, each once, and how many were left out; raises PdfError.

    ``load`` gives the document's bytes again, and is kept by the pictures' own loaders.
    """
    found, left_out = _in_worker(_pictures, data, most_pages, MAX_PICTURES)
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
        return _in_worker(_picture, load(), page, place)
    except PdfError:
        raise OSError("the document has changed or is damaged") from None


# What runs in the worker.


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    """The document; whatever PDFium complains of becomes a PdfError, which can travel between processes."""
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


# The worker.

_one_at_a_time = Lock()
_pool: ProcessPoolExecutor | None = None


def _in_worker(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function gives, from the worker; PdfError where it takes too long or too much memory."""
    global _pool
    limits = current()
    with _one_at_a_time:
        if _pool is None:
            # Spawned, not forked: a fork would copy the threads' locks of this process as they happen to stand.
            context = multiprocessing.get_context("spawn")
            _pool = ProcessPoolExecutor(
                1, mp_context=context, initializer=_confine, initargs=(limits.pdf_memory_bytes,)
            )
        try:
            return _pool.submit(_under, limits, partial(function, *args, **kwargs)).result(limits.seconds_per_pdf)
        except TimeoutError:
            _end_worker()
            raise PdfError(
                f"the PDF took longer than {limits.seconds_per_pdf} s to read; look at it yourself"
            ) from None
        except BrokenProcessPool:
            _end_worker()
            raise PdfError("the PDF needs too much memory to be read safely; look at it yourself") from None


def _under(limits: Limits, call: Callable[[], T]) -> T:
    """What the call gives under the limits of the process that asks."""
    use(limits)
    return call()


def _confine(memory: int) -> None:
    """Keep the worker's address space within so many bytes."""
    with contextlib.suppress(ImportError):  # Windows has no such limits; time is limited all the same
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _end_worker() -> None:
    global _pool
    if _pool is not None:
        for process in list(_pool._processes.values()):
            process.kill()
        _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None


atexit.register(_end_worker)
