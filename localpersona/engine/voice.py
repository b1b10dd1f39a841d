"""From a request to the decoder that speaks for it, with room for the answers and the prompt about to be read.

Whatever changes what the model says before a search begins belongs here: a decoder wrapped around llama.cpp's,
vectors and adapters (which make the cache of former answers worthless).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from localpersona.alignment.contrast import ContrastDecoder
from localpersona.alignment.decoder import Decoder
from localpersona.alignment.instructions import with_instruction
from localpersona.alignment.search import Search
from localpersona.engine.llama import LlamaModel
from localpersona.engine.llama_decoder import LlamaDecoder
from localpersona.engine.prompt import Prompt, PromptBuilder
from localpersona.engine.protocol import EngineError, GenerateRequest, ModelError, SteeringSpec
from localpersona.engine.steering_file import read_directions
from localpersona.values import Turn


@dataclass(frozen=True, slots=True)
class Voice:
    """What one request is decoded with."""

    decoder: Decoder
    prompt: Prompt
    """With the instruction, if there is one."""
    reused: int
    """How many of the prompt's tokens were in the cache already."""
    limit: int
    """Tokens that each candidate may have."""
    stop: str
    """Text that ends an answer; "" for none."""
    keep: Callable[[int], None]
    """Makes a sequence the one that the next request begins with."""
    unread: Mapping[int, Sequence[int]]
    """What is left to process, by llama.cpp's sequence."""
    below: Decoder
    """llama.cpp's."""

    def read(self) -> None:
        """Process the rest of the prompt. Raises Stopped."""
        self.below.append(self.unread)


def voice(model: LlamaModel, request: GenerateRequest, search: Search, count: int) -> Voice:
    """Return what `count` candidates are decoded with. Raises EngineError when they do not fit the memory."""
    decoder = model.decoder
    decoder.influence(_vector(decoder, request.steering), request.adapters)
    builder = PromptBuilder(model.template, model.vocabulary, model.info.context_length)

    def built(turns: Sequence[Turn]) -> Prompt:
        return builder.build(turns, request.continuation, request.sampling.max_tokens)

    prompt = built(with_instruction(request.turns, request.instruction, late=request.late))
    limit = min(request.sampling.max_tokens, prompt.room)
    if not (request.instruction and request.contrast):
        limit = _make_room(model, len(prompt.tokens), search.cells, count, limit)
        reused = decoder.reuse(prompt.tokens)
        unread = {0: prompt.tokens[reused:]}
        return Voice(decoder, prompt, reused, limit, builder.stop, decoder.keep, unread, decoder)

    plain = built(_without_oldest(request.turns, prompt.dropped_turns))
    taken = len(plain.tokens) + len(prompt.tokens)
    limit = _make_room(model, taken, lambda tokens: 2 * search.cells(tokens), 2 * count, limit)
    of_plain, reused = decoder.reuse_pair(plain.tokens, prompt.tokens)
    pair = ContrastDecoder(decoder, request.contrast, (len(plain.tokens), len(prompt.tokens)))
    unread = {0: plain.tokens[of_plain:], 1: prompt.tokens[reused:]}

    def keep(sequence: int) -> None:
        decoder.keep(2 * sequence, 2 * sequence + 1)

    return Voice(pair, prompt, reused, limit, builder.stop, keep, unread, decoder)


def _vector(decoder: LlamaDecoder, steering: SteeringSpec | None) -> bytes:
    """Return what the request adds to the residual stream; b"" for nothing. Raises ModelError."""
    if steering is None or not any(steering.weights):
        return b""
    found = read_directions(steering.path, decoder.layers, decoder.width)
    if len(found.names) != len(steering.weights):
        raise ModelError(
            "The steering vectors are of another version.\nMake them again: localpersona models steer"
        )
    return found.combined(steering.weights).tobytes()


def _without_oldest(turns: Sequence[Turn], dropped: int) -> Sequence[Turn]:
    """Return what the other half of a pair has dropped to fit: both must tell the same story."""
    start = [turn for turn in turns[:1] if turn.role == "system"]
    return [*start, *turns[len(start) + dropped :]]


def _make_room(
    model: LlamaModel, taken: int, cells: Callable[[int], int], sequences: int, wanted: int
) -> int:
    """Enlarge the pool where needed; return how many tokens each candidate may have.

    taken: tokens of the prompts; cells: those that answers of a length take besides.
    """
    decoder = model.decoder
    try:
        decoder.ensure(taken + cells(wanted), sequences)
        return wanted
    except MemoryError:
        room = decoder.cells - taken
    limit = next((limit for limit in range(wanted, 0, -1) if cells(limit) <= room), 0)
    if limit < 1 or decoder.sequences < sequences:
        raise EngineError(
            "There is not enough memory for all candidates.\nChoose fewer, or a shorter context."
        )
    return limit
