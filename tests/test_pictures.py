"""What pictures show and give away, and that no file, however it is made, stops or fills the machine."""

from __future__ import annotations

import io
import logging
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from detectors.base import Media, Picture
from detectors.images import faces as face_finder
from detectors.images import ocr
from detectors.images.faces import blurred, faces
from detectors.images.likeness import Groups, likeness
from detectors.images.marks import LogoBank
from detectors.images.pictures import DRAWING, FILE, TEXT, VIDEO, Pictures, with_texts
from tests import case_school as school
from tests import drawn


def of(data: bytes, kind: str = "image/jpeg", **more: Any) -> Media:
    return Media(path="picture", presence="present", encoding_format=kind, load=lambda: data, **more)


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def look(media: Media) -> Picture:
    (picture,) = Pictures(LogoBank.load(())).look([media])
    return picture


# What is read


def test_a_picture_is_read_once_for_all_items_that_show_it() -> None:
    loads: list[int] = []

    def load() -> bytes:
        loads.append(1)
        return drawn.content({"faces": 1})

    media = replace(of(b""), sha256="a" * 64, load=load)
    pictures = Pictures(LogoBank.load(()))
    first, second = pictures.look([media, media])
    assert len(loads) == 1
    assert (first.media, second.media) == (0, 1)
    assert replace(second, media=0) == first


def test_size_and_boxes_are_those_of_the_picture_as_displayed() -> None:
    picture = look(drawn.media({"exif": {"Orientation": 6}, "code": "https://northmoor.example/a"}))
    assert (picture.width, picture.height) == (600, 800)
    left, top, right, bottom = picture.codes[0].box
    # Drawn at 80 to 300 across and 140 to 360 down; turned to the right that is 240 to 460 and 80 to 300.
    assert 300 < left < right < 470
    assert 80 < top < bottom < 310


def test_boxes_of_large_pictures_are_in_their_own_pixels() -> None:
    large = drawn.picture({"faces": 1, "face_size": 300}).resize((4000, 3000))
    picture = look(of(saved(large, "JPEG"), "image/jpeg"))
    assert (picture.width, picture.height) == (4000, 3000)
    assert picture.faces is not None
    (face,) = picture.faces
    small = faces(drawn.picture({"faces": 1, "face_size": 300}), 1.0)
    assert small is not None
    assert np.allclose(face.box, np.array(small[0].box) * 5, atol=60)


def test_texts_and_codes_become_a_part_and_rules_find_in_it() -> None:
    item = school.item(
        "Well done!", media=(drawn.media({"lines": ["Certificate of merit", "Noor Lang, 4 Birch", "07700 900123"]}),)
    )
    (reading,) = school.reader(school.LogoBank()).read([item])
    assert reading.item.part("ocr:0") == "Certificate of merit\nNoor Lang, 4 Birch\n07700 900123"
    from detectors import DETECTORS
    from pipelines.audit import audit

    found = {(f.kind, f.part, f.value) for f in audit([reading], school.context(), DETECTORS)}
    assert ("PUPIL", "ocr:0", "Noor Lang") in found
    assert ("PHONE", "ocr:0", "07700 900123") in found


def test_the_link_in_a_code_is_checked_as_text() -> None:
    item = school.item("Scan me", media=(drawn.media({"code": "https://zoom.us/j/9990001234?pwd=EXAMPLE"}),))
    (reading,) = school.reader(school.LogoBank()).read([item])
    from detectors import DETECTORS
    from pipelines.audit import audit

    kinds = {f.kind: f.part for f in audit([reading], school.context(), DETECTORS)}
    assert kinds["MEETING_LINK"] == "ocr:0"
    assert kinds["QR_LINK"] == "media:0"


@pytest.mark.parametrize(
    ("lines", "style"),
    [
        (["YY51 ZZZ"], {"size": 60, "ground": "#f2c200"}),
        (["Hello, my name is", "Teo"], {"size": 40, "ink": "white", "ground": "navy"}),
        (["Mon 9.00 Maths 8Q", "Tue 10.15 Art 8R"], {"size": 24}),
    ],
)
def test_badges_plates_and_timetables_may_hold_text(lines: list[str], style: dict[str, Any]) -> None:
    assert ocr.may_hold_text(drawn.writing(lines, **style))


@pytest.mark.parametrize("seed", range(5))
def test_a_scene_without_writing_is_not_read(seed: int) -> None:
    assert not ocr.may_hold_text(school.scene(seed).resize((1200, 900)))


def test_what_the_time_does_not_suffice_for_is_told() -> None:
    (picture,) = Pictures(LogoBank.load(()), ocr_seconds=0).look([drawn.media({"lines": ["Certificate of merit"]})])
    assert picture.lines == ()
    assert TEXT in picture.not_read


def test_one_picture_does_not_take_the_time_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn.media({"lines": [f"Certificate number {n}" for n in range(14)]})
    assert len(look(page).lines) == 14
    spent = [0.0]
    monkeypatch.setattr(ocr.time, "thread_time", lambda: spent[0])

    def slow(engine: object, strips: list[object]) -> object:
        spent[0] += ocr.SECONDS + 1
        return read(engine, strips)

    engine = type(ocr._engine())
    read = engine.recognize_txt
    monkeypatch.setattr(engine, "recognize_txt", slow)
    picture = look(page)
    assert len(picture.lines) == 12  # what was read until then
    assert picture.not_read == (TEXT,)


def test_nothing_is_said_of_faces_where_no_detector_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_finder, "INSTALLED", False)
    picture = look(drawn.media({"faces": 1, "face_size": 300}))
    assert picture.faces is None
    assert "faces" in picture.not_read


def test_a_later_frame_that_differs_is_read_too() -> None:
    first, second = school.scene(1).resize((600, 450)), Image.new("RGB", (600, 450), "white")
    second.paste(drawn.code("https://bit.ly/3EXAMPLE"), (100, 100))
    data = saved(first, "GIF", save_all=True, append_images=[first, second], duration=100)
    assert [c.text for c in look(of(data, "image/gif")).codes] == ["https://bit.ly/3EXAMPLE"]


def test_videos_are_told_as_not_read() -> None:
    assert look(of(b"\0\0\0\x18ftypmp42", "video/mp4")).not_read == (VIDEO,)


def test_drawings_are_told_as_not_read() -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script><text>Xanthe Brightwater</text></svg>"
    assert look(of(svg, "image/svg+xml")).not_read == (DRAWING,)
    assert look(of(svg, "image/png")).not_read == (FILE,)


def test_a_reading_of_a_picture_prints_no_content() -> None:
    picture = look(drawn.media({"exif": {"Artist": "Xanthe O'Dell"}, "code": "https://bit.ly/3EXAMPLE"}))
    assert picture.hidden[0].value == "Xanthe O'Dell"
    assert "Xanthe" not in repr(picture)
    assert "bit.ly" not in repr(picture)


def test_nothing_of_a_picture_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    case = {
        "exif": {"Artist": "Xanthe Brightwater"},
        "position": [54.1234, 2.3],
        "xmp": "<dc:creator><rdf:Seq><rdf:li>Xanthe Brightwater</rdf:li></rdf:Seq></dc:creator>",
        "iptc": {"80": "Xanthe Brightwater"},
        "lines": ["Certificate of merit"],
    }
    caplog.set_level(logging.DEBUG)
    picture = look(drawn.media(case))
    assert picture.lines
    assert {h.what for h in picture.hidden} == {"person", "position"}
    logged = caplog.text + "".join(repr(r.args) for r in caplog.records)
    assert [said for said in ("Xanthe", "54.0", "Certificate", "Artist", "GPS") if said in logged] == []


def test_an_item_without_texts_in_its_pictures_stays_as_it_was() -> None:
    item = school.item("Hello")
    assert with_texts(item, ()) is item


# Faces beyond recognition


def test_a_blurred_face_is_no_face_any_more() -> None:
    image = drawn.picture({"faces": 2, "face_size": 280})
    found = faces(image, 1.0)
    assert found is not None
    assert len(found) == 2
    hidden = blurred(image, [f.box for f in found])
    assert faces(hidden, 1.0) == ()
    left, top, right, bottom = found[0].box
    before, after = np.asarray(image, dtype=int), np.asarray(hidden, dtype=int)
    assert np.abs(before - after)[top:bottom, left:right].mean() > 10
    assert (before[450:, :] == after[450:, :]).all()


def test_where_faces_were_not_looked_for_the_whole_picture_is_blurred() -> None:
    image = drawn.picture({"faces": 1, "face_size": 300})
    assert np.asarray(blurred(image, None), dtype=float).std() < np.asarray(image, dtype=float).std() * 0.8


# Copies


def test_copies_of_a_picture_are_one_group_and_others_are_not() -> None:
    groups = Groups()
    for seed in range(12):
        scene = school.scene(seed)
        copies = (
            scene,
            scene.resize((1200, 900)),
            Image.open(io.BytesIO(saved(scene, "JPEG", quality=35))),
            scene.convert("L"),
        )
        for number, copy in enumerate(copies):
            groups.add(f"{seed:02}-{number}", likeness(copy))
    assert {groups.group(name) for name in groups} == {f"{seed:02}-0" for seed in range(12)}


def test_a_group_does_not_depend_on_the_order() -> None:
    hashes = {"c": 0x0F0F0F0F0F0F0F0F, "a": 0x0F0F0F0F0F0F0F0E, "b": 0x0F0F0F0F0F0F00F3}
    for order in ("abc", "cba", "bca"):
        groups = Groups()
        for name in order:
            groups.add(name, hashes[name])
        assert [groups.group(name) for name in "abc"] == ["a", "b", "a"]


def test_plain_pictures_are_copies_of_nothing() -> None:
    groups = Groups()
    groups.add("one", likeness(Image.new("RGB", (100, 100), "red")))
    groups.add("two", likeness(Image.new("RGB", (100, 100), "blue")))
    assert groups.group("one") != groups.group("two")


# Hostile and broken files


def xmp_bomb() -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "haha" * 10}">' for n in range(10))
    return f"<!DOCTYPE x [{entities}]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&e9;</x:xmpmeta>".encode()


def xmp_file() -> bytes:
    text = b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><x xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:creator>&e;</dc:creator></x>"
    return saved(school.scene(1), "JPEG", xmp=text)


def oversize_thumbnail() -> bytes:
    """A thumbnail that claims to be 12,000 pixels a side."""
    small = bytearray(saved(Image.new("RGB", (64, 64), "red"), "JPEG"))
    frame = small.index(b"\xff\xc0") + 5
    small[frame : frame + 4] = (12_000).to_bytes(2, "big") * 2
    exif = bytearray(drawn.with_thumbnail(Image.Exif(), Image.new("RGB", (64, 64), "red")))
    start = exif.index(b"\xff\xd8")
    return saved(school.scene(1), "JPEG", exif=bytes(exif[:start]) + bytes(small))


def thumbnail_beyond_the_end() -> bytes:
    exif = drawn.with_thumbnail(Image.Exif(), Image.new("RGB", (64, 64), "red"), length=4_000_000_000)
    return saved(school.scene(1), "JPEG", exif=exif)


def exif_of_lies() -> bytes:
    """A directory whose entries claim billions of values, and that links to itself."""
    entries = b"".join(
        tag.to_bytes(2, "big") + b"\0\5" + (0xFFFFFFFF).to_bytes(4, "big") + (8).to_bytes(4, "big")
        for tag in (0x013B, 0x8769, 0x8825, 0xA005)
    )
    body = b"MM\0*" + (8).to_bytes(4, "big") + (4).to_bytes(2, "big") + entries + (8).to_bytes(4, "big")
    return saved(school.scene(1), "JPEG", exif=b"Exif\0\0" + body)


def position_of_noughts() -> bytes:
    """Coordinates whose denominators are nought."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (54.0, 1.0, 1.0), 3: "W", 4: (2.0, 1.0, 1.0)})
    raw = bytearray(exif.tobytes())
    for offset in range(len(raw) - 48, len(raw), 8):
        raw[offset + 4 : offset + 8] = b"\0\0\0\0"
    return saved(school.scene(1), "JPEG", exif=bytes(raw))


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def text_bomb() -> bytes:
    """A PNG whose compressed text unpacks to 200 MB."""
    png = saved(Image.new("RGB", (64, 64), "red"))
    packed = zlib.compress(b"a" * (200 << 20), 9)
    return png[:33] + chunk(b"zTXt", b"Author\0\0" + packed) + png[33:]


def pixel_bomb() -> bytes:
    header = (40_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def many_frames() -> bytes:
    one = Image.new("P", (320, 240))
    frames = []
    for n in range(2):
        frame = one.copy()
        ImageDraw.Draw(frame).rectangle((n * 3, 0, 160 + n * 3, 240), fill=200)
        frames.append(frame)
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=10)
    # The last frame's blocks again and again, up to the trailer.
    start = data.rindex(b"\x21\xf9\x04")
    return data[:start] + data[start:-1] * 10_000 + b"\x3b"


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "an entity bomb in XMP": (lambda: saved(school.scene(1), "JPEG", xmp=xmp_bomb()), "image/jpeg"),
    "a file named in XMP": (xmp_file, "image/jpeg"),
    "XMP that is no XML": (lambda: saved(school.scene(1), "JPEG", xmp=b"<x><y></x>" * 50), "image/jpeg"),
    "a thumbnail of 144 million pixels": (oversize_thumbnail, "image/jpeg"),
    "a thumbnail beyond the file's end": (thumbnail_beyond_the_end, "image/jpeg"),
    "EXIF that claims billions of values": (exif_of_lies, "image/jpeg"),
    "a position divided by nought": (position_of_noughts, "image/jpeg"),
    "10,000 frames": (many_frames, "image/gif"),
    "noise as EXIF": (lambda: saved(school.scene(1), "JPEG", exif=b"Exif\0\0" + bytes(range(256)) * 40), "image/jpeg"),
}
UNREADABLE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a picture of 1,600 million pixels": (pixel_bomb, "image/png"),
    "a text that unpacks to 200 MB": (text_bomb, "image/png"),
    "a picture cut short": (lambda: saved(school.scene(1))[:5_000], "image/png"),
    "noise": (lambda: bytes(range(256)) * 8, "image/jpeg"),
    "nothing": (lambda: b"", "image/gif"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hidden_data_of_a_hostile_file_are_passed_over_and_the_picture_is_read(name: str) -> None:
    make, kind = HOSTILE[name]
    data = make()
    began = time.process_time()
    picture = look(of(data, kind))
    assert time.process_time() - began < 8
    assert picture.width > 0
    assert picture.hidden == ()


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_decoded_is_told_as_not_read(name: str) -> None:
    make, kind = UNREADABLE[name]
    assert look(of(make(), kind)).not_read == (FILE,)


def test_a_code_with_as_much_as_it_can_hold_is_read() -> None:
    text = "https://bit.ly/" + "a" * 2_300
    image = drawn.code(text, size=900)
    (code,) = look(of(saved(image))).codes
    assert code.text == text


def test_a_picture_that_has_gone_since_it_was_listed_is_told_as_not_read() -> None:
    def load() -> bytes:
        raise FileNotFoundError

    assert look(replace(of(b""), load=load)).not_read == (FILE,)
