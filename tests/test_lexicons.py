"""The word lists: one entry a line, folded, in order, no entry twice."""

from __future__ import annotations

import re

import pytest

from detectors.lexicons import DATA, load_lexicon, load_nicknames
from detectors.text.fold import folded_key

FILES = sorted((DATA / "lexicons").glob("*.txt"))
# Lists of single folded words and names; the others hold patterns, values or words as they are written.
WORDS = ["characters", "mononyms", "name_words", "places", "public_figures", "relatives", "titles", "works"]


def _sections(name: str) -> list[list[str]]:
    """The entries of a file, a list for each run of lines between comments."""
    sections: list[list[str]] = [[]]
    for line in (DATA / "lexicons" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            sections.append([])
        else:
            sections[-1].append(line)
    return [section for section in sections if section]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_plain_lines(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# "), "the first line says what the list is"
    assert text.endswith("\n")
    assert "\r" not in text
    assert [line for line in text.splitlines() if line != line.strip()] == []


@pytest.mark.parametrize("name", WORDS)
def test_words_are_folded_and_stand_once_and_in_order(name):
    sections = _sections(name)
    entries = [entry for section in sections for entry in section]
    assert [e for e in entries if not re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", e)] == []
    assert [e for e in entries if folded_key(e) != e.replace(" ", "")] == []
    assert sorted({e for e in entries if entries.count(e) > 1}) == []
    assert [section for section in sections if section != sorted(section)] == []
    assert load_lexicon(name) == set(entries)


def test_nicknames_are_folded_and_stand_once_and_in_order():
    lines = [line for section in _sections("nicknames") for line in section]
    assert [line for line in lines if not re.fullmatch(r"[a-z]+:( [a-z]+)+", line)] == []
    fulls = [line.split(":")[0] for line in lines]
    assert fulls == sorted(set(fulls))
    table = load_nicknames()
    assert len(table) == len(fulls)
    assert [full for full, short in table.items() if full in short or len(set(short)) < len(short)] == []
