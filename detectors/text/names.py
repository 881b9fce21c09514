"""People's names in running text, by a spaCy pipeline: the project's own model, or any installed one.

spaCy and ONNX Runtime take a second to import, so both wait until a model is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detectors.base import UserError
from detectors.lexicons import DATA

if TYPE_CHECKING:
    from spacy.language import Language

SHIPPED = DATA / "model"
FAST = SHIPPED / "fast"  # a small network: several times as fast, finds fewer

# What pipelines call a person: OntoNotes' word and CoNLL's.
_LABELS = frozenset({"PERSON", "PER"})

# What pipelines do beside finding entities, and takes time.
_UNUSED = (
    "tagger",
    "morphologizer",
    "parser",
    "senter",
    "lemmatizer",
    "trainable_lemmatizer",
    "attribute_ruler",
    "textcat",
)


@dataclass(frozen=True, slots=True)
class NameSpan:
    """A name's place in its text: code points, end exclusive. ``score`` is the model's probability, from 0 to 1."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Sense:
    """What a stretch of a text is about, as the shipped model sees it on its way to the names: ``vector`` float32 [384].

    ``start`` and ``end`` are code points, end exclusive.
    """

    start: int
    end: int
    vector: NDArray[np.float32] = field(repr=False)


class NamesModel:
    """Finds the names of individual people, without their titles, however they are cased."""

    def __init__(self, pipeline: Language) -> None:
        self._pipeline = pipeline
        # The limit guards parsers that hold the whole text; what is read here has been limited where it came in.
        pipeline.max_length = max(pipeline.max_length, 1 << 40)

    @classmethod
    def load(cls, pipeline: str | None = None) -> NamesModel:
        """The shipped model, "fast" for the shipped small one, or an installed spaCy pipeline by its package's name or folder.

        Raises UserError where there is none.
        """
        import spacy

        try:
            if pipeline in (None, "fast"):
                loaded = spacy.load(SHIPPED if pipeline is None else FAST)
            else:
                assert pipeline is not None
                loaded = spacy.load(Path(pipeline) if Path(pipeline).is_dir() else pipeline, exclude=_UNUSED)
        except (OSError, ImportError, ValueError) as error:
            if pipeline in (None, "fast"):
                raise UserError(
                    "the names model in data/model cannot be read; install the program again, or make it with: make model"
                ) from error
            raise UserError(
                f"the spaCy pipeline {pipeline} is not installed or does not fit; install it with: python -m spacy download "
                f"{pipeline} (or leave the setting out to use the program's own model)"
            ) from error
        if pipeline is not None and not _finds_persons(loaded):
            raise UserError(f"the spaCy pipeline {pipeline} finds no people; name one whose entities are PERSON or PER")
        return cls(loaded)

    def find(self, texts: Sequence[str]) -> list[tuple[NameSpan, ...]]:
        """The names in each text, in the order of the texts and, within one, of their places."""
        return list(self.stream(texts))

    def read(self, texts: Sequence[str]) -> Iterator[tuple[tuple[NameSpan, ...], tuple[Sense, ...]]]:
        """As :meth:`find`, with what each text is about, stretch by stretch; other pipelines than the shipped one don't say."""
        for doc in self._pipeline.pipe(texts):
            senses = doc._.senses if doc.has_extension("senses") else ()
            yield tuple(_names(doc)), tuple(Sense(*s) for s in senses)

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[NameSpan, ...]]:
        """As :meth:`find`, one text after the other."""
        for doc in self._pipeline.pipe(texts):
            yield tuple(_names(doc))


def _finds_persons(pipeline: Language) -> bool:
    labels = {label for labels in pipeline.pipe_labels.values() for label in labels}
    return bool(labels & _LABELS)


def _names(doc: Any) -> Iterator[NameSpan]:
    """The component's own spans, which may begin or end inside a token of spaCy's; else the entities, taken as certain."""
    if doc.has_extension("names") and doc._.names is not None:
        for start, end, score in doc._.names:
            yield NameSpan(start, end, score)
        return
    for entity in doc.ents:
        if entity.label_ in _LABELS:
            yield NameSpan(entity.start_char, entity.end_char, 1.0)
