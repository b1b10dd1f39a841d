"""One request in the child: prompt, search, scores, answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from localpersona.alignment.answer_text import AnswerText
from localpersona.alignment.best_of_n import BestOfN
from localpersona.alignment.decode import Draft
from localpersona.alignment.decoder import Stopped
from localpersona.alignment.guided import Guided
from localpersona.alignment.pruning import PrunedBestOfN, halving
from localpersona.alignment.reasoning import split_reasoning
from localpersona.alignment.sampling import Sampler
from localpersona.alignment.search import Search, Step
from localpersona.alignment.sense import Probe, Reading
from localpersona.engine.judging import Scorer, TasteJudge
from localpersona.engine.llama import LlamaModel
from localpersona.engine.probe_file import probe_for
from localpersona.engine.protocol import EngineEvent, Generated, GenerateRequest, PromptRead
from localpersona.engine.streaming import Stream
from localpersona.engine.voice import Voice, voice
from localpersona.values import Candidate, Statistics


@dataclass
class Generation:
    """Answers one request. score: gives responses' trait scores; only called when the request has a taste."""

    model: LlamaModel
    request: GenerateRequest
    score: Scorer
    stopped: Callable[[], bool]

    def events(self) -> Iterator[EngineEvent]:
        """Yield the request's events, the last one `Generated`. Raises EngineError."""
        judge = self._judge()
        count = max(self.request.candidates, 1)
        search = _search(self.request, judge)
        started = time.monotonic()
        found = voice(self.model, self.request, search, count)
        drafts = [self._draft(index, found) for index in range(count)]
        statistics = Statistics(
            prompt_tokens=len(found.prompt.tokens),
            reused_tokens=found.reused,
            context_length=self.model.info.context_length,
            dropped_turns=found.prompt.dropped_turns,
        )
        try:
            found.read()
        except Stopped:
            for draft in drafts:
                draft.finish("cancelled")
            yield Generated(_candidates(drafts, None), 0, statistics)
            return
        yield PromptRead(
            len(found.prompt.tokens), found.reused, found.prompt.dropped_turns, statistics.context_length
        )
        decoding = time.monotonic()
        stream, step = Stream(found.decoder, self._text(found)), Step(drafts)
        for step in search.run(found.decoder, drafts, found.limit, self.stopped):
            yield from stream.of(step)
        decoded = time.monotonic()
        yield from stream.rest(step)
        answer = step.drafts[step.leader]
        found.keep(answer.sequence)
        if judge is not None and not self.stopped():
            _score_the_rest(judge, step.drafts)
        yield Generated(
            _candidates(step.drafts, judge),
            step.leader,
            replace(
                statistics,
                prompt_seconds=decoding - started,
                decode_seconds=decoded - decoding,
                generated_tokens=sum(draft.drawn for draft in drafts),
                context_used=statistics.prompt_tokens + len(answer.tokens),
            ),
        )

    def _judge(self) -> TasteJudge | None:
        if self.request.taste is None:
            return None
        question = next((turn.content for turn in reversed(self.request.turns) if turn.role == "user"), "")
        begun, _ = split_reasoning(self.request.continuation)
        return TasteJudge(self.score, self.request.taste, question, begun)

    @cached_property
    def _probe(self) -> Probe | None:
        """What reads the model's logits where candidates are compared."""
        compares = self.request.taste is not None and self.request.candidates > 1
        return probe_for(self.model.spec.path, self.model.vocabulary.size) if compares else None

    def _draft(self, index: int, found: Voice) -> Draft:
        sampling = self.request.sampling
        draft = Draft(index, Sampler(sampling, sampling.seed + index), self._text(found))
        if self._probe is not None:
            draft.reading = Reading(self._probe)
        return draft

    def _text(self, found: Voice) -> AnswerText:
        return AnswerText(
            begun=self.request.continuation, inside=found.prompt.inside_reasoning, stop=found.stop
        )


def _search(request: GenerateRequest, judge: TasteJudge | None) -> Search:
    count, how = max(request.candidates, 1), request.search
    if judge is None or count == 1:
        return BestOfN(None, count)
    if how.method == "guided":
        return Guided(judge, count, how.block, how.beside, how.width)
    return (
        PrunedBestOfN(judge, count, halving(count, how.block, how.finalists))
        if how.pruned
        else BestOfN(judge, count)
    )


def _score_the_rest(judge: TasteJudge, drafts: Sequence[Draft]) -> None:
    """Score what no search had to: a single answer, the only one left, a plain one that was cut."""
    rest = [draft for draft in drafts if not judge.row(draft.text.text)[0] or draft.whole]
    if rest:
        judge(rest)


def _candidates(drafts: Sequence[Draft], judge: TasteJudge | None) -> tuple[Candidate, ...]:
    return tuple(_candidate(draft, judge) for draft in drafts)


def _candidate(draft: Draft, judge: TasteJudge | None) -> Candidate:
    traits, spread = judge.row(draft.text.text) if judge is not None else ((), ())
    return Candidate(
        text=draft.text.text,
        reasoning=draft.text.reasoning.rstrip(),
        seed=draft.sampler.seed,
        tokens=len(draft.tokens),
        finish_reason=draft.finish_reason or "cancelled",
        mean_log_probability=draft.mean_log_probability,
        reading=draft.reading.quality if draft.reading is not None else None,
        traits=traits,
        spread=spread,
    )
