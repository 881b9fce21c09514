"""A pupil's own account or mailbox."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Mention, Pupil, Reading, Severity
from detectors.pupils.levels import Level, evidence


def _mine(mention: Mention, level: Level, pupil: Pupil, consent: Consent) -> bool:
    return mention.tag in ("handle", "address")


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """Handles and mailboxes that hold a pupil's name, and those the roll lists."""
    return evidence(reading, context, _mine)


DETECTOR = Detector(
    id="pupil-handle-published",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.HIGH,
    summary="A pupil's account name or mailbox is published.",
    rationale="An account name is a way to write to the child directly, past school and family, and it leads to whatever else the "
    "account shows.",
    remedy="Remove the handle or address; ask the pupil to set the account to private.",
    flags=("Follow @noor.lang for more", "Write to noor.lang@northmoor.example"),
    passes=("Follow @northmoor for more", "Noor Lang has the list."),
    find=find,
    rank=7,
    limits="Handles and mailboxes made of a pupil's names, and those the roll lists. An account name that has "
    "nothing of the name in it is known only where the roll lists it.",
)
