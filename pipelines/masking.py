"""What may be shown of a leaked value: enough to recognise it beside the post, too little to leak it again."""

from __future__ import annotations

import re

_ELLIPSIS = "…"
# What is told of a pupil: a few letters of it would still tell it.
_FACTS = frozenset({"HEALTH", "PRIVATE_FACT", "ATTAINMENT", "WHEREABOUTS"})
# Values that are, or begin with, a name.
_NAMES = frozenset({"PUPIL", "AGE_WITH_NAME", "STAFF_FACT"})
# Values of which four characters would give away half: a house's number, a day of birth, a short password.
_FIRST_ONLY = frozenset({"ADDRESS", "POSTCODE", "DOB", "CREDENTIAL", "HANDLE", "GEO"})


def mask(kind: str, value: str) -> str:
    """The masked value: of names the first letter of each word (at most two), of numbers the first and last two characters.

    Of a fact about a pupil only its length is shown; of a secret, a place, a date of birth and a user name only the first letter
    or digit. Otherwise the length of what is hidden is not shown. An empty value (a picture) stays empty, and of a site nothing
    is shown beside the reason.
    """
    value = value.strip()
    if not value or kind == "SITE":
        return ""
    if kind in _FACTS:
        return f"({len(value)} {'character' if len(value) == 1 else 'characters'})"
    if kind in _NAMES:
        words = re.findall(r"[^\W_]+", value)[:2]
        return " ".join(f"{w[0]}{_ELLIPSIS}" for w in words) or _ELLIPSIS
    if kind.startswith("EMAIL"):
        return f"{value[0]}{_ELLIPSIS}@{_ELLIPSIS}"
    if kind in _FIRST_ONLY:
        first = re.search(r"[^\W_]", value)
        return f"{first[0] if first else ''}{_ELLIPSIS}"
    if kind.endswith("_LINK"):
        value = re.sub(r"^https?://(?:www\.)?", "", value, flags=re.IGNORECASE)
    return f"{value[:2]}{_ELLIPSIS}{value[-2:]}" if len(value) >= 8 else f"{value[0]}{_ELLIPSIS}"
