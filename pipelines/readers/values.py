"""Values as the platforms write them: strings, lists of objects, streams of records.

Of a key that an object names twice the last value counts, as in Python's json, and no report says so: looking for it takes twice
the time of reading (ijson 3.6.0 with a ``map_type`` that looks: 0.72 s for 19 MB, without 0.35 s), and no platform was seen
to write one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import ftfy
import ijson

from pipelines.readers.report import MemberReport
from pipelines.readers.source import JsonBytes

_MENTION = re.compile(r"@\[\d+:\d+:([^\]\n]{1,200})\]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def cleaned(text: str) -> str:
    """Half a surrogate pair cannot be written anywhere; one sign replaces one, so offsets stay."""
    return text if is_whole(text) else _SURROGATE.sub("\ufffd", text)


def is_whole(text: str) -> bool:
    """Whether a text holds no half of a surrogate pair, as almost all do."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def string_of(value: dict[str, Any], key: str) -> str:
    """A string of an object, empty where there is none."""
    given = value.get(key)
    return cleaned(given) if isinstance(given, str) else ""


def dicts_of(value: object) -> list[dict[str, Any]]:
    """The objects of a list, none where it is no list."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def natural_key(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``posts_10`` behind ``posts_9``."""
    return [(int(step), "") if step.isdigit() else (-1, step) for step in re.split(r"(\d{1,9})", name)]


def mend(text: str) -> str:
    """Meta's mojibake undone: UTF-8 that was read as Latin-1.

    Strings that mix both are left to ftfy's encoding repair.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return cleaned(ftfy.fix_encoding(text))


def read_mentions(text: str) -> str:
    """``@[id:type:Name]`` as a person would see it."""
    return _MENTION.sub(r"\1", text) if "@[" in text else text


def list_key(stream: BinaryIO) -> str:
    """The key of the list of records where the member is an object, empty where it is a list itself.

    With ``use_float`` as in ``stream_records``: without it an integer beyond Python's 4,300 digits ends the process in ijson's
    C backend, with no exception (measured with 3.6.0).
    """
    try:
        for prefix, event, _ in ijson.parse(JsonBytes(stream), use_float=True):
            if event == "start_array":
                return str(prefix)
    except ijson.JSONError:
        raise ValueError("broken JSON") from None
    return ""


def stream_records(stream: BinaryIO, key: str = "") -> Iterator[Any]:
    """The records of a list one by one, in flat memory; raises one of DAMAGE where the JSON is broken."""
    try:
        plain = JsonBytes(stream)
        plain.next_record()
        for record in ijson.items(plain, f"{key}.item" if key else "item", use_float=True):
            plain.next_record()
            yield record
    except ijson.JSONError:
        raise ValueError("broken JSON") from None


def explain_passed(entry: MemberReport, passed: Counter[str], rejected: int) -> None:
    """Say in a member's report what of it was passed over and why, and how many records were no records."""
    told = [f"{count} {why}" for why, count in sorted(passed.items())]
    if rejected:
        told.append(f"{rejected} rejected: not a record")
    entry.why = "; ".join(filter(None, (entry.why, ", ".join(told))))
