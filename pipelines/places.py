"""What stands where: every place in which the tool leaves something, what that may hold, and what takes it away.

The tables of ``docs/privacy.md`` and of the impact assessment are made from it; a test runs an audit and finds no file elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Literal


@dataclass(frozen=True)
class Place:
    """A place. ``pattern`` is a glob on paths with slashes, relative to ``under``: the tool's home, or the folder of the store.

    Places ``by hand`` are files that a person asked a command to write, wherever they named.
    """

    under: Literal["home", "store", "by hand"]
    pattern: str
    what: str
    holds: str
    goes: str


PLACES = (
    Place(
        "store",
        "{store}",
        "the store",
        "pseudonyms, masked values, places and reasons of findings, verdicts; sealed: content of items with open findings, names "
        "of exports and their files, names and reasons of the access log, breaches; sealed to the lead: items of concern",
        "`forget`, `purge`; the whole file when the school stops using the tool",
    ),
    Place(
        "store",
        "{store}.wal",
        "the store's journal, while a run writes",
        "as the store",
        "folded into the store when it closes",
    ),
    Place(
        "store",
        "*snapshot*",
        "the copy of the store that analysts read",
        "pseudonyms, masked values, places and reasons of findings, verdicts without who and why; nothing sealed",
        "`forget`, `purge`; each run makes it anew",
    ),
    Place(
        "store", ".{store}.*", "a new store while it is written, and its spill", "as the store", "when the command ends"
    ),
    Place(
        "home",
        "keys/*.key",
        "the pseudonym and content keys, retired ones",
        "keys; nothing about people",
        "`keys init --keyring`",
    ),
    Place("home", "keys/keyring.txt", "which keyring entries are this home's", "a random number", "by hand"),
    Place(
        "home",
        "keys/safeguarding.pub",
        "the safeguarding lead's public key",
        "a public key",
        "`keys safeguarding --replace`",
    ),
    Place(
        "home",
        "prefect/*",
        "Prefect's home: its database, journals and settings",
        "names of job files (a process number and random), times and states of runs; no path, no content, no message of an error",
        "delete the folder; the next run makes it anew",
    ),
    Place(
        "home",
        "jobs/*.json",
        "what a run or schedule is to do",
        "paths of exports, school folder, store and report, which can name a person",
        "when the run or schedule ends; after a kill, when the next run begins",
    ),
    Place("home", "limits.toml", "limits on archives, where a person wrote some", "numbers", "by hand"),
    Place(
        "by hand",
        "inbox/, exports/ of the school's folder",
        "exports as the platforms gave them, and where a schedule keeps them",
        "everything that was published, and messages and lists that no reader opens",
        "by hand: older ones than the newest of each site are no longer read",
    ),
    Place(
        "by hand",
        "--report, report --output, --html",
        "the head teacher's report",
        "masked values, counts, sites and dates; no name, no content",
        "by hand; `verify` tells a true one from another",
    ),
    Place(
        "by hand",
        "scan --output, inspect --records",
        "findings and records for other programs",
        "roll ids, offsets; records hold the whole content",
        "by hand: never leave them on a shared drive",
    ),
    Place(
        "by hand",
        "work lists and other tables (CSV)",
        "findings to work through",
        "masked values, dates, sites, owners; with --by and --why also addresses and first words, which can name people",
        "by hand",
    ),
    Place(
        "by hand",
        "subject-access --output",
        "all about one pupil",
        "the content of items that name the pupil, other people's names too",
        "by hand, once it was handed over",
    ),
    Place(
        "by hand",
        "keys safeguarding --private-key",
        "the safeguarding lead's private key, encrypted with the passphrase",
        "a key; who has it and the passphrase can read withheld items",
        "the lead keeps it, on no computer that runs audits",
    ),
    Place("by hand", "dpia --output", "the impact assessment", "the school's and its role-holders' names", "by hand"),
    Place(
        "by hand",
        "the school's folder, and the exports",
        "roll, consents, staff, register, logos; what the platforms gave",
        "pupils' names, dates of birth, consents; everything published. The tool reads them and writes nothing there",
        "by hand: keep exports no longer than the audit needs",
    ),
    Place(
        "by hand",
        "the history of the browser in which the review page was used",
        "the addresses of its pages",
        "keys of findings, what a list was narrowed to, words that were searched for; pages and pictures are not kept",
        "by hand, in the browser",
    ),
    Place(
        "by hand",
        "standard output and error, and what logs keep of them",
        "progress, masked findings, lines on what could not be read",
        "counts, masked values, paths that a person typed; `reveal` and `safeguarding open` show content",
        "no log file is written",
    ),
)


def unlisted(under: Literal["home", "store"], names: Iterable[str], store: str) -> list[str]:
    """Those of some relative paths (with slashes) that no place accounts for; ``store`` is the store's file name."""
    patterns = [p.pattern.replace("{store}", store) for p in PLACES if p.under == under]
    return sorted(name for name in names if not any(fnmatch(name, pattern) for pattern in patterns))


def places_table() -> str:
    """The places as a Markdown table."""
    folders = {"home": "home: ", "store": "beside the store: ", "by hand": ""}
    rows = [f"| {folders[p.under]}{_code(p)} | {p.what} | {p.holds} | {p.goes} |" for p in PLACES]
    return "\n".join(["| where | what | may hold | goes with |", "|---|---|---|---|", *rows]) + "\n"


def _code(place: Place) -> str:
    return place.pattern if place.under == "by hand" else f"`{place.pattern.replace('{store}', 'STORE')}`"
