"""Recency, frequency and money: scores 1 to 5 of every customer on any day, and the values at which a score changes.

A score is a fifth of the customers, by mid-rank: the share of customers with less, and half of those with just as much.
Identical customers therefore always get the same score, and fifths are only as even as ties allow: where 60% have
bought once, they all have a mid-rank of .30 and score 2, and nobody scores 1. Where all are alike, all score 3.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np

from models.btyd.inputs import Floats, Ints
from models.customer_base import Base, NoCustomers, no_customers
from models.definitions import Definitions
from models.purchases import added, observed_until, purchases
from shop import Shop

FIFTHS = 5
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class People:
    """All customers as they were known on the day `end`, in the order of their keys; who had not bought yet has 0
    `purchases`. `first` and `last` are days since 1970, `orders`, `total` and `first_value` (money) are sums of purchases."""

    end: dt.date
    first: Ints
    last: Ints
    purchases: Ints
    orders: Ints
    total: Floats
    first_value: Floats

    @property
    def known(self) -> np.ndarray:
        return self.purchases > 0

    @property
    def silence(self) -> Ints:
        """Days from the last purchase to `end`."""
        return day_number(self.end) - self.last

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in vars(self).values() if isinstance(a, np.ndarray))

    def of(self, which: np.ndarray) -> People:
        """Only some of them."""
        columns = {name: value[which] for name, value in vars(self).items() if name != "end"}
        return People(self.end, **columns)

    def base(self) -> Base:
        """Their histories as the models of purchases want them; all must be known."""
        x = self.purchases - 1
        repeats = np.divide(self.total - self.first_value, x, out=np.zeros(len(x)), where=x > 0)
        start = day_number(self.end) - self.first
        return Base(
            self.end, x, (self.last - self.first).astype(float), start.astype(float), np.maximum(repeats, 0.0)
        )


@dataclass(frozen=True)
class Cuts:
    """Where scores change: for 2, 3, 4 and 5 the longest `silence` in days, the fewest `purchases` and the least
    `money` that still get it. Infinite (for silence: minus infinite) where nobody does."""

    silence: Floats
    purchases: Floats
    money: Floats


@dataclass(frozen=True)
class Scores:
    """1 (worst) to 5 (best), one a customer."""

    recency: Ints
    frequency: Ints
    money: Ints

    @property
    def fm(self) -> Ints:
        """Frequency and money together: their mean, halves rounded up."""
        return (self.frequency + self.money + 1) // 2


@dataclass(frozen=True)
class Rfm:
    """The customers known on a day, their scores, and where these change."""

    people: People
    cuts: Cuts
    scores: Scores


def rfm(shop: Shop, definitions: Definitions, *, until: dt.date | None = None) -> Rfm:
    """Scores as of the last observed day, or of an earlier one. Raises NoCustomers where nobody had bought by then."""
    last = observed_until(shop, definitions)
    (people,) = people_on(shop, definitions, [min(until, last) if until else last])
    found = cuts(people)
    return Rfm(people, found, scores(people, found))


def people_on(shop: Shop, definitions: Definitions, ends: Sequence[dt.date]) -> list[People]:
    """The customers on each of these days, from one pass over the purchases: one row a customer known on the last of
    them. Raises NoCustomers where there is none."""
    days = purchases(shop, definitions, until=max(ends))
    measures = {"first": days.day.min(), "first_value": days.value.argmin(days.day)}
    for k, end in enumerate(ends):
        past = days.day <= ibis.literal(end)
        measures |= {
            f"last_{k}": days.day.max(where=past),
            f"purchases_{k}": past.cast("int64").sum(),
            f"orders_{k}": days.orders.sum(where=past),
            f"total_{k}": added(days.value, past),
        }
    rows = days.group_by("customer").agg(**measures).order_by("customer").drop("customer").to_pyarrow()
    if not rows.num_rows:
        raise NoCustomers(no_customers())

    def whole(name: str) -> Ints:
        return rows[name].fill_null(0).to_numpy().astype(np.int64)

    def day(name: str) -> Ints:
        return rows[name].cast("int32").fill_null(0).to_numpy().astype(np.int64)

    first, first_value = day("first"), rows["first_value"].to_numpy().astype(float)
    return [
        People(
            end,
            first,
            day(f"last_{k}"),
            whole(f"purchases_{k}"),
            whole(f"orders_{k}"),
            rows[f"total_{k}"].fill_null(0).to_numpy().astype(float),
            first_value,
        )
        for k, end in enumerate(ends)
    ]


def cuts(people: People) -> Cuts:
    """Where the scores of these customers change."""
    return Cuts(-_changes(-people.silence), _changes(people.purchases), _changes(people.total))


def scores(people: People, by: Cuts) -> Scores:
    """Their scores by cut-offs that may be those of another day."""
    return Scores(
        1 + np.searchsorted(-by.silence, -people.silence, side="right"),
        1 + np.searchsorted(by.purchases, people.purchases, side="right"),
        1 + np.searchsorted(by.money, people.total, side="right"),
    )


def _changes(values: Ints | Floats) -> Floats:
    """The least value that scores 2, 3, 4 and 5; infinite where none does."""
    distinct, count = np.unique(values, return_counts=True)
    # (those with less + half of those with as much) / all, in whole numbers, so that .2 is exactly a fifth.
    twice = 2 * np.cumsum(count) - count
    score = 1 + (FIFTHS * twice) // (2 * len(values))
    place = np.searchsorted(score, np.arange(2, FIFTHS + 1))
    return np.append(distinct.astype(float), np.inf)[place]


def day_number(day: dt.date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days
