"""Pictures that are damaged, odd or made to hurt: nothing but a quiet "no mark" or the right mark may come of them."""

from __future__ import annotations

import io
import random
import struct
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from detectors.base import LogoMatch, Media
from detectors.images import decode
from detectors.images.decode import MOST_KEPT, frames
from detectors.images.marks import LogoBank
from tests import case_school as school


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> LogoBank:
    return school.bank(tmp_path_factory.mktemp("marks"))


def saved(image: Image.Image, fmt: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def matches(bank: LogoBank, data: bytes, declared: str = "image/png") -> tuple[LogoMatch, ...]:
    return bank.match([Media("picture", presence="present", encoding_format=declared, load=lambda: data)])


def shown(bank: LogoBank, data: bytes, declared: str = "image/png") -> list[str]:
    return [m.mark.id for m in matches(bank, data, declared)]


CREST = school.on("white", school.crest(), 40)


def huge(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to width times height pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"\0" * ((width + 7) // 8 + 1) * min(height, 2000) if width < 10**8 else b"")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"no picture at all" * 50,
        saved(CREST)[:600],
        saved(CREST, "JPEG")[:900],
        saved(CREST, "WEBP")[:500],
        huge(10_000, 10_000),  # Pillow alone only warns of this one
        huge(14_000, 14_000),
        huge(2**31 - 1, 2**31 - 1),
        huge(89_000_000, 1),
    ],
    ids=[
        "empty",
        "gif head",
        "png head",
        "text",
        "png cut",
        "jpeg cut",
        "webp cut",
        "bomb",
        "larger bomb",
        "largest",
        "thread",
    ],
)
def test_what_cannot_be_decoded_shows_no_mark(bank: LogoBank, data: bytes) -> None:
    before = time.process_time()
    assert shown(bank, data) == []
    assert time.process_time() - before < 5


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (3000, 2), (15, 15), (40, 4000)], ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "RGBA", "P", "I;16", "CMYK"])
def test_odd_sizes_and_modes(bank: LogoBank, size: tuple[int, int], mode: str) -> None:
    assert shown(bank, saved(Image.new(mode, size), "TIFF")) == []


def test_a_mark_in_every_mode_and_under_a_wrong_name(bank: LogoBank) -> None:
    gray = CREST.convert("L")
    sixteen = Image.frombytes("I;16", gray.size, b"".join(struct.pack("<H", v * 257) for v in gray.tobytes()))
    turned = Image.Exif()
    turned[0x0112] = 6
    given = {
        "16 bits": saved(sixteen),
        "palette": saved(CREST.quantize(16)),
        "transparent": saved(school.crest()),
        "CMYK": saved(CREST.convert("CMYK"), "JPEG"),
        "one frame of a GIF": saved(CREST, "GIF"),
        "orientation": saved(CREST.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=turned),
        "JPEG named PNG": saved(CREST, "JPEG"),
    }
    assert {name: shown(bank, data) for name, data in given.items()} == {name: ["crest"] for name in given}
    # A box is given in pixels as displayed.
    left, top, right, bottom = matches(bank, given["orientation"])[0].box
    assert (abs(left - 60), abs(top - 60), abs(right - 260), abs(bottom - 305)) < (9, 9, 9, 9)


def test_later_frames_are_looked_at_and_endless_ones_are_not(bank: LogoBank) -> None:
    plain = [Image.new("RGB", CREST.size, (n * 40, 90, 90)) for n in range(3)]
    assert shown(bank, saved(plain[0], "GIF", save_all=True, append_images=[CREST]), "image/gif") == ["crest"]
    assert shown(bank, saved(plain[0], "WEBP", save_all=True, append_images=[*plain, CREST]), "image/webp") == ["crest"]
    many = [Image.new("RGB", (64, 64), (n % 256, n // 4, 90)) for n in range(600)]
    assert sum(1 for _ in frames(saved(many[0], "GIF", save_all=True, append_images=many[1:]), 512)) == MOST_KEPT


def test_an_animation_is_left_when_its_time_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(decode.time, "monotonic", lambda: now[0])
    still, other = Image.new("RGB", (64, 64), "white"), Image.new("RGB", (64, 64), "black")
    data = saved(still, "PNG", save_all=True, append_images=[still.copy() for _ in range(20)] + [other])

    def frames_shown(frame: float, between: float) -> int:
        seek = PngImageFile.seek

        def slow(picture: PngImageFile, number: int) -> None:
            now[0] += frame
            seek(picture, number)

        with monkeypatch.context() as patch:
            patch.setattr(PngImageFile, "seek", slow)
            shown = 0
            for _ in frames(data, 64):
                shown += 1
                now[0] += between
        return shown

    assert frames_shown(frame=0.1, between=0) == 2
    assert frames_shown(frame=0.5, between=0) == 1  # frames that show nothing new take time, too
    assert frames_shown(frame=0.1, between=60) == 2  # but not what is done with them


def test_overwritten_bytes_raise_nothing_but_oserror() -> None:
    rng = random.Random(8)
    formats = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
    whole = [saved(school.scene(3).resize((80, 60)), fmt) for fmt in formats]
    decoded = refused = 0
    for _ in range(600):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.choice((1, 5, 20))):
            data[rng.randrange(min(len(data), rng.choice((60, len(data)))))] = rng.randrange(256)
        try:
            decoded += sum(1 for _ in frames(bytes(data), 512))
        except OSError:
            refused += 1
    assert decoded
    assert refused


def test_a_picture_that_has_gone_shows_no_mark(bank: LogoBank) -> None:
    def load() -> bytes:
        raise FileNotFoundError("gone")

    assert bank.match([Media("gone", presence="present", encoding_format="image/png", load=load)]) == ()


def test_a_logo_that_shows_nothing_is_named(tmp_path: Path) -> None:
    from detectors.base import Mark, UserError

    Image.new("RGB", (50, 50), "white").save(tmp_path / "blank.png")
    with pytest.raises(UserError, match=r"blank\.png: this logo shows nothing"):
        LogoBank.load([Mark("blank", "Blank", True, (str(tmp_path / "blank.png"),))])
