"""Pareto/NBD: customers buy at random at a rate of their own, and may drop out for good at any moment.

Assumptions (Schmittlein, Morrison and Colombo 1987, section 2): while alive, a customer buys in a Poisson
process with rate lambda; the lifetime is exponential with rate mu; lambda varies over customers as
Gamma(r, alpha) and mu as Gamma(s, beta), independently. Unlike in BG/NBD a customer may be gone before the
first repeat purchase.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd import pareto
from models.btyd.base import like
from models.btyd.histories import HistoryFitter
from models.btyd.inputs import Floats, check_histories, check_weights, pack
from models.btyd.simulate import pareto_customers
from words import text


class ParetoNBDFitter(HistoryFitter):
    """The Pareto/NBD model with lifetimes' interface: change one import line. Formulas: `pareto`.

    Times may be in any unit; `params_["alpha"]` and `params_["beta"]`, `log_likelihood_` and horizons are in
    the same one.
    """

    names: ClassVar = ("r", "alpha", "s", "beta")
    start: ClassVar = (0.5, 0.5, 0.5, 0.5)

    def fit(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        weights: ArrayLike | None = None,
        iterative_fitting: int = 1,
        initial_params: ArrayLike | None = None,
        verbose: bool = False,
        tol: float = 1e-4,
        index: Any = None,
        fit_method: str = "Nelder-Mead",  # noqa: ARG002 - lifetimes' argument; Newton's method needs no choice
        maxiter: int = 2000,
    ) -> ParetoNBDFitter:
        """Fit by maximum likelihood: Fader and Hardie (2005), note 009, eq. (18).

        frequency: repeat purchases (whole); recency: time of the last one, counted from the first purchase;
        T: time observed since the first purchase. `weights`: how many customers share each history.
        `initial_params`: the parameters themselves, as lifetimes scales them (longest T = 1). `verbose`: say
        in `notes_` how it went. `iterative_fitting` and `fit_method` are lifetimes' cure for random starts:
        they change nothing here, where one start and Newton's method lead to the optimum, in a dozen
        evaluations or, where the likelihood has no maximum, never: of `maxiter` at most 200 are spent.

        Raises ValueError for columns that break the rules of histories, and where the fit does not converge.
        Look at `notes_` for what the data could not determine.
        """
        x, t, age = check_histories(frequency, recency, T)
        counted = check_weights(weights, len(x))
        counts = pack(x, t, age, counted)
        theirs = 1 / float(age.max())
        first = None
        if iterative_fitting < 1:
            raise ValueError(text("iterative_fitting is {n}; 1 or more was expected.", n=iterative_fitting))
        if initial_params is not None:
            given = np.array(initial_params, dtype=float)
            if not (given > 0).all():
                raise ValueError(
                    text("initial_params must all be above 0: they are the parameters themselves.")
                )
            first = np.log(given)
            if len(first) == len(self.names):
                first[[1, 3]] -= np.log(theirs * counts.scale)
        units = np.array([1, counts.scale, 1, counts.scale])
        best = self._solve(
            lambda parameters: pareto.derivatives(parameters, counts),
            np.array([1, counts.scale * theirs, 1, counts.scale * theirs]),
            # lifetimes penalises this model's total log-likelihood, not, as BG/NBD's, its mean.
            1.0,
            first,
            tol,
            min(maxiter, 200),
        )
        self._keep_counted(best, units, counts, verbose=verbose)
        self._remember(index, weights, frequency=x, recency=np.array(t), T=np.array(age))
        return self

    def conditional_expected_number_of_purchases_up_to_time(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Any:
        """Expected purchases in (T, T + t] given the history, note 009 eq. (41), in the form of the inputs."""
        alive = self._alive(frequency, recency, T)
        expected = pareto.mean_if_alive(self._parameters(), frequency, T, t)
        return like(np.asarray(alive * expected), frequency, recency, T, t)

    def conditional_probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Any:
        """P(still a customer | history), note 009 eq. (36), in the form of the inputs."""
        return like(self._alive(frequency, recency, T), frequency, recency, T)

    def expected_number_of_purchases_up_to_time(self, t: ArrayLike) -> Any:
        """Expected repeat purchases of a new customer by time t: note 009 eq. (27)."""
        return like(pareto.mean_if_alive(self._parameters(), 0, 0, t), t)

    def probability_of_n_purchases_up_to_time(self, t: ArrayLike, n: ArrayLike) -> Any:
        """P(X(t) = n) of a new customer: Fader and Hardie (2006), note 012."""
        return like(pareto.count_probability(self._parameters(), t, n), t, n)

    def conditional_probability_of_n_purchases_up_to_time(
        self, n: ArrayLike, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> Any:
        """P(n purchases in (T, T + t] | history): Fader and Hardie (2014), note 028, eq. (16)."""
        alive = self._alive(frequency, recency, T)
        if_alive = pareto.count_probability(self._parameters(), t, n, frequency, T)
        found = np.where(np.asarray(n) == 0, 1 - alive, 0.0) + alive * if_alive
        return like(found, frequency, recency, T, n, t)

    def discounted_expected_purchases(
        self,
        t: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        discount_rate: float,
    ) -> Any:
        """Expected purchases in (T, T + t], each worth exp(-discount_rate u) at T + u: a rate a unit of time, such as
        ln(1.1) / 365 for 10% a year in days. `t` may be np.inf: then this is DERT (Fader, Hardie and Lee 2005). Raises
        ValueError without discount and without end."""
        x, age = np.asarray(frequency, float), np.asarray(T, float)
        ahead = pareto.discounted_if_alive(self._parameters(), x, age, discount_rate, t)
        return like(np.atleast_1d(self._alive(frequency, recency, T)) * ahead, frequency, recency, T)

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each history under the fitted parameters, in the data's own unit of time."""
        x, t, age = check_histories(frequency, recency, T)
        return pareto.log_likelihood(self._parameters(), x, t, age)

    def _simulated(self, ages: Floats, rng: np.random.Generator) -> pd.DataFrame:
        return pareto_customers(self._parameters(), ages, rng)

    def _alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        x, t, age = (np.asarray(v, float) for v in (frequency, recency, T))
        return pareto.probability_alive(self._parameters(), x, t, age)
