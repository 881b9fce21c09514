"""The classifier of conduct, who is told of what, languages that no rule knows, and comments left standing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from detectors import DETECTORS
from detectors.base import Severity, UserError
from detectors.conduct.abuse_words import abuse_words
from detectors.conduct.likely import likely, load_weights, windows
from detectors.text.language import is_english
from pipelines.abuse import FAMILIES, abuse_cases, measure_abuse
from pipelines.audit import audit
from pipelines.conduct_model import kinds_of, load_examples
from pipelines.observed import Observed
from pipelines.routing import routes_of
from tests import case_school as school

ABUSE = Path(__file__).parent / "abuse.txt"
FILE = Path("school.toml")


def test_there_are_hundreds_of_examples_and_none_twice() -> None:
    examples = load_examples()
    texts = [e.text for e in examples]
    assert len(set(texts)) == len(texts) > 2000
    for kind in kinds_of(examples):
        assert sum(kind in e.shows for e in examples) >= 50


def test_the_weights_know_the_kinds_of_the_examples() -> None:
    weights = load_weights()
    assert weights.kinds == kinds_of(load_examples())
    assert set(weights.kinds) <= {d.kind for d in DETECTORS}


def test_the_classifier_speaks_without_the_names_model_too() -> None:
    comment = school.item("you absolute useless idiot, nobody likes you", kind="comment", author_role="pupil")
    assert likely(comment)["OFFENSIVE"] > 0
    assert likely(school.item("")) == {}


def test_what_only_the_classifier_says_is_for_a_look_and_of_low_severity() -> None:
    """Whatever the text: a ranking never sets a severity above low."""
    conduct = [d for d in DETECTORS if d.find.__module__.startswith("detectors.conduct")]
    examples = [e for e in load_examples() if e.shows][::20]
    items = [
        school.item(e.text, kind=e.kind, author_role=e.role, lineage=str(n), id=str(n)) for n, e in enumerate(examples)
    ]
    found = audit(school.reader(school.LogoBank()).read(items), school.context(), conduct)
    ranked = [f for f in found if f.review]
    assert ranked
    assert {f.severity for f in ranked} == {Severity.LOW}
    assert {f.why for f in ranked} == {"reads like others of its kind"}


def test_a_long_text_is_weighed_in_windows_that_leave_nothing_out() -> None:
    sentences = [f"Sentence number {n} is about the garden and the pond." for n in range(60)]
    seen = list(windows(" ".join(sentences)))
    assert len(seen) > 3
    assert all(any(s in w for w in seen) for s in sentences)
    unbroken = "x" * 5000
    assert "".join(windows(unbroken)).count("x") >= 5000


@pytest.mark.parametrize("text", ["sh*t", "s h i t e", "sh1te", "SHIIIIITE", "f.u.c.k", "f**k", "w@nker"])
def test_a_disguised_word_is_seen(text: str) -> None:
    (hit, *_) = abuse_words(f"what a {text} day")
    assert hit.disguised


@pytest.mark.parametrize("text", ["Scunthorpe", "a t-shirt", "shuttle", "A*A*B", "4x100m", "Penistone", "class 5h1t2"])
def test_a_word_that_only_holds_one_is_none(text: str) -> None:
    assert list(abuse_words(text)) == []


def test_abuse_is_measured_by_family_on_cases_of_our_own() -> None:
    cases = abuse_cases(ABUSE)
    benign = [c for c in cases if c.family not in FAMILIES]
    assert len(cases) >= 300
    assert len(benign) >= len(cases) / 2
    assert len({c.text for c in cases}) == len(cases)
    figures = measure_abuse(ABUSE, school.reader(school.LogoBank()), school.context())
    assert set(figures) == {*FAMILIES, "benign"}
    for family in FAMILIES:
        found, of = figures[family]
        assert found / of >= 0.8, family
    flagged, of = figures["benign"]
    assert flagged / of <= 0.1


def test_each_kind_has_somebody_who_is_told() -> None:
    routes = routes_of({"routes": {"head": "Dr Tarn", "kinds": {"POLITICAL": "head"}}}, FILE, ["trips"])
    assert routes.role("SAFEGUARDING_CONCERN") == "safeguarding"
    assert routes.role("MEDIA_ENQUIRY") == "head"
    assert routes.role("POLITICAL") == "head"
    assert routes.role("PUPIL") == "communications"
    assert routes.role("PUPIL", "trips") == "network_manager"
    assert routes.role("SAFEGUARDING_CONCERN", "trips") == "safeguarding"
    assert routes.person("head") == "Dr Tarn"
    assert routes.counts([("PUPIL", "a"), ("PHONE", "b"), ("MEDIA_ENQUIRY", "a")]) == {"head": 1, "communications": 2}


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"SAFEGUARDING_CONCERN": "head"}, "safeguarding concerns go to the safeguarding lead"),
        ({"PUPIL": "safeguarding"}, "nothing else does"),
        ({"PUPILS": "head"}, "no kind PUPILS"),
        ({"PUPIL": "caretaker"}, "no role caretaker"),
    ],
)
def test_a_route_that_must_not_be_is_refused(kinds: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        routes_of({"routes": {"kinds": kinds}}, FILE)


@pytest.mark.parametrize(
    "text",
    [
        "Well done, Kofi!",
        "Amelia Clarke, Noor Haddad, Xanthe Pym",
        "❤️❤️❤️",
        "Bravo! Merci to our French assistant for a lovely term.",
        "Der Year 9 class learned 'guten Tag' and it was fun",
        "gg ez lol",
    ],
)
def test_english_names_and_short_texts_are_covered(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Merci beaucoup à toute l'équipe pour cette journée, les enfants sont très contents.",
        "Bardzo dziękujemy, to był piękny koncert i dzieci są dumne, jest super dla nas.",
        "Diolch yn fawr i bawb, mae wedi bod yn wych.",
        "شكرا جزيلا للمدرسة على هذا اليوم الجميل",
        "Дуже дякуємо за чудовий концерт",
    ],
)
def test_other_languages_are_not(text: str) -> None:
    assert not is_english(text)


def test_comments_left_standing_are_counted_and_nothing_else_is_told() -> None:
    asked = datetime(2026, 1, 5, 10, tzinfo=UTC)
    comment = replace(school.item("Where do we park?", kind="comment", author_role="parent"), id="c1", published=asked)
    other = replace(
        school.item("Dziękujemy bardzo, jest pięknie dla dzieci", kind="comment", author_role="parent"), id="c2"
    )
    answer = replace(
        school.item("By the field.", kind="reply", author_role="school"),
        id="c3",
        in_reply_to="c1",
        published=asked + timedelta(hours=5),
    )
    seen = Observed()
    for item in (comment, replace(other, published=asked), answer):
        seen.note(item)
    assert list(seen.sentences(date(2026, 1, 15))) == [
        "comments by visitors left standing (A.5.3): 2, the oldest for 10 days",
        "of these answered by the school (A.5.4): 1, half of them within 5 hours",
        "language not covered: 1 item",
    ]
    assert list(Observed().sentences(date(2026, 1, 15))) == [
        "comments by visitors and answers to them (A.5.3, A.5.4): not in this export"
    ]
