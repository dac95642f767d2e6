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


def firsts(shop: Shop, definitions: Definitions, *names: str) -> ir.Table:
    """One row a customer: `customer`, `first_day`, `last_day`, and each of `names` as the first order has it.

    Of several first orders at the same moment the alphabetically first value that is not empty is taken, so
    that the order of rows in a file decides nothing. Raises ValueError for a column that does not exist.
    """
    _check(shop, names)
    orders = counted(shop, definitions)
    orders = orders.filter(orders.customer.notnull())
    first_last = {"first_day": orders.ordered_on.min(), "last_day": orders.ordered_on.max()}
    if not names:
        return orders.group_by("customer").agg(**first_last)
    moments = orders.group_by("customer").agg(**first_last, first_at=orders.ordered_at.min())
    told = orders.select("customer", "ordered_at", **{name: column(orders, name) for name in names})
    first = told.join(moments, ["customer", told.ordered_at == moments.first_at])
    return first.group_by(["customer", "first_day", "last_day"]).agg(**{n: first[n].min() for n in names})


def split_firsts(shop: Shop, definitions: Definitions, name: str) -> ir.Table:
    """`customer`, `first_day`, `last_day` and `split`: the value of `name`, rare ones pooled, empty ones named
    as such. Rare is what fewest orders have: counting those costs no join."""
    each = firsts(shop, definitions, name)
    kept = [each.customer, each.first_day, each.last_day]
    return each.select(*kept, split=pooled(shop, definitions, each, name))


def pooled(shop: Shop, definitions: Definitions, each: ir.Table, name: str) -> ir.Value:
    """The value of `name` in `firsts`' table: MOST_VALUES of them, the rare ones together, empty ones named as such."""
    value = each[name]
    if name == "first_discount":
        labels = {1: text("with a discount"), 0: text("at full price")}
        return value.cast("int64").cases(*labels.items(), else_=text("not stated"))
    orders = counted(shop, definitions).filter(lambda t: t.customer.notnull() & t[name].notnull())
    values = orders.group_by(name).agg(number=orders.count()).order_by([ibis.desc("number"), name])
    common = values.limit(MOST_VALUES + 1).execute()[name].tolist()
    if len(common) > MOST_VALUES:
        named = value.isnull() | value.isin(common[:MOST_VALUES])
        value = ibis.ifelse(named, value, ibis.literal(text("all others")))
    return value.coalesce(text("not stated"))


def _check(shop: Shop, names: tuple[str, ...]) -> None:
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


def column(orders: ir.Table, name: str) -> ir.Value:
    """What `name` says of each order: the column itself, or 1 where a discount was used and 0 where not."""
    if name == "first_discount":
        return ((orders.discount > 0).coalesce(False) | orders.discount_code.notnull()).cast("int8")
    return orders[name]
