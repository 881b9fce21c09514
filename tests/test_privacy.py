"""The store tells nobody what they need not know, forgets when asked, and shows when it was tampered with."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import keyring
import keyring.backend
import pytest
from typer.testing import CliRunner, Result

from detectors.base import Finding, Item, Locator, Part, Severity, UserError
from pipelines import keys as keys_module
from pipelines import store as store_module
from pipelines.cli import app
from pipelines.keys import Keys, install_lead_key, make_lead_keys, read_private_key
from pipelines.places import places_table, unlisted
from pipelines.school import Retention, load_retention
from pipelines.store import RunInfo, SourceInfo, Store, access, breaches, erasure, signatures, withheld
from tests import exports

PASSPHRASE = "lantern otter violin quay"
TEXT = "Noor Lang told us something that must stay between few."
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIAL_AUDIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path / "home"


def item(number: int, text: str = TEXT) -> Item:
    return Item(
        id=f"post-{number}",
        kind="post",
        parts=(Part("text", text),),
        locator=Locator("ab" * 32, "posts.json", f"/{number}", "records-jsonl"),
        lineage=f"lineage-{number}",
        author="Dilys Author",
        published=datetime(2026, 1, number, 10, tzinfo=UTC),
        url=f"https://www.northmoor.example/{number}",
    )


def finding(of: Item, kind: str = "PUPIL", pupils: Sequence[str] = (), value: str = "Noor Lang") -> Finding:
    start = of.part("text").find(value)
    return Finding(of, "rule", kind, "A.2.3", Severity.HIGH, 0.9, "text", "full name", start, start + len(value),
                   pupils=tuple(pupils), value=value)  # fmt: skip


def info() -> RunInfo:
    return RunInfo("0", "0", "2023-06", "Northmoor School", 2, 0, False, date(2026, 1, 5))


def source(name: str = "posts.jsonl", members: tuple[tuple[str, str, int, str, int], ...] = ()) -> SourceInfo:
    return SourceInfo(name, "website", "records-jsonl", "ab" * 32, 2, 0, 0, 0, 0, 0, None, None, True, (), members)


def run(store: Store, items: Sequence[Item], findings: Sequence[Finding], *sources: SourceInfo) -> str:
    run_id = store.begin_run(info())
    store.save_batch(run_id, [(i, "website") for i in items], findings)
    store.finish_run(run_id, sources or [source()], 0)
    return run_id


def store_at(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "s.duckdb", Keys.load())


def lead(tmp_path: Path) -> Any:
    install_lead_key(make_lead_keys(tmp_path / "lead.pem", PASSPHRASE))
    return read_private_key(tmp_path / "lead.pem", PASSPHRASE)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


# Keys


def test_keys_that_others_may_read_are_refused(home: Path) -> None:
    Keys.load()
    path = home / "keys" / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o640)
    with pytest.raises(UserError, match="chmod 600"):
        Keys.load()
    path.chmod(0o600)
    path.parent.chmod(0o750)
    with pytest.raises(UserError, match="chmod 700"):
        Keys.load()


def test_the_pseudonym_key_is_never_renewed_silently(tmp_path: Path, home: Path) -> None:
    store_at(tmp_path).close()
    path = home / "keys" / "pseudonym.key"
    path.unlink()
    with pytest.raises(UserError, match="pseudonym key is missing"):
        Keys.load()
    path.write_bytes(bytes(32))
    path.chmod(0o600)
    for read_only in (True, False):
        with pytest.raises(UserError, match="pseudonyms were made with another key"):
            Store.open(tmp_path / "s.duckdb", Keys.load(), read_only=read_only)


def test_a_new_content_key_wraps_anew_and_seals_nothing_again(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), pupils=["P000"])])
        (before,) = store.query("SELECT sealed FROM items")["sealed"]
        wrapped = bytes(store.query("SELECT wrapped_key FROM store_info")["wrapped_key"][0])
    assert wrapped in (tmp_path / "s.duckdb").read_bytes()
    old = Keys.load()
    done = invoke("keys", "rotate", "--store", tmp_path / "s.duckdb")
    assert done.exit_code == 0, done.output
    new = Keys.load()
    assert (new.pseudonym, new.retired) == (old.pseudonym, (old.content,))
    assert invoke("keys", "rotate", "--drop-retired").exit_code == 0
    assert Keys.load().retired == ()
    with store_at(tmp_path) as store:
        assert bytes(store.query("SELECT sealed FROM items")["sealed"][0]) == bytes(before)
        assert store.reveal(store._item_key(item(1)))["parts"] == {"text": TEXT}
    assert wrapped not in (tmp_path / "s.duckdb").read_bytes()
    with pytest.raises(UserError, match="other keys"):
        Store.open(tmp_path / "s.duckdb", old)


def test_a_store_that_was_not_named_opens_with_the_retired_key_and_is_wrapped_when_written(tmp_path: Path) -> None:
    store_at(tmp_path).close()
    keys = keys_module.renew_content_key()
    with Store.open(tmp_path / "s.duckdb", keys, read_only=True) as store:
        assert not keys.is_wrapped_now(bytes(store.query("SELECT wrapped_key FROM store_info")["wrapped_key"][0]))
    store_at(tmp_path).close()
    keys_module.drop_retired_keys()
    store_at(tmp_path).close()


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that lasts as long as the test."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend := MemoryKeyring())
    yield backend
    keyring.set_keyring(before)


def test_keys_move_into_the_keyring_that_the_user_chose(home: Path, memory: MemoryKeyring) -> None:
    before = Keys.load()
    assert not memory.held
    assert invoke("keys", "init", "--keyring").exit_code == 0
    assert Keys.load() == before
    assert [p.name for p in (home / "keys").iterdir()] == ["keyring.txt"]
    keys_module.renew_content_key()
    assert Keys.load().retired == (before.content,)
    assert len(memory.held) == 3


def test_a_system_without_a_keyring_is_told(memory: MemoryKeyring) -> None:
    import keyring.backends.fail

    keyring.set_keyring(keyring.backends.fail.Keyring())
    with pytest.raises(UserError, match="leave --keyring out"):
        keys_module.move_to_keyring()


def test_showing_the_keys_shows_no_key(tmp_path: Path, home: Path) -> None:
    lead(tmp_path)
    done = invoke("keys", "show")
    keys = Keys.load()
    assert keys.lead is not None
    assert keys_module.fingerprint(keys.lead) in done.output
    for secret in (keys.pseudonym, keys.content):
        assert secret.hex()[:8] not in done.output
        assert secret.hex()[:8] not in repr(keys)


def test_the_leads_private_key_is_encrypted_and_theirs_alone(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too short"):
        make_lead_keys(tmp_path / "lead.pem", "short")
    lead(tmp_path)
    path = tmp_path / "lead.pem"
    assert b"ENCRYPTED" in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UserError, match="passphrase is wrong"):
        read_private_key(path, "another passphrase")
    with pytest.raises(UserError, match="exists already"):
        make_lead_keys(path, PASSPHRASE)
    (tmp_path / "words.txt").write_text(PASSPHRASE + "\n")
    arguments = (
        "keys",
        "safeguarding",
        "--private-key",
        tmp_path / "two.pem",
        "--passphrase-file",
        tmp_path / "words.txt",
    )
    refused = invoke(*arguments)
    assert isinstance(refused.exception, UserError)
    assert not (tmp_path / "two.pem").exists()
    assert invoke(*arguments, "--replace").exit_code == 0


# Withheld items


def everywhere(path: Path) -> str:
    """All rows of all tables and views, and the file's bytes."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
        rows = [connection.execute(f'SELECT * FROM "{t}"').fetchall() for (t,) in tables]
    return repr(rows) + path.read_bytes().decode("latin-1")


def test_an_item_of_concern_is_sealed_to_the_lead_and_counted_elsewhere(tmp_path: Path) -> None:
    private, quiet = lead(tmp_path), item(2, "Well done Teo Marchetti")
    with store_at(tmp_path) as store:
        found = [finding(item(1), "SAFEGUARDING_CONCERN"), finding(item(1), pupils=["P000"])]
        run_id = run(store, [item(1), quiet], [*found, finding(quiet, pupils=["P001"], value="Teo Marchetti")])
        assert list(store.query("SELECT kind FROM findings")["kind"]) == ["PUPIL"]
        assert len(store.query("SELECT * FROM items")) == 1
        assert store.query("SELECT items FROM items_withheld")["items"].tolist() == [1]
        assert store.query("SELECT items FROM runs")["items"].tolist() == [2]
        assert withheld.withheld_line(store, run_id) == "1 item withheld: tell your safeguarding lead."
        (row,) = withheld.listed(store, private)
        assert row.place["url"] == "https://www.northmoor.example/1"
        record = withheld.open_record(store, private, row.key)
        assert record["content"]["parts"] == {"text": TEXT}
        assert sorted(f["kind"] for f in record["findings"]) == ["PUPIL", "SAFEGUARDING_CONCERN"]
        pseudonym = store._keys.mac("pupil", "P000")
    text = everywhere(tmp_path / "s.duckdb")
    for secret in ("SAFEGUARDING_CONCERN", pseudonym, "N… L…", "northmoor.example", TEXT, "post-1", "2026-01-01"):
        assert secret not in text, secret
    assert store._keys.mac("pupil", "P001") in text


def test_what_is_sealed_to_the_lead_opens_with_no_other_key(tmp_path: Path) -> None:
    lead(tmp_path)
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), "SAFEGUARDING_CONCERN")])
        key = store.query("SELECT item_key FROM withheld")["item_key"][0]
        install_lead_key(make_lead_keys(tmp_path / "next.pem", PASSPHRASE), replace=True)
        other = read_private_key(tmp_path / "next.pem", PASSPHRASE)
        with pytest.raises(UserError, match="sealed to the key with fingerprint"):
            withheld.open_record(store, other, key)
        assert [row.place for row in withheld.listed(store, other)] == [{}]


def test_an_item_stored_before_its_concern_was_seen_leaves_the_store(tmp_path: Path) -> None:
    lead(tmp_path)
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), pupils=["P000"])])
        sealed = bytes(store.query("SELECT sealed FROM items")["sealed"][0])
    assert sealed in (tmp_path / "s.duckdb").read_bytes()
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), "SAFEGUARDING_CONCERN"), finding(item(1), pupils=["P000"])])
    assert sealed not in (tmp_path / "s.duckdb").read_bytes()
    assert store._keys.mac("pupil", "P000") not in everywhere(tmp_path / "s.duckdb")


def test_a_withheld_item_stays_so_until_it_is_released(tmp_path: Path) -> None:
    private = lead(tmp_path)
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), "SAFEGUARDING_CONCERN")])
        run(store, [item(1)], [finding(item(1), pupils=["P000"])])
        assert store.query("SELECT * FROM items").empty
        key = store.query("SELECT item_key FROM withheld")["item_key"][0]
        withheld.release(store, private, key[:8])
        with pytest.raises(UserError, match="nothing to release"):
            withheld.release(store, private, key)
        assert store.query("SELECT kind FROM findings_now")["kind"].tolist() == ["PUPIL"]
        assert store.reveal(key)["parts"] == {"text": TEXT}
        run(store, [item(1)], [finding(item(1), "SAFEGUARDING_CONCERN")])
        assert len(store.query("SELECT * FROM items")) == 1
        changed = item(1, TEXT + " And more.")
        run(store, [changed], [finding(changed, "SAFEGUARDING_CONCERN")])
        assert store.query("SELECT * FROM items").empty


def test_without_a_lead_no_content_is_kept(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        run_id = run(store, [item(1)], [finding(item(1), "SAFEGUARDING_CONCERN")])
        assert "No content was kept" in withheld.withheld_line(store, run_id)
        assert store.query("SELECT sealed FROM withheld")["sealed"].isna().all()
    private = lead(tmp_path)
    make_lead_keys(tmp_path / "another.pem", PASSPHRASE)
    stranger = read_private_key(tmp_path / "another.pem", PASSPHRASE)
    with store_at(tmp_path) as store:
        with pytest.raises(UserError, match="not the private key of the safeguarding lead"):
            withheld.check_lead(store, stranger)
        assert [row.place for row in withheld.listed(store, stranger)] == [{}]
        (row,) = withheld.listed(store, private)
        with pytest.raises(UserError, match="not the private key of the safeguarding lead"):
            withheld.release(store, stranger, row.key)
        assert row.place["published"].startswith("2026-01-01T10:00")
        with pytest.raises(UserError, match="only address, time and hash"):
            withheld.open_record(store, private, row.key)
        withheld.release(store, private, row.key)
        run(store, [item(1)], [finding(item(1), pupils=["P000"])])
        assert len(store.query("SELECT * FROM findings")) == 1


@pytest.mark.parametrize("kind", ["SAFEGUARDING_CONCERN", "OFFENSIVE"])
def test_illegal_content_is_destroyed_and_never_kept_again(tmp_path: Path, kind: str) -> None:
    private, path = lead(tmp_path), tmp_path / "s.duckdb"
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), kind)])
        table = "withheld" if kind == "SAFEGUARDING_CONCERN" else "items"
        sealed = bytes(store.query(f"SELECT sealed FROM {table}")["sealed"][0])
        key = store.query("SELECT item_key FROM withheld UNION ALL SELECT key FROM findings").iloc[0, 0]
    assert sealed in path.read_bytes()
    unsaid = invoke("safeguarding", "illegal", key[:10], "--store", path, "--by", "Dilys Moore", "--why", " ")
    assert isinstance(unsaid.exception, UserError)
    assert sealed in path.read_bytes()
    done = invoke("safeguarding", "illegal", key[:10], "--store", path, "--by", "Dilys Moore", "--why", "police 12")
    assert done.exit_code == 0, done.output
    assert sealed not in path.read_bytes()
    with store_at(tmp_path) as store:
        (row,) = withheld.listed(store, private)
        assert (row.state, row.readable, row.place["url"]) == ("illegal", False, "https://www.northmoor.example/1")
        run(store, [item(1)], [finding(item(1), kind)])
        assert store.query("SELECT sealed FROM withheld")["sealed"].isna().all()
        assert store.query("SELECT * FROM items").empty
        assert [a.action for a in access.accesses(store)] == ["safeguarding illegal"]


def test_an_item_that_was_released_can_still_be_marked_as_illegal(tmp_path: Path) -> None:
    private = lead(tmp_path)
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), "SAFEGUARDING_CONCERN")])
        key = store.query("SELECT item_key FROM withheld")["item_key"][0]
        withheld.release(store, private, key)
        assert withheld.listed(store, private) == []
        withheld.mark_illegal(store, key)
        assert store.query("SELECT * FROM items").empty
        assert [row.place["url"] for row in withheld.listed(store, private)] == ["https://www.northmoor.example/1"]


def test_a_store_of_an_earlier_version_can_be_read_by_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "migrations"
    first.mkdir()
    shutil.copy(store_module._MIGRATIONS / "0001_first.sql", first)
    with monkeypatch.context() as patched:
        patched.setattr(store_module, "_MIGRATIONS", first)
        store_at(tmp_path).close()
    done = invoke("access-log", "--store", tmp_path / "s.duckdb", "--json")
    assert (done.exit_code, done.output) == (0, "")


def test_the_leads_commands_ask_for_the_key_and_leave_a_log(tmp_path: Path) -> None:
    lead(tmp_path)
    path, words = tmp_path / "s.duckdb", tmp_path / "words.txt"
    words.write_text(PASSPHRASE + "\n")
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), "SAFEGUARDING_CONCERN")])
        key = store.query("SELECT item_key FROM withheld")["item_key"][0]
    common = (
        "--store",
        path,
        "--private-key",
        tmp_path / "lead.pem",
        "--passphrase-file",
        words,
        "--by",
        "Dilys Moore",
    )
    assert "https://www.northmoor.example/1" in invoke("safeguarding", "list", *common).output
    assert TEXT in invoke("safeguarding", "open", key, *common, "--why", "referral").output
    assert invoke("safeguarding", "release", key, *common, "--why", "dealt with").exit_code == 0
    words.write_text("not the passphrase\n")
    assert isinstance(invoke("safeguarding", "list", *common).exception, UserError)
    log = invoke("access-log", "--store", path).output
    assert [line.split("│")[4].strip() for line in log.splitlines() if line.startswith("│")] == [
        "safeguarding list", "safeguarding open", "safeguarding release",
    ]  # fmt: skip


# Who looked


def logged(tmp_path: Path, rows: int = 3) -> Path:
    with store_at(tmp_path) as store:
        for number in range(rows):
            store.log_access("Dilys Moore", f"reason {number}", "reveal", "abc")
        assert access.check_log(store) == rows
    return tmp_path / "s.duckdb"


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM access_log WHERE number = 3",
        "DELETE FROM access_log WHERE number = 1",
        "DELETE FROM access_log; DELETE FROM access_log_ends",
        "UPDATE access_log SET subject = 'abd' WHERE number = 2",
        "UPDATE access_log SET logged = logged - INTERVAL 1 HOUR WHERE number = 2",
        "DELETE FROM access_log WHERE number = 3; UPDATE access_log_ends SET last = 2",
        "INSERT INTO access_log SELECT 4, logged, action, subject, sealed, chain FROM access_log WHERE number = 3",
        "DELETE FROM access_log_ends",
    ],
)
def test_a_row_of_the_log_that_is_changed_or_gone_shows(tmp_path: Path, tampering: str) -> None:
    path = logged(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(tampering)
    with store_at(tmp_path) as store, pytest.raises(UserError, match="changed or taken away"):
        access.check_log(store)


def test_the_log_goes_on_whole_after_old_rows_were_purged(tmp_path: Path) -> None:
    logged(tmp_path)
    with store_at(tmp_path) as store:
        middle = store.query("SELECT logged FROM access_log WHERE number = 3")["logged"][0].to_pydatetime()
        assert access.purge_log(store, middle) == 2
        store.log_access("Dilys Moore", "later", "reveal", "abc")
        assert [a.number for a in access.accesses(store)] == [3, 4]
        assert access.check_log(store) == 2
        assert access.purge_log(store, datetime.now(UTC) + timedelta(days=1)) == 2
        store.log_access("Dilys Moore", "last", "reveal", "abc")
        assert access.check_log(store) == 1


def test_content_is_shown_only_once_it_is_logged_who_looks_and_why(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    rude = item(1, f"{TEXT} \x1b[2J [red]")
    with store_at(tmp_path) as store:
        run(store, [rude], [finding(rude, pupils=["P000"])])
        key = store.query("SELECT key FROM findings")["key"][0]
    for by, why in (("", "asked"), ("Dilys Moore", " ")):
        refused = invoke("reveal", key, "--store", path, "--by", by, "--why", why)
        assert isinstance(refused.exception, UserError)
        assert TEXT not in refused.output
    done = invoke("reveal", key[:8], "--store", path, "--by", "Dilys Moore", "--why", "parent asked")
    assert f"text: {TEXT} \ufffd[2J [red]" in done.output
    assert "Noor Lang" in done.output.splitlines()[-1]
    with store_at(tmp_path) as store:
        (row,) = access.accesses(store)
    assert (row.by, row.why, row.action, row.subject) == ("Dilys Moore", "parent asked", "reveal", key)
    assert "Dilys" not in everywhere(path)
    with pytest.raises(UserError, match="no finding has this key"), store_at(tmp_path) as store:
        access.reveal(store, "ffffffff", "Dilys Moore", "asked")


# Forgetting


def test_a_forgotten_pupil_leaves_no_byte(tmp_path: Path, home: Path) -> None:
    path, both, alone = tmp_path / "s.duckdb", item(2, "Noor Lang and Teo Marchetti won."), item(1)
    unseen = item(3, "Ring 07700 900123; thanks, Lang, Noor!")  # the rules found a number there, and no name
    pupil_file = ("pictures/noor_lang.png", "parsed", 1, "", 1)
    with store_at(tmp_path) as store:
        run(
            store,
            [alone, both, unseen],
            [
                finding(alone, pupils=["P000"]),
                finding(alone, "HEALTH", value="something"),
                finding(both, pupils=["P000"]),
                finding(both, pupils=["P001"], value="Teo Marchetti"),
                finding(both, pupils=["P001", "P000"], value="won"),
                finding(unseen, "PHONE", value="07700 900123"),
            ],
            source("noor-lang.jsonl", (pupil_file, ("posts.json", "parsed", 3, "", 1))),
        )
        pseudonym, other = (store._keys.mac("pupil", p) for p in ("P000", "P001"))
        sealed = [bytes(b) for b in store.query("SELECT sealed FROM items")["sealed"]]
        sealed += [bytes(store.query("SELECT sealed_name FROM sources")["sealed_name"][0])]
        sealed += [bytes(store.query("SELECT sealed FROM source_members WHERE number = 0")["sealed"][0])]
    markers = [pseudonym.encode(), *sealed]
    (tmp_path / "s.snapshot.duckdb").write_bytes(path.read_bytes())
    assert all(erasure.files_with([path], [m]) for m in markers)
    assert all(erasure.files_with([tmp_path / "s.snapshot.duckdb"], [m]) for m in markers)
    school = exports.school(tmp_path / "school")
    done = invoke("forget", "P000", "--school", school, "--store", path)
    assert done.exit_code == 0, (done.output, done.exception)
    assert "3 findings, the content of 3 items, 2 names of files" in done.output
    assert "found again at the next run" in done.output
    searched = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert path in searched
    assert not (tmp_path / "s.snapshot.duckdb").exists()
    assert erasure.files_with(searched, markers) == []
    with store_at(tmp_path) as store:
        left = store.query("SELECT kind, pupils FROM findings ORDER BY kind")
        assert [(kind, list(pupils)) for kind, pupils in zip(left["kind"], left["pupils"], strict=True)] == [
            ("PHONE", []), ("PUPIL", [other]), ("PUPIL", [other]),
        ]  # fmt: skip
        assert store.query("SELECT pupils FROM erasures")["pupils"].tolist() == [1]
        assert len(store.query("SELECT * FROM source_members")) == 2
        assert [a.action for a in access.accesses(store)] == ["forget"]
        assert access.check_log(store) == 1
        run(store, [alone, both], [finding(alone, pupils=["P000"])])
        assert len(store.query("SELECT * FROM findings WHERE list_contains(pupils, ?)", [pseudonym])) == 1


def test_traces_that_forgetting_cannot_reach_are_told(tmp_path: Path, home: Path) -> None:
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), pupils=["P000"])])
        pseudonym = store._keys.mac("pupil", "P000")
    (home / "notes").mkdir()
    (home / "notes" / "old.txt").write_text("x" * (erasure._CHUNK - 10) + pseudonym)
    (home / "notes" / "older.txt").write_text("See Noor Lang.")
    (home / "notes" / "other.txt").write_text("See Teo Marchetti.")
    for _ in range(2):  # the second time nothing of the pupil is in the store any more
        with pytest.raises(UserError, match=r"traces of this pupil are left in: \S+old\.txt, \S+older\.txt; delete"):
            erasure.forget(tmp_path / "s.duckdb", Keys.load(), "P000", ["Noor Lang"])


def test_a_pupil_whom_the_store_does_not_know_is_told(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), pupils=["P000"])])
    with pytest.raises(UserError, match="hold nothing about this pupil"):
        erasure.forget(tmp_path / "s.duckdb", Keys.load(), "P999", ["Someone Else"])
    with store_at(tmp_path) as store:
        assert store.query("SELECT pupils FROM erasures")["pupils"].tolist() == [0]


def test_a_rewrite_that_fails_leaves_the_old_file_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.duckdb"
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), pupils=["P000"])])
        sealed = bytes(store.query("SELECT sealed FROM items")["sealed"][0])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="their bytes still stand in the file"):
            erasure.forget(path, Keys.load(), "P000", [])
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["s.duckdb"]
    assert erasure.files_with([path], [sealed]) == [path]
    store_at(tmp_path).close()
    assert erasure.files_with([path], [sealed]) == []
    with store_at(tmp_path) as store:
        assert store.query("SELECT rewrite_due FROM store_info")["rewrite_due"].tolist() == [False]
        assert store.query("SELECT * FROM findings").empty


def test_a_subject_access_file_holds_all_about_one_pupil(tmp_path: Path) -> None:
    path, other = tmp_path / "s.duckdb", item(2, "Teo Marchetti won.")
    with store_at(tmp_path) as store:
        run(
            store,
            [item(1), other],
            [finding(item(1), pupils=["P000", "P001"]), finding(other, pupils=["P001"], value="Teo Marchetti")],
        )
    output = tmp_path / "about.txt"
    done = invoke(
        "subject-access", "P000", "--store", path, "--by", "Dilys Moore", "--why", "request", "--output", output
    )
    assert done.exit_code == 0, done.output
    text = output.read_text(encoding="utf-8")
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert TEXT in text
    assert "fits 1 other pupil too" in text
    assert "Teo" not in text
    with store_at(tmp_path) as store:
        assert [a.action for a in access.accesses(store)] == ["subject access"]


def test_purging_keeps_to_the_schools_times(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with store_at(tmp_path) as store:
        for number in (1, 2, 3):
            run(store, [item(number)], [finding(item(number), pupils=["P000"])])
        store.log_access("Dilys Moore", "asked", "reveal", "abc")
        sealed = [bytes(b) for b in store.query("SELECT sealed FROM items WHERE sealed IS NOT NULL")["sealed"]]
        store._connection.execute("UPDATE runs SET started = started - INTERVAL 400 DAY")
        store._connection.execute("UPDATE access_log SET logged = logged - INTERVAL 1 DAY")
    now = datetime.now(UTC)
    school = exports.school(tmp_path / "school")
    (school / "school.toml").write_text('name = "N"\n[retention]\ncontent = 30\nruns = 30\n')
    times = load_retention(school)
    assert (times.content, times.verdicts) == (30, Retention().verdicts)
    # The log was tampered with: nothing of it is purged, and that is said.
    ago = {"content": now - timedelta(days=30), "verdicts": now, "runs": now - timedelta(days=30)}
    with pytest.raises(UserError, match="changed or taken away"):
        erasure.purge(path, Keys.load(), accesses=now, **ago)
    with store_at(tmp_path) as store:
        store._connection.execute("UPDATE access_log SET logged = logged + INTERVAL 1 DAY")
    done = invoke("purge", "--store", path, "--school", school)
    assert done.exit_code == 0, (done.output, done.exception)
    with store_at(tmp_path) as store:
        assert len(store.query("SELECT * FROM runs")) == 2
        assert len(store.query("SELECT * FROM findings")) == 2
        assert access.check_log(store) == 1
    assert erasure.files_with([path], sealed) == []


@pytest.mark.parametrize("line", ["content = 0", 'content = "a year"', "contents = 5"])
def test_retention_times_that_make_no_sense_are_told(tmp_path: Path, line: str) -> None:
    school = exports.school(tmp_path / "school")
    (school / "school.toml").write_text(f'name = "N"\n[retention]\n{line}\n')
    with pytest.raises(UserError, match=r"\[retention\]"):
        load_retention(school)


# Breaches


def test_the_clock_of_a_breach_is_told_in_words(tmp_path: Path) -> None:
    path, now = tmp_path / "s.duckdb", datetime.now(UTC)
    with store_at(tmp_path) as store:
        first = breaches.add_breach(
            store, now - timedelta(hours=70), "a sheet sent to another school", "Dilys Moore", 3
        )
        second = breaches.add_breach(
            store, now - timedelta(hours=100, minutes=30), "a lost laptop [x]", "Dilys Moore", None
        )
        early, late = reversed(breaches.breaches(store))
        assert (early.clock(now), early.is_overdue(now)) == ("2 h 00 min left", False)
        assert (late.clock(now), late.is_overdue(now)) == ("OVERDUE by 28 h 30 min", True)
        with pytest.raises(UserError, match="future"):
            breaches.add_breach(store, now + timedelta(hours=1), "x", "y", None)
    assert "OVERDUE by 28 h" in invoke("breach", "list", "--store", path).output
    common = ("--by", "Sefa Okoro", "--why", "no risk", "--store", path)
    for number in (first, second):
        assert invoke("breach", "decide", number, "--decision", "not-reportable", *common).exit_code == 0
    assert isinstance(invoke("breach", "decide", 1, "--decision", "reported", *common).exception, UserError)
    listed = invoke("breach", "list", "--store", path).output
    assert "decided in time" in listed
    assert "LATE" in listed
    assert "a lost laptop [x]" in listed
    assert "laptop" not in everywhere(path)


# Proof


def test_a_report_is_checked_against_what_was_signed(tmp_path: Path) -> None:
    path, report = tmp_path / "s.duckdb", tmp_path / "r.pdf"
    exported = exports.records(tmp_path / "posts.jsonl", [{"id": "1", "text": "A quiet day."}])
    sha256 = hashlib.sha256(exported.read_bytes()).hexdigest()
    with store_at(tmp_path) as store:
        run(store, [item(1)], [finding(item(1), pupils=["P000"])], replace(source(), sha256=sha256))
    assert invoke("report", "--store", path, "--output", report).exit_code == 0
    checked = invoke("verify", report, "--store", path, "--export", exported)
    assert checked.exit_code == 0, checked.output
    assert [line.split(":")[0] for line in checked.output.splitlines()] == [
        "report", "exports", str(exported), "access log",
    ]  # fmt: skip
    exported.write_text('{"id": "1", "text": "Another day."}\n')
    assert invoke("verify", report, "--store", path, "--export", exported).exit_code == 2
    content = report.read_bytes()
    report.write_bytes(content + b"\n")
    assert invoke("verify", report, "--store", path).exit_code == 2
    report.write_bytes(content)
    assert invoke("verify", report, "--store", path).exit_code == 0
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE sources SET sha256 = 'cd'")
    with store_at(tmp_path) as store, pytest.raises(UserError, match="was changed since it was written"):
        signatures.check_report(store, hashlib.sha256(content).hexdigest())
    assert invoke("verify", report, "--store", path).exit_code == 2


# Papers


def test_the_impact_assessment_bears_the_schools_names(tmp_path: Path) -> None:
    school = exports.school(tmp_path / "school")
    with (school / "school.toml").open("a", encoding="utf-8") as file:
        file.write('[routes]\nsafeguarding = "Dilys Moore"\n')
    (school / "sites.toml").write_text('[[sites]]\nsite_id = "website"\nname = "School website"\n')
    assert invoke("dpia", "--school", school, "--output", tmp_path / "dpia.md").exit_code == 0
    text = (tmp_path / "dpia.md").read_text(encoding="utf-8")
    for words in ("Northmoor School", "Dilys Moore", "- School website (website)", places_table(), "content 365 days"):
        assert words in text
    assert "$" not in text


def test_the_page_on_privacy_lists_every_place() -> None:
    assert places_table() in (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8"), "run: make docs"


def test_a_file_that_no_place_accounts_for_is_seen() -> None:
    assert unlisted("home", ["keys/content.key", "prefect/prefect.db", "cache/x"], "s.duckdb") == ["cache/x"]
    assert unlisted("store", ["s.duckdb", "s.duckdb.wal", "s.csv"], "s.duckdb") == ["s.csv"]


def test_what_a_killed_process_spilt_goes_when_the_store_is_opened_next(tmp_path: Path) -> None:
    with store_at(tmp_path):
        pass
    spill = tmp_path / ".s.duckdb.spill"
    spill.mkdir()
    (spill / "block").write_bytes(b"rows")
    with store_at(tmp_path) as store:
        assert not spill.exists()
        limits = store.query("SELECT current_setting('temp_directory') AS spill, current_setting('threads') AS threads")
    assert Path(limits["spill"][0]) == spill
    assert limits["threads"][0] == 2
    assert unlisted("store", ["s.duckdb", ".s.duckdb.spill/block"], "s.duckdb") == []
