"""Week after week by itself: the inbox, what is overdue, the summary by e-mail, and verdicts that outlive the next export."""

from __future__ import annotations

import json
import os
import ssl
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from detectors.base import UserError
from pipelines import notify, weekly
from pipelines.inbox import Expected, Inbox, site_of
from pipelines.keys import Keys
from pipelines.notify import Mailbox, mailbox_of, send
from pipelines.school import load_cron, load_inbox, load_mailbox
from pipelines.store import Store
from pipelines.store.verdicts import decide
from pipelines.stored import Job, Outcome, StoredRun
from tests import exports
from tests.mail import MailServer, certificate

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SITES = [Expected("page", "the Facebook page"), Expected("website", "the website")]
REGISTER = """
[[site]]
site_id = "page"
name = "the Facebook page"
status = "live"

[[site]]
site_id = "website"
name = "the website"

[[site]]
site_id = "old"
name = "an old page"
status = "closed"
"""


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(tmp_path / "home"))
    folder = exports.school(tmp_path / "school")
    (folder / "sites.toml").write_text(REGISTER, encoding="utf-8")
    return folder


def inbox(folder: Path, days: int = 10) -> Inbox:
    made = Inbox(folder, SITES, days, settle=60)
    made.make()
    return made


def drop(path: Path, content: bytes = b"x", seconds_ago: float = 600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (datetime.now(UTC).timestamp() - seconds_ago,) * 2)
    return path


def test_what_is_whole_is_taken_and_read_from_where_it_lies(tmp_path: Path) -> None:
    box = inbox(tmp_path)
    drop(tmp_path / "inbox/page/posts.jsonl")
    assert box.take(NOW) == (["page"], [])
    assert box.current() == [tmp_path / "exports/page/20260302T060000Z/posts.jsonl"]
    assert site_of(box.current()[0]) == "page"
    assert not any((tmp_path / "inbox/page").iterdir())
    assert box.take(NOW) == ([], [])


def test_the_newest_export_of_every_site_is_read(tmp_path: Path) -> None:
    box = inbox(tmp_path)
    drop(tmp_path / "inbox/page/one.zip", _zip())
    drop(tmp_path / "inbox/website/site.xml")
    box.take(NOW)
    drop(tmp_path / "inbox/page/two-1.zip", _zip())
    drop(tmp_path / "inbox/page/two-2.zip", _zip())
    box.take(NOW + timedelta(days=7))
    assert [p.name for p in box.current()] == ["two-1.zip", "two-2.zip", "site.xml"]
    assert (tmp_path / "exports/page/20260302T060000Z/one.zip").exists()


@pytest.mark.parametrize(
    ("name", "content", "seconds_ago", "says"),
    [
        ("page.zip", b"PK\3\4 the first half", 600, "is no whole archive"),
        ("page.zip", b"", 600, "is no whole archive"),
        ("page.tgz", b"\x1f\x8b cut", 600, "is no whole archive"),
        ("posts.jsonl", b"{}", 5, "may still be being copied"),
        ("page.zip.crdownload", b"x", 600, "is being downloaded"),
        ("page.zip.part", b"x", 6000, "is being downloaded"),
    ],
)
def test_what_is_not_whole_is_left_with_all_that_came_for_its_site(
    name: str, content: bytes, seconds_ago: float, says: str, tmp_path: Path
) -> None:
    box = inbox(tmp_path)
    waits = drop(tmp_path / "inbox/page" / name, content, seconds_ago)
    other = drop(tmp_path / "inbox/page/first.jsonl")
    drop(tmp_path / "inbox/website/site.xml")
    taken, (line,) = box.take(NOW)
    assert taken == ["website"]
    assert says in line
    assert waits.exists()
    assert other.exists()


def test_a_folder_that_is_being_filled_is_left(tmp_path: Path) -> None:
    box = inbox(tmp_path)
    drop(tmp_path / "inbox/page/mirror/index.html")
    drop(tmp_path / "inbox/page/mirror/pictures/1.png", seconds_ago=3)
    os.utime(tmp_path / "inbox/page/mirror", (0, 0))
    assert box.take(NOW)[0] == []
    drop(tmp_path / "inbox/page/mirror/pictures/1.png")
    for folder in ("mirror/pictures", "mirror"):
        os.utime(tmp_path / "inbox/page" / folder, (0, 0))
    assert box.take(NOW)[0] == ["page"]


def test_what_belongs_to_no_site_is_left_and_told(tmp_path: Path) -> None:
    box = inbox(tmp_path)
    drop(tmp_path / "inbox/loose.zip", _zip())
    drop(tmp_path / "inbox/elsewhere/loose.zip", _zip())
    assert [line.split(": ")[1] for line in box.take(NOW)[1]] == [
        "belongs to no site; put it into the folder of a site"
    ] * 2
    with pytest.raises(UserError, match="no export has come yet"):
        box.current()


def test_a_move_that_fails_leaves_everything_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    box, real = inbox(tmp_path), shutil.move
    first, second = (drop(tmp_path / f"inbox/page/{n}.jsonl") for n in "ab")

    def move(source: Path, to: Path) -> None:
        if source == second:
            raise PermissionError(13, "it is open elsewhere")
        real(source, to)

    monkeypatch.setattr(shutil, "move", move)
    taken, (line,) = box.take(NOW)
    assert taken == []
    assert "it is open elsewhere" in line
    assert first.exists()
    assert second.exists()
    assert not any((tmp_path / "exports/page").iterdir())


def test_what_is_overdue_is_told_with_its_last_day(tmp_path: Path) -> None:
    box = inbox(tmp_path)
    assert box.overdue(date(2026, 3, 2)) == [
        "no export of the Facebook page has come yet",
        "no export of the website has come yet",
    ]
    for site in ("page", "website"):
        drop(tmp_path / f"inbox/{site}/a.jsonl")
    box.take(NOW)
    drop(tmp_path / "inbox/website/b.jsonl")
    box.take(NOW + timedelta(days=7))
    assert box.overdue(date(2026, 3, 12)) == []
    assert box.overdue(date(2026, 3, 13)) == ["no export of the Facebook page since 2 March 2026"]


def test_the_register_says_which_sites_are_expected(school: Path) -> None:
    box = load_inbox(school)
    box.make()
    assert sorted(p.name for p in (school / "inbox").iterdir()) == ["page", "website"]
    assert load_cron(school) == "0 6 * * 1"
    assert load_mailbox(school) is None
    (school / "sites.toml").unlink()
    with pytest.raises(UserError, match="the register names no site"):
        load_inbox(school)


def run(school: Path, store: Path) -> Outcome:
    work = StoredRun.prepare(Job.of([], school, store, None), lambda items, findings: None)
    try:
        while work.step():
            pass
        work.close()
    finally:
        work.end()
    assert work.outcome.failure is None
    return work.outcome


def posts(*texts: str) -> bytes:
    rows = [{"id": str(n), "text": t, "published": f"2026-01-{n + 1:02}T10:00:00Z"} for n, t in enumerate(texts)]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_a_second_export_keeps_what_was_decided(school: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.duckdb"
    with pytest.raises(UserError, match="no export has come yet"):
        run(school, store)
    drop(school / "inbox/page/posts.jsonl", posts("Text 07700 900123 for a lift.", "A quiet day."))
    drop(school / "inbox/website/posts.jsonl", posts("Nothing here."))
    first = run(school, store)
    assert (first.items, first.new, first.open, first.overdue, first.left) == (3, first.findings, first.open, [], [])
    assert sum(first.open.values()) >= 1
    with Store.open(store, Keys.load()) as opened:
        number = opened.query("SELECT * FROM findings_now WHERE kind = 'PHONE'").to_dict("records")
        assert set(opened.query("SELECT site FROM items WHERE kind <> 'site'")["site"]) == {"page", "website"}
        decide(opened, number, "false alarm", "A. Person", "our own number")
    drop(
        school / "inbox/page/newer.jsonl", posts("Text 07700 900123 for a lift.", "A quiet day.", "Ring 07700 900456.")
    )
    second = run(school, store)
    assert second.items == 4
    assert second.new == 1
    with Store.open(store, Keys.load(), read_only=True) as opened:
        found = opened.query("SELECT masked, settled FROM findings_now WHERE kind = 'PHONE' ORDER BY published")
        assert found["settled"].tolist() == [True, False]


# The summary by e-mail


OUTCOME = Outcome(
    items=300, findings=9, new=4, gone=1, problems=["/home/noor-lang/x.zip: is damaged"], open={"critical": 2, "low": 5},
    withheld=1, overdue=["no export of the Facebook page since 2 March 2026"], left=["/school/inbox/page/noor.zip: waits"],
)  # fmt: skip


def test_the_summary_holds_counts_and_nothing_else() -> None:
    told = "\n".join(weekly.digest(OUTCOME))
    assert told.splitlines() == [
        "300 items read, 4 findings new since the last audit, 1 gone.",
        "To be done:",
        "  2 critical: today",
        "  5 low: when the page is next edited",
        "1 items are kept for the safeguarding lead: tell the lead today.",
        "Overdue:",
        "  no export of the Facebook page since 2 March 2026",
        "1 files were left in the inbox; the terminal of the schedule says why.",
        "1 files could not be read; the terminal of the schedule names them.",
    ]
    assert (
        weekly.subject("Northmoor School", OUTCOME) == "Northmoor School: social media audit, 2 to be done today, 4 new"
    )
    failed = Outcome(failure=UserError("/home/noor-lang/x.zip: is damaged"))
    assert "noor" not in "\n".join(weekly.digest(failed))
    assert "did not end" in weekly.subject("Northmoor School", failed)


def settings(**changes: object) -> dict[str, object]:
    given = {"to": ["head@northmoor.example"], "from": "audit@northmoor.example", "host": "localhost"} | changes
    return {"notify": given}


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_the_summary_is_sent_over_tls(way: str, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    server = MailServer(pem, tls_at_once=way == "tls")
    mailbox = mailbox_of(settings(port=server.port, tls=way), Path("school.toml"))
    assert mailbox is not None
    send(mailbox, "Northmoor School: 2 to be done", weekly.digest(OUTCOME), ssl.create_default_context(cafile=str(pem)))
    assert "Subject: Northmoor School: 2 to be done" in server.message
    assert "2 critical: today" in server.message
    assert "noor-lang" not in server.message
    assert set(server.in_the_clear) <= {"EHLO", "STARTTLS"}


def test_nothing_is_sent_to_a_server_that_is_not_trusted_or_has_no_tls(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    stranger, plain = MailServer(pem), MailServer(pem, offers=("SIZE",))
    for server, context in ((stranger, None), (plain, ssl.create_default_context(cafile=str(pem)))):
        mailbox = Mailbox(("head@northmoor.example",), "audit@northmoor.example", "localhost", server.port)
        with pytest.raises(UserError, match="the summary could not be sent"):
            send(mailbox, "subject", ["text"], context)
        assert server.message == ""
        assert "MAIL" not in server.in_the_clear


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tls": "none"}, "mail without TLS is not sent"),
        ({"port": "x"}, "must be a port's number"),
        ({"from": ""}, "needs addresses under to and from"),
        ({"to": ["nobody"]}, "needs addresses under to and from"),
        ({"to": ["a@b.example\nBcc: c@d.example"]}, "needs addresses under to and from"),
    ],
)
def test_settings_that_cannot_be_used_are_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(UserError, match=says):
        mailbox_of(settings(**change), Path("school.toml"))


def test_no_mail_is_sent_unless_somebody_is_named(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(weekly, "send", lambda mailbox, subject, lines: sent.append(subject))
    job = Job.of([], school, school / "s.duckdb", None)
    assert weekly.mail(job, OUTCOME) == ""
    assert sent == []
    with (school / "school.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[notify]\nto = "head@northmoor.example"\nfrom = "audit@northmoor.example"\nhost = "mail.northmoor.example"\n'
        )
    assert weekly.mail(job, OUTCOME) == ""
    assert len(sent) == 1
    monkeypatch.setattr(weekly, "send", notify.send)
    monkeypatch.setattr(notify.smtplib, "SMTP", lambda *a, **k: (_ for _ in ()).throw(OSError("no way")))
    assert "could not be sent" in weekly.mail(job, OUTCOME)


def _zip() -> bytes:
    import io

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("posts.json", "[]")
    return stream.getvalue()
