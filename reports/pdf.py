"""The head teacher's PDF: tagged (PDF/UA-1), the same bytes for the same values, readable by its owner alone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import font_lato
import typst

from detectors.base import Rule, UserError
from reports.coverage import CoverageRow
from reports.pages import TIGHT, USUAL, pages
from reports.summary import Summary

SUMMARY_PAGES = 2
TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(font_lato.__file__).parent / "files"


def write_pdf(summary: Summary, coverage: Sequence[CoverageRow], detectors: Mapping[str, Rule], path: Path) -> None:
    """Write the report; ``detectors`` are those that ran, by id.

    The file has mode 0600 and replaces an older one only when it is complete. Raises UserError where the file cannot be written.
    """
    replace_file(path, render(summary, coverage, detectors))


def replace_file(path: Path, content: bytes) -> None:
    """Put a PDF in a path's place, whole or not at all. Raises UserError where it cannot be written."""
    try:
        _replace(path, content)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UserError(
            f"{path}: the report cannot be written ({reason}); name a file in a folder that exists and that you may write to"
        ) from None


def render(summary: Summary, coverage: Sequence[CoverageRow], detectors: Mapping[str, Rule]) -> bytes:
    """The PDF's bytes. A summary that would not fit its two pages is made shorter."""
    compiler = typst.Compiler(TEMPLATES / "report.typ", root=TEMPLATES, font_paths=[FONTS], ignore_system_fonts=True)
    pdf = b""
    for room in (USUAL, TIGHT):
        compiled = compiler.compile(
            sys_inputs={"report": json.dumps(pages(summary, coverage, detectors, room))},
            pdf_standards=["ua-1"],
            timestamp=int(summary.run_at.timestamp()),
        )
        assert isinstance(compiled, bytes)
        pdf = compiled
        if json.loads(compiler.query("<summary-pages>", field="value", one=True)) <= SUMMARY_PAGES:
            break
    return pdf


def midnight(day: date) -> int:
    """A day's beginning in UTC, in seconds since 1970: the date that a PDF of its own carries."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _replace(path: Path, content: bytes) -> None:
    """Put the bytes in the path's place in one step: a temporary file beside it, which mkstemp makes with mode 0600."""
    handle, name = tempfile.mkstemp(prefix=".report-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
