"""Labelled posts of the public data sets (CoNLL: a token and its IOB tag a line) → Posts of one convention.

The convention: the name of an individual human, real or famous, is a PERSON, without title (``Mr``, ``Dr``, ``President``)
and without ``'s``; characters, bands, organisations and things called after people are not. Handles are dropped: in the Broad
Twitter Corpus most are labelled as persons and others are left out at random, so there is nothing in them to learn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from detectors.base import UserError
from pipelines.model.posts import Post, joined

TRAIN = ("btc.train", "wnut17.train", "tweebank.train", "wikigold")
DEV = ("btc.dev", "wnut17.dev", "tweebank.dev")

TITLES = frozenset(
    """
    mr mrs ms miss mx dr prof professor sir dame lord lady president senator sen rep gov governor rev reverend father fr
    sister king queen prince princess captain capt judge coach headteacher councillor cllr pm mayor
    """.split()  # noqa: SIM905 - a list of words is easier to read
)

Token = tuple[str, str]


def read_conll(path: Path) -> list[list[Token]]:
    """Posts of a file as lists of (token, tag)."""
    posts: list[list[Token]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        token, tab, tag = line.rpartition("\t")
        if tab:
            posts[-1].append((token, tag))
        elif posts[-1]:
            posts.append([])
    return [p for p in posts if p]


def without_handles(post: list[Token]) -> list[Token]:
    """The post less every handle, be it one token (``@name``) or two (``@`` and the name)."""
    kept, after_at = [], False
    for token, tag in post:
        if not after_at and not token.startswith("@"):
            kept.append((token, tag))
        after_at = token == "@" and not after_at  # noqa: S105 - a word
    return kept


def persons(post: list[Token], keep_titles: bool = False) -> list[tuple[int, int]]:
    """Runs of PERSON tokens as (first, last + 1), without titles at their head unless ``keep_titles``."""
    runs: list[list[int]] = []
    inside = False
    for i, (_, tag) in enumerate(post):
        prefix, _, label = tag.partition("-")
        is_person = label.lower() in ("per", "person")
        if is_person and (prefix == "B" or not inside):
            runs.append([i, i + 1])
        elif is_person:
            runs[-1][1] = i + 1
        inside = is_person
    if not keep_titles:
        for run in runs:
            while run[1] - run[0] > 1 and post[run[0]][0].lower().rstrip(".") in TITLES:
                run[0] += 1
    return [(first, last) for first, last in runs]


_NO_SPACE_BEFORE = re.compile(r"^([,.!?;:)\]}%…’]|\.+|'|['’](s|re|ve|ll|d|m|t)|n['’]t)$", re.IGNORECASE)
_NO_SPACE_AFTER = frozenset("([{#$£@")


def to_post(tokens: list[Token], *, tight: bool = False, keep_titles: bool = False) -> Post:
    """The post as text: tokens joined by spaces or, where ``tight``, as a person would have typed them."""
    starts = dict(persons(tokens, keep_titles))
    pieces: list[tuple[str, bool]] = []
    end = -1
    for i, (token, _) in enumerate(tokens):
        space = (
            " " if i and not (tight and (_NO_SPACE_BEFORE.match(token) or tokens[i - 1][0] in _NO_SPACE_AFTER)) else ""
        )
        end = starts.get(i, end)
        if i in starts or i >= end:
            pieces += [(space, False), (token, i < end)]
        else:  # a name goes on
            pieces[-1] = (pieces[-1][0] + space + token, True)
    return joined(pieces)


def check(folder: Path) -> None:
    """UserError where one of the files is missing."""
    for name in (*TRAIN, *DEV):
        if not (folder / f"{name}.conll").is_file():
            raise UserError(
                f"{name}.conll is not in the folder of training data; name the folder with: make model DATA=DIR"
            )


def load(folder: Path, names: tuple[str, ...], *, keep_titles: bool = False) -> dict[str, list[Post]]:
    """The posts of each named data set, tokens joined by spaces, handles dropped."""
    return {
        name: [
            to_post(kept, keep_titles=keep_titles)
            for post in read_conll(folder / f"{name}.conll")
            if (kept := without_handles(post))
        ]
        for name in names
    }


def training_posts(folder: Path, rng: random.Random) -> Iterator[Post]:
    """Every post of the training parts once, half of them set tight."""
    for name in TRAIN:
        for post in read_conll(folder / f"{name}.conll"):
            if kept := without_handles(post):
                yield to_post(kept, tight=rng.random() < 0.5)
