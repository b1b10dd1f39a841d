"""What the app process and the engine child say to each other, and the interface that the app's code meets.

The real implementation is `engine.client.EngineClient` (llama.cpp in a child process); tests script one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from localpersona.values import Candidate, Sampling, Statistics, Turn


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which LLM to load and how."""

    path: str
    context_length: int = 4096
    """In tokens, for prompt and answers; capped at what the model was trained for."""
    threads: int = 0
    """0: as many as there are physical cores."""
    gpu_layers: int = -1
    """-1: as many as fit; 0: none."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What a model takes on this machine, in seconds."""

    prompt_token: float
    """For each token of a prompt."""
    step: float
    """For one more token of however many candidates, besides what each of them takes."""
    row: float
    """For each candidate in a step."""

    def step_of(self, rows: int) -> float:
        """Return what one more token of so many candidates takes."""
        return self.step + rows * self.row


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What was loaded, as the file and llama.cpp say it. All text here is untrusted: show it sanitised."""

    path: str
    name: str
    architecture: str = ""
    parameters: int = 0
    size_bytes: int = 0
    quantisation: str = ""
    context_length: int = 0
    """The context in use, not the most that the model was trained for."""
    trained_context_length: int = 0
    layers: int = 0
    gpu_layers: int = 0
    device: str = "CPU"
    gpu_support: bool = True
    """Whether this build of llama.cpp can use a graphics card, and finds one."""
    template: str = "chat template of the model"
    """Where the chat format comes from; says so when the model has none and a fallback is used."""
    load_seconds: float = 0.0
    speed: Speed | None = None
    """None when it could not be measured."""

    @property
    def placement(self) -> str:
        """Where it runs: "32/32 layers on NVIDIA L4", or "CPU" and why not on a graphics card."""
        on_gpu = min(self.gpu_layers, self.layers)  # llama.cpp counts the output as a layer
        if on_gpu > 0:
            return f"{on_gpu}/{self.layers} layers on {self.device}"
        return self.device if self.gpu_support else f"{self.device}: this build has no GPU support"


@dataclass(frozen=True, slots=True)
class Graphics:
    """The graphics cards that llama.cpp can use."""

    supported: bool
    """False: this build cannot use any, or there is none."""
    cards: tuple[str, ...] = ()
    """Name and free memory of each, for people."""
    remedy: str = ""
    """What to do where the machine has a card that this build cannot use."""


@dataclass(frozen=True, slots=True)
class Taste:
    """The weights as the child needs them: enough to score and choose, nothing about the person."""

    mean: tuple[float, ...]
    """(J,) effective weights, strength already applied."""
    covariance: tuple[tuple[float, ...], ...]
    """(J, J)."""
    version: str
    """Reward-model version the weights belong to; the child refuses another."""
    uncertainty_penalty: float = 0.5
    """Standard deviations subtracted from a candidate's value (lower confidence bound)."""


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """How the answer is searched for. Without a taste, or with one candidate, there is nothing to search for."""

    method: Literal["best-of-n", "guided"] = "best-of-n"
    """"best-of-n": whole answers, one of which is chosen; "guided": block by block, the best continuation."""
    pruned: bool = False
    """Of best-of-n: weak candidates fall while they are being decoded."""
    block: int = 24
    """Of guided: tokens between two choices, sooner where a sentence ends. Of pruned best-of-n: tokens before the
    first candidates fall."""
    finalists: int = 2
    """Of pruned best-of-n: how many candidates are completed. A single one can be shown while it is."""
    beside: bool = False
    """Of guided: candidate 0 is the plain answer, decoded beside the others, to be compared with."""
    width: int = 0
    """Of guided: candidates after the first block, the plain answer among them; 0: as many as in the first."""


@dataclass(frozen=True, slots=True)
class SteeringSpec:
    """Directions in the model's hidden states to add while decoding."""

    path: str
    """The file with a vector for each trait and layer of this model."""
    weights: tuple[float, ...]
    """One for each trait in the file."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter (GGUF) to mix in."""

    path: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    turns: Sequence[Turn]
    """System turn first if there is one; the last is the user's, unless `continuation` is set."""
    sampling: Sampling = field(default_factory=Sampling)
    candidates: int = 1
    taste: Taste | None = None
    """None: candidates are neither scored nor chosen between; the first one is streamed."""
    continuation: str = ""
    """Text of an answer already begun: the model goes on from there. Not repeated in the events."""
    search: SearchSpec = field(default_factory=SearchSpec)
    instruction: str = ""
    """The profile in words; `turns` do not hold it."""
    late: bool = True
    """Whether the instruction stands at the end of the last question rather than in the system turn; see
    `alignment.instructions` for which is obeyed."""
    contrast: float = 0.0
    """How far (γ) the logits move from the plain model's towards the instructed one's and beyond; 0: the
    instruction simply stands in the prompt."""
    steering: SteeringSpec | None = None
    adapters: tuple[Adapter, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptRead:
    """The prompt is in the cache; decoding starts."""

    prompt_tokens: int
    reused_tokens: int
    dropped_turns: int
    context_length: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Several candidates are being decoded; nothing can be shown yet. At most about ten a second."""

    tokens: int
    """Tokens so far, over all candidates."""
    finished: int
    candidates: int


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer. Whole Unicode characters only; once sent, never taken back."""

    text: str
    reasoning: bool = False
    """True inside `<think>`."""


@dataclass(frozen=True, slots=True)
class Generated:
    """The end of a request that was not cut off by a crash (those raise `EngineCrashed`)."""

    candidates: tuple[Candidate, ...]
    """All N in seed order; after a guided search only the answer and, before it, the plain one if there is one.
    A cancelled request still has their partial texts, finish_reason "cancelled"; those that fell on the way have
    theirs, finish_reason "pruned", with the traits that were expected of them."""
    chosen: int
    statistics: Statistics


EngineEvent = PromptRead | Progress | Delta | Generated


class EngineError(Exception):
    """Something the user can be told. str(error) is one or two plain lines: what, why, what to do."""


class ModelError(EngineError):
    """The model file cannot be used (missing, malformed, too large, its load crashed or took too long)."""


class EngineCrashed(EngineError):
    """The child ended in the middle of a request. The next request starts a new child by itself."""


class EngineBusy(EngineError):
    """Another request is running; one at a time."""


class PromptTooLong(EngineError):
    """System prompt and last question alone do not fit the context."""


@dataclass(frozen=True, slots=True)
class Scores:
    traits: tuple[tuple[float, ...], ...]
    """(n, J)."""
    spread: tuple[tuple[float, ...], ...]
    """(n, J)."""
    version: str


class Engine(Protocol):
    """Turns a conversation into candidates. Methods block: use a worker thread; `cancel` from any."""

    @property
    def info(self) -> ModelInfo | None:
        """What is loaded now; None before the first load and after unload."""
        ...

    @property
    def busy(self) -> bool: ...

    def load(self, spec: ModelSpec) -> ModelInfo:
        """Load (or keep, if the spec is the same). Starts the child when needed. Raises ModelError."""
        ...

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """Yield events, ending with `Generated`. Closing the iterator early cancels.

        Loads the last spec again by itself after unload or a crash. Raises EngineError and its kinds.
        """
        ...

    def score(self, prompt: str, responses: Sequence[str]) -> Scores:
        """Trait scores of ready-made texts by the reward model in the child. Needs no LLM."""
        ...

    def likelihood(self, prompt: str, responses: Sequence[str]) -> tuple[float, ...]:
        """Mean log-probability per token of ready-made answers by the loaded model, told nothing. Natural logarithm.

        What makes no sense is improbable, which the reward model does not notice.
        """
        ...

    def count_tokens(self, text: str) -> int: ...

    def cancel(self) -> None:
        """Stop the running request within a token; a no-op when none runs. Safe from any thread."""
        ...

    def unload(self) -> None:
        """Free the model's memory. The next request loads it again."""
        ...

    def close(self) -> None:
        """End the child. Idempotent."""
        ...
