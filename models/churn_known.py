"""A shop as it was known at the end of one past day: what every feature is computed from.

Cutting once, before anything is asked, is what makes every feature look only backwards.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import ibis

from shop import Shop


def known(shop: Shop, day: dt.date) -> Shop:
    """`shop` with nothing of after `day` (a local day, inclusive): no order, answer, refund or delivery.

    A refund without a moment cannot be told to have happened by then; it is not seen at all. So is a credit note,
    which carries a day of its own, by that day. An order keeps when it was promised, which was said when it was made.
    Lines have no moment: they are reached through the orders that are known.
    """
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(shop.zone))
    end = ibis.literal(midnight.astimezone(dt.UTC).replace(tzinfo=None))
    orders = shop.orders.filter(shop.orders.ordered_on <= ibis.literal(day))
    paid_back = (orders.refunded_at < end).fill_null(False)
    came = (orders.delivered_at < end).fill_null(False)
    orders = orders.mutate(
        refunded=ibis.ifelse(paid_back, orders.refunded, ibis.null(orders.refunded.type())),
        refunded_at=ibis.ifelse(paid_back, orders.refunded_at, ibis.null(orders.refunded_at.type())),
        delivered_at=ibis.ifelse(came, orders.delivered_at, ibis.null(orders.delivered_at.type())),
        overdue=((orders.promised_at < end) & ~came).fill_null(False),
    )
    surveys = shop.surveys
    if surveys is not None:
        surveys = surveys.filter(surveys.answered_at < end)
    return replace(
        shop,
        fingerprint=f"{shop.fingerprint}:{day.isoformat()}",
        orders=orders,
        surveys=surveys,
    )
