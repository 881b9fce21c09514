"""The shipped names model, its pipeline, and the text it is trained on. Everyone named is invented."""

from __future__ import annotations

import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from detectors.base import UserError
from detectors.text.decode import best_labels, names
from detectors.text.names import SHIPPED, NamesModel, NameSpan
from detectors.text.wordpieces import B, I, O
from pipelines.model.conventions import persons, read_conll, to_post, without_handles
from pipelines.model.mix import _recased, _renamed
from pipelines.model.names import Names
from pipelines.model.posts import Post
from pipelines.model.schooltext import SchoolText, templates
from pipelines.model.scores import Labelled, exact, overlapping

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def model() -> NamesModel:
    return NamesModel.load()


def found(model: NamesModel, text: str) -> list[str]:
    return [text[s.start : s.end] for s in model.find([text])[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Well done to Orlaith Penhale who swam a mile.", ["Orlaith Penhale"]),
        ("well done orlaith penhale so proud of you xx", ["orlaith penhale"]),
        ("CONGRATULATIONS TO ORLAITH PENHALE, OUR NEW HEAD GIRL!", ["ORLAITH PENHALE"]),
        (
            "Stars of the week: Kwabena, Priya Nandakumar, Zofia W and Tom Ashdown.",
            ["Kwabena", "Priya Nandakumar", "Zofia W", "Tom Ashdown"],
        ),
        ("Please hand the forms to Mrs Okonjo by Friday.", ["Okonjo"]),
        ("Grace Amoah and Will Marsh read the poem.", ["Grace Amoah", "Will Marsh"]),
        ("Lost: a grey jumper named Łukasz Wójcik.", ["Łukasz Wójcik"]),
    ],
)
def test_names_are_found_however_they_are_cased_and_listed(model: NamesModel, text: str, expected: list[str]) -> None:
    assert found(model, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "The hall is closed on Tuesday.",
        "Grace before meals is said in the hall. Will you mark the date?",
        "Maths homework is due on Friday, please bring a pencil.",
        "🎉🎉🎉",
    ],
)
def test_nothing_is_found_where_nobody_is_named(model: NamesModel, text: str) -> None:
    assert found(model, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🎉Orlaith🎉 and 👨‍👩‍👧‍👦 Kofi Brant 🏆", ["Orlaith", "Kofi Brant"]),
        ("Well done Orl\u200baith Penhale!", ["Orl\u200baith Penhale"]),
        ("Well done Jose\u0301 Pen\u0303a!", ["Jose\u0301 Pen\u0303a"]),
        ("\ufeffWell done Rhian O’Dowd’s team", ["Rhian O’Dowd"]),
    ],
)
def test_offsets_are_code_points_of_the_text_as_it_came(model: NamesModel, text: str, expected: list[str]) -> None:
    assert found(model, text) == expected


def test_a_batch_gives_what_each_text_gives_alone(model: NamesModel) -> None:
    posts = [p.text for p in SchoolText(random.Random(11)).posts(150)] + ["", "x" * 3000, "Orlaith Penhale " * 200]
    together = model.find(posts)
    alone = [model.find([text])[0] for text in posts]
    assert [[(s.start, s.end) for s in spans] for spans in together] == [
        [(s.start, s.end) for s in spans] for spans in alone
    ]
    assert sum(map(len, together)) > 200
    for one, other in zip(together, alone, strict=True):
        assert [s.score for s in one] == pytest.approx([s.score for s in other], abs=0.02)


def test_names_are_found_all_through_a_long_text(model: NamesModel) -> None:
    sentence = "On Monday the whole of the class walked along the river and Orlaith Penhale found a fossil there. "
    text = sentence * (100_000 // len(sentence))
    spans = model.find([text])[0]
    right = {(text.index("Orlaith", at), text.index("Orlaith", at) + 15) for at in range(0, len(text), len(sentence))}
    assert len(right & {(s.start, s.end) for s in spans}) >= 0.98 * len(right)
    assert all(0 <= s.score <= 1 for s in spans)


def test_the_shipped_folder_is_a_spacy_pipeline_of_at_most_30_megabytes() -> None:
    import spacy

    pipeline = spacy.load(SHIPPED)
    (doc,) = pipeline.pipe(["Thanks to Orlaith Penhale (#TeamOrlaith) for the cakes"])
    assert ("Orlaith Penhale", "PERSON") in {(e.text, e.label_) for e in doc.ents}
    assert doc._.names[0][:2] == (10, 25)
    assert sum(f.stat().st_size for f in SHIPPED.rglob("*") if f.is_file()) <= 30e6
    again = spacy.blank("xx")
    again.add_pipe("onnx_names").from_bytes(pipeline.get_pipe("onnx_names").to_bytes())
    assert again("Thanks to Orlaith Penhale")._.names[0][:2] == (10, 25)


def test_the_fast_model_is_a_setting() -> None:
    fast = NamesModel.load("fast")
    assert found(fast, "Well done to Orlaith Penhale who swam a mile.") == ["Orlaith Penhale"]
    assert found(fast, "The hall is closed on Tuesday.") == []


def test_the_fast_model_learns_from_its_posts(tmp_path: Path) -> None:
    from pipelines.model.fast import train_fast

    posts = [Post(f"Well done {name} today", ((10, 10 + len(name)),)) for name in ("Orla", "Kofi", "Zofia", "Tom")] * 20
    train_fast([lambda: posts] * 5, 1, tmp_path / "tiny")
    assert found(NamesModel.load(str(tmp_path / "tiny")), "Well done Kofi today") == ["Kofi"]


def test_the_model_needs_neither_torch_nor_transformers() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'onnx', 'faker'): sys.modules[name] = None\n"
        "from detectors.text.names import NamesModel\n"
        "assert NamesModel.load().find(['Thanks to Orlaith Penhale'])[0]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_detectors_imports_neither_spacy_nor_onnx_runtime() -> None:
    code = (
        "import sys, detectors, detectors.reading, detectors.text.names\n"
        "print(*[m for m in ('spacy', 'onnxruntime', 'tokenizers', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_another_pipeline_is_used_where_one_is_named(tmp_path: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Orlaith"}, {"label": "ORG", "pattern": "Larkmoor"}])
    pipeline.to_disk(tmp_path / "other")
    other = NamesModel.load(str(tmp_path / "other"))
    assert other.find(["Larkmoor thanks Orlaith"]) == [(NameSpan(16, 23, 1.0),)]


def test_a_pipeline_that_is_not_installed_is_told_in_one_line() -> None:
    with pytest.raises(UserError, match=r"en_no_such_pipeline is not installed.*spacy download") as told:
        NamesModel.load("en_no_such_pipeline")
    assert "\n" not in str(told.value)


def test_a_pipeline_without_people_is_refused(tmp_path: Path) -> None:
    import spacy

    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(UserError, match="finds no people"):
        NamesModel.load(str(tmp_path / "blank"))


def test_what_is_said_of_a_span_has_none_of_its_text(model: NamesModel) -> None:
    (span,) = model.find(["Thanks to Orlaith Penhale"])[0]
    assert "Orlaith" not in repr(span)
    with pytest.raises(AttributeError):
        span.start = 0  # type: ignore[misc]


def test_training_without_its_data_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.model_flow", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "btc.train.conll is not in the folder of training data; name the folder with: make model DATA=DIR\n"
    )


# Decoding


def test_decoding_lets_no_name_go_on_that_has_not_begun() -> None:
    logs = np.log(np.array([[[0.5, 0.1, 0.4], [0.3, 0.1, 0.6], [0.9, 0.05, 0.05]]], np.float32))
    labels = best_labels(logs, np.array([3]))
    assert logs[0, 1].argmax() == I, "word for word, the second would go on a name that the first does not begin"
    assert labels[0].tolist() in ([O, O, O], [B, I, O])
    assert labels[0].tolist() == [O, O, O]  # .5 * .3 * .9 is more than .1 * .6 * .9


def test_decoding_is_as_good_as_trying_every_sequence() -> None:
    rng = np.random.default_rng(3)
    lengths = np.array([5, 3, 1])
    logs = np.log(rng.dirichlet(np.ones(3), (3, 5)).astype(np.float32))
    found_labels = best_labels(logs, lengths)
    for row, length in enumerate(lengths):
        every = [np.unravel_index(n, (3,) * length) for n in range(3**length)]
        allowed = [s for s in every if s[0] != I and all(not (a == O and b == I) for a, b in pairwise(s))]
        best = max(allowed, key=lambda s: sum(logs[row, at, label] for at, label in enumerate(s)))
        assert found_labels[row, :length].tolist() == list(map(int, best))
        assert (found_labels[row, length:] == O).all()


def test_names_that_touch_are_two() -> None:
    logs = np.log(np.full((4, 3), 1 / 3, np.float32))
    at = np.arange(4) * 5
    assert [n[:2] for n in names(np.array([B, I, B, O]), at, at + 4, logs)] == [(0, 9), (10, 14)]


# The text it is trained on


def test_generated_posts_are_the_same_for_a_seed_and_their_spans_are_names() -> None:
    posts = list(SchoolText(random.Random(4)).posts(400))
    assert posts == list(SchoolText(random.Random(4)).posts(400))
    assert posts != list(SchoolText(random.Random(5)).posts(400))
    for post in posts:
        end = 0
        for start, stop in post.spans:
            name = post.text[start:stop]
            assert end <= start < stop <= len(post.text)
            assert name == name.strip()
            assert any(c.isalpha() for c in name)
            assert not name.lower().startswith(("mr ", "mrs ", "miss ", "dr ", "ms "))
            end = stop
    nobody = sum(not p.spans for p in posts)
    assert 80 < nobody < 200
    assert any(p.text.islower() for p in posts)
    assert any(p.text.isupper() for p in posts)


def test_the_templates_of_posts_that_name_nobody_have_no_slot_for_names() -> None:
    naming, plain = templates()
    assert len(naming) > 200
    assert len(plain) > 80
    assert not [t for t in plain if any(slot in t for slot in ("{N", "{F", "{S", "{LI", "{A"))]
    for template in (*naming, *plain):
        assert template.count("{") == template.count("}")
        assert template.count("[") == template.count("]")


def test_names_come_from_across_the_world_with_and_without_diacritics() -> None:
    draw = Names(random.Random(2))
    pairs = [" ".join(draw.pair()) for _ in range(2000)]
    assert len(set(pairs)) > 1900
    assert 50 < sum(not p.isascii() for p in pairs) < 800
    assert any("-" in p for p in pairs)
    assert any(p.split()[1] in ("van", "de", "al", "bin", "von") for p in pairs)


def test_conventions_drop_handles_and_titles(tmp_path: Path) -> None:
    file = tmp_path / "x.conll"
    file.write_text(
        "RT\tO\n@\tB-PER\nsomebody\tB-PER\n@other\tB-PER\nMrs\tB-PER\nOrla\tI-PER\nPenhale\tI-PER\n's\tO\ncake\tO\n.\tO\n\n"
        "Teo\tB-person\nBrant\tB-person\nof\tO\nLarkmoor\tB-LOC\n"
    )
    first, second = (without_handles(p) for p in read_conll(file))
    assert [t for t, _ in first] == ["RT", "Mrs", "Orla", "Penhale", "'s", "cake", "."]
    assert to_post(first) == Post("RT Mrs Orla Penhale 's cake .", ((7, 19),))
    assert to_post(first, keep_titles=True).spans == ((3, 19),)
    assert to_post(first, tight=True) == Post("RT Mrs Orla Penhale's cake.", ((7, 19),))
    assert persons(second) == [(0, 1), (1, 2)]


def test_other_names_and_casing_keep_the_spans_right() -> None:
    post = Post("Thanks to Orla and Teo Brant!", ((10, 14), (19, 28)))
    other = _renamed(post, Names(random.Random(1)))
    (a, b), (c, d) = other.spans
    assert other.text == f"Thanks to {other.text[a:b]} and {other.text[c:d]}!"
    assert len(other.text[c:d].split()) >= 2
    assert _recased(post, str.upper) == Post("THANKS TO ORLA AND TEO BRANT!", post.spans)
    assert _recased(Post("Straße", ()), str.upper).text == "Straße", "offsets would shift"


def test_scores_count_exact_and_overlapping_spans() -> None:
    posts = [Post("Orla and Teo Brant", ((0, 4), (9, 18)))]
    score = exact(posts, [[(0, 4), (9, 12)]])
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)
    school = [Labelled("Orla, orla@larkmoor.example and Bo", ((0, 4), (32, 34)), ((6, 10),))]
    loose = overlapping(school, [[(1, 5), (6, 10), (11, 19)]])
    assert (loose.found, loose.found_right, loose.labelled_found) == (2, 1, 1)
