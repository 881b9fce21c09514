"""An item's pictures, read anew from the export in which they were audited: the store keeps none. Nobody is to be recognised."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from detectors.base import UserError
from detectors.images.decode import frames
from pipelines.readers.media import declared
from pipelines.readers.source import DAMAGE, open_source

LONGEST = 1000  # pixels of the longer side as shown
# So many squares on the longer side: a face, however large, is too few of them to be known by.
_SQUARES = 16
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


def shown(data: bytes, box: Sequence[int] | None = None, *, sharp: bool = False, keep_box: bool = False) -> bytes:
    """The picture as JPEG, coarse unless ``sharp``; round ``box`` (pixels as displayed) a frame, inside it sharp with ``keep_box``.

    Raises OSError for what cannot be decoded.
    """
    image, scale = next(frames(data, LONGEST))
    image = image.convert("RGB")
    picture = image if sharp else _coarse(image)
    if box:
        left, top, right, bottom = (round(v / scale) for v in box)
        if keep_box and not sharp:
            picture.paste(image.crop((left, top, right, bottom)), (left, top))
        ImageDraw.Draw(picture).rectangle((left - 3, top - 3, right + 2, bottom + 2), outline=_RED, width=3)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=85)
    return written.getvalue()


def _coarse(image: Image.Image) -> Image.Image:
    """The whole picture beyond recognition: squares first, for a blur alone can be undone."""
    longest = max(image.size)
    width, height = (max(1, round(_SQUARES * side / longest)) for side in image.size)
    squares = image.resize((width, height), Image.Resampling.BOX)
    return squares.resize(image.size, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(longest / 60))


NOT_THERE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="60"><rect width="640" height="60" fill="#f2f5f8"/>'
    '<text x="16" y="36" font-family="sans-serif" font-size="16" fill="#1b2530">'
    "The export does not lie where it was audited: see the live post.</text></svg>"
)
