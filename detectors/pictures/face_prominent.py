"""A face fills so much of a picture that it could be taken from it."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity

# A head and shoulders of a passport picture fill some 15 %, each of three children side by side some 3 %, a class of thirty .3 %.
LEAST_SHARE = 0.025
_LEAST_SIDE = 48  # pixels: below, there is no likeness to misuse


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a picture with a large face; higher where a pupil is named beside it."""
    named = any(not m.part.startswith("ocr") for m in reading.mentions)
    for picture in reading.pictures:
        if not picture.faces:
            continue
        largest = picture.faces[0]
        left, top, right, bottom = largest.box
        if largest.share < LEAST_SHARE or min(right - left, bottom - top) < _LEAST_SIDE:
            continue
        count = len(picture.faces)
        seen = "one face, which fills" if count == 1 else f"{count} faces, the largest fills"
        why = f"{seen} {100 * largest.share:.0f} % of the picture" + ("; a pupil is named beside it" if named else "")
        yield Evidence(
            part=f"media:{picture.media}",
            why=why,
            confidence=largest.confidence,
            box=largest.box,
            severity=Severity.HIGH if named else None,
            review=True,
        )


DETECTOR = Detector(
    id="face-prominent",
    kind="FACE_PROMINENT",
    clause="A.4.4",
    severity=Severity.MEDIUM,
    summary="A face fills so much of a picture that it could be taken from it.",
    rationale="Since 2026 schools are extorted with pupils' portraits that were turned into abuse images; the working "
    "group of police and charities asks them to avoid pictures in which a pupil's face is plain, and names beside pictures.",
    remedy="Use a distant or blurred picture, unless consent and a reason for this one are on record.",
    flags=("A portrait", "Three children arm in arm, close to the camera"),
    passes=("A class of thirty in three rows", "Children seen from behind", "A picture without people"),
    find=find,
    limits="Faces are counted and measured, never recognised, and a face may be an adult's, a statue's or a drawing's: a person "
    "decides. Faces in profile, half covered or bent down slip through. Where no face detector is installed nothing is found, and "
    "the report says so.",
)
