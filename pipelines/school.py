"""A school's folder: school.toml, roll, consents, staff, the register of sites, logos."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers

from detectors.base import Adult, Consent, Context, Mark, Profile, Pupil, UserError
from detectors.images.marks import LogoBank
from detectors.lexicons import load_lexicon
from detectors.reading import Reader
from detectors.text.roll import RollIndex

_PUPIL_COLUMNS = ("pupil_id", "legal_forename", "legal_surname")
_CONSENTS: dict[str, Consent] = {
    "yes": "yes", "y": "yes", "given": "yes", "true": "yes", "1": "yes",
    "no": "no", "n": "no", "refused": "no", "false": "no", "0": "no",
    "withdrawn": "withdrawn",
    "": "not given",
}  # fmt: skip
_GRAVITY: tuple[Consent, ...] = ("withdrawn", "no", "not given", "yes")
# Channels of consents.csv by the platform or kind of site that publishes.
_CHANNELS = dict.fromkeys(("", "wordpress", "blogger", "blog", "web", "html", "google-sites"), "website") | {
    "twitter": "x",
    "email": "newsletter",
}


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

    def name_consent(self, pupil_id: str, platform: str, on: date | None, today: date) -> Consent:
        """Whether the pupil may be named on a platform: the worse of the day of publishing and today.

        Without consents.csv the roll's column holds for every channel, its dates unknown.
        """
        if self.consents is None:
            return self.pupil(pupil_id).name_consent
        channel = _CHANNELS.get(platform, platform)
        rows = [
            r
            for r in self.consents.get(pupil_id, ())
            if r.channel in (channel, "all", "") and r.level not in ("photo", "")
        ]
        days = [today] if on is None else [on, today]
        return min((_on_day(rows, day) for day in days), key=_GRAVITY.index)

    def without_record(self) -> int:
        """How many pupils have no answer on record; they are treated as not having consented."""
        if self.consents is None:
            return sum(p.name_consent == "not given" for p in self.pupils)
        return sum(not self.consents.get(p.id) for p in self.pupils)


def _on_day(rows: Iterable[ConsentRow], day: date) -> Consent:
    valid = [r.status for r in rows if (r.start is None or r.start <= day) and (r.end is None or day <= r.end)]
    return min(valid, key=_GRAVITY.index, default="not given")


@dataclass(frozen=True)
class Contacts:
    """The contact details that the school itself publishes."""

    phones: frozenset[str]
    emails: frozenset[str]
    domains: frozenset[str]

    def has_phone(self, e164: str) -> bool:
        """Whether the number is the school's own or a helpline or emergency number."""
        return e164 in self.phones

    def has_email(self, address: str) -> bool:
        """Whether the mailbox is one the school publishes."""
        return address.lower() in self.emails

    def is_school_domain(self, domain: str) -> bool:
        """Whether the domain, or one above it, belongs to the school."""
        return any(domain == d or domain.endswith(f".{d}") for d in self.domains)


@dataclass(frozen=True)
class Site:
    """A row of the register; ``fields`` holds the form as it was filled in."""

    id: str
    name: str
    url: str
    handle: str
    profile: Profile
    fields: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class SiteRegister:
    """The sites the school has approved. Empty where the school keeps no register."""

    sites: tuple[Site, ...]

    @cached_property
    def _profiles(self) -> dict[str, Profile]:
        return {s.id: s.profile for s in self.sites}

    def profile(self, site: str) -> Profile:
        """The site's profile; ``standard`` for a site that is not on the register."""
        return self._profiles.get(site, "standard")

    def resolve(self, word: str, platform: str = "") -> str | None:
        """The id of the site that an export calls ``word`` (an id, handle, host or address), None where none fits."""
        plain = word.strip().lower().lstrip("@").removeprefix("www.")
        for site in self.sites:
            handles = {site.id.lower(), site.handle.lower().lstrip("@"), _host_and_path(site.url), _host(site.url)} - {
                ""
            }
            last = _host_and_path(site.url).rpartition("/")[2]
            if plain in handles or (
                platform and platform == str(site.fields.get("platform_host", "")).lower() and plain == last
            ):
                return site.id
        return None


def _host(url: str) -> str:
    return urlsplit(url if "//" in url else f"//{url}").netloc.lower().removeprefix("www.")


def _host_and_path(url: str) -> str:
    parts = urlsplit(url if "//" in url else f"//{url}")
    return (parts.netloc.lower().removeprefix("www.") + parts.path).rstrip("/").lower()


@dataclass(frozen=True)
class School:
    """Everything a school supplies for an audit."""

    folder: Path = field(repr=False)
    name: str
    policy_version: str | None
    roll: SchoolRoll
    adults: tuple[Adult, ...] = field(repr=False)
    contacts: Contacts = field(repr=False)
    register: SiteRegister
    marks: tuple[Mark, ...]
    roll_date: date

    def context(self, today: date) -> Context:
        """What the rules need to know."""
        return Context(self.roll, self.contacts, self.register, today)

    def reader(self) -> Reader:
        """The reader for this school's names and marks. Building it hashes the logos and compiles the roll."""
        return Reader(RollIndex(self.roll.pupils, self.adults), LogoBank.load(self.marks))


def load_school(folder: Path, today: date) -> School:
    """Read a school's folder. Raises UserError, in one line that says what to do, for what is missing or malformed."""
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such school folder; make one with: social-audit init {folder}")
    settings = _toml(folder / "school.toml") if (folder / "school.toml").exists() else None
    if settings is None:
        raise UserError(f"{folder}: school.toml is missing; make a school folder with: social-audit init {folder}")
    name = settings.get("name")
    if not isinstance(name, str) or not name.strip():
        raise UserError(
            f'{folder / "school.toml"}: add a line with the school\'s name, as in: name = "Northmoor School"'
        )
    roll_file = folder / "roll.csv"
    if not roll_file.exists():
        raise UserError(f"{folder}: roll.csv is missing; export the roll from your MIS as CSV into that folder")
    columns = {str(k): str(v) for k, v in settings.get("columns", {}).items()}
    return School(
        folder=folder,
        name=name,
        policy_version=settings.get("policy", {}).get("version"),
        roll=SchoolRoll(tuple(_pupils(roll_file, columns)), _consents(folder / "consents.csv", columns)),
        adults=tuple(_adults(folder)),
        contacts=_contacts(settings),
        register=_register(folder / "sites.toml"),
        marks=tuple(_marks(folder / "logos", today)),
        roll_date=date.fromtimestamp(roll_file.stat().st_mtime),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: this is not valid TOML ({error}); correct that line") from None


def _rows(path: Path, columns: Mapping[str, str], needed: Iterable[str]) -> Iterator[dict[str, str]]:
    """The rows of a CSV file by our column names. UTF-8 with or without BOM, else Windows-1252; comma, semicolon or tab."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
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
            yield dict(zip(ours, (cell.strip() for cell in row), strict=False))


def _column(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")


def _date(value: str, path: Path) -> date | None:
    """ISO or dd/mm/yyyy; None for a blank."""
    if not value:
        return None
    for shape in ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(value[:19], shape).date()
        except ValueError:
            continue
    raise UserError(f"{path}: a date is neither yyyy-mm-dd nor dd/mm/yyyy; correct it in the export")


def _consent(value: str, path: Path) -> Consent:
    try:
        return _CONSENTS[value.strip().lower()]
    except KeyError:
        raise UserError(f"{path}: a consent is none of yes, no, withdrawn or blank; correct it in the export") from None


def _pupils(path: Path, columns: Mapping[str, str]) -> Iterator[Pupil]:
    seen: set[str] = set()
    for number, row in enumerate(_rows(path, columns, _PUPIL_COLUMNS), 2):
        pupil_id = row["pupil_id"]
        if not pupil_id or pupil_id in seen:
            raise UserError(
                f"{path}: row {number} has {'no' if not pupil_id else 'a repeated'} pupil_id; give each pupil one of its own"
            )
        seen.add(pupil_id)
        yield Pupil(
            id=pupil_id,
            legal_forename=row["legal_forename"],
            legal_surname=row["legal_surname"],
            preferred_forename=row.get("preferred_forename") or row["legal_forename"],
            preferred_surname=row.get("preferred_surname") or row["legal_surname"],
            middle_names=row.get("middle_names", ""),
            former_forename=row.get("former_forename", ""),
            former_surname=row.get("former_surname", ""),
            year_group=row.get("year_group", ""),
            registration_group=row.get("registration_group", ""),
            house=row.get("house", ""),
            date_of_birth=_date(row.get("date_of_birth", ""), path),
            upn=re.sub(r"\s", "", row.get("upn", "")).upper(),
            name_consent=_consent(row.get("name_consent", ""), path),
            image_consent=_consent(row.get("image_consent", ""), path),
            do_not_publish=row.get("do_not_publish", "").lower() in ("yes", "y", "true", "1"),
        )
    if not seen:
        raise UserError(f"{path}: the roll has no pupils; export it again")


def _consents(path: Path, columns: Mapping[str, str]) -> dict[str, tuple[ConsentRow, ...]] | None:
    if not path.exists():
        return None
    found: dict[str, list[ConsentRow]] = defaultdict(list)
    for row in _rows(path, columns, ("pupil_id", "channel", "level", "status")):
        found[row["pupil_id"]].append(
            ConsentRow(
                channel=row["channel"].lower(),
                level=row["level"].lower(),
                status=_consent(row["status"], path),
                start=_date(row.get("from", ""), path),
                end=_date(row.get("to", ""), path),
            )
        )
    return {pupil: tuple(rows) for pupil, rows in found.items()}


def _adults(folder: Path) -> Iterator[Adult]:
    for name, key in (("staff.csv", "staff_id"), ("others.csv", "")):
        path = folder / name
        if not path.exists():
            continue
        for number, row in enumerate(_rows(path, {}, ("forename", "surname")), 2):
            yield Adult(
                id=row.get(key) or f"{name}:{number}",
                forename=row["forename"],
                surname=row["surname"],
                title=row.get("title", ""),
                role=row.get("role", ""),
                email=row.get("school_email", ""),
            )


def _contacts(settings: Mapping[str, Any]) -> Contacts:
    public = settings.get("public", {})
    phones = set(load_lexicon("helplines"))
    for number in public.get("phones", []):
        try:
            parsed = phonenumbers.parse(str(number), "GB")
        except phonenumbers.NumberParseException:
            raise UserError("school.toml: a number under [public] phones is no telephone number; correct it") from None
        phones.add(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    return Contacts(
        phones=frozenset(phones),
        emails=frozenset(str(e).lower() for e in public.get("emails", [])),
        domains=frozenset(str(d).lower().removeprefix("www.") for d in settings.get("domains", [])),
    )


def _register(path: Path) -> SiteRegister:
    """A table a site: ``[[site]]``, ``[[sites]]``, ``[sites.ID]`` or ``[ID]``."""
    if not path.exists():
        return SiteRegister(())
    found: list[Site] = []
    content = _toml(path)
    tables = content.get("sites", content.get("site", content))
    rows = (
        tables if isinstance(tables, list) else [{"site_id": k, **v} for k, v in tables.items() if isinstance(v, dict)]
    )
    for row in rows:
        site_id = str(row.get("site_id") or row.get("id") or "").strip()
        if not site_id:
            raise UserError(f"{path}: a site has no site_id; give each site one")
        found.append(
            Site(
                id=site_id,
                name=str(row.get("name", site_id)),
                url=str(row.get("url", "")),
                handle=str(row.get("handle", "")),
                profile="strict" if _pupils_contribute(row) else "standard",
                fields=row,
            )
        )
    return SiteRegister(tuple(found))


def _pupils_contribute(row: Mapping[str, Any]) -> bool:
    """Derived from the form, never typed by hand: a pupil box is ticked, or children are said to contribute (A.5.2)."""
    contributors = row.get("contributors", [])
    if isinstance(contributors, Mapping):
        contributors = [k for k, v in contributors.items() if v]
    if isinstance(contributors, str):
        contributors = [contributors]
    ticked = {str(c).strip().lower() for c in contributors}
    return bool(ticked & {"pupils", "other_schools", "pupils from other schools"}) or _yes(
        row.get("contributors_children")
    )


def _yes(value: object) -> bool:
    return value is True or str(value).strip().lower() in ("yes", "true", "y")


def _marks(folder: Path, today: date) -> Iterator[Mark]:
    """The marks of ``logos.toml``; without it every picture in the folder is a mark in use, named by its file."""
    if not folder.is_dir():
        return
    listing = folder / "logos.toml"
    if not listing.exists():
        for path in sorted(
            p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg", ".gif", ".webp")
        ):
            yield Mark(path.stem, path.stem, True, (str(path),))
        return
    for row in _toml(listing).get("logo", []):
        files = row.get("files") or row.get("variants") or row.get("file") or []
        files = list(files.values()) if isinstance(files, dict) else [files] if isinstance(files, str) else list(files)
        if not row.get("id") or not files:
            raise UserError(f"{listing}: each [[logo]] needs an id and its files")
        missing = [f for f in files if not (folder / f).is_file()]
        if missing:
            raise UserError(f"{listing}: the file {missing[0]} is not in {folder}; add it or correct its name")
        until = row.get("to")
        until = until if isinstance(until, date) or until is None else _date(str(until), listing)
        current = bool(row.get("current", True)) and (until is None or until >= today)
        yield Mark(str(row["id"]), str(row.get("name", row["id"])), current, tuple(str(folder / f) for f in files))
