"""What the rules about personal data cost: ``python -m tests.bench.pii [--posts POSTS.jsonl]``.

Prints microseconds a post for the plain form and for each rule, characters a second, the same for texts of growing length (the
cost must stay linear), and, where spaCy and a model of English are installed, the ratio to ``nlp.pipe`` over the same posts in
the same run. Without posts of one's own it takes those of the tests, which are denser in personal data than real ones.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from detectors import DETECTORS
from detectors.base import Item, Reading
from detectors.text.plain import plain
from tests import case_school as school

RULES = [d for d in DETECTORS if d.find.__module__.startswith("detectors.pii.")]
MODELS = ("en_core_web_sm", "en_core_web_md", "en_core_web_lg")
RUNS = 5


def best(work: Callable[[], object]) -> float:
    """Seconds of the processor for the quickest of some runs: others share the machine."""
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def posts_of(path: Path | None) -> list[str]:
    """The texts of labelled posts, or those of the tests."""
    if path is not None:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["text"] for line in lines if line.strip()]
    own = (Path(__file__).parent.parent / "pii_posts.txt").read_text(encoding="utf-8")
    return [line.replace("\\n", "\n") for line in own.splitlines() if line.strip() and not line.startswith("#")]


def read(items: Sequence[Item]) -> list[Reading]:
    """A Reading an item, with its text's plain form and nothing else."""
    return [Reading(item, plain=(plain("text", item.parts[0].text),)) for item in items]


def pipe_seconds(texts: Sequence[str]) -> tuple[str, float] | None:
    """The model found and what ``nlp.pipe`` takes for the texts, None where there is none."""
    try:
        import spacy
    except ImportError:
        return None
    for name in MODELS:
        if spacy.util.is_package(name):
            nlp = spacy.load(name)
            return name, best(lambda nlp=nlp: list(nlp.pipe(texts)))
    return None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--posts", type=Path)
    texts = posts_of(arguments.parse_args().posts)
    context = school.context()
    items = [school.item(text) for text in texts]
    readings = read(items)
    microseconds = 1e6 / len(texts)
    folding = best(lambda: [plain("text", text) for text in texts])
    of_rule = {d.id: best(lambda d=d: [list(d.find(r, context)) for r in readings]) for d in RULES}
    whole = best(lambda: [list(d.find(r, context)) for r in read(items) for d in RULES])
    print(f"{len(texts)} posts of {sum(map(len, texts)) / len(texts):.0f} characters")
    print(f"{'plain form':40}{folding * microseconds:8.1f} µs a post")
    for name, seconds in sorted(of_rule.items(), key=lambda row: -row[1]):
        print(f"{name:40}{seconds * microseconds:8.1f}")
    print(
        f"{'all together':40}{whole * microseconds:8.1f}, {sum(map(len, texts)) / whole / 1e6:.1f} million characters a second"
    )
    if pipe := pipe_seconds(texts):
        print(f"{whole / pipe[1]:.3f} of nlp.pipe with {pipe[0]}")
    else:
        print("no spaCy model installed: no ratio to nlp.pipe")
    long = "\n\n".join(texts)
    for thousands in (10, 20, 40, 80):
        item = school.item((long * (thousands * 1000 // len(long) + 1))[: thousands * 1000])
        seconds = best(lambda item=item: [list(d.find(r, context)) for r in read([item]) for d in RULES])
        print(f"{thousands:3} thousand characters in one text: {seconds * 1e6 / thousands:6.0f} ns a character")


if __name__ == "__main__":
    main()
