"""What the text audit costs beside the names model alone: ``python -m tests.bench.text [POSTS.jsonl SCHOOL]``.

Prints, in one run and in seconds of the processor: ``nlp.pipe`` of the model, the whole text audit with it, the audit of names
without it with a roll of 1,500 and of 50,000 generated pupils, the rules about personal data, and, where Presidio is installed
(it is no dependency), its batch analyser with the same model.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from faker import Faker

from detectors import DETECTORS
from detectors.base import Item, Pupil
from detectors.images.marks import LogoBank
from detectors.pupils.mentions import resolve
from detectors.reading import Looker, Reader, Threads, folded_parts, spoken_of
from detectors.text.names import NamesModel
from detectors.text.roll import RollIndex
from pipelines.audit import audit
from pipelines.readers import open_exports
from pipelines.readers.overlap import read_together
from pipelines.school import load_school
from tests.bench.pii import RULES, best, read

LOCALES = ("en_GB", "en_IN", "pl_PL", "tr_TR", "es_ES", "fr_FR", "de_DE", "ro_RO", "pt_BR", "it_IT")
LABELLED = Path(__file__).parent.parent / "labelled"


def pupils(count: int) -> list[Pupil]:
    """A generated roll, its names from ten countries."""
    rng = random.Random(7)
    Faker.seed(7)
    sources = [Faker(locale) for locale in LOCALES]
    made = []
    for n in range(count):
        source = sources[rng.randrange(len(sources))]
        made.append(
            Pupil(
                f"P{n}",
                source.first_name(),
                source.last_name(),
                year_group=f"Year {7 + n % 7}",
                registration_group=f"{7 + n % 7}K",
            )
        )
    return made


def names_only(items: Sequence[Item], index: RollIndex) -> None:
    """The audit of names without a model."""
    threads = Threads()
    for item in items:
        mentions, _ = resolve(item, folded_parts(item), index, None, threads.expected(item) or frozenset())
        threads.remember(item, spoken_of(mentions))


def presidio(texts: Sequence[str], model: NamesModel) -> float | None:
    """Seconds of Presidio's batch analyser with the same model; None where it is not installed."""
    try:
        from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine  # type: ignore[import-not-found]
        from presidio_analyzer.nlp_engine import SpacyNlpEngine  # type: ignore[import-not-found]
    except ImportError:
        return None

    class Engine(SpacyNlpEngine):  # type: ignore[misc]
        def __init__(self, nlp: Any) -> None:
            super().__init__()
            self.nlp = {"en": nlp}

    batch = BatchAnalyzerEngine(AnalyzerEngine(nlp_engine=Engine(model.pipeline)))
    return best(lambda: list(batch.analyze_iterator(texts, language="en", batch_size=256)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posts", nargs="?", type=Path, default=LABELLED / "posts.jsonl")
    parser.add_argument("school", nargs="?", type=Path, default=LABELLED)
    arguments = parser.parse_args()
    today = date(2026, 3, 2)
    school = load_school(arguments.school, today)
    exports, _ = open_exports([arguments.posts])
    items = [item for _, item in read_together(exports)]
    texts = [
        json.loads(line)["text"] for line in arguments.posts.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    model, index = NamesModel.load(None), RollIndex(school.roll.pupils, school.adults)
    model.find(texts[:50])
    pipe = best(lambda: model.find(texts))
    print(f"{len(texts)} posts, {sum(map(len, texts)) / len(texts):.0f} characters on average")
    print(f"nlp.pipe alone: {pipe / len(texts) * 1000:.2f} ms a post")

    def told(name: str, seconds: float, of: float = pipe) -> None:
        print(f"{name}: {seconds / len(texts) * 1e6:.0f} us a post, {seconds / of:.3f} of it")

    context = school.context(today)
    told(
        "whole text audit with it",
        best(lambda: audit(Reader(index, Looker(LogoBank(), model)).read(items), context, DETECTORS)),
    )
    told("rules about personal data alone", best(lambda: audit(read(items), context, RULES)))
    small = RollIndex(pupils(1500))
    small_seconds = best(lambda: names_only(items, small))
    told("names without the model, 1,500 pupils", small_seconds)
    large = RollIndex(pupils(50_000))
    large_seconds = best(lambda: names_only(items, large))
    told("names without the model, 50,000 pupils", large_seconds)
    print(f"50,000 pupils over 1,500: {large_seconds / small_seconds:.2f}")
    other = presidio(texts, model)
    print("Presidio is not installed" if other is None else f"Presidio with the same model: {other / pipe:.2f} of it")


if __name__ == "__main__":
    main()
