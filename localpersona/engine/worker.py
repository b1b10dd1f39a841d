"""The engine child: `python -m localpersona.engine.worker`. Reads requests from stdin, writes replies to stdout.

It holds everything that can crash or hang on a hostile file: llama.cpp, the chat template, the reward model.
One thread reads, so that a cancel is seen while the main thread decodes. Messages: {"id", "do", …} in; {"id",
"event"}, {"id", "result"} or {"id", "error"} out.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from localpersona.engine import limits, wire
from localpersona.engine.framing import FramingError, Message, read_message, write_message
from localpersona.engine.protocol import EngineError, Scores

if TYPE_CHECKING:
    from localpersona.engine.llama import LlamaModel
    from localpersona.rewards import RewardModel

_logger = logging.getLogger("localpersona.engine")


class Inbox:
    """Reads requests in a thread of its own; cancels take effect at once, the rest waits its turn."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._requests: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: object = None
        self._cancelled: set[object] = set()
        self.stop = threading.Event()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self) -> Message:
        """Wait for the next request. From now on `stop` is about it."""
        message = self._requests.get()
        with self._lock:
            self._current = message.get("id")
            self.stop.clear()
            if self._current in self._cancelled:  # cancelled while it was waiting
                self.stop.set()
            self._cancelled.clear()
        return message

    def _read(self) -> None:
        try:
            while (message := read_message(self._stream)) is not None:
                if message.get("do") == "cancel":
                    self._cancel(message.get("id"))
                else:
                    self._requests.put(message)
        except (FramingError, OSError):
            pass
        os._exit(0)  # the app has gone, or has closed the pipe to say good-bye

    def _cancel(self, request: object) -> None:
        with self._lock:
            self._cancelled.add(request)
            if request == self._current:
                self.stop.set()


class Worker:
    """Does what the requests ask for, one at a time."""

    def __init__(self, inbox: Inbox, outbox: BinaryIO) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._model: LlamaModel | None = None
        self._rewards: RewardModel | None = None

    def run(self) -> None:
        while True:
            message = self._inbox.next()
            answer = {"id": message.get("id")}
            try:
                answer["result"] = self._do(message)
            except EngineError as error:
                answer["error"] = wire.dump_error(error)
            except MemoryError:
                answer["error"] = wire.dump_error(
                    EngineError("There is not enough memory.\nChoose a smaller model or a shorter context.")
                )
            except Exception as error:
                _logger.exception("request failed")
                failure = (
                    f"The engine failed: {type(error).__name__}: {error}\nDetails are in the engine's log."
                )
                answer["error"] = wire.dump_error(EngineError(failure))
            write_message(self._outbox, answer)

    def _do(self, message: Message) -> Any:
        match message.get("do"):
            case "load":
                return self._load(message)
            case "generate":
                return self._generate(message)
            case "score":
                return wire.dump(self._score(message["prompt"], message["responses"]))
            case "likelihood":
                return self._likelihood(message["prompt"], message["responses"])
            case "count":
                return len(self._loaded().vocabulary.tokenise_content(message["text"]))
            case "unload":
                return self._unload()
            case "devices":
                return _devices()
            case "measure":
                return self._measure(message["spec"], message["read_page"])
            case "quantise":
                return self._quantise(message)
            case "steer":
                return self._steer(message)
        raise EngineError(f"The engine does not know {message.get('do')!r}.\nReinstall LocalPersona.")

    def _load(self, message: Message) -> dict[str, Any]:
        def tell(layers: int) -> None:
            write_message(self._outbox, {"id": message["id"], "event": layers})

        self._unload()
        wanted = wire.load_spec(message["spec"])
        self._model = _llama_model(wanted, self._inbox.stop.is_set, tell)
        from localpersona.engine import speed

        return wire.dump(replace(self._model.info, speed=speed.known(wanted, self._model.decoder)))

    def _measure(self, spec: dict[str, Any], read_page: bool) -> dict[str, float]:
        """Return what `library.optimise.Measured` holds."""
        self._unload()
        model = self._model = _llama_model(wire.load_spec(spec), self._inbox.stop.is_set)
        from localpersona.engine import perplexity, speed

        page = perplexity.perplexity(model.decoder, model.vocabulary) if read_page else 0.0
        cost = speed.measure(model.decoder)
        one, eight = (200 * (cost.prompt_token + cost.step_of(rows)) for rows in (1, 8))
        return {"one": one, "eight": eight, "perplexity": page}

    def _quantise(self, message: Message) -> None:
        from localpersona.engine.quantise import quantise

        if hasattr(os, "nice"):
            os.nice(10)  # whoever chats meanwhile comes first

        def tell(done: float) -> None:
            write_message(self._outbox, {"id": message["id"], "event": done})

        quantise(message["source"], message["target"], message["kind"], tell)

    def _steer(self, message: Message) -> None:
        from localpersona.engine.steering_file import write_directions
        from localpersona.engine.steering_maker import make_directions
        from localpersona.rewards.traits import TASTES, TRAITS

        if hasattr(os, "nice"):
            os.nice(10)  # whoever chats meanwhile comes first

        def tell(done: float) -> None:
            write_message(self._outbox, {"id": message["id"], "event": done})

        model = self._model = _llama_model(wire.load_spec(message["spec"]), self._inbox.stop.is_set)
        names = [trait.name for trait in TRAITS]
        tastes = [name for name in names if name in TASTES]
        found = make_directions(model, names, tastes, tell, self._inbox.stop.is_set)
        write_directions(found, Path(message["target"]))

    def _unload(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None

    def _loaded(self) -> LlamaModel:
        if self._model is None:
            raise EngineError("No model is loaded.\nChoose one.")
        return self._model

    def _generate(self, message: Message) -> None:
        from localpersona.engine.generation import Generation

        request = wire.load_request(message["request"])
        if request.taste is not None and request.taste.version != self._reward_model().version:
            raise EngineError(
                "The learned weights belong to another version of the reward model.\nRestart LocalPersona."
            )
        for event in Generation(self._loaded(), request, self._score, self._inbox.stop.is_set).events():
            write_message(self._outbox, {"id": message["id"], "event": wire.dump_event(event)})

    def _score(self, prompt: str, responses: Sequence[str], finished: bool = True) -> Scores:
        rewards = self._reward_model()
        traits, spread = rewards.score_and_spread(prompt, list(responses), finished)
        return Scores(_rows(traits), _rows(spread), rewards.version)

    def _likelihood(self, prompt: str, responses: Sequence[str]) -> list[float]:
        from localpersona.engine.perplexity import mean_log_probability
        from localpersona.engine.prompt import PromptBuilder
        from localpersona.values import Turn

        model = self._loaded()
        builder = PromptBuilder(model.template, model.vocabulary, model.info.context_length)
        asked = builder.build([Turn("user", prompt)], "", 1).tokens
        answers = [model.vocabulary.tokenise_content(text) for text in responses]
        return [mean_log_probability(model.decoder, model.vocabulary, asked, answer) for answer in answers]

    def _reward_model(self) -> RewardModel:
        """Load the reward model when it is first needed: a plain answer never waits for it."""
        if self._rewards is None:
            from localpersona.rewards import RewardModel, RewardModelError

            try:
                self._rewards = RewardModel.load()
            except RewardModelError as error:
                raise EngineError(str(error)) from error
        return self._rewards


def _llama_model(*arguments: Any) -> LlamaModel:
    try:
        from localpersona.engine.llama import LlamaModel
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineError(f"llama.cpp cannot be loaded: {error}\nRun `localpersona doctor`.") from error
    return LlamaModel(*arguments)


def _devices() -> dict[str, Any]:
    from localpersona.engine import devices

    return {
        "supported": devices.supported(),
        "gpus": [asdict(device) for device in devices.gpus()],
        "remedy": devices.how_to_get_support(),
    }


def _rows(array: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in array)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout away from everybody else: a stray print must not damage the protocol."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    if sys.platform == "win32":
        import msvcrt

        for stream in (inbox, outbox):
            msvcrt.setmode(stream.fileno(), os.O_BINARY)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return inbox, outbox


def main() -> None:
    if len(sys.argv) > 1:
        limits.die_with_parent(int(sys.argv[1]))
    inbox, outbox = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the app's business
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    limits.limit_memory()
    try:
        Worker(Inbox(inbox), outbox).run()
    except OSError:  # nobody reads any more
        os._exit(0)


if __name__ == "__main__":
    main()
