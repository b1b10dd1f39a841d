"""One request in the child: prompt, candidates, scores, choice."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from localpersona.alignment.best_of_n import choose
from localpersona.alignment.decode import Draft, decode
from localpersona.alignment.decoder import Stopped
from localpersona.alignment.reasoning import split_reasoning
from localpersona.alignment.sampling import Sampler
from localpersona.engine.answer_text import AnswerText
from localpersona.engine.llama import LlamaModel
from localpersona.engine.prompt import Prompt, PromptBuilder
from localpersona.engine.protocol import (
    Delta,
    EngineError,
    EngineEvent,
    Generated,
    GenerateRequest,
    Progress,
    PromptRead,
    Scores,
    Taste,
)
from localpersona.values import Candidate, Statistics

_DELTA_SECONDS = 0.02
_PROGRESS_SECONDS = 0.1

Scorer = Callable[[str, Sequence[str]], Scores]


@dataclass
class Generation:
    """Answers one request. score: gives responses' trait scores; only called when the request has a taste."""

    model: LlamaModel
    request: GenerateRequest
    score: Scorer
    stopped: Callable[[], bool]
    _texts: list[AnswerText] = field(default_factory=list)
    _pending: list[tuple[str, bool]] = field(default_factory=list)
    _told: float = 0.0

    def events(self) -> Iterator[EngineEvent]:
        """Yield the request's events, the last one `Generated`. Raises EngineError."""
        sampling = self.request.sampling
        builder = PromptBuilder(self.model.template, self.model.vocabulary, self.model.info.context_length)
        prompt = builder.build(self.request.turns, self.request.continuation, sampling.max_tokens)
        count = max(self.request.candidates, 1)
        started = time.monotonic()
        limit = self._make_room(prompt, count)
        reused = self.model.decoder.reuse(prompt.tokens)
        statistics = Statistics(
            prompt_tokens=len(prompt.tokens),
            reused_tokens=reused,
            context_length=self.model.info.context_length,
            dropped_turns=prompt.dropped_turns,
        )
        samplers = [Sampler(sampling, sampling.seed + index) for index in range(count)]
        self._texts = [
            AnswerText(begun=self.request.continuation, inside=prompt.inside_reasoning, stop=builder.stop)
            for _ in samplers
        ]
        try:
            self.model.decoder.append({0: prompt.tokens[reused:]})
        except Stopped:
            nothing = [
                Draft(index, sampler, finish_reason="cancelled") for index, sampler in enumerate(samplers)
            ]
            yield Generated(tuple(map(self._candidate, nothing, self._texts)), 0, statistics)
            return
        yield PromptRead(len(prompt.tokens), reused, prompt.dropped_turns, statistics.context_length)
        decoding = time.monotonic()
        drafts = yield from self._decode(samplers, limit)
        decoded = time.monotonic()
        yield from self._finish(
            drafts, replace(statistics, prompt_seconds=decoding - started, decode_seconds=decoded - decoding)
        )

    def _make_room(self, prompt: Prompt, count: int) -> int:
        """Enlarge the pool where needed; return how many tokens each candidate may have."""
        limit = min(self.request.sampling.max_tokens, prompt.room)
        decoder = self.model.decoder
        try:
            decoder.ensure(len(prompt.tokens) + count * limit, count)
        except MemoryError:
            limit = (decoder.cells - len(prompt.tokens)) // count
            if limit < 1 or decoder.sequences < count:
                raise EngineError(
                    f"There is not enough memory for {count} candidates.\nChoose fewer, or a shorter context."
                ) from None
        return limit

    def _decode(self, samplers: Sequence[Sampler], limit: int) -> Generator[EngineEvent, None, list[Draft]]:
        """Decode all candidates, and stream the first one unless there is a choice to make."""
        streams = self.request.taste is None or len(samplers) == 1
        drafts: list[Draft] = []
        seen = [0] * len(samplers)
        for drafts in decode(self.model.decoder, samplers, limit, self.stopped):
            for index, draft in enumerate(drafts):
                if len(draft.tokens) > seen[index]:
                    seen[index] = len(draft.tokens)
                    self._read(index, draft)
            yield from self._deltas() if streams else self._progress(drafts)
        for index, text in enumerate(self._texts):
            rest = text.flush()
            if index == 0:
                self._pending += rest
        if streams:
            yield from self._deltas(final=True)
        return drafts

    def _read(self, index: int, draft: Draft) -> None:
        """Turn a draft's newest token into text."""
        pieces = self._texts[index].feed(self.model.decoder.piece(draft.tokens[-1]))
        if index == 0:
            self._pending += pieces
        if self._texts[index].stopped:
            draft.finish_reason = "stop"

    def _deltas(self, *, final: bool = False) -> Iterator[Delta]:
        """Yield what is pending, but not more often than a screen needs it."""
        now = time.monotonic()
        if not final and now - self._told < _DELTA_SECONDS:
            return
        for reasoning in (True, False):
            text = "".join(piece for piece, inside in self._pending if inside is reasoning)
            if text:
                self._told = now
                yield Delta(text, reasoning)
        self._pending.clear()

    def _progress(self, drafts: Sequence[Draft]) -> Iterator[Progress]:
        now = time.monotonic()
        if now - self._told < _PROGRESS_SECONDS:
            return
        self._told = now
        finished = sum(draft.finish_reason is not None for draft in drafts)
        yield Progress(sum(len(draft.tokens) for draft in drafts), finished, len(drafts))

    def _finish(self, drafts: Sequence[Draft], statistics: Statistics) -> Iterator[EngineEvent]:
        """Score and choose, show what was chosen, and keep its cache for the next turn."""
        candidates = [self._candidate(draft, text) for draft, text in zip(drafts, self._texts, strict=True)]
        chosen = 0
        if self.request.taste is not None and not self.stopped():
            candidates, chosen = self._choose(candidates, self.request.taste)
        if self.request.taste is not None and len(candidates) > 1:
            shown = candidates[chosen]
            yield from (
                Delta(text, inside) for text, inside in ((shown.reasoning, True), (shown.text, False)) if text
            )
        self.model.decoder.keep(chosen)
        yield Generated(
            tuple(candidates),
            chosen,
            replace(
                statistics,
                generated_tokens=sum(candidate.tokens for candidate in candidates),
                context_used=statistics.prompt_tokens + candidates[chosen].tokens,
            ),
        )

    def _choose(self, candidates: Sequence[Candidate], taste: Taste) -> tuple[list[Candidate], int]:
        question = next((turn.content for turn in reversed(self.request.turns) if turn.role == "user"), "")
        begun, _ = split_reasoning(self.request.continuation)
        scores = self.score(question, [begun + candidate.text for candidate in candidates])
        scored = [
            replace(candidate, traits=traits, spread=spread)
            for candidate, traits, spread in zip(candidates, scores.traits, scores.spread, strict=True)
        ]
        usable = [bool(candidate.text.strip()) for candidate in candidates]
        choice = choose(
            scores.traits, scores.spread, taste.mean, taste.covariance, taste.uncertainty_penalty, usable
        )
        return scored, choice.index

    def _candidate(self, draft: Draft, text: AnswerText) -> Candidate:
        return Candidate(
            text=text.text,
            reasoning=text.reasoning.rstrip(),
            seed=draft.sampler.seed,
            tokens=len(draft.tokens),
            finish_reason=draft.finish_reason or "cancelled",
            mean_log_probability=draft.mean_log_probability,
        )
