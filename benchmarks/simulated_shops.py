"""Simulated shops with every purchase of every customer, from known parameters: what coverage is measured on.

Time is in days from the shop's first day. Buying rates can share a multiplier that changes from day to day (season,
shocks), which no model of the house knows of.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from models.btyd.inputs import Floats, Ints
from models.customer_base import Base
from models.followed import Followed

START = dt.date(2024, 1, 1)
SHOCK_WEEKS = 10.0
"""Mean life of a shock: the weekly correlation is exp(-1 / SHOCK_WEEKS)."""


@dataclass(frozen=True)
class Truth:
    """`family` is a name in `families.FAMILIES`; `parameters` are its own, in days; `spend` Gamma-Gamma's p, q, v."""

    family: str
    parameters: tuple[float, float, float, float]
    spend: tuple[float, float, float]


@dataclass(frozen=True)
class Events:
    """Purchases, by customer and then by day: flat arrays of one length. Each customer's first is among them."""

    customer: Ints
    day: Floats
    amount: Floats
    customers: int


def simulate(
    truth: Truth, firsts: Floats, end: float, rng: np.random.Generator, daily: Floats | None = None
) -> Events:
    """Every purchase until `end` of customers whose first one is on `firsts`.

    `daily[d]` multiplies everybody's buying rate during day d. Purchases are uniform in the time that passes at that
    speed: there a customer would buy Poisson(rate x time) times were there no dropout.
    """
    n = len(firsts)
    grid = np.arange(int(np.ceil(end)) + 1, dtype=float)
    clock = np.append(0.0, np.cumsum(np.ones(len(grid) - 1) if daily is None else daily[: len(grid) - 1]))
    begun = np.interp(firsts, grid, clock)
    exposure = np.interp(end, grid, clock) - begun
    r, alpha, one, two = truth.parameters
    planned = rng.poisson(rng.gamma(r, 1 / alpha, n) * exposure)
    who = np.repeat(np.arange(n), planned)
    # Sorted within customers: the whole part of the key is the customer.
    within = np.sort(who + rng.random(len(who))) - who
    day = np.interp(begun[who] + within * exposure[who], clock, grid)
    if truth.family == "pareto_nbd":
        mu = np.maximum(rng.gamma(one, 1 / two, n), 1e-300)
        kept = day < (firsts + rng.exponential(1 / mu))[who]
    else:
        # numpy's geometric overflows for a tiny p; there nobody drops out while watched.
        last = rng.geometric(np.maximum(rng.beta(one, two, n), 1e-12)) - (truth.family == "mbg_nbd")
        place = np.arange(len(who)) - np.repeat(np.cumsum(planned) - planned, planned)
        kept = place < last[who]
    customer = np.concatenate([np.arange(n), who[kept]])
    order = np.argsort(customer, kind="stable")  # the first purchases come first within customers
    p, q, v = truth.spend
    amount = rng.gamma(p, 1.0, len(customer)) / rng.gamma(q, 1 / v, n)[customer]
    return Events(customer[order], np.concatenate([firsts, day[kept]])[order], amount[order], n)


def in_whole_days(events: Events) -> Events:
    """As a shop's orders are read: days are whole, and what a customer buys on one day is one purchase."""
    day = np.floor(events.day)
    new = np.append(True, (np.diff(day) != 0) | (np.diff(events.customer) != 0))
    start = np.flatnonzero(new)
    return Events(events.customer[start], day[start], np.add.reduceat(events.amount, start), events.customers)


def followed(events: Events, origin: float, end: float) -> Followed:
    """Customers won by `origin` as known then, and what they did after it until `end`."""
    n, who = events.customers, events.customer
    start = np.append(True, np.diff(who) != 0)
    first = events.day[start]
    known = first <= origin
    past = (events.day <= origin) & ~start
    ahead = (events.day > origin) & (events.day <= end)
    x = np.bincount(who[past], minlength=n)
    spent = np.bincount(who[past], events.amount[past], n)
    recency = np.zeros(n)
    np.maximum.at(recency, who[past], events.day[past] - first[who[past]])
    base = Base(
        START + dt.timedelta(days=round(origin)),
        x[known],
        recency[known],
        (origin - first)[known],
        np.divide(spent, x, out=np.zeros(n), where=x > 0)[known],
    )
    later = np.bincount(who[ahead], minlength=n)
    brought = np.bincount(who[ahead], events.amount[ahead], n)
    return Followed(base, START + dt.timedelta(days=round(end)), later[known], brought[known])


def season(days: int, swing: float, rng: np.random.Generator) -> Floats:
    """A year's wave of +-`swing` in the logarithm of rates, its high day anywhere in the year."""
    return np.exp(swing * np.cos(2 * np.pi * (np.arange(days) / 365 - rng.random())))


def shocks(days: int, sd: float, rng: np.random.Generator) -> Floats:
    """Weekly shocks that all customers share: a first-order autoregression of log rates with standard deviation `sd`."""
    weeks = -(-days // 7)
    kept = np.exp(-1 / SHOCK_WEEKS)
    level = np.empty(weeks)
    level[0] = rng.normal(0, sd)
    fresh = rng.normal(0, sd * np.sqrt(1 - kept**2), weeks)
    for week in range(1, weeks):
        level[week] = kept * level[week - 1] + fresh[week]
    return np.exp(np.repeat(level, 7)[:days])
