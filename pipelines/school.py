"""A school's folder: school.toml, roll, consents, staff, the register of sites, logos."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers

from detectors.base import Adult, Context, Mark, Profile, UserError
from detectors.base import Site as FormSite
from detectors.images.marks import LogoBank
from detectors.lexicons import load_lexicon
from detectors.reading import Looker, Reader, Threads
from detectors.text.fold import folded_key
from detectors.text.names import NamesModel
from detectors.text.places import POSTCODE
from detectors.text.roll import RollIndex
from pipelines.inbox import Expected, Inbox
from pipelines.notify import Mailbox, mailbox_of
from pipelines.readers.table import ColumnMap, column_map
from pipelines.register import Rows, read_register
from pipelines.roll import Complaints, SchoolRoll, load_adults, load_roll, parse_date
from pipelines.routing import Routes, routes_of
from pipelines.workers import Setup, WorkerSettings


@dataclass(frozen=True)
class Contacts:
    """The contact details that the school itself publishes."""

    phones: frozenset[str]
    emails: frozenset[str]
    domains: frozenset[str]
    handles: frozenset[str] = frozenset()
    postcodes: frozenset[str] = frozenset()
    addresses: tuple[str, ...] = ()

    def has_phone(self, e164: str) -> bool:
        """Whether the number is the school's own or a helpline or emergency number."""
        return e164 in self.phones

    def has_email(self, address: str) -> bool:
        """Whether the mailbox is one the school publishes."""
        return address.lower() in self.emails

    def is_school_domain(self, domain: str) -> bool:
        """Whether the domain, or one above it, belongs to the school."""
        return any(domain == d or domain.endswith(f".{d}") for d in self.domains)

    def has_handle(self, handle: str) -> bool:
        """Whether a user name is the school's own; @, dots, underscores and case do not count."""
        return folded_key(handle) in self.handles

    def has_postcode(self, postcode: str) -> bool:
        """Whether a postcode stands among the public ones or in a public address."""
        return folded_key(postcode) in self.postcodes

    def has_address(self, address: str) -> bool:
        """Whether an address is part of one that the school publishes; spaces, commas and case do not count."""
        key = folded_key(address)
        return any(
            public in key or (place := public.find(key)) == 0 or (place > 0 and not public[place - 1].isdigit())
            for public in self.addresses
        )


@dataclass(frozen=True)
class Site:
    """A row of the register; ``fields`` holds the form as it was filled in, ``form`` what of it could be read."""

    id: str
    name: str
    url: str
    handle: str
    profile: Profile
    fields: Mapping[str, Any] = field(repr=False)
    form: FormSite = field(default=FormSite(""), repr=False)


@dataclass(frozen=True)
class SiteRegister:
    """The sites the school has approved. Empty where the school keeps no register (``kept`` is false).

    ``notices`` are lines about rows used in part.
    """

    sites: tuple[Site, ...]
    kept: bool = False
    notices: tuple[str, ...] = ()

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
    """Everything a school supplies for an audit.

    ``names_model`` is the spaCy pipeline to use instead of the shipped one, "fast" for the smaller of those shipped, "none" to do
    without. ``problems`` are lines about
    rows of its tables that are not used, ``notices`` about rows used in part.
    """

    folder: Path = field(repr=False)
    name: str
    policy_version: str | None
    roll: SchoolRoll
    adults: tuple[Adult, ...] = field(repr=False)
    contacts: Contacts = field(repr=False)
    register: SiteRegister
    marks: tuple[Mark, ...]
    roll_date: date
    names_model: str | None = None
    workers: WorkerSettings = field(default_factory=WorkerSettings)
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    export_columns: ColumnMap = field(default_factory=dict)
    short_names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    def context(self, today: date) -> Context:
        """What the rules need to know."""
        return Context(self.roll, self.contacts, self.register, today)

    def names(self) -> NamesModel | None:
        """The names model, loaded; None where the school does without."""
        return None if self.names_model == "none" else NamesModel.load(self.names_model)

    def reader(self, looker: Looker | None = None, threads: Threads | None = None) -> Reader:
        """The reader for this school's names; compiles the roll. Without a ``looker`` it makes the school's own."""
        return Reader(RollIndex(self.roll.pupils, self.adults), looker or self.looker(self.names()), threads)

    def setup(self) -> Setup:
        """What other processes need to look at this school's items."""
        return Setup(self.names_model, self.marks)

    def looker(self, names: NamesModel | None) -> Looker:
        """What looks at items for this school's marks, which it hashes, with a names model."""
        return Looker(LogoBank.load(self.marks), names)


def load_school(folder: Path, today: date) -> School:
    """Read a school's folder. Raises UserError, in one line that says what to do, for what is missing or malformed."""
    settings = _settings(folder)
    name = _name(settings, folder)
    complaints = Complaints()
    columns = {str(k): str(v) for k, v in settings.get("columns", {}).items()}
    rows = read_register(folder)
    register = _register(rows)
    return School(
        folder=folder,
        name=name,
        policy_version=settings.get("policy", {}).get("version"),
        roll=load_roll(folder, columns, complaints),
        adults=tuple(load_adults(folder, complaints)),
        contacts=_contacts(settings, register),
        register=register,
        marks=tuple(_marks(folder / "logos", today)),
        roll_date=date.fromtimestamp((folder / "roll.csv").stat().st_mtime),
        names_model=settings.get("names", {}).get("model"),
        workers=_workers(settings, folder),
        problems=(*complaints.problems, *rows.problems),
        notices=tuple(complaints.notices),
        short_names=tuple(str(n) for n in settings.get("short_names", [])),
        domains=tuple(str(d) for d in settings.get("domains", [])),
        export_columns=_export_columns(settings, folder),
    )


@dataclass(frozen=True)
class Retention:
    """How long the store keeps what, in days: ``[retention]`` of school.toml. ``runs`` takes old findings with it."""

    content: int = 365
    verdicts: int = 730
    access_log: int = 1095
    runs: int = 730


def load_retention(folder: Path) -> Retention:
    """The school's retention times, the defaults where it names none. Raises UserError for what is no number of days."""
    given = _settings(folder).get("retention", {})
    known = {f.name for f in fields(Retention)}
    for name, days in given.items():
        if name not in known:
            raise UserError(
                f"{folder / 'school.toml'}: [retention] knows no {name}; it knows {', '.join(sorted(known))}"
            )
        if not isinstance(days, int) or isinstance(days, bool) or days < 1:
            raise UserError(
                f"{folder / 'school.toml'}: {name} under [retention] must be a whole number of days, from 1"
            )
    return Retention(**given)


def load_inbox(folder: Path) -> Inbox:
    """The inbox of every site that is to be exported. Raises UserError as ``load_school`` does, and without a register."""
    days = _schedule(folder).get("overdue_days", 10)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise UserError(
            f"{folder / 'school.toml'}: overdue_days under [schedule] must be a whole number of days, from 1"
        )
    forms = [f.site for f in read_register(folder).forms if f.site.status not in ("closed", "proposed")]
    if not forms:
        raise UserError(f"{folder}: the register names no site that could be exported; fill sites.toml")
    return Inbox(folder, [Expected(site.id, site.name or site.id) for site in forms], days)


def _workers(settings: Mapping[str, Any], folder: Path) -> WorkerSettings:
    """Where items are looked at, from ``[workers]``. Raises UserError for what does not fit."""
    given, path = settings.get("workers", {}), folder / "school.toml"
    known = {f.name for f in fields(WorkerSettings)}
    if not isinstance(given, Mapping) or not given.keys() <= known:
        raise UserError(f"{path}: [workers] knows {', '.join(sorted(known))}, and nothing else")
    processes, cluster = given.get("processes", 1), str(given.get("cluster", ""))
    if not isinstance(processes, int) or isinstance(processes, bool) or not 1 <= processes <= 1000:
        raise UserError(f"{path}: processes under [workers] must be a whole number, from 1")
    if cluster not in ("", "local") and not cluster.startswith("tls://"):
        raise UserError(
            f'{path}: cluster under [workers] must be "local" or the address of a Dask scheduler that speaks TLS, as in: '
            "tls://scheduler.example:8786"
        )
    files = {name: folder / str(given[name]) for name in ("ca", "certificate", "key") if given.get(name)}
    if cluster.startswith("tls://") and len(files) < 3:
        raise UserError(
            f"{path}: [workers] needs ca, certificate and key, the files of the cluster's TLS, beside its address"
        )
    if missing := next((f for f in files.values() if not f.is_file()), None):
        raise UserError(f"{missing}: is not there; [workers] of school.toml names it")
    return WorkerSettings(processes, cluster, **files)


def load_cron(folder: Path) -> str:
    """When the audit runs by itself, from ``[schedule]`` of school.toml: five cron fields; Monday at six where it does not say."""
    return str(_schedule(folder).get("cron", "0 6 * * 1"))


def load_school_name(folder: Path) -> str:
    """The school's name. Raises UserError as ``load_school`` does."""
    return _name(_settings(folder), folder)


def load_terms(folder: Path) -> dict[str, tuple[date, date]]:
    """First and last day of each term under ``[terms]`` of school.toml. Raises UserError for what is no such pair of days."""
    given = _settings(folder).get("terms", {})
    terms = {}
    try:
        for name, (first, last) in given.items():
            terms[name] = date.fromisoformat(str(first)), date.fromisoformat(str(last))
            if terms[name][0] > terms[name][1]:
                raise ValueError
    except (AttributeError, TypeError, ValueError):
        raise UserError(
            f"{folder / 'school.toml'}: each line under [terms] is a name with the first and the last day, as in: "
            'autumn-2026 = ["2026-09-01", "2026-12-18"]'
        ) from None
    return terms


def load_mailbox(folder: Path) -> Mailbox | None:
    """Where the summary of a scheduled run goes; None where school.toml names nobody. Raises UserError as ``load_school`` does."""
    return mailbox_of(_settings(folder), folder / "school.toml")


def _name(settings: Mapping[str, Any], folder: Path) -> str:
    name = settings.get("name")
    if not isinstance(name, str) or not name.strip():
        raise UserError(
            f'{folder / "school.toml"}: add a line with the school\'s name, as in: name = "Northmoor School"'
        )
    return name


def _schedule(folder: Path) -> Mapping[str, Any]:
    given = _settings(folder).get("schedule", {})
    return given if isinstance(given, dict) else {}


def load_routes(folder: Path) -> dict[str, str]:
    """Names by role, from ``[routes]`` of school.toml."""
    return dict(load_routing(folder).people)


def load_routing(folder: Path) -> Routes:
    """Who is told of which finding: ``[routes]`` and ``[routes.kinds]`` of school.toml, and the sites run by contractors.

    Raises UserError as ``load_school`` does.
    """
    forms = read_register(folder).forms
    contractors = (f.site.id for f in forms if f.site.run_by == "contractor")
    return routes_of(_settings(folder), folder / "school.toml", contractors)


def load_export_columns(folder: Path) -> ColumnMap:
    """The map of the columns of the school's tables alone, from its school.toml. Raises UserError as ``load_school`` does."""
    return _export_columns(_settings(folder), folder)


def _export_columns(settings: Mapping[str, Any], folder: Path) -> ColumnMap:
    exports = settings.get("exports", {})
    given = exports.get("columns", {}) if isinstance(exports, dict) else exports
    return column_map(given, folder / "school.toml")


def _settings(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such school folder; make one with: social-audit init {folder}")
    if not (folder / "school.toml").exists():
        raise UserError(f"{folder}: school.toml is missing; make a school folder with: social-audit init {folder}")
    return _toml(folder / "school.toml")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: this is not valid TOML ({error}); correct that line") from None


def _contacts(settings: Mapping[str, Any], register: SiteRegister) -> Contacts:
    public = settings.get("public", {})
    addresses = tuple(str(a) for a in public.get("addresses", []))
    postcodes = [*map(str, public.get("postcodes", [])), *(m[0] for a in addresses for m in POSTCODE.finditer(a))]
    handles = [*map(str, public.get("handles", [])), *(s.handle for s in register.sites)]
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
        handles=frozenset(folded_key(h) for h in handles if folded_key(h)),
        postcodes=frozenset(map(folded_key, postcodes)),
        addresses=tuple(filter(None, map(folded_key, addresses))),
    )


def _register(rows: Rows) -> SiteRegister:
    return SiteRegister(
        tuple(
            Site(
                id=form.site.id,
                name=form.site.name or form.site.id,
                url=form.site.url,
                handle=form.site.handle,
                profile="strict" if _pupils_contribute(form.row) else "standard",
                fields=form.row,
                form=form.site,
            )
            for form in rows.forms
        ),
        rows.kept,
        rows.notices,
    )


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


_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_VARIANT = re.compile(r"[-_ ](?:colou?r|mono|black|white|reversed|wordmark)$", re.IGNORECASE)


def _marks(folder: Path, today: date) -> Iterator[Mark]:
    """The marks of ``logos.toml``, then the pictures it does not speak of: each a mark in use, named by its file.

    Files whose names differ in their last word only (crest-colour, crest-mono, crest-white) are variants of one mark.
    """
    if not folder.is_dir():
        return
    listing = folder / "logos.toml"
    listed: set[str] = set()
    for row in _toml(listing).get("logo", []) if listing.exists() else []:
        mark = _listed_mark(row, listing, today)
        listed |= {Path(v).name for v in mark.variants}
        yield mark
    dropped: dict[str, list[str]] = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in _PICTURES and p.name not in listed):
        dropped.setdefault(_VARIANT.sub("", path.stem), []).append(str(path))
    for name, files in dropped.items():
        yield Mark(name, name, True, tuple(files))


def _listed_mark(row: Mapping[str, Any], listing: Path, today: date) -> Mark:
    folder = listing.parent
    files = row.get("files") or row.get("variants") or row.get("file") or []
    files = list(files.values()) if isinstance(files, dict) else [files] if isinstance(files, str) else list(files)
    if not row.get("id") or not files:
        raise UserError(f"{listing}: each [[logo]] needs an id and its files")
    missing = [f for f in files if not (folder / f).is_file()]
    if missing:
        raise UserError(f"{listing}: the file {missing[0]} is not in {folder}; add it or correct its name")
    since, until = (_logo_date(row.get(key), listing) for key in ("from", "to"))
    current = bool(row.get("current", True)) and (until is None or until >= today)
    variants = tuple(str(folder / f) for f in files)
    return Mark(str(row["id"]), str(row.get("name", row["id"])), current, variants, since, until)


def _logo_date(value: object, listing: Path) -> date | None:
    try:
        return value if isinstance(value, date) or value is None else parse_date(str(value))
    except ValueError:
        raise UserError(f"{listing}: a date is neither yyyy-mm-dd nor dd/mm/yyyy; correct it") from None
