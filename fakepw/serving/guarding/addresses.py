"""Addresses: which are this machine's own, and how a URL names one that a server listens on."""

from __future__ import annotations

from ipaddress import ip_address


def reached(host: str) -> str:
    """By which address this machine reaches what listens on `host`."""
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def url_host(host: str) -> str:
    """A listening address as a URL of this machine names it: an IPv6 one in brackets."""
    host = reached(host)
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Whether a name or an address can only be this machine's own."""
    host = host.lower().strip("[]").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
