"""What a benchmark of preferences found, as plain values for tables, charts and JSON."""

from __future__ import annotations

from dataclasses import dataclass

from localpersona.bench.methods import Kind


@dataclass(frozen=True)
class Figure:
    """A measure, with what it could as well have been."""

    value: float
    """The mean over the splits."""
    low: float
    """95 % bootstrap interval over the people tested."""
    high: float
    smallest: float
    """Of the splits."""
    largest: float


@dataclass(frozen=True)
class Difference:
    """A method's measure minus the reference's, on the same people, choices and splits."""

    value: float
    low: float
    """95 % bootstrap interval over the people tested."""
    high: float


@dataclass(frozen=True)
class Curve:
    """One method against the number of answers."""

    key: str
    title: str
    kind: Kind
    actively: bool
    auc: tuple[Figure, ...]
    """After each of `Results.answers`. ROC-AUC pooled over all people's test choices."""
    log_loss: tuple[Figure, ...]
    """Mean over the test choices, in nats; 0.693 for a coin."""
    auc_difference: tuple[Difference, ...]
    """To the reference; all 0 for the reference itself."""
    log_loss_difference: tuple[Difference, ...]


@dataclass(frozen=True)
class Results:
    """Everything that was measured."""

    data: str
    answers: tuple[int, ...]
    """Numbers of answers, ascending."""
    people: int
    """Tested at least once."""
    left_out: int
    """People with too few comparisons to be asked that often, or none to be tested on."""
    comparisons: int
    choices: int
    """Predicted in each split, on average."""
    shared: int
    """Test choices left out because a text occurs under a prompt that was seen; average of the splits."""
    splits: int
    parts: int
    """Of people and prompts in each split."""
    seed: int
    """Of the first split."""
    curves: tuple[Curve, ...]
    """The first is the reference."""
