"""Pictures as the viewer sees them: orientation applied, frames in order, transparency flattened by the caller."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator

from PIL import Image, ImageOps

MAX_FRAMES = 6  # a mark may stand in a later frame only; more frames than this are not looked at

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


def frames(data: bytes, longest: int) -> Iterator[tuple[Image.Image, float]]:
    """The picture's frames in RGB or RGBA, the longer side at most about ``longest`` pixels, each with its scale.

    The scale is displayed pixels per pixel given. Raises OSError for what cannot be decoded or would be too large to.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # damaged metadata: of no matter to what is seen
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data)) as picture:
                count = min(getattr(picture, "n_frames", 1), MAX_FRAMES)
                width = picture.size[0]
                if count == 1:
                    picture.draft("RGB", (longest, longest))
                for number in range(count):
                    picture.seek(number)
                    yield as_displayed(picture, width / picture.size[0], longest)
        except (
            Image.DecompressionBombError,
            Image.DecompressionBombWarning,
            *_DAMAGED,
        ) as error:
            raise OSError(f"picture cannot be decoded: {type(error).__name__}") from None


def as_displayed(picture: Image.Image, scale: float, longest: int) -> tuple[Image.Image, float]:
    """The picture's present frame as a viewer sees it, in RGB or RGBA, at most ``longest`` pixels long, and its scale."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        upright = upright.point(lambda v: v / 256).convert("L")  # convert("L") alone would clip
    alpha = "A" in upright.getbands() or "transparency" in upright.info
    upright = upright.convert("RGBA" if alpha else "RGB")
    if max(upright.size) > longest:
        before = upright.size[0]
        upright.thumbnail((longest, longest))
        scale *= before / upright.size[0]
    return upright, scale
