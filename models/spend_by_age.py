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

import datetime as dt
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student_t

from models.btyd.inputs import Floats, Ints, dot
from models.definitions import Definitions
from models.estimate import FEWEST_FOR_MEAN, Estimate, mean, missing
from models.purchases import added, money, observed
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

    `order_value` is money an order; `orders_everyone` and `orders_survivors` are orders a year a customer, `spend_everyone` and `spend_survivors` money a half-year a customer."""

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


@dataclass(frozen=True)
class _People:
    """One entry a customer: days observed, days to the last order, and money and orders in each completed half-year."""

    T: Ints
    recency: Ints
    money: list[Floats]
    orders: list[Floats]

    def old(self, k: int) -> np.ndarray:
        """Who was observed through half-year `k`."""
        return ends(k + 1) - 1 <= self.T


def spend_by_age(shop: Shop, definitions: Definitions) -> SpendByAge:
    """Spend by half-years of age. Raises NoOrders for an empty shop."""
    people, level = _people(shop, definitions), definitions.level
    through = [int(people.old(k).sum()) for k in range(len(people.money))]
    known = sum(n >= FEWEST_FOR_MEAN for n in through)
    ages = tuple(_age(k, people, level) for k in range(known))
    if known < 2:
        why = text(
            "Only {n} customers have been observed for a whole year, at least {fewest} are needed: nothing can be said about spend by age.",
            n=count(through[1] if len(through) > 1 else 0),
            fewest=count(FEWEST_FOR_MEAN),
        )
        return SpendByAge(ages, None, why)
    return SpendByAge(ages, _saying(people, known, level))


def _people(shop: Shop, definitions: Definitions) -> _People:
    """Read what each customer bought at each age, in the order of the customers' keys; credit notes come off on their own day."""
    opened, end = observed(shop, definitions)
    deepest = min((2 * ((end - opened).days + 1)) // 365, MOST_AGES)
    rows = money(shop, definitions, until=end)
    rows = rows.filter(rows.customer.notnull()).select("customer", "orders", "value", day=rows.ordered_on)
    first = (
        rows.filter(rows.orders == 1)
        .group_by("customer")
        .agg(first_day=lambda t: t.day.min(), last_day=lambda t: t.day.max())
    )
    bought = rows.join(first, "customer").filter(lambda t: t.day >= t.first_day)
    age = bought.day.delta(bought.first_day, unit="day").cast("int64") * 2 // 365
    sums = {"first_day": bought.first_day.min(), "last_day": bought.last_day.min()}
    for k in range(deepest):
        sums[f"money_{k}"] = added(bought.value, age == k).coalesce(0.0)
        sums[f"orders_{k}"] = bought.orders.sum(where=age == k).coalesce(0).cast("float64")
    found = bought.group_by("customer").agg(**sums).order_by("customer").drop("customer").to_pyarrow()
    begun, ceased = (
        found[name].cast("int32").to_numpy().astype(np.int64) for name in ("first_day", "last_day")
    )
    columns = [[found[f"{what}_{k}"].to_numpy() for k in range(deepest)] for what in ("money", "orders")]
    return _People((end - dt.date(1970, 1, 1)).days - begun, ceased - begun, *columns)


def _age(k: int, people: _People, level: float) -> Age:
    old = people.old(k)
    money, orders = people.money[k][old], people.orders[k][old]
    n, s = int(old.sum()), int((people.recency[old] >= ends(k)).sum())
    few = text("Too few are still buying at this age for a mean.")
    # Who buys at an age is a survivor of it: the sums are the same for both, and only what they are divided by differs.
    spend = [mean(c, dot(money, np.ones(n)), dot(money, money), level=level, why_missing=few) for c in (n, s)]
    yearly = 2 * orders
    often = [
        mean(c, float(yearly.sum()), dot(yearly, yearly), level=level, unit="purchases", why_missing=few)
        for c in (n, s)
    ]
    return Age(k, n, s, _per_order(money, orders, level), often[0], often[1], spend[0], spend[1])


def _per_order(money: Floats, orders: Floats, level: float) -> Estimate:
    """Money an order: a ratio of two sums over the buyers, its error by the delta method with customers as the sampled units."""
    buys = orders > 0
    buyers, money, orders = int(buys.sum()), money[buys], orders[buys]
    if buyers < FEWEST_FOR_MEAN:
        why = text("Too few are still buying at this age for a mean.")
        return missing(why, n=buyers, level=level, unit="money")
    value = float(money.sum() / orders.sum())
    off = money - value * orders
    error = sqrt(dot(off, off) * buyers / (buyers - 1)) / float(orders.sum())
    half = float(norm.ppf((1 + level) / 2)) * error
    return Estimate(value, value - half, value + half, int(orders.sum()), level, "money", "ratio of sums")


def _saying(people: _People, known: int, level: float) -> Saying:
    """The ratios, over the customers observed through the half-years in question."""
    whole = known > SAYING[1]
    first, last = SAYING if whole else (known - 1, known - 1)
    old = people.old(last)
    everybody = np.ones(int(old.sum()))
    stays = (people.recency[old] >= ends(first)).astype(float)
    later = np.mean([people.money[k][old] for k in range(first, last + 1)], axis=0)
    start = people.money[0][old]
    return Saying(
        first,
        last,
        whole,
        stayed=_log_ratio((later, everybody), (stays, start), stays, level),
        own=_log_ratio((later,), (stays * start,), stays, level),
        everyone=_log_ratio((later,), (start,), stays, level),
        advantage=_log_ratio((stays * start, everybody), (stays, start), stays, level),
    )


def _log_ratio(above: tuple[Floats, ...], below: tuple[Floats, ...], stays: Floats, level: float) -> Estimate:
    """A product of sums over a product of sums, its interval on the log scale by the jackknife; customers are the sampled units."""
    n, survivors = len(stays), int(stays.sum())
    if survivors < FEWEST_FOR_MEAN or any(c.sum() <= max(c.max(), 0) for c in (*above, *below)):
        why = text("Too few are still buying at this age for a comparison.")
        return missing(why, n=survivors, level=level, unit="ratio")
    value = sum(log(c.sum()) for c in above) - sum(log(c.sum()) for c in below)
    # Without each customer in turn: a few large amounts weigh more than a straight line through the sums allows for.
    without = sum((np.log(c.sum() - c) for c in above), np.zeros(n))
    without -= sum((np.log(c.sum() - c) for c in below), np.zeros(n))
    off = without - without.mean()
    half = float(student_t.ppf((1 + level) / 2, survivors - 1)) * sqrt(dot(off, off) * (n - 1) / n)
    low, high = exp(value - half), exp(value + half)
    return Estimate(exp(value), low, high, survivors, level, "ratio", "jackknife on logs")
