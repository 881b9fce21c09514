"""A pupil on the roll is named."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.base import Consent, Context, Detector, Evidence, Item, Pupil, Reading, Severity

_LADDER = list(Severity)
_CONSENT_WORDS = {
    "yes": "consent given",
    "no": "consent refused",
    "withdrawn": "consent withdrawn",
    "not given": "no consent on record",
}
_NAMES_ONE = frozenset({"full", "swapped", "initial", "surname-initial", "initial-last"})


def _severity(pupil: Pupil, consent: Consent, form: str, item: Item, strict: bool) -> Severity:
    """What naming this pupil here can do: consent, the site's profile and who can see the item decide (A.5.2, A.4.4)."""
    if pupil.do_not_publish:
        return Severity.CRITICAL
    refused = consent in ("no", "withdrawn")
    if strict:
        severity = Severity.CRITICAL
    elif consent == "yes":
        return Severity.INFO
    else:
        severity = Severity.CRITICAL if refused else Severity.HIGH
    lower = (form not in _NAMES_ONE) + (item.visibility in ("private", "draft", "deleted", "members"))
    return _LADDER[min(_LADDER.index(severity) + lower, _LADDER.index(Severity.MEDIUM))]


def _consent_words(pupil: Pupil, consent: Consent, strict: bool) -> str:
    if pupil.do_not_publish:
        return "not to be published"
    if strict:
        return "pupils contribute to this site, so consent does not excuse it"
    return _CONSENT_WORDS[consent]


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a mention; a mention that several pupils fit takes the gravest of the first three."""
    item = reading.item
    strict = context.register.profile(item.site) == "strict"
    on = item.published.date() if item.published else None
    for mention in reading.mentions:
        weighed = []
        for pupil_id in mention.pupils[:3]:
            pupil = context.roll.pupil(pupil_id)
            consent = context.roll.name_consent(pupil_id, item.platform, on, context.today)
            weighed.append(
                (_severity(pupil, consent, mention.form, item, strict), _consent_words(pupil, consent, strict))
            )
        severity, words = min(weighed, key=lambda w: w[0].rank)
        yield Evidence(
            part=mention.part,
            start=mention.start,
            end=mention.end,
            confidence=mention.confidence,
            pupils=mention.pupils,
            severity=severity,
            review=mention.review,
            why=f"{', '.join(mention.signals)}; {words}",
        )


DETECTOR = Detector(
    id="pupil-named",
    kind="PUPIL",
    clause="A.5.2",
    severity=Severity.HIGH,
    summary="A pupil on the school's roll is named.",
    rationale="A name, alone or beside a picture, lets a stranger find and approach a child. On sites to which pupils "
    "contribute nobody may be identifiable; elsewhere the family's consent decides.",
    remedy="Take the item down or remove the name, check older posts for the same pupil, and record the consent position.",
    flags=("Well done Noor Lang for her solo!", "Noor L. and Teo from 4B", "LANG, Noor 12.4 s"),
    passes=("Mrs Lang sang a solo.", "The Noor Lang Cup was awarded on Friday.", "Will you hope for snow?"),
    find=find,
)
