"""Posts that the names model reads in a second on one core: ``python -m tests.bench.names``.

Generated school posts of fewer than 280 characters through ``nlp.pipe``, after one warm-up. Seconds of the processor, not of the
wall: other work on the machine must not count. ``--pipeline`` measures another installed pipeline instead.
"""

from __future__ import annotations

import argparse
import random

from detectors.text.names import NamesModel
from pipelines.model.report import SHORT, speed
from pipelines.model.schooltext import SchoolText


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--pipeline")
    arguments = parser.parse_args()
    texts = [p.text for p in SchoolText(random.Random(1)).posts(arguments.posts * 2) if 60 < len(p.text) < SHORT]
    texts = texts[: arguments.posts]
    mean = sum(map(len, texts)) / len(texts)
    rate = speed(NamesModel.load(arguments.pipeline), texts, arguments.seconds)
    print(f"{len(texts)} posts of {mean:.0f} characters on average: {rate:.0f} posts a second of one core")


if __name__ == "__main__":
    main()
