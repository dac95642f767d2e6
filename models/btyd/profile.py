"""Profile likelihood intervals: for parameters that the data hold so weakly that a normal curve misleads.

Fix one parameter at v, maximise over the others, and keep every v with 2 (L_max - L(v)) below the chi-square
quantile: Venzon and Moolgavkar (1988), A Method for Computing Profile-Likelihood-Based Confidence Intervals,
Applied Statistics 37, 87-94. The interval does not depend on the scale in which a parameter is written, bends where
the likelihood does, and is open (0 or infinity) where the likelihood never falls far enough: on a flat ridge.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from models.btyd import beta_bernoulli, beta_geometric, gamma_gamma_likelihood, pareto, sbg
from models.btyd.base import Fitter
from models.btyd.bg_bb import BetaGeoBetaBinomFitter
from models.btyd.bg_nbd import BetaGeoFitter
from models.btyd.gamma_gamma import GammaGammaFitter
from models.btyd.inputs import Floats, pack
from models.btyd.newton import BOX, Derivatives, maximise, to_log_scale
from models.btyd.occasions import pack_occasions
from models.btyd.pareto_nbd import ParetoNBDFitter
from words import listing, text

WEAK = 0.2
"""From this standard error of a log-parameter on, the profile is to be shown instead of the normal interval. MBG/NBD's r, fitted to
500 customers, has .3: there the normal interval covers 82%, nominally 90%, and the profile 88% (docs/coverage.md)."""
CLOSE = 1e-4
"""Precision of an endpoint, in standard errors of the log-parameter."""

Likelihood = Callable[[Floats], Derivatives]


def profile_interval(fitter: Fitter, name: str, level: float = 0.9) -> tuple[float, float]:
    """(low, high) of the parameter `name`, in the data's units; low is 0 and high is inf where the data set no bound.

    It is made from the likelihood alone, also where the fit needed the weak prior, and from `fitter.data`: a model
    read from disk has none. Raises ValueError in that case, for an unknown name, and for a fit with a penaliser.
    """
    if name not in fitter.names:
        raise ValueError(
            text("There is no parameter {name}; there are {names}.", name=name, names=listing(fitter.names))
        )
    return _Profile(fitter).interval(fitter.names.index(name), level)


def best_intervals(fitter: Fitter, level: float = 0.9, weak: float = WEAK) -> pd.DataFrame:
    """One row a parameter: low, high, method. The method is 'Laplace' where the log-parameter is well determined
    (standard error up to `weak`: both agree, and Laplace costs nothing), else 'profile'.

    Raises ValueError as `profile_interval` does, if a parameter is weak.
    """
    table = fitter.parameter_intervals(level).assign(method="Laplace")
    se = np.sqrt(np.diag(fitter.covariance_log_))
    if (se > weak).any() or fitter.prior_applied_:
        profile = _Profile(fitter)
        for j, name in enumerate(fitter.names):
            # Where the prior was needed, it is in every Laplace interval.
            if se[j] > weak or fitter.prior_applied_:
                low, high = profile.interval(j, level)
                table.loc[name] = [low, high, "profile"]
    return table


class _Profile:
    """The likelihood of a fit again, from its data, and its maximum without any prior."""

    def __init__(self, fitter: Fitter) -> None:
        if fitter.penalizer_coef:
            raise ValueError(
                text(
                    "A profile is of the likelihood alone: fit without penalizer_coef to have its intervals."
                )
            )
        self.likelihood, self.units = _likelihood(fitter)
        self.se = np.sqrt(np.diag(fitter.covariance_log_))
        theta = np.log(fitter.params_.to_numpy() / self.units)
        self.theta, self.value, _ = self._best(theta, np.ones(len(theta), dtype=bool))

    def interval(self, j: int, level: float) -> tuple[float, float]:
        if not 0 < level < 1:
            raise ValueError(text("The level is {level}; a share between 0 and 1 was expected.", level=level))
        low, high = self._end(j, -1, level), self._end(j, 1, level)
        return (
            0.0 if low == -inf else exp(low) * float(self.units[j]),
            inf if high == inf else exp(high) * float(self.units[j]),
        )

    def _log_scale(self, theta: Floats) -> Derivatives:
        parameters = np.exp(theta)
        return to_log_scale(parameters, self.likelihood(parameters))

    def _end(self, j: int, side: int, level: float) -> float:
        """The log-parameter at which the profile has fallen far enough, going up (side 1) or down; or infinity."""
        asked = sqrt(float(chi2.ppf(level, 1)))
        at: dict[float, tuple[float, Floats]] = {}

        def short(v: float) -> float:
            """Root of the fall, less what is asked for: close to a straight line in v. Never evaluated twice, as
            where the likelihood is flat the way there decides the last digits."""
            if v not in at:
                nearest = min(at, key=lambda u: abs(u - v), default=None)
                warm = self.theta if nearest is None else at[nearest][1]
                fall, others = self._fall(j, v, warm)
                at[v] = sqrt(max(2 * fall, 0.0)) - asked, others
            return at[v][0]

        start = float(self.theta[j])
        step = float(norm.ppf((1 + level) / 2)) * min(float(self.se[j]), 1.0)
        near, far = start, float(np.clip(start + side * step, -BOX, BOX))
        at[start] = -asked, self.theta
        while short(far) < 0:
            if abs(far) >= BOX:
                return side * inf
            near, far = far, float(np.clip(start + 2 * (far - start), -BOX, BOX))
        return float(brentq(short, near, far, xtol=CLOSE * step))

    def _fall(self, j: int, v: float, warm: Floats) -> tuple[float, Floats]:
        """By how much the log-likelihood falls with log-parameter j at v and the others at their best; where."""
        free = np.arange(len(warm)) != j
        theta, value, outward = self._best(np.where(free, warm, v), free)
        # A parameter on its way to infinity stops at the box. Its slope there is what going on would still gain, as
        # the likelihood nears its limit like exp(-theta), and less than that where the limit is far: hence twice.
        # Without this the box would end intervals that have no end.
        return self.value - value - 2 * outward, theta

    def _best(self, theta: Floats, free: NDArray[np.bool_]) -> tuple[Floats, float, float]:
        """Climb by the `free` log-parameters: where to, how high, and the slope out of the box there.

        Along a ridge one of them runs into the box. It is held there, so that the others can follow it: of a and b
        growing together, say, the first to arrive would else leave the second behind.
        """
        theta, free = theta.copy(), free.copy()

        def others(part: Floats) -> Derivatives:
            value, gradient, hessian = self._log_scale(_with(theta, free, part))
            return value, gradient[free], hessian[np.ix_(free, free)]

        held = np.zeros(len(theta), dtype=bool)
        while free.any():
            # Only the height matters: along a ridge there is no single best point, but one best height.
            best = maximise(others, theta[free], tolerance=1e-7, most=50)
            theta = _with(theta, free, best.theta)
            push = np.zeros(len(theta))
            push[free] = np.where(np.abs(best.theta) >= BOX, best.gradient * np.sign(best.theta), 0.0)
            if not push.max() > 0:
                break
            first = int(push.argmax())
            free[first], held[first] = False, True
        value, slope, _ = self._log_scale(theta)
        return theta, value, float(np.maximum(slope * np.sign(theta), 0)[held].sum())


def _with(theta: Floats, free: NDArray[np.bool_], part: Floats) -> Floats:
    out = theta.copy()
    out[free] = part
    return out


def _likelihood(fitter: Fitter) -> tuple[Likelihood, Floats]:
    """Derivatives by scaled parameters, and the units in which they are scaled: as the fitters have them."""
    if not hasattr(fitter, "data"):
        raise ValueError(
            text(
                "A profile needs the customers again, and this model was read from disk without them: fit it."
            )
        )
    data = fitter.data
    weight = data["weights"].to_numpy(float) if "weights" in data else np.zeros(0)
    if isinstance(fitter, BetaGeoFitter | ParetoNBDFitter):
        x, t, T = (data[name].to_numpy() for name in ("frequency", "recency", "T"))
        counts = pack(x, t, T, weight)
        units = np.array([counts.scale if name in ("alpha", "beta") else 1.0 for name in fitter.names])
        if isinstance(fitter, ParetoNBDFitter):
            return lambda p: pareto.derivatives(p, counts), units
        modified = fitter.modified
        return lambda p: beta_geometric.derivatives(p, counts, modified), units
    if isinstance(fitter, BetaGeoBetaBinomFitter):
        x, t, n = (data[name].to_numpy() for name in ("frequency", "recency", "n_periods"))
        histories, _ = pack_occasions(x, t, n, weight)
        return lambda p: beta_bernoulli.derivatives(p, histories), np.ones(4)
    if isinstance(fitter, GammaGammaFitter):
        x, m = data["frequency"].to_numpy(float), data["monetary_value"].to_numpy()
        scale = float(np.average(m, weights=weight))
        spent = gamma_gamma_likelihood.pack_spend(x, m / scale, weight)
        return lambda p: gamma_gamma_likelihood.derivatives(p, spent), np.array([1, 1, scale])
    if isinstance(fitter, sbg.ShiftedBetaGeoFitter):
        renewals = sbg.Renewals(data["renewed"].to_numpy(float), data["lost"].to_numpy(float))
        return lambda p: sbg.derivatives(p, renewals), np.ones(2)
    raise ValueError(text("There is no profile for {model}.", model=type(fitter).__name__))
