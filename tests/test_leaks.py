"""Nothing about a child leaks from the auditor itself: not from the store, Prefect, the PDF, the logs, nor any file it leaves."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pypdfium2
import pytest

from pipelines.places import unlisted
from tests import exports

_ONSETS = ("Br", "Dr", "Fl", "Gl", "Kn", "Pl", "Qu", "Sk", "Thw", "Zv")
_ENDS = ("ombleth", "axwick", "undervost", "iffnoth", "ezzlemar")
SURNAMES = tuple(f"{onset}{end}" for onset in _ONSETS for end in _ENDS)
FORENAMES = ("Noor", "Teo", "Xanthe", "Ruben", "Anaïs")
PUPILS = tuple((FORENAMES[n % 5], surname) for n, surname in enumerate(SURNAMES))


# What a pupil might write of a friend; no sentence of it may be seen outside of the lead's seal.
DISCLOSURE = "my friend {} keeps cutting herself and made me promise not to tell, she says she wants to die"
DISCLOSED = ("SAFEGUARDING_CONCERN", "cutting herself", "words of self-harm")


def folded(text: str) -> str:
    """Lower case, no marks, and what JSON, HTML and addresses escape undone."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    text = unicodedata.normalize("NFKD", html.unescape(unquote(text)))
    return re.sub(r"[^a-z0-9]+", "", "".join(c for c in text if not unicodedata.combining(c)).lower())


def leaks(text: str) -> set[str]:
    plain = folded(text)
    return {surname for surname in SURNAMES if folded(surname) in plain}


def store_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Every table and view of a store, as text."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
        assert {"runs", "sources", "items", "findings", "findings_now"} <= {t for (t,) in tables}
        for (table,) in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            yield (
                f"store:{table}",
                json.dumps(rows, default=lambda v: v.decode("latin-1") if isinstance(v, bytes) else str(v)),
            )


def sqlite_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Every table of an SQLite database, as text."""
    with sqlite3.connect(path) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            yield f"prefect:{table}", json.dumps(rows, default=lambda v: v.decode("latin-1"))


def pdf_text(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def everything(folder: Path, output: str) -> Iterator[tuple[str, str]]:
    """What a run left: logs, store, report, Prefect's database, and the bytes of every file of its home."""
    yield "output", output
    yield from store_texts(folder / "store.duckdb")
    if (folder / "report.pdf").exists():
        yield "report", pdf_text(folder / "report.pdf")
    yield from sqlite_texts(folder / "home" / "prefect" / "prefect.db")
    for path in [*(folder / "home").rglob("*"), folder / "store.duckdb"]:
        if path.is_file():
            yield f"bytes of {path.name}", path.read_bytes().decode("latin-1")


def found_in(folder: Path, output: str) -> dict[str, set[str]]:
    return {place: names for place, text in everything(folder, output) if (names := leaks(text))}


def given(folder: Path) -> list[Path]:
    """Exports whose texts, titles, addresses, authors, alt texts, file names and own names all name pupils."""
    full = [f"{forename} {surname}" for forename, surname in PUPILS]
    rows: list[dict[str, object]] = []
    for number, name in enumerate(full):
        slug = name.lower().replace(" ", "-")
        mentioned = number % 2 == 0  # every other post is one on which no rule fires
        rows.append(
            {
                "id": f"post-{slug}",
                "text": f"Well done {name}! Call 07700 900{number:03}." if mentioned else "A quiet day.",
                "title": f"{name} wins" if mentioned else "News",
                "url": f"https://www.northmoor.example/news/{slug}",
                "author": name,
                "site": f"club-{slug}" if number % 10 == 0 else "website",
                "alt": [f"{name} with a cup"] if mentioned else [],
                "media": [f"{slug}.png"] if mentioned else [],
                "published": "2026-01-05T10:00:00Z",
            }
        )
        if mentioned:
            (folder / f"{slug}.png").write_bytes(exports.png())
    surname = SURNAMES[0].lower()
    pictures = folder / f"{surname}-pictures"
    pictures.mkdir()
    (pictures / f"{SURNAMES[1]}.png").write_bytes(exports.png())
    (pictures / f"{SURNAMES[2]}.txt").write_text(DISCLOSURE.format(full[2]), encoding="utf-8")
    return [
        exports.records(folder / f"{surname}.jsonl", rows),
        exports.wordpress(
            folder / f"site-{surname}.xml", [(n, f"<b>{n}</b> sang", n, n.lower().replace(" ", "-")) for n in full]
        ),
        exports.facebook(
            folder / f"page-{surname}.zip",
            [(f"Thanks to {n}", f"{n}.png") for n in full],
            profile={
                "name": {"full_name": f"Friends of {full[5]}"},
                "username": f"{SURNAMES[6]}.friends",
                "profile_uri": f"https://www.facebook.com/{SURNAMES[6]}.friends",
                "websites": [{"address": f"https://{SURNAMES[7]}.example/"}],
                "intro_bio": {"name": f"The page of {full[8]} and {full[9]}"},
            },
        ),
        pictures,
    ]


def audit(folder: Path, code: str = "from pipelines.cli import main; main()") -> subprocess.CompletedProcess[str]:
    where = folder / f"handed-over-by-{SURNAMES[3].lower()}"
    where.mkdir()
    paths = [str(p) for p in given(where)]
    arguments = ["run", *paths, "--school", str(exports.school(where / "school", PUPILS))]
    arguments += ["--store", "store.duckdb", "--report", "report.pdf"]
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"SOCIAL_AUDIT_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def command(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments, "--store", str(folder / "store.duckdb")],
        env=os.environ | {"SOCIAL_AUDIT_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("leaks")
    done = audit(folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout + done.stderr


def test_a_run_leaves_no_name_anywhere(audited: tuple[Path, str]) -> None:
    folder, output = audited
    with duckdb.connect(str(folder / "store.duckdb"), read_only=True) as connection:
        row = connection.execute(
            "SELECT count(*), count(DISTINCT pupils[1]) FROM findings WHERE kind = 'PUPIL'"
        ).fetchone()
        facts = connection.execute(
            "SELECT fact FROM site_facts_read WHERE platform = 'facebook' ORDER BY fact"
        ).fetchall()
    assert row is not None
    assert [name for (name,) in facts] == ["about", "name", "url", "username", "website"]
    assert row[0] >= 200
    assert row[1] == len(PUPILS)
    assert found_in(folder, output) == {}


def test_a_disclosure_reaches_nobody_but_the_lead(audited: tuple[Path, str]) -> None:
    """Not the findings, the work list, the analysts' copy, the PDF, the logs nor Prefect: all say how many, and nothing else."""
    folder, output = audited
    assert "1 item withheld: tell your safeguarding lead" in output
    assert "1 item kept for the safeguarding lead" in " ".join(pdf_text(folder / "report.pdf").split())
    (school,) = folder.glob("handed-over-by-*/school")
    listed = [
        command(folder, "findings", "--json"),
        command(folder, "worklist", "--csv", "-"),
        command(folder, "routes", "--school", str(school), "--json"),
    ]
    assert {"role": "safeguarding", "person": "", "count": 1} in json.loads(listed[-1])
    copies = [p for p in folder.iterdir() if p.suffix == ".duckdb" and p.name != "store.duckdb"]
    assert copies
    told = [*everything(folder, output), *(("list", text) for text in listed)]
    for copy in copies:
        told += [(copy.name, copy.read_bytes().decode("latin-1")), *store_texts(copy)]
    for place, text in told:
        assert [said for said in DISCLOSED if said in text] == [], place


def test_every_file_that_was_written_has_its_place(audited: tuple[Path, str]) -> None:
    """What stands where is a list in the docs; nothing stands elsewhere."""
    folder, _ = audited
    home = folder / "home"
    in_home = [p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()]
    assert len(in_home) > 2
    assert unlisted("home", in_home, "store.duckdb") == []
    beside = [p.name for p in folder.iterdir() if p.is_file() and p.name != "report.pdf"]
    assert "store.duckdb" in beside
    assert unlisted("store", beside, "store.duckdb") == []


def test_a_name_in_the_clear_is_seen(audited: tuple[Path, str], tmp_path: Path) -> None:
    folder, output = audited
    name = SURNAMES[7]
    assert found_in(folder, output + json.dumps({"é": f"{name.upper()} ü"})) == {"output": {name}}
    copy = shutil.copytree(folder, tmp_path / "copy")
    with duckdb.connect(str(copy / "store.duckdb")) as connection:
        connection.execute("UPDATE runs SET school = ?", [f"from {name}'s folder"])
    with sqlite3.connect(copy / "home" / "prefect" / "prefect.db") as connection:
        connection.execute("UPDATE flow_run SET parameters = ?", [json.dumps({"path": f"/exports/{name.lower()}.zip"})])
    assert {"store:runs", "prefect:flow_run"} <= set(found_in(copy, output))


def test_a_run_that_fails_leaves_no_name_either(tmp_path: Path) -> None:
    code = (
        "import pipelines.runs as runs\n"
        "def fail(*_):\n"
        f"    raise RuntimeError('could not read about {' '.join(PUPILS[4])}')\n"
        "runs.audit = fail\n"
        "from pipelines.cli import main; main()"
    )
    done = audit(tmp_path, code)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert found_in(tmp_path, done.stdout + done.stderr) == {}


def test_a_scheduled_run_tells_its_terminal_and_not_prefect(tmp_path: Path) -> None:
    """What the schedule's process does: it gets the name of a job file, and the export has gone since."""
    gone = tmp_path / f"{SURNAMES[9].lower()}.zip"
    code = (
        "import sys; from pipelines import flow\n"
        "job = flow.Job((sys.argv[1],), sys.argv[2], 'store.duckdb')\n"
        "flow.audit_flow(flow._save_job(job))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(gone), str(exports.school(tmp_path / "school"))],
        cwd=tmp_path,
        env=os.environ | {"SOCIAL_AUDIT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode != 0
    assert f"{gone}: no such file" in done.stderr
    stored = dict(sqlite_texts(tmp_path / "home" / "prefect" / "prefect.db"))
    assert "the audit did not end" in stored["prefect:flow_run_state"]
    assert {place: leaks(text) for place, text in stored.items() if leaks(text)} == {}


def test_files_are_their_owners_only(audited: tuple[Path, str]) -> None:
    folder, _ = audited
    left = [folder / "store.duckdb", folder / "report.pdf", *(p for p in (folder / "home").rglob("*") if p.is_file())]
    assert {p.name: oct(p.stat().st_mode & 0o077) for p in left if p.stat().st_mode & 0o077} == {}
