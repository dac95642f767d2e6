"""The one integral in the Pareto/NBD likelihood, without the hypergeometric function.

With f(y) = (alpha + y)^-(r+x) (beta + y)^-(s+1), a history (x, t, T) has the likelihood

    Gamma(r+x) / Gamma(r) alpha^r beta^s [ (beta + T) f(T) + s int_t^T f(y) dy ]

(Fader and Hardie 2005, note 009, A Note on Deriving the Pareto/NBD Model, before the integral is written as
two 2F1, whose difference loses all digits at a few hundred purchases). Here the integral is done by
Gauss-Legendre quadrature in v = ln(min(alpha, beta) + y), where f is close to exponential and its nearest
singularity lies pi away. Everything is relative to f at the lower end, so that nothing underflows.

For gradient and Hessian, the same nodes also give the moments of g = (ln(alpha+y), 1/(alpha+y), ln(beta+y),
1/(beta+y)) and of their ten products: int f g_i dy, int f g_i g_j dy. Order: 1, the four g, the ten g_i g_j.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.btyd.inputs import Floats, Ints

PAIRS = tuple((i, j) for i in range(4) for j in range(i, 4))
"""Which two g each of the ten products holds."""
NODES = (np.polynomial.legendre.leggauss(7)[0] + 1) / 2
WEIGHTS = np.polynomial.legendre.leggauss(7)[1] / 2
# Seven nodes leave a relative error near 1e-14 on panels no wider and no steeper than these.
WIDEST = 0.7
STEEPEST = 3.0
LOST = 45.0
"""Where the integrand has fallen by exp(-45), what is left of it is below the last digit."""
LARGEST_GRID = 500_000
ROWS_AT_ONCE = 2048


def worth_a_grid(rows: Ints, times: int) -> NDArray[np.bool_]:
    """Which of the distinct x to do by `suffix_integrals`, given how many histories each has.

    Measured: each x on a grid costs a time what an eighth of a history costs in `each_integral`, and the pass
    itself costs a time what five histories cost. Where times are continuous, or for the few who bought very
    often, histories are therefore done one by one, no less exactly.
    """
    chosen = np.zeros(len(rows), dtype=bool)
    most = np.argsort(-rows, kind="stable")[: LARGEST_GRID // max(times, 1)]
    chosen[most] = rows[most] * 8 > times
    return chosen & (rows[chosen].sum() > 5 * times)


def suffix_integrals(
    parameters: Floats, x: Floats, times: Floats, *, moments: bool = False
) -> tuple[Floats, Floats]:
    """int_y^end f(z)/f(y) dz at each y of the sorted `times`, up to the last of them, for each of the distinct x.

    Returns ln f, shape (x, times), and the integrals, shape (1 or, with `moments`, 15, x, times). One pass
    backward: J(y_j) = panel_j + J(y_j+1) f(y_j+1)/f(y_j). An integral from t to T is J(t) - J(T) f(T)/f(t).
    """
    r, alpha, s, beta = parameters
    R = r + x
    nearest = min(alpha, beta)
    width = np.log1p(np.diff(times) / (nearest + times[:-1]))
    steep = (nearest + times[1:]) * (R.max() / (alpha + times[1:]) + (s + 1) / (beta + times[1:]))
    parts = np.maximum(np.ceil(width * np.maximum(1 / WIDEST, steep / STEEPEST)), 1).astype(np.int64)
    ends = np.concatenate([[0], np.cumsum(parts)])
    start, h = np.repeat(times[:-1], parts), np.repeat(width / parts, parts)
    within = np.arange(len(start)) - np.repeat(ends[:-1], parts)
    left = start + (nearest + start) * np.expm1(h * within)
    right = left + (nearest + left) * np.expm1(h)

    y, mass = _nodes(left, h, nearest)
    mass *= np.exp(-(s + 1) * np.log1p((y - left[:, None]) / (beta + left[:, None])))
    ln_alpha = np.log1p((y - left[:, None]) / (alpha + left[:, None]))
    f = np.exp(-R[:, None] * ln_alpha[:, None, :])
    f *= mass[:, None, :]
    g = [np.ones_like(y), *(_g(alpha, beta, y) if moments else ())]
    features = g + ([g[1 + i] * g[1 + j] for i, j in PAIRS] if moments else [])
    panel = f @ np.stack(features, axis=2)

    fall = R * np.log1p((right - left) / (alpha + left))[:, None]
    fall += (s + 1) * np.log1p((right - left) / (beta + left))[:, None]
    ratio = np.exp(-fall)[:, :, None]
    for j in range(len(panel) - 2, -1, -1):
        panel[j] += ratio[j] * panel[j + 1]
    found = np.zeros((len(features), len(x), len(times)))
    found[:, :, :-1] = np.moveaxis(panel[ends[:-1]], 0, 2).transpose(1, 0, 2)
    return -R[:, None] * np.log(alpha + times) - (s + 1) * np.log(beta + times), found


def each_integral(parameters: Floats, x: Floats, t: Floats, T: Floats, *, moments: bool = False) -> Floats:
    """int_t^T f(y)/f(t) dy for each history: shape (1 or, with `moments`, 15, histories)."""
    out = np.zeros((1 + (4 + len(PAIRS)) * moments, len(x)))
    for i in range(0, len(x), ROWS_AT_ONCE):
        part = slice(i, i + ROWS_AT_ONCE)
        for rows, found in _panels(parameters, x[part], t[part], T[part], moments):
            out[:, i + rows] += found
    return out


def _panels(
    parameters: Floats, x: Floats, t: Floats, T: Floats, moments: bool
) -> Iterator[tuple[Ints, Floats]]:
    """March from t to T in panels as wide as seven nodes allow: histories still under way, and what they gain."""
    r, alpha, s, beta = parameters
    nearest = min(alpha, beta)
    R, left = r + x, t.astype(float)
    fallen = np.zeros(len(x))
    rows = np.flatnonzero(t < T)
    while len(rows):
        y0, more = left[rows], R[rows]
        rest = np.log1p((T[rows] - y0) / (nearest + y0))
        h = np.minimum(rest, WIDEST)
        # The exponent gets steeper to the right, so that its slope at the end bounds that of the panel.
        end = y0 + (nearest + y0) * np.expm1(h)
        h = np.minimum(h, STEEPEST / ((nearest + end) * (more / (alpha + end) + (s + 1) / (beta + end))))
        y, mass = _nodes(y0, h, nearest)
        since = y - y0[:, None]
        mass *= np.exp(
            -more[:, None] * np.log1p(since / (alpha + y0)[:, None])
            - (s + 1) * np.log1p(since / (beta + y0)[:, None])
            - fallen[rows, None]
        )
        yield rows, _moments(mass, _g(alpha, beta, y)) if moments else mass.sum(axis=1)[None]
        end = np.where(h >= rest, T[rows], y0 + (nearest + y0) * np.expm1(h))
        step = end - y0
        left[rows] = end
        fallen[rows] += more * np.log1p(step / (alpha + y0)) + (s + 1) * np.log1p(step / (beta + y0))
        gone = fallen[rows] - np.log((nearest + end) / (nearest + t[rows]))
        rows = rows[(end < T[rows]) & (gone < LOST)]


def _nodes(left: Floats, h: Floats, nearest: float) -> tuple[Floats, Floats]:
    """Nodes y of panels of width h in v, and dy at each of them: shape (panels, 7)."""
    along = (nearest + left)[:, None] * np.exp(h[:, None] * NODES)
    y = left[:, None] + (nearest + left)[:, None] * np.expm1(h[:, None] * NODES)
    return y, along * (h[:, None] * WEIGHTS)


def _g(alpha: float, beta: float, y: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    return np.log(alpha + y), 1 / (alpha + y), np.log(beta + y), 1 / (beta + y)


def _moments(mass: Floats, g: tuple[Floats, ...]) -> Floats:
    weighted = [mass * one for one in g]
    rows = [mass.sum(axis=1), *(one.sum(axis=1) for one in weighted)]
    rows += [np.einsum("nk,nk->n", weighted[i], g[j]) for i, j in PAIRS]
    return np.stack(rows)
