"""What one epoch is made of: every post of the public data and as many of school text, drawn anew for each epoch."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from pipelines.model.conventions import training_posts
from pipelines.model.names import Names
from pipelines.model.posts import Post, joined
from pipelines.model.schooltext import SchoolText


def epoch(folder: Path, seed: int, number: int, school: float) -> list[Post]:
    """The posts of an epoch, unshuffled; ``school`` generated posts for each of the public data."""
    rng = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
    names = Names(rng)
    public = [_varied(post, names, rng) for post in training_posts(folder, rng)]
    return public + list(SchoolText(rng).posts(round(len(public) * school)))


def _varied(post: Post, names: Names, rng: random.Random) -> Post:
    """The post as it is, with other names, or with its casing lost."""
    if post.spans and rng.random() < 0.25:
        post = _renamed(post, names)
    kind = rng.random()
    if kind < 0.2:
        return _recased(post, str.lower)
    if kind < 0.24:
        return _recased(post, str.upper)
    if kind < 0.26:
        return _recased(post, str.title)
    return post


def _renamed(post: Post, names: Names) -> Post:
    """Other names in the same places: of one word for one, of two for two; others stay."""
    pieces, at = [], 0
    for start, end in post.spans:
        words = len(post.text[start:end].split())
        new = names.forename() if words == 1 else " ".join(names.pair()) if words == 2 else post.text[start:end]
        pieces += [(post.text[at:start], False), (new, True)]
        at = end
    return joined([*pieces, (post.text[at:], False)])


def _recased(post: Post, change: Callable[[str], str]) -> Post:
    text = change(post.text)
    return Post(text, post.spans) if len(text) == len(post.text) else post  # a few letters change their length
