"""What is read a short way is what the long way gives: ordinary JSON, XML, HTML, times and names, and all around them."""

from __future__ import annotations

import io
import json
import random
from typing import Any, cast

import ijson
import pytest
from selectolax.lexbor import LexborHTMLParser

from detectors.base import Item, Locator, Part
from pipelines.readers import html
from pipelines.readers.limits import Limits, using
from pipelines.readers.reader import Lineages, Seen, short_hash
from pipelines.readers.source import JsonBytes, TooLargeError
from pipelines.readers.times import parse, utc
from pipelines.readers.values import stream_records
from pipelines.readers.wordpress import Mended


class Pieces(io.BytesIO):
    """A stream that gives few bytes at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size, self._most) if size and size > 0 else size)


# JSON


def streamed(stream: io.BytesIO, key: str) -> Any:
    """The records as the streaming parser alone gives them."""
    try:
        yield from ijson.items(JsonBytes(stream), f"{key}.item" if key else "item", use_float=True)
    except ijson.JSONError:
        raise ValueError("broken JSON") from None


def drawn(records: Any) -> tuple[str, str]:
    """All records, written so that 1 and 1.0 differ, and the error that ended them."""
    found: list[Any] = []
    try:
        found.extend(iter(records))
    except ValueError as error:
        return json.dumps(found), type(error).__name__
    return json.dumps(found), ""


_ODD_JSON = (
    *(
        b"NaN",
        b"1e999",
        b"12345678901234567890",
        b"9" * 5000,
        b"\\ud800",
        b"\\ud83d\\ude00",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
    ),
    *(
        b",",
        b"]",
        b"}",
        b"[",
        b"{",
        b'"',
        b"\\",
        b"\x0b",
        b" \n",
        b"\x00",
        b"\xef\xbb\xbf",
        b":",
        b"0",
        b"-",
        b"//",
        b"",
    ),
)


@pytest.mark.parametrize("key", ["", "posts_v2", "a.b"])
@pytest.mark.parametrize("most", [1, 7, 64, 5000])
def test_records_are_those_of_the_streaming_parser_however_broken(key: str, most: int) -> None:
    rng = random.Random(f"{key}{most}")
    records: list[Any] = [
        {"timestamp": 1717405200, "data": [{"post": 'Well \\ "done" é🎉'}], "n": [1, -1.5, True, None, {}]},
        {"text": "[{", "deep": [[[{"a": {"b": []}}]]]},
        *("text", 7, 1.0, []),
    ]
    for odd in _ODD_JSON:
        for indent in (None, 2):
            drawn_from: Any = (
                {"z": 1, key: records, "y": [1]} if key and rng.random() < 0.3 else {key: records} if key else records
            )
            whole = json.dumps(drawn_from, indent=indent, ensure_ascii=rng.random() < 0.5).encode()
            for _ in range(4):
                place = rng.randrange(len(whole))
                cut = rng.choice((place, place + 1, len(whole)))
                data = whole[:place] + odd + whole[cut:]
                expected = drawn(streamed(Pieces(data, most), key))
                assert drawn(stream_records(cast(Any, Pieces(data, most)), key)) == expected


def test_records_longer_than_memory_end_the_list() -> None:
    with using(Limits(in_memory_bytes=100_000)):
        data = json.dumps(["first", "x" * 1_000_000, "last"]).encode()
        records = stream_records(io.BytesIO(data))
        assert next(records) == "first"
        with pytest.raises(TooLargeError):
            next(records)


# XML


_XML = (
    *(
        b"<item>",
        b"<item ",
        b"</item>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<!-",
        b"]]",
        b"]",
        b">",
        b"-",
        b"<",
        b"<p>",
    ),
    *(
        b"&",
        b"&amp;",
        b"&#39;",
        b"&#8217;",
        b"&#1;",
        b"&nbsp;",
        b"&bogus",
        b"&#xD800;",
        b"\x01",
        b"\x00",
        b"\n",
        b"text ",
    ),
    *("é".encode(), b"a" * 45, b"<!DOCTYPE x>"),
)


class _OneByOne(Mended):
    """Mends piece by piece, be there anything to mend or not."""

    def _unchanged(self, data: bytes) -> None:
        return None


@pytest.mark.parametrize("most", [1, 20, 64, 1000])
def test_xml_that_needs_no_mending_is_mended_alike(most: int) -> None:
    rng = random.Random(most)
    for _ in range(1500):
        weights = [rng.random() ** 3 for _ in _XML]
        data = b"".join(rng.choices(_XML, weights=weights, k=rng.randrange(1, 40)))
        given: list[tuple[bytes, int, int]] = []
        for mended in (Mended(Pieces(data, most)), _OneByOne(Pieces(data, most))):
            out = b"".join(iter(lambda m=mended: m.read(64), b""))  # type: ignore[misc]
            given.append((out, mended.count, mended.items))
        assert given[0] == given[1]


# HTML


_TAG_NAMES = (
    "p p p div div span strong em a b i br br hr img img h1 h2 ul ol li li blockquote figure figcaption table tr td th pre "
    "textarea script style title head body html template svg math select option button form noscript dl dt dd caption main "
    "details link meta"
)
_TAGS = _TAG_NAMES.split()
_TEXTS = (
    *(
        "a",
        "b c",
        " ",
        "  x",
        "\n",
        "\r\n",
        "\t",
        "y\t z",
        "&amp;",
        "&nbsp;",
        "&#8217;",
        "&#0;",
        "&#13;",
        "&Tab;",
        "&",
        "<",
        "</",
    ),
    *(
        "é🎉",
        "\u2028",
        "\x0b",
        "\x0c",
        "\xa0",
        "\x85",
        "z\0z",
        "\ud800",
        "\ufeff",
        "<!-- c -->",
        "<![CDATA[q]]>",
        "<!DOCTYPE html>",
    ),
)
_ATTRIBUTES = (
    "",
    ' class="x"',
    ' src="x.jpg" alt="a &amp; b"',
    " alt=only",
    ' data-src="z.gif" src="data:image/x"',
    " /",
)


def markup(rng: random.Random) -> str:
    """HTML of any kind, nested well or badly."""
    made: list[str] = []
    for _ in range(rng.randrange(1, 25)):
        form, tag = rng.random(), rng.choice(_TAGS)
        made.append(
            rng.choice(_TEXTS) if form < 0.45 else f"<{tag}{rng.choice(_ATTRIBUTES)}>" if form < 0.75 else f"</{tag}>"
        )
    return "".join(made)


@pytest.mark.parametrize("keep_lines", [False, True])
def test_ordinary_html_reads_as_any_html(keep_lines: bool) -> None:
    rng, shortened = random.Random(1), 0
    for _ in range(8000):
        given = markup(rng)
        shortened += html._read_ordinary(LexborHTMLParser(given), given, keep_lines) is not None
        assert html.read_page(given, keep_lines) == html._read_any(LexborHTMLParser(given), keep_lines)
    assert shortened > 2000  # or the short way would not have been tried


# Times, ids


def test_times_of_utc_read_as_times_that_say_so() -> None:
    rng, written = random.Random(1), "2024-06-06 09:00:00"
    for _ in range(3000):
        raw = list(written)
        for _ in range(rng.randrange(3)):
            raw[rng.randrange(len(raw))] = rng.choice("0123456789-: TZ+.")
        assert utc("".join(raw)) == parse(f"{''.join(raw)} UTC")
    assert utc("Thu, 06 Jun 2024 09:00:00") == parse("Thu, 06 Jun 2024 09:00:00 UTC")


def test_ids_are_hashed_as_json_whatever_they_are_made_of() -> None:
    assert short_hash("a", 1, None, True, 1.5, ["é", '"'], ["x", 1], {}, "\ud800") == "d7d2ee42bb6f5a9a"
    assert short_hash([]) == "cf1cbb66a638b486"
    assert short_hash("larkmoor", 1717405200, "Well done", ["9001.jpg"]) == "68d914e4ed0b3e63"


def test_repeated_ids_and_lineages_are_told_apart() -> None:
    def item(text: str) -> Item:
        return Item(id="1", kind="post", parts=(Part("text", text),), locator=Locator(""), lineage="l")

    seen, lineages = Seen(), Lineages()
    given = [seen.admit(item(text)) for text in ("a", "b", "a", "c")]
    assert [i and i.id for i in given] == ["1", "1#2", None, "1#3"]
    assert [lineages.part(item("a")).lineage for _ in range(3)] == ["l", "l#2", "l#3"]
