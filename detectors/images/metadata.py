"""What a picture's file says beside the picture: EXIF, XMP, IPTC, PNG texts, and the thumbnail inside it.

Sources: Exif 3.0 (CIPA DC-008), XMP (ISO 16684-1), IPTC IIM 4.2 and the IPTC Photo Metadata Standard, Pillow's own documentation.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

import imagehash
import numpy as np
from defusedxml import DefusedXmlException, ElementTree
from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from detectors.base import HiddenData

MAX_BYTES = 4 << 20  # of XMP or EXIF; cameras and programs write some kilobytes, sometimes a preview
_MAX_THUMBNAIL_PIXELS = 4_000_000
_MAX_THUMBNAIL_BITS = (
    20  # of 64; a thumbnail of the same picture differs by at most some 10, a cropped one by 25 or more
)
_MAX_VALUE = 200  # characters kept of a value
_NOBODY = re.compile(
    r"\W*(?:unknown|none|null|user|owner|admin(?:istrator)?|author|photographer|default|camera|picasa|canva|adobe.*|microsoft.*|n/?a)?\W*",
    re.IGNORECASE,
)

# How the values of the Orientation tag are put right, as in ImageOps.exif_transpose.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PERSON_TAGS = {0x013B: "Artist", 0x9C9D: "XPAuthor"}
_PERSON_TAGS_OF_CAMERA = {0xA430: "CameraOwnerName", 0xA437: "Photographer", 0xA438: "ImageEditor"}
_DEVICE_TAGS = {0x010F: "Make", 0x0110: "Model", 0x013C: "HostComputer"}
_SERIAL_TAGS = {0xC62F: "CameraSerialNumber"}
_SERIAL_TAGS_OF_CAMERA = {0xA431: "BodySerialNumber", 0xA435: "LensSerialNumber"}
# By the name without its namespace; who depicts, who is depicted, and who wrote it down.
_XMP = {
    "GPSLatitude": "position",
    "Sublocation": "place",
    "Location": "place",
    "creator": "person",
    "Author": "person",
    "CaptionWriter": "person",
    "CiEmailWork": "person",
    "CiTelWork": "person",
    "OwnerName": "person",
    "CameraOwnerName": "person",
    "PersonInImage": "person",
    "PersonDisplayName": "person",
    "Make": "device",
    "Model": "device",
    "SerialNumber": "serial",
    "BodySerialNumber": "serial",
    "LensSerialNumber": "serial",
}
_REGIONS = "metadataworkinggroup.com/schemas/regions"  # faces that a program or a person has put names to
_IPTC = {(2, 80): ("person", "By-line"), (2, 122): ("person", "Writer"), (2, 92): ("place", "Sub-location")}


def hidden_data(picture: Image.Image) -> tuple[HiddenData, ...]:
    """Everything found in a picture that has been decoded; what is broken or too long is passed over."""
    found: dict[tuple[str, str], HiddenData] = {}
    for read in (_exif, _xmp, _iptc, _png):
        try:
            for one in read(picture):
                found.setdefault((one.what, one.tag), one)
        except _BROKEN:
            continue
    return tuple(found.values())


_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OSError,
    EOFError,
    SyntaxError,
    OverflowError,
    ZeroDivisionError,
    AttributeError,
    struct.error,
    RecursionError,
    DefusedXmlException,
    Image.DecompressionBombError,
)


def _exif(picture: Image.Image) -> Iterator[HiddenData]:
    raw = picture.info.get("exif", b"")
    if isinstance(raw, bytes) and len(raw) > MAX_BYTES:
        return
    exif = picture.getexif()
    if not exif:
        return
    position = exif.get_ifd(ExifTags.IFD.GPSInfo)
    if _is_place(position):
        yield HiddenData("position", "EXIF GPSLatitude")
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    tables: tuple[tuple[str, dict[int, str], Any], ...] = (
        ("person", _PERSON_TAGS, exif),
        ("person", _PERSON_TAGS_OF_CAMERA, camera),
        ("device", _DEVICE_TAGS, exif),
        ("serial", _SERIAL_TAGS, exif),
        ("serial", _SERIAL_TAGS_OF_CAMERA, camera),
    )
    for what, tags, values in tables:
        for tag, name in tags.items():
            value = _text(values.get(tag))
            if value and not (what == "person" and _NOBODY.fullmatch(value)):
                yield HiddenData(what, f"EXIF {name}", value)


def _is_place(position: Any) -> bool:
    """Whether a GPS directory holds a latitude and a longitude that are not both nought, as some programs leave them."""
    degrees = []
    for tag in (2, 4):
        values = position.get(tag)
        if values is None:
            return False
        parts = [float(v) for v in (values if isinstance(values, tuple | list) else (values,))]
        degrees.append(sum(v / 60**n for n, v in enumerate(parts)))
    return bool(any(degrees)) and all(np.isfinite(d) for d in degrees) and degrees[0] <= 90 and degrees[1] <= 180


def _text(value: Any) -> str:
    """A tag's value as text; XP tags are UTF-16, some writers end theirs with zeros."""
    if isinstance(value, bytes):
        value = value.decode("utf-16-le" if value[1:2] == b"\0" else "utf-8", "replace")
    return str(value).replace("\0", " ").strip()[:_MAX_VALUE] if isinstance(value, str | int) else ""


def thumbnail(picture: Image.Image) -> Image.Image | None:
    """The small picture inside an opened picture's EXIF, in grey turned as the picture is shown; None where there is none."""
    raw = picture.info.get("exif", b"")
    if not isinstance(raw, bytes) or not 0 < len(raw) <= MAX_BYTES:
        return None
    try:
        exif = picture.getexif()
        directory = exif.get_ifd(ExifTags.IFD.IFD1)
        start, length = int(directory[513]), int(directory[514])
        body = raw.removeprefix(b"Exif\0\0")
        with Image.open(io.BytesIO(body[start : start + length]), formats=("JPEG",)) as small:
            if small.width * small.height > _MAX_THUMBNAIL_PIXELS:
                return None
            turned = _TURNS.get(exif.get(ExifTags.Base.Orientation, 1))
            grey = small.convert("L")
            return grey if turned is None else grey.transpose(turned)
    except _BROKEN:
        return None


def is_another(small: Image.Image, shown: Image.Image) -> bool:
    """Whether a thumbnail is not of the picture shown: mostly of what the picture was before it was cropped."""
    small, shown = _without_bars(small), shown.convert("L")
    if min(*small.size, *shown.size) < 16 or _is_plain(small) or _is_plain(shown):
        return False
    return int(imagehash.phash(small) - imagehash.phash(shown)) > _MAX_THUMBNAIL_BITS


def _without_bars(grey: Image.Image) -> Image.Image:
    """The thumbnail without the black bars that cameras fill it up with."""
    pixels = np.asarray(grey)
    rows, columns = np.flatnonzero(pixels.max(axis=1) > 24), np.flatnonzero(pixels.max(axis=0) > 24)
    if not len(rows) or not len(columns):
        return grey
    return grey.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def _is_plain(grey: Image.Image) -> bool:
    """Whether there is too little in it for its hash to mean anything."""
    return float(np.asarray(grey.resize((32, 32))).std()) < 8


def _xmp(picture: Image.Image) -> Iterator[HiddenData]:
    raw = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    raw = raw.encode() if isinstance(raw, str) else raw
    if not raw or len(raw) > MAX_BYTES:
        return
    start, end = raw.find(b"<"), raw.rfind(b">")
    root = ElementTree.fromstring(raw[start : end + 1], forbid_dtd=True)
    for element in root.iter():
        values = [(element.tag, "".join(element.itertext())), *element.attrib.items()]
        for name, value in values:
            namespace, _, local = str(name).rpartition("}")
            what = "person" if local == "Name" and _REGIONS in namespace else _XMP.get(local, "")
            text = " ".join(value.split())[:_MAX_VALUE]
            if what and text and not (what == "person" and _NOBODY.fullmatch(text)):
                yield HiddenData(what, f"XMP {local}", text)


def _iptc(picture: Image.Image) -> Iterator[HiddenData]:
    info = (IptcImagePlugin.getiptcinfo(picture) if isinstance(picture, ImageFile.ImageFile) else None) or {}
    for key, (what, name) in _IPTC.items():
        values = info.get(key)
        for value in values if isinstance(values, list) else [values]:
            text = _text(value)
            if text and not (what == "person" and _NOBODY.fullmatch(text)):
                yield HiddenData(what, f"IPTC {name}", text)


def _png(picture: Image.Image) -> Iterator[HiddenData]:
    """Registered keywords of PNG text chunks (PNG 3rd edition, 11.3.3): Author."""
    author = picture.info.get("Author")
    if isinstance(author, str) and not _NOBODY.fullmatch(author):
        yield HiddenData("person", "PNG Author", author.strip()[:_MAX_VALUE])
