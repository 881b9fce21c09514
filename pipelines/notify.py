"""The summary by e-mail after a scheduled run: counts and the names of sites, never content. Off unless school.toml asks for it."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any, Literal

from detectors.base import UserError

PASSWORD = "SOCIAL_AUDIT_SMTP_PASSWORD"  # noqa: S105 - the variable's name
_TIMEOUT = 30.0  # seconds


@dataclass(frozen=True)
class Mailbox:
    """Where the summary goes and by which server; always over TLS."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    tls: Literal["starttls", "tls"] = "starttls"
    user: str = ""


def mailbox_of(settings: Mapping[str, Any], path: Path) -> Mailbox | None:
    """``[notify]`` of school.toml; None where it is missing or names nobody. Raises UserError for what cannot be used."""
    given = settings.get("notify", {})
    to = given.get("to", [])
    to = [to] if isinstance(to, str) else list(to)
    if not any(to):
        return None
    tls, port = given.get("tls", "starttls"), given.get("port", 587)
    sender, host = given.get("from", ""), given.get("host", "")
    if tls not in ("starttls", "tls"):
        raise UserError(f'{path}: tls under [notify] must be "starttls" or "tls"; mail without TLS is not sent')
    if not isinstance(port, int) or not 0 < port < 65536:
        raise UserError(f"{path}: port under [notify] must be a port's number, as in: 587")
    if not sender or not host or any("\n" in v or "@" not in v for v in (*to, sender)):
        raise UserError(f"{path}: [notify] needs addresses under to and from, and the mail server under host")
    return Mailbox(tuple(to), sender, host, port, tls, given.get("user", ""))


def send(mailbox: Mailbox, subject: str, lines: Sequence[str], context: ssl.SSLContext | None = None) -> None:
    """Send a message. ``context`` replaces the system's trusted certificates.

    Raises UserError where the server cannot be reached, is not who it says, offers no TLS, or refuses.
    """
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, mailbox.sender, ", ".join(mailbox.to)
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=mailbox.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(lines) + "\n")
    context = context or ssl.create_default_context()
    try:
        if mailbox.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mailbox.host, mailbox.port, timeout=_TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(mailbox.host, mailbox.port, timeout=_TIMEOUT)
        with server:
            if mailbox.tls == "starttls":
                server.starttls(context=context)
            if mailbox.user:
                server.login(mailbox.user, os.environ.get(PASSWORD, ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise UserError(
            f"{mailbox.host}: the summary could not be sent ({type(error).__name__}); "
            f"look at [notify] in school.toml and at {PASSWORD}"
        ) from None
