"""Every test has a home of its own and no network: none can touch what its runner has stored, or call out."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import Any

import pytest

# Background jobs run with Ctrl-C ignored and `nohup` ignores the end of the session; children inherit both, and the
# tests that send these signals to them would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("LOCALPERSONA_HOME", str(home))
    return home


@pytest.fixture
def loopback() -> None:
    """Ask for this to speak to a server of the test's own on 127.0.0.1; nothing else may be spoken to even then."""


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever connects, sends or looks up a name. Sockets between processes of this machine are allowed."""
    allowed = {"127.0.0.1"} if "loopback" in request.fixturenames else set()

    def guarded(name: str) -> None:
        real = getattr(socket.socket, name)

        def call(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in allowed:
                raise AssertionError(f"something tried to {name} to {address}")
            return real(self, *arguments)

        monkeypatch.setattr(socket.socket, name, call)

    for name in ("connect", "connect_ex", "sendto"):
        guarded(name)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in allowed:
            raise AssertionError(f"something tried to look up {host}")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
