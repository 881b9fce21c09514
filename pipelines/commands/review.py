"""The review page: opened in the browser of the person at this computer, and nowhere else."""

from __future__ import annotations

import socket
import webbrowser
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from detectors.base import UserError
from pipelines.commands.privacy import PassphraseFile, passphrase
from pipelines.console import SchoolFolder, StoreFile, messages, open_store


def review(
    school: SchoolFolder,
    store: StoreFile,
    by: Annotated[str, typer.Option("--by", help="Your name; it stands, sealed, with what you decide and look at.")],
    private_key: Annotated[
        Path | None,
        typer.Option("--private-key", help="The safeguarding lead's private key file: shows withheld items, too."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for any that is free.")] = 0,
    idle: Annotated[int, typer.Option("--idle", min=1, help="Minutes without use after which the page closes.")] = 15,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
) -> None:
    """Review findings in the browser, on this computer only: see, decide, undo, give away. Stop with Ctrl+C."""
    import uvicorn

    from pipelines.keys import Keys, read_private_key
    from pipelines.review.app import HOST, Review
    from pipelines.review.door import Door
    from pipelines.school import load_school
    from pipelines.store.withheld import check_lead

    if not by.strip():
        raise UserError("say who you are: --by NAME")
    loaded = load_school(school, date.today())
    lead = read_private_key(private_key, passphrase(passphrase_file)) if private_key else None
    with open_store(store, writing=True) as opened:
        if lead is not None:
            check_lead(opened, lead)
            opened.log_access(by, "list of withheld items", "safeguarding list", "withheld")
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise UserError(f"port {port}: cannot be used ({error.strerror}); name another one, or 0 for any") from None
    here = f"http://{HOST}:{listening.getsockname()[1]}"

    def announce(path: str) -> None:
        messages.print(f"Open once, on this computer: {here}{path}", markup=False, soft_wrap=True)

    page = Review(store, Keys.load(), by, loaded.name, loaded.register.sites, Door(idle * 60), announce, lead)
    address = page.open_door()
    messages.print("Stop with Ctrl+C.")
    if browser:
        webbrowser.open(here + address)
    # No log: an address can hold what somebody searched for.
    uvicorn.Server(
        uvicorn.Config(page.app, log_config=None, log_level="critical", access_log=False, lifespan="off")
    ).run(sockets=[listening])
