"""The roll, the consents and the adults of a school's folder: tables from any MIS, read so that one bad row costs one row."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from detectors.base import Adult, Consent, ConsentLevel, Pupil, UserError
from detectors.text.fold import folded_key

_PUPIL_COLUMNS = ("pupil_id", "legal_forename", "legal_surname")
_CONSENTS: dict[str, Consent] = {
    "yes": "yes", "y": "yes", "given": "yes", "true": "yes", "1": "yes",
    "no": "no", "n": "no", "refused": "no", "false": "no", "0": "no",
    "withdrawn": "withdrawn",
    "": "not given",
}  # fmt: skip
_GRAVITY: tuple[Consent, ...] = ("withdrawn", "no", "not given", "yes")
_LONGEST_NAME = 80  # code points; what is longer is no name but a note
# Channels of consents.csv by the platform or kind of site that publishes.
_CHANNELS = dict.fromkeys(("", "wordpress", "blogger", "blog", "web", "html", "google-sites"), "website") | {
    "twitter": "x",
    "email": "newsletter",
}


class Complaints:
    """What is wrong with rows of a table, told in a line a kind: rows that are not used, and those that are used in part."""

    def __init__(self) -> None:
        self._lost: dict[str, list[int]] = defaultdict(list)
        self._partly: dict[str, list[int]] = defaultdict(list)

    def lost(self, path: Path, row: int, what: str) -> None:
        """A row that is not used."""
        self._lost[f"{path}\n{what}"].append(row)

    def partly(self, path: Path, row: int, what: str) -> None:
        """A row that is used without the part complained of."""
        self._partly[f"{path}\n{what}"].append(row)

    @property
    def problems(self) -> list[str]:
        """A line for each kind of row that was lost."""
        return [_line(key, rows) for key, rows in self._lost.items()]

    @property
    def notices(self) -> list[str]:
        """A line for each kind of row that was used in part."""
        return [_line(key, rows) for key, rows in self._partly.items()]


def _line(key: str, rows: Sequence[int]) -> str:
    path, _, what = key.partition("\n")
    named = ", ".join(map(str, rows[:8])) + (f" and {len(rows) - 8} more" if len(rows) > 8 else "")
    return f"{path}: row{'s' if len(rows) > 1 else ''} {named}: {what}"


@dataclass(frozen=True)
class ConsentRow:
    """A dated consent for one channel and level; open dates are None."""

    channel: str
    level: str
    status: Consent
    start: date | None
    end: date | None


@dataclass(frozen=True)
class SchoolRoll:
    """The pupils and what their families agreed to."""

    pupils: tuple[Pupil, ...] = field(repr=False)
    consents: Mapping[str, tuple[ConsentRow, ...]] | None = field(default=None, repr=False)

    @cached_property
    def _by_id(self) -> dict[str, Pupil]:
        return {p.id: p for p in self.pupils}

    @cached_property
    def _upns(self) -> frozenset[str]:
        return frozenset(p.upn for p in self.pupils if p.upn)

    def pupil(self, pupil_id: str) -> Pupil:
        """The pupil with that id; KeyError where the roll has none."""
        return self._by_id[pupil_id]

    def upns(self) -> frozenset[str]:
        """Every Unique Pupil Number on the roll."""
        return self._upns

    def consent(
        self, pupil_id: str, levels: Sequence[ConsentLevel], platform: str, on: date | None, today: date
    ) -> Consent:
        """Whether all the levels may be published on a platform: the worst of them, and of the day of publishing and today.

        Without consents.csv the roll's two columns hold for every channel, their dates unknown.
        """
        if self.consents is None:
            pupil = self.pupil(pupil_id)
            return _worst(pupil.image_consent if level == "photo" else pupil.name_consent for level in levels)
        channel = _CHANNELS.get(platform, platform)
        rows = [r for r in self.consents.get(pupil_id, ()) if r.channel in (channel, "all", "")]
        days = [today] if on is None else [on, today]
        return _worst(_on_day(rows, level, day) for level in levels for day in days)

    def without_record(self) -> int:
        """How many pupils have no answer on record; they are treated as not having consented."""
        if self.consents is None:
            return sum(p.name_consent == "not given" for p in self.pupils)
        return sum(not self.consents.get(p.id) for p in self.pupils)


# What an agreement to a level of consents.csv includes.
_INCLUDES: dict[str, frozenset[str]] = {
    "first_name": frozenset(["first_name"]),
    "full_name": frozenset(["first_name", "full_name"]),
    "photo": frozenset(["photo"]),
    "photo_with_name": frozenset(["first_name", "full_name", "photo"]),
}


def _on_day(rows: Iterable[ConsentRow], level: ConsentLevel, day: date) -> Consent:
    """A yes holds for what it includes; a no or withdrawal for all that would include it: no forename, no full name."""
    return _worst(
        row.status
        for row in rows
        if (row.start is None or row.start <= day)
        and (row.end is None or day <= row.end)
        and (level in _INCLUDES.get(row.level, ()) if row.status == "yes" else row.level in _INCLUDES[level])
    )


def _worst(answers: Iterable[Consent]) -> Consent:
    return min(answers, key=_GRAVITY.index, default="not given")


def load_roll(folder: Path, columns: Mapping[str, str], complaints: Complaints) -> SchoolRoll:
    """``roll.csv`` and ``consents.csv`` of a school's folder. Raises UserError where no pupil can be read."""
    path = folder / "roll.csv"
    if not path.exists():
        raise UserError(f"{folder}: roll.csv is missing; export the roll from your MIS as CSV into that folder")
    pupils = tuple(_pupils(path, columns, complaints))
    if not pupils:
        raise UserError(f"{path}: the roll has no pupils; export it again")
    return SchoolRoll(pupils, _consents(folder / "consents.csv", columns, {p.id for p in pupils}, complaints))


def _rows(
    path: Path, columns: Mapping[str, str], needed: Iterable[str], complaints: Complaints
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by our column names, each with its line's number; comma, semicolon or tab."""
    text = _decoded(path, complaints)
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    try:
        theirs = [_column(h) for h in next(reader, [])]
        renamed = {_column(v): k for k, v in columns.items()}
        ours = [renamed.get(h, h) for h in theirs]
        for column in needed:
            if column not in ours:
                raise UserError(
                    f"{path}: there is no column {column}; add it, or say in school.toml which of yours it is: "
                    f'[columns] {column} = "…"'
                )
        for row in reader:
            if any(cell.strip() for cell in row):
                filled = [*(cell.strip() for cell in row), *[""] * (len(ours) - len(row))]
                yield reader.line_num, dict(zip(ours, filled, strict=False))
    except csv.Error:
        raise UserError(f"{path}: line {reader.line_num + 1} is no CSV; export the file again") from None


def _decoded(path: Path, complaints: Complaints) -> str:
    """UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252; where lines differ each is read as what it is."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    lines, others, utf8 = [], [], False
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8"))
            utf8 = utf8 or not line.isascii()
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252", errors="replace"))
            others.append(number)
    for number in others if utf8 else ():
        complaints.partly(
            path, number, "not in UTF-8 like the others, read as Windows-1252; check the names and export again"
        )
    return "\n".join(lines)


def _column(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")


def parse_date(value: str) -> date | None:
    """ISO or dd/mm/yyyy, with or without a time; None for a blank. Raises ValueError for anything else."""
    if not value:
        return None
    for shape in ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(value[:19], shape).date()
        except ValueError:
            continue
    raise ValueError("no date")


@dataclass(frozen=True)
class _Row:
    """A row with what reads its cells and complains of those it cannot read."""

    path: Path
    number: int
    cells: Mapping[str, str] = field(repr=False)
    complaints: Complaints

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def day(self, column: str) -> date | None:
        try:
            return parse_date(self.text(column))
        except ValueError:
            self.complaints.partly(
                self.path, self.number, f"{column} is neither yyyy-mm-dd nor dd/mm/yyyy and was left out"
            )
            return None

    def consent(self, column: str) -> Consent:
        answer = _CONSENTS.get(self.text(column).lower())
        if answer is None:
            self.complaints.partly(
                self.path,
                self.number,
                f"{column} is none of yes, no, withdrawn or blank; taken as no consent on record",
            )
        return answer or "not given"

    def name(self, column: str) -> str:
        """A name, empty where what stands there is none."""
        value = self.text(column)
        if len(value) > _LONGEST_NAME:
            self.complaints.partly(self.path, self.number, f"{column} is longer than a name and was left out")
            return ""
        if value and not folded_key(value):
            self.complaints.partly(self.path, self.number, f"{column} has no letters and was left out")
            return ""
        if len(folded_key(value)) == 1 and column.endswith(("forename", "surname")):
            self.complaints.partly(
                self.path, self.number, f"{column} is a single letter; it counts only beside the other name"
            )
        return value


def _pupils(path: Path, columns: Mapping[str, str], complaints: Complaints) -> Iterator[Pupil]:
    seen: dict[str, int] = {}
    alike: dict[tuple[object, ...], int] = {}
    for number, cells in _rows(path, columns, _PUPIL_COLUMNS, complaints):
        row = _Row(path, number, cells, complaints)
        pupil_id = row.text("pupil_id")
        if not pupil_id:
            complaints.lost(path, number, "no pupil_id; give the pupil one of its own")
            continue
        if pupil_id in seen:
            complaints.lost(path, number, "the pupil_id stands in an earlier row too; give each pupil one of its own")
            continue
        seen[pupil_id] = number
        forename, surname = row.name("legal_forename"), row.name("legal_surname")
        pupil = Pupil(
            id=pupil_id,
            legal_forename=forename,
            legal_surname=surname,
            preferred_forename=row.name("preferred_forename") or forename,
            preferred_surname=row.name("preferred_surname") or surname,
            middle_names=row.name("middle_names"),
            former_forename=row.name("former_forename"),
            former_surname=row.name("former_surname"),
            year_group=row.text("year_group"),
            registration_group=row.text("registration_group"),
            house=row.text("house"),
            date_of_birth=row.day("date_of_birth"),
            upn=re.sub(r"\s", "", row.text("upn")).upper(),
            name_consent=row.consent("name_consent"),
            image_consent=row.consent("image_consent"),
            do_not_publish=row.text("do_not_publish").lower() in ("yes", "y", "true", "1"),
            leaving_date=row.day("leaving_date"),
            handles=tuple(h for h in re.split(r"[\s,;]+", row.text("handles")) if h),
        )
        if not pupil.forenames or not pupil.surnames:
            if not pupil.forenames and not pupil.surnames:
                complaints.lost(path, number, "neither forename nor surname; the pupil cannot be looked for")
                continue
            complaints.partly(path, number, "forename or surname is missing; only the other one is looked for")
        same = (pupil.forenames, pupil.surnames, pupil.date_of_birth, pupil.registration_group)
        if same in alike:
            complaints.partly(
                path, number, "names, form and birth date are those of an earlier row; remove one if it is one pupil"
            )
        alike[same] = number
        yield pupil


def _consents(
    path: Path, columns: Mapping[str, str], pupils: set[str], complaints: Complaints
) -> dict[str, tuple[ConsentRow, ...]] | None:
    if not path.exists():
        return None
    found: dict[str, list[ConsentRow]] = defaultdict(list)
    for number, cells in _rows(path, columns, ("pupil_id", "channel", "level", "status"), complaints):
        row = _Row(path, number, cells, complaints)
        if row.text("pupil_id") not in pupils:
            complaints.partly(path, number, "the pupil_id is not on the roll")
        found[row.text("pupil_id")].append(
            ConsentRow(
                channel=row.text("channel").lower(),
                level=row.text("level").lower(),
                status=row.consent("status"),
                start=row.day("from"),
                end=row.day("to"),
            )
        )
    return {pupil: tuple(rows) for pupil, rows in found.items()}


def load_adults(folder: Path, complaints: Complaints) -> Iterator[Adult]:
    """``staff.csv`` and ``others.csv`` of a school's folder, where there are any."""
    for name, key in (("staff.csv", "staff_id"), ("others.csv", "")):
        path = folder / name
        if not path.exists():
            continue
        for number, cells in _rows(path, {}, ("forename", "surname"), complaints):
            row = _Row(path, number, cells, complaints)
            yield Adult(
                id=row.text(key) or f"{name}:{number}",
                forename=row.name("forename"),
                surname=row.name("surname"),
                title=row.text("title"),
                role=row.text("role"),
                email=row.text("school_email"),
                start=row.day("start"),
                end=row.day("end"),
                trained_on=row.day("trained_on"),
                of_staff=bool(key),
            )
