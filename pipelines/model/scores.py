"""Precision, recall and F1 of found names against labelled ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.model.posts import Post

Spans = Sequence[tuple[int, int]]

# Names in these are found by the roll's index, not by reading sentences.
NOT_RUNNING_TEXT = frozenset({"email_localpart", "url_or_filename", "handle", "hashtag"})


@dataclass(frozen=True)
class Score:
    """Counts: of what was found, of what is labelled, and of each how much is right."""

    found: int
    found_right: int
    labelled: int
    labelled_found: int

    @property
    def precision(self) -> float:
        return self.found_right / max(1, self.found)

    @property
    def recall(self) -> float:
        return self.labelled_found / max(1, self.labelled)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.found + other.found,
            self.found_right + other.found_right,
            self.labelled + other.labelled,
            self.labelled_found + other.labelled_found,
        )

    def __str__(self) -> str:
        return f"F1 {self.f1:.3f} P {self.precision:.3f} R {self.recall:.3f}"


NOTHING = Score(0, 0, 0, 0)


def exact(posts: Iterable[Post], found: Iterable[Spans]) -> Score:
    """A name is right where both its ends are."""
    total = NOTHING
    for post, spans in zip(posts, found, strict=True):
        right = len(set(spans) & set(post.spans))
        total += Score(len(spans), right, len(post.spans), right)
    return total


@dataclass(frozen=True)
class Labelled:
    """A school post: ``names`` are to be found; what is found only inside ``aside`` counts neither way."""

    text: str
    names: tuple[tuple[int, int], ...]
    aside: tuple[tuple[int, int], ...]


def school_posts(path: Path) -> list[Labelled]:
    """A labelled corpus (JSON lines): pupils and persons in running text; those in addresses, tags and file names set aside."""
    posts = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        spans = [((s["start"], s["end"]), s["label"], s.get("subtype", "")) for s in record["spans"]]
        names = tuple(at for at, label, kind in spans if label in ("PUPIL", "PERSON") and kind not in NOT_RUNNING_TEXT)
        aside = tuple(
            at
            for at, label, kind in spans
            if (label in ("PUPIL", "PERSON") and kind in NOT_RUNNING_TEXT)
            or label in ("HANDLE", "EMAIL_SCHOOL", "EMAIL_PUBLIC", "EMAIL_PERSONAL", "MEETING_LINK", "SHARE_LINK")
        )
        posts.append(Labelled(record["text"], names, aside))
    return posts


def overlapping(posts: Iterable[Labelled], found: Iterable[Spans]) -> Score:
    """A name is found, and what is found is right, where the two share a character."""
    total = NOTHING
    for post, spans in zip(posts, found, strict=True):
        counted = [s for s in spans if _touches(s, post.names) or not _touches(s, post.aside)]
        total += Score(
            len(counted),
            sum(_touches(s, post.names) for s in counted),
            len(post.names),
            sum(_touches(n, spans) for n in post.names),
        )
    return total


def _touches(span: tuple[int, int], others: Spans) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
