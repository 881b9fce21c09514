"""PDFs that would hang PDFium or swallow all memory cost themselves, not the run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.readers import open_export, pdf
from pipelines.readers.limits import Limits, using
from tests.readers_exports import pdf as pdf_of


@pytest.fixture
def fresh_worker() -> Iterator[None]:
    """The worker takes the limits it is started under."""
    pdf._end_worker()
    yield
    pdf._end_worker()


def nested_forms(levels: int, calls: int) -> bytes:
    """A page that calls a form that calls another ``calls`` times, and so on: a few bytes, ``calls ** levels`` texts."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /XObject << /F 6 0 R >> >> >>",
        b"<< /Length 5 >>\nstream\n/F Do\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for level in range(levels):
        last = level == levels - 1
        drawn = b"BT /F1 18 Tf 20 100 Td (x) Tj ET" if last else b"/F Do " * calls
        inner = b"" if last else b"/XObject << /F %d 0 R >>" % (7 + level)
        objects.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 400 200] /Resources << /Font << /F1 5 0 R >> %s >> /Length %d >>\n"
            b"stream\n%s\nendstream" % (inner, len(drawn), drawn)
        )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


@pytest.mark.usefixtures("fresh_worker")
def test_a_pdf_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "bomb.pdf").write_bytes(nested_forms(9, 10))
    (tmp_path / "letter.pdf").write_bytes(pdf_of("Harvest supper"))
    began = time.monotonic()
    with using(Limits(seconds_per_pdf=5)):
        export = open_export(tmp_path)
        items = list(export.read())
    assert time.monotonic() - began < 40
    assert ["Harvest supper" in i.part("document") for i in items] == [True]
    (problem,) = export.report.problems
    assert "bomb.pdf" in problem
    assert "took longer than 5 s" in problem or "too much memory" in problem or "damaged" in problem


@pytest.mark.usefixtures("fresh_worker")
def test_a_pdf_that_takes_too_much_memory_is_given_up() -> None:
    with using(Limits(pdf_memory_bytes=900 << 20, seconds_per_pdf=50)):
        with pytest.raises(pdf.PdfError):
            pdf.read_text(nested_forms(7, 10), 10)
        assert pdf.read_text(pdf_of("Harvest supper"), 10)[1] == 1
