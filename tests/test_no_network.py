"""Nothing is contacted: not by the tests, not by the app and its engine, not even where there is no network at all."""

from __future__ import annotations

import http.client
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

WATCHER = """
import os, sys
path = os.environ["NETWORK_WATCH"]
def watch(event, arguments):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        with open(path, "a") as file:
            file.write(f"{event} {arguments[1:]}\\n")
with open(path, "a") as file:
    file.write(f"watching {os.path.basename(sys.argv[0])}\\n")
sys.addaudithook(watch)
"""
ASK = [sys.executable, "-m", "localpersona", "ask", "--candidates", "2", "Name three fruits."]


@pytest.mark.skipif(os.name != "posix", reason="needs sh and permission bits")
def test_app_and_engine_open_no_socket_need_no_network_and_keep_their_files_private(
    private_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an empty network namespace where this system lets us make one; watched from within in any case."""
    private_home.mkdir()
    (private_home / "settings.toml").write_text("max_tokens = 16\n")
    log = watched(tmp_path, monkeypatch)
    command = ["sh", "-c", 'umask 0 && exec "$@"', "sh", *nowhere(), *ASK]
    asked = subprocess.run(command, capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.strip()
    lines = log.read_text().splitlines()
    assert [line for line in lines if not line.startswith("watching ")] == []
    assert len(lines) >= 2, "the app and its engine were both watched"
    for entry in (private_home, *private_home.rglob("*")):
        if entry.name != "settings.toml":  # the test's own
            assert entry.stat().st_mode & 0o077 == 0, entry


def test_before_a_host_was_agreed_to_not_even_its_name_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = watched(tmp_path, monkeypatch)
    tried = {"catalogue": 0, "download qwen3-4b": 2, "download https://a.example/b.gguf": 2}
    for words, code in tried.items():
        command = [sys.executable, "-m", "localpersona", "models", *words.split()]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
    assert log.read_text() == "watching -m\n" * len(tried)


def watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have every Python that starts from now on write down what it does with sockets; return where."""
    (folder / "sitecustomize.py").write_text(WATCHER)
    log = folder / "watched"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("NETWORK_WATCH", str(log))
    return log


def nowhere() -> list[str]:
    """Return what starts a program without any network, if this system has it."""
    command = ["unshare", "-rn"]
    there = shutil.which("unshare") and not subprocess.run([*command, "true"], capture_output=True).returncode
    return command if there else []


def test_a_test_that_calls_out_fails() -> None:
    with pytest.raises(AssertionError, match="look up"):
        http.client.HTTPConnection("example.org").connect()
    with socket.socket() as tcp, pytest.raises(AssertionError, match="connect"):
        tcp.connect(("127.0.0.1", 9))
    with socket.socket(type=socket.SOCK_DGRAM) as udp, pytest.raises(AssertionError, match="sendto"):
        udp.sendto(b"hello", ("192.0.2.1", 53))


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no such sockets here")
def test_processes_of_this_machine_may_speak_to_each_other(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


@pytest.mark.usefixtures("loopback")
def test_a_test_that_asks_for_it_may_speak_to_its_own_server_and_to_no_other() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
        connection.request("GET", "/")
        assert connection.getresponse().status == 501
        thread.join()
    with pytest.raises(AssertionError, match="look up"):
        http.client.HTTPConnection("example.org").connect()
