"""What a person watches while an audit runs: how far it is, how fast, how long still."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pipelines import console


@pytest.mark.parametrize("expected", [0, 1000])
def test_progress_tells_the_rate_and_what_is_left(expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    out = io.StringIO()
    monkeypatch.setattr(console, "messages", Console(file=out, width=200))
    with console.progress(expected) as tell:
        now[0] = 10.0
        tell(500, 12)
        now[0] = 20.0
        tell(1000, 24)
        now[0] = 4000.0
        tell(1010, 24)
    began, half, whole, slow = out.getvalue().splitlines()
    assert began == "auditing…"
    assert half == "500 items audited, 12 findings so far; 50 items a second" + (", 10 s left" if expected else "")
    assert whole == "1000 items audited, 24 findings so far; 50 items a second"
    assert slow == "1010 items audited, 24 findings so far; 0.3 items a second"


def test_a_command_whose_messages_are_read_by_programs_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(console, "messages", Console(file=out, width=200))
    with console.progress(lines=False) as tell:
        tell(500, 12)
    assert out.getvalue() == ""


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(console, "messages", Console(file=out, width=200, force_terminal=True))
    with console.progress(1000) as tell:
        tell(400, 3)
    assert "400 items audited, 3 findings so far" in out.getvalue()


def test_times_are_told_in_fitting_units() -> None:
    assert [console._duration(s) for s in (3.2, 89, 100, 5000, 9000)] == ["3 s", "89 s", "2 min", "83 min", "2.5 h"]
