"""The protocol's values as JSON and back. Anything unexpected raises ValueError: the pipe is a border."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from localpersona.engine import protocol
from localpersona.engine.protocol import (
    Adapter,
    Delta,
    EngineError,
    EngineEvent,
    Generated,
    GenerateRequest,
    Graphics,
    ModelError,
    ModelInfo,
    ModelSpec,
    Progress,
    PromptRead,
    PromptTooLong,
    Scores,
    SearchSpec,
    Speed,
    SteeringSpec,
    Taste,
)
from localpersona.values import Candidate, Sampling, Statistics, Turn

_EVENTS: dict[str, type[EngineEvent]] = {
    kind.__name__: kind for kind in (PromptRead, Progress, Delta, Generated)
}
_ERRORS = (EngineError, ModelError, PromptTooLong)


def dump_event(event: EngineEvent) -> dict[str, Any]:
    return {"kind": type(event).__name__, **asdict(event)}


def load_event(data: dict[str, Any]) -> EngineEvent:
    fields = dict(data)
    kind = _EVENTS.get(str(fields.pop("kind", "")))
    if kind is None:
        raise ValueError(f"no such event: {data.get('kind')!r}")
    try:
        if kind is Generated:
            fields["candidates"] = tuple(_candidate(candidate) for candidate in fields["candidates"])
            fields["statistics"] = Statistics(**fields["statistics"])
        return kind(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"bad {data.get('kind')} event: {error}") from error


def dump(value: GenerateRequest | ModelSpec | ModelInfo | Scores) -> dict[str, Any]:
    return asdict(value)


def load_request(data: dict[str, Any]) -> GenerateRequest:
    try:
        fields = dict(data)
        fields["turns"] = tuple(Turn(**turn) for turn in fields["turns"])
        fields["sampling"] = Sampling(**fields["sampling"])
        fields["taste"] = None if fields["taste"] is None else _taste(fields["taste"])
        fields["search"] = _search(fields["search"])
        fields["steering"] = None if fields["steering"] is None else _steering(fields["steering"])
        fields["adapters"] = tuple(Adapter(**adapter) for adapter in fields["adapters"])
        return GenerateRequest(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"bad request: {error}") from error


def load_spec(data: dict[str, Any]) -> ModelSpec:
    try:
        return ModelSpec(**data)
    except TypeError as error:
        raise ValueError(f"bad request: {error}") from error


def load_info(data: dict[str, Any]) -> ModelInfo:
    try:
        speed = data.get("speed")
        return ModelInfo(**{**data, "speed": None if speed is None else Speed(**speed)})
    except TypeError as error:
        raise ValueError(f"bad reply: {error}") from error


def load_graphics(data: dict[str, Any]) -> Graphics:
    try:
        cards = tuple(
            f"{card['name']} ({card['free'] / 1e9:.1f} of {card['total'] / 1e9:.1f} GB free)"
            for card in data["gpus"]
        )
        return Graphics(bool(data["supported"]), cards, str(data["remedy"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"bad reply: {error}") from error


def load_scores(data: dict[str, Any]) -> Scores:
    try:
        return Scores(_rows(data["traits"]), _rows(data["spread"]), str(data["version"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"bad reply: {error}") from error


def dump_error(error: EngineError) -> dict[str, Any]:
    return {"kind": type(error).__name__, "message": str(error)}


def load_error(data: dict[str, Any]) -> EngineError:
    kind = getattr(protocol, str(data.get("kind")), None)
    return (kind if kind in _ERRORS else EngineError)(str(data.get("message", "The engine failed.")))


def _candidate(data: dict[str, Any]) -> Candidate:
    return Candidate(**{**data, "traits": tuple(data["traits"]), "spread": tuple(data["spread"])})


def _taste(data: dict[str, Any]) -> Taste:
    return Taste(**{**data, "mean": tuple(data["mean"]), "covariance": _rows(data["covariance"])})


def _search(data: dict[str, Any]) -> SearchSpec:
    search = SearchSpec(**data)
    if search.method not in ("best-of-n", "guided") or min(search.block, search.finalists) < 1:
        raise ValueError(f"no such search: {search}")
    return search


def _steering(data: dict[str, Any]) -> SteeringSpec:
    return SteeringSpec(**{**data, "weights": tuple(float(weight) for weight in data["weights"])})


def _rows(rows: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in rows)
