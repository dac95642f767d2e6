"""Figures of a group of customers, each with its interval, from one row a customer.

Customers are the sampled units throughout: one who orders often counts as one. Ratios have delta-method intervals from
the spread of customers' residuals (Cochran 1977, Sampling Techniques, chapter 6).
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.stats import norm

from models.btyd.inputs import Floats, Ints
from models.estimate import FEWEST_FOR_MEAN, Estimate, missing
from words import plural, text

TOP = 0.2


def top_fifth(total: Floats, level: float) -> Estimate:
    """Share of revenue that the fifth of customers brings who brought most: 1 minus a Lorenz ordinate.

    With L = E[Y; Y > q] / E[Y] and q the value that a fifth exceeds, the influence of a customer is
    ((Y - q)+ + TOP q - L Y) / E[Y], whose spread gives the interval: Beach and Davidson (1983), Review of Economic
    Studies 50, 723-735, theorem 1. Where a fifth is no whole number, the next customer counts in part.
    """
    n, whole = len(total), float(total.sum())
    if n < 2 or whole <= 0:
        return missing(text("No money came in from customers: there is no share of it."), n=n, level=level)
    ordered = np.sort(total)[::-1]
    k = TOP * n
    best = int(k)
    edge = float(ordered[min(best, n - 1)])
    value = (float(ordered[:best].sum()) + (k - best) * edge) / whole
    influence = np.maximum(total - edge, 0) + TOP * edge - value * total
    half = float(norm.ppf((1 + level) / 2)) * float(influence.std()) * n / whole / sqrt(n)
    return Estimate(
        value, max(value - half, 0.0), min(value + half, 1.0), n, level, "share", "Lorenz ordinate"
    )


def share_of(total: Floats, inside: np.ndarray, level: float) -> Estimate:
    """Share of revenue that the customers `inside` brought, were these customers drawn from many such."""
    whole = float(total.sum())
    if whole <= 0:
        return missing(text("No money came in from customers: there is no share of it."), level=level)
    value = float(total[inside].sum()) / whole
    residual = np.where(inside, total, 0.0) - value * total
    half = float(norm.ppf((1 + level) / 2)) * float(np.sqrt((residual**2).sum())) / whole
    low, high = min(max(value - half, 0.0), value), max(min(value + half, 1.0), value)
    return Estimate(value, low, high, int(inside.sum()), level, "share", "ratio of sums")


def churn_risk(chance: Floats, level: float, method: str) -> Estimate:
    """The share expected not to order: 1 less the mean of the one score. The interval is what chance does to so many
    customers given their scores; it does not hold what the scores themselves miss by."""
    n = len(chance)
    value = 1 - float(chance.mean())
    half = float(norm.ppf((1 + level) / 2)) * sqrt(float((chance * (1 - chance)).sum())) / n
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), n, level, "share", method)


def average_order(orders: Ints, total: Floats, level: float) -> Estimate:
    """Money over orders, customers being the sampled units."""
    n, placed = len(orders), int(orders.sum())
    if n < FEWEST_FOR_MEAN:
        why = plural(
            "{n} customer: too few for a mean of money.", "{n} customers: too few for a mean of money.", n
        )
        return missing(why, n=n, level=level, unit="money")
    value = float(total.sum()) / placed
    spread = float(((total - value * orders) ** 2).sum()) * n / (n - 1)
    half = float(norm.ppf((1 + level) / 2)) * sqrt(spread) / placed
    return Estimate(value, value - half, value + half, placed, level, "money", "ratio of sums")
