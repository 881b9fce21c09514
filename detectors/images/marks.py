"""The logo bank: the school's marks with their hashes, and where in pictures they stand.

Perceptual hashes of the whole picture and window hashes over scales and positions propose places; each place is refined, its patch
hashed again and compared with the mark. What is enough is set for each mark when the bank is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import imagehash
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from detectors.base import LogoMatch, Mark, Media, UserError
from detectors.images.align import COARSE, FINE, FIRST, Face, Laid, Pyramid, box_of, cosine, lay, look
from detectors.images.decode import frames
from detectors.images.search import Candidate, Floats, Search, Template, filled, gradients, templates
from detectors.images.verdict import Evidence, alteration, weigh

# Of hashes of the whole picture both must agree: the difference hash (64 bits) keeps marks apart, the DCT hash (256 bits) rules
# out chance on flat pictures.
MAX_DHASH = 5
MAX_PHASH = 78
_PHASH_SIZE = 16  # bits of its side
LONGEST = (
    2048  # pixels searched; a mark of 46 pixels in a picture of 1080 lines is seen, of a larger picture half as much
)
_BOX_SIZE = 512  # pixels at which the border is looked for
_BORDER_TOLERANCE = 40  # of 255: what recompression does to a plain border
_BORDER_SPECKS = 2  # pixels of a row or column that may differ more, and it is border still
_ARTWORK = 256  # pixels of a mark's longer side that templates are drawn from
_SMALLEST = 16  # pixels; less carries no mark
_SEARCHED = 1.5  # a variant this much wider for its height than another of its mark carries a name beside the emblem
_SAME_LOOK = 0.9  # cosine of gradients: variants that one template serves
_SAME_POSTURE = 0.9
_WORTH_STARTS = 0.5  # score of a window from which on it is refined from several scales:
_STARTS = (1.0, 0.88, 1.14)  # scales that the best two places of a mark are refined from
_FIRST_ROUNDS, _COARSE_ROUNDS, _FINE_ROUNDS = 3, 4, 7
_REFINED = 3  # places of one mark that are refined to the end, and of all marks:
_REFINED_IN_ALL = 10
_HOPELESS = 0.28  # cosine after the coarse rounds
_TEMPLATE_ART = 64  # pixels that the search's templates are drawn from
_MARGIN, _MOST_NEEDED = 0.12, 1.5  # above what clutter and look-alikes weigh; and what marks seen well always reach
_PLAIN = 0.25  # more that a mark needs which is all outline: letters meet their like everywhere
_SAME_WHEN_TURNED = 1.7  # weight of a mark with an inside that looks the same turned: no look-alike
ENOUGH = 1.24  # weight of a place that shows a mark, for a mark that nothing else in the bank is like


@dataclass(frozen=True)
class Hashes:
    """The whole picture's, trimmed of its plain border."""

    dhash: imagehash.ImageHash  # 64 bits
    phash: imagehash.ImageHash  # 256 bits


@dataclass(frozen=True)
class Variant:
    """One picture file of a mark, on one ground."""

    mark: Mark
    path: str
    hashes: Hashes
    face: Face = field(repr=False, compare=False)


@dataclass(frozen=True)
class Alike:
    """Two marks, by id, that are hard to tell apart, and what that means for the audit."""

    first: str
    second: str
    words: str


@dataclass(frozen=True)
class Place:
    """A mark laid onto a place of a picture, and what speaks for it. ``mark`` counts the bank's marks, ``face`` their looks."""

    mark: int
    face: int
    laid: Laid = field(repr=False)
    evidence: Evidence


@dataclass(frozen=True)
class LogoBank:
    """The school's marks with the hashes of all their variants. Empty where the school has given none."""

    entries: tuple[Variant, ...] = field(default=(), repr=False)
    faces: tuple[tuple[Face, ...], ...] = field(default=(), repr=False, compare=False)  # of each mark, in its order
    search: Search = field(default_factory=lambda: Search(()), repr=False, compare=False)
    enough: tuple[float, ...] = field(default=(), compare=False)  # weight that a place of each mark needs

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Each mark once, in the order given."""
        return tuple(dict.fromkeys(v.mark for v in self.entries))

    @classmethod
    def load(cls, marks: Sequence[Mark]) -> LogoBank:
        """Hash every variant of every mark and set what is enough for each. Raises UserError naming what is no readable picture."""
        entries: list[Variant] = []
        faces: list[tuple[Face, ...]] = []
        stacked: list[Template] = []
        for number, mark in enumerate(marks):
            art = [(path, a) for path in mark.variants for a in _artwork(path)]
            entries += [Variant(mark, path, a.hashes, a.face) for path, a in art]
            narrowest = min(a.face.size[0] / a.face.size[1] for _, a in art)
            looks: list[_Artwork] = []
            for _, one in art:
                wide = one.face.size[0] / one.face.size[1] > _SEARCHED * narrowest
                if not wide and all(_likeness(one.face, other.face) < _SAME_LOOK for other in looks):
                    looks.append(one)
            faces.append(tuple(one.face for one in looks))
            own: list[Template] = []
            for one in looks:
                small = (
                    _TEMPLATE_ART * one.gray.shape[1] // max(one.gray.shape),
                    _TEMPLATE_ART * one.gray.shape[0] // max(one.gray.shape),
                )
                gray, alpha = (cv2.resize(a, small, interpolation=cv2.INTER_AREA) for a in (one.gray, one.alpha))
                for template in templates(number, gray, alpha, one.ground, mark.current and one is looks[0]):
                    if all(float((template.values * t.values).sum()) < _SAME_POSTURE for t in own):
                        own.append(template)
            stacked += own
        bank = cls(tuple(entries), tuple(faces), Search(stacked), tuple(ENOUGH for _ in marks))
        return replace(bank, enough=tuple(bank._needed()))

    def _needed(self) -> Iterator[float]:
        """What is enough for each mark: more than clutter has, and more than another mark of its outline and colours."""
        if not self.faces:
            return
        clutter = self.places(Pyramid(_clutter()), None)
        for number, faces in enumerate(self.faces):
            rivals = [p.evidence.weight for p in clutter if p.mark == number]
            rivals += [w for face in faces for w in _lookalikes(face)]
            plain = _PLAIN * (1 - min(face.depth for face in faces))
            yield min(max(ENOUGH + plain, max(rivals, default=0.0) + _MARGIN), _MOST_NEEDED)

    def hashes(self) -> Iterator[tuple[Mark, str, str, str]]:
        """Mark, file, difference hash and DCT hash (hexadecimal) of each variant, in the order given."""
        for variant in self.entries:
            yield variant.mark, variant.path, str(variant.hashes.dhash), str(variant.hashes.phash)

    def alike(self) -> list[Alike]:
        """The pairs of marks whose variants no hash tells apart."""
        found: dict[tuple[str, str], Alike] = {}
        for number, one in enumerate(self.entries):
            for other in self.entries[number + 1 :]:
                pair = one.mark.id, other.mark.id
                near = (
                    one.hashes.dhash - other.hashes.dhash <= MAX_DHASH
                    and one.hashes.phash - other.hashes.phash <= MAX_PHASH
                )
                if pair[0] != pair[1] and near:
                    found[pair] = Alike(*pair, "too alike to tell apart by their hashes")
        return list(found.values())

    def match(self, media: Iterable[Media]) -> tuple[LogoMatch, ...]:
        """The marks that each picture shows; pictures that cannot be decoded give none."""
        found: list[LogoMatch] = []
        for number, one in enumerate(media):
            if not self.entries or one.load is None or not one.encoding_format.startswith("image/"):
                continue
            try:
                pictures = frames(one.load(), LONGEST)
                shown = next((m for image, scale in pictures if (m := self.shown_in(image, scale))), ())
            except OSError:
                continue  # the reader has counted it as damaged
            found += (replace(m, media=number) for m in shown)
        return tuple(found)

    def shown_in(self, image: Image.Image, scale: float) -> tuple[LogoMatch, ...]:
        """The marks that a frame in RGB or RGBA shows, boxes in pixels as displayed; it is flattened on white, else on black."""
        if not self.entries:
            return ()
        return next((tuple(found) for flat in _flattened(image) if (found := self._of_frame(flat, scale))), ())

    def _of_frame(self, flat: Image.Image, scale: float) -> list[LogoMatch]:
        pyramid = Pyramid(np.asarray(flat))
        content = _content_box(flat)
        nearest = self._nearest(flat.crop(content)) if content else None
        marks = self.marks
        found = []
        for place in self.shown(self.places(pyramid, content)):
            face = self.faces[place.mark][place.face]
            patch = pyramid.patch(place.laid.homography, colour=True)
            altered = alteration(self._approved(place), place.laid, patch) if marks[place.mark].current else ""
            left, top, right, bottom = (round(v * scale) for v in box_of(place.laid.homography, face.size, flat.size))
            found.append(
                LogoMatch(
                    0,
                    marks[place.mark],
                    (left, top, right, bottom),
                    place.evidence.distance,
                    "aligned patch",
                    round(
                        min(0.99, 0.5 + 0.5 * (place.evidence.weight - self.enough[place.mark]) / (2 - ENOUGH) + 0.1), 2
                    ),
                    altered,
                )
            )
        if not found and nearest and content:
            variant, distance = nearest
            left, top, right, bottom = (round(v * scale) for v in content)
            confidence = round(1 - 0.3 * distance / MAX_PHASH, 2)
            found.append(LogoMatch(0, variant.mark, (left, top, right, bottom), distance, "phash", confidence))
        return found

    def _nearest(self, trimmed: Image.Image) -> tuple[Variant, int] | None:
        """The variant that the whole picture is by both hashes, with the bits of the DCT hash that differ."""
        gray = trimmed.convert("L")
        dhash = imagehash.dhash(gray)
        near = [n for n, v in enumerate(self.entries) if dhash - v.hashes.dhash <= MAX_DHASH]
        if not near:  # of nearly every picture: the second hash, which takes longer, need not be made
            return None
        phash = imagehash.phash(gray, hash_size=_PHASH_SIZE)
        distance, number = min((int(phash - self.entries[n].hashes.phash), n) for n in near)
        return (self.entries[number], distance) if distance <= MAX_PHASH else None

    def places(self, pyramid: Pyramid, content: tuple[int, int, int, int] | None) -> list[Place]:
        """The places where marks may stand, refined, with what speaks for each."""
        candidates = self.search.candidates(pyramid.grays[0])
        if content:
            candidates += [self._as_whole(number, content) for number in range(len(self.faces))]
        rough: list[tuple[float, int, Laid]] = []
        tried: dict[int, int] = {}
        for candidate in sorted(candidates, key=lambda c: -c.score):
            start = np.vstack((candidate.shape, [0.0, 0.0, 1.0]))
            face = self.faces[candidate.mark][0]
            first = tried.get(candidate.mark, 0) < 2 and candidate.score > _WORTH_STARTS
            tried[candidate.mark] = tried.get(candidate.mark, 0) + 1
            if first:  # the search's scales are coarse: begin a little larger and smaller too
                scaled = [np.diag([s, s, 1.0]) for s in _STARTS]
                starts = [lay(pyramid, face, look(pyramid, face, start @ s), FIRST, _FIRST_ROUNDS) for s in scaled]
                laid = max(starts, key=lambda s: s.score)
            else:
                laid = lay(pyramid, face, look(pyramid, face, start), FIRST, _FIRST_ROUNDS)
            laid = lay(pyramid, face, laid, COARSE, _COARSE_ROUNDS)
            rough.append((laid.score, candidate.mark, laid))
        rough.sort(key=lambda r: -r[0])
        found: list[Place] = []
        for score, mark, laid in rough:
            if score < _HOPELESS or len(found) >= _REFINED_IN_ALL:
                break
            if sum(p.mark == mark for p in found) < _REFINED:
                found.append(self._refined(pyramid, mark, laid))
        return found

    def _refined(self, pyramid: Pyramid, mark: int, rough: Laid) -> Place:
        """The look of the mark that fits the place best."""
        best: Place | None = None
        for number, face in enumerate(self.faces[mark]):
            seen = look(pyramid, face, rough.homography) if number else rough
            laid = lay(pyramid, face, seen, FINE, _FINE_ROUNDS)
            place = Place(mark, number, laid, weigh(face, laid))
            if best is None or place.evidence.weight > best.evidence.weight:
                best = place
            if best.laid.score > 0.85:
                break
        assert best is not None
        return best

    def _approved(self, place: Place) -> list[Face]:
        """The looks of a place's mark that have its shape: all variants but those with a name beside the emblem."""
        mark = self.marks[place.mark]
        width, height = self.faces[place.mark][place.face].size
        looks = [v.face for v in self.entries if v.mark == mark]
        return [f for f in looks if 1 / 1.1 < f.size[0] / f.size[1] / (width / height) < 1.1]

    def _as_whole(self, mark: int, content: tuple[int, int, int, int]) -> Candidate:
        left, top, right, bottom = content
        width, height = self.faces[mark][0].size
        shape = np.array(
            [[(right - left) / width, 0, (left + right) / 2], [0, (bottom - top) / height, (top + bottom) / 2]]
        )
        return Candidate(mark, 1.0, shape)

    def shown(self, places: Iterable[Place]) -> list[Place]:
        """The places with evidence enough; of those that share a spot the best."""
        kept: list[Place] = []
        for place in sorted(places, key=lambda p: -p.evidence.weight):
            if place.evidence.weight < self.enough[place.mark]:
                continue
            box = box_of(place.laid.homography, self.faces[place.mark][place.face].size)
            if all(not _share(box, box_of(k.laid.homography, self.faces[k.mark][k.face].size)) for k in kept):
                kept.append(place)
        return kept


Box = tuple[float, float, float, float]


def _share(one: Box, other: Box) -> bool:
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    smaller = min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))
    return width * height > 0.3 * smaller


def _clutter() -> Floats:
    """Letters, discs, shields and grids of many sizes: what posters and screens are full of."""
    rng = np.random.default_rng(7)
    picture = Image.new("RGB", (960, 640), "white")
    draw = ImageDraw.Draw(picture)
    for row, size in enumerate((110, 80, 60, 44, 32)):
        words = "".join(rng.choice(list("ABCDEFGHKLMNOPRSTUW abcdeghkmnoprstuw"), 60))
        draw.text(
            (4, 4 + sum((110, 80, 60, 44, 32)[:row]) * 1.1), words, fill=(20, 24, 40), font=ImageFont.load_default(size)
        )
    x = 4
    for size in (150, 110, 80, 60, 50):
        draw.ellipse([x, 370, x + size, 370 + size], fill=(150, 30, 40))
        draw.ellipse([x + size * 0.12, 370 + size * 0.12, x + size * 0.88, 370 + size * 0.88], fill=(240, 240, 230))
        draw.text(
            (x + size / 2, 370 + size / 2),
            "TS",
            fill=(150, 30, 40),
            font=ImageFont.load_default(size * 0.4),
            anchor="mm",
        )
        draw.polygon(
            [
                (x, 525),
                (x + size * 0.7, 525),
                (x + size * 0.7, 525 + size * 0.45),
                (x + size * 0.35, 525 + size * 0.75),
                (x, 525 + size * 0.45),
            ],
            fill=(24, 60, 110),
        )
        draw.line(
            [(x, 525 + size * 0.3), (x + size * 0.7, 525 + size * 0.3)], fill=(220, 190, 60), width=max(2, size // 9)
        )
        draw.rounded_rectangle([x + size * 0.75, 540, x + size * 1.15, 540 + size * 0.4], size // 9, fill=(30, 120, 70))
        x += round(size * 1.3)
    for column in range(6):
        for line in range(5):
            left, top = 640 + column * 50, 372 + line * 50
            draw.rectangle([left, top, left + 34, top + 30], fill=tuple(int(v) for v in rng.integers(20, 230, 3)))
    return np.asarray(picture)


def _lookalikes(face: Face) -> Iterator[float]:
    """What is said for marks of the same outline with other charges: this one's own, turned and mirrored within it."""
    for turned in (face.gray[::-1, ::-1], face.gray[:, ::-1], face.gray[::-1]):
        soft = cv2.GaussianBlur(face.inner, (0, 0), 1.0)
        values = gradients(face.gray * (1 - soft) + np.ascontiguousarray(turned) * soft)
        everywhere = np.ones_like(face.gray)
        weight = weigh(face, Laid(np.eye(3), cosine(values, face, everywhere), values, everywhere)).weight
        if weight < _SAME_WHEN_TURNED:
            yield weight


def _likeness(one: Face, other: Face) -> float:
    """The cosine of two looks, each upright in its patch."""
    norm = float(np.sqrt((one.values**2).sum() * (other.values**2).sum())) + 1e-6
    return float((one.values * other.values).sum()) / norm


@dataclass(frozen=True)
class _Artwork:
    hashes: Hashes
    face: Face
    gray: Floats
    alpha: Floats
    ground: float


def _artwork(path: str) -> list[_Artwork]:
    """What a mark's file shows: hashed on each ground, with the mark cut out of its ground."""
    try:
        image, _ = next(iter(frames(Path(path).read_bytes(), 512)))
    except OSError:
        raise UserError(f"{path}: this logo is not a readable picture; save it again as PNG or JPEG") from None
    given = []
    for flat in _flattened(image):
        box = _content_box(flat)
        if box is not None:
            given.append(_hashes(flat.crop(box)))
    if not given:
        raise UserError(f"{path}: this logo shows nothing on its ground; save it again as PNG or JPEG")
    rgb, alpha = _cut_out(image)
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    ground = 0.0 if float((gray * alpha).sum()) > 128 * float(alpha.sum()) else 255.0
    face = Face.of(rgb, alpha, ground)
    return [_Artwork(h, face, gray * alpha + ground * (1 - alpha), alpha, ground) for h in given]


def _cut_out(image: Image.Image) -> tuple[Floats, Floats]:
    """The mark's colours (0 to 255) and cover (0 to 1), trimmed; a picture without transparency is cut from its plain ground."""
    rgb: Floats = np.asarray(image.convert("RGB"), np.float32)
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] != 255:
        alpha: Floats = np.asarray(image.getchannel("A"), np.float32) / 255
    else:
        corners = np.stack([rgb[0, 0], rgb[0, -1], rgb[-1, 0], rgb[-1, -1]])
        away = (np.abs(rgb - np.median(corners, axis=0)) > _BORDER_TOLERANCE).any(axis=2)
        alpha = filled(away.astype(np.float32))
    rows, columns = np.flatnonzero((alpha > 0.3).any(axis=1)), np.flatnonzero((alpha > 0.3).any(axis=0))
    if not len(rows):
        return rgb, np.ones(rgb.shape[:2], np.float32)
    cut = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    rgb, alpha = np.ascontiguousarray(rgb[cut]), np.ascontiguousarray(alpha[cut])
    longer = max(alpha.shape)
    if longer > _ARTWORK:
        size = (max(1, alpha.shape[1] * _ARTWORK // longer), max(1, alpha.shape[0] * _ARTWORK // longer))
        inked = cv2.resize(rgb * alpha[..., None], size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        rgb = np.minimum(inked / np.maximum(alpha, 1e-3)[..., None], 255.0)
    return rgb, alpha


def _flattened(image: Image.Image) -> Iterator[Image.Image]:
    """A picture as it is, or flattened on white and on black where it has alpha."""
    if image.mode != "RGBA":
        yield image
        return
    for ground in ("white", "black"):
        flat = Image.new("RGB", image.size, ground)
        flat.paste(image, mask=image.getchannel("A"))
        yield flat


def _hashes(trimmed: Image.Image) -> Hashes:
    gray = trimmed.convert("L")
    return Hashes(imagehash.dhash(gray), imagehash.phash(gray, hash_size=_PHASH_SIZE))


def _content_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    """What the plain border encloses; None where nothing does, or too little to be a mark."""
    step = max(1, max(image.size) // _BOX_SIZE)
    pixels = np.asarray(image.reduce(step) if step > 1 else image)
    corners = np.stack([pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]])
    ground = np.median(corners, axis=0)
    least, most = np.ceil(ground - _BORDER_TOLERANCE), np.floor(ground + _BORDER_TOLERANCE)
    outside = cv2.inRange(pixels, least, most)  # 255 where all channels are near the ground
    rows = np.flatnonzero((outside == 0).sum(axis=1) > _BORDER_SPECKS)
    columns = np.flatnonzero((outside == 0).sum(axis=0) > _BORDER_SPECKS)
    if not len(rows) or not len(columns) or min(len(rows), len(columns)) * step < _SMALLEST:
        return None
    right, bottom = min(image.width, (int(columns[-1]) + 1) * step), min(image.height, (int(rows[-1]) + 1) * step)
    return int(columns[0]) * step, int(rows[0]) * step, right, bottom
