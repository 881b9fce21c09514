"""What the site checks read: the register's rows with what a run's exports show of each site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from detectors.base import Fact, SiteFacts, SiteReading
from detectors.sites.hosts import load_hosts
from detectors.sites.watch import Watch, plain_address
from detectors.text.fold import folded_key
from pipelines.school import School


def school_words(school: School) -> tuple[str, ...]:
    """The words by which an address is known as the school's: its names and the first labels of its domains, folded."""
    names = [school.name, *school.short_names, *(d.removeprefix("www.").partition(".")[0] for d in school.domains)]
    return tuple(dict.fromkeys(folded_key(n) for n in names if folded_key(n)))


def site_readings(
    school: School,
    watches: Mapping[str, Watch],
    shown: Iterable[tuple[str, SiteFacts | None]],
    today: date,
    marks: Mapping[str, int],
) -> list[SiteReading]:
    """The sites of the register, then those that were read and are not on it; none where the school keeps no register.

    ``watches`` hold what was seen of each site's items, ``shown`` what each export shows of its site, ``marks`` in how many
    places each site shows a mark.
    """
    if not school.register.kept:
        return []
    facts = _by_site(shown)
    for site, watch in watches.items():
        for key in ("about", "website"):
            if key in facts.get(site, {}):
                watch.note_links(facts[site][key].value)
    forms = {s.id: s.form for s in school.register.sites}
    staff = {a.id: a for a in school.adults if a.of_staff}
    known = frozenset(_known(school))
    return [
        SiteReading(
            id=site,
            site=forms.get(site),
            staff=staff,
            contacts=school.contacts,
            hosts=load_hosts(),
            today=today,
            facts=facts.get(site, {}),
            seen=watches[site].seen() if site in watches else None,
            known=known,
            marks=marks.get(site, 0) if school.marks else None,
        )
        for site in dict.fromkeys((*forms, *watches))
    ]


def _by_site(shown: Iterable[tuple[str, SiteFacts | None]]) -> dict[str, dict[str, Fact]]:
    """The facts of each site; of several exports that show one, the first has it."""
    found: dict[str, dict[str, Fact]] = {}
    for site, facts in shown:
        for key, fact in (facts.facts if facts else {}).items():
            found.setdefault(site, {}).setdefault(key, fact)
    return found


def _known(school: School) -> Iterator[str]:
    """The addresses and handles of every site on the register."""
    for site in school.register.sites:
        if site.url:
            yield plain_address(site.url)
        if site.handle:
            yield site.handle.lower().lstrip("@")
        links = site.fields.get("expected_links", [])
        for link in links if isinstance(links, list) else str(links).split(";"):
            yield plain_address(str(link))
