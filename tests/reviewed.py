"""A store with findings for the tests of the review page, and the page over it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from detectors.base import Approval, Finding, Item, Locator, Media, Part, Severity
from detectors.base import Site as FormSite
from pipelines.keys import Keys
from pipelines.review.app import Review
from pipelines.review.door import Door
from pipelines.school import Site
from pipelines.store import RunInfo, SourceInfo, Store

# Each text is one item; what stands in it between brackets is found.
TEXTS = (
    ("website", "Well done [Noor Lang] and [Teo Marchetti]! Text [07700 900123]."),
    ("website", "Another round for [Noor Lang]."),
    ("blog", "Call [07700 900123] for the <b>fair</b>."),
)
CONCERN = "Somebody told us a thing that must stay between few."
FORM = FormSite(
    "website", status="live", run_by="school", closure_or_review=date(2025, 1, 9), approvals=(Approval("head"),) * 2
)
SITES = (
    Site("website", "Northmoor School", "https://www.northmoor.example/", "", "standard", {}, FORM),
    Site("silent", "A silent site", "", "", "standard", {}),
)
PICTURE, BOX = "fair.png", (40, 40, 120, 80)


def make_store(path: Path) -> Path:
    """Four items audited by one run, the third with a picture, the last withheld, and one site's form."""
    export = path.parent / "export"
    sha256 = draw(export / PICTURE)
    items, findings = [], []
    for number, (site, text) in enumerate((*TEXTS, ("website", CONCERN)), 1):
        item = Item(
            id=f"post-{number}",
            kind="post",
            parts=(Part("text", text.replace("[", "").replace("]", "")),),
            locator=Locator("ab" * 32, "posts.json", f"/{number}", "records-jsonl"),
            lineage=f"lineage-{number}",
            media=(Media(PICTURE, presence="present", sha256=sha256),) if site == "blog" else (),
            author="Dilys Author",
            published=datetime(2026, 1, number, 10, tzinfo=UTC),
            url=f"https://www.northmoor.example/{number}" if site == "website" else "javascript:alert(1)",
        )
        items.append((item, site))
        if item.media:
            findings.append(
                Finding(
                    item, "logo-shown", "LOGO", "A.4.7", Severity.INFO, 1, "media:0", "shown", box=BOX, logo="crest"
                )
            )
        findings += [_finding(item, *values) for values in _bracketed(text)]
    findings.append(
        Finding(item, "safeguarding-concern", "SAFEGUARDING_CONCERN", "A.2.2", Severity.CRITICAL, 0.9, "text", "told")
    )
    form = Item("site:website", "site", (), Locator(""), "site:website")
    items.append((form, "site:website"))
    findings.append(
        Finding(form, "moderators-too-few", "SITE", "A.5.4", Severity.MEDIUM, 1, "text", "Nobody is named.")
    )
    source = SourceInfo("posts.jsonl", "website", "records-jsonl", "ab" * 32, 4, 1, 0, 2, 0, 0, date(2026, 1, 1), date(2026, 1, 4),
                        True, ("Comments by other people are not in it.",))  # fmt: skip
    of_blog = replace(source, name=str(export), site="blog", items=1, rejected=0, not_in_export=())
    with Store.open(path, Keys.load()) as store:
        run_id = store.begin_run(RunInfo("0", "0", "2023-06", "Northmoor School", 2, 0, False, date(2026, 1, 5)))
        store.save_batch(run_id, items, findings)
        store.finish_run(run_id, [source, of_blog], 0)
    return path


def draw(path: Path) -> str:
    """A chequered picture of 160 × 120 pixels; gives its SHA-256."""
    path.parent.mkdir(exist_ok=True)
    pixels = (np.indices((120, 160)).sum(axis=0) // 4 % 2 * 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _bracketed(text: str) -> list[tuple[str, int]]:
    found, shift = [], 0
    for piece in text.split("[")[1:]:
        start = text.index(f"[{piece}")
        value = piece.split("]")[0]
        found.append((value, start - shift))
        shift += 2
    return found


def _finding(item: Item, value: str, start: int) -> Finding:
    end = start + len(value)
    if value[0].isdigit():
        return Finding(item, "phone-published", "PHONE", "A.2.3", Severity.HIGH, 0.9, "text", "a mobile number", start, end,
                       value=value)  # fmt: skip
    return Finding(item, "pupil-named", "PUPIL", "A.2.3", Severity.CRITICAL, 0.9, "text", "full name", start, end,
                   pupils=(value,), value=value)  # fmt: skip


def page_over(store: Path, door: Door | None = None, lead: Any = None) -> tuple[Review, list[str]]:
    """The page over a store, with the list to which it adds each address that opens it."""
    addresses: list[str] = []
    announce: Callable[[str], None] = addresses.append
    review = Review(store, Keys.load(), "A. Person", "Northmoor School", SITES, door or Door(), announce, lead)
    review.open_door()
    return review, addresses
