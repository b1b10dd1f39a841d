"""What the assistant hands to a screen or a shell: words and positions, no arrays, no rows of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localpersona.values import Source

if TYPE_CHECKING:
    from localpersona.rewards.traits import Trait


@dataclass(frozen=True, slots=True)
class Question:
    """A comparison that has not been answered yet. `first` and `second` are in the order to be shown."""

    prompt: str
    first: str
    second: str
    source: Source = "chat"
    traits_first: tuple[float, ...] = ()
    """(J,) trait scores of `first`; empty when not scored yet."""
    traits_second: tuple[float, ...] = ()
    message_id: int | None = None
    """The answer whose candidates these are; None for a question from the bank."""
    question_id: str | None = None
    """The bank's name for it; None for two candidates."""
    worth_asking: bool = True
    """Whether the answer would teach enough to offer the comparison unasked."""


@dataclass(frozen=True, slots=True)
class TraitView:
    """What is known of one trait of a profile, ready to be drawn."""

    trait: Trait
    mean: float
    """Posterior mean of the weight: log-odds per standard deviation of the trait's score."""
    sd: float
    """Its posterior standard deviation."""
    prior_mean: float
    """What most people's weight is."""
    locked: bool
    """The user has set it; comparisons do not move it."""
    position: float
    """The mean on the bar, -1 (low pole) … 1 (high pole)."""
    low: float
    """Mean less one standard deviation, on the same scale."""
    high: float
    """Mean plus one standard deviation, on the same scale."""
    description: str
    """In words: "clearly concise", "leaning casual", "no clear preference", "not known yet"."""

    @property
    def known(self) -> bool:
        """Whether the description says something about this person."""
        return self.description.startswith(("clearly", "leaning", "set to"))


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A profile as it is shown."""

    name: str
    comparisons: int
    """Those that count: answered, not skipped, not taken back."""
    traits: tuple[TraitView, ...]
    """In the reward model's order, tastes and quality."""
    summary: str
    """The surest tastes in one line: "You prefer shorter answers and casual answers." """

    @property
    def tastes(self) -> tuple[TraitView, ...]:
        return tuple(view for view in self.traits if view.trait.taste)

    @property
    def qualities(self) -> tuple[TraitView, ...]:
        """What everybody wants, to be shown apart from taste."""
        return tuple(view for view in self.traits if not view.trait.taste)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a comparison changed."""

    summary: str
    """One sentence for the user: "You seem to prefer shorter answers." """
    profile: ProfileView
    comparison_id: int


class AnswerFailed(Exception):
    """`Assistant.reply` could not get an answer. str(error) is one or two plain lines."""

    def __init__(self, message: str, partial: str = "") -> None:
        super().__init__(message)
        self.partial = partial
        """What was answered until then."""
