"""The fast names model: spaCy's small convolutional network, trained on the same posts as the large one.

It reads several times as many posts in a second and finds fewer names: for archives whose first reading would take days.
Trained on one thread from a fixed seed; the same processor and versions give the same weights.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy import util
from spacy.language import Language
from spacy.tokens import Span
from spacy.training import Example
from spacy.util import filter_spans

from detectors.text.names import FAST
from pipelines.model.posts import Post

_WIDTH, _DEPTH = 96, 4
_ROWS = (4000, 1500, 1500, 1500)  # of the hashed tables for a word's norm, prefix, suffix and shape
_LABEL = "PERSON"


def blank(seed: int) -> Language:
    """The untrained pipeline: tokens → hashed features → convolutions → transitions over O, B, I, L, U."""
    util.fix_random_seed(seed)  # type: ignore[attr-defined]
    pipeline = spacy.blank("en")
    recogniser: Any = pipeline.add_pipe(
        "ner",
        config={
            "model": {
                "@architectures": "spacy.TransitionBasedParser.v2",
                "state_type": "ner",
                "extra_state_tokens": False,
                "hidden_width": 64,
                "maxout_pieces": 2,
                "use_upper": True,
                "tok2vec": {
                    "@architectures": "spacy.Tok2Vec.v2",
                    "embed": {
                        "@architectures": "spacy.MultiHashEmbed.v2",
                        "width": _WIDTH,
                        "rows": list(_ROWS),
                        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
                        "include_static_vectors": False,
                    },
                    "encode": {
                        "@architectures": "spacy.MaxoutWindowEncoder.v2",
                        "width": _WIDTH,
                        "depth": _DEPTH,
                        "window_size": 1,
                        "maxout_pieces": 3,
                    },
                },
            }
        },
    )
    recogniser.add_label(_LABEL)
    return pipeline


def examples(pipeline: Language, posts: Sequence[Post]) -> list[Example]:
    """Posts as spaCy's examples; a name that ends inside a token takes the whole of it."""
    made = []
    for post in posts:
        doc = pipeline.make_doc(post.text)
        labelled = doc.copy()
        spans = [doc.char_span(s, e, _LABEL, alignment_mode="expand") for s, e in post.spans]
        labelled.ents = tuple(filter_spans([Span(labelled, s.start, s.end, _LABEL) for s in spans if s is not None]))
        made.append(Example(doc, labelled))
    return made


def train_fast(epochs: Sequence[Callable[[], Sequence[Post]]], seed: int, folder: Path = FAST) -> None:
    """Train on the posts of each epoch in turn, keep the mean of the weights, and store the pipeline in ``folder``."""
    pipeline = blank(seed)
    rng = random.Random(seed)  # noqa: S311 - no secret
    first = examples(pipeline, epochs[0]())
    optimiser = pipeline.initialize(lambda: first[:200])
    for number, posts in enumerate(epochs):
        made = first if number == 0 else examples(pipeline, posts())
        rng.shuffle(made)
        losses: dict[str, float] = {}
        for batch in util.minibatch(made, 64):  # type: ignore[no-untyped-call]
            pipeline.update(batch, sgd=optimiser, drop=0.2, losses=losses)
        print(f"epoch {number + 1} loss {losses['ner'] / len(made):.4f}", flush=True)
    pipeline.meta.update(
        name="school_names_fast",
        version="1.0.0",
        description="Names of individual people in what schools publish (PERSON, without titles), found fast",
        author="social-audit",
        license="CC BY 4.0; see the card of the large model",
    )
    with pipeline.use_params(optimiser.averages):
        pipeline.to_disk(folder, exclude=["vocab"])
