"""The policy as data: complete, honest about what is checked, in our own words, and strict about mistakes in its file."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest

from detectors import DETECTORS
from detectors.base import Rule, Severity, UserError
from detectors.clauses import Control, LawStatus, Mode, UpkeepNote, load_policy, policy_json, upkeep
from detectors.lexicons import DATA
from detectors.sites.rules import SITE_CHECKS
from reports.coverage import POLICY_CHECKS, TOOL_CHECKS

POLICY = load_policy("2023-06")
ALL_CLAUSES = (*POLICY.clauses, *POLICY.tool_checks)
CONTROLS = [(clause, control) for clause in ALL_CLAUSES for control in clause.controls]
OF_SITES = {c.id for c in SITE_CHECKS}
EXISTING = {d.id for d in DETECTORS} | OF_SITES | POLICY_CHECKS | TOOL_CHECKS
SOURCES = Path(__file__).resolve().parents[2] / "shared" / "policy"

_IN_ORDER = """
    0.revision
    1.1 1.2 1.3 1.4 2.1 2.2 2.3 3.1 3.2.a 3.2.b 3.2.c 3.2.d 3.2.e 3.3 3.4 4.1
    5.1 5.2 5.3 5.4 5.5 5.6
    6.1 6.2 6.3 6.4 6.5 6.6 6.7 6.8 6.9 6.10 6.11 6.12 6.hours 6.colleagues 6.privacy
    7.1 7.2 7.contractors
    A.1.1 A.1.2 A.1.3 A.1.4 A.1.5 A.1.6 A.1.7
    A.2.1 A.2.2 A.2.3 A.2.4 A.2.5 A.2.6 A.2.7
    A.3.1 A.3.2 A.3.3 A.3.4 A.3.5 A.3.6 A.3.7
    A.4.1 A.4.2 A.4.3 A.4.4 A.4.5 A.4.6 A.4.7 A.4.8 A.4.9 A.4.10
    A.5.1 A.5.2 A.5.3 A.5.4 A.5.5 A.5.6 A.5.7 A.5.8 A.5.9
    B.author B.department B.line_manager B.aims B.content
    B.audience.pupils B.contributors.pupils B.audience.staff B.contributors.staff B.audience.family B.contributors.family
    B.audience.other_schools B.contributors.other_schools B.audience.external B.contributors.external
    B.audience.public B.contributors.public B.audience.others B.contributors.others
    B.administrators B.moderators B.vetter B.host B.third_party_host B.go_live B.closure B.advertise
    B.children_flag B.adults_ld_flag B.consent_method B.security
    B.approval.line_manager B.approval.comms_manager B.approval.head
"""
CLAUSE_IDS = _IN_ORDER.split()

# The acts that the policy names, those it should name, and what became of them.
LAWS = {
    "Human Rights Act 1998": "current",
    "Common law duty of confidentiality": "current",
    "Data Protection Act 1998": "repealed",
    "Libel Act 1843": "superseded",
    "Defamation Acts 1952 and 1996": "superseded",
    "Protection from Harassment Act 1997": "current",
    "Criminal Justice and Public Order Act 1994": "current",
    "Malicious Communications Act 1998": "misdated",
    "Communications Act 2003": "current",
    "Copyright, Designs and Patents Act 1988": "current",
    "Defamation Act 2013": "missing",
    "Online Safety Act 2023": "missing",
    "Home Office Task Force guidance of 2008": "superseded",
}


def test_every_clause_and_form_field_stands_in_the_order_of_the_policy() -> None:
    assert len(CLAUSE_IDS) == 115
    assert [c.id for c in POLICY.clauses] == CLAUSE_IDS
    assert [c.id for c in POLICY.tool_checks] == ["T.1", "T.2", "T.3", "T.4"]


def test_the_header_names_the_revision_and_the_file() -> None:
    data = (DATA / "policy" / "2023-06.toml").read_bytes()
    header = (POLICY.id, POLICY.title, POLICY.revised, POLICY.next_revision, POLICY.sha256)
    expected = ("2023-06", "Social Media Acceptable Use Policy", date(2023, 6, 1), date(2024, 6, 1))
    assert header == (*expected, sha256(data).hexdigest())


def test_the_law_it_cites() -> None:
    assert {law.cited: law.status for law in POLICY.laws} == LAWS


def test_law_from_memory_is_marked_for_a_person() -> None:
    assert {law.cited for law in POLICY.laws if law.verify} == {
        "Libel Act 1843",
        "Defamation Acts 1952 and 1996",
        "Malicious Communications Act 1998",
        "Communications Act 2003",
        "Defamation Act 2013",
        "Online Safety Act 2023",
        "Home Office Task Force guidance of 2008",
    }


def test_the_conflicts_it_holds() -> None:
    assert [c.clauses for c in POLICY.conflicts] == [
        ("A.5.2", "A.4.4"),
        ("A.5.7", "B.audience.public", "B.contributors.public"),
        ("A.5.4", "B.moderators"),
        ("A.4.8", "A.4.9", "6.1"),
        ("A.4.7", "A.3.5", "6.12"),
        ("A.3.2", "A.3.5", "B.approval.line_manager", "B.approval.comms_manager", "B.approval.head"),
        ("A.3.4",),
        ("7.contractors", "A.2.3", "A.5.6", "A.3.7"),
    ]


def _broken_rules(control: Control) -> list[str]:
    checked = control.mode in ("automatic", "assisted")
    bare = control.mode == "not auditable"
    rules = {
        "names its checks, or has none to name": checked == bool(control.checks or control.see or control.unchecked),
        "sees what exists": set(control.see) <= EXISTING,
        "only what could be checked is planned": checked or not control.planned,
        "is planned, or all its checks exist": not control.checks
        or control.planned != (set(control.checks) <= EXISTING),
        "plans nothing that exists": not (control.planned and EXISTING & set(control.checks)),
        "says how": bool(control.how),
        "has severity, evidence and remedy unless there is nothing to find": bare
        != bool(control.severity and control.evidence and control.remedy),
        "has false alarms only where something is looked for": checked or not control.false_alarms,
        "names checks in kebab-case": all(re.fullmatch(r"[a-z]+(-[a-z]+)+", c) for c in control.checks),
        "follows 'because' or 'attested:'": checked == control.how[0].isupper(),
        "promises, and does not claim, what is planned": not control.planned or " will " in control.how,
        "claims, and does not promise, what exists": not checked or control.planned or " will " not in control.how,
    }
    return [rule for rule, kept in rules.items() if not kept]


@pytest.mark.parametrize(
    "control",
    [pytest.param(control, id=f"{clause.id} {control.mode}") for clause, control in CONTROLS],
)
def test_a_control_claims_only_what_exists(control: Control) -> None:
    assert _broken_rules(control) == []


def test_what_this_version_checks() -> None:
    checked = [(clause.id, control.checks) for clause, control in CONTROLS if control.checks and not control.planned]
    checked = [(clause, checks) for clause, checks in checked if not set(checks) <= OF_SITES | TOOL_CHECKS]
    assert checked == [
        ("0.revision", ("policy-review-overdue", "policy-law-stale")),
        ("3.1", ("business-record-published",)),
        (
            "3.2.a",
            (
                "phone-published",
                "personal-email-published",
                "school-email-published",
                "home-address-published",
                "postcode-published",
                "private-handle-published",
                "place-published",
                "birth-date-published",
                "age-with-name-published",
                "vehicle-mark-published",
                "ip-address-published",
                "mac-address-published",
            ),
        ),
        (
            "3.2.a",
            (
                "upn-published",
                "learner-number-published",
                "candidate-number-published",
                "nhs-number-published",
                "national-insurance-number-published",
                "passport-published",
                "driving-licence-published",
                "bank-account-published",
                "iban-published",
                "payment-card-published",
            ),
        ),
        ("3.2.b", ("pupil-private-fact-told", "safeguarding-concern")),
        ("3.2.c", ("business-record-published",)),
        ("3.2.d", ("business-record-published",)),
        ("3.2.e", ("political-persuasion",)),
        ("3.3", ("copyright-uncredited", "defamatory-or-harassing")),
        ("5.2", ("abuse-published", "defamatory-or-harassing", "age-unsuitable")),
        ("5.3", ("opinion-as-school",)),
        ("5.4", ("pupil-health-told", "pupil-private-fact-told", "pupil-attainment-told")),
        ("5.4", ("staff-private-fact",)),
        ("5.4", ("unknown-person-named",)),
        ("5.5", ("abuse-published", "defamatory-or-harassing")),
        ("A.1.1", ("abuse-published",)),
        ("A.2.1", ("safeguarding-concern",)),
        ("A.2.2", ("pupil-whereabouts-told",)),
        ("A.2.2", ("safeguarding-concern", "phone-published", "private-handle-published")),
        ("A.2.3", ("safeguarding-concern",)),
        ("A.2.6", ("age-unsuitable",)),
        ("A.3.7", ("media-enquiry-not-referred",)),
        ("A.4.2", ("commitment-made",)),
        ("A.4.2", ("credential-published", "meeting-link-published", "share-link-published")),
        ("A.4.5", ("abuse-published", "opinion-as-school", "political-persuasion")),
        ("A.4.6", ("copyright-uncredited",)),
        ("A.4.7", ("logo-shown", "logo-outdated", "logo-altered")),
        ("A.4.10", ("opinion-as-school",)),
        (
            "A.5.2",
            (
                "pupil-named",
                "pupil-named-with-photo",
                "pupil-forename-with-photo",
                "pupil-forename-with-group",
                "pupil-handle-published",
                "pupil-not-to-be-published",
                "pupil-consent-withdrawn",
            ),
        ),
        ("A.5.2", ("pupil-indirectly-named", "pupil-forename-alone")),
        ("A.5.3", ("abuse-published", "defamatory-or-harassing", "visitor-advertises")),
        ("A.5.6", ("extreme-offence-published",)),
        ("A.5.8", ("contributors-called", "visitor-advertises")),
    ]


def test_only_conduct_and_pictures_are_still_planned() -> None:
    """Everything else has a check, or says why no export and no form can answer for it."""
    about = "3.1 3.2.b 3.2.c 3.2.d 3.2.e 3.3 5.2 5.3 5.5 7.contractors A.1.1 A.2.1 A.2.2 A.2.3 A.2.6 A.3.7 A.4.2 A.4.5 A.4.6 A.4.10"
    conduct = {*about.split(), "A.5.3", "A.5.6", "A.5.8"}
    pictures = {"A.3.5", "A.4.4", "A.4.7"}
    assert {clause.id for clause, control in CONTROLS if control.planned} <= conduct | pictures


@pytest.mark.parametrize("detector", [*DETECTORS, *SITE_CHECKS], ids=lambda d: d.id)
def test_a_detector_answers_for_its_clause(detector: Rule) -> None:
    named = {check for control in POLICY.clause(detector.clause).controls for check in control.checks}
    assert detector.id in named


def test_no_check_answers_a_clause_twice() -> None:
    checks = [(clause.id, check) for clause, control in CONTROLS for check in control.checks]
    assert sorted(checks) == sorted(set(checks))


def test_the_clause_of_an_id() -> None:
    assert POLICY.clause("T.2").title == "Fresh roll and consents"
    with pytest.raises(KeyError):
        POLICY.clause("9.9")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("’", "'"))


def _runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def _own_texts() -> list[tuple[str, str]]:
    texts = [(c.id, t) for c in ALL_CLAUSES for t in (c.title, c.text)]
    texts += [(c.id, t) for c, k in CONTROLS for t in (k.how, k.evidence, k.false_alarms, k.remedy)]
    texts += [(law.cited, law.note) for law in POLICY.laws]
    return texts + [(" ".join(c.clauses), t) for c in POLICY.conflicts for t in (c.conflict, c.settled)]


def test_the_texts_are_our_own_words() -> None:
    files = [SOURCES / "acceptable-use-policy.txt", SOURCES / "controls.csv"]
    if missing := [f.name for f in files if not f.exists()]:
        pytest.skip(f"the source texts are not beside this repository: {', '.join(missing)}")
    theirs = set().union(*(_runs(f.read_text(encoding="utf-8")) for f in files))
    assert [(where, " ".join(run)) for where, text in _own_texts() for run in _runs(text) & theirs] == []


def test_upkeep_before_the_due_month_ends() -> None:
    policy = dataclasses.replace(POLICY, laws=())
    assert upkeep(policy, date(2024, 6, 30)) == ()


@pytest.mark.parametrize(
    ("today", "overdue"), [(date(2024, 7, 1), "1 day"), (date(2024, 7, 2), "2 days"), (date(2026, 6, 30), "730 days")]
)
def test_upkeep_after_the_due_month(today: date, overdue: str) -> None:
    text = f"The policy's next revision was due in June 2024 and is {overdue} overdue."
    note = UpkeepNote("policy-review-overdue", "0.revision", Severity.MEDIUM, text)
    assert upkeep(dataclasses.replace(POLICY, laws=()), today) == (note,)


def test_upkeep_lists_stale_law_whatever_the_day() -> None:
    text = (
        "The law that the policy cites is out of date: "
        "Data Protection Act 1998 (repealed: now the UK GDPR and the Data Protection Act 2018, amended by the Data (Use and "
        "Access) Act 2025); "
        "Libel Act 1843 (superseded: the Defamation Act 2013 is the one to name first, to be verified); "
        "Defamation Acts 1952 and 1996 (superseded: amended by the Defamation Act 2013, which belongs beside them, to be "
        "verified); "
        "Malicious Communications Act 1998 (misdated: the Act is of 1988, and offences of the Online Safety Act 2023 replaced "
        "parts of it, to be verified); "
        "Defamation Act 2013 (missing: not mentioned, to be verified); "
        "Online Safety Act 2023 (missing: not mentioned, though it made new communications offences, to be verified); "
        "Home Office Task Force guidance of 2008 (superseded: the guidance of UKCIS, the ICO's Children's Code and the codes "
        "under the Online Safety Act stand now, to be verified)."
    )
    assert upkeep(POLICY, date(2023, 7, 1)) == (UpkeepNote("policy-law-stale", "0.revision", Severity.MEDIUM, text),)


def test_policy_json_holds_every_clause_and_control() -> None:
    rows = policy_json(POLICY)
    assert [r["clause"] for r in rows] == [*CLAUSE_IDS, "T.1", "T.2", "T.3", "T.4"]
    assert json.loads(json.dumps(rows)) == rows
    assert [(r["clause"], [(c["mode"], c["planned"], c["checks"]) for c in r["controls"]]) for r in rows] == [
        (clause.id, [(c.mode, c.planned, list(c.checks)) for c in clause.controls]) for clause in ALL_CLAUSES
    ]
    assert rows[0] == {
        "policy": "2023-06",
        "clause": "0.revision",
        "title": "Date of revision",
        "text": "The policy names the month it was last revised and the month by which it must be looked at again.",
        "controls": [
            {
                "mode": "automatic",
                "checks": ["policy-review-overdue", "policy-law-stale"],
                "planned": False,
                "see": [],
                "unchecked": "",
                "how": "The two months and the acts that the policy cites are compared with today's date and today's law.",
                "severity": "medium",
                "evidence": "the two months, the days overdue, the acts cited",
                "false_alarms": "an extension that nobody wrote down",
                "remedy": "Put the policy before the head teacher for revision, or minute why it may wait and until when.",
            }
        ],
    }


SMALL = """\
id = "2031-01"
title = "A policy"
revised = "2031-01"
next_revision = "2032-01"

[[law]]
cited = "An Act"
clause = "1.1"
status = "current"
note = "in force"

[[conflict]]
clauses = ["1.1"]
conflict = "It contradicts itself."
settled = "By asking."

[[clause]]
id = "1.1"
title = "A clause"
text = "Says something."

[[clause.control]]
mode = "automatic"
checks = ["thing-done"]
how = "Things will be looked for."
severity = "low"
remedy = "Undo it."
planned = true
"""


def _write(folder: Path, text: str, name: str = "2031-01.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_newest_file_is_the_default_and_the_older_stays_readable(tmp_path: Path) -> None:
    _write(tmp_path, SMALL)
    _write(tmp_path, SMALL.replace('id = "2031-01"', 'id = "2029-11"'), "2029-11.toml")
    assert load_policy(folder=tmp_path).id == "2031-01"
    assert load_policy("2029-11", tmp_path).id == "2029-11"


def test_a_missing_version_names_those_there_are(tmp_path: Path) -> None:
    _write(tmp_path, SMALL)
    _write(tmp_path, SMALL, "2033-05.toml")
    with pytest.raises(UserError) as caught:
        load_policy("1999-01", tmp_path)
    assert str(caught.value) == "there is no policy version 1999-01; there are: 2031-01, 2033-05"


def test_a_folder_without_a_policy(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_policy(folder=tmp_path)
    assert str(caught.value) == f"{tmp_path}: holds no policy; install the tool again"


MODES = ", ".join(get_args(Mode))
STATUSES = ", ".join(get_args(LawStatus))
CLAUSE = SMALL[SMALL.index("[[clause]]") :]
MALFORMED = {
    "duplicate id": (SMALL + CLAUSE, "clause 1.1 stands twice"),
    "duplicate of a tool check": (SMALL + CLAUSE.replace("[clause", "[tool_check"), "clause 1.1 stands twice"),
    "unknown mode": (
        SMALL.replace('"automatic"', '"magic"'),
        f"clause 1.1, control 1 has the unknown mode 'magic'; there are: {MODES}",
    ),
    "unknown severity": (
        SMALL.replace('"low"', '"dire"'),
        "clause 1.1, control 1 has the unknown severity 'dire'; there are: critical, high, medium, low, info",
    ),
    "unknown status": (
        SMALL.replace('"current"', '"fine"'),
        f"the law 'An Act' has the unknown status 'fine'; there are: {STATUSES}",
    ),
    "no title": (SMALL.replace('title = "A policy"\n', ""), "the policy: the field title is missing"),
    "no text": (SMALL.replace('text = "Says something."\n', ""), "clause 1.1: the field text is missing"),
    "no clause id": (SMALL.replace('id = "1.1"\n', ""), "clause number 1: the field id is missing"),
    "no how": (
        SMALL.replace('how = "Things will be looked for."\n', ""),
        "clause 1.1, control 1: the field how is missing",
    ),
    "no severity": (SMALL.replace('severity = "low"\n', ""), "clause 1.1, control 1: the field severity is missing"),
    "no remedy": (SMALL.replace('remedy = "Undo it."\n', ""), "clause 1.1, control 1: the field remedy is missing"),
    "no note": (SMALL.replace('note = "in force"\n', ""), "law number 1: the field note is missing"),
    "no settlement": (SMALL.replace('settled = "By asking."\n', ""), "conflict number 1: the field settled is missing"),
    "no clauses": (SMALL[: SMALL.index("[[law]]")], "the policy: the field clause is missing"),
    "no control": (SMALL[: SMALL.index("[[clause.control]]")], "clause 1.1: the field control is missing"),
    "misspelt field": (
        SMALL.replace("planned", "planed"),
        "clause 1.1, control 1 has the unknown field planed",
    ),
    "empty text": (SMALL.replace('"Says something."', '" "'), "clause 1.1: the field text must be a text"),
    "number for a text": (SMALL.replace('"Says something."', "7"), "clause 1.1: the field text must be a text"),
    "text for a flag": (
        SMALL.replace("planned = true", 'planned = "yes"'),
        "clause 1.1, control 1: the field planned must be true or false",
    ),
    "text for a list": (
        SMALL.replace('["thing-done"]', '"thing-done"'),
        "clause 1.1, control 1: the field checks must be a list of texts",
    ),
    "one bracket for a table": (
        SMALL.replace("[[clause]]", "[clause]"),
        "the policy: clause must be one or more tables, [[clause]]",
    ),
    "texts for tables": (SMALL[: SMALL.index("[[law]]")] + 'clause = ["1.1"]\n', "clause number 1 must be a table"),
    "bad month": (
        SMALL.replace('revised = "2031-01"', 'revised = "January 2031"', 1),
        "the policy: the field revised must be a month such as 2023-06, not 'January 2031'",
    ),
    "checks of an attested control": (
        SMALL.replace('"automatic"', '"attested"'),
        "clause 1.1, control 1: automatic and assisted controls name their checks, others have none",
    ),
    "no checks of an automatic control": (
        SMALL.replace('checks = ["thing-done"]\n', ""),
        "clause 1.1, control 1: automatic and assisted controls name their checks, others have none",
    ),
    "reason beside checks": (
        SMALL.replace("planned = true", 'unchecked = "nobody can"'),
        "clause 1.1, control 1: unchecked is the reason of an automatic or assisted control without any check",
    ),
    "planned attestation": (
        SMALL.replace('"automatic"', '"attested"').replace('checks = ["thing-done"]\n', ""),
        "clause 1.1, control 1: only automatic and assisted controls can be planned",
    ),
    "law on no clause": (
        SMALL.replace('clause = "1.1"', 'clause = "8.8"'),
        "a law or conflict cites clause 8.8, which the policy does not have",
    ),
    "conflict on no clause": (
        SMALL.replace('clauses = ["1.1"]', 'clauses = ["1.1", "8.9"]'),
        "a law or conflict cites clause 8.9, which the policy does not have",
    ),
    "another file's id": (
        SMALL.replace('id = "2031-01"', 'id = "2030-01"'),
        "its id is '2030-01', but a policy file bears its id as its name",
    ),
    "no TOML": ("id = \n", "Invalid value (at line 1, column 6)"),
}


@pytest.mark.parametrize(("text", "wrong"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, wrong: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_policy(folder=tmp_path)
    assert str(caught.value) == f"{path}: {wrong}; correct the policy file"


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "2031-01.toml"
    path.write_bytes(SMALL.replace("An Act", "Café Act").encode("latin-1"))
    with pytest.raises(UserError, match=r"2031-01\.toml: 'utf-8' codec can't decode .*; correct the policy file$"):
        load_policy(folder=tmp_path)


def test_a_policy_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "2031-01.toml").mkdir()
    with pytest.raises(UserError, match=r"2031-01\.toml: cannot be read \(Is a directory\); see to it that it can$"):
        load_policy(folder=tmp_path)
