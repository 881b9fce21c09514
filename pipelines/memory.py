"""What an item's audit depends on, so that an item of which nothing has changed is not audited again.

A finding depends on the item, on whom the item answered speaks of, on the rules, on the school's tables, on what the families of
the pupils named agreed to, and, of a few rules, on the day. Each is hashed under a key, for a short text could be guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import detectors
from detectors.base import Finding, Item, Pupil, Reading
from detectors.images import faces, ocr
from detectors.lexicons import DATA
from detectors.pupils.levels import agreement_ended
from detectors.reading import spoken_of
from pipelines.roll import ConsentRow
from pipelines.school import School

# What of a pupil is read with the consents and not with the names.
_CONSENT_FIELDS = frozenset({"name_consent", "image_consent", "do_not_publish", "leaving_date"})
# Kinds whose findings come and go with the day of the audit.
_DAILY = frozenset({"WHEREABOUTS"})


@dataclass(frozen=True)
class Trace:
    """What is remembered of an item's audit.

    ``pupils`` are the roll ids whose consents it read, ``speaks`` those that it names for certain. ``day`` is the day of the audit
    where its findings can change with the day alone.
    """

    fingerprint: str
    consents: str
    pupils: frozenset[str] = field(default=frozenset(), repr=False)
    speaks: frozenset[str] = field(default=frozenset(), repr=False)
    day: date | None = None


class Memory(Protocol):
    """What earlier runs remember."""

    def mac(self, *values: str) -> str:
        """A keyed hash of some values."""

    def recall(self, items: Sequence[Item]) -> Mapping[str, Trace]:
        """By an item's id what is remembered of its audit; nothing of an item that must be audited again in any case."""


class Dependencies:
    """What the audit of a school's items on a day depends on."""

    def __init__(self, school: School, today: date, memory: Memory) -> None:
        self._school = school
        self._today = today
        self._memory = memory
        self._version = school_version(school, today)
        self._consents: dict[str, str] = {}

    def trace(self, reading: Reading, findings: Iterable[Finding]) -> Trace:
        """What is to be remembered of an item that was audited."""
        findings = list(findings)
        named = [p for m in reading.mentions for p in m.pupils]
        pupils = frozenset(named + [p for f in findings for p in f.pupils])
        return Trace(
            fingerprint=self.fingerprint(reading.item, reading.expected),
            consents=self.consents(pupils),
            pupils=pupils,
            speaks=spoken_of(reading.mentions),
            day=self._today if any(f.kind in _DAILY for f in findings) else None,
        )

    def unchanged(self, item: Item, expected: frozenset[str], trace: Trace) -> bool:
        """Whether an audit of the item would find what it found before."""
        return trace.fingerprint == self.fingerprint(item, expected) and trace.consents == self.consents(trace.pupils)

    def fingerprint(self, item: Item, expected: frozenset[str]) -> str:
        """A keyed hash of all but consents that the item's findings depend on."""
        profile = self._school.register.profile(item.site)
        return self._memory.mac(rules_version(), self._version, profile, *_fields(item), *sorted(expected))

    def consents(self, pupils: Iterable[str]) -> str:
        """A keyed hash of what the families of some pupils agreed to, as far as it bears on today's audit; empty without pupils."""
        states = [self._consent(p) for p in sorted(pupils)]
        return self._memory.mac(*states) if states else ""

    def _consent(self, pupil_id: str) -> str:
        if pupil_id not in self._consents:
            roll = self._school.roll
            pupil = roll.pupil(pupil_id)
            rows = (roll.consents or {}).get(pupil_id, ())
            state = [pupil_id, *(getattr(pupil, name) for name in sorted(_CONSENT_FIELDS))]
            state += [agreement_ended(pupil, self._today), *((row, _holds(row, self._today)) for row in rows)]
            self._consents[pupil_id] = repr(state)
        return self._consents[pupil_id]


def _holds(row: ConsentRow, day: date) -> bool:
    return (row.start is None or row.start <= day) and (row.end is None or day <= row.end)


def _fields(item: Item) -> list[str]:
    """All of an item that a rule may read; not where it stood in the export, nor the name by which a run knows it."""
    media = [f"{m.sha256}|{m.presence}|{m.encoding_format}|{m.declared_format}|{m.size}" for m in item.media]
    told = [item.kind, item.site, item.platform, item.author, item.author_role, item.visibility, item.status, item.url]
    told += [str(item.published), str(item.has_photo), str(bool(item.in_reply_to)), str(len(media))]
    return told + media + [text for p in item.given_parts for text in (p.name, p.text)]


def tool_version() -> str:
    """The installed version, ``0`` where the package is not installed."""
    try:
        return version("social-audit")
    except PackageNotFoundError:
        return "0"


@cache
def rules_version() -> str:
    """A short hash that changes with the rules: their code, word lists, weights and the names models that come with the tool."""
    code = Path(detectors.__file__).parent
    files = [*code.rglob("*.py"), Path(__file__).with_name("audit.py")]
    files += [p for folder in ("lexicons", "model", "conduct") for p in (DATA / folder).rglob("*") if p.is_file()]
    files += DATA.glob("*.toml")
    digest = hashlib.sha256(tool_version().encode())
    for path in sorted(files, key=lambda p: p.as_posix()):
        digest.update(f"\0{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def school_version(school: School, today: date) -> str:
    """A hash of what the rules read of a school, but for consents and the register's profiles, which count item by item.

    The year belongs to it, since a birth date in a year to come is none; and what is installed to read pictures with.
    """
    installed = ocr.INSTALLED, faces.INSTALLED
    names_model = school.names_model, _model_version(school.names_model)
    digest = hashlib.sha256(repr((today.year, *names_model, *installed)).encode())
    names = [f.name for f in fields(Pupil) if f.name not in _CONSENT_FIELDS]
    for pupil in school.roll.pupils:
        digest.update(repr([getattr(pupil, name) for name in names]).encode())
    for adult in school.adults:
        digest.update(repr(_values(adult)).encode())
    contacts = [sorted(v) if isinstance(v, frozenset) else v for v in _values(school.contacts)]
    digest.update(repr(contacts).encode())
    for mark in school.marks:
        digest.update(
            repr([v for f, v in zip(fields(mark), _values(mark), strict=True) if f.name != "variants"]).encode()
        )
        for path in mark.variants:
            digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return digest.hexdigest()


def _values(record: Any) -> list[Any]:
    return [getattr(record, f.name) for f in fields(record)]


def _model_version(name: str | None) -> str:
    """The version of an installed spaCy pipeline, empty for those that come with the tool."""
    try:
        return version(name.replace("_", "-")) if name else ""
    except (PackageNotFoundError, ValueError):
        return ""
