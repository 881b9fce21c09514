"""Builds the sample school: ``python data/sample/build.py [FOLDER]``; the same libraries give the same bytes.

Hand-written: ``source/`` (texts with their truth marked in them), and in ``school/`` all but the roll and the pictures.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import exports  # noqa: E402
import mirror  # noqa: E402
import roll  # noqa: E402
import social  # noqa: E402
from marks import mark  # noqa: E402

EXPORTS = (
    exports.facebook,
    exports.website,
    exports.classblog,
    exports.newsletter,
    exports.pictures,
    social.instagram,
    social.x_archive,
    mirror.site_mirror,
)


def build(target: Path) -> None:
    """Write every generated file under ``target``."""
    roll.write(target / "school" / "roll.csv")
    logos = target / "school" / "logos"
    logos.mkdir(parents=True, exist_ok=True)
    for name in ("crest", "lighthouse"):
        for variant in ("colour", "mono", "wordmark"):
            mark(name, variant).save(logos / f"{name}-{variant}.png", optimize=True)
    exports.write(target, EXPORTS)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
