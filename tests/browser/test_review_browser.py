"""The review page in Chromium: by keyboard alone, without scripts, on a tablet, and by axe's rules of WCAG 2.2 AA."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.keys import install_lead_key, make_lead_keys, read_private_key
from pipelines.review.door import Door
from tests.reviewed import make_store, page_over

CHROMIUM = shutil.which("chromium")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

if CHROMIUM is None and os.environ.get("CI") != "true":
    pytest.skip("no chromium here: install it to test the review page in a browser", allow_module_level=True)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None, "the tests of the review page need chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])  # root needs that
        yield launched
        launched.close()


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Browser) -> Iterator[Open]:
    """Opens the page, for the safeguarding lead, over a store of its own; every request must be to its server."""
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(tmp_path / "home"))
    install_lead_key(make_lead_keys(tmp_path / "lead.pem", "lantern otter"))
    store = make_store(tmp_path / "s.duckdb")
    door = Door()
    review, addresses = page_over(store, door, read_private_key(tmp_path / "lead.pem", "lantern otter"))
    listening = socket.create_server(("127.0.0.1", 0))
    here = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(review.app, log_config=None, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    asked: list[str] = []
    contexts = []

    def opened(idle: float = 60, **settings: Any) -> Page:
        door.idle = idle
        context = browser.new_context(base_url=here, viewport={"width": 1280, "height": 800}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(addresses[-1])
        return page

    yield opened
    for context in contexts:
        context.close()
    server.should_exit = True
    thread.join()
    assert [url for url in asked if not url.startswith(here)] == []


def violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def status(page: Page) -> str:
    """What is read out: the script puts it there a moment after the page is loaded."""
    page.wait_for_selector("#told:not(:empty)")
    return page.inner_text("#told")


def first(page: Page, path: str, link: str) -> str:
    page.goto(path)
    return str(page.get_attribute(f"{link} >> nth=0", "href"))


def test_no_page_breaks_a_rule_of_wcag(enter: Open) -> None:
    page = enter()
    finding = first(page, "/", "a[data-row]")
    item = first(page, "/withheld", "a[data-row]")
    for path in (
        "/",
        "/?view=confirmed",
        finding,
        "/sites",
        "/read",
        "/withheld",
        item,
        "/no-such-page",
        "/start/wrong",
    ):
        page.goto(path)
        assert (path, violations(page)) == (path, [])
    for path, action in ((finding, "reveal"), (item, "open")):
        page.goto(path)
        page.fill(f"#{action}", "to see")
        press(page, "Enter")
        assert (action, violations(page)) == (action, [])
    page.goto(finding)
    press(page, "c")
    assert violations(page) == []
    page.set_viewport_size({"width": 768, "height": 1024})
    for path in ("/", finding):
        page.goto(path)
        assert (path, violations(page)) == (path, [])


def test_everything_is_done_by_keyboard(enter: Open) -> None:
    page = enter()
    page.keyboard.press("Tab")
    assert page.inner_text(":focus") == "Skip to the content"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    page.keyboard.type("mobile")
    press(page, "Enter")
    assert page.locator("tbody tr").count() == 2
    page.keyboard.press("j")
    press(page, "Enter")
    one = page.url
    page.keyboard.press("v")
    page.keyboard.type("confirm")
    press(page, "Enter")
    assert status(page).startswith("Revealed.")
    assert page.inner_text("mark.this") == "07700 900123"
    press(page, "f")
    assert status(page) == "1 finding: false alarm."
    assert page.url != one
    press(page, "u")
    assert (status(page), page.url) == ("1 verdict taken back.", one)
    press(page, "j")
    press(page, "k")
    assert page.url == one
    assert page.inner_text("ol.history li >> nth=0").startswith("undone, A. Person")


def test_single_keys_do_nothing_once_they_are_switched_off(enter: Open) -> None:
    page = enter()
    with page.expect_navigation():
        page.click("text=Switch single keys off")
    page.goto(first(page, "/", "a[data-row]"))
    before = page.url
    for key in "cfnreujkv":
        page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert page.url == before
    assert page.inner_text("section:has(#history)").endswith("Nobody has decided yet.")


def test_everything_is_done_without_scripts(enter: Open) -> None:
    page = enter(java_script_enabled=False)
    page.click("a[data-row] >> nth=0")
    page.check("text=all findings of this pupil (2)")
    page.click("button:has-text('Confirm')")
    assert page.inner_text("#told") == "2 findings: confirmed."
    page.click("button:has-text('Undo')")
    assert page.inner_text("#told") == "2 verdicts taken back."


def test_pages_fit_a_desk_a_tablet_and_a_magnified_screen(enter: Open) -> None:
    page = enter()
    finding = first(page, "/", "a[data-row]")
    for width in (1280, 768, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for path in ("/", finding, "/sites", "/read", "/withheld"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_the_page_closes_when_nobody_uses_it(enter: Open) -> None:
    page = enter(idle=1)
    page.wait_for_selector("h1:has-text('This page is closed')")
    assert page.locator("a[data-row]").count() == 0


def test_scripts_see_no_cookie_and_none_but_the_page_s_own_runs(enter: Open) -> None:
    page = enter()
    assert page.evaluate("document.cookie") == ""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in told)
