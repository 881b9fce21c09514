"""Every site check: the table of the form's fields, and the checks with logic, discovered. An import that fails is fatal."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from detectors import sites
from detectors.base import SiteCheck
from detectors.sites.fields import CHECKS


@cache
def load_site_checks() -> tuple[SiteCheck, ...]:
    """Every check, sorted by id. Raises ValueError where two share one."""
    modules = (importlib.import_module(m.name) for m in pkgutil.iter_modules(sites.__path__, "detectors.sites."))
    with_logic = [check for m in modules if isinstance(check := getattr(m, "DETECTOR", None), SiteCheck)]
    found = sorted((*CHECKS, *with_logic), key=lambda c: c.id)
    ids = [c.id for c in found]
    if len(set(ids)) != len(ids):
        raise ValueError(f"two site checks share an id: {ids}")
    return tuple(found)


SITE_CHECKS = load_site_checks()
