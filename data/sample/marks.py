"""The sample school's two marks and other schools' crests, drawn in code."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import font_lato
from PIL import Image, ImageDraw, ImageFont

_SCALE = 4
_GREEN, _GOLD, _NAVY, _RED = (22, 84, 66), (214, 166, 52), (28, 44, 96), (158, 36, 44)
Colour = tuple[int, int, int]
Draw = ImageDraw.ImageDraw
FONTS = Path(font_lato.__file__).parent / "files"


def font(size: int, weight: str = "Bold") -> ImageFont.FreeTypeFont:
    """Lato at a size in pixels."""
    path = next(p for p in sorted(FONTS.rglob(f"Lato-{weight}.*")) if p.suffix.lower() in (".ttf", ".otf"))
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _shield(width: float, height: float, inset: float) -> list[tuple[float, float]]:
    """The outline of a heater shield: straight to the waist, then two arcs to a point."""
    left, right, top, waist = inset, width - inset, inset, height * 0.5
    points = [(left, top), (right, top), (right, waist)]
    steps = 24
    for i in range(1, steps + 1):
        t = i / steps * math.pi / 2
        x = width / 2 + (right - width / 2) * math.cos(t) ** 0.8 if i < steps else width / 2
        points.append((x, waist + (height - inset - waist) * math.sin(t)))
    points += [(width - x, y) for x, y in reversed(points[3:-1])]
    return [*points, (left, waist)]


def _star(x: float, y: float, radius: float, points: int = 5) -> list[tuple[float, float]]:
    spots = []
    for i in range(points * 2):
        r = radius if i % 2 == 0 else radius * 0.42
        turn = i * math.pi / points - math.pi / 2
        spots.append((x + r * math.cos(turn), y + r * math.sin(turn)))
    return spots


def _crest(draw: Draw, ink: Colour, light: Colour | None) -> None:
    """A wren with a cocked tail over three waves, a band of two stars in chief."""
    gap = light or (0, 0, 0, 0)
    draw.polygon(_shield(1280, 1480, 10), fill=ink)
    draw.polygon(_shield(1280, 1480, 52), fill=gap)
    draw.polygon(_shield(1280, 1480, 84), fill=ink)
    draw.rectangle((84, 84, 1196, 330), fill=gap)
    for x in (330, 950):
        draw.polygon(_star(x, 208, 100), fill=ink)
    draw.rectangle((84, 330, 1196, 352), fill=ink)
    draw.ellipse((400, 560, 860, 930), fill=gap)  # body
    draw.ellipse((690, 450, 930, 690), fill=gap)  # head
    draw.polygon([(910, 540), (1060, 590), (905, 610)], fill=gap)  # beak
    draw.polygon([(470, 720), (250, 430), (350, 420), (560, 640)], fill=gap)  # tail
    draw.ellipse((800, 530, 840, 570), fill=ink)
    draw.chord((470, 640, 760, 860), 20, 200, fill=ink)  # wing
    for y in (1000, 1110, 1220):
        wave = [(260 + i * 8, y + 26 * math.sin(i * 8 / 60)) for i in range(96)]
        if y == 1220:
            wave = [p for p in wave if 400 < p[0] < 880]
        draw.line(wave, fill=gap, width=44, joint="curve")


def _lighthouse(draw: Draw, ink: Colour, light: Colour | None) -> None:
    """A lighthouse with two beams in a ring of dots."""
    gap = light or (0, 0, 0, 0)
    draw.ellipse((10, 10, 1390, 1390), fill=ink)
    draw.ellipse((60, 60, 1340, 1340), fill=gap)
    for i in range(32):
        turn = i * math.pi / 16
        x, y = 700 + 570 * math.cos(turn), 700 + 570 * math.sin(turn)
        draw.ellipse((x - 28, y - 28, x + 28, y + 28), fill=ink)
    draw.ellipse((205, 205, 1195, 1195), fill=ink)
    draw.polygon([(590, 1080), (630, 560), (770, 560), (810, 1080)], fill=gap)
    draw.rectangle((600, 520, 800, 552), fill=gap)
    draw.rectangle((640, 400, 760, 510), fill=gap)
    draw.polygon([(620, 400), (700, 300), (780, 400)], fill=gap)
    draw.polygon([(620, 455), (270, 350), (270, 560)], fill=gap)
    draw.polygon([(780, 455), (1130, 350), (1130, 560)], fill=gap)
    for top in (650, 860):
        draw.rectangle((560, top, 840, top + 90), fill=ink)
    draw.rectangle((420, 1080, 980, 1112), fill=gap)


def _anchor(draw: Draw, ink: Colour, light: Colour | None) -> None:
    """Another school: an anchor on a shield cut by a chevron."""
    gap = light or (0, 0, 0, 0)
    draw.polygon(_shield(1280, 1480, 10), fill=ink)
    draw.polygon(_shield(1280, 1480, 70), fill=gap)
    draw.polygon([(70, 760), (640, 250), (1210, 760), (1210, 960), (640, 450), (70, 960)], fill=ink)
    draw.ellipse((540, 640, 740, 840), outline=ink, width=50)
    draw.rectangle((610, 830, 670, 1330), fill=ink)
    draw.rectangle((450, 900, 830, 960), fill=ink)
    draw.arc((360, 900, 920, 1340), 10, 170, fill=ink, width=60)


def _books(draw: Draw, ink: Colour, light: Colour | None) -> None:
    """Another school: a quartered shield with an open book."""
    gap = light or (0, 0, 0, 0)
    draw.polygon(_shield(1280, 1480, 10), fill=ink)
    draw.polygon(_shield(1280, 1480, 60), fill=gap)
    draw.rectangle((60, 60, 640, 620), fill=ink)
    draw.rectangle((640, 620, 1180, 800), fill=ink)
    draw.polygon([(640, 1330), (640, 620), (1180, 800), (1000, 1150)], fill=ink)
    draw.polygon([(700, 200), (920, 280), (1140, 200), (1140, 480), (920, 560), (700, 480)], fill=ink)
    draw.polygon(_star(350, 340, 190, 6), fill=gap)


def _compass(draw: Draw, ink: Colour, light: Colour | None) -> None:
    """Another school: a compass rose in a plain ring."""
    gap = light or (0, 0, 0, 0)
    draw.ellipse((10, 10, 1390, 1390), fill=ink)
    draw.ellipse((90, 90, 1310, 1310), fill=gap)
    draw.polygon(_star(700, 700, 590, 4), fill=ink)
    draw.ellipse((560, 560, 840, 840), fill=gap)
    draw.ellipse((620, 620, 780, 780), fill=ink)


def _tree(draw: Draw, ink: Colour, light: Colour | None) -> None:
    """Another school: an oak in a ring of dots, with no lighthouse."""
    gap = light or (0, 0, 0, 0)
    draw.ellipse((10, 10, 1390, 1390), fill=ink)
    draw.ellipse((70, 70, 1330, 1330), fill=gap)
    for i in range(24):
        turn = i * math.pi / 12
        x, y = 700 + 560 * math.cos(turn), 700 + 560 * math.sin(turn)
        draw.ellipse((x - 30, y - 30, x + 30, y + 30), fill=ink)
    draw.rectangle((640, 760, 760, 1160), fill=ink)
    for x, y, r in ((700, 480, 230), (500, 640, 180), (900, 640, 180)):
        draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)


_DESIGNS: dict[str, tuple[Callable[[Draw, Colour, Colour | None], None], tuple[int, int], Colour, Colour]] = {
    "crest": (_crest, (1280, 1480), _GREEN, (246, 232, 190)),
    "lighthouse": (_lighthouse, (1400, 1400), _NAVY, (250, 244, 222)),
    "anchor": (_anchor, (1280, 1480), _RED, (244, 240, 232)),
    "books": (_books, (1280, 1480), _GREEN, _GOLD),
    "compass": (_compass, (1400, 1400), _NAVY, (236, 242, 250)),
    "tree": (_tree, (1400, 1400), (60, 74, 30), (240, 240, 214)),
}
_WORDS = {"crest": ("WRENMERE", "SCHOOL"), "lighthouse": ("Saltby Haven", "Wrenmere County School")}


def mark(name: str, variant: str = "colour") -> Image.Image:
    """A mark as RGBA: ``colour``, ``mono`` (one ink on nothing) or ``wordmark`` (colour, with the name beside it)."""
    draw_design, size, ink, light = _DESIGNS[name]
    large = Image.new("RGBA", size, (0, 0, 0, 0))
    mono = variant == "mono"
    draw_design(ImageDraw.Draw(large), (24, 24, 24) if mono else ink, None if mono else light)
    badge = large.resize((size[0] // _SCALE, size[1] // _SCALE), Image.Resampling.LANCZOS)
    if variant != "wordmark":
        return badge
    first, second = _WORDS[name]
    big, small = font(84), font(84 if name == "crest" else 48)
    width = badge.width + 40 + round(max(big.getlength(first), small.getlength(second))) + 10
    whole = Image.new("RGBA", (width, badge.height), (0, 0, 0, 0))
    whole.paste(badge, (0, 0))
    draw = ImageDraw.Draw(whole)
    draw.text((badge.width + 40, badge.height // 2 - 100), first, font=big, fill=ink)
    draw.text((badge.width + 40, badge.height // 2 + 10), second, font=small, fill=ink)
    return whole
