"""What surveys and order lines say of each customer at one day: one row a customer, in the engine."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from models.customer_key import with_customer
from models.definitions import Definitions
from models.purchases import counted, day_of
from shop import Shop


def category_rows(past: Shop, definitions: Definitions, day: dt.date) -> ir.Table | None:
    """`customer`, `categories`: of how many different ones the customer has bought by `day`, and `first_category`: that of
    an order's first line on the first day that has one, of several the alphabetically first."""
    if past.order_lines is None:
        return None
    orders = counted(past, definitions, until=day)
    orders = orders.filter(orders.customer.notnull()).select("order_id", "customer", day_of(orders))
    lines = past.order_lines.select("order_id", "category", "line")
    bought = orders.join(lines.filter(lines.category.notnull()), "order_id")
    first = bought.line == 1
    each = bought.group_by(["customer", "category"]).agg(
        first_day=bought.day.min(where=first),
    )
    return each.group_by("customer").agg(
        categories=each.count().cast("float64"),
        first_category=ibis.struct({"day": each.first_day, "category": each.category}).min(
            where=each.first_day.notnull()
        )["category"],
    )


def answer_rows(past: Shop, definitions: Definitions, day: dt.date) -> ir.Table | None:
    """`customer`, `last_score` (0 the unhappiest answer of its scale, 1 the happiest), `answer_days` since and
    `answers`. Of several answers at one moment the unhappiest counts.

    A CES asks for effort: there a high score is an unhappy one unless the scale says otherwise, and shops differ, so
    its answers are left out.
    """
    if past.surveys is None:
        return None
    surveys = past.surveys.filter(past.surveys.kind.upper() != "CES")
    low, high = (
        surveys["scale"].re_extract(r"^\s*(-?\d+)\D+(\d+)\s*$", part).try_cast("float64") for part in (1, 2)
    )
    surveys = surveys.mutate(place=(surveys.score.cast("float64") - low) / (high - low).nullif(0))
    surveys = surveys.filter(surveys.place.between(0, 1))
    told = _by_customer(past, definitions, surveys.select("answered_at", "place", "order_id", "customer"))
    moments = told.group_by(["who", "answered_at"]).agg(place=told.place.min(), n=told.count())
    each = moments.group_by("who").agg(
        last_score=moments.place.argmax(moments.answered_at),
        last_at=moments.answered_at.max(),
        answers=moments.n.sum().cast("float64"),
    )
    # In UTC: an answer late in a western evening may count as the next day's, and never as less than nought days old.
    since = ibis.literal(day).delta(each.last_at.date(), unit="day").cast("float64")
    return each.select("last_score", "answers", customer=each.who, answer_days=ibis.greatest(since, 0.0))


def _by_customer(past: Shop, definitions: Definitions, told: ir.Table) -> ir.Table:
    """The answers with `who` gave them, by the identity rule; those of nobody known are left out.

    The order an answer is about says who gave it; without one, the customer it names, under the key made at import.
    """
    told = told.rename(given="customer")
    keys = with_customer(past.orders.mutate(given=past.orders.customer), definitions.identity)
    asked = keys.semi_join(told, "order_id")
    of_order = asked.group_by("order_id").agg(by_order=asked.customer.min())
    told = told.left_join(of_order, "order_id").select(told, of_order.by_order)
    if definitions.identity == "default":
        told = told.mutate(who=ibis.coalesce(told.by_order, told.given))
    else:
        named = keys.semi_join(told, "given")
        of_key = named.group_by("given").agg(by_key=named.customer.min())
        told = told.left_join(of_key, "given").select(told, of_key.by_key)
        told = told.mutate(who=ibis.coalesce(told.by_order, told.by_key))
    return told.filter(told.who.notnull())
