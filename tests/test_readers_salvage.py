"""Archives whose end is missing are read up to where the damage begins."""

from __future__ import annotations

import io
import pickle
import random
import zipfile
from pathlib import Path

import pytest

from pipelines.readers import open_export
from pipelines.readers.limits import Limits, using
from pipelines.readers.salvage import open_zip
from tests.readers_exports import facebook_page, picture
from tests.test_readers import complaint, read

NOISE = random.Random(7).randbytes(90_000)
FILES = {
    "a.txt": b"first",
    "empty.txt": b"",
    "sub/caf\u00e9.txt": b"second " * 500,
    "noise.bin": NOISE,
    "last.txt": b"last",
}


class Pipe(io.BytesIO):
    """A stream that cannot be sought in, so that sizes follow the bytes (APPNOTE 4.3.9)."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


def archive(method: int, piped: bool, large: bool) -> bytes:
    out = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in FILES.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with made.open(info, "w", force_zip64=large) as member:
                member.write(data)
    return out.getvalue()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("method", "piped"), [(zipfile.ZIP_DEFLATED, False), (zipfile.ZIP_DEFLATED, True), (zipfile.ZIP_STORED, False)]
)
def test_members_before_the_damage_are_read(method: int, piped: bool, large: bool, tmp_path: Path) -> None:
    data = archive(method, piped, large)
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    with zipfile.ZipFile(path) as whole:
        begins = [i.header_offset for i in whole.infolist()] + [whole.start_dir]
    assert open_zip(path)[1] is False
    for count, cut in [
        (5, len(data) - 10),
        (5, begins[5] + 3),
        (4, begins[5] - 30),
        (3, begins[4] - 60_000),
        (1, begins[1] + 5),
    ]:
        path.write_bytes(data[:cut])
        opened, is_cut = open_zip(path)
        assert is_cut
        assert {i.filename: opened.read(i) for i in opened.infolist()} == dict(list(FILES.items())[:count]), cut
        assert opened.testzip() is None
        opened.close()
    path.write_bytes(data[:20])
    with pytest.raises(zipfile.BadZipFile):
        open_zip(path)


def test_pictures_of_a_cut_archive_load_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "page.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, data in facebook_page().items():
            made.writestr(name, data)
    path.write_bytes(path.read_bytes()[:-300])
    _, items = read(path)
    loads = [m.load for i in items for m in i.media if m.load]
    assert [pickle.loads(pickle.dumps(load))() for load in loads] == [picture("JPEG")] * len(loads)
    assert loads


def test_a_cut_archive_is_held_to_the_limits(tmp_path: Path) -> None:
    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.txt", "first")
        made.writestr("bomb.txt", "x" * 3_000_000)
        made.writestr("b.txt", "last")
    path = tmp_path / "x.zip"
    path.write_bytes(out.getvalue()[:-60])
    assert len(list(open_export(path).read())) == 3
    with using(Limits(ratio_free_bytes=1 << 20, ratio=100)):
        assert [i.part("text") for i in open_export(path).read()] == ["first"]
    with using(Limits(entries=2)):
        assert "more than 2 members" in complaint(path)


def test_damage_never_ends_in_an_exception_of_its_own(tmp_path: Path) -> None:
    chance = random.Random(3)
    path = tmp_path / "x.zip"
    kinds = [archive(zipfile.ZIP_DEFLATED, piped, large) for piped in (False, True) for large in (False, True)]
    for number in range(200):
        data = bytearray(kinds[number % 4])
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.randrange(len(data))])
        try:
            opened, _ = open_zip(path)
        except (zipfile.BadZipFile, NotImplementedError):
            continue
        assert len(opened.infolist()) <= len(FILES)
        opened.close()


def test_a_member_without_a_name_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.txt", "first")
        made.writestr("b", "nameless")
    data = path.read_bytes().replace(b"\1\0\0\0bnameless", b"\0\0\1\0bnameless")
    end = data.rindex(b"PK\1\2")
    path.write_bytes(data[:end] + data[end:].replace(b"\1\0\0\0", b"\0\0\1\0", 1))
    export, items = read(path)
    assert [i.part("text") for i in items] == ["first"]
    assert ("a member without a name", "skipped") in [(m.member, m.status) for m in export.report.members]
