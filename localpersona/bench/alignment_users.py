"""Who the answers are for: opposite tastes, one trait each, and simulated people with all their weights.

Each is described twice, for the scores of the model that selects and for those of the one that judges. The
opposite tastes have the same standardised weights on both; a simulated person's are fitted to the same choices by
either model's scores (see scripts/train_judge.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from localpersona import shipped
from localpersona.bench.protocol import BenchError
from localpersona.preferences import Weights
from localpersona.preferences.arrays import Array
from localpersona.text import one_line

TASTE, QUALITY = 2.0, 2.0
"""Weights of somebody with one taste. Of the simulated people, the median length of the weights of all tastes is
2.2 and the median weight of quality 2.4."""
OPPOSITES: tuple[tuple[str, str, str], ...] = (
    ("length", "concise", "detailed"),
    ("formality", "casual", "formal"),
    ("structure", "prose", "lists"),
    ("warmth", "impersonal", "warm"),
)
"""A trait, who wants its low pole, who wants its high one."""
PEOPLE = ("u40", "u21", "u29", "u31")
"""Of the simulated people: a travel blogger, an accountant, a minimalist designer, a satirist."""
ORDER = (
    "concise", "detailed", "casual", "formal", "prose", "lists", "u40", "u21", "impersonal", "warm", "u29", "u31",
)  # fmt: skip
"""Fewer users are the first of these."""


@dataclass(frozen=True, eq=False)
class User:
    """One person to answer."""

    name: str
    description: str
    weights: Weights
    """For the selecting model's scores."""
    judged: Array
    """(J,) mean weights for the judge's scores."""


@dataclass(frozen=True, eq=False)
class Model:
    """A reward model's folder, its prior, and the simulated people's weights for its scores."""

    folder: Path
    prior: Weights
    people: Mapping[str, Weights]
    descriptions: Mapping[str, str]

    @classmethod
    def read(cls, judges: Path, name: str) -> Model:
        """Return the model `name` in the folder that scripts/train_judge.py wrote. Raises BenchError."""
        folder = shipped.reward_model() if name == "shipped" else judges / name
        try:
            prior = Weights.from_dict(_json(folder / "prior.json"))
            described = _json(judges / name / "people.json")
            rows = {str(row["user"]): row for row in described["people"]}
            people = {user: _weights(row, prior) for user, row in rows.items()}
            descriptions = {user: one_line(str(row["description"]), 200) for user, row in rows.items()}
        except OSError as error:
            raise BenchError(
                f"{error.filename} cannot be read: {error.strerror}\nscripts/train_judge.py makes this folder."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BenchError(f"The weights of {judges / name} cannot be read: {error}") from None
        if described.get("version") != prior.version:
            raise BenchError(
                f"{judges / name / 'people.json'} is for another version of the reward model.\n"
                "Run scripts/train_judge.py again."
            )
        return cls(folder, prior, people, descriptions)

    def with_taste(self, values: Mapping[str, float]) -> Weights:
        """Return weights set by hand: what is not named is 0."""
        return self.prior.locked(dict.fromkeys(self.prior.names, 0.0) | dict(values))


def users(selector: Model, judge: Model, count: int) -> tuple[User, ...]:
    """Return the first `count` of ORDER. Raises BenchError for people that either model lacks."""
    if selector.prior.names != judge.prior.names:
        raise BenchError("Selector and judge score different traits.")
    tastes = {
        name: (trait, sign) for trait, *poles in OPPOSITES for name, sign in zip(poles, (-1, 1), strict=True)
    }
    return tuple(
        _with_one_taste(name, *tastes[name], selector, judge)
        if name in tastes
        else _person(name, selector, judge)
        for name in ORDER[:count]
    )


def opposites(names: list[str]) -> list[tuple[str, int, int]]:
    """Return (trait, number of who wants the low pole, of who wants the high one) for pairs among the users."""
    return [
        (trait, names.index(low), names.index(high))
        for trait, low, high in OPPOSITES
        if low in names and high in names
    ]


def _with_one_taste(name: str, trait: str, sign: int, selector: Model, judge: Model) -> User:
    values = {trait: sign * TASTE, "quality": QUALITY}
    description = f"{'more' if sign > 0 else 'less'} {trait}, nothing else but quality"
    return User(name, description, selector.with_taste(values), judge.with_taste(values).mean)


def _person(name: str, selector: Model, judge: Model) -> User:
    if name not in selector.people or name not in judge.people:
        raise BenchError(
            f"There is no simulated person {name} in people.json. Run scripts/train_judge.py again."
        )
    return User(name, selector.descriptions[name], selector.people[name], judge.people[name].mean)


def _weights(row: Mapping[str, Any], prior: Weights) -> Weights:
    """Return a posterior as it was stored: what was learned is told from the prior it was learned under."""
    fitted = Weights.gaussian(row["mean"], row["covariance"], prior.names, prior.version, prior.lapse)
    return replace(fitted, base=prior)


def _json(path: Path) -> dict[str, Any]:
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path.name} is no JSON object")
    return data
