from __future__ import annotations

import pytest

from localpersona.library.addresses import checked, covers, file_name_of, host_of, listed_hosts, redirected
from localpersona.library.download_errors import DownloadError, HostNotConfirmed


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        (" https://Example.org/a.gguf ", "https://example.org/a.gguf"),
        ("https://example.org:443/a.gguf#x", "https://example.org/a.gguf"),
        ("http://127.0.0.1:8080/a.gguf?b=1", "http://127.0.0.1:8080/a.gguf?b=1"),
        ("https://bücher.example/a.gguf", "https://xn--bcher-kva.example/a.gguf"),
        ("https://[::1]/a.gguf", "https://[::1]/a.gguf"),
    ],
)
def test_an_address_is_brought_into_one_form(typed: str, used: str) -> None:
    assert checked(typed) == used


@pytest.mark.parametrize(
    "typed",
    [
        "", "qwen3-4b", "ftp://example.org/a.gguf", "file:///etc/passwd", "https://", "https://[::1/a.gguf",
        "https://me:word@example.org/a.gguf", "https://example.org/a b.gguf", "https://example.org/\x1b[2J.gguf",
        "https://example.org:99999/a.gguf", "https://example.org/m-00001-of-00002.gguf", "https://\udc80/a.gguf",
    ],
)  # fmt: skip
def test_what_is_no_usable_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(DownloadError) as refused:
        checked(typed)
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("huggingface.co", True),
        ("hf.co", True),
        ("cas-bridge.xethub.hf.co", True),
        ("cdn.huggingface.co", False),
        ("evilhf.co", False),
        ("hf.co.evil.example", False),
        ("huggingface.co:8443", False),
    ],
)
def test_a_confirmation_covers_the_named_hosts_and_no_lookalike(host: str, covered: bool) -> None:
    assert covers(("huggingface.co", ".hf.co"), host) is covered


def test_hosts_are_listed_for_people() -> None:
    assert listed_hosts(("huggingface.co", ".hf.co")) == "huggingface.co and file servers under hf.co"


HTTPS, HTTP, HERE = "https://a.example/x", "http://a.example/x", "http://127.0.0.1/x"
EVERYBODY = ("a.example", "b.example", "127.0.0.1")


@pytest.mark.parametrize(
    ("start", "here", "location", "leads_to"),
    [
        (HTTPS, HTTPS, "/y", "https://a.example/y"),
        (HTTPS, HTTPS, "//b.example/y", "https://b.example/y"),
        (HTTP, HTTP, "https://b.example/y", "https://b.example/y"),
        (HTTP, HTTP, "http://b.example/y", "http://b.example/y"),
        (HTTPS, HTTPS, HERE, HERE),
    ],
)
def test_redirects_are_followed(start: str, here: str, location: str, leads_to: str) -> None:
    assert redirected(start, here, location, EVERYBODY) == leads_to


@pytest.mark.parametrize(
    ("start", "here", "location"),
    [
        (HTTPS, HTTPS, "http://a.example/x"),
        (HTTP, "https://b.example/", "http://a.example/x"),
        (HTTPS, HTTPS, "file:///etc/passwd"),
    ],
)
def test_no_redirect_leads_out_of_encryption_or_off_the_web(start: str, here: str, location: str) -> None:
    with pytest.raises(DownloadError):
        redirected(start, here, location, EVERYBODY)


def test_a_redirect_to_a_stranger_names_it() -> None:
    with pytest.raises(HostNotConfirmed) as asked:
        redirected(HTTPS, HTTPS, "https://c.example:8443/x", EVERYBODY)
    assert asked.value.host == "c.example:8443" == host_of("https://c.example:8443/x")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example/b/Qwen3-4B%20it.Q4_K_M.gguf?download=true", "Qwen3-4B it.Q4_K_M.gguf"),
        ("https://a.example/Model.GGUF", "Model.GGUF"),
    ],
)
def test_a_file_keeps_its_name(url: str, name: str) -> None:
    assert file_name_of(url) == name


@pytest.mark.parametrize(
    "last", ["", "download?id=5", ".hidden.gguf", "..%2Fx.gguf", "a%0Ab.gguf", "x.exe", "-o.gguf"]
)
def test_a_name_that_might_do_harm_is_replaced(last: str) -> None:
    name = file_name_of(f"https://a.example/{last}")
    assert name.startswith("model-") and name.endswith(".gguf") and name.isascii()
