"""A picture's file says where it was taken."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a picture whose file holds coordinates, or the name of a place smaller than a town."""
    for picture in reading.pictures:
        tags = [h.tag for h in picture.hidden if h.what == "position"]
        named = [h.tag for h in picture.hidden if h.what == "place"]
        if tags:
            why = f"the file holds the position where it was taken ({', '.join(tags)})"
            yield Evidence(part=f"media:{picture.media}", why=why, confidence=0.97)
        elif named:
            why = f"the file names the place where it was taken ({', '.join(named)})"
            yield Evidence(f"media:{picture.media}", why, 0.6, severity=Severity.LOW, review=True)


DETECTOR = Detector(
    id="image-position-published",
    kind="IMAGE_GEO",
    clause="A.4.4",
    severity=Severity.HIGH,
    summary="A picture's file says where it was taken.",
    rationale="Whoever saves the picture learns the place to a few metres: a home, a route to school, a trip under way.",
    remedy="Put a copy without hidden data in the file's place, and switch position off on the school's cameras.",
    flags=("A photograph with a latitude and longitude in its EXIF",),
    passes=(
        "A photograph whose EXIF holds only its exposure",
        "Coordinates of nought and nought, as some programs leave",
    ),
    find=find,
    limits="EXIF, XMP and IPTC of pictures that the export holds as they were uploaded. Platforms remove these data from what they "
    "show, so that a finding in a platform's own export need not be public. The school's own grounds are not told from elsewhere.",
)
