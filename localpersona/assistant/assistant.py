"""The one object both front ends talk to. It only wires the modules beside it; each of them does one job."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from localpersona import paths
from localpersona import settings as settings_file
from localpersona.assistant import comparing, profile_file
from localpersona.assistant.answering import Answering, collect
from localpersona.assistant.downloads import Downloads
from localpersona.assistant.keeping import Keeping
from localpersona.assistant.models import ModelHost
from localpersona.assistant.offering import Offers
from localpersona.assistant.onboarding import TOTAL, Onboarding
from localpersona.assistant.people import People
from localpersona.assistant.plan import Asking, Options, Somebody
from localpersona.assistant.taste import UserTaste
from localpersona.assistant.trail import Trail
from localpersona.assistant.views import Learned, ProfileView, Question
from localpersona.engine.protocol import Engine, ModelInfo
from localpersona.events import Event
from localpersona.preferences import Weights
from localpersona.rewards.traits import TRAITS, Trait
from localpersona.settings import Settings
from localpersona.store import ComparisonRow, ProfileRow, Store, StoreError
from localpersona.values import Explanation, Reply

if TYPE_CHECKING:
    from localpersona.library import ModelFile

Events = Generator[Event, None, None]

CLOSING_SECONDS = 1.0
"""How long closing waits for an answer in another thread to be written down as stopped."""


class Assistant:
    """Chats, learns from comparisons, explains. Create it with `open`; close it, or use a with statement.

    Every method may be called from any thread, and the quick ones (profile, compare, …) while an answer
    streams. Methods that write raise StoreError when the disk does not take it; those that need the model
    raise EngineError. Both carry one or two plain lines.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        store: Store,
        chats: Store,
        settings: Settings,
        for_this_run: Mapping[str, object],
        model: str | Path | None = None,
        notices: tuple[str, ...] = (),
    ) -> None:
        """Use `open`. `store` keeps the profile; `chats`, which may be the same, keeps what is said."""
        self.engine = engine
        self._store = store
        self.store = chats
        self._public: Store | None = None  # where chats are kept otherwise, while they are private
        self._notices = notices
        self._models = ModelHost(engine, settings, override=model, for_this_run=for_this_run)
        self._taste = UserTaste(store, engine, store.profile(self.settings.profile).name, Weights.prior())
        self._onboarding = Onboarding(store, self._taste)
        self._answering = Answering(engine, chats, self._models, self._taste)
        self._offers = Offers(store, self._taste)
        self._keeping = Keeping(chats, self._taste, self._answering.candidates_of)
        self.downloads = Downloads()
        self.trail = Trail(store, self._taste)
        self.people = People(
            store,
            self._taste,
            default=lambda: self._models.saved.profile,
            remember=lambda name: self.update_settings(profile=name),
        )

    @classmethod
    def open(
        cls,
        *,
        profile: str | None = None,
        model: str | Path | None = None,
        gpu_layers: int | None = None,
        engine: Engine | None = None,
        store: Store | None = None,
        settings: Settings | None = None,
        passphrase: str | None = None,
    ) -> Assistant:
        """Open the database and the settings; quick. The engine starts on first use, or with `load_model`.

        profile (created when new), model (a GGUF), gpu_layers: for this run; the settings keep theirs.
        passphrase: of an encrypted database, see `Store.open`.
        Raises StoreError when there is no way to open a database, LockedError without the right passphrase.
        """
        problems: list[str] = []
        if settings is None:
            settings, problems = settings_file.load(paths.settings())
        if engine is None:
            from localpersona.engine.client import EngineClient  # a scripted engine needs no llama.cpp

            engine = EngineClient()
        chats = store
        if store is None:
            store = Store.open(passphrase=passphrase)
            # Who wants no chats stored still wants them to work: they live in memory until the app ends.
            chats = store if settings.store_chats else Store.open(None)
        return cls(
            engine=engine,
            store=store,
            chats=chats or store,
            settings=settings,
            for_this_run={"profile": profile, "gpu_layers": gpu_layers},
            model=model,
            notices=tuple(problems),
        )

    @property
    def private(self) -> bool:
        """Whether chats are private: kept in memory only, gone when that ends, and never learned from."""
        return self._public is not None

    def begin_private(self) -> None:
        """Keep chats in memory from now on. No answer may be running. Does nothing when they are."""
        if self._public is None:
            self._public = self.store
            self._chat_in(Store.open(None))

    def end_private(self) -> None:
        """Go back to the chats that are stored; the private ones are gone. No answer may be running."""
        if self._public is not None:
            private, public, self._public = self.store, self._public, None
            self._chat_in(public)
            private.close()

    def _chat_in(self, chats: Store) -> None:
        self.store = chats
        self._answering.chat_in(chats)
        self._keeping.chat_in(chats)

    def close(self) -> None:
        """Stop what runs, end the engine's process, close the database. Idempotent."""
        self.cancel()
        self.downloads.close()
        self._answering.wait(CLOSING_SECONDS)
        self._models.close()
        self.engine.close()
        for store in {self.store, self._store, self._public or self.store}:
            store.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # What is in use

    @property
    def settings(self) -> Settings:
        return self._models.settings

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should be told about the start and the model, one or two lines each, oldest first."""
        return (*self._store.notices, *self._notices, *self._models.notices, *self._taste.notices)

    @property
    def profile_row(self) -> ProfileRow:
        return self._taste.profile

    @property
    def keeps_profile(self) -> bool:
        """Whether what is learned, locked or forgotten outlives this run; `notices` says why if it does not."""
        return not self._store.in_memory

    @property
    def rewards_version(self) -> str:
        return self._taste.prior.version

    @property
    def traits(self) -> tuple[Trait, ...]:
        """In the order of φ, tastes and quality."""
        return TRAITS

    def load_model(self) -> ModelInfo:
        """Load the LLM of the settings (or keep it); blocks for seconds. Raises ModelError.

        A chosen file that is gone is replaced by the embedded model for this run, and `notices` says so.
        """
        with self._taste.scoring_paused():
            return self._models.load()

    def use_model(self, path: str | Path) -> ModelInfo:
        """Load another LLM and, when that worked, save the choice. On ModelError the former one stays.

        An empty path means the embedded model.
        """
        with self._taste.scoring_paused():
            return self._models.use(path)

    def count_tokens(self, text: str) -> tuple[int, bool]:
        """Return how many tokens a text takes, and whether that was counted (True) or estimated."""
        return self._models.count_tokens(text)

    def models(self) -> list[ModelFile]:
        """Return the LLM files found on this machine, the embedded one included."""
        return self._models.found()

    def update_settings(self, **changes: Any) -> Settings:
        """Change some settings and save the file. Raises ValueError for a value that a field does not allow.

        They count from the next answer on; what concerns the model's memory loads it again then. `profile`
        and `store_chats` count from the next start.
        """
        return self._models.update_settings(**changes)

    # Chatting

    def stream(
        self,
        prompt: str,
        *,
        chat_id: int | None = None,
        parent_id: int | None = None,
        patience: str | None = None,
        candidates: int | None = None,
        plain: bool = False,
        save: bool = True,
        seed: int | None = None,
    ) -> Events:
        """Answer a prompt, as events (see `localpersona.events`). Blocks between them: use a worker thread.

        chat_id: None starts a new chat, titled with the first words of the prompt.
        parent_id: the answer to go on from; None goes on from the branch that the chat shows.
        patience: "fast", "balanced" or "best"; None: as in the settings.
        candidates: how many whole responses to choose from; None: as patience and settings say.
        plain: the plain model, for this answer: nothing scored, chosen or instructed.
        save: False writes nothing at all; a chat_id then only provides the conversation so far.
        seed: makes the answer repeatable; None draws one.
        Closing the iterator stops the answer and keeps what there is.
        """
        options = Options(candidates=candidates, patience=patience, plain=plain, save=save, seed=seed)
        return self._answering.ask(prompt, chat_id, parent_id, options)

    def reply(self, prompt: str, **options: Unpack[Asking]) -> Reply:
        """Answer a prompt and return when it is finished; see `stream`. Raises AnswerFailed."""
        return collect(self.stream(prompt, **options))

    def as_if_for(self, who: Somebody, prompt: str, seed: int) -> Events:
        """Answer for this profile, nobody (the plain model) or its opposite: with one seed, only taste differs."""
        options = Options(plain=who == "nobody", opposite=who == "opposite", save=False, seed=seed)
        return self._answering.ask(prompt, None, None, options)

    def regenerate(self, message_id: int, *, plain: bool = False, candidates: int | None = None) -> Events:
        """Answer the same prompt once more, beside the answer `message_id`, with a new seed."""
        return self._answering.again(message_id, Options(plain=plain, candidates=candidates))

    def edit(self, message_id: int, prompt: str) -> Events:
        """Ask something else in place of the prompt `message_id`; the old branch stays."""
        return self._answering.instead(message_id, prompt, Options())

    def continue_answer(self, message_id: int) -> Events:
        """Go on with an answer that was stopped or ran into its limit; the events hold only what is new."""
        return self._answering.further(message_id, Options())

    def cancel(self) -> None:
        """Stop the running answer, whatever it is at; it ends with `Finished` and is kept as stopped."""
        self._answering.cancel()

    def explain(self, message_id: int) -> Explanation:
        """Say why this answer was chosen: by the weights of then if it is recent, else by those of now."""
        return self._answering.explain(message_id)

    # Comparing

    def comparable(self, message_id: int, *, versions: bool = True) -> Question | None:
        """Return the two responses whose comparison teaches most; None when there are no two.

        They are candidates of this answer or, with `versions`, other answers to the same prompt.
        """
        responses = self._answering.candidates_of(message_id)
        if versions:
            responses += self._keeping.versions(message_id)
        return comparing.comparable(self._answering.prompt_of(message_id), responses, self._taste, message_id)

    def offer(self, message_id: int) -> Question | None:
        """Count a finished answer; return its comparison when it is one to be offered unasked.

        That is when it would teach enough, and at most once in `settings.offer_every` answers.
        """
        question = None if self.private else self.comparable(message_id)
        return question if self._offers.due(question, self.settings.offer_every) else None

    def learn_from_kept(self, prompt_id: int) -> Learned | None:
        """Learn from which of several answers this prompt goes on from, if the user agreed; None: nothing in it."""
        if not self.settings.learn_from_kept or self.private:
            return None
        question = self._keeping.gone_on_from(prompt_id)
        return None if question is None else self.compare(question, 1.0)

    def keep_edited(self, answer_id: int, text: str) -> Learned | None:
        """Store the user's wording of an answer beside it; return what it taught, if they agreed."""
        question = self._keeping.edit(answer_id, text)
        agreed = self.settings.learn_from_kept and not self.private
        return self.compare(question, 1.0) if question and agreed else None

    def compare(self, question: Question, outcome: float | None) -> Learned:
        """Store a comparison and learn from it. It is on disk when this returns.

        outcome: 1 the first shown is better, 0 the second, 0.5 a tie, None skipped (not asked again, teaches
        nothing). Raises ValueError for another outcome.
        """
        if self.private and question.source != "onboarding":
            raise StoreError("This chat is private: nothing is learned from it.")
        # Chats that live in memory have no rows in the profile's database to point at.
        message_id = question.message_id if self.store is self._store else None
        return comparing.compare(self._store, self._taste, self.profile, question, outcome, message_id)

    def undo(self) -> Learned | None:
        """Take back the last comparison of this profile, whichever source; None when there is none."""
        return comparing.undo(self._store, self._taste, self.profile)

    # Onboarding

    def is_new(self) -> bool:
        """Whether this person was neither greeted nor has answered anything yet."""
        return not self._store.state("welcomed") and not self.profile().comparisons

    def greeted(self) -> None:
        """Remember that the greeting was seen, also where no chats are stored."""
        self._store.set_state("welcomed", "yes")

    @property
    def onboarding_total(self) -> int:
        return TOTAL

    def onboarding_answered(self) -> int:
        """Return how many questions of the current round are answered; skipped ones do not count."""
        return self._onboarding.answered()

    def next_question(self) -> Question | None:
        """Return the question of the bank that teaches most now; None when the round is complete.

        Neither asked nor skipped before by this profile; which response comes first is random but stable.
        """
        return self._onboarding.next_question()

    def more_questions(self) -> None:
        """Begin another round of onboarding; what was answered so far stays and counts."""
        self._onboarding.begin_round()

    # Profile

    def profile(self) -> ProfileView:
        """Return what is known of the user, in words and as bars."""
        return self.trail.profile_without(())

    def lock(self, trait: str, position: float | None = None) -> ProfileView:
        """Set a trait by hand to a position on its bar, -1 (low pole) … 1; None: hold it where it is.

        Comparisons no longer move it. Raises ValueError for an unknown trait or position.
        """
        self._taste.lock(trait, position)
        return self.profile()

    def unlock(self, trait: str) -> ProfileView:
        """Let comparisons decide again."""
        self._taste.unlock(trait)
        return self.profile()

    def forget(self) -> ProfileView:
        """Take back every comparison and lock: the weights are the prior's again. Chats stay."""
        self._taste.forget()
        self._onboarding.restart()
        return self.profile()

    def evidence(self) -> list[ComparisonRow]:
        """Return the comparisons behind the profile, oldest first, skipped ones included."""
        return self._taste.rows()

    def export_profile(self) -> dict[str, Any]:
        """Return the profile as JSON-able data (format "localpersona-profile", version 1)."""
        return profile_file.export_profile(self._taste)

    def import_profile(self, data: object) -> int:
        """Merge an exported profile into this one, all or nothing; return how many comparisons were new.

        Identical comparisons are not added twice; imported locks replace those of the same traits.
        Raises ProfileFileError (one line) when the data is not such a profile.
        """
        return profile_file.import_profile(self._store, self._taste, data)
