"""What a new customer brings, and the parameters behind it.

Value = what the first purchase brings + expected repeat purchases x what one of them brings, discounted by the month
in which they come. The interval holds the doubt in all three (the parameters by the delta method) and the model's own
error on this shop's past (backtest.rolling).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.backtest import Backtest, rolling
from models.btyd.families import BG_NBD, FAMILIES, Family
from models.btyd.inputs import Floats
from models.customer_base import Fit, discounts, fit_base, load, months_ahead, per_end
from models.definitions import Definitions
from models.estimate import FEWEST_FOR_MEAN, Estimate, mean
from models.purchases import purchases
from models.totals import interval, slope
from shop import Shop
from words import plural


@dataclass(frozen=True)
class NewCustomer:
    """What a customer won today is expected to bring by the end of the horizon.

    `curve`: `month` 0 (the first purchase) .. horizon, `value`, `low`, `high`: cumulative. `first` is the mean of first
    purchases. `purchases` are expected repeat purchases by the horizon. `sources`: the standard deviation of `total`, in
    money, by source: "first", "parameters" (of purchases, and the mean spend), "model".
    """

    total: Estimate
    first: Estimate
    purchases: Estimate
    curve: pd.DataFrame
    sources: dict[str, float]
    backtest: Backtest
    fit: Fit


def new_customer(
    shop: Shop, definitions: Definitions, *, model: str = BG_NBD.name, penalizer: float = 0.0
) -> NewCustomer:
    """See NewCustomer; `model` is one of `families.FAMILIES`.

    Raises ValueError with a sentence where the orders allow no fit, or no mean first purchase.
    """
    family = FAMILIES[model]
    first = first_purchase(shop, definitions)
    base = load(shop, definitions)
    if not first.known:
        raise ValueError(first.why_missing)
    fit = fit_base(base, first.value, family, penalizer=penalizer)
    past = rolling(shop, definitions, family=family, penalizer=penalizer)
    own = past.model_error or 0.0
    days = months_ahead(definitions.ltv_horizon_months)
    z = float(norm.ppf((1 + definitions.level) / 2))
    count, count_sd = (found[-1] for found in _repeats(fit, days, np.ones(len(days))))
    worth = discounts(days, definitions.discount_rate)
    bought, bought_sd = (np.append(0.0, found) for found in _repeats(fit, days, worth))
    spend = fit.spend
    parts = {
        "first": np.full(len(bought), (first.high - first.low) / 2 / z),
        "parameters": np.hypot(bought_sd * spend.mean, bought * spend.error),
        "model": bought * spend.mean * (past.money_error or 0.0),
    }
    value = first.value + bought * spend.mean
    sd = np.sqrt(sum(part**2 for part in parts.values()))
    low, high = interval(value, sd, definitions.level)
    method = family.title + (", rolling origins" if past.model_error is not None else "")
    total = Estimate(
        float(value[-1]), float(low[-1]), float(high[-1]), base.customers, definitions.level, "money", method
    )
    few, many = interval(count, float(np.hypot(count_sd, count * own)), definitions.level)
    expected = Estimate(
        float(count), float(few), float(many), base.customers, definitions.level, "purchases", method
    )
    curve = pd.DataFrame({"month": np.arange(len(value)), "value": value, "low": low, "high": high})
    return NewCustomer(
        total, first, expected, curve, {name: float(part[-1]) for name, part in parts.items()}, past, fit
    )


def _repeats(fit: Fit, days: Floats, worth: Floats) -> tuple[Floats, Floats]:
    """Repeat purchases of a new customer by the end of each month, each counted as `worth` in its month; and the
    standard deviations that the parameters leave."""

    def so_far(theta: Floats) -> Floats:
        return np.cumsum(np.diff(expected_new(fit.family, np.exp(theta), days), prepend=0.0) * worth)

    theta = np.log(fit.parameters)
    J = slope(so_far, theta)
    return so_far(theta), np.sqrt(np.einsum("im,ij,jm->m", J, fit.purchases.covariance_log_, J))


def expected_new(family: Family, parameters: Floats, days: Floats) -> Floats:
    """E[X(t)] of a new customer at each of `days`: one who is alive at T = 0 with no repeat purchase yet."""
    alive = family.probability_alive(parameters, np.zeros(1), np.zeros(1), np.zeros(1))
    found = family.purchases_if_alive(parameters, np.array([0]), np.zeros(1), days)
    return (alive[:, None] * found)[0]


def first_purchase(shop: Shop, definitions: Definitions, *, fewest: int = FEWEST_FOR_MEAN) -> Estimate:
    """The mean value of customers' first purchases, with Student's t interval; unknown below `fewest` of them."""
    days = purchases(shop, definitions)
    firsts = days.group_by("customer").agg(value=days.value.argmin(days.day))
    found = firsts.agg(n=firsts.count(), total=firsts.value.sum(), squares=(firsts.value**2).sum()).execute()
    n = int(found["n"].iloc[0])
    total, squares = (float(found[name].fillna(0.0).iloc[0]) for name in ("total", "squares"))
    why = plural(
        "There is {n} customer: too few to say what a new one brings, {least} are needed.",
        "There are {n} customers: too few to say what a new one brings, {least} are needed.",
        n,
        least=fewest,
    )
    return mean(n, total, squares, level=definitions.level, why_missing=why, fewest=fewest)


def weights(definitions: Definitions) -> tuple[Floats, Floats]:
    """(ends of months in days, weights of cumulative expectations) that give discounted purchases of the horizon."""
    days = months_ahead(definitions.ltv_horizon_months)
    return days, per_end(discounts(days, definitions.discount_rate))
