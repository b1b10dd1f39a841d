"""`localpersona models catalogue` and `models download`, against a server on this machine."""

from __future__ import annotations

import gc
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from file_server import serve, serving, status
from one_offer import TINY, Shop, offering

from .conftest import Shell


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loopback: None) -> Iterator[Shop]:
    with offering(tmp_path, monkeypatch) as opened:
        yield opened


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localpersona.cli.catalogue.is_terminal", lambda stream: True)


@pytest.fixture
def interrupt_at(shop: Shop) -> Iterator[Callable[[int], None]]:
    """Return a function that presses Ctrl-C when so many bytes are here and the rest does not come."""

    def press(arrived: int) -> None:
        while not (shop.part.exists() and shop.part.stat().st_size == arrived):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    def interrupt(arrived: int) -> None:
        shop.server.script = [serve(arrived, stall=True)]
        threading.Thread(target=press, args=(arrived,), daemon=True).start()

    gc.disable()  # Hypothesis measures collections in a callback, where the interrupt would be lost
    yield interrupt
    gc.enable()


def test_reading_the_catalogue_contacts_nobody(shell: Shell, shop: Shop) -> None:
    listed = shell("models", "catalogue").out
    assert "tiny  47 kB · 20k parameters · fits · CC0-1.0" in listed
    assert "Testing." in listed
    (entry,) = json.loads(shell("models", "catalogue", "--json").out)
    assert entry["hosts"] == [shop.server.host, ".hf.co"]
    assert (entry["fits"], entry["path"], entry["arrived_bytes"]) == ("fits", None, 0)
    assert shop.server.requests == []


def test_a_script_names_the_hosts_that_it_accepts(shell: Shell, shop: Shop) -> None:
    done = shell("models", "download", "tiny", "--yes", shop.server.host, "--yes", ".hf.co")
    assert done.code == 0, done.err
    assert shop.path.read_bytes() == TINY
    assert f"localpersona models use {shop.path}" in done.out
    assert "Licence: CC0-1.0 (https://example.org/licence)" in done.err
    assert "100 % · 47 kB of 47 kB" in done.err
    assert "✓  tiny" in shell("models", "catalogue").out
    assert "tiny" in shell("models", "list").out
    again = shell("models", "download", "tiny")
    assert (again.code, again.out, len(shop.server.requests)) == (0, done.out, 1)


def test_without_a_word_nothing_is_contacted(shell: Shell, shop: Shop) -> None:
    refused = shell("models", "download", "tiny", "--yes", shop.server.host)
    assert refused.code == 2
    assert "Error: file servers under hf.co: nothing is contacted before you agree" in refused.err
    assert "--yes .hf.co" in refused.err
    assert shell("models", "download", shop.server.url).code == 2
    assert shop.server.requests == []


@pytest.mark.usefixtures("at_a_terminal")
def test_a_person_is_asked_by_name(shell: Shell, shop: Shop) -> None:
    refused = shell("models", "download", "tiny", piped=b"n\n")
    assert refused.code == 1
    assert f"Contact {shop.server.host} and file servers under hf.co? [y/N]" in refused.err
    assert "Nothing was contacted" in refused.err
    assert shop.server.requests == []
    assert shell("models", "download", "tiny", piped=b"y\n").code == 0
    assert shop.path.read_bytes() == TINY


@pytest.mark.usefixtures("at_a_terminal")
def test_a_further_host_is_asked_about_on_the_way(shell: Shell, shop: Shop) -> None:
    with serving(TINY) as other:
        shop.server.script = [status(302, Location=other.url)] * 3
        refused = shell("models", "download", "tiny", piped=b"y\nn\n")
        assert refused.code == 1 and f"Contact {other.host}?" in refused.err
        assert other.requests == []
        agreed = shell("models", "download", "tiny", piped=b"y\ny\n")
        assert agreed.code == 0, agreed.err
        assert len(other.requests) == 1


def test_a_script_that_did_not_name_a_further_host_ends_there(shell: Shell, shop: Shop) -> None:
    with serving(TINY) as other:
        shop.server.script = [status(302, Location=other.url)] * 2
        options = ("models", "download", shop.server.url, "--yes", shop.server.host)
        refused = shell(*options)
        assert refused.code == 2 and f"--yes {other.host}" in refused.err
        assert other.requests == []
        assert shell(*options, "--yes", other.host).code == 0


def test_an_address_and_its_checksum(shell: Shell, shop: Shop) -> None:
    options = ("models", "download", shop.server.url, "--yes", shop.server.host)
    assert shell(*options, "--sha256", "12").code == 2
    wrong = shell(*options, "--sha256", "0" * 64)
    assert wrong.code == 1 and "SHA-256 is another" in wrong.err and "Traceback" not in wrong.err
    assert not shop.path.exists() and not shop.part.exists()
    assert "nobody has looked at its licence" in wrong.err


@pytest.mark.parametrize(
    "name", ["nothing-such", "ftp://a.example/x.gguf", "https://u:p@a.example/x.gguf", ""]
)
def test_what_cannot_be_downloaded_is_refused_in_words(shell: Shell, shop: Shop, name: str) -> None:
    refused = shell("models", "download", name)
    assert refused.code == 1 and refused.err.startswith("Error: ") and refused.err.count("\n") <= 2
    assert shop.server.requests == []


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_keeps_what_has_arrived_for_the_next_time(
    shell: Shell, shop: Shop, interrupt_at: Callable[[int], None]
) -> None:
    options = ("models", "download", shop.server.url, "--yes", shop.server.host)
    interrupt_at(5_000)
    stopped = shell(*options)
    assert stopped.code == 130
    assert (
        "Stopped. The 5 kB that have arrived are kept: the next download goes on from there." in stopped.err
    )
    assert shell(*options).code == 0
    assert shop.server.ranges[-1] == "bytes=5000-"


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.usefixtures("at_a_terminal")
def test_ctrl_c_offers_to_delete_it(shell: Shell, shop: Shop, interrupt_at: Callable[[int], None]) -> None:
    interrupt_at(5_000)
    stopped = shell("models", "download", "tiny", piped=b"y\ny\n")
    assert stopped.code == 130
    assert "Delete what has arrived?" in stopped.err
    assert not shop.part.exists()
