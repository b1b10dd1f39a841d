"""Making a model's steering directions: it reads everyday prompts, told to answer now this way and now that way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from localpersona.alignment.decoder import Stopped
from localpersona.alignment.steering import Directions, directions
from localpersona.alignment.wording import pole
from localpersona.engine.hidden_states import Array, HiddenStates
from localpersona.engine.llama import LlamaModel
from localpersona.engine.prompt import PromptBuilder
from localpersona.engine.protocol import EngineError
from localpersona.values import Turn

QUESTIONS = (
    "How do I boil an egg?",
    "What is inflation?",
    "Why is the sky blue?",
    "Suggest a weekend trip.",
    "How do I fix a flat tyre?",
    "What is a good hobby?",
    "I cannot sleep. What helps?",
    "What does a lawyer do?",
    "How do plants grow?",
    "I have a job interview tomorrow.",
    "Tell me about Rome.",
    "How can I save money?",
)
"""Short, because every trait reads all of them twice. With the embedded model the differences that two of them
show are alike already (mean cosine 0.8 in the middle layers), so more of them would add little."""
_ROOM = 512
_LEAST_LAYERS = 6
"""Below, none would lie in the middle."""


def make_directions(
    model: LlamaModel,
    names: Sequence[str],
    tastes: Sequence[str],
    tell: Callable[[float], None] = lambda _done: None,
    stopped: Callable[[], bool] = lambda: False,
    questions: Sequence[str] = QUESTIONS,
) -> Directions:
    """Return the directions of the traits `names`; those that are not in `tastes` have none.

    tell: hears what share is done. Raises EngineError, also when it was stopped.
    """
    if model.decoder.layers < _LEAST_LAYERS:
        raise EngineError("This model has too few layers to be steered.\nChoose another one.")
    builder = PromptBuilder(model.template, model.vocabulary, _ROOM)
    reader = HiddenStates(model.decoder.model, threads=model.decoder.threads, stopped=stopped)
    poles: dict[float, list[Array]] = {-1.0: [], 1.0: []}
    done, steps = 0, 2 * len(tastes) * len(questions)
    try:
        for trait in tastes:
            for direction, states in poles.items():
                told = Turn(
                    "system",
                    f"You are a helpful assistant. Your answers are always {pole(trait, direction).asked}.",
                )
                for question in questions:
                    prompt = builder.build([told, Turn("user", question)], "", _ROOM // 4)
                    states.append(reader.after(prompt.tokens))
                    done += 1
                    tell(done / steps)
    except Stopped:
        raise EngineError("Making the steering vectors was stopped.") from None
    finally:
        reader.close()
    shape = (len(tastes), len(questions), model.decoder.layers - 1, model.decoder.width)
    found = directions(tastes, np.reshape(poles[-1.0], shape), np.reshape(poles[1.0], shape))
    return found.in_order(names)
