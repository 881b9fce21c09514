"""An item's pictures, read anew from the export in which they were audited: the store keeps none. Nobody is to be recognised."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import ImageDraw

from detectors.base import UserError
from detectors.images.decode import frames
from detectors.images.faces import without_faces
from pipelines.readers.media import declared
from pipelines.readers.source import DAMAGE, open_source

LONGEST = 1000  # pixels of the longer side as shown
_RED = (179, 38, 30)
_LOST: tuple[type[Exception], ...] = (UserError, *DAMAGE)


def numbers(content: Mapping[str, Any]) -> list[int]:
    """Which of an item's media are pictures, by their names; counted from 0."""
    return [n for n, path in enumerate(content["media"]) if declared(path).startswith("image/")]


def load(exports: Iterable[Path], content: Mapping[str, Any], number: int) -> bytes | None:
    """The bytes of a picture as they were audited; None where no export has them any more, or others in their place."""
    name = content["media"][number]
    for path in exports:
        try:
            source = open_source(path)
            found = source.find(name)
            data = source.loader(found)() if found else b""
        except _LOST:
            continue
        if hashlib.sha256(data).hexdigest() in content["media_sha256"]:
            return data
    return None


def shown(data: bytes, box: Sequence[int] | None = None, *, sharp: bool = False) -> bytes:
    """The picture as JPEG, its faces blurred unless ``sharp``; round ``box`` (pixels as displayed) a frame.

    Raises OSError for what cannot be decoded.
    """
    image, scale = next(frames(data, LONGEST))
    image = image.convert("RGB")
    picture = image if sharp else without_faces(image)
    if box:
        left, top, right, bottom = (round(v / scale) for v in box)
        ImageDraw.Draw(picture).rectangle((left - 3, top - 3, right + 2, bottom + 2), outline=_RED, width=3)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=85)
    return written.getvalue()


NOT_THERE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="60"><rect width="640" height="60" fill="#f2f5f8"/>'
    '<text x="16" y="36" font-family="sans-serif" font-size="16" fill="#1b2530">'
    "The export does not lie where it was audited: see the live post.</text></svg>"
)
