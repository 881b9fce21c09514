"""What was read, passed over and rejected is what the export holds: nothing is lost in silence.

Members are counted without the readers (the folder's files, the archive's directory), and so are the records of a member
where a parser of a few lines can do it. The sample exports of other hands are counted too where they lie beside the project.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.readers import Export, open_exports

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
SHARED = Path(__file__).parents[2] / "shared" / "exports"
STATUSES = {"parsed", "skipped", "unknown", "damaged", "private"}


def samples(folder: Path) -> list[Path]:
    """Every folder and file below."""
    return sorted(folder.rglob("*")) if folder.exists() else []


OWN = [SAMPLE / "exports", *samples(SAMPLE / "exports"), SAMPLE / "school"]
OTHERS = samples(SHARED)


def opened(path: Path) -> Export | None:
    """The export, read to its end; None where there is nothing to read, which is said in a line."""
    exports, problems = open_exports([path])
    if not exports:
        assert len(problems) == 1
        return None
    (export,) = exports
    for _ in export.read():
        pass
    return export


def members_of(path: Path) -> dict[str, bytes]:
    """The files that an export consists of, with their bytes; a Word document is one file."""
    if path.is_dir():
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if "[Content_Types].xml" not in archive.namelist():
                return {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}
    return {path.name: path.read_bytes()}


def check_members(path: Path) -> None:
    export = opened(path)
    if export is None:
        return
    given = members_of(path)
    listed = Counter(m.member for m in export.report.members)
    assert {m.status for m in export.report.members} <= STATUSES
    assert [name for name in given if listed[name] > 1] == []
    grouped = [m for m in export.report.members if m.member not in given and m.files]
    left = [name for name in given if not listed[name]]
    for name in left:
        assert any(f"/{m.member.strip('/')}/" in f"/{name}" for m in grouped), "a member without a status"
    assert sum(m.files for m in grouped) == len(left)
    assert sum(m.files for m in export.report.members) == len(given)


@pytest.mark.parametrize("path", OWN, ids=lambda p: p.relative_to(SAMPLE).as_posix())
def test_every_member_of_the_samples_has_a_status(path: Path) -> None:
    check_members(path)


@pytest.mark.parametrize("path", OTHERS, ids=lambda p: p.relative_to(SHARED).as_posix())
def test_every_member_of_other_samples_has_a_status(path: Path) -> None:
    check_members(path)


def records_of(layout: str, name: str, data: bytes) -> int | None:
    """How many records a member holds, None where no few lines can tell."""
    if layout in ("warc", "wacz"):
        data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        return len(re.findall(rb"(?m)^WARC/1\.\d\r?\n", data)) or None
    text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", "replace")
    if name.endswith(".jsonl"):
        return sum(bool(line.strip()) for line in text.splitlines())
    if name.endswith(".csv"):
        return sum(any(row) for row in csv.reader(io.StringIO(text, newline=""))) - 1
    if name.endswith((".xml", ".rss", ".atom")):
        return len(re.findall(r"<(?:\w+:)?(?:item|entry|comment)[ >]", text)) if "<?xml" in text else None
    if name.endswith(".js"):
        return len(json.loads(text.partition("=")[2]))
    return _in_json(json.loads(text)) if name.endswith(".json") else None


def _in_json(whole: Any) -> int | None:
    """The records of a list, of the one list of an object, of an outbox, a feed, TikTok's lists, or a photo with comments."""
    if isinstance(whole, list):
        return len(whole)
    for key in ("orderedItems", "items"):
        if key in whole:
            return len(whole[key])
    if "Comment" in whole and "Post" in whole:
        return len(whole["Post"]["Posts"]["VideoList"]) + len(whole["Comment"]["Comments"]["CommentsList"])
    if "comments" in whole and "id" in whole:
        return 1 + len(whole["comments"])
    lists = [value for value in whole.values() if isinstance(value, list)]
    return len(lists[0]) if len(lists) == 1 and len(whole) == 1 else None


# In a member's reason, a number of records that were passed over; others count places, members or what was joined.
_PASSED = re.compile(r"(?<![\w.])(\d+) (?!of |places|joined|members|pages)")


def check_records(path: Path) -> list[str]:
    """Checks what can be counted, and gives the layouts of what was."""
    export = opened(path)
    if export is None:
        return []
    checked = []
    for name, data in members_of(path).items():
        entries = [m for m in export.report.members if m.member.partition("#")[0] == name]
        if not any(m.status in ("parsed", "damaged") and "own" not in m.why and "shown" not in m.why for m in entries):
            continue
        try:
            expected = records_of(export.layout, name, data)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if expected is not None:
            passed = sum(int(n) for m in entries for n in _PASSED.findall(m.why))
            assert sum(m.records for m in entries) + passed == expected, name
            checked.append(export.layout)
    return checked


def test_every_record_of_the_samples_is_counted() -> None:
    checked = Counter(layout for path in OWN if path.is_file() for layout in check_records(path))
    assert set(checked) == {
        "facebook-page-2025",
        "instagram-2022",
        "records-csv",
        "records-jsonl",
        "wordpress-wxr",
        "x-archive-2022",
    }
    assert checked["facebook-page-2025"] == 2
    assert checked["x-archive-2022"] == 3


def test_every_record_of_other_samples_is_counted() -> None:
    if not OTHERS:
        pytest.skip("the folder of shared exports is not beside the project")
    checked = Counter(layout for path in OTHERS for layout in check_records(path))
    assert set(checked) >= {
        "activitypub-outbox",
        "blogger-atom",
        "facebook-page-2025",
        "facebook-profile-old",
        "feed",
        "flickr-export",
        "instagram-2020",
        "instagram-2022",
        "linkedin-export",
        "mastodon-archive",
        "records-csv",
        "tiktok-export",
        "warc",
        "wordpress-wxr",
        "x-archive-2022",
        "youtube-takeout",
    }
