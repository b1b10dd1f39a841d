"""Downloads from a real server on this machine that cuts, stalls, lies and sends elsewhere."""

from __future__ import annotations

import errno
import hashlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from file_server import FileServer, Handler, serve, serving, status, without_length
from library.gguf_maker import gguf
from one_offer import TINY

from localpersona.library.download import download
from localpersona.library.download_errors import DownloadError, HostNotConfirmed, Stopped
from localpersona.library.part import Part, part_of
from localpersona.library.stopping import Stop
from localpersona.library.wanted import Patience, Progress, Wanted

pytestmark = pytest.mark.usefixtures("loopback")

CONTENT = TINY
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CALM = Patience(tries=3, first_wait=0.01, longest_wait=0.02)
HASTY = replace(CALM, stall=0.2)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(CONTENT) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def target(folder: Path) -> Path:
    return folder / "tiny.gguf"


@pytest.fixture
def wanted(server: FileServer) -> Wanted:
    """A file of which everything is known beforehand, like those of the catalogue."""
    return Wanted(server.url, (server.host,), len(CONTENT), SHA256)


@pytest.fixture
def unknown(server: FileServer) -> Wanted:
    """An address that somebody typed."""
    return Wanted(server.url, (server.host,))


def get(wanted: Wanted, folder: Path, **options: Any) -> Path:
    return download(wanted, folder, **({"patience": CALM} | options))


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def left_behind(target: Path, content: bytes, **origin: str) -> None:
    """Leave what an earlier download of the target had fetched."""
    target.parent.mkdir(exist_ok=True)
    part = Part(target)
    part.restart()
    part.add(content)
    part.note(**origin)
    part.close()


def test_a_file_arrives_whole_and_private(wanted: Wanted, server: FileServer, folder: Path) -> None:
    seen: list[Progress] = []
    path = get(wanted, folder, tell=seen.append)
    assert path == folder / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o077 == 0
    assert leftovers(folder) == ["tiny.gguf"]
    assert seen[0].doing == "connecting"
    assert (seen[-1].done, seen[-1].total) == (len(CONTENT), len(CONTENT))
    assert len(server.requests) == 1
    assert server.requests[0].headers["User-Agent"] == "LocalPersona"


def test_after_a_cut_it_goes_on_where_it_was(wanted: Wanted, server: FileServer, folder: Path) -> None:
    server.script = [serve(5_000), serve(3_000)]
    assert get(wanted, folder).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=5000-", "bytes=8000-"]


def test_without_a_checksum_it_goes_on_only_if_the_file_is_still_the_same(
    unknown: Wanted, server: FileServer, folder: Path
) -> None:
    def another(request: Handler) -> None:
        server.etag, server.content = '"v2"', gguf({"general.architecture": "other"}) + CONTENT
        request.head(503, Content_Length=0)

    server.script = [serve(5_000), another]
    with pytest.raises(DownloadError, match="no vocabulary"):  # the other file is fetched from its first byte
        get(unknown, folder)
    assert server.ranges == [None, "bytes=5000-", "bytes=5000-"]
    assert server.requests[1].headers["If-Range"] == '"v1"'


def test_an_address_without_checksum_is_resumed_by_its_validator(
    unknown: Wanted, server: FileServer, folder: Path, target: Path
) -> None:
    left_behind(target, CONTENT[:4_000], url=server.url, validator='"v1"')
    assert get(unknown, folder).read_bytes() == CONTENT
    assert server.ranges == ["bytes=4000-"]


@pytest.mark.parametrize(
    "origin", [{}, {"url": "http://127.0.0.1/other", "validator": '"v1"'}, {"sha256": "0" * 64}]
)
def test_the_beginning_of_another_file_is_not_gone_on_with(
    unknown: Wanted, server: FileServer, folder: Path, target: Path, origin: dict[str, str]
) -> None:
    left_behind(target, b"GGUF of something else", **origin)
    assert get(unknown, folder).read_bytes() == CONTENT
    assert server.ranges == [None]


def test_a_server_that_knows_no_ranges_is_read_from_the_beginning(
    wanted: Wanted, server: FileServer, folder: Path
) -> None:
    server.script = [serve(5_000), serve(ranges=False)]
    assert get(wanted, folder).read_bytes() == CONTENT


def test_it_gives_up_when_nothing_more_comes_keeps_what_there_is_and_goes_on_later(
    wanted: Wanted, server: FileServer, folder: Path, target: Path
) -> None:
    server.script = [serve(5_000), serve(0), serve(0), serve(0)]
    seen: list[Progress] = []
    with pytest.raises(DownloadError, match="was cut") as failed:
        get(wanted, folder, tell=seen.append)
    assert "5 kB that have arrived are kept" in str(failed.value)
    assert part_of(target).stat().st_size == 5_000
    assert {progress.said for progress in seen if progress.doing == "waiting"} != {""}
    assert get(wanted, folder).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=5000-"


def test_a_host_that_falls_silent_is_asked_again(wanted: Wanted, server: FileServer, folder: Path) -> None:
    server.script = [serve(5_000, stall=True)]
    assert get(wanted, folder, patience=HASTY).read_bytes() == CONTENT
    assert server.ranges[:2] == [None, "bytes=5000-"]


def test_a_host_that_never_says_a_word_is_given_up(wanted: Wanted, server: FileServer, folder: Path) -> None:
    server.script = [lambda request: request.server.go_on.wait(60)] * 9
    with pytest.raises(DownloadError, match="sent nothing for"):
        get(wanted, folder, patience=HASTY)
    assert leftovers(folder) == []


def test_nobody_there(wanted: Wanted, server: FileServer, folder: Path) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match="does not answer"):
        get(wanted, folder)


def test_a_file_with_another_checksum_is_removed(wanted: Wanted, folder: Path) -> None:
    with pytest.raises(DownloadError, match=r"SHA-256 is another\. It was removed"):
        get(replace(wanted, sha256="0" * 64), folder)
    assert leftovers(folder) == []


def test_a_damaged_beginning_is_noticed_and_removed(
    wanted: Wanted, folder: Path, target: Path, server: FileServer
) -> None:
    left_behind(target, CONTENT[:100] + b"?" + CONTENT[101:5_000], sha256=SHA256)
    with pytest.raises(DownloadError, match="SHA-256"):
        get(wanted, folder)
    assert server.ranges == ["bytes=5000-"]
    assert leftovers(folder) == []


def test_a_file_that_is_announced_with_another_size_is_not_fetched(
    wanted: Wanted, folder: Path, target: Path
) -> None:
    left_behind(target, CONTENT[:5_000], sha256=SHA256)
    with pytest.raises(DownloadError, match="it is another one"):
        get(replace(wanted, size_bytes=len(CONTENT) + 1), folder)
    assert part_of(target).stat().st_size == 5_000


@pytest.mark.parametrize("extra", [b"more", b""])
def test_a_file_that_turns_out_longer_or_shorter_is_not_kept_as_finished(
    wanted: Wanted, server: FileServer, folder: Path, target: Path, extra: bytes
) -> None:
    server.script = [without_length(CONTENT + extra if extra else CONTENT[:-9], chunked=True)] + [
        serve(0)
    ] * 9
    with pytest.raises(DownloadError, match=r"sends more than|was cut"):
        get(wanted, folder)
    assert not target.exists()
    assert part_of(target).exists() is (not extra)


def test_an_unfinished_file_that_is_complete_is_only_checked(
    wanted: Wanted, server: FileServer, folder: Path, target: Path
) -> None:
    left_behind(target, CONTENT, sha256=SHA256)
    assert get(wanted, folder).read_bytes() == CONTENT
    assert server.requests == []


@pytest.mark.parametrize("there", [len(CONTENT), 5_000])
def test_a_416_ends_or_restarts_the_download(
    wanted: Wanted, server: FileServer, folder: Path, target: Path, there: int
) -> None:
    left_behind(target, CONTENT[:there], sha256=SHA256)
    server.script = [status(416, Content_Range=f"bytes */{len(CONTENT)}")]
    assert get(replace(wanted, size_bytes=None), folder).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={there}-", *([] if there == len(CONTENT) else [None])]


def test_the_wrong_part_is_not_appended(wanted: Wanted, server: FileServer, folder: Path) -> None:
    server.script = [
        serve(5_000),
        status(206, b"x" * 10, Content_Range=f"bytes 7-16/{len(CONTENT)}"),
    ]
    assert get(wanted, folder).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=5000-", None]


def test_another_host_is_asked_about_before_it_hears_anything(
    wanted: Wanted, server: FileServer, folder: Path
) -> None:
    with serving(CONTENT) as other:
        server.script = [status(302, Location=other.url)] * 2
        with pytest.raises(HostNotConfirmed, match="which you have not agreed to contact") as asked:
            get(wanted, folder)
        assert (asked.value.host, other.requests) == (other.host, [])
        assert leftovers(folder) == []
        confirmed = replace(wanted, hosts=(*wanted.hosts, asked.value.host))
        assert get(confirmed, folder).read_bytes() == CONTENT


def test_a_host_that_was_not_confirmed_is_not_even_asked(
    wanted: Wanted, server: FileServer, folder: Path
) -> None:
    with pytest.raises(HostNotConfirmed):
        get(replace(wanted, hosts=("huggingface.co", ".hf.co")), folder)
    assert server.requests == []


def test_a_circle_of_redirects_ends(wanted: Wanted, server: FileServer, folder: Path) -> None:
    server.script = [status(307, Location="/models/tiny.gguf")] * 20
    with pytest.raises(DownloadError, match="on and on"):
        get(wanted, folder)
    assert len(server.requests) < 10


@pytest.mark.parametrize(
    ("code", "said"),
    [(401, "log in"), (403, "log in"), (404, "no such file"), (410, "no such file"), (418, "HTTP 418")],
)
def test_what_trying_again_does_not_mend_is_said_at_once(
    wanted: Wanted, server: FileServer, folder: Path, code: int, said: str
) -> None:
    server.script = [status(code)] * 9
    with pytest.raises(DownloadError, match=said):
        get(wanted, folder)
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_host_in_trouble_is_asked_again(
    wanted: Wanted, server: FileServer, folder: Path, code: int
) -> None:
    server.script = [status(code), status(code, Retry_After="0")]
    assert get(wanted, folder).read_bytes() == CONTENT


@pytest.mark.parametrize("after", ["86400", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_host_that_wants_to_be_left_alone_is(
    wanted: Wanted, server: FileServer, folder: Path, after: str
) -> None:
    server.script = [status(429, Retry_After=after)]
    with pytest.raises(DownloadError, match="asked too often"):
        get(wanted, folder)
    assert len(server.requests) == 1


def test_a_web_page_is_no_model_and_costs_nothing_that_was_there(
    wanted: Wanted, server: FileServer, folder: Path, target: Path
) -> None:
    left_behind(target, CONTENT[:5_000], sha256=SHA256)
    server.script = [status(200, b"<html>Log in!</html>", Content_Type="text/html; charset=utf-8")]
    with pytest.raises(DownloadError, match="web page"):
        get(wanted, folder)
    assert part_of(target).stat().st_size == 5_000


def test_something_else_is_dropped_after_its_first_bytes(
    unknown: Wanted, server: FileServer, folder: Path
) -> None:
    server.content = b"PK\x03\x04" + bytes(1 << 20)
    with pytest.raises(DownloadError, match=r"is no GGUF model file\. It was removed"):
        get(unknown, folder)
    assert leftovers(folder) == []


@pytest.mark.parametrize("chunked", [True, False])
def test_a_file_of_unknown_length_ends_where_the_host_ends(
    unknown: Wanted, server: FileServer, folder: Path, chunked: bool
) -> None:
    server.script = [without_length(CONTENT, chunked=chunked)]
    assert get(unknown, folder).read_bytes() == CONTENT


def test_a_file_of_unknown_length_that_was_cut_is_not_taken_for_whole(
    unknown: Wanted, server: FileServer, folder: Path
) -> None:
    server.script = [without_length(CONTENT[:-500], chunked=False)]
    with pytest.raises(DownloadError, match="cut off"):
        get(unknown, folder)
    assert leftovers(folder) == []


def test_no_room_is_said_before_anything_is_fetched(wanted: Wanted, folder: Path) -> None:
    with pytest.raises(
        DownloadError, match="Not enough room on the disk: it takes 210 MB, and 1 kB are free"
    ):
        get(wanted, folder, free=lambda _: 1_000)
    assert leftovers(folder) == []


def test_a_disk_that_fills_up_keeps_what_fits(
    wanted: Wanted, folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch, server: FileServer
) -> None:
    add = Part.add

    def full(self: Part, block: bytes) -> None:
        add(self, block[: 6_000 - self.size])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Part, "add", full)
        with pytest.raises(DownloadError, match=r"disk is full\. The 6 kB that have arrived are kept"):
            get(wanted, folder)
    assert get(wanted, folder).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=6000-"


@pytest.mark.parametrize("keep", [True, False])
def test_it_can_be_stopped_while_the_host_is_silent(
    wanted: Wanted, server: FileServer, folder: Path, target: Path, keep: bool
) -> None:
    stop = Stop()

    def tell(progress: Progress) -> None:
        if progress.done:
            threading.Timer(0.05, lambda: stop.ask(keep=keep)).start()

    server.script = [serve(5_000, stall=True)]
    with pytest.raises(Stopped, match="are kept" if keep else "was removed"):
        get(wanted, folder, tell=tell, stop=stop, patience=CALM)
    assert part_of(target).exists() is keep
    assert not target.exists()


def test_it_can_be_stopped_while_it_waits_for_another_try(
    wanted: Wanted, server: FileServer, folder: Path
) -> None:
    stop = Stop()

    def tell(progress: Progress) -> None:
        if progress.doing == "waiting":
            stop.ask(keep=False)

    server.script = [status(503, Retry_After="200")]
    with pytest.raises(Stopped):
        get(wanted, folder, tell=tell, stop=stop)
    assert len(server.requests) == 1


def test_two_downloads_of_one_file_do_not_write_into_each_other(
    wanted: Wanted, server: FileServer, folder: Path, target: Path
) -> None:
    begun, paths = threading.Event(), []
    server.script = [serve(5_000, stall=True)]

    def first() -> None:
        paths.append(get(wanted, folder, tell=lambda p: p.done and begun.set(), patience=CALM))

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(20)
    with pytest.raises(DownloadError, match="being downloaded already"):
        get(wanted, folder)
    server.go_on.set()
    thread.join()
    assert paths == [target]
    assert target.read_bytes() == CONTENT


def test_a_file_that_is_there_already_is_not_fetched_again(
    wanted: Wanted, unknown: Wanted, server: FileServer, folder: Path, target: Path
) -> None:
    folder.mkdir()
    target.write_bytes(CONTENT)
    assert get(wanted, folder) == target
    with pytest.raises(DownloadError, match="Rename or delete it"):
        get(unknown, folder)
    target.write_bytes(b"mine")
    with pytest.raises(DownloadError, match="Rename or delete it"):
        get(wanted, folder)
    assert target.read_bytes() == b"mine"
    assert server.requests == []


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_used_but_not_for_this_machine(
    wanted: Wanted, server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("http_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, f"http://me:word@{server.host}")
    far = replace(wanted, url="http://models.example/far.gguf", hosts=("models.example",))
    assert get(far, folder).read_bytes() == CONTENT
    assert server.requests[0].path == far.url
    assert server.requests[0].headers["Proxy-Authorization"].startswith("Basic ")
    get(wanted, folder)
    assert server.requests[1].path == "/models/tiny.gguf"


def test_a_host_with_a_certificate_of_its_own_making_is_not_believed(folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    with FileServer(CONTENT) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
        with pytest.raises(DownloadError, match="could not prove who it is"):
            get(Wanted(f"https://{server.host}/tiny.gguf", (server.host,)), folder)
        server.shutdown()
    assert server.requests == []
    assert leftovers(folder) == []


def test_a_host_that_cannot_encrypt_is_given_up(server: FileServer, folder: Path) -> None:
    with pytest.raises(DownloadError, match="no encrypted connection"):
        get(Wanted(f"https://{server.host}/tiny.gguf", (server.host,)), folder)


def test_every_name_is_made_harmless(unknown: Wanted, server: FileServer, folder: Path) -> None:
    path = get(replace(unknown, url=f"http://{server.host}/..%2F..%2Fevil.gguf"), folder)
    assert path.parent == folder
    assert path.name.startswith("model-")
