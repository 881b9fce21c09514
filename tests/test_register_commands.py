"""The register and the confirmations, as the communications manager uses them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from typer.testing import CliRunner, Result

from detectors.base import UserError
from pipelines.cli import app
from pipelines.keys import Keys
from pipelines.store import Store

SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "school"
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("attested")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_AUDIT_HOME", str(folder / "home"))
        Store.open(folder / "s.duckdb", Keys.load()).close()
        yield folder / "s.duckdb"


@pytest.fixture
def school(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "school"))


def invoke(*arguments: object) -> Result:
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return done


def refused(*arguments: object) -> str:
    """What the user is told."""
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert isinstance(done.exception, UserError), (done.output, done.exception)
    return str(done.exception)


def rows(done: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def pdf_text(path: Path) -> str:
    return "\n".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(path))


def test_the_register_is_shown_with_what_is_unknown(school: Path) -> None:
    shown = {r["site"]: r for r in rows(invoke("register", "show", "--school", school, "--json"))}
    assert shown["facebook"]["moderators"] == 1
    assert shown["classblog"]["profile"] == "strict"
    assert "unknown" in {r["closes"] for r in shown.values()}


def test_the_register_is_checked_without_any_export(school: Path) -> None:
    found = {(r["detector"], r["item"]) for r in rows(invoke("register", "check", "--school", school, "--json"))}
    assert ("cover-too-thin", "site:facebook") in found
    assert all(detector != "site-not-exported" for detector, _ in found)


def test_a_form_is_printed_and_read_back(school: Path, tmp_path: Path) -> None:
    pdf, row = tmp_path / "form.pdf", tmp_path / "row.toml"
    invoke("register", "form", "--school", school, "--site", "classblog", "--output", pdf)
    text = pdf_text(pdf)
    assert "ST04 (Miss Leonie Sewell)" in text
    assert "Dr Judith Halloran" in text
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    invoke("register", "read", pdf, "--output", row)
    told = row.read_text(encoding="utf-8")
    assert 'moderators = ["ST04", "ST14"]' in told
    assert "Sewell" not in told
    assert "approvals = []" in told
    # What was read can be added under another id, and is a site from then on.
    row.write_text(told.replace('"classblog"', '"classblog2"'), encoding="utf-8")
    invoke("register", "add", row, "--school", school)
    assert "classblog2" in {r["site"] for r in rows(invoke("register", "show", "--school", school, "--json"))}


def test_a_blank_form_asks_for_every_field(school: Path, tmp_path: Path) -> None:
    invoke("register", "form", "--school", school, "--output", tmp_path / "blank.pdf")
    text = pdf_text(tmp_path / "blank.pdf")
    assert len(pypdfium2.PdfDocument(tmp_path / "blank.pdf")) == 2
    for key in ("aims", "moderators", "closure_or_review", "consent_method", "line_manager", "head"):
        assert f"[{key}]" in text


def test_what_cannot_be_used_changes_nothing(school: Path, tmp_path: Path) -> None:
    before = (school / "sites.toml").read_bytes()
    again, pdf = tmp_path / "again.toml", tmp_path / "f.pdf"
    again.write_text('[[site]]\nsite_id = "classblog"\n', encoding="utf-8")
    assert "on the register already" in refused("register", "add", again, "--school", school)
    again.write_text('[[site]]\nsite_id = "new"\ngo_live = "2025-02-30"\n', encoding="utf-8")
    assert "go_live" in refused("register", "add", again, "--school", school)
    again.write_bytes(b"%PDF-1.4 nothing of ours")
    assert "is no PDF that can be read" in refused("register", "read", again)
    assert "there is no site nowhere" in refused(
        "register", "form", "--school", school, "--site", "nowhere", "--output", pdf
    )
    assert (school / "sites.toml").read_bytes() == before


def test_confirmations_are_kept_listed_and_run_out(store: Path) -> None:
    long_ago, then = TODAY - timedelta(days=400), TODAY - timedelta(days=30)
    invoke("attest", "1.4", "--by", "M. Ellery", "--on", long_ago, "--until", then, "--store", store)
    states = {r["clause"]: r for r in rows(invoke("attest", "--store", store, "--json"))}
    assert states["1.4"]["state"] == "overdue"
    assert "never confirmed" in {r["state"] for r in states.values()}
    assert b"Ellery" not in store.read_bytes()
    invoke("attest", "1.4", "--by", "M. Ellery", "--store", store)
    (row,) = (r for r in rows(invoke("attest", "--store", store, "--json")) if r["clause"] == "1.4")
    assert (row["state"], row["times"], row["by"]) == ("confirmed", 2, "M. Ellery")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("1.1", "--by", "M. Ellery"), "is not one that a person attests"),
        (("1.4",), "say who confirms it"),
        (("1.4", "--by", "M. Ellery", "--on", TODAY + timedelta(days=2)), "lies ahead"),
        (("1.4", "--by", "M. Ellery", "--until", TODAY - timedelta(days=2)), "lies before"),
    ],
)
def test_a_confirmation_that_cannot_be(arguments: tuple[object, ...], says: str, store: Path) -> None:
    assert says in refused("attest", *arguments, "--store", store)
