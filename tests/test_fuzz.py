"""A short run of the fuzzer (``tests/fuzz_readers.py``); ``make fuzz`` runs it for an hour."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.readers import FORMATS
from pipelines.readers.source import DAMAGE, open_source
from tests.fuzz_readers import SHARED, fuzz, samples

SEED = 20261124


def test_damaged_exports_end_in_items_or_in_one_line() -> None:
    said: list[str] = [f"seed {SEED}"]
    faults = fuzz(SEED, 20, said.append)
    assert not faults, "\n".join(said)
    inputs = int(said[-1].split()[0])
    assert inputs > 100, said


def test_every_format_has_a_sample(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the samples of some formats lie in the folder of shared exports, which is not beside the project")
    taken: set[str] = set()
    for number, sample in enumerate(samples()):
        where = tmp_path / str(number)
        for name, data in sample.files.items():
            (where / name).parent.mkdir(parents=True, exist_ok=True)
            (where / name).write_bytes(data)
        source = open_source(where if len(sample.files) > 1 else where / next(iter(sample.files)))
        for detect in FORMATS:
            try:
                if detect(source) is not None:
                    taken.add(detect.__module__)
                    break
            except DAMAGE:
                break
            except Exception:  # a refusal names its format too
                taken.add(detect.__module__)
                break
    assert taken >= {detect.__module__ for detect in FORMATS}
