"""The PE department's site, as a mirror of its pages in a folder."""

from __future__ import annotations

import posixpath
from pathlib import Path
from xml.sax.saxutils import escape

from exports import Truth, write_file
from markup import images_of, records, strip, text_of
from scenes import encode, picture

_NAME = "site-mirror"
_FOOT = "Wrenmere School, PE office. Typed on Sundays."


def site_mirror(folder: Path, truth: Truth) -> None:
    """Pages in folders and the pictures that they show."""
    everything = list(records("mirror"))
    specs = {strip(fields[0]): fields[1] for fields, _, sign in everything if sign == "@@"}
    for path, spec in specs.items():
        write_file(folder / _NAME / path, encode(picture(spec), path))
    for fields, body, sign in everything:
        if sign == "==":
            write_file(folder / _NAME / fields[0], _page(truth, fields[0], fields[1], body, specs))


def _page(truth: Truth, path: str, title: str, body: str, specs: dict[str, str]) -> bytes:
    place = (_NAME, path, "")
    truth.text(place, "title", title)
    truth.text(place, "text", text_of(body))
    for i, (src, alt) in enumerate(images_of(body)):
        truth.text(place, f"alt:{i}", alt)
        truth.text(place, f"filename:{i}", src.rsplit("/", 1)[1])
        truth.picture(
            place, f"media:{i}", specs[posixpath.normpath(posixpath.join(posixpath.dirname(path), strip(src)))]
        )
    home = "../" * path.count("/")
    old = path.endswith(".htm")
    charset = "windows-1252" if old else "utf-8"
    lines = [
        "<!doctype html>",
        '<html lang="en-GB">',
        f'<head><meta charset="{charset}"><title>{escape(title)}</title></head>',
        "<body>",
        f'<div class="top"><a href="{home}index.html">Sport and trips</a></div>',
        strip(body),
        f'<div class="foot">{_FOOT}</div>',
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines).encode(charset)
