"""Which words are common in English: those that the shipped names model's tokenizer keeps whole, of 30,000."""

from __future__ import annotations

import json
from functools import cache

from detectors.lexicons import DATA

_TOKENIZER = DATA / "model" / "onnx_names" / "tokenizer.json"
_ENDINGS = ("s", "es", "d", "ed", "ing", "ly", "er", "ers", "y", "ish")


@cache
def _vocabulary() -> frozenset[str]:
    pieces = json.loads(_TOKENIZER.read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(piece for piece in pieces if piece.isalpha() and len(piece) > 1)


def is_common_word(word: str) -> bool:
    """Whether a word in small letters, or what is left without a usual ending, is common in English."""
    known = _vocabulary()
    return word in known or any(word.endswith(end) and word[: -len(end)] in known for end in _ENDINGS)
