"""What a profile rests on: which comparisons speak for what, what would be without one, how it all moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from localpersona.assistant.portrait import portray, position
from localpersona.assistant.taste import UserTaste
from localpersona.assistant.views import ProfileView
from localpersona.preferences import Weights
from localpersona.store import ComparisonRow, Store, StoreError

POINTS = 24
"""So many states of the past are shown at most."""
VISIBLE = 0.02
"""Movement on a bar (−1 … 1) from which a trait is said to change."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One comparison and what it says of one trait."""

    row: ComparisonRow
    push: float | None
    """How far the preferred response is towards the trait's high pole (standard deviations of its score);
    0 for a tie or a skipped one, None when it could not be scored yet."""


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one trait."""

    noun: str
    before: str
    after: str
    by: float
    """Movement on the bar; positive: towards the high pole."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How a profile came to be what it is."""

    counts: tuple[int, ...]
    """After how many comparisons, oldest state first; it begins with 0."""
    traits: dict[str, tuple[tuple[float, float, float], ...]]
    """By trait and state: the mean less a standard deviation, the mean, and with one more; on the bar, −1 … 1."""


class Trail:
    """The evidence behind one profile. Every method may block; those that write raise StoreError."""

    def __init__(self, store: Store, taste: UserTaste) -> None:
        self._store = store
        self._taste = taste

    def of(self, trait: str) -> tuple[Piece, ...]:
        """Return the profile's comparisons with what each says of a trait, newest first."""
        index = self._taste.prior.names.index(trait)
        rows = self._taste.rows()
        texts = [
            (row.comparison.prompt, text)
            for row in rows
            for text in (row.comparison.first, row.comparison.second)
        ]
        scores = self._taste.scores(texts) if texts else []
        pieces = [
            Piece(row, _push(row, first, second, index))
            for row, first, second in zip(rows, scores[::2], scores[1::2], strict=True)
        ]
        return tuple(reversed(pieces))

    def changes_without(self, ids: Collection[int]) -> tuple[Change, ...]:
        """Return what would change without these comparisons, the largest movement first; nothing is changed."""
        return _changes(self.profile_without(()), self.profile_without(ids))

    def profile_without(self, ids: Collection[int]) -> ProfileView:
        """Return the profile as it would be without these comparisons; with none, as it is."""
        left = [row for row in self._taste.rows() if row.id not in ids] if ids else None
        weights = self._taste.weights() if left is None else self._taste.weights_from(left)
        return portray(self._taste.name, weights, self._taste.prior, self._taste.locks())

    def remove(self, ids: Collection[int]) -> None:
        """Take comparisons of this profile back, all or none; `restore` undoes it."""
        for missing in set(ids) - {row.id for row in self._taste.rows()}:
            raise StoreError(f"This profile has no comparison {missing}. Nothing was changed.")

        def work() -> None:
            for comparison_id in ids:
                self._store.delete_comparison(comparison_id)

        self._store.together(work)

    def restore(self, ids: Collection[int]) -> None:
        """Let comparisons that were removed count again."""

        def work() -> None:
            for comparison_id in ids:
                self._store.restore_comparison(comparison_id)

        self._store.together(work)

    def of_chat(self, chat_id: int) -> tuple[int, ...]:
        """Return the comparisons of this profile that were made in a chat, oldest first."""
        return tuple(
            row.id
            for row in self._taste.rows()
            if row.message_id is not None and self._store.message(row.message_id).chat_id == chat_id
        )

    def movement(self, points: int = POINTS) -> Movement:
        """Return how the profile moved, from the prior to now, with the locks of now."""
        rows = [row for row in self._taste.rows() if row.comparison.outcome is not None]
        counts = _spaced(len(rows), points)
        states = [self._taste.weights_from(rows[:count]) for count in counts]
        traits = {
            name: tuple(_interval(state, index) for state in states)
            for index, name in enumerate(self._taste.prior.names)
        }
        return Movement(counts, traits)


def _changes(before: ProfileView, after: ProfileView) -> tuple[Change, ...]:
    """Return the tastes that differ visibly between two states of a profile, the largest movement first."""
    moved = [
        Change(old.trait.noun, old.description, new.description, new.position - old.position)
        for old, new in zip(before.traits, after.traits, strict=True)
        if old.trait.taste
        and (abs(new.position - old.position) >= VISIBLE or old.description != new.description)
    ]
    return tuple(sorted(moved, key=lambda change: -abs(change.by)))


def _push(
    row: ComparisonRow, first: Sequence[float] | None, second: Sequence[float] | None, index: int
) -> float | None:
    outcome = row.comparison.outcome
    if outcome is None:
        return 0.0
    if first is None or second is None:
        return None
    return (2.0 * outcome - 1.0) * (first[index] - second[index])


def _spaced(count: int, points: int) -> tuple[int, ...]:
    """Return 0 … count in at most `points` steps, both ends included."""
    steps = min(count, points - 1)
    return (0, *(round(count * step / steps) for step in range(1, steps + 1)))


def _interval(weights: Weights, index: int) -> tuple[float, float, float]:
    mean, sd = float(weights.mean[index]), float(weights.covariance[index, index]) ** 0.5
    return position(mean - sd), position(mean), position(mean + sd)
