"""Takes the pictures of docs/tour.md anew, from the sample school: `make tour`. Needs Debian's chromium."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SAMPLE, STORE = ROOT / "data" / "sample" / "school", ROOT / "build" / "audit" / "sample.duckdb"
PICTURES = ROOT / "docs" / "tour"


def main() -> None:
    """Write a PNG for each step of the tour."""
    PICTURES.mkdir(exist_ok=True)
    pages = pypdfium2.PdfDocument(STORE.with_name("summary.pdf"))
    for number, name in ((0, "report-1"), (1, "report-2")):
        _save(pages[number].render(scale=1.3).to_pil(), name)
    command = [sys.executable, "-m", "pipelines.cli", "review", "--school", str(SAMPLE), "--store", str(STORE)]
    command += ["--by", "A. Person", "--no-browser"]
    served = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own words
    try:
        assert served.stderr is not None
        address = next(m[0] for line in served.stderr if (m := re.search(r"http://127\.0\.0\.1:\S+", line)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(address)
            page.screenshot(path=PICTURES / "queue.png")
            page.locator("main table a, main li a").first.click()
            page.fill("[name=why]", "Is this one of our pupils?")
            page.locator("form:has([name=why]) button").first.click()
            page.wait_for_timeout(1000)  # what was done is told once the page stands
            page.screenshot(path=PICTURES / "finding.png")
            page.get_by_role("link", name="Sites").click()
            page.screenshot(path=PICTURES / "sites.png")
            browser.close()
    finally:
        served.terminate()
        served.wait()
    for name in ("queue", "finding", "sites"):
        with Image.open(PICTURES / f"{name}.png") as taken:
            _save(taken, name)


def _save(image: Image.Image, name: str) -> None:
    """As small as text stays sharp: 64 colours."""
    image.convert("RGB").quantize(64).save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
