"""Pictures as the viewer sees them: orientation applied, key frames of animations, transparency flattened by the caller."""

from __future__ import annotations

import io
import logging
import struct
import time
import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

# At the level DEBUG Pillow logs the values of EXIF tags: names and positions.
logging.getLogger("PIL").setLevel(logging.WARNING)

MOST_KEPT = 4  # frames of an animation that are looked at: those that differ from the ones before
_MOST_DECODED = 200
_SECONDS = 5.0
_NEW_FRAME = 4.0  # mean grey levels by which a frame differs from those kept before it

# What Pillow's decoders raise beside OSError where a file is cut short, overwritten or made to hurt.
_DAMAGED = (
    SyntaxError,
    ValueError,
    EOFError,
    RuntimeError,
    TypeError,
    LookupError,
    OverflowError,
    MemoryError,
    struct.error,
)


def opened(data: bytes) -> Image.Image:
    """The picture, not yet decoded. Raises OSError for what is none, or would take too much memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # damaged metadata: of no matter to what is seen
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(io.BytesIO(data))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, *_DAMAGED) as error:
            raise OSError(f"picture cannot be decoded: {type(error).__name__}") from None


def frames(data: bytes, longest: int) -> Iterator[tuple[Image.Image, float]]:
    """As :func:`key_frames`, of a picture's bytes."""
    with warnings.catch_warnings(action="ignore", category=UserWarning), opened(data) as picture:
        yield from key_frames(picture, longest)


def key_frames(picture: Image.Image, longest: int) -> Iterator[tuple[Image.Image, float]]:
    """The first frame and at most three more that look different, in RGB or RGBA, each with its scale.

    The longer side is at most about ``longest`` pixels; the scale is pixels as displayed for one of the image given. Of an
    animation at most 200 frames and 5 seconds are looked at. Raises OSError for what cannot be decoded.
    """
    width, left = picture.size[0], _SECONDS
    kept: list[NDArray[np.float32]] = []
    animated = bool(getattr(picture, "is_animated", False))
    try:
        if not animated:
            picture.draft("RGB", (longest, longest))
        for number in range(_MOST_DECODED if animated else 1):
            began = time.monotonic()
            if number:
                picture.seek(number)
            shown = None
            if not animated or _is_new(picture, kept):
                shown = as_displayed(picture, width / picture.size[0], longest)
            left -= time.monotonic() - began  # the time that the caller takes with a frame does not count
            if shown:
                yield shown
            if len(kept) == MOST_KEPT or left < 0:
                return
    except EOFError:
        if not animated:
            raise OSError("picture cannot be decoded: EOFError") from None
    except (Image.DecompressionBombError, *_DAMAGED) as error:
        raise OSError(f"picture cannot be decoded: {type(error).__name__}") from None


def _is_new(picture: Image.Image, kept: list[NDArray[np.float32]]) -> bool:
    """Whether the present frame looks unlike those kept so far; if so it is kept, small."""
    small = np.asarray(picture.convert("RGBA").convert("L").resize((32, 32)), np.float32)
    if any(float(np.abs(small - other).mean()) < _NEW_FRAME for other in kept):
        return False
    kept.append(small)
    return True


def as_displayed(picture: Image.Image, scale: float, longest: int) -> tuple[Image.Image, float]:
    """The picture's present frame as a viewer sees it, in RGB or RGBA, at most ``longest`` pixels long, and its scale."""
    picture.load()  # a PNG may say only behind its pixels how it stands
    turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
    upright = ImageOps.exif_transpose(picture) if turned else picture
    if upright.mode.startswith("I;16"):
        upright = upright.point(lambda v: v / 256).convert("L")  # convert("L") alone would clip
    alpha = "A" in upright.getbands() or "transparency" in upright.info
    upright = upright.convert("RGBA" if alpha else "RGB")
    if max(upright.size) > longest:
        before = upright.size[0]
        upright.thumbnail((longest, longest))
        scale *= before / upright.size[0]
    return upright, scale
