"""The head teacher's PDF of a store's latest run."""

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
from reports.pdf import write_pdf


def make_report(store: Store, path: Path, today: date, since: date | None = None) -> None:
    """Write it, and sign its hash in the store. Raises UserError where no run has finished or the file cannot be written."""
    summary, policy = summarise(store, load_policy, today, since)
    rules: dict[str, Rule] = {d.id: d for d in DETECTORS}
    rules |= {c.id: c for c in SITE_CHECKS}
    write_pdf(summary, coverage(policy, summary, rules), rules, path)
    sign_report(store, hashlib.sha256(path.read_bytes()).hexdigest(), summary.run_id)
