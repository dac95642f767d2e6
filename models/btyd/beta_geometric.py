"""What BG/NBD and MBG/NBD share: buying rates vary as a gamma, dropout after a purchase as a beta.

Parameters are always (r, alpha, a, b): lambda ~ Gamma(r, rate alpha), p ~ Beta(a, b). In BG/NBD a customer
may drop out after each repeat purchase; in MBG/NBD (`modified=True`) also right after the first one.
Histories are frequency x, recency t and T, in one unit of time; all functions take arrays and broadcast.

Sources: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24, 275-284
("FHL"); Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24, 201-209
("BDF") for the modified model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaln, digamma, expit, gammaln, zeta

from models.btyd.inputs import Counts, Floats, Ints, dot
from models.btyd.newton import Derivatives
from models.btyd.quadrature import beta_nodes, nodes_needed

CHUNK = 16_384
"""Rows worked on at a time: the handful of arrays of this length stay in the processor's cache."""


def odds_of_dropout(
    parameters: ArrayLike, x: Floats | Ints, t: Floats, T: Floats, modified: bool = False
) -> Floats:
    """Log-odds that a customer with this history has dropped out; -inf where that is impossible (BG, x = 0).

    The ratio of the second to the first term of the likelihood, FHL eq. (6), in logarithms:
    u = ln a - ln(b + x + c) + (r + x) [ln(alpha + T) - ln(alpha + t)], c = -1, or 0 in the modified model.
    """
    r, alpha, a, b = np.asarray(parameters, float)
    c = 0 if modified else -1
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.log(a) - np.log(b + x + c) + (r + x) * (np.log(alpha + T) - np.log(alpha + t))
    return u if modified else np.where(x > 0, u, -np.inf)


def log_likelihood(
    parameters: ArrayLike, x: Floats | Ints, t: Floats, T: Floats, modified: bool = False
) -> Floats:
    """Log-likelihood of each history: FHL eq. (6), or BDF eq. (3).

    Both are a product of gamma functions times a sum of two terms. That sum is written as first term times
    (1 + exp(u)), so that neither term overflows or underflows: at x = 200 each is far outside a double.
    """
    r, alpha, a, b = np.asarray(parameters, float)
    alive = b + x + (1 if modified else 0)
    return (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        - (r + x) * np.log(alpha + T)
        + gammaln(alive)
        + gammaln(a + b)
        - gammaln(b)
        - gammaln(a + alive)
        + np.logaddexp(0, odds_of_dropout(parameters, x, t, T, modified))
    )


def probability_alive(
    parameters: ArrayLike, x: Floats | Ints, t: Floats, T: Floats, modified: bool = False
) -> Floats:
    """P(still a customer | x, t, T): 1 / (1 + exp(u)); Fader and Hardie (2008), note 021, eq. (1)."""
    return expit(-odds_of_dropout(parameters, x, t, T, modified))


def derivatives(parameters: Floats, counts: Counts, modified: bool = False) -> Derivatives:
    """Log-likelihood of all customers in scaled time, its gradient and Hessian by (r, alpha, a, b).

    Only softplus(u) couples x, t and T. Everything else is a sum over x alone or over T alone, so gamma
    functions are evaluated at the distinct x and logarithms at the distinct times.
    """
    r, alpha, a, b = parameters
    n, x, by_x, by_age = counts.customers, counts.distinct_x, counts.by_x, counts.by_age
    log_time = np.log(alpha + counts.times)
    inverse = 1 / (alpha + counts.times)
    alive = b + x + (1 if modified else 0)
    exposure = r * by_age + counts.bought_by_age

    value = (
        by_x @ (gammaln(r + x) + gammaln(alive) - gammaln(a + alive))
        + n * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b))
        - exposure @ log_time
    )
    psi_ab, psi1_ab = digamma(a + b), zeta(2, a + b)
    gradient = np.array(
        [
            by_x @ digamma(r + x) + n * (np.log(alpha) - digamma(r)) - by_age @ log_time,
            n * r / alpha - exposure @ inverse,
            n * psi_ab - by_x @ digamma(a + alive),
            by_x @ (digamma(alive) - digamma(a + alive)) + n * (psi_ab - digamma(b)),
        ]
    )
    hessian = np.zeros((4, 4))
    trigamma_end = float(by_x @ zeta(2, a + alive))
    hessian[0, 0] = by_x @ zeta(2, r + x) - n * zeta(2, r)
    hessian[0, 1] = hessian[1, 0] = n / alpha - by_age @ inverse
    hessian[1, 1] = -n * r / alpha**2 + exposure @ inverse**2
    hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = n * psi1_ab - trigamma_end
    hessian[3, 3] = by_x @ zeta(2, alive) + n * (psi1_ab - zeta(2, b)) - trigamma_end

    softplus = _softplus(parameters, counts, log_time, inverse, modified)
    return value + softplus[0], gradient + softplus[1], hessian + softplus[2]


def _softplus(
    parameters: Floats, counts: Counts, log_time: Floats, inverse: Floats, modified: bool
) -> Derivatives:
    """The sum of softplus(u) = max(u, 0) + log1p(exp(-|u|)) over customers, with derivatives.

    With w = sigmoid(u): gradient w u', Hessian w u'' + w (1 - w) u' u'^T,
    u' = (D, R E, 1/a, -1/(b+x+c)), D = ln(alpha+T) - ln(alpha+t), E = 1/(alpha+T) - 1/(alpha+t), R = r + x.
    """
    r, _, a, b = parameters
    # Sorted by x: in BG/NBD one-time buyers have no such term, and they come first.
    start = 0 if modified else int(np.searchsorted(counts.x, 1))
    shift = b + (0 if modified else -1)
    value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
    for i in range(start, len(counts.x), CHUNK):
        part = slice(i, i + CHUNK)
        x, t, T, weight = counts.x[part], counts.t[part], counts.T[part], counts.weight[part]
        R = r + x
        left = 1 / (shift + x)
        end, last = inverse[T], inverse[t]
        slope = np.empty((4, len(x)))
        np.subtract(log_time[T], log_time[t], out=slope[0])
        E = end - last
        np.multiply(R, E, out=slope[1])
        slope[2] = 1 / a
        np.negative(left, out=slope[3])
        u = np.log(a * left) + R * slope[0]
        small = np.exp(-np.abs(u))
        # sigmoid(u) from the same exponential; its sign chooses between 1/(1+e) and e/(1+e).
        w = 1 / (1 + small)
        np.copyto(w, 1 - w, where=u < 0)
        value += dot(weight, np.maximum(u, 0) + np.log1p(small))
        w_n = weight * w
        gradient += np.einsum("ij,j->i", slope, w_n)
        hessian += np.einsum("ij,kj->ik", slope * (w_n * (1 - w)), slope)
        cross = dot(w_n, E)
        hessian[0, 1] += cross
        hessian[1, 0] += cross
        hessian[1, 1] -= dot(w_n, slope[1] * (end + last))
        hessian[2, 2] -= float(w_n.sum()) / a**2
        hessian[3, 3] += dot(w_n, left**2)
    return value, gradient, hessian


def purchases_if_alive(
    parameters: ArrayLike,
    x: Ints,
    T: Floats,
    horizons: ArrayLike,
    modified: bool = False,
    *,
    second: bool = False,
) -> Floats:
    """E[Y(H)], or with `second` E[Y(H) (Y(H) - 1)], of customers alive at T: array (rows, horizons).

    Given p, E[Y(H)] = (1 - (1 + p H/(alpha+T))^-(r+x)) / p, and p given alive is Beta(a, b + x) (b + x + 1 in
    the modified model). Averaging over p by Gauss-Jacobi nodes equals FHL eq. (10) but has no 2F1 that is
    singular at a = 1 or where a + b + x <= 1. The second factorial moment, with z = p H/(alpha+T), is
    2 (1-p)/p^2 P(NB(r+x, z) >= 2).
    """
    r, alpha, a, b = np.asarray(parameters, float)
    ahead = np.atleast_1d(np.asarray(horizons, float))
    x, T = np.broadcast_arrays(np.atleast_1d(x), np.atleast_1d(np.asarray(T, float)))
    out = np.empty((len(x), len(ahead)))
    farthest = max(float(ahead.max(initial=0)), 1e-300)
    # A steep curve (large r + x) asks for as many nodes as a near singularity.
    sizes = nodes_needed((alpha + T) / farthest / np.sqrt(1 + (r + x) / 8))
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        distinct, which = np.unique(x[rows], return_inverse=True)
        nodes, weights = beta_nodes(a, b + distinct + (1 if modified else 0), int(size))
        nodes = np.maximum(nodes, 1e-300)
        step = max(1, 200_000 // int(size))
        for i in range(0, len(rows), step):
            part, kind = rows[i : i + step], which[i : i + step]
            p, mass = nodes[kind], weights[kind]
            R = (r + x[part])[:, None]
            per_time = p / (alpha + T[part])[:, None]
            for h, H in enumerate(ahead):
                if second:
                    inner = 2 * (1 - p) / p**2 * _two_or_more(R, per_time * H)
                else:
                    inner = -np.expm1(-R * np.log1p(per_time * H)) / p
                out[part, h] = np.einsum("ij,ij->i", mass, inner)
    return out


def _two_or_more(R: Floats, z: Floats) -> Floats:
    """1 - f - f R z/(1+z), f = (1+z)^-R: by its series where R z is small and the terms cancel."""
    f = np.exp(-R * np.log1p(z))
    exact = -np.expm1(-R * np.log1p(z)) - f * R * z / (1 + z)
    term = R * (R + 1) / 2 * z * z
    series = np.zeros_like(exact)
    for k in range(2, 9):
        series += (k - 1) * term
        term = -term * (R + k) / (k + 1) * z
    return np.where((R + 1) * z < 0.03, series, exact)


def survival_of_count(
    parameters: ArrayLike, n: int | Ints, H: float, x: Floats | Ints, T: Floats, modified: bool = False
) -> Floats:
    """P(Y(H) >= n | alive at T): I_z(n, r+x) prod_{i=0}^{n-2} (b'+i)/(a+b'+i), z = H/(alpha+T+H).

    The customer has to buy n times were there no dropout (a negative binomial tail, which is an incomplete
    beta function) and to survive the first n - 1 of them. b' is b + x, or b + x + 1 in the modified model.
    """
    r, alpha, a, b = np.asarray(parameters, float)
    alive = b + x + (1 if modified else 0)
    some = np.maximum(n, 1)
    stays = np.exp(betaln(a, alive + some - 1) - betaln(a, alive))
    return np.where(np.asarray(n) > 0, stays * betainc(some, r + x, H / (alpha + T + H)), 1.0)


def count_probability(parameters: ArrayLike, t: ArrayLike, n: ArrayLike, modified: bool = False) -> Floats:
    """P(X(t) = n) repeat purchases of a new customer by time t: FHL eq. (8).

    The finite sum there is a negative binomial distribution function, written here as an incomplete beta
    function; ratios of gamma functions are taken in logarithms. Both stay finite at n = 200 and beyond.
    """
    r, alpha, a, b = np.asarray(parameters, float)
    t, n = np.broadcast_arrays(np.asarray(t, float), np.asarray(n, float))
    more = 1 if modified else 0
    with np.errstate(divide="ignore", invalid="ignore"):
        bought = np.where(n > 0, n * np.log(t / (alpha + t)), 0.0)
    poisson = gammaln(r + n) - gammaln(r) - gammaln(n + 1) + r * np.log(alpha / (alpha + t)) + bought
    still = np.exp(betaln(a, b + n + more) - betaln(a, b) + poisson)
    leaves = n + more > 0
    at = np.maximum(n, 1 - more)  # keeps the unused n = 0 of BG/NBD inside the domain of betaln
    tail = np.where(n > 0, betainc(np.maximum(n, 1), r, t / (alpha + t)), 1.0)
    return still + np.where(leaves, np.exp(betaln(a + 1, b + at - 1 + more) - betaln(a, b)) * tail, 0.0)
