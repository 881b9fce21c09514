"""How many marks are found in generated pictures, and at what cost: ``python -m tests.bench.pictures --images DIR``.

DIR holds the generator of pictures and the scorer (``make_bench.py``, ``score_logos.py``). The pictures are made with a seed that
nothing was tuned on, matched one by one in this process with one thread, and scored; ``--write`` puts the tables into a page.
Costs are multiples of what Pillow takes to decode the same picture: medians over the JPEG files of 1920 × 1080 pixels, those of
reading over the files in which there may be writing.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import cv2
from PIL import Image

from detectors.base import Context, Item, Locator, Media, Reading
from detectors.images import codes, faces, ocr
from detectors.images.likeness import likeness
from detectors.images.marks import LogoBank, _content_box
from detectors.images.metadata import hidden_data
from detectors.pictures import logo_altered, logo_outdated, logo_shown
from pipelines.school import _marks
from tests.case_school import context

RULES = (logo_shown.DETECTOR, logo_outdated.DETECTOR, logo_altered.DETECTOR)
TIMED = 30  # pictures
ROWS = (
    ("whole pictures: recall", "whole", "recall", ".99"),
    ("whole pictures: precision", "whole", "precision", ".99"),
    ("embedded, 48–64 pixels wide: recall", "width 48-64", "recall", ".93"),
    ("embedded, 64–96", "width 64-96", "recall", ".95"),
    ("embedded, 96–160", "width 96-160", "recall", ".98"),
    ("embedded, 160 and more", "width >=160", "recall", ".98"),
    ("embedded: precision", "embedded", "precision", ".98"),
    ("turned by 2–5°", "tag rot5", "recall", ".97"),
    ("turned by 8–25°", "tag rot25", "recall", ".97"),
    ("in perspective", "tag perspective", "recall", ".95"),
    ("covered by 10–40 %", "tag occluded", "recall", ".85"),
    ("in thread", "tag embroidery", "recall", ".95"),
    *((name, f"tag {name}", "recall", ".92") for name in ("blur", "noise", "low-quality")),
    *((name, f"tag {name}", "recall", ".98") for name in ("mono", "reversed", "grey", "light", "cast", "mirrored")),
    ("altered: found", "verdict LOGO_ALTERED", "recall", ".95"),
    ("altered, stretched: right kind", "tag stretched", "exact_recall", ".90"),
    ("altered, recoloured: right kind", "tag recoloured", "exact_recall", ".90"),
    *(
        (f"altered, {name}: right kind", f"tag {name}", "exact_recall", ".65")
        for name in ("part-replaced", "part-missing", "part-added")
    ),
    ("retired: right kind", "verdict LOGO_OUTDATED", "exact_recall", ".97"),
)


def main() -> None:
    """Make the pictures where they are not there yet, match, score, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=Path, default=Path("../shared/images"), help="the generator's folder")
    parser.add_argument("--made", type=Path, help="pictures made before; otherwise they are made and thrown away")
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--write", type=Path, help="the page to write")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as scratch:
        made = given.made or Path(scratch)
        if not given.made:
            call = [str(given.images / "make_bench.py"), str(made), "--n", str(given.n), "--seed", str(given.seed)]
            subprocess.run([sys.executable, *call], check=True)
        page = measured(made, _module(given.images / "score_logos.py"), given.seed)
    print(page)
    if given.write:
        given.write.write_text(page, encoding="utf-8")


def measured(made: Path, scorer: Any, seed: int) -> str:
    """The page for one set of generated pictures."""
    bank = LogoBank.load(tuple(_marks(made / "logos", date.today())))
    truth = [json.loads(line) for line in (made / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [f for row in truth for f in findings(bank, made / "images" / row["path"])]
    return _page(scorer.score(truth, found), costs(bank, made, truth), len(truth), seed)


def findings(bank: LogoBank, path: Path) -> list[dict[str, Any]]:
    """What the rules say of one picture, as the scorer reads it."""
    media = Media(path.name, presence="present", encoding_format=f"image/{path.suffix[1:]}", load=path.read_bytes)
    item = Item(path.name, "picture", (), Locator("0" * 64), path.name, (media,))
    reading = Reading(item, logos=bank.match(item.media))
    said: Context = context()
    return [
        {"item": path.name, "kind": rule.kind, "logo": e.logo, "box": e.box, "confidence": e.confidence}
        for rule in RULES
        for e in rule.find(reading, said)
    ]


# What is done with a decoded picture, and the multiple of decoding that it may cost.
COSTS = {
    "hashes of the whole picture": "2",
    "search for marks, hashes included": "30",
    "faces": "–",
    "codes": "–",
    "hidden data": "–",
    "likeness to other pictures": "–",
    "look for writing": "–",
    "reading of writing": "–",
}


def costs(bank: LogoBank, made: Path, truth: list[dict[str, Any]]) -> tuple[float, dict[str, tuple[float, int]]]:
    """Milliseconds that decoding takes; and multiples of it, decoding not counted, each with the number of pictures."""
    paths = [made / "images" / r["path"] for r in truth if r["size"] == [1920, 1080] and r["path"].endswith(".jpg")]
    faces.faces(Image.new("RGB", (640, 480)), 1.0)  # loads the detectors
    ocr.lines(Image.new("RGB", (640, 480)))
    decode: list[float] = []
    measured: dict[str, list[float]] = {name: [] for name in COSTS}
    for path in paths[:TIMED]:
        data = path.read_bytes()
        decode.append(min(_seconds(lambda data=data: Image.open(io.BytesIO(data)).convert("RGB")) for _ in range(3)))
        with Image.open(io.BytesIO(data)) as opened:
            p = opened.convert("RGB")
            works: list[Callable[[], object]] = [
                lambda p=p: bank._nearest(p.crop(_content_box(p))),
                lambda p=p: bank.shown_in(p, 1.0),
                lambda p=p: faces.faces(p, 1.0),
                lambda p=p: codes.codes(p, 1.0),
                lambda opened=opened: hidden_data(opened),
                lambda p=p: likeness(p),
                lambda p=p: ocr.may_hold_text(p),
                *([lambda p=p: ocr.lines(p)] if ocr.may_hold_text(p) else []),
            ]
            for name, work in zip(COSTS, works, strict=False):
                measured[name].append(_seconds(work) / decode[-1])
    return 1000 * statistics.median(decode), {
        name: (statistics.median(some), len(some)) for name, some in measured.items() if some
    }


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _page(score: dict[str, Any], cost: tuple[float, dict[str, tuple[float, int]]], pictures: int, seed: int) -> str:
    groups, alarms, confusion = score["groups"], score["false_alarms_per_100"], score["confusion"]
    in_use = sum(confusion["LOGO"].values()) + sum(confusion["LOGO_OUTDATED"].values())
    wrongly = confusion["LOGO"].get("LOGO_ALTERED", 0) + confusion["LOGO_OUTDATED"].get("LOGO_ALTERED", 0)
    rows = [
        (name, _share(groups[group][value]), goal, str(groups[group]["marks"]))
        for name, group, value, goal in ROWS
        if group in groups
    ]
    rows += [
        ("in use or retired, wrongly called altered", f"{100 * wrongly / in_use:.1f} %", "2 %", str(in_use)),
        ("exact F1: mark, place and kind", _share(score["exact"]["f1"]), ".93", str(groups["all"]["marks"])),
        *(
            (f"false alarms per 100 {name}s", f"{alarms[name]:.1f}", goal, str(groups[f"tag {name}"]["pictures"]))
            for name, goal in (("lookalike", "2"), ("negative", ".5"))
        ),
        *((f"{name} ÷ decoding", f"{by:.1f}", COSTS[name], str(of)) for name, (by, of) in cost[1].items()),
    ]
    table = "\n".join(f"| {name} | {value} | {goal} | {of} |" for name, value, goal, of in rows)
    return f"""# Marks in pictures: what is found

Written by `make pictures-accuracy`; do not edit. {pictures} generated pictures of invented marks, seed {seed}, which nothing was
tuned on. "Found" is the right mark at the right place (IoU at least .5 in larger pictures); "right kind" also whether it is in
use, retired or altered. A condition has 10 to 40 marks: differences under .1 there are noise. Decoding a picture of 1920 × 1080
took {cost[0]:.0f} ms of the processor, with one thread.

| what | measured | to reach | of |
|---|---|---|---|
{table}
"""


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
