"""Who answered: answers joined to the customers who gave them, and what each had bought by then and after.

Where answers are compared by customer, the first answer of each is taken. The last one would be chosen by what came after it: who orders again
is asked again, so that a last answer is one after which fewer orders came.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from models.contact_signs import UNHAPPY_DAYS, unhappy
from models.customer_base import NoCustomers, load
from models.customer_key import with_customer
from models.definitions import Definitions
from models.purchases import NoOrders, added, purchases
from models.satisfaction import Scale
from models.satisfaction_trend import asked
from shop import Shop

VALUE_DAYS = 365
"""So many days after the answer are its 12 months."""
LATELY = UNHAPPY_DAYS
"""An answer older than this many days is no reason to call: the contact list's own limit."""


def whose(shop: Shop, definitions: Definitions, rows: ir.Table) -> ir.Table:
    """`rows` of `surveys` with `who`, the customer by the identity rule, of the order the answer is about, else the answer's own key where
    that is the rule; null where nobody is known."""
    orders = with_customer(shop.orders, definitions.identity)
    known = orders.filter(orders.customer.notnull() & orders.order_id.notnull())
    known = known.group_by(about=known.order_id).agg(buyer=known.customer.max())
    rows = rows.left_join(known, rows.order_id == known.about)
    who = rows.buyer.coalesce(rows.customer) if definitions.identity == "default" else rows.buyer
    return rows.mutate(who=who)


def of_scale(shop: Shop, definitions: Definitions, scale: Scale, *, question: str | None = None) -> ir.Table:
    """The answers counted on this scale, with `side` (1 for the shop, -1 against it, else 0) and `day` (UTC)."""
    rows = asked(shop, definitions, scale, question)
    good = rows.score <= scale.upper if scale.reversed else rows.score >= scale.upper
    bad = ibis.literal(False) if scale.lower is None else rows.score <= scale.lower
    return rows.mutate(side=ibis.ifelse(good, 1, ibis.ifelse(bad, -1, 0)), day=rows.answered_at.date())


def first_answers(
    shop: Shop, definitions: Definitions, scale: Scale, *, question: str | None = None
) -> ir.Table:
    """One row a customer: `customer`, `answered` (the day of the first answer) and its `side`."""
    rows = whose(shop, definitions, of_scale(shop, definitions, scale, question=question))
    rows = rows.filter(rows.who.notnull())
    # Moment and side as one number, the least of which is the first answer; of two at one second the lower one, so that
    # the order of rows in a file decides nothing.
    code = rows.answered_at.epoch_seconds().cast("int64") * 4 + rows.side + 1
    first = rows.group_by(customer=rows.who).agg(code=code.min())
    day = (first.code // 4).as_timestamp("s").date()
    return first.select("customer", answered=day, side=(first.code % 4 - 1).cast("int64"))


def with_history(shop: Shop, definitions: Definitions, answers: ir.Table, end: dt.date) -> ir.Table:
    """`answers` (`first_answers`) of customers who had bought by then: `earlier` purchases up to the answer's day, `first_day`, `spent` on the last
    of them, `next_day` of the first purchase after it (null where none until `end`) and `after`, the money of the VALUE_DAYS after the
    answer's day."""
    days = purchases(shop, definitions, until=end)
    rows = answers.join(days, "customer")
    before = rows.day <= rows.answered
    gap = rows.day.delta(rows.answered, unit="day")
    each = rows.group_by("customer").agg(
        answered=rows.answered.min(),
        side=rows.side.min(),
        earlier=before.cast("int64").sum(),
        first_day=rows.day.min(),
        spent=rows.value.argmax(rows.day, where=before),
        next_day=rows.day.min(where=~before),
        after=added(rows.value, where=~before & (gap <= VALUE_DAYS)).coalesce(0.0),
    )
    return each.filter(each.earlier > 0)


def unhappy_lately(shop: Shop, definitions: Definitions) -> int:
    """How many customers the contact list names as unhappy, by its own rule (`contact_signs.unhappy`): one number on both pages."""
    try:
        base = load(shop, definitions, named=True)
    except (NoOrders, NoCustomers):
        return 0
    found = unhappy(shop, definitions, base)
    return 0 if found is None else int(found.sum())
