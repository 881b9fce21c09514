"""The spaCy component of the shipped names model: word pieces → ONNX Runtime on one thread → names.

It sets ``doc.ents`` (PERSON) and ``doc._.names``: (start, end, score) in code points, exact even where a name begins or ends
inside a token of spaCy's (``#AmeliaClarke``); and ``doc._.senses``: (start, end, vector) of each window that was read, what it is
about, a by-product of looking for names. spaCy finds the factory by the package's entry point.
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
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans
from tokenizers import Tokenizer

from detectors.text.decode import best_labels, names
from detectors.text.wordpieces import O, Pieces, special_ids, split

LABEL = "PERSON"

_Found = list[tuple[int, int, float]]
_Senses = list[tuple[int, int, NDArray[np.float32]]]

# What the fourth of the six layers gives: of all of them what tells best what a text is about (data/conduct/README.md).
_SENSE = "3.b.out"


@Language.factory(
    "onnx_names",
    assigns=["doc.ents", "doc._.names", "doc._.senses"],
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
        if not Doc.has_extension("senses"):
            Doc.set_extension("senses", default=())

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
            for doc, (found, senses) in zip(buffered, self.read([d.text for d in buffered]), strict=True):
                doc._.names, doc._.senses = found, senses
                if found:
                    spans = [doc.char_span(s, e, LABEL, alignment_mode="expand") for s, e, _ in found]
                    doc.ents = tuple(filter_spans([s for s in spans if isinstance(s, Span)]))
                yield doc

    def find(self, texts: Sequence[str]) -> list[_Found]:
        """Each text's names as (start, end, score)."""
        return [found for found, _ in self.read(texts)]

    def read(self, texts: Sequence[str]) -> list[tuple[_Found, _Senses]]:
        """Each text's names as (start, end, score), and its windows as (start, end, vector)."""
        if self._tokenizer is None or self._session is None:
            raise ValueError("the component has no model yet: load the pipeline from its folder")
        pieces = split(self._tokenizer, texts)
        logs, senses = self._word_scores(pieces)
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
        return list(zip(found, senses, strict=True))

    def _word_scores(self, pieces: Sequence[Pieces]) -> tuple[list[np.ndarray], list[_Senses]]:
        """The log-probabilities of O, B, I for each text's words, float32 [words, 3], and the vectors of its windows.

        A long text is read in windows; of the pieces that two of them share, each gives the half that is its own side of.
        """
        room = self._window - 2
        windows = [(i, begin) for i, p in enumerate(pieces) for begin in _begins(len(p.ids), room, self._overlap)]
        sizes = [min(room, len(pieces[i].ids) - begin) for i, begin in windows]
        scores = [np.zeros((len(p.ids), 3), np.float32) for p in pieces]
        vectors: dict[int, NDArray[np.float32]] = {}
        for batch in _batches(sizes, self._batch_pieces):
            ids = np.zeros((len(batch), max(sizes[w] for w in batch) + 2), np.int64)
            shapes, mask = np.zeros_like(ids), np.zeros_like(ids)
            for row, w in enumerate(batch):
                (i, begin), size = windows[w], sizes[w]
                ids[row, 0], ids[row, size + 1] = self._cls, self._sep
                ids[row, 1 : size + 1] = pieces[i].ids[begin : begin + size]
                shapes[row, 1 : size + 1] = pieces[i].shapes[begin : begin + size]
                mask[row, : size + 2] = 1
            logs, *layer = self._session.run(None, {"ids": ids, "shapes": shapes, "mask": mask})  # type: ignore[union-attr]
            for row, w in enumerate(batch):
                (i, begin), size = windows[w], sizes[w]
                head = self._overlap // 2 if begin else 0
                tail = size if begin + size == len(pieces[i].ids) else size - (self._overlap - self._overlap // 2)
                scores[i][begin + head : begin + tail] = logs[row, head + 1 : tail + 1]
                if layer:
                    vectors[w] = layer[0][row, : size + 2].mean(axis=0)
        senses: list[_Senses] = [[] for _ in pieces]
        for w, vector in sorted(vectors.items()):
            (i, begin), size = windows[w], sizes[w]
            senses[i].append((*_stretch(pieces[i], begin, begin + size), vector))
        return [s[p.first] for s, p in zip(scores, pieces, strict=True)], senses

    # How spaCy stores and loads a component

    def set_model(self, onnx: bytes, tokenizer: str) -> None:
        """Take a model and its tokenizer (the JSON of the ``tokenizers`` library)."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the audit shares its machine
        options.log_severity_level = 3
        self._onnx = onnx
        graph = _with_output(onnx, _SENSE) if _SENSE.encode() in onnx else onnx
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
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


def _with_output(onnx: bytes, name: str) -> bytes:
    """A model that gives a tensor of its graph, of floats, as a further output.

    Protocol buffers merge a message that is written twice: behind the model stands its field 7 (graph) again, in it field 12
    (output) with the name and the type (onnx.proto of the ONNX specification).
    """
    described = b"\x0a" + bytes([len(name)]) + name.encode() + b"\x12\x04\x0a\x02\x08\x01"
    output = b"\x62" + bytes([len(described)]) + described
    return onnx + b"\x3a" + bytes([len(output)]) + output


def _stretch(pieces: Pieces, begin: int, end: int) -> tuple[int, int]:
    """The code points of the words whose pieces stand between two places of a text's pieces."""
    first, last = np.searchsorted(pieces.first, [begin, end])
    last = max(int(last), 1)
    return int(pieces.starts[min(int(first), last - 1)]), int(pieces.ends[last - 1])


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
