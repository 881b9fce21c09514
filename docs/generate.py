"""Writes the generated parts of the documentation: the rule pages, and the README's accuracy section from measured figures.

python docs/generate.py                                    the rule pages
python docs/generate.py --posts POSTS.jsonl --school DIR   the accuracy section too, measured on labelled posts
"""

from __future__ import annotations

import argparse
from pathlib import Path

from detectors import DETECTORS
from detectors.base import Detector
from pipelines.accuracy import compare_with_truth, score_posts, score_table

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "sample"
START, END = "<!-- accuracy: written by docs/generate.py -->", "<!-- end of accuracy -->"


def rules_page() -> str:
    """All rules as one Markdown page."""
    head = (
        "# The rules\n\n"
        "Generated from the rules themselves by `make docs`. The full cases of each stand in `tests/cases/`.\n"
    )
    return head + "".join(_rule(d) for d in DETECTORS)


def _rule(detector: Detector) -> str:
    flags = "".join(f"- {text}\n" for text in detector.flags)
    passes = "".join(f"- {text}\n" for text in detector.passes)
    return (
        f"\n## {detector.id}\n\n{detector.summary} Kind `{detector.kind}`, clause {detector.clause}, "
        f"severity {detector.severity.value} unless the case says otherwise.\n\n"
        f"**Why.** {detector.rationale}\n\n**What to do.** {detector.remedy}\n\n"
        f"Flags, for example:\n\n{flags}\nPasses, for example:\n\n{passes}"
    )


def accuracy_section(posts: Path, school: Path) -> str:
    """The README's accuracy section: figures on labelled posts and on the sample school."""
    score = score_posts(posts, school)
    exports = sorted(p for p in (SAMPLE / "exports").iterdir() if p.name != "uploads")
    sample = compare_with_truth(exports, SAMPLE / "school", SAMPLE / "truth.jsonl")
    count = sum(1 for line in posts.read_text(encoding="utf-8").splitlines() if line.strip())
    return (
        f"{START}\n\nOn {count} labelled posts of another invented school, which are not part of this project:\n\n"
        f"{score_table(score)}\n\n{sample}\n\n{END}"
    )


def with_section(readme: str, section: str) -> str:
    """The README with its accuracy section replaced."""
    before, rest = readme.split(START)
    return before + section + rest.split(END)[1]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--posts", type=Path)
    arguments.add_argument("--school", type=Path)
    given = arguments.parse_args()
    (ROOT / "docs" / "rules.md").write_text(rules_page(), encoding="utf-8")
    if given.posts and given.school:
        readme = ROOT / "README.md"
        section = accuracy_section(given.posts, given.school)
        readme.write_text(with_section(readme.read_text(encoding="utf-8"), section), encoding="utf-8")


if __name__ == "__main__":
    main()
