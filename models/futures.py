"""What customers may do next if they keep to their habits: draws from a model of purchases, given each one's history.

If alive at T, a customer with x repeat purchases has lambda ~ Gamma(r + x, alpha + T), and p ~ Beta(a, b + x) in BG/NBD
(Fader, Hardie and Lee 2005, from the likelihood's equation 3), Beta(a, b + x + 1) in MBG/NBD, mu ~ Gamma(s, beta + T) in
Pareto/NBD (Fader and Hardie 2005, note 009).
"""

from __future__ import annotations

import numpy as np

from models.btyd.families import BG_NBD, PARETO_NBD, Family
from models.btyd.inputs import Floats, Ints
from models.customer_base import Base, Spend


def purchases_ahead(
    family: Family, parameters: Floats, base: Base, days: float, rng: np.random.Generator, faster: float = 1.0
) -> tuple[Ints, Floats]:
    """(purchases within `days`, days until the last of them; 0 where there is none), one draw a customer. All rates are
    `faster` times what the model says: how a caller lets the model be wrong for all alike."""
    r, alpha, first, second = parameters
    n = base.customers
    alive = rng.random(n) < family.probability_alive(parameters, base.x, base.t, base.T)
    rate = rng.gamma(r + base.x, 1 / (alpha + base.T)) * faster
    if family is PARETO_NBD:
        leaving = rng.gamma(first, 1 / (second + base.T))
        watched = np.minimum(rng.exponential(1 / np.maximum(leaving, 1e-300)), days)
        bought = np.where(alive, rng.poisson(rate * watched), 0)
        return bought, np.where(bought > 0, watched * rng.beta(np.maximum(bought, 1), 1.0), 0.0)
    stays = rng.beta(first, second + base.x + (0 if family is BG_NBD else 1))
    planned = np.where(alive, rng.poisson(rate * days), 0)
    # numpy's geometric overflows for a tiny p; there nobody drops out while watched.
    leaves = rng.geometric(np.maximum(stays, 1e-12))
    bought = np.minimum(planned, leaves)
    # The k-th smallest of n uniform moments is Beta(k, n - k + 1).
    last = rng.beta(np.maximum(bought, 1), np.maximum(planned - bought, 0) + 1)
    return bought, np.where(bought > 0, days * last, 0.0)


def money_ahead(spend: Spend, base: Base, bought: Ints, rng: np.random.Generator) -> Floats:
    """What `bought` purchases bring each customer: gamma amounts whose rate is Gamma(p x + q, v + x m) given the history
    (Fader and Hardie 2013, note 025); without Gamma-Gamma what is expected of each."""
    if spend.model is None:
        return bought * spend.expected(base.x, base.m)
    p, q, v = spend.parameters
    some = np.flatnonzero(bought)
    x, m = base.x[some], base.m[some]
    nu = rng.gamma(p * x + q) / (v + x * m)
    pays = (x > 0) | (rng.random(len(some)) < spend.paid)
    found = np.zeros(base.customers)
    found[some] = np.where(pays, rng.gamma(p * bought[some]) / nu, 0.0)
    return found
