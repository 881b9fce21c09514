"""What reading costs, beside the bare parser over the same bytes: ``python -m tests.bench.readers --scale 0.1``.

At scale 1: an X archive of 100,000 posts, a WordPress site of 20,000 posts with two comments each, a Facebook Page of 100,000
posts; without pictures. Each measurement is a process of its own: seconds on the wall from opening to the last item, and the
peak of resident memory less that of the same process before it opened the export. The parsers: ijson over the JSON,
``lxml.iterparse`` over the XML, and the standard library's json, which holds the whole.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tests.readers_exports import PAGE, WXR_HEAD, WXR_TAIL, mojibake, wxr_item

ROOT = Path(__file__).parents[2]
_TEXT = "the school fair pupils of Class 4 – well done café trip to museum, thank you; match was won by our team and"
WORDS = _TEXT.split()


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def x_archive(folder: Path, posts: int) -> Path:
    """``data/tweets.js`` as X writes it, with the account beside it."""
    rng = random.Random(1)
    data = folder / "data"
    data.mkdir(parents=True)
    account = [{"account": {"username": "larkmoor", "accountId": "1", "accountDisplayName": "Larkmoor School"}}]
    (data / "account.js").write_text(f"window.YTD.account.part0 = {json.dumps(account)}", encoding="utf-8")
    with (data / "tweets.js").open("w", encoding="utf-8") as file:
        file.write("window.YTD.tweets.part0 = [")
        for n in range(posts):
            tweet = {
                "edit_info": {"initial": {"editTweetIds": [str(10**18 + n)], "editsRemaining": "5"}},
                "retweeted": False,
                "source": '<a href="https://mobile.x.example" rel="nofollow">Web App</a>',
                "entities": {
                    "hashtags": [],
                    "user_mentions": [],
                    "urls": [{"url": "https://t.co/abc", "expanded_url": f"https://www.larkmoor.example/{n}"}],
                },
                "display_text_range": ["0", "140"],
                "favorite_count": str(n % 50),
                "id_str": str(10**18 + n),
                "retweet_count": "1",
                "id": str(10**18 + n),
                "created_at": f"Mon Jun {n % 28 + 1:02} 14:{n % 60:02}:11 +0000 2024",
                "full_text": f"{_text(rng, 30)} &amp; more https://t.co/abc",
                "lang": "en",
            }
            file.write((",\n" if n else "") + json.dumps({"tweet": tweet}, indent=2))
        file.write("]")
    return folder


def wordpress(folder: Path, posts: int) -> Path:
    """A WXR file of posts with two comments each."""
    rng = random.Random(2)
    folder.mkdir(parents=True)
    path = folder / "site.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(WXR_HEAD)
        for n in range(1, posts + 1):
            comments = "".join(
                f"<wp:comment><wp:comment_id>{n}{k}</wp:comment_id><wp:comment_author>Bo</wp:comment_author>"
                f"<wp:comment_date_gmt>2024-06-06 10:00:00</wp:comment_date_gmt><wp:comment_approved>1</wp:comment_approved>"
                f"<wp:comment_content><![CDATA[{_text(rng, 20)}]]></wp:comment_content></wp:comment>"
                for k in range(2)
            )
            paragraphs = "".join(f"<!-- wp:paragraph --><p>{_text(rng, 60)} &amp; so on</p>\n" for _ in range(5))
            file.write(wxr_item(n, content=paragraphs, inner=comments, post_date_gmt="2024-06-06 09:00:00"))
        file.write(WXR_TAIL)
    return path


def facebook(folder: Path, posts: int) -> Path:
    """A Page's posts in one member on one line, with links and descriptions as Meta writes them."""
    rng = random.Random(3)
    path = folder / PAGE / "posts" / "profile_posts_1.json"
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for n in range(posts):
            link = {"external_context": {"url": f"https://www.larkmoor.example/{n}", "name": _text(rng, 6)}}
            post = {
                "timestamp": 1_500_000_000 + n * 600,
                "attachments": [{"data": [link]}],
                "data": [{"post": mojibake(_text(rng, 40))}, {"update_timestamp": 1_500_000_001 + n * 600}, {}],
                "title": mojibake("Larkmoor School shared a link."),
                "tags": [],
            }
            file.write(("," if n else "") + json.dumps(post))
        file.write("]")
    return folder


def _json(stream: BinaryIO) -> int:
    import ijson

    return sum(1 for _ in ijson.items(stream, "item", use_float=True))


def _assigned(stream: BinaryIO) -> int:
    stream.read(len("window.YTD.tweets.part0 = "))
    return _json(stream)


def _xml(stream: BinaryIO) -> int:
    from lxml import etree

    count = 0
    for _, element in etree.iterparse(stream, events=("end",), tag="item"):
        count += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return count


def _whole_json(stream: BinaryIO) -> int:
    data = stream.read()
    return len(json.loads(data[data.index(b"[") :]))


Case = tuple[str, Callable[[Path, int], Path], int, str, dict[str, Callable[[BinaryIO], int]]]
CASES: tuple[Case, ...] = (
    ("X archive", x_archive, 100_000, "data/tweets.js", {"ijson": _assigned, "json": _whole_json}),
    ("WordPress WXR", wordpress, 20_000, "", {"lxml.iterparse": _xml}),
    (
        "Facebook JSON",
        facebook,
        100_000,
        f"{PAGE}/posts/profile_posts_1.json",
        {"ijson": _json, "json": _whole_json},
    ),
)


def _peak() -> int:
    """The peak of this process's resident memory in bytes (Linux counts in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _measured(path: Path, parser: Callable[[BinaryIO], int] | None) -> dict[str, Any]:
    """Reads in this process; the libraries are loaded before the clock and the memory are looked at."""
    import ijson  # noqa: F401
    from lxml import etree  # noqa: F401

    from pipelines.readers import open_export

    before, began = _peak(), time.perf_counter()
    if parser is None:
        count = sum(1 for _ in open_export(path).read())
    else:
        with path.open("rb") as stream:
            count = parser(stream)
    return {"seconds": time.perf_counter() - began, "bytes": _peak() - before, "count": count}


def _child(case: str, parser: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.readers", "--child", case, parser, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def table(scale: float, folder: Path) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| export | size | read by | items | time | MB/s | times the parser | peak memory |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, make, count, member, parsers in CASES:
        path = make(folder / name.replace(" ", "-"), max(int(count * scale), 1))
        file = path / member if member else path
        size = file.stat().st_size / 1e6
        rows = {p: _child(name, p, file) for p in parsers}
        rows["the reader"] = _child(name, "", path)
        bare = next(iter(rows.values()))["seconds"]
        for by, row in rows.items():
            cells = (
                name,
                f"{size:.1f} MB",
                by,
                f"{row['count']}",
                f"{row['seconds']:.2f} s",
                f"{size / row['seconds']:.1f}",
                f"{row['seconds'] / bare:.1f}",
                f"{row['bytes'] / 1e6:.0f} MB",
            )
            yield f"| {' | '.join(cells)} |"


def main() -> None:
    """The command."""
    if sys.argv[1:2] == ["--child"]:
        case, parser, path = sys.argv[2:5]
        parsers = next(c[4] for c in CASES if c[0] == case)
        print(json.dumps(_measured(Path(path), parsers[parser] if parser else None)))
        return
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--scale", type=float, default=1.0, help="1: about 280 MB in all")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in table(given.scale, Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
