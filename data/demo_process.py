"""How customers of the demo shop come, buy and leave: numbers only, no names and no files.

Buying is BG/NBD (Fader, Hardie and Lee 2005): each customer orders at a gamma-distributed rate and may leave
after any order with a beta-distributed chance, different by channel. Time runs faster in season: waiting
times are exponential in weeks of average season. Amounts are gamma-gamma (Fader and Hardie 2013). Black
Friday's new customers mostly leave after one order, and a bad experience makes leaving likelier.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer]
Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]

TRUTH_FILE = Path(__file__).with_name("demo_truth.json")
HOUR = 3_600_000_000
"""An hour in the microseconds in which all moments are kept (since 1970, UTC)."""
DAY = 24 * HOUR


@cache
def truth() -> dict[str, Any]:
    """The committed parameters. Never change what it returns."""
    return json.loads(TRUTH_FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Season:
    """The shop's hours, from its first to its last: `weeks[h]` weeks of average season passed before hour h,
    `offset[h]` its distance from UTC in microseconds, `month[h]` months since the first, `event[h]` whether
    it lies in the days of Black Friday."""

    start: int
    weeks: Floats
    offset: Ints
    month: Ints
    event: Bools

    def moment(self, weeks: Floats) -> Ints:
        """Weeks of average season -> microseconds since 1970 (UTC), to the second."""
        hours = np.interp(weeks, self.weeks, np.arange(len(self.weeks)))
        return self.start + (hours * 3600).astype(np.int64) * 1_000_000

    def hour(self, moment: Ints) -> Ints:
        return np.minimum((moment - self.start) // HOUR, len(self.offset) - 1)

    def local_day(self, moment: Ints) -> Ints:
        """Days since 1970 in the shop's zone."""
        return ((moment + self.offset[self.hour(moment)]) // DAY).astype(np.int32)

    @property
    def end(self) -> int:
        return self.start + len(self.offset) * HOUR


@cache
def season() -> Season:
    t = truth()
    zone = ZoneInfo(t["zone"])
    first, last = dt.date.fromisoformat(t["first_day"]), dt.date.fromisoformat(t["last_day"])
    start = dt.datetime.combine(first, dt.time(), zone).astimezone(dt.UTC)
    end = dt.datetime.combine(last + dt.timedelta(1), dt.time(), zone).astimezone(dt.UTC)
    local = [
        (start + dt.timedelta(hours=h)).astimezone(zone)
        for h in range(int((end - start).total_seconds()) // 3600)
    ]
    fridays = {year: _black_friday(year) for year in range(first.year, last.year + 1)}
    event = np.array([-1 <= (x.date() - fridays[x.year]).days <= 3 for x in local])
    pace = np.array(
        [
            t["season"]["month"][x.month - 1]
            * t["season"]["weekday_from_monday"][x.weekday()]
            * t["season"]["hour"][x.hour]
            for x in local
        ]
    )
    pace[event] *= t["season"]["event_factor"]
    pace /= pace.mean() * 168
    return Season(
        start=int(start.timestamp()) * 1_000_000,
        weeks=np.concatenate([[0.0], np.cumsum(pace)]),
        offset=np.array([int(x.utcoffset().total_seconds()) for x in local]) * 1_000_000,  # type: ignore[union-attr]
        month=np.array([(x.year - first.year) * 12 + x.month - first.month for x in local]),
        event=event,
    )


def _black_friday(year: int) -> dt.date:
    """The day after the fourth Thursday of November."""
    first = dt.date(year, 11, 1)
    return first + dt.timedelta((3 - first.weekday()) % 7 + 22)


@dataclass(frozen=True)
class Plan:
    """`spend[c, m]` in dollars and `won[c, m]` customers, by channel and month."""

    spend: Floats
    won: Ints


def plan(customers: int, rng: np.random.Generator) -> Plan:
    """What is spent in each month, and whom it wins: c spend^beta for paid channels, else with the season."""
    t, s = truth(), season()
    names = list(t["channels"])
    months = int(s.month[-1]) + 1
    by_month = np.add.reduceat(np.diff(s.weeks), np.searchsorted(s.month, np.arange(months)))
    growth = (1 + t["acquisition"]["growth_a_year"]) ** (np.arange(months) / 12)
    calm = growth * by_month
    pattern = calm * np.exp(rng.normal(0, t["acquisition"]["spend_noise_sd"], (len(names), months)))
    pattern /= pattern.mean(axis=1, keepdims=True)
    paid = np.array([c["cost"] > 0 for c in t["channels"].values()])
    pull = np.where(paid[:, None], pattern ** t["acquisition"]["spend_exponent"], calm)
    pull = pull / pull.sum(axis=1, keepdims=True)
    share = np.array([c["share"] for c in t["channels"].values()])
    noise = np.exp(rng.normal(0, t["acquisition"]["monthly_noise_sd"], pull.shape))
    chance = share[:, None] * pull * noise
    won = rng.multinomial(customers, (chance / chance.sum()).ravel()).reshape(pull.shape)
    cost = np.array([c["cost"] for c in t["channels"].values()])
    return Plan(np.round(cost[:, None] * share[:, None] * customers / months * pattern, 2), won)


@dataclass(frozen=True)
class Customers:
    """One entry a customer, in order of the first purchase. `came` in weeks of average season, `rate` in
    orders a week, `leaving` the chance after each order, `scale` the rate of the customer's gamma amounts."""

    channel: Ints
    country: Ints
    came: Floats
    rate: Floats
    leaving: Floats
    scale: Floats


def customers(won: Ints, rng: np.random.Generator) -> Customers:
    t, s = truth(), season()
    n = int(won.sum())
    starts = s.weeks[np.searchsorted(s.month, np.arange(won.shape[1] + 1))]
    channel = np.repeat(np.repeat(np.arange(won.shape[0]), won.shape[1]), won.ravel())
    month = np.repeat(np.tile(np.arange(won.shape[1]), won.shape[0]), won.ravel())
    came = starts[month] + rng.random(n) * (starts[month + 1] - starts[month])
    order = np.argsort(came, kind="stable")
    channel, came = channel[order].astype(np.int8), came[order]
    by = {
        key: np.array([c[key] for c in t["channels"].values()])[channel]
        for key in ("r", "alpha", "a", "b", "gamma")
    }
    return Customers(
        channel=channel,
        country=rng.choice(len(t["countries"]), n, p=list(t["countries"].values())).astype(np.int8),
        came=came,
        rate=rng.gamma(by["r"]) / by["alpha"],
        leaving=rng.beta(by["a"], by["b"]),
        scale=rng.gamma(t["spend_per_order"]["q"], size=n) / by["gamma"],
    )


@dataclass(frozen=True)
class Orders:
    """One entry an order, sorted by customer and time. `customer` is an index into Customers; `number` its
    place among the customer's orders, from 0; `event` whether it was made with Black Friday's code."""

    customer: Ints
    number: Ints
    at: Ints
    event: Bools
    late: Bools
    unhappy: Bools


def orders(people: Customers, rng: np.random.Generator) -> Orders:
    """Everybody's orders, one round for all first orders, one for all second ones, and so on."""
    t, s = truth(), season()
    end = s.weeks[-1]
    added = t["satisfaction"]["dropout_added_when_unhappy"]
    who, weeks, rounds, number = np.arange(len(people.came), dtype=np.int32), people.came, [], 0
    while len(who):
        at = s.moment(weeks)
        late, unhappy = experience(people.country[who], s.month[s.hour(at)], rng)
        event = (
            s.event[s.hour(at)] & (number == 0) & (rng.random(len(who)) < t["event"]["share_of_first_orders"])
        )
        rounds.append((who, np.full(len(who), number, np.int16), at, event, late, unhappy))
        stays = (1 - people.leaving[who]) * (1 - added * unhappy)
        stays *= 1 - t["event"]["dropout_after_first"] * event
        going_on = rng.random(len(who)) < stays
        who = who[going_on]
        weeks = weeks[going_on] + rng.exponential(size=len(who)) / people.rate[who]
        who, weeks = who[weeks < end], weeks[weeks < end]
        number += 1
    columns = [np.concatenate(column) for column in zip(*rounds, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Orders(*(column[order] for column in columns))


def experience(country: Ints, month: Ints, rng: np.random.Generator) -> tuple[Bools, Bools]:
    """Whether each order comes late, and whether its customer is unhappy with it."""
    t = truth()
    chance = np.array(list(t["delivery"]["late_share"].values()))[country]
    chance = chance * np.where(month % 12 == 11, t["delivery"]["late_factor_in_december"], 1.0)
    late = rng.random(len(country)) < chance
    share = t["satisfaction"]["unhappy_share"]
    return late, rng.random(len(country)) < np.where(late, share["late"], share["on_time"])
