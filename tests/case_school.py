"""The invented school that the case files speak of: some thirty pupils, five adults, two marks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from detectors.base import (
    Adult,
    Consent,
    ConsentLevel,
    Context,
    Item,
    Locator,
    Mark,
    Media,
    Part,
    Profile,
    Pupil,
)
from detectors.images.marks import LogoBank
from detectors.reading import Looker, Reader
from detectors.text.fold import folded_key
from detectors.text.names import NamesModel
from detectors.text.roll import RollIndex

TODAY = date(2026, 3, 2)


def pupil(pupil_id: str, forename: str, surname: str, form: str, name_consent: Consent = "no", **more: object) -> Pupil:
    """A pupil; ``form`` is "4 Birch" or "8Q"."""
    year = f"Year {form.split()[0].rstrip('QR')}"
    group = f"Year {form}" if " " in form else form
    known_as = {"preferred_forename": forename, "preferred_surname": surname} | more
    return Pupil(
        pupil_id, forename, surname, year_group=year, registration_group=group, name_consent=name_consent, **known_as
    )  # type: ignore[arg-type]


PUPILS = (
    pupil("N01", "Noor", "Lang", "4 Birch", upn="Q999123421034"),
    pupil("N02", "Teo", "Marchetti", "4 Birch", "yes"),
    pupil("N03", "Zoë", "Quill", "8Q", "withdrawn"),
    pupil("N04", "Tomasz", "Wrobel", "8Q", "not given"),
    pupil("N05", "Saoirse", "Brannigan", "8R", do_not_publish=True),
    pupil("N06", "Hope", "Winter", "4 Larch"),
    pupil("N07", "Xanthe", "O'Dell", "6 Cedar"),
    pupil("N08", "Mei-Lin", "Castellan", "6 Cedar"),
    pupil("N09", "Ruben", "van der Wyck", "8R"),
    pupil("N10", "Anaïs", "Reyes-Ortega", "6 Cedar"),
    pupil("N11", "Will", "Frost", "8Q"),
    pupil("N12", "Noor", "Haddon", "8R"),
    pupil("N13", "Jonas", "Müller", "8R"),
    pupil("N14", "Lukas", "Müller", "4 Larch"),
    # Twins; the families of both agree to names, of one to pictures.
    pupil("N15", "Dagny", "Pellow", "6 Cedar", "yes", image_consent="yes"),
    pupil("N16", "Piran", "Pellow", "6 Cedar", "yes", image_consent="no"),
    pupil("N17", "Emrys", "Tamm", "8Q", "yes", image_consent="yes", handles=("@emrys_in_goal", "moosefeather88")),
    pupil("N18", "Wilhelmina", "Sark", "8R", "yes", image_consent="withdrawn", preferred_forename="Billie"),
    # Left long ago, left last summer, left long ago after withdrawing.
    pupil("N19", "Leopold", "Vosper", "6 Cedar", "yes", image_consent="yes", leaving_date=date(2023, 7, 21)),
    pupil("N20", "Adaeze", "Ballard", "8Q", "yes", image_consent="yes", leaving_date=date(2025, 7, 18)),
    pupil("N21", "Petronel", "Garrick", "8R", "withdrawn", leaving_date=date(2024, 7, 19)),
    # Six of one forename: three in Year 8, two of them in 8Q.
    pupil("N22", "Iona", "Ambler", "4 Birch"),
    pupil("N23", "Iona", "Bostock", "4 Larch", "yes"),
    pupil("N24", "Iona", "Culpin", "6 Cedar", "not given"),
    pupil("N25", "Iona", "Denholm", "8Q"),
    pupil("N26", "Iona", "Eastoe", "8Q", "yes"),
    pupil("N27", "Iona", "Fenwick", "8R", "yes"),
    # A forename that is also a class, and one that is also a house.
    pupil("N28", "Linden", "Petrie", "6 Cedar"),
    pupil("N29", "Bertil", "Ashdown", "2 Linden"),
    pupil("N30", "Nelson", "Pike", "8R", house="Nelson"),
    # Not to be published, whatever was once agreed to, under either surname.
    pupil(
        "N31",
        "Delphine",
        "Carrow",
        "4 Birch",
        "yes",
        image_consent="yes",
        do_not_publish=True,
        former_surname="Mossop",
        handles=("delphfox",),
    ),
)
ADULTS = (
    Adult("S1", "Ines", "Haddon", "Mrs", "Head teacher"),
    Adult("S2", "Callum", "Quill", "Mr", "Teacher of music"),
    Adult("S3", "Tomasz", "Zielny", "Mr", "Caretaker"),
    Adult("S4", "Petra", "Castellan", "Dr", "Governor"),
    Adult("S5", "Morwenna", "Pellow", "Ms", "Teaching assistant"),
)


@dataclass(frozen=True)
class FakeRoll:
    def pupil(self, pupil_id: str) -> Pupil:
        return next(p for p in PUPILS if p.id == pupil_id)

    def upns(self) -> frozenset[str]:
        return frozenset(p.upn for p in PUPILS if p.upn)

    def consent(
        self, pupil_id: str, levels: Sequence[ConsentLevel], platform: str, on: date | None, today: date
    ) -> Consent:
        pupil = self.pupil(pupil_id)
        gravest: tuple[Consent, ...] = ("withdrawn", "no", "not given", "yes")
        return min((pupil.image_consent if n == "photo" else pupil.name_consent for n in levels), key=gravest.index)


@dataclass(frozen=True)
class FakeContacts:
    def has_phone(self, e164: str) -> bool:
        return e164 in ("+441632960100", "+448001111")

    def has_email(self, address: str) -> bool:
        return address == "office@northmoor.example"

    def is_school_domain(self, domain: str) -> bool:
        return domain == "northmoor.example" or domain.endswith(".northmoor.example")

    def has_handle(self, handle: str) -> bool:
        return handle.lower().lstrip("@") == "northmoorschool"

    def has_postcode(self, postcode: str) -> bool:
        return postcode.replace(" ", "").upper() == "ZZ997QA"

    def has_address(self, address: str) -> bool:
        return folded_key(address) in folded_key("Northmoor School, 1 Quarry Road, Eastcombe, ZZ99 7QA")


@dataclass(frozen=True)
class FakeRegister:
    def profile(self, site: str) -> Profile:
        return "strict" if site == "class-blog" else "standard"


def context() -> Context:
    return Context(FakeRoll(), FakeContacts(), FakeRegister(), TODAY)


@cache
def reader(marks: LogoBank) -> Reader:
    return Reader(RollIndex(PUPILS, ADULTS), Looker(marks, NamesModel.load(None)))


def item(text: str = "", *, media: tuple[Media, ...] = (), **more: object) -> Item:
    """A public post of the website with the text given; further parts as keywords with _ for :, as in alt_0."""
    fields = {k: v for k, v in more.items() if k in Item.__dataclass_fields__}
    parts = [Part("text", text)] if text else []
    parts += [Part(k.replace("_", ":"), str(v)) for k, v in more.items() if k not in fields]
    values: dict[str, object] = {
        "id": "case",
        "kind": "post",
        "lineage": "case",
        "site": "website",
        "platform": "website",
        "visibility": "public",
        "published": datetime(2026, 2, 1, 9, 0, tzinfo=UTC),
    }
    return Item(parts=tuple(parts), media=media, locator=Locator("0" * 64), **(values | fields))  # type: ignore[arg-type]


# Marks and pictures, drawn here.


def crest(year: int = 2020, ink: str = "navy", band: str = "gold", charge: str = "star") -> Image.Image:
    """The crest: a shield with a chevron and a star; the one of 2008 has bars and a disc instead."""
    picture = Image.new("RGBA", (240, 280), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(20, 20), (220, 20), (220, 160), (120, 265), (20, 160)], fill=ink)
    if year == 2020:
        draw.polygon([(20, 150), (120, 80), (220, 150), (220, 185), (120, 115), (20, 185)], fill=band)
        if charge == "star":
            draw.regular_polygon((120, 58, 26), 5, fill="white")
        elif charge == "moon":
            draw.ellipse((70, 32, 110, 72), fill="white")
            draw.ellipse((82, 32, 122, 72), fill=ink)
        draw.rectangle((100, 180, 140, 215), fill="white")
    else:
        for left in (45, 105, 165):
            draw.rectangle((left, 30, left + 30, 130), fill="gold")
        draw.ellipse((90, 150, 150, 210), fill="white")
    return picture


def other_crest() -> Image.Image:
    """Another school's mark: the same outline and colours, other charges."""
    picture = Image.new("RGBA", (240, 280), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(20, 20), (220, 20), (220, 160), (120, 265), (20, 160)], fill="navy")
    draw.rectangle((108, 30, 132, 235), fill="gold")
    draw.rectangle((30, 90, 210, 114), fill="gold")
    draw.ellipse((40, 35, 80, 75), fill="white")
    draw.ellipse((160, 130, 200, 170), fill="white")
    return picture


def scene(seed: int) -> Image.Image:
    """A photograph-like picture: bands, blobs and a little noise."""
    import random

    rng = random.Random(seed)
    picture = Image.new("RGB", (400, 300), (120, 170, 220))
    draw = ImageDraw.Draw(picture)
    for _ in range(40):
        x, y, r = rng.randrange(400), rng.randrange(300), rng.randrange(10, 80)
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(2))


def hatted(mark: Image.Image) -> Image.Image:
    """A mark with a red hat on one corner."""
    draw = ImageDraw.Draw(mark)
    draw.polygon([(20, 52), (95, 52), (50, 8)], fill="red")
    draw.rectangle((14, 48, 98, 60), fill="white")
    return mark


def in_scene(mark: Image.Image, width: int = 90) -> Image.Image:
    """A mark laid small into a photograph-like picture, on a plate."""
    ground = scene(11).resize((800, 600))
    small = on("white", mark, 20).resize((width, round(width * (mark.height + 40) / (mark.width + 40))))
    ground.paste(small, (430, 210))
    return ground


def slanted(mark: Image.Image) -> Image.Image:
    """A mark seen from the side and turned a little."""
    flat = on("white", mark, 70)
    w, h = flat.size
    tilted = flat.transform(
        (w, h), Image.Transform.QUAD, (0, 0, -30, h + 40, w + 10, h, w, 25), Image.Resampling.BICUBIC
    )
    return tilted.rotate(8, Image.Resampling.BICUBIC, fillcolor="white")


def covered(mark: Image.Image) -> Image.Image:
    """A mark behind a pole."""
    flat = on("white", mark, 40)
    ImageDraw.Draw(flat).polygon([(60, 0), (110, 0), (190, flat.height), (130, flat.height)], fill="#6a5a48")
    return flat


def on(ground: str, mark: Image.Image, margin: int = 0) -> Image.Image:
    """A mark laid on a plain ground."""
    flat = Image.new("RGB", (mark.width + 2 * margin, mark.height + 2 * margin), ground)
    flat.paste(mark, (margin, margin), mark)
    return flat


def picture(recipe: str) -> Image.Image:
    """The picture that a case names: ``WHAT`` or ``WHAT HOW``, as in "crest padded"."""
    what, _, how = recipe.partition(" ")
    mark = {
        "crest": crest(),
        "old-crest": crest(2008),
        "other-crest": other_crest(),
        "mono-crest": crest(ink="black"),
        "pink-crest": crest(ink="mediumvioletred", band="palegreen"),
        "green-crest": crest(ink="darkgreen", band="orchid"),
        "starless-crest": crest(charge=""),
        "moon-crest": crest(charge="moon"),
        "hatted-crest": hatted(crest()),
    }.get(what)
    if mark is None:
        number = int(what.removeprefix("scene-"))
        return scene(number)
    flat = on("white", mark)
    if how in ("slanted", "covered", "in-scene"):
        return {"slanted": slanted, "covered": covered, "in-scene": in_scene}[how](mark)
    return {
        "": mark,
        "flat": flat,
        "padded": on("white", mark, 60),
        "tiny": flat.resize((60, 70)),
        "large": flat.resize((960, 1120)),
        "grey": ImageOps.grayscale(flat),
        "cream": on("#f4efe0", mark, 30),
        "black": on("black", mark, 20),
        "cropped": flat.crop((24, 28, 216, 252)),
        "wide": flat.resize((340, 280)),
        "tall": flat.resize((240, 400)),
        "dim": flat.point(lambda v: v * 0.6),
        "warm": Image.merge(
            "RGB", [c.point(lambda v, g=g: v * g) for c, g in zip(flat.split(), (1.0, 0.85, 0.7), strict=True)]
        ),
        "blurred": flat.filter(ImageFilter.GaussianBlur(2.5)),
        "sideways": flat.rotate(90, expand=True),
        "mirrored": ImageOps.mirror(flat),
        "upside-down": flat.rotate(180),
    }[how]


def image_media(image: Image.Image, fmt: str = "PNG", **save: object) -> Media:
    """A picture as an item's media."""
    buffer = io.BytesIO()
    (image.convert("RGB") if fmt == "JPEG" else image).save(buffer, fmt, **save)
    data = buffer.getvalue()
    return Media(path="picture", presence="present", encoding_format=f"image/{fmt.lower()}", load=lambda: data)


@cache
def bank(folder: Path) -> LogoBank:
    """The school's marks, drawn into a folder: the current crest in colour and black, and the crest of 2008."""
    paths = {"crest": crest(), "crest-mono": crest(ink="black"), "crest-2008": crest(2008)}
    for name, image in paths.items():
        image.save(folder / f"{name}.png")
    current = Mark("crest", "The crest", True, (str(folder / "crest.png"), str(folder / "crest-mono.png")))
    return LogoBank.load((current, Mark("crest-2008", "The old crest", False, (str(folder / "crest-2008.png"),))))
