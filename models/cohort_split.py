"""By what cohorts can be split: what is known of each customer's first order."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from models.definitions import Definitions
from models.purchases import counted
from shop import Shop
from words import listing, text

SPLITS = ("channel", "country", "first_product", "first_discount")
MOST_VALUES = 7
"""So many values keep their own line; the rest are pooled, so that a chart stays readable."""


def available(shop: Shop, definitions: Definitions) -> tuple[str, ...]:
    """The splits this shop has something to say about: columns of the counted orders with at least two values."""
    orders = counted(shop, definitions)
    columns = {name: column(orders, name) for name in (*SPLITS, *(kept for kept, _ in shop.splits))}
    # The least and the greatest value tell whether there are two, at a fraction of counting all of them.
    ends = {
        f"{end}_{name}": getattr(value, end)() for name, value in columns.items() for end in ("min", "max")
    }
    row = orders.agg(**ends).execute().iloc[0]
    return tuple(
        name for name in columns if pd.notna(row[f"min_{name}"]) and row[f"min_{name}"] != row[f"max_{name}"]
    )


def first_orders(shop: Shop, definitions: Definitions, *names: str) -> ir.Table:
    """One row a customer: `customer` and a column for each of `names`, read from the first order.

    Of several first orders at the same moment the alphabetically first value that is not empty is taken, so
    that the order of rows in a file decides nothing. Raises ValueError for a column that does not exist.
    """
    known = (*SPLITS, *(kept for kept, _ in shop.splits))
    for name in names:
        if name not in known:
            raise ValueError(
                text(
                    "Cohorts cannot be split by {name}. This shop can be split by {known}.",
                    name=name,
                    known=listing(known),
                )
            )
    orders = counted(shop, definitions).filter(lambda t: t.customer.notnull())
    orders = orders.select("customer", "ordered_at", **{name: column(orders, name) for name in names})
    moments = orders.group_by("customer").agg(first_at=orders.ordered_at.min())
    firsts = orders.join(moments, ["customer", orders.ordered_at == moments.first_at])
    return firsts.group_by("customer").agg(**{name: firsts[name].min() for name in names})


def split_values(shop: Shop, definitions: Definitions, name: str) -> ir.Table:
    """`customer` and `split`: the value of `name`, rare ones pooled, empty ones named as such."""
    firsts = first_orders(shop, definitions, name)
    if name == "first_discount":
        labels = {1: text("with a discount"), 0: text("at full price")}
        value = firsts[name].cast("int64").cases(*labels.items(), else_=text("not stated"))
        return firsts.select("customer", split=value)
    values = firsts.group_by(split=firsts[name]).agg(customers=firsts.count())
    values = values.filter(values.split.notnull()).order_by([ibis.desc("customers"), "split"])
    common = values.limit(MOST_VALUES + 1).execute()["split"].tolist()
    value = firsts[name]
    if len(common) > MOST_VALUES:
        kept = value.isnull() | value.isin(common[:MOST_VALUES])
        value = ibis.ifelse(kept, value, ibis.literal(text("all others")))
    return firsts.select("customer", split=value.coalesce(text("not stated")))


def column(orders: ir.Table, name: str) -> ir.Value:
    """What `name` says of each order: the column itself, or 1 where a discount was used and 0 where not."""
    if name == "first_discount":
        return ((orders.discount > 0).coalesce(False) | orders.discount_code.notnull()).cast("int8")
    return orders[name]
