"""The word lists shipped in ``data/lexicons``: one entry a line, ``#`` starts a comment."""

from __future__ import annotations

from functools import cache
from pathlib import Path

# Beside the packages both in the repository and in an installed wheel.
DATA = Path(__file__).resolve().parent.parent / "data"


@cache
def load_lexicon(name: str) -> frozenset[str]:
    """The entries of ``data/lexicons/<name>.txt``, as written."""
    lines = (DATA / "lexicons" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def load_nicknames() -> dict[str, tuple[str, ...]]:
    """The familiar forms of each forename of ``data/lexicons/nicknames.txt``, all folded."""
    pairs = (line.split(":") for line in load_lexicon("nicknames"))
    return {full.strip(): tuple(short.split()) for full, short in pairs}
