"""A picture's file names a person or a device, or holds more of the picture than it shows."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity

# What is said of each, and how grave it is; gravest first.
_SAID = {
    "thumbnail": (
        "holds a small picture that is not the one shown, mostly what it was before it was cropped",
        Severity.HIGH,
    ),
    "person": ("names a person", Severity.HIGH),
    "serial": (
        "holds the serial number of the camera or lens, which ties pictures of one owner together",
        Severity.MEDIUM,
    ),
    "device": ("names the device", Severity.LOW),
}


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a picture, that tells all that its file says, as grave as the gravest."""
    for picture in reading.pictures:
        said, severity = [], None
        for what, (words, grave) in _SAID.items():
            if tags := [h.tag for h in picture.hidden if h.what == what]:
                said.append(f"{words} ({', '.join(tags)})")
                severity = severity or grave
        if said:
            confidence = 0.8 if severity is Severity.HIGH and "thumbnail" in said[0] else 0.95
            yield Evidence(f"media:{picture.media}", f"the file {'; '.join(said)}", confidence, severity=severity)


DETECTOR = Detector(
    id="image-metadata-published",
    kind="IMAGE_METADATA",
    clause="A.4.4",
    severity=Severity.HIGH,
    summary="A picture's file names a person or a device, or holds more than the picture shows.",
    rationale="Names of pupils or staff, and faces that were cut out, travel in the file of whoever saves it; a serial number ties "
    "a person's private pictures to the school's.",
    remedy="Put a copy without hidden data in the file's place.",
    flags=("A photograph whose EXIF names its artist", "A cropped photograph whose thumbnail shows the whole scene"),
    passes=("A photograph whose EXIF holds only its exposure", "A picture whose author is given as Canva"),
    find=find,
    limits="EXIF, XMP, IPTC and the PNG keyword Author; names of faces that photo programs write. Makers' own notes, captions and "
    "keywords are not read. A name may be the school's own or that of a photographer who wants to be named: a person decides.",
)
