"""BG/NBD, MBG/NBD and Pareto/NBD where what is known of a customer shifts buying and dropout.

Source: Fader and Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD
models, brucehardie.com/notes/019 ("FH"). With z_i a customer's covariates,

    alpha_i = alpha exp(-g1'z_i)   (all three: the mean buying rate r / alpha_i is multiplied by exp(g1'z_i)),
    beta_i  = beta exp(-g2'z_i)    (Pareto/NBD: the mean dropout rate s / beta_i by exp(g2'z_i)),
    a_i = a exp(g2'z_i), b_i = b exp(g3'z_i)   (BG/NBD, MBG/NBD: dropout after a purchase is Beta(a_i, b_i)).
"""

from __future__ import annotations

from math import log
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd import beta_geometric as bg
from models.btyd import covariate_likelihood, pareto
from models.btyd.base import like
from models.btyd.bg_nbd import BetaGeoFitter
from models.btyd.covariate_effects import (
    LikelihoodRatio,
    chance_of_stopping,
    coefficient_table,
    effects,
    rate_of_stopping,
)
from models.btyd.covariate_likelihood import derivatives, designs
from models.btyd.inputs import Counts, Floats, Ints, check_histories, check_weights, pack
from models.btyd.mbg_nbd import ModifiedBetaGeoFitter
from models.btyd.newton import Derivatives, Optimum
from models.btyd.pareto_nbd import ParetoNBDFitter
from models.btyd.patterns import FEWEST, MOST_PATTERNS, Covariates, learn
from words import listing, number, text

COEFFICIENT_SD = 1.0
"""The prior of a coefficient: normal around 0, one level of a column within a factor of 7 of the base in 95% of
cases. It moves a coefficient with standard error .1 by a hundredth of its size, and keeps a rare level finite."""
UNTOLD = 0.8
"""A coefficient whose standard error is this share of the prior's sd tells the prior rather than the customers."""


class CovariatesFitter:
    """What the three models share. After `fit`:

    params_ and standard_errors_ (the base: a customer of the most frequent level of every categorical column and
    the mean of every numeric one), coefficients_ (90%; `coefficient_table` for other levels), theta_ and
    covariance_ (Laplace, of log base parameters and coefficients by name), log_likelihood_ (without the prior, in
    the data's own time), plain_ (the fitted model without covariates), likelihood_ratio_, aic_, bic_, n_,
    patterns_ (how many), evaluations_, prior_applied_ (to the base) and notes_: what was merged, cut, undetermined.
    """

    base: ClassVar[type[BetaGeoFitter] | type[ParetoNBDFitter]]
    acts: ClassVar[tuple[tuple[int, int], ...]]
    """Which parameter each block of coefficients moves, and its sign: the first acts on buying, others on dropout."""

    def __init__(self, penalizer_coef: float = 0.0, prior_sd: float = COEFFICIENT_SD) -> None:
        """`penalizer_coef` penalises the base parameters as in the plain model. `prior_sd` is the sd of a normal
        prior on each coefficient (of an indicator, or of one standard deviation); np.inf for none."""
        if not prior_sd > 0:
            raise ValueError(text("prior_sd is {sd}; a number above 0 was expected.", sd=prior_sd))
        self.penalizer_coef, self.prior_sd = penalizer_coef, prior_sd

    def fit(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: pd.DataFrame | None = None,
        weights: ArrayLike | None = None,
        fewest: float = FEWEST,
        most_patterns: int = MOST_PATTERNS,
        tol: float = 1e-7,
        maxiter: int = 200,
    ) -> CovariatesFitter:
        """Fit by maximum likelihood with the prior on the coefficients.

        frequency, recency, T, `weights`: as in the plain models. `covariates`: a row a history (by position, not
        by index) of columns fixed at the first purchase; text, category and bool become levels, numbers one
        coefficient each. What a customer did later (his number of coupons, say) is no covariate: it would
        explain buying by buying. Levels of fewer than `fewest` customers are merged; numeric columns are cut into
        quantiles where there are more than `most_patterns` combinations.

        Raises ValueError for columns that break these rules, and where the fit does not converge.
        """
        x, t, age = check_histories(frequency, recency, T)
        counted = check_weights(weights, len(x))
        weight = np.ones(len(x)) if counted is None else counted
        frame = pd.DataFrame(index=range(len(x))) if covariates is None else covariates
        self.plain_ = self.base(self.penalizer_coef).fit(x, t, age, counted)
        self.coding_, notes = learn(frame, weight, fewest, most_patterns)
        self.notes_ = [*self.plain_.notes_, *notes]
        patterns, row = self.coding_.patterns(frame)
        # One unit of time for all patterns, so that they share their parameters in it.
        scale = float(np.average(age, weights=weight))
        rows = np.split(np.argsort(row, kind="stable"), np.cumsum(np.bincount(row))[:-1])
        groups = [
            pack(x[i], t[i], age[i], None if counted is None else counted[i], scale=scale) for i in rows
        ]
        design = designs(patterns, self.acts)

        def likelihood(theta: Floats) -> Derivatives:
            return derivatives(theta, design, groups, self._plain)

        timed = np.array([name in ("alpha", "beta") for name in self.base.names])
        units = np.where(timed, scale, 1.0)
        begin = np.zeros(design.shape[2])
        begin[:4] = np.log(self.plain_.params_.to_numpy() / units)
        customers = float(weight.sum())
        # lifetimes' penaliser: of parameters where the longest T is 1, of BG/NBD's mean but Pareto/NBD's total.
        strength = self.penalizer_coef * (1.0 if self.base is ParetoNBDFitter else customers)
        best, self.prior_applied_ = covariate_likelihood.fit(
            likelihood,
            begin,
            self.prior_sd,
            strength * np.where(timed, scale / age.max(), 1.0) ** 2,
            np.log(np.array(self.base.start)),
            min(tol, 1e-7) / 100,
            maxiter,
        )
        if self.prior_applied_ and not self.plain_.prior_applied_:
            self.notes_.append(
                text("A weak prior was added to the base parameters, so that the fit is finite.")
            )
        value = float(likelihood(best.theta)[0] - weight @ x * log(scale))
        self._keep(best, units, value, customers, len(patterns))
        return self

    def _keep(self, best: Optimum, units: Floats, log_likelihood: float, n: float, patterns: int) -> None:
        names, terms = self.base.names, self.coding_.terms
        self.params_ = pd.Series(np.exp(best.theta[:4]) * units, index=list(names))
        self.standard_errors_ = self.params_ * best.standard_errors[:4]
        # A numeric column was fitted by its standard deviation and is told by its own unit.
        per_unit = np.array([size for _, _, size in terms] * len(self.acts))
        labels = [
            f"{names[parameter]}: {covariate} {level}".rstrip()
            for parameter, _ in self.acts
            for covariate, level, _ in terms
        ]
        index = [*(f"log {name}" for name in names), *labels]
        theta = np.concatenate([np.log(self.params_), best.theta[4:] / per_unit])
        change = np.concatenate([np.ones(4), 1 / per_unit])
        covariance = np.asarray(best.covariance) * np.outer(change, change)
        self.theta_ = pd.Series(theta, index=index)
        self.covariance_ = pd.DataFrame(covariance, index=index, columns=index)
        self.log_likelihood_, self.n_, self.patterns_ = log_likelihood, n, patterns
        self.evaluations_ = best.evaluations
        self.likelihood_ratio_ = LikelihoodRatio.of(log_likelihood - self.plain_.log_likelihood_, len(labels))
        se = best.standard_errors[4:].reshape(len(self.acts), len(terms)).max(axis=0)
        untold = [
            f"{terms[i][0]} {terms[i][1]}".rstrip() for i in np.flatnonzero(se > UNTOLD * self.prior_sd)
        ]
        if untold:
            self.notes_.append(
                text(
                    "These customers say hardly anything on some effects of {names}: what is shown there is the"
                    " prior, no effect give or take a factor of {factor}.",
                    names=listing(untold if len(untold) <= 8 else [*untold[:8], text("more")]),
                    factor=number(float(np.exp(self.prior_sd)), 1),
                )
            )

    @property
    def aic_(self) -> float:
        """Akaike's criterion, 2 k - 2 log L, k counting coefficients too."""
        return 2 * len(self.theta_) - 2 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Schwarz' criterion, k ln(customers) - 2 log L."""
        return len(self.theta_) * log(self.n_) - 2 * self.log_likelihood_

    @property
    def coefficients_(self) -> pd.DataFrame:
        """`coefficient_table` at 90%."""
        return self.coefficient_table()

    def coefficient_table(self, level: float = 0.9) -> pd.DataFrame:
        """One row a coefficient: covariate, level ('' for a number), parameter, acts_on (buying or dropout), coef,
        se, low, high, and multiplier, multiplier_low, multiplier_high, their exponentials.

        What is multiplied, per level against the base or per unit of a number: for alpha the mean buying rate, for
        Pareto/NBD's beta the mean dropout rate, for a and b these parameters themselves (see `effects`).
        """
        self._check()
        return coefficient_table(
            self.coding_.terms, self.base.names, self.acts, self.theta_, self.covariance_, level
        )

    def effects(self, level: float = 0.9) -> pd.DataFrame:
        """What a level (or one more unit of a number) does to the base customer: covariate, level, acts_on,
        multiplier, low, high.

        Buying: the mean rate r / alpha. Dropout: in Pareto/NBD the mean rate s / beta; in the others the mean chance
        a / (a + b) of stopping after a purchase, which both coefficients move. Intervals by the delta method, of the
        logarithm.
        """
        self._check()
        rates = rate_of_stopping if self.base is ParetoNBDFitter else chance_of_stopping
        return effects(self.coding_.terms, rates, self.acts, self.theta_, self.covariance_, level)

    def parameters_of(self, covariates: Covariates) -> Floats:
        """The parameters of each customer, in the order of the base's names: shape (customers, 4).

        `covariates`: a row a customer, or a mapping of column to value for one. Raises ValueError for a level that
        no customer fitted had (unless rare ones were merged: then it is one of those) and for missing columns.
        """
        found, row = self._patterns(covariates)
        return found[row]

    def conditional_expected_number_of_purchases_up_to_time(
        self,
        t: ArrayLike,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Covariates = None,
    ) -> Any:
        """Expected purchases in (T, T + t] given history and covariates (`parameters_of`), in the inputs' form."""
        return self._ask("predict", covariates, t, frequency, recency, T)

    predict = conditional_expected_number_of_purchases_up_to_time

    def conditional_probability_alive(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Covariates = None
    ) -> Any:
        """P(still a customer | history, covariates), in the form of the inputs."""
        return self._ask("conditional_probability_alive", covariates, frequency, recency, T)

    def expected_number_of_purchases_up_to_time(self, t: ArrayLike, covariates: Covariates = None) -> Any:
        """Expected repeat purchases by time t of a new customer with these covariates."""
        return self._ask("expected_number_of_purchases_up_to_time", covariates, t)

    def _check(self) -> None:
        if not hasattr(self, "params_"):
            raise ValueError(text("The model has not been fitted yet: call fit first."))

    @staticmethod
    def _plain(parameters: Floats, counts: Counts) -> Derivatives:
        """The plain model's derivatives."""
        raise NotImplementedError

    def _patterns(self, covariates: Covariates) -> tuple[Floats, Ints]:
        """Parameters of each distinct pattern, and the pattern of each row."""
        self._check()
        z, row = self.coding_.patterns(covariates)
        # theta_ holds coefficients by a column's own unit, z counts standard deviations.
        sizes = np.array([size for _, _, size in self.coding_.terms])
        return np.exp(designs(z * sizes, self.acts) @ self.theta_.to_numpy()), row

    def _ask(self, method: str, covariates: Covariates, *columns: ArrayLike) -> Any:
        """What the plain model's `method` says of `columns` with the parameters of each pattern."""
        parameters, row = self._patterns(covariates)
        longest = max(np.size(given) for given in columns)
        if len(row) not in (1, longest) and longest > 1:
            raise ValueError(text("There are {n} customers but {m} covariates.", n=longest, m=len(row)))
        which, *given = np.broadcast_arrays(row, *(np.asarray(v, float) for v in columns))
        out = np.empty(len(which))
        rows = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
        for k, some in enumerate(rows):
            model = self.base()
            model.params_ = pd.Series(parameters[k], index=list(self.base.names))
            out[some] = getattr(model, method)(*(v[some] for v in given))
        return like(out, *columns) if len(row) == 1 or len(out) == longest else out


class BetaGeoCovariatesFitter(CovariatesFitter):
    """BG/NBD with covariates: a customer may stop after any repeat purchase."""

    base: ClassVar = BetaGeoFitter
    acts: ClassVar = ((1, -1), (2, 1), (3, 1))

    @staticmethod
    def _plain(parameters: Floats, counts: Counts) -> Derivatives:
        return bg.derivatives(parameters, counts)


class ModifiedBetaGeoCovariatesFitter(BetaGeoCovariatesFitter):
    """MBG/NBD with covariates: a customer may also stop right after the first purchase."""

    base: ClassVar = ModifiedBetaGeoFitter

    @staticmethod
    def _plain(parameters: Floats, counts: Counts) -> Derivatives:
        return bg.derivatives(parameters, counts, modified=True)


class ParetoNBDCovariatesFitter(CovariatesFitter):
    """Pareto/NBD with covariates: a customer may stop at any moment."""

    base: ClassVar = ParetoNBDFitter
    acts: ClassVar = ((1, -1), (3, -1))

    @staticmethod
    def _plain(parameters: Floats, counts: Counts) -> Derivatives:
        return pareto.derivatives(parameters, counts)
