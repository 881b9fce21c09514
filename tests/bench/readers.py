"""What reading costs, beside the bare parser over the same bytes: ``python -m tests.bench.readers --scale 0.1``.

At scale 1: an X archive of 1,000,000 posts, a WordPress export of 500 MB, 300 MB of a Facebook Page's posts; each in a zip
archive, without pictures. Every measurement is a process of its own, the least of ``--repeat``: seconds of the processor from
opening the archive to the last item, and the peak of resident memory less that of the same process before it opened the
archive. The bare parsers unpack the same member of the same archive: ijson over the JSON, ``lxml.iterparse`` over the XML with
what was read cleared, and the standard library's json, which holds the whole, up to 500 MB.

Items have the size and the fields of real ones: a post on X is some 2 kB with its entities and every fourth has a picture; a
post on Facebook has its attachments with the picture's own record and metadata, or a link; an article of WordPress has 500 to
4,000 characters of block mark-up, 5 to 20 fields of metadata, categories, and comments. A few hundred of each are made from
words and repeated in random order, each with its own number and time.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tests.readers_exports import PAGE, WXR_HEAD, WXR_TAIL, mojibake

ROOT = Path(__file__).parents[2]
_TEXT = """
    the school fair pupils of Class 4 – well done café trip to museum, thank you; match was won by our team and a big round of
    applause for everyone who came along last Friday afternoon despite rain we raised over three hundred pounds towards new
    library books reminder: please return permission slips by Monday morning so that coaches can be booked in time! Year 6 have
    been learning about rivers mountains and coasts while Reception planted sunflower seeds outside their classroom don’t forget
    reading diaries water bottles PE kit on Tuesdays governors meet next week parents’ evening tickets are available from office
    choir sang beautifully at Larkmoor church harvest assembly donations food bank science week experiments volcano 🎉 happy
    """
WORDS = _TEXT.split()
VARIANTS = 400
MEMBER = f"{PAGE}/posts/profile_posts_1.json"


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def _x_picture(rng: random.Random) -> dict[str, Any]:
    name = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh", k=15))
    sizes = {
        key: {"w": str(w), "h": str(w * 3 // 4), "resize": "fit"} for key, w in (("medium", 1200), ("large", 2048))
    }
    return {
        "expanded_url": "https://x.example/larkmoor/status/@NUMBER@/photo/1",
        "indices": ["120", "143"],
        "url": "https://t.co/pic",
        "media_url": f"http://pbs.media.example/media/{name}.jpg",
        "media_url_https": f"https://pbs.media.example/media/{name}.jpg",
        "id_str": str(rng.randrange(10**17, 10**18)),
        "id": str(rng.randrange(10**17, 10**18)),
        "sizes": sizes | {"thumb": {"w": "150", "h": "150", "resize": "crop"}},
        "type": "photo",
        "display_url": "pic.x.example/pic",
    }


def _x_post(rng: random.Random, number: int) -> str:
    entities: dict[str, Any] = {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []}
    text = f"{_text(rng, rng.randrange(8, 40))} &amp; more"
    tweet: dict[str, Any] = {
        "edit_info": {
            "initial": {
                "editTweetIds": ["@NUMBER@"],
                "editableUntil": "2024-06-10T15:02:11.000Z",
                "editsRemaining": "5",
                "isEditEligible": rng.random() < 0.8,
            }
        },
        "retweeted": False,
        "source": '<a href="https://mobile.x.example" rel="nofollow">Web App</a>',
        "entities": entities,
        "display_text_range": ["0", "140"],
        "favorite_count": str(rng.randrange(50)),
        "id_str": "@NUMBER@",
        "truncated": False,
        "retweet_count": str(rng.randrange(9)),
        "id": "@NUMBER@",
        "possibly_sensitive": False,
        "created_at": "@TIME@",
        "favorited": False,
        "full_text": text,
        "lang": "en",
    }
    entities["hashtags"] = [
        {"text": w.strip(",;:!"), "indices": ["3", "12"]} for w in rng.choices(WORDS, k=rng.randrange(3))
    ]
    if rng.random() < 0.4:
        mention = {
            "name": "Larkmoor PTA",
            "screen_name": "larkmoorpta",
            "indices": ["0", "9"],
            "id_str": "7",
            "id": "7",
        }
        entities["user_mentions"] = [mention]
    if rng.random() < 0.4:
        tweet["full_text"] += " https://t.co/abc"
        link = {"url": "https://t.co/abc", "expanded_url": f"https://www.larkmoor.example/{number}"}
        entities["urls"] = [{**link, "display_url": "larkmoor.example/…", "indices": ["90", "113"]}]
    if rng.random() < 0.25:
        tweet["full_text"] += " https://t.co/pic"
        pictures = [_x_picture(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
        entities["media"] = pictures[:1]
        tweet["extended_entities"] = {"media": pictures}
    if rng.random() < 0.15:
        answered = {
            "in_reply_to_status_id_str": "1000",
            "in_reply_to_user_id_str": "1",
            "in_reply_to_screen_name": "larkmoor",
        }
        tweet.update(answered)
    whole = json.dumps({"tweet": tweet}, indent=2, ensure_ascii=False, separators=(",", " : "))
    return whole.replace("\n", "\n  ")


def x_archive(path: Path, scale: float) -> None:
    """``data/tweets.js`` as X writes it, with the account beside it."""
    rng = random.Random(1)
    made = [_x_post(rng, n) for n in range(VARIANTS)]
    account = [{"account": {"username": "larkmoor", "accountId": "1", "accountDisplayName": "Larkmoor School"}}]
    with _zip(path) as archive:
        archive.writestr("data/account.js", f"window.YTD.account.part0 = {json.dumps(account)}")
        with _member(archive, "data/tweets.js") as file:
            file.write("window.YTD.tweets.part0 = [")
            for n in range(max(int(1_000_000 * scale), 1)):
                at = f"Mon Jun {n % 28 + 1:02} 14:{n % 60:02}:{n % 59:02} +0000 2024"
                post = rng.choice(made).replace("@NUMBER@", str(10**18 + n)).replace("@TIME@", at)
                file.write((",\n  " if n else "\n  ") + post)
            file.write("\n]")


def _wxr_content(rng: random.Random) -> str:
    blocks: list[str] = []
    wanted, size = rng.choice((500, 900, 1500, 2200, 4000)), 0
    while size < wanted:
        form = rng.random()
        words = _text(rng, rng.randrange(20, 70)).split()
        words[3] = f"<strong>{words[3]}</strong>"
        if form < 0.3:
            words[8] = f'<a href="https://www.larkmoor.example/{rng.randrange(999)}/" target="_blank">{words[8]}</a>'
        if form < 0.65:
            block = f"<!-- wp:paragraph -->\n<p>{' '.join(words)} &amp; so on.</p>\n<!-- /wp:paragraph -->"
        elif form < 0.75:
            block = f'<!-- wp:heading -->\n<h2 class="wp-block-heading">{_text(rng, 5)}</h2>\n<!-- /wp:heading -->'
        elif form < 0.9:
            address = f"https://www.larkmoor.example/wp-content/uploads/2024/06/{rng.randrange(10**6)}-1024x768.jpg"
            block = (
                f'<!-- wp:image {{"id":{rng.randrange(9999)},"sizeSlug":"large"}} -->\n<figure class="wp-block-image size-large">'
                f'<img src="{address}" alt="{_text(rng, 6)}" class="wp-image-7"/></figure>\n<!-- /wp:image -->'
            )
        else:
            entries = "".join(f"<li>{_text(rng, 8)}</li>" for _ in range(4))
            block = f"<!-- wp:list -->\n<ul>{entries}</ul>\n<!-- /wp:list -->"
        blocks.append(block)
        size += len(block)
    return "\n\n".join(blocks)


def _wxr_comment(rng: random.Random, place: int) -> str:
    return (
        f"<wp:comment><wp:comment_id>@NUMBER@{place}</wp:comment_id><wp:comment_author><![CDATA[Bo]]></wp:comment_author>"
        "<wp:comment_author_email><![CDATA[bo@mail.example]]></wp:comment_author_email><wp:comment_author_url></wp:comment_author_url>"
        "<wp:comment_author_IP><![CDATA[192.0.2.7]]></wp:comment_author_IP><wp:comment_date><![CDATA[@TIME@]]></wp:comment_date>"
        "<wp:comment_date_gmt><![CDATA[@TIME@]]></wp:comment_date_gmt><wp:comment_approved><![CDATA[1]]></wp:comment_approved>"
        f"<wp:comment_content><![CDATA[{_text(rng, rng.randrange(5, 50))}]]></wp:comment_content>"
        "<wp:comment_type><![CDATA[comment]]></wp:comment_type><wp:comment_parent>0</wp:comment_parent>"
        "<wp:comment_user_id>0</wp:comment_user_id></wp:comment>\n"
    )


def _wxr_post(rng: random.Random) -> str:
    address = "https://www.larkmoor.example/2024/06/@NUMBER@/"
    categories = "".join(
        f'<category domain="{domain}" nicename="{word}"><![CDATA[{word}]]></category>\n'
        for domain, word in (("category", "news"), ("post_tag", "sport"), ("post_tag", "trips"))[: rng.randrange(1, 4)]
    )
    keys = ["_edit_last", "_thumbnail_id", *(f"_plugin_field_{n}" for n in range(rng.randrange(3, 19)))]
    meta = "".join(
        f"<wp:postmeta><wp:meta_key><![CDATA[{key}]]></wp:meta_key>\n"
        f"<wp:meta_value><![CDATA[{rng.choice(('1', '', 'a:0:{}', 'default', _text(rng, 12)))}]]></wp:meta_value></wp:postmeta>\n"
        for key in keys
    )
    comments = "".join(_wxr_comment(rng, n) for n in range(rng.choice((0, 0, 1, 2, 4))))
    fields = {
        "post_id": "@NUMBER@",
        "post_date": "<![CDATA[@TIME@]]>",
        "post_date_gmt": "<![CDATA[@TIME@]]>",
        "post_modified": "<![CDATA[@TIME@]]>",
        "post_modified_gmt": "<![CDATA[@TIME@]]>",
        "comment_status": "<![CDATA[open]]>",
        "ping_status": "<![CDATA[open]]>",
        "post_name": "<![CDATA[title-@NUMBER@]]>",
        "status": "<![CDATA[publish]]>",
        "post_parent": "0",
        "menu_order": "0",
        "post_type": f"<![CDATA[{rng.choice(('post', 'post', 'post', 'page'))}]]>",
        "post_password": "<![CDATA[]]>",
        "is_sticky": "0",
    }
    told = "\n".join(f"<wp:{key}>{value}</wp:{key}>" for key, value in fields.items())
    return (
        f"<item>\n<title><![CDATA[{_text(rng, 6)}]]></title>\n<link>{address}</link>\n"
        "<pubDate>Thu, 06 Jun 2024 09:00:00 +0000</pubDate>\n<dc:creator><![CDATA[office]]></dc:creator>\n"
        f'<guid isPermaLink="false">https://www.larkmoor.example/?p=@NUMBER@</guid>\n<description></description>\n'
        f"<content:encoded><![CDATA[{_wxr_content(rng)}]]></content:encoded>\n<excerpt:encoded><![CDATA[]]></excerpt:encoded>\n"
        f"{told}\n{categories}{meta}{comments}</item>\n"
    )


def wordpress(path: Path, scale: float) -> None:
    """A WXR file of articles and pages as WordPress 6 writes it."""
    rng = random.Random(2)
    made = [_wxr_post(rng) for _ in range(VARIANTS)]
    with _zip(path) as archive, _member(archive, "site.xml") as file:
        size, n = file.write(WXR_HEAD), 0
        while size < 500_000_000 * scale:
            n += 1
            at = f"2024-06-{n % 28 + 1:02} 09:{n % 60:02}:{n % 59:02}"
            size += file.write(rng.choice(made).replace("@NUMBER@", str(n)).replace("@TIME@", at))
        file.write(WXR_TAIL)


def _facebook_post(rng: random.Random, number: int) -> str:
    post: dict[str, Any] = {"timestamp": "@TIME@"}
    text = mojibake(_text(rng, rng.randrange(10, 90)))
    form, attached = rng.random(), list[dict[str, Any]]()
    if form < 0.6:
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            picture = {
                "uri": f"{PAGE}/posts/media/your_posts/{rng.randrange(10**14, 10**15)}.jpg",
                "creation_timestamp": "@TIME@",
                "media_metadata": {
                    "photo_metadata": {"exif_data": [{"upload_ip": "192.0.2.7", "taken_timestamp": "@TIME@"}]}
                },
                "title": "",
                "description": text if rng.random() < 0.7 else "",
            }
            attached.append({"media": picture})
    elif form < 0.85:
        link = {
            "url": f"https://www.larkmoor.example/{number}",
            "name": mojibake(_text(rng, 6)),
            "source": "larkmoor.example",
        }
        attached.append({"external_context": link})
    if attached:
        post["attachments"] = [{"data": attached}]
    post["data"] = [{"post": text}, {"update_timestamp": "@TIME@"}, {}]
    post["title"] = mojibake("Larkmoor School added a new photo.")
    post["tags"] = [{"name": "Larkmoor PTA"}] if rng.random() < 0.1 else []
    return json.dumps(post, indent=2).replace('"@TIME@"', "@TIME@").replace("\n", "\n  ")


def facebook(path: Path, scale: float) -> None:
    """A Page's posts in one member, as Meta writes them."""
    rng = random.Random(3)
    made = [_facebook_post(rng, n) for n in range(VARIANTS)]
    with _zip(path) as archive, _member(archive, MEMBER) as file:
        size, n = file.write("["), 0
        while size < 300_000_000 * scale:
            post = rng.choice(made).replace("@TIME@", str(1_200_000_000 + n * 600))
            size += file.write((",\n  " if n else "\n  ") + post)
            n += 1
        file.write("\n]")


def _zip(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)


def _member(archive: zipfile.ZipFile, name: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(archive.open(name, "w", force_zip64=True), encoding="utf-8", newline="\n")


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


class Case(NamedTuple):
    """An export that is made, and the bare parsers of its one large member; the times of the first are the measure."""

    name: str
    make: Callable[[Path, float], None]
    member: str
    parsers: dict[str, Callable[[BinaryIO], int]]


# Held in memory whole, a JSON file takes some eight times its size.
_MOST_WHOLE_MB = 500
CASES = (
    Case("X archive", x_archive, "data/tweets.js", {"ijson": _assigned, "json": _whole_json}),
    Case("WordPress WXR", wordpress, "site.xml", {"lxml.iterparse": _xml}),
    Case("Facebook JSON", facebook, MEMBER, {"ijson": _json, "json": _whole_json}),
)


def _peak() -> int:
    """The peak of this process's resident memory in bytes (Linux counts in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _measured(path: Path, case: Case, parser: str) -> dict[str, Any]:
    """Reads in this process; the libraries are loaded before the clock and the memory are looked at."""
    import ijson  # noqa: F401
    from lxml import etree  # noqa: F401

    from pipelines.readers import open_export

    before, began = _peak(), time.process_time()
    if not parser:
        count = sum(1 for _ in open_export(path).read())
    else:
        with zipfile.ZipFile(path) as archive, archive.open(case.member) as stream:
            count = case.parsers[parser](stream)  # type: ignore[arg-type]
    return {"seconds": time.process_time() - began, "bytes": _peak() - before, "count": count}


def _child(case: Case, parser: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.readers", "--child", case.name, parser, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def table(scale: float, repeat: int, folder: Path, only: str = "") -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| export | size | read by | items | time | MB/s | times the parser | peak memory |"
    yield "|---|---|---|---|---|---|---|---|"
    for case in CASES:
        if only.casefold() not in case.name.casefold():
            continue
        path = folder / f"{case.name.replace(' ', '-')}.zip"
        case.make(path, scale)
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(case.member).file_size / 1e6
        parsers = [by for by in case.parsers if by != "json" or size <= _MOST_WHOLE_MB]
        # In turn, so that a machine busy with other things slows all of them alike.
        rounds = [{by: _child(case, by, path) for by in (*parsers, "")} for _ in range(repeat)]
        rows = {by: min((r[by] for r in rounds), key=lambda row: float(row["seconds"])) for by in rounds[0]}
        bare = next(iter(rows.values()))["seconds"]
        for by, row in rows.items():
            cells = (
                case.name,
                f"{size:.1f} MB",
                by or "the reader",
                f"{row['count']}",
                f"{row['seconds']:.2f} s",
                f"{size / row['seconds']:.1f}",
                f"{row['seconds'] / bare:.1f}",
                f"{row['bytes'] / 1e6:.0f} MB",
            )
            yield f"| {' | '.join(cells)} |"
        path.unlink()


def main() -> None:
    """The command."""
    if sys.argv[1:2] == ["--child"]:
        name, parser, path = sys.argv[2:5]
        case = next(c for c in CASES if c.name == name)
        print(json.dumps(_measured(Path(path), case, parser)))
        return
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--scale", type=float, default=1.0, help="1: some 2.5 GB of text, 0.3 GB of archives")
    arguments.add_argument("--repeat", type=int, default=3, help="the least of so many measurements counts")
    arguments.add_argument("--only", default="", help="exports with this in their name only, as in --only facebook")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in table(given.scale, max(given.repeat, 1), Path(folder), given.only):
            print(line, flush=True)


if __name__ == "__main__":
    main()
