"""Simulated customers with known parameters: what tests and coverage studies compare estimates with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.btyd.inputs import Floats


def beta_geometric_customers(
    parameters: ArrayLike, T: Floats, rng: np.random.Generator, *, modified: bool = False
) -> pd.DataFrame:
    """Customers of BG/NBD (or MBG/NBD) observed for `T`: columns frequency, recency, T, lambda, p, alive.

    Without dropout a customer would buy N ~ Poisson(lambda T) times at uniform moments; dropout follows the
    G-th repeat purchase, G geometric. If N < G all N are seen; else the first G, the last of them being the
    G-th smallest of N uniform moments: T Beta(G, N - G + 1).
    """
    r, alpha, a, b = np.asarray(parameters, float)
    ages = np.asarray(T, float)
    rate = rng.gamma(r, 1 / alpha, len(ages))
    dropout = rng.beta(a, b, len(ages))
    planned = rng.poisson(rate * ages)
    # numpy's geometric overflows for a tiny p; there nobody drops out while watched.
    last = rng.geometric(np.maximum(dropout, 1e-12)) - (1 if modified else 0)
    alive = planned < last
    x = np.minimum(planned, last)
    at = rng.beta(np.maximum(x, 1), np.maximum(planned - x, 0) + 1)
    recency = np.where(x > 0, ages * at, 0.0)
    return pd.DataFrame(
        {"frequency": x, "recency": recency, "T": ages, "lambda": rate, "p": dropout, "alive": alive}
    )


def pareto_customers(parameters: ArrayLike, T: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Customers of Pareto/NBD observed for `T`: columns frequency, recency, T, lambda, mu, alive.

    The lifetime is exponential(mu); purchases fall uniformly into the part of it that is observed, the last of
    x of them at that part times Beta(x, 1).
    """
    r, alpha, s, beta = np.asarray(parameters, float)
    ages = np.asarray(T, float)
    rate = rng.gamma(r, 1 / alpha, len(ages))
    dropout = rng.gamma(s, 1 / beta, len(ages))
    # mu may be so small that its reciprocal overflows; there nobody drops out while watched.
    lifetime = rng.exponential(1 / np.maximum(dropout, 1e-300), len(ages))
    watched = np.minimum(lifetime, ages)
    x = rng.poisson(rate * watched)
    recency = np.where(x > 0, watched * rng.beta(np.maximum(x, 1), 1), 0.0)
    return pd.DataFrame(
        {
            "frequency": x,
            "recency": recency,
            "T": ages,
            "lambda": rate,
            "mu": dropout,
            "alive": lifetime > ages,
        }
    )


def gamma_gamma_spend(parameters: ArrayLike, frequency: ArrayLike, rng: np.random.Generator) -> Floats:
    """Mean spend over `frequency` purchases under Gamma-Gamma (p, q, v); 0 where there is none."""
    p, q, v = np.asarray(parameters, float)
    x = np.asarray(frequency, float)
    nu = rng.gamma(q, 1 / v, len(x))
    total = rng.gamma(np.maximum(p * x, 1e-300), 1 / nu)
    return np.where(x > 0, total / np.maximum(x, 1), 0.0)
