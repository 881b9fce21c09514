"""How names are met however they are written, and what that says of whom they mean."""

from __future__ import annotations

import pytest

from detectors.base import Adult, Pupil
from detectors.pupils.mentions import load_weights, resolve
from detectors.reading import Reader, Threads, folded_parts
from detectors.text.fold import fold
from detectors.text.roll import RollIndex, is_familiar, is_slip, sounds_familiar
from tests import case_school as school
from tests.case_school import item, pupil

PUPILS = (
    *school.PUPILS,
    pupil("N50", "Danylo", "Kravets", "8Q"),
    pupil("N51", "Haoran", "Wang", "8Q"),
    pupil("N52", "Oisín", "Ashworth", "8R"),
    pupil("N53", "Eleri", "Ashworth", "4 Larch"),
)
INDEX = RollIndex(PUPILS, school.ADULTS)


def mentions(text: str, expected: tuple[str, ...] = (), **more: object) -> list[tuple[str, tuple[str, ...]]]:
    """What is named, with the pupils who fit."""
    of = item(text, **more)
    found, _ = resolve(of, folded_parts(of), INDEX, None, expected)
    return [(of.part(m.part)[m.start : m.end], m.pupils[: m.fits]) for m in found]


@pytest.mark.parametrize(
    ("text", "named", "whom"),
    [
        ("Well done Zo&euml; Quill!", "Zo&euml; Quill", "N03"),
        ("Well done ZoÃ« Quill!", "ZoÃ« Quill", "N03"),
        ("Well done Noor🎉Lang!", "Noor🎉Lang", "N01"),
        ("well done x\u200ban\u200bthe o'dell", "x\u200ban\u200bthe o'dell", "N07"),
        ("𝓝𝓸𝓸𝓻 𝓛𝓪𝓷𝓰 rules", "𝓝𝓸𝓸𝓻 𝓛𝓪𝓷𝓰", "N01"),
        ("Ｔｅｏ Ｍａｒｃｈｅｔｔｉ rules", "Ｔｅｏ Ｍａｒｃｈｅｔｔｉ", "N02"),
        ("Tеo Marchetti with a Cyrillic e", "Tеo Marchetti", "N02"),
        ("t30 m4rch3tt1 cheats", "t30 m4rch3tt1", "N02"),
        ("T.e.o M.a.r.c.h.e.t.t.i", "T.e.o M.a.r.c.h.e.t.t.i", "N02"),
        ("ask x a n t h e about it", "x a n t h e", "N07"),
        ("that was E. A*hw*rth's bag", "E. A*hw*rth", "N53"),
        ("Молодець, Данило Кравець!", "Данило Кравец", "N50"),
        ("恭喜王浩然！", "王浩然", "N51"),
        ("xantheeee o'dell you star", "xantheeee o'dell", "N07"),
        ("Saoirse Brannigen won", "Saoirse Brannigen", "N05"),
        ("go @xanthe_od_11", "@xanthe_od_11", "N07"),
        ("see anais_reyes-ortega_8.jpg", "anais_reyes-ortega", "N10"),
    ],
)
def test_disguises(text: str, named: str, whom: str) -> None:
    assert mentions(text) == [(named, (whom,))]


@pytest.mark.parametrize(
    ("text", "named", "whom"),
    [
        ("The Müller brothers carried the boat.", "The Müller brothers", ("N13", "N14")),
        ("Both Ashworths swam.", "Both Ashworths", ("N52", "N53")),
        ("Oisín and Eleri's mum brought cake.", "Oisín and Eleri", ("N52", "N53")),
        ("Well done to the whole Müller lot!", "Müller lot", ("N13", "N14")),
        ("The Ashworth household won the quiz.", "The Ashworth household", ("N52", "N53")),
        ("Jonas & Lukas Müller came first.", "Jonas & Lukas Müller", ("N13", "N14")),
    ],
)
def test_families_are_one_mention_of_all(text: str, named: str, whom: tuple[str, ...]) -> None:
    assert mentions(text) == [(named, whom)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Goals: Jonas Müller, Lukas Müller and Noor Lang.", ["Jonas Müller", "Lukas Müller", "Noor Lang"]),
        ("Goals: Müller, Jonas and Lang, Noor.", ["Müller, Jonas", "Lang, Noor"]),
        ("Chair xanthe.odell@pupils.school.example", ["xanthe.odell"]),
        ("Xanthe O'Dell and co built a raft.", ["Xanthe O'Dell"]),
        ("MÜLLER Jonas B, B, C\nA\nLANG Noor A, A, B", ["MÜLLER Jonas", "LANG Noor"]),
        ("Well played #TeamTeo and #NoorHaddon", ["#TeamTeo", "#NoorHaddon"]),
        ('"It fell," said Xanthe.', ["Xanthe"]),
    ],
)
def test_whom_a_list_a_register_or_a_quotation_names(text: str, named: list[str]) -> None:
    assert [written for written, _ in mentions(text)] == named


@pytest.mark.parametrize(
    "text",
    [
        "Did the Müller brothers invent anything? No: the Wright brothers did.",
        "The Williams sisters and the Marx Brothers were on television.",
        "Ashwort Road is closed; take the number 9 bus to the ashwurst.",
    ],
)
def test_families_that_everybody_knows_and_odd_words_are_nobody(text: str) -> None:
    assert [written for written, _ in mentions(text) if "Müller" not in written] == []


@pytest.mark.parametrize(
    "text",
    [
        "Teo, 91, told us how the harbour looked before the war.",
        "Thank you to Xanthe, our retired lollipop lady, for the tea.",
        "How many sweets does Saoirse have left? She gave half to Teo.",
        "We wish a happy retirement to Grandad Teo from the garden team.",
        "The captains were Xanthe, their goalkeeper, and a boy in yellow.",
    ],
)
def test_adults_exercises_and_other_teams_are_nobody_of_ours(text: str) -> None:
    assert mentions(text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nice one #tomasino", ["#tomasino"]),
        ("no idea, ask #tomorrow", []),
        ("who made #wrobeltastic", ["#wrobeltastic"]),
    ],
)
def test_a_tag_that_plays_on_the_name_of_whom_the_post_is_about(text: str, named: list[str]) -> None:
    found = mentions(text, expected=("N04",), kind="comment", author_role="pupil")
    assert [written for written, _ in found] == named
    assert mentions(text, kind="comment", author_role="pupil") == []


@pytest.mark.parametrize(
    "text",
    [
        "Xanthe, now 34, runs a bakery. Xanthe says our caretaker taught her to get up early.",
        "Teo Marchetti (class of 1998) sailed round the world.",
        "Lunch was shared with Teo, an elderly spaniel, who ate most of it.",
        "Lost near the gates: a ginger cat called Xanthe, very shy.",
        "Our cook and her husband Teo are moving to the coast.",
    ],
)
def test_grown_people_and_animals_are_nobody_of_ours(text: str) -> None:
    assert mentions(text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('Found: a hockey stick marked "N. Lang", one glove and a kite.', ["N. Lang"]),
        ("A late winner from Marchetti settled a muddy match at 3-2.", ["Marchetti"]),
        ("Cross-country: Kravets home first in 11:42, chased all the way by Marchetti.", ["Kravets", "Marchetti"]),
        ("Super work from Xanthe in the lab today.", ["Xanthe"]),
        ("The soup froze, the tent leaked and nobody cried. Diolch, Xanthe!", ["Xanthe"]),
    ],
)
def test_scorers_lost_property_and_those_who_are_thanked(text: str, named: list[str]) -> None:
    assert [written for written, _ in mentions(text)] == named


def test_both_initials_of_a_double_surname() -> None:
    assert mentions("Goals: Anaïs R-O 9, Teo M 2.") == [("Anaïs R-O", ("N10",)), ("Teo M", ("N02",))]


def test_a_misspelt_name_in_small_letters_is_found_under_the_post_that_names_the_pupil() -> None:
    found = mentions("omg is xantha still on for saturday", expected=("N07",), kind="comment", author_role="pupil")
    assert found == [("xantha", ("N07",))]


def test_a_comment_is_read_with_the_post_in_mind() -> None:
    assert mentions("Tommo looks so grown up!", kind="comment", author_role="parent") == []
    found = mentions("Tommo looks so grown up!", expected=("N04",), kind="comment", author_role="parent")
    assert found == [("Tommo", ("N04",))]


def test_the_class_settles_who_is_meant() -> None:
    assert mentions("Noor from 8R argued well.") == [("Noor", ("N12",))]
    assert mentions("Noor (4 Birch) sang.") == [("Noor", ("N01",))]


def test_threads_remember_who_was_named() -> None:
    threads = Threads()
    post = item("Noor Lang won", id="post", lineage="post")
    threads.remember(post, frozenset({"N01"}))
    reply = item("well done", id="reply", kind="comment", in_reply_to="post")
    assert threads.expected(reply) == {"N01"}
    assert threads.expected(item("well done", id="other", kind="comment", in_reply_to="nothing known")) == frozenset()
    assert threads.expected(item("well done", id="loose", kind="comment")) == {"N01"}
    assert threads.expected(item("well done", id="elsewhere", kind="comment", site="other")) == frozenset()
    assert threads.expected(item("news", id="next")) == frozenset()


def test_batches_do_not_change_what_is_read() -> None:
    items = [
        item("Noor Lang won the cup.", id="a"),
        item("Noors mum cried", id="b", kind="comment", author_role="parent"),
    ]
    one, two = Reader(INDEX), Reader(INDEX)
    together = [r.mentions for r in one.read(items)]
    assert together == [two.read([i])[0].mentions for i in items]


def test_slips_and_familiar_forms() -> None:
    assert is_slip("cofi", "kofi")
    assert is_slip("kadijah", "khadija")
    assert not is_slip("anna", "anna")
    assert not is_slip("bao", "mao")
    assert is_familiar("kirts", "kirti")
    assert is_familiar("gwenny", "gwen")
    assert not is_familiar("kirtan", "kirti")


def test_single_letters_and_long_names_do_no_harm() -> None:
    odd = (
        Pupil("P1", "A", "Lang"),
        Pupil("P2", "", "Quill"),
        Pupil("P3", "N" * 300, "O" * 300),
        Pupil("P4", "Ng", "Ng"),
    )
    of = item("A Lang time ago, a quill and an egg; Ng Ng and A. Lang stayed.")
    found, _ = resolve(of, folded_parts(of), RollIndex(odd))
    assert [of.part("text")[m.start : m.end] for m in found] == ["Ng Ng", "A. Lang"]


def test_every_signal_that_can_speak_has_a_weight() -> None:
    """A signal missing from the table would be silently worth nothing."""
    import re
    from pathlib import Path

    source = Path("detectors/pupils/signals.py").read_text(encoding="utf-8")
    plain = set(re.findall(r'yield "([^"{]+)"', source)) | set(re.findall(r'return "([a-z][^"{]+name[^"{]*)"', source))
    assert plain
    assert plain <= set(load_weights().weights)


def test_offsets_of_folding_point_into_the_original() -> None:
    folded = fold("O&#39;Dell ﬁne")
    assert folded.text == "odellfine"
    assert [folded.original[a:b] for a, b in zip(folded.starts, folded.ends, strict=True)][-3:] == ["ﬁ", "n", "e"]


def test_an_adult_of_the_same_name_is_meant_unless_the_class_says_otherwise() -> None:
    index = RollIndex(
        (pupil("N60", "Petra", "Castellan", "8Q"),), (Adult("S4", "Petra", "Castellan", "Dr", "Governor"),)
    )
    for text, count in (("Petra Castellan chaired the meeting.", 0), ("Petra Castellan (8Q) won the long jump.", 1)):
        of = item(text, published=None)
        assert len(resolve(of, folded_parts(of), index)[0]) == count, text


@pytest.mark.parametrize(
    ("word", "key", "fond"),
    [("nomes", "naomi", True), ("pheebs", "phoebe", True), ("noms", "naomi", True), ("ames", "naomi", False),
     ("naomi", "naomi", False), ("nancy", "naomi", False)],
)  # fmt: skip
def test_forms_of_endearment_by_their_sound(word: str, key: str, fond: bool) -> None:
    assert sounds_familiar(word, key) is fond


def test_slips_are_those_that_comparing_with_every_name_gives() -> None:
    keys = [n.key for n in INDEX.names if len(n.key) >= 4 and n.of("forename", "surname")]
    for word in ("lukes", "oukas", "ulkas", "xlukas", "ukas", "xantha", "quil", "marketti", "wrobell", "noor", "jnoas"):
        assert INDEX.fuzzy.slips(word) == {key for key in keys if is_slip(word, key)}
