"""The spaCy component of the shipped names model: word pieces → ONNX Runtime on one thread → names.

It sets ``doc.ents`` (PERSON) and ``doc._.names``: (start, end, score) in code points, exact even where a name begins or ends
inside a token of spaCy's (``#AmeliaClarke``). spaCy finds the factory by the package's entry point.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import srsly
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans
from tokenizers import Tokenizer

from detectors.text.decode import best_labels, names
from detectors.text.wordpieces import O, Pieces, special_ids, split

LABEL = "PERSON"

_Found = list[tuple[int, int, float]]


@Language.factory(
    "onnx_names",
    assigns=["doc.ents", "doc._.names"],
    default_config={"window": 128, "overlap": 32, "batch_pieces": 1024, "buffer": 512, "o_bias": 0.0},
)
def make_onnx_names(
    nlp: Language, name: str, window: int, overlap: int, batch_pieces: int, buffer: int, o_bias: float
) -> OnnxNames:
    """The component, still without its model."""
    return OnnxNames(name, window, overlap, batch_pieces, buffer, o_bias)


class OnnxNames:
    """Reads ``window`` word pieces at a time, windows sharing ``overlap``; of a batch, at most ``batch_pieces`` with padding.

    ``buffer`` texts are sorted by length together. ``o_bias`` is added to the log-probability of O: below 0 finds more names.
    """

    def __init__(self, name: str, window: int, overlap: int, batch_pieces: int, buffer: int, o_bias: float) -> None:
        self.name = name
        self._window = window
        self._overlap = overlap
        self._batch_pieces = batch_pieces
        self._buffer = buffer
        self._o_bias = o_bias
        self._tokenizer: Tokenizer | None = None
        self._session: onnxruntime.InferenceSession | None = None
        if not Doc.has_extension("names"):
            Doc.set_extension("names", default=None)

    @property
    def labels(self) -> tuple[str, ...]:
        """What ``doc.ents`` are labelled with."""
        return (LABEL,)

    def __call__(self, doc: Doc) -> Doc:
        """The document with its names."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int | None = None) -> Iterator[Doc]:
        """The documents with their names, in order. spaCy's ``batch_size`` is too small to sort by length within it."""
        documents = iter(stream)
        while buffered := list(islice(documents, self._buffer)):
            for doc, found in zip(buffered, self.find([d.text for d in buffered]), strict=True):
                doc._.names = found
                if found:
                    spans = [doc.char_span(s, e, LABEL, alignment_mode="expand") for s, e, _ in found]
                    doc.ents = tuple(filter_spans([s for s in spans if isinstance(s, Span)]))
                yield doc

    def find(self, texts: Sequence[str]) -> list[_Found]:
        """Each text's names as (start, end, score)."""
        if self._tokenizer is None or self._session is None:
            raise ValueError("the component has no model yet: load the pipeline from its folder")
        pieces = split(self._tokenizer, texts)
        logs = self._word_scores(pieces)
        lengths = np.array([len(p.starts) for p in pieces], dtype=np.int64)
        found: list[_Found] = [[] for _ in texts]
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(order), 64):
            group = [i for i in order[start : start + 64].tolist() if lengths[i]]
            if not group:
                continue
            padded = np.zeros((len(group), int(lengths[group].max()), 3), np.float32)
            for row, i in enumerate(group):
                padded[row, : lengths[i]] = logs[i]
            padded[:, :, O] += self._o_bias
            labels = best_labels(padded, lengths[group])
            for row, i in enumerate(group):
                spans = names(labels[row, : lengths[i]], pieces[i].starts, pieces[i].ends, logs[i])
                found[i] = [(*_whole(texts[i], s, e), score) for s, e, score in spans]
        return found

    def _word_scores(self, pieces: Sequence[Pieces]) -> list[np.ndarray]:
        """The log-probabilities of O, B, I for each text's words: float32 [words, 3].

        A long text is read in windows; of the pieces that two of them share, each gives the half that is its own side of.
        """
        room = self._window - 2
        windows = [(i, begin) for i, p in enumerate(pieces) for begin in _begins(len(p.ids), room, self._overlap)]
        sizes = [min(room, len(pieces[i].ids) - begin) for i, begin in windows]
        scores = [np.zeros((len(p.ids), 3), np.float32) for p in pieces]
        for batch in _batches(sizes, self._batch_pieces):
            ids = np.zeros((len(batch), max(sizes[w] for w in batch) + 2), np.int64)
            shapes, mask = np.zeros_like(ids), np.zeros_like(ids)
            for row, w in enumerate(batch):
                (i, begin), size = windows[w], sizes[w]
                ids[row, 0], ids[row, size + 1] = self._cls, self._sep
                ids[row, 1 : size + 1] = pieces[i].ids[begin : begin + size]
                shapes[row, 1 : size + 1] = pieces[i].shapes[begin : begin + size]
                mask[row, : size + 2] = 1
            (logs,) = self._session.run(None, {"ids": ids, "shapes": shapes, "mask": mask})  # type: ignore[union-attr]
            for row, w in enumerate(batch):
                (i, begin), size = windows[w], sizes[w]
                head = self._overlap // 2 if begin else 0
                tail = size if begin + size == len(pieces[i].ids) else size - (self._overlap - self._overlap // 2)
                scores[i][begin + head : begin + tail] = logs[row, head + 1 : tail + 1]
        return [s[p.first] for s, p in zip(scores, pieces, strict=True)]

    # How spaCy stores and loads a component

    def set_model(self, onnx: bytes, tokenizer: str) -> None:
        """Take a model and its tokenizer (the JSON of the ``tokenizers`` library)."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the audit shares its machine
        options.log_severity_level = 3
        self._onnx = onnx
        self._session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._cls, self._sep = special_ids(self._tokenizer)

    def to_disk(self, path: Path, exclude: Sequence[str] = ()) -> None:
        """``model.onnx`` and ``tokenizer.json`` in the component's folder."""
        if self._tokenizer is None:
            raise ValueError("the component has no model to store")
        path.mkdir(parents=True, exist_ok=True)
        (path / "model.onnx").write_bytes(self._onnx)
        (path / "tokenizer.json").write_text(self._tokenizer.to_str(), encoding="utf-8")

    def from_disk(self, path: Path, exclude: Sequence[str] = ()) -> OnnxNames:
        """The component with the model of a folder."""
        self.set_model((path / "model.onnx").read_bytes(), (path / "tokenizer.json").read_text(encoding="utf-8"))
        return self

    def to_bytes(self, exclude: Sequence[str] = ()) -> bytes:
        """The model and its tokenizer as one string of bytes."""
        if self._tokenizer is None:
            raise ValueError("the component has no model to store")
        packed: bytes = srsly.msgpack_dumps({"onnx": self._onnx, "tokenizer": self._tokenizer.to_str()})
        return packed

    def from_bytes(self, data: bytes, exclude: Sequence[str] = ()) -> OnnxNames:
        """The component with the model that ``to_bytes`` gave."""
        stored: dict[str, Any] = srsly.msgpack_loads(data)
        self.set_model(stored["onnx"], stored["tokenizer"])
        return self


def _begins(length: int, room: int, overlap: int) -> list[int]:
    """Where the windows of a text begin; the last one ends with the text. None for a text without pieces."""
    if length <= room:
        return [0] if length else []
    return [*range(0, length - room, room - overlap), length - room]


def _batches(sizes: Sequence[int], limit: int) -> Iterator[list[int]]:
    """The indices of ``sizes`` in batches of like length whose padded size is at most ``limit`` (or one alone)."""
    batch: list[int] = []
    for index in sorted(range(len(sizes)), key=sizes.__getitem__):
        if batch and (sizes[index] + 2) * (len(batch) + 1) > limit:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The name with the sign of a tag before it, and the accents after its last letter, which the tokenizer drops."""
    if text[start - 1 : start] == "#":
        start -= 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return start, end
