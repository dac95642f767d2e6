"""Pareto/NBD: buying rates and dropout rates vary as gammas; a customer may drop out at any moment.

Parameters are always (r, alpha, s, beta): lambda ~ Gamma(r, rate alpha), mu ~ Gamma(s, rate beta), while alive
purchases are Poisson(lambda), and the lifetime is exponential(mu). Given that a customer is alive at T,
lambda ~ Gamma(r + x, alpha + T) and mu ~ Gamma(s, beta + T): everything ahead depends on x and T alone.
A new customer is one alive at T = 0 with x = 0. All functions take arrays, in one unit of time.

Sources: Schmittlein, Morrison and Colombo (1987), Counting Your Customers, Management Science 33, 1-24 ("SMC");
Fader and Hardie (2005), note 009, A Note on Deriving the Pareto/NBD Model ("FH").
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln, xlogy

from models.btyd.inputs import Floats, Ints
from models.btyd.pareto_likelihood import derivatives, log_likelihood, probability_alive
from words import text

__all__ = [
    "count_probability",
    "derivatives",
    "discounted_if_alive",
    "log_likelihood",
    "mean_if_alive",
    "probability_alive",
    "purchases_if_alive",
    "survival_of_count",
]


def _legendre(n: int) -> tuple[Floats, Floats]:
    """Nodes and weights on (0, 1)."""
    node, weight = np.polynomial.legendre.leggauss(n)
    return (node + 1) / 2, weight / 2


SHORT, LEGENDRE = _legendre(12), _legendre(64)
LOST = 42.0
AT_ONCE = 16_384


def purchases_if_alive(
    parameters: ArrayLike, x: Ints, T: Floats, horizons: ArrayLike, *, second: bool = False
) -> Floats:
    """E[Y(H)], or with `second` E[Y(H) (Y(H) - 1)], of customers alive at T: array (rows, horizons)."""
    x, T = np.broadcast_arrays(np.atleast_1d(x), np.atleast_1d(np.asarray(T, float)))
    ahead = np.atleast_1d(np.asarray(horizons, float))
    return mean_if_alive(parameters, x[:, None], T[:, None], ahead, second=second)


def mean_if_alive(
    parameters: ArrayLike, x: ArrayLike, T: ArrayLike, H: ArrayLike, *, second: bool = False
) -> Floats:
    """The same for arrays that broadcast.

    Y is Poisson over min(lifetime left, H), so that with B = beta + T, L = ln(1 + H/B) and
    phi_k = (1 - exp(-k L)) / k, E[Y] = (r+x)/(alpha+T) B phi_{s-1} (FH eq. (41) over P(alive)), and
    E[Y (Y-1)] = (r+x)(r+x+1)/(alpha+T)^2 2 B^2 (phi_{s-2} - phi_{s-1}). Nothing is singular at s = 1 or 2.
    """
    r, alpha, s, beta = np.asarray(parameters, float)
    x, T, H = (np.asarray(v, float) for v in (x, T, H))
    B = beta + T
    L = np.log1p(H / B)
    if not second:
        return (r + x) / (alpha + T) * B * _phi(s - 1, L)
    # phi_{k-1} - phi_k = int_0^L exp(-k v) expm1(v) dv: by quadrature where the two are nearly the same.
    apart = np.atleast_1d(_phi(s - 2, L) - _phi(s - 1, L))
    near = (1 + abs(s - 1)) * np.atleast_1d(L) < 2
    if near.any():
        v = np.atleast_1d(L)[near]
        nodes = v[:, None] * SHORT[0]
        apart[near] = v * (np.expm1(nodes) * np.exp((1 - s) * nodes) @ SHORT[1])
    return (r + x) * (r + x + 1) * 2 * (B / (alpha + T)) ** 2 * apart.reshape(np.shape(L))


def _phi(k: float, L: Floats) -> Floats:
    """int_0^L exp(-k v) dv."""
    return np.array(L) if k == 0 else -np.expm1(-k * L) / k


def discounted_if_alive(
    parameters: ArrayLike, x: Ints | Floats, T: Floats, rate: float, horizon: float = np.inf
) -> Floats:
    """Expected purchases of customers alive at T, discounted continuously at `rate` a unit of time, by `horizon`.

    Without end this is DERT over P(alive): Fader, Hardie and Lee (2005), RFM and CLV, Journal of Marketing
    Research 42, 415-430, eq. (4): (r+x)/(alpha+T) int_0^H (1 + u/B)^-s exp(-rate u) du, B = beta + T, here by
    quadrature in v = ln(1 + u/B) instead of the confluent hypergeometric function. Raises ValueError where it has
    no value: without discount and without end.
    """
    r, alpha, s, beta = np.asarray(parameters, float)
    if not (rate > 0 or (rate == 0 and np.isfinite(horizon))):
        raise ValueError(
            text(
                "Purchases without end need a discount rate above 0; {rate} was given. Give a rate or a horizon.",
                rate=rate,
            )
        )
    x, T = np.broadcast_arrays(np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(T, float)))
    ages, row = np.unique(T, return_inverse=True)
    B = (beta + ages)[:, None]
    with np.errstate(divide="ignore"):
        L = np.log1p(np.minimum(horizon, np.divide(LOST, rate)) / B)
    v = L * LEGENDRE[0]
    time = (B * L)[:, 0] * (np.exp((1 - s) * v - rate * B * np.expm1(v)) @ LEGENDRE[1])
    return (r + x) / (alpha + T) * time[row]


def survival_of_count(
    parameters: ArrayLike, n: int | Ints, H: float | Floats, x: Floats | Ints, T: Floats
) -> Floats:
    """P(Y(H) >= n | alive at T): the n-th purchase comes at some u <= H, and the customer has lived until then.

    int_0^H (1 + u/B)^-s u^(n-1) a^R / (a + u)^(n+R) / Beta(n, R) du, R = r + x, a = alpha + T, B = beta + T.
    """
    r, alpha, s, beta = np.asarray(parameters, float)
    n, H, x, T = np.broadcast_arrays(*(np.asarray(v, float) for v in (n, H, x, T)))
    some, R, a, B = np.maximum(n, 1), r + x, alpha + T, beta + T
    found = _integral(some - 1, some + R, s, a, B, H, -betaln(some, R) - np.log(a))
    return np.where(n > 0, np.minimum(found, 1.0), 1.0)


def count_probability(
    parameters: ArrayLike, t: ArrayLike, n: ArrayLike, x: ArrayLike = 0, T: ArrayLike = 0
) -> Floats:
    """P(Y(t) = n | alive at T), which for x = T = 0 is P(X(t) = n) of a new customer.

    A negative binomial probability, mixed over the lifetime left: alive at t, or dropped out at some u <= t.
    Every term is positive: Fader and Hardie's closed forms (2006, note 012; 2014, note 028) subtract sums of
    2F1 and lose all digits at a few dozen purchases.
    """
    r, alpha, s, beta = np.asarray(parameters, float)
    t, n, x, T = np.broadcast_arrays(*(np.asarray(v, float) for v in (t, n, x, T)))
    R, a, B = r + x, alpha + T, beta + T
    ways = gammaln(R + n) - gammaln(R) - gammaln(n + 1)
    stays = np.exp(ways + xlogy(n, t / a) - (R + n) * np.log1p(t / a) - s * np.log1p(t / B))
    return stays + _integral(n, n + R, s + 1, a, B, t, ways + np.log(s / B))


def _integral(p: Floats, q: Floats, k: float, a: Floats, B: Floats, H: Floats, scale: Floats) -> Floats:
    """exp(scale) int_0^H (u/a)^p (1 + u/a)^-q (1 + u/B)^-k du, elementwise, for p >= 0."""
    shape, rows = np.shape(H), [np.ravel(v) for v in (p, q, a, B, H, scale)]
    out = np.empty(len(rows[0]))
    for i in range(0, len(out), AT_ONCE):
        p, q, a, B, H, scale = (v[i : i + AT_ONCE] for v in rows)
        out[i : i + AT_ONCE] = _peaked(p, q, k, a, B, H, scale)
    return out.reshape(shape)


def _peaked(p: Floats, q: Floats, k: float, a: Floats, B: Floats, H: Floats, scale: Floats) -> Floats:
    """In v = ln(1 + u/min(a, B)) the integrand is log-concave: one peak, found by bisection, as are the points to
    both sides where it has fallen by exp(-42). Between them 64 Gauss-Legendre nodes reach full precision."""
    least = np.minimum(a, B)
    in_a, in_B, top = least / a, least / B, np.log1p(H / least)

    def level(v: Floats) -> Floats:
        u = np.expm1(v)
        return xlogy(p, u * in_a) - q * np.log1p(u * in_a) - k * np.log1p(u * in_B) + v

    def rises(v: Floats) -> NDArray[np.bool_]:
        u = np.expm1(v)
        return p * (u + 1) + u > u * (u + 1) * (q * in_a / (1 + u * in_a) + k * in_B / (1 + u * in_B))

    start = np.zeros_like(top)
    peak = _last(rises, start, top)
    floor = level(peak) - LOST
    low = _last(lambda v: level(v) < floor, start, peak)
    high = _last(lambda v: level(v) > floor, peak, top)
    inside = np.exp(level(low + (high - low) * LEGENDRE[0][:, None]) + scale + np.log(least))
    return (high - low) * (LEGENDRE[1] @ inside)


def _last(holds: Callable[[Floats], NDArray[np.bool_]], low: Floats, high: Floats) -> Floats:
    """Up to where a condition holds that holds at first, to 2^-24 of the interval; `high` if it does there."""
    throughout = holds(high)
    below, above = low, high
    for _ in range(24):
        middle = (below + above) / 2
        yes = holds(middle)
        below, above = np.where(yes, middle, below), np.where(yes, above, middle)
    return np.where(throughout, high, below)
