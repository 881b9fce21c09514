"""JSON members read in flat memory: only the values asked for are built, all else goes by unread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ijson

from pipelines.readers.source import JsonBytes, Source

# The keys and the places in lists, from 0, that lead to a value.
Steps = tuple[str | int, ...]


def values(source: Source, name: str, wanted: Callable[[Steps], bool]) -> Iterator[tuple[Steps, Any]]:
    """The values for whose steps ``wanted`` is true, each whole; ``wanted`` is asked once for every value.

    Nothing within a value given is asked for. Raises one of DAMAGE where the JSON is broken, after what stands before.
    ``use_float`` as in the reader of Facebook's exports: an integer too long for Python must not end the process.
    """
    with source.open(name) as stream:
        try:
            plain = JsonBytes(stream)
            yield from _built(ijson.basic_parse(plain, use_float=True), wanted, plain.next_record)
        except ijson.JSONError:
            raise ValueError("broken JSON") from None


def pointer(steps: Steps) -> str:
    """The steps as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _built(
    events: Iterable[tuple[str, Any]], wanted: Callable[[Steps], bool], next_record: Callable[[], None]
) -> Iterator[tuple[Steps, Any]]:
    steps: list[str | int] = []
    begun: Steps = ()
    builder, depth = ijson.ObjectBuilder(), 0
    for event, value in events:
        opens, closes = event in ("start_map", "start_array"), event in ("end_map", "end_array")
        if depth:
            builder.event(event, value)
            depth += opens - closes
            if not depth:
                yield begun, builder.value
        elif event == "map_key":
            steps[-1] = value
        elif closes:
            steps.pop()
        else:
            if steps and isinstance(steps[-1], int):
                steps[-1] += 1
            begun = tuple(steps)
            next_record()
            if not wanted(begun):
                if opens:
                    steps.append("" if event == "start_map" else -1)
            elif opens:
                builder, depth = ijson.ObjectBuilder(), 1
                builder.event(event, value)
            else:
                yield begun, value
