"""QR codes and barcodes in pictures."""

from __future__ import annotations

import numpy as np
import zxingcpp
from PIL import Image

from detectors.base import Code

# Linear codes of shops and shelves come out of plain stripes, too; these few carry check digits or letters.
_FORMS = zxingcpp.barcode_formats_from_str("QRCode|MicroQRCode|RMQRCode|DataMatrix|Aztec|PDF417|Code128|Code39|EAN13")
_MOST = 20  # codes of one picture
_MOST_CHARACTERS = 4_000  # a QR code holds 2,953 bytes at most (ISO/IEC 18004)


def codes(image: Image.Image, scale: float) -> tuple[Code, ...]:
    """The codes of a picture with their places in pixels as displayed; ``scale`` is those pixels for one of the image's."""
    grey = np.asarray(image.convert("L"))
    found = []
    for code in zxingcpp.read_barcodes(grey, formats=_FORMS, text_mode=zxingcpp.TextMode.Plain)[:_MOST]:
        at = code.position
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        across, down = [round(p.x * scale) for p in corners], [round(p.y * scale) for p in corners]
        text = "".join(c if c.isprintable() else " " for c in code.text[:_MOST_CHARACTERS])
        if text.strip():
            found.append(Code(str(code.format), (min(across), min(down), max(across), max(down)), text.strip()))
    return tuple(found)
