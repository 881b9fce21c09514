"""The generated parts of the documentation are fresh, and the project names invented things only."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "corpus"
GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))


def test_the_rule_pages_are_fresh() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == GENERATE["rules_page"](), "run: make docs"


def test_the_clause_page_is_fresh() -> None:
    assert (ROOT / "docs" / "clauses.md").read_text(encoding="utf-8") == GENERATE["clauses_page"](), "run: make docs"


def test_the_accuracy_section_is_fresh() -> None:
    if not SHARED.exists():
        pytest.skip("the labelled corpus is not beside this checkout")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = GENERATE["accuracy_section"](SHARED / "posts.jsonl", SHARED)
    assert GENERATE["with_section"](readme, section) == readme, "run: make accuracy"


def test_the_formats_page_is_fresh() -> None:
    exports = ROOT.parent / "shared" / "exports"
    if not exports.exists():
        pytest.skip("the sample exports are not beside this checkout")
    assert (ROOT / "docs" / "formats.md").read_text(encoding="utf-8") == GENERATE["formats_page"](exports), (
        "run: make formats"
    )


def own_texts() -> list[Path]:
    folders = (
        "data/sample/source",
        "data/template",
        "tests",
        "tests/cases",
        "notebooks",
        "docs",
        "detectors",
        "pipelines",
    )
    return [
        p
        for f in folders
        for p in (ROOT / f).rglob("*")
        if p.suffix in (".py", ".toml", ".txt", ".csv", ".md", ".jsonl")
    ]


def test_only_reserved_domains_and_numbers_are_used() -> None:
    """E-mail domains of RFC 2606 and Ofcom's numbers for drama; helplines have a list of their own."""
    domains, numbers = set(), set()
    for path in own_texts():
        text = path.read_text(encoding="utf-8")
        domains |= set(re.findall(r"[\w.+-]+@((?:[a-z0-9-]+\.)+[a-z]{2,})\b", text))
        numbers |= set(re.findall(r"(?<![\d\w+£.,-])0(?:7\d{3}|1\d{3}|20)[ -]?\d{3,4}[ -]?\d{3,4}(?!\d)", text))
    assert {d for d in domains if not re.search(r"(?:^|\.)(?:example|example\.(?:com|net|org))$", d)} == set()
    plain = {re.sub(r"\D", "", n) for n in numbers}
    assert {n for n in plain if not re.match(r"07700900|01632960|0207946", n)} == set()


def test_the_project_names_no_place_of_the_workplace() -> None:
    words = re.compile(r"(?<!\w)/(?:work|farm|opt)/|extra-index-url|index-url")
    for path in [
        *own_texts(),
        ROOT / "README.md",
        ROOT / "Makefile",
        ROOT / "pyproject.toml",
        ROOT / "constraints.txt",
    ]:
        if path.name != Path(__file__).name:
            assert not words.search(path.read_text(encoding="utf-8")), path
