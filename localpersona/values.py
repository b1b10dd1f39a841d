"""What the parts of LocalPersona hand to each other: frozen values without I/O, identity or behaviour.

Nothing here knows where a value is stored (ids live in `store`), how text is generated (`engine`) or what a
trait means (`rewards`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled", "failed", "pruned"]
Source = Literal["onboarding", "chat", "kept", "import"]
"""Where a comparison comes from. "kept": from going on with one of several answers, or from editing one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation, as the engine sees it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. The names and meanings are llama.cpp's."""

    temperature: float = 0.8
    """0 is greedy: every candidate would then be the same text."""
    top_p: float = 0.95
    min_p: float = 0.05
    repetition_penalty: float = 1.1
    """1 is none; applied to the last 64 tokens of the answer, never to the prompt."""
    max_tokens: int = 512
    """Per candidate; an answer that reaches it finishes with "length" and can be continued."""
    seed: int = 0
    """Candidate i draws with seed + i, so that candidate 0 is the plain model's answer for this seed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of N responses generated for the same prompt."""

    text: str
    """What the user reads; never holds `<think>` blocks."""
    reasoning: str = ""
    """The text of `<think>` blocks: shown folded, never scored."""
    seed: int = 0
    tokens: int = 0
    finish_reason: FinishReason = "stop"
    """"pruned": better ones were in sight before it was complete."""
    mean_log_probability: float = 0.0
    """Mean natural logarithm of the sampled tokens' probabilities (before temperature); at most 0."""
    traits: tuple[float, ...] = ()
    """(J,) standardised trait scores; empty when the candidate was not scored."""
    spread: tuple[float, ...] = ()
    """(J,) disagreement of the reward model's heads; empty when not scored."""
    reading: float | None = None
    """Quality as a probe reads it from the model's logits, standardised; None for a model without a probe."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A prompt, two responses and what the user said of them. It owns its texts: no chat can take them away."""

    prompt: str
    first: str
    second: str
    outcome: float | None
    """1 first preferred, 0 second, 0.5 a tie; None: skipped, which teaches nothing."""
    source: Source = "chat"


@dataclass(frozen=True, slots=True)
class Statistics:
    """What one request cost. Seconds are wall time."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    """How many of the prompt's tokens were still in the cache and not processed again."""
    generated_tokens: int = 0
    """Over all candidates."""
    prompt_seconds: float = 0.0
    decode_seconds: float = 0.0
    context_length: int = 0
    context_used: int = 0
    """Tokens of prompt and chosen answer."""
    dropped_turns: int = 0
    """Oldest turns left out because the conversation no longer fits the context."""

    @property
    def tokens_per_second(self) -> float:
        """Decoding speed over all candidates; 0 when nothing was decoded."""
        return self.generated_tokens / self.decode_seconds if self.decode_seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class TraitEffect:
    """How one trait spoke for (positive) or against the chosen answer."""

    trait: str
    weight: float
    """The user's posterior mean."""
    score: float
    """The chosen answer's trait score."""
    against_runner_up: float
    """weight × (chosen score − runner-up score); 0 without a runner-up."""
    against_plain: float
    """weight × (chosen score − score of candidate 0, which is what would have been said without choosing)."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this answer: in words, then trait by trait, strongest effect first."""

    summary: str
    effects: tuple[TraitEffect, ...] = ()
    candidates: int = 1
    instruction: str = ""
    """The profile in words as the model was told it; empty when it was told nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A finished answer with everything that led to it."""

    text: str
    reasoning: str = ""
    candidates: tuple[Candidate, ...] = ()
    chosen: int = 0
    """Index into candidates."""
    explanation: Explanation = field(default_factory=lambda: Explanation(summary=""))
    statistics: Statistics = field(default_factory=Statistics)
    finish_reason: FinishReason = "stop"
    chat_id: int | None = None
    """None when the answer was not stored."""
    message_id: int | None = None
