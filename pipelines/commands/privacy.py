"""What protects the people in the store: keys, withheld items, who looked, forgetting, breaches, proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from detectors.base import Pupil, UserError
from pipelines.console import UNREADABLE, AsJson, SchoolFolder, StoreFile, messages, open_store
from reports.words import count

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from pipelines.store import Store

By = Annotated[str, typer.Option("--by", help="Your name; it goes into the access log.")]
Why = Annotated[str, typer.Option("--why", help="Your reason, without anybody's name; it goes into the access log.")]
# Where a key proves who acts, or where the law asks for no reason.
ByLead = Annotated[str, typer.Option("--by", help="Your name; it goes into the access log.")]
AnyWhy = Annotated[str, typer.Option("--why", help="Your reason, if you like; it goes into the access log.")]
PupilId = Annotated[str, typer.Argument(help="The pupil's id, as it stands in the roll.", metavar="PUPIL")]
PrivateKey = Annotated[Path, typer.Option("--private-key", help="The safeguarding lead's private key file.")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="A file whose first line is the passphrase; asked for without it."),
]

keys = typer.Typer(help="The three keys: which there are, new ones, the safeguarding lead's.", no_args_is_help=True)
safeguarding = typer.Typer(help="What is withheld for the safeguarding lead.", no_args_is_help=True)
breach = typer.Typer(help="The log of personal-data breaches and its 72-hour clock.", no_args_is_help=True)


# What is shown was written by strangers: no brackets of theirs are markup.
_out = Console(highlight=False, markup=False)


def _say(*lines: str) -> None:
    for line in lines:
        _out.print(line, soft_wrap=True)


@keys.command("show")
def show_keys() -> None:
    """Which keys there are and where; never a key itself."""
    from pipelines.keys import describe

    table = Table("Key", "Where", "State")
    for row in describe():
        table.add_row(*row)
    _out.print(table)


@keys.command("init")
def init_keys(
    keyring: Annotated[
        bool, typer.Option("--keyring", help="Keep the secret keys in the operating system's keyring, not in files.")
    ] = False,
) -> None:
    """Make the keys where there are none; with --keyring move them into the operating system's keyring."""
    from pipelines.keys import describe, home, move_to_keyring

    if keyring:
        move_to_keyring()
    place = describe()[0][1]
    _say(
        f"The keys are there ({place}; folder {home() / 'keys'}). Back them up: without them no store of this computer can be read."
    )


@keys.command("rotate")
def rotate_keys(
    store: Annotated[
        list[Path] | None, typer.Option("--store", help="A store to wrap anew; name every store you have.")
    ] = None,
    drop_retired: Annotated[
        bool, typer.Option("--drop-retired", help="Destroy the retired keys: after every store was wrapped anew.")
    ] = False,
) -> None:
    """A new content key. The pseudonym key stays: with another, every pupil's history and verdicts would be lost."""
    from pipelines.keys import drop_retired_keys, renew_content_key

    stores = store or []
    for path in stores:
        open_store(path).close()  # a store that is missing, in use or of other keys shows before anything is changed
    new = None if drop_retired else renew_content_key()
    for path in stores:
        with open_store(path, writing=True) as opened:
            opened.rewrite_when_closed()  # the old wrapping's bytes go too
        _say(f"{path}: wrapped anew")
    if new is None:
        _say(f"{count(drop_retired_keys(), 'retired key')} destroyed")
        return
    _say(
        "There is a new content key. Stores not named here are wrapped anew when a run next writes to them; until then keep "
        "the retired key. When all are done: social-audit keys rotate --drop-retired"
    )


@keys.command("safeguarding")
def safeguarding_key(
    private_key: Annotated[
        Path | None, typer.Option("--private-key", help="Make a pair; the private half goes to this new file.")
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", help="Use the public half that the lead made on a computer of their own."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of an earlier lead's key.")] = False,
) -> None:
    """Set up the safeguarding lead: this computer keeps the public key, which seals; the lead the private one, which opens."""
    from pipelines.keys import fingerprint, install_lead_key, make_lead_keys, read_public_key, refuse_second_lead

    if (private_key is None) == (public_key is None):
        raise UserError("give either --private-key FILE, to make a pair, or --public-key FILE, to use the lead's own")
    if not replace:
        refuse_second_lead()  # before a pair is made for nothing
    if public_key is not None:
        read_public_key(public_key)
        pem = public_key.read_bytes()
    else:
        assert private_key is not None
        pem = make_lead_keys(private_key, passphrase(passphrase_file, new=True))
    public = install_lead_key(pem, replace=replace)
    _say(f"Items with a safeguarding concern are now sealed to the key with fingerprint {fingerprint(public)}.")
    if private_key is not None:
        _say(
            f"{private_key}: give this file to the safeguarding lead and keep no copy; without it or its passphrase nobody "
            "can open what is sealed."
        )


def passphrase(path: Path | None, *, new: bool = False) -> str:
    """The lead's passphrase: the first line of a file, or asked for."""
    if path is None:
        return str(typer.prompt("Passphrase of the private key", hide_input=True, confirmation_prompt=new, err=True))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path}: cannot be read; name the file that holds the passphrase") from None
    return lines[0] if lines else ""


@contextmanager
def _as_lead(store: Path, private_key: Path, passphrase_file: Path | None) -> Iterator[tuple[Store, X25519PrivateKey]]:
    """The store open for writing, and the lead's key: one that this computer seals to, or sealed to before."""
    from pipelines.keys import read_private_key
    from pipelines.store.withheld import check_lead

    private = read_private_key(private_key, passphrase(passphrase_file))
    with open_store(store, writing=True) as opened:
        check_lead(opened, private)
        yield opened, private


@safeguarding.command("list")
def list_withheld(
    store: StoreFile,
    private_key: PrivateKey,
    by: ByLead = "safeguarding lead",
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """The withheld items: when and where each was published. For the safeguarding lead."""
    from pipelines.store.withheld import listed

    with _as_lead(store, private_key, passphrase_file) as (opened, private):
        rows = listed(opened, private)
        opened.log_access(by, "list of withheld items", "safeguarding list", "withheld")
    if as_json:
        for row in rows:
            print(json.dumps({"key": row.key, "state": row.state, "readable": row.readable, **row.place}))
        return
    table = Table("Key", "State", "Published", "Site", "Address", "Content kept")
    for row in rows:
        place = row.place
        table.add_row(
            row.key[:8],
            row.state,
            str(place.get("published", "sealed to an earlier key"))[:16],
            str(place.get("site", "")),
            str(place.get("url", "")),
            "yes" if row.readable else "no",
        )
    _out.print(table)


@safeguarding.command("open")
def open_withheld(
    key: Annotated[str, typer.Argument(help="The item's key, or its beginning.")],
    store: StoreFile,
    private_key: PrivateKey,
    by: ByLead = "safeguarding lead",
    why: AnyWhy = "safeguarding",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Show a withheld item whole, with what was found on it. For the safeguarding lead."""
    from pipelines.store.withheld import open_record

    with _as_lead(store, private_key, passphrase_file) as (opened, private):
        record = open_record(opened, private, key)
        opened.log_access(by, why, "safeguarding open", record["item"]["item_key"])
    _print_content(record["content"], record["item"])
    _say(*(f"Found: {f['kind']} (clause {f['clause']}) in {f['part']}: {f['why']}" for f in record["findings"]))


@safeguarding.command("release")
def release_withheld(
    key: Annotated[str, typer.Argument(help="The item's key, or its beginning.")],
    store: StoreFile,
    private_key: PrivateKey,
    by: ByLead = "safeguarding lead",
    why: AnyWhy = "safeguarding",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Let the other views have an item: it was no concern, or has been dealt with. For the safeguarding lead."""
    from pipelines.store.access import check_words
    from pipelines.store.withheld import release

    check_words(by, why)
    with _as_lead(store, private_key, passphrase_file) as (opened, private):
        released = release(opened, private, key)
        opened.log_access(by, why, "safeguarding release", released)
    _say(
        f"{released[:8]}: released; it stands among the findings now, or from the next run on where no content was kept"
    )


@safeguarding.command("illegal")
def mark_illegal(
    key: Annotated[str, typer.Argument(help="The key of a withheld item or of a finding, or its beginning.")],
    store: StoreFile,
    by: By,
    why: Why,
) -> None:
    """Mark an item as illegal: its sealed copy is destroyed and never made again; address, time and hash remain."""
    from pipelines.store.access import check_words
    from pipelines.store.withheld import mark_illegal

    check_words(by, why)
    with open_store(store, writing=True) as opened:
        marked = mark_illegal(opened, key)
        opened.log_access(by, why, "safeguarding illegal", marked)
    _say(
        f"{marked[:8]}: the sealed copy is destroyed; address, time and hash remain. Do not open, copy or forward the "
        "content; tell the police, or the Internet Watch Foundation."
    )


def reveal(
    key: Annotated[str, typer.Argument(help="The finding's key, or its beginning.")],
    store: StoreFile,
    by: By,
    why: Why,
    as_json: AsJson = False,
) -> None:
    """Show the item of a finding unmasked; who looks and why goes into the access log first."""
    from pipelines.store import access

    with open_store(store, writing=True) as opened:
        finding, content = access.reveal(opened, key, by, why)
    if as_json:
        print(json.dumps({"key": finding["key"], **content}, ensure_ascii=False))
        return
    _print_content(content, {})
    at = finding["part"]
    start, end = finding["start_at"], finding["end_at"]
    value = content["parts"].get(at, "")[int(start) : int(end)] if start == start and start is not None else ""
    _say(f"Found: {finding['kind']} (clause {finding['clause']}) in {at}: {_shown(value) or finding['why']}")


def _shown(text: str) -> str:
    """A stranger's text on a terminal: no characters that command it, lines as they are."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _print_content(content: dict[str, Any], item: dict[str, Any]) -> None:
    if item:
        _say(f"Site: {item['site']}", f"Published: {item['published'] or 'unknown'}")
    _say(f"Address: {_shown(content['url']) or 'none in the export'}")
    _say(f"Author: {_shown(content['author']) or 'not in the export'}")
    _say(*(f"{name}: {_shown(text)}" for name, text in content["parts"].items()))
    _say(*(f"Stands in the export at: {member} {pointer}".rstrip() for _, member, pointer, _ in content["locators"]))


def access_log(store: StoreFile, as_json: AsJson = False) -> None:
    """Who looked at what and why, oldest first."""
    from pipelines.store.access import accesses

    with open_store(store) as opened:
        rows = accesses(opened)
    if as_json:
        for row in rows:
            print(json.dumps(vars(row) | {"at": row.at.isoformat()}, ensure_ascii=False))
        return
    table = Table("No", "When (UTC)", "Who", "Did", "With", "Why")
    for row in rows:
        table.add_row(str(row.number), f"{row.at:%Y-%m-%d %H:%M}", row.by, row.action, row.subject[:8] or "", row.why)
    _out.print(table)


def forget(
    pupil: PupilId,
    school: SchoolFolder,
    store: StoreFile,
    by: ByLead = "not said",
    why: AnyWhy = "erasure",
) -> None:
    """Forget a pupil: findings, content and pseudonym go, the file is written anew and searched to prove it."""
    from pipelines.keys import Keys
    from pipelines.store import erasure

    on_roll = _pupil(school, pupil)
    names = _ways_to_write(on_roll) if on_roll else []
    with open_store(store, writing=True) as opened:
        opened.log_access(by, why, "forget", "a pupil")
    done = erasure.forget(store, Keys.load(), pupil, names)
    _say(
        f"Forgotten: {count(done.findings, 'finding')}, the content of {count(done.items, 'item')}, "
        f"{count(done.names_removed, 'name')} of files and sites. {count(done.files_searched, 'file')} searched byte by byte: no "
        "trace is left in them."
    )
    if on_roll is None:
        _say(
            "The pupil is not on the roll, so that only what was found about them went, not sealed words that name them."
        )
    if done.still_published:
        _say(
            f"{count(done.still_published, 'item')} stood in the newest export of their site. What is still published is found "
            "again at the next run while the pupil is on the roll: take it down where it was published."
        )
    if done.withheld:
        _say(
            f"Withheld for the safeguarding lead: {count(done.withheld, 'item')}; only the lead can tell whether they are about "
            "this pupil."
        )
    _say("Reports, tables and exports that you keep outside the tool are not searched: see docs/privacy.md.")


def _pupil(school: Path, pupil_id: str) -> Pupil | None:
    from pipelines.school import load_school

    roll = load_school(school, date.today()).roll
    try:
        return roll.pupil(pupil_id)
    except KeyError:
        return None


def _ways_to_write(pupil: Pupil) -> list[str]:
    """Each forename with each surname in both orders, the user names, the Unique Pupil Number."""
    pairs = [(f, s) for f in pupil.forenames for s in pupil.surnames]
    names = [n for f, s in pairs for n in (f"{f} {s}", f"{s} {f}")]
    return [*names, *pupil.handles, *([pupil.upn] if pupil.upn else [])]


def subject_access(
    pupil: PupilId,
    store: StoreFile,
    by: By,
    why: Why,
    output: Annotated[Path, typer.Option(help="The file to write, for its owner only.")],
) -> None:
    """Write all that the store keeps about one pupil into a file that a person can read (UK GDPR article 15)."""
    from pipelines.keys import write_owner_only
    from pipelines.store.subject import about_pupil

    with open_store(store, writing=True) as opened:
        text, findings = about_pupil(opened, pupil)
        opened.log_access(by, why, "subject access", "a pupil")
    write_owner_only(output, text.encode("utf-8", "replace"))
    _say(
        f"{output}: written, {findings} findings. It names other people where posts do: redact before you hand it out."
    )


def purge(
    store: StoreFile,
    school: Annotated[
        Path | None,
        typer.Option("--school", help="The school's folder, for its \\[retention] times; else the defaults."),
    ] = None,
) -> None:
    """Take away what is older than the school keeps it, and write the file anew so that no bytes stay behind."""
    from pipelines.keys import Keys
    from pipelines.school import Retention, load_retention
    from pipelines.store import erasure

    times = load_retention(school) if school else Retention()
    now = datetime.now(UTC)
    open_store(store).close()
    done = erasure.purge(
        store,
        Keys.load(),
        content=now - timedelta(days=times.content),
        verdicts=now - timedelta(days=times.verdicts),
        accesses=now - timedelta(days=times.access_log),
        runs=now - timedelta(days=times.runs),
    )
    _say(
        f"Taken away: the content of {count(done.content, 'item')}, {count(done.verdicts, 'verdict')}, "
        f"{count(done.accesses, 'row')} of the access log, {count(done.runs, 'run')} with what only they saw."
    )


@breach.command("add")
def add_breach(
    store: StoreFile,
    what: Annotated[str, typer.Option(help="What happened, without names.")],
    by: Annotated[str, typer.Option("--by", help="Who notes it.")],
    known: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"],
            help="When the school came to know of it, in local time; now without it.",
        ),
    ] = None,
    people: Annotated[int | None, typer.Option(min=0, help="How many people it is about, as far as known.")] = None,
) -> None:
    """Note a personal-data breach; the 72 hours run from when it was known."""
    from pipelines.store import breaches

    at = known.astimezone(UTC) if known else datetime.now(UTC)
    with open_store(store, writing=True) as opened:
        number = breaches.add_breach(opened, at, what, by, people)
    due = at + breaches.CLOCK
    ends = "end" if due > datetime.now(UTC) else "ENDED"
    _say(
        f"Breach {number} noted. Tell the data-protection officer now; the 72 hours {ends} on {due.astimezone():%d %b %Y at %H:%M}."
    )


@breach.command("decide")
def decide_breach(
    number: Annotated[int, typer.Argument(help="The breach's number.")],
    decision: Annotated[str, typer.Option(help="reported (to the Information Commissioner) or not-reportable.")],
    by: Annotated[str, typer.Option("--by", help="The data-protection officer.")],
    why: Annotated[str, typer.Option("--why", help="The reason, without names.")],
    store: StoreFile,
) -> None:
    """Note what the data-protection officer decided."""
    from pipelines.store import breaches

    with open_store(store, writing=True) as opened:
        breaches.decide_breach(opened, number, decision, why, by)
    _say(f"Breach {number}: {decision}")


@breach.command("list")
def list_breaches(store: StoreFile, as_json: AsJson = False) -> None:
    """All breaches, the newest first, with their clocks."""
    from pipelines.store import breaches

    with open_store(store) as opened:
        rows = breaches.breaches(opened)
    now = datetime.now(UTC)
    if as_json:
        for row in rows:
            times = {"known": row.known.isoformat(), "due": row.due.isoformat(), "clock": row.clock(now)}
            shown = {
                "number": row.number,
                "people": row.people,
                "what": row.what,
                "decision": row.decision,
                "why": row.why,
            }
            print(json.dumps(shown | times, ensure_ascii=False))
        return
    table = Table("No", "Known", "72 hours", "People", "What", "Decision", "Why")
    for row in rows:
        table.add_row(
            str(row.number),
            f"{row.known.astimezone():%Y-%m-%d %H:%M}",
            Text(row.clock(now), style="red" if row.is_overdue(now) else ""),
            "not known" if row.people is None else str(row.people),
            row.what,
            f"{row.decision} ({row.decided_by})" if row.decision else "none yet",
            row.why,
        )
    _out.print(table)


def dpia(school: SchoolFolder, output: Annotated[Path, typer.Option(help="The Markdown file to write.")]) -> None:
    """Write the draft of a data-protection impact assessment, with this tool's facts and the school's names filled in."""
    from pipelines.dpia import fill_dpia
    from pipelines.keys import write_owner_only

    write_owner_only(output, fill_dpia(school, date.today()).encode("utf-8"))
    _say(f"{output}: written. What stands in [square brackets] is yours to decide; sign it before the first audit.")


def verify(
    report: Annotated[Path, typer.Argument(help="The report to check, PDF or HTML.")],
    store: StoreFile,
    export: Annotated[
        list[Path] | None, typer.Option("--export", help="An export to compare with what the report's run read.")
    ] = None,
) -> None:
    """Check that a report is as it was written, that it speaks of these exports, and that the access log is whole."""
    from pipelines.store import access, signatures

    try:
        sha256 = hashlib.sha256(report.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{report}: cannot be read ({error.strerror}); name the report to check") from None
    failed = False
    with open_store(store) as opened:
        run_id = ""
        try:
            run_id, written = signatures.check_report(opened, sha256)
            hashes = signatures.export_hashes(opened, run_id)
            _say(f"report: as it was written on {written:%d %b %Y %H:%M} UTC by run {run_id}")
            _say(f"exports: {count(len(hashes), 'hash', 'hashes')} of what the run read, as they were signed")
        except UserError as error:
            failed = _complain(error)
        if run_id and export:
            failed |= _compare_exports(export, hashes)
        try:
            _say(f"access log: {count(access.check_log(opened), 'row')}, as they were written")
        except UserError as error:
            failed = _complain(error)
    if failed:
        raise typer.Exit(UNREADABLE)


def _compare_exports(paths: list[Path], hashes: list[str]) -> bool:
    from pipelines.readers import open_exports

    exports, problems = open_exports(paths, {})
    failed = bool(problems)
    for line in problems:
        messages.print(line, style="red", markup=False, soft_wrap=True)
    for given in exports:
        if given.sha256 in hashes:
            _say(f"{given.path}: is what the run read")
        else:
            failed = _complain(UserError(f"{given.path}: is not what the run read; it was changed, or is another one"))
    return failed


def _complain(error: UserError) -> bool:
    messages.print(str(error), style="red", markup=False, soft_wrap=True)
    return True
