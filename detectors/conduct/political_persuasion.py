"""An item persuades for or against a party or campaign."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked

_FRAMES = (
    Frame("vote", 0.85, "asks for votes"),
    Frame("campaign", 0.75, "asks to join a campaign", loose=True),
    Frame("party", 0.75, "praises or damns a party or government", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item."""
    yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_political", _FRAMES)


DETECTOR = Detector(
    id="political-persuasion",
    kind="POLITICAL",
    clause="3.2.e",
    severity=Severity.MEDIUM,
    summary="An item persuades for or against a party or campaign.",
    rationale="A school stays out of party politics, before an election above all (3.2).",
    remedy="Restore the balance with the head teacher's help, or remove the item.",
    flags=("Vote Labour on Thursday and get the Tories out!",),
    passes=("Our MP visited the school to talk to pupils.",),
    find=find,
    limits=(
        "Calls to vote, praise and blame of parties, calls to protest. Local parties and issues without such "
        "words slip through."
    ),
)
