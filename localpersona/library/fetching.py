"""One request for a file, or for the rest of it: every host confirmed before it hears from us, every failure sorted.

The only module of LocalPersona that opens a network connection. Proxies are those of the environment (HTTPS_PROXY,
NO_PROXY …), certificates those of the system.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3 import exceptions

from localpersona.library.addresses import covers, host_of, is_this_machine, redirected
from localpersona.library.download_errors import Cut, DownloadError, HostNotConfirmed
from localpersona.library.stopping import Stop
from localpersona.text import one_line

_BLOCK = 1 << 18
_MOST_REDIRECTS = 8
_HEADERS = {"User-Agent": "LocalPersona", "Accept-Encoding": "identity"}
_REDIRECTS = (301, 302, 303, 307, 308)
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host sends: status 200 (the whole file), 206 (the rest) or 416 (there is no such rest)."""

    status: int
    host: str
    start: int
    """Where in the file the blocks begin."""
    total: int | None
    """Bytes of the whole file; None when the host does not say."""
    validator: str
    """What tells this version of the file from others (ETag or date); "" when the host gives none."""
    is_web_page: bool
    blocks: Iterator[bytes]


class Fetcher:
    """Sends requests to confirmed hosts only."""

    def __init__(
        self, hosts: tuple[str, ...], stop: Stop, *, connect_seconds: float, stall_seconds: float
    ) -> None:
        self._hosts = hosts
        self._stop = stop
        self._stall_seconds = stall_seconds
        self._timeout = urllib3.Timeout(connect=connect_seconds, read=stall_seconds)

    @contextmanager
    def fetch(self, url: str, start: int = 0, validator: str = "") -> Iterator[Answer]:
        """Ask for the file from byte `start` on; its blocks must be read inside the with block.

        validator: only continue if the file is still this version, otherwise begin anew.
        Raises HostNotConfirmed, DownloadError, and Cut for what may work the next time.
        """
        headers = dict(_HEADERS)
        if start:
            headers["Range"] = f"bytes={start}-"
            if validator:
                headers["If-Range"] = validator
        here = url
        for _ in range(_MOST_REDIRECTS):
            with self._sent(here, headers) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or location is None:
                    yield self._answer(response, host_of(here))
                    return
                here = redirected(url, here, location, self._hosts)
        raise DownloadError(f"{host_of(url)} sends on and on, without end.")

    @contextmanager
    def _sent(self, url: str, headers: dict[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        host = host_of(url)
        if not covers(self._hosts, host):
            raise HostNotConfirmed("The address", host)
        with self._sorting(host), _pool(url, self._timeout) as pool:
            response = pool.request(
                "GET", url, headers=headers, redirect=False, retries=False, preload_content=False
            )
            try:
                with self._stop.waking(lambda: _interrupt(response)):
                    yield response
            finally:
                response.close()

    @contextmanager
    def _sorting(self, host: str) -> Iterator[None]:
        """Tell what trying again can mend (Cut) from what it cannot (DownloadError)."""
        try:
            yield
        except exceptions.NameResolutionError as error:
            raise Cut(f"{host} cannot be found; this machine may be offline") from error
        except exceptions.ReadTimeoutError as error:
            raise Cut(f"{host} sent nothing for {self._stall_seconds:.0f} seconds") from error
        except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError) as error:
            raise Cut(f"{host} does not answer") from error
        except exceptions.ProxyError as error:
            raise Cut("the proxy of this network does not answer as it should") from error
        except exceptions.SSLError as error:
            if isinstance(error.__cause__ or error.args[0], ssl.SSLCertVerificationError):
                raise DownloadError(
                    f"{host} could not prove who it is ({one_line(str(error), 100)}).\nNothing was downloaded: "
                    "somebody may be listening, or this machine's clock or certificates are wrong."
                ) from error
            raise Cut(f"no encrypted connection to {host} comes about") from error
        except exceptions.LocationValueError as error:
            raise DownloadError(f"{one_line(str(error), 150)}.") from error
        except exceptions.HTTPError as error:
            raise Cut(f"the connection to {host} was cut") from error

    def _answer(self, response: urllib3.BaseHTTPResponse, host: str) -> Answer:
        status = response.status
        if status not in (200, 206, 416):
            raise _refusal(status, host, response.headers.get("Retry-After", ""))
        found = _RANGE.match(response.headers.get("Content-Range", ""))
        length = response.headers.get("Content-Length", "")
        if status == 200:
            start, total = 0, length if "Transfer-Encoding" not in response.headers else ""
        else:
            start, total = int((found and found[1]) or 0), found[2] if found else ""
        tag = response.headers.get("ETag", "")
        return Answer(
            status,
            host,
            start,
            int(total) if total.isascii() and total.isdigit() else None,
            tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", ""),
            status == 200 and response.headers.get("Content-Type", "").lower().startswith("text/html"),
            _blocks(response),
        )


def _blocks(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    while block := response.read1(_BLOCK, decode_content=False):
        yield block


@contextmanager
def _pool(url: str, timeout: urllib3.Timeout) -> Iterator[urllib3.PoolManager]:
    proxy = _proxy(url)
    if proxy is None:
        pool = urllib3.PoolManager(timeout=timeout)
    else:
        name = urllib3.util.parse_url(proxy).auth
        headers = urllib3.make_headers(proxy_basic_auth=name) if name else None
        pool = urllib3.ProxyManager(proxy, proxy_headers=headers, timeout=timeout)
    try:
        yield pool
    finally:
        pool.clear()


def _proxy(url: str) -> str | None:
    """Return the proxy that this machine's environment sets for the address."""
    if is_this_machine(url) or proxy_bypass(urlsplit(url).hostname or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _interrupt(response: urllib3.BaseHTTPResponse) -> None:
    """Wake a read that waits in another thread."""
    with suppress(OSError, ValueError, RuntimeError):  # it may have ended just now
        response.shutdown()


def _refusal(status: int, host: str, retry_after: str) -> Exception:
    if status in (408, 425, 429) or status >= 500:
        busy = "is asked too often" if status == 429 else f"has a problem of its own (HTTP {status})"
        return Cut(f"{host} {busy}", _seconds(retry_after))
    if status in (401, 403):
        return DownloadError(
            f"{host} refuses to hand the file out (HTTP {status}): it may want you to log in or accept a licence "
            "there."
        )
    if status in (404, 410):
        return DownloadError(f"{host} has no such file (HTTP {status}).")
    return DownloadError(f"{host} answers with HTTP {status}, which is no file.")


def _seconds(retry_after: str) -> float:
    """Return the seconds that a Retry-After header asks for: a number or a date; 0 when it makes no sense."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0
