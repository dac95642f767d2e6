"""One customer: orders and answers on a time axis, rank, group, how likely still a customer, and when the next order is due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import isnan, nan

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats
from models.customer_base import Base
from models.customer_timeline import Timeline, alive_by_day, matching
from models.definitions import Definitions
from models.next_order import alive_by_score, next_order
from models.order_chance import OrderChances
from models.purchases import added, counted, observed_until, purchases
from models.segments import NAMES, Segments
from shop import Shop

CURVE = 61
NOT_WITHIN = 3650
"""A next order later than ten years ahead is not expected: no shop's orders tell that far."""


@dataclass(frozen=True)
class NextOrder:
    """Days from the last observed day: `median`, and the interval `low`..`high` at `level`; infinite where not expected
    within NOT_WITHIN. `never` is the chance of no order within NOT_WITHIN, `within` that of one within `days` by the one score (NaN without).
    `curve`: `day`, and the chance `ordered` that the next order has come by then, for `days` days."""

    median: float
    low: float
    high: float
    never: float
    within: float
    days: int
    level: float
    curve: pd.DataFrame


@dataclass(frozen=True)
class Rank:
    """By money so far, 1 for most; equal customers share the best place. `group` is a name of segments.NAMES, the
    scores are 1 to 5."""

    place: int
    of: int
    group: str
    recency: int
    frequency: int
    money: int


@dataclass(frozen=True)
class Card:
    """`timeline` as customer_timeline has it; its `days` are empty where no model could be fitted. `answers`: `day`,
    `kind`, `score`, `scale`, `comment`, oldest first. `next` and `rank` are None where they cannot be known."""

    timeline: Timeline
    answers: pd.DataFrame
    total: float
    orders: int
    first: dt.date | None
    last: dt.date | None
    end: dt.date
    rank: Rank | None
    next: NextOrder | None

    @property
    def customer(self) -> str | None:
        return self.timeline.customer


def card(
    shop: Shop,
    definitions: Definitions,
    *,
    customer: str,
    grouped: bool = True,
    segments: Segments | None = None,
    chances: OrderChances | None = None,
) -> Card:
    """`customer` is a key, or a part of one that only one has. Without `segments` (too small a shop), and with `grouped`
    False, there is no rank, group or next order; `chances` is the one score, where there is one."""
    end = observed_until(shop, definitions)
    bought = purchases(shop, definitions)
    keys = matching(bought, customer.strip())
    nothing = pd.DataFrame({"day": [], "purchases": [], "alive": []})
    if len(keys) != 1:
        none = pd.DataFrame({"day": [], "value": []})
        return Card(Timeline(None, tuple(keys), none, nothing), none, 0.0, 0, None, None, end, None, None)
    key = keys[0]
    rows = bought.filter(bought.customer == key).order_by("day").execute()
    rows["day"] = pd.to_datetime(rows["day"])
    alive, ranked, ahead = nothing, None, None
    if grouped and segments is not None:
        # Groups and scores are in the order of the keys.
        at = int(bought.filter(bought.customer < key).customer.nunique().execute())
        ranked = None if segments.alike else _rank(segments, at)
        if segments.parameters is not None:
            alive = alive_by_day(rows["day"], end, BG_NBD.name, segments.parameters.tolist())
            chance = float(chances.chance[at]) if chances is not None else nan
            ahead = _next(segments.people.of(np.array([at])).base(), segments, chance, definitions.level)
    line = Timeline(key, (), rows[["day", "value"]], alive)
    return Card(
        line,
        _answers(shop, definitions, key),
        float(rows["value"].sum()),
        int(rows["orders"].sum()),
        rows["day"].iloc[0].date(),
        rows["day"].iloc[-1].date(),
        end,
        ranked,
        ahead,
    )


def biggest(shop: Shop, definitions: Definitions) -> str:
    """The key of the customer who brought most, for a page that nobody has asked for one: "" where there is none."""
    bought = purchases(shop, definitions)
    each = bought.group_by("customer").agg(total=added(bought.value))
    found = each.order_by([each.total.desc(), "customer"]).limit(1).execute()["customer"].tolist()
    return found[0] if found else ""


def _rank(segments: Segments, at: int) -> Rank:
    total, scores = segments.people.total, segments.scores
    return Rank(
        1 + int((total > total[at]).sum()),
        len(total),
        NAMES[int(segments.code[at])],
        int(scores.recency[at]),
        int(scores.frequency[at]),
        int(scores.money[at]),
    )


def _next(base: Base, segments: Segments, chance: float, level: float) -> NextOrder:
    p = segments.parameters
    if p is None:
        raise ValueError("A next order needs a model.")
    x, t, T = base.x, base.t, base.T
    alive = BG_NBD.probability_alive(p, x, t, T)
    if not isnan(chance):
        # What is said of the days agrees with the one score, whichever model made that.
        alive = alive_by_score(BG_NBD, p, x, T, np.array([chance]), float(segments.days))

    def ordered(days: Floats) -> Floats:
        return alive * BG_NBD.survival_of_count(p, 1, days, x, T)

    found = [float(v[0]) for v in next_order(BG_NBD, p, x, t, T, level, alive=alive)]
    median, low, high = (v if v <= NOT_WITHIN else np.inf for v in found)
    never = 1 - float(ordered(np.array([float(NOT_WITHIN)]))[0])
    ahead = np.unique(np.linspace(0, segments.days, CURVE).round())
    days = pd.Timestamp(segments.end) + pd.to_timedelta(ahead, unit="D")
    curve = pd.DataFrame({"day": days, "ordered": ordered(ahead)})
    return NextOrder(median, low, high, never, chance, segments.days, level, curve)


def _answers(shop: Shop, definitions: Definitions, key: str) -> pd.DataFrame:
    """What the customer answered: surveys that name the customer, or one of the orders."""
    columns = ["day", "kind", "score", "scale", "comment"]
    if shop.surveys is None:
        return pd.DataFrame({name: [] for name in columns})
    orders = counted(shop, definitions)
    theirs = orders.filter(orders.customer == key)
    asked: ir.Table = shop.surveys
    # By the order where one is named: it belongs to the customer under any rule of identity.
    by_order = asked.order_id.isin(theirs.order_id)
    by_name = asked.order_id.isnull() & (asked.customer == key)
    found = asked.filter(by_order.fill_null(False) | by_name.fill_null(False))
    found = found.order_by("answered_at").select(day=found.answered_at, **{c: found[c] for c in columns[1:]})
    rows = found.execute()
    rows["day"] = pd.to_datetime(rows["day"])
    rows["comment"] = rows["comment"].fillna("")
    return rows
