"""The site's setting is another than the form says."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

_OPENNESS = {"private": 0, "members": 1, "public": 2}


def _find(reading: SiteReading) -> Iterator[SiteEvidence]:
    expected = reading.form.settings_expected
    if expected not in _OPENNESS:
        yield SiteEvidence(
            "The field settings_expected is blank: the form does not say how open the site is.", unknown=True
        )
        return
    found = reading.facts.get("visibility")
    if found is None or found.value not in _OPENNESS:
        yield SiteEvidence("How open the site is set is not in this run's exports.", unknown=True)
    elif _OPENNESS[found.value] > _OPENNESS[expected]:
        yield SiteEvidence(f"The form says {expected}, the export shows {found.value}.")
    elif _OPENNESS[found.value] < _OPENNESS[expected]:
        yield SiteEvidence(f"The form says {expected}, the export shows {found.value}.", Severity.LOW)


DETECTOR = SiteCheck(
    id="engagement-mismatch",
    clause="A.5.1",
    severity=Severity.MEDIUM,
    summary="A site is set more open, or less, than its form says.",
    rationale="How far others take part was agreed on the form; the setting is what counts.",
    remedy="Change the setting, or have the form approved anew.",
    flags=("a form that says members, and an account that is public",),
    passes=("a public page whose form says public", "a setting that the export lacks: not known"),
    find=_find,
    reads_export=True,
    limits="Exports of Instagram say how open an account is; of others it is not known.",
)
