"""The run's test of itself (T.3): invented pupils and details planted in copies of items that were read, and looked for.

The rules, the folding and the school's allow-list are those of the run; the roll is the invented pupils' own, so that no real one
is touched. Names are matched by the roll alone: the names model takes no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from detectors import DETECTORS
from detectors.base import ConsentLevel, Context, Item, Part, Pupil
from detectors.images.marks import LogoBank
from detectors.reading import Reader
from detectors.text.roll import RollIndex
from pipelines.audit import audit
from pipelines.school import School

PLANTED_IN = 24  # items that are copied

_PUPILS = (
    Pupil("canary-1", "Zephyrine", "Quibblethorpe", year_group="Year 7", registration_group="7Z"),
    Pupil("canary-2", "Barnardo", "Wexcombe-Ffoulke", year_group="Year 9", registration_group="9Z"),
    Pupil("canary-3", "Ottoline", "Marchbankes", year_group="Year 4", registration_group="4Z", do_not_publish=True),
)
# What is planted: a kind, a sentence and the value in it. Numbers are from the reserved and published test ranges.
_PLANTS = (
    ("PUPIL", "Well done to {} on first place.", "Zephyrine Quibblethorpe"),
    ("PUPIL", "The cup goes to {} this year!", "Barnardo Wexcombe-Ffoulke"),
    ("PUPIL", "Painting by {}, on show in the hall.", "Ottoline Marchbankes"),
    ("PHONE", "Ring {} for a lift.", "07700 900461"),
    ("EMAIL_PERSONAL", "Replies to {} please.", "quibblethorpe.family@canary-mail.example"),
    ("UPN", "UPN {} for the entry form.", "Q999123421034"),
    ("IBAN", "Pay into IBAN {} by Friday.", "GB82 WEST 1234 5698 7654 32"),
    ("PAYMENT_CARD", "The card number is {}.", "4111 1111 1111 1111"),
)


@dataclass(frozen=True)
class Planted:
    """How many details of a kind were planted, and how many of them were found."""

    kind: str
    planted: int
    found: int


class _Roll:
    """The invented pupils, none of whom has consented."""

    def pupil(self, pupil_id: str) -> Pupil:
        return next(p for p in _PUPILS if p.id == pupil_id)

    def upns(self) -> frozenset[str]:
        return frozenset()

    def consent(
        self, pupil_id: str, levels: Sequence[ConsentLevel], platform: str, on: date | None, today: date
    ) -> str:
        return "not given"


def canaries(school: School, items: Sequence[Item], today: date) -> list[Planted]:
    """Plant every detail in a copy of an item, another item each time, and count by kind those found where they were put."""
    if not items:
        return []
    copies: list[Item] = []
    spans: list[tuple[str, int, int]] = []
    for number, (kind, sentence, value) in enumerate(_PLANTS):
        host = items[number * len(items) // len(_PLANTS)]
        before = f"{host.part('text')[:1500]}\n\n"
        text = before + sentence.format(value)
        start = len(before) + sentence.index("{}")
        parts = tuple(Part(p.name, text) if p.name == "text" else p for p in host.parts)
        copies.append(
            replace(host, id=f"canary:{number}", lineage=f"canary:{number}", parts=parts, media=(), in_reply_to="")
        )
        spans.append((kind, start, start + len(value)))
    reader = Reader(RollIndex(_PUPILS, school.adults), LogoBank.load(()), None)
    context = Context(_Roll(), school.contacts, school.register, today)  # type: ignore[arg-type]
    found = audit(reader.read(copies), context, DETECTORS)
    hits = {
        (f.item.id, f.kind)
        for f in found
        for number, (kind, start, end) in enumerate(spans)
        if f.item.id == f"canary:{number}" and f.kind == kind and f.part == "text" and f.start is not None
        if f.start < end and (f.end or 0) > start
    }
    kinds = dict.fromkeys(kind for kind, *_ in _PLANTS)
    return [Planted(k, sum(s[0] == k for s in spans), sum(kind == k for _, kind in hits)) for k in kinds]
