"""The head teacher's report as HTML for mail: one file, styles inline, no script, no picture, nothing fetched.

Made from the same dictionary as the PDF. Single findings and pictures stand in the PDF only: a mail holds less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from detectors.base import Rule
from reports.coverage import CoverageRow
from reports.pages import pages
from reports.pdf import TEMPLATES, replace_file
from reports.summary import Summary


def write_html(summary: Summary, coverage: Sequence[CoverageRow], detectors: Mapping[str, Rule], path: Path) -> None:
    """Write the report; ``detectors`` are those that ran, by id. Mode 0600, whole or not at all, as ``write_pdf``."""
    replace_file(path, render_html(summary, coverage, detectors).encode())


def render_html(summary: Summary, coverage: Sequence[CoverageRow], detectors: Mapping[str, Rule]) -> str:
    """The HTML: the same for the same values."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("report.html").render(pages(summary, coverage, detectors))
