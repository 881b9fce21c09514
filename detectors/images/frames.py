"""Key frames: those pictures of an animation that differ from the ones before."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterator

import imagehash
from PIL import Image

from detectors.images.decode import as_displayed

MOST_KEPT = 4
_MOST_LOOKED_AT = 200
_SECONDS = 5.0
_DIFFERENT = 12  # bits of 64


def opened(data: bytes) -> Image.Image:
    """The picture, not yet decoded. Raises OSError for what is none, or would take too much memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(io.BytesIO(data))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, SyntaxError, ValueError) as error:
            raise OSError(f"picture cannot be decoded: {type(error).__name__}") from None


def key_frames(picture: Image.Image, longest: int) -> Iterator[tuple[Image.Image, float]]:
    """The first frame and at most three more that look different, in RGB or RGBA, each with its scale.

    The scale is pixels as displayed for one of the image given. Of an animation at most 200 frames and 5 seconds are looked at.
    Raises OSError for what cannot be decoded.
    """
    began, width, kept = time.monotonic(), picture.size[0], 0
    seen: list[imagehash.ImageHash] = []
    animated = bool(getattr(picture, "is_animated", False))
    if not animated:
        picture.draft("RGB", (longest, longest))
    try:
        for number in range(_MOST_LOOKED_AT if animated else 1):
            if number:
                picture.seek(number)
            if animated:
                small = imagehash.dhash(picture.convert("RGBA").convert("L"))
                if any(small - other < _DIFFERENT for other in seen):
                    continue
                seen.append(small)
            kept += 1
            yield as_displayed(picture, width / picture.size[0], longest)
            if kept == MOST_KEPT or time.monotonic() - began > _SECONDS:
                return
    except EOFError:
        return
    except (Image.DecompressionBombError, SyntaxError, ValueError, MemoryError) as error:
        raise OSError(f"picture cannot be decoded: {type(error).__name__}") from None
