"""How far single customers can be from what is expected of them: intervals of what each will do, and will bring.

What a customer does is mostly chance. Given the parameters (known well from thousands of customers), counts and money
have exact distributions; discrete, and nothing at all unless somebody buys, they cover at least their level.
`expected_interval` is another question: how well the expectation itself is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv

from models.btyd.families import Family
from models.btyd.inputs import Floats, Ints, pairs
from models.customer_base import Fit, Spend
from models.totals import interval, slope

ONE_BY_ONE = 128
"""Counts that are tried one after another, for all customers at once; beyond, the few left are searched by halving."""
GRID = 128
"""Points of the distribution of money, evenly spread in its logarithm: the ends of intervals are within 1% of exact."""
AGES = 33
"""Ages at which that distribution is worked out; between them it is interpolated."""
MOST_COUNTS = 200
"""Numbers of purchases that money is worked out for; where more are possible, so many evenly spread ones stand for all."""
UNLIKELY = 1e-4


def count_interval(
    family: Family, parameters: Floats, days: float, x: Ints, T: Floats, alive: Floats, level: float
) -> tuple[Ints, Ints]:
    """Central interval of each customer's number of purchases in `days`: quantiles of P(Y >= n) =
    P(alive) P(Y >= n | alive). Discrete, so that it covers at least `level` of what chance does."""
    kinds, ages, row = pairs(x, T)
    tails = np.array([(1 + level) / 2, (1 - level) / 2])
    # The smallest k with P(Y > k) <= 1 - share is the number of n >= 1 with P(Y >= n) > 1 - share.
    found = np.zeros((2, len(x)), dtype=np.int64)
    left = np.arange(len(x))
    for n in range(1, ONE_BY_ONE + 1):
        used = np.unique(row[left])
        reached = np.zeros(len(kinds))
        reached[used] = family.survival_of_count(parameters, n, days, kinds[used], ages[used])
        chance = alive[left] * reached[row[left]]
        for k in range(2):
            found[k, left] += chance > tails[k]
        left = left[chance > tails[1]]
        if not len(left):
            return found[0], found[1]
    for k in range(2):
        rows = left[found[k, left] == ONE_BY_ONE]
        found[k, rows] = _by_halving(family, parameters, days, x[rows], T[rows], alive[rows], float(tails[k]))
    return found[0], found[1]


def _by_halving(
    family: Family, parameters: Floats, days: float, x: Ints, T: Floats, alive: Floats, chance: float
) -> Ints:
    """The number of n >= 1 with P(Y >= n) > `chance`, for each customer: doubling steps up, then halving."""

    def reaches(n: Ints, rows: Ints) -> Any:
        return alive[rows] * family.survival_of_count(parameters, n, days, x[rows], T[rows]) > chance

    low, high = np.zeros(len(x), dtype=np.int64), np.full(len(x), ONE_BY_ONE, dtype=np.int64)
    rows = np.arange(len(x))
    while len(rows := rows[reaches(high[rows], rows)]):
        low[rows], high[rows] = high[rows], 2 * high[rows]
    rows = np.arange(len(x))
    while len(rows := rows[high[rows] - low[rows] > 1]):
        middle = (low[rows] + high[rows]) // 2
        over = reaches(middle, rows)
        low[rows[over]], high[rows[~over]] = middle[over], middle[~over]
    return low


def value_interval(
    family: Family,
    parameters: Floats,
    spend: Spend,
    days: float,
    x: Ints,
    T: Floats,
    m: Floats,
    alive: Floats,
    level: float,
) -> tuple[Floats, Floats]:
    """Central interval of the money that each customer brings in `days`, undiscounted.

    Under Gamma-Gamma n purchases bring Z with Z / (Z + v + x m) ~ Beta(p n, p x + q): gamma amounts whose own rate is
    Gamma(p x + q, v + x m) given the history (Fader and Hardie 2013, note 025). Mixed over n by the exact distribution
    of counts. Z / (v + x m) depends on (x, T) and P(alive) alone, so that its distribution is worked out once for each
    (x, T). Without Gamma-Gamma every purchase brings what is expected of it.
    """
    if spend.model is None:
        low, high = count_interval(family, parameters, days, x, T, alive, level)
        worth = spend.expected(x, m)
        return low * worth, high * worth
    p, q, v = spend.parameters
    # Rates change over the times of the model: alpha, and in Pareto/NBD beta, which can be far shorter.
    named = zip(family.fitter.names, parameters, strict=True)
    shortest = min(float(value) for name, value in named if name in ("alpha", "beta"))
    # Who never came back may be one of those who never pay: `Spend.expected` counts on `paid` of them.
    pays = alive * np.where(x > 0, 1.0, spend.paid)
    found = np.zeros((2, len(x)))
    for kind, members in _by_kind(x):
        ages = _few_ages(T[members], shortest)
        log_w, at_most = _if_alive(family, parameters, (p, q), days, kind, ages)
        place = np.interp(T[members], ages, np.arange(len(ages)))
        for k, share in enumerate(((1 - level) / 2, (1 + level) / 2)):
            with np.errstate(divide="ignore"):
                wanted = 1 - (1 - share) / pays[members]
            found[k, members] = _invert(log_w, at_most, place, wanted)
    scale = v + x * m
    return found[0] * scale, found[1] * scale


def _by_kind(x: Ints) -> Iterator[tuple[int, Ints]]:
    """Each number of past purchases, and the customers who have it."""
    order = np.argsort(x, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(x[order])) + 1) if len(x) else ():
        yield int(x[members[0]]), members


def _few_ages(T: Floats, shortest: float) -> Floats:
    """The distinct ages, or where there are many so many evenly spread in log(shortest + T), which rates depend on."""
    distinct = np.unique(T)
    if len(distinct) <= AGES:
        return distinct
    spread = (
        np.exp(np.linspace(np.log(shortest + distinct[0]), np.log(shortest + distinct[-1]), AGES)) - shortest
    )
    spread[[0, -1]] = distinct[[0, -1]]
    return spread


def _if_alive(
    family: Family, parameters: Floats, shape: tuple[float, float], days: float, kind: int, ages: Floats
) -> tuple[Floats, Floats]:
    """(log w of a grid, P(Z / (v + x m) <= w) of customers alive at T with x = `kind`: (ages, grid))."""
    p, q = shape
    x = np.full(len(ages), kind, dtype=np.int64)
    most = 1
    while family.survival_of_count(parameters, most, days, x, ages).max() > UNLIKELY:
        most *= 2
    counts = np.arange(1, most + 1)
    if most > MOST_COUNTS:
        counts = np.unique(np.linspace(1, most, MOST_COUNTS).astype(np.int64))
    n, age = np.tile(counts, len(ages)), np.repeat(ages, len(counts))
    reached = family.survival_of_count(parameters, n, days, np.full(len(n), kind), age)
    reached = reached.reshape(len(ages), len(counts))
    counts, reached = counts[: _needed(reached)], reached[:, : _needed(reached)]
    mass = reached - np.column_stack([reached[:, 1:], np.zeros(len(ages))])
    # A count stands for those up to the next.
    middle = counts + np.append(np.diff(counts) - 1, 0) / 2
    # From the fewest that anybody is likely to make: a grid from one purchase on would be too coarse for a wholesaler.
    fewest = max(int((reached.min(axis=0) > 1 - UNLIKELY).sum()) - 1, 0)
    ends = betaincinv(p * middle[[fewest, -1]], p * kind + q, [UNLIKELY, 1 - UNLIKELY])
    low, high = np.log(ends) - np.log1p(-ends)
    log_w = np.linspace(low, high, GRID)
    u = 1 / (1 + np.exp(-log_w))
    within = betainc(p * middle[:, None], p * kind + q, u[None, :])
    return log_w, (1 - reached[:, :1]) + mass @ within


def _needed(reached: Floats) -> int:
    """How many of the counts anybody is likely to reach; at least one."""
    return max(int((reached.max(axis=0) > UNLIKELY).sum()), 1)


def _invert(log_w: Floats, at_most: Floats, place: Floats, wanted: Floats) -> Floats:
    """The smallest w where the distribution at `place`, between two rows of `at_most`, reaches `wanted`; between
    points in proportion; 0 where nothing suffices."""
    row = np.minimum(place.astype(np.int64), len(at_most) - 1)
    after = np.minimum(row + 1, len(at_most) - 1)
    part = place - row

    def at(column: Ints) -> Floats:
        return (1 - part) * at_most[row, column] + part * at_most[after, column]

    low, high = np.zeros(len(row), dtype=np.int64), np.full(len(row), len(log_w) - 1)
    nothing = wanted <= at(low)
    for _ in range(ceil(np.log2(len(log_w)))):
        middle = (low + high) // 2
        enough = at(middle) >= wanted
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    below, above = at(low), at(high)
    gap = np.where(above > below, above - below, 1.0)
    step = np.clip((wanted - below) / gap, 0, 1)
    return np.where(nothing, 0.0, np.exp(log_w[low] + step * (log_w[high] - log_w[low])))


def expected_interval(
    fit: Fit, days: float, x: Ints, t: Floats, T: Floats, level: float, model_error: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """(expected purchases in `days`, low, high) of each customer: what the parameters leave open (delta method on
    Laplace's covariance) and the model's own error; not what chance does."""
    kinds, ages, row = pairs(x, T)

    def counts(theta: Floats) -> Floats:
        p = np.exp(theta)
        alive = fit.family.probability_alive(p, x, t, T)
        return alive * fit.family.purchases_if_alive(p, kinds, ages, days)[row, 0]

    theta = np.log(fit.parameters)
    J = slope(counts, theta)
    variance = np.einsum("in,ij,jn->n", J, fit.purchases.covariance_log_, J)
    value = counts(theta)
    sd = np.sqrt(np.maximum(variance, 0) + (value * model_error) ** 2)
    return value, *interval(value, sd, level)
