"""One user's weights: the posterior over w_user, and everything it was learned from.

Weights are values: `update`, `fit` and `locked` return new ones. The posterior is always the batch fit of all
comparisons under the prior, never a chain of approximations, so that undo is the fit without the last one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from localpersona.preferences.arrays import Array, finite, frozen
from localpersona.preferences.gaussians import condition, expected_sigmoid, inverse
from localpersona.preferences.kinds import Kinds, posterior
from localpersona.preferences.laplace import Evidence, fit_laplace

LAPSE = 0.03
"""How often each key is pressed whatever the answers are: 2 · LAPSE of all comparisons say nothing."""

LOCKED_VARIANCE = 1e-6
LARGEST_DIFFERENCE = 1e3
"""Trait scores are standardised: a difference beyond this is a mistake upstream, not a taste."""


@dataclass(frozen=True, eq=False)
class Weights:
    """A Gaussian over weights of J traits, in read-only arrays. Made by `prior`, `gaussian`, `mixture` or `fit`."""

    mean: Array
    """(J,) log-odds per standard deviation of a trait; positive: the trait's high pole is preferred."""
    covariance: Array
    """(J, J), symmetric and positive definite."""
    names: tuple[str, ...]
    """The J traits."""
    version: str
    """Of the reward model whose trait scores these weights are for."""
    lapse: float
    """In [0, 0.5): the likelihood's floor, see `laplace`."""
    careless: float
    """In [0, 1): the probability that this user's answers are coin flips. It dampens predictions, not the mean."""
    differences: Array = field(repr=False)
    """(n, J) traits of the first response minus traits of the second, oldest comparison first."""
    outcomes: Array = field(repr=False)
    """(n,) 1 first preferred, 0 second, 0.5 a tie."""
    importance: Array = field(repr=False)
    """(n,) how often each comparison counts; 1 unless told otherwise."""
    base: Weights | None = field(default=None, repr=False)
    """The prior this was fitted under; None when this is a prior itself."""
    kinds: Kinds | None = field(default=None, repr=False)
    """Of a prior: the mixture that mean and covariance sum up; None where they say it all."""
    _start: Array | None = field(default=None, repr=False)
    """(J,) where the next fit starts."""

    @classmethod
    def gaussian(
        cls,
        mean: ArrayLike,
        covariance: ArrayLike,
        names: Sequence[str],
        version: str,
        lapse: float = LAPSE,
        careless: float = 0.0,
    ) -> Weights:
        """Return a prior with mean (J,) and covariance (J, J). Raises ValueError when they cannot be one."""
        centre, spread = finite(mean, "the mean"), finite(covariance, "the covariance")
        size = len(names)
        if size == 0 or len(set(names)) != size:
            raise ValueError("weights need at least one trait, and different names")
        if centre.shape != (size,) or spread.shape != (size, size):
            raise ValueError(
                f"{size} traits need a mean ({size},) and a covariance ({size}, {size}),"
                f" not {centre.shape} and {spread.shape}"
            )
        if not np.allclose(spread, spread.T, rtol=1e-6, atol=1e-12):
            raise ValueError("the covariance is not symmetric")
        if not 0.0 <= lapse < 0.5:
            raise ValueError(f"the lapse rate must be at least 0 and below 0.5, not {lapse}")
        if not 0.0 <= careless < 1.0:
            raise ValueError(f"the probability of coin flips must be at least 0 and below 1, not {careless}")
        spread = (spread + spread.T) / 2.0
        inverse(spread)  # raises when it is not positive definite
        return cls(
            mean=frozen(centre),
            covariance=frozen(spread),
            names=tuple(str(name) for name in names),
            version=str(version),
            lapse=lapse,
            careless=careless,
            differences=frozen(np.empty((0, size))),
            outcomes=frozen(np.empty(0)),
            importance=frozen(np.empty(0)),
        )

    @classmethod
    def mixture(
        cls, kinds: Kinds, names: Sequence[str], version: str, lapse: float = LAPSE, careless: float = 0.0
    ) -> Weights:
        """Return a prior of several kinds of people. Raises ValueError when it cannot be one."""
        return replace(cls.gaussian(*kinds.moments(), names, version, lapse, careless), kinds=kinds)

    @classmethod
    def prior(cls) -> Weights:
        """Return the shipped prior, what many users' choices say of a new one. OSError when it is missing."""
        from localpersona.shipped import reward_model  # the one thing on disk that the learning core knows of

        return cls.from_dict(json.loads((reward_model() / "prior.json").read_text(encoding="utf-8")))

    @classmethod
    def fit(
        cls,
        differences: ArrayLike,
        outcomes: ArrayLike,
        *,
        importance: ArrayLike | None = None,
        prior: Weights | None = None,
        version: str | None = None,
        start: Weights | None = None,
    ) -> Weights:
        """Return the posterior after comparisons (n, J) with outcomes (n,) in [0, 1].

        importance: (n,) how often each counts, at least 0; once by default. `recency` gives forgetting.
        prior: the shipped one by default; it holds no comparisons itself.
        version: of the reward model that scored the differences, if it is to be checked against the prior's.
        start: weights after similar comparisons, which save time and change nothing.
        Raises ValueError for wrong shapes, values or versions. PReF's Eq. 6, with lapses.
        """
        prior = cls.prior() if prior is None else prior
        if prior.comparisons:
            raise ValueError(f"the prior already holds {prior.comparisons} comparisons: use update()")
        if start is not None:
            prior.require_same_traits(start)
        rows = prior.checked(differences, version)
        answers = finite(outcomes, "the outcomes")
        if answers.shape != (len(rows),):
            raise ValueError(f"{len(rows)} comparisons need as many outcomes, not shape {answers.shape}")
        if answers.size and not (answers.min() >= 0.0 and answers.max() <= 1.0):
            raise ValueError("outcomes must be between 0 and 1: 1 first, 0 second, 0.5 a tie")
        counts = np.ones(len(rows)) if importance is None else finite(importance, "the importance")
        if counts.shape != (len(rows),) or (counts.size and counts.min() < 0.0):
            raise ValueError(f"importance must be {len(rows)} numbers of at least 0")
        evidence = Evidence(rows, answers, counts, prior.lapse)
        found = fit_laplace(evidence, prior.mean, prior.covariance, None if start is None else start._start)
        if prior.kinds is not None:
            found = posterior(prior.kinds, found, evidence)
        return cls(
            mean=frozen(found.mean),
            covariance=frozen(found.covariance),
            names=prior.names,
            version=prior.version,
            lapse=prior.lapse,
            careless=_still_careless(prior.careless, found.log_evidence, float(counts.sum())),
            differences=frozen(rows),
            outcomes=frozen(answers),
            importance=frozen(counts),
            base=prior,
            _start=found.start,
        )

    @property
    def comparisons(self) -> int:
        """How many answers these weights were learned from; 0 for a prior."""
        return len(self.outcomes)

    def update(self, difference: ArrayLike, outcome: float, *, version: str | None = None) -> Weights:
        """Return the exact batch fit with one more comparison: difference (J,), outcome 1, 0 or 0.5.

        Raises ValueError for a wrong shape, value or version.
        """
        row = finite(difference, "the difference")
        if row.shape != self.mean.shape:
            raise ValueError(f"one comparison is a difference of shape {self.mean.shape}, not {row.shape}")
        differences = np.concatenate([self.differences, row[None, :]])
        outcomes = np.append(self.outcomes, finite(outcome, "the outcome"))
        importance = np.append(self.importance, 1.0)
        prior = self.base or self
        return Weights.fit(
            differences, outcomes, importance=importance, prior=prior, version=version, start=self
        )

    def predict(self, differences: ArrayLike, *, version: str | None = None) -> Array:
        """Return (m,) the probability that the first response is preferred, for differences (m, J).

        The posterior's uncertainty is integrated, so little knowledge gives probabilities near 0.5. Lapses
        are included, so all are within [lapse, 1 − lapse]; and the suspicion of coin flips, `careless`.
        Raises ValueError for wrong shapes, values or versions.
        """
        checked = self.checked(differences, version)
        preferred = expected_sigmoid(checked @ self.mean, np.sqrt(self.variance_of(checked)))
        chosen = self.lapse + (1.0 - 2.0 * self.lapse) * preferred
        return chosen + self.careless * (0.5 - chosen)

    def variance_of(self, differences: ArrayLike) -> Array:
        """Return (m,) the posterior variance of the log-odds w·d for differences d, (m, J)."""
        checked = self.checked(differences)
        return np.asarray(np.einsum("ij,ij->i", checked @ self.covariance, checked))

    def locked(self, values: Mapping[str, float]) -> Weights:
        """Return weights in which each named trait is nearly certain to have the given value.

        What is believed of the others is conditioned on it: traits that go with it in the population move
        along. Comparisons are fitted again.
        Raises ValueError for an unknown trait or a value that is not finite.
        """
        unknown = [name for name in values if name not in self.names]
        if unknown:
            raise ValueError(f"no such trait: {', '.join(unknown)}")
        if not values:
            return self
        at = np.array([self.names.index(name) for name in values])
        wanted = finite(list(values.values()), "a locked value")
        prior = self.base or self
        if prior.kinds is None:
            mean, covariance = condition(prior.mean, prior.covariance, at, wanted, LOCKED_VARIANCE)
            prior = Weights.gaussian(mean, covariance, self.names, self.version, self.lapse, prior.careless)
        else:
            kinds = prior.kinds.given(at, wanted, LOCKED_VARIANCE)
            prior = Weights.mixture(kinds, self.names, self.version, self.lapse, prior.careless)
        if not self.comparisons:
            return prior
        return Weights.fit(self.differences, self.outcomes, importance=self.importance, prior=prior)

    def drawn_together(self, share: float) -> Weights:
        """Return a prior whose people differ less: the same mean, `share` of the covariance.

        For people who hardly differ, or whose choices say little of how: near 0 everybody gets the same weights,
        and a person can be predicted no worse than by one reward for all. Raises ValueError unless this is a
        prior and the share is positive.
        """
        if self.comparisons or not share > 0.0:
            raise ValueError(f"only a prior can be drawn together, by a share above 0, not {share}")
        if self.kinds is None:
            return replace(self, covariance=frozen(share * self.covariance))
        return replace(
            self, covariance=frozen(share * self.covariance), kinds=self.kinds.drawn_together(share)
        )

    def require_same_traits(self, other: Weights) -> None:
        """Raise ValueError unless other is about the same traits of the same reward model."""
        self._require_version(other.version)
        if self.names != other.names:
            raise ValueError("weights of different traits cannot be mixed")

    def to_dict(self) -> dict[str, Any]:
        """Return mean, covariance, names, version, lapse, careless and a prior's kinds for JSON.

        Comparisons are the store's to keep.
        """
        return {
            "names": list(self.names),
            "version": self.version,
            "lapse": self.lapse,
            "careless": self.careless,
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
        } | ({} if self.kinds is None else {"kinds": self.kinds.to_dict()})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Weights:
        """Return what `to_dict` described, as a prior. Raises ValueError when it is malformed."""
        try:
            mean, covariance, version = data["mean"], data["covariance"], data["version"]
            names, kinds = list(data["names"]), data.get("kinds")
            lapse, careless = float(data.get("lapse", LAPSE)), float(data.get("careless", 0.0))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"these are not weights ({error})") from None
        if kinds is None:
            return cls.gaussian(mean, covariance, names, version, lapse, careless)
        return cls.mixture(Kinds.from_dict(kinds), names, version, lapse, careless)

    def checked(self, differences: ArrayLike, version: str | None = None) -> Array:
        """Return differences (n, J) as an array. Raises ValueError for wrong shapes, values or versions."""
        if version is not None:
            self._require_version(version)
        checked = finite(differences, "the differences")
        if checked.shape == (0,):  # an empty list: no comparisons yet
            checked = checked.reshape(0, len(self.names))
        if checked.ndim != 2 or checked.shape[1] != len(self.names):
            raise ValueError(f"differences must have shape (n, {len(self.names)}), not {checked.shape}")
        if checked.size and np.abs(checked).max() > LARGEST_DIFFERENCE:
            raise ValueError(f"trait scores cannot differ by more than {LARGEST_DIFFERENCE:g}")
        return checked

    def _require_version(self, version: str) -> None:
        if version != self.version:
            raise ValueError(f"weights for reward model {self.version!r} cannot be mixed with {version!r}")


def _still_careless(before: float, log_evidence: float, comparisons: float) -> float:
    """Return the probability of coin flips, given how likely the comparisons were if they are none."""
    if before == 0.0:
        return 0.0
    log_odds = np.log(before) - np.log1p(-before) - comparisons * np.log(2.0) - log_evidence
    return float(1.0 / (1.0 + np.exp(-np.clip(log_odds, -700.0, 700.0))))
