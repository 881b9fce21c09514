"""The trained tagger → the spaCy pipeline in ``data/model``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import spacy
from tokenizers import Tokenizer

from detectors.lexicons import DATA
from detectors.text.onnx_names import OnnxNames
from pipelines.model.export import export
from pipelines.model.train import Tagger

FOLDER = DATA / "model"

# Added to the log-probability of O: what balances precision and recall on the development parts.
O_BIAS = -0.5


def package(tagger: Tagger, tokenizer: Tokenizer, folder: Path = FOLDER) -> None:
    """Quantise the tagger and store it, with its tokenizer, as a pipeline that ``spacy.load`` opens."""
    with tempfile.TemporaryDirectory() as temporary:
        onnx = Path(temporary) / "model.onnx"
        export(tagger, onnx)
        pipeline = spacy.blank("xx")
        component = pipeline.add_pipe("onnx_names", config={"o_bias": O_BIAS})
        assert isinstance(component, OnnxNames)
        component.set_model(onnx.read_bytes(), tokenizer.to_str())
    pipeline.meta.update(
        name="school_names",
        version="1.0.0",
        description="Names of individual people in what schools publish (PERSON, without titles)",
        author="social-audit",
        license="CC BY 4.0 and Apache-2.0; see README.md",
    )
    pipeline.to_disk(folder)
