"""Purchases to come, each counted for what it is worth today: by days, not by months."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from models.btyd.inputs import Floats, Ints, pairs
from words import text

NODES, WEIGHTS = (np.polynomial.legendre.leggauss(48)[0] + 1) / 2, np.polynomial.legendre.leggauss(48)[1] / 2


def discounted_purchases(
    if_alive: Callable[[Ints, Floats, Floats], Floats],
    x: ArrayLike,
    T: ArrayLike,
    horizon: float,
    rate: float,
) -> Floats:
    """E[sum of exp(-rate u) over the purchases at T + u, u <= horizon] of customers alive at T, a row each.

    `if_alive(x, T, horizons)` gives E[Y(u)], (rows, horizons); `rate` is continuous, a unit of time. By parts the sum is
    exp(-rate H) E[Y(H)] + rate int_0^H exp(-rate u) E[Y(u)] du, an integral of a smooth curve. Raises ValueError for
    a horizon that is not finite.
    """
    if not np.isfinite(horizon) or horizon < 0:
        raise ValueError(text("The horizon is {h}; a finite horizon of 0 or more was expected.", h=horizon))
    kinds, ages, row = pairs(np.asarray(x).astype(np.int64), np.asarray(T, float))
    ends = np.append(horizon * NODES, horizon)
    curve = if_alive(kinds, ages, ends)
    worth = np.append(rate * horizon * WEIGHTS * np.exp(-rate * ends[:-1]), np.exp(-rate * horizon))
    return (curve @ worth)[row]
