"""How much abuse is found, family by family, and how much of what only looks like it is flagged."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from detectors import DETECTORS
from detectors.base import Context, Item, Locator, Part
from detectors.reading import Reader
from pipelines.audit import audit

FAMILIES = ("slur", "threat", "dehumanising", "profanity")
_WAYS = ("quoted", "counter-speech", "reclaimed", "names and places", "idiom and sport")


@dataclass(frozen=True)
class Case:
    """A text and its family: one of abuse, or a way of being benign."""

    text: str = field(repr=False)
    family: str


def abuse_cases(path: Path) -> list[Case]:
    """The cases of a file: ``= family`` or ``= benign WAY`` heads the texts of its kind, one a line."""
    found: list[Case] = []
    family = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            family = line[2:].removeprefix("benign ")
            if family not in FAMILIES + _WAYS:
                raise ValueError(f"{path.name}: no family {family}")
        elif line.strip() and not line.startswith("#"):
            found.append(Case(line, family))
    return found


def measure_abuse(path: Path, reader: Reader, context: Context) -> dict[str, tuple[int, int]]:
    """For each family, and for all that is ``benign``, how many texts were flagged, and of how many."""
    cases = abuse_cases(path)
    items = [_comment(number, case) for number, case in enumerate(cases)]
    rules = [d for d in DETECTORS if d.kind == "OFFENSIVE"]
    flagged = {f.item.id for f in audit(reader.read(items), context, rules)}
    figures = dict.fromkeys((*FAMILIES, "benign"), (0, 0))
    for item, case in zip(items, cases, strict=True):
        name = case.family if case.family in FAMILIES else "benign"
        found, of = figures[name]
        figures[name] = found + (item.id in flagged), of + 1
    return figures


def abuse_line(figures: dict[str, tuple[int, int]]) -> str:
    """The figures in a sentence."""
    parts = [f"{name} {found} of {of} ({found / of:.2f})" for name, (found, of) in figures.items() if name != "benign"]
    flagged, benign = figures["benign"]
    return (
        f"Abuse on {sum(of for _, of in figures.values())} texts written by hand, found by family: {', '.join(parts)}. Of "
        f"{benign} that only look like it (quoted, reclaimed, counter-speech, names and places, idiom) {flagged} were flagged "
        f"({flagged / benign:.2f})."
    )


def _comment(number: int, case: Case) -> Item:
    """A case as it would come: a comment by nobody knows whom; what is benign as often stands in a post of the school's."""
    posted = case.family in _WAYS and case.text[0].isupper()
    return Item(
        id=str(number),
        kind="post" if posted else "comment",
        parts=(Part("text", case.text),),
        locator=Locator("0" * 64),
        lineage=str(number),
        author_role="school" if posted else "unknown",
    )
