"""Whether an aligned patch shows a mark, and whether it shows it as it was approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detectors.images.align import COARSE, Face, Laid
from detectors.images.search import Floats, along

BITS = 128  # of the patch's hash: the strongest of the mark's gradient cells


@dataclass(frozen=True)
class Evidence:
    """What speaks for a mark at a place: cosines of gradients, and shares of the mark's gradients that agree (0 to 1)."""

    whole: float
    soft: float  # the same, blurred
    inner: float  # within the outline
    agreed: float  # within the outline
    rim: float  # share of the outline that agrees
    distance: int  # bits of 128

    @property
    def weight(self) -> float:
        """Charges count as much as the outline: other marks share outlines.

        What is covered is covered inside and at the rim alike; another mark of that outline fails inside only.
        """
        return (
            self.whole + 0.5 * self.inner + 0.5 * self.agreed + 0.4 * (min(1.0, self.agreed / (self.rim + 0.05)) - 0.7)
        )


def weigh(face: Face, laid: Laid) -> Evidence:
    """Compare the patch of a place with a mark: as a whole, blurred, within the outline, and share by share."""
    mask = face.mask * laid.seen
    known = along(face.values, face.values)
    inside = face.inner * laid.seen
    inner = face.depth * inside + (1 - face.depth) * mask
    good = known * (_agreement(face, laid) > 0.7)
    soft = cv2.GaussianBlur(laid.values, (0, 0), 2.2)
    rim = mask - inside
    return Evidence(
        laid.score,
        _cosine(soft, face.stages[COARSE].values, mask),
        _cosine(laid.values, face.values, inner),
        float((good * inner).sum() / ((known * inner).sum() + 1e-6)),
        float((good * rim).sum() / ((known * rim).sum() + 1e-6)),
        _distance(soft, face.stages[COARSE].values),
    )


def _agreement(face: Face, laid: Laid) -> Floats:
    """The cosine of gradients around each pixel, less where the patch has weaker ones than the mark."""
    mask = face.mask * laid.seen
    parts = along(laid.values, face.values), along(laid.values, laid.values), along(face.values, face.values)
    product, seen, known = (cv2.GaussianBlur(v * mask, (0, 0), 2.5) + 1e-4 for v in parts)
    agreement: Floats = product / np.sqrt(seen * known) * np.minimum(1, np.sqrt(seen / known))
    return agreement


def _denied(face: Face, laid: Laid) -> tuple[float, float]:
    """The share of the mark's gradients within its outline that the patch has not at all, and how much of the rim agrees."""
    agreement = _agreement(face, laid)
    known = along(face.values, face.values) * laid.seen
    inside, rim = known * face.inner, known * (face.mask - face.inner)
    return (
        float((inside * (agreement < 0.35)).sum() / (inside.sum() + 1e-6)),
        float((rim * (agreement > 0.7)).sum() / (rim.sum() + 1e-6)),
    )


def _cosine(seen: Floats, known: Floats, mask: Floats) -> float:
    m = mask[..., None]
    return float((seen * known * m).sum() / np.sqrt((seen * seen * m).sum() * (known * known * m).sum() + 1e-6))


def _distance(seen: Floats, known: Floats) -> int:
    size = (12, 12)
    one, other = (cv2.resize(v, size, interpolation=cv2.INTER_AREA).reshape(-1) for v in (seen, known))
    strongest = np.argsort(-np.abs(other))[:BITS]
    return int(((one[strongest] > 0) != (other[strongest] > 0)).sum())


# What is no alteration: a tilt towards the eye, light of any colour, one ink on any ground, a limb or a pole in front.
_STRETCHED = 1.22  # width to height, against the artwork
_FLAT_TURN = 0.05  # radians between the mark's edges and the picture's, and of shear
_FLAT_TILT = 0.07  # perspective terms
_READABLE = 56.0  # pixels of the mark's longer side; below, parts cannot be told from noise
_COLOURFUL = 14.0  # mean chroma, in levels of 255, that a recoloured mark has at least
_GREY = 8.0  # mean spread of the channels of a picture without colour
_ONE_INK = 12.0  # standard deviation of a channel in a mark of one colour
_OTHER_HUES = 0.62  # cosine of chroma, patch to mark
_DENIED_LEAST, _DENIED_MOST = (
    0.06,
    0.5,
)  # share of the gradients inside that are missing where a part is replaced or missing
_RIM_WHOLE, _RIM_SEEN = 0.88, 0.8  # share of the outline that agrees: less, and something stands in front
_DIFFERS = 42.0  # levels of 255 beyond what the mark shows within two pixels
_PART_LEAST, _PART_MOST = 0.012, 0.28  # share of the mark's area that differs where a part does
_FOREIGN_MOST = 0.095  # the same for a part in colours that the mark has not; more is something in front of it
_OWN_COLOURS = 0.55  # share of the differing pixels in the mark's own colours


def alteration(approved: Sequence[Face], laid: Laid, patch: Floats) -> str:
    """How a mark differs from its approved looks: ``stretched``, ``recoloured``, ``part``, or empty where it does not."""
    flat, longer, aspect = posture(laid)
    if flat and max(aspect, 1 / aspect) > _STRETCHED:
        return "stretched"
    readable = flat and longer >= _READABLE
    denied, rim = min(_denied(face, laid) for face in approved)
    if readable and _DENIED_LEAST < denied < _DENIED_MOST and rim > _RIM_WHOLE:
        return "part"
    seen = patch.astype(np.float32)
    if any(_in_one_ink(face, seen, laid.seen) for face in approved):
        return ""
    fits = [_lit(face, seen, laid.seen) for face in approved]
    coloured = [(f, fit) for f, fit in zip(approved, fits, strict=True) if _spread(f) > _ONE_INK]
    chroma = [_chroma(face, fit, seen, laid.seen) for face, fit in coloured]
    if chroma and max(c[0] for c in chroma) < _OTHER_HUES and max(c[1] for c in chroma) > _COLOURFUL:
        return "recoloured"
    if readable and _part_differs(approved, fits, seen, laid.seen, rim):
        return "part"
    return ""


def posture(laid: Laid) -> tuple[bool, float, float]:
    """Whether a mark is shown flat and upright, its longer side in pixels, and its width to height against the artwork."""
    h = laid.homography
    across, down = h[:2, 0] - h[2, 0] * h[:2, 2], h[:2, 1] - h[2, 1] * h[:2, 2]
    width, height = float(np.hypot(*across)), float(np.hypot(*down))
    turn = max(abs(float(across[1])) / width, abs(float(down[0])) / height)
    flat = turn < _FLAT_TURN and max(abs(float(h[2, 0])), abs(float(h[2, 1]))) < _FLAT_TILT
    return flat, max(width, height), width / height


def _lit(face: Face, seen: Floats, inside: Floats) -> Floats:
    """The mark under the patch's light: a gain for each channel and one offset, by least squares; grey where the patch is."""
    spread = seen.max(axis=2) - seen.min(axis=2)
    if float(spread.mean()) < _GREY:
        gray = np.repeat(face.gray[..., None], 3, axis=2)
        slope, offset = np.polyfit(face.gray[face.alpha > 0.5], seen.mean(axis=2)[face.alpha > 0.5], 1)
        shade: Floats = (gray * slope + offset).astype(np.float32)
        return shade
    columns = [np.zeros_like(seen) for _ in range(3)]
    for channel in range(3):
        columns[channel][..., channel] = face.rgb[..., channel]
    system = np.stack([c.reshape(-1) for c in (*columns, np.full_like(seen, 40.0))], 1)
    weight = face.alpha * inside
    for _ in range(3):  # what is covered or changed is left out of the next round
        weighed = system * np.repeat(weight.reshape(-1), 3)[:, None]
        gains = np.linalg.solve(weighed.T @ system + np.eye(4), weighed.T @ seen.reshape(-1))
        middle = float(np.median(gains[:3]))
        limited = np.clip(gains[:3], middle / 1.5, middle * 1.5) if middle > 0.2 else np.full(3, 0.7)
        lit: Floats = (face.rgb * limited + 40.0 * gains[3]).astype(np.float32)
        weight = face.alpha * inside / (1 + (np.abs(seen - lit).max(axis=2) / 30) ** 2)
    return lit


def _chroma(face: Face, lit: Floats, seen: Floats, inside: Floats) -> tuple[float, float]:
    """The cosine of the patch's chroma to the lit mark's, and how colourful the patch is (mean, levels of 255)."""
    weight = (face.alpha * inside)[..., None]
    one = seen - seen.mean(axis=2, keepdims=True)
    other = lit - lit.mean(axis=2, keepdims=True)
    length = float(np.sqrt((one * one * weight).sum() * (other * other * weight).sum())) + 1e-6
    colourful = float((np.sqrt((one * one).sum(2)) * weight[..., 0]).sum() / (weight.sum() + 1e-6))
    return float((one * other * weight).sum()) / length, colourful


def _in_one_ink(face: Face, seen: Floats, inside: Floats) -> bool:
    """Whether the patch is one ink on its ground: what shows through the mark's holes is what lies around it."""
    ink = (face.alpha > 0.9) & (inside > 0)
    if _spread(face) > _ONE_INK or ink.sum() < 30:
        return False
    spread = float(seen[ink].std(axis=0).mean())
    holes = (face.alpha < 0.1) & (face.inner > 0.5) & (inside > 0)
    if holes.sum() < 20:
        return spread < 25
    around = (face.mask < 0.05) & (cv2.dilate(face.mask, np.ones((9, 9))) > 0.05) & (inside > 0)
    if around.sum() < 20:
        return False
    through, ground, colour = (np.median(seen[m], axis=0) for m in (holes, around, ink))
    return float(np.abs(through - ground).max()) < 45 and float(np.abs(colour - through).max()) > 30 and spread < 40


def _spread(face: Face) -> float:
    """How far a mark's colours lie apart: the standard deviation of the most varied channel."""
    return float(face.rgb[face.alpha > 0.9].std(axis=0).max())


def _part_differs(approved: Sequence[Face], fits: Sequence[Floats], seen: Floats, inside: Floats, rim: float) -> bool:
    """Whether a part of the mark, at most a quarter or so, looks other than it should, and nothing in front of it explains that.

    The look that differs least is judged.
    """
    others = [_differing(face, lit, seen, inside) for face, lit in zip(approved, fits, strict=True)]
    share, number = min((share, n) for n, (_, share) in enumerate(others))
    if not _PART_LEAST < share < _PART_MOST:
        return False
    pixels = seen[others[number][0]]
    palette = _palette(fits[number], approved[number].alpha)
    distance = np.abs(pixels[:, None, :] - palette[None]).max(axis=2).min(axis=1)
    own = float((distance < 40).mean())
    return own >= _OWN_COLOURS or (share < _FOREIGN_MOST and rim > _RIM_SEEN)


def _differing(face: Face, lit: Floats, seen: Floats, inside: Floats) -> tuple[Floats, float]:
    """The pixels of a mark that show what is not within two pixels of there in the lit mark, and their share of the mark."""
    near = np.ones((5, 5), np.uint8)
    soft = cv2.GaussianBlur(lit, (0, 0), 0.7)
    beyond = np.maximum(seen - cv2.dilate(soft, near), cv2.erode(soft, near) - seen).max(axis=2)
    area = (face.alpha > 0.5) & (inside > 0)
    other = ((beyond > _DIFFERS) & area).astype(np.uint8)
    other = cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return other > 0, float(other.sum()) / float(area.sum() + 1)


def _palette(lit: Floats, alpha: Floats) -> Floats:
    """The colours that cover most of a mark."""
    colours = lit[alpha > 0.9]
    bins = np.round(colours / 24).astype(np.int32)
    unique, inverse, counts = np.unique(bins, axis=0, return_inverse=True, return_counts=True)
    common = np.flatnonzero(counts > 0.03 * len(colours))
    return np.stack([colours[inverse.reshape(-1) == n].mean(axis=0) for n in common]) if len(common) else unique * 24.0
