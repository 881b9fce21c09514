"""What an export shows of how a site is looked after: comments left standing and answered, languages that no rule knows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

from detectors.base import Item
from detectors.text.language import is_english
from reports.words import count

_ANSWERS = frozenset(("comment", "reply"))
_OWN = frozenset(("school", "staff"))
_REMEMBERED = 5000  # comments; an answer follows its comment closely in every export known


@dataclass
class Observed:
    """What was seen of one export so far. Counts and times only: nothing of what was said, nor of who said it."""

    comments: int = 0
    answered: int = 0
    oldest: date | None = None
    other_language: int = 0
    waits: list[timedelta] = field(default_factory=list)
    _open: OrderedDict[str, datetime | None] = field(default_factory=OrderedDict, repr=False)

    def note(self, item: Item) -> None:
        """Take an item into account."""
        self.other_language += not is_english(" ".join(p.text for p in item.parts if not p.name.startswith("filename")))
        if item.in_reply_to in self._open and item.author_role in _OWN:
            asked = self._open.pop(item.in_reply_to)
            self.answered += 1
            if asked and item.published and item.published >= asked and len(self.waits) < _REMEMBERED:
                self.waits.append(item.published - asked)
        if item.kind in _ANSWERS and item.author_role not in _OWN and item.status == "published":
            self.comments += 1
            if item.published is not None:
                self.oldest = min(self.oldest or item.published.date(), item.published.date())
            self._open[item.id] = item.published
            if len(self._open) > _REMEMBERED:
                self._open.popitem(last=False)

    def sentences(self, today: date) -> Iterator[str]:
        """What there is to tell, for the run's summary and the report."""
        if self.comments:
            standing = f"comments by visitors left standing (A.5.3): {self.comments:,}"
            if self.oldest is not None:
                standing += f", the oldest for {count(max((today - self.oldest).days, 0), 'day')}"
            yield standing
            answers = f"of these answered by the school (A.5.4): {self.answered:,}"
            if self.waits:
                answers += (
                    f", half of them within {count(round(median(w / timedelta(hours=1) for w in self.waits)), 'hour')}"
                )
            yield answers
        else:
            yield "comments by visitors and answers to them (A.5.3, A.5.4): not in this export"
        if self.other_language:
            yield f"language not covered: {count(self.other_language, 'item')}"
