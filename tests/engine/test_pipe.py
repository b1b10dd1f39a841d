"""The border between app and child: frames, and values as JSON."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import fields, replace

import pytest

from localpersona.engine import wire
from localpersona.engine.framing import FramingError, read_message, write_message
from localpersona.engine.protocol import (
    Adapter,
    Delta,
    EngineCrashed,
    EngineError,
    EngineEvent,
    Generated,
    GenerateRequest,
    ModelError,
    Progress,
    PromptRead,
    PromptTooLong,
    SearchSpec,
    SteeringSpec,
    Taste,
)
from localpersona.values import Candidate, Sampling, Statistics, Turn


def test_messages_arrive_as_they_were_sent() -> None:
    stream = io.BytesIO()
    messages = [{"id": 1, "text": "ä😀\ud800\x00"}, {}, {"list": [1.5, None, True]}]
    for message in messages:
        write_message(stream, message)
    stream.seek(0)
    assert [read_message(stream) for _ in messages] == messages and read_message(stream) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"\x00\x00\x00\x05{}",
        b"\xff\xff\xff\xff",
        struct.pack(">I", 3) + b"abc",
        struct.pack(">I", 2) + b"[]",
        b"GET / HTTP",
        struct.pack(">I", 200_000) + b"[" * 200_000,
    ],
)
def test_a_damaged_stream_is_noticed(data: bytes) -> None:
    with pytest.raises(FramingError):
        read_message(io.BytesIO(data))


@pytest.mark.parametrize(
    "event",
    [
        PromptRead(1, 2, 3, 4),
        Progress(1, 2, 3),
        Delta("text", True),
        Generated(
            (Candidate("a", "b", 1, 2, "length", -0.5, (0.1,), (0.2,)), Candidate("")), 1, Statistics(5)
        ),
    ],
)
def test_events_survive_the_pipe(event: EngineEvent) -> None:
    stream = io.BytesIO()
    write_message(stream, wire.dump_event(event))
    stream.seek(0)
    assert wire.load_event(read_message(stream) or {}) == event


def test_requests_survive_the_pipe() -> None:
    taste = Taste((1.0,), ((2.0,),), "v", 0.1)
    request = GenerateRequest(
        (Turn("user", "hi"),),
        Sampling(seed=7),
        3,
        taste,
        "begun",
        SearchSpec("guided", True, 12, 1, True, 3),
        instruction="Be brief.",
        late=True,
        contrast=1.5,
        steering=SteeringSpec("vectors.gguf", (0.5, -1.0)),
        adapters=(Adapter("one.gguf"), Adapter("two.gguf", 0.3)),
    )
    assert wire.load_request(json.loads(json.dumps(wire.dump(request)))) == request
    assert len(fields(GenerateRequest)) == 11  # a new field must be looked after in `wire`
    with pytest.raises(ValueError, match="search"):
        wire.load_request(wire.dump(replace(request, search=SearchSpec("magic"))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [{}, {"kind": "Delta"}, {"kind": "EngineError"}, {"kind": "Generated", "candidates": 3}]
)
def test_other_events_are_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="event"):
        wire.load_event(data)


@pytest.mark.parametrize("kind", [EngineError, ModelError, PromptTooLong])
def test_errors_keep_their_kind(kind: type[EngineError]) -> None:
    error = wire.load_error(wire.dump_error(kind("what\nwhy")))
    assert type(error) is kind and str(error) == "what\nwhy"


def test_the_child_cannot_raise_anything_else() -> None:
    assert type(wire.load_error({"kind": "SystemExit", "message": "x"})) is EngineError
    assert type(wire.load_error({"kind": EngineCrashed.__name__})) is EngineError
