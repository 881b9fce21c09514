"""The sample roll: names by hand, dates of birth and UPNs by rule."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "source" / "roll.txt"
_CONSENT = {"y": "yes", "n": "no", "w": "withdrawn", "-": ""}
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_COLUMNS = [
    "pupil_id",
    "upn",
    "legal_forename",
    "middle_names",
    "legal_surname",
    "preferred_forename",
    "preferred_surname",
    "former_surname",
    "year_group",
    "registration_group",
    "house",
    "date_of_birth",
    "name_consent",
    "image_consent",
    "do_not_publish",
]


def check_letter(rest: str) -> str:
    """The letter before a UPN's twelve digits."""
    return _LETTERS[sum(weight * int(digit) for weight, digit in enumerate(rest, 2)) % 23]


def rows() -> list[dict[str, str]]:
    """The roll's rows in order."""
    found = []
    for line in SOURCE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        number, forename, surname, group, house, consent, more = (cell.strip() for cell in line.split("|"))
        extra = dict(word.partition("=")[::2] for word in more.split())
        year = int(group[:-1])
        born = date(2020 - year, 9, 1) + timedelta(days=int(number) * 97 % 365)
        digits = f"9994417{25 - year:02}{int(number) * 7 + 100:03}"
        name, picture = consent.split()
        values = {
            "pupil_id": f"W{number}",
            "upn": check_letter(digits) + digits,
            "legal_forename": extra.get("legal", forename),
            "middle_names": extra.get("middle", ""),
            "legal_surname": surname,
            "preferred_forename": forename,
            "preferred_surname": surname,
            "former_surname": extra.get("former", ""),
            "year_group": f"Year {year}",
            "registration_group": group,
            "house": house,
            "date_of_birth": born.isoformat(),
            "name_consent": _CONSENT[name],
            "image_consent": _CONSENT[picture],
            "do_not_publish": "yes" if "dnp" in extra else "",
        }
        found.append(values)
    return found


def write(path: Path) -> None:
    """Write roll.csv."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())
