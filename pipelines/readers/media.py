"""Pictures and documents of items: what the bytes are, whether they are whole, and how to load them later."""

from __future__ import annotations

import io
import warnings
from pathlib import PurePosixPath
from typing import NamedTuple
from weakref import WeakKeyDictionary

from PIL import Image, UnidentifiedImageError

from detectors.base import Media, Presence
from pipelines.readers.limits import current
from pipelines.readers.source import DAMAGE, Source, TooLargeError, stream_digest

# Signatures at offset 0: https://www.iana.org/assignments/media-types and the formats' own specifications.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
)
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}
_BY_NAME = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpe": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
# Formats that the picture library cannot open (HEIC) or that are drawings in XML: whether they are whole is not
# checked.
_NOT_WHOLE: tuple[type[Exception], ...] = (UnidentifiedImageError, SyntaxError, LookupError, *DAMAGE)
_UNCHECKED = {"image/heic", "image/svg+xml"}


def sniff(head: bytes) -> str:
    """The MIME type that the first bytes show, empty where they show none."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if b"<svg" in head[:1024].lower():
        return "image/svg+xml"
    return ""


def declared(name: str) -> str:
    """The MIME type that a file name's ending claims, empty where it is none we know."""
    path = name.partition("?")[0]
    stem, dot, ending = path.rpartition(".")
    # The path's own parser, which costs several times as much, is asked for what is not an ordinary name only.
    if not (dot and stem and stem[-1] != "/" and ending.isalnum()):
        ending = PurePosixPath(path).suffix.lstrip(".")
    return _BY_NAME.get(ending.lower(), "")


def base_name(path: str) -> str:
    """The file's name without folders, query or fragment: what a visitor sees of it."""
    if "\\" in path:
        path = path.replace("\\", "/")
    return path.partition("#")[0].partition("?")[0].rstrip("/").rpartition("/")[2]


def check_picture(data: bytes, kind: str) -> Presence:
    """Whether a picture's bytes are whole, by its headers and end marks only.

    Pictures too large to decode are refused: Pillow's own limits are a warning, and an error at twice as many pixels.
    """
    if kind in _UNCHECKED:
        return "present"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                if picture.width * picture.height > current().pixels:
                    return "refused"
                picture.verify()
    except Image.DecompressionBombError:
        return "refused"
    except _NOT_WHOLE:
        return "damaged"
    return "damaged" if _is_cut_short(data, kind) else "present"


def _is_cut_short(data: bytes, kind: str) -> bool:
    """Whether a JPEG lacks its end mark after the last scan (ITU-T T.81, B.2.1), a WebP its length (RFC 9649)."""
    if kind == "image/jpeg":
        scan = data.rfind(b"\xff\xda")
        return data.find(b"\xff\xd9", max(scan, 0)) < 0
    if kind == "image/webp":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return False


def media(source: Source, given: str, url: str = "", claimed: str = "") -> Media:
    """The Media for a path that an export gives: found in the source, or missing. Never raises."""
    return media_at(source, source.find(given) if given else "", given, url, claimed)


def media_at(source: Source, name: str, given: str, url: str = "", claimed: str = "") -> Media:
    """The Media for a path whose member has been looked for: ``name``, empty where there is none. Never raises."""
    said = claimed or declared(given or url)
    if not name:
        return Media(given, url, "missing", declared_format=said)
    known = _known.setdefault(source, {})
    key = (name, said.startswith("image/") and said != "image/svg+xml")
    if key not in known:
        known[key] = _read(source, *key)
    found = known[key]
    return Media(
        path=name,
        url=url,
        presence=found.presence,
        encoding_format=found.kind,
        declared_format=said,
        sha256=found.sha256,
        size=found.size,
        load=source.loader(name) if found.presence == "present" else None,
    )


class _Found(NamedTuple):
    """What reading a file has shown."""

    presence: Presence
    kind: str = ""
    sha256: str = ""
    size: int = 0


# Posts may name one file any number of times; it is read once, or a few bytes could ask for terabytes.
_known: WeakKeyDictionary[Source, dict[tuple[str, bool], _Found]] = WeakKeyDictionary()


def _read(source: Source, name: str, is_said_picture: bool) -> _Found:
    most = current().in_memory_bytes
    try:
        with source.open(name) as stream:
            digest, size, data = stream_digest(stream, most + 1)
    except TooLargeError:
        return _Found("refused")
    except DAMAGE:
        return _Found("damaged")
    kind = sniff(data)
    if not kind.startswith("image/"):
        presence: Presence = "damaged" if not size or is_said_picture else "present"
    else:
        presence = "refused" if size > most else check_picture(data, kind)
    return _Found(presence, kind, digest, size)
