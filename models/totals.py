"""What customers will do together, by group: the expected total, and by how much parameters and chance can miss it.

A total's interval is never a sum of customers' quantiles: customers share the parameters' error and not their luck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammainccinv, gammaincinv
from scipy.stats import norm

from models.btyd.families import Family, PurchaseFitter
from models.btyd.inputs import Floats, Ints, pairs
from models.customer_base import Groups, Spend
from models.estimate import Estimate

LIKELY = 0.005
"""Chance with a larger variance (of what it is relative to) is that of few customers, who may bring nothing at all; a
smaller chance of that moves no interval of up to 99%."""


@dataclass(frozen=True)
class Totals:
    """Expected totals, one a group, with their standard deviations by source, in the total's own unit; `nothing` is the
    chance that a total is 0 (left at 0 where that is small beside the tails of any interval). `loads` (k, groups) is what
    one standard deviation of each of k independent errors of the parameters does to every total: groups share them."""

    value: Floats
    parameters: Floats
    chance: Floats
    customers: Ints
    nothing: Floats | float = 0.0
    loads: Floats | None = None

    def together(self) -> Totals:
        """All groups as one: luck is each customer's own, the parameters' error is shared by all."""
        if self.loads is None:
            raise ValueError("Totals made by hand do not say what their groups share.")
        loads = self.loads.sum(axis=1, keepdims=True)
        return Totals(
            self.value.sum(keepdims=True),
            np.sqrt((loads**2).sum(axis=0)),
            np.sqrt((self.chance**2).sum(keepdims=True)),
            self.customers.sum(keepdims=True),
            np.broadcast_to(self.nothing, self.value.shape).prod(keepdims=True),
            loads,
        )

    @property
    def variance_of_log(self) -> Floats:
        """The two sources together, of the logarithm; 0 where nothing is expected."""
        known = self.value > 0
        total = self.parameters**2 + self.chance**2
        return np.divide(total, self.value**2, out=np.zeros_like(total), where=known)

    def estimates(
        self, level: float, unit: str, method: str, model_error: float = 0.0, *, a_customer: bool = False
    ) -> list[Estimate]:
        """Each total, or with `a_customer` its mean over customers, with an interval (`bounds`) that holds parameters,
        chance and `model_error`, the standard deviation of the log error that the model adds."""
        low, high = self.bounds(level, self.parameters, self.chance, model_error)
        over = np.maximum(self.customers, 1) if a_customer else np.ones(len(self.value))
        return [
            Estimate(float(v / k), float(a / k), float(b / k), int(n), level, unit, method)
            for v, a, b, k, n in zip(self.value, low, high, over, self.customers, strict=True)
        ]

    def bounds(
        self, level: float, parameters: Floats, chance: Floats, model_error: float = 0.0
    ) -> tuple[Floats, Floats]:
        """(low, high) of each total from these standard deviations; zeros leave a source out.

        All are normal on the log scale but for what a few customers do by chance: mostly nothing, and sometimes much.
        There a gamma of the same mean and variance stands for it, and 0 is the lower end where nothing at all is
        likelier than the tail. On each side the distances are put together as independent ones (MOVER: Zou and
        Donner 2008, Statistics in Medicine 27, 1693-1702).
        """
        tail = (1 - level) / 2
        z = float(norm.ppf(1 - tail))
        value = np.where(self.value > 0, self.value, 1.0)
        luck = np.where(self.value > 0, chance / value, 0.0)
        rest = np.where(self.value > 0, z * np.hypot(parameters / value, model_error), 0.0)
        few = luck**2 > LIKELY
        shape = 1 / np.where(few, luck, 1.0) ** 2
        with np.errstate(divide="ignore"):
            down = np.where(few, np.log(gammaincinv(shape, tail) / shape), -z * luck)
            # The mean of rare events can lie above nearly all of their distribution: it stays in the interval.
            up = np.where(few, np.maximum(np.log(gammainccinv(shape, tail) / shape), 0), z * luck)
        low = self.value * np.exp(-np.hypot(rest, down))
        low = np.where(few & (np.asarray(self.nothing) > tail), 0.0, low)
        return low, self.value * np.exp(np.hypot(rest, up))


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
    loads = independent(purchases.covariance_log_, J)
    if spend is not None and len(spend_theta):
        K = slope(lambda at: add_up(expected * amounts(at)), spend_theta)
        loads = np.vstack([loads, independent(spend.covariance_log, K)])

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
    value = add_up(expected * each_worth)
    # P(0) <= Var / (Var + mean^2) for whatever is never negative: large groups need not be asked.
    few = np.flatnonzero((chance > LIKELY * value**2)[member])
    buys = family.survival_of_count(p, 1, ends[-1], groups.x[few], groups.T[few]) * alive[few]
    if spend is not None:
        buys *= np.where(groups.x[few] > 0, 1.0, spend.paid)
    never = np.zeros(len(member))
    never[few] = groups.n[few] * np.log1p(-np.minimum(buys, 1 - 1e-12))
    return Totals(
        value,
        np.sqrt((loads**2).sum(axis=0)),
        np.sqrt(np.maximum(chance, 0.0)),
        np.rint(add_up(groups.n)).astype(np.int64),
        np.where(chance > LIKELY * value**2, np.exp(add_up(never)), 0.0),
        loads,
    )


def independent(covariance: Floats, slopes: Floats) -> Floats:
    """What one standard deviation of each of the independent errors behind `covariance` does: (k, groups)."""
    size, directions = np.linalg.eigh(covariance)
    return np.sqrt(np.maximum(size, 0))[:, None] * (directions.T @ slopes)


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
