"""Words or themes are unfit for the youngest readers."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.conduct.frames import Frame, decided_or_ranked

_FRAMES = (
    Frame("adult-link", 0.85, "names a service for adults"),
    Frame("sex", 0.8, "sexual words", loose=True),
    Frame("drugs", 0.7, "words about drugs or heavy drinking", loose=True),
    Frame("violence", 0.7, "words about graphic violence or titles for adults"),
    Frame("gambling", 0.7, "words about gambling", loose=True),
)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """At most one Evidence an item."""
    yield from decided_or_ranked(reading, DETECTOR.kind, "conduct_age", _FRAMES)


DETECTOR = Detector(
    id="age-unsuitable",
    kind="AGE_UNSUITABLE",
    clause="A.2.6",
    severity=Severity.HIGH,
    summary="Words or themes are unfit for the youngest readers.",
    rationale="The youngest who can read a site set the measure of what it shows (A.2.6).",
    remedy="Remove the item, or move it to a site for older readers.",
    flags=("bottomless prosecco then jagerbombs who's in",),
    passes=("Our PSHE lesson on the dangers of vaping.",),
    find=find,
    limits=(
        "Words about sex, drugs and drink, gambling and graphic violence. Allusions and what only a picture "
        "shows slip through."
    ),
)
