"""The loop that grows drafts side by side, one token each in one batch, over any `Decoder`.

It knows nothing of choosing: a search (see `search`) starts it, stops it and takes drafts out of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from localpersona.alignment.answer_text import AnswerText
from localpersona.alignment.decoder import Decoder, Stopped
from localpersona.alignment.sampling import Sampler
from localpersona.alignment.sense import Reading
from localpersona.values import FinishReason


@dataclass(slots=True, eq=False)
class Draft:
    """One candidate while it is decoded."""

    sequence: int
    sampler: Sampler
    text: AnswerText = field(default_factory=AnswerText)
    tokens: list[int] = field(default_factory=list)
    """Without the token that ended it."""
    answered: int = 0
    """How many of them belong to the answer: reasoning does not count."""
    drawn: int = 0
    """How many tokens were drawn for it in all, also those that were not kept."""
    log_probability: float = 0.0
    """Sum over `tokens`, natural logarithm."""
    reading: Reading | None = None
    """What a probe makes of the logits; None for a model without one."""
    finish_reason: FinishReason | None = None
    """None while it is being decoded."""

    @property
    def live(self) -> bool:
        return self.finish_reason is None

    @property
    def whole(self) -> bool:
        """Whether it is a complete answer."""
        return self.finish_reason in ("stop", "length")

    @property
    def reasons(self) -> bool:
        """Whether it has not come to the answer yet."""
        return bool(self.text.reasoning) and not self.text.text

    @property
    def mean_log_probability(self) -> float:
        return self.log_probability / len(self.tokens) if self.tokens else 0.0

    def draw(self, decoder: Decoder, max_tokens: int) -> None:
        """Draw one token from the sequence's logits."""
        row = decoder.logits(self.sequence)
        token, log_probability = self.sampler.draw(row)
        if decoder.ends(token):
            self.finish("stop")
            return
        if self.reading is not None:
            self.reading.hear(row)
        self.drawn += 1
        self.tokens.append(token)
        self.log_probability += log_probability
        self.text.feed(decoder.piece(token))
        self.answered += bool(self.text.text)
        if self.text.stopped:
            self.finish("stop")
        elif len(self.tokens) >= max_tokens:
            self.finish("length")

    def follow(self, other: Draft) -> None:
        """Go on from where another draft is, with dice of its own."""
        self.sampler.follow(other.sampler)
        self.text = copy.deepcopy(other.text)
        self.tokens, self.answered = list(other.tokens), other.answered
        self.log_probability, self.finish_reason = other.log_probability, other.finish_reason
        if self.reading is not None and other.reading is not None:
            self.reading.follow(other.reading)

    def finish(self, reason: FinishReason) -> None:
        """Grow no further. What the text held back is then part of it."""
        self.finish_reason = reason
        self.text.flush()


def decode(
    decoder: Decoder,
    drafts: Sequence[Draft],
    max_tokens: int,
    stopped: Callable[[], bool] = lambda: False,
    pauses: Callable[[Draft], bool] = lambda _draft: False,
) -> Iterator[None]:
    """Draw a token for every draft that is live, and yield; until none is.

    Their sequences must have logits. Between two steps the caller may finish drafts, which then leave the batch;
    those for which `pauses` is true leave it, too. The last token of a draft that has left it is not in the
    cache. When the user stops it, the drafts that are in the batch are finished as "cancelled".
    """
    live = [draft for draft in drafts if draft.live]
    while live and not stopped():
        for draft in live:
            draft.draw(decoder, max_tokens)
        yield
        live = [draft for draft in live if draft.live and not pauses(draft)]
        if live and not _append(decoder, live):
            break
    for draft in live:
        draft.finish("cancelled")


def was_stopped(drafts: Sequence[Draft]) -> bool:
    """Whether the user stopped them before all were complete."""
    return any(draft.finish_reason == "cancelled" for draft in drafts)


def _append(decoder: Decoder, live: Sequence[Draft]) -> bool:
    """Append every draft's last token; return whether it went through."""
    try:
        decoder.append({draft.sequence: draft.tokens[-1:] for draft in live})
    except Stopped:
        return False
    return True
