"""What customers will do together, by group: the expected total, and by how much parameters and chance can miss it.

A total's interval is never a sum of customers' quantiles: customers share the parameters' error and not their luck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from models.btyd.families import Family, PurchaseFitter
from models.btyd.inputs import Floats, Ints, pairs
from models.customer_base import Groups, Spend
from models.estimate import Estimate


@dataclass(frozen=True)
class Totals:
    """Expected totals, one a group, with their standard deviations by source, in the total's own unit."""

    value: Floats
    parameters: Floats
    chance: Floats
    customers: Ints

    @property
    def variance_of_log(self) -> Floats:
        """The two sources together, of the logarithm; 0 where nothing is expected."""
        known = self.value > 0
        total = self.parameters**2 + self.chance**2
        return np.divide(total, self.value**2, out=np.zeros_like(total), where=known)

    def estimates(
        self, level: float, unit: str, method: str, model_error: float = 0.0, *, a_customer: bool = False
    ) -> list[Estimate]:
        """Each total, or with `a_customer` its mean over customers, with an interval made on the log scale that holds
        parameters, chance and `model_error`, the standard deviation of the log error that the model adds."""
        low, high = interval(self.value, self.value * np.sqrt(self.variance_of_log + model_error**2), level)
        over = np.maximum(self.customers, 1) if a_customer else np.ones(len(self.value))
        return [
            Estimate(float(v / k), float(a / k), float(b / k), int(n), level, unit, method)
            for v, a, b, k, n in zip(self.value, low, high, over, self.customers, strict=True)
        ]


def totals_ahead(
    family: Family,
    purchases: PurchaseFitter,
    groups: Groups,
    days: Floats | float,
    spend: Spend | None = None,
    *,
    worth: Floats | None = None,
    member: Ints | None = None,
) -> Totals:
    """Expected purchases of customers within `days`, or with `spend` their value, by group.

    `member` (0 .. k-1, one a row of `groups`) says which group each row belongs to; without it all are one. `days` may
    be several ends of periods, ascending, with `worth` the weights of the cumulative expectations at those
    (`customer_base.per_end`): then purchases are discounted.

    Parameters: delta method on Laplace's covariances. Chance: what customers do given the parameters. With Y
    purchases of z each, Var(sum z) = s^2 [Var Y + E(Y^2) between + E(Y) within], s the expected spend and the
    relative variances as in `Spend`; Var Y from E[Y(Y-1)]. Discounting scales the deviation of a customer's total as it
    scales its expectation.
    """
    ends = np.atleast_1d(np.asarray(days, float))
    weights = np.eye(len(ends))[-1] if worth is None else worth
    member = np.zeros(len(groups.x), dtype=np.int64) if member is None else member
    size = int(member.max(initial=0)) + 1
    kinds, ages, row = pairs(groups.x, groups.T)

    def add_up(values: Floats) -> Floats:
        return np.bincount(member, values, size).astype(float)

    def counts(theta: Floats) -> Floats:
        p = np.exp(theta)
        alive = family.probability_alive(p, groups.x, groups.t, groups.T)
        return alive * (family.purchases_if_alive(p, kinds, ages, ends) @ weights)[row]

    def amounts(theta: Floats) -> Floats:
        if spend is None:
            return groups.n
        return groups.n * spend.expected(groups.x, groups.m / groups.n, np.exp(theta) if len(theta) else None)

    p = purchases.params_.to_numpy(float)
    theta = np.log(p)
    spend_theta = np.zeros(0) if spend is None else np.log(spend.parameters)
    expected, each_worth = counts(theta), amounts(spend_theta)
    J = slope(lambda at: add_up(counts(at) * each_worth), theta)
    variance = np.einsum("ig,ij,jg->g", J, purchases.covariance_log_, J)
    if spend is not None and len(spend_theta):
        K = slope(lambda at: add_up(expected * amounts(at)), spend_theta)
        variance += np.einsum("ig,ij,jg->g", K, spend.covariance_log, K)

    alive = family.probability_alive(p, groups.x, groups.t, groups.T)
    mean = alive * family.purchases_if_alive(p, kinds, ages, ends[-1:])[row, 0]
    square = alive * family.purchases_if_alive(p, kinds, ages, ends[-1:], second=True)[row, 0] + mean
    each, squares = square - mean**2, groups.n
    if spend is not None:
        within, between = spend.relative_variances(groups.x)
        each = each + square * between + mean * within
        ones = np.ones(len(groups.x))
        gain = spend.expected(groups.x, ones) - spend.expected(groups.x, 0 * ones)
        squares = each_worth**2 / groups.n + gain**2 * groups.spread
    kept = np.divide(expected, mean, out=np.ones_like(mean), where=mean > 0)
    chance = add_up(each * squares * kept**2)
    return Totals(
        add_up(expected * each_worth),
        np.sqrt(np.maximum(variance, 0.0)),
        np.sqrt(np.maximum(chance, 0.0)),
        np.rint(add_up(groups.n)).astype(np.int64),
    )


def slope(function: Callable[[Floats], Any], theta: Floats, step: float = 1e-4) -> Floats:
    """Derivatives by central differences, of a number or of an array: (len(theta), *its shape)."""
    steps = step * np.eye(len(theta))
    return np.array([(function(theta + s) - function(theta - s)) / (2 * step) for s in steps])


def interval(value: Floats | float, sd: Floats | float, level: float) -> tuple[Floats, Floats]:
    """Made on the log scale, so that a positive figure stays positive: value exp(+-z sd / value)."""
    value, sd = np.asarray(value, float), np.asarray(sd, float)
    z = float(norm.ppf((1 + level) / 2))
    half = z * np.divide(sd, value, out=np.zeros_like(sd), where=value > 0)
    return value * np.exp(-half), value * np.exp(half)
