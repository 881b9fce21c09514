"""The report for mail in Chromium, by axe's rules of WCAG 2.2 AA."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from playwright.sync_api import Browser

from detectors.base import Severity
from reports.coverage import coverage
from reports.html import render_html
from reports.summary import RunRow
from tests.browser.test_review_browser import browser, violations  # noqa: F401 - the fixture
from tests.test_reports import POLICY, RULES, crowded


def test_the_report_for_mail_breaks_no_rule_of_wcag(browser: Browser) -> None:  # noqa: F811
    runs = tuple(RunRow(datetime(2026, 9, n, tzinfo=UTC), {Severity.HIGH: n}, n, 0, 1, 3, 19, 18) for n in (1, 2))
    made = replace(crowded(), history=runs)
    page = browser.new_page(viewport={"width": 700, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(render_html(made, coverage(POLICY, made, RULES), RULES))
    assert violations(page) == []
    assert asked == []
    page.close()
