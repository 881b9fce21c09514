"""What a whole audit costs, and how that grows: ``python -m tests.bench.growth [--largest 100000] [--write docs/growth.md]``.

Ratios are of measurements of the same run of this program, taken in turn, the median of several. Growth is measured without the
names model, whose cost for each item cannot grow. Posts are generated: of 10 to 60 words, one in twenty names a pupil, one in fifty
holds a telephone number.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.readers import WORDS

ROOT = Path(__file__).parents[2]
LABELLED = ROOT / "tests" / "labelled"

_HEAD = """
import json, resource, sys, time
from dataclasses import replace
from datetime import date
from pathlib import Path
from pipelines.runs import AuditRun
from pipelines.stored import Job, run_directly
from pipelines.workers import WorkerSettings
folder, export = Path(sys.argv[1]), Path(sys.argv[2])
def told(**said):
    print(json.dumps(said | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
# The audit alone. What it takes with one item is its start: imports, model, roll.
_AUDIT = """
if __name__ == "__main__":
    run = AuditRun.prepare([export], folder, date(2026, 9, 1))
    run.school = replace(run.school, workers=WorkerSettings(int(sys.argv[3])))
    began, items, findings = time.perf_counter(), 0, 0
    for batch in run.batches():
        items += len(batch.items)
        findings += len(batch.findings)
    told(seconds=time.perf_counter() - began, items=items, findings=findings)
"""
_PIPE = """
if __name__ == "__main__":
    run = AuditRun.prepare([export], folder, date(2026, 9, 1))
    texts = [i.part("text") for i in run.items()]
    run.names.find(texts[:50])
    began = time.perf_counter()
    run.names.find(texts)
    told(seconds=time.perf_counter() - began, items=len(texts))
"""
# The sample school's pictures, each looked at once, and decoded by Pillow alone.
_PICTURES = """
import io
from PIL import Image
from detectors.base import UserError
from detectors.images.pictures import is_opened
if __name__ == "__main__":
    exports = sorted(p for p in export.iterdir() if p.name != "uploads")
    run = AuditRun.prepare(exports, folder, date(2026, 9, 1))
    with_one = (i for i in run.items() if len(i.media) == 1 and is_opened(i.media[0]))
    items = list({i.media[0].sha256: i for i in with_one}.values())
    files = [i.media[0].load() for i in items]
    looker = run.school.looker(None)
    looker.look(items[:2])
    looker = run.school.looker(None)
    began = time.perf_counter()
    looker.look(items)
    looked = time.perf_counter() - began
    began = time.perf_counter()
    for data in files:
        with Image.open(io.BytesIO(data)) as picture:
            picture.convert("RGB")
    told(seconds=looked, decoding=time.perf_counter() - began, items=len(files))
"""
# A run into the store; what it takes with one item alone is its start.
_STORED = """
if __name__ == "__main__":
    began = time.perf_counter()
    done = run_directly(Job.of([export], folder, Path(sys.argv[3]), None), lambda *_: None)
    told(seconds=time.perf_counter() - began, items=done.items, audited=done.audited, stored=Path(sys.argv[3]).stat().st_size)
"""
_FLOW = """
from pipelines.flow import run_audit
if __name__ == "__main__":
    began = time.perf_counter()
    done = run_audit(Job.of([export], folder, Path(sys.argv[3]), None), lambda *_: None)
    told(seconds=time.perf_counter() - began, items=done.items, audited=done.audited)
"""


def posts(path: Path, number: int, shift: int = 0) -> Path:
    """A file of that many posts; ``shift`` gives them other texts."""
    rng = random.Random(number + shift)
    roll = (LABELLED / "roll.csv").read_text(encoding="utf-8").splitlines()[1:]
    names = [" ".join(line.split(",")[1:3]) for line in roll]
    with path.open("w", encoding="utf-8") as file:
        for n in range(number):
            words = rng.choices(WORDS, k=rng.randint(10, 60))
            if n % 20 == 0:
                words[5:5] = ["Well", "done", rng.choice(names), "and", "all"]
            if n % 50 == 7:
                words += ["Ring", f"07700 900{n % 1000:03}"]
            record = {"id": str(n), "text": " ".join(words), "site": "page",
                      "published": f"20{10 + n % 16}-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:00Z"}  # fmt: skip
            file.write(json.dumps(record) + "\n")
    return path


class Bench:
    """Measures in a folder of its own, with a school of ``tests/labelled``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, model in (("school", ""), ("plain", "none")):
            shutil.copytree(LABELLED, folder / name)
            settings = folder / name / "school.toml"
            if model:
                settings.write_text(f'{settings.read_text(encoding="utf-8")}\n[names]\nmodel = "{model}"\n', "utf-8")

    def run(self, code: str, export: Path, *words: str, school: str = "school") -> dict[str, Any]:
        """What a program of its own tells."""
        program = self.folder / "program.py"
        program.write_text(_HEAD + code, encoding="utf-8")
        env = {"SOCIAL_AUDIT_HOME": str(self.folder / "home"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, str(program), school, str(export), *words], cwd=self.folder, env=os.environ | env,
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        print(f"  {school} {' '.join(words)}: {told}", file=sys.stderr, flush=True)
        return told

    def least(self, times: int, code: str, export: Path, *words: str, school: str = "school") -> float:
        """The least seconds of several runs."""
        return min(float(self.run(code, export, *words, school=school)["seconds"]) for _ in range(times))


def measure(bench: Bench, items: int, largest: int, repeat: int) -> list[tuple[str, str, str]]:
    """Rows of what was measured, the ratio and its goal."""
    rows = []
    export, one = posts(bench.folder / "posts.jsonl", items), posts(bench.folder / "one.jsonl", 1)
    start = {processes: bench.least(2, _AUDIT, one, processes) for processes in ("1", "2")}
    pairs = [(bench.run(_PIPE, export), bench.run(_AUDIT, export, "1"), bench.run(_AUDIT, export, "2"))
             for _ in range(repeat)]  # fmt: skip
    assert len({(a["items"], a["findings"]) for _, *both in pairs for a in both}) == 1
    for _, alone, shared in pairs:
        alone["seconds"] -= start["1"]
        shared["seconds"] -= start["2"]
    whole = statistics.median(a["seconds"] / p["seconds"] for p, a, _ in pairs)
    rows.append((f"whole text audit ÷ `nlp.pipe` of the names model, {items:,} posts", f"{whole:.2f}", "1.15"))
    two = statistics.median(a["seconds"] / b["seconds"] for _, a, b in pairs)
    rows.append((f"one process ÷ two, on two processors, {items:,} posts", f"{two:.2f}", "1.7 or more"))
    sample = ROOT / "data" / "sample"
    seen = bench.run(_PICTURES, sample / "exports", school=str(sample / "school"))
    share = f"{seen['seconds'] / seen['decoding']:.0f}"
    rows.append((f"looking at pictures ÷ decoding them, the sample's {seen['items']}", share, "–"))
    each = min(a["seconds"] / a["items"] for _, a, _ in pairs) * 1000
    rows.append(
        ("milliseconds for a post of 35 words, on one processor of the machine measured on", f"{each:.0f}", "–")
    )
    rows.append(("milliseconds for a picture, likewise", f"{seen['seconds'] / seen['items'] * 1000:.0f}", "–"))
    started = bench.least(1, _STORED, one, "one.duckdb")
    restarted = bench.least(2, _STORED, one, "one.duckdb")
    first = bench.run(_STORED, export, "runs.duckdb")
    again = bench.least(2, _STORED, export, "runs.duckdb")
    assert first["audited"] == items
    rerun = max(again - restarted, 0.0) / (first["seconds"] - started)
    rows.append((f"rerun ÷ first run, both less the start, {items:,} posts", f"{rerun:.3f}", "0.10"))
    flow = bench.least(1, _FLOW, one, "flow-one.duckdb")
    by_flow = bench.run(_FLOW, export, "flow.duckdb")["seconds"] - flow
    rows.append(
        (f"flow ÷ direct calls, both less the start, {items:,} posts", f"{by_flow / (first['seconds'] - started):.2f}", "1.05")
    )  # fmt: skip
    rows += _growth(bench, largest)
    return rows


def _growth(bench: Bench, largest: int) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    before: tuple[int, float, float] | None = None
    size = 10_000
    while size <= largest:
        told = bench.run(_STORED, posts(bench.folder / "grown.jsonl", size), f"grown{size}.duckdb", school="plain")
        each, memory = told["seconds"] / size, told["memory"]
        if before:
            was, was_each, was_memory = before
            what = f"{was:,} → {size:,} items into the store, without the model"
            rows.append((f"seconds an item, {what}", f"{each / was_each:.2f}", "1.10"))
            rows.append((f"peak memory ({memory:.0f} MB), {what}", f"{memory / was_memory:.2f}", "1.20"))
        before = size, each, memory
        size *= 10
        if size > largest:
            rows.append((f"bytes an item in the store, {size // 10:,} items", f"{told['stored'] / size * 10:.0f}", "–"))
    return rows


def main() -> None:
    """Measure, print the table, and write it between the marks of a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=5500)
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Bench(Path(folder)), given.items, given.largest, given.repeat)
    table = "\n".join(["| What | Ratio | Goal |", "|---|--:|--:|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)])
    print(table)
    print(f"measured in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    if given.write:
        page = given.write.read_text(encoding="utf-8")
        head, mark, rest = page.partition("<!-- measured -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        assert mark
        assert end
        given.write.write_text(f"{head}{mark}\n{table}\n\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
