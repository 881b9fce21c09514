"""What the names model is trained on: a text and where in it people are named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Post:
    """A text and its PERSON spans: (start, end) in code points, end exclusive, in order, without overlap."""

    text: str = field(repr=False)
    spans: tuple[tuple[int, int], ...] = field(default=(), repr=False)


def joined(pieces: Iterable[tuple[str, bool]]) -> Post:
    """A post from pieces of text, each with whether it is a name. Space at a name's ends stays outside its span."""
    text, spans = "", []
    for piece, is_name in pieces:
        if is_name and piece.strip():
            start = len(text) + len(piece) - len(piece.lstrip())
            spans.append((start, start + len(piece.strip())))
        text += piece
    return Post(text, tuple(spans))
