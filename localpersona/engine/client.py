"""`Engine` by a child process: starts it, asks it, survives its crashes."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from localpersona.engine import wire
from localpersona.engine.child import Child, ChildEnded
from localpersona.engine.framing import FramingError, Message
from localpersona.engine.model_file import absolute, size_of
from localpersona.engine.protocol import (
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineEvent,
    Generated,
    GenerateRequest,
    Graphics,
    ModelError,
    ModelInfo,
    ModelSpec,
    Scores,
)
from localpersona.text import one_line
from localpersona.values import Candidate, Statistics

LOAD_SECONDS = 20.0
"""For a small file; larger ones get what a slow disk needs besides."""
_BYTES_PER_SECOND = 50e6
_CANCEL_SECONDS = 20.0
"""A child that does not obey a cancel for so long hangs, and is killed."""
_IMPATIENT_SECONDS = 2.0
"""The same after Ctrl-C: who presses that wants to leave."""


class EngineClient:
    """See `Engine`. Cheap to make: the child starts with the first request, and again after a crash or `unload`.

    load_seconds: how long loading may take, plus an allowance for the file's size.
    """

    def __init__(self, spec: ModelSpec | None = None, *, load_seconds: float = LOAD_SECONDS) -> None:
        self._spec = spec
        self._load_seconds = load_seconds
        self._info: ModelInfo | None = None
        self._child: Child | None = None
        self._request = threading.Lock()
        self._numbers = itertools.count(1)
        self._current = 0
        self._served = False
        """Whether the running child has answered a request other than loading."""
        self._most_layers: dict[str, int] = {}
        """Model → how many layers it may have on the GPU, after more of them have ended the child."""
        self._cancelled = threading.Event()
        self._closed = False
        _clients.add(self)

    @property
    def info(self) -> ModelInfo | None:
        return self._info

    @property
    def busy(self) -> bool:
        return self._request.locked()

    @property
    def pid(self) -> int | None:
        """The child's process id; None when it isn't running."""
        return self._child.pid if self._child is not None and self._child.alive else None

    def load(self, spec: ModelSpec) -> ModelInfo:
        with self._alone():
            return self._load(absolute(spec))

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        with self._alone():
            if not self._ready_for(request):
                yield _stopped_before_start(request)
                return
            number, message = self._ask("generate", loaded=True, request=wire.dump(request))
            finished = False
            try:
                while "event" in message:
                    yield wire.load_event(message["event"])
                    message = self._receive(number)
                finished = True
            except EngineError:
                finished = True
                raise
            except KeyboardInterrupt:
                finished = True
                self._abandon(number, _IMPATIENT_SECONDS)
                raise
            finally:
                if not finished:
                    self._abandon(number)

    def score(self, prompt: str, responses: Sequence[str]) -> Scores:
        with self._alone():
            _, message = self._ask("score", prompt=prompt, responses=list(responses))
            return wire.load_scores(message["result"])

    def likelihood(self, prompt: str, responses: Sequence[str]) -> tuple[float, ...]:
        with self._alone():
            _, message = self._ask("likelihood", loaded=True, prompt=prompt, responses=list(responses))
            return tuple(map(float, message["result"]))

    def count_tokens(self, text: str) -> int:
        with self._alone():
            _, message = self._ask("count", loaded=True, text=text)
            return int(message["result"])

    def graphics(self) -> Graphics:
        """Return what llama.cpp can use here. Needs no model. Raises EngineError."""
        with self._alone():
            _, message = self._ask("devices")
            return wire.load_graphics(message["result"])

    def cancel(self) -> None:
        self._cancelled.set()
        child, number = self._child, self._current
        if child is None or not number:
            return
        with contextlib.suppress(ChildEnded):
            child.send({"do": "cancel", "id": number})
        timer = threading.Timer(_CANCEL_SECONDS, self._kill_if_still, (child, number))
        timer.daemon = True
        timer.start()

    def unload(self) -> None:
        """Ends the child: nothing else gives back all of its memory. It takes 0.3 s to start again."""
        with self._alone():
            self._drop_child()

    def close(self) -> None:
        self._closed = True
        self._drop_child()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._request.acquire(blocking=False):
            raise EngineBusy("The model is busy with another request.\nWait for it or stop it first.")
        try:
            self._require_open()
            self._cancelled.clear()
            yield
        finally:
            self._current = 0
            self._request.release()

    def _ready_for(self, request: GenerateRequest) -> bool:
        """Load what has to be loaded; return False when the user stopped the request meanwhile."""
        try:
            self._ensure_loaded()
        except ModelError:
            if not self._cancelled.is_set():
                raise
        return not self._cancelled.is_set()

    def _ensure_loaded(self) -> None:
        if self._child is not None and not self._child.alive:
            self._drop_child()
        if self._info is None:
            if self._spec is None:
                raise ModelError(
                    "No model has been chosen.\nChoose one, or put a GGUF file into the models folder."
                )
            self._load(absolute(self._spec))

    def _load(self, spec: ModelSpec) -> ModelInfo:
        if self._info is not None and spec == self._spec and self._child is not None and self._child.alive:
            return self._info
        name, size = one_line(Path(spec.path).name, 60), size_of(spec.path)
        self._info = None
        try:
            message = self._loaded(spec, self._load_seconds + size / _BYTES_PER_SECOND)
        except EngineCrashed as crash:
            how = str(crash).partition("\n")[0].removeprefix("The model's process ")
            raise ModelError(f"{name} cannot be loaded: the process {how}\n{_OTHER_MODEL}") from crash
        except TimeoutError:
            self._kill()
            raise ModelError(f"{name} cannot be loaded: it took too long.\n{_OTHER_MODEL}") from None
        self._info = wire.load_info(message["result"])
        self._spec = spec
        return self._info

    def _loaded(self, spec: ModelSpec, seconds: float) -> Message:
        """Return the child's answer. A child that ends while layers are on the GPU is tried again with half of them:
        some backends abort when memory runs out there, and others say how much is free only roughly."""
        asked = spec
        while True:
            most = self._most_layers.get(spec.path)
            if most is not None:
                asked = replace(spec, gpu_layers=min(most, spec.gpu_layers) if spec.gpu_layers >= 0 else most)
            layers = 0
            try:
                number, message = self._ask("load", timeout=seconds, spec=wire.dump(asked))
                while "event" in message:
                    layers = int(message["event"])
                    message = self._receive(number, seconds)
                return message
            except EngineCrashed:
                if not layers:
                    raise
                self._most_layers[spec.path] = layers // 2

    def _ask(
        self, what: str, *, loaded: bool = False, timeout: float | None = None, **values: Any
    ) -> tuple[int, Message]:
        """Send a request, loading a model first if need be; return its number and first message."""
        while True:
            if loaded:
                self._ensure_loaded()
            served_before = self._child is not None and self._served
            try:
                number = self._send(what, **values)
                message = self._receive(number, timeout)
            except EngineCrashed:
                if not served_before:
                    raise
                continue  # it may have ended since the last request; a new child shows whether this one is to blame
            self._served = self._served or what != "load"
            return number, message

    def _send(self, what: str, **values: Any) -> int:
        """Send a request, starting the child if need be; return the request's number."""
        if self._child is None or not self._child.alive:
            self._drop_child()
            self._start_child()
        assert self._child is not None
        number = next(self._numbers)
        try:
            self._child.send({"do": what, "id": number, **values})
        except FramingError as error:
            raise EngineError("The request is too large for the model's process.") from error
        except ChildEnded:
            raise self._ended() from None
        self._current = number
        if self._cancelled.is_set():  # it came before there was a number to cancel
            self.cancel()
        return number

    def _receive(self, number: int, timeout: float | None = None) -> Message:
        """Return the request's next message. Raises the child's error, EngineCrashed, TimeoutError."""
        child = self._child
        while child is not None:
            try:
                message = child.receive(timeout)
            except ChildEnded:
                break
            if message.get("id") != number:
                continue
            if "error" in message:
                raise wire.load_error(message["error"])
            return message
        raise self._ended()

    def _abandon(self, number: int, patience: float | None = None) -> None:
        """The consumer lost interest: stop the request and wait until the child is free again, or end it."""
        self.cancel()
        try:
            while "event" in self._receive(number, patience):
                pass
        except TimeoutError:
            self._kill()
        except EngineError:
            pass

    def _start_child(self) -> None:
        self._require_open()
        self._info, self._served = None, False
        try:
            self._child = Child()
        except OSError as error:
            raise EngineError(f"The model's process cannot be started: {error}") from error

    def _ended(self) -> EngineError:
        """Forget the ended child; return what its end means."""
        if self._closed:
            return EngineError(_CLOSED)
        how = self._child.obituary() if self._child is not None else "ended"
        self._drop_child()
        return EngineCrashed(f"The model's process {how}.\nIt starts again by itself with the next request.")

    def _require_open(self) -> None:
        if self._closed:
            raise EngineError(_CLOSED)

    def _drop_child(self) -> None:
        child, self._child, self._info = self._child, None, None
        if child is not None:
            child.close()

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._drop_child()

    def _kill_if_still(self, child: Child, number: int) -> None:
        if self._current == number and self._child is child:
            child.kill()


_CLOSED = "The engine has been closed."
_OTHER_MODEL = "The file is damaged or too large for this machine. Download it again or choose another."
_clients: weakref.WeakSet[EngineClient] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for client in list(_clients):
        client.close()


def _stopped_before_start(request: GenerateRequest) -> Generated:
    first = request.sampling.seed
    candidates = (
        Candidate("", seed=first + index, finish_reason="cancelled") for index in range(request.candidates)
    )
    return Generated(tuple(candidates) or (Candidate("", finish_reason="cancelled"),), 0, Statistics())
