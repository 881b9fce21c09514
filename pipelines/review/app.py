"""The page's addresses: each opens the store, asks or tells it one thing, and closes it, so that an audit can run meanwhile."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from detectors import DETECTORS
from detectors.base import Rule, UserError
from detectors.clauses import Clause, load_policy
from detectors.sites.rules import SITE_CHECKS
from pipelines.keys import Keys
from pipelines.review.door import Door, SafeHeaders, Session
from pipelines.review.pages import (
    SITE_ITSELF,
    address_of,
    checks_by_site,
    environment,
    live_link,
    parts,
    read_by_site,
    wanted_of,
)
from pipelines.review.pictures import NOT_THERE, load, numbers, shown
from pipelines.school import Site
from pipelines.store import Store, access, queue, verdicts, withheld
from pipelines.store.register import checked_in
from pipelines.store.summary import what_was_read
from reports.words import count

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

HOST = "127.0.0.1"
COOKIE = "social-audit-review"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Visit:
    """One request of a session, with the store open: for reading, or for writing where it is a form."""

    store: Store
    session: Session
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)


Handle = Callable[[Visit], Response]


class Review:
    """The page over one store. ``by`` decides and looks; ``lead`` is the safeguarding lead's private key where the lead is at it.

    ``announce`` is given each address at which the page may be opened, once.
    """

    def __init__(
        self,
        store: Path,
        keys: Keys,
        by: str,
        school: str,
        sites: tuple[Site, ...],
        door: Door,
        announce: Callable[[str], None] = lambda _: None,
        lead: X25519PrivateKey | None = None,
    ) -> None:
        self._path, self._keys, self._by, self._lead = store, keys, by, lead
        self._school, self._sites = school, sites
        self._door, self._announce = door, announce
        self._rules: dict[str, Rule] = {d.id: d for d in DETECTORS}
        self._rules |= {c.id: c for c in SITE_CHECKS}
        self._templates = environment()
        self._lock = threading.Lock()  # one process may not have a store open for reading and for writing
        routes = [
            Route("/start/{token}", self._start),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
            self._get("/", self._queue),
            self._get("/next", self._step),
            self._get("/finding/{key}", self._finding),
            self._get("/finding/{key}/picture/{number:int}", self._picture),
            self._post("/finding/{key}/reveal", self._reveal),
            self._post("/finding/{key}/mask", self._mask),
            self._post("/finding/{key}/decide", self._decide),
            self._post("/finding/{key}/assign", self._assign),
            self._post("/finding/{key}/undo", self._undo),
            self._post("/keys", self._switch_keys),
            self._get("/sites", self._sites_page),
            self._get("/read", self._read),
        ]
        if lead is not None:
            routes += [
                self._get("/withheld", self._withheld),
                self._get("/withheld/{key}", self._withheld_item),
                self._post("/withheld/{key}/open", self._open_withheld),
                self._post("/withheld/{key}/release", self._release),
            ]
        self.app = Starlette(
            routes=routes,
            middleware=[Middleware(SafeHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=[HOST])],
            exception_handlers={HTTPException: self._no_such_page},
        )

    # Coming in

    async def _start(self, request: Request) -> Response:
        session = self._door.enter(request.path_params["token"])
        if session is None:
            return self._shut_out()
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(COOKIE, session.cookie, httponly=True, samesite="strict")
        return response

    def _shut_out(self) -> Response:
        if self._door.is_shut():
            self.open_door()
        return self._message(
            403, "This page is closed", "Open the newest address that the command printed; each works once."
        )

    def open_door(self) -> str:
        """A new address, announced; it works once."""
        address = f"/start/{self._door.issue()}"
        self._announce(address)
        return address

    def _get(self, path: str, handle: Handle) -> Route:
        return Route(path, self._endpoint(handle), methods=["GET"])

    def _post(self, path: str, handle: Handle) -> Route:
        return Route(path, self._endpoint(handle), methods=["POST"])

    def _endpoint(self, handle: Handle) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            session = self._door.session(request.cookies.get(COOKIE, ""))
            if session is None:
                return self._shut_out()
            form: dict[str, str] = {}
            if request.method == "POST":
                form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
                if not secrets.compare_digest(form.get("csrf", "").encode(), session.csrf.encode()):
                    return self._message(
                        403, "Not done", "This form is not of this session; go back, reload and try again."
                    )
            return await run_in_threadpool(self._answer, handle, request, session, form)

        return endpoint

    def _answer(self, handle: Handle, request: Request, session: Session, form: dict[str, str]) -> Response:
        try:
            with self._lock, Store.open(self._path, self._keys, read_only=request.method != "POST") as store:
                return handle(Visit(store, session, request.path_params, dict(request.query_params), form))
        except UserError as error:
            return self._message(409, "This did not work", f"{str(error)[:1].upper()}{str(error)[1:]}.", session)
        except Exception as error:  # what it says can hold content: only its kind is told
            return self._message(500, "The tool failed", f"Go back and try again ({type(error).__name__}).", session)

    def _no_such_page(self, _: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return self._message(error.status_code, "There is no such page", "Go back to the queue.")

    def _message(self, status: int, title: str, text: str, session: Session | None = None) -> Response:
        return self._show("message.html", session, status, title=title, text=text)

    def _show(self, template: str, session: Session | None, status: int = 200, **values: Any) -> Response:
        told, undo = session.take_message() if session and status == 200 else ("", "")
        page = self._templates.get_template(template).render(
            values,
            school=self._school,
            by=self._by,
            lead=self._lead is not None,
            session=session,
            told=told,
            undo=undo,
            idle=self._door.idle,
            today=datetime.now(UTC).date(),
        )
        return HTMLResponse(page, status)

    # The queue

    def _queue(self, visit: Visit) -> Response:
        wanted = wanted_of(visit.query)
        page = queue.page(visit.store, wanted, after=visit.query.get("after", ""), before=visit.query.get("before", ""))
        read = what_was_read(visit.store)
        return self._show(
            "queue.html",
            visit.session,
            page=page,
            wanted=wanted,
            here=address_of(wanted),
            earlier=address_of(wanted, before=page.rows[0]["key"]) if page.rows and page.more_before else "",
            later=address_of(wanted, after=page.rows[-1]["key"]) if page.rows and page.more_after else "",
            choices=queue.choices(visit.store),
            rules=self._rules,
            withheld=withheld.withheld_line(visit.store, read.run_id) if read else "",
        )

    def _step(self, visit: Visit) -> Response:
        """To the finding after or before another one in the list."""
        query, wanted = visit.query, wanted_of(visit.query)
        return self._to_next(visit, wanted, after=query.get("after", ""), before=query.get("before", ""))

    def _to_next(self, visit: Visit, wanted: queue.Wanted, *, after: str = "", before: str = "") -> Response:
        found = queue.page(visit.store, wanted, after=after, before=before, size=1).rows
        return _go(f"/finding/{found[0]['key']}{address_of(wanted)}" if found else f"/{address_of(wanted)}")

    # One finding

    def _finding(self, visit: Visit) -> Response:
        (row,) = queue.of_cause(visit.store, visit.path["key"])
        wanted = wanted_of(visit.query)
        found = queue.on_item(visit.store, row["item_key"])
        content = visit.store.reveal(row["item_key"]) if row["item_key"] in visit.session.revealed else None
        return self._show(
            "finding.html",
            visit.session,
            row=row,
            found=found,
            rules=self._rules,
            clause=self._clause(visit.store, row["clause"]),
            content=content,
            parts=parts(content, row["key"], found) if content else [],
            link=live_link(content["url"]) if content else "",
            pictures=numbers(content) if content else [],
            sharp=row["item_key"] in visit.session.sharp,
            causes={"": 1, **queue.causes(visit.store, row["key"])},
            history=verdicts.history(visit.store, row["key"])[::-1],
            wanted=wanted,
            here=address_of(wanted),
            later=address_of(wanted, after=row["key"]),
            earlier=address_of(wanted, before=row["key"]),
        )

    def _clause(self, store: Store, clause: str) -> Clause | None:
        read = what_was_read(store)
        try:
            return load_policy(read.policy_id).clause(clause) if read else None
        except (KeyError, UserError):  # of another revision than this version has
            return None

    def _reveal(self, visit: Visit) -> Response:
        finding, _ = access.reveal(visit.store, visit.path["key"], self._by, visit.form.get("why", ""))
        visit.session.revealed.add(finding["item_key"])
        if "sharp" in visit.form:
            visit.store.log_access(self._by, visit.form["why"], "pictures unblurred", finding["key"])
            visit.session.sharp.add(finding["item_key"])
        visit.session.message = "Revealed. It stands in the access log who looked and why."
        return self._back(visit)

    def _picture(self, visit: Visit) -> Response:
        """A picture of an item that was revealed: a frame round what was found, its faces blurred unless asked for, too."""
        (row,) = queue.of_cause(visit.store, visit.path["key"])
        number = int(visit.path["number"])
        content = visit.store.reveal(row["item_key"]) if row["item_key"] in visit.session.revealed else None
        if content is None or number not in numbers(content):
            raise UserError("this picture is not revealed")
        found_here = row["part"].partition(":")[2] == str(number)
        data = load(queue.export_paths(visit.store, row["site"]), content, number)
        try:
            if data is not None:
                sharp = row["item_key"] in visit.session.sharp
                picture = shown(data, row["box"] if found_here else None, sharp=sharp)
                return Response(picture, media_type="image/jpeg")
        except OSError:  # of a kind that is not decoded here
            pass
        return Response(NOT_THERE, media_type="image/svg+xml")

    def _mask(self, visit: Visit) -> Response:
        (row,) = queue.of_cause(visit.store, visit.path["key"])
        visit.session.revealed.discard(row["item_key"])
        visit.session.sharp.discard(row["item_key"])
        return self._back(visit)

    def _decide(self, visit: Visit) -> Response:
        form, key = visit.form, visit.path["key"]
        rows = queue.of_cause(visit.store, key, form.get("cause", ""))
        word = verdicts.checked(form.get("verdict", ""))
        why = form.get("why", "").strip() or "judged on the review page"
        done = verdicts.decide(visit.store, rows, word, self._by, why, _day_of(form.get("until", "")))
        wanted = wanted_of(form)
        visit.session.message = f"{count(done, 'finding')}: {word}."
        visit.session.undo = f"/finding/{key}/undo{address_of(wanted)}"
        return self._to_next(visit, wanted, after=key)

    def _undo(self, visit: Visit) -> Response:
        done = verdicts.undo(visit.store, visit.path["key"], self._by)
        visit.session.message = f"{count(done, 'verdict')} taken back."
        return self._back(visit)

    def _assign(self, visit: Visit) -> Response:
        form = visit.form
        rows = queue.of_cause(visit.store, visit.path["key"], form.get("cause", ""))
        owner = form.get("given_to", "").strip()
        done = verdicts.assign(visit.store, rows, owner, _day_of(form.get("due", "")))
        visit.session.message = f"{count(done, 'finding')}: given to {owner or 'nobody'}."
        return self._back(visit)

    def _back(self, visit: Visit) -> Response:
        wanted = wanted_of({**visit.query, **visit.form})
        return _go(f"/finding/{visit.path['key']}{address_of(wanted)}")

    def _switch_keys(self, visit: Visit) -> Response:
        visit.session.keys = not visit.session.keys
        visit.session.message = f"Single keys are {'commands again' if visit.session.keys else 'no commands any more'}."
        return _go("/")

    # Sites, and what was read

    def _sites_page(self, visit: Visit) -> Response:
        read = what_was_read(visit.store)
        read_of = read_by_site(read.sources if read else ())
        open_now = queue.open_by_site(visit.store)
        on_sites = {site.removeprefix(SITE_ITSELF) for site in open_now}
        return self._show(
            "sites.html",
            visit.session,
            sites=self._sites,
            strangers=sorted((read_of.keys() | on_sites) - {site.id for site in self._sites}),
            read_of=read_of,
            checks=checks_by_site(checked_in(visit.store, read.run_id) if read else ()),
            open_now=open_now,
        )

    def _read(self, visit: Visit) -> Response:
        return self._show("read.html", visit.session, read=what_was_read(visit.store))

    # What only the safeguarding lead sees

    def _withheld(self, visit: Visit) -> Response:
        return self._show("withheld.html", visit.session, rows=withheld.listed(visit.store, self._private))

    def _withheld_item(self, visit: Visit) -> Response:
        key = visit.path["key"]
        record = withheld.open_record(visit.store, self._private, key) if key in visit.session.revealed else None
        shown = parts(record["content"], "", record["findings"]) if record else []
        link = live_link(record["content"]["url"]) if record else ""
        return self._show("withheld_item.html", visit.session, key=key, record=record, parts=shown, link=link)

    def _open_withheld(self, visit: Visit) -> Response:
        record = withheld.open_record(visit.store, self._private, visit.path["key"])
        key = record["item"]["item_key"]
        visit.store.log_access(self._by, visit.form.get("why", ""), "safeguarding open", key)
        visit.session.revealed.add(key)
        return _go(f"/withheld/{key}")

    @property
    def _private(self) -> X25519PrivateKey:
        assert self._lead is not None
        return self._lead

    def _release(self, visit: Visit) -> Response:
        why = visit.form.get("why", "")
        access.check_words(self._by, why)
        released = withheld.release(visit.store, self._private, visit.path["key"])
        visit.store.log_access(self._by, why, "safeguarding release", released)
        visit.session.revealed.discard(released)
        visit.session.message = (
            "Released: it stands among the findings now, or from the next audit on where no content was kept."
        )
        return _go("/withheld")


def _go(address: str) -> Response:
    return RedirectResponse(address, status_code=303)


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError("this is no day; write it as 2026-12-18") from None
