"""A wheel built from the tree works from another directory: policy, lexicons, sample, template and fonts are found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_an_installed_wheel_works_elsewhere(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "clean"
    venv.create(home, with_pip=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--quiet", str(wheel)],
        check=True,
        capture_output=True,
    )
    # The dependencies of this environment, without the link that its editable install has to the tree: a path named in a
    # .pth file is searched, but .pth files in it are not.
    found = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    Path(found.stdout.strip(), "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def command(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), "-m", "pipelines.cli", *arguments],
            cwd=elsewhere,
            env=os.environ | {"SOCIAL_AUDIT_HOME": str(elsewhere / "home")},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [str(python), "-c", "import detectors; print(detectors.__file__)"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(home) in where.stdout
    assert len(command("policy", "--json").splitlines()) == 119
    command("init", "school")
    said = command("sample", "--output", "out")
    assert "Report for the head teacher:" in said
    assert (elsewhere / "out" / "summary.pdf").stat().st_size > 10_000
    findings = [json.loads(line) for line in command("findings", "--store", "out/sample.duckdb", "--json").splitlines()]
    kinds = {
        "PUPIL",
        "PHONE",
        "EMAIL_PERSONAL",
        "EMAIL_SCHOOL",
        "HANDLE",
        "UPN",
        "HEALTH",
        "ATTAINMENT",
        "AGE_WITH_NAME",
        "PERSON_UNKNOWN",
        "LOGO",
        "LOGO_OUTDATED",
    }
    assert {f["kind"] for f in findings} >= kinds
