"""The register's rows as typed values, and the checks of single fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from detectors.base import Approval, Seen, Site, UserError
from detectors.clauses import load_policy
from detectors.sites.fields import CHECKS
from detectors.sites.rules import SITE_CHECKS
from pipelines.audit import audit_sites
from pipelines.register import Rows, read_register, site_of
from tests.test_sites import GOOD, reading

CASES: dict[str, list[dict[str, Any]]] = {
    "aims-missing": [{"aims": ""}, {"aims": "TBC"}, {"aims": "Music news"}],
    "evaluation-missing": [
        {"go_live": date(2024, 9, 1)},
        {"go_live": date(2024, 1, 1), "reviewed": (date(2025, 1, 1),)},
    ],
    "moderators-too-few": [
        {"moderators": frozenset()},
        {"moderators": frozenset({"N4"})},
        {"moderators": frozenset({"N9"})},
    ],
    "public-invited-to-closed-site": [
        {"settings_expected": "members", "audience": frozenset({"public"})},
        {"settings_expected": "private", "contributors": frozenset({"public"})},
    ],
    "form-aims-missing": [{"aims": "n/a"}, {"aims": ""}],
    "form-audience-ages-missing": [
        {"audience": frozenset({"pupils"})},
        {"audience": frozenset({"pupils"}), "audience_age_min": 14, "audience_age_max": 11},
    ],
    "form-contributor-ages-missing": [
        {"contributors": frozenset({"pupils"}), "contributor_age_min": 11},
        {"contributors": frozenset({"pupils"}), "contributor_age_min": 2, "contributor_age_max": 9},
        {"contributors": frozenset({"pupils"}), "contributor_age_min": 11, "contributor_age_max": 25},
    ],
    "form-audience-schools-unnamed": [{"audience": frozenset({"other_schools"})}],
    "form-contributors-schools-unnamed": [{"contributors": frozenset({"other_schools"}), "other_school_names": "tbc"}],
    "form-audience-organisations-unnamed": [{"audience": frozenset({"external"})}],
    "form-contributors-organisations-unnamed": [{"contributors": frozenset({"external"})}],
    "form-audience-others-undescribed": [{"audience": frozenset({"others"})}],
    "form-contributors-others-undescribed": [{"contributors": frozenset({"others"})}],
    "form-audience-staff-undeclared": [],
    "form-audience-family-undeclared": [],
    "form-contributors-staff-undeclared": [],
    "form-contributors-family-undeclared": [],
    "intervention-plan-missing": [{"security_measures": "Passwords"}],
    "form-author-missing": [{"author": ""}, {"author": "N9"}],
    "form-department-missing": [{"department": "n/a"}],
    "form-line-manager-missing": [{"line_manager": ""}, {"line_manager": "N1"}, {"line_manager": "N9"}],
    "form-content-missing": [{"content": " "}],
    "form-audience-public-with-pupils": [
        {"audience": frozenset({"public"}), "contributors": frozenset({"pupils"})},
    ],
    "form-contributors-public-with-pupils": [{"contributors": frozenset({"public", "other_schools"})}],
    "form-administrators-too-few": [{"administrators": frozenset({"N1", "N9"})}, {"administrators": frozenset()}],
    "form-moderators-too-few": [{"moderators": frozenset({"N1"})}],
    "form-vetter-missing": [{"contributors": frozenset({"external"})}, {"contributors": frozenset({"public"})}],
    "form-third-party-host-missing": [{"host_name": "", "platform": ""}],
    "form-closure-missing": [{"closure_or_review": None}, {"closure_or_review": date(2025, 8, 31)}],
    "form-advert-plan-missing": [{"contributors": frozenset({"others"})}],
    "form-children-flag-inconsistent": [
        {"contributors_children": "unknown"},
        {"contributors": frozenset({"pupils"})},
    ],
    "form-adults-flag-unanswered": [{"contributors_adults_ld": "unknown"}],
    "form-consent-method-missing": [{"contributors_children": "yes"}, {"contributors_adults_ld": "yes"}],
    "form-security-measures-missing": [{"security_measures": "none"}],
    "form-line-manager-approval-missing": [
        {"approvals": ()},
        {"approvals": (Approval("line_manager", "N9", date(2025, 8, 1)),)},
    ],
    "form-communications-approval-missing": [{"approvals": (Approval("communications", "N3"),)}],
    "form-head-approval-missing": [{"approvals": (Approval("line_manager", "N2", date(2025, 8, 1)),)}],
}


# What each must pass, where it is not the good form itself.
PASSES: dict[str, list[dict[str, Any]]] = {
    "aims-missing": [{"aims": "Show parents the garden"}],
    "evaluation-missing": [
        {"go_live": date(2020, 1, 1), "status": "closed"},
        {"go_live": date(2020, 1, 1), "reviewed": (date(2025, 9, 1),)},
        {"go_live": None},
    ],
    "moderators-too-few": [{"moderators": frozenset({"N1", "N2", "N9"})}],
    "public-invited-to-closed-site": [{"audience": frozenset({"public"})}, {"settings_expected": "members"}],
    "form-audience-ages-missing": [
        {"audience": frozenset({"pupils"}), "audience_age_min": 11, "audience_age_max": 11},
        {"contributors": frozenset({"pupils"})},
    ],
    "form-contributors-schools-unnamed": [
        {"contributors": frozenset({"other_schools"}), "other_school_names": "Harrowgate High"}
    ],
    "form-contributors-public-with-pupils": [
        {"audience": frozenset({"pupils"}), "contributors": frozenset({"public"})}
    ],
    "form-vetter-missing": [
        {"contributors": frozenset({"external"}), "vetter": "N2"},
        {"contributors": frozenset({"family"})},
    ],
    "form-third-party-host-missing": [
        {"platform": "", "host_name": "Moorbook"},
        {"hosted_by": "school", "platform": ""},
    ],
    "form-closure-missing": [{"closure_or_review": date(2025, 9, 1)}],
    "form-consent-method-missing": [
        {"contributors_children": "yes", "consent_method": "Form in the management system"}
    ],
    "form-head-approval-missing": [{"author": "N4"}],
    "intervention-plan-missing": [{"hosted_by": "school", "security_measures": ""}],
}


def found(site: Site) -> set[str]:
    return {f.detector for f in audit_sites([replace(reading({}), site=site)], CHECKS)[0]}


def test_a_complete_form_has_no_finding() -> None:
    assert found(GOOD) == set()


def test_every_check_has_cases_a_clause_and_an_id_that_the_policy_names() -> None:
    assert set(CASES) == {c.id for c in CHECKS}
    policy = load_policy()
    for check in SITE_CHECKS:
        assert check.id in {i for c in policy.clause(check.clause).controls for i in c.checks}


@pytest.mark.parametrize(
    ("check", "change"), [pytest.param(i, c, id=f"{i}-{n}") for i, cs in CASES.items() for n, c in enumerate(cs)]
)
def test_flags(check: str, change: dict[str, Any]) -> None:
    assert check in found(replace(GOOD, **change))


@pytest.mark.parametrize(
    ("check", "change"), [pytest.param(i, c, id=f"{i}-{n}") for i, cs in PASSES.items() for n, c in enumerate(cs)]
)
def test_passes(check: str, change: dict[str, Any]) -> None:
    assert check not in found(replace(GOOD, **change))


@pytest.mark.parametrize("tick", ["staff", "family"])
@pytest.mark.parametrize("box", ["audience", "contributors"])
def test_who_is_seen_to_write_must_be_ticked(box: str, tick: str) -> None:
    check = next(c for c in CHECKS if c.id == f"form-{box}-{tick}-undeclared")
    empty = replace(GOOD, audience=frozenset(), contributors=frozenset())
    writer = {"staff": "staff", "family": "parent"}[tick]

    def outcome(site: Site, seen: Seen | None) -> str:
        return audit_sites([replace(reading({}), site=site, seen=seen)], [check])[1][0].outcome

    assert outcome(empty, Seen(writers={writer: 3})) == "found"
    assert outcome(replace(empty, **{box: frozenset({tick})}), Seen(writers={writer: 3})) == "clear"
    assert outcome(empty, Seen(writers={"unknown": 3})) == "unknown"
    assert outcome(empty, None) == "unknown"
    assert outcome(empty, Seen(writers={"school": 3})) == "clear"


def test_a_finding_names_site_and_field_and_nobody() -> None:
    site = replace(reading({}), site=replace(GOOD, author="N9"))
    (finding,) = audit_sites([site], CHECKS)[0]
    assert (finding.item.id, finding.kind, finding.start) == ("site:page", "SITE", None)
    assert finding.why == "The field author_id names nobody on the list of current staff."


def test_a_bad_field_is_named_and_the_rest_used() -> None:
    row = {
        "go_live": "31/02/2026",
        "closure_or_review": "1066-10-14",
        "admins": 7,
        "approvals": "head",
        "department": "Art",
        "author_id": "N1",
        "contributor_age_min": "Year 7",
        "status": "asleep",
        "audience": ["pupils", "martians"],
        "logo_approved": "perhaps",
    }
    site, problems = site_of("x", row)
    assert (site.department, site.author, site.go_live, site.administrators) == ("Art", "N1", None, frozenset())
    assert (site.status, site.audience, site.closure_or_review) == ("", frozenset({"pupils"}), None)
    assert problems == [
        "sites.toml, site x: status must be one of proposed, live, closed; left out",
        "sites.toml, site x: audience knows only pupils, staff, family, other_schools, external, public, others; 1 of its words "
        "left out",
        "sites.toml, site x: contributor_age_min must be an age in whole years; left out",
        "sites.toml, site x: go_live is no date (yyyy-mm-dd or dd/mm/yyyy); left out",
        "sites.toml, site x: closure_or_review is no date that a site can have; left out",
        "sites.toml, site x: logo_approved must be yes, no or unknown; left out",
        "sites.toml, site x: admins must be a list; left out",
        "sites.toml, site x: approvals must be a list of tables; left out",
    ]


def test_blank_is_unknown() -> None:
    site, problems = site_of("x", {})
    assert problems == []
    assert site.contributors_children == "unknown"


def test_bad_rows_are_named_and_the_rest_read(tmp_path: Path) -> None:
    (tmp_path / "sites.toml").write_text(
        '[[site]]\nname = "nameless"\n[[site]]\nsite_id = "a"\n[[site]]\nsite_id = "a"\nname = "again"\n'
        '[[site]]\nsite_id = "../x"\n[[site]]\nsite_id = "b"\ngo_live = "soon"\n',
        encoding="utf-8",
    )
    rows = read_register(tmp_path)
    assert [f.site.id for f in rows.forms] == ["a", "b"]
    assert rows.problems == (
        "sites.toml, site 1: has no site_id; give the site one",
        "sites.toml, site 3: the site_id a stands in an earlier row too; the row was left out",
        "sites.toml, site 4: site_id must be letters, digits, dots and hyphens, at most 64; the row was left out",
    )
    assert rows.notices == ("sites.toml, site b: go_live is no date (yyyy-mm-dd or dd/mm/yyyy); left out",)


def test_a_register_as_csv(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_bytes(
        "site_id;Name;admins;status;contributors;head approval person;head_approval_date\r\n"
        "fb;Café page;N1,N2;Live;staff,family;N4;20/08/2025\r\n;;;;;;\r\n".encode("cp1252")
    )
    rows = read_register(tmp_path)
    (form,) = rows.forms
    site = form.site
    assert (site.id, site.name, site.status) == ("fb", "Café page", "live")
    assert (site.administrators, site.contributors) == (frozenset({"N1", "N2"}), frozenset({"staff", "family"}))
    assert site.approvals == (Approval("head", "N4", date(2025, 8, 20)),)
    assert rows.problems == ("sites.csv: columns that are missing count as blank: author_id, go_live, moderators",)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("sites.csv", b"name,admins\nx,y\n", "there is no column site_id; add it"),
        ("sites.toml", b"[[site]\n", "is no TOML"),
        ("sites.toml", b"\xff\xfe", "is not in UTF-8"),
    ],
)
def test_a_register_that_is_none(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=says):
        read_register(tmp_path)


def test_no_register_is_no_row(tmp_path: Path) -> None:
    assert read_register(tmp_path) == Rows()
