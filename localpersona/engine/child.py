"""The child process as the app sees it: started, spoken to, watched, ended. Knows nothing of models."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import localpersona
from localpersona import paths
from localpersona.engine.framing import FramingError, Message, read_message, write_message

_QUIT_SECONDS = 2.0
_OUT_OF_MEMORY = ("failed to allocate", "bad_alloc", "out of memory", "MemoryError")
_ENVIRONMENT = {
    "GGML_NO_BACKTRACE": "1",  # an abort would otherwise start gdb and take seconds
    # OpenMP's threads wait for each other 900 times a token. By default they spin for long, which on a busy
    # machine takes the processor from the very thread that is waited for: 4 s a token were seen where 60 ms
    # were possible. A thousand rounds (some 50 µs) cost nothing on an idle machine: 6.6 ms a token either way.
    "GOMP_SPINCOUNT": "1000",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYTHONUTF8": "1",
}


class ChildEnded(Exception):
    """The process has ended, or its pipe is broken. `Child.obituary` says how."""


class Child:
    """A running engine child. `receive` gives its messages; `send` and `kill` may be called by any thread."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._log = paths.log()
        # Linux ends the child when the *thread* that started it ends; so the reader starts it, which lives as long.
        self._reader = threading.Thread(target=self._run, name="engine", daemon=True)
        self._reader.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send(self, message: Message) -> None:
        """Raises ChildEnded."""
        assert self._process is not None
        try:
            with self._writing:
                write_message(cast(BinaryIO, self._process.stdin), message)
        except (OSError, ValueError) as error:  # ValueError: closed
            raise ChildEnded from error

    def receive(self, timeout: float | None = None) -> Message:
        """Wait for the next message. Raises ChildEnded, TimeoutError."""
        try:
            message = self._messages.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None
        if message is None:
            self._messages.put(None)  # for whoever asks next
            raise ChildEnded
        return message

    def kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
        self._reader.join(_QUIT_SECONDS)

    def close(self) -> None:
        """Let it go: the end of its stdin tells it. Leaves no zombie."""
        if self._process is not None:
            with contextlib.suppress(OSError, ValueError):
                cast(IO[Any], self._process.stdin).close()
        self._reader.join(_QUIT_SECONDS)
        if self._reader.is_alive():
            self.kill()

    def obituary(self) -> str:
        """Return how the process ended, as the end of a sentence, once `receive` has raised ChildEnded."""
        self._reader.join(_QUIT_SECONDS)
        code = self._process.returncode if self._process is not None else None
        if self._ran_out_of_memory() or code == -_signal("SIGKILL"):
            return "was ended by the system, most likely because memory ran out"
        if code == -_signal("SIGILL"):
            return "ended because llama.cpp was built for another processor (SIGILL)"
        if code is not None and code < 0:
            return f"crashed ({signal.Signals(-code).name})"
        return f"ended unexpectedly (code {code})"

    def _run(self) -> None:
        """Start the process, read its messages to the end, and wait for it. Runs in the reader's thread."""
        try:
            self._process = self._start()
        except OSError as error:
            self._failure = error
            return
        finally:
            self._started.set()
        try:
            while (message := read_message(cast(BinaryIO, self._process.stdout))) is not None:
                self._messages.put(message)
        except (FramingError, OSError, ValueError):
            self._process.kill()
        self._wait()
        self._messages.put(None)

    def _wait(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(_QUIT_SECONDS)
        except subprocess.TimeoutExpired:  # it has closed its stdout but hangs
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast(IO[Any], stream).close()

    def _start(self) -> subprocess.Popen[bytes]:
        home = str(Path(localpersona.__file__).parent.parent)
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
        flags: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in the terminal must not reach it
        if sys.platform == "win32":
            flags = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        log = _open_log(self._log)
        try:
            # -P: modules that happen to lie in the current directory must not be imported.
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "localpersona.engine.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=Path.home().anchor,
                env={**_inherited(), **_ENVIRONMENT, "PYTHONPATH": path},
                **flags,
            )
        finally:
            if log >= 0:
                os.close(log)

    def _ran_out_of_memory(self) -> bool:
        try:
            with self._log.open("rb") as log:
                log.seek(max(self._log.stat().st_size - 2000, 0))
                end = log.read().decode("utf-8", "replace")
        except OSError:
            return False
        return any(words in end for words in _OUT_OF_MEMORY)


def _inherited() -> dict[str, str]:
    """Return our environment without what leads to the database's passphrase: the child has no use for it."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_PASSPHRASE_FILE")}


def _open_log(path: Path) -> int:
    """Return a descriptor of the emptied log, readable by the owner only; DEVNULL where there can be none."""
    try:
        paths.make_private(path.parent)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    except OSError:
        return subprocess.DEVNULL


def _signal(name: str) -> int:
    return int(getattr(signal, name, 0)) or 1_000_000  # Windows knows few of them
