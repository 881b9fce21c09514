"""The rules, one a file, and DETECTORS, which finds them. An import that fails is fatal: a missing rule must never go unnoticed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

from detectors.base import Detector

RULE_PACKAGES = ("detectors.pupils", "detectors.pii", "detectors.pictures", "detectors.conduct")


def _discover() -> Iterator[Detector]:
    for package in map(importlib.import_module, RULE_PACKAGES):
        for module_info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(module_info.name)
            if detector := getattr(module, "DETECTOR", None):
                yield detector


@cache
def load_detectors() -> tuple[Detector, ...]:
    """Every rule, sorted by id. Raises ValueError where two share one."""
    found = sorted(_discover(), key=lambda d: d.id)
    ids = [d.id for d in found]
    if len(set(ids)) != len(ids):
        raise ValueError(f"two detectors share an id: {ids}")
    return tuple(found)


DETECTORS = load_detectors()
