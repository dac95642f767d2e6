"""The likelihood of Gamma-Gamma, with its derivatives, on what is left of customers after packing.

Source: Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value", brucehardie.com/notes/025 ("FH").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln, zeta

from models.btyd.inputs import Floats, Ints, dot
from models.btyd.newton import Derivatives

CHUNK = 16_384
"""Rows worked on at a time, so that they stay in the processor's cache."""


def log_likelihood(parameters: ArrayLike, x: Floats | Ints, m: Floats) -> Floats:
    """Log-density of mean spend m over x purchases: FH eq. (1a)."""
    p, q, v = np.asarray(parameters, float)
    return (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(m)
        + p * x * np.log(x)
        - (p * x + q) * np.log(x * m + v)
    )


@dataclass(frozen=True)
class Spent:
    """What the likelihood needs of the customers, made once a fit: sums over rows that hold no parameter, customers
    by distinct x, and the total x m of each row with its weight and weight times x."""

    n: float
    distinct: Floats
    by_x: Floats
    total: Floats
    weight: Floats
    weight_x: Floats
    log_total: float
    log_mean: float


def pack_spend(x: Floats, m: Floats, weight: Floats) -> Spent:
    """See Spent. `x` is whole and at least 1, `m` above 0."""
    by_x = np.bincount(x.astype(np.int64), weights=weight)
    distinct = np.flatnonzero(by_x)
    weight_x, total = weight * x, x * m
    return Spent(
        float(weight.sum()),
        distinct.astype(float),
        by_x[distinct].astype(float),
        total,
        weight,
        weight_x,
        dot(weight_x, np.log(total)),
        dot(weight, np.log(m)),
    )


def derivatives(parameters: Floats, spent: Spent) -> Derivatives:
    """The sum of FH eq. (1a), its gradient and Hessian by (p, q, v); gamma functions at the distinct x.

    A row needs one logarithm and one reciprocal: every term of it is a weighted sum of ln(x m + v),
    1/(x m + v) and its square.
    """
    p, q, v = parameters
    n, distinct, by_x = spent.n, spent.distinct, spent.by_x
    logs, ones, x_ones = np.zeros(2), np.zeros(2), np.zeros(2)
    for i in range(0, len(spent.total), CHUNK):
        part = slice(i, i + CHUNK)
        weight, weight_x = spent.weight[part], spent.weight_x[part]
        both = spent.total[part] + v
        log_both, inverse = np.log(both), 1 / both
        logs += dot(weight, log_both), dot(weight_x, log_both)
        ones += dot(weight, inverse), dot(weight, inverse * inverse)
        x_ones += dot(weight_x, inverse), dot(weight_x, inverse * inverse)
    exponent = p * distinct + q
    value = (
        by_x @ (gammaln(exponent) - gammaln(p * distinct))
        + n * (q * np.log(v) - gammaln(q))
        + p * (spent.log_total - logs[1])
        - spent.log_mean
        - q * logs[0]
    )
    gradient = np.array(
        [
            by_x @ (distinct * (digamma(exponent) - digamma(p * distinct))) + spent.log_total - logs[1],
            by_x @ digamma(exponent) + n * (np.log(v) - digamma(q)) - logs[0],
            n * q / v - p * x_ones[0] - q * ones[0],
        ]
    )
    trigamma = zeta(2, exponent)
    pq = float(by_x @ (distinct * trigamma))
    pv, qv = -x_ones[0], n / v - ones[0]
    hessian = np.array(
        [
            [by_x @ (distinct**2 * (trigamma - zeta(2, p * distinct))), pq, pv],
            [pq, by_x @ trigamma - n * zeta(2, q), qv],
            [pv, qv, -n * q / v**2 + p * x_ones[1] + q * ones[1]],
        ]
    )
    return float(value), gradient, hessian
