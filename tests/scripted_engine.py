"""An engine without an LLM: it says what the test tells it to, with the events and errors of the real one."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace

import localpersona
from localpersona.engine.protocol import (
    Delta,
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineEvent,
    Generated,
    GenerateRequest,
    ModelError,
    ModelInfo,
    ModelSpec,
    Progress,
    PromptRead,
    PromptTooLong,
    Scores,
    Taste,
)
from localpersona.values import Candidate, FinishReason, Statistics, Turn

Script = Callable[[GenerateRequest, int], str]
"""From a request and the candidate's index to that candidate's text."""

INFO = ModelInfo(
    path="/models/scripted.gguf", name="Scripted 1B", architecture="llama", parameters=1_000_000_000,
    size_bytes=600_000_000, quantisation="Q4_0", context_length=4096, trained_context_length=8192, layers=16,
)  # fmt: skip


class ScriptedEngine:
    """See `localpersona.engine.protocol.Engine`.

    answers: texts used one after the other, round and round (a request with N candidates takes the next N),
        or a function. A text may begin with `<think>…</think>`.
    delay: seconds before each piece of text (and each Progress).
    crash_after: raise EngineCrashed after that many Deltas (or Progress events), once; the next works.
    hold_after: wait after that many Deltas for `release()` or `cancel()`: a test can look at a half answer.
    bad_models: path → message; loading that path raises ModelError(message).
    version: of the reward model; by default that of the shipped prior.
    A "token" is a word with the white space after it. `requests` and `loads` record what was asked.
    """

    def __init__(
        self,
        answers: Sequence[str] | Script = ("A scripted answer.",),
        delay: float = 0.0,
        crash_after: int | None = None,
        info: ModelInfo = INFO,
        *,
        hold_after: int | None = None,
        bad_models: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> None:
        self.answers = answers
        self.delay = delay
        self.crash_after = crash_after
        self.hold_after = hold_after
        self.bad_models = dict(bad_models or {})
        self.requests: list[GenerateRequest] = []
        self.loads: list[ModelSpec] = []
        self.closed = False
        self._offered = info
        self._info: ModelInfo | None = None
        self._spec = ModelSpec(info.path, context_length=info.context_length)
        self._version = version
        self._given = 0
        self._running = threading.Lock()
        self._cancelled = threading.Event()
        self._released = threading.Event()

    @property
    def info(self) -> ModelInfo | None:
        return self._info

    @property
    def busy(self) -> bool:
        return self._running.locked()

    @property
    def version(self) -> str:
        if self._version is None:
            self._version = localpersona.Weights.prior().version
        return self._version

    def load(self, spec: ModelSpec) -> ModelInfo:
        self.loads.append(spec)
        if spec.path in self.bad_models:
            raise ModelError(self.bad_models[spec.path])
        self._spec = spec
        name = self._offered.name if spec.path == self._offered.path else spec.path.rsplit("/", 1)[-1]
        self._info = replace(self._offered, path=spec.path, name=name, context_length=spec.context_length)
        return self._info

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        if not self._running.acquire(blocking=False):
            raise EngineBusy("Another answer is being written.\nWait for it or stop it first.")
        try:
            self._cancelled.clear()
            self._released.clear()
            self.requests.append(request)
            yield from self._answer(request, self._info or self.load(self._spec))
        finally:
            self._running.release()

    def _answer(self, request: GenerateRequest, info: ModelInfo) -> Iterator[EngineEvent]:
        if request.taste is not None and request.taste.version != self.version:
            raise EngineError("The weights belong to another reward model.\nScore the comparisons again.")
        prompt_tokens, dropped = self._fit(request.turns, info.context_length)
        yield PromptRead(prompt_tokens, 0, dropped, info.context_length)
        started = time.monotonic()
        texts = [_Script(self._text(request, index)) for index in range(max(request.candidates, 1))]
        if request.candidates > 1 and request.taste is not None:
            candidates = yield from self._decode_silently(request, texts)
            chosen = _best(candidates, request.taste)
            yield from texts[chosen].pieces[: candidates[chosen].tokens]
        else:
            candidates, chosen = (yield from self._decode_aloud(request, texts)), 0
        statistics = Statistics(
            prompt_tokens=prompt_tokens,
            generated_tokens=sum(candidate.tokens for candidate in candidates),
            prompt_seconds=0.01,
            decode_seconds=max(time.monotonic() - started, 0.01),
            context_length=info.context_length,
            context_used=prompt_tokens + candidates[chosen].tokens,
            dropped_turns=dropped,
        )
        yield Generated(tuple(candidates), chosen, statistics)

    def _decode_silently(
        self, request: GenerateRequest, texts: list[_Script]
    ) -> Generator[EngineEvent, None, list[Candidate]]:
        done = 0
        while done < min(max(len(text.pieces) for text in texts), request.sampling.max_tokens):
            self._maybe_crash(done)
            if self._pause():
                break
            done += 1
            tokens = sum(min(done, len(text.pieces)) for text in texts)
            yield Progress(tokens, sum(len(text.pieces) <= done for text in texts), len(texts))
        self._maybe_crash(done)
        return [self._candidate(request, index, text, done) for index, text in enumerate(texts)]

    def _decode_aloud(
        self, request: GenerateRequest, texts: list[_Script]
    ) -> Generator[EngineEvent, None, list[Candidate]]:
        said = 0
        for delta in texts[0].pieces[: request.sampling.max_tokens]:
            self._maybe_crash(said)
            if self._pause(hold=said == self.hold_after):
                break
            said += 1
            yield delta
        self._maybe_crash(said)
        return [self._candidate(request, index, text, said) for index, text in enumerate(texts)]

    def _candidate(self, request: GenerateRequest, index: int, script: _Script, tokens: int) -> Candidate:
        kept = script.pieces[:tokens]
        text = "".join(piece.text for piece in kept if not piece.reasoning)
        reason: FinishReason = "cancelled" if self._cancelled.is_set() else "length"
        scored = request.taste is not None
        return Candidate(
            text=text,
            reasoning="".join(piece.text for piece in kept if piece.reasoning),
            seed=request.sampling.seed + index,
            tokens=len(kept),
            finish_reason="stop" if len(kept) == len(script.pieces) else reason,
            mean_log_probability=-1.0 - 0.1 * index,
            traits=fake_traits(text) if scored else (),
            spread=(0.1,) * 12 if scored else (),
        )

    def score(self, prompt: str, responses: Sequence[str]) -> Scores:
        traits = tuple(fake_traits(response) for response in responses)
        return Scores(traits, tuple((0.1,) * 12 for _ in responses), self.version)

    def likelihood(self, prompt: str, responses: Sequence[str]) -> tuple[float, ...]:
        """The longer, the less probable."""
        return tuple(-0.01 * len(_tokens(response)) for response in responses)

    def count_tokens(self, text: str) -> int:
        return len(_tokens(text))

    def cancel(self) -> None:
        self._cancelled.set()
        self._released.set()

    def release(self) -> None:
        """Let a held answer go on."""
        self._released.set()

    def unload(self) -> None:
        self._info = None

    def close(self) -> None:
        self.cancel()
        self._info = None
        self.closed = True

    def _text(self, request: GenerateRequest, index: int) -> str:
        if callable(self.answers):
            text = self.answers(request, index)
        else:
            text = self.answers[self._given % len(self.answers)]
            self._given += 1
        return text.removeprefix(request.continuation)

    def _fit(self, turns: Sequence[Turn], context_length: int) -> tuple[int, int]:
        kept, dropped = list(turns), 0
        first = 1 if kept and kept[0].role == "system" else 0
        while sum(self.count_tokens(turn.content) for turn in kept) >= context_length:
            oldest = slice(first, min(first + 2, len(kept) - 1))
            if not kept[oldest]:
                raise PromptTooLong(f"The question does not fit {context_length} tokens.\nShorten it.")
            dropped += len(kept[oldest])
            del kept[oldest]
        return sum(self.count_tokens(turn.content) for turn in kept), dropped

    def _pause(self, hold: bool = False) -> bool:
        """Wait as told; return whether the request was cancelled."""
        if hold:
            self._released.wait(timeout=30)
        return self._cancelled.wait(self.delay) if self.delay else self._cancelled.is_set()

    def _maybe_crash(self, count: int) -> None:
        if self.crash_after is not None and count >= self.crash_after:
            self.crash_after = None
            self._info = None
            raise EngineCrashed(
                "The model's process ended unexpectedly (SIGSEGV).\nIt starts again by itself."
            )


def fake_traits(text: str) -> tuple[float, ...]:
    """Return 12 made-up trait scores, in the order of `rewards.TRAITS`, that follow from the text."""
    words = max(len(text.split()), 1)
    lower = text.lower()
    return (
        math.log(words / 30),  # length
        1.0 - 2.0 * lower.count("'") / words * 10,  # formality: contractions are casual
        float(lower.count("joke") + lower.count("😀")),  # humour
        float(text.count("?")),  # elicitation
        float(text.count("!")),  # enthusiasm
        float(lower.count("please") + lower.count("thank")),  # politeness
        -float(lower.count("maybe") + lower.count("might")),  # confidence
        float(len(re.findall(r"(?m)^(?:[-*#]|\d+\.) ", text))),  # structure
        sum(map(len, text.split())) / words - 5.0,  # depth: long words
        float(lower.count("you")) / 2,  # warmth
        float(lower.count("like a")),  # imagery
        0.0 if text else -2.0,  # quality
    )


class _Script:
    """A text cut into the pieces that it is streamed in."""

    def __init__(self, whole: str) -> None:
        found = re.match(r"<think>(.*?)(?:</think>\s*|$)", whole, re.DOTALL)
        reasoning, text = (found[1], whole[found.end() :]) if found else ("", whole)
        self.pieces = [Delta(token, True) for token in _tokens(reasoning)]
        self.pieces += [Delta(token) for token in _tokens(text)]


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*", text)


def _best(candidates: Sequence[Candidate], taste: Taste) -> int:
    def value(index: int) -> float:
        usable = 0.0 if candidates[index].text.strip() else -1e9
        return usable + sum(w * t for w, t in zip(taste.mean, candidates[index].traits, strict=True))

    return max(range(len(candidates)), key=value)
