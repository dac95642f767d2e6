"""What every model checks and packs before it fits: identical histories are counted once.

A likelihood needs only how many customers share the same (frequency, recency, T), so that its cost
hardly grows with the number of customers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from words import text

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_TABLE = 20_000_000
"""Cells of a lookup table that is still cheaper than sorting (80 MB of int32)."""


@dataclass(frozen=True)
class Counts:
    """Distinct histories, sorted by frequency, and how many customers (`weight`) have each.

    `x` is the frequency (whole), `t` and `T` are positions in `times`, the distinct times divided by `scale`
    (the mean T), so that any unit of time gives the same steps and the same answer. `by_x` counts customers
    at each of `distinct_x`; `by_age` counts them, and `bought_by_age` their purchases, at each of `times`.
    """

    x: Floats
    t: Ints
    T: Ints
    weight: Floats
    times: Floats
    scale: float
    customers: float
    purchases: float
    distinct_x: Floats
    by_x: Floats
    by_age: Floats
    bought_by_age: Floats


def dot(a: Floats, b: Floats) -> float:
    """Sum of products of two long arrays, without BLAS: its threads spin while they wait, and on a machine that
    does anything else a fit of a million customers then takes ten times as long."""
    return float(np.einsum("i,i->", a, b))


def column(values: ArrayLike, name: str) -> Floats:
    """`values` as a one-dimensional float array. Raises ValueError naming column, value and row."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError) as error:
        raise ValueError(
            text("The column {name} holds something that is not a number.", name=name)
        ) from error
    if array.ndim != 1:
        raise ValueError(text("The column {name} must have one dimension, one value a customer.", name=name))
    bad = ~np.isfinite(array)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            text(
                "The column {name} is {value} for customer number {row}; a finite number was expected.",
                name=name,
                value=str(array[row]),
                row=row + 1,
            )
        )
    return array


def _refuse(bad: NDArray[np.bool_], sentence: str, **columns: Floats) -> None:
    if bad.any():
        row = int(bad.argmax())
        found = ", ".join(f"{name} {values[row]:g}" for name, values in columns.items())
        raise ValueError(
            text(
                "{sentence} Found {found} for customer number {row}.",
                sentence=sentence,
                found=found,
                row=row + 1,
            )
        )


def check_weights(weights: ArrayLike | None, length: int) -> Floats | None:
    """Customers a history stands for, or None. Raises ValueError for a wrong length or a negative count."""
    if weights is None:
        return None
    counts = column(weights, "weights")
    if len(counts) != length:
        raise ValueError(text("There are {n} histories but {m} weights.", n=length, m=len(counts)))
    _refuse(counts < 0, text("A weight counts customers and cannot be negative."), weights=counts)
    return counts


def check_histories(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> tuple[Ints, Floats, Floats]:
    """The three columns: frequency whole and >= 0; 0 <= recency <= T; recency 0 where frequency is 0.

    Raises ValueError with the rule, the value and the customer's number.
    """
    x, t, age = column(frequency, "frequency"), column(recency, "recency"), column(T, "T")
    if not len(x) == len(t) == len(age):
        raise ValueError(
            text(
                "The columns differ in length: frequency {x}, recency {t}, T {age}.",
                x=len(x),
                t=len(t),
                age=len(age),
            )
        )
    if not len(x):
        raise ValueError(text("There are no customers: frequency, recency and T are empty."))
    _refuse(x < 0, text("Frequency counts repeat purchases and cannot be negative."), frequency=x)
    _refuse(x != np.floor(x), text("Frequency counts repeat purchases and must be whole."), frequency=x)
    _refuse(t < 0, text("Recency cannot be negative: the last purchase lies before the first."), recency=t)
    _refuse(
        t > age,
        text("Recency cannot exceed T: the last purchase lies after the time observed."),
        recency=t,
        T=age,
    )
    _refuse((x == 0) & (t != 0), text("Recency must be 0 where frequency is 0."), frequency=x, recency=t)
    return x.astype(np.int64), t, age


def _days(values: Floats) -> Ints | None:
    """Values that are small whole numbers, as such; None for others."""
    whole = values.astype(np.int64)
    small = len(whole) > 0 and whole.min() >= 0 and whole.max() <= 100_000
    return whole if small and np.array_equal(whole, values) else None


def levels(values: Floats) -> tuple[Floats, Ints]:
    """Sorted distinct values (for small whole numbers: the whole grid) and each value's position there."""
    if not len(values):
        return np.zeros(1), np.zeros(0, dtype=np.int64)
    # Days are whole: a grid is found without sorting. Anything else is sorted once.
    if (days := _days(values)) is not None:
        return np.arange(int(days.max()) + 1, dtype=float), days
    distinct, code = np.unique(values, return_inverse=True)
    return distinct, code.astype(np.int64)


def _common_levels(t: Floats, T: Floats) -> tuple[Floats, Ints, Ints]:
    """The levels of both columns together, and the position of each value of either."""
    t_code, T_code = _days(t), _days(T)
    if t_code is not None and T_code is not None:
        return np.arange(max(int(t_code.max()), int(T_code.max())) + 1, dtype=float), t_code, T_code
    times, both = levels(np.concatenate([t, T]))
    return times, both[: len(t)], both[len(t) :]


def pairs(x: Ints, T: Floats) -> tuple[Ints, Floats, Ints]:
    """Distinct (x, T) and, for each row, which one it is: expectations depend on these two only."""
    times, code = levels(T)
    highest = int(x.max(initial=0)) + 1
    key = x * len(times) + code
    if highest * len(times) <= LARGEST_TABLE:
        used = np.zeros(highest * len(times), dtype=bool)
        used[key] = True
        distinct = np.flatnonzero(used)
        position = np.empty(len(used), dtype=np.int32)
        position[distinct] = np.arange(len(distinct), dtype=np.int32)
        row = position[key].astype(np.int64)
    else:
        distinct, row = np.unique(key, return_inverse=True)
    return distinct // len(times), times[distinct % len(times)], row


def pack(
    x: Ints, t: Floats, T: Floats, weights: Floats | None = None, *, scale: float | None = None
) -> Counts:
    """Count identical histories. `scale` is for groups of customers that are to share one unit of time; by default
    it is the mean T. Raises ValueError if no time has been observed at all."""
    total = float(len(x) if weights is None else weights.sum())
    if scale is None:
        scale = float(T.mean() if weights is None else np.average(T, weights=weights) if total > 0 else 0.0)
    if not scale > 0:
        raise ValueError(
            text("Nobody has been observed after the first purchase: every T is 0. A longer span is needed.")
        )
    times, t_code, T_code = _common_levels(t, T)
    size = len(times)
    if (int(x.max()) + 1) * size * size < 2**62:
        key = x * size  # in place from here: fresh arrays of a million cost more than the sums
        key += t_code
        key *= size
        key += T_code
        if weights is None:
            key.sort()  # sorting bare keys is several times quicker than np.unique with its inverse
            first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
            weight = np.diff(np.append(first, len(key))).astype(float)
            key = key[first]
        else:
            key, inverse = np.unique(key, return_inverse=True)
            weight = np.bincount(inverse, weights=weights)
        rest, T_code = np.divmod(key, size)
        x, t_code = np.divmod(rest, size)
    else:
        order = np.argsort(x, kind="stable")
        weight = np.ones(len(x)) if weights is None else weights[order]
        x, t_code, T_code = x[order], t_code[order], T_code[order]
    by_x = np.bincount(x, weights=weight)
    distinct = np.flatnonzero(by_x)
    frequency = x.astype(float)
    bought = weight * frequency
    return Counts(
        frequency,
        t_code,
        T_code,
        weight,
        times / scale,
        scale,
        total,
        float(bought.sum()),
        distinct.astype(float),
        by_x[distinct].astype(float),
        np.bincount(T_code, weights=weight, minlength=size).astype(float),
        np.bincount(T_code, weights=bought, minlength=size).astype(float),
    )
