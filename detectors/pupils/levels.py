"""How identifiable a mention makes a pupil, and how grave that is here: one table for all rules about names (5.4, A.5.2).

The levels are those of the project's guidance: L1 a full name, L2 a forename beside a picture, L3 a forename with form, year or
team that at most two pupils fit, L4 initials, nicknames, family links. Consent never cures a site to which pupils contribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from enum import StrEnum

from detectors.base import Consent, ConsentLevel, Context, Evidence, Item, Mention, Pupil, Reading, Severity

_LADDER = list(Severity)


class Level(StrEnum):
    """How far a mention identifies, the furthest first."""

    FULL_WITH_PHOTO = "L1 with a picture"
    FULL = "L1"
    FORENAME_WITH_PHOTO = "L2"
    FORENAME_WITH_GROUP = "L3"
    INDIRECT = "L4"
    MANY_FIT = "below L4"


_FULL = frozenset(("full", "swapped", "misspelt-full", "handle"))
_MANY = 5
# Severity by level: on a site to which pupils contribute, consent refused or withdrawn, none on record. With consent: info.
_GRAVITY: dict[Level, tuple[Severity, Severity, Severity]] = {
    Level.FULL_WITH_PHOTO: (Severity.CRITICAL, Severity.CRITICAL, Severity.CRITICAL),
    Level.FULL: (Severity.CRITICAL, Severity.CRITICAL, Severity.HIGH),
    Level.FORENAME_WITH_PHOTO: (Severity.HIGH, Severity.HIGH, Severity.MEDIUM),
    Level.FORENAME_WITH_GROUP: (Severity.HIGH, Severity.HIGH, Severity.MEDIUM),
    Level.INDIRECT: (Severity.MEDIUM, Severity.MEDIUM, Severity.LOW),
    Level.MANY_FIT: (Severity.INFO, Severity.INFO, Severity.INFO),
}
# What a family must have agreed to for the mention to be no breach.
_NEEDED: dict[Level, tuple[ConsentLevel, ...]] = {
    Level.FULL_WITH_PHOTO: ("full_name", "photo"),
    Level.FULL: ("full_name",),
    Level.FORENAME_WITH_PHOTO: ("first_name", "photo"),
}
_CONSENT_WORDS: dict[Consent, str] = {
    "yes": "consent given",
    "no": "consent refused",
    "withdrawn": "consent withdrawn",
    "not given": "no consent on record",
}
_LEFT_LONG_AGO = timedelta(days=365)


def has_picture(item: Item) -> bool:
    """Whether a picture or film stands with the item, by the export's word or by its media; unknown counts as none."""
    if item.has_photo is not None:
        return item.has_photo
    return any((m.encoding_format or m.declared_format).startswith(("image/", "video/")) for m in item.media)


def level_of(mention: Mention, item: Item) -> Level:
    """The level of a mention in its item."""
    picture = has_picture(item)
    if mention.form in _FULL:
        return Level.FULL_WITH_PHOTO if picture else Level.FULL
    if mention.fits > _MANY and mention.form != "group":
        return Level.MANY_FIT
    if mention.form == "initials":
        return Level.INDIRECT
    if picture:
        return Level.FORENAME_WITH_PHOTO
    return Level.FORENAME_WITH_GROUP if mention.grouped and mention.fits <= 2 else Level.INDIRECT


def consent_for(pupil: Pupil, level: Level, item: Item, context: Context) -> Consent:
    """What the family agreed to for this level and platform, the worse of the day of publishing and today.

    An agreement ends a year after the pupil has left; a refusal does not.
    """
    on = item.published.date() if item.published else None
    consent = context.roll.consent(pupil.id, _NEEDED.get(level, ("first_name",)), item.platform, on, context.today)
    return "not given" if consent == "yes" and agreement_ended(pupil, context.today) else consent


def agreement_ended(pupil: Pupil, today: date) -> bool:
    """Whether the pupil left so long ago that no agreement holds any more."""
    return pupil.leaving_date is not None and today > pupil.leaving_date + _LEFT_LONG_AGO


def severity_of(pupil: Pupil, level: Level, consent: Consent, item: Item, strict: bool) -> Severity:
    """The severity of a mention at a level."""
    strictly, refused, unknown = _GRAVITY[level]
    if pupil.do_not_publish:
        severity = Severity.CRITICAL
    elif strict:
        severity = strictly
    elif consent == "yes":
        severity = Severity.INFO
    else:
        severity = refused if consent in ("no", "withdrawn") else unknown
    if item.visibility in ("private", "draft", "deleted"):
        severity = max(severity, Severity.LOW, key=_LADDER.index)
    elif item.visibility in ("unlisted", "members", "password"):
        severity = _LADDER[min(_LADDER.index(severity) + 1, len(_LADDER) - 1)]
    return min(severity, Severity.HIGH, key=_LADDER.index) if pupil.do_not_publish else severity


def _words(pupil: Pupil, level: Level, consent: Consent, strict: bool) -> str:
    if pupil.do_not_publish:
        return "not to be published"
    if strict:
        return "pupils contribute to this site, so consent does not excuse it"
    if consent == "yes" and level == Level.FULL_WITH_PHOTO:
        return "consent given; a name beside a picture is best avoided even so"
    return _CONSENT_WORDS[consent]


def evidence(
    reading: Reading, context: Context, mine: Callable[[Mention, Level, Pupil, Consent], bool]
) -> Iterable[Evidence]:
    """One Evidence for each mention of which a rule says ``mine`` for one of the pupils who fit; the gravest of them counts."""
    item = reading.item
    strict = context.register.profile(item.site) == "strict"
    for mention in reading.mentions:
        level = level_of(mention, item)
        weighed = []
        for pupil_id in mention.pupils[: mention.fits]:
            pupil = context.roll.pupil(pupil_id)
            consent = consent_for(pupil, level, item, context)
            if mine(mention, level, pupil, consent):
                severity = severity_of(pupil, level, consent, item, strict)
                weighed.append((severity, _words(pupil, level, consent, strict)))
        if not weighed:
            continue
        severity, words = min(weighed, key=lambda w: w[0].rank)
        yield Evidence(
            part=mention.part,
            start=mention.start,
            end=mention.end,
            confidence=mention.confidence,
            pupils=mention.pupils,
            severity=severity,
            review=mention.review,
            why=f"{level}: {', '.join(mention.signals)}; {words}",
        )
