"""The plain form of a text: what is undone, and where it stood."""

from __future__ import annotations

import pytest

from detectors import DETECTORS
from detectors.base import Item
from detectors.text.phrases import Phrases
from detectors.text.plain import plain
from detectors.text.spans import Disjoint
from pipelines.audit import PRECEDENCE, audit
from tests import case_school as school


@pytest.mark.parametrize(
    ("written", "typed", "stands_for"),
    [
        ("mail jo [at] example (dot) net now", "jo@example.net", "jo [at] example (dot) net"),
        ("mail jo at example dot net now", "jo@example.net", "jo at example dot net"),
        ("mail jo @ example . net now", "jo@example.net", "jo @ example . net"),
        ("ring zero one six three two nine six zero", "01632960", "zero one six three two nine six zero"),
        ("ring O77OO 9OO l23 now", "07700 900 123", "O77OO 9OO l23"),
        ("ring ０７７００ now", "07700", "０７７００"),
        ("ring 07\u200b700 now", "07700", "07\u200b700"),
        ("ring 07700\u00a0900–123 now", "07700 900-123", "07700\u00a0900–123"),
        ("key 0️⃣7️⃣7️⃣", "077", "0️⃣7️⃣7️⃣"),
    ],
)
def test_disguises_are_undone_and_keep_their_place(written: str, typed: str, stands_for: str) -> None:
    text = plain("text", written)
    start = text.text.index(typed)
    left, right = text.span(start, start + len(typed))
    assert written[left:right].startswith(stands_for.rstrip("\ufe0f\u20e3"))
    assert text.disguised(start, start + len(typed))


@pytest.mark.parametrize(
    "written",
    [
        "Look at example dot com for the list",
        "ring oh double seven oh six now",
        "One or two of the three came, four or five stayed.",
        "Meet us at the gate (at five).",
        "Oil and 100 lolly sticks",
        "½ a mile, 2² is 4",
        "The Ordnance Survey… café",
    ],
)
def test_sentences_stay_as_they_are(written: str) -> None:
    assert plain("text", written).text == written


def test_an_unchanged_text_needs_no_map() -> None:
    text = plain("text", "Ring 07700 900123")
    assert (text.starts, text.span(5, 17), text.disguised(5, 17)) == (None, (5, 17), False)


def test_triggers_tell_what_can_be_found() -> None:
    assert "number" in plain("text", "07700 900123").triggers
    assert "number" not in plain("text", "12 pupils, 3 teachers").triggers
    assert {"pass", "digit"} <= plain("text", "Password: a1").triggers.keys()
    assert not plain("text", "The walk was lovely").triggers.keys() & {"digit", "at", "link", "pass", "platform"}
    twice = plain("text", "pw here and password there, and nothing else for a while")
    assert list(twice.near("pass", before=2, after=5)) == [(0, 5), (10, 17)]
    assert list(twice.near("pass", before=9, after=9)) == [(0, 21)]


def test_phrases_are_whole_words() -> None:
    phrases = Phrases(["next of kin", "pass*", "co-op"])
    text = "The NEXT OF KIN passed the Co-op; compass, co-opted, next of kindness"
    assert [text[start:end] for start, end, _ in phrases.spans(text)] == ["NEXT OF KIN", "pass", "Co-op"]
    assert not phrases.within(text, 18, 20)


def test_claimed_stretches_never_overlap() -> None:
    taken = Disjoint()
    assert [taken.claim(*s) for s in [(5, 9), (0, 5), (9, 12), (8, 10), (4, 6), (2, 3), (20, 30), (12, 20), (11, 13)]] == [
        True, True, True, False, False, False, True, True, False,
    ]  # fmt: skip


def kinds(item: Item) -> list[tuple[str, str]]:
    rules = [d for d in DETECTORS if d.find.__module__.startswith("detectors.pii.")]
    return [(f.kind, f.value) for f in audit(school.reader(school.LogoBank()).read([item]), school.context(), rules)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Join https://zoom.us/j/07700900123?pwd=EXAMPLE",
            [("MEETING_LINK", "https://zoom.us/j/07700900123?pwd=EXAMPLE")],
        ),
        ("NI no. JG123456A, passport to follow", [("NINO", "JG123456A")]),
        ("The password is 07700900123", [("CREDENTIAL", "07700900123")]),
        ("Live at 14 Larkspur Close, HR19 4QT", [("ADDRESS", "14 Larkspur Close, HR19 4QT")]),
        ("sort code 08-99-99 account 66374958", [("BANK_ACCOUNT", "08-99-99 account 66374958")]),
        ("UPN M999101459983, passport pending", [("UPN", "M999101459983")]),
    ],
)
def test_one_value_is_of_one_kind(text: str, found: list[tuple[str, str]]) -> None:
    assert kinds(school.item(text)) == found


def test_the_precedence_names_kinds_that_exist() -> None:
    assert set(PRECEDENCE) <= {d.kind for d in DETECTORS}
    assert len(set(PRECEDENCE)) == len(PRECEDENCE)
