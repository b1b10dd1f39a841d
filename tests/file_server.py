"""A web server on 127.0.0.1 that hands out one file, and misbehaves as the test tells it to."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """Answers each request by the next step of `script`, and properly when that is used up."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.etag = '"v1"'
        self.script: list[Callable[[Handler], None]] = []
        self.requests: list[Handler] = []
        self.go_on = threading.Event()
        """What stalls waits for this."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/models/tiny.gguf"

    @property
    def ranges(self) -> list[str | None]:
        """What was asked for, request by request."""
        return [request.headers["Range"] for request in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        """The client may leave whenever it likes."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FileServer

    def do_GET(self) -> None:
        self.server.requests.append(self)
        self.close_connection = True
        step = self.server.script.pop(0) if self.server.script else serve()
        step(self)

    def log_message(self, *_arguments: object) -> None:
        pass

    @property
    def start(self) -> int:
        """Where the client wants the file from; 0 if it has another version of it."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        same = self.headers["If-Range"] in (None, self.server.etag)
        return int(found[1]) if found and same else 0

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()


def serve(upto: int | None = None, *, ranges: bool = True, stall: bool = False) -> Callable[[Handler], None]:
    """Send the file, or what is wanted of it; only `upto` bytes of that, and then hang up, or stall."""

    def step(request: Handler) -> None:
        content, start = request.server.content, request.start if ranges else 0
        headers: dict[str, object] = {"Content_Length": len(content) - start, "ETag": request.server.etag}
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        request.head(206 if start else 200, **headers)
        request.wfile.write(content[start:][:upto])
        request.wfile.flush()
        if stall:
            request.server.go_on.wait(60)

    return step


def pausing(at: int) -> Callable[[Handler], None]:
    """Send the file in two pieces, the second one when the test says so."""

    def step(request: Handler) -> None:
        content = request.server.content
        request.head(200, Content_Length=len(content))
        request.wfile.write(content[:at])
        request.wfile.flush()
        request.server.go_on.wait(60)
        request.wfile.write(content[at:])

    return step


def status(code: int, body: bytes = b"", **headers: object) -> Callable[[Handler], None]:
    """Answer with a status, a short text and further headers."""

    def step(request: Handler) -> None:
        request.head(code, Content_Length=len(body), **headers)
        request.wfile.write(body)

    return step


def without_length(content: bytes, *, chunked: bool) -> Callable[[Handler], None]:
    """Send something without saying beforehand how long it is."""

    def step(request: Handler) -> None:
        request.head(200, **({"Transfer_Encoding": "chunked"} if chunked else {}))
        if chunked:
            request.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content))
        else:
            request.wfile.write(content)

    return step


@contextmanager
def serving(content: bytes) -> Iterator[FileServer]:
    with FileServer(content) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
