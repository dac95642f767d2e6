"""What BG/BB and sBG share: at every occasion a customer stops with a chance theta of his own, theta ~ Beta.

`stop` and `stay` are the two parameters of that beta distribution (gamma and delta in BG/BB, alpha and beta
in sBG). Someone who is known to have stayed through n occasions has Beta(stop, stay + n): the same formulas
hold for new and for old customers. `stay` may be an array of length k, one value for each kind of customer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.btyd.inputs import Floats
from words import text

MOST_TERMS = 100_000
"""Of the continued fraction: enough for a discount rate of a hundred-millionth a period."""


def survival(stop: float, stay: ArrayLike, occasions: int) -> Floats:
    """E[(1 - theta)^i], the chance to stay through i more occasions, i = 0 .. occasions: array (k, occasions + 1).

    B(stop, stay + i) / B(stop, stay), as the product of (stay + j) / (stop + stay + j) over j < i: Fader and
    Hardie (2007), Journal of Interactive Marketing 21, eq. (6).
    """
    start = np.atleast_1d(np.asarray(stay, float))[:, None] + np.arange(occasions)
    out = np.ones((len(start), occasions + 1))
    np.cumprod(start / (stop + start), axis=1, out=out[:, 1:])
    return out


def occasions_ahead(stop: float, stay: ArrayLike, horizon: int | None, discount: float = 0.0) -> Floats:
    """Expected number, array (k,), of the next `horizon` occasions through which a customer stays.

    The i-th of them counts 1 / (1 + discount)^i. Without `horizon` there is no end: the sum is then
    E[(1 - theta) / (discount + theta)], a 2F1 in the papers; and without discount too it is
    stay / (stop - 1), infinite where stop <= 1. Raises ValueError for a negative discount rate.
    """
    if not 0 <= discount < np.inf:
        raise ValueError(text("The discount rate is {d}; a number of 0 or more was expected.", d=discount))
    start = np.atleast_1d(np.asarray(stay, float))
    if horizon is not None:
        return survival(stop, start, horizon)[:, 1:] @ (1 + discount) ** -np.arange(1.0, horizon + 1)
    if discount == 0:
        return start / (stop - 1) if stop > 1 else np.full(len(start), np.inf)
    # (1 - theta) times the density is that of one more occasion stayed through, times its chance.
    return start / (stop + start) * _mean_inverse(stop, start + 1, discount)


def _mean_inverse(p: float, q: Floats, d: float) -> Floats:
    """E[1 / (d + theta)], theta ~ Beta(p, q), d > 0: Gauss' continued fraction of 2F1(1, p; p + q; -1/d) / d.

    Every term is positive, so that nothing cancels however small d is. Its n-th convergent is the Gauss-Jacobi
    quadrature of n nodes, whose error falls like rho^(-2n) (see `quadrature.nodes_needed`).
    """
    c = p + q
    rho = 1 + 2 * d + 2 * np.sqrt(d * (1 + d))
    tail = np.zeros_like(q)
    for k in range(min(int(20 / np.log(rho)) + 2, MOST_TERMS), 0, -1):
        odd = (p + k) * (c - 1 + k) / ((c + 2 * k - 1) * (c + 2 * k))
        even = k * (q + k - 1) / ((c + 2 * k - 2) * (c + 2 * k - 1))
        tail = even / (d + odd / (1 + tail))
    return 1 / (d + p / c / (1 + tail))


def pairs_of_occasions_ahead(stop: float, stay: ArrayLike, horizon: int) -> Floats:
    """E[K (K - 1)], array (k,), of the number K of the next `horizon` occasions that a customer stays through.

    It is the sum over i of 2 (i - 1) P(K >= i).
    """
    return survival(stop, stay, horizon)[:, 1:] @ (2 * np.arange(float(horizon)))
