"""Addresses of files, and which hosts the user has agreed to: nothing is contacted before its name was confirmed."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import unquote, urljoin, urlsplit

from localpersona.library.download_errors import DownloadError, HostNotConfirmed
from localpersona.text import one_line

_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_HARMLESS_NAME = re.compile(r"[A-Za-z0-9][\w.+ -]{0,150}\.gguf", re.ASCII | re.IGNORECASE)
_DEFAULT_PORTS = {"https": 443, "http": 80}


def checked(url: str) -> str:
    """Return an address that somebody typed, in ASCII. Raises DownloadError, with the reason, when it is none."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        ascii_host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError as error:
        raise DownloadError(f"{one_line(url, 100)} is no proper address.") from error
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise DownloadError(f"{one_line(url, 100)} is no address: it has to begin with https://")
    if parts.username is not None:
        raise DownloadError("Addresses that carry a name or password are not used.")
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in parts.path + parts.query):
        raise DownloadError("The address holds characters that have to be written as %XX.")
    if _PART.search(parts.path):
        raise DownloadError("This is one part of a model in several parts. Choose one that is a single file.")
    named = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    place = named if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{named}:{port}"
    return parts._replace(netloc=place, fragment="").geturl()


def host_of(url: str) -> str:
    """Return the host of a checked address, with its port where that is not the usual one."""
    return urlsplit(url).netloc


def covers(hosts: Iterable[str], host: str) -> bool:
    """Whether the user's confirmation covers a host: its name, or one under ".hf.co" (hf.co itself included)."""
    return any(
        host == known or (known.startswith(".") and (host == known[1:] or host.endswith(known)))
        for known in hosts
    )


def listed_hosts(hosts: Iterable[str]) -> str:
    """Return hosts as a person reads them: "huggingface.co and file servers under hf.co"."""
    named = [f"file servers under {host[1:]}" if host.startswith(".") else host for host in hosts]
    return " and ".join(named)


def redirected(start: str, here: str, location: str, hosts: Iterable[str]) -> str:
    """Return where a redirect leads if it may be followed.

    start: the address the user gave, here: the one that answered, location: what it said. Only https may be
    followed; http only on this very machine, or from http to http when the user typed http.
    Raises HostNotConfirmed for a host nobody has agreed to, and DownloadError.
    """
    target = checked(urljoin(here, location))
    if urlsplit(target).scheme == "http" and not (
        is_this_machine(target) or {urlsplit(start).scheme, urlsplit(here).scheme} == {"http"}
    ):
        raise DownloadError(f"{host_of(here)} sends on to an unencrypted address, which is not followed.")
    if not covers(hosts, host_of(target)):
        raise HostNotConfirmed(host_of(here), host_of(target))
    return target


def is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def file_name_of(url: str) -> str:
    """Return a name for the file: the address's last part if that is one for a GGUF file, else one made up."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if _HARMLESS_NAME.fullmatch(name):
        return name
    return f"model-{hashlib.sha256(url.encode()).hexdigest()[:8]}.gguf"
