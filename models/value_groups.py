"""What the customers of each cohort or channel have brought, and what is still to come from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.backtest import Backtest, rolling
from models.btyd.families import BG_NBD, FAMILIES
from models.cohort_clock import start
from models.cohort_split import split_firsts
from models.customer_base import Base, NoCustomers, fit_groups, fit_spend, grouped_by, no_customers
from models.definitions import Definitions
from models.lifetime_value import weights
from models.purchases import added, histories, observed_until, purchases
from models.totals import totals_ahead
from shop import Shop

COHORT = "cohort"
"""Instead of a column to split by: the period in which a customer was won."""


@dataclass(frozen=True)
class ValueGroups:
    """`table`: `group` (a cohort's first day, or a value of the column), `customers`, `brought` (a customer, until now),
    and lists of Estimates: `to_come` (a customer, discounted) and `total` (of all of them). `backtest` says what the
    model's own error in them is."""

    table: pd.DataFrame
    by: str
    backtest: Backtest


def value_groups(
    shop: Shop, definitions: Definitions, *, by: str = COHORT, model: str = BG_NBD.name
) -> ValueGroups:
    """See ValueGroups; `by` is COHORT or a column that `cohort_split.available` names.

    One model for all: groups differ by their customers' histories. Raises ValueError with a sentence where the orders
    allow no fit.
    """
    family = FAMILIES[model]
    each = histories(shop, definitions)
    if by == COHORT:
        each = each.mutate(group=start(each.first_day, definitions.period).cast("date"))
    else:
        split = split_firsts(shop, definitions, by)
        each = each.join(split.select("customer", group=split.split), "customer")
    days_bought = purchases(shop, definitions)
    spent = days_bought.group_by("customer").agg(brought=added(days_bought.value))
    columns = ["frequency", "recency", "T", "monetary_value", "brought"]
    rows = each.join(spent, "customer").order_by("customer").select("group", *columns).to_pyarrow()
    if not rows.num_rows:
        raise NoCustomers(no_customers())
    x, t, T, m, brought = (rows[name].to_numpy().astype(float) for name in columns)
    base = Base(observed_until(shop, definitions), x.astype(np.int64), t, T, np.maximum(m, 0.0))
    code, names = pd.factorize(rows["group"].to_pandas(), sort=True)
    groups, member = grouped_by(base, code.astype(np.int64))
    fit = fit_groups(groups, family)
    spend = fit_spend(base.x, base.m, fallback=float(brought.mean()))
    days, worth = weights(definitions)
    past = rolling(shop, definitions, family=family)
    method = family.title + (", rolling origins" if past.money_error is not None else "")
    totals = totals_ahead(family, fit, groups, days, spend, worth=worth, member=member)
    error = past.money_error or 0.0
    count = np.bincount(code, minlength=len(names))
    table = pd.DataFrame(
        {
            "group": names,
            "customers": count,
            "brought": np.bincount(code, brought, len(names)) / count,
            "to_come": totals.estimates(definitions.level, "money", method, error, a_customer=True),
            "total": totals.estimates(definitions.level, "money", method, error),
        }
    )
    return ValueGroups(table, by, past)
