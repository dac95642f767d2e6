"""What every fitter has in common: how it is fitted, what it then knows, and how it is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from math import log
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.btyd.inputs import Floats
from models.btyd.newton import Optimum, maximise, to_log_scale, with_prior
from words import listing, number, text

PRIOR_SD = 3.0
"""The weak prior: each log-parameter normal with this sd around its start, a factor of 20 either way."""
RIDGE = 2.0
"""Above this standard error of a log-parameter (a factor of 7) the data do not determine it."""


class Fitter:
    """A fitted model, with the attributes of lifetimes' fitters and some that they lack.

    params_, standard_errors_, variance_matrix_ (symmetric), confidence_intervals_ (95%), summary, data; and
    log_likelihood_ (total, in the data's own time and money), aic_, bic_, covariance_log_ (Laplace, of the
    log-parameters), prior_applied_ and notes_: sentences on what the data could not tell.
    """

    names: ClassVar[tuple[str, ...]]
    start: ClassVar[tuple[float, ...]]
    penalizer_coef: float
    params_: pd.Series
    _rows: tuple[dict[str, Any], Any]

    def __init__(self, penalizer_coef: float = 0.0) -> None:
        self.penalizer_coef = penalizer_coef

    def __repr__(self) -> str:
        name = type(self).__name__
        if not hasattr(self, "params_"):
            return f"<holdfast.{name}>"
        fitted = ", ".join(f"{k}: {v:.2f}" for k, v in sorted(self.params_.items()))
        return f"<holdfast.{name}: fitted with {self.n_:,.0f} customers, {fitted}>"

    @cached_property
    def data(self) -> pd.DataFrame:
        """The rows it was fitted to, as lifetimes keeps them; made when first asked for, which few ever do."""
        columns, index = self._rows
        return pd.DataFrame(columns, index=index)

    def _remember(self, index: Any, weights: Any, **columns: Any) -> None:
        self.__dict__.pop("data", None)
        self._rows = {**columns, "weights": 1 if weights is None else np.asarray(weights)}, index

    def forget_rows(self) -> None:
        """Let go of the rows: answers are kept, and a million rows with each of them would fill the memory."""
        self._rows = {name: np.atleast_1d(values)[:0] for name, values in self._rows[0].items()}, None
        self.__dict__.pop("data", None)

    def _parameters(self) -> Floats:
        if not hasattr(self, "params_"):
            raise ValueError(text("The model has not been fitted yet: call fit first."))
        return self.params_.to_numpy(float)

    def _solve(
        self, function: Any, penalty_units: Floats, n: float, first: Any, tol: float, most: int
    ) -> Optimum:
        """Maximise, twice if need be: without a prior, and where a ridge shows, with the weak one. The optimum's
        `value` is the log-likelihood in scaled units.

        `function` gives derivatives by scaled parameters. The penaliser is lifetimes': n times penalizer_coef
        times the squares of the parameters as scaled there, which is ours times `penalty_units`.
        """
        coefficient = float(self.penalizer_coef) * n
        if coefficient < 0:
            raise ValueError(text("penalizer_coef is {c}; 0 or more was expected.", c=self.penalizer_coef))

        def objective(theta: Floats) -> Any:
            parameters = np.exp(theta)
            value, gradient, hessian = function(parameters)
            if coefficient:
                penalised = parameters * penalty_units
                value -= coefficient * float(penalised @ penalised)
                gradient = gradient - 2 * coefficient * penalised * penalty_units
                hessian = hessian - np.diag(2 * coefficient * penalty_units**2)
            return to_log_scale(parameters, (value, gradient, hessian))

        centre = np.log(np.array(self.start))
        begin = centre if first is None else np.asarray(first, float)
        if len(begin) != len(centre):
            raise ValueError(text("initial_params needs {n} values.", n=len(centre)))
        tolerance = min(tol, 1e-7) / 100
        best = maximise(objective, begin, tolerance=tolerance, most=most)
        plain = not coefficient
        self.prior_applied_ = False
        self.notes_: list[str] = []
        if not best.converged or best.standard_errors.max() > RIDGE:
            weak = [
                name for name, se in zip(self.names, best.standard_errors, strict=True) if not se <= RIDGE
            ]
            best = maximise(
                lambda theta: with_prior(objective(theta), theta, centre, PRIOR_SD),
                centre,
                tolerance=tolerance,
                most=most,
            )
            self.prior_applied_ = True
            plain = False
            self.notes_.append(
                text(
                    "These customers do not determine {names}: very different values fit them equally well."
                    " A weak prior was added so that the fit is finite; a longer span or more customers would"
                    " replace it.",
                    names=listing(weak or self.names),
                )
            )
        if not best.converged:
            raise ValueError(
                text(
                    "The fit did not converge after {n} evaluations. Try more customers, a longer span, or a"
                    " penalizer_coef of {small}.",
                    n=best.evaluations,
                    small=number(0.01),
                )
            )
        # The log-likelihood itself, without penaliser or prior.
        return best if plain else replace(best, value=function(np.exp(best.theta))[0])

    def _keep(self, best: Optimum, units: Floats, log_likelihood: float, n: float) -> None:
        parameters = np.exp(best.theta) * units
        index = list(self.names)
        self.params_ = pd.Series(parameters, index=index)
        self.n_ = float(n)
        self.log_likelihood_ = float(log_likelihood)
        self.evaluations_ = best.evaluations
        covariance = best.covariance
        if covariance is None:
            raise ValueError(text("The fit has no finite standard errors."))
        self.covariance_log_ = covariance
        self.variance_matrix_ = pd.DataFrame(
            covariance * np.outer(parameters, parameters), index=index, columns=index
        )
        self.standard_errors_ = pd.Series(parameters * best.standard_errors, index=index)
        # lifetimes' own: symmetric, at 1.96. `parameter_intervals` keeps parameters positive.
        self.confidence_intervals_ = pd.DataFrame(
            {
                "lower 95% bound": self.params_ - 1.96 * self.standard_errors_,
                "upper 95% bound": self.params_ + 1.96 * self.standard_errors_,
            }
        )

    @property
    def aic_(self) -> float:
        """Akaike's criterion, 2 k - 2 log L: smaller is better, comparable across models of the same data."""
        return 2 * len(self.names) - 2 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Schwarz' criterion, k ln(customers) - 2 log L."""
        return len(self.names) * log(self.n_) - 2 * self.log_likelihood_

    @property
    def summary(self) -> pd.DataFrame:
        """One row a parameter: coef, se(coef), lower and upper 95% bound, as lifetimes has them."""
        return pd.DataFrame({"coef": self.params_, "se(coef)": self.standard_errors_}).join(
            self.confidence_intervals_
        )

    def parameter_intervals(self, level: float = 0.9) -> pd.DataFrame:
        """Laplace intervals made on the log scale, so that every bound is positive: columns low, high."""
        z = float(norm.ppf((1 + level) / 2))
        se = np.sqrt(np.diag(self.covariance_log_))
        return pd.DataFrame({"low": self.params_ * np.exp(-z * se), "high": self.params_ * np.exp(z * se)})

    def save_model(self, path: str | Path) -> None:
        """Write settings and results as JSON: nothing in it can be executed, and no customer is in it."""
        kept = {
            "model": type(self).__name__,
            "penalizer_coef": self.penalizer_coef,
            "params": self._parameters().tolist(),
            "covariance_log": self.covariance_log_.tolist(),
            "log_likelihood": self.log_likelihood_,
            "customers": self.n_,
            "evaluations": self.evaluations_,
            "prior_applied": self.prior_applied_,
            "notes": self.notes_,
        }
        Path(path).write_text(json.dumps(kept, indent=1), encoding="utf-8")

    def load_model(self, path: str | Path) -> None:
        """Read what `save_model` wrote. Raises ValueError if the file holds another model."""
        kept = json.loads(Path(path).read_text(encoding="utf-8"))
        if kept.get("model") != type(self).__name__:
            raise ValueError(
                text(
                    "{path} holds {found}, not {wanted}.",
                    path=path,
                    found=kept.get("model"),
                    wanted=type(self).__name__,
                )
            )
        self.penalizer_coef = kept["penalizer_coef"]
        self.prior_applied_, self.notes_ = kept["prior_applied"], kept["notes"]
        parameters, covariance = np.array(kept["params"]), np.array(kept["covariance_log"])
        found = Optimum(
            np.log(parameters), 0.0, np.zeros(0), np.zeros((0, 0)), covariance, True, kept["evaluations"]
        )
        self._keep(found, np.ones(len(parameters)), kept["log_likelihood"], kept["customers"])


def like(result: Floats, *inputs: Any) -> Any:
    """The result as the caller gave the inputs: a Series with their index, a plain number, or an array."""
    for given in inputs:
        if isinstance(given, pd.Series) and len(given) == result.size:
            return pd.Series(result.ravel(), index=given.index)
    if all(np.ndim(given) == 0 for given in inputs):
        return float(result.ravel()[0])
    return result
