"""The vocabulary of the audit: what is read, what a rule is, what it says.

Everything here is a frozen dataclass, an enumeration or a Protocol on the standard library alone. Fields that can hold
published content or personal data have ``repr=False``, so that no log line or traceback prints them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Literal, Protocol


class UserError(Exception):
    """A mistake its user can mend: one line that names the file and says what to do. The command exits with 2."""


class Severity(StrEnum):
    """How much harm a finding can do, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


Visibility = Literal["public", "unlisted", "members", "private", "password", "draft", "deleted", "unknown"]
Status = Literal["published", "draft", "scheduled", "archived", "deleted"]
Presence = Literal["present", "missing", "damaged", "refused"]
TimeBasis = Literal["explicit", "epoch", "assumed", "unknown"]
Role = Literal["school", "staff", "pupil", "parent", "alumnus", "pta", "outsider", "unknown"]
Profile = Literal["strict", "standard"]


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a piece of content stands in the export, so that a person can look it up: the proof of what was read.

    ``archive_sha256`` is the hex digest of the file given (of a folder: of its sorted member digests); ``member`` the path
    inside it, empty for a bare file; ``pointer`` a JSON Pointer, ``line:N``, ``row:N`` (from 1) or ``post:ID`` / ``comment:ID``;
    ``layout`` the reader's name for the format found.
    """

    archive_sha256: str
    member: str = field(default="", repr=False)
    pointer: str = field(default="", repr=False)
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of an item: ``text``, ``title``, ``alt:N``, ``filename:N`` (N counts the item's media from 0) or ``document``."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or document that belongs to an item; its alternative text and file name are parts of the item.

    ``load`` gives the file's bytes, and is there only where ``presence`` is ``present``; it raises ``OSError`` where the file has
    gone since. ``size`` is in bytes. ``encoding_format`` is sniffed from the bytes, ``declared_format`` said by name or export;
    both are MIME types.
    """

    path: str = field(repr=False)
    url: str = field(default="", repr=False)
    presence: Presence = "missing"
    encoding_format: str = ""
    declared_format: str = ""
    sha256: str = ""
    size: int = 0
    load: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of exported content (ActivityStreams 2.0 terms where it has one).

    ``id`` is deterministic and unique within an import. ``site`` is the export's own word for the site (a host, an account name,
    a record's ``site``) until the register resolves it to a site's id. ``published`` is aware and in UTC; ``time_basis`` says
    how the zone is known. ``lineage`` is the identity that survives edits: the platform's id or permalink, else account,
    time and media. ``has_photo`` is None where the export does not say. ``also`` are further places where exports that overlap
    hold the same item.
    """

    id: str = field(repr=False)
    kind: str
    parts: tuple[Part, ...] = field(repr=False)
    locator: Locator
    lineage: str = field(repr=False)
    media: tuple[Media, ...] = field(default=(), repr=False)
    site: str = ""
    platform: str = ""
    author: str = field(default="", repr=False)
    author_role: Role = "unknown"
    published: datetime | None = None
    raw_published: str = ""
    time_basis: TimeBasis = "unknown"
    visibility: Visibility = "unknown"
    status: Status = "published"
    url: str = field(default="", repr=False)
    in_reply_to: str = field(default="", repr=False)
    has_photo: bool | None = None
    also: tuple[Locator, ...] = ()

    def part(self, name: str) -> str:
        """The text of the named part, empty where the item has none."""
        return next((p.text for p in self.parts if p.name == name), "")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing an export shows of the site itself, and where it says so."""

    value: str = field(repr=False)
    locator: Locator


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What an import shows of a site: ``name``, ``about``, ``website``, ``url`` and so on.

    What it cannot show is listed in ``not_in_export``.
    """

    site: str
    platform: str
    facts: Mapping[str, Fact]
    not_in_export: tuple[str, ...] = ()


Consent = Literal["yes", "no", "withdrawn", "not given"]
ConsentLevel = Literal["first_name", "full_name", "photo"]


@dataclass(frozen=True)
class Pupil:
    """A row of the roll. Names may be empty only where the roll leaves them blank."""

    id: str = field(repr=False)
    legal_forename: str = field(repr=False)
    legal_surname: str = field(repr=False)
    preferred_forename: str = field(default="", repr=False)
    preferred_surname: str = field(default="", repr=False)
    middle_names: str = field(default="", repr=False)
    former_forename: str = field(default="", repr=False)
    former_surname: str = field(default="", repr=False)
    year_group: str = field(default="", repr=False)
    registration_group: str = field(default="", repr=False)
    house: str = field(default="", repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    upn: str = field(default="", repr=False)
    name_consent: Consent = field(default="not given", repr=False)
    image_consent: Consent = field(default="not given", repr=False)
    do_not_publish: bool = field(default=False, repr=False)
    leaving_date: date | None = field(default=None, repr=False)
    handles: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def forenames(self) -> tuple[str, ...]:
        """Preferred, legal and former forename, without repeats and blanks."""
        return _distinct(self.preferred_forename, self.legal_forename, self.former_forename)

    @cached_property
    def surnames(self) -> tuple[str, ...]:
        """Preferred, legal and former surname, without repeats and blanks."""
        return _distinct(self.preferred_surname, self.legal_surname, self.former_surname)


@dataclass(frozen=True)
class Adult:
    """A member of staff, governor, regular visitor or approved organisation: never a pupil finding.

    ``of_staff``: on the staff list, so that a role on a site can be theirs; ``end`` is their last day, ``trained_on`` the day of
    their last training for it.
    """

    id: str = field(repr=False)
    forename: str = field(repr=False)
    surname: str = field(repr=False)
    title: str = field(default="", repr=False)
    role: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    start: date | None = None
    end: date | None = None
    trained_on: date | None = None
    of_staff: bool = False


def _distinct(*values: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v.strip() for v in values if v.strip()))


class Roll(Protocol):
    """The school's pupils."""

    def pupil(self, pupil_id: str) -> Pupil:
        """The pupil with that id; KeyError where the roll has none."""

    def upns(self) -> frozenset[str]:
        """Every Unique Pupil Number on the roll, in capitals without spaces."""

    def consent(
        self, pupil_id: str, levels: Sequence[ConsentLevel], platform: str, on: date | None, today: date
    ) -> Consent:
        """Whether all the levels may be published on a platform, on the day of publishing and today: the worst of them."""


class PublicContacts(Protocol):
    """The contact details that the school itself publishes: the allow-list."""

    def has_phone(self, e164: str) -> bool:
        """Whether the number, as ``+44…``, is the school's own or a helpline or emergency number."""

    def has_email(self, address: str) -> bool:
        """Whether the mailbox is one the school publishes."""

    def is_school_domain(self, domain: str) -> bool:
        """Whether the domain, or one above it, belongs to the school."""

    def has_handle(self, handle: str) -> bool:
        """Whether a user name, with or without @, is one of the school's own or of a site on its register."""

    def has_postcode(self, postcode: str) -> bool:
        """Whether a postcode, in any spacing, stands among the school's public ones or in a public address."""

    def has_address(self, address: str) -> bool:
        """Whether an address, however spaced and cut, is part of one that the school publishes."""


class Register(Protocol):
    """The sites the school has approved."""

    def profile(self, site: str) -> Profile:
        """``strict`` where pupils contribute to the site: there, consent does not excuse a name (A.5.2)."""


@dataclass(frozen=True)
class Mark:
    """A school mark: ``current`` is false once its last day, ``valid_to``, has passed. ``variants`` are paths of picture files."""

    id: str
    name: str
    current: bool
    variants: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class LogoMatch:
    """A mark seen in a picture.

    ``box`` is left, top, right, bottom in pixels as displayed; ``distance`` counts bits of the hash that ``test`` names.
    ``altered`` says how a mark in use is shown otherwise than approved: ``stretched``, ``recoloured`` or ``part``.
    """

    media: int
    mark: Mark
    box: tuple[int, int, int, int]
    distance: int
    test: str
    confidence: float
    altered: str = ""


@dataclass(frozen=True)
class Context:
    """What the school supplies. Synthetic in tests, private in use. ``today`` is the date of the audit."""

    roll: Roll
    contacts: PublicContacts
    register: Register
    today: date


@dataclass(frozen=True)
class Mention:
    """A place where a pupil seems to be named: resolved once, used by every pupil rule.

    ``start`` and ``end`` are code points into the part. ``form`` is the way of writing (``full``, ``initial``, ``forename`` …);
    ``pupils`` are the roll ids that bear the name, best first, ``fits`` how many of them remain after what the text says;
    ``signals`` say, without personal data, what spoke for it. ``grouped``: a form, year or team beside it settles who of them;
    ``tag`` is ``hashtag``, ``handle``, ``address``, ``file`` or ``link`` where it stands in one.
    """

    part: str
    start: int
    end: int
    form: str
    pupils: tuple[str, ...] = field(repr=False)
    signals: tuple[str, ...]
    confidence: float
    review: bool = False
    fits: int = 1
    grouped: bool = False
    tag: str = ""


@dataclass(frozen=True)
class Stranger:
    """A place where a person seems to be named who is neither on the roll nor staff nor well known."""

    part: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True)
class PlainText:
    """A part's text as its values would be typed: "0 seven seven" as 077, "[at]" as @. Made in ``detectors/text/plain.py``.

    ``starts[i]`` and ``ends[i]`` are the code points of ``original`` that character i of ``text`` came from; both are None
    where they are its own. ``triggers`` name what a prefilter saw in it, with the places (in ``text``) of the words it saw; of
    signs and digits there are no places.
    """

    name: str
    original: str = field(repr=False)
    text: str = field(repr=False)
    triggers: Mapping[str, tuple[int, ...]]
    starts: list[int] | None = field(default=None, repr=False)
    ends: list[int] | None = field(default=None, repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's code points for characters ``start`` to ``end`` (exclusive, not empty)."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def near(self, *triggers: str, before: int, after: int) -> Iterator[tuple[int, int]]:
        """The stretches of ``text`` around the words of some triggers; those that overlap are one."""
        stretch: tuple[int, int] | None = None
        for place in sorted(p for t in triggers for p in self.triggers.get(t, ())):
            left, right = max(0, place - before), min(len(self.text), place + after)
            if stretch and left <= stretch[1]:
                stretch = stretch[0], right
                continue
            if stretch:
                yield stretch
            stretch = left, right
        if stretch:
            yield stretch

    def disguised(self, start: int, end: int) -> bool:
        """Whether those characters are written in another way in the original."""
        original_start, original_end = self.span(start, end)
        return self.text[start:end] != self.original[original_start:original_end]


@dataclass(frozen=True)
class Reading:
    """An item and what was read out of it once for all rules.

    ``expected`` are the pupils whom the item answered speaks of: the reading depends on them.
    ``likely`` are the kinds of conduct that the item reads like to a classifier: from 0 to 1, a half is worth a look.
    """

    item: Item
    mentions: tuple[Mention, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    logos: tuple[LogoMatch, ...] = ()
    plain: tuple[PlainText, ...] = ()
    expected: frozenset[str] = field(default=frozenset(), repr=False)
    likely: Mapping[str, float] = field(default_factory=dict)

    def texts(self, *triggers: str, filenames: bool = False) -> Iterator[PlainText]:
        """The plain texts in which every one of the triggers stands; those of file names only where asked for."""
        for text in self.plain:
            if all(t in text.triggers for t in triggers) and (filenames or not text.name.startswith("filename")):
                yield text


@dataclass(frozen=True)
class Evidence:
    """What a rule says: only where and why. ``severity`` is given where it differs from the rule's own.

    Text: ``part``, ``start``, ``end`` (code points, end exclusive). Pictures: ``part`` is ``media:N`` and ``box`` in pixels.
    ``why`` is one short sentence without personal data.
    """

    part: str
    why: str
    confidence: float
    start: int | None = None
    end: int | None = None
    box: tuple[int, int, int, int] | None = None
    pupils: tuple[str, ...] = field(default=(), repr=False)
    logo: str = ""
    severity: Severity | None = None
    review: bool = False


@dataclass(frozen=True)
class Detector:
    """A rule. ``id`` is kebab-case and names the offence; ``clause`` is the policy clause broken.

    ``flags`` and ``passes`` are short examples for its reader; the full cases stand in ``tests/cases/<id>.toml``.
    ``find`` is a plain function over a Reading. Where rules of one kind claim the same place, the one of the highest ``rank``
    has it. ``limits`` says what is checked and what is known to slip through.
    """

    id: str
    kind: str
    clause: str
    severity: Severity
    summary: str
    rationale: str
    remedy: str
    flags: tuple[str, ...]
    passes: tuple[str, ...]
    find: Callable[[Reading, Context], Iterable[Evidence]]
    rank: int = 0
    limits: str = ""


@dataclass(frozen=True)
class Finding:
    """A detector's claim before a person has judged it: an Evidence that ``audit`` has stamped.

    ``value`` is the matched text, ``occurrence`` counts equal values in the part from 0; both make the key that lasts.
    """

    item: Item = field(repr=False)
    detector: str
    kind: str
    clause: str
    severity: Severity
    confidence: float
    part: str
    why: str
    start: int | None = None
    end: int | None = None
    box: tuple[int, int, int, int] | None = None
    pupils: tuple[str, ...] = field(default=(), repr=False)
    logo: str = ""
    review: bool = False
    value: str = field(default="", repr=False)
    occurrence: int = 0


Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Approval:
    """One approval of a site's form. ``role`` is ``head``, ``communications`` or ``line_manager``; ``day`` None where undated."""

    role: str
    person: str = field(default="", repr=False)
    day: date | None = None
    scope: str = ""


@dataclass(frozen=True)
class Site:
    """A row of the register: the approved form (Appendix B) as data. An empty field is one that nobody filled in: unknown.

    Ages are in years. ``settings_expected`` is ``public``, ``members`` or ``private``. ``reviewed`` are the dated evaluations.
    """

    id: str
    name: str = ""
    url: str = ""
    handle: str = ""
    author: str = field(default="", repr=False)
    department: str = ""
    line_manager: str = field(default="", repr=False)
    aims: str = field(default="", repr=False)
    content: str = field(default="", repr=False)
    hosted_by: str = ""
    platform: str = ""
    host_name: str = ""
    status: str = ""
    audience: frozenset[str] = frozenset()
    audience_age_min: int | None = None
    audience_age_max: int | None = None
    contributors: frozenset[str] = frozenset()
    contributor_age_min: int | None = None
    contributor_age_max: int | None = None
    other_school_names: str = ""
    organisation_names: str = ""
    others_details: str = ""
    contributors_children: Answer = "unknown"
    contributors_adults_ld: Answer = "unknown"
    consent_method: str = field(default="", repr=False)
    advert_plan: str = field(default="", repr=False)
    vetter: str = field(default="", repr=False)
    security_measures: str = field(default="", repr=False)
    go_live: date | None = None
    closure_or_review: date | None = None
    logo_approved: Answer = "unknown"
    run_by: str = ""
    terms_url: str = ""
    house_rules_url: str = ""
    settings_expected: str = ""
    administrators: frozenset[str] = field(default=frozenset(), repr=False)
    moderators: frozenset[str] = field(default=frozenset(), repr=False)
    approvals: tuple[Approval, ...] = ()
    reviewed: tuple[date, ...] = ()
    row: str = ""


@dataclass(frozen=True)
class Host:
    """A row of the table of hosts: the least age for an account (None: the host sets none), as ``noted`` on a day.

    ``verify``: a person should look it up before a decision rests on it. ``by_agreement``: used under the school's agreement.
    """

    id: str
    name: str
    minimum_age: int | None
    domains: tuple[str, ...]
    noted: date
    source: str
    verify: bool = False
    by_agreement: bool = False


@dataclass(frozen=True)
class Seen:
    """What the items read of a site show of it.

    ``first`` and ``last`` are the first and last day on which the school published. ``writers`` counts the items by who wrote
    them, ``visibility`` the published ones by who can see them. ``rules`` and ``terms``: something read is headed so, or links
    to it. ``links`` are pages and groups on social hosts that the school's own items point to, ``host/path`` in small letters.
    ``unsigned`` counts items by staff that give no name with a position, ``closed_strangers`` items by outsiders where only
    members read, ``pictures`` the pictures of published items that the export holds.
    """

    items: int = 0
    first: date | None = None
    last: date | None = None
    writers: Mapping[str, int] = field(default_factory=dict)
    visibility: Mapping[str, int] = field(default_factory=dict)
    rules: bool = False
    terms: bool = False
    links: tuple[str, ...] = field(default=(), repr=False)
    unsigned: int = 0
    closed_strangers: int = 0
    pictures: int = 0


@dataclass(frozen=True)
class SiteReading:
    """A site and what its checks weigh it against.

    ``site`` is None for a site that was read and is not on the register. ``staff`` are all adults of the staff list by id,
    ``facts`` what this run's exports show of the site, ``seen`` what their items show; None where no export of it was read.
    ``known`` are the addresses (``host/path``) and handles of every site on the register. ``marks`` counts the places in the
    site's pictures that show a mark of the school; None where the school's folder holds no mark to look for.
    """

    id: str
    site: Site | None
    staff: Mapping[str, Adult] = field(repr=False)
    contacts: PublicContacts = field(repr=False)
    hosts: Mapping[str, Host] = field(repr=False)
    today: date
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    seen: Seen | None = None
    known: frozenset[str] = field(default=frozenset(), repr=False)
    marks: int | None = None

    @property
    def form(self) -> Site:
        """The site's row; of a site that is not on the register, an empty one."""
        return self.site or Site(self.id)

    def is_current(self, person: str) -> bool:
        """Whether an id is that of somebody on the staff list, in post today."""
        adult = self.staff.get(person)
        return adult is not None and (adult.end is None or adult.end >= self.today)

    def current(self, people: Iterable[str]) -> frozenset[str]:
        """Those ids that are of staff in post today."""
        return frozenset(p for p in people if self.is_current(p))


@dataclass(frozen=True)
class SiteEvidence:
    """What a site check says: a fault, or (``unknown``) that neither register nor exports show what it needs.

    ``why`` names the field and never a person; ``subject`` tells faults of one check apart (a person's id, a link) and is
    hashed, never shown.
    """

    why: str
    severity: Severity | None = None
    unknown: bool = False
    subject: str = field(default="", repr=False)


@dataclass(frozen=True)
class SiteCheck:
    """A rule over a site. Its fields are those of a Detector; ``reads_export`` says that the form alone does not settle it.

    ``stray``: it looks at sites too that are not on the register.
    """

    id: str
    clause: str
    severity: Severity
    summary: str
    remedy: str
    find: Callable[[SiteReading], Iterable[SiteEvidence]]
    rationale: str
    flags: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    limits: str = ""
    kind: str = "SITE"
    reads_export: bool = False
    stray: bool = False


class Rule(Protocol):
    """What detectors and site checks have in common: all that reports print of them."""

    @property
    def id(self) -> str:
        """Kebab-case, names the offence."""

    @property
    def kind(self) -> str:
        """One of the kinds of the interchange format."""

    @property
    def clause(self) -> str:
        """The policy clause broken."""

    @property
    def severity(self) -> Severity:
        """Unless the case says otherwise."""

    @property
    def summary(self) -> str:
        """One sentence."""

    @property
    def rationale(self) -> str:
        """Why it matters."""

    @property
    def remedy(self) -> str:
        """What to do."""

    @property
    def flags(self) -> tuple[str, ...]:
        """Examples that it flags."""

    @property
    def passes(self) -> tuple[str, ...]:
        """Examples that it passes."""

    @property
    def limits(self) -> str:
        """What slips through."""
