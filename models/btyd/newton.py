"""Newton's method with an analytic Hessian, in log-parameters: 6 or 7 evaluations where BFGS needs 20."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.btyd.inputs import Floats

log = logging.getLogger(__name__)

Derivatives = tuple[float, Floats, Floats]
"""Log-likelihood, its gradient (k,) and its Hessian (k, k) at a point."""

LONGEST_STEP = 2.0
BOX = 14.0
ARMIJO = 1e-4


@dataclass(frozen=True)
class Optimum:
    """Where the search ended. `covariance` is the inverse of minus the Hessian (Laplace), or None where
    minus the Hessian is not positive definite; `converged` is decided by the gradient, not by hope."""

    theta: Floats
    value: float
    gradient: Floats
    hessian: Floats
    covariance: Floats | None
    converged: bool
    evaluations: int

    @property
    def standard_errors(self) -> Floats:
        if self.covariance is None:
            return np.full(len(self.theta), np.inf)
        return np.sqrt(np.diag(self.covariance))


def to_log_scale(parameters: Floats, derivatives: Derivatives) -> Derivatives:
    """Derivatives by parameters turned into derivatives by their logarithms."""
    value, gradient, hessian = derivatives
    slope = gradient * parameters
    return value, slope, hessian * np.outer(parameters, parameters) + np.diag(slope)


def with_prior(derivatives: Derivatives, theta: Floats, centre: Floats, sd: float) -> Derivatives:
    """Add the log-density of independent normal priors on the log-parameters."""
    value, gradient, hessian = derivatives
    away = theta - centre
    return (
        value - float(away @ away) / (2 * sd * sd),
        gradient - away / sd**2,
        hessian - np.eye(len(theta)) / sd**2,
    )


def maximise(
    function: Callable[[Floats], Derivatives], start: Floats, *, tolerance: float = 1e-9, most: int = 100
) -> Optimum:
    """Climb from `start`. Converged when half of g' |H|^-1 g < `tolerance` and minus the Hessian is positive
    definite. An indefinite Hessian is used with the absolute values of its eigenvalues, steps are at most
    2 long in any log-parameter, and every step has to gain by Armijo's rule."""
    theta = np.array(start, dtype=float)
    value, gradient, hessian = function(theta)
    evaluations = 1
    while True:
        size, directions = np.linalg.eigh(-hessian)
        floor = 1e-12 * max(float(np.abs(size).max()), 1e-300)
        step = directions @ ((directions.T @ gradient) / np.maximum(np.abs(size), floor))
        decrement = float(gradient @ step) / 2
        # A ridge shows as an eigenvalue that is no longer told apart from rounding.
        definite = bool(size[0] > 1e-6)
        log.debug("evaluation %d: log-likelihood %.6f, decrement %.3g", evaluations, value, decrement)
        if (decrement < tolerance and definite) or evaluations >= most:
            break
        # On top of an exact ridge there is no step at all.
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        # Rounding hides gains below this; there Newton's step is taken as it is.
        noise = 1e-13 * abs(value)
        length = 1.0
        moved = False
        while length > 1e-8 and evaluations < most:
            trial = np.clip(theta + length * step, -BOX, BOX)
            found = function(trial)
            evaluations += 1
            if np.isfinite(found[0]) and found[0] >= value + ARMIJO * length * 2 * decrement - noise:
                moved = bool(np.any(trial != theta))
                theta, (value, gradient, hessian) = trial, found
                break
            length /= 2
        if not moved:
            break
    size, directions = np.linalg.eigh(-hessian)
    definite = bool(size[0] > 1e-6)
    covariance = directions @ (directions.T / size[:, None]) if definite else None
    if covariance is not None:
        covariance = (covariance + covariance.T) / 2
        decrement = float(gradient @ covariance @ gradient) / 2
    converged = definite and decrement < max(tolerance, 1e-13 * abs(value))
    return Optimum(theta, value, gradient, hessian, covariance, converged, evaluations)
