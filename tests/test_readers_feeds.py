"""Reading feeds, Blogger exports and mirrors of sites that the tests build; the shared samples with exact counts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from detectors.base import Item, UserError
from pipelines.readers import Export, open_export
from tests.readers_exports import pack, pdf, picture, write, wxr, wxr_item

SAMPLES = Path(__file__).parents[2] / "shared" / "exports"


def read(path: Path) -> tuple[Export, list[Item]]:
    """An export and all its items."""
    export = open_export(path)
    return export, list(export.read())


def texts(item: Item) -> dict[str, str]:
    """The item's parts by name."""
    return {part.name: part.text for part in item.parts}


def saved(path: Path, data: str | bytes) -> Path:
    """A file with that content."""
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


def complaint(path: Path) -> str:
    """The one line with which an export is refused."""
    with pytest.raises(UserError) as error:
        open_export(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{path}: ")


# Feeds


def rss(*items: str, head: str = "", declaration: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    """An RSS 2.0 feed."""
    return (
        f'{declaration}<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        "<title>Larkmoor &amp; friends</title><link>https://www.larkmoor.example/</link>"
        f"<description>News</description>{head}{''.join(items)}</channel></rss>"
    )


def item(number: int, content: str = "", **fields: str) -> str:
    """An RSS item; ``fields`` are further elements."""
    more = "".join(f"<{name.replace('_', ':')}>{value}</{name.replace('_', ':')}>" for name, value in fields.items())
    return (
        f"<item><title>Title {number}</title><link>https://www.larkmoor.example/{number}</link>"
        f"<guid isPermaLink='false'>tag:larkmoor.example,2026:{number}</guid>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>{more}</item>"
    )


def test_rss(tmp_path: Path) -> None:
    body = "<p>Ann Lee &amp; Bo<br>won</p><img src='img/cup.png' alt='Ann with cup'><script>x()</script>"
    write(tmp_path, {"img/cup.png": picture()})
    path = saved(
        tmp_path / "anything.bin",
        rss(
            item(1, body, pubDate="Tue, 03 Mar 2026 08:15:00 GMT", dc_creator="Cy Office", description="A day out"),
            item(
                2, "<p>x</p>", pubDate="Tue, 03 Mar 2026 08:15:00 +0100", author="office@larkmoor.example (Dee Office)"
            ),
            item(3, "<p>y</p>", pubDate="Wed, 01 Jul 2026 08:15:00 BST", author="office@larkmoor.example"),
            item(4, "<p>z</p>", pubDate="some day").replace(
                "</item>",
                '<enclosure url="https://cdn.example/a.jpg" type="image/jpeg" length="1"/>'
                '<enclosure url="https://cdn.example/a.mp3" type="audio/mpeg" length="1"/>'
                '<media:content url="https://cdn.example/b" medium="image"/>'
                '<media:thumbnail url="https://cdn.example/a.jpg"/></item>',
            ),
            item(1, body, pubDate="Tue, 03 Mar 2026 08:15:00 GMT", dc_creator="Cy Office", description="A day out"),
            "<item><description>Only &lt;b&gt;this&lt;/b&gt;</description></item>",
        ),
    )
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == ("feed", "", "www.larkmoor.example")
    one, two, three, four, five = items
    assert texts(one) == {
        "title": "Title 1",
        "text": "Ann Lee & Bo\nwon\nA day out",
        "alt:0": "Ann with cup",
        "filename:0": "cup.png",
    }
    assert (one.kind, one.id, one.url, one.site) == (
        "article",
        "feed:tag:larkmoor.example,2026:1",
        "https://www.larkmoor.example/1",
        "www.larkmoor.example",
    )
    assert one.locator.pointer == "post:tag:larkmoor.example,2026:1"
    assert (one.media[0].presence, one.has_photo) == ("present", True)
    assert [(i.published, i.time_basis) for i in items] == [
        (datetime(2026, 3, 3, 8, 15, tzinfo=UTC), "explicit"),
        (datetime(2026, 3, 3, 7, 15, tzinfo=UTC), "explicit"),
        (datetime(2026, 7, 1, 7, 15, tzinfo=UTC), "assumed"),
        (None, "unknown"),
        (None, "unknown"),
    ]
    assert [i.raw_published for i in items][3:] == ["some day", ""]
    assert [i.author for i in items] == ["Cy Office", "Dee Office", "", "", ""]
    assert [(m.url, m.presence) for m in four.media] == [
        ("https://cdn.example/a.jpg", "missing"),
        ("https://cdn.example/b", "missing"),
    ]
    assert (two.visibility, two.status, two.has_photo) == ("public", "published", False)
    assert (three.part("text"), texts(five)) == ("y", {"text": "Only this"})
    assert five.locator.pointer == "entry:6"
    assert five.id.startswith("feed:www.larkmoor.example:")
    assert export.report.items == Counter(article=5)
    assert [(m.status, m.records, m.why) for m in export.report.members] == [("parsed", 5, "skipped: 1 repetition")]
    assert (export.report.rejected, export.report.problems) == (0, [])
    facts = export.facts()
    assert facts is not None
    assert {key: fact.value for key, fact in facts.facts.items()} == {
        "name": "Larkmoor & friends",
        "about": "News",
        "url": "https://www.larkmoor.example/",
    }


def test_atom_and_rdf(tmp_path: Path) -> None:
    atom = (
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>T</a:title><a:link href="https://blog.example/"/>'
        "<a:entry><a:id>urn:1</a:id><a:title type='html'>Fish &amp;amp; chips</a:title>"
        "<a:link href='https://blog.example/1'/><a:published>2026-03-03T08:15:00.5+01:00</a:published>"
        "<a:author><a:name>Ann Lee</a:name><a:email>ann@mail.example</a:email></a:author>"
        "<a:content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One</p><p>Two</p></div></a:content>"
        "</a:entry><a:entry><a:id>urn:2</a:id><a:updated>2026-03-04T08:15:00Z</a:updated>"
        "<a:summary type='text'>1 &lt; 2</a:summary></a:entry></a:feed>"
    )
    _, items = read(saved(tmp_path / "a.atom", atom))
    assert [(texts(i), i.author, i.published) for i in items] == [
        ({"title": "Fish & chips", "text": "One\nTwo"}, "Ann Lee", datetime(2026, 3, 3, 7, 15, 0, 500000, tzinfo=UTC)),
        ({"text": "1 < 2"}, "", datetime(2026, 3, 4, 8, 15, tzinfo=UTC)),
    ]
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>T</title>'
        "<items><rdf:Seq/></items></channel><item rdf:about='https://blog.example/1'><title>R</title>"
        "<dc:date>2026-03-03T08:15:00Z</dc:date><description>Body</description></item></rdf:RDF>"
    )
    export, items = read(saved(tmp_path / "a.rdf", rdf))
    assert [texts(i) for i in items] == [{"title": "R", "text": "Body"}]
    assert export.report.rejected == 0


def test_a_feed_in_another_encoding_is_told(tmp_path: Path) -> None:
    plain = saved(tmp_path / "a.xml", rss(item(1, "<p>Café Zoë</p>"), declaration="").encode("cp1252"))
    export, items = read(plain)
    assert items[0].part("text") == "Café Zoë"
    assert export.report.members[0].why == "read as windows-1252, which it does not say itself"
    assert export.report.problems == [
        "a.xml: read as windows-1252, which it does not say itself; look whether letters are right, else save it as UTF-8"
    ]
    named = rss(item(1, "<p>Café Zoë</p>"), declaration='<?xml version="1.0" encoding="windows-1252"?>').encode(
        "cp1252"
    )
    wide = rss(item(1, "<p>Café Zoë</p>"), declaration='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16")
    for data in (named, wide):
        export, items = read(saved(tmp_path / "b.xml", data))
        assert items[0].part("text") == "Café Zoë"
        assert export.report.problems == []


def test_broken_feeds(tmp_path: Path) -> None:
    bare = rss(item(1, "<p>a</p>"), item(2, "<p>b</p>")).replace("Title 2", "Fish & chips")
    export, items = read(saved(tmp_path / "a.xml", bare))
    assert [i.part("title") for i in items] == ["Title 1", "Fish & chips"]
    assert export.report.members[0].why == "invalid XML, gone over"
    assert export.report.problems == [
        "a.xml: invalid XML was gone over; look whether its last entry is whole, else export again"
    ]
    whole = rss(item(1, "<p>a</p>"), item(2, "<p>b</p>"))
    export, items = read(saved(tmp_path / "b.xml", whole[: whole.index("Title 2") + 3]))
    assert len(items) + export.report.rejected == 2
    assert export.report.problems
    # An end tag within a start tag makes feedparser raise KeyError.
    stray = item(2, "<p>b</p>").replace("</item>", "<category</entry>>x</category></item>")
    export, items = read(saved(tmp_path / "e.xml", rss(item(1, "<p>a</p>"), stray, item(3, "<p>c</p>"))))
    assert [i.part("title") for i in items] == ["Title 1", "Title 3"]
    assert (export.report.rejected, export.account) == (1, "www.larkmoor.example")
    assert "e.xml: broken: 1 of its entries could not be read; export again" in export.report.problems
    endless = saved(tmp_path / "f.xml", rss("<item>" * 5000))
    assert complaint(endless) == "its entries lie within one another and never end; export again"
    for broken in ('<rss version="2.0"', '<rss version="2.0"><channel'):
        assert complaint(saved(tmp_path / "c.xml", broken)) == "broken XML from which nothing can be read; export again"


def test_entities_are_refused_and_talk_of_them_is_not(tmp_path: Path) -> None:
    bomb = rss(item(1)).replace("<rss", '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss', 1)
    assert complaint(saved(tmp_path / "a.xml", bomb)) == "the XML declares entities, which no feed does; export again"
    for encoding in ("utf-16-le", "utf-16-be"):
        mark = "\ufeff".encode(encoding)
        data = mark + bomb.replace("UTF-8", "UTF-16").encode(encoding)
        assert complaint(saved(tmp_path / "b.xml", data)).startswith("the XML declares entities")
    export, items = read(saved(tmp_path / "c.xml", rss(item(1, "<p>Write &lt;!ENTITY a></p><!ENTITY x>"))))
    assert (len(items), export.report.problems) == (1, [])
    folder = write(tmp_path / "folder", {"a.xml": bomb, "b.xml": rss(item(1, "<p>x</p>"))})
    export, items = read(folder)
    assert len(items) == 1
    assert export.report.problems == ["a.xml: the XML declares entities, which no feed does; export again"]


def test_medium_feed(tmp_path: Path) -> None:
    path = saved(tmp_path / "feed", rss(item(1, "<p>x</p>"), head="<generator>Medium</generator>"))
    export, items = read(path)
    assert (export.platform, items[0].platform) == ("medium", "medium")


def test_json_feed(tmp_path: Path) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Larkmoor",
        "description": "About",
        "home_page_url": "https://www.larkmoor.example/",
        "authors": [{"name": "Office"}],
        "items": [
            {
                "id": 7,
                "url": "https://www.larkmoor.example/7",
                "title": "Seven",
                "content_html": "<p>Ann <b>Lee</b></p><img src='cup.png' alt='Cup'>",
                "summary": "Ann Lee",
                "date_published": "2026-03-03T08:15:00+01:00",
                "image": "https://cdn.example/big.jpg",
                "attachments": [{"url": "https://cdn.example/x.png", "mime_type": "image/png", "title": "X"}, 3],
            },
            "no item",
            {"id": "8", "content_text": "1 < 2 \ud800", "authors": [{"name": "Bo"}, {"name": "bo@mail.example"}]},
        ],
    }
    write(tmp_path, {"cup.png": picture(), "a.json": json.dumps(feed)})
    export, items = read(tmp_path / "a.json")
    assert (export.layout, export.account) == ("feed", "www.larkmoor.example")
    assert [(i.id, i.locator.pointer, i.author) for i in items] == [
        ("feed:www.larkmoor.example:7", "/items/0", "Office"),
        ("feed:www.larkmoor.example:8", "/items/2", "Bo"),
    ]
    assert texts(items[0]) == {
        "title": "Seven",
        "text": "Ann Lee",
        "alt:0": "Cup",
        "filename:0": "cup.png",
        "filename:1": "big.jpg",
        "alt:2": "X",
        "filename:2": "x.png",
    }
    assert [m.presence for m in items[0].media] == ["present", "missing", "missing"]
    assert (items[0].published, items[0].time_basis) == (datetime(2026, 3, 3, 7, 15, tzinfo=UTC), "explicit")
    assert items[1].part("text") == "1 < 2 \ufffd"
    assert export.report.rejected == 1
    assert export.report.problems == ["a.json /items/1: not an item; mend it, the others were read"]
    head = '{"version": "https://jsonfeed.org/version/1", '
    assert complaint(saved(tmp_path / "b.json", head)) == "broken JSON from which nothing can be read; export again"
    assert complaint(saved(tmp_path / "c.json", head + '"items": 3}')) == "a JSON Feed without items; export again"


def test_a_wordpress_export_stays_one(tmp_path: Path) -> None:
    assert read(saved(tmp_path / "a.xml", wxr(wxr_item(1))))[0].layout == "wordpress-wxr"


# Blogger

KIND = "http://schemas.google.com/g/2005#kind"


def blogger(*entries: str, prefix: str = "") -> str:
    """The Atom file of "Back up content"; ``prefix`` stands before Atom's names."""
    p = f"{prefix}:" if prefix else ""
    name = f":{prefix}" if prefix else ""
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><{p}feed xmlns{name}='http://www.w3.org/2005/Atom' "
        "xmlns:app='http://purl.org/atom/app#' xmlns:thr='http://purl.org/syndication/thread/1.0'>"
        f"<{p}id>tag:blogger.com,1999:blog-1.archive</{p}id><{p}title type='text'>Larkmoor blog</{p}title>"
        f"<{p}link rel='alternate' type='text/html' href='https://larkmoor.blog.example/'/>"
        f"{''.join(entries)}</{p}feed>"
    )


def entry(number: int, kind: str, content: str = "", inner: str = "", prefix: str = "", title: str = "") -> str:
    """An entry of the older format."""
    p = f"{prefix}:" if prefix else ""
    return (
        f"<{p}entry><{p}id>tag:blogger.com,1999:blog-1.post-{number}</{p}id>"
        f"<{p}published>2026-03-0{number % 9 + 1}T09:30:00.001Z</{p}published>"
        f"<{p}category scheme='{KIND}' term='http://schemas.google.com/blogger/2008/kind#{kind}'/>"
        f"<{p}category scheme='http://www.blogger.com/atom/ns#' term='news'/>"
        f"<{p}title type='text'>{title or f'Title {number}'}</{p}title><{p}content type='html'>{escape(content)}</{p}content>"
        f"<{p}link rel='alternate' href='https://larkmoor.blog.example/{number}.html'/>"
        f"<{p}author><{p}name>Person {number}</{p}name><{p}email>p{number}@mail.example</{p}email></{p}author>"
        f"{inner}</{p}entry>"
    )


def answer(post: int, comment: int = 0) -> str:
    """What a comment answers."""
    related = f"<link rel='related' href='https://www.blogger.example/feeds/1/{post}/comments/default/{comment}'/>"
    return f"<thr:in-reply-to ref='tag:blogger.com,1999:blog-1.post-{post}'/>{related if comment else ''}"


def test_blogger(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "anything.bin",
        blogger(
            entry(1, "template", "<html>"),
            entry(2, "settings", "true"),
            entry(3, "settings", "false"),
            entry(
                4, "post", "<p>Ann Lee &amp; Bo</p>won<br/><img src='https://pictures.example/s320/cup.png' alt='Cup'/>"
            ),
            entry(5, "post", "Not yet", "<app:control><app:draft>yes</app:draft></app:control>"),
            entry(6, "page", "About us"),
            entry(7, "comment", "Great<br/>day", answer(4), title="Great"),
            entry(8, "comment", "Thanks", answer(4, 7)),
            entry(
                4, "post", "<p>Ann Lee &amp; Bo</p>won<br/><img src='https://pictures.example/s320/cup.png' alt='Cup'/>"
            ),
        ),
    )
    export, items = read(path)
    assert (export.layout, export.platform, export.account) == ("blogger-atom", "blogger", "larkmoor.blog.example")
    post, draft, page, comment, reply = items
    root = "blogger:tag:blogger.com,1999:blog-1.post-"
    assert texts(post) == {"title": "Title 4", "text": "Ann Lee & Bo\nwon", "alt:0": "Cup", "filename:0": "cup.png"}
    assert (post.id, post.kind, post.author, post.author_role, post.site) == (
        f"{root}4",
        "article",
        "Person 4",
        "school",
        "larkmoor.blog.example",
    )
    assert (post.published, post.time_basis) == (datetime(2026, 3, 5, 9, 30, 0, 1000, tzinfo=UTC), "explicit")
    assert (post.url, post.visibility, post.status) == ("https://larkmoor.blog.example/4.html", "public", "published")
    assert post.locator.pointer == "post:tag:blogger.com,1999:blog-1.post-4"
    assert (draft.visibility, draft.status, page.kind, page.visibility) == ("draft", "draft", "page", "public")
    assert texts(comment) == {"text": "Great\nday"}
    assert (comment.kind, comment.in_reply_to, comment.author_role) == ("comment", f"{root}4", "unknown")
    assert comment.locator.pointer == "comment:tag:blogger.com,1999:blog-1.post-7"
    assert reply.in_reply_to == comment.id == f"{root}7"
    assert "@" not in repr([(i.author, i.parts) for i in items])
    assert export.report.items == Counter(article=2, page=1, comment=2)
    assert export.report.members[0].why == "skipped: 1 repetition, 2 settings, 1 template"
    assert (export.report.members[0].records, export.report.rejected, export.report.problems) == (5, 0, [])
    facts = export.facts()
    assert facts is not None
    assert {key: fact.value for key, fact in facts.facts.items()} == {
        "name": "Larkmoor blog",
        "url": "https://larkmoor.blog.example/",
    }


def test_blogger_with_other_prefixes(tmp_path: Path) -> None:
    plain = [entry(4, "post", "x"), entry(7, "comment", "y", answer(4))]
    other = [entry(4, "post", "x", prefix="q1"), entry(7, "comment", "y", answer(4), "q1")]
    one = read(saved(tmp_path / "a.xml", blogger(*plain)))[1]
    two = read(saved(tmp_path / "b.xml", blogger(*other, prefix="q1")))[1]
    assert [(i.id, i.parts, i.author, i.published, i.in_reply_to) for i in one] == [
        (i.id, i.parts, i.author, i.published, i.in_reply_to) for i in two
    ]


def takeout(*entries: str) -> str:
    """The ``feed.atom`` of a Takeout."""
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:blogger='http://schemas.google.com/blogger/2018'>\n<id>tag:blogger.com,1999:blog-1</id>\n"
        f"<title>Larkmoor blog</title>\n{''.join(entries)}</feed>"
    )


def taken(number: int, kind: str, status: str, content: str = "x", inner: str = "") -> str:
    """An entry of a Takeout."""
    return (
        f"<entry><id>tag:blogger.com,1999:blog-1.post-{number}</id>{inner}<blogger:type>{kind}</blogger:type>"
        f"<blogger:status>{status}</blogger:status><author><name>Person</name><blogger:type>BLOGGER</blogger:type></author>"
        f"<title>Title {number}</title><content type='html'>{escape(content)}</content>"
        "<blogger:created>2026-03-01T00:00:00Z</blogger:created><published>2026-03-03T08:15:00Z</published>"
        f"<blogger:filename>/2026/03/{number}.html</blogger:filename></entry>\n"
    )


def test_blogger_takeout(tmp_path: Path) -> None:
    root = "tag:blogger.com,1999:blog-1.post-"
    parent = f"<blogger:parent>{root}1</blogger:parent>"
    feed = takeout(
        taken(1, "POST", "LIVE", "<p>Ann</p><img src='https://pictures.example/w400-h300/Cup.png'>"),
        taken(2, "POST", "DRAFT"),
        taken(3, "POST", "SCHEDULED"),
        taken(4, "PAGE", "SOFT_TRASHED"),
        taken(5, "COMMENT", "LIVE", "c", f"{parent}<blogger:inReplyTo/>"),
        taken(6, "COMMENT", "SPAM_COMMENT", "d", f"{parent}<blogger:inReplyTo>{root}5</blogger:inReplyTo>"),
        taken(7, "COMMENT", "PENDING", "e", parent),
        taken(8, "POST", "NEWWORD"),
    )
    files: dict[str, str | bytes] = {
        "Takeout/Blogger/Blogs/Larkmoor/feed.atom": feed,
        "Takeout/Blogger/Blogs/Larkmoor/theme-layouts.xml": "<html/>",
        "Takeout/Blogger/Albums/Larkmoor/cup.png": picture(),
        "Takeout/archive_browser.html": "<p>Index</p>",
    }
    for path in (write(tmp_path / "folder", files), pack(tmp_path / "takeout.zip", files)):
        export, items = read(path)
        assert (export.layout, export.account) == ("blogger-takeout", "Larkmoor blog")
        assert [(i.kind, i.visibility, i.status) for i in items] == [
            ("article", "public", "published"),
            ("article", "draft", "draft"),
            ("article", "draft", "scheduled"),
            ("page", "deleted", "deleted"),
            ("comment", "public", "published"),
            ("comment", "deleted", "deleted"),
            ("comment", "draft", "draft"),
            ("article", "unknown", "published"),
        ]
        assert items[4].in_reply_to == items[0].id == f"blogger:{root}1"
        assert items[5].in_reply_to == items[4].id
        assert items[0].media[0].presence == "present"
        assert items[0].published == datetime(2026, 3, 3, 8, 15, tzinfo=UTC)
        assert items[0].locator.member == "Takeout/Blogger/Blogs/Larkmoor/feed.atom"
        assert {m.member.rsplit("/", 1)[-1]: (m.status, m.records) for m in export.report.members} == {
            "feed.atom": ("parsed", 8),
            "Albums": ("parsed", 1),
            "theme-layouts.xml": ("unknown", 0),
            "archive_browser.html": ("unknown", 0),
        }


def test_blogger_mended_cut_short_and_refused(tmp_path: Path) -> None:
    broken = blogger(entry(4, "post", "x", title="Fish & chips &nbsp;\x07"), entry(5, "post", "y"))
    export, items = read(saved(tmp_path / "a.xml", broken))
    assert [i.part("title") for i in items] == ["Fish & chips", "Title 5"]
    assert export.report.members[0].why == "invalid XML mended in 3 places"
    whole = blogger(*(entry(n, "post", f"text {n}") for n in range(1, 400)))
    export, items = read(saved(tmp_path / "b.xml", whole[: whole.index("Title 300")]))
    assert len(items) == 300
    assert export.report.problems == ["b.xml: the XML is cut short: what follows is missing; export again"]
    long = blogger(entry(4, "post", "x"), entry(5, "post", "x" * 11_000_000), entry(6, "post", "y"))
    export, items = read(saved(tmp_path / "c.xml", long))
    assert len(items) + export.report.rejected == 3
    assert export.report.problems == [
        f"c.xml: broken XML: {export.report.rejected} of its entries could not be read; export again"
    ]
    bomb = blogger(entry(4, "post")).replace("<feed", '<!DOCTYPE feed [<!ENTITY a "a">]><feed', 1)
    assert complaint(saved(tmp_path / "d.xml", bomb)) == (
        "the XML declares entities, which no Blogger export does; export again"
    )


# Mirrors of sites and Google Sites


def test_a_mirror_made_by_wget(tmp_path: Path) -> None:
    page = "<!DOCTYPE html><title>{}</title><p>{}</p>{}"
    xhtml = (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" '
        'content="text/html; charset=iso-8859-1" /><title>X</title></head><body><p>Caf\xe9</p></body></html>'
    )
    images = (
        "<img src='/img/cup.png?w=300' alt='Cup'><img src='//cdn.example/b.png'><img src='https://gone.example/c.png'>"
    )
    files: dict[str, str | bytes] = {
        "www.larkmoor.example/index.html": page.format("Home", "one", images),
        "www.larkmoor.example/index.html?page=2": page.format("Two", "two", "<img src='img/cup.png%3Fw=300'>"),
        "www.larkmoor.example/news/index.html@page=3": page.format("Three", "three", "<img src='../img/d.png?x=1'>"),
        "www.larkmoor.example/view.php?id=4": page.format("Four", "four", ""),
        "www.larkmoor.example/plain.php": page.format("Five", "five", ""),
        "www.larkmoor.example/source.php": "<?php echo 1 ?><!DOCTYPE html><p>no</p>",
        "www.larkmoor.example/about": xhtml.encode("latin-1"),
        "www.larkmoor.example/old.htm": page.format("Old", "<meta charset=windows-1252>caf\xe9", "").encode("cp1252"),
        "www.larkmoor.example/app.js?v=1": "document.write('<!doctype html><div>no</div>')",
        "www.larkmoor.example/style.css?v=1": "p{} /* <p> */",
        "www.larkmoor.example/letter.pdf?dl=1": pdf("Dear parents"),
        "www.larkmoor.example/img/cup.png?w=300": picture(),
        "www.larkmoor.example/img/d.png@x=1": picture("PNG", (9, 9)),
        "www.larkmoor.example/feed/index.html": rss(item(1, "<p>from the feed</p>")),
        "cdn.example/b.png": picture("PNG", (8, 8)),
    }
    for path in (write(tmp_path / "mirror", files), pack(tmp_path / "mirror.zip", files)):
        export, items = read(path)
        assert export.layout == "folder"
        by_name = {i.locator.member.removeprefix("www.larkmoor.example/"): i for i in items}
        assert {name: (i.kind, i.part("text") or i.part("document")) for name, i in by_name.items()} == {
            "feed/index.html": ("article", "from the feed"),
            "about": ("page", "Café"),
            "index.html": ("page", "one"),
            "index.html?page=2": ("page", "two"),
            "news/index.html@page=3": ("page", "three"),
            "old.htm": ("page", "café"),
            "plain.php": ("page", "five"),
            "view.php?id=4": ("page", "four"),
            "letter.pdf?dl=1": ("newsletter", "Dear parents"),
        }
        assert [m.presence for m in by_name["index.html"].media] == ["present", "present", "missing"]
        assert [m.presence for m in by_name["index.html?page=2"].media] == ["present"]
        assert [m.presence for m in by_name["news/index.html@page=3"].media] == ["present"]
        assert by_name["index.html"].part("filename:0") == "cup.png"
        unread = {m.member.rsplit("/", 1)[-1] for m in export.report.members if m.status == "unknown"}
        assert unread == {"source.php", "app.js?v=1", "style.css?v=1"}
        assert export.report.problems == []


def test_google_sites(tmp_path: Path) -> None:
    """Classic Sites in a Takeout: a folder for each site, pages with their own styles, pictures beside them."""
    page = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/><title>{}</title>'
        "<style>p{{}}</style></head><body><table><tr><td>Menu</td><td><div>{}</div></td></tr></table></body></html>"
    )
    root = "Takeout/Sites/larkmoor"
    files: dict[str, str | bytes] = {
        f"{root}/home.html": page.format("Home", "Welcome Zoë <img src='_/rsrc/1/cup.png?height=200' alt='Cup'/>"),
        f"{root}/class-4b/trip.html": page.format("Trip", "Ann Lee 4B"),
        f"{root}/_/rsrc/1/cup.png": picture(),
    }
    export, items = read(pack(tmp_path / "takeout.zip", files))
    assert [(i.part("title"), i.part("text"), [m.presence for m in i.media]) for i in items] == [
        ("Trip", "Menu\nAnn Lee 4B", []),
        ("Home", "Menu\nWelcome Zoë", ["present"]),
    ]
    assert export.report.problems == []


def test_feeds_in_a_folder(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.xml": rss(item(1, "<p>a</p>")), "b/feed.rss": rss(item(2, "<img src='cup.png'>")), "b/cup.png": picture()},
    )
    export, items = read(tmp_path)
    assert [(i.id, i.locator.layout, i.locator.member) for i in items] == [
        ("feed:tag:larkmoor.example,2026:1", "folder", "a.xml"),
        ("feed:tag:larkmoor.example,2026:2", "folder", "b/feed.rss"),
    ]
    assert items[1].media[0].presence == "present"
    assert [(m.member, m.records) for m in export.report.members] == [("a.xml", 1), ("b/feed.rss", 1), ("b/cup.png", 0)]


# The shared samples

SHARED = [
    ("feeds/feedparser-illformed-always_strip_doctype.xml", "feed", {}, {}, 0),
    ("feeds/feedparser-illformed-rss_item_link_corrupted_ampersands.xml", "feed", {"article": 1}, {}, 1),
    ("feeds/feedparser-illformed-windows1255.xml", "feed", {"article": 1}, {}, 1),
    ("feeds/feedparser-json-example.json", "feed", {"article": 2}, {}, 0),
    ("feeds/feedparser-wellformed-entry_content_base64.xml", "feed", {"article": 1}, {}, 0),
    ("feeds/feedparser-wellformed-item_content_encoded.xml", "feed", {"article": 1}, {}, 0),
    ("feeds/medium_feed.xml", "feed", {"article": 2}, {"missing": 2}, 1),
    ("feeds", "folder", {"article": 8}, {"missing": 2}, 3),
    ("blogger_atom/blogger-sample.xml", "blogger-atom", {"article": 3, "comment": 2}, {"missing": 2}, 0),
    ("blogger_atom", "blogger-atom", {"article": 3, "comment": 2}, {"missing": 2}, 0),
    ("html_crawl/mdn-beginner", "folder", {"page": 1}, {"present": 1}, 0),
]


@pytest.mark.parametrize(("name", "layout", "items", "media", "problems"), SHARED)
def test_shared_samples(name: str, layout: str, items: dict[str, int], media: dict[str, int], problems: int) -> None:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"no sample {name}: the folder of shared exports is not beside the project")
    export, found = read(path)
    assert export.layout == layout
    assert Counter(i.kind for i in found) == export.report.items == Counter(items)
    assert export.report.media == Counter(media)
    assert (export.report.rejected, len(export.report.problems)) == (0, problems)
    assert len({i.id for i in found}) == len(found)
