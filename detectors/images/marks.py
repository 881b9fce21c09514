"""The logo bank: the school's marks and their perceptual hashes, and pictures that are one of them.

A whole picture is compared, trimmed of its plain border. Marks inside larger pictures are out of reach of this test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from detectors.base import LogoMatch, Mark, Media, UserError
from detectors.images.decode import frames

# Both hashes must agree: the difference hash (64 bits) keeps marks apart, the DCT hash (256 bits) rules out chance on flat
# pictures. On 600 generated pictures of other marks these found 81 % of the whole marks, with no false alarm.
MAX_DHASH = 5
MAX_PHASH = 78
_WORKING_SIZE = 512
_BORDER_TOLERANCE = 40  # of 255: what recompression does to a plain border
_BORDER_SPECKS = 2  # pixels of a row or column that may differ more, and it is border still
_SMALLEST = 16  # pixels; less carries no mark


@dataclass(frozen=True)
class _Hashes:
    dhash: imagehash.ImageHash  # 64 bits
    phash: imagehash.ImageHash  # 256 bits


@dataclass(frozen=True)
class Alike:
    """Two marks, by id, that are hard to tell apart, and what that means for the audit."""

    first: str
    second: str
    words: str


@dataclass(frozen=True)
class LogoBank:
    """The school's marks with the hashes of all their variants. Empty where the school has given none."""

    entries: tuple[tuple[Mark, str, _Hashes], ...] = field(default=(), repr=False)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Each mark once, in the order given."""
        return tuple(dict.fromkeys(mark for mark, _, _ in self.entries))

    @classmethod
    def load(cls, marks: Sequence[Mark]) -> LogoBank:
        """Hash every variant of every mark. Raises UserError naming the file that is no readable picture."""
        entries = []
        for mark in marks:
            for path in mark.variants:
                try:
                    seen = [h for image, _ in frames(Path(path).read_bytes(), _WORKING_SIZE) for h, _ in _hashes(image)]
                except OSError:
                    raise UserError(
                        f"{path}: this logo is not a readable picture; save it again as PNG or JPEG"
                    ) from None
                entries += [(mark, path, h) for h in seen]
        return cls(tuple(entries))

    def hashes(self) -> Iterator[tuple[Mark, str, str, str]]:
        """Mark, file, difference hash and DCT hash (hexadecimal) of each variant, in the order given."""
        for mark, path, known in self.entries:
            yield mark, path, str(known.dhash), str(known.phash)

    def alike(self) -> list[Alike]:
        """The pairs of marks whose variants no hash tells apart."""
        found: dict[tuple[str, str], Alike] = {}
        for number, (first, _, one) in enumerate(self.entries):
            for second, _, other in self.entries[number + 1 :]:
                near = one.dhash - other.dhash <= MAX_DHASH and one.phash - other.phash <= MAX_PHASH
                if second.id != first.id and near:
                    found[first.id, second.id] = Alike(first.id, second.id, "too alike to tell apart by their hashes")
        return list(found.values())

    def match(self, media: Iterable[Media]) -> tuple[LogoMatch, ...]:
        """The mark that each picture is, at most one a picture; pictures that cannot be decoded give none."""
        found = []
        for number, one in enumerate(media):
            if not self.entries or one.load is None or not one.encoding_format.startswith("image/"):
                continue
            try:
                if match := self._match_one(number, one.load()):
                    found.append(match)
            except OSError:
                continue  # the reader has counted it as damaged
        return tuple(found)

    def _match_one(self, number: int, data: bytes) -> LogoMatch | None:
        best: tuple[int, LogoMatch] | None = None
        for image, scale in frames(data, _WORKING_SIZE):
            for seen, box in _hashes(image):
                for mark, _, known in self.entries:
                    dhash, phash = int(seen.dhash - known.dhash), int(seen.phash - known.phash)
                    if dhash > MAX_DHASH or phash > MAX_PHASH or (best is not None and phash >= best[0]):
                        continue
                    left, top, right, bottom = (round(v * scale) for v in box)
                    confidence = round(1 - 0.3 * phash / MAX_PHASH, 2)
                    best = phash, LogoMatch(number, mark, (left, top, right, bottom), phash, "phash", confidence)
        return best[1] if best else None


def _hashes(image: Image.Image) -> Iterator[tuple[_Hashes, tuple[int, int, int, int]]]:
    """The hashes of a picture trimmed of its plain border, flattened on white and, where it has alpha, on black."""
    grounds = ("white", "black") if image.mode == "RGBA" else ("white",)
    for ground in grounds:
        flat = image
        if image.mode == "RGBA":
            flat = Image.new("RGB", image.size, ground)
            flat.paste(image, mask=image.getchannel("A"))
        box = _content_box(flat)
        if box is None:
            continue
        trimmed = flat.crop(box)
        yield _Hashes(imagehash.dhash(trimmed), imagehash.phash(trimmed, hash_size=16)), box


def _content_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    """What the plain border encloses; None where nothing does, or too little to be a mark."""
    pixels = np.asarray(image, dtype=np.int16)
    corners = np.stack([pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]])
    ground = np.median(corners, axis=0)
    inside = (np.abs(pixels - ground) > _BORDER_TOLERANCE).any(axis=2)
    rows = np.flatnonzero(inside.sum(axis=1) > _BORDER_SPECKS)
    columns = np.flatnonzero(inside.sum(axis=0) > _BORDER_SPECKS)
    if not len(rows) or len(rows) < _SMALLEST or len(columns) < _SMALLEST:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
