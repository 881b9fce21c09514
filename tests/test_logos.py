"""The command ``social-audit logos``."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from pipelines.cli import app
from tests import case_school, exports


def shown(folder: Path, *options: str) -> str:
    result = CliRunner().invoke(app, ["logos", "--school", str(folder), *options])
    assert result.exit_code == 0
    return result.output


def test_the_bank_is_shown_with_its_hashes_and_what_is_too_alike(tmp_path: Path) -> None:
    folder = exports.school(tmp_path / "school")
    assert "holds no picture" in shown(folder)
    (folder / "logos").mkdir()
    case_school.crest().save(folder / "logos" / "crest-colour.png")
    case_school.crest(ink="black").save(folder / "logos" / "crest-mono.png")
    case_school.crest(2008).save(folder / "logos" / "old.png")
    assert "All marks can be told apart" in shown(folder)
    case_school.crest(ink="darkblue").save(folder / "logos" / "copy.png")
    said = json.loads(shown(folder, "--json"))
    assert {(m["id"], m["file"]) for m in said["marks"]} >= {("crest", "crest-mono.png"), ("old", "old.png")}
    assert all(len(m["phash"]) == 64 and len(m["dhash"]) == 16 for m in said["marks"])
    assert [(a["first"], a["second"]) for a in said["alike"]] == [("copy", "crest")]
