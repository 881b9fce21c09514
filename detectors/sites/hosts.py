"""The table of hosts: their minimum ages and addresses (``data/hosts.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from detectors.base import Host, SiteReading
from detectors.lexicons import DATA


@cache
def load_hosts() -> Mapping[str, Host]:
    """Every host by its id."""
    rows = tomllib.loads((DATA / "hosts.toml").read_text(encoding="utf-8"))["host"]
    return {
        r["id"]: Host(
            id=r["id"],
            name=r["name"],
            minimum_age=r.get("minimum_age"),
            domains=tuple(r["domains"]),
            noted=r["noted"],
            source=r["source"],
            verify=r.get("verify", False),
            by_agreement=r.get("by_agreement", False),
        )
        for r in rows
    }


def domain_of(address: str) -> str:
    """The domain of an address with or without scheme, in small letters, without ``www.`` and port."""
    try:
        netloc = urlsplit(address if "//" in address else f"//{address}").netloc
    except ValueError:  # a bracket that is no IPv6 address
        return ""
    return netloc.rpartition("@")[2].lower().partition(":")[0].removeprefix("www.").removeprefix("m.")


def host_at(address: str, hosts: Mapping[str, Host]) -> Host | None:
    """The host whose domain an address is at, None where it is at none of the table."""
    domain = domain_of(address)
    return next((h for h in hosts.values() if any(domain == d or domain.endswith(f".{d}") for d in h.domains)), None)


def host_of(reading: SiteReading) -> Host | None:
    """The host of a site, by its platform, the name given for it, or its address."""
    site = reading.form
    named = (site.platform.lower(), site.host_name.lower())
    found = next((h for h in reading.hosts.values() if h.id in named or h.name.lower() in named), None)
    return found or host_at(site.url, reading.hosts)
