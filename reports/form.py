"""The approval form of a site as a PDF to sign, and its text read back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import typst

from reports.pdf import FONTS, TEMPLATES, midnight, replace_file

# The fields in the form's order, by section: the register's name, what the form asks, and whether it takes a paragraph.
SECTIONS: tuple[tuple[str, tuple[tuple[str, str, bool], ...]], ...] = (
    (
        "The site",
        (
            ("site_id", "Short name of the site", False),
            ("name", "Title", False),
            ("url", "Address", False),
            ("handle", "Account name", False),
            ("author_id", "Author (staff number)", False),
            ("department", "Department", False),
            ("line_manager_id", "Author's line manager (staff number)", False),
            ("aims", "Aims: what should come of it", True),
            ("content", "What will be shown", True),
        ),
    ),
    (
        "Who reads, who writes",
        (
            ("audience", "Audience", False),
            ("audience_age_min", "Youngest pupil addressed", False),
            ("audience_age_max", "Oldest pupil addressed", False),
            ("contributors", "Contributors", False),
            ("contributor_age_min", "Youngest pupil contributing", False),
            ("contributor_age_max", "Oldest pupil contributing", False),
            ("other_school_names", "Other schools, by name", False),
            ("organisation_names", "Organisations, by name", False),
            ("others_details", "Others: who they are", False),
            ("contributors_children", "Children contribute (yes, no)", False),
            ("contributors_adults_ld", "Adults with learning disabilities contribute (yes, no)", False),
            ("consent_method", "How families are told and agree", True),
            ("advert_plan", "How outside contributors are sought", False),
        ),
    ),
    (
        "Who keeps it",
        (
            ("admins", "Administrators, two or more (staff numbers)", False),
            ("moderators", "Moderators, two or more (staff numbers)", False),
            ("vetter_id", "Who vets outsiders (staff number)", False),
            ("run_by", "Run by (school, contractor)", False),
        ),
    ),
    (
        "Where, and for how long",
        (
            ("hosted_by", "Host (school, third_party)", False),
            ("platform_host", "Platform", False),
            ("host_name", "Name of another host", False),
            ("settings_expected", "How open (public, members, private)", False),
            ("security_measures", "Measures against unsuitable people and content", True),
            ("terms_url", "Terms of use: address", False),
            ("house_rules_url", "House rules: address", False),
            ("logo_approved", "School mark approved (yes, no)", False),
            ("go_live", "Going live on", False),
            ("closure_or_review", "Closing or review on", False),
            ("status", "Status (proposed, live, closed)", False),
        ),
    ),
)
APPROVALS = (
    ("line_manager", "Line manager", "aims and content"),
    ("communications", "Communications manager", "aims and content, brand and mark"),
    ("head", "Head teacher", "the site"),
)
KEYS = tuple(key for _, rows in SECTIONS for key, _, _ in rows)
_EMPTY = "not filled in"


@dataclass(frozen=True)
class FormValues:
    """What is printed: ``values`` by the register's field names, ``approvals`` name and date by role."""

    school: str
    site: str
    printed: date
    values: Mapping[str, str] = field(repr=False)
    approvals: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)


def write_form(form: FormValues, path: Path) -> None:
    """Write the form as a PDF (PDF/UA-1) that its owner alone can read. Raises UserError where it cannot be written."""
    replace_file(path, render_form(form))


def render_form(form: FormValues) -> bytes:
    """The PDF's bytes: the same for the same values."""
    given = {
        "title": "Approval of an official site",
        "school": form.school,
        "site": form.site or "a new site",
        "printed": f"{form.printed:%d.%m.%Y}",
        "note": "Social Media Acceptable Use Policy, Appendix B. What is left blank counts as not decided, and is reported as "
        "such. File the signed form; the register keeps who signed and when, never the signature.",
        "sections": [
            {
                "name": name,
                "rows": [
                    {"key": key, "label": label, "tall": tall, "value": form.values.get(key, "")}
                    for key, label, tall in rows
                ],
            }
            for name, rows in SECTIONS
        ],
        "approvals": [
            {
                "key": key,
                "role": role,
                "scope": scope,
                "name": form.approvals.get(key, ("", ""))[0],
                "date": form.approvals.get(key, ("", ""))[1],
            }
            for key, role, scope in APPROVALS
        ],
    }
    compiler = typst.Compiler(TEMPLATES / "form.typ", root=TEMPLATES, font_paths=[FONTS], ignore_system_fonts=True)
    pdf = compiler.compile(
        sys_inputs={"form": json.dumps(given)}, pdf_standards=["ua-1"], timestamp=midnight(form.printed)
    )
    assert isinstance(pdf, bytes)
    return pdf


def values_of(pages: Sequence[str]) -> dict[str, str]:
    """The values in the text of a printed form, by the register's field names; blank ones are left out.

    Each value stands behind its field's name in square brackets, and ends where the next field's question begins.
    """
    text = "\n".join(re.sub(r"(?m)^.*printed on \d\d\.\d\d\.\d{4} · page.*$", "", page) for page in pages)
    text = re.split(r"(?m)^Approvals\s*$", text)[0]
    labels = {key: label for _, rows in SECTIONS for key, label, _ in rows}
    found: dict[str, str] = {}
    marks = [m for m in re.finditer(r"\[([a-z_]+)\]", text) if m[1] in labels]
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = " ".join(text[mark.end() : following.start() if following else len(text)].split())
        if following is not None:
            value = value.removesuffix(labels[following[1]]).strip()
        for name, _ in SECTIONS:
            value = value.removesuffix(name).strip()
        if value and value != _EMPTY and mark[1] not in found:
            found[mark[1]] = value
    return found
