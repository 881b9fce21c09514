"""Lays a mark onto the place where it is said to stand, and says how much of it is there.

The window hash of a candidate is refined by Gauss-Newton steps over a homography (Lucas and Kanade, inverse compositional: Baker
and Matthews 2004) on double-angle gradients, so that light, colour and thread do not matter; then the patch is hashed again,
block by block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.images.search import Floats, along, filled, gradients, place

Doubles = NDArray[np.float64]

SIDE = 72  # pixels of the aligned patch
SPAN = 58  # pixels of it that the mark's longer side takes
FIRST, COARSE, FINE = 0, 1, 2  # stages of refinement
_NEAR = 3.0  # pixels of blur of what counts as around a pixel
_BLURS = (4.0, 2.2, 0.9)  # pixels of blur before their steps
_MIDDLE = np.array([[SPAN, 0, SIDE / 2], [0, SPAN, SIDE / 2], [0, 0, 1.0]])  # unit mark coordinates to patch pixels
_FROM_MIDDLE = np.linalg.inv(_MIDDLE)
_REACH = SIDE / SPAN / 2
_CORNERS = np.array([[-_REACH, _REACH, _REACH, -_REACH], [-_REACH, -_REACH, _REACH, _REACH], [1, 1, 1, 1]])


def _coordinates() -> tuple[Floats, Floats]:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    return (x + 0.5 - SIDE / 2) / SPAN, (y + 0.5 - SIDE / 2) / SPAN


_X, _Y = _coordinates()
_ALL = np.ones((SIDE, SIDE), np.float32)


@dataclass(frozen=True)
class Stage:
    """A mark's gradients at one blur, with how they change under each of the eight parameters of a homography."""

    values: Floats
    steps: Floats  # parameters × (SIDE · SIDE · 2)

    @classmethod
    def of(cls, values: Floats, mask: Floats, blur: float) -> Stage:
        """Blur and differentiate."""
        soft = cv2.GaussianBlur(values, (0, 0), blur)
        dx = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3, scale=0.125) * SPAN
        dy = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3, scale=0.125) * SPAN
        x, y = _X[..., None], _Y[..., None]
        radial = x * dx + y * dy
        turned = np.dstack((-soft[..., 1], soft[..., 0]))  # a turn by one radian turns the double angle by two
        steps = [x * dx, x * dy + turned, y * dx - turned, y * dy, dx, dy, -x * radial, -y * radial]
        return cls(soft, np.stack([(s * mask[..., None]).reshape(-1) for s in steps]))


@dataclass(frozen=True)
class Face:
    """One look of a mark (in colour, in one ink): what an aligned patch is compared with."""

    gray: Floats = field(repr=False)  # SIDE × SIDE
    rgb: Floats = field(repr=False)  # SIDE × SIDE × 3
    alpha: Floats = field(repr=False)
    values: Floats = field(repr=False)  # gradients
    mask: Floats = field(repr=False)  # where the mark and its outline are
    inner: Floats = field(repr=False)  # where its charges are: not its outline
    depth: float  # 1 where a good part of the gradients lies inside, 0 for a mark that is all outline, such as letters alone
    stages: tuple[Stage, ...] = field(repr=False)
    masks: Floats = field(repr=False)  # the mask for both values of a gradient
    masked: Floats = field(repr=False)  # gradients where the mark and its outline are
    length: float  # of those, squared
    near: Floats = field(repr=False)  # length of the gradients around each pixel, squared
    size: tuple[float, float]  # width and height in units of the longer side

    @classmethod
    def of(cls, rgb: Floats, alpha: Floats, ground: float) -> Face:
        """Draw a mark (H × W × 3, alpha 0 to 1) upright into the patch."""
        shape = _MIDDLE[:2]
        flat = rgb * alpha[..., None] + ground * (1 - alpha[..., None])
        channels = [place(np.ascontiguousarray(flat[..., c]), alpha, shape, SIDE, ground) for c in range(3)]
        drawn, covered = np.dstack([c[0] for c in channels]), channels[0][1]
        gray = cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY)
        mask = cv2.dilate(covered, np.ones((5, 5)))
        silhouette = filled(covered)
        inner = cv2.erode(silhouette, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
        values = gradients(gray)
        height, width = alpha.shape
        longer = max(height, width)
        stages = tuple(Stage.of(values, mask, blur) for blur in _BLURS)
        known = (values**2).sum(2)
        depth = min(1.0, float((known * inner).sum()) / float((known * mask).sum() + 1e-6) / 0.25)
        masks = np.ascontiguousarray(np.dstack((mask, mask)))
        masked = values * masks
        size = width / longer, height / longer
        length = float(np.vdot(masked, values))
        near = cv2.GaussianBlur(along(values, values), (0, 0), _NEAR)
        return cls(gray, drawn, covered, values, mask, inner, depth, stages, masks, masked, length, near, size)


class Pyramid:
    """A picture halved again and again, to warp from without aliasing. Made from one decoded picture."""

    def __init__(self, rgb: Floats) -> None:
        self.levels: list[Floats] = [rgb]
        self.grays: list[Floats] = [cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)]

    def _level(self, number: int) -> int:
        while len(self.grays) <= number and min(self.grays[-1].shape[:2]) >= 16:
            last = self.grays[-1]
            size = (last.shape[1] // 2, last.shape[0] // 2)
            self.grays.append(cv2.resize(last, size, interpolation=cv2.INTER_AREA))
            self.levels.append(cv2.resize(self.levels[-1], size, interpolation=cv2.INTER_AREA))
        return min(number, len(self.grays) - 1)

    def patch(self, homography: Doubles, colour: bool = False) -> Floats:
        """What stands at a place, SIDE × SIDE: ``homography`` maps unit mark coordinates to pixels of the picture."""
        (a, b, _), (c, d, _), (_, _, w) = homography.tolist()
        per_pixel = math.sqrt(abs(a * d - b * c)) / abs(w) / SPAN
        number = self._level(max(0, math.floor(math.log2(max(per_pixel, 1e-6)) + 0.35)))
        source = (self.levels if colour else self.grays)[number]
        full = self.grays[0].shape
        shrink = np.diag([source.shape[1] / full[1], source.shape[0] / full[0], 1.0])
        matrix = shrink @ homography @ _FROM_MIDDLE
        return cv2.warpPerspective(
            source, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )

    def inside(self, homography: Doubles) -> Floats:
        """1 for the pixels of a patch that lie in the picture, 0 beyond its edge."""
        height, width = self.grays[0].shape
        x, y, w = (homography @ _CORNERS).tolist()
        if all(0 <= a / c <= width and 0 <= b / c <= height for a, b, c in zip(x, y, w, strict=True)):
            return _ALL
        h = homography
        below = h[2, 0] * _X + h[2, 1] * _Y + h[2, 2]
        across = (h[0, 0] * _X + h[0, 1] * _Y + h[0, 2]) / below
        down = (h[1, 0] * _X + h[1, 1] * _Y + h[1, 2]) / below
        within: Floats = ((across > 1) & (down > 1) & (across < width - 1) & (down < height - 1)).astype(np.float32)
        return within


@dataclass(frozen=True)
class Laid:
    """A mark laid onto a place: ``homography`` maps unit mark coordinates to pixels, ``score`` is the cosine of the gradients."""

    homography: Doubles
    score: float
    values: Floats = field(repr=False)
    seen: Floats = field(repr=False)  # 1 where the patch is inside the picture


def lay(pyramid: Pyramid, face: Face, start: Laid, stage: int, rounds: int) -> Laid:
    """Refine a place by Gauss-Newton steps over an affine map and, in the last stage, over a homography.

    ``start`` is the face's :func:`look` at the place. After the first stage, what agrees already counts most:
    a limb or a pole in front does not pull the mark away.
    """
    smooth, blur, free = face.stages[stage], _BLURS[stage], 8 if stage == FINE else 6
    matrix, best = start.homography, start
    weight = best.seen * likeness(best.values, face) if stage > FIRST else best.seen
    steps = smooth.steps[:free]
    weighed = steps if weight is _ALL else steps * np.repeat(weight.reshape(-1), 2)
    hessian = (weighed @ steps.T).astype(np.float64)
    diagonal = np.diag_indices(free)
    hessian[diagonal] = hessian[diagonal] * 1.02 + 1e-3 * np.trace(hessian) / free + 1e-9
    now = best
    for _ in range(rounds):
        soft = cv2.GaussianBlur(now.values, (0, 0), blur)
        gain = float(np.vdot(soft, smooth.values)) / (float(np.vdot(soft, soft)) + 1e-6)
        error = cv2.addWeighted(soft, min(max(gain, 0.5), 2.0), smooth.values, -1.0, 0.0)
        delta = np.linalg.solve(hessian, (weighed @ error.reshape(-1)).astype(np.float64))
        size = float(np.abs(delta[:6]).max())
        delta *= min(1.0, 0.15 / (size + 1e-9))
        step = np.eye(3)
        step[:2, :] += delta[:6].reshape(3, 2).T
        step[2, : free - 6] += delta[6:]
        if not 0.3 < float(np.linalg.det(step)) < 3:
            break
        matrix = matrix @ np.linalg.inv(step)
        matrix = matrix / matrix[2, 2]
        now = look(pyramid, face, matrix)
        if now.score > best.score:
            best = now
        if size < 0.003:
            break
    return best


def look(pyramid: Pyramid, face: Face, homography: Doubles) -> Laid:
    """What stands at a place, compared as it is."""
    values = gradients(pyramid.patch(homography).astype(np.float32))
    seen = pyramid.inside(homography)
    return Laid(homography, cosine(values, face, seen), values, seen)


def likeness(values: Floats, face: Face) -> Floats:
    """The cosine of a patch and a mark around each pixel, from 0.05 to 1."""
    product = cv2.GaussianBlur(along(values, face.values), (0, 0), _NEAR)
    norm = cv2.GaussianBlur(along(values, values), (0, 0), _NEAR) * face.near
    alike: Floats = np.clip(product / np.sqrt(norm + 1e-3), 0.05, 1)
    return alike


def cosine(values: Floats, face: Face, seen: Floats) -> float:
    """How alike a patch and a mark are by gradients, -1 to 1; what lies outside the picture does not count."""
    if seen is _ALL:
        norm = float(np.vdot(values * face.masks, values)) * face.length
        return float(np.vdot(values, face.masked)) / math.sqrt(norm + 1e-6)
    both = cv2.merge((seen, seen))
    weighed, masked = values * both, face.masked * both
    norm = float(np.vdot(weighed * face.masks, values)) * float(np.vdot(masked, face.values))
    return float(np.vdot(values, masked)) / math.sqrt(norm + 1e-6)


def box_of(
    homography: Doubles, size: tuple[float, float], picture: tuple[int, int] | None = None
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a mark of ``size`` (units of its longer side), within the picture where its size is given."""
    x, y = np.array(size) / 2
    corners = homography @ np.array([[-x, x, x, -x], [-y, -y, y, y], [1, 1, 1, 1]])
    across, down = corners[:2] / corners[2]
    left, top, right, bottom = float(across.min()), float(down.min()), float(across.max()), float(down.max())
    if picture:
        left, right = max(0.0, left), min(float(picture[0]), right)
        top, bottom = max(0.0, top), min(float(picture[1]), bottom)
    return left, top, right, bottom
