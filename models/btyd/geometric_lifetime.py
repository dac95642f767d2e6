"""What BG/BB and sBG share: at every occasion a customer stops with a chance theta of his own, theta ~ Beta.

`stop` and `stay` are the two parameters of that beta distribution (gamma and delta in BG/BB, alpha and beta
in sBG). Someone who is known to have stayed through n occasions has Beta(stop, stay + n): the same formulas
hold for new and for old customers. `stay` may be an array of length k, one value for each kind of customer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.btyd.inputs import Floats
from models.btyd.quadrature import beta_nodes, nodes_needed
from words import text


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
    E[(1 - theta) / (discount + theta)], by Gauss-Jacobi nodes; and without discount too it is
    stay / (stop - 1), infinite where stop <= 1. Raises ValueError for a negative discount rate.
    """
    if not 0 <= discount < np.inf:
        raise ValueError(text("The discount rate is {d}; a number of 0 or more was expected.", d=discount))
    start = np.atleast_1d(np.asarray(stay, float))
    if horizon is not None:
        return survival(stop, start, horizon)[:, 1:] @ (1 + discount) ** -np.arange(1.0, horizon + 1)
    if discount == 0:
        return start / (stop - 1) if stop > 1 else np.full(len(start), np.inf)
    nodes, weights = beta_nodes(stop, start, int(nodes_needed(np.asarray(discount))))
    return (weights * (1 - nodes) / (discount + nodes)).sum(axis=1)


def pairs_of_occasions_ahead(stop: float, stay: ArrayLike, horizon: int) -> Floats:
    """E[K (K - 1)], array (k,), of the number K of the next `horizon` occasions that a customer stays through.

    It is the sum over i of 2 (i - 1) P(K >= i).
    """
    return survival(stop, stay, horizon)[:, 1:] @ (2 * np.arange(float(horizon)))
