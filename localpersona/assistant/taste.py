"""One profile's weights: a pure function of prior, locks and comparisons, computed again when they change.

Trait scores of comparisons are looked up in the store's cache; what is missing there (after an import, or
with a new reward model) is scored by the engine's child. When that cannot be done now, the weights are fitted
without those comparisons and completed later: a profile must be readable on a machine whose engine does not
start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from time import monotonic

import numpy as np

from localpersona.alignment.knowledge import what_is_known
from localpersona.alignment.strength import STRENGTHS, effective
from localpersona.assistant.portrait import weight_at
from localpersona.engine.protocol import Engine, EngineError, Taste
from localpersona.preferences import Weights
from localpersona.preferences.mirror import mirrored
from localpersona.rewards import RewardModelError, question_bank
from localpersona.rewards.traits import TASTES
from localpersona.store import ComparisonRow, ProfileRow, Store, StoreError

Pair = tuple[str, str]
"""A prompt and one response to it: what a row of trait scores belongs to."""
RETRY_SECONDS = 30.0
"""After the engine failed to score. What only had to wait for an answer is scored at the next occasion."""


class UserTaste:
    """The weights of one profile; shared by everything that learns or steers. Safe from any thread."""

    def __init__(self, store: Store, engine: Engine, profile: str, prior: Weights) -> None:
        """`profile` is a name, created when new; `prior` is the shipped one."""
        self._store = store
        self._engine = engine
        self.name = profile
        self.prior = prior
        self._lock = threading.RLock()
        self._scoring = threading.Lock()
        """Held while the engine scores the responses to one prompt."""
        self._pauses: set[object] = set()
        self._seen: object = None
        self._fitted: tuple[object, Weights] | None = None
        self._unscored = 0
        self._retry_at = 0.0

    @property
    def notices(self) -> tuple[str, ...]:
        if not self._unscored:
            return ()
        if self._unscored == 1:
            return ("One comparison could not be scored yet. It counts as soon as the engine works.",)
        return (
            f"{self._unscored} comparisons could not be scored yet. They count as soon as the engine works.",
        )

    def weights(self) -> Weights:
        """Return the posterior of now, other processes' changes included. Raises StoreError."""
        with self._lock:
            seen = self._store.data_version()
            waiting = self._unscored and monotonic() >= self._retry_at
            if self._fitted is None or self._seen != seen or waiting:
                self._refit(waiting=bool(waiting))
                self._seen = seen
            assert self._fitted is not None
            return self._fitted[1]

    def weights_from(self, rows: Sequence[ComparisonRow]) -> Weights:
        """Return what the posterior would be from these comparisons alone, with the locks of now."""
        with self._lock:
            return self._fit([row for row in rows if row.comparison.outcome is not None])[0]

    def opposite(self) -> Weights:
        """Return the posterior of somebody who likes the reverse in every taste."""
        return mirrored(self.weights(), TASTES)

    def switch(self, profile: str) -> None:
        """Be another profile's taste from now on."""
        with self._lock:
            self.name, self._fitted, self._seen = profile, None, None

    def request(self, strength: str, *, opposite: bool = False) -> Taste:
        """Return what the engine needs to choose for this user, at a strength other than "off"."""
        weights = self.opposite() if opposite else self.weights()
        mean, covariance = effective(weights, self.prior, STRENGTHS[strength])
        return Taste(tuple(mean.tolist()), tuple(map(tuple, covariance.tolist())), self.prior.version)

    def claimed(self) -> frozenset[str] | None:
        """Return the traits of which something may be said of this user; None when nothing was learned at all."""
        weights = self.weights()
        if not weights.comparisons and not self.locks():
            return None
        return frozenset(known.trait for known in what_is_known(weights) if known.claimed)

    @property
    def profile(self) -> ProfileRow:
        """The profile as stored now. Found by name: a damaged database is replaced while the app runs."""
        return self._store.profile(self.name)

    def rows(self) -> list[ComparisonRow]:
        """Return the profile's comparisons, oldest first, skipped ones included."""
        return self._store.comparisons(self.profile.id)

    def compared(self) -> set[frozenset[Pair]]:
        """Return the pairs of responses that this profile has judged or skipped, in either order."""
        return {
            frozenset(
                {
                    (row.comparison.prompt, row.comparison.first),
                    (row.comparison.prompt, row.comparison.second),
                }
            )
            for row in self.rows()
        }

    def locks(self) -> dict[str, float]:
        """Return the traits set by hand and their weights."""
        return {trait: weight for trait, weight in self.profile.locks.items() if trait in self.prior.names}

    def lock(self, trait: str, position: float | None) -> None:
        """Fix a trait at a position of its bar, or where it is. Raises ValueError."""
        if trait not in self.prior.names:
            raise ValueError(f"no such trait: {trait}")
        index = self.prior.names.index(trait)
        weight = float(self.weights().mean[index]) if position is None else weight_at(position)
        self._change_locks(lambda locks: {**locks, trait: weight})

    def unlock(self, trait: str) -> None:
        """Let comparisons move a trait again."""
        self._change_locks(lambda locks: {name: value for name, value in locks.items() if name != trait})

    def forget(self) -> None:
        """Take back every comparison and lock."""
        self._store.forget(self.profile.id)

    @contextmanager
    def scoring_paused(self) -> Iterator[None]:
        """Leave the engine, which does one thing at a time, to an answer or to a model that loads.

        Waits for the one prompt whose responses are being scored; whatever else is to be scored waits.
        """
        pause = object()
        self._pauses.add(pause)
        try:
            with self._scoring:
                pass
            yield
        finally:
            self._pauses.discard(pause)

    def scores(self, pairs: Sequence[Pair]) -> list[tuple[float, ...] | None]:
        """Return the trait scores of each pair, None where they are neither cached nor can be had now.

        The question bank's own come before the engine's, after an import as when the question was answered.
        """
        found = [
            row if row is not None else self._of_the_bank.get(pair)
            for pair, row in zip(pairs, self._store.trait_scores(self.prior.version, pairs), strict=True)
        ]
        missing: dict[str, list[str]] = {}
        for (prompt, response), row in zip(pairs, found, strict=True):
            if row is None and response not in missing.setdefault(prompt, []):
                missing[prompt].append(response)
        missing = {prompt: responses for prompt, responses in missing.items() if responses}
        if not missing:
            return found
        fresh = self._score(missing)
        return [row if row is not None else fresh.get(pair) for pair, row in zip(pairs, found, strict=True)]

    def remember_scores(self, pairs: Sequence[Pair], scores: Sequence[tuple[float, ...]]) -> None:
        """Cache trait scores of the current version. Raises StoreError."""
        self._store.put_trait_scores(self.prior.version, pairs, scores)

    @cached_property
    def _of_the_bank(self) -> dict[Pair, tuple[float, ...]]:
        try:
            bank = question_bank()
        except RewardModelError:  # onboarding says so; here the engine can still score
            return {}
        if bank.version != self.prior.version:
            return {}
        sides = zip(bank.prompt, bank.first, bank.second, bank.traits.tolist(), strict=True)
        return {
            (prompt, text): tuple(traits)
            for prompt, *texts, both in sides
            for text, traits in zip(texts, both, strict=True)
        }

    def _score(self, missing: dict[str, list[str]]) -> dict[Pair, tuple[float, ...]]:
        fresh: dict[Pair, tuple[float, ...]] = {}
        self._retry_at = monotonic() + RETRY_SECONDS
        try:
            for prompt, responses in missing.items():
                with self._scoring:
                    if self._pauses or self._engine.busy:  # an answer goes first
                        self._retry_at = 0.0
                        break
                    scores = self._engine.score(prompt, responses)
                if scores.version != self.prior.version:
                    break
                fresh.update(
                    {(prompt, text): row for text, row in zip(responses, scores.traits, strict=True)}
                )
        except EngineError:
            pass  # what was scored before is kept; the rest is tried again later
        if fresh:
            with suppress(StoreError):  # a full disk costs the time to score them again, not the profile
                self.remember_scores(list(fresh), list(fresh.values()))
        return fresh

    def _change_locks(self, change: Callable[[dict[str, float]], dict[str, float]]) -> None:
        """Read and write in one transaction: another process may be setting a trait, too."""

        def work() -> None:
            profile = self.profile
            self._store.set_locks(profile.id, change(profile.locks))

        self._store.together(work)

    def _refit(self, *, waiting: bool) -> None:
        """Fit again, unless what was written (a chat, say) concerns neither comparisons nor locks."""
        profile = self.profile
        rows = [row for row in self._store.comparisons(profile.id) if row.comparison.outcome is not None]
        evidence = (profile.id, tuple(row.id for row in rows), tuple(sorted(self.locks().items())))
        if self._fitted is not None and self._fitted[0] == evidence and not waiting:
            return
        weights, self._unscored = self._fit(rows)
        self._fitted = (evidence, weights)

    def _fit(self, rows: Sequence[ComparisonRow]) -> tuple[Weights, int]:
        """Return the weights, and how many of the comparisons could not be scored and are not in them."""
        pairs = [(row.comparison.prompt, text) for row in rows for text in _texts(row)]
        scores = self.scores(pairs) if pairs else []
        usable = [
            (np.subtract(first, second), outcome)
            for row, first, second in zip(rows, scores[::2], scores[1::2], strict=True)
            if first is not None and second is not None and (outcome := row.comparison.outcome) is not None
        ]
        unscored = len(rows) - len(usable)
        prior = self.prior.locked(self.locks())
        if not usable:
            return prior, unscored
        # Not warm-started: it takes milliseconds anyway, and the same evidence then gives the same bits.
        differences, outcomes = zip(*usable, strict=True)
        return Weights.fit(list(differences), list(outcomes), prior=prior), unscored


def _texts(row: ComparisonRow) -> tuple[str, str]:
    return row.comparison.first, row.comparison.second
