"""Texts with their truth marked in them.

``{P16 full=Name}`` a pupil (roll numbers, form), ``{T=…}`` a phone, ``{E=…}`` an e-mail, ``{U16=@UPN16}`` a UPN;
``hard`` before the form says that a first rule need not know it; ``{-P why=…}`` tempts a rule and is harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import roll

SOURCE = Path(__file__).resolve().parent / "source"
_KINDS = {"P": "PUPIL", "T": "PHONE", "E": "EMAIL_PERSONAL", "U": "UPN", "H": "HANDLE", "M": "EMAIL_SCHOOL"}
_MARK = re.compile(r"\{(?P<near>-?)(?P<kind>[PTEUHM])(?P<pupils>[\d,]*)(?: (?P<words>[^={}]*))?=(?P<quote>[^{}]*)\}")
_CODE = re.compile(r"@(UPN|BAD)(\d+)")
_BLOCK = re.compile(r"</?(?:p|h\d|ul|ol|li|table|tr|td|br|div)\b[^>]*>")
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)">')
_WHY = {
    "PHONE": "a private number",
    "EMAIL_PERSONAL": "a private address",
    "UPN": "a pupil's number with the right check letter",
    "HANDLE": "somebody's user name",
    "EMAIL_SCHOOL": "a colleague's mailbox at the school",
}


@dataclass(frozen=True)
class Marked:
    """One marked stretch of a text."""

    kind: str
    breach: bool
    quote: str
    occurrence: int
    pupils: tuple[str, ...]
    form: str
    hard: bool
    note: str


def records(name: str) -> Iterator[tuple[list[str], str, str]]:
    """``(fields of the header, body, sign)`` of each record in ``source/NAME.txt``; ``==`` records are documents."""
    text = (SOURCE / f"{name}.txt").read_text(encoding="utf-8")
    upns = {row["pupil_id"]: row["upn"] for row in roll.rows()}

    def code(match: re.Match[str]) -> str:
        upn = upns[f"W{int(match[2]):03}"]
        return upn if match[1] == "UPN" else ("B" if upn[0] == "A" else "A") + upn[1:]

    text = _CODE.sub(code, "\n".join(line for line in text.splitlines() if not line.startswith("# ")))
    for match in re.finditer(r"^(@@|==) (.*)\n((?:(?!@@ |== ).*(?:\n|\Z))*)", text + "\n", re.MULTILINE):
        yield [field.strip() for field in match[2].split(" | ")], match[3].strip("\n"), match[1]


def strip(text: str) -> str:
    """The text without its marks, as it is published."""
    return _MARK.sub(lambda m: m["quote"], text)


def marked(text: str) -> list[Marked]:
    """What is marked in a plain text, in order."""
    plain, found, at = "", [], 0
    for match in _MARK.finditer(text):
        plain += text[at : match.start()]
        at = match.end()
        kind, quote, words = _KINDS[match["kind"]], match["quote"], (match["words"] or "").strip()
        breach = not match["near"]
        hard = breach and words.startswith("hard ")
        form = words.removeprefix("hard ") if breach else ""
        note = words
        if breach:
            note = f"pupil named: {form}" if kind == "PUPIL" else _WHY[kind]
        pupils = tuple(f"W{int(n):03}" for n in match["pupils"].split(",") if n)
        found.append(Marked(kind, breach, quote, plain.count(quote), pupils, form or "plain", hard, note))
        plain += quote
    return found


def text_of(html: str) -> str:
    """The text of marked HTML, its marks kept."""
    lines = _BLOCK.sub("\n", re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL))
    return unescape(re.sub(r"<[^>]+>", "", lines))


def images_of(html: str) -> list[tuple[str, str]]:
    """``(address, alternative text)`` of each picture, marks kept."""
    return [(match[1], unescape(match[2])) for match in _IMAGE.finditer(html)]
