"""What a run finds out about its own work: canaries, what was read, the roll's age, what is kept too long."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from detectors.base import Item, Locator, Part
from pipelines import canaries as planting
from pipelines.canaries import Planted, canaries
from pipelines.own_work import OwnWork, own_work
from pipelines.school import School, load_school
from tests import exports

TODAY = date(2026, 3, 2)
FINE = OwnWork([(True, 10, 0, 0)], 1, 0, [Planted("PUPIL", 10, 9)], 0, 365, 2)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    return load_school(exports.school(tmp_path_factory.mktemp("own") / "school"), TODAY)


def items(count: int) -> list[Item]:
    return [
        Item(
            f"{n}",
            "post",
            (Part("text", f"Notice {n}: the library opens at eight."),),
            Locator(""),
            f"{n}",
            author_role="school",
            published=datetime(2026, 3, 1, tzinfo=UTC),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 5, 24])
def test_what_is_planted_is_found(school: School, count: int) -> None:
    told = canaries(school, items(count), TODAY, "a run")
    assert {p.kind for p in told} == {
        "PUPIL",
        "PHONE",
        "EMAIL_PERSONAL",
        "UPN",
        "IBAN",
        "PAYMENT_CARD",
        "DOB",
        "HEALTH",
    }
    assert [p for p in told if p.found < p.planted] == []
    assert sum(p.planted for p in told if p.kind == "PUPIL") == 12


def test_other_canaries_in_every_run(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    real = planting.audit
    monkeypatch.setattr(
        planting,
        "audit",
        lambda readings, *a: seen.append([r.item.part("text") for r in readings]) or real(readings, *a),
    )
    for seed in ("one", "two", "one"):
        canaries(school, items(24), TODAY, seed)
    one, two, again = seen
    assert one == again
    assert not set(one) & set(two)


def test_a_blind_audit_is_noticed(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planting, "DETECTORS", tuple(d for d in planting.DETECTORS if d.kind != "PHONE"))
    told = canaries(school, items(5), TODAY, "a run")
    notes, results = own_work(OwnWork([(True, 5, 0, 0)], 1, 0, told, 0, 365, 0))
    assert [n.text for n in notes] == ["Of 1 planted PHONE only 0 were found: do not pass the report on."]
    assert next(r for r in results if r.check == "canary-missed").outcome == "found"


def test_nothing_to_plant_in_is_unknown(school: School) -> None:
    assert canaries(school, [], TODAY, "a run") == []
    _, results = own_work(OwnWork([], 1, 0, [], 0, 365, 0))
    assert next(r for r in results if r.check == "canary-missed").outcome == "unknown"


def test_nothing_wrong_is_no_note() -> None:
    notes, results = own_work(FINE)
    assert notes == []
    assert {r.outcome for r in results} == {"clear"}
    assert "9 of 10 planted details found, 9 of 10 names of invented pupils among them" in [r.why for r in results]


@pytest.mark.parametrize(
    ("work", "clause", "says"),
    [
        (OwnWork([(False, 9, 2, 3)], 1, 0, [], 0, 365, 0), "T.1", "1 of 1 exports not to their end, 2 records rejected, 3 files"),
        (OwnWork([], 8, 0, [], 0, 365, 0), "T.2", "The roll is 8 days old"),
        (OwnWork([], 7, 4, [], 0, 365, 0), "T.2", "4 pupils have no record of consent"),
        (OwnWork([], 1, 0, [Planted("PUPIL", 10, 7)], 0, 365, 0), "T.3", "Of 10 planted PUPIL only 7 were found"),
        (OwnWork([], 1, 0, [], 12, 365, 0), "T.4", "The content of 12 items is kept for over 365 days"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_a_note(work: OwnWork, clause: str, says: str) -> None:
    (note,) = own_work(work)[0]
    assert note.clause == clause
    assert says in note.text


def test_the_school_keeps_its_roll_to_itself(school: School, tmp_path: Path) -> None:
    before = len(school.roll.pupils)
    canaries(school, items(3), TODAY, "a run")
    assert len(school.roll.pupils) == before
