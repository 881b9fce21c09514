"""Texts → WordPiece ids, shapes of words and where each word stands: what the names model reads, in training and at run time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, Split
from tokenizers.pre_tokenizers import Sequence as PreTokenizers

# Labels of a word. A name begins with B and goes on with I.
O, B, I = 0, 1, 2  # noqa: E741 - IOB's own letters
LABELS = ("O", "B-PERSON", "I-PERSON")

# The vocabulary is uncased, so how a word is cased is said beside it.
UNCASED, LOWER, TITLE, UPPER, CAPITAL, MIXED = range(6)
SHAPES = 6


def build_tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    """BERT's uncased tokenizer, but symbols are words of their own, so that an emoji typed against a name does not hide it."""
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=60))  # noqa: S106 - BERT's word
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    symbols = Split(Regex(r"[\p{S}\p{Co}\p{Cn}]+[\x{FE0F}\x{200D}]*"), "isolated")
    tokenizer.pre_tokenizer = PreTokenizers([symbols, BertPreTokenizer()])
    return tokenizer


def special_ids(tokenizer: Tokenizer) -> tuple[int, int]:
    """The ids of [CLS] and [SEP], which stand before and after what is read together."""
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    if cls is None or sep is None:
        raise ValueError("the vocabulary lacks [CLS] or [SEP]")
    return cls, sep


@dataclass(frozen=True, slots=True)
class Pieces:
    """One text. ``ids`` and ``shapes`` have an entry a piece; ``first`` has the index of each word's first piece.

    ``starts`` and ``ends`` are the words' code points in the text, end exclusive.
    """

    ids: NDArray[np.int64] = field(repr=False)
    shapes: NDArray[np.int64] = field(repr=False)
    first: NDArray[np.int64] = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    ends: NDArray[np.int64] = field(repr=False)


def split(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Pieces]:
    """Each text's pieces, without [CLS] and [SEP]."""
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [_pieces(text, e) for text, e in zip(texts, encodings, strict=True)]


def _pieces(text: str, encoding: Any) -> Pieces:
    ids = np.asarray(encoding.ids, dtype=np.int64)
    words = np.asarray(encoding.word_ids, dtype=np.int64)
    offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    new = np.ones(len(ids), dtype=bool)
    new[1:] = words[1:] != words[:-1]
    first = np.flatnonzero(new)
    starts = offsets[first, 0]
    ends = offsets[np.append(first[1:], len(ids))[: len(first)] - 1, 1]
    shapes = np.fromiter(
        (shape(text[s:e]) for s, e in zip(starts.tolist(), ends.tolist(), strict=True)), np.int64, len(first)
    )
    return Pieces(ids, np.repeat(shapes, np.diff(np.append(first, len(ids)))), first, starts, ends)


def shape(word: str) -> int:
    """How a word is cased."""
    if word.islower():
        return LOWER
    if word.isupper():
        return UPPER if len(word) > 1 else CAPITAL
    if word.istitle():
        return TITLE
    return MIXED if word.lower() != word.upper() else UNCASED
