"""The head teacher's report of a store's latest run."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from detectors import DETECTORS
from detectors.base import Rule
from detectors.clauses import load_policy
from detectors.sites.rules import SITE_CHECKS
from pipelines.store import Store
from pipelines.store.signatures import sign_report
from pipelines.store.summary import summarise
from reports.coverage import coverage
from reports.html import write_html
from reports.pdf import write_pdf
from reports.summary import Period


def make_report(store: Store, path: Path, today: date, period: Period | None = None, html: Path | None = None) -> None:
    """Write it, ``html`` too if named, and sign the hashes in the store; a path that ends in .html or .htm is written as HTML.

    Raises UserError where no run has finished or the file cannot be written.
    """
    summary, policy = summarise(store, load_policy, today, period)
    rules: dict[str, Rule] = {d.id: d for d in DETECTORS}
    rules |= {c.id: c for c in SITE_CHECKS}
    covered = coverage(policy, summary, rules)
    for written in filter(None, (path, html)):
        as_html = written == html or written.suffix.lower() in (".html", ".htm")
        (write_html if as_html else write_pdf)(summary, covered, rules, written)
        sign_report(store, hashlib.sha256(written.read_bytes()).hexdigest(), summary.run_id)
