"""What a second run costs, what the flow costs, and how large a store grows: ``python -m tests.bench.reruns --items 100000``.

Each run is a process of its own; seconds are wall-clock. Posts are made from the labelled ones of ``tests/labelled``, each with its
own number and time. ``--model none`` leaves the names model out: a first run is then several times cheaper, so that a rerun's
share is the larger; ``shipped`` is what schools use. The flow is compared with the same steps called directly, both less what a
run of one item takes: the fixed start-up, which is told.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LABELLED = Path(__file__).parents[1] / "labelled"
_DIRECT = """
import sys
from pathlib import Path
from pipelines.stored import Job, run_directly
job = Job.of([Path(sys.argv[1])], Path("school"), Path(sys.argv[2]), None)
print(run_directly(job, lambda *_: None).audited)
"""
_FLOW = """
import sys
from pathlib import Path
from pipelines.flow import run_audit
from pipelines.stored import Job
job = Job.of([Path(sys.argv[1])], Path("school"), Path(sys.argv[2]), None)
print(run_audit(job, lambda *_: None).audited)
"""


def posts(path: Path, number: int) -> Path:
    """A file of that many posts."""
    lines = (LABELLED / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines if line.strip()]
    with path.open("w", encoding="utf-8") as file:
        for n in range(number):
            record = {"id": str(n), "text": f"{n}: {texts[n % len(texts)]}", "site": "page",
                      "published": f"20{10 + n % 16}-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:00Z"}  # fmt: skip
            file.write(json.dumps(record) + "\n")
    return path


def timed(folder: Path, code: str, export: Path, store: str) -> tuple[float, int]:
    """Seconds of a run, and how many items it audited."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(export), store], cwd=folder, capture_output=True, text=True, check=True,
        env=os.environ | {"SOCIAL_AUDIT_HOME": str(folder / "home")},
    )  # fmt: skip
    return time.perf_counter() - began, int(done.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--model", choices=("shipped", "fast", "none"), default="shipped")
    parser.add_argument("--no-flow", action="store_true", help="Leave out the comparison with the flow.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        school = shutil.copytree(LABELLED, folder / "school")
        (school / "posts.jsonl").unlink()
        if given.model != "shipped":
            with (school / "school.toml").open("a", encoding="utf-8") as settings:
                settings.write(f'\n[names]\nmodel = "{given.model}"\n')
        export, one = posts(folder / "posts.jsonl", given.items), posts(folder / "one.jsonl", 1)
        first, audited = timed(folder, _DIRECT, export, "s.duckdb")
        size = (folder / "s.duckdb").stat().st_size
        again, audited_again = timed(folder, _DIRECT, export, "s.duckdb")
        print(f"{given.items} items, names model: {given.model}")
        print(f"first run: {first:.1f} s, {audited} audited, {first / given.items * 1e6:.0f} us an item")
        print(f"rerun: {again:.1f} s, {audited_again} audited, {again / first:.3f} of the first")
        print(f"store: {size / given.items:.0f} bytes an item")
        if given.no_flow:
            return
        flow, _ = timed(folder, _FLOW, export, "flow.duckdb")
        flow_start, _ = timed(folder, _FLOW, one, "flow-one.duckdb")
        direct_start, _ = timed(folder, _DIRECT, one, "one.duckdb")
        print(f"flow over the same steps called directly: {(flow - flow_start) / (first - direct_start):.3f}, and")
        print(f"start-up: {flow_start:.1f} s with the flow, {direct_start:.1f} s without")


if __name__ == "__main__":
    main()
