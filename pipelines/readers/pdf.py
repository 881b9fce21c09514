"""The pictures within PDF documents."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from typing import Any

import pypdfium2

from detectors.base import Media
from pipelines.readers.limits import current
from pipelines.readers.media import check_picture, sniff
from pipelines.readers.source import DAMAGE

MAX_PICTURES = 500
BROKEN: tuple[type[Exception], ...] = (pypdfium2.PdfiumError, *DAMAGE, IndexError)
# PDFium is not safe to be used by two threads at once, whatever the document.
ONE_AT_A_TIME = Lock()


def read_pictures(data: bytes, name: str, load: Callable[[], bytes], most_pages: int) -> tuple[tuple[Media, ...], int]:
    """The pictures of the first pages, each once, and how many were left out; raises one of BROKEN.

    ``load`` gives the document's bytes again, and is kept by the pictures' own loaders.
    """
    pictures: dict[str, Media] = {}
    left_out = 0
    with ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(data)
        try:
            for number in range(min(len(document), most_pages)):
                page = document[number]
                for place, picture in enumerate(_images(page)):
                    if len(pictures) >= MAX_PICTURES:
                        left_out += 1
                        continue
                    one = _media(
                        picture, f"{name}/page-{number + 1}-{place + 1}", partial(load_inner, load, number, place)
                    )
                    pictures.setdefault(one.sha256 or one.path, one)
                page.close()
        finally:
            document.close()
    return tuple(pictures.values()), left_out


def load_inner(load: Callable[[], bytes], number: int, place: int) -> bytes:
    """The bytes of the picture at a place on a page, both from 0; OSError where it cannot be read any more."""
    data = load()
    try:
        with ONE_AT_A_TIME:
            document = pypdfium2.PdfDocument(data)
            try:
                return _bytes(list(_images(document[number]))[place])
            finally:
                document.close()
    except BROKEN:
        raise OSError("the document has changed or is damaged") from None


def _images(page: Any) -> Iterator[Any]:
    yield from page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])


def _bytes(picture: Any) -> bytes:
    """JPEG as it stands in the document; all else is drawn anew as PNG."""
    out = io.BytesIO()
    picture.extract(out, fb_format="png")
    return out.getvalue()


def _media(picture: Any, path: str, load: Callable[[], bytes]) -> Media:
    try:
        width, height = picture.get_px_size()
        if width * height > current().pixels:
            return Media(path, presence="refused")
        data = _bytes(picture)
    except BROKEN:
        return Media(path, presence="damaged")
    kind = sniff(data)
    state = check_picture(data, kind) if kind.startswith("image/") else "damaged"
    return Media(
        path=path,
        presence=state,
        encoding_format=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        load=load if state == "present" else None,
    )
