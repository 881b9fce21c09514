"""What the shipped names model finds, measured: ``python -m pipelines.model.report --data DIR --posts FILE`` (make model-report).

Prints the figures and writes them into the model's card. The development parts of the public data and the labelled school
posts are only ever measured on, never trained on.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from detectors.base import UserError
from detectors.text.names import FAST, SHIPPED, NamesModel
from pipelines.model.conventions import DEV, load
from pipelines.model.posts import Post
from pipelines.model.scores import NOTHING, Score, exact, overlapping, school_posts

CARD = SHIPPED / "README.md"
START, END = "<!-- figures: written by make model-report -->", "<!-- end of figures -->"
SHORT = 280


def spans(model: NamesModel, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """Where the names of each text stand."""
    return [[(s.start, s.end) for s in found] for found in model.find(texts)]


def score_public(model: NamesModel, data: dict[str, list[Post]], lower: bool = False) -> dict[str, Score]:
    """Exact spans on each data set; in small letters where ``lower`` says so."""
    found = {}
    for name, posts in data.items():
        if lower:  # the few letters that change their length in small letters stay as they are
            posts = [Post("".join(c.lower() if len(c.lower()) == 1 else c for c in p.text), p.spans) for p in posts]
        found[name] = exact(posts, spans(model, [p.text for p in posts]))
    return found


def speed(model: NamesModel, texts: Sequence[str], seconds: float = 10.0) -> float:
    """Texts for each second of one processor core, read together again and again for at least ``seconds``."""
    model.find(texts[:50])
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        model.find(texts)
        count += len(texts)
    return count / spent


def figures(model: NamesModel, folder: Path, posts: Path | None) -> str:
    """The figures as Markdown."""
    data = load(folder, DEV)
    plain, small = score_public(model, data), score_public(model, data, lower=True)
    titled = sum(score_public(model, load(folder, DEV, keep_titles=True)).values(), NOTHING)
    rows = [
        "| exact spans, PERSON, without handles | labelled | precision | recall | F1 | F1 in small letters |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, score in {**plain, "together": sum(plain.values(), NOTHING)}.items():
        in_small = small.get(name) or sum(small.values(), NOTHING)
        rows.append(
            f"| {name} | {score.labelled} | {score.precision:.3f} | {score.recall:.3f} | {score.f1:.3f} | {in_small.f1:.3f} |"
        )
    lines = [*rows, "", f"Together, with titles left in the spans as the data sets have them: F1 {titled.f1:.3f}."]
    short = [p.text for p in data["wnut17.dev"] if len(p.text) < SHORT]
    if posts:
        school = school_posts(posts)
        score = overlapping(school, spans(model, [p.text for p in school]))
        lines += [
            "",
            f"On {len(school)} labelled posts of an invented school, not part of this project, pupils and other persons "
            "outside addresses, tags and file names, any overlap "
            f"({score.labelled} labelled): precision {score.precision:.3f}, recall {score.recall:.3f}.",
        ]
        short = [p.text for p in school if len(p.text) < SHORT]
    mean = sum(map(len, short)) / len(short)
    lines += [
        "",
        f"Speed: {speed(model, short):.0f} posts of fewer than {SHORT} characters ({mean:.0f} on average) for each second of "
        f"one processor core. Size: {megabytes(SHIPPED) - megabytes(FAST):.1f} MB.",
        "",
        fast_figures(data, posts, short),
    ]
    return "\n".join(lines)


def fast_figures(data: dict[str, list[Post]], posts: Path | None, short: Sequence[str]) -> str:
    """The same of the small network, in a sentence."""
    fast = NamesModel.load("fast")
    plain, small = (sum(score_public(fast, data, lower=lower).values(), NOTHING) for lower in (False, True))
    said = (
        f'The fast model (`model = "fast"`): F1 {plain.f1:.3f} together (precision {plain.precision:.3f}, recall '
        f"{plain.recall:.3f}), {small.f1:.3f} in small letters; {speed(fast, short):.0f} posts a second; {megabytes(FAST):.1f} MB."
    )
    if posts:
        school = school_posts(posts)
        score = overlapping(school, spans(fast, [p.text for p in school]))
        said += f" On the school's posts: precision {score.precision:.3f}, recall {score.recall:.3f}."
    return said


def megabytes(folder: Path) -> float:
    """The size of all files below a folder."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6


def write_card(text: str, card: Path = CARD) -> None:
    """Put the figures into the model's card, between its marks."""
    before, _, rest = card.read_text(encoding="utf-8").partition(START)
    _, mark, after = rest.partition(END)
    if not mark:
        raise UserError(f"{card.name} of the model has lost the marks of its figures; restore it from the repository")
    card.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public data sets")
    parser.add_argument("--posts", type=Path, help="labelled school posts (JSON lines)")
    arguments = parser.parse_args()
    try:
        text = figures(NamesModel.load(), arguments.data, arguments.posts)
        print(text)
        write_card(text)
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
