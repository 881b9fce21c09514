"""Writes the generated parts of the documentation: the rule pages, and the README's accuracy section from measured figures.

python docs/generate.py                                    the rules, the clauses, the tables of privacy.md and findings.md
python docs/generate.py --posts POSTS.jsonl --school DIR   the accuracy section too, measured on labelled posts
    python docs/generate.py --exports DIR                      what is read of a collection of sample exports
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from detectors import DETECTORS
from detectors.base import Detector, UserError
from detectors.clauses import load_policy
from pipelines.accuracy import compare_with_truth, score_abuse, score_posts, score_table, share
from pipelines.places import places_table
from pipelines.readers import open_export
from pipelines.school import load_school
from pipelines.store.views import views_table

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "sample"
MEASURED, MEASURED_END = "<!-- measured: written by docs/generate.py -->", "<!-- end of measured -->"
UNFITTED = (ROOT / "tests" / "labelled" / "second", ROOT / "tests" / "labelled" / "third")
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
        f"**What is checked, and what slips through.** {detector.limits}\n\n"
        f"Flags, for example:\n\n{flags}\nPasses, for example:\n\n{passes}"
    )


def clauses_page() -> str:
    """Every clause of the policy, how it is answered for and by which rules, and why where it cannot be checked, as Markdown."""
    policy = load_policy()
    lines = [
        "# The policy, clause by clause",
        "",
        "Generated from `data/policy/` by `make docs`. *Automatic*: rules decide. *Assisted*: rules find, a person decides. "
        "*Attested*: a person confirms it (`social-audit attest`). What a rule does: [rules.md](rules.md); the checks of sites "
        "stand in `detectors/sites/`, their cases in `tests/cases/sites/` and `tests/test_register.py`.",
        "",
        "| clause | title | mode | how | rules |",
        "|---|---|---|---|---|",
    ]
    for clause in (*policy.clauses, *policy.tool_checks):
        for control in clause.controls:
            how = control.how + (f" **Cannot be checked**, because {control.unchecked}." if control.unchecked else "")
            rules = ", ".join(f"`{check}`" for check in control.answered_by) or "–"
            lines.append(
                f"| {clause.id} | {clause.title} | {control.mode} | {_plain(how)} "
                f"| {'planned: ' if control.planned else ''}{rules} |"
            )
    return "\n".join(lines) + "\n"


def accuracy_section(posts: Path, school: Path) -> str:
    """The README's accuracy section: figures on labelled posts and on the sample school."""
    score = score_posts(posts, school)
    exports = sorted(p for p in (SAMPLE / "exports").iterdir() if p.name != "uploads")
    sample = compare_with_truth(exports, SAMPLE / "school", SAMPLE / "truth.jsonl")
    abuse = score_abuse(ROOT / "tests" / "abuse.txt", school)
    count = sum(1 for line in posts.read_text(encoding="utf-8").splitlines() if line.strip())
    name = load_school(school, date.today()).name
    return (
        f"{START}\n\nOn the {count} labelled posts of {name}, an invented school that is not part of this project:\n\n"
        f"{score_table(score)}\n\n{abuse}\n\n{sample}\n\n{_unfitted()}\n\n"
        f"The names model alone, as its card says (`make model-report`):\n\n{card_figures()}\n\n{END}"
    )


def _unfitted() -> str:
    """One paragraph: pupils on the project's posts of schools that no weight is fitted to."""
    told = []
    for folder in UNFITTED:
        score = score_posts(folder / "posts.jsonl", folder)
        pupils = score.kinds["PUPIL"]
        told.append(
            f"{load_school(folder, date.today()).name}: recall of pupils {share(pupils.hit, pupils.spans)} of {pupils.spans}, "
            f"precision {share(pupils.right, pupils.findings)}; posts without a pupil flagged: {score.clean_posts_flagged} of "
            f"{score.clean_posts}, {share(score.clean_posts_flagged, score.clean_posts)}."
        )
    return (
        f"On the project's own hard posts of schools that no weight is fitted to. {' '.join(told)} The rules were revised with "
        "these posts at hand; before that, those of the last found 0.885 of the pupils with a precision of 0.884."
    )


def card_figures() -> str:
    """The measured figures of the names model's card."""
    card = (ROOT / "data" / "model" / "README.md").read_text(encoding="utf-8")
    return card.split("<!-- figures: written by make model-report -->")[1].split("<!-- end of figures -->")[0].strip()


def measured_section(posts: Path, school: Path) -> str:
    """When and on what the figures were measured, and how far they hang on this very school: cross-validation, names swapped.

    Not the same from day to day, so that no test asks whether it is fresh.
    """
    commit = _said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    own = ROOT / "tests" / "labelled"
    fitted = [str(posts), str(school), str(own / "posts.jsonl"), str(own), "--trust", "1", "0.3"]
    crossed = _said(sys.executable, "-m", "pipelines.weights", *fitted)
    swapped = _said(sys.executable, "-m", "tests.bench.swapped", str(posts), str(school))
    return (
        f"{MEASURED}\n\nMeasured on {date.today():%-d %B %Y}, with the changes after commit {commit}. How far the figures hang on "
        "this very school: the weights of the signals by cross-validation, and again with every pupil's name swapped for another "
        f"of its kind, in roll and posts alike.\n\n```\n{crossed}\n\n{swapped}\n```\n\n{MEASURED_END}"
    )


def _said(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def formats_page(folder: Path) -> str:
    """What is read of each sample export in a folder of groups, as a Markdown page."""
    lines = [
        "# Sample exports and what is read of them",
        "",
        "Generated by `make formats` from a collection of public and invented sample exports that is not part of this project.",
        "",
        "| sample | layout | items | media | rejected | members not parsed |",
        "|---|---|---|---|---:|---|",
    ]
    for sample in _samples(folder):
        name = sample.relative_to(folder).as_posix()
        try:
            export = open_export(sample)
        except UserError as error:
            lines.append(f"| {name} | – | not read: {_plain(str(error).replace(str(sample), 'it'))} | | | |")
            continue
        for _ in export.read():
            pass
        report = export.report
        others = Counter(m.status for m in report.members if m.status != "parsed")
        lines.append(
            f"| {name} | {export.layout} | {_counts(report.items)} | {_counts(report.media)} | {report.rejected} "
            f"| {_counts(others)} |"
        )
    return "\n".join(lines) + "\n"


def _samples(folder: Path) -> list[Path]:
    """Each file or folder of each group, and each file of a group of loose files."""
    entries = [entry for group in folder.iterdir() if group.is_dir() for entry in group.iterdir()]
    return sorted(e for entry in entries for e in (entry.iterdir() if entry.name == "generic" else [entry]))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()) if n) or "–"


def _plain(text: str) -> str:
    return text.splitlines()[0].replace("|", "/")


def with_section(readme: str, section: str, start: str = START, end: str = END) -> str:
    """A page, by default the README, with the section between two marks replaced."""
    before, rest = readme.split(start)
    return before + section + rest.split(end)[1]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--posts", type=Path)
    arguments.add_argument("--school", type=Path)
    arguments.add_argument("--exports", type=Path)
    given = arguments.parse_args()
    (ROOT / "docs" / "rules.md").write_text(rules_page(), encoding="utf-8")
    (ROOT / "docs" / "clauses.md").write_text(clauses_page(), encoding="utf-8")
    for page, mark, table in (("privacy", "places", places_table()), ("findings", "views", views_table())):
        path = ROOT / "docs" / f"{page}.md"
        start, end = f"<!-- {mark}: written by docs/generate.py -->\n", f"<!-- end of {mark} -->"
        path.write_text(
            with_section(path.read_text(encoding="utf-8"), start + table + end, start, end), encoding="utf-8"
        )
    if given.exports:
        (ROOT / "docs" / "formats.md").write_text(formats_page(given.exports), encoding="utf-8")
    if given.posts and given.school:
        readme = ROOT / "README.md"
        section = accuracy_section(given.posts, given.school)
        text = with_section(readme.read_text(encoding="utf-8"), section)
        measured = measured_section(given.posts.absolute(), given.school.absolute())
        readme.write_text(with_section(text, measured, MEASURED, MEASURED_END), encoding="utf-8")


if __name__ == "__main__":
    main()
