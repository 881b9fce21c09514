"""Every example of every rule: those it carries, and those of its case file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from detectors import DETECTORS
from detectors.base import Detector, Item
from pipelines.audit import audit
from tests import case_school as school
from tests import drawn

CASES = Path(__file__).parent / "cases"
# What a case says of its item beside the text.
FIELDS = frozenset(
    ("site", "visibility", "kind", "author_role", "published", "has_photo", "title", "alt_0", "filename_0", "document")
)
PICTURES = frozenset(d.id for d in DETECTORS if d.kind.startswith("LOGO"))
# Rules about what pictures give away: their cases are drawn by tests/drawn.py, and say what the finding tells.
GIVEN_AWAY = frozenset(
    d.id for d in DETECTORS if d.kind in ("IMAGE_GEO", "IMAGE_METADATA", "FACE_PROMINENT", "QR_LINK")
)


def load(detector_id: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{detector_id}.toml").read_text(encoding="utf-8"))


def cases(group: str) -> list[Any]:
    return [
        pytest.param(d, case, id=f"{d.id}-{number}")
        for d in DETECTORS
        for number, case in enumerate(load(d.id).get(group, []))
    ]


def build(case: dict[str, Any]) -> Item:
    more = {k: v for k, v in case.items() if k in FIELDS}
    media = ()
    if "picture" in case:
        options = {"quality": case["quality"]} if "quality" in case else {}
        media = (school.image_media(school.picture(case["picture"]), case.get("format", "PNG"), **options),)
    if "drawn" in case:
        media = (drawn.media(case["drawn"]),)
    return school.item(case.get("text", ""), media=media, **more)


def findings(detector: Detector, item: Item, marks: Path) -> Any:
    reader = school.reader(school.bank(marks) if detector.id in PICTURES else school.LogoBank())
    return audit(reader.read([item]), school.context(), [detector])


@pytest.fixture(scope="session")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marks")


@pytest.mark.parametrize(("detector", "case"), cases("flags"))
def test_flags(detector: Detector, case: dict[str, Any], marks: Path) -> None:
    found = findings(detector, build(case), marks)
    if "why" in case:
        assert len(found) == len(case["why"]), [f.why for f in found]
        assert all(said in f.why for f, said in zip(found, case["why"], strict=True)), [f.why for f in found]
    elif "picture" in case:
        assert [f.logo for f in found] == [case["logo"]]
    else:
        assert [f.value for f in found] == case["found"]
    for key in ("pupils", "severity", "part"):
        if key in case:
            said = [list(f.pupils) if key == "pupils" else str(getattr(f, key)) for f in found]
            assert said == case[key]


@pytest.mark.parametrize(("detector", "case"), cases("passes"))
def test_passes(detector: Detector, case: dict[str, Any], marks: Path) -> None:
    assert [(f.value or f.logo or f.why) for f in findings(detector, build(case), marks)] == []


@pytest.mark.parametrize("detector", [d for d in DETECTORS if d.id not in PICTURES | GIVEN_AWAY], ids=lambda d: d.id)
def test_a_rules_own_examples_hold(detector: Detector, marks: Path) -> None:
    """``[picture]`` before an example stands for a picture in the item; ``[comment]`` says that it is a comment."""

    def example(text: str) -> Item:
        comment = {"kind": "comment"} if text.startswith("[comment] ") else {}
        plain = text.removeprefix("[picture] ").removeprefix("[comment] ")
        return school.item(plain, has_photo=text.startswith("[picture] "), **comment)

    for text in detector.flags:
        assert findings(detector, example(text), marks), text
    for text in detector.passes:
        assert not findings(detector, example(text), marks), text


def test_every_rule_has_a_case_file_and_every_case_file_a_rule() -> None:
    assert {p.stem for p in CASES.glob("*.toml")} == {d.id for d in DETECTORS}


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.id)
def test_a_case_file_says_enough(detector: Detector) -> None:
    content = load(detector.id)
    assert len(content["flags"]) >= 8
    assert len(content["passes"]) >= 12
    if detector.id in PICTURES:
        recipes = [(c["picture"], c.get("format"), c.get("quality")) for g in ("flags", "passes") for c in content[g]]
        assert len(set(recipes)) == len(recipes)
        return
    if detector.id in GIVEN_AWAY:
        drawings = [str(sorted(c["drawn"].items())) for g in ("flags", "passes") for c in content[g]]
        assert len(set(drawings)) == len(drawings)
        return
    texts = [
        frozenset(
            re.findall(r"\w+", str({k: v for k, v in c.items() if k not in ("found", "pupils", "severity")}).lower())
        )
        for g in ("flags", "passes")
        for c in content[g]
    ]
    for number, words in enumerate(texts):
        for other in texts[number + 1 :]:
            assert len(words ^ other) > 2, f"alike but for one word: {words & other}"


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.id)
def test_a_rule_is_well_formed(detector: Detector) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", detector.id)
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", detector.kind)
    for text in (detector.summary, detector.rationale, detector.remedy, detector.limits):
        assert text.endswith(".")
    assert detector.flags
    assert detector.passes
