"""What the engine counts for a table of cohorts: small sums by cohort, split and age."""

from __future__ import annotations

from typing import Literal

import ibis
import ibis.expr.types as ir

from models import cohort_clock
from models.cohort_split import firsts, split_firsts
from models.definitions import Definitions
from models.purchases import counted, money
from shop import Shop

Measure = Literal["retention", "revenue", "purchases"]


def _firsts(shop: Shop, definitions: Definitions, split: str | None) -> ir.Table:
    """One row a customer: `customer`, `first_day`, `last_day` and `split`."""
    if split is None:
        return firsts(shop, definitions).mutate(split=ibis.literal(""))
    return split_firsts(shop, definitions, split)


def retention(shop: Shop, definitions: Definitions, split: str | None) -> ir.Table:
    """Customers by age under each reading, one row a cohort, split, age and `reading`.

    Only rows after the first day are joined to it: half of a shop's orders are somebody's first.
    """
    won = _firsts(shop, definitions, split)
    orders = counted(shop, definitions).select("customer", day=ibis._.ordered_on)
    later = orders.join(won, "customer").filter(lambda t: t.day > t.first_day)
    keys = ["customer", "split", "first_day"]
    bought = later.select(*keys, age=_age(later.first_day, later.day, definitions)).distinct()
    again = bought.group_by(keys).agg(age=bought.age.min())
    last = won.mutate(age=_age(won.first_day, won.last_day, definitions))
    born = won.mutate(age=ibis.literal(0, "int64"))

    def customers(of: ir.Table, reading: str) -> ir.Table:
        cohort = cohort_clock.start(of.first_day, definitions.period).name("cohort")
        counts = of.group_by([cohort, "split", "age"]).agg(customers=of.count(), latest=of.first_day.max())
        return counts.mutate(reading=ibis.literal(reading))

    return ibis.union(
        customers(born, "born"),
        customers(bought, "bought"),
        customers(last, "last"),
        customers(again, "again"),
    )


def cumulative(shop: Shop, definitions: Definitions, split: str | None, measure: Measure) -> ir.Table:
    """`total` and `squares` by which the sums over customers of the cumulative amount, and of its square,
    grow at each age: so no row is needed for an age at which a customer bought nothing."""
    rows = money(shop, definitions).select("customer", "orders", "value", day=ibis._.ordered_on)
    if measure == "purchases":
        rows = rows.filter(rows.orders == 1).select("customer", "day").distinct()
        rows = rows.mutate(value=ibis.literal(1.0))
    rows = rows.join(_firsts(shop, definitions, split), "customer").filter(lambda t: t.day >= t.first_day)
    rows = rows.mutate(age=_age(rows.first_day, rows.day, definitions))
    stays = rows.group_by(["customer", "split", "first_day", "age"]).agg(amount=rows.value.sum())
    stays = stays.mutate(running=stays.amount.sum().over(group_by="customer", order_by="age", rows=(None, 0)))
    before = stays.running - stays.amount
    return stays.group_by(
        [cohort_clock.start(stays.first_day, definitions.period).name("cohort"), "split", "age"]
    ).agg(
        customers=stays.count(),
        latest=stays.first_day.max(),
        total=stays.amount.sum(),
        squares=(stays.running * stays.running - before * before).sum(),
    )


def _age(first: ir.Value, later: ir.Value, definitions: Definitions) -> ir.Value:
    return cohort_clock.age(first, later, definitions.period, definitions.clock)
