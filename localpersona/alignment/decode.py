"""The loop that grows drafts side by side, one token each in one batch, over any `Decoder`.

It knows nothing of choosing: a search (see `search`) starts it, stops it and takes drafts out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from localpersona.alignment.answer_text import AnswerText
from localpersona.alignment.decoder import Decoder, Stopped
from localpersona.alignment.sampling import Sampler
from localpersona.values import FinishReason


@dataclass(slots=True)
class Draft:
    """One candidate while it is decoded."""

    sequence: int
    sampler: Sampler
    text: AnswerText = field(default_factory=AnswerText)
    tokens: list[int] = field(default_factory=list)
    """Without the token that ended it."""
    answered: int = 0
    """How many of them belong to the answer: reasoning does not count."""
    log_probability: float = 0.0
    """Sum over `tokens`, natural logarithm."""
    finish_reason: FinishReason | None = None
    """None while it is being decoded."""

    @property
    def live(self) -> bool:
        return self.finish_reason is None

    @property
    def mean_log_probability(self) -> float:
        return self.log_probability / len(self.tokens) if self.tokens else 0.0

    def draw(self, decoder: Decoder, max_tokens: int) -> None:
        """Draw one token from the sequence's logits."""
        token, log_probability = self.sampler.draw(decoder.logits(self.sequence))
        if decoder.ends(token):
            self.finish("stop")
            return
        self.tokens.append(token)
        self.log_probability += log_probability
        self.text.feed(decoder.piece(token))
        self.answered += bool(self.text.text)
        if self.text.stopped:
            self.finish("stop")
        elif len(self.tokens) >= max_tokens:
            self.finish("length")

    def finish(self, reason: FinishReason) -> None:
        """Grow no further. What the text held back is then part of it."""
        self.finish_reason = reason
        self.text.flush()


def decode(
    decoder: Decoder,
    drafts: Sequence[Draft],
    max_tokens: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Draw a token for every draft that is live, and yield; until none is.

    Their sequences must have logits. Between two steps the caller may finish drafts, which then leave the batch,
    or take the generator's end for its own: the last tokens drawn are then not yet in the cache. When the user
    stops it, the drafts that are live are finished as "cancelled".
    """
    live = [draft for draft in drafts if draft.live]
    while live and not stopped():
        for draft in live:
            draft.draw(decoder, max_tokens)
        yield
        live = [draft for draft in live if draft.live]
        if live and not _append(decoder, live):
            break
    for draft in live:
        draft.finish("cancelled")


def _append(decoder: Decoder, live: Sequence[Draft]) -> bool:
    """Append every draft's last token; return whether it went through."""
    try:
        decoder.append({draft.sequence: draft.tokens[-1:] for draft in live})
    except Stopped:
        return False
    return True
