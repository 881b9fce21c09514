"""Who is told of which finding: a table of roles, which a school's own in school.toml may change.

Nobody but the safeguarding lead is told of a safeguarding concern, whatever school.toml says: ``pipelines/store/withheld.py``
keeps such items from everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detectors import DETECTORS
from detectors.base import UserError

ROLES = ("head", "communications", "safeguarding", "data_protection", "network_manager")
CONCERN = "SAFEGUARDING_CONCERN"
_KINDS = {
    CONCERN: "safeguarding",
    "MEDIA_ENQUIRY": "head",
    "DEFAMATORY_OR_HARASSING": "head",
    "CONFIDENTIAL_BUSINESS": "head",
    "CREDENTIAL": "network_manager",
    "MEETING_LINK": "network_manager",
    "SHARE_LINK": "network_manager",
}
_ELSE = "communications"


@dataclass(frozen=True)
class Routes:
    """The school's people by role, the role that is told of each kind, and the sites that contractors run."""

    people: Mapping[str, str] = field(repr=False)
    kinds: Mapping[str, str]
    contractors: frozenset[str] = frozenset()

    def role(self, kind: str, site: str = "") -> str:
        """The role that is told of a finding of that kind on that site."""
        told = self.kinds.get(kind, _ELSE)
        if site in self.contractors and told not in ("safeguarding", "head"):
            return "network_manager"
        return told

    def person(self, role: str) -> str:
        """Who has the role; empty where the school has not said."""
        return self.people.get(role, "")

    def counts(self, findings: Iterable[tuple[str, str]]) -> dict[str, int]:
        """How many findings, given as (kind, site), each role is told of; roles with none are left out."""
        found = dict.fromkeys(ROLES, 0)
        for kind, site in findings:
            found[self.role(kind, site)] += 1
        return {role: n for role, n in found.items() if n}


def routes_of(settings: Mapping[str, Any], file: Path, contractors: Iterable[str] = ()) -> Routes:
    """The routes of a school.toml. Raises UserError for a role or kind that there is none of."""
    given = dict(settings.get("routes", {}))
    kinds = given.pop("kinds", {})
    known = {d.kind for d in DETECTORS}
    for kind, role in kinds.items():
        if kind not in known:
            raise UserError(f"{file}: [routes.kinds] knows no kind {kind}; see: social-audit policy --json")
        if role not in ROLES:
            raise UserError(f"{file}: [routes.kinds] knows no role {role}; it knows {', '.join(ROLES)}")
        if (kind == CONCERN) != (role == "safeguarding"):
            raise UserError(
                f"{file}: safeguarding concerns go to the safeguarding lead, and nothing else does; correct {kind}"
            )
    people = {str(role): str(name) for role, name in given.items()}
    return Routes(people, _KINDS | {str(k): str(r) for k, r in kinds.items()}, frozenset(contractors))
