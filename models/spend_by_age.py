"""What customers buy at each age, in half-years since their first purchase, and what survivorship makes of it.

"A returning customer spends two thirds more in the third year than in the first half-year" compares those who stayed with
everybody who began. Three ratios take it apart, each of spend in a later half-year over spend in the first:

* `stayed`: those still buying then, over everybody at the start: the saying as it is told;
* `own`: those still buying then, over what the same customers spent at the start: what time did;
* `everyone`: everybody who began, those who stopped included with zero, over the same customers at the start: what the shop gets.

`stayed` is `own` times how much more than everybody the later survivors spent from the beginning: survivorship.

Half-year k of a customer runs from day 182.5 k after the first purchase to day 182.5 (k + 1), which is its first day no longer. Only
customers who were observed through it count, so all are equally old. A *survivor* of an age bought in that half-year or later; the more
time a shop has seen, the later that may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.stats import norm

from models.definitions import Definitions
from models.estimate import FEWEST_FOR_MEAN, Estimate, mean, missing
from models.purchases import added, observed_until, purchases
from shop import Shop
from words import count, text

MOST_AGES = 10
"""Five years; what comes later rests on few."""
SAYING = (4, 5)
"""The half-years of the third year, of which the saying speaks, counted from 0."""
FACTOR = 5 / 3
"""Two thirds more."""


@dataclass(frozen=True)
class Age:
    """Half-year `number` (from 0) of the `customers` observed through it, of whom `survivors` bought in it or later.

    `order_value` is money an order, and `own_start` what the same half-year's buyers paid an order in their first half-year;
    `orders_everyone` and `orders_survivors` are orders a year a customer, `spend_everyone` and `spend_survivors` money a half-year a customer."""

    number: int
    customers: int
    survivors: int
    order_value: Estimate
    orders_everyone: Estimate
    orders_survivors: Estimate
    spend_everyone: Estimate
    spend_survivors: Estimate


@dataclass(frozen=True)
class Saying:
    """The saying on this shop: half-years `first` to `last` (from 0) against the first. `whole` says that they are the
    third year itself; a younger shop is asked about the latest half-year it has. The three ratios are those of the module."""

    first: int
    last: int
    whole: bool
    stayed: Estimate
    own: Estimate
    everyone: Estimate
    advantage: Estimate


@dataclass(frozen=True)
class SpendByAge:
    """`ages` from 0 as far as FEWEST_FOR_MEAN customers were observed; `saying` is None, and `why` a sentence, where nobody
    has been observed beyond the first half-year."""

    ages: tuple[Age, ...]
    saying: Saying | None
    why: str = ""


def ends(k: int) -> int:
    """The day after the first purchase on which half-year `k` begins: 0, 183, 365, 548, ..."""
    return (365 * k + 1) // 2


def spend_by_age(shop: Shop, definitions: Definitions) -> SpendByAge:
    """Spend by half-years of age. Raises NoOrders for an empty shop."""
    each, deepest = _customers(shop, definitions)
    row = _sums(each, deepest)
    level = definitions.level
    ages = tuple(
        _age(k, row, level)
        for k in range(deepest)
        if row[f"n_{k}"] >= FEWEST_FOR_MEAN and all(row[f"n_{j}"] >= FEWEST_FOR_MEAN for j in range(k))
    )
    if len(ages) < 2:
        n = int(row.get("n_1", 0)) if deepest > 1 else 0
        why = text(
            "Only {n} customers have been observed for a whole year, at least {fewest} are needed: nothing can be said about spend by age.",
            n=count(n),
            fewest=count(FEWEST_FOR_MEAN),
        )
        return SpendByAge(ages, None, why)
    return SpendByAge(ages, _saying(each, len(ages), level))


def _customers(shop: Shop, definitions: Definitions) -> tuple[ir.Table, int]:
    """One row a customer: `T`, `recency`, and `money_k`, `orders_k` for every half-year that the oldest customer completed."""
    end = ibis.literal(observed_until(shop, definitions))
    days = purchases(shop, definitions)
    first = days.group_by("customer").agg(first_day=days.day.min(), last_day=days.day.max())
    T = end.delta(first.first_day, unit="day").cast("int64")
    oldest = first.agg(T=T.max()).to_pyarrow()["T"][0].as_py() or 0
    deepest = min((2 * (oldest + 1)) // 365, MOST_AGES)
    first = first.mutate(T=T, recency=first.last_day.delta(first.first_day, unit="day").cast("int64"))
    bought = days.join(first, "customer")
    age = bought.day.delta(bought.first_day, unit="day").cast("int64") * 2 // 365
    sums = {}
    for k in range(deepest):
        sums[f"money_{k}"] = added(bought.value, age == k).coalesce(0.0)
        sums[f"orders_{k}"] = bought.orders.sum(where=age == k).coalesce(0).cast("float64")
    return bought.group_by(["customer", "T", "recency"]).agg(bought=bought.count(), **sums), deepest


def _sums(each: ir.Table, deepest: int) -> dict[str, float]:
    """Sums over the customers observed through each half-year: `n`, `s` (survivors) and those of money and orders."""
    out: dict[str, ir.Value] = {"customers": each.count()}
    for k in range(deepest):
        old, stays = each["T"] >= ends(k + 1) - 1, each.recency >= ends(k)
        money, orders = each[f"money_{k}"], each[f"orders_{k}"]
        columns = {"n": (each["T"] >= 0).cast("float64"), "s": stays.cast("float64"), "m": money, "o": orders}
        columns |= {"mm": money * money, "oo": orders * orders, "mo": money * orders}
        columns["b"] = (orders > 0).cast("float64")
        out |= {f"{name}_{k}": added(value, old).coalesce(0.0) for name, value in columns.items()}
    row = each.agg(**out).to_pyarrow().to_pylist()[0]
    return {name: float(value or 0) for name, value in row.items()}


def _age(k: int, row: dict[str, float], level: float) -> Age:
    def of(name: str) -> float:
        return row[f"{name}_{k}"]

    n, s = int(of("n")), int(of("s"))
    few = text("Too few are still buying at this age for a mean.")
    spend = [mean(c, of("m"), of("mm"), level=level, why_missing=few) for c in (n, s)]
    # Orders a half-year, twice: a year's.
    orders = [
        mean(c, 2 * of("o"), 4 * of("oo"), level=level, unit="purchases", why_missing=few) for c in (n, s)
    ]
    value = _per_order(of, int(of("b")), level)
    return Age(k, n, s, value, orders[0], orders[1], spend[0], spend[1])


def _per_order(of, buyers: int, level: float) -> Estimate:  # type: ignore[no-untyped-def]
    """Money an order: a ratio of two sums over the buyers, its error by the delta method with customers as the sampled units."""
    if buyers < FEWEST_FOR_MEAN or of("o") <= 0:
        why = text("Too few are still buying at this age for a mean.")
        return missing(why, n=buyers, level=level, unit="money")
    value = of("m") / of("o")
    squares = of("mm") - 2 * value * of("mo") + value**2 * of("oo")
    error = sqrt(max(squares, 0.0) * buyers / (buyers - 1)) / of("o")
    half = float(norm.ppf((1 + level) / 2)) * error
    return Estimate(value, value - half, value + half, int(of("o")), level, "money", "ratio of sums")


def _saying(each: ir.Table, known: int, level: float) -> Saying:
    """The three ratios, from second moments over the customers observed through the half-years in question."""
    whole = known > SAYING[1]
    first, last = SAYING if whole else (known - 1, known - 1)
    span = last - first + 1
    old = each["T"] >= ends(last + 1) - 1
    stays = (each.recency >= ends(first)).cast("float64")
    later = sum((each[f"money_{k}"] for k in range(first + 1, last + 1)), each[f"money_{first}"]) / span
    start = each.money_0
    columns = [(each["T"] >= 0).cast("float64"), stays, later, start, stays * start]
    size = len(columns)
    products = {
        f"{i}_{j}": added(columns[i] * columns[j], old).coalesce(0.0)
        for i in range(size)
        for j in range(i, size)
    }
    row = each.agg(**products).to_pyarrow().to_pylist()[0]
    moments = np.array([[row[f"{min(i, j)}_{max(i, j)}"] for j in range(size)] for i in range(size)], float)
    # Columns: 0 everybody, 1 survivors, 2 spend later, 3 spend at the start, 4 the survivors' spend at the start.
    return Saying(
        first,
        last,
        whole,
        stayed=_log_ratio(moments, (2, 0), (1, 3), level),
        own=_log_ratio(moments, (2,), (4,), level),
        everyone=_log_ratio(moments, (2,), (3,), level),
        advantage=_log_ratio(moments, (4, 0), (1, 3), level),
    )


def _log_ratio(moments: np.ndarray, above: tuple[int, ...], below: tuple[int, ...], level: float) -> Estimate:
    """A product of sums over a product of sums, its interval on the log scale by the delta method; customers are the sampled units."""
    n, survivors = int(moments[0, 0]), int(moments[0, 1])
    sums = moments[0]
    if min(n, survivors) < FEWEST_FOR_MEAN or (sums[[*above, *below]] <= 0).any():
        why = text("Too few are still buying at this age for a comparison.")
        return missing(why, n=survivors, level=level, unit="ratio")
    value = sum(log(sums[i]) for i in above) - sum(log(sums[i]) for i in below)
    slope = np.zeros(len(sums))
    for i in above:
        slope[i] += 1 / sums[i]
    for i in below:
        slope[i] -= 1 / sums[i]
    # Each customer's pull is slope . columns; over all it adds up to zero, so its square is the variance.
    variance = max(float(slope @ moments @ slope) - float(slope @ sums) ** 2 / n, 0.0) * n / (n - 1)
    half = float(norm.ppf((1 + level) / 2)) * sqrt(variance)
    return Estimate(
        exp(value), exp(value - half), exp(value + half), survivors, level, "ratio", "delta method on logs"
    )
