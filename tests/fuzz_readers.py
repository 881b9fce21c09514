"""Feeds the readers with damaged exports: nothing but UserError may come out, nothing may hang or fill memory.

``python -m tests.fuzz_readers --seconds 60``. The samples are small exports of every format that the tests build, and every
file and folder of ``../shared/exports`` where that lies beside the project: a format added to ``FORMATS`` is covered by its
samples there. An input follows from the seed and its number alone: ``--seed S --only N`` does it again, and leaves it in
``build/fuzz``.

Inputs are read in a process of their own, so that one that hangs within a library written in C, or ends the process, is
found too.
"""

from __future__ import annotations

import argparse
import csv
import faulthandler
import io
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detectors.base import UserError
from pipelines.readers import open_export, record_line
from tests.readers_exports import facebook_page, mojibake, pdf, picture, wxr, wxr_item, xls, xlsx

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "exports"
KEPT = ROOT / "build" / "fuzz"
SECONDS_AN_INPUT = 20
# The address space of the process that reads: the libraries alone take about 1 GB of it.
MEMORY_BYTES = 4 << 30
_MOST_SAMPLE_BYTES = 2 << 20
_FAULTS = 10  # what the process that reads ends with where it found some and went on

Files = dict[str, bytes]


@dataclass
class Sample:
    """A whole export: its members by name; with one member it may be given as a bare file."""

    name: str
    files: Files = field(repr=False)


def samples() -> list[Sample]:
    """One or more small exports of every format; those built here are known to be whole, and come three times."""
    return [*_built(), *_built(), *_built(), *_shared()]


def _built() -> Iterator[Sample]:
    def made(name: str, files: dict[str, str | bytes]) -> Sample:
        return Sample(name, {n: d.encode() if isinstance(d, str) else d for n, d in files.items()})

    comment = (
        "<wp:comment><wp:comment_id>7</wp:comment_id><wp:comment_author>Bo</wp:comment_author><wp:comment_date_gmt>"
        "2024-06-06 10:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[Hi & <b>bye</b>]]></wp:comment_content>"
        "<wp:comment_approved>1</wp:comment_approved></wp:comment>"
    )
    content = '[caption id="x"]<img src="/wp-content/uploads/a.png" alt="Ann">[/caption]<p>One &amp; two</p>'
    site = wxr(
        wxr_item(1, content=content, inner=comment, post_date_gmt="2024-06-06 09:00:00"),
        wxr_item(2, "attachment", "inherit", attachment_url="https://x.example/wp-content/uploads/a.png"),
        wxr_item(3, "page", "draft", content="<!-- wp:paragraph --><pre>a\n  b</pre>"),
    )
    rows = [
        {"id": "1", "text": "Ann – 4B", "published": "2024-06-03T10:00:00Z", "media": ["a.png"], "alt": ["A"]},
        {"id": 2, "text": "half \ud83d", "visibility": "public", "has_photo": True, "url": "https://x.example/2"},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    table = 'id,text,date,url\n1,"One\ntwo",03/06/2024 10:00,https://x.example/1\n2,=A1,,\n'
    meta = (
        "Post ID,Description,Publish time,Permalink,Post type\n77,Hello,06/03/2024 07:20,https://x.example/77,Photos\n"
    )
    page = '<html><head><meta charset="utf-8"><title>T</title></head><body><p>Hi<img src="a.png" alt="A"></body></html>'
    folder: dict[str, str | bytes] = {
        "index.html": page,
        "a.png": picture(),
        "b.jpg": picture("JPEG"),
        "c.webp": picture("WEBP"),
        "d.gif": picture("GIF"),
        "news.pdf": pdf("Well done"),
        "note.txt": "Plain – text",
        "posts.csv": table,
        "posts.jsonl": lines,
    }
    yield made("facebook page", facebook_page())
    profile = [{"timestamp": 1672531200, "data": [{"post": mojibake("Año – José")}], "title": "x"}]
    yield made("facebook profile", {"your_facebook_activity/posts/your_posts_1.json": json.dumps(profile)})
    yield made("facebook bare", {"posts.json": json.dumps(profile)})
    yield made("wordpress", {"site.xml": site})
    yield made("wordpress with uploads", {"site.xml": site, "wp-content/uploads/a.png": picture()})
    yield made("records", {"posts.jsonl": lines})
    yield made("table", {"posts.csv": table})
    yield made("table of Meta", {"posts.csv": meta})
    rows = [["Post title", "Post link", "Created date"], ["Well done Zoë", "https://larkmoor.example/1", "06/03/2024"]]
    yield made("spreadsheet", {"posts.xls": xls("All posts", rows)})
    yield made("new spreadsheet", {"posts.xlsx": xlsx(("All posts", [list(row) for row in rows], True))})
    yield made("folder", folder)
    for name in ("index.html", "b.jpg", "news.pdf", "note.txt"):
        yield made(name, {name: folder[name]})


def _shared() -> Iterator[Sample]:
    """Every file, and every folder that is small enough, of the exports of other hands."""
    places = sorted(p for p in SHARED.rglob("*") if SHARED.is_dir())
    for place in places:
        inside = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
        if inside and sum(p.stat().st_size for p in inside) <= _MOST_SAMPLE_BYTES:
            base = place.parent if place.is_file() else place
            yield Sample(
                str(place.relative_to(SHARED)), {p.relative_to(base).as_posix(): p.read_bytes() for p in inside}
            )


# What breaks parsers, written into the middle of anything.
_TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b"<", b"&", b"]]>", b"<![CDATA[", b"<!--", b"\0", b"\n", b"\r", b"\x1b[2J", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\xfe\xff", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"NaN", b"-Infinity", b"1e999", b"9" * 5000,
    b"[" * 3000, b'{"a":' * 3000, b"<div>" * 3000, b"(" * 3000, b"\\", b"'", b",", b";", b"\t" * 50_000, b" " * 50_000,
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>', b"&b;", b"&#0;", b"&#xFFFFFFFF;", b"[caption " * 5000,
    b"=?utf-8?b?", b"%00", b"../" * 50, b"WARC/1.0\r\n", b"Content-Length: 99999999999\r\n", b"PK\x03\x04", b"PK\x01\x02",
    b"window.YTD.tweets.part0 = ", b"null", b"true", b"{}", b"[]", b'""', b"0", b"-1",
)  # fmt: skip
# What a field of JSON, a cell of a table or a name may turn into.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1e308, float("nan"), 2**63, 10**400, -(10**18), "", " ", "\ud800", "\0", "a\nb", "\x1b[31m",
    "x" * 100_000, "../../etc/passwd", "http://[::1", "//", "https://x.example/" + "%" * 50, "0000-00-00", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00", "@[1:2:Bo]", mojibake("é – ☃") + "—", [], {}, [[]], [{}], {"": ""}, [None], {"timestamp": "x"},
)  # fmt: skip
_NAMES = (
    "a\nb.txt", "\x1b[31m.csv", "../up.txt", "/root.txt", "..\\up.txt", "C:\\x.txt", "con.txt", "café.html", "\u202egnp.exe",
    "a" * 200 + ".txt", "x.json", "x.xml", "x.jsonl", "x.csv", "x.html", "x.pdf", "x.png", ".hidden", "messages/inbox/1.json",
)  # fmt: skip


def mutate(sample: Sample, rng: random.Random, others: list[Sample]) -> Files:
    """The sample's members after one to four changes."""
    files = dict(sample.files)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        name = rng.choice(sorted(files))
        change = rng.choice((_bytes, _bytes, _bytes, _structure, _structure, _structure, _members))
        if change is _members:
            files = _members(files, name, rng, others)
        else:
            files[name] = (_bytes if change is _bytes else _structure)(files[name], rng)
    return files


def _bytes(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, to = sorted((rng.randint(0, len(out)), rng.randint(0, len(out))))
        to = min(to, at + rng.choice((1, 4, 64, 4096)))
        match rng.randrange(7):
            case 0 if out:
                at = rng.randrange(len(out))
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                del out[at:to]
            case 2:
                out[at:at] = out[at:to] * rng.choice((1, 2, 50))
            case 3:
                out[at:at] = rng.choice(_TOKENS)
            case 4:
                out[at:to] = rng.choice(_TOKENS)
            case 5:
                out[at:to] = rng.randbytes(to - at)
            case _ if rng.random() < 0.3:
                del out[at:]
    return bytes(out[: 1 << 20])


def _structure(data: bytes, rng: random.Random) -> bytes:
    """A change that keeps the form: of JSON by values, of a table by cells, of mark-up by elements, else of encoding."""
    head = data[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
    assigned = re.match(rb"window\.[\w.]+\s*=", head)
    try:
        if assigned or head[:1] in (b"{", b"["):
            before = data[: data.index(b"=") + 1] if assigned else b""
            return before + _json(data[len(before) :], rng)
        if b"<" in head:
            return _markup(data, rng)
        if b"," in data[:2000] and b"\0" not in data:
            return _table(data, rng)
    except (ValueError, RecursionError, csv.Error):
        pass
    encodings = ("utf-16", "utf-16-be", "utf-8-sig", "shift-jis", "cp1252", "utf-7", "utf-32")
    return data.decode("utf-8", "replace").encode(rng.choice(encodings), "replace")


def _json(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8-sig")
    try:
        values, by_line = [json.loads(text)], False
    except ValueError:
        values, by_line = [json.loads(line) for line in text.splitlines() if line.strip()], True
    for _ in range(rng.choice((1, 1, 3, 10))):
        _change(values, rng)
    written = [json.dumps(v, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, None, 1))) for v in values]
    return ("\n" if by_line else "").join(written).encode("utf-8", "surrogatepass")


def _change(root: list[Any], rng: random.Random) -> None:
    """Changes one value somewhere below."""
    holder: Any = root
    while True:
        keys: list[Any] = list(range(len(holder))) if isinstance(holder, list) else list(holder)
        if not keys:
            return
        key = rng.choice(keys)
        inner = holder[key]
        if isinstance(inner, list | dict) and inner and rng.random() < 0.85:
            holder = inner
            continue
        match rng.randrange(6):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.extend([inner] * rng.choice((1, 30)))
            case 2 if isinstance(holder, dict):
                holder[rng.choice((*holder, "x", "", "id", "text", "timestamp"))] = inner
            case 3:
                deep: Any = inner
                for _ in range(rng.choice((1, 3, 300))):
                    deep = [deep] if rng.random() < 0.5 else {"data": deep}
                holder[key] = deep
            case _:
                holder[key] = rng.choice(_VALUES)
        return


def _table(data: bytes, rng: random.Random) -> bytes:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline="")))
    row = rng.choice(rows)
    match rng.randrange(5):
        case 0:
            rng.shuffle(row)
        case 1:
            rows.extend([row] * rng.choice((1, 100)))
        case 2:
            del rows[rows.index(row)]
        case 3 if row:
            row.pop()
        case _ if row:
            row[rng.randrange(len(row))] = str(rng.choice(_VALUES))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=rng.choice(",,,;\t|"), lineterminator=rng.choice(("\n", "\r\n", "\r"))).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _markup(data: bytes, rng: random.Random) -> bytes:
    tags = list(re.finditer(rb"<[^<>]{1,200}>", data))
    if not tags:
        return data
    a, b = sorted((rng.choice(tags), rng.choice(tags)), key=lambda m: m.start())
    match rng.randrange(5):
        case 0:
            return data[: a.start()] + data[a.end() :]
        case 1:
            return data[: a.start()] + data[a.start() : b.end()] * rng.choice((2, 40)) + data[b.end() :]
        case 2:
            return data[: a.start()] + data[b.end() :]
        case 3:
            return data[: a.end()] + str(rng.choice(_VALUES)).encode("utf-8", "surrogatepass") + data[a.end() :]
        case _:
            return data[: a.start()] + b.group() + data[a.end() : b.start()] + a.group() + data[b.end() :]


def _members(files: Files, name: str, rng: random.Random, others: list[Sample]) -> Files:
    """Members lost, renamed, exchanged, empty or from another export."""
    match rng.randrange(6):
        case 0 if len(files) > 1:
            return {n: d for n, d in files.items() if n != name}
        case 1:
            return {(rng.choice(_NAMES) if n == name else n): d for n, d in files.items()}
        case 2:
            other = rng.choice(sorted(files))
            return {**files, name: files[other], other: files[name]}
        case 3:
            return {**files, name: b""}
        case 4:
            return {**rng.choice(others).files, **files}
        case _:
            return {f"deeper/{n}": d for n, d in files.items()}


def lay_out(files: Files, where: Path, rng: random.Random) -> Path:
    """Writes an export as a bare file, a folder or a zip archive, the latter at times damaged itself; gives its path."""
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    form = rng.choice(("bare", "folder", "zip", "zip")) if len(files) == 1 else rng.choice(("folder", "zip"))
    if form == "zip":
        path = where / "export.zip"
        packing = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
        with zipfile.ZipFile(path, "w", packing) as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data, packing)
        if rng.random() < 0.3:
            path.write_bytes(_bytes(path.read_bytes(), rng))
        elif rng.random() < 0.3:
            path.write_bytes(_directory(path.read_bytes(), rng))
        return path
    if form == "bare":
        name = Path(next(iter(files))).name.replace("\0", "")[-100:] or "export"
        path = where / name
        path.write_bytes(next(iter(files.values())))
        return path
    for name, data in files.items():
        tidy = "/".join(s[-100:] for s in re.split(r"[/\\\0]", name) if s not in ("", ".", "..")) or "x"
        try:
            (where / tidy).parent.mkdir(parents=True, exist_ok=True)
            (where / tidy).write_bytes(data)
        except OSError:  # a member where another has a folder
            continue
    return where


def _directory(data: bytes, rng: random.Random) -> bytes:
    """An archive with a few bytes changed in its list of members and in the headers before them."""
    out = bytearray(data)
    headers = [m.start() for m in re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06)", data)]
    for _ in range(rng.choice((1, 1, 3))):
        at = rng.choice(headers) + rng.randrange(4, 46)
        if at < len(out):
            out[at] = rng.choice((0, 1, 8, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(out)


def check(path: Path) -> str:
    """Reads an export as the audit would; gives its layout, empty where it was refused; AssertionError at a breach."""
    try:
        export = open_export(path)
        for number, item in enumerate(export.read()):
            record_line(item).encode()
            assert item.id
            assert item.published is None or item.published.tzinfo is not None
            if number < 50:
                for one in item.media:
                    assert (one.load is not None) == (one.presence == "present")
                    if one.load is not None:
                        assert len(one.load()) == one.size or one.size > 1 << 20
        facts = export.facts()
        if facts is not None:
            "".join(f.value for f in facts.facts.values()).encode()
    except UserError as error:
        if "\n" in str(error).replace(str(path), ""):
            raise AssertionError("a refusal of several lines") from None
        return ""
    json.dumps(export.report.as_json(), ensure_ascii=False).encode()
    for line in export.report.problems:
        assert "\n" not in line, "a problem of several lines"
        line.encode()
    return export.layout


def one_input(seed: int, number: int, known: list[Sample], work: Path) -> Path:
    """Makes the input of that seed and number."""
    rng = random.Random(f"{seed}:{number}")
    return lay_out(mutate(rng.choice(known), rng, known), work / "input", rng)


def read_many(seed: int, first: int, last: int, until: float, work: Path) -> int:
    """Reads inputs in this process until the time is up; gives how many failed, each told once by where."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    known = samples()
    layouts: Counter[str] = Counter()
    told: set[str] = set()
    number = first
    while number < last and time.time() < until:
        (work / "number").write_text(str(number))
        path = one_input(seed, number, known, work)
        faulthandler.dump_traceback_later(SECONDS_AN_INPUT, exit=True)
        try:
            layouts[check(path) or "refused"] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            at = traceback.extract_tb(error.__traceback__)[-1]
            here = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
            fault = f"{type(error).__name__} at {Path(at.filename).name}:{at.lineno}"
            if fault not in told:
                told.add(fault)
                print(
                    f"--seed {seed} --only {number}: {fault}: {str(error)[:200]!a}\n  {' '.join(here[-8:])}", flush=True
                )
                keep(work, f"{seed}-{number}")
        faulthandler.cancel_dump_traceback_later()
        number += 1
    (work / "number").write_text(str(number))
    print(f"{number - first} inputs, {len(told)} faults; {dict(layouts.most_common())}", flush=True)
    return len(told)


def keep(work: Path, name: str) -> None:
    """Leaves an input where it can be looked at."""
    shutil.copytree(work / "input", KEPT / name, dirs_exist_ok=True)


def fuzz(seed: int, seconds: float, say: Callable[[str], None] = print, first: int = 0) -> int:
    """Reads inputs for so many seconds, in processes that may end or hang; gives how many faults were found."""
    until = time.time() + seconds
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        while time.time() < until:
            command = ["--child", str(work), "--seed", str(seed), "--first", str(first), "--until", str(until)]
            done = subprocess.run(
                [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz_readers", *command],
                cwd=ROOT,
                capture_output=True,
                text=True,
                errors="replace",
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            say(done.stdout.strip())
            if done.returncode in (0, _FAULTS):
                return faults + done.stdout.count("\n--seed ") + done.stdout.startswith("--seed ")
            faults += 1
            number = int((work / "number").read_text()) if (work / "number").exists() else first
            if (work / "input").exists():
                keep(work, f"{seed}-{number}")
            say(f"--seed {seed} --only {number}: the process ended ({done.returncode})\n{done.stderr[-3000:]}")
            first = number + 1
    return faults


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--only", type=int, help="the number of one input to read again")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--until", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        sys.exit(_FAULTS if read_many(given.seed, given.first, 1 << 62, given.until, given.child) else 0)
    if given.only is not None:
        path = one_input(given.seed, given.only, samples(), KEPT)
        print(path)
        faulthandler.dump_traceback_later(SECONDS_AN_INPUT, exit=True)
        print(check(path) or "refused")
        return
    print(f"seed {given.seed}")
    faults = fuzz(given.seed, given.seconds, first=given.first)
    print(f"{faults} faults" + (f"; inputs in {KEPT}" if faults else ""))
    sys.exit(min(faults, 1))


if __name__ == "__main__":
    main()
