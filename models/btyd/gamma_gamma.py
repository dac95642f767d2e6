"""Gamma-Gamma: what customers spend a purchase, given that it does not depend on how often they buy.

Assumptions (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value", brucehardie.com/notes/025,
"FH"): a customer's purchases vary around a mean of their own as Gamma(p, nu); nu varies over customers as
Gamma(q, v) (their gamma is lifetimes' v); spend is independent of frequency. m is the mean of x purchases.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd.base import Fitter, like
from models.btyd.gamma_gamma_likelihood import derivatives, pack_spend
from models.btyd.inputs import Floats, Ints, check_weights, column, dot
from words import count, number, plural, text

FEWEST_REPEATERS = 3
SAME_AMOUNT = 1e-3
"""Amounts that differ by less than this share of their mean leave nothing to model."""


def expected_spend(parameters: ArrayLike, x: Floats | Ints, m: Floats) -> Floats:
    """E[mean spend | x, m] = p (v + x m) / (p x + q - 1): FH eq. (5) over one denominator.

    Written so, it is right for every p x + q > 1, also where q <= 1 and the population mean, its x = 0 case,
    does not exist; there the result is infinite.
    """
    p, q, v = np.asarray(parameters, float)
    below = p * x + q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, p * (v + x * m) / below, np.inf)


def spend_variance(parameters: ArrayLike, x: Floats | Ints, m: Floats) -> Floats:
    """Var[mean spend | x, m]: inverse gamma, shape p x + q, scale p (v + x m); infinite if p x + q <= 2."""
    p, q, v = np.asarray(parameters, float)
    shape = p * x + q
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (p * (v + x * m)) ** 2 / ((shape - 1) ** 2 * (shape - 2))
    return np.where(shape > 2, found, np.inf)


class GammaGammaFitter(Fitter):
    """The Gamma-Gamma model with lifetimes' interface. Amounts and `v` are in the same currency."""

    names: ClassVar = ("p", "q", "v")
    start: ClassVar = (2.0, 3.0, 2.0)

    def fit(
        self,
        frequency: ArrayLike,
        monetary_value: ArrayLike,
        weights: ArrayLike | None = None,
        initial_params: ArrayLike | None = None,
        verbose: bool = False,
        tol: float = 1e-7,
        index: Any = None,
        q_constraint: bool = False,
        maxiter: int = 200,
    ) -> GammaGammaFitter:
        """Fit by maximum likelihood to customers with repeat purchases: frequency >= 1, mean spend > 0.

        `q_constraint` raises a q of 1 or less to just above 1, as lifetimes' bound does. Raises ValueError
        for bad columns or fewer than three repeaters. `notes_` says what to doubt: undetermined parameters,
        an infinite mean (q <= 1), spend that goes with frequency (`correlation_`, `weighting_`).
        """
        x, m = column(frequency, "frequency"), column(monetary_value, "monetary_value")
        if len(x) != len(m):
            raise ValueError(text("There are {n} frequencies but {m} monetary values.", n=len(x), m=len(m)))
        for bad, rule in (
            (x != np.floor(x), text("frequency must be whole")),
            (x < 1, text("frequency must be 1 or more: leave out customers without a repeat purchase")),
            (m <= 0, text("monetary_value must be above 0: leave out customers whose purchases were free")),
        ):
            if bad.any():
                row = int(bad.argmax())
                raise ValueError(
                    text(
                        "Customer number {row} has frequency {x} and monetary_value {m}; {rule}.",
                        row=row + 1,
                        x=f"{x[row]:g}",
                        m=f"{m[row]:g}",
                        rule=rule,
                    )
                )
        counted = check_weights(weights, len(x))
        weight = np.ones(len(x)) if counted is None else counted
        n = float(weight.sum())
        if n < FEWEST_REPEATERS:
            raise ValueError(
                plural(
                    "Only {n} customer has bought again; {least} are needed to see how spend varies.",
                    "Only {n} customers have bought again; {least} are needed to see how spend varies.",
                    int(n),
                    least=FEWEST_REPEATERS,
                )
            )
        scale = float(np.average(m, weights=weight))
        if float(np.average((m / scale - 1) ** 2, weights=weight)) < SAME_AMOUNT**2:
            raise ValueError(
                text(
                    "All customers spend the same, {m} a purchase: there is nothing to fit.", m=number(scale)
                )
            )
        units, spent = np.array([1, 1, scale]), pack_spend(x, m / scale, weight)
        first = None
        if initial_params is not None:
            first = np.array(initial_params, dtype=float)
            first[2] -= np.log(scale)
        best = self._solve(
            lambda parameters: derivatives(parameters, spent),
            units,
            n,
            first,
            tol,
            maxiter,
        )
        if q_constraint and best.theta[1] <= 0:
            best.theta[1] = 1e-6
            best = replace(best, value=derivatives(np.exp(best.theta), spent)[0])
        # A density of one mean a customer has the unit money^-1.
        self._keep(best, units, best.value - n * np.log(scale), n)
        self._doubts(x, m, weight)
        if verbose:
            self.notes_.append(text("The fit needed {n} evaluations.", n=best.evaluations))
        self._remember(index, counted, monetary_value=m, frequency=x)
        return self

    def _doubts(self, x: Floats, m: Floats, weight: Floats) -> None:
        """Measure what the model assumes away, and say so where it matters."""
        mean_x, mean_m = np.average(x, weights=weight), np.average(m, weights=weight)
        spread = float(
            np.sqrt(
                np.average((x - mean_x) ** 2, weights=weight) * np.average((m - mean_m) ** 2, weights=weight)
            )
        )
        shared = float(np.average((x - mean_x) * (m - mean_m), weights=weight))
        self.correlation_ = shared / spread if spread > 1e-12 * mean_m else 0.0
        self.weighting_ = 1 + shared / (mean_x * mean_m)
        # The standard error of a ratio of means, so that noise is not reported as a finding.
        deviation = x * m - self.weighting_ * mean_m * x - self.weighting_ * mean_x * (m - mean_m)
        error = float(
            np.sqrt(dot(weight, weight * (deviation - np.average(deviation, weights=weight)) ** 2))
        ) / (mean_x * mean_m * weight.sum())
        if abs(self.weighting_ - 1) > max(0.05, 1.645 * error):
            self.notes_.append(
                text(
                    "Spend goes with frequency (correlation {r}): an average purchase brings"
                    " {share} times the average customer’s mean, which this model takes to be 1. Values may"
                    " be off by as much.",
                    r=number(self.correlation_),
                    share=number(self.weighting_),
                )
            )
        if self.params_["q"] <= 1:
            self.notes_.append(
                text(
                    "q is {q}: with 1 or less, spend varies so much between customers that its mean over all"
                    " of them is infinite. Only customers with repeat purchases have an expected spend.",
                    q=number(self.params_["q"]),
                )
            )

    @property
    def population_mean(self) -> float:
        """Mean spend a purchase over all customers, p v / (q - 1). Raises ValueError where q <= 1."""
        p, q, v = self._parameters()
        if q <= 1:
            raise ValueError(
                text(
                    "q is {q}; with 1 or less the mean spend of all customers is infinite under Gamma-Gamma."
                    " Use the observed mean instead, or check for extreme amounts.",
                    q=number(q),
                )
            )
        return p * v / (q - 1)

    def conditional_expected_average_profit(
        self, frequency: ArrayLike | None = None, monetary_value: ArrayLike | None = None
    ) -> Any:
        """Expected mean spend a purchase given the history: FH eq. (5); without arguments, of those fitted.

        Raises ValueError where it is infinite (p x + q <= 1), lifetimes returned a negative amount there.
        """
        given_x = self.data["frequency"] if frequency is None else frequency
        given_m = self.data["monetary_value"] if monetary_value is None else monetary_value
        found = expected_spend(self._parameters(), np.asarray(given_x, float), np.asarray(given_m, float))
        if np.isinf(found).any():
            raise ValueError(
                text(
                    "{n} customers have no finite expected spend: q is {q}, and with so few purchases of"
                    " their own they fall back on a population mean that is infinite. Leave them out or use"
                    " the observed mean.",
                    n=count(int(np.isinf(found).sum())),
                    q=number(float(self.params_["q"])),
                )
            )
        return like(np.asarray(found), given_x, given_m)

    def customer_lifetime_value(
        self,
        transaction_prediction_model: Any,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        monetary_value: ArrayLike,
        time: int = 12,
        discount_rate: float = 0.01,
        freq: str = "D",
    ) -> Any:
        """Discounted value of each customer's purchases in the next `time` months, discounted monthly.

        A month is 30 days whatever `freq` ("H", "D", "W", "M": the unit of T) is; in lifetimes it is 4.345
        weeks, so that days and weeks disagree. `discounted_value` counts days.
        """
        units = {"H": 30 * 24, "D": 30, "W": 30 / 7, "M": 1.0}
        if freq not in units:
            raise ValueError(text("freq is {freq}; one of H, D, W, M was expected.", freq=repr(freq)))
        spend = self.conditional_expected_average_profit(frequency, monetary_value)
        total: Any = 0.0
        before: Any = 0.0
        for month in range(1, int(time) + 1):
            until = transaction_prediction_model.predict(month * units[freq], frequency, recency, T)
            total = total + (until - before) / (1 + discount_rate) ** month
            before = until
        value = np.asarray(spend, float) * np.asarray(total, float)
        result = like(value, frequency, recency, T, monetary_value)
        return result.rename("clv") if isinstance(result, pd.Series) else result

    def discounted_value(
        self,
        transaction_prediction_model: Any,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        monetary_value: ArrayLike,
        horizon: float,
        discount_rate: float = 0.1,
        year: float = 365.0,
    ) -> Any:
        """Value of each customer's purchases within `horizon`, in the unit of T, discounted by the day at
        `discount_rate` a year of `year` units. Pareto/NBD takes a horizon of np.inf."""
        spend = self.conditional_expected_average_profit(frequency, monetary_value)
        bought = transaction_prediction_model.discounted_expected_purchases(
            horizon, frequency, recency, T, float(np.log1p(discount_rate)) / year
        )
        return like(
            np.asarray(spend, float) * np.asarray(bought, float), frequency, recency, T, monetary_value
        )
