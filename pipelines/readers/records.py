"""Records as JSON lines: the project's own interchange, one object a line with at least ``id`` and ``text``."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast, get_args

from detectors.base import Item, Media, Part, Role, SiteFacts, Status, UserError, Visibility
from pipelines.readers.hashes import HashCounts
from pipelines.readers.media import media
from pipelines.readers.reader import locator, media_parts
from pipelines.readers.report import ImportReport, MemberReport
from pipelines.readers.source import DAMAGE, Source, read_head
from pipelines.readers.times import parse
from pipelines.readers.values import cleaned, string_of

LAYOUT = "records-jsonl"
# A line beyond this is no record: it would have to be held in memory whole.
MAX_LINE = 16 << 20
_ROLES, _SHOWN, _STATES = (frozenset(get_args(t)) for t in (Role, Visibility, Status))


class BrokenLineError(ValueError):
    """A line that is no record, and why."""


def detect(source: Source) -> Records | None:
    """The reader for a bare file whose first readable line is a record.

    UserError where it is JSON lines of another kind.
    """
    if not source.is_file:
        return None
    name = next(iter(source.sizes))
    verdict = judge(source, name)
    if verdict == "records":
        return Records(source, name)
    if verdict == "broken":
        raise UserError(f"{source.path}: broken JSON from which nothing can be read; export again")
    if verdict == "other" and source.path.suffix.lower() in (".jsonl", ".ndjson"):
        raise UserError(f"{source.path}: its records lack 'id' or 'text'; give every record both")
    return None


def judge(source: Source, name: str) -> str:
    """What a file of JSON lines holds: ``records``, ``other``, ``broken`` or ``no``.

    ``other`` is JSON without id and text, ``broken`` JSON that cannot be read, ``no`` no JSON at all.
    """
    head = _characters(read_head(source, name, 1 << 12)).lstrip("\ufeff \r\n\t")
    named = name.lower().endswith((".jsonl", ".ndjson"))
    if not named and not head.startswith(("{", "[")):
        return "no"
    parsed = False
    for _, line in _lines(source, name):
        try:
            value = _value(line)
        except BrokenLineError:
            continue
        parsed = True
        if isinstance(value, dict) and "id" in value and "text" in value:
            return "records"
    return "other" if parsed or _is_one_document(source, name) else "broken"


def _is_one_document(source: Source, name: str) -> bool:
    """Whether the whole file is one JSON value over several lines."""
    try:
        with source.open(name) as stream:
            json.loads(_characters(stream.read(MAX_LINE * 4)).lstrip("\ufeff"))
    except DAMAGE:
        return False
    return True


def _characters(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace")


class Records:
    """The records of one file; ``media`` paths are relative to it."""

    layout = LAYOUT
    platform = ""
    account = ""

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._name = name

    def items(self, report: ImportReport) -> Iterator[Item]:
        """Every record in the order of its lines."""
        report.not_in_export.append(
            "What the records leave out cannot be seen: who may read an item, pictures, comments by others."
        )
        yield from read(self._source, self._name, report.add(self._name, "parsed"), report)

    def facts(self) -> SiteFacts | None:
        """Records show nothing of the site itself."""
        return None


def read(source: Source, name: str, entry: MemberReport, report: ImportReport, layout: str = LAYOUT) -> Iterator[Item]:
    """The items of a member; lines that are no record are rejected by their number, and the others read."""
    lines = HashCounts()
    try:
        for number, line in _lines(source, name):
            try:
                value = _value(line)
                item = _item(value, source, name, number, layout)
                if known := lines.get(item.id):
                    raise BrokenLineError(f"its id is that of line {known}")
            except BrokenLineError as error:
                report.reject(name, f"line {number}: {error}; mend that line, the others were read")
                continue
            lines.set(item.id, number)
            entry.records += 1
            yield item
    except DAMAGE:
        report.damage(entry, "the file cannot be read to its end")
    if rejected := report.rejected_in(name):
        entry.why = "; ".join(filter(None, (entry.why, f"{rejected} lines rejected")))


def _lines(source: Source, name: str) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, in UTF-8, with its number from 1.

    One that is too long is given cut, so it fails to parse.
    """
    with source.open(name) as stream:
        first = stream.read(2)
        if first in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            text = (first + stream.read(MAX_LINE * 4)).decode("utf-16", "replace")
            yield from ((n, line.encode()) for n, line in enumerate(text.split("\n"), 1) if line.strip())
            return
        held, number, dropping = first, 0, False
        while True:
            chunk = stream.read(1 << 20)
            *whole, held = (held + chunk).split(b"\n")
            for line in whole:
                number += 1
                if not dropping and line.strip():
                    yield number, line
                dropping = False
            if len(held) > MAX_LINE and not dropping:
                yield number + 1, held[:64]
                dropping = True
            if dropping:
                held = b""
            if not chunk:
                if held.strip():
                    yield number + 1, held
                return


def _value(line: bytes) -> object:
    """The line's JSON value; BrokenLineError where it has none."""
    try:
        return json.loads(line.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_no_repeats)
    except BrokenLineError:
        raise
    except UnicodeDecodeError:
        raise BrokenLineError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BrokenLineError(f"not valid JSON ({error.msg} at column {error.colno})") from None
    except (ValueError, RecursionError):
        raise BrokenLineError("not valid JSON (nested too deep, or a number out of range)") from None


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys stand once each: of two texts of the same key, one would never be audited."""
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        key = next((k for k in ("text", "title", "id") if counts[k] > 1), "")
        raise BrokenLineError(f"its {key!r} stands twice" if key else "a key of it stands twice")
    return found


def _no_constant(name: str) -> object:
    """NaN and Infinity are not JSON, but stand only in keys that we ignore."""
    return None


def _item(value: object, source: Source, member: str, number: int, layout: str) -> Item:
    if not isinstance(value, dict):
        raise BrokenLineError("not an object")
    given = value.get("id")
    text = value.get("text")
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        raise BrokenLineError("no 'id'")
    if not isinstance(text, str):
        raise BrokenLineError("no 'text'")
    identity = cleaned(str(given))
    alts = value.get("alt")
    said = [cleaned(a) if isinstance(a, str) else "" for a in alts] if isinstance(alts, list) else []
    found = tuple(_media(source, member, m) for m in _strings(value.get("media")))
    said = (said + [""] * len(found))[: len(found)]
    raw = string_of(value, "raw_published") or string_of(value, "published")
    moment = parse(string_of(value, "published"))
    title, url = string_of(value, "title"), string_of(value, "url")
    photo = value.get("has_photo")
    named = [Part("title", title)] if title else []
    return Item(
        id=identity,
        kind=string_of(value, "kind") or "post",
        parts=(*named, Part("text", cleaned(text)), *media_parts(found, tuple(said))),
        locator=locator(source, layout, member, f"line:{number}"),
        lineage=url or f"record:{string_of(value, 'site')}:{identity}",
        media=found,
        site=string_of(value, "site"),
        platform=string_of(value, "platform"),
        author=string_of(value, "author"),
        author_role=cast(Role, _one_of(value, "author_role", _ROLES, "unknown")),
        published=moment.at,
        raw_published=raw,
        time_basis=moment.basis,
        visibility=cast(Visibility, _one_of(value, "visibility", _SHOWN, "unknown")),
        status=cast(Status, _one_of(value, "status", _STATES, "published")),
        url=url,
        in_reply_to=string_of(value, "in_reply_to"),
        has_photo=photo if isinstance(photo, bool) else (True if found else None),
    )


def _media(source: Source, member: str, given: str) -> Media:
    """A file beside the record's file, or an address."""
    if "://" in given:
        return media(source, "", url=given)
    folder = member.rpartition("/")[0]
    return media(source, f"{folder}/{given}" if folder else given)


def _strings(given: object) -> list[str]:
    return [cleaned(g) for g in given if isinstance(g, str)] if isinstance(given, list) else []


def _one_of(value: dict[str, Any], key: str, known: frozenset[str], default: str) -> str:
    given = string_of(value, key)
    return given if given in known else default
