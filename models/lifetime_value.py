"""What a new customer brings, what each known one is worth, and the parameters behind both.

Value = what the first purchase brings + expected repeat purchases (BG/NBD) x what one of them brings (for known
customers by Gamma-Gamma), discounted by the month in which they come. The interval holds three sources of doubt: the parameters (Laplace, by the
delta method), and the model's own error on this shop's past (backtest.rolling); for known customers also chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm

from models.backtest import Backtest, rolling
from models.btyd import beta_geometric as bg
from models.customer_base import MONTH, Fit, discounts, fit_base, load, months_ahead, per_end, slope
from models.definitions import Definitions
from models.estimate import Estimate, mean, missing
from models.purchases import observed_until, purchases
from shop import Shop
from words import text


@dataclass(frozen=True)
class NewCustomer:
    """What a customer won today is expected to bring by the end of the horizon.

    `curve`: `month` 0 (the first purchase) .. horizon, `value`, `low`, `high`: cumulative. `first` is the mean of first
    purchases. `purchases` are expected repeat purchases by the horizon. `sources`: the standard deviation of `total`, in
    money, by source: "first", "parameters", "model".
    """

    total: Estimate
    first: Estimate
    purchases: Estimate
    curve: pd.DataFrame
    sources: dict[str, float]
    backtest: Backtest
    fit: Fit


def unknown_value(why: str = "") -> Estimate:
    """A value that is not known (yet)."""
    return missing(why or text("Still being worked out."), unit="money")


def new_customer(shop: Shop, definitions: Definitions) -> NewCustomer:
    """See NewCustomer. Raises ValueError with a sentence where the orders allow no fit."""
    first = first_purchase(shop, definitions)
    fit = fit_base(load(shop, definitions), first.value if first.known else 0.0)
    past = rolling(shop, definitions)
    days = months_ahead(definitions.ltv_horizon_months)
    worth = discounts(days, definitions.discount_rate)

    def repeats(theta: np.ndarray) -> np.ndarray:
        """Discounted repeat purchases by the end of each month."""
        counts = expected_new(np.exp(theta), days)
        return np.cumsum(np.diff(counts, prepend=0.0) * worth)

    theta = np.log(fit.parameters)
    bought, spend, spend_sd = repeats(theta), *repeat_spend(fit)
    z = float(norm.ppf((1 + definitions.level) / 2))
    first_sd = (first.high - first.low) / 2 / z if first.known else 0.0
    start = first.value if first.known else fit.spend.mean
    rows = [(0, start, first_sd, 0.0, 0.0)]
    slopes = slope(repeats, theta)
    for month in range(len(days)):
        J = slopes[:, month]
        by_parameters = sqrt(
            max(float(J @ fit.purchases.covariance_log_ @ J), 0.0) * spend**2
            + (bought[month] * spend_sd) ** 2
        )
        by_model = bought[month] * spend * (past.model_error or 0.0)
        rows.append((month + 1, start + bought[month] * spend, first_sd, by_parameters, by_model))
    curve = pd.DataFrame(rows, columns=["month", "value", "first", "parameters", "model"])
    sd = np.sqrt(curve["first"] ** 2 + curve.parameters**2 + curve.model**2)
    curve["low"], curve["high"] = (curve.value - z * sd).clip(lower=0), curve.value + z * sd
    end = curve.iloc[-1]
    method = "BG/NBD, mean repeat purchase" + (", rolling origins" if past.model_error is not None else "")
    total = Estimate(
        float(end.value),
        float(end.low),
        float(end.high),
        fit.base.customers,
        definitions.level,
        "money",
        method,
    )
    return NewCustomer(
        total,
        first,
        _expected(fit, float(days[-1]), past.model_error, definitions),
        curve[["month", "value", "low", "high"]],
        {name: float(end[name]) for name in ("first", "parameters", "model")},
        past,
        fit,
    )


def expected_new(parameters: np.ndarray, days: np.ndarray) -> np.ndarray:
    """E[X(t)] of a new customer at each of `days`: Fader, Hardie and Lee (2005), eq. (9)."""
    return bg.purchases_if_alive(parameters, np.array([0]), np.zeros(1), days)[0]


def repeat_spend(fit: Fit) -> tuple[float, float]:
    """What a new customer's repeat purchase brings, and its standard deviation: the mean of all repeat purchases.

    Not Gamma-Gamma's population mean p v / (q - 1), which weighs customers alike: where frequent buyers spend more
    a purchase (CDNOW: 8% more), that mean leaves the difference out of every total. The two agree where spend does
    not depend on frequency, and this one is finite where q <= 1.
    """
    return fit.spend.mean, fit.spend.error


def first_purchase(shop: Shop, definitions: Definitions) -> Estimate:
    """The mean value of customers' first purchases, with Student's t interval."""
    days = purchases(shop, definitions)
    firsts = days.group_by("customer").agg(value=days.value.argmin(days.day))
    row = (
        firsts.agg(n=firsts.count(), total=firsts.value.sum(), squares=(firsts.value**2).sum())
        .execute()
        .iloc[0]
    )
    return mean(
        int(row.n),
        float(row.total or 0.0),
        float(row.squares or 0.0),
        level=definitions.level,
        why_missing=text("Too few customers for a mean with an interval."),
    )


def observed_value(shop: Shop, definitions: Definitions) -> Estimate:
    """What customers won at least a horizon ago did bring in it, first purchase included, discounted alike: the
    plain figure that `new_customer` has to agree with. Student's t over customers."""
    months = definitions.ltv_horizon_months
    end = observed_until(shop, definitions)
    days = purchases(shop, definitions)
    firsts = days.group_by("customer").agg(first_day=days.day.min())
    old = ibis.literal(end).delta(firsts.first_day, unit="day") >= months * MONTH
    rows = days.join(firsts.filter(old), "customer")
    age = rows.day.delta(rows.first_day, unit="day")
    # The middle of the month of age, as `discounts` has it; the first purchase comes at once.
    middle = ((age / MONTH).ceil() - 0.5) / 12
    worth = ibis.ifelse(age == 0, 1.0, ibis.literal(1 + definitions.discount_rate) ** (-middle))
    rows = rows.filter(age <= months * MONTH)
    each = rows.group_by("customer").agg(total=(rows.value * worth).sum())
    sums = each.agg(n=each.count(), total=each.total.sum(), squares=(each.total**2).sum()).execute().iloc[0]
    return mean(
        int(sums["n"]),
        float(sums["total"] or 0.0),
        float(sums["squares"] or 0.0),
        level=definitions.level,
        why_missing=text("Too few customers were won long enough ago to see what they brought."),
    )


def _expected(fit: Fit, days: float, model_error: float | None, definitions: Definitions) -> Estimate:
    theta = np.log(fit.parameters)

    def at(theta: np.ndarray) -> float:
        return float(expected_new(np.exp(theta), np.array([days]))[0])

    value, J = at(theta), slope(at, theta)
    sd = sqrt(max(float(J @ fit.purchases.covariance_log_ @ J), 0.0) + (value * (model_error or 0.0)) ** 2)
    z = float(norm.ppf((1 + definitions.level) / 2))
    return Estimate(
        value,
        max(value - z * sd, 0.0),
        value + z * sd,
        fit.base.customers,
        definitions.level,
        "purchases",
        "BG/NBD",
    )


def weights(definitions: Definitions) -> tuple[np.ndarray, np.ndarray]:
    """(ends of months in days, weights of cumulative expectations) that give discounted purchases of the horizon."""
    days = months_ahead(definitions.ltv_horizon_months)
    return days, per_end(discounts(days, definitions.discount_rate))
