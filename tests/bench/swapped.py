"""Does what is found hang on the very names of a labelled school? Every pupil's names are swapped, in roll and posts alike.

    python -m tests.bench.swapped POSTS.jsonl SCHOOL [--seed N]

Each forename of the roll becomes another forename of the roll of the same kind (an everyday word or not, with familiar forms or
not), each surname another surname with as many words; in the posts the labelled mentions follow. Posts are left out, before and
after, where a mention cannot follow (nicknames, slips, disguises that are not the name's own letters) or a name of the roll
stands outside a label (namesakes). Prints PUPIL recall and precision before and after.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import random
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from detectors.lexicons import load_lexicon
from detectors.text.fold import folded_key
from pipelines.accuracy import score_posts

_FOLLOW = frozenset(
    (
        *(
            "full",
            "forename_only",
            "surname_only",
            "possessive",
            "upper_case",
            "lower_case",
            "order_swapped",
            "initials",
        ),
        *("hashtag", "handle", "diacritics_dropped", "url_or_filename", "email_localpart", "group"),
    )
)
_FORENAMES = ("legal_forename", "preferred_forename", "former_forename")
_SURNAMES = ("legal_surname", "preferred_surname", "former_surname")


def exchange(names: Iterable[str], kind: Callable[[str], object], rng: random.Random) -> dict[str, str]:
    """Each name to another of its kind; a kind of one name keeps it."""
    groups: dict[object, list[str]] = defaultdict(list)
    for name in sorted(set(names)):
        groups[kind(name)].append(name)
    swapped = {}
    for group in groups.values():
        rng.shuffle(group)
        swapped |= dict(zip(group, group[1:] + group[:1], strict=True))
    return swapped


def _kind_of_forename(name: str) -> object:
    key = folded_key(name)
    return key in load_lexicon("name_words"), len(name.split()), name.isascii(), len(key) <= 3


def _kind_of_surname(name: str) -> object:
    return folded_key(name) in load_lexicon("name_words"), len(re.split(r"[\s-]", name)), name.isascii()


def like(old: str, new: str) -> str:
    """A name written with the capitals of the one it replaces."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new.lower() if old.islower() else new


class UnfollowedError(Exception):
    """A mention that cannot be written with the new name."""


def rewrite(
    span: Mapping[str, Any], pupils: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> str:
    """The text of a labelled mention with the names that its pupils have now. Raises UnfollowedError."""
    if span["subtype"] not in _FOLLOW:
        raise UnfollowedError
    text, plain = (
        span["text"],
        span["subtype"] in ("diacritics_dropped", "url_or_filename", "email_localpart", "hashtag", "handle"),
    )
    changed = False
    done: list[tuple[int, int, str]] = []
    for pupil_id in span["pupil_id"]:
        for columns in (_SURNAMES, _FORENAMES):
            for column in columns:
                old, now = pupils[pupil_id].get(column, ""), new[pupil_id].get(column, "")
                for written in dict.fromkeys((old, _bare(old), re.sub(r"[\s'’-]", "", _bare(old)))) if old else ():
                    for match in re.finditer(
                        rf"(?<![^\W\d_]){re.escape(written)}|{re.escape(written.capitalize())}", text, re.IGNORECASE
                    ):
                        if any(match.start() < e and s < match.end() for s, e, _ in done):
                            continue
                        whole = (
                            re.sub(r"[\s'’-]", "", _bare(now))
                            if plain and written != old
                            else _bare(now)
                            if plain
                            else now
                        )
                        done.append((*match.span(), like(match[0], whole)))
                        changed = True
    if span["subtype"] == "initials":
        first = span["pupil_id"][0]
        initials = {
            pupils[first][c][:1]: new[first][c][:1] for c in (*_FORENAMES[:2], *_SURNAMES[:2]) if pupils[first].get(c)
        }
        for match in re.finditer(r"(?<![^\W\d_])[^\W\d_](?![^\W\d_])", text):
            letter = initials.get(match[0].upper())
            if letter is None:
                raise UnfollowedError
            if not any(match.start() < e and s < match.end() for s, e, _ in done):
                done.append((*match.span(), like(match[0], letter)))
                changed = True
    if not changed:
        raise UnfollowedError
    for start, end, now in sorted(done, reverse=True):
        text = text[:start] + now + text[end:]
    return text


def _bare(name: str) -> str:
    import unicodedata

    special = str.maketrans("øØłŁđĐıßæ", "oOlLdDisa")
    return "".join(c for c in unicodedata.normalize("NFKD", name.translate(special)) if not unicodedata.combining(c))


def swap(
    posts: Sequence[dict[str, Any]], rows: Sequence[dict[str, str]], seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, str]]]:
    """The posts that can follow, before and after, and the new roll."""
    rng = random.Random(seed)
    forenames = exchange((r[c] for r in rows for c in _FORENAMES if r.get(c)), _kind_of_forename, rng)
    surnames = exchange((r[c] for r in rows for c in _SURNAMES if r.get(c)), _kind_of_surname, rng)
    new_rows = [
        {
            k: forenames.get(v, v) if k in _FORENAMES else surnames.get(v, v) if k in _SURNAMES else v
            for k, v in r.items()
        }
        for r in rows
    ]
    old, new = ({r["pupil_id"]: r for r in rs} for rs in (rows, new_rows))
    words = load_lexicon("name_words")
    names = {folded_key(n) for n in (*forenames, *surnames)} - words
    before, after = [], []
    for post in posts:
        spans = sorted((s for s in post["spans"] if s["label"] == "PUPIL"), key=lambda s: s["start"])
        inside = [(s["start"], s["end"]) for s in spans]
        outside = [
            m
            for m in re.finditer(r"[^\W\d_][\w'’]*", post["text"])
            if not any(a < m.end() and m.start() < b for a, b in inside)
        ]
        if any(folded_key(re.sub(r"['’]s$", "", m[0])) in names for m in outside):
            continue
        if any(a["end"] > b["start"] for a, b in itertools.pairwise(spans)):
            continue
        try:
            pieces = [(s, rewrite(s, old, new)) for s in spans]
        except (UnfollowedError, KeyError):
            continue
        before.append(post)
        after.append(_with(post, pieces))
    return before, after, new_rows


def _with(post: Mapping[str, Any], pieces: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, Any]:
    """A post with its mentions rewritten and all labels moved along; labels that hold a mention grow with it."""
    text = post["text"]
    moves: list[tuple[int, int, int]] = []  # old start, old end, growth
    for span, now in reversed(pieces):
        text = text[: span["start"]] + now + text[span["end"] :]
        moves.append((span["start"], span["end"], len(now) - (span["end"] - span["start"])))
    labels = []
    for label in post["spans"]:
        start = label["start"] + sum(g for s, e, g in moves if e <= label["start"])
        end = label["end"] + sum(g for s, e, g in moves if e <= label["end"])
        labels.append({**label, "start": start, "end": end, "text": text[start:end]})
    return {**post, "text": text, "spans": labels}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("posts", type=Path)
    parser.add_argument("school", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    posts = [json.loads(line) for line in arguments.posts.read_text(encoding="utf-8").splitlines() if line.strip()]
    with (arguments.school / "roll.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    before, after, new_rows = swap(posts, rows, arguments.seed)
    print(f"{len(before)} of {len(posts)} posts can follow")
    with tempfile.TemporaryDirectory() as scratch:
        for name, chosen, roll in (("as labelled", before, rows), ("swapped", after, new_rows)):
            folder = Path(scratch) / name.replace(" ", "-")
            folder.mkdir()
            for file in arguments.school.iterdir():
                if file.is_file() and file.suffix in (".toml", ".csv"):
                    shutil.copyfile(file, folder / file.name)
            with (folder / "roll.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(roll)
            labelled = folder / "posts.jsonl"
            labelled.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in chosen), encoding="utf-8")
            tally = score_posts(labelled, folder).kinds["PUPIL"]
            figures = f"recall {tally.recall:.3f}, precision {tally.precision:.3f}, F1 {tally.f1:.3f}"
            print(f"{name:12} PUPIL {figures} ({tally.spans} mentions)")


if __name__ == "__main__":
    main()
