"""What covariates do, in a table: coefficients, and by how much they multiply buying and dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from models.btyd.covariate_likelihood import designs
from models.btyd.inputs import Floats

BUYING, DROPOUT = "buying", "dropout"
Terms = Sequence[tuple[str, str, float]]
"""(covariate, level, its unit) of each number in z."""
Acts = tuple[tuple[int, int], ...]
LogRates = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""Of a pattern's matrix and theta: logarithms of mean buying and mean dropout, (2,), and their slopes by theta."""


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the gain in log-likelihood over the model without covariates, and how often chance alone would gain as
    much (chi-square with `degrees`, one a coefficient). The prior takes a little off the gain: p is not too small."""

    statistic: float
    degrees: int
    p_value: float

    @classmethod
    def of(cls, gain: float, degrees: int) -> LikelihoodRatio:
        statistic = max(2 * gain, 0.0)
        return cls(statistic, degrees, float(chi2.sf(statistic, degrees)) if degrees else 1.0)


def chance_of_stopping(matrix: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """BG/NBD and MBG/NBD: the mean rate r / alpha and the mean chance a / (a + b) of stopping after a purchase."""
    r, alpha, a, b = matrix
    odds = float((a - b) @ theta)
    slopes = np.stack([r - alpha, (a - b) / (1 + np.exp(odds))])
    return np.array([(r - alpha) @ theta, -np.logaddexp(0, -odds)]), slopes


def rate_of_stopping(matrix: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Pareto/NBD: the mean rates r / alpha and s / beta."""
    r, alpha, s, beta = matrix
    slopes = np.stack([r - alpha, s - beta])
    return slopes @ theta, slopes


def coefficient_table(
    terms: Terms, names: Sequence[str], acts: Acts, theta: pd.Series, covariance: pd.DataFrame, level: float
) -> pd.DataFrame:
    """See `CovariatesFitter.coefficient_table`."""
    z = float(norm.ppf((1 + level) / 2))
    table = pd.DataFrame(
        [
            (covariate, name, names[parameter], DROPOUT if block else BUYING)
            for block, (parameter, _) in enumerate(acts)
            for covariate, name, _ in terms
        ],
        columns=["covariate", "level", "parameter", "acts_on"],
    )
    coef, se = theta.to_numpy()[4:], np.sqrt(np.diag(covariance))[4:]
    table = table.assign(coef=coef, se=se, low=coef - z * se, high=coef + z * se)
    return table.assign(
        multiplier=np.exp(coef), multiplier_low=np.exp(table["low"]), multiplier_high=np.exp(table["high"])
    )


def effects(
    terms: Terms, log_rates: LogRates, acts: Acts, theta: pd.Series, covariance: pd.DataFrame, level: float
) -> pd.DataFrame:
    """See `CovariatesFitter.effects`."""
    z = float(norm.ppf((1 + level) / 2))
    each = designs(np.vstack([np.zeros(len(terms)), np.eye(len(terms))]), acts)
    values, slopes = zip(*(log_rates(matrix, theta.to_numpy()) for matrix in each), strict=True)
    rows = []
    for i, acts_on in enumerate((BUYING, DROPOUT)):
        for j, (covariate, name, _) in enumerate(terms, start=1):
            change, slope = values[j][i] - values[0][i], slopes[j][i] - slopes[0][i]
            half = z * float(np.sqrt(slope @ covariance.to_numpy() @ slope))
            rows.append((covariate, name, acts_on, *np.exp([change, change - half, change + half])))
    return pd.DataFrame(rows, columns=["covariate", "level", "acts_on", "multiplier", "low", "high"])
