"""Texts in pictures, read without a connection: RapidOCR with PP-OCRv6, whose package carries its models (Apache-2.0).

Reading one picture takes a second or more, so a look for what could be writing comes first.
"""

from __future__ import annotations

import time
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

INSTALLED = find_spec("rapidocr") is not None
LONGEST = 1600  # pixels: smaller writing than what is legible in a post at this size is read by nobody
_DETECTED_AT = (
    1280  # pixels at which lines are looked for, and no picture is enlarged: a fifth of the time, the same lines found
)
_LEAST_CONFIDENCE = 0.6
_MOST_LINES = 200
SECONDS = 15.0  # of the processor, for one picture with all its frames; a page of small print takes 40
_AT_ONCE = 12  # lines between two looks at the clock
_LOOK = 800  # pixels of the longer side in which writing is looked for
_CONTRAST = 24  # of 255: a stroke against its neighbourhood
_IN_A_ROW = 4  # strokes or letters of like height beside each other make a line


def may_hold_text(image: Image.Image) -> bool:
    """Whether some shapes of like height stand beside each other, as letters do; textures often pass, plain scenes do not."""
    grey = image.convert("L")
    if max(grey.size) > _LOOK:
        grey.thumbnail((_LOOK, _LOOK))
    pixels = np.asarray(grey, dtype=np.float32)
    if min(pixels.shape) < 8:
        return False
    ground = ndimage.uniform_filter(pixels, 25)
    return any(_has_line(sign * (pixels - ground) > _CONTRAST) for sign in (1, -1))


def _has_line(mask: Any) -> bool:
    labelled, count = ndimage.label(mask)
    if not count:
        return False
    boxes = np.array(
        [(c.start, r.start, c.stop, r.stop) for r, c in ndimage.find_objects(labelled)],
        dtype=np.int32,
    )
    heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    letters = boxes[(heights >= 5) & (heights <= 160) & (widths >= 1) & (widths <= 8 * heights) & (widths < 500)]
    if len(letters) < _IN_A_ROW:
        return False
    if len(letters) > 4000:
        return True  # a page, or a texture that only reading can tell from one
    letters = letters[np.lexsort((letters[:, 0], letters[:, 1]))]
    run = np.zeros(len(letters), dtype=np.int32)
    middle, height = (letters[:, 1] + letters[:, 3]) / 2, letters[:, 3] - letters[:, 1]
    for n in range(len(letters)):
        away = letters[:, 0] - letters[n, 2]
        beside = (
            (away > -3)
            & (away < 1.5 * height[n] + 4)
            & (np.abs(middle - middle[n]) < 0.5 * height[n])
            & (height < 1.8 * height[n])
            & (height > 0.55 * height[n])
        )
        run[n] = int(beside.sum())
    return int((run > 0).sum()) >= _IN_A_ROW - 1


def lines(image: Image.Image, seconds: float = SECONDS) -> tuple[tuple[str, ...], bool]:
    """The lines of text in an RGB picture, from the top, and whether there was time for all.

    Those the reader is not sure of are left out. ``seconds`` are this thread's on the processor: what else the machine does changes
    nothing.
    """
    began = time.thread_time()
    small = image
    if max(small.size) > LONGEST:
        small = image.copy()
        small.thumbnail((LONGEST, LONGEST))
    from rapidocr.main import RapidOCRError

    engine = _engine()
    pixels, enlarged = engine.preprocess_img(np.ascontiguousarray(np.asarray(small)[:, :, ::-1]))
    try:
        strips, _ = engine.detect_and_crop(pixels, enlarged)
    except RapidOCRError:  # no lines
        return (), True
    sure: list[str] = []
    for start in range(0, min(len(strips), _MOST_LINES), _AT_ONCE):
        if time.thread_time() - began > seconds:
            return tuple(sure), False
        try:
            read = engine.recognize_txt(strips[start : min(start + _AT_ONCE, _MOST_LINES)])
        except RapidOCRError:  # nothing legible
            continue
        found = (t for t, score in zip(read.txts, read.scores, strict=True) if score >= _LEAST_CONFIDENCE)
        # One or two signs alone are mostly a corner or a window taken for one.
        sure += (" ".join(text.split()) for text in found if sum(map(str.isalnum, text)) > 2)
    return tuple(sure), len(strips) <= _MOST_LINES


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,  # turns lines that stand on their head; it costs a third more
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTED_AT,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # runs of several batches share the machine
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
