"""Set before anything is imported: what a command prints is as wide as a test needs it, whichever module made its console first."""

import os

import pytest

os.environ["COLUMNS"] = "300"
# Several processes test at once, and threads over small matrices wait for each other longer than they work.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

# Files that take long begin first, so that no process is left with one of them when the others have ended.
_LONG = (
    "test_wheel",
    "test_notebooks",
    "test_run",
    "test_docs",
    "test_workers",
    "test_crash",
    "test_leaks",
    "test_offline",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: number for number, name in enumerate(_LONG)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))
