"""Simulated customers in discrete time with known parameters: what estimates are compared with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd.inputs import Ints

RAREST = 1e-12
"""numpy's geometric numbers overflow below this chance; there nobody stops while watched."""


def bg_bb_customers(parameters: ArrayLike, n_periods: ArrayLike, rng: np.random.Generator) -> pd.DataFrame:
    """Customers of BG/BB with `n_periods` occasions each: frequency, recency, n_periods, p, theta, alive.

    Occasion by occasion: everyone who has not stopped buys with chance p.
    """
    alpha, beta, gamma, delta = np.asarray(parameters, float)
    n = np.asarray(n_periods, np.int64)
    p, theta = rng.beta(alpha, beta, len(n)), rng.beta(gamma, delta, len(n))
    stays = _stays_through(theta, rng)
    x, t = np.zeros(len(n), np.int64), np.zeros(len(n), np.int64)
    for occasion in range(1, int(n.max(initial=0)) + 1):
        buys = (rng.random(len(n)) < p) & (occasion <= np.minimum(n, stays))
        x += buys
        t[buys] = occasion
    return pd.DataFrame(
        {"frequency": x, "recency": t, "n_periods": n, "p": p, "theta": theta, "alive": stays >= n}
    )


def sbg_customers(parameters: ArrayLike, renewals_due: ArrayLike, rng: np.random.Generator) -> pd.DataFrame:
    """Subscribers whose contract has come up for renewal `renewals_due` times: duration, churned, theta.

    `duration` is the number of the renewal at which a customer left, or of renewals made by one still there.
    """
    alpha, beta = np.asarray(parameters, float)
    due = np.asarray(renewals_due, np.int64)
    theta = rng.beta(alpha, beta, len(due))
    renews = _stays_through(theta, rng)
    return pd.DataFrame({"duration": np.minimum(renews + 1, due), "churned": renews < due, "theta": theta})


def _stays_through(theta: np.ndarray, rng: np.random.Generator) -> Ints:
    """Occasions before the one at which a customer stops."""
    return rng.geometric(np.maximum(theta, RAREST)) - 1
