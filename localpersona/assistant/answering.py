"""From a prompt to an answer: stored, generated, chosen, written down while it comes, explained."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from time import monotonic
from typing import cast

from localpersona.assistant.conversation import title, turns
from localpersona.assistant.models import ModelHost
from localpersona.assistant.plan import PLAIN, Options, Plan, explained, of_prompt, plan, sampling
from localpersona.assistant.recording import Record
from localpersona.assistant.taste import UserTaste
from localpersona.assistant.toolbox import wanted
from localpersona.assistant.views import AnswerFailed
from localpersona.engine.protocol import Delta, Engine, EngineError, EngineEvent, Generated, GenerateRequest
from localpersona.events import Accepted, Event, Failed, Finished, Loading, Notice
from localpersona.settings import Settings, replaced
from localpersona.store import ChatOptions, MessageRow, Store, StoreError
from localpersona.values import Candidate, Explanation, Reply, Statistics

Events = Generator[Event, None, None]

_log = logging.getLogger(__name__)
_SEEDS = 2**31 - 64
_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to be made: where it is written, and what was said before."""

    record: Record
    earlier: Sequence[MessageRow]
    prompt: str


class Answering:
    """Makes answers, one at a time.

    `ask` and its kind return generators of events; `cancel` works from any thread.
    """

    def __init__(self, engine: Engine, chats: Store, models: ModelHost, taste: UserTaste) -> None:
        self._engine = engine
        self._chats = chats
        self._models = models
        self._taste = taste
        self._stop = threading.Event()
        """Of the last answer asked for, which need not have begun."""
        self._running: dict[threading.Event, threading.Event] = {}
        """By the event that says that an answer has ended, the one that stops it."""
        self._recent: OrderedDict[int, Reply] = OrderedDict()
        self._foreign: set[str] = set()
        """Languages of which it was said that nothing is chosen in them."""

    def ask(self, prompt: str, chat_id: int | None, parent_id: int | None, options: Options) -> Events:
        """Answer a new prompt."""
        return self._answer(lambda: self._place(prompt, chat_id, parent_id, options.save), prompt, options)

    def again(self, message_id: int, options: Options) -> Events:
        """Answer the same prompt once more, beside this answer."""
        return self._answer(lambda: self._beside(message_id), "", options)

    def instead(self, message_id: int, prompt: str, options: Options) -> Events:
        """Answer another prompt, beside this one."""
        return self._answer(lambda: self._replaced(message_id, prompt), prompt, options)

    def further(self, message_id: int, options: Options) -> Events:
        """Go on with this answer."""
        return self._answer(lambda: self._reopened(message_id), "", replace(options, candidates=1))

    def chat_in(self, chats: Store) -> None:
        """Write answers into this store from now on. None may be running."""
        self._chats = chats
        self._recent.clear()  # ids of messages begin anew in another store

    def cancel(self) -> None:
        """Stop whatever is being answered."""
        # The flags cover the time in which the engine is not generating yet: storing, loading the model.
        for stop in (self._stop, *self._running.values()):
            stop.set()
        self._engine.cancel()

    def wait(self, seconds: float) -> None:
        """Wait until no answer is being made, so that a stopped one is written down; at most so long."""
        deadline = monotonic() + seconds
        for ended in tuple(self._running):
            ended.wait(max(deadline - monotonic(), 0.0))

    def prompt_of(self, message_id: int) -> str:
        """Return the prompt that an answer answers; "" when the message is none."""
        path = self._chats.path(message_id)
        return path[-2].text if len(path) > 1 and path[-1].role == "assistant" else ""

    def candidates_of(self, message_id: int) -> tuple[Candidate, ...]:
        """Return what an answer was chosen from: as stored, or of the last answers as remembered."""
        recent = self._recent.get(message_id)
        return recent.candidates if recent else self._chats.candidates(message_id, self._taste.prior.version)

    def explain(self, message_id: int) -> Explanation:
        """Say why this answer: as it was said then, or by the weights of now when that was long ago."""
        recent = self._recent.get(message_id)
        if recent is not None:
            return recent.explanation
        candidates = self.candidates_of(message_id)
        strength = self._models.settings.strength
        what = wanted(self.prompt_of(message_id))
        taste = of_prompt(self._taste.request("full" if strength == "off" else strength), self._taste, what)
        return explained(candidates, self._chats.message(message_id).chosen, taste, self._taste, what)

    # Where the answer goes

    def _place(self, prompt: str, chat_id: int | None, parent_id: int | None, save: bool) -> Job:
        if parent_id is None and chat_id is not None:
            shown = self._chats.chat(chat_id).last_message_id
            parent_id = self._chats.leaf(shown) if shown is not None else None
        earlier = self._chats.path(parent_id) if parent_id is not None else []
        if earlier and chat_id is None:
            chat_id = earlier[-1].chat_id
        if not save:
            return Job(Record(None), earlier, prompt)
        return Job(self._written(prompt, chat_id, parent_id), earlier, prompt)

    def _written(self, prompt: str, chat_id: int | None, parent_id: int | None) -> Record:
        """Write prompt and empty answer, and the chat if it is new: all or nothing."""
        chats, model, name = self._chats, self._models.name, self._taste.name

        def work() -> Record:
            # The chats' own profile row: chats kept in memory have another database than the profile.
            into = chats.create_chat(chats.profile(name).id, title(prompt)) if chat_id is None else chat_id
            if parent_id is None and not chats.chat(into).title:  # one that began with settings of its own
                chats.rename_chat(into, title(prompt))
            return self._begun(into, chats.add_message(into, parent_id, "user", prompt), model)

        return chats.together(work)

    def _begun(self, chat_id: int, prompt_id: int, model: str) -> Record:
        answer_id = self._chats.add_message(chat_id, prompt_id, "assistant", "", state="running", model=model)
        return Record(self._chats, chat_id=chat_id, prompt_id=prompt_id, message_id=answer_id)

    def _beside(self, message_id: int) -> Job:
        """Place another answer to the prompt of an answer (or to a prompt)."""
        path = self._chats.path(message_id)
        while path and path[-1].role != "user":
            path.pop()
        if not path:
            raise StoreError("There is no prompt to answer again.")
        asked = path[-1]
        return Job(self._begun(asked.chat_id, asked.id, self._models.name), path[:-1], asked.text)

    def _replaced(self, message_id: int, prompt: str) -> Job:
        message = self._chats.message(message_id)
        if message.role != "user":
            raise StoreError("Only a prompt can be asked differently.")
        earlier = self._chats.path(message.parent_id) if message.parent_id is not None else []
        return Job(self._written(prompt, message.chat_id, message.parent_id), earlier, prompt)

    def _reopened(self, message_id: int) -> Job:
        path = self._chats.path(message_id)
        if len(path) < 2 or path[-1].role != "assistant":
            raise StoreError("There is no answer to go on with.")
        answer, asked = path[-1], path[-2]
        if answer.state == "running":
            raise StoreError("This answer is still being written.")
        self._chats.update_message(message_id, state="running")
        record = Record(
            self._chats,
            chat_id=answer.chat_id,
            prompt_id=asked.id,
            message_id=message_id,
            text=answer.text,
            reasoning=answer.reasoning,
        )
        return Job(record, path[:-2], asked.text)

    # How it is made

    def _answer(self, place: Callable[[], Job], prompt: str, options: Options) -> Events:
        # Made here and not in the generator: `cancel` must count from this call on.
        stop = self._stop = threading.Event()
        return self._watched(self._events(place, prompt, options, stop), stop)

    def _watched(self, events: Events, stop: threading.Event) -> Events:
        ended = threading.Event()
        self._running[ended] = stop
        try:
            yield from events
        finally:
            del self._running[ended]
            ended.set()

    def _events(
        self, place: Callable[[], Job], prompt: str, options: Options, stop: threading.Event
    ) -> Events:
        try:
            job = place()
        except StoreError as error:
            yield Failed(str(error), prompt)
            return
        record = job.record
        try:
            yield Accepted(record.chat_id, record.prompt_id, record.message_id)
            yield from self._generate(job, options, stop)
        except (EngineError, StoreError) as error:
            yield self._failed(record, str(error))
        except Exception as error:  # a bug must not cost the user the answer so far, or leave it "running"
            _log.exception("an answer failed")
            yield self._failed(
                record, f"The answer could not be finished ({type(error).__name__}).\nTry it again."
            )
        except BaseException:  # the front end closed the generator, or Ctrl-C
            record.end("cancelled")
            raise

    def _failed(self, record: Record, message: str) -> Failed:
        self._models.touch()
        problem = record.end("failed")
        return Failed("\n".join(part for part in (message, problem) if part), record.text)

    def _generate(self, job: Job, options: Options, stop: threading.Event) -> Events:
        record = job.record
        self._models.touch()  # already here: an answer that is abandoned must not keep the model for ever
        try:
            yield from self._load()
        except EngineError:
            if not stop.is_set():  # else it is the user who stopped the loading, and nothing failed
                raise
        made = plan(self._models.settings, self._taste, options, job.prompt, self._engine.info)
        yield from self._tell_of_language(made)
        settings = self._settings_in(record.chat_id)
        request = GenerateRequest(
            turns=turns(job.earlier, job.prompt, settings.system_prompt),
            sampling=sampling(settings, self._seed(options)),
            candidates=made.candidates,
            search=made.search,
            taste=made.taste,
            continuation=record.continuation,
            instruction=made.tools.instruction,
            contrast=made.tools.contrast,
            steering=made.tools.steering,
            adapters=made.tools.adapters,
        )
        with self._taste.scoring_paused():
            done = None if stop.is_set() else (yield from self._decode(request, record, stop))
            reply = self._reply(record, made, done)
        problem = record.finish(
            reply, version=self._taste.prior.version, keep_candidates=self._models.settings.store_candidates
        )
        if problem:
            yield Notice(problem)
        self._models.touch()
        self._remember(reply)
        yield Finished(reply)

    def _settings_in(self, chat_id: int | None) -> Settings:
        """Return the settings with what the chat has of its own."""
        own = self._chats.chat_options(chat_id) if chat_id is not None else ChatOptions()
        wanted = {"system_prompt": own.system_prompt, "temperature": own.temperature}
        return replaced(
            self._models.settings, **{k: value for k, value in wanted.items() if value is not None}
        )

    def _load(self) -> Iterable[Event]:
        if self._models.ready():
            return
        told = len(self._models.notices)
        yield Loading(self._models.name)
        with self._taste.scoring_paused():
            self._models.load()
        yield from (Notice(notice) for notice in self._models.notices[told:])

    def _tell_of_language(self, made: Plan) -> Iterable[Event]:
        """Say once for each language that answers in it are not chosen by taste."""
        language = made.wanted.foreign
        if language and language not in self._foreign:
            self._foreign.add(language)
            yield Notice(made.wanted.notes[-1])

    def _decode(
        self, request: GenerateRequest, record: Record, stop: threading.Event
    ) -> Generator[Event, None, Generated | None]:
        done: Generated | None = None
        stream = cast("Generator[EngineEvent, None, None]", self._engine.generate(request))
        with closing(stream) as events:
            for event in events:
                if stop.is_set():  # it may have been set just before the engine began
                    self._engine.cancel()
                if isinstance(event, Generated):
                    done = event
                    continue
                if isinstance(event, Delta):
                    record.add(event.text, reasoning=event.reasoning)
                problem = record.save_partial()
                yield event
                if problem:
                    yield Notice(problem)
        return done

    def _reply(self, record: Record, made: Plan, done: Generated | None) -> Reply:
        candidates = done.candidates if done else ()
        chosen = done.chosen if done and candidates else 0
        said = candidates[chosen] if candidates else Candidate("", finish_reason="cancelled")
        text, reasoning = record.whole(said.text, said.reasoning)
        return Reply(
            text=text,
            reasoning=reasoning,
            candidates=candidates,
            chosen=chosen,
            explanation=self._explanation(record, made, candidates, chosen),
            statistics=done.statistics if done else Statistics(),
            finish_reason=said.finish_reason,
            chat_id=record.chat_id,
            message_id=record.message_id,
        )

    def _explanation(
        self, record: Record, made: Plan, candidates: tuple[Candidate, ...], chosen: int
    ) -> Explanation:
        if record.continued and record.message_id is not None:
            return self.explain(record.message_id)
        if not made.aligned:
            return PLAIN
        taste = made.taste or self._taste.request(self._models.settings.strength)
        return explained(candidates, chosen, taste, self._taste, made.wanted, made.tools.instruction)

    def _seed(self, options: Options) -> int:
        return secrets.randbelow(_SEEDS) if options.seed is None else options.seed

    def _remember(self, reply: Reply) -> None:
        if reply.message_id is None:
            return
        former = self._recent.pop(reply.message_id, None)
        # A continued answer keeps the candidates that it was once chosen from.
        self._recent[reply.message_id] = (
            reply if former is None else replace(reply, candidates=former.candidates)
        )
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)


def collect(events: Events) -> Reply:
    """Return the reply at the end of events. Raises AnswerFailed."""
    with closing(events):
        for event in events:
            if isinstance(event, Failed):
                raise AnswerFailed(event.message, event.partial)
            if isinstance(event, Finished):
                return event.reply
    raise AnswerFailed("The answer ended without a reason. Please try again.")
