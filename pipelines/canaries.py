"""The run's test of itself (T.3): invented pupils and details planted in copies of items that were read, and looked for.

The pupils join the school's own roll, in memory; names, forms and sentences are drawn afresh for each run from its id, so that the
same run can be told again. The rules, the folding and the school's allow-list are those of the run. Nothing that is planted or
found reaches the store but counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from stdnum import iban

from detectors import DETECTORS
from detectors.base import Item, Pupil
from detectors.images.marks import LogoBank
from detectors.lexicons import load_lexicon
from detectors.pii.upn_published import check_letter
from detectors.reading import Looker, Reader
from detectors.text.fold import folded_key
from detectors.text.names import NamesModel
from detectors.text.roll import RollIndex
from pipelines.audit import audit
from pipelines.roll import SchoolRoll
from pipelines.school import School

PLANTED_IN = 24  # items that are copied

_WHO = (
    "{} came first",
    "the cup goes to {} this year",
    "{} painted the backdrop",
    "we are so proud of {}",
    "gold for {} in the relay",
    "thank you to {} for the music",
    "{} will play the lead",
)
_WHERE = (
    "at the spring fair",
    "in assembly on {day}",
    "on {day} evening",
    "after the second round",
    "in the main hall",
    "again",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_CARDS = (
    "4111 1111 1111 1111",
    "5555555555554444",
    "4012-8888-8888-1881",
    "3782 822463 10005",
)  # published test numbers
_ASK = (
    "{} if you have any questions",
    "please use {} from now on",
    "for lifts it is {}",
    "as promised: {}",
    "the new one: {}",
)
_ILL = ("{} is in hospital with appendicitis", "{} has been diagnosed with epilepsy", "{} needs insulin at lunch")


@dataclass(frozen=True)
class Planted:
    """How many details of a kind were planted, and how many of them were found."""

    kind: str
    planted: int
    found: int


def canaries(
    school: School, items: Sequence[Item], today: date, seed: str, names: NamesModel | None = None
) -> list[Planted]:
    """Plant details in copies of items, another item for each where there are enough, and count by kind those found in their place.

    ``seed`` draws them. ``names`` is the names model of the run, where it was loaded.
    """
    if not items:
        return []
    rng = Random(seed)  # noqa: S311 - chance, not secrecy
    pupils = _pupils(school, rng, today)
    plants = [*_named(pupils, rng), *_details(pupils, rng)]
    hosts = rng.sample(items, min(len(items), len(plants)))
    copies: list[Item] = []
    places: dict[str, tuple[str, int, int]] = {}
    for number, (kind, before, value, after) in enumerate(plants):
        host = hosts[number % len(hosts)]
        text = f"{host.part('text')[:600]}\n\n{before}"
        places[f"canary:{number}"] = kind, len(text), len(text) + len(value)
        parts = tuple(replace(p, text=text + value + after) if p.name == "text" else p for p in host.parts)
        copies.append(
            replace(host, id=f"canary:{number}", lineage=f"canary:{number}", parts=parts, media=(), in_reply_to="")
        )
    roll = SchoolRoll((*school.roll.pupils, *pupils), school.roll.consents)
    reader = Reader(RollIndex(roll.pupils, school.adults), Looker(LogoBank(), names))
    found = audit(reader.read(copies), replace(school, roll=roll).context(today), DETECTORS)
    hits = set()
    for finding in found:
        kind, start, end = places[finding.item.id]
        if (
            finding.kind == kind
            and finding.part == "text"
            and (finding.start or 0) < end
            and (finding.end or 0) > start
        ):
            hits.add((finding.item.id, kind))
    kinds = dict.fromkeys(kind for kind, *_ in plants)
    return [Planted(k, sum(p[0] == k for p in plants), sum(kind == k for _, kind in hits)) for k in kinds]


def _pupils(school: School, rng: Random, today: date) -> tuple[Pupil, ...]:
    """Invented pupils of whom no part of a name is anybody's at the school."""
    known = {folded_key(n) for p in school.roll.pupils for n in (*p.forenames, *p.surnames)}
    known |= {folded_key(n) for a in school.adults for n in (a.forename, a.surname)}
    forenames = [n for n in sorted(load_lexicon("canary_forenames")) if folded_key(n) not in known]
    surnames = [n for n in sorted(load_lexicon("canary_surnames")) if folded_key(n) not in known]
    pairs = zip(rng.sample(forenames, 4), rng.sample(surnames, 4), strict=True)
    return tuple(
        Pupil(
            f"canary-{number}",
            forename,
            surname,
            year_group=f"Year {year}",
            registration_group=f"{year}{rng.choice('XYZ')}",
            date_of_birth=date(today.year - year - 5, rng.randint(1, 12), rng.randint(1, 28)),
        )
        for number, (forename, surname) in enumerate(pairs)
        for year in (rng.randint(3, 11),)
    )


_Plant = tuple[str, str, str, str]  # kind, what stands before it, the value, what stands behind


def _named(pupils: Sequence[Pupil], rng: Random) -> Iterator[_Plant]:
    """Each pupil in several of the forms in which names are written."""
    for pupil in pupils:
        first, last, form = pupil.legal_forename, pupil.legal_surname, pupil.registration_group
        forms = (
            f"{first} {last}",
            f"{last.upper()}, {first}",
            f"{first} {last}'s",
            f"{first[0]}. {last}",
            f"{first} ({form})",
            f"#WellDone{first}{''.join(c for c in last if c.isalpha())}",
            f"{first} {last}".lower(),
            f"{first} {last}".upper(),
        )
        for value in rng.sample(forms, 3):
            before, after = rng.choice(_WHO).split("{}")
            where = rng.choice(_WHERE).format(day=rng.choice(_DAYS))
            yield "PUPIL", before, value, f"{after} {where}."


def _details(pupils: Sequence[Pupil], rng: Random) -> Iterator[_Plant]:
    """Personal details: numbers of reserved or published test ranges, an address that nobody has, health, a date of birth."""
    pupil = rng.choice(pupils)
    first, last = (folded_key(n) for n in (pupil.legal_forename, pupil.legal_surname))
    end = f"900{rng.randint(0, 999):03}"
    rest = "999" + "".join(rng.choices("0123456789", k=9))
    account = "WEST" + "".join(rng.choices("0123456789", k=14))
    values = (
        ("PHONE", "", rng.choice(("07700 {}", "+44 7700 {}", "(07700) {}", "+447700{}")).format(end)),
        ("EMAIL_PERSONAL", "", f"{first}.{last}{rng.randint(1, 99)}@post.example"),
        ("UPN", "UPN ", check_letter(rest) + rest),
        ("IBAN", "IBAN ", f"GB{iban.calc_check_digits('GB00' + account)}{account}"),
        ("PAYMENT_CARD", "card ", rng.choice(_CARDS)),
    )
    for kind, label, value in values:
        before, after = rng.choice(_ASK).split("{}")
        yield kind, before + label, value, f"{after}."
    born = pupil.date_of_birth
    assert born is not None
    name = f"{pupil.legal_forename} {pupil.legal_surname}"
    yield "DOB", f"{name}, date of birth ", rng.choice((f"{born:%d/%m/%Y}", f"{born.day} {born:%B %Y}")), "."
    yield "HEALTH", "", rng.choice(_ILL).format(name), "."
