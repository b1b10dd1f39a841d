"""The tools that the benchmark of alignment compares: one line each, from a user and a prompt to a request.

A new way to align is one more line in TOOLS, in the terms of `engine.protocol.GenerateRequest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from localpersona.alignment.instructions import instruction_line
from localpersona.alignment.steering import steering_weights
from localpersona.alignment.strength import effective
from localpersona.bench.alignment_users import User
from localpersona.bench.protocol import BenchError
from localpersona.engine.protocol import GenerateRequest, SearchSpec, SteeringSpec, Taste
from localpersona.preferences import Weights
from localpersona.rewards.traits import TASTES
from localpersona.values import Sampling, Turn

REFERENCES = ("reference-1", "reference-2")
"""Plain answers of seeds of their own: what every tool, the plain one as well, is compared with."""
SEEDS_APART = 50
"""Between the seeds of a tool's candidates and those of the references."""

Place = Literal["early", "late", None]
"""Of the instruction: in the system turn, at the end of the question, nowhere."""

_FULL = SearchSpec()
_PRUNED = SearchSpec(pruned=True)
_FIRST = SearchSpec(pruned=True, block=16, finalists=1)
_GUIDED = SearchSpec(method="guided", beside=True)
_THEN_3 = SearchSpec(method="guided", beside=True, width=3)
_THEN_4 = SearchSpec(method="guided", beside=True, width=4)


@dataclass(frozen=True)
class Tool:
    """One way to answer."""

    key: str
    title: str
    candidates: int = 1
    search: SearchSpec = field(default_factory=SearchSpec)
    strength: float = 1.0
    """Of the weights, 0 … 1: see `alignment.strength`."""
    instructed: Place = None
    """Where the profile in words stands in the prompt, if anywhere."""
    contrast: float = 0.0
    """γ of contrastive decoding between the instructed and the plain model; 0: none."""
    steering: float = 0.0
    """Share of the residual that a weight of 1 adds (see `alignment.steering`); 0: none."""
    seed_offset: int = 0

    @property
    def plain(self) -> bool:
        """Whether the answer is the same for everybody."""
        return self.candidates == 1 and self._same_candidates

    @property
    def chosen_afterwards(self) -> bool:
        """Whether everybody's answer is one of the same candidates, which are then made once."""
        return self.candidates > 1 and self.search == _FULL and self._same_candidates

    @property
    def _same_candidates(self) -> bool:
        return self.instructed is None and not self.steering

    def request(
        self, prompt: str, user: User, prior: Weights, sampling: Sampling, vectors: str
    ) -> GenerateRequest:
        """Return what the engine is asked. vectors: the file of the model's steering vectors, if there is one."""
        taste = taste_of(user, prior, self.strength)
        line = instruction_line(user.weights, self.strength, TASTES) if self.instructed else ""
        steering = None
        if self.steering:
            wanted = steering_weights(taste.mean, [name in TASTES for name in prior.names], self.steering)
            steering = SteeringSpec(vectors, wanted)
        return GenerateRequest(
            turns=(Turn("user", prompt),),
            sampling=sampling,
            candidates=self.candidates,
            taste=taste if self.candidates > 1 else None,
            search=self.search,
            instruction=line,
            late=self.instructed == "late",
            contrast=self.contrast,
            steering=steering,
        )


def taste_of(user: User, prior: Weights, strength: float) -> Taste:
    """Return what the engine needs to choose for this user."""
    mean, covariance = effective(user.weights, prior, strength)
    return Taste(tuple(mean.tolist()), tuple(map(tuple, covariance.tolist())), prior.version)


TOOLS: tuple[Tool, ...] = (
    *(Tool(key, "another plain answer", seed_offset=SEEDS_APART + at) for at, key in enumerate(REFERENCES)),
    Tool("plain", "plain model"),
    Tool("best-4", "best of 4", 4, _FULL),
    Tool("best-8", "best of 8", 8, _FULL),
    Tool("best-16", "best of 16", 16, _FULL),
    Tool("best-8-medium", "best of 8, medium strength", 8, _FULL, strength=2 / 3),
    Tool("pruned-8", "best of 8, pruned", 8, _PRUNED),
    Tool("pruned-16", "best of 16, pruned", 16, _PRUNED),
    Tool("first-8", "best beginning of 8", 8, _FIRST),
    Tool("guided-2", "guided by 2", 2, _GUIDED),
    Tool("guided-4", "guided by 4", 4, _GUIDED),
    Tool("guided-8", "guided by 8", 8, _GUIDED),
    Tool("guided-8-3", "guided by 8, then 3", 8, _THEN_3),
    Tool("guided-8-4", "guided by 8, then 4", 8, _THEN_4),
    Tool("instructions", "instructions", instructed="early"),
    Tool("instructions-late", "instructions, late", instructed="late"),
    Tool("contrast-1.5", "contrast 1.5", instructed="early", contrast=1.5),
    Tool("contrast-2", "contrast 2", instructed="early", contrast=2.0),
    Tool("contrast-3", "contrast 3", instructed="early", contrast=3.0),
    Tool("steering-0.01", "steering 0.01", steering=0.01),
    Tool("steering-0.02", "steering 0.02", steering=0.02),
    Tool("instructions+best-8", "instructions, best of 8", 8, _FULL, instructed="early"),
    Tool("instructions+pruned-8", "instructions, best of 8, pruned", 8, _PRUNED, instructed="early"),
    Tool("instructions+guided-4", "instructions, guided by 4", 4, _GUIDED, instructed="early"),
    Tool("instructions+guided-8", "instructions, guided by 8", 8, _GUIDED, instructed="early"),
    Tool("late+guided-4", "instructions late, guided by 4", 4, _GUIDED, instructed="late"),
    Tool("late+guided-8-3", "instructions late, guided by 8, then 3", 8, _THEN_3, instructed="late"),
    Tool("late+guided-8-4", "instructions late, guided by 8, then 4", 8, _THEN_4, instructed="late"),
    Tool("late+guided-8", "instructions late, guided by 8", 8, _GUIDED, instructed="late"),
    Tool("late+first-8", "instructions late, best beginning of 8", 8, _FIRST, instructed="late"),
    Tool("contrast-2+guided-4", "contrast 2, guided by 4", 4, _GUIDED, instructed="early", contrast=2.0),
    Tool("steering+guided-4", "steering 0.02, guided by 4", 4, _GUIDED, steering=0.02),
    Tool("steering-0.01+guided-8-3", "steering 0.01, guided by 8, then 3", 8, _THEN_3, steering=0.01),
)
"""In the order of the table. The references come first, since everything is compared with them."""


def chosen_tools(keys: Sequence[str], vectors: str = "") -> tuple[Tool, ...]:
    """Return the references, the plain model and the tools with these keys; all for none. Raises BenchError.

    vectors: a file of steering vectors; without one, all means all but those that steer.
    """
    known = {tool.key: tool for tool in TOOLS}
    unknown = [key for key in keys if key not in known]
    if unknown:
        offered = ", ".join(key for key in known if key not in REFERENCES)
        raise BenchError(f"There is no tool {unknown[0]}. Those there are: {offered}")
    unsteerable = [key for key in keys if known[key].steering and not vectors]
    if unsteerable:
        raise BenchError(
            f"{unsteerable[0]} needs the model's steering vectors: name their file with --vectors."
        )
    wanted = keys or [tool.key for tool in TOOLS if vectors or not tool.steering]
    return tuple(tool for tool in TOOLS if tool.key in (*REFERENCES, "plain", *wanted))
