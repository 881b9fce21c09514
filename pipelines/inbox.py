"""The inbox: where a school drops its exports, one folder a site, and where they lie once they are taken.

``inbox/<site>/`` is emptied into ``exports/<site>/<time>/`` when everything in it is whole; a run reads the newest of every site.
"""

from __future__ import annotations

import shutil
import tarfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from detectors.base import UserError

SETTLE_SECONDS = 60.0  # without a change, before a file counts as copied to its end
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart", ".opdownload")
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Expected:
    """A site of which exports are to come: its id on the register, and its name."""

    id: str
    name: str


class Inbox:
    """The inbox of a school's folder. ``sites`` are those that must be exported; ``days`` within which a new export is to come."""

    def __init__(self, school: Path, sites: Sequence[Expected], days: int, settle: float = SETTLE_SECONDS) -> None:
        self._inbox = school / "inbox"
        self._exports = school / "exports"
        self._sites = sites
        self._days = days
        self._settle = settle

    def make(self) -> None:
        """Make a folder for every site, for its owner alone."""
        for site in self._sites:
            (self._inbox / site.id).mkdir(parents=True, exist_ok=True, mode=0o700)

    def take(self, now: datetime) -> tuple[list[str], list[str]]:
        """Move what is whole to where it is read; the sites that it came for, and a line for whatever was left in the inbox.

        The files of one site go together: while one of them is being copied, all stay.
        """
        taken, left = [], []
        known = {site.id for site in self._sites}
        for folder in sorted(self._inbox.iterdir()) if self._inbox.is_dir() else ():
            if folder.name.startswith("."):
                continue
            if not folder.is_dir() or folder.name not in known:
                left.append(
                    f"{folder}: belongs to no site; put it into the folder of a site: {', '.join(sorted(known))}"
                )
                continue
            entries = sorted(e for e in folder.iterdir() if not e.name.startswith("."))
            waiting = [line for e in entries if (line := self._not_whole(e))]
            left += waiting
            if entries and not waiting:
                try:
                    self._move(entries, self._exports / folder.name / f"{now:{_STAMP}}")
                    taken.append(folder.name)
                except OSError as error:
                    left.append(f"{folder}: cannot be taken ({error.strerror}); close what has its files open")
        return taken, left

    def current(self) -> list[Path]:
        """The newest exports of every site, as they were taken. Raises UserError where none was ever taken."""
        found = [
            entry for site in self._sites for batch in self._batches(site.id)[-1:] for entry in sorted(batch.iterdir())
        ]
        if not found:
            raise UserError(
                f"{self._inbox}: no export has come yet; put each site's export into the folder of its name"
            )
        return found

    def overdue(self, today: date) -> list[str]:
        """A sentence for every site of which no export came in time."""
        lines = []
        for site in self._sites:
            batches = self._batches(site.id)
            if not batches:
                lines.append(f"no export of {site.name} has come yet")
                continue
            last = datetime.strptime(batches[-1].name, _STAMP).replace(tzinfo=UTC).date()
            if (today - last).days > self._days:
                lines.append(f"no export of {site.name} since {last.day} {last:%B %Y}")
        return lines

    def _batches(self, site: str) -> list[Path]:
        folder = self._exports / site
        return sorted(b for b in folder.iterdir() if b.is_dir() and _is_stamp(b.name)) if folder.is_dir() else []

    def _not_whole(self, entry: Path) -> str:
        """Why an entry is left where it is; empty for one that is whole."""
        if entry.name.lower().endswith(_UNFINISHED):
            return f"{entry}: is being downloaded; it is taken when that has ended"
        try:
            files = [entry, *(entry.rglob("*") if entry.is_dir() else ())]
            newest = max(file.lstat().st_mtime for file in files)
            young = time.time() - newest < self._settle
            broken = not young and _is_cut(entry)
        except OSError:
            young, broken = True, False
        if young:
            return f"{entry}: may still be being copied; it is taken when it has not changed for {self._settle:.0f} seconds"
        if broken:
            return f"{entry}: is no whole archive; copy or download it again"
        return ""

    @staticmethod
    def _move(entries: Sequence[Path], to: Path) -> None:
        """All entries or none: they come into their place under a name that nobody reads, and are renamed in one step."""
        draft = to.with_name(f".{to.name}")
        draft.mkdir(parents=True, mode=0o700)
        moved: list[tuple[Path, Path]] = []
        try:
            for entry in entries:
                shutil.move(entry, draft / entry.name)
                moved.append((draft / entry.name, entry))
            draft.rename(to)
        except OSError:
            for place, entry in moved:
                shutil.move(place, entry)
            draft.rmdir()
            raise


def site_of(path: Path) -> str:
    """The site whose folder an export was dropped into; empty for one that did not come by the inbox."""
    return path.parent.parent.name if _is_stamp(path.parent.name) else ""


def _is_stamp(name: str) -> bool:
    try:
        datetime.strptime(name, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _is_cut(entry: Path) -> bool:
    """Whether an archive lacks its end."""
    name = entry.name.lower()
    if name.endswith((".zip", ".wacz", ".docx", ".xlsx", ".ods")):
        try:
            with zipfile.ZipFile(entry) as archive:
                return not archive.namelist()
        except zipfile.BadZipFile:
            return True
    if name.endswith((".tgz", ".tar.gz", ".tar")):
        try:
            with tarfile.open(entry) as archive:
                return archive.next() is None
        except (tarfile.TarError, EOFError):
            return True
    return False
