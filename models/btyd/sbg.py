"""sBG: subscribers renew or leave when their contract ends, each with a chance of his own.

Assumptions (Fader and Hardie 2007, "How to Project Customer Retention", Journal of Interactive Marketing 21,
76-90, "FH07"): at every renewal a subscriber leaves with chance theta, the same each time; theta varies over
subscribers as Beta(alpha, beta). Retention rates then rise with age though nobody changes: the loyal remain.
For values: Fader and Hardie (2010), "Customer-Base Valuation in a Contractual Setting", Marketing Science 29,
85-93, "FH10". A renewal is numbered 1, 2, ...; a subscriber who has made k of them has paid k + 1 times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd.base import Fitter, like
from models.btyd.geometric_lifetime import occasions_ahead, survival
from models.btyd.inputs import Floats, Ints, check_weights, column
from models.btyd.newton import Derivatives
from models.btyd.occasions import whole_numbers
from models.btyd.simulate_discrete import sbg_customers
from words import text


@dataclass(frozen=True)
class Renewals:
    """How many customers made (`renewed`) and how many left at (`lost`) the first, second, ... renewal."""

    renewed: Floats
    lost: Floats


def count_renewals(duration: Ints, churned: np.ndarray, weight: Floats) -> Renewals:
    """Add up customers of any age. A duration is the number of the renewal at which a customer left or, of one
    still there, the number of renewals made."""
    top = int(duration.max(initial=0))
    lost = np.bincount(duration, weights=weight * churned, minlength=top + 1)[1:]
    made = np.bincount(duration - churned, weights=weight, minlength=top + 1)
    return Renewals(np.cumsum(made[::-1])[::-1][1:].astype(float), lost.astype(float))


def derivatives(parameters: Floats, renewals: Renewals) -> Derivatives:
    """Log-likelihood of all customers, its gradient and Hessian by (alpha, beta).

    Of those that come to renewal t, alpha / (alpha + beta + t - 1) leave (FH07 eq. 8): a likelihood of
    lifetimes, some of them cut short, is one of all renewals seen, of cohorts of whatever age.
    """
    alpha, beta = parameters
    renewed, lost = renewals.renewed, float(renewals.lost.sum())
    due = renewed + renewals.lost
    i = np.arange(len(renewed))
    stay, both = 1 / (beta + i), 1 / (alpha + beta + i)
    all_of = due @ both**2
    value = lost * np.log(alpha) - renewed @ np.log(stay) + due @ np.log(both)
    gradient = np.array([lost / alpha, renewed @ stay]) - due @ both
    hessian = np.array([[all_of - lost / alpha**2, all_of], [all_of, all_of - renewed @ stay**2]])
    return float(value), gradient, hessian


class ShiftedBetaGeoFitter(Fitter):
    """The shifted beta-geometric model of contracts. Time is counted in renewals; the rest is `Fitter`'s.

    `data` has one row a renewal: at_risk, renewed, lost.
    """

    names: ClassVar = ("alpha", "beta")
    start: ClassVar = (1.0, 1.0)

    def fit(
        self,
        duration: ArrayLike,
        churned: ArrayLike,
        weights: ArrayLike | None = None,
        initial_params: ArrayLike | None = None,
        verbose: bool = False,
        tol: float = 1e-7,
        maxiter: int = 200,
    ) -> ShiftedBetaGeoFitter:
        """Fit by maximum likelihood to customers of any age.

        duration: the number of the renewal at which a customer left (1, 2, ...) where `churned`; the number
        of renewals made so far (0, 1, ...) where not, which is all that is known of him (right-censored).
        `weights`: how many customers share a row. `initial_params`: logarithms.

        Raises ValueError for bad columns, where no renewal has come up yet and where the fit does not
        converge. Look at `notes_` for what the data could not determine.
        """
        time, left = column(duration, "duration"), column(churned, "churned")
        if len(time) != len(left):
            raise ValueError(text("There are {n} durations but {m} churned.", n=len(time), m=len(left)))
        for bad, rule in (
            ((left != 0) & (left != 1), text("churned must be 0 or 1")),
            ((time < 0) | (time != np.floor(time)), text("duration counts renewals: 0, 1, 2 ...")),
            ((left == 1) & (time < 1), text("nobody can leave before the first renewal")),
        ):
            if bad.any():
                row = int(bad.argmax())
                raise ValueError(
                    text(
                        "Customer number {row} has duration {time} and churned {left}; {rule}.",
                        row=row + 1,
                        time=f"{time[row]:g}",
                        left=f"{left[row]:g}",
                        rule=rule,
                    )
                )
        weight = check_weights(weights, len(time))
        weight = np.ones(len(time)) if weight is None else weight
        whole = left.astype(np.int64)
        found = count_renewals(time.astype(np.int64), whole, weight)
        return self._fit(found, float(weight.sum()), initial_params, verbose, tol, maxiter)

    def fit_survivors(
        self,
        *cohorts: ArrayLike,
        initial_params: ArrayLike | None = None,
        verbose: bool = False,
        tol: float = 1e-7,
        maxiter: int = 200,
    ) -> ShiftedBetaGeoFitter:
        """The same from counts: each cohort is (customers at the start, after the first renewal, ...).

        Cohorts may differ in age. Raises ValueError unless counts are whole, 0 or more, and never rise.
        """
        if not cohorts:
            raise ValueError(text("There are no cohorts to fit."))
        counts = [column(cohort, "survivors") for cohort in cohorts]
        top = max(len(c) for c in counts) - 1
        renewed, lost = np.zeros(top), np.zeros(top)
        for number, here in enumerate(counts, start=1):
            if (here < 0).any() or (here != np.floor(here)).any() or (np.diff(here) > 0).any():
                raise ValueError(
                    text(
                        "The survivors of cohort number {n} are {found}; whole numbers of customers that"
                        " never rise were expected (of percentages, multiply by the customers at the start).",
                        n=number,
                        found=", ".join(f"{v:g}" for v in here[:8]),
                    )
                )
            renewed[: len(here) - 1] += here[1:]
            lost[: len(here) - 1] -= np.diff(here)
        customers = float(sum(c[0] for c in counts))
        return self._fit(Renewals(renewed, lost), customers, initial_params, verbose, tol, maxiter)

    def _fit(
        self, renewals: Renewals, customers: float, first: Any, verbose: bool, tol: float, most: int
    ) -> ShiftedBetaGeoFitter:
        due = renewals.renewed + renewals.lost
        if not due.sum() > 0:
            raise ValueError(text("No contract has come up for renewal yet: there is nothing to fit."))
        best = self._solve(lambda p: derivatives(p, renewals), np.ones(2), customers, first, tol, most)
        if not renewals.lost.any():
            self.notes_.insert(0, text("Nobody has left yet: how long customers stay cannot be known."))
        elif not renewals.renewed.any():
            self.notes_.insert(0, text("Nobody has renewed yet: whether anybody would stay is not known."))
        self._keep(best, np.ones(2), best.value, customers)
        if verbose:
            self.notes_.append(text("The fit needed {n} evaluations.", n=best.evaluations))
        index = pd.RangeIndex(1, len(due) + 1, name="renewal")
        self.data = pd.DataFrame(
            {"at_risk": due, "renewed": renewals.renewed, "lost": renewals.lost}, index=index
        )
        return self

    def survival(self, t: ArrayLike, renewals: ArrayLike = 0) -> Any:
        """P(makes the next t renewals), given that `renewals` have been made: S(t) of FH07 eq. (6) if none."""
        ahead, made = np.broadcast_arrays(whole_numbers(t, "t"), whole_numbers(renewals, "renewals"))
        alpha, beta = self._parameters()
        kinds, row = np.unique(made, return_inverse=True)
        found = survival(alpha, beta + kinds, int(ahead.max(initial=0)))
        return like(found[row.reshape(ahead.shape), ahead], t, renewals)

    def retention_rate(self, t: ArrayLike) -> Any:
        """r_t, the share of those up for renewal number t (1, 2, ...) who renew: FH07 eq. (8)."""
        alpha, beta = self._parameters()
        number = whole_numbers(t, "t", least=1)
        return like((beta + number - 1) / (alpha + beta + number - 1), t)

    def churn_probability(self, t: ArrayLike) -> Any:
        """P(T = t), that a new customer leaves at renewal number t (1, 2, ...): S(t - 1) - S(t)."""
        number = whole_numbers(t, "t", least=1)
        found = np.asarray(self.survival(number - 1)) * (1 - np.asarray(self.retention_rate(number)))
        return like(found, t)

    def expected_tenure(self, horizon: int | None = None, renewals: ArrayLike = 0) -> Any:
        """Expected contract periods of someone who has made `renewals`, the running one included.

        Of the next `horizon` periods, that is; without one, of all: (alpha + beta + renewals - 1)/(alpha - 1).
        Raises ValueError where that is infinite (alpha <= 1), which is common: a few stay for ever.
        """
        return self._paid(0.0, horizon, renewals, now=True)

    def discounted_expected_lifetime(self, discount_rate: float, horizon: int | None = None) -> float:
        """Expected payments of a new customer, the first one today: sum of S(t) / (1 + d)^t from t = 0.

        `discount_rate` is that of one period. Multiply by a payment's margin for the value of a customer to
        be acquired. `horizon` counts payments; without it there is no end.
        """
        return self._paid(discount_rate, horizon, 0, now=True)

    def discounted_expected_residual_lifetime(
        self, discount_rate: float, renewals: ArrayLike, horizon: int | None = None
    ) -> Any:
        """Expected payments still to come, seen just before renewal number `renewals` + 1: DERL, FH10 eq. (6).

        The customer has made `renewals` renewals, and the next falls due now: its payment, if he renews,
        counts in full, the one after it 1 / (1 + discount_rate), and so on. (FH10 numbers the contract
        periods: its customer in period n has renewed n - 1 times.) Right after a payment, when the next is
        a whole period away, divide by 1 + discount_rate. `horizon` counts payments; without it there is no end.
        """
        return self._paid(discount_rate, horizon, renewals, now=False)

    def generate_new_data(
        self, size: int = 1, renewals_due: int | None = None, seed: int | None = None
    ) -> pd.DataFrame:
        """Simulate `size` customers through `renewals_due` renewals, by default as many as were seen."""
        due = len(self.data) if renewals_due is None else renewals_due
        rng = np.random.default_rng(seed)
        return sbg_customers(self._parameters(), np.full(size, due), rng)

    def _paid(self, discount: float, horizon: int | None, renewals: ArrayLike, *, now: bool) -> Any:
        """Payments to come: `now`, the running period's is among them, else the next renewal's is due."""
        made = whole_numbers(renewals, "renewals")
        payments = None if horizon is None else int(whole_numbers(horizon, "horizon", least=1)) - now
        alpha, beta = self._parameters()
        kinds, row = np.unique(made, return_inverse=True)
        later = occasions_ahead(alpha, beta + kinds, payments, discount)[row.reshape(made.shape)]
        if np.isinf(later).any():
            raise ValueError(
                text(
                    "alpha is {alpha}; with 1 or less a few customers stay so long that the mean without end"
                    " is infinite. Give a horizon or a discount rate.",
                    alpha=f"{alpha:.3g}",
                )
            )
        return like(1 + later if now else (1 + discount) * later, renewals)
