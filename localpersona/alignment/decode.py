"""The loop that decodes N candidates from one prefix, in one batch, over any `Decoder`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from localpersona.alignment.decoder import Decoder, Stopped
from localpersona.alignment.sampling import Sampler
from localpersona.values import FinishReason


@dataclass(slots=True)
class Draft:
    """One candidate while it is decoded."""

    sequence: int
    sampler: Sampler
    tokens: list[int] = field(default_factory=list)
    """Without the token that ended it."""
    log_probability: float = 0.0
    """Sum over `tokens`, natural logarithm."""
    finish_reason: FinishReason | None = None
    """None while it is being decoded."""

    @property
    def mean_log_probability(self) -> float:
        return self.log_probability / len(self.tokens) if self.tokens else 0.0


def decode(
    decoder: Decoder,
    samplers: Sequence[Sampler],
    max_tokens: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[list[Draft]]:
    """Decode one candidate per sampler from the prefix in sequence 0; yield all drafts after every step.

    Candidate i lives in sequence i. The first step draws all of them from the same row; a draft that has
    finished leaves the batch but keeps its cells, because the chosen answer is the beginning of the next
    prompt. Whatever ends the loop, every draft then has a finish reason.
    """
    drafts = [Draft(sequence, sampler) for sequence, sampler in enumerate(samplers)]
    decoder.fork(0, range(1, len(drafts)))
    live = drafts
    while live and not stopped():
        for draft in live:
            _step(decoder, draft, max_tokens)
        yield drafts
        live = [draft for draft in live if draft.finish_reason is None]
        if live and not _advance(decoder, live):
            break
    for draft in live:
        draft.finish_reason = "cancelled"
    if live:
        yield drafts


def _step(decoder: Decoder, draft: Draft, max_tokens: int) -> None:
    token, log_probability = draft.sampler.draw(decoder.logits(draft.sequence))
    if decoder.ends(token):
        draft.finish_reason = "stop"
        return
    draft.tokens.append(token)
    draft.log_probability += log_probability
    if len(draft.tokens) >= max_tokens:
        draft.finish_reason = "length"


def _advance(decoder: Decoder, live: Sequence[Draft]) -> bool:
    """Append every draft's last token; return whether it went through."""
    try:
        decoder.append({draft.sequence: draft.tokens[-1:] for draft in live})
    except Stopped:
        return False
    return True
