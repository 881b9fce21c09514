"""HTML as a reader sees it: the full text with a line for each block, and the pictures. No boilerplate is removed."""

from __future__ import annotations

import codecs
import html as entities
import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Elements that begin and end a line (HTML Standard, 15.3 "Non-replaced elements": display block, list-item, table-row).
_BLOCK_NAMES = (
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre "
    "search section summary table tbody tfoot thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN = frozenset(("script", "style", "template", "head", "title"))
_CELLS = frozenset(("td", "th"))
# Mark-up that WordPress replaces when it shows a post (Shortcode API): the text between the marks stays.
_SHORTCODES = re.compile(r"\[/?(?:caption|gallery|audio|video|embed|playlist)(?:\s[^\[\]]*)?\]")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_GAPS = re.compile(r"[ \t\n\r\f\v]+")
_LINE_SIGNS = "\t\n\r\f\v"
_TABS = re.compile(r" ?\t[ \t]*")
_SPACES = re.compile(r"  +")
_CLASSIC = re.compile(r"<(p|div|h[1-6]|ul|table)\b", re.IGNORECASE)
# What an ordinary post does not hold: elements not seen, or that tell of the page, or whose content follows rules of its own.
_SPECIAL = _UNSEEN - {"head"} | _CELLS | {"link", "math", "plaintext", "pre", "svg", "textarea"}
# The parser looks for an open paragraph through all that is open at every block: a page of nothing but <div> takes it time
# with the square of their number (lexbor in selectolax 0.4: 15 s for 100,000). Beyond so many steps, some 5 to 15 s, the page is
# read without its tree.
_MOST_STEPS = 2_000_000_000
_FEW_TAGS = 20_000
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.IGNORECASE)
# Elements that hold nothing, or that the next of their kind closes.
_SHUT_NAMES = (
    "area base br col embed hr img input link meta param source track wbr p li dt dd option optgroup tr td th tbody thead "
    "tfoot rb rt rp rtc"
)
_SHUT = frozenset(_SHUT_NAMES.split())


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a page: where it says it lies, and its alternative text."""

    src: str = field(repr=False)
    alt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader gets out of a piece of HTML."""

    title: str = field(repr=False)
    text: str = field(repr=False)
    pictures: tuple[Picture, ...] = field(repr=False)
    canonical: str = field(default="", repr=False)


def read_page(html: str, keep_lines: bool = False) -> Page:
    """Text, title and pictures of a page or fragment.

    With ``keep_lines`` a line's end in the source ends a line too.
    """
    if "<" not in html and "&" not in html and "\0" not in html:
        # Halves of surrogate pairs are lost to the parser too.
        plain = html if html.isascii() else html.encode("utf-8", "ignore").decode("utf-8")
        return Page("", _tidy(plain if keep_lines else _on_one_line(plain)), ())
    if _is_endless(html):
        return Page("", _tidy(entities.unescape(re.sub(r"<[^<>]*>", "\n", html))), ())
    tree = LexborHTMLParser(html)
    return _read_ordinary(tree, html, keep_lines) or _read_any(tree, keep_lines)


def _read_ordinary(tree: LexborHTMLParser, html: str, keep_lines: bool) -> Page | None:
    """Text and pictures as ``_read_any`` gives them, in a fraction of the time; None where something special is in the tree.

    A mark is set in the tree before and behind each block, so that the library can join all text. NUL serves, as no text that
    was parsed holds it.
    """
    if tree.root is None or "\0" in html or "<![CDATA[" in html:
        return None
    pictures: dict[str, str] = {}
    blocks: list[LexborNode] = []
    breaks: list[LexborNode] = []
    for node in tree.root.traverse(include_text=False):
        tag = node.tag or ""
        if tag in _SPECIAL:
            return None
        if tag == "br":
            breaks.append(node)
        elif tag in _BLOCKS:
            if tag not in ("html", "body"):
                blocks.append(node)
        elif tag == "img":
            _add_picture(node, pictures)
    for node in breaks:
        node.insert_before("\0")
    for node in blocks:
        node.insert_before("\0")
        node.insert_after("\0")
    text = tree.root.text()
    text = (text if keep_lines else _on_one_line(text)).replace("\0", "\n")
    return Page("", _tidy(text), _given(pictures))


def _on_one_line(text: str) -> str:
    """All that ``_GAPS`` matches as spaces, which ``_tidy`` makes one: several times as fast as the expression."""
    for sign in _LINE_SIGNS:
        text = text.replace(sign, " ")
    return text


def _given(pictures: dict[str, str]) -> tuple[Picture, ...]:
    return tuple(Picture("" if src.startswith("data:") else src, alt) for src, alt in pictures.items())


def _read_any(tree: LexborHTMLParser, keep_lines: bool) -> Page:
    text: list[str] = []
    pictures: dict[str, str] = {}
    if tree.root is not None:
        _walk(tree.root, text, pictures, keep_lines)
    title = tree.css_first("title")
    link = tree.css_first('link[rel="canonical"]')
    return Page(
        title=_GAPS.sub(" ", title.text()).strip() if title is not None else "",
        text=_tidy("".join(text)),
        pictures=_given(pictures),
        canonical=(link.attributes.get("href") or "") if link is not None else "",
    )


def read_post(content: str) -> Page:
    """A post's content as WordPress shows it.

    In the classic editor line ends count (wpautop), in blocks they do not.
    """
    classic = "<!-- wp:" not in content and _CLASSIC.search(content) is None
    return read_page(_SHORTCODES.sub("", content) if "[" in content else content, keep_lines=classic)


def decode(data: bytes) -> str:
    """A page's characters: by byte order mark, then ``<meta charset>``, then UTF-8, else Windows-1252."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff")
    match = _CHARSET.search(data[:4096])
    for encoding in (match.group(1).decode("ascii") if match else "utf-8", "utf-8"):
        try:
            return data.decode("cp1252" if encoding.lower() in ("iso-8859-1", "latin1", "us-ascii") else encoding)
        except (LookupError, UnicodeError):
            continue
    return data.decode("cp1252", "replace")


def _walk(root: LexborNode, text: list[str], pictures: dict[str, str], keep_lines: bool) -> None:
    """Goes through the tree without recursion, as pages may nest a thousand deep."""
    todo: list[tuple[LexborNode | None, str, bool]] = [(root, "", keep_lines)]
    while todo:
        node, after, as_is = todo.pop()
        if node is None:
            text.append(after)
            continue
        if node.next is not None and node is not root:
            todo.append((node.next, "", as_is))
        if node.is_text_node:
            content = node.text_content or ""
            text.append(content if as_is else _GAPS.sub(" ", content))
        elif node.is_element_node:
            _enter(node, todo, text, pictures, as_is)


def _enter(
    node: LexborNode,
    todo: list[tuple[LexborNode | None, str, bool]],
    text: list[str],
    pictures: dict[str, str],
    as_is: bool,
) -> None:
    tag = node.tag or ""
    if tag in _UNSEEN:
        return
    if tag == "br":
        text.append("\n")
    elif tag == "img":
        _add_picture(node, pictures)
    edge = "\n" if tag in _BLOCKS else "\t" if tag in _CELLS else ""
    if edge:
        text.append(edge)
        todo.append((None, edge, as_is))
    if node.child is not None:
        todo.append((node.child, "", as_is or tag in ("pre", "textarea")))


def _add_picture(node: LexborNode, pictures: dict[str, str]) -> None:
    """Adds an image once: pages that load pictures late name it in a data attribute and again in noscript."""
    said = node.attributes
    sources = ((said.get(key) or "").strip() for key in ("src", "data-src", "data-image", "data-lazy-src"))
    source = next((s for s in sources if s and not s.startswith("data:")), "")
    alt = (said.get("alt") or "").strip()
    if source or alt:
        key = source or f"data:{alt}"
        pictures[key] = pictures.get(key) or alt


def _is_endless(html: str) -> bool:
    """Whether so much is nested that the parser would not end."""
    if html.count("<") < _FEW_TAGS:
        return False
    steps = depth = 0
    for match in _TAG.finditer(html):
        if match.group(1):
            depth = max(depth - 1, 0)
        elif match.group(2).lower() not in _SHUT:
            depth += 1
        steps += depth
    return steps > _MOST_STEPS


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return "\n".join([_tidy_line(line.strip()) for line in lines if line.strip(" \t")])


def _tidy_line(line: str) -> str:
    if "\t" in line:
        line = _TABS.sub("\t", line)
    return _SPACES.sub(" ", line) if "  " in line else line
