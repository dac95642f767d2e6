"""One customer's purchases on a time axis, and how likely they were still a customer on each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from models.btyd.families import FAMILIES
from models.definitions import Definitions
from models.purchases import observed_until, purchases
from shop import Shop

OFFERED = 6
EXAMPLE = 8
"""So many purchases show best how each one lifts the chance, and how it falls without."""


@dataclass(frozen=True)
class Timeline:
    """`customer` is the key found, None where none or several fit, and then `similar` are keys to choose from. `bought`:
    `day`, `value`. `days`: `day` from the first purchase to the end, `purchases` so far, `alive`: P(still a customer) given
    what was known by the end of that day."""

    customer: str | None
    similar: tuple[str, ...]
    bought: pd.DataFrame
    days: pd.DataFrame


def timeline(
    shop: Shop, definitions: Definitions, *, customer: str, model: str, parameters: Sequence[float]
) -> Timeline:
    """`customer` is a key, or a part of one that only one has; empty for one whose number of purchases is nearest to
    EXAMPLE."""
    bought = purchases(shop, definitions)
    asked = customer.strip()
    keys = _example(bought) if not asked else matching(bought, asked)
    if len(keys) != 1:
        nothing = pd.DataFrame({"day": [], "value": []})
        return Timeline(None, tuple(keys), nothing, pd.DataFrame({"day": [], "purchases": [], "alive": []}))
    rows = bought.filter(bought.customer == keys[0]).order_by("day").select("day", "value").execute()
    rows["day"] = pd.to_datetime(rows["day"])
    return Timeline(
        keys[0], (), rows, alive_by_day(rows["day"], observed_until(shop, definitions), model, parameters)
    )


def alive_by_day(bought: pd.Series, until: dt.date, model: str, parameters: Sequence[float]) -> pd.DataFrame:
    """P(alive) on each day from the first of the days `bought` to `until`: T grows day by day, x and t with each
    purchase."""
    days = pd.date_range(bought.iloc[0], pd.Timestamp(until))
    at = (bought - bought.iloc[0]).dt.days.to_numpy()
    age = np.arange(len(days))
    x = np.searchsorted(at, age, side="right") - 1
    alive = FAMILIES[model].probability_alive(
        np.asarray(parameters, float), x, at[x].astype(float), age.astype(float)
    )
    return pd.DataFrame({"day": days, "purchases": x + 1, "alive": alive})


def _example(bought: ir.Table) -> list[str]:
    each = bought.group_by("customer").agg(n=bought.count())
    return each.order_by([(each.n - EXAMPLE).abs(), "customer"]).limit(1).execute()["customer"].tolist()


def matching(bought: ir.Table, asked: str) -> list[str]:
    """The key that is `asked`, else the first OFFERED that have it somewhere in them."""
    exact = bought.filter(bought.customer == asked).limit(1).execute()["customer"].tolist()
    if exact:
        return exact
    like = bought.filter(bought.customer.lower().contains(asked.lower())).select("customer").distinct()
    return like.order_by("customer").limit(OFFERED).execute()["customer"].tolist()
