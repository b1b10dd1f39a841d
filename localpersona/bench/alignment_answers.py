"""Every answer of the benchmark of alignment, made by the real engine and written down at once.

The tools take turns, so that a machine that slows down slows all of them. Within a tool and a user the prompts of
a block follow each other, as in a chat: what stands before the prompt (an instruction) is in the cache from the
second on, the prompt itself never is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

from localpersona.bench.alignment_tools import Tool, taste_of
from localpersona.bench.alignment_users import User
from localpersona.bench.protocol import BenchError
from localpersona.engine.judging import values_of
from localpersona.engine.protocol import Delta, Engine, Generated, GenerateRequest
from localpersona.preferences import Weights
from localpersona.text import one_line
from localpersona.values import Sampling, Turn

BLOCK = 4
"""Prompts that follow each other."""
EVERYBODY = ""
"""The user of an answer that is the same for all."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    tool: str
    prompt: int
    user: str
    text: str
    tokens: int
    """Of this answer."""
    drawn: int
    """Over all candidates and branches."""
    seconds: float
    """Wall time from the request to the end."""
    first_seconds: float
    """Until the first text was shown."""


Key = tuple[str, int, str]
"""Tool, prompt, user."""


@dataclass(frozen=True)
class Setting:
    """What all the answers in one file have in common."""

    model: str
    selector: str
    """The selecting model's version."""
    max_tokens: int
    seed: int


class AnswerFile:
    """Answers in a JSONL file: the settings, then one answer a line. What was made is not made again."""

    def __init__(self, path: Path, setting: Setting) -> None:
        """Read what is there; raises BenchError when it was made with other settings."""
        self.path = path
        self.answers: dict[Key, Answer] = {}
        lines = _whole_lines(path)
        if lines:
            self._read(lines, setting)
        else:
            self._append(asdict(setting))

    def add(self, answer: Answer) -> None:
        """Write an answer down."""
        self._append(asdict(answer))
        self.answers[answer.tool, answer.prompt, answer.user] = answer

    def _read(self, lines: list[str], setting: Setting) -> None:
        shown = one_line(str(self.path), 160)
        try:
            first, *rest = (json.loads(line) for line in lines)
            found = Setting(**first)
            answers = [Answer(**row) for row in rest]
        except (ValueError, TypeError) as error:
            raise BenchError(f"{shown} holds something else than this benchmark's answers: {error}") from None
        if found != setting:
            raise BenchError(
                f"{shown} holds answers made with other settings: {found}\nName another file with --answers."
            )
        self.answers = {(answer.tool, answer.prompt, answer.user): answer for answer in answers}

    def _append(self, row: dict[str, object]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


@dataclass(frozen=True, eq=False)
class Run:
    """What is to be answered, how, and for whom."""

    prompts: tuple[str, ...]
    tools: tuple[Tool, ...]
    users: tuple[User, ...]
    prior: Weights
    """Of the selecting model."""
    sampling: Sampling
    """Its seed is the run's; every prompt gets seeds of its own."""
    vectors: str = ""
    """The file of the model's steering vectors."""
    each: int = 0
    """How many of the users ask each prompt, in turn by blocks; 0: all of them."""

    def users_of(self, prompt: int) -> tuple[User, ...]:
        """Return who asks a prompt. Neighbours, such as two opposite tastes, ask the same ones."""
        count = min(self.each or len(self.users), len(self.users))
        start = prompt // BLOCK * count
        return tuple(self.users[(start + number) % len(self.users)] for number in range(count))

    def jobs(self) -> Iterator[Job]:
        """Yield what to make, in order. What is made once for everybody is asked for as the first of them."""
        for number, start in enumerate(range(0, len(self.prompts), BLOCK)):
            block = range(start, min(start + BLOCK, len(self.prompts)))
            asking = self.users_of(start)
            for tool in self.tools if number % 2 == 0 else reversed(self.tools):
                for user in asking[:1] if tool.plain or tool.chosen_afterwards else asking:
                    for at in block:
                        yield Job(tool, at, user)

    def made_by(self, job: Job) -> list[Key]:
        """Return the answers that a job gives."""
        names = [EVERYBODY] if job.tool.plain else [job.user.name]
        if job.tool.chosen_afterwards:
            names = [user.name for user in self.users_of(job.prompt)]
        return [(job.tool.key, job.prompt, name) for name in names]

    def request(self, job: Job) -> GenerateRequest:
        # 100 seeds a prompt: candidates take those below 50, the references begin there.
        seed = self.sampling.seed * 100_000 + job.prompt * 100 + job.tool.seed_offset
        sampling = replace(self.sampling, seed=seed)
        return job.tool.request(self.prompts[job.prompt], job.user, self.prior, sampling, self.vectors)


class Job(NamedTuple):
    """One request."""

    tool: Tool
    prompt: int
    user: User


def make(run: Run, file: AnswerFile, engine: Callable[[], Engine], progress: Progress) -> None:
    """Make the answers that are not in the file yet. engine: called only if there are any."""
    jobs = [job for job in run.jobs() if not all(key in file.answers for key in run.made_by(job))]
    if not jobs:
        return
    running = engine()
    _warm_up(running, run.prompts[0])
    for number, job in enumerate(jobs):
        progress(f"{job.tool.key}, prompt {job.prompt + 1}", number, len(jobs))
        for answer in _answers(run, job, running):
            file.add(answer)


def _answers(run: Run, job: Job, engine: Engine) -> Iterator[Answer]:
    """Yield what one request gives: one answer, or one for each user."""
    started, first, end = time.perf_counter(), 0.0, None
    for event in engine.generate(run.request(job)):
        if isinstance(event, Delta) and not first:
            first = time.perf_counter() - started
        if isinstance(event, Generated):
            end = event
    seconds = time.perf_counter() - started
    if end is None:
        raise BenchError("The engine gave no answer. Run the command again: what was made is kept.")
    picks = [end.chosen]
    if job.tool.chosen_afterwards:
        tastes = [taste_of(user, run.prior, job.tool.strength) for user in run.users_of(job.prompt)]
        picks = [int(values_of(end.candidates, taste).argmax()) for taste in tastes]
    for (tool, prompt, name), index in zip(run.made_by(job), picks, strict=True):
        picked, drawn = end.candidates[index], end.statistics.generated_tokens
        yield Answer(tool, prompt, name, picked.text, picked.tokens, drawn, seconds, first or seconds)


def _warm_up(engine: Engine, prompt: str) -> None:
    """Load the language model and the reward model, which nobody's answer should pay for."""
    engine.score(prompt, ["Warm."])
    for _ in engine.generate(GenerateRequest((Turn("user", "Hello."),), Sampling(max_tokens=8))):
        pass


def _whole_lines(path: Path) -> list[str]:
    """Return the file's lines; a last one that was cut off is removed from the file."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BenchError(f"{one_line(str(path), 160)} cannot be read: {error.strerror}") from None
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return whole.decode("utf-8", "replace").split("\n")[:-1]  # splitlines would cut texts at U+2028
