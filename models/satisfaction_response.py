"""Who answered: how many of those who ordered, how they differ from the silent, and what the silent could hide.

The share of orders and customers with an answer is a recorded fact. A response rate needs to know how many were asked: nobody's table
holds that, so the number of invitations is a setting.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from models.definitions import Definitions
from models.estimate import Estimate, difference, mean, missing, share
from models.purchases import NoOrders, counted, observed_until, purchases
from models.satisfaction import Scale, effective_n, no_answers, nps, worst_case
from models.satisfaction_orders import STRATA
from models.satisfaction_people import of_scale, whose
from shop import Shop
from words import count, text


@dataclass(frozen=True)
class Compared:
    """One figure of the customers who answered and of those who did not, and the first less the second."""

    name: str
    answered: Estimate
    silent: Estimate
    apart: Estimate


@dataclass(frozen=True)
class Response:
    """`answers` on this scale; `orders_answered` of the `orders` that count have one, `customers_answered` of the `customers`. `compared`:
    "order_value" (money a purchase), "tenure" (days since the first purchase) and "purchases". `reweighted` is the score if every stratum of
    purchases (`satisfaction_orders.STRATA`) had answered as often as it has customers, `weighs` how many plain answers it is worth."""

    answers: int
    orders: int
    orders_answered: int
    customers: int
    customers_answered: int
    compared: tuple[Compared, ...]
    plain: Estimate
    reweighted: Estimate
    weighs: float


def response(shop: Shop, definitions: Definitions, *, scale: Scale, question: str | None = None) -> Response:
    """Who answered on this scale."""
    rows = whose(shop, definitions, of_scale(shop, definitions, scale, question=question))
    level = definitions.level
    answers = int(rows.count().execute())
    try:
        end = observed_until(shop, definitions)
    except NoOrders as none:
        nothing = missing(str(none), level=level)
        return Response(answers, 0, 0, 0, 0, (), nothing, nothing, 0.0)
    orders = counted(shop, definitions)
    told = rows.filter(rows.order_id.notnull()).select("order_id").distinct()
    placed = int(orders.count().execute())
    answered = int(orders.semi_join(told, "order_id").count().execute())
    first = (
        rows.filter(rows.who.notnull())
        .group_by(customer=rows.who)
        .agg(side=rows.side.argmin(rows.answered_at))
    )
    days = purchases(shop, definitions)
    each = days.group_by("customer").agg(n=days.count(), value=days.value.mean(), first_day=days.day.min())
    each = each.left_join(first, "customer").select("n", "value", "first_day", "side")
    tenure = ibis.literal(end).delta(each.first_day, unit="day").cast("float64")
    each = each.mutate(
        stratum=sum((each.n >= k).cast("int64") for k in STRATA) - 1, tenure=tenure, n=each.n.cast("float64")
    )
    names = {"order_value": "value", "tenure": "tenure", "purchases": "n"}
    sums = {
        f"{name}_{what}": (each[column] ** power).sum().round(4)
        for name, column in names.items()
        for what, power in (("sum", 1), ("squares", 2))
    }
    keys = ["stratum", "side"]
    table = each.group_by(keys).agg(customers=each.count(), **sums).order_by(keys).execute()
    silent = table.side.isna()
    units = {"order_value": "money", "tenure": "days", "purchases": "ratio"}
    compared = tuple(
        _compared(name, unit, table[~silent], table[silent], level) for name, unit in units.items()
    )
    plain, reweighted, weighs = _reweighted(scale, table, silent, level)
    known = int(table.customers[~silent].sum())
    whole = int(table.customers.sum())
    return Response(answers, placed, answered, whole, known, compared, plain, reweighted, weighs)


def _compared(name: str, unit: str, told: pd.DataFrame, silent: pd.DataFrame, level: float) -> Compared:
    here, there = (_mean(name, unit, part, level) for part in (told, silent))
    return Compared(name, here, there, difference(here, there))


def _mean(name: str, unit: str, rows: pd.DataFrame, level: float) -> Estimate:
    n, total, squares = (float(rows[c].sum()) for c in ("customers", f"{name}_sum", f"{name}_squares"))
    why = text("Too few customers to compare.")
    return mean(int(n), total, squares, level=level, unit=unit, why_missing=why)


def _reweighted(
    scale: Scale, table: pd.DataFrame, silent: pd.Series, level: float
) -> tuple[Estimate, Estimate, float]:
    """(the score of first answers as they are, the same with each stratum at its share of all customers, effective n)"""
    told = table[~silent]
    whole, part = (t.groupby("stratum").customers.sum() for t in (table, told))
    # A stratum of which nobody answered has no weight to give: the others stand for it.
    weight = (whole.reindex(part.index) / part).reindex(told.stratum).to_numpy(float)
    n, side = told.customers.to_numpy(float), told.side.to_numpy(float)
    weighs = effective_n(np.repeat(weight, n.astype(np.int64)))
    return (
        _score(scale, side, n, float(n.sum()), level),
        _score(scale, side, n * weight, weighs, level),
        weighs,
    )


def _score(scale: Scale, side: np.ndarray, weight: np.ndarray, n: float, level: float) -> Estimate:
    total = float(weight.sum())
    if not total:
        return missing(no_answers(), level=level)
    good, middle, bad = (float(weight[side == k].sum()) / total * n for k in (1, 0, -1))
    if scale.kind == "NPS":
        return nps(good, middle, bad, level)
    whole = max(int(n), 1)
    return share(min(good / n, 1.0) * whole, whole, level=level)


def of_everybody(score: Estimate, invited: int) -> tuple[float, tuple[float, float]]:
    """(the response rate, between which values the score of all who were invited lies). Raises ValueError where more answered than were
    invited."""
    if invited < score.n or invited <= 0:
        raise ValueError(
            text(
                "{answers} answers came, but {invited} invitations are given. Enter the number of people who were asked.",
                answers=count(score.n),
                invited=count(invited),
            )
        )
    rate = score.n / invited
    return rate, worst_case(score, rate)
