"""The checks of single fields of the approval form (Appendix B): rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from detectors.base import Severity, SiteCheck, SiteReading

_PUPILS = frozenset({"pupils", "other_schools"})
_PLACEHOLDERS = frozenset({"", "-", "n/a", "na", "none", "tbc", "tba", "as above", "unknown"})
_SHORTEST = 20  # characters; the policy's table of controls calls less a placeholder

Find = Callable[[SiteReading], Iterable[str]]


def _blank(text: str) -> bool:
    return text.strip().lower() in _PLACEHOLDERS


def _text(field: str, when: Callable[[SiteReading], bool] = lambda _: True, shortest: int = 1) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if not when(reading):
            return
        value = str(getattr(reading.site, field))
        if _blank(value):
            yield f"The field {field} is blank."
        elif len(value.strip()) < shortest:
            yield f"The field {field} has fewer than {shortest} characters."

    return find


def _person(field: str, when: Callable[[SiteReading], bool] = lambda _: True) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if not when(reading):
            return
        value = getattr(reading.site, field)
        if not value:
            yield f"The field {field} is blank."
        elif value not in reading.staff:
            yield f"The field {field} names nobody on the list of current staff."

    return find


def _line_manager(reading: SiteReading) -> Iterator[str]:
    yield from _person("line_manager")(reading)
    if reading.site.line_manager and reading.site.line_manager == reading.site.author:
        yield "The field line_manager names the site's author."


def _two(field: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if (count := len(getattr(reading.site, field) & reading.staff)) < 2:
            yield f"The field {field} names {count} current members of staff; the form asks for 2."

    return find


def _answered(field: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if getattr(reading.site, field) == "unknown":
            yield f"The field {field} is not answered."

    return find


def _children(reading: SiteReading) -> Iterator[str]:
    yield from _answered("contributors_children")(reading)
    if reading.site.contributors_children == "no" and reading.site.contributors & _PUPILS:
        yield "The field contributors_children says no, but pupils are ticked as contributors."


def _vulnerable(reading: SiteReading) -> bool:
    site = reading.site
    return "yes" in (site.contributors_children, site.contributors_adults_ld) or bool(site.contributors & _PUPILS)


def _outsiders(reading: SiteReading) -> bool:
    return bool(reading.site.contributors & {"external", "public", "others"})


def _third_party(reading: SiteReading) -> bool:
    return reading.site.hosted_by == "third_party"


def _public_with_pupils(field: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if "public" in getattr(reading.site, field) and reading.site.contributors & _PUPILS:
            yield f"The field {field} ticks members of the public on a site to which pupils contribute."

    return find


def _closure(reading: SiteReading) -> Iterator[str]:
    site = reading.site
    if site.closure_or_review is None:
        yield "The field closure_or_review is blank."
    elif site.go_live and site.closure_or_review < site.go_live:
        yield "The date in closure_or_review lies before that in go_live."


def _past(reading: SiteReading) -> Iterator[str]:
    due = reading.site.closure_or_review
    if due and due < reading.today and reading.site.status != "closed":
        yield f"The date in closure_or_review passed {(reading.today - due).days} days ago and the site is not closed."


def _go_live(reading: SiteReading) -> Iterator[str]:
    if reading.site.go_live is None:
        yield "The field go_live is blank."


def _approval(role: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        site = reading.site
        given = [a for a in site.approvals if a.role == role]
        if not given:
            yield f"The approval of the role {role} is missing."
        elif not any(a.day for a in given):
            yield f"The approval of the role {role} has no date."
        if any(a.person and a.person == site.author for a in given):
            yield f"The approval of the role {role} was given by the site's author."

    return find


def _late(reading: SiteReading) -> Iterator[str]:
    live = reading.site.go_live
    for role in sorted({a.role for a in reading.site.approvals if a.day and live and a.day > live}):
        yield f"The approval of the role {role} is dated after go_live."


_H, _M, _L = Severity.HIGH, Severity.MEDIUM, Severity.LOW

CHECKS: tuple[SiteCheck, ...] = tuple(
    SiteCheck(*row)
    for row in (
        (
            "aims-missing",
            "A.1.2",
            _M,
            "Write the aims and what should come of them.",
            _text("aims", shortest=_SHORTEST),
        ),
        ("site-past-closing", "A.1.6", _M, "Close the site, or have a new date approved.", _past),
        ("approval-late", "A.3.2", _M, "Record when the approval came and why it came late.", _late),
        (
            "intervention-plan-missing",
            "A.5.5",
            _M,
            "Write what is done when harmful content appears on this host.",
            _text("security_measures", _third_party, _SHORTEST),
        ),
        ("form-author-missing", "B.author", _H, "Name a current member of staff.", _person("author")),
        ("form-department-missing", "B.department", _L, "Fill in the department.", _text("department")),
        ("form-line-manager-missing", "B.line_manager", _M, "Enter the author's line manager.", _line_manager),
        ("form-content-missing", "B.content", _M, "Describe the content.", _text("content")),
        (
            "form-audience-public-with-pupils",
            "B.audience.public",
            _H,
            "Separate the public page from the pupils' site.",
            _public_with_pupils("audience"),
        ),
        (
            "form-contributors-public-with-pupils",
            "B.contributors.public",
            _H,
            "Separate the public page from the pupils' site.",
            _public_with_pupils("contributors"),
        ),
        ("form-administrators-too-few", "B.administrators", _H, "Add an administrator.", _two("administrators")),
        ("form-moderators-too-few", "B.moderators", _H, "Add a moderator.", _two("moderators")),
        ("form-vetter-missing", "B.vetter", _H, "Name who vets outsiders.", _person("vetter", _outsiders)),
        (
            "form-third-party-host-missing",
            "B.third_party_host",
            _M,
            "Name the platform.",
            _text("host_name", _third_party),
        ),
        ("form-go-live-missing", "B.go_live", _H, "Record the day the site went live.", _go_live),
        ("form-closure-missing", "B.closure", _M, "Set a closing or yearly review date.", _closure),
        (
            "form-advert-plan-missing",
            "B.advertise",
            _L,
            "Describe how contributors are asked for.",
            _text("advert_plan", _outsiders),
        ),
        ("form-children-flag-inconsistent", "B.children_flag", _H, "Correct the answer.", _children),
        (
            "form-adults-flag-unanswered",
            "B.adults_ld_flag",
            _M,
            "Answer the question.",
            _answered("contributors_adults_ld"),
        ),
        (
            "form-consent-method-missing",
            "B.consent_method",
            _H,
            "Say how consent is asked, recorded and withdrawn.",
            _text("consent_method", _vulnerable),
        ),
        (
            "form-security-measures-missing",
            "B.security",
            _H,
            "List the measures.",
            _text("security_measures"),
        ),
        (
            "form-line-manager-approval-missing",
            "B.approval.line_manager",
            _H,
            "Obtain the approval with a date.",
            _approval("line_manager"),
        ),
        (
            "form-communications-approval-missing",
            "B.approval.comms_manager",
            _H,
            "Obtain the approval with a date.",
            _approval("communications"),
        ),
        ("form-head-approval-missing", "B.approval.head", _H, "Obtain the approval with a date.", _approval("head")),
    )
)
