"""The likelihood where covariates move the parameters of BG/NBD, MBG/NBD or Pareto/NBD, and its maximum.

The log-parameters of pattern k are linear, M_k theta, in theta = (log base parameters, coefficients). With f_k the
log-likelihood of the plain model on the customers of that pattern, by log-parameters, the whole is
sum f_k(M_k theta), its gradient sum M_k' f_k', its Hessian sum M_k' f_k'' M_k: the plain models' own derivatives are
all that is needed. Which parameters move: `covariates`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.btyd.base import PRIOR_SD, RIDGE
from models.btyd.inputs import Counts, Floats
from models.btyd.newton import Derivatives, Optimum, maximise, to_log_scale
from words import text


def designs(patterns: Floats, acts: tuple[tuple[int, int], ...]) -> Floats:
    """M_k of each pattern, shape (patterns, 4, 4 + coefficients): row j gives log-parameter j.

    `acts` says, for each block of coefficients, which parameter it moves and with which sign.
    """
    many, terms = patterns.shape
    out = np.zeros((many, 4, 4 + terms * len(acts)))
    out[:, np.arange(4), np.arange(4)] = 1
    for block, (parameter, sign) in enumerate(acts):
        out[:, parameter, 4 + block * terms : 4 + (block + 1) * terms] = sign * patterns
    return out


def derivatives(
    theta: Floats, design: Floats, groups: list[Counts], plain: Callable[[Floats, Counts], Derivatives]
) -> Derivatives:
    """Log-likelihood of all customers, its gradient and Hessian by theta. All `groups` share one unit of time."""
    value, gradient, hessian = 0.0, np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
    for matrix, counts in zip(design, groups, strict=True):
        # exp(30) is as good as infinite; without a bound an outlying covariate could overflow on the way.
        parameters = np.exp(np.clip(matrix @ theta, -30, 30))
        one = to_log_scale(parameters, plain(parameters, counts))
        value += one[0]
        gradient += matrix.T @ one[1]
        hessian += matrix.T @ one[2] @ matrix
    return value, gradient, hessian


def fit(
    likelihood: Callable[[Floats], Derivatives],
    begin: Floats,
    prior_sd: float,
    penalty: Floats,
    centre: Floats,
    tolerance: float,
    most: int,
) -> tuple[Optimum, bool]:
    """Maximise over theta, and say whether the base parameters (4) needed the weak prior around `centre`.

    Coefficients have a normal prior (0, prior_sd); `penalty` (4) times the squares of the base parameters is
    subtracted, which is lifetimes' penaliser. Raises ValueError if the fit does not converge.
    """
    coefficients = np.full(len(begin) - 4, prior_sd**-2.0)
    target = np.concatenate([centre, np.zeros(len(coefficients))])

    def objective(theta: Floats, base: float) -> Derivatives:
        value, gradient, hessian = likelihood(theta)
        precision = np.concatenate([np.full(4, base), coefficients])
        away = theta - target
        squares = np.zeros(len(theta))
        squares[:4] = penalty * np.exp(2 * theta[:4])
        return (
            value - float(precision @ away**2) / 2 - float(squares.sum()),
            gradient - precision * away - 2 * squares,
            hessian - np.diag(precision + 4 * squares),
        )

    best = maximise(lambda theta: objective(theta, 0.0), begin, tolerance=tolerance, most=most)
    ridge = not best.converged or bool(best.standard_errors[:4].max() > RIDGE)
    if ridge:
        best = maximise(lambda theta: objective(theta, PRIOR_SD**-2), target, tolerance=tolerance, most=most)
    if not best.converged:
        raise ValueError(
            text(
                "The fit with covariates did not converge after {n} evaluations. Try fewer columns or levels, more"
                " customers, or a smaller prior_sd.",
                n=best.evaluations,
            )
        )
    return best, ridge
