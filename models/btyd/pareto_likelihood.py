"""The Pareto/NBD log-likelihood with its gradient and Hessian by (r, alpha, s, beta).

A customer's likelihood is a factor of gamma functions times B = U(T) + S: still alive at T,
U = (alpha + T)^-(r+x) (beta + T)^-s, or dropped out since the last purchase, S = s int_t^T f
(`pareto_integral`). All derivatives of B are moments of f, taken relative to f(t) as B is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, expit, gammaln, zeta

from models.btyd.inputs import Counts, Floats, Ints, dot, levels
from models.btyd.newton import Derivatives
from models.btyd.pareto_integral import PAIRS, each_integral, suffix_integrals, worth_a_grid

CHUNK = 16_384
UPPER = tuple(np.array(PAIRS).T)


def log_likelihood(parameters: ArrayLike, x: Floats | Ints, t: Floats, T: Floats) -> Floats:
    """Log-likelihood of each history: Fader and Hardie (2005), note 009, eq. (18), before its 2F1."""
    r, alpha, s, beta = np.asarray(parameters, float)
    integral, fall = since_last(parameters, x, t, T)
    R, t, T = r + np.asarray(x, float), np.asarray(t, float), np.asarray(T, float)
    return (
        gammaln(R)
        - gammaln(r)
        + r * np.log(alpha)
        + s * np.log(beta)
        - R * np.log(alpha + t)
        - (s + 1) * np.log(beta + t)
        + np.log((beta + T) * np.exp(-fall) + s * integral)
    )


def probability_alive(parameters: ArrayLike, x: Floats | Ints, t: Floats, T: Floats) -> Floats:
    """P(still a customer | x, t, T) = U / (U + S): Schmittlein, Morrison and Colombo (1987), eq. (11)."""
    _, _, s, beta = np.asarray(parameters, float)
    integral, fall = since_last(parameters, x, t, T)
    with np.errstate(divide="ignore"):
        u = np.log(s * integral) + fall - np.log(beta + np.asarray(T, float))
    return expit(-u)


def since_last(parameters: ArrayLike, x: ArrayLike, t: ArrayLike, T: ArrayLike) -> tuple[Floats, Floats]:
    """int_t^T f(y)/f(t) dy and ln f(t) - ln f(T), in the shape to which x, t and T broadcast."""
    p = np.asarray(parameters, float)
    r, alpha, s, beta = p
    x, t, T = np.broadcast_arrays(np.asarray(x, float), np.asarray(t, float), np.asarray(T, float))
    shape = x.shape
    x, t, T = x.ravel(), t.ravel(), T.ravel()
    fall = (r + x) * np.log1p((T - t) / (alpha + t)) + (s + 1) * np.log1p((T - t) / (beta + t))
    integral = np.empty(len(x))
    kinds, kind = levels(x)
    times, both = levels(np.concatenate([t, T]))
    chosen = worth_a_grid(np.bincount(kind, minlength=len(kinds)), len(times))
    on_grid = chosen[kind]
    if chosen.any():
        table = suffix_integrals(p, kinds[chosen], times)[1][0].ravel()
        at = (np.cumsum(chosen) - 1)[kind] * len(times)
        rest = table[at + both[: len(x)]] - np.exp(-fall) * table[at + both[len(x) :]]
        integral = np.maximum(rest, 0)
    if not on_grid.all():
        rows = np.flatnonzero(~on_grid)
        integral[rows] = each_integral(p, x[rows], t[rows], T[rows])[0]
    return integral.reshape(shape), fall.reshape(shape)


def derivatives(parameters: Floats, counts: Counts) -> Derivatives:
    """Log-likelihood of all customers in scaled time, its gradient and Hessian by (r, alpha, s, beta)."""
    r, alpha, s, beta = parameters
    n, x, by_x = counts.customers, counts.distinct_x, counts.by_x
    value = by_x @ gammaln(r + x) + n * (r * np.log(alpha) - gammaln(r) + s * np.log(beta))
    gradient = np.array(
        [
            by_x @ digamma(r + x) + n * (np.log(alpha) - digamma(r)),
            n * r / alpha,
            n * np.log(beta),
            n * s / beta,
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = by_x @ zeta(2, r + x) - n * zeta(2, r)
    hessian[0, 1] = hessian[1, 0] = n / alpha
    hessian[1, 1] = -n * r / alpha**2
    hessian[2, 3] = hessian[3, 2] = n / beta
    hessian[3, 3] = -n * s / beta**2

    # Sorted by x: the histories of one x lie together.
    first = np.flatnonzero(np.concatenate([[True], counts.x[1:] != counts.x[:-1]]))
    rows = np.diff(np.append(first, len(counts.x)))
    chosen = worth_a_grid(rows, len(counts.times))
    on_grid = np.repeat(chosen, rows)
    parts = []
    if chosen.any():
        which = np.repeat(np.arange(chosen.sum()), rows[chosen])
        parts.append(_by_grid(parameters, counts, on_grid, counts.x[first[chosen]], which))
    if not chosen.all():
        parts.append(_by_row(parameters, counts, np.flatnonzero(~on_grid)))
    for part in parts:
        value, gradient, hessian = value + part[0], gradient + part[1], hessian + part[2]
    return float(value), gradient, hessian


def _by_grid(
    parameters: Floats, counts: Counts, used: NDArray[np.bool_], x: Floats, which: Ints
) -> Derivatives:
    """Sum of ln f(t) + ln B over the histories `used`, whose x is x[which].

    B and its derivatives are P(t) + f(T)/f(t) Q(T), two tables over x and time: P = s int_y^end f, and
    Q = U - P. Second derivatives enter the sum linearly, so that they are not gathered for each history:
    the tables are weighted with sums of 1/B over the histories that meet there.
    """
    r, _, s, _ = parameters
    ln_f, moments = suffix_integrals(parameters, x, counts.times, moments=True)
    P = _dropped_out(moments, (r + x)[:, None], s)
    Q = _still_alive(parameters, (r + x)[:, None], counts.times) - P
    P, Q, ln_f = P.reshape(len(P), -1), Q.reshape(len(Q), -1), ln_f.ravel()
    t, T, weight = counts.t, counts.T, counts.weight
    if not used.all():
        t, T, weight = t[used], T[used], weight[used]
    start, end = which * len(counts.times) + t, which * len(counts.times) + T
    sums = _Sums()
    at_t, at_T = np.empty(len(weight)), np.empty(len(weight))
    for i in range(0, len(weight), CHUNK):
        part = slice(i, i + CHUNK)
        a, b, w = start[part], end[part], weight[part]
        level = ln_f[a]
        q = np.exp(ln_f[b] - level)
        B = P[0][a] + q * Q[0][b]
        slope = np.stack([P[k][a] + q * Q[k][b] for k in range(1, 5)]) / B
        sums.add(w, level + np.log(B), slope)
        np.divide(w, B, out=at_t[part])
        np.multiply(at_t[part], q, out=at_T[part])
    cells = P.shape[1]
    curve = P[5:] @ np.bincount(start, at_t, cells) + Q[5:] @ np.bincount(end, at_T, cells)
    return sums.total(curve)


def _by_row(parameters: Floats, counts: Counts, rows: Ints) -> Derivatives:
    """The same sum over the histories `rows`, each with a quadrature of its own."""
    r, alpha, s, beta = parameters
    sums, curve = _Sums(), np.zeros(len(PAIRS))
    for i in range(0, len(rows), CHUNK):
        part = rows[i : i + CHUNK]
        x, t, T, w = (
            counts.x[part],
            counts.times[counts.t[part]],
            counts.times[counts.T[part]],
            counts.weight[part],
        )
        moments = each_integral(parameters, x, t, T, moments=True)
        R = r + x
        q = np.exp(-R * np.log1p((T - t) / (alpha + t)) - (s + 1) * np.log1p((T - t) / (beta + t)))
        B = _dropped_out(moments, R, s) + q * _still_alive(parameters, R, T)
        slope = B[1:5] / B[0]
        sums.add(w, np.log(B[0]) - R * np.log(alpha + t) - (s + 1) * np.log(beta + t), slope)
        curve += np.einsum("kn,n->k", B[5:], w / B[0])
    return sums.total(curve)


class _Sums:
    """Value, gradient and minus the outer product of slopes, summed over customers chunk by chunk."""

    def __init__(self) -> None:
        self.value, self.gradient, self.outer = 0.0, np.zeros(4), np.zeros((4, 4))

    def add(self, weight: Floats, value: Floats, slope: Floats) -> None:
        weighted = slope * weight
        self.value += dot(weight, value)
        self.gradient += weighted.sum(axis=1)
        self.outer += np.einsum("in,jn->ij", weighted, slope)

    def total(self, curve: Floats) -> Derivatives:
        """With the sum of second derivatives over B, as `PAIRS` orders them."""
        hessian = np.zeros((4, 4))
        hessian[UPPER] = curve
        hessian += np.triu(hessian, 1).T
        return self.value, self.gradient, hessian - self.outer


def _dropped_out(moments: Floats, R: Floats, s: float) -> Floats:
    """s int f, its four first and ten second derivatives, from the moments of f."""
    out = s * _by_parameters(moments, R, s + 1)
    first = out[:5] / s
    out[3] += first[0]
    for k, (i, j) in enumerate(PAIRS, start=5):
        out[k] += (j == 2) * first[1 + i] + (i == 2) * first[1 + j]
    return out


def _still_alive(parameters: Floats, R: Floats, T: Floats) -> Floats:
    """(beta + T) f(T) and its derivatives, relative to f(T)."""
    _, alpha, s, beta = parameters
    g = np.stack([np.log(alpha + T), 1 / (alpha + T), np.log(beta + T), 1 / (beta + T)])
    moments = np.stack([np.ones_like(T), *g, *(g[i] * g[j] for i, j in PAIRS)]) * (beta + T)
    if R.ndim > 1:
        moments = moments[:, None, :]
    return _by_parameters(moments, R, s)


def _by_parameters(moments: Floats, R: Floats, sigma: float) -> Floats:
    """Derivatives of m = int (alpha+y)^-R (beta+y)^-sigma by (r, alpha, s, beta), from its moments:
    m_i = -c_i E g_i and m_ij = c_i c_j E g_i g_j + what follows from R, 1/(alpha+y) and 1/(beta+y) changing."""
    power = (1.0, R, 1.0, sigma)
    out = np.empty(np.broadcast_shapes(moments.shape, np.shape(R)))
    out[0] = moments[0]
    for i in range(4):
        out[1 + i] = -power[i] * moments[1 + i]
    for k, (i, j) in enumerate(PAIRS, start=5):
        out[k] = power[i] * power[j] * moments[k]
        if (i, j) in {(0, 1), (2, 3)}:
            out[k] -= moments[1 + j]
        elif i == j and i in {1, 3}:
            out[k] += power[i] * moments[k]
    return out
