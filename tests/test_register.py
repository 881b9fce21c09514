"""The register's rows as typed values, and the checks of single fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from detectors.base import Approval, Site, SiteReading
from detectors.clauses import load_policy
from detectors.sites.fields import CHECKS
from pipelines.audit import audit_sites
from pipelines.register import site_of

TODAY = date(2026, 3, 2)
STAFF = frozenset({"N1", "N2", "N3", "N4"})
GOOD = Site(
    id="page",
    author="N1",
    department="Music",
    line_manager="N2",
    aims="Let families hear what the choirs and bands are at",
    content="Concert dates and recordings without names",
    hosted_by="third_party",
    host_name="facebook",
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

CASES: dict[str, list[dict[str, Any]]] = {
    "aims-missing": [{"aims": ""}, {"aims": "TBC"}, {"aims": "Music news"}],
    "site-past-closing": [{"closure_or_review": date(2026, 3, 1)}],
    "approval-late": [{"go_live": date(2025, 8, 1)}],
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
    "form-third-party-host-missing": [{"host_name": ""}],
    "form-go-live-missing": [{"go_live": None}],
    "form-closure-missing": [{"closure_or_review": None}, {"closure_or_review": date(2025, 8, 31)}],
    "form-advert-plan-missing": [{"contributors": frozenset({"others"})}],
    "form-children-flag-inconsistent": [
        {"contributors_children": "unknown"},
        {"contributors": frozenset({"pupils"})},
    ],
    "form-adults-flag-unanswered": [{"contributors_adults_ld": "unknown"}],
    "form-consent-method-missing": [{"contributors_children": "yes"}, {"contributors_adults_ld": "yes"}],
    "form-security-measures-missing": [{"security_measures": "none"}],
    "form-line-manager-approval-missing": [{"approvals": ()}, {"author": "N2"}],
    "form-communications-approval-missing": [{"approvals": (Approval("communications", "N3"),)}],
    "form-head-approval-missing": [{"approvals": (Approval("line_manager", "N2", date(2025, 8, 1)),)}],
}


def found(site: Site) -> set[str]:
    return {f.detector for f in audit_sites([SiteReading(site, STAFF, TODAY)], CHECKS)}


def test_a_complete_form_has_no_finding() -> None:
    assert found(GOOD) == set()


def test_every_check_has_cases_a_clause_and_an_id_that_the_policy_names() -> None:
    assert set(CASES) == {c.id for c in CHECKS}
    policy = load_policy()
    for check in CHECKS:
        assert check.id in {i for c in policy.clause(check.clause).controls for i in c.checks}


@pytest.mark.parametrize(
    ("check", "change"), [pytest.param(i, c, id=f"{i}-{n}") for i, cs in CASES.items() for n, c in enumerate(cs)]
)
def test_flags(check: str, change: dict[str, Any]) -> None:
    assert check in found(replace(GOOD, **change))


def test_a_finding_names_site_and_field_and_nobody() -> None:
    (finding,) = audit_sites([SiteReading(replace(GOOD, author="N9"), STAFF, TODAY)], CHECKS)
    assert (finding.item.id, finding.kind, finding.start) == ("site:page", "SITE", None)
    assert finding.why == "The field author names nobody on the list of current staff."


def test_a_bad_field_is_named_and_the_rest_used() -> None:
    row = {"go_live": "31/02/2026", "admins": 7, "approvals": "head", "department": "Art", "author_id": "N1"}
    site, problems = site_of("x", row)
    assert (site.department, site.author, site.go_live, site.administrators) == ("Art", "N1", None, frozenset())
    assert [p.split(":")[1].split()[0] for p in problems] == ["approvals", "go_live", "admins"]


def test_blank_is_unknown() -> None:
    site, problems = site_of("x", {})
    assert problems == []
    assert site.contributors_children == "unknown"
