"""The formulas of BG/BB: buying is a coin toss at every occasion, and customers stop for good between them.

Parameters are (alpha, beta, gamma, delta): an active customer buys at an occasion with chance
p ~ Beta(alpha, beta), and stops before an occasion with chance theta ~ Beta(gamma, delta). Histories are
frequency x, recency t (the number of the last occasion with a purchase, 0 if none) and occasions n, whole.

Source: Fader, Hardie and Shang (2010), Customer-Base Analysis in a Discrete-Time Noncontractual Setting,
Marketing Science 29, 1086-1108 ("FHS"). Their likelihood is a sum over the moments y = t .. n - 1
at which the customer may have stopped, and the chance that he has not. With

    e(y) = lnB(alpha + x, beta + y - x) + lnB(gamma + 1, delta + y)

it is exp(e(t)) Q / (B(alpha, beta) B(gamma, delta)), where Q = sum_{y = t}^{n - 1} exp(e(y) - e(t))
+ exp(e(n) - e(t)) (gamma + delta + n) / gamma. Q follows backward from n, Q(y) = 1 + rho(y) Q(y + 1), where
rho = exp(e(y + 1) - e(y)) is a ratio of four numbers. So a history costs nothing once its (x, n) has been
walked through, no term can underflow in logarithms, and nothing but logarithms is needed: gamma functions
with whole differences are rising factorials.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, expit, gammaln

from models.btyd.geometric_lifetime import occasions_ahead, pairs_of_occasions_ahead, survival
from models.btyd.inputs import Floats, Ints
from models.btyd.newton import Derivatives
from models.btyd.occasions import Histories, pack_occasions
from words import text

Step = tuple[slice, Floats, Floats, Floats]
"""Rows of `Histories`; and for every pair (x, n): ln Q, its gradient (4, pairs), its Hessian (4, 4, pairs)."""


def _walk(parameters: ArrayLike, histories: Histories, derived: bool) -> Iterator[Step]:
    """Go backward over the occasions; at each, say which rows have t there and what ln Q is by pair.

    ln Q(y) = softplus(ln rho + ln Q(y + 1)). With v the gradient of what is in brackets, V its Hessian and w
    its sigmoid, gradient and Hessian of the left are w v and w V + w (1 - w) v v^T. A pair's values mean
    nothing at y < x, where no row asks for them. Without `derived` the derivatives stay as they start.
    """
    alpha, beta, gamma, delta = np.asarray(parameters, float)
    s, q = alpha + beta, gamma + delta
    x, n = histories.pair_x, histories.pair_n
    log_q = np.log((q + n) / gamma)
    gradient, hessian = np.zeros((4, len(x))), np.zeros((4, 4, len(x)))
    gradient[2:] = 1 / (q + n)
    gradient[2] -= 1 / gamma
    hessian[2:, 2:] = -1 / (q + n) ** 2
    hessian[2, 2] += 1 / gamma**2
    slope, curve = np.empty((4, len(x))), np.zeros((4, 4, len(x)))
    for y in range(int(n[0]), -1, -1):
        to = int(histories.longer[y])
        left = beta + np.maximum(y - x[:to], 0)
        bracket = np.log(left * (delta + y) / ((s + y) * (q + 1 + y))) + log_q[:to]
        log_q[:to] = np.logaddexp(0, bracket)
        if derived:
            slope[0] = -1 / (s + y)
            slope[1, :to] = 1 / left - 1 / (s + y)
            slope[2] = -1 / (q + 1 + y)
            slope[3] = 1 / (delta + y) - 1 / (q + 1 + y)
            curve[:2, :2] = 1 / (s + y) ** 2
            curve[1, 1, :to] -= 1 / left**2
            curve[2:, 2:] = 1 / (q + 1 + y) ** 2
            curve[3, 3] -= 1 / (delta + y) ** 2
            w = expit(bracket)
            v = slope[:, :to] + gradient[:, :to]
            hessian[:, :, :to] = w * (curve[:, :, :to] + hessian[:, :, :to] + (1 - w) * v[:, None] * v)
            gradient[:, :to] = w * v
        yield slice(int(histories.first[y]), int(histories.first[y + 1])), log_q, gradient, hessian


def _log_q(parameters: ArrayLike, histories: Histories) -> Floats:
    out = np.empty(len(histories.x))
    for rows, log_q, _, _ in _walk(parameters, histories, derived=False):
        out[rows] = log_q[histories.pair[rows]]
    return out


def _rising(start: float, top: int) -> Floats:
    """ln of start (start + 1) ... (start + k - 1) for k = 0 .. top."""
    return np.concatenate([[0.0], np.cumsum(np.log(start + np.arange(top)))])


def log_likelihood(parameters: ArrayLike, x: Ints, t: Ints, n: Ints) -> Floats:
    """Log-likelihood of each history: of one order of the purchases up to t, not of all orders."""
    alpha, beta, gamma, delta = np.asarray(parameters, float)
    histories, row = pack_occasions(x, t, n)
    x, t = histories.x, histories.t
    top = int(histories.n.max()) + 1
    found = (
        _rising(alpha, top)[x]
        + _rising(beta, top)[t - x]
        - _rising(alpha + beta, top)[t]
        + np.log(gamma)
        + _rising(delta, top)[t]
        - _rising(gamma + delta, top)[t + 1]
        + _log_q(parameters, histories)
    )
    return found[row]


def derivatives(parameters: Floats, histories: Histories) -> Derivatives:
    """Log-likelihood of all customers, its gradient and Hessian by (alpha, beta, gamma, delta)."""
    alpha, beta, gamma, delta = parameters
    i = np.arange(len(histories.above_t))
    every, at_t = histories.customers, histories.above_t
    value, gradient, hessian = every * np.log(gamma), np.zeros(4), np.zeros((4, 4))
    gradient[2] = every / gamma
    hessian[2, 2] = -every / gamma**2
    for sign, start, above, of in (
        (1, alpha, histories.above_x, slice(0, 1)),
        (1, beta, histories.above_gap, slice(1, 2)),
        (-1, alpha + beta, at_t, slice(0, 2)),
        (1, delta, at_t, slice(3, 4)),
        # t + 1 exceeds 0 for everybody, and i wherever t exceeds i - 1.
        (-1, gamma + delta, np.concatenate([[every], at_t[:-1]]), slice(2, 4)),
    ):
        value += sign * float(above @ np.log(start + i))
        gradient[of] += sign * float(above @ (1 / (start + i)))
        hessian[of, of] -= sign * float(above @ (1 / (start + i) ** 2))
    for rows, log_q, slope, curve in _walk(parameters, histories, derived=True):
        pair, weight = histories.pair[rows], histories.weight[rows]
        value += float(weight @ log_q[pair])
        gradient += slope[:, pair] @ weight
        hessian += curve[:, :, pair] @ weight
    return value, gradient, hessian


def probability_alive(parameters: ArrayLike, x: Ints, t: Ints, n: Ints) -> Floats:
    """P(has not stopped by occasion n | x, t, n): the last term's share of Q. FHS print this times the
    chance (delta + n) / (gamma + delta + n) of staying through the next occasion as well."""
    alpha, beta, gamma, delta = np.asarray(parameters, float)
    histories, row = pack_occasions(x, t, n)
    x, t, n = histories.x, histories.t, histories.n
    top = int(n.max())
    left, both = _rising(beta, top), _rising(alpha + beta, top)
    stay, any_of = _rising(delta, top), _rising(gamma + delta + 1, top)
    stayed = (
        left[n - x] - left[t - x] - both[n] + both[t] + stay[n] - stay[t] - any_of[n] + any_of[t]
    ) + np.log((gamma + delta + n) / gamma)
    # Without an occasion since the last purchase both are the same number up to rounding.
    return np.exp(np.minimum(stayed - _log_q(parameters, histories), 0.0))[row]


def purchases_if_alive(
    parameters: ArrayLike,
    x: Ints,
    n: Ints,
    horizon: int | None,
    *,
    second: bool = False,
    discount: float = 0.0,
) -> Floats:
    """Expected purchases Y at the next `horizon` occasions of customers who have not stopped by n, by row.

    Given that, p ~ Beta(alpha + x, beta + n - x) and theta ~ Beta(gamma, delta + n), independent: FHS eq. (13)
    is the product of E[p] and the expected number of occasions. A purchase at the i-th of them counts
    1 / (1 + discount)^i. Without `horizon` that is FHS eq. (14), "DERT", and infinite where discount is 0 and
    gamma <= 1. With `second`: E[Y (Y - 1)], undiscounted, for a horizon that ends.
    """
    alpha, beta, gamma, delta = np.asarray(parameters, float)
    ages, row = np.unique(n, return_inverse=True)
    buys = (alpha + x) / (alpha + beta + n)
    if second:
        if horizon is None:
            raise ValueError(text("The second moment needs a horizon."))
        again = (alpha + x + 1) / (alpha + beta + n + 1)
        return buys * again * pairs_of_occasions_ahead(gamma, delta + ages, horizon)[row]
    return buys * occasions_ahead(gamma, delta + ages, horizon, discount)[row]


def count_if_alive(parameters: ArrayLike, x: Ints, n: Ints, horizon: int) -> Floats:
    """P(Y = y), y = 0 .. horizon, at the next `horizon` occasions if not stopped by n: array (rows, horizon + 1).

    With x = n = 0 it is FHS eq. (7) for a new customer. A beta-binomial of the occasions stayed through,
    averaged over their number.
    """
    alpha, beta, gamma, delta = np.asarray(parameters, float)
    x, n = np.atleast_1d(x)[:, None], np.atleast_1d(n)[:, None]
    stays = survival(gamma, delta + n[:, 0], horizon)
    out = np.zeros_like(stays)
    before = betaln(alpha + x, beta + n - x)
    for k in range(horizon + 1):
        y = np.arange(k + 1)
        log_ways = gammaln(k + 1) - gammaln(y + 1) - gammaln(k - y + 1)
        stops = gamma / (gamma + delta + n + k) if k < horizon else 1.0
        out[:, : k + 1] += (
            stays[:, k : k + 1]
            * stops
            * np.exp(log_ways + betaln(alpha + x + y, beta + n - x + k - y) - before)
        )
    return out
