"""Histories in discrete time, checked and counted: of n occasions a customer bought at x, last at the t-th."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.btyd.inputs import Floats, Ints, check_histories
from words import count, text

MOST_OCCASIONS = 100_000
"""More occasions than these are no occasions but a clock."""


@dataclass(frozen=True)
class Histories:
    """Distinct (x, t, n), sorted by t, and how many customers (`weight`) have each.

    Those with t = y are the rows `first[y]` to `first[y + 1]`. `pair` is the position of a row's (x, n) among
    the distinct ones, `pair_x` and `pair_n`, which are sorted by falling n; the first `longer[y]` have n > y.
    `above_x`, `above_gap` and `above_t` count, for i = 0 .. longest n, the customers whose x, t - x or t
    exceeds i: sums over customers of logarithms of rising factorials need no more.
    """

    x: Ints
    t: Ints
    n: Ints
    weight: Floats
    first: Ints
    pair: Ints
    pair_x: Ints
    pair_n: Ints
    longer: Ints
    customers: float
    purchases: float
    above_x: Floats
    above_gap: Floats
    above_t: Floats


def check_occasions(
    frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike
) -> tuple[Ints, Ints, Ints]:
    """The three columns as whole numbers: 0 <= frequency <= recency <= n_periods, recency 0 only with frequency.

    Raises ValueError with the rule, the values and the customer's number.
    """
    x, t, n = check_histories(frequency, recency, n_periods)
    for bad, rule in (
        (t != np.floor(t), text("recency counts occasions and must be whole")),
        (n != np.floor(n), text("n_periods counts occasions and must be whole")),
        (x > t, text("at most one purchase an occasion is counted, so frequency cannot exceed recency")),
        (
            n > MOST_OCCASIONS,
            text("n_periods cannot exceed {most}: count longer occasions", most=count(MOST_OCCASIONS)),
        ),
    ):
        if bad.any():
            row = int(bad.argmax())
            raise ValueError(
                text(
                    "Customer number {row} has frequency {x}, recency {t}, n_periods {n}; {rule}.",
                    row=row + 1,
                    x=f"{x[row]:g}",
                    t=f"{t[row]:g}",
                    n=f"{n[row]:g}",
                    rule=rule,
                )
            )
    return x, t.astype(np.int64), n.astype(np.int64)


def whole_numbers(given: ArrayLike, name: str, *, least: int = 0) -> Ints:
    """Counts of occasions, in the form given. Raises ValueError for what is not whole, or below `least`."""
    values = np.asarray(given, float)
    if not (np.isfinite(values).all() and (values >= least).all() and (values == np.floor(values)).all()):
        raise ValueError(
            text("{name} is counted: whole numbers of {least} or more were expected.", name=name, least=least)
        )
    return values.astype(np.int64)


def pack_occasions(x: Ints, t: Ints, n: Ints, weights: Floats | None = None) -> tuple[Histories, Ints]:
    """Count identical histories; also returns, for each row given, which of the distinct ones it is."""
    top = int(n.max())
    size = top + 1
    # A history is one whole number, t first: at most 1e15, far inside int64.
    key, row = np.unique((t * size + x) * size + n, return_inverse=True)
    weight = np.bincount(row, weights=weights, minlength=len(key)).astype(float)
    rest, n = np.divmod(key, size)
    t, x = np.divmod(rest, size)
    both, pair = np.unique((top - n) * size + x, return_inverse=True)
    ends, pair_x = np.divmod(both, size)
    every = np.arange(top + 2)
    found = Histories(
        x,
        t,
        n,
        weight,
        np.searchsorted(t, every),
        pair,
        pair_x,
        top - ends,
        np.searchsorted(ends, top - every),
        float(weight.sum()),
        float(weight @ x),
        *(_above(values, weight, top) for values in (x, t - x, t)),
    )
    return found, row


def _above(values: Ints, weight: Floats, top: int) -> Floats:
    """Customers whose value exceeds i, for i = 0 .. top."""
    at = np.bincount(values, weights=weight, minlength=top + 2)
    return np.cumsum(at[::-1])[::-1][1:].astype(float)
