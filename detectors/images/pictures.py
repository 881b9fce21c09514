"""What a picture shows and gives away, read once for each file: size, likeness, hidden data, faces, codes, texts."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from detectors.base import Code, Face, HiddenData, Item, LogoMatch, Media, Part, Picture
from detectors.images import codes as code_reader
from detectors.images import faces as face_finder
from detectors.images import ocr
from detectors.images.decode import key_frames, opened
from detectors.images.likeness import likeness
from detectors.images.marks import LONGEST, LogoBank
from detectors.images.metadata import hidden_data, is_another, thumbnail

_REMEMBERED = 5_000  # pictures; what is kept of one is a few hundred bytes
OCR_SECONDS = 3_600.0  # for a whole run: some thousand pictures with writing

# What of a picture was not looked at: the words the report counts.
_SVG = "image/svg+xml"
TEXT, FACES, VIDEO, DRAWING, FILE = "text", "faces", "video", "drawing", "file"


class Pictures:
    """Reads pictures, each file once by the hash of its content. Built once for each run from the school's marks."""

    def __init__(self, marks: LogoBank, ocr_seconds: float = OCR_SECONDS) -> None:
        self._marks = marks
        self._known: OrderedDict[str, Picture] = OrderedDict()
        self._seconds_left = ocr_seconds

    def look(self, media: Sequence[Media]) -> tuple[Picture, ...]:
        """A Picture for each of an item's media that is a picture or a video and is there."""
        found = []
        for number, one in enumerate(media):
            if is_opened(one):
                found.append(replace(self._look_once(one), media=number))
            elif one.load is not None and one.encoding_format.startswith("video/"):
                found.append(Picture(number, one.sha256, not_read=(VIDEO,)))
            elif one.load is not None and one.encoding_format == _SVG:
                found.append(Picture(number, one.sha256, not_read=(DRAWING,)))
        return tuple(found)

    def _look_once(self, media: Media) -> Picture:
        assert media.load is not None
        if media.sha256 and media.sha256 in self._known:
            self._known.move_to_end(media.sha256)
            return self._known[media.sha256]
        try:
            data = media.load()
            sha256 = media.sha256 or hashlib.sha256(data).hexdigest()
            picture = self._read(sha256, data)
        except OSError:
            return Picture(0, media.sha256, not_read=(FILE,))  # the reader of the export has said why
        self._known[sha256] = picture
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return picture

    def _read(self, sha256: str, data: bytes) -> Picture:
        # Pillow warns of odd files; what matters of it has become an error in ``opened``.
        with warnings.catch_warnings(action="ignore"), opened(data) as picture:
            faces: list[Face] = []
            codes: dict[str, Code] = {}
            lines: dict[str, None] = {}
            logos: tuple[LogoMatch, ...] = ()
            not_read: dict[str, None] = {} if face_finder.INSTALLED else {FACES: None}
            first: Image.Image | None = None
            size = (0, 0)
            seconds = ocr.SECONDS
            for frame, scale in key_frames(picture, LONGEST):
                flat = _on_white(frame)
                if first is None:
                    first, size = flat, (round(frame.width * scale), round(frame.height * scale))
                logos = logos or self._marks.shown_in(frame, scale)
                found = face_finder.faces(flat, scale) or ()
                faces = max(faces, list(found), key=len)
                codes |= {c.text: c for c in code_reader.codes(flat, scale)}
                read, complete, took = self._lines(flat, seconds)
                seconds -= took
                lines |= dict.fromkeys(read)
                if not complete:
                    not_read[TEXT] = None
            if first is None:
                raise OSError("picture without a frame")
            hidden = hidden_data(picture)  # only now: a PNG may hold it behind its pixels
            if (small := thumbnail(picture)) is not None and is_another(small, first):
                hidden += (HiddenData("thumbnail", "EXIF thumbnail"),)
        return Picture(
            media=0,
            sha256=sha256,
            width=size[0],
            height=size[1],
            likeness=likeness(first),
            hidden=hidden,
            faces=tuple(faces) if face_finder.INSTALLED else None,
            codes=tuple(codes.values()),
            lines=tuple(lines),
            logos=logos,
            not_read=tuple(not_read),
        )

    def _lines(self, image: Image.Image, seconds: float) -> tuple[tuple[str, ...], bool, float]:
        """The texts in a picture, whether all that may be there were read, and the seconds of the processor that it took.

        ``seconds`` are left for the picture; where the run's or the picture's are spent, nothing is read.
        """
        if not ocr.may_hold_text(image):
            return (), True, 0.0
        if not ocr.INSTALLED or self._seconds_left <= 0 or seconds <= 0:
            return (), False, 0.0
        began, worked = time.monotonic(), time.thread_time()
        read, complete = ocr.lines(image, seconds)
        self._seconds_left -= time.monotonic() - began
        return read, complete, time.thread_time() - worked


def is_opened(media: Media) -> bool:
    """Whether a file is a picture that is looked into: it is there, and neither a drawing nor a video."""
    kind = media.encoding_format
    return media.load is not None and kind.startswith("image/") and kind != _SVG


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def with_texts(item: Item, pictures: Sequence[Picture]) -> Item:
    """The item with a part ``ocr:N`` for each picture in which there is text or a code."""
    read = [
        Part(f"ocr:{p.media}", "\n".join((*p.lines, *(c.text for c in p.codes))))
        for p in pictures
        if p.lines or p.codes
    ]
    return replace(item, parts=(*item.parts, *read)) if read else item
