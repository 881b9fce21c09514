"""Who may come in: a token that works once, the session it is exchanged for, and what each answer tells the browser."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

IDLE_SECONDS = 15 * 60.0

# Nothing but this server's own files, no frame around it, no address passed on, no copy kept (OWASP Secure Headers).
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass
class Session:
    """One browser's session: the items shown unmasked, those of them with sharp pictures, whether single keys are commands."""

    cookie: str = field(repr=False)
    csrf: str = field(repr=False)
    seen: float
    revealed: set[str] = field(default_factory=set)
    sharp: set[str] = field(default_factory=set)
    keys: bool = True
    message: str = ""
    undo: str = ""

    def take_message(self) -> tuple[str, str]:
        """What is to be told once, and the address that takes it back, if any does."""
        told = self.message, self.undo
        self.message, self.undo = "", ""
        return told


class Door:
    """At most one token is out and one session open; a session ends when nobody has used it for ``idle`` seconds."""

    def __init__(self, idle: float = IDLE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.idle, self._clock = idle, clock
        self._token = ""
        self._session: Session | None = None

    def issue(self) -> str:
        """A new token; the one before is void."""
        self._token = secrets.token_urlsafe(32)
        return self._token

    def enter(self, token: str) -> Session | None:
        """A session for the token, which is then void; None for another one. An earlier session ends."""
        if not self._token or not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = ""
        self._session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32), self._clock())
        return self._session

    def session(self, cookie: str) -> Session | None:
        """The open session of this cookie, used now; None where there is none or its time is over."""
        session = self._open_session()
        if session is None or not secrets.compare_digest(cookie.encode(), session.cookie.encode()):
            return None
        session.seen = self._clock()
        return session

    def is_shut(self) -> bool:
        """Whether nobody can come in: no session is open, and no token out."""
        return self._open_session() is None and not self._token

    def _open_session(self) -> Session | None:
        if self._session is not None and self._clock() - self._session.seen > self.idle:
            self._session = None
        return self._session


class SafeHeaders:
    """Middleware that sets the same protective headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add the headers as the answer starts."""

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)
