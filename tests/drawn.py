"""Pictures drawn by code for cases and tests: faces, codes, writing, and hidden data of every kind."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import font_lato
import numpy as np
import zxingcpp
from PIL import ExifTags, Image, ImageDraw, ImageFilter, ImageFont, PngImagePlugin

from detectors.base import Media
from tests import case_school as school

_FONT = next((Path(font_lato.__file__).parent / "files").glob("*Lato-Regular*"))
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" '
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/">{}</rdf:Description></rdf:RDF></x:xmpmeta>'
)


def face(size: int, skin: tuple[int, int, int] = (224, 180, 150)) -> Image.Image:
    """A drawn face of some two thirds of a square's height, plain enough for a face detector."""
    s = size * 4
    hair, dark = (70, 45, 30), (skin[0] * 9 // 10, skin[1] * 9 // 10, skin[2] * 9 // 10)
    picture = Image.new("RGB", (s, s), (120, 160, 200))
    draw = ImageDraw.Draw(picture)

    def oval(left: float, top: float, right: float, bottom: float, fill: tuple[int, int, int]) -> None:
        draw.ellipse((s * left, s * top, s * right, s * bottom), fill=fill)

    draw.rectangle((s * 0.38, s * 0.75, s * 0.62, s), fill=dark)
    oval(0.22, 0.08, 0.78, 0.75, hair)
    oval(0.26, 0.16, 0.74, 0.88, skin)
    for x in (0.37, 0.63):
        oval(x - 0.07, 0.42, x + 0.07, 0.5, dark)
        oval(x - 0.055, 0.435, x + 0.055, 0.485, (245, 245, 245))
        oval(x - 0.028, 0.432, x + 0.028, 0.488, (60, 40, 30))
        draw.arc((s * (x - 0.08), s * 0.36, s * (x + 0.08), s * 0.46), 200, 340, fill=hair, width=round(s * 0.018))
    draw.polygon([(s * 0.5, s * 0.45), (s * 0.455, s * 0.6), (s * 0.545, s * 0.6)], fill=dark)
    for x in (0.47, 0.53):
        oval(x - 0.015, 0.585, x + 0.015, 0.61, (130, 90, 80))
    draw.chord((s * 0.41, s * 0.62, s * 0.59, s * 0.74), 10, 170, fill=(170, 70, 70))
    return picture.filter(ImageFilter.GaussianBlur(s * 0.008)).resize((size, size))


def code(text: str, form: str = "QRCode", size: int = 240) -> Image.Image:
    """A QR code or barcode with its quiet zone."""
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(form)).to_image(scale=4)
    image = Image.fromarray(np.asarray(made)).convert("RGB")
    if max(image.size) > size:
        image.thumbnail((size, size), Image.Resampling.NEAREST)
    framed = Image.new("RGB", (image.width + 40, image.height + 40), "white")
    framed.paste(image, (20, 20))
    return framed


def writing(lines: list[str], size: int = 34, ink: str = "black", ground: str = "white") -> Image.Image:
    """Lines of writing on a sheet."""
    font = ImageFont.truetype(str(_FONT), size)
    width = max(int(font.getlength(line)) for line in lines) + 80
    sheet = Image.new("RGB", (max(width, 300), 80 + 2 * size * len(lines)), ground)
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 2 * size * number), line, font=font, fill=ink)
    return sheet


def picture(case: Mapping[str, Any]) -> Image.Image:
    """The picture that a case draws, on a scene of 800 by 600 unless it is writing alone.

    ``faces`` of ``face_size`` pixels in rows; ``code`` with its ``form``; ``lines`` of writing.
    """
    if "lines" in case:
        return writing(case["lines"], case.get("size", 34), case.get("ink", "black"), case.get("ground", "white"))
    scene = school.scene(case.get("scene", 1)).resize((800, 600))
    side = case.get("face_size", 200)
    for number in range(case.get("faces", 0)):
        place = (10 + number * side % (800 - side or 1), 10 + number * side // (800 - side or 1) * side)
        scene.paste(face(side, tuple(case.get("skin", (224, 180, 150)))), place)
    for number, text in enumerate([case["code"]] if isinstance(case.get("code"), str) else case.get("code", [])):
        scene.paste(code(text, case.get("form", "QRCode")), (60 + 380 * number, 120))
    if "blurred" in case:
        scene = scene.filter(ImageFilter.GaussianBlur(case["blurred"]))
    return scene.rotate(case["turned"], expand=True) if "turned" in case else scene


def _exif(case: Mapping[str, Any], thumbnail: Image.Image | None) -> bytes:
    exif = Image.Exif()
    for name, value in case.get("exif", {}).items():
        exif[ExifTags.Base[name]] = value
    if "camera" in case:
        exif.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base[k]: v for k, v in case["camera"].items()})
    if "position" in case:
        north, east = case["position"]
        exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: _degrees(north), 3: "W", 4: _degrees(east)})
    return exif.tobytes() if thumbnail is None else with_thumbnail(exif, thumbnail)


def _degrees(value: float) -> tuple[float, float, float]:
    return float(int(value)), float(int(value * 60 % 60)), round(value * 3600 % 60, 2)


def with_thumbnail(exif: Image.Exif, thumbnail: Image.Image, length: int | None = None) -> bytes:
    """EXIF bytes with a thumbnail in a second directory (Exif 3.0, 4.5.8), ``length`` being what it claims to have."""
    stream = io.BytesIO()
    thumbnail.convert("RGB").save(stream, "JPEG")
    data = stream.getvalue()
    first = exif.tobytes()[6:]
    order = "little" if first[:2] == b"II" else "big"
    start = int.from_bytes(first[4:8], order)
    entries = int.from_bytes(first[start : start + 2], order)
    link = start + 2 + 12 * entries
    second = len(first) + len(first) % 2
    body = bytearray(first.ljust(second, b"\0"))
    body[link : link + 4] = second.to_bytes(4, order)
    rows = [(0x0201, second + 2 + 24 + 4), (0x0202, len(data) if length is None else length)]
    body += len(rows).to_bytes(2, order)
    for tag, value in rows:
        body += tag.to_bytes(2, order) + (4).to_bytes(2, order) + (1).to_bytes(4, order) + value.to_bytes(4, order)
    return b"Exif\0\0" + bytes(body) + b"\0\0\0\0" + data


def _iptc(records: Mapping[str, str]) -> bytes:
    """An APP13 segment's content with IPTC records, by number, as in "80" for the by-line."""
    body = b"".join(b"\x1c\x02" + bytes([int(n)]) + len(v).to_bytes(2, "big") + v.encode() for n, v in records.items())
    block = b"8BIM\x04\x04\0\0" + len(body).to_bytes(4, "big") + body + b"\0" * (len(body) % 2)
    segment = b"Photoshop 3.0\0" + block
    return b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment


def content(case: Mapping[str, Any]) -> bytes:
    """The file of a case's picture.

    ``format`` with ``exif``, ``camera``, ``position``, ``xmp``, ``iptc``, ``author``; ``cropped`` keeps a thumbnail of the whole.
    """
    image, form = picture(case), case.get("format", "JPEG")
    thumbnail = None
    if "cropped" in case:
        thumbnail = image.resize((160, 120))
        left, top, right, bottom = case["cropped"]
        image = image.crop((left, top, right, bottom))
    elif case.get("thumbnail"):
        thumbnail = image.resize((160, 120))
    save: dict[str, Any] = {"exif": _exif(case, thumbnail)}
    if "xmp" in case:
        save["xmp"] = _XMP.format(case["xmp"]).encode()
    if form == "PNG":
        save["pnginfo"] = info = PngImagePlugin.PngInfo()
        info.add_text("Author", case.get("author", ""))
        info.add_itxt("XML:com.adobe.xmp", save.pop("xmp", b"").decode())
    stream = io.BytesIO()
    image.save(stream, form, **save)
    data = stream.getvalue()
    return data[:2] + _iptc(case["iptc"]) + data[2:] if "iptc" in case else data


def media(case: Mapping[str, Any]) -> Media:
    """A case's picture as an item's media."""
    data = content(case)
    form = case.get("format", "JPEG").lower()
    return Media(path="picture", presence="present", encoding_format=f"image/{form}", load=lambda: data)
