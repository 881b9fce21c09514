"""Word documents (DOCX, ECMA-376): the whole text in the order of the document, and the pictures within."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import docx
from docx.opc.exceptions import OpcError
from docx.opc.part import Part as PackagePart
from docx.oxml import parse_xml
from lxml import etree

from detectors.base import Media
from pipelines.readers.limits import current
from pipelines.readers.media import base_name, check_picture, declared, sniff
from pipelines.readers.source import DAMAGE, TooLargeError

# The container of Microsoft's older formats, and of newer ones under a password ([MS-CFB] 2.2, [MS-OFFCRYPTO] 2.3.4.5).
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = "EncryptedPackage".encode("utf-16-le")
# Beyond what an office writes; what the directory says bounds what is unpacked.
MAX_MEMBERS = 10_000
BROKEN: tuple[type[Exception], ...] = (*DAMAGE, OpcError, etree.LxmlError, KeyError, AttributeError, IndexError)

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# Parts with text of their own, in the order in which they are read around the body.
_BEFORE, _AFTER = ("header",), ("footer", "footnotes", "endnotes", "comments")
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}
# Deleted and moved-away text is not shown; nor are the codes of fields.
_UNSEEN = frozenset((f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", f"{_W}instrText", f"{_W}delText", _FALLBACK))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture within the document: its member, its bytes' facts and its alternative text."""

    media: Media
    alt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """What a document holds: its title, its text with a line for each paragraph, its pictures in their order."""

    title: str = field(repr=False)
    text: str = field(repr=False)
    pictures: tuple[Picture, ...] = field(repr=False)


def read_document(data: bytes, name: str, load: Callable[[], bytes]) -> Document:
    """Reads a document's bytes; raises one of BROKEN where it is none, TooLargeError beyond the limits.

    ``load`` gives the document's bytes again, and is kept by the pictures' own loaders.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
    if len(infos) > MAX_MEMBERS or sum(i.file_size for i in infos) > 4 * current().in_memory_bytes:
        raise TooLargeError("unpacks to more than the limits allow")
    document = docx.Document(io.BytesIO(data))
    parts = [*_around(document.part, _BEFORE), document.part, *_around(document.part, _AFTER)]
    trees = [(part, part.element if hasattr(part, "element") else parse_xml(part.blob)) for part in parts]
    text = "\n".join(line for _, tree in trees for line in _lines(tree))
    pictures: dict[str, Picture] = {}
    for part, tree in trees:
        for picture in _pictures(part, tree, name, load):
            pictures.setdefault(picture.media.path, picture)
    title = document.core_properties.title or ""
    return Document(str(title).strip(), text, tuple(pictures.values()))


def load_inner(load: Callable[[], bytes], member: str) -> bytes:
    """The bytes of a member of a document; OSError where it cannot be read any more."""
    data = load()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(member).file_size > current().in_memory_bytes:
                raise TooLargeError("too large to load")
            return archive.read(member)
    except OSError:
        raise
    except BROKEN:
        raise OSError("the document has changed or is damaged") from None


def _around(main: PackagePart, kinds: tuple[str, ...]) -> Iterator[PackagePart]:
    """The parts of those kinds that the document refers to, each once, by their names."""
    for kind in kinds:
        found = {
            str(r.target_part.partname): r.target_part
            for r in main.rels.values()
            if not r.is_external and r.reltype.rpartition("/")[2] == kind
        }
        yield from (part for _, part in sorted(found.items()))


def _lines(tree: etree._Element) -> Iterator[str]:
    """The lines of a part: a paragraph is one, a row of a table is one with tabs between its cells."""
    for child in tree:
        if child.tag in _UNSEEN or not isinstance(child.tag, str):
            continue
        if child.tag == f"{_W}p":
            yield from _paragraph(child)
        elif child.tag == f"{_W}tbl":
            for row in _rows(child):
                yield "\t".join("\n".join(_lines(cell)) for cell in row)
        else:
            yield from _lines(child)


def _rows(table: etree._Element) -> Iterator[list[etree._Element]]:
    """The cells of each row, also of rows and cells that stand in controls or tracked changes."""
    for row in _nearest(table, f"{_W}tr", f"{_W}tbl"):
        yield list(_nearest(row, f"{_W}tc", f"{_W}tbl"))


def _nearest(tree: etree._Element, tag: str, stop: str) -> Iterator[etree._Element]:
    for child in tree:
        if child.tag == tag:
            yield child
        elif child.tag not in _UNSEEN and child.tag != stop:
            yield from _nearest(child, tag, stop)


def _paragraph(paragraph: etree._Element) -> Iterator[str]:
    """A paragraph's text where it has any, then the lines of the text boxes that are anchored in it."""
    said: list[str] = []
    boxes: list[etree._Element] = []
    _gather(paragraph, said, boxes)
    if text := "".join(said).rstrip():
        yield text
    for box in boxes:
        yield from _lines(box)


def _gather(tree: etree._Element, said: list[str], boxes: list[etree._Element]) -> None:
    for child in tree:
        tag = child.tag
        if tag in _UNSEEN or not isinstance(tag, str):
            continue
        if tag == f"{_W}txbxContent":
            boxes.append(child)
        elif tag == f"{_W}t" or tag.endswith("/math}t"):
            said.append(child.text or "")
        elif tag.startswith(_W) and tag.removeprefix(_W) in _SIGNS:
            said.append(_SIGNS[tag.removeprefix(_W)])
        else:
            _gather(child, said, boxes)


def _pictures(part: PackagePart, tree: etree._Element, name: str, load: Callable[[], bytes]) -> Iterator[Picture]:
    """The pictures that a part shows, in its order; those that lie elsewhere are addresses only."""
    for node in tree.iter():
        if not isinstance(node.tag, str) or (rid := _shown(node)) is None or rid not in part.rels:
            continue
        link = part.rels[rid]
        if link.is_external:
            yield Picture(
                Media("", str(link.target_ref), "missing", declared_format=declared(link.target_ref)), _alt(node)
            )
            continue
        member, data = str(link.target_part.partname).lstrip("/"), link.target_part.blob
        kind = sniff(data)
        claimed = declared(base_name(member))
        state = (
            check_picture(data, kind) if kind.startswith("image/") else "damaged" if claimed or not data else "present"
        )
        yield Picture(
            Media(
                path=f"{name}/{member}",
                presence=state,
                encoding_format=kind,
                declared_format=claimed,
                sha256=hashlib.sha256(data).hexdigest(),
                size=len(data),
                load=partial(load_inner, load, member) if state == "present" else None,
            ),
            _alt(node),
        )


def _shown(node: etree._Element) -> str | None:
    """The relationship of the picture that an element shows: DrawingML's ``blip``, or VML's ``imagedata``."""
    if str(node.tag).endswith("/main}blip"):
        return node.get(f"{_R}embed") or node.get(f"{_R}link")
    return node.get(f"{_R}id") if str(node.tag).endswith("vml}imagedata") else None


def _alt(node: etree._Element) -> str:
    """The alternative text that stands on the frame around a picture."""
    for around in node.iterancestors():
        tag = str(around.tag).rpartition("}")[2]
        if tag in ("inline", "anchor"):
            frame = next((c for c in around if str(c.tag).endswith("}docPr")), None)
            return "" if frame is None else (frame.get("descr") or frame.get("title") or "").strip()
        if tag == "shape":
            return (around.get("alt") or "").strip()
    return ""
