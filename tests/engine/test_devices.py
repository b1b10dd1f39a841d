"""Graphics cards, by a simulated list: this has not been tried on a machine that has one."""

from __future__ import annotations

import queue
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from localpersona.engine import client as client_module
from localpersona.engine import devices, llama, wire
from localpersona.engine.child import ChildEnded
from localpersona.engine.client import EngineClient
from localpersona.engine.devices import Device, layers_that_fit, names
from localpersona.engine.llama import LlamaModel
from localpersona.engine.protocol import ModelError, ModelInfo, ModelSpec
from localpersona.library import GgufHeader, read_header

from .tiny_gguf import write_gguf

GIB = 1 << 30
SEVEN_B = GgufHeader(
    name="Seven", architecture="llama", kind="model", parameters=7_000_000_000, quantisation="Q4_0",
    context_length=8192, layers=32, heads=32, kv_heads=8 * 32, head_size=128, size_bytes=4 * GIB + 256 * 2**20,
    layer_bytes=(128 * 2**20,) * 32,
)  # fmt: skip
"""4 GiB of layers, and 256 MiB of output; 4,096 tokens of context take 32 MiB in each layer when doubled."""


@pytest.mark.parametrize(
    ("gibibytes", "layers"),
    [
        ((), 0),
        ((0.5,), 0),
        ((1.2,), 1),
        ((2,), 6),
        ((4,), 18),
        ((8,), 33),
        ((80,), 33),
        ((2, 2), 14),
        ((0.7, 80), 33),
    ],
)
def test_as_many_layers_as_fit_with_a_margin(gibibytes: tuple[float, ...], layers: int) -> None:
    cards = [Device("L4", int(size * GIB), 80 * GIB) for size in gibibytes]
    fitting = layers_that_fit(SEVEN_B, 4096, cards)
    assert fitting == layers
    used = 256 * 2**20 + (fitting - 1) * 160 * 2**20 if fitting else 0
    assert used <= max(sum(card.free for card in cards) - len(cards) * 2**29, 0)


def test_a_longer_context_leaves_room_for_fewer() -> None:
    cards = [Device("L4", 4 * GIB, 24 * GIB)]
    assert layers_that_fit(SEVEN_B, 32_768, cards) < layers_that_fit(SEVEN_B, 4096, cards)


def test_of_a_model_in_parts_all_layers_are_tried() -> None:
    split = replace(SEVEN_B, parts=3)
    assert layers_that_fit(split, 4096, [Device("L4", GIB, GIB)]) == devices.ALL_LAYERS
    assert layers_that_fit(split, 4096, []) == 0


def test_cards_are_called_by_their_names() -> None:
    card, other = Device("NVIDIA L4", 1, 1), Device("NVIDIA T4", 1, 1)
    assert names([card]) == "NVIDIA L4" and names([]) == "GPU"
    assert names([card, other, card]) == "2 × NVIDIA L4 + NVIDIA T4"


def test_ggml_is_asked_without_harm() -> None:
    assert all(device.name and 0 <= device.free <= device.total for device in devices.gpus())
    assert devices.supported() == bool(devices.gpus())


@pytest.mark.parametrize(
    ("info", "placement"),
    [
        ({"gpu_layers": 33, "device": "NVIDIA L4"}, "32/32 layers on NVIDIA L4"),
        ({"gpu_layers": 7, "device": "NVIDIA L4"}, "7/32 layers on NVIDIA L4"),
        ({}, "CPU"),
        ({"gpu_support": False}, "CPU: this build has no GPU support"),
    ],
)
def test_where_a_model_runs_is_said(info: dict[str, Any], placement: str) -> None:
    assert ModelInfo("model.gguf", "Model", layers=32, **info).placement == placement


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """Cards that llama.cpp here does not know of: it loads as if they were not there."""
    cards = [Device("NVIDIA Simulated", 8 * GIB, 8 * GIB)]
    monkeypatch.setattr(devices, "supported", lambda: True)
    monkeypatch.setattr(devices, "gpus", lambda: cards)
    return cards


def test_a_model_that_fits_is_put_on_the_card_as_a_whole(simulated: list[Device], tmp_path: Path) -> None:
    model = LlamaModel(ModelSpec(str(write_gguf(tmp_path / "tiny.gguf")), 256))
    assert (model.info.gpu_layers, model.info.device) == (2, "NVIDIA Simulated")
    assert model.info.placement == "1/1 layers on NVIDIA Simulated"
    model.close()


def test_the_number_of_layers_can_be_chosen(simulated: list[Device], tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    for layers in (0, 1):
        model = LlamaModel(ModelSpec(str(path), 256, gpu_layers=layers))
        assert model.info.gpu_layers == layers
        model.close()


def test_what_does_not_load_is_tried_with_half_the_layers(
    simulated: list[Device], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, tried = llama.L.llama_model_load_from_file, list[int]()

    def with_little_memory(path: bytes, parameters: Any) -> Any:
        return load(path, parameters) if parameters.n_gpu_layers < 5 else None

    path = write_gguf(tmp_path / "tiny.gguf")
    header = replace(read_header(path), layers=32, layer_bytes=(1,) * 32)
    monkeypatch.setattr(llama.L, "llama_model_load_from_file", with_little_memory)
    monkeypatch.setattr(llama, "checked", lambda path: header)
    model = LlamaModel(ModelSpec(str(path), 256), tries=tried.append)
    assert tried == [33, 16, 8, 4] and model.info.gpu_layers == 4
    model.close()


class CardThatCrashes:
    """The engine's process on a machine whose driver ends it when more than `fitting` layers are asked for."""

    fitting = 5
    pid, alive = 1, True
    asked: list[int]
    """Made anew by the fixture."""

    def __init__(self) -> None:
        self.alive = True
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def send(self, message: dict[str, Any]) -> None:
        wanted = message["spec"]["gpu_layers"]
        layers = 33 if wanted < 0 else wanted
        self.asked.append(layers)
        self._messages.put({"id": message["id"], "event": layers})
        info = ModelInfo(
            message["spec"]["path"], "Model", layers=32, gpu_layers=layers, device="NVIDIA Simulated"
        )
        self._messages.put({"id": message["id"], "result": asdict(info)} if layers <= self.fitting else None)

    def receive(self, timeout: float | None = None) -> dict[str, Any]:
        message = self._messages.get(timeout=1)
        if message is None:
            self.alive = False
            raise ChildEnded
        return message

    def obituary(self) -> str:
        return "crashed (SIGABRT)"

    def close(self) -> None:
        self.alive = False

    kill = close


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> type[CardThatCrashes]:
    monkeypatch.setattr(client_module, "Child", CardThatCrashes)
    monkeypatch.setattr(CardThatCrashes, "asked", [], raising=False)
    return CardThatCrashes


def test_a_process_that_ends_is_started_again_with_half_the_layers(
    crashing: type[CardThatCrashes], tmp_path: Path
) -> None:
    spec = ModelSpec(str(write_gguf(tmp_path / "tiny.gguf")))
    engine = EngineClient()
    assert engine.load(spec).placement == "4/32 layers on NVIDIA Simulated"
    assert crashing.asked == [33, 16, 8, 4]
    engine.unload()
    assert engine.load(spec).gpu_layers == 4 and crashing.asked[-1] == 4  # remembered
    engine.close()


def test_a_process_that_ends_without_layers_on_the_card_is_not_tried_for_ever(
    crashing: type[CardThatCrashes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CardThatCrashes, "fitting", -1)
    engine = EngineClient()
    with pytest.raises(ModelError, match="crashed"):
        engine.load(ModelSpec(str(write_gguf(tmp_path / "tiny.gguf"))))
    assert crashing.asked == [33, 16, 8, 4, 2, 1, 0]
    engine.close()


def test_cards_are_described_for_people(engine: EngineClient) -> None:
    found = wire.load_graphics(
        {"supported": True, "gpus": [{"name": "NVIDIA L4", "free": 22e9, "total": 24e9}], "remedy": ""}
    )
    assert found.cards == ("NVIDIA L4 (22.0 of 24.0 GB free)",)
    assert engine.graphics().supported == devices.supported()
