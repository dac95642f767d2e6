"""BG/NBD: customers buy at random at a rate of their own, and may stop for good after any repeat purchase.

Assumptions (Fader, Hardie and Lee 2005, section 3): while active, a customer buys in a Poisson process
with rate lambda; lambda varies over customers as Gamma(r, alpha); after each repeat purchase the customer
stops with probability p; p varies as Beta(a, b); lambda and p are independent. A customer without a repeat
purchase is therefore still active for certain.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd import beta_geometric as bg
from models.btyd.base import like
from models.btyd.discounting import discounted_purchases
from models.btyd.histories import HistoryFitter
from models.btyd.inputs import Counts, Floats, check_histories, check_weights, pack, pairs
from models.btyd.newton import maximise, to_log_scale
from models.btyd.simulate import beta_geometric_customers

WARM = 50_000
"""Of more histories than this, about so many are climbed first: from near the optimum Newton's method needs two or three
evaluations of all of them instead of seven."""


class BetaGeoFitter(HistoryFitter):
    """The BG/NBD model with lifetimes' interface: change one import line.

    Times may be in any unit; `params_["alpha"]`, `log_likelihood_` and horizons are in the same one.
    """

    names: ClassVar = ("r", "alpha", "a", "b")
    start: ClassVar = (0.5, 0.5, 1.0, 2.0)
    modified: ClassVar = False

    def fit(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        weights: ArrayLike | None = None,
        initial_params: ArrayLike | None = None,
        verbose: bool = False,
        tol: float = 1e-7,
        index: Any = None,
        maxiter: int = 200,
    ) -> BetaGeoFitter:
        """Fit by maximum likelihood, FHL section 7.

        frequency: repeat purchases (whole); recency: time of the last one, counted from the first purchase;
        T: time observed since the first purchase. `weights`: how many customers share each history (counted
        by the query engine, so that a warehouse need not ship a row a customer). `initial_params`:
        logarithms, as lifetimes scales them (longest T = 1). `verbose`: say in `notes_` how it went.

        Raises ValueError for columns that break the rules of histories, and where the fit does not converge.
        Look at `notes_` for what the data could not determine.
        """
        x, t, age = check_histories(frequency, recency, T)
        counted = check_weights(weights, len(x))
        counts = pack(x, t, age, counted)
        # lifetimes scales time so that the longest T is 1, and penalises the parameters in that scale.
        theirs = 1 / float(age.max())
        first = None
        if initial_params is not None:
            first = np.array(initial_params, dtype=float)
            first[1] -= np.log(theirs * counts.scale)
        units = np.array([1, counts.scale, 1, 1])
        if first is None and len(counts.x) > WARM:
            part = slice(None, None, len(counts.x) // WARM + 1)
            first = self._begin(
                pack(
                    x[part],
                    t[part],
                    age[part],
                    None if counted is None else counted[part],
                    scale=counts.scale,
                )
            )
        best = self._solve(
            lambda parameters: bg.derivatives(parameters, counts, self.modified),
            np.array([1, counts.scale * theirs, 1, 1]),
            counts.customers,
            first,
            tol,
            maxiter,
        )
        self._keep_counted(best, units, counts, verbose=verbose)
        self._remember(index, weights, frequency=x, recency=np.array(t), T=np.array(age))
        return self

    def conditional_expected_number_of_purchases_up_to_time(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Any:
        """Expected purchases in (T, T + t] given the history, FHL eq. (10), in the form of the inputs."""
        alive = self._alive(frequency, recency, T)
        expected = self._if_alive(t, frequency, T)
        return like(np.asarray(alive * expected), frequency, recency, T, t)

    def conditional_probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """P(still a customer | history), an array as in lifetimes: Fader and Hardie (2008), note 021."""
        return np.atleast_1d(self._alive(frequency, recency, T))

    def expected_number_of_purchases_up_to_time(self, t: ArrayLike) -> Any:
        """Expected repeat purchases of a new customer by time t: FHL eq. (9)."""
        ahead = np.asarray(t, float)
        alive = float(self._alive(0, 0, 0))
        found = alive * bg.purchases_if_alive(
            self._parameters(), np.array([0]), np.zeros(1), ahead.ravel(), self.modified
        )
        return like(found.reshape(ahead.shape), t)

    def probability_of_n_purchases_up_to_time(self, t: ArrayLike, n: ArrayLike) -> Any:
        """P(X(t) = n) of a new customer: FHL eq. (8)."""
        return like(bg.count_probability(self._parameters(), t, n, self.modified), t, n)

    def discounted_expected_purchases(
        self,
        t: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        discount_rate: float,
    ) -> Any:
        """Expected purchases in (T, T + t], each worth exp(-discount_rate u) at T + u: a rate a unit of time, such as
        ln(1.1) / 365 for 10% a year in days. Raises ValueError for a horizon `t` without end, where BG/NBD's have no sum
        that is known in closed form."""
        x, age = np.atleast_1d(np.asarray(frequency, float)), np.atleast_1d(np.asarray(T, float))
        ahead = discounted_purchases(
            lambda kinds, ages, ends: bg.purchases_if_alive(
                self._parameters(), kinds, ages, ends, self.modified
            ),
            x,
            age,
            t,
            discount_rate,
        )
        return like(np.atleast_1d(self._alive(frequency, recency, T)) * ahead, frequency, recency, T)

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each history under the fitted parameters, in the data's own unit of time."""
        x, t, age = check_histories(frequency, recency, T)
        return bg.log_likelihood(self._parameters(), x.astype(float), t, age, self.modified)

    def _begin(self, counts: Counts) -> Floats | None:
        """Near the optimum, from a part of the customers; None where that part does not say."""
        best = maximise(
            lambda theta: to_log_scale(np.exp(theta), bg.derivatives(np.exp(theta), counts, self.modified)),
            np.log(np.array(self.start)),
            tolerance=1e-4,
            most=20,
        )
        return best.theta if best.converged else None

    def _simulated(self, ages: Floats, rng: np.random.Generator) -> pd.DataFrame:
        return beta_geometric_customers(self._parameters(), ages, rng, modified=self.modified)

    def _alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        x, t, age = (np.asarray(v, float) for v in (frequency, recency, T))
        return bg.probability_alive(self._parameters(), x, t, age, self.modified)

    def _if_alive(self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike) -> Floats:
        """Expected purchases if alive, evaluated once for each distinct (t, x, T)."""
        ahead, x, age = np.broadcast_arrays(
            np.asarray(t, float), np.asarray(frequency, float), np.asarray(T, float)
        )
        shape = ahead.shape
        ahead, x, age = ahead.ravel(), x.ravel().astype(np.int64), age.ravel()
        out = np.empty(len(ahead))
        horizons, which = np.unique(ahead, return_inverse=True)
        for i, horizon in enumerate(horizons):
            rows = slice(None) if len(horizons) == 1 else np.flatnonzero(which == i)
            kinds, ages, row = pairs(x[rows], age[rows])
            out[rows] = bg.purchases_if_alive(self._parameters(), kinds, ages, horizon, self.modified)[row, 0]
        return out.reshape(shape)
