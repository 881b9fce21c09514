"""A guarded word list finds what its plain alternation finds, in every text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from detectors.lexicons import load_ordered, load_patterns
from detectors.text.guard import Guard, guarded

LISTS = ("health", "attainment", "private", "whereabouts", "others")
POSTS = Path(__file__).parent / "labelled" / "posts.jsonl"


def texts() -> list[str]:
    posts = [json.loads(line)["text"] for line in POSTS.read_text(encoding="utf-8").splitlines()]
    return [*posts, *(p.upper() for p in posts[::5]), "", "Noor hasn’t eaten", "İstanbul ſick note KNEE"]


@pytest.mark.parametrize("name", LISTS)
def test_sections_match_as_their_plain_alternations_do(name: str) -> None:
    for guard in load_patterns(name).values():
        for text in texts():
            expected = [m.span() for m in guard.whole.finditer(text)]
            assert [m.span() for m in guard.finditer(text)] == expected


def test_lines_match_as_their_plain_expressions_do() -> None:
    for _, guard in load_ordered("attainment"):
        for text in texts():
            assert [m.span() for m in guard.finditer(text)] == [m.span() for m in guard.whole.finditer(text)]


def test_a_search_keeps_to_its_place() -> None:
    (words,) = guarded([["noor|lang", "no"]])
    text = "noor and lang and no"
    assert [m[0] for m in words.finditer(text, 5)] == ["lang", "no"]
    assert words.search(text, 5, 13)[0] == "lang"  # type: ignore[index]
    assert words.search(text, 5, 8) is None


@pytest.mark.parametrize(
    ("expression", "opens", "stays_shut"),
    [
        ("broken? leg", "he broke it", "his leg"),
        ("(?:asthma|eczema)tic?", "ECZEMA", "ecz ema"),
        (r"\d+ stitches", "ten stitches", "10 points"),
        ("flu", "the flu", "influence"),
        (r"\d+|[a-f]", "anything", None),
    ],
)
def test_the_guard_opens_where_its_letters_stand(expression: str, opens: str, stays_shut: str | None) -> None:
    guard = Guard([expression])
    assert guard.possible(opens) == {0}
    assert stays_shut is None or guard.possible(stays_shut) == frozenset()


def test_most_lines_stay_shut_in_a_post_about_something_else() -> None:
    guard = load_patterns("health")["told"].guard
    assert len(guard.possible("The library opens at nine on Monday. Bring a book to swap!")) <= 8


def test_a_guard_reads_every_operator_of_the_lists() -> None:
    everything = r"(?:a{2,3}bcd|(?=x)xyz|(?i:Mark)s?|[pq]rst(?!\w)|(?>atom)ic)"
    assert Guard([everything]).possible("marks") == {0}
    assert re.compile(everything).search("aabcd")
