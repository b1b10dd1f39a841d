"""One user's weights: the posterior over w_user, and everything it was learned from.

Weights are values: `update`, `fit` and `locked` return new ones. The posterior is always the batch fit of all
comparisons under the prior, never a chain of approximations, so that undo is a fit without the last row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from localpersona.preferences.laplace import Array, fit_laplace, inverse, sigmoid

LAPSE = 0.03
"""How often either key is pressed whatever the answers were: 2 · LAPSE of all answers say nothing."""

LOCKED_VARIANCE = 1e-6
LARGEST_DIFFERENCE = 1e4
"""Trait scores are standardised; a difference beyond this is a bug upstream, not a taste."""

_NODES = np.linspace(-8.0, 8.0, 129)
_NODE_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()


@dataclass(frozen=True, eq=False)
class Weights:
    """A Gaussian over the weights of J traits. Its arrays are read-only."""

    mean: Array
    """(J,) log-odds per standard deviation of each trait; positive: more of the trait's high pole is liked."""
    covariance: Array
    """(J, J), symmetric positive definite."""
    names: tuple[str, ...]
    """The J traits."""
    version: str
    """Of the reward model whose trait scores these weights are for."""
    lapse: float = LAPSE
    """In [0, 0.5)."""
    differences: Array = field(default_factory=lambda: np.empty((0, 0)), repr=False)
    """(n, J) traits of the first response minus traits of the second, oldest comparison first."""
    outcomes: Array = field(default_factory=lambda: np.empty(0), repr=False)
    """(n,) 1 first preferred, 0 second, 0.5 a tie."""
    base: Weights | None = field(default=None, repr=False)
    """The prior that was fitted from; None when this is a prior itself."""
    _start: Array | None = field(default=None, repr=False)

    @classmethod
    def gaussian(
        cls, mean: ArrayLike, covariance: ArrayLike, names: Sequence[str], version: str, lapse: float = LAPSE
    ) -> Self:
        """Return a prior N(mean (J,), covariance (J, J)). Raises ValueError for wrong shapes or an impossible covariance."""
        mean_, covariance_ = _finite(mean, "the mean"), _finite(covariance, "the covariance")
        size = len(names)
        if mean_.shape != (size,) or covariance_.shape != (size, size):
            shapes = f"{mean_.shape} and {covariance_.shape}"
            raise ValueError(f"{size} traits need a mean ({size},) and a covariance ({size}, {size}), not {shapes}")
        if len(set(names)) != size or size == 0:
            raise ValueError("the traits' names must be different and at least one")
        if not np.allclose(covariance_, covariance_.T, rtol=1e-6, atol=1e-12):
            raise ValueError("the covariance is not symmetric")
        if not 0.0 <= lapse < 0.5:
            raise ValueError(f"the lapse rate must be in [0, 0.5), not {lapse}")
        covariance_ = (covariance_ + covariance_.T) / 2.0
        inverse(covariance_)  # raises when it is not positive definite
        empty = _frozen(np.empty((0, size)))
        names_ = tuple(str(name) for name in names)
        return cls(_frozen(mean_), _frozen(covariance_), names_, str(version), lapse, empty, _frozen(np.empty(0)))

    @classmethod
    def prior(cls) -> Self:
        """Return the shipped prior: what many users' choices say of a new one. Loads no model."""
        from localpersona import shipped  # the one thing on disk that the learning core knows of

        return cls.from_dict(json.loads((shipped.reward_model() / "prior.json").read_text(encoding="utf-8")))

    @classmethod
    def fit(
        cls,
        differences: ArrayLike,
        outcomes: ArrayLike,
        *,
        prior: Weights | None = None,
        version: str | None = None,
        start: Weights | None = None,
    ) -> Self:
        """Return the posterior after comparisons (n, J) with outcomes (n,) in [0, 1]; see `laplace.fit_laplace`.

        `prior` is the shipped one by default; it must not hold comparisons itself. `version` says which reward
        model the differences come from, if that is to be checked. `start`, a similar fit, only saves time.
        Raises ValueError for wrong shapes, values or versions.
        """
        prior = cls.prior() if prior is None else prior
        if prior.comparisons:
            raise ValueError(f"the prior already holds {prior.comparisons} comparisons: use its base, or update()")
        if start is not None:
            prior.require_same_traits(start)
        differences_ = prior._checked(differences, version)
        outcomes_ = _finite(outcomes, "the outcomes")
        if outcomes_.shape != (len(differences_),):
            raise ValueError(f"{len(differences_)} comparisons need as many outcomes, not shape {outcomes_.shape}")
        if outcomes_.size and not (outcomes_.min() >= 0.0 and outcomes_.max() <= 1.0):
            raise ValueError("outcomes must be between 0 and 1: 1 first, 0 second, 0.5 a tie")
        found = fit_laplace(
            differences_, outcomes_, prior.mean, prior.covariance, prior.lapse, None if start is None else start._start
        )
        return cls(
            _frozen(found.mean), _frozen(found.covariance), prior.names, prior.version, prior.lapse,
            _frozen(differences_), _frozen(outcomes_), prior, found.start,
        )  # fmt: skip

    @property
    def comparisons(self) -> int:
        """How many answers these weights were learned from; 0 for a prior."""
        return len(self.outcomes)

    def update(self, difference: ArrayLike, outcome: float, *, version: str | None = None) -> Self:
        """Return the exact batch fit with one more comparison: difference (J,), outcome 1, 0 or 0.5.

        Raises ValueError for a wrong shape, value or version; these weights stay as they are.
        """
        row = self._checked(np.atleast_1d(np.asarray(difference))[None, :], version)
        differences = np.concatenate([self.differences, row])
        outcomes = np.append(self.outcomes, outcome)
        return type(self).fit(differences, outcomes, prior=self.base or self, start=self)

    def predict(self, differences: ArrayLike, *, version: str | None = None) -> Array:
        """Return (m,) the probability that the first response is preferred, for differences (m, J).

        The posterior's uncertainty is integrated, so little knowledge gives probabilities near 0.5; lapses are
        included, so they stay within [lapse, 1 − lapse]. The integral over the log-odds is a trapezoid sum, which
        for a Gaussian times a sigmoid is exact to 1e-6 up to a standard deviation of 15; the usual probit
        approximation errs by 0.01.
        """
        differences_ = self._checked(differences, version)
        centre, spread = differences_ @ self.mean, np.sqrt(self.variance_of(differences_))
        preferred = np.zeros(len(differences_))
        for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
            preferred += weight * sigmoid(centre + node * spread)
        return self.lapse + (1.0 - 2.0 * self.lapse) * preferred

    def variance_of(self, differences: ArrayLike) -> Array:
        """Return (m,) the posterior variance of the log-odds w·d for differences (m, J)."""
        differences_ = self._checked(differences, None)
        return np.asarray(np.einsum("ij,ij->i", differences_ @ self.covariance, differences_))

    def locked(self, values: Mapping[str, float]) -> Self:
        """Return weights in which each named trait is nearly certain to have the given value.

        The others' beliefs are conditioned on it: traits that go with it in the population move along. Comparisons
        are fitted again under the locked prior. Raises ValueError for an unknown trait or a value that is not finite.
        """
        unknown = [name for name in values if name not in self.names]
        if unknown:
            raise ValueError(f"no such trait: {', '.join(unknown)}")
        if not values:
            return self
        prior = (self.base or self)._conditioned(
            np.array([self.names.index(name) for name in values]), _finite(list(values.values()), "a locked value")
        )
        if not self.comparisons:
            return prior
        return type(self).fit(self.differences, self.outcomes, prior=prior)

    def require_same_traits(self, other: Weights) -> None:
        """Raise ValueError unless other is about the same traits of the same reward model."""
        self._require_version(other.version)
        if self.names != other.names:
            raise ValueError(f"weights of different traits cannot be mixed: {self.names} and {other.names}")

    def to_dict(self) -> dict[str, Any]:
        """Return mean, covariance, names, version and lapse for JSON. Comparisons are the store's to keep."""
        return {
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
            "names": list(self.names),
            "version": self.version,
            "lapse": self.lapse,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_dict` described, as a prior without comparisons. Raises ValueError when it is malformed."""
        try:
            mean, covariance, names, version = (data[key] for key in ("mean", "covariance", "names", "version"))
            lapse = float(data.get("lapse", LAPSE))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not weights: {error}") from None
        return cls.gaussian(mean, covariance, names, version, lapse)

    def _conditioned(self, at: Array, values: Array) -> Self:
        """Return N(mean, covariance) given that traits `at` (indices) have these values."""
        rest = np.setdiff1d(np.arange(len(self.names)), at)
        gain = np.linalg.solve(self.covariance[np.ix_(at, at)], self.covariance[np.ix_(at, rest)]).T
        mean, covariance = self.mean.copy(), self.covariance.copy()
        mean[rest] += gain @ (values - mean[at])
        covariance[np.ix_(rest, rest)] -= gain @ self.covariance[np.ix_(at, rest)]
        mean[at] = values
        covariance[at, :] = covariance[:, at] = 0.0
        covariance[at, at] = LOCKED_VARIANCE
        return type(self).gaussian(mean, covariance, self.names, self.version, self.lapse)

    def _checked(self, differences: ArrayLike, version: str | None) -> Array:
        if version is not None:
            self._require_version(version)
        checked = _finite(differences, "the differences")
        if checked.ndim != 2 or checked.shape[1] != len(self.names):
            raise ValueError(f"differences must have shape (n, {len(self.names)}), not {checked.shape}")
        if checked.size and np.abs(checked).max() > LARGEST_DIFFERENCE:
            raise ValueError(f"a difference beyond {LARGEST_DIFFERENCE:g} standard deviations is not a trait score")
        return checked

    def _require_version(self, version: str) -> None:
        if version != self.version:
            raise ValueError(f"weights for reward model {self.version!r} cannot be mixed with {version!r}")


def _finite(values: ArrayLike, what: str) -> Array:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be numbers") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{what} must be finite numbers")
    return array


def _frozen(array: Array) -> Array:
    """Return a read-only copy, so that no caller can change weights behind their back."""
    copy = np.array(array, dtype=np.float64)
    copy.setflags(write=False)
    return copy
