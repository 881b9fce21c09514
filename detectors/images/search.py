"""Where in a picture a mark may stand: window hashes of gradient direction over scales and positions.

A window's hash is a grid of mean double-angle gradients (cos 2θ, sin 2θ), which do not change where light and dark swap: one
template serves colour, mono, reversed and thread on any cloth. Windows are compared by cosine, all at once, from one
greyscale pyramid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]  # float32; OpenCV's types say no more

cv2.setNumThreads(1)  # the audit shares its machine; what runs beside it is for the flow to say

CELLS = 10  # of a window's side; 16 cost 1.7 times as much and found no more embedded marks
CELL = 2  # pixels of a level to a cell
AROUND = 1.12  # the window's side by the mark's longer side: its outline lies inside
SMALLEST = 46.0  # pixels of a mark's longer side
STEP = 2**0.25  # from level to level
_TURNS = (-24.0, -16.0, -8.0, 0.0, 8.0, 16.0, 24.0)  # degrees: what a hand-held picture turns a mark by
_STRETCHES = (1.33, 1.6)  # of width or height, for marks that were pulled out of shape
_FLOOR = 6.0  # gradient of noise and recompression, in grey levels
_PLAIN = 2.5  # summed cell energy of a window that is plain: no mark stands there
_PROPOSED = 0.40  # cosine; clutter reaches it, marks under 60 % of cover do too
_KEPT = 5  # candidates of one mark
_NEARLY_PROPOSED = 0.999 * _PROPOSED  # sums in another order differ in the last digits
_AT_ONCE = 1024  # windows compared at once: they stay in the processor's cache


@dataclass(frozen=True)
class Candidate:
    """A window that may hold a mark: ``shape`` maps unit mark coordinates (centre 0, longer side 1) to picture pixels (2 × 3)."""

    mark: int
    score: float
    shape: NDArray[np.float64]


def gradients(gray: Floats, floor: float = _FLOOR) -> Floats:
    """Double-angle gradients of a grey picture, H × W × 2, each of length 0 to 1 by its strength against its surroundings."""
    gx = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    gy = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    strength: Floats = cv2.magnitude(gx, gy)
    weight: Floats = cv2.blur(strength, (CELLS * CELL, CELLS * CELL))
    weight *= 0.7
    weight += strength
    weight += floor
    weight *= strength
    weight += 1e-6
    both: Floats = cv2.merge(((gx * gx - gy * gy) / weight, 2.0 * gx * gy / weight))
    return both


def along(one: Floats, other: Floats) -> Floats:
    """The product of two fields of gradients at each pixel."""
    product: Floats = one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1]
    return product


def cells_of(gray: Floats) -> Floats:
    """The gradients of a level by cells of two pixels."""
    field = cv2.blur(gradients(gray), (3, 3))
    return cv2.resize(
        field, (max(1, gray.shape[1] // CELL), max(1, gray.shape[0] // CELL)), interpolation=cv2.INTER_AREA
    )


def place(gray: Floats, alpha: Floats, shape: NDArray[np.float64], side: int, ground: float) -> tuple[Floats, Floats]:
    """A mark drawn into a square of ``side`` pixels by ``shape``; returns the grey picture and where the mark is."""
    height, width = gray.shape
    longer = max(height, width)
    unit = np.array([[1 / longer, 0, -width / 2 / longer], [0, 1 / longer, -height / 2 / longer], [0, 0, 1]])
    matrix = shape @ unit
    factor = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if factor < 0.5:  # shrink first: a warp alone would alias
        k = max(1, int(0.7 / factor))
        small = (max(1, width // k), max(1, height // k))
        gray = cv2.resize(gray, small, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, small, interpolation=cv2.INTER_AREA)
        matrix = matrix @ np.diag([width / small[0], height / small[1], 1.0])
    flags = cv2.INTER_LINEAR
    drawn = cv2.warpAffine(gray, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=ground)
    mask = cv2.warpAffine(alpha, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return drawn, mask


def filled(covered: Floats) -> Floats:
    """A mark's silhouette without the holes in it, from its alpha."""
    solid = (covered > 0.3).astype(np.uint8)
    outside = cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(outside, None, (0, 0), 1)
    holes = (outside == 0)[1:-1, 1:-1]
    silhouette: Floats = (solid.astype(bool) | holes).astype(np.float32)
    return silhouette


@dataclass(frozen=True)
class Template:
    """One mark in one posture: ``shape`` is its 2 × 2 posture in units of the mark's longer side."""

    mark: int
    shape: NDArray[np.float64]
    values: Floats
    mask: Floats


def templates(mark: int, gray: Floats, alpha: Floats, ground: float, stretched: bool) -> Iterator[Template]:
    """A mark turned, mirrored and, where asked for, stretched; postures that look like one already given are left out."""
    given: list[Floats] = []
    for posture in _postures(stretched):
        values = np.zeros((CELLS, CELLS, 2), np.float32)
        mask = np.zeros((CELLS, CELLS), np.float32)
        side = CELLS * CELL
        margin = CELL * 3
        for scale in (0.94, 1.06):
            for dx, dy in ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)):
                middle = side / 2 + margin
                shape = np.column_stack((posture * (scale * side / AROUND), [middle + dx, middle + dy]))
                drawn, covered = place(gray, alpha, shape, side + 2 * margin, ground)
                cut = slice(margin // CELL, margin // CELL + CELLS)
                values += cells_of(drawn)[cut, cut]
                size = (covered.shape[1] // CELL, covered.shape[0] // CELL)
                mask += cv2.resize(cv2.dilate(filled(covered), np.ones((7, 7))), size, interpolation=cv2.INTER_AREA)[
                    cut, cut
                ]
        values /= float(np.linalg.norm(values)) or 1.0
        if any(float((values * other).sum()) > 0.9 for other in given):
            continue
        given.append(values)
        yield Template(mark, posture, values, np.clip(mask / 8, 0.05, 1))


def _postures(stretched: bool) -> Iterator[NDArray[np.float64]]:
    for turn in sorted(_TURNS, key=abs):
        a = np.deg2rad(turn)
        yield np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    yield np.diag([-1.0, 1.0])
    if stretched:
        for by in _STRETCHES:
            yield np.diag([1.0, 1 / by])
            yield np.diag([1 / by, 1.0])


class Search:
    """The templates of a bank's marks, stacked for one product of matrices a level."""

    def __init__(self, given: Sequence[Template]) -> None:
        self._shapes = [t.shape for t in given]
        self._marks = np.array([t.mark for t in given], int)
        self._values = np.stack([t.values.reshape(-1) for t in given], 1) if given else np.zeros((0, 0), np.float32)
        self._masks = np.stack([t.mask.reshape(-1) for t in given], 1) if given else np.zeros((0, 0), np.float32)
        self._least: Floats = np.min([t.mask for t in given], axis=0) if given else np.zeros((CELLS, CELLS), np.float32)
        # Each mark's templates stand together.
        starts = [*np.flatnonzero(np.diff(self._marks, prepend=-1)).tolist(), len(given)]
        self._own = [slice(start, end) for start, end in pairwise(starts)]

    def candidates(self, gray: NDArray[np.uint8]) -> list[Candidate]:
        """The best windows of each mark, at most a few each, of those that are like it at all."""
        if not self._shapes:
            return []
        found: list[tuple[float, int, int, float, float, float]] = []  # score, mark, template, x, y, window's side
        height, width = gray.shape
        window = SMALLEST * AROUND
        source: Floats = gray
        done = 1.0
        while window <= 1.45 * max(height, width) and window <= 2.2 * min(height, width):
            scale = CELLS * CELL / window
            while done / 2 >= scale * 1.05:
                half = (max(1, source.shape[1] // 2), max(1, source.shape[0] // 2))
                source = cv2.resize(source, half, interpolation=cv2.INTER_AREA)
                done /= 2
            size = (max(4, round(width * scale)), max(4, round(height * scale)))
            level = cv2.resize(source, size, interpolation=cv2.INTER_AREA).astype(np.float32)
            found += self._level(level, window)
            window *= STEP
        return self._best(found)

    def _level(self, level: Floats, window: float) -> list[tuple[float, int, int, float, float, float]]:
        border = 3
        level = cv2.copyMakeBorder(level, *(border * CELL,) * 4, cv2.BORDER_REPLICATE)
        cells = cells_of(level)
        rows, columns = cells.shape[0] - CELLS + 1, cells.shape[1] - CELLS + 1
        if rows < 1 or columns < 1:
            return []
        energy = along(cells, cells)
        first, edge = (0, 0), cv2.BORDER_CONSTANT  # a window's sum stands at its first cell
        plain = cv2.boxFilter(energy, -1, (CELLS, CELLS), normalize=False, anchor=first, borderType=edge)
        least = cv2.filter2D(energy, -1, self._least, anchor=first, borderType=edge)
        ys, xs = np.nonzero(plain[:rows, :columns] > _PLAIN)
        side_by_side = cells.reshape(cells.shape[0], -1)  # both values of a cell beside each other
        view = np.lib.stride_tricks.sliding_window_view(side_by_side, (CELLS, 2 * CELLS))[:, ::2]
        energies = np.lib.stride_tricks.sliding_window_view(energy, (CELLS, CELLS))
        where: list[NDArray[np.intp]] = []
        scored: list[Floats] = []
        for start in range(0, len(ys), _AT_ONCE):
            y, x = ys[start : start + _AT_ONCE], xs[start : start + _AT_ONCE]
            product = np.ascontiguousarray((view[y, x].reshape(len(y), -1) @ self._values).T)  # templates × windows
            # No mask takes in less than their common part: most windows need no masks of their own.
            near = np.flatnonzero(product.max(axis=0) >= _NEARLY_PROPOSED * np.sqrt(least[y, x] + 1.0))
            y, x = y[near], x[near]
            where.append(y * columns + x)
            scored.append(
                product[:, near] / np.sqrt((energies[y, x].reshape(len(y), CELLS * CELLS) @ self._masks).T + 1.0)
            )
        if not scored:
            return []
        at, scores = np.concatenate(where), np.concatenate(scored, axis=1)
        found = []
        per_cell = window / CELLS
        for own in self._own:
            mark, best = int(self._marks[own.start]), scores[own].max(axis=0, initial=0.0)
            if not (best >= _PROPOSED).any():
                continue
            grid = np.zeros(rows * columns, np.float32)
            grid[at] = best
            around = cv2.dilate(grid.reshape(rows, columns), np.ones((3, 3))).reshape(-1)
            (peaks,) = np.nonzero((best >= _PROPOSED) & (best >= around[at]))
            for k in peaks[np.argsort(-best[peaks])[:12]]:
                y, x = divmod(int(at[k]), columns)
                centre_x, centre_y = ((v + CELLS / 2 - border) * per_cell for v in (x, y))
                which = own.start + int(scores[own, k].argmax())
                found.append((float(best[k]), mark, which, centre_x, centre_y, window))
        return found

    def _best(self, found: list[tuple[float, int, int, float, float, float]]) -> list[Candidate]:
        kept: list[tuple[float, int, int, float, float, float]] = []
        for one in sorted(found, reverse=True):
            _, mark, _, x, y, window = one
            same = [k for k in kept if k[1] == mark]
            if len(same) >= _KEPT:
                continue
            if any(
                max(abs(k[3] - x), abs(k[4] - y)) < 0.2 * min(window, k[5]) and 0.67 < k[5] / window < 1.5 for k in same
            ):
                continue
            kept.append(one)
        return [
            Candidate(mark, score, np.column_stack((self._shapes[which] * (window / AROUND), [x, y])))
            for score, mark, which, x, y, window in kept
        ]
