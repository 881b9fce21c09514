"""The checks of single fields of the approval form (Appendix B): rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from detectors.base import Severity, SiteCheck, SiteEvidence, SiteReading

_PUPILS = frozenset({"pupils", "other_schools"})
_PLACEHOLDERS = frozenset({"", "-", "n/a", "na", "none", "tbc", "tba", "as above", "unknown"})
_SHORTEST = 20  # characters; less is taken for a placeholder
_YOUNGEST, _OLDEST = 3, 19  # years: from nursery to the end of a sixth form
_YEAR = 366  # days

# What the register calls the fields whose names here are shorter.
_CALLED = {
    "author": "author_id",
    "line_manager": "line_manager_id",
    "vetter": "vetter_id",
    "administrators": "admins",
}

Find = Callable[[SiteReading], Iterable[str]]


def _blank(text: str) -> bool:
    return text.strip().lower() in _PLACEHOLDERS


def _text(field: str, when: Callable[[SiteReading], bool] = lambda _: True, shortest: int = 1) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if not when(reading):
            return
        value = str(getattr(reading.form, field))
        if _blank(value):
            yield f"The field {_CALLED.get(field, field)} is blank."
        elif len(value.strip()) < shortest:
            yield f"The field {field} has fewer than {shortest} characters."

    return find


def _person(field: str, when: Callable[[SiteReading], bool] = lambda _: True) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if not when(reading):
            return
        value = getattr(reading.form, field)
        if not value:
            yield f"The field {_CALLED.get(field, field)} is blank."
        elif not reading.is_current(value):
            yield f"The field {_CALLED.get(field, field)} names nobody on the list of current staff."

    return find


def _line_manager(reading: SiteReading) -> Iterator[str]:
    yield from _person("line_manager")(reading)
    if reading.form.line_manager and reading.form.line_manager == reading.form.author:
        yield "The field line_manager_id names the site's author."


def _two(field: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if (count := len(reading.current(getattr(reading.form, field)))) < 2:
            yield f"The field {_CALLED.get(field, field)} names {count} current members of staff; the form asks for 2."

    return find


def _answered(field: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if getattr(reading.form, field) == "unknown":
            yield f"The field {field} is not answered."

    return find


def _children(reading: SiteReading) -> Iterator[str]:
    yield from _answered("contributors_children")(reading)
    if reading.form.contributors_children == "no" and reading.form.contributors & _PUPILS:
        yield "The field contributors_children says no, but pupils are ticked as contributors."


def _vulnerable(reading: SiteReading) -> bool:
    site = reading.form
    return "yes" in (site.contributors_children, site.contributors_adults_ld) or bool(site.contributors & _PUPILS)


def _outsiders(reading: SiteReading) -> bool:
    return bool(reading.form.contributors & {"external", "public", "others"})


def _third_party(reading: SiteReading) -> bool:
    return reading.form.hosted_by == "third_party"


def _host_name(reading: SiteReading) -> Iterator[str]:
    """The platform's own name will do where no other is given."""
    if _third_party(reading) and _blank(reading.form.host_name) and _blank(reading.form.platform):
        yield "The field host_name is blank, and so is platform_host."


def _public_with_pupils(field: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if "public" in getattr(reading.form, field) and reading.form.contributors & _PUPILS:
            yield f"The field {field} ticks members of the public on a site to which pupils contribute."

    return find


def _ages(box: str, low: str, high: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if "pupils" not in getattr(reading.form, box):
            return
        youngest, oldest = getattr(reading.form, low), getattr(reading.form, high)
        if youngest is None or oldest is None:
            yield f"Pupils are ticked under {box}, but {low} or {high} is blank."
        elif youngest > oldest or youngest < _YOUNGEST or oldest > _OLDEST:
            yield f"The ages under {box} make no sense: {youngest} to {oldest}."

    return find


def _detail(box: str, tick: str, field: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        if tick in getattr(reading.form, box) and _blank(getattr(reading.form, field)):
            yield f"{tick} is ticked under {box}, but the field {field} is blank."

    return find


def _closure(reading: SiteReading) -> Iterator[str]:
    site = reading.form
    if site.closure_or_review is None:
        yield "The field closure_or_review is blank."
    elif site.go_live and site.closure_or_review < site.go_live:
        yield "The date in closure_or_review lies before that in go_live."


def _moderators(reading: SiteReading) -> Iterator[SiteEvidence]:
    count = len(reading.current(reading.form.moderators))
    if count == 0:
        yield SiteEvidence("Nobody in post is named as moderator.", Severity.CRITICAL)
    elif count == 1:
        yield SiteEvidence("Only 1 moderator in post is named: there is no cover.")


def _public_at_closed(reading: SiteReading) -> Iterator[str]:
    site = reading.form
    closed = site.settings_expected in ("members", "private")
    for box in ("audience", "contributors"):
        if closed and "public" in getattr(site, box):
            yield f"Members of the public are ticked under {box} of a site that is meant for members only."


def _evaluation(reading: SiteReading) -> Iterator[str]:
    """The policy's clause is attested: what is looked at here is only whether the note is there at all."""
    live = reading.form.go_live
    if live is None or (reading.today - live).days <= _YEAR or reading.form.status == "closed":
        return
    latest = max(reading.form.reviewed, default=None)
    if latest is None:
        yield "The site has been live for over a year and no evaluation of it is dated in evaluation_notes or last_review."
    elif (reading.today - latest).days > _YEAR:
        yield f"The last evaluation is {(reading.today - latest).days} days old."


def _undeclared(box: str, tick: str, writers: tuple[str, ...]) -> Callable[[SiteReading], Iterable[SiteEvidence]]:
    def find(reading: SiteReading) -> Iterator[SiteEvidence]:
        if tick in reading.form.audience | reading.form.contributors:
            return  # a tick in one of the two boxes declares them; which of them is right is for a person
        if reading.seen is None:
            yield SiteEvidence(f"Whether {tick} write is not known: no export of the site was read.", unknown=True)
            return
        writing = sum(reading.seen.writers.get(w, 0) for w in writers)
        if writing:
            yield SiteEvidence(f"{tick} is not ticked under {box}, but {writing} items read are theirs.")
        elif reading.seen.writers.get("unknown"):
            yield SiteEvidence(
                f"The export does not say who wrote some items, so {tick} may be among them.", unknown=True
            )

    return find


def _approval(role: str) -> Find:
    def find(reading: SiteReading) -> Iterator[str]:
        given = [a for a in reading.form.approvals if a.role == role]
        if not given:
            yield f"The approval of the role {role} is missing."
        elif not any(a.day for a in given):
            yield f"The approval of the role {role} has no date."
        for approval in given:
            person = reading.staff.get(approval.person)
            if not approval.person:
                yield f"The approval of the role {role} names nobody."
            elif person is None:
                yield f"The approval of the role {role} names nobody on the staff list."
            elif approval.day and (
                (person.start and approval.day < person.start) or (person.end and approval.day > person.end)
            ):
                yield f"The approval of the role {role} was given by somebody not in post on that day."

    return find


@dataclass(frozen=True)
class _Row:
    """A row of the table: the offence, its clause, and what finds it."""

    id: str
    clause: str
    severity: Severity
    summary: str
    remedy: str
    find: Callable[[SiteReading], Iterable[str | SiteEvidence]]
    reads_export: bool = False
    rationale: str = (
        "The policy lets no site open before its form is complete; what the form leaves blank nobody has decided."
    )

    def check(self) -> SiteCheck:
        """The row as a check."""

        def find(reading: SiteReading) -> Iterator[SiteEvidence]:
            for said in self.find(reading):
                yield said if isinstance(said, SiteEvidence) else SiteEvidence(said)

        limits = "What the field says is not judged: whether it is true and enough is for a person."
        return SiteCheck(
            self.id,
            self.clause,
            self.severity,
            self.summary,
            self.remedy,
            find,
            self.rationale,
            limits=limits,
            reads_export=self.reads_export,
        )


_H, _M, _L = Severity.HIGH, Severity.MEDIUM, Severity.LOW

_TABLE = (
    _Row(
        "aims-missing",
        "A.1.2",
        _M,
        "Aims that are missing or say too little.",
        "Write the aims and what should come of them.",
        _text("aims", shortest=_SHORTEST),
    ),
    _Row(
        "evaluation-missing",
        "A.1.7",
        _L,
        "No dated evaluation of a site in the last year.",
        "Judge the site by its aims in a few lines, and enter the day.",
        _evaluation,
        rationale="A site that nobody measures against its aims is kept because it is there.",
    ),
    _Row(
        "intervention-plan-missing",
        "A.5.5",
        _M,
        "A site at another host without a plan for harmful content.",
        "Write what is done when harmful content appears on this host.",
        _text("security_measures", _third_party, _SHORTEST),
        rationale="On another company's site the school cannot simply take things down; who does what has to be known before.",
    ),
    _Row(
        "moderators-too-few",
        "A.5.4",
        _H,
        "A site with no moderator in post, or one without cover.",
        "Name a second moderator and note the date.",
        _moderators,
        rationale="A comment that nobody is named to read stays up for days.",
    ),
    _Row(
        "public-invited-to-closed-site",
        "A.5.7",
        _L,
        "The form invites the public to a site for members.",
        "Have the head teacher decide whether this site is an exception, and note until when.",
        _public_at_closed,
        rationale="Outsiders are barred from sites for members, but the form has a box for them: only the head can settle it.",
    ),
    _Row(
        "form-author-missing",
        "B.author",
        _H,
        "No author in post.",
        "Name a current member of staff.",
        _person("author"),
    ),
    _Row(
        "form-department-missing", "B.department", _L, "No department.", "Fill in the department.", _text("department")
    ),
    _Row(
        "form-line-manager-missing",
        "B.line_manager",
        _M,
        "No line manager in post.",
        "Enter the author's line manager.",
        _line_manager,
    ),
    _Row("form-aims-missing", "B.aims", _M, "No aims.", "Write the aims.", _text("aims")),
    _Row("form-content-missing", "B.content", _M, "No description of the content.", "Describe it.", _text("content")),
    _Row(
        "form-audience-ages-missing",
        "B.audience.pupils",
        _H,
        "Pupils are addressed, of no stated or possible age.",
        "Give the youngest and the oldest age in years.",
        _ages("audience", "audience_age_min", "audience_age_max"),
    ),
    _Row(
        "form-contributor-ages-missing",
        "B.contributors.pupils",
        _H,
        "Pupils contribute, of no stated or possible age.",
        "Give the youngest and the oldest age in years.",
        _ages("contributors", "contributor_age_min", "contributor_age_max"),
    ),
    *(
        _Row(
            f"form-{name}-{ending}",
            f"B.{box}.{tick}",
            severity,
            f"A tick at {tick} without saying who.",
            remedy,
            _detail(box, tick, field),
        )
        for box, name in (("audience", "audience"), ("contributors", "contributors"))
        for tick, ending, field, severity, remedy in (
            ("other_schools", "schools-unnamed", "other_school_names", _M, "Name the schools."),
            ("external", "organisations-unnamed", "organisation_names", _M, "Name the organisations."),
            ("others", "others-undescribed", "others_details", _L, "Say who they are."),
        )
    ),
    *(
        _Row(
            f"form-{box}-{name}-undeclared",
            f"B.{box}.{tick}",
            severity,
            f"The form does not tick {tick}, and they are seen to write.",
            "Tick the box and have it approved, or stop the posting.",
            _undeclared(box, tick, writers),
            reads_export=True,
        )
        for box in ("audience", "contributors")
        for tick, name, writers, severity in (
            ("staff", "staff", ("staff",), _L),
            ("family", "family", ("parent", "pta"), _M),
        )
    ),
    *(
        _Row(
            f"form-{box}-public-with-pupils",
            f"B.{box}.public",
            _H,
            "The public on a site to which pupils contribute.",
            "Separate the public page from the pupils' site.",
            _public_with_pupils(box),
            rationale="Nobody may be recognisable on a pupils' site, and outsiders have no place there.",
        )
        for box in ("audience", "contributors")
    ),
    _Row(
        "form-administrators-too-few",
        "B.administrators",
        _H,
        "Fewer than two administrators in post.",
        "Add an administrator.",
        _two("administrators"),
    ),
    _Row(
        "form-moderators-too-few",
        "B.moderators",
        _H,
        "Fewer than two moderators in post.",
        "Add a moderator.",
        _two("moderators"),
    ),
    _Row(
        "form-vetter-missing",
        "B.vetter",
        _H,
        "Outsiders contribute and nobody in post vets them.",
        "Name who vets outsiders.",
        _person("vetter", _outsiders),
    ),
    _Row(
        "form-third-party-host-missing",
        "B.third_party_host",
        _M,
        "Another host, without its name.",
        "Name the platform.",
        _host_name,
    ),
    _Row(
        "form-closure-missing",
        "B.closure",
        _M,
        "No closing date that can be.",
        "Set a closing or review date.",
        _closure,
    ),
    _Row(
        "form-advert-plan-missing",
        "B.advertise",
        _L,
        "Outsiders contribute, and how they are asked is not said.",
        "Describe how contributors are asked for.",
        _text("advert_plan", _outsiders),
    ),
    _Row(
        "form-children-flag-inconsistent",
        "B.children_flag",
        _H,
        "Whether children contribute is not answered, or against the ticks.",
        "Correct the answer.",
        _children,
    ),
    _Row(
        "form-adults-flag-unanswered",
        "B.adults_ld_flag",
        _M,
        "Whether adults with learning disabilities contribute is not answered.",
        "Answer the question.",
        _answered("contributors_adults_ld"),
    ),
    _Row(
        "form-consent-method-missing",
        "B.consent_method",
        _H,
        "Children or vulnerable adults contribute, and how consent is had is not said.",
        "Say how consent is asked, recorded and withdrawn.",
        _text("consent_method", _vulnerable),
    ),
    _Row(
        "form-security-measures-missing",
        "B.security",
        _H,
        "No measures against unsuitable people.",
        "List the measures.",
        _text("security_measures"),
    ),
    *(
        _Row(
            f"form-{name}-approval-missing",
            f"B.approval.{field}",
            _H,
            f"The approval of the role {role} is missing, undated, or not by somebody in post.",
            "Obtain the approval with a date, or suspend the site.",
            _approval(role),
        )
        for role, name, field in (
            ("line_manager", "line-manager", "line_manager"),
            ("communications", "communications", "comms_manager"),
            ("head", "head", "head"),
        )
    ),
)

CHECKS: tuple[SiteCheck, ...] = tuple(row.check() for row in _TABLE)
