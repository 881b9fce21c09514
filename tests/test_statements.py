"""Lines, sentences and rows: what a word stands together with."""

from __future__ import annotations

import pytest

from detectors import DETECTORS
from detectors.base import Reading, Severity
from detectors.lexicons import load_ordered, load_patterns, straight
from detectors.pupils.ties import Ties
from detectors.text.statements import Outline
from tests import case_school as school

READER = school.reader(school.LogoBank())


def sentences(text: str, *, wrapped: bool = False) -> list[str]:
    return [text[s:e].strip() for s, e in Outline(text, wrapped).sentences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She ran. He swam!", ["She ran.", "He swam!"]),
        ("Mr. Quill sang. Then tea.", ["Mr. Quill sang.", "Then tea."]),
        ("Meet A. Clarke at 3 p.m. on Friday.", ["Meet A. Clarke at 3 p.m. on Friday."]),
        ("She got 9.5 and left", ["She got 9.5 and left"]),
        ("One\n\nTwo. Three", ["One", "Two.", "Three"]),
        ("“Well done!” said Teo.", ["“Well done!”", "said Teo."]),
        ("", []),
        (" \n \n", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_wrapped_line_goes_on_in_lower_case() -> None:
    text = "Noor Lang has\nasthma and runs.\nTeo swims."
    assert sentences(text, wrapped=True) == ["Noor Lang has\nasthma and runs.", "Teo swims."]
    assert len(Outline(text).lines) == 3


def test_a_place_between_lines_belongs_to_the_one_before() -> None:
    outline = Outline("One\n\nTwo")
    assert [outline.line_at(at) for at in (0, 3, 4, 5, 7)] == [(0, 3), (0, 3), (0, 3), (5, 8), (5, 8)]
    assert Outline("").line_at(0) == (0, 0)


def ties(text: str, part: str = "text") -> Ties:
    reading = READER.read([school.item(**{part: text})])[0]
    return Ties(reading, part, text)


def whose(text: str, fact: str, **how: bool) -> tuple[str, ...]:
    at = text.index(fact)
    tie = ties(text).of(at, at + len(fact), **how)
    return tie.pupils if tie else ()


@pytest.mark.parametrize(
    ("text", "pupils"),
    [
        ("Noor Lang has FACT.", ("N01",)),
        ("FACT for Noor Lang", ("N01",)),
        ("Noor Lang and Teo Marchetti have FACT.", ("N01", "N02")),
        ("Noor Lang swam. She has FACT.", ("N01",)),
        ("Noor Lang - tea; FACT", ("N01",)),
        ("Noor Lang: tea. Teo Marchetti: FACT", ("N02",)),
        ("Noor Lang's grandad has FACT.", ()),
        ("Noor Lang's mum says she has FACT.", ("N01",)),
        ("Noor Lang told my daughter he has FACT.", ("N01",)),
        ("Noor Lang waved to Mr Quill, who has FACT.", ()),
        ("Mrs Haddon has FACT; Noor Lang waved.", ()),
        ("Noor Lang read Sylvia Plath, who had FACT.", ()),
        ("Noor Lang swam. The hall has FACT.", ()),
        ("Nobody is named, but she has FACT.", ()),
    ],
)
def test_whose_a_fact_is(text: str, pupils: tuple[str, ...]) -> None:
    assert whose(text, "FACT") == pupils


def test_a_heading_speaks_for_the_bare_names_below_it_only_when_asked() -> None:
    text = "FACT\nNoor Lang\nTeo Marchetti 4B\nHope Winter - something else"
    assert whose(text, "FACT", heading=True) == ("N01", "N02")
    assert whose(text, "FACT") == ()


def test_family_counts_where_the_rule_says_so() -> None:
    text = "Noor Lang and her mum have FACT."
    assert whose(text, "FACT") == ()
    assert whose(text, "FACT", kin=True) == ("N01",)


def test_the_only_pupil_of_an_item_is_meant_from_another_part() -> None:
    reading = READER.read([school.item("She has FACT.", title="Noor Lang")])[0]
    tie = Ties(reading, "text", "She has FACT.").of(8, 12)
    assert tie is not None
    assert (tie.pupils, tie.how) == (("N01",), "said of the only pupil in the item")


def test_initials_weigh_less_and_go_to_a_person() -> None:
    text = "Absent today: R.W. (8R), FACT."
    tie = ties(text).of(25, 29)
    assert tie is not None
    assert (tie.initials, tie.review) == (True, True)
    assert tie.severity(Severity.CRITICAL) == "high"


def test_rows_need_a_mark_or_a_neighbour() -> None:
    alone = ties("Noor Lang swam in the sea")
    assert not alone.is_row(alone.outline.lines[0])
    listed = ties("Results\nNoor Lang B B C\nTeo Marchetti A B B")
    assert [listed.is_row(line) for line in listed.outline.lines] == [False, True, True]
    assert listed.heading(20) == (0, 7)
    assert listed.heading(0) == (0, 0)


def test_an_item_without_mentions_is_not_read() -> None:
    reading = Reading(school.item("He has asthma, got 98% in maths and is on free school meals."))
    found = [e for d in DETECTORS if d.id.endswith("-told") for e in d.find(reading, school.context())]
    assert found == []


def test_a_word_list_knows_its_blanks_and_parts() -> None:
    sickle = load_patterns("health")["condition"]
    assert [bool(sickle.fullmatch(w)) for w in ("sickle cell", "Sickle-cell", "sicklecell")] == [True, True, False]
    assert {s for s, _ in load_ordered("attainment")} == set(load_patterns("attainment"))


def test_straight_keeps_every_place() -> None:
    assert straight("“Noor’s\u00a0mark”") == '"Noor\'s mark"'
