"""What may be shown of a leaked value: enough to recognise it beside the post, too little to leak it again."""

from __future__ import annotations

import re

_ELLIPSIS = "…"


def mask(kind: str, value: str) -> str:
    """The masked value: of names the first letter of each word (at most two), of other values the first and last two characters.

    The length of what is hidden is not shown. An empty value (a picture) stays empty.
    """
    value = value.strip()
    if not value:
        return ""
    if kind == "PUPIL":
        words = re.findall(r"[^\W_]+", value)[:2]
        return " ".join(f"{w[0]}{_ELLIPSIS}" for w in words) or _ELLIPSIS
    if kind.startswith("EMAIL"):
        return f"{value[0]}{_ELLIPSIS}@{_ELLIPSIS}"
    return f"{value[:2]}{_ELLIPSIS}{value[-2:]}" if len(value) >= 8 else f"{value[0]}{_ELLIPSIS}"
