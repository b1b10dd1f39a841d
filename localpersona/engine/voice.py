"""From a request to the decoder that speaks for it, with room for the answers and the prompt about to be read.

Whatever changes what the model says before a search begins belongs here: a decoder wrapped around llama.cpp's,
vectors and adapters (which make the cache of former answers worthless).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localpersona.alignment.decoder import Decoder
from localpersona.alignment.search import Search
from localpersona.engine.llama import LlamaModel
from localpersona.engine.prompt import Prompt, PromptBuilder
from localpersona.engine.protocol import EngineError, GenerateRequest


@dataclass(frozen=True, slots=True)
class Voice:
    """What one request is decoded with."""

    decoder: Decoder
    prompt: Prompt
    reused: int
    """How many of the prompt's tokens sequence 0 holds already."""
    limit: int
    """Tokens that each candidate may have."""
    stop: str
    """Text that ends an answer; "" for none."""
    keep: Callable[[int], None]
    """Makes a sequence the one that the next request begins with."""

    def read(self) -> None:
        """Process the rest of the prompt. Raises Stopped."""
        self.decoder.append({0: self.prompt.tokens[self.reused :]})


def voice(model: LlamaModel, request: GenerateRequest, search: Search, count: int) -> Voice:
    """Return what `count` candidates are decoded with. Raises EngineError when they do not fit the memory."""
    builder = PromptBuilder(model.template, model.vocabulary, model.info.context_length)
    prompt = builder.build(request.turns, request.continuation, request.sampling.max_tokens)
    limit = _make_room(model, prompt, search, count, min(request.sampling.max_tokens, prompt.room))
    reused = model.decoder.reuse(prompt.tokens)
    return Voice(model.decoder, prompt, reused, limit, builder.stop, model.decoder.keep)


def _make_room(model: LlamaModel, prompt: Prompt, search: Search, count: int, wanted: int) -> int:
    """Enlarge the pool where needed; return how many tokens each candidate may have."""
    decoder = model.decoder
    try:
        decoder.ensure(len(prompt.tokens) + search.cells(wanted), count)
        return wanted
    except MemoryError:
        room = decoder.cells - len(prompt.tokens)
    limit = next((limit for limit in range(wanted, 0, -1) if search.cells(limit) <= room), 0)
    if limit < 1 or decoder.sequences < count:
        raise EngineError(
            f"There is not enough memory for {count} candidates.\nChoose fewer, or a shorter context."
        )
    return limit
