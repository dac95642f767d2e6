"""BG/BB: customers buy or do not buy at each of a row of occasions, and may stop for good before any of them.

Assumptions (Fader, Hardie and Shang 2010, Marketing Science 29, "FHS"): an active customer buys
at an occasion with a chance p of his own, p ~ Beta(alpha, beta); before each occasion he stops for good with
a chance theta of his own, theta ~ Beta(gamma, delta); p and theta are independent. It fits what happens once
a period or not at all: yearly donations, an edition, a conference, a box a month that may be skipped.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd import beta_bernoulli as bb
from models.btyd.base import Fitter, like
from models.btyd.geometric_lifetime import survival
from models.btyd.inputs import Floats, Ints, check_weights
from models.btyd.occasions import check_occasions, pack_occasions, whole_numbers
from models.btyd.simulate_discrete import bg_bb_customers
from words import text


class BetaGeoBetaBinomFitter(Fitter):
    """The BG/BB model with lifetimes' interface: change one import line.

    The first purchase, which makes somebody a customer, is no occasion: frequency and recency leave it out.
    """

    names: ClassVar = ("alpha", "beta", "gamma", "delta")
    start: ClassVar = (1.0, 1.0, 1.0, 1.0)

    def fit(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        n_periods: ArrayLike,
        weights: ArrayLike | None = None,
        initial_params: ArrayLike | None = None,
        verbose: bool = False,
        tol: float = 1e-7,
        index: Any = None,
        maxiter: int = 200,
    ) -> BetaGeoBetaBinomFitter:
        """Fit by maximum likelihood.

        frequency: occasions at which a customer bought; recency: the number of the last of them, 0 if there
        is none; n_periods: occasions there have been. All whole; customers may differ in n_periods.
        `weights`: how many customers share each history. `initial_params`: logarithms. `verbose`: say in
        `notes_` how it went.

        Raises ValueError for columns that break these rules, and where the fit does not converge. Look at
        `notes_` for what the data could not determine.
        """
        x, t, n = check_occasions(frequency, recency, n_periods)
        histories, _ = pack_occasions(x, t, n, check_weights(weights, len(x)))
        if not histories.weight @ histories.n > 0:
            raise ValueError(text("No customer has had an occasion yet: every n_periods is 0."))
        best = self._solve(
            lambda parameters: bb.derivatives(parameters, histories),
            np.ones(4),
            histories.customers,
            initial_params,
            tol,
            maxiter,
        )
        if histories.purchases == 0:
            self.notes_.insert(
                0, text("Nobody has bought again yet: whether and when customers come back cannot be known.")
            )
        self._keep(best, np.ones(4), best.value, histories.customers)
        if verbose:
            self.notes_.append(text("The fit needed {n} evaluations.", n=best.evaluations))
        self._remember(index, weights, frequency=x, recency=t, n_periods=n)
        return self

    def conditional_expected_number_of_purchases_up_to_time(
        self, m_periods_in_future: ArrayLike, frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike
    ) -> Any:
        """Expected purchases at the next m occasions given the history, FHS eq. (13), in the inputs' form."""
        (x, t, n), ahead, shape = self._asked(m_periods_in_future, frequency, recency, n_periods)
        found = bb.probability_alive(self._parameters(), x, t, n)
        horizons, which = np.unique(ahead, return_inverse=True)
        for i, horizon in enumerate(horizons):
            rows = slice(None) if len(horizons) == 1 else np.flatnonzero(which == i)
            found[rows] *= bb.purchases_if_alive(self._parameters(), x[rows], n[rows], int(horizon))
        return like(found.reshape(shape), frequency, recency, n_periods, m_periods_in_future)

    def predict(
        self, m_periods_in_future: ArrayLike, frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike
    ) -> Any:
        """The same as `conditional_expected_number_of_purchases_up_to_time`."""
        return self.conditional_expected_number_of_purchases_up_to_time(
            m_periods_in_future, frequency, recency, n_periods
        )

    def conditional_probability_alive(
        self, m_periods_in_future: ArrayLike, frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike
    ) -> Any:
        """P(still a customer at occasion n + m | history): m = 1 is what FHS print, m = 0 is today."""
        (x, t, n), ahead, shape = self._asked(m_periods_in_future, frequency, recency, n_periods)
        _, _, gamma, delta = self._parameters()
        ages, row = np.unique(n, return_inverse=True)
        stays = survival(gamma, delta + ages, int(ahead.max(initial=0)))
        found = bb.probability_alive(self._parameters(), x, t, n) * stays[row, ahead]
        return like(found.reshape(shape), frequency, recency, n_periods, m_periods_in_future)

    def conditional_probability_of_counts(
        self, m_periods_in_future: int, frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike
    ) -> Floats:
        """P(Y = 0), ..., P(Y = m) for purchases at the next m occasions: array (customers, m + 1)."""
        (x, t, n), ahead, _ = self._asked(m_periods_in_future, frequency, recency, n_periods)
        alive = bb.probability_alive(self._parameters(), x, t, n)[:, None]
        found = alive * bb.count_if_alive(self._parameters(), x, n, int(ahead[0]))
        found[:, :1] += 1 - alive
        return found

    def expected_number_of_transactions_in_first_n_periods(self, n: int) -> pd.DataFrame:
        """How many of the customers fitted are expected to buy at x of their first n occasions, FHS eq. (7).

        One column, model; indexed by the frequencies found in the data, as lifetimes has it.
        """
        customers = self.data.groupby("frequency")["weights"].sum()
        share = np.zeros(max(int(customers.index.max()), int(n)) + 1)
        share[: int(n) + 1] = self._new(int(n))
        return pd.DataFrame({"model": share[customers.index] * customers.sum()}, index=customers.index)

    def expected_number_of_purchases_up_to_time(self, n: ArrayLike) -> Any:
        """Expected purchases of a new customer at the first n occasions."""
        ahead = whole_numbers(n, "n")
        zero = np.zeros(1, np.int64)
        kinds, which = np.unique(ahead, return_inverse=True)
        found = np.array(
            [bb.purchases_if_alive(self._parameters(), zero, zero, int(k))[0] for k in kinds.tolist()]
        )
        return like(found[which.ravel()].reshape(ahead.shape), n)

    def probability_of_n_purchases_up_to_time(self, t: int, n: ArrayLike) -> Any:
        """P(X(t) = n), that a new customer buys at n of the first t occasions: FHS eq. (7)."""
        share, wanted = self._new(int(whole_numbers(t, "t"))), whole_numbers(n, "n")
        return like(np.where(wanted < len(share), share[np.minimum(wanted, len(share) - 1)], 0.0), n)

    def discounted_expected_residual_transactions(
        self,
        discount_rate: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        n_periods: ArrayLike,
        horizon: int | None = None,
    ) -> Any:
        """Expected purchases to come, each divided by (1 + discount_rate)^i if it falls on the i-th occasion.

        `discount_rate` is that of one period. Over the next `horizon` occasions; without one, over all that
        will ever come: FHS eq. (14), "DERT". Raises ValueError where that has no finite value: without a
        discount and with gamma of 1 or less.
        """
        (x, t, n), _, shape = self._asked(0, frequency, recency, n_periods)
        later = bb.purchases_if_alive(
            self._parameters(),
            x,
            n,
            None if horizon is None else int(whole_numbers(horizon, "horizon")),
            discount=discount_rate,
        )
        if np.isinf(later).any():
            raise ValueError(
                text(
                    "gamma is 1 or less, so that without a discount or a horizon purchases have no finite sum."
                )
            )
        found = bb.probability_alive(self._parameters(), x, t, n) * later
        return like(found.reshape(shape), frequency, recency, n_periods)

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike) -> Floats:
        """Log-likelihood of each history under the fitted parameters."""
        return bb.log_likelihood(self._parameters(), *check_occasions(frequency, recency, n_periods))

    def generate_new_data(self, size: int = 1, seed: int | None = None) -> pd.DataFrame:
        """Simulate `size` customers observed as long as those fitted (`simulate_discrete`)."""
        rng = np.random.default_rng(seed)
        n = self.data["n_periods"].to_numpy()
        if len(n) != size:
            share = self.data["weights"].to_numpy(float)
            n = rng.choice(n, size=size, p=share / share.sum())
        return bg_bb_customers(self._parameters(), n, rng)

    def _new(self, n: int) -> Floats:
        zero = np.zeros(1, np.int64)
        return bb.count_if_alive(self._parameters(), zero, zero, n)[0]

    @staticmethod
    def _asked(
        ahead: ArrayLike, *history: ArrayLike
    ) -> tuple[tuple[Ints, Ints, Ints], Ints, tuple[int, ...]]:
        """The histories and horizons asked about, as flat whole numbers, and the shape of the answer."""
        horizons, *columns = np.broadcast_arrays(
            whole_numbers(ahead, "m_periods_in_future"), *(np.asarray(c, float) for c in history)
        )
        frequency, recency, n_periods = (c.ravel() for c in columns)
        return check_occasions(frequency, recency, n_periods), horizons.ravel(), horizons.shape
