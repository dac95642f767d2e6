"""When each customer will buy next: the distribution of the time to the next purchase, given the history so far.

P(no purchase within d | history) = 1 - P(alive) P(Y(d) >= 1 | alive). It never falls to 0: who has left does not buy
again, so a quantile above the chance of ever buying is reached on no day, and is infinite here.

If alive, the rate is Gamma(r + x, alpha + T) in all families. Where a customer can leave only at a purchase (BG/NBD,
MBG/NBD) the time to the next one is therefore Lomax: P(Y(d) >= 1 | alive) = w(d) = 1 - (1 + d / (alpha + T))^-(r + x),
from Fader, Hardie and Lee (2005), Marketing Science 24, 275-284. In Pareto/NBD the customer must also live until then,
P(Y(d) >= 1 | alive) = int_0^w(d) (1 + d(v) / (beta + T))^-s dv with d(v) the inverse of w: Schmittlein, Morrison and
Colombo (1987), with the purchase's day written as its quantile.
"""

from __future__ import annotations

import numpy as np

from models.btyd.families import PARETO_NBD, Family
from models.btyd.inputs import Floats, Ints, pairs

CELLS = 256
"""The quantile of the day is cut into so many cells; inside one, the chance of having lived changes by little."""
AT_ONCE = 1_024
"""Kinds of customers (x, T) worked on at a time."""


def no_order(
    family: Family, parameters: Floats, x: Ints, t: Floats, T: Floats, days: Floats | float
) -> Floats:
    """P(no purchase within `days` | history), elementwise: all arguments broadcast."""
    alive = family.probability_alive(parameters, x, t, T)
    return 1 - alive * family.survival_of_count(parameters, 1, days, x, T)


def alive_by_score(
    family: Family, parameters: Floats, x: Ints, T: Floats, chance: Floats, days: float
) -> Floats:
    """The chance of still being a customer at which this model gives the one score: `chance` of an order within `days`.

    Whichever model made the score, the days that follow from it then agree with it. 1 where the score is above what the
    model gives a customer who certainly still is one.
    """
    return np.minimum(chance / family.survival_of_count(parameters, 1, days, x, T), 1.0)


def next_order(
    family: Family,
    parameters: Floats,
    x: Ints,
    t: Floats,
    T: Floats,
    level: float,
    *,
    alive: Floats | None = None,
) -> tuple[Floats, Floats, Floats]:
    """(median, low, high) of the days to the next purchase, one a customer; infinite where no day reaches the quantile.

    `low` and `high` are the quantiles (1 - level) / 2 and (1 + level) / 2: chance, given the parameters. A `high` that
    is infinite says that no purchase at all is likelier than (1 - level) / 2. `alive` replaces the model's own P(alive).
    """
    if alive is None:
        alive = family.probability_alive(parameters, x, t, T)
    tail = (1 - level) / 2
    with np.errstate(divide="ignore"):
        wanted = np.array([0.5, tail, 1 - tail])[:, None] / alive
    if family is PARETO_NBD:
        wanted = _lived(parameters, x, T, wanted)
    low, middle, high = (_day(parameters, w, x, T) for w in (wanted[1], wanted[0], wanted[2]))
    return middle, low, high


def _day(parameters: Floats, w: Floats, x: Ints, T: Floats) -> Floats:
    """The day on which a customer who cannot leave before has bought with probability `w`; infinite from 1 on."""
    r, alpha = parameters[:2]
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(w < 1, (alpha + T) * np.expm1(-np.log1p(-np.minimum(w, 1.0)) / (r + x)), np.inf)


def _lived(parameters: Floats, x: Ints, T: Floats, wanted: Floats) -> Floats:
    """The w at which int_0^w (1 + d(v) / (beta + T))^-s dv reaches `wanted`, by row; 1 where it never does.

    Cells by the midpoint rule, one table for each (x, T); between their ends in proportion.
    """
    _, _, s, beta = parameters
    kinds, ages, row = pairs(x, T)
    middle = (np.arange(CELLS) + 0.5) / CELLS
    found = np.ones_like(wanted)
    order = np.argsort(row, kind="stable")
    first = np.searchsorted(row[order], np.arange(0, len(kinds), AT_ONCE))
    for start, rows in zip(range(0, len(kinds), AT_ONCE), np.split(order, first[1:]), strict=True):
        part = slice(start, start + AT_ONCE)
        day = _day(parameters, middle[None, :], kinds[part, None], ages[part, None])
        lives = np.exp(-s * np.log1p(day / (beta + ages[part, None]))) / CELLS
        reached = np.cumsum(lives, axis=1)
        at = row[rows] - start
        for k in range(len(wanted)):
            goal = wanted[k, rows]
            # Rows are ascending: shifting each by its number makes one ascending array of all.
            ends = (reached + 2 * np.arange(len(reached))[:, None]).ravel()
            cell = np.searchsorted(ends, np.minimum(goal, 1.5) + 2 * at) - at * CELLS
            inside = np.minimum(cell, CELLS - 1)
            missing = reached[at, inside] - goal
            w = (inside + 1 - missing / lives[at, inside]) / CELLS
            found[k, rows] = np.where(cell < CELLS, np.minimum(w, 1 - 1e-15), 1.0)
    return found
