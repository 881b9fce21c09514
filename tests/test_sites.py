"""The site checks with logic: every example of every case file, found and passed, and what stays unknown."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from detectors.base import (
    Adult,
    Approval,
    Fact,
    Item,
    Locator,
    Part,
    Role,
    Seen,
    Severity,
    Site,
    SiteCheck,
    SiteReading,
)
from detectors.sites.fields import CHECKS
from detectors.sites.hosts import load_hosts
from detectors.sites.rules import SITE_CHECKS
from detectors.sites.watch import Watch, plain_address
from pipelines.audit import audit_sites
from pipelines.readers import open_export
from pipelines.school import Contacts
from tests import exports
from tests.readers_exports import pack, wxr, wxr_item

CASES = Path(__file__).parent / "cases" / "sites"
TODAY = date(2026, 3, 2)
WITH_LOGIC = [c for c in SITE_CHECKS if c not in CHECKS]
NAMES = {"N1": "Ashdown", "N2": "Fenwick", "N3": "Marlow", "N4": "Okoro", "N5": "Pell"}
GOOD = Site(
    id="page",
    name="Northmoor Music",
    url="https://www.facebook.com/NorthmoorMusic",
    author="N1",
    department="Music",
    line_manager="N2",
    aims="Let families hear what the choirs and bands are at",
    content="Concert dates and recordings without names",
    hosted_by="third_party",
    platform="facebook",
    status="live",
    audience=frozenset({"family"}),
    contributors=frozenset({"staff"}),
    contributors_children="no",
    contributors_adults_ld="no",
    security_measures="Two-step sign-in; comments held until they are read",
    go_live=date(2025, 9, 1),
    closure_or_review=date(2026, 9, 1),
    administrators=frozenset({"N1", "N3"}),
    moderators=frozenset({"N3", "N4"}),
    approvals=tuple(
        Approval(role, person, date(2025, 8, 20))
        for role, person in (("line_manager", "N2"), ("communications", "N3"), ("head", "N4"))
    ),
)
_SETS = frozenset(("audience", "contributors", "administrators", "moderators"))


def load(check: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{check}.toml").read_text(encoding="utf-8"))


def cases(group: str) -> list[Any]:
    return [
        pytest.param(c, case, id=f"{c.id}-{n}") for c in WITH_LOGIC for n, case in enumerate(load(c.id).get(group, []))
    ]


def staff(changes: dict[str, Any]) -> dict[str, Adult]:
    people = {}
    for person, surname in NAMES.items():
        told = changes.get(person, {"trained_on": date(2025, 9, 1)})
        people[person] = Adult(
            person, "Orla", surname, email=f"{person.lower()}@northmoor.example", of_staff=True, **told
        )
    return people


def form(changes: dict[str, Any]) -> Site:
    """The good form with some fields changed, or made blank."""
    values: dict[str, Any] = {}
    for key, value in changes.items():
        if key == "blank":
            values |= dict.fromkeys(value)
        elif key == "approvals":
            values[key] = tuple(Approval(**a) for a in value)
        else:
            values[key] = frozenset(value) if key in _SETS else value
    return replace(GOOD, **values)


def item(number: int, role: Role, text: str, author: str = "", visibility: Any = "public") -> Item:
    return Item(
        f"{number}",
        "post",
        (Part("text", text),),
        Locator(""),
        f"{number}",
        author=author,
        author_role=role,
        visibility=visibility,
        published=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )


def watched(case: dict[str, Any]) -> Seen | None:
    """What a case says was seen: made from items where it gives some."""
    watch = Watch(("northmoor",), staff({}).values(), load_hosts())
    items = [item(n, "school", text) for n, text in enumerate(case.get("posts", []))]
    items += [item(100 + n, "parent", text) for n, text in enumerate(case.get("parents", []))]
    items += [item(200 + n, "outsider", text, visibility="members") for n, text in enumerate(case.get("outsiders", []))]
    items += [item(300 + n, "staff", text, author) for n, (author, text) in enumerate(case.get("staffers", []))]
    for one in items:
        watch.note(one)
    if items:
        return watch.seen()
    seen = case.get("seen", {})
    return Seen(**seen) if seen is not False else None


def reading(case: dict[str, Any]) -> SiteReading:
    known = frozenset(("facebook.com/northmoormusic", "northmoormusic"))
    at = Locator("", "profile.json", "/")
    return SiteReading(
        id="page",
        site=None if case.get("stray") else form(case.get("form", {})),
        staff=staff(case.get("staff", {})),
        contacts=Contacts(frozenset(), frozenset(), frozenset({"northmoor.example"}), frozenset({"northmoorschool"})),
        hosts=load_hosts(),
        today=case.get("today", TODAY),
        facts={k: Fact(v, at) for k, v in case.get("facts", {}).items()},
        seen=watched(case),
        known=known,
        marks=case.get("marks"),
    )


@pytest.mark.parametrize(("check", "case"), cases("flags"))
def test_flags(check: SiteCheck, case: dict[str, Any]) -> None:
    findings, results = audit_sites([reading(case)], [check])
    assert [f.why for f in findings] == case["found"]
    assert [r.outcome for r in results] == ["found"]
    if "severity" in case:
        assert [str(f.severity) for f in findings] == case["severity"]


@pytest.mark.parametrize(("check", "case"), cases("passes"))
def test_passes(check: SiteCheck, case: dict[str, Any]) -> None:
    findings, results = audit_sites([reading(case)], [check])
    assert [f.why for f in findings] == []
    assert [(r.outcome, r.why) for r in results if r.outcome != "clear"] == []


@pytest.mark.parametrize(("check", "case"), cases("unknown"))
def test_what_is_not_shown_is_unknown_and_never_passed(check: SiteCheck, case: dict[str, Any]) -> None:
    findings, results = audit_sites([reading(case)], [check])
    assert findings == []
    assert [(r.outcome, r.why) for r in results] == [("unknown", case["why"])]


def test_every_check_has_a_case_file_and_every_case_file_a_check() -> None:
    assert {p.stem for p in CASES.glob("*.toml")} == {c.id for c in WITH_LOGIC}


@pytest.mark.parametrize("check", WITH_LOGIC, ids=lambda c: c.id)
def test_a_case_file_says_enough(check: SiteCheck) -> None:
    content = load(check.id)
    assert len(content["flags"]) >= 3
    assert len(content["passes"]) >= 2
    assert len(content["passes"]) + len(content["flags"]) >= 5
    assert bool(content.get("unknown")) >= check.reads_export
    everything = [str(c) for g in ("flags", "passes", "unknown") for c in content.get(g, [])]
    assert len(set(everything)) == len(everything)


@pytest.mark.parametrize("check", SITE_CHECKS, ids=lambda c: c.id)
def test_a_check_is_well_formed(check: SiteCheck) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", check.id)
    assert check.kind == {"logo-absent": "LOGO_ABSENT", "logo-unapproved": "LOGO_UNAPPROVED"}.get(check.id, "SITE")
    for text in (check.summary, check.rationale, check.remedy, check.limits):
        assert text.endswith(".")


def test_a_finding_on_a_site_names_nobody() -> None:
    secret = "Zebedee"
    people = {secret: Adult(secret, secret, secret, of_staff=True, end=date(2020, 1, 1))}
    site = replace(GOOD, author=secret, administrators=frozenset({secret, "Quill"}), moderators=frozenset({secret}))
    bad = replace(reading({"seen": False}), site=site, staff=people)
    findings, _ = audit_sites([bad], SITE_CHECKS)
    assert {f.item.id for f in findings} == {"site:page"}
    assert {f.kind for f in findings} == {"SITE"}
    assert not [f.why for f in findings if secret in f.why or "Quill" in f.why]


def test_two_faults_of_a_check_on_a_site_are_two_findings() -> None:
    case = {"form": {"administrators": ["N8", "N9"]}}
    check = next(c for c in SITE_CHECKS if c.id == "role-holder-unknown")
    findings, _ = audit_sites([reading(case)], [check])
    assert len({f.value for f in findings}) == 2


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("https://www.Facebook.com/Northmoor/?ref=1#top", "facebook.com/northmoor"),
        ("m.facebook.com/x.", "facebook.com/x"),
        ("http://user@club.example:443/Y!", "club.example/y"),
        ("http://[broken", ""),
    ],
)
def test_addresses_are_compared_plain(address: str, plain: str) -> None:
    assert plain_address(address) == plain


def test_what_nobody_could_see_counts_for_nothing() -> None:
    watch = Watch(("northmoor",), (), load_hosts())
    watch.note(replace(item(1, "school", "Our house rules https://x.com/northmoorPE"), status="draft"))
    assert watch.seen() == Seen(items=1)


def test_hosts_are_dated_and_say_where_the_age_stands() -> None:
    for host in load_hosts().values():
        assert host.source
        assert host.noted <= date(2026, 12, 31)
        assert (host.minimum_age is None) == host.by_agreement


def test_severities_are_ranked() -> None:
    check = next(c for c in SITE_CHECKS if c.id == "moderators-too-few")
    none, one = (form({"moderators": m}) for m in ([], ["N4"]))
    found = [audit_sites([replace(reading({}), site=s)], [check])[0][0].severity for s in (none, one)]
    assert found == [Severity.CRITICAL, Severity.HIGH]


def shown_by(path: Path) -> SiteReading:
    """The reading of a site whose pupils contribute on members' pages, with what an export of it shows."""
    export = open_export(path)
    items = list(export.read())
    facts = export.facts()
    assert facts is not None
    good = reading({"form": {"contributors": ["pupils"], "settings_expected": "members"}, "staff": {}})
    watch = Watch(("northmoor",), staff({}).values(), load_hosts())
    for one in items:
        watch.note(one)
    return replace(good, facts=facts.facts, seen=watch.seen())


def outcomes(of: SiteReading) -> dict[str, str]:
    return {r.check: r.outcome for r in audit_sites([of], SITE_CHECKS)[1]}


def test_a_facebook_page_shows_where_it_links_to(tmp_path: Path) -> None:
    page = {
        "name": {"full_name": "Northmoor Music"},
        "websites": [{"address": "https://tickets.example"}],
    }
    said = outcomes(shown_by(exports.facebook(tmp_path / "page.zip", [("A quiet day.", "")], page)))
    assert said["logo-unlinked"] == "found"


def test_an_instagram_account_shows_how_open_it_is(tmp_path: Path) -> None:
    told = {"Username": "northmoor_music", "Email": "choir@post.example", "Private Account": "False"}
    person = [{"string_map_data": {key: {"value": value} for key, value in told.items()}}]
    post = {"title": "Choir tonight", "creation_timestamp": 1_760_000_000, "media": []}
    files: dict[str, str | bytes] = {
        "personal_information/personal_information/personal_information.json": json.dumps({"profile_user": person}),
        "your_instagram_activity/media/posts_1.json": json.dumps([post]),
    }
    said = outcomes(shown_by(pack(tmp_path / "instagram.zip", files)))
    assert said["privacy-weak"] == said["engagement-mismatch"] == said["account-contact-private"] == "found"


def test_a_wordpress_site_shows_who_may_write(tmp_path: Path) -> None:
    author = (
        "<wp:author><wp:author_login>kay</wp:author_login><wp:author_email>kay@post.example</wp:author_email>"
        "<wp:author_display_name>Kay</wp:author_display_name></wp:author>"
    )
    path = tmp_path / "site.xml"
    path.write_text(wxr(author + wxr_item(1, content="Our house rules apply.")), encoding="utf-8")
    of = shown_by(path)
    assert "kay@post.example" in of.facts["role_holders"].value
    assert outcomes(of)["role-unauthorised"] == "found"
