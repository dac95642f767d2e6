"""What customers did bring in their first months: the plain figure that a forecast of the same has to agree with."""

from __future__ import annotations

import ibis

from models.customer_base import MONTH
from models.definitions import Definitions
from models.estimate import Estimate, mean
from models.purchases import observed_until, purchases
from shop import Shop
from words import text


def observed_value(shop: Shop, definitions: Definitions) -> Estimate:
    """Mean value, within the horizon, of the customers won at least a horizon ago: first purchase included, later
    ones discounted as `customer_base.discounts` does it. Student's t over customers."""
    months = definitions.ltv_horizon_months
    end = observed_until(shop, definitions)
    days = purchases(shop, definitions)
    firsts = days.group_by("customer").agg(first_day=days.day.min())
    old = ibis.literal(end).delta(firsts.first_day, unit="day") >= months * MONTH
    rows = days.join(firsts.filter(old), "customer")
    age = rows.day.delta(rows.first_day, unit="day")
    # A month's purchases count as if they came in its middle; the first one comes at once.
    middle = ((age / MONTH).ceil() - 0.5) / 12
    worth = ibis.ifelse(age == 0, 1.0, ibis.literal(1 + definitions.discount_rate) ** (-middle))
    rows = rows.filter(age <= months * MONTH)
    each = rows.group_by("customer").agg(total=(rows.value * worth).sum())
    sums = each.agg(n=each.count(), total=each.total.sum(), squares=(each.total**2).sum()).execute().iloc[0]
    n = int(sums["n"])
    return mean(
        n,
        float(sums["total"]) if n else 0.0,
        float(sums["squares"]) if n else 0.0,
        level=definitions.level,
        why_missing=text("Too few customers were won long enough ago to see what they brought."),
    )
