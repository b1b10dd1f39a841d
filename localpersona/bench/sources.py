"""The forms in which comparisons lie on disk, recognised by what is there.

a file                    JSONL, as `judgements` describes it
the folder `styles`       responses.jsonl and choices.jsonl: simulated people's choices between synthetic answers
the folder UKPConvArg1    real people's judgements of arguments, see `arguments`
"""

from __future__ import annotations

from pathlib import Path

from localpersona.bench import arguments
from localpersona.bench.judgements import (
    Collector,
    Judgements,
    lines,
    named,
    outcome_of,
    read_jsonl,
    text_of,
    user_of,
)
from localpersona.bench.protocol import BenchError
from localpersona.text import one_line


def read(path: Path) -> Judgements:
    """Return the comparisons at path, in whichever form. Raises BenchError."""
    if (path / "responses.jsonl").is_file() and (path / "choices.jsonl").is_file():
        return read_styles(path)
    if arguments.is_there(path):
        return arguments.read(path)
    if path.is_dir():
        raise BenchError(
            f"There are no comparisons in {one_line(str(path), 160)}. Name a JSONL file of user, prompt, first,"
            " second and outcome, the folder `styles`, or UKPConvArg1-full-XML."
        )
    return read_jsonl(path)


def read_styles(folder: Path) -> Judgements:
    """Return the simulated people's choices. Raises BenchError."""
    answers: dict[str, tuple[str, str]] = {}
    for place, row in lines(folder / "responses.jsonl"):
        identifier = text_of(row, "response_id", place)
        answers[identifier] = text_of(row, "prompt", place), text_of(row, "text", place)
    collector = Collector()
    for place, row in lines(folder / "choices.jsonl"):
        (prompt, first), (other, second) = (
            named(answers, row, which, place, "responses.jsonl") for which in ("first", "second")
        )
        if prompt != other:
            raise BenchError(f"{place}: the two answers are to different prompts.")
        collector.add(user_of(row, place), prompt, first, second, outcome_of(row, place))
    return collector.judgements("styles, simulated people")
