"""Pictures for the sample exports: plain scenes, marks as people mangle them, other schools' crests."""

from __future__ import annotations

import math
from io import BytesIO

from marks import mark
from PIL import Image, ImageDraw

SIZE = (480, 320)
Colour = tuple[int, int, int]


class _Dice:
    """A linear congruential generator (Numerical Recipes' constants): the same numbers everywhere."""

    def __init__(self, seed: int) -> None:
        self._state = seed * 7919 + 17

    def between(self, low: int, high: int) -> int:
        self._state = (self._state * 1664525 + 1013904223) % (1 << 32)
        return low + (self._state >> 8) % (high - low + 1)


def _gradient(draw: ImageDraw.ImageDraw, top: int, bottom: int, first: Colour, last: Colour) -> None:
    for y in range(top, bottom):
        t = (y - top) / max(1, bottom - top - 1)
        draw.line([(0, y), (SIZE[0], y)], fill=tuple(round(a + (b - a) * t) for a, b in zip(first, last, strict=True)))


def scene(name: str, seed: int) -> Image.Image:
    """A plain scene; the seed moves what is in it."""
    dice, image = _Dice(seed), Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    if name in ("harbour", "dusk"):
        sky = ((150, 190, 222), (226, 232, 226)) if name == "harbour" else ((52, 44, 92), (232, 140, 84))
        horizon = dice.between(120, 180)
        _gradient(draw, 0, horizon, *sky)
        _gradient(draw, horizon, height, (74, 112, 132), (28, 54, 74))
        sun = dice.between(60, 420)
        draw.ellipse((sun - 22, horizon - 60, sun + 22, horizon - 16), fill=(252, 236, 190))
        for _ in range(dice.between(2, 5)):
            x, y, long = dice.between(20, 420), dice.between(horizon + 6, 280), dice.between(26, 70)
            hull = (dice.between(90, 200), dice.between(30, 90), dice.between(30, 110))
            draw.polygon([(x, y), (x + long, y), (x + long - 9, y + 14), (x + 9, y + 14)], fill=hull)
            draw.line([(x + long // 2, y), (x + long // 2, y - long)], fill=(60, 50, 44), width=2)
            if dice.between(0, 1):
                draw.polygon(
                    [(x + long // 2 + 3, y - long), (x + long, y - 5), (x + long // 2 + 3, y - 5)], fill=(240, 236, 224)
                )
    elif name in ("field", "snow"):
        ground = (92, 140, 66) if name == "field" else (232, 238, 244)
        edge = dice.between(110, 150)
        _gradient(draw, 0, edge, (142, 180, 216), (214, 226, 232))
        _gradient(draw, edge, height, ground, tuple(c - 36 for c in ground))
        for i in range(7):
            x = dice.between(-20, 30) + i * 72
            draw.ellipse((x, edge - dice.between(20, 58), x + 84, edge + 14), fill=(52 + i * 5, 88, 54))
        left = dice.between(60, 320)
        draw.rectangle((left, edge + 18, left + 110, edge + 76), outline=(250, 250, 250), width=4)
        for _ in range(dice.between(3, 9)):
            x, y = dice.between(10, 460), dice.between(edge + 60, 290)
            shirt = (dice.between(20, 230), dice.between(40, 160), dice.between(20, 160))
            draw.rectangle((x, y, x + 8, y + 16), fill=shirt)
            draw.ellipse((x, y - 9, x + 8, y), fill=(196, 152, 122))
    elif name == "hall":
        _gradient(draw, 0, height, (88, 34, 38), (46, 20, 26))
        for i in range(16):
            shade = 60 + int(24 * math.sin(i * 1.3 + seed))
            draw.rectangle((i * 30, 0, i * 30 + 14, 190), fill=(shade + 40, 26, 34))
        draw.rectangle((0, 190, width, 226), fill=(128, 92, 58))
        for row in range(3):
            for seat in range(dice.between(9, 13)):
                x, y = 14 + seat * 36 + row * 8, 236 + row * 28
                draw.rounded_rectangle((x, y, x + 26, y + 24), 5, fill=(34 + row * 12, 40, 60))
        spot = dice.between(120, 360)
        draw.ellipse((spot - 46, 176, spot + 46, 206), fill=(238, 214, 150))
    else:
        _gradient(draw, 0, height, (236, 226, 204), (214, 198, 170))
        draw.rectangle((40, 30, 300, 150), fill=(52, 92, 76), outline=(120, 84, 48), width=7)
        for _ in range(dice.between(5, 11)):
            x, y = dice.between(310, 440), dice.between(20, 150)
            paper = (dice.between(150, 250), dice.between(150, 250), dice.between(120, 240))
            draw.rectangle((x, y, x + dice.between(18, 40), y + dice.between(18, 44)), fill=paper)
        for i in range(4):
            x, y = 16 + i * 118 + dice.between(-8, 8), 210 + dice.between(-6, 12)
            draw.polygon([(x, y), (x + 96, y), (x + 108, y + 30), (x - 12, y + 30)], fill=(176, 128, 78))
            draw.ellipse((x + 30, y - 24, x + 56, y + 2), fill=(dice.between(120, 220), dice.between(60, 200), 70))
    return image


def _flat(picture: Image.Image, ground: Colour = (255, 255, 255), margin: int = 0) -> Image.Image:
    whole = Image.new("RGB", (picture.width + margin * 2, picture.height + margin * 2), ground)
    whole.paste(picture, (margin, margin), picture)
    return whole


def _named(name: str) -> Image.Image:
    design, _, variant = ("crest-wordmark" if name == "wordmark" else name).partition("-")
    return mark(design, variant or "colour")


def picture(spec: str) -> Image.Image:
    """The picture that a source line asks for, as in ``scene field 35`` or ``logo crest padded``."""
    what, name, *more = spec.split()
    how = more[0] if more else "plain"
    if what == "scene":
        return scene(name, int(how))
    if what == "inscene":
        whole, badge = scene("harbour" if name == "crest" else "hall", 71), _named(name)
        badge.thumbnail((96, 96), Image.Resampling.LANCZOS)
        whole.paste(badge, (346, 22), badge)
        return whole
    badge = _named(name)
    if how == "padded":
        return _flat(badge, margin=70)
    if how == "resized":
        return badge.resize((badge.width * 2 // 5, badge.height * 2 // 5), Image.Resampling.LANCZOS)
    if how == "oncolour":
        return _flat(badge, (222, 202, 158), 40)
    if how == "jpeg":
        return _flat(badge.resize((badge.width * 7 // 10, badge.height * 7 // 10), Image.Resampling.BICUBIC), margin=16)
    return badge


def encode(image: Image.Image, name: str) -> bytes:
    """The file's bytes in the format of its name."""
    out = BytesIO()
    if name.endswith(".png"):
        image.save(out, "PNG", optimize=True)
    else:
        (image if image.mode == "RGB" else _flat(image)).save(out, "JPEG", quality=62, optimize=True)
    return out.getvalue()
