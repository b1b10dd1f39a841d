"""Long jobs on a model, each in a child process of its own: chatting goes on, and stopping means killing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localpersona.engine import wire
from localpersona.engine.child import Child, ChildEnded
from localpersona.engine.framing import Message
from localpersona.engine.protocol import EngineCrashed, ModelSpec
from localpersona.library.optimise import Measured


class Optimiser:
    """See `library.optimise.Jobs`. gpu_layers, threads: as in `ModelSpec`. `close` may be called by any thread."""

    def __init__(self, *, threads: int = 0, gpu_layers: int = -1) -> None:
        self._threads, self._gpu_layers = threads, gpu_layers
        self._child: Child | None = None
        self._closed = False

    def measure(self, path: Path, *, read_page: bool) -> Measured:
        """Raises EngineError; a child that ends is an EngineCrashed."""
        spec = ModelSpec(str(path), 2_048, self._threads, self._gpu_layers)
        return Measured(**self._run("measure", lambda _: None, spec=asdict(spec), read_page=read_page))

    def quantise(self, source: Path, target: Path, kind: str, tell: Callable[[float], None]) -> None:
        """Raises EngineError."""
        self._run("quantise", tell, source=str(source), target=str(target), kind=kind)

    def steer(self, model: Path, target: Path, tell: Callable[[float], None]) -> None:
        """Make the model's steering vectors and write them to target. Raises EngineError."""
        spec = ModelSpec(str(model), 1_024, self._threads, self._gpu_layers)
        self._run("steer", tell, spec=asdict(spec), target=str(target))

    def close(self) -> None:
        """End whatever runs, at once."""
        self._closed = True
        if self._child is not None:
            self._child.kill()

    def _run(self, what: str, tell: Callable[[float], None], **values: Any) -> Any:
        """Start a child, do one thing in it, end it: llama.cpp gives memory back in no other way."""
        child = self._child = Child()
        try:
            if self._closed:
                raise ChildEnded
            child.send({"do": what, "id": 1, **values})
            while "event" in (message := child.receive()):
                tell(float(message["event"]))
            return _result(message)
        except ChildEnded:
            how = "was stopped" if self._closed else child.obituary()
            raise EngineCrashed(
                f"The process that works on the model {how}.\nThe model stays as it is."
            ) from None
        finally:
            child.close()
            self._child = None


def _result(message: Message) -> Any:
    if "error" in message:
        raise wire.load_error(message["error"])
    return message["result"]
