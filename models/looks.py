"""What to look at next: computed from the orders, ranked by the money that hangs on it.

Every look is a comparison that could have come out otherwise; it is shown only where it exceeds its own
interval, widened for the number of comparisons it was picked from (Bonferroni). Its `effect` ranks it and is
not shown: it is a plain product, not an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from models import repeat
from models.cohort_clock import cohort_label
from models.cohort_split import available, column
from models.definitions import Definitions
from models.estimate import Estimate, difference, share
from models.overview import Overview, Trend
from models.purchases import counted
from shop import Shop
from words import count, estimate, plural, text

FEWEST_IN_GROUP = 50
"""A part of the customers smaller than this is not compared with another."""

WORTH_SAYING = 0.01
"""A share of orders without a customer below this changes no other figure visibly."""


@dataclass(frozen=True)
class Look:
    """`kind` names the finding, `page` the address of the page that shows more, `sentence` says it.

    `figures` holds the estimates in the sentence; `effect`, in the shop's currency, ranks it.
    """

    kind: str
    page: str
    sentence: str
    effect: float
    figures: dict[str, Estimate] = field(default_factory=dict)


def next_looks(shop: Shop, definitions: Definitions, seen: Overview, *, most: int = 3) -> tuple[Look, ...]:
    """The greatest findings first, at most `most`; where there is none, one look that says so."""
    value = seen.average_order.value if seen.average_order.known else 0.0
    found = [
        _cohort_change(seen, value),
        _guests(seen),
        *_second_orders(shop, definitions, seen, value),
    ]
    ranked = sorted((look for look in found if look), key=lambda look: -look.effect)[:most]
    return tuple(replace(look, effect=float(look.effect)) for look in ranked) or (_nothing(seen),)


def _nothing(seen: Overview) -> Look:
    if not seen.repeat.rate.known:
        why = seen.repeat.rate.why_missing
        sentence = text("How many customers order again cannot be said yet. {why}", why=why)
        return Look("too_young", "cohorts", sentence, 0.0)
    return Look(
        "nothing",
        "cohorts",
        text("No group of customers differs from the others by more than chance would."),
        0.0,
    )


def _adjusted(level: float, comparisons: int) -> float:
    return 1 - (1 - level) / max(comparisons, 1)


def _cohort_change(seen: Overview, value: float) -> Look | None:
    """The cohort that differs most from all earlier ones at the same age."""
    best: Look | None = None
    for name, trend in (("repeat", seen.trends["repeat"]), ("month3", seen.trends["month3"])):
        points = trend.points
        level = _adjusted(seen.definitions.level, max(len(points) - 1, 0) * 2)
        successes = (points.value * points.n).round()
        for i in range(1, len(points)):
            late = share(successes[i], int(points.n[i]), level=level)
            early = share(successes[:i].sum(), int(points.n[:i].sum()), level=level)
            change = difference(late, early)
            effect = abs(change.value) * late.n * value
            if change.low * change.high > 0 and (best is None or effect > best.effect):
                best = _change_look(name, trend, points.cohort[i], late, early, effect, seen)
    return best


def _change_look(
    name: str,
    trend: Trend,
    cohort: pd.Timestamp,
    late: Estimate,
    early: Estimate,
    effect: float,
    seen: Overview,
) -> Look:
    who = cohort_label(cohort, trend.period)
    if name == "repeat":
        sentence = text(
            "Of the customers won in {who}, {late} ordered again within {months} months; of all earlier ones,"
            " {early}.",
            who=who,
            late=estimate(late),
            early=estimate(early),
            months=count(seen.repeat.months),
        )
    else:
        sentence = text(
            "Of the customers won in {who}, {late} bought in the third month after; of all earlier ones, {early}.",
            who=who,
            late=estimate(late),
            early=estimate(early),
        )
    kind = "cohort_up" if late.value > early.value else "cohort_down"
    return Look(kind, "cohorts", sentence, effect, {"late": late, "early": early})


def _guests(seen: Overview) -> Look | None:
    found = share(seen.guest_orders, seen.orders, level=seen.definitions.level)
    if not found.known or found.low < WORTH_SAYING:
        return None
    sentence = text(
        "{share} of orders name no customer: they are in the revenue, but who ordered them again is unknown.",
        share=estimate(found),
    )
    # What of it would count as coming back, if those customers were like the others.
    back = seen.repeat.rate.value if seen.repeat.rate.known else 0.5
    return Look("guests", "data", sentence, float(seen.by_month.guests.sum()) * back, {"share": found})


def _second_orders(shop: Shop, definitions: Definitions, seen: Overview, value: float) -> list[Look | None]:
    """One-time buyers at the age at which others order again, and the split that tells most apart."""
    months = seen.repeat.months if seen.repeat.rate.known else (seen.shorter.months if seen.shorter else None)
    if months is None:
        return []
    splits: list[str] = [
        name for name in ("channel", "country", "first_discount") if name in available(shop, definitions)
    ]
    firsts = _customers(shop, definitions, splits)
    again = firsts.second_day.notnull()
    end = ibis.literal(seen.last)
    days = ibis.ifelse(
        again, firsts.second_day.delta(firsts.first_day, unit="day"), end.delta(firsts.first_day, unit="day")
    )
    by: dict[str, ir.Value] = {"again": again, "days": days, **{name: firsts[name] for name in splits}}
    columns = repeat.window_columns(firsts, seen.last, months)
    table = firsts.group_by(**by).agg(**columns).execute()
    return [
        _due(table, definitions, value),
        *(_split(table, name, months, definitions, value) for name in splits),
    ]


def _customers(shop: Shop, definitions: Definitions, splits: list[str]) -> ir.Table:
    """As `repeat.second_days`, with what the first order says: one join for both."""
    orders = counted(shop, definitions)
    orders = orders.filter(orders.customer.notnull()).select(
        "customer", "ordered_at", day=orders.ordered_on, **{name: column(orders, name) for name in splits}
    )
    firsts = orders.group_by("customer").agg(first_day=orders.day.min(), first_at=orders.ordered_at.min())
    joined = orders.join(firsts, "customer")
    first = joined.ordered_at == joined.first_at
    return joined.group_by("customer").agg(
        first_day=joined.first_day.min(),
        second_day=joined.day.min(where=joined.day > joined.first_day),
        **{name: joined[name].min(where=first) for name in splits},
    )


def _due(table: pd.DataFrame, definitions: Definitions, value: float) -> Look | None:
    """Among customers old enough, the days by which a quarter and three quarters of second purchases came."""
    old = int(table.old.sum())
    came = table[table.again & (table.back > 0)].groupby("days").back.sum()
    if came.sum() < FEWEST_IN_GROUP:
        return None
    reached = came.cumsum() / came.sum()
    early, late = int(reached.index[reached >= 0.25][0]), int(reached.index[reached >= 0.75][0])
    waiting = table[~table.again & table.days.between(early, late)]
    number = int(waiting.customers.sum())
    if not number:
        return None
    before = came[came.index < early].sum()
    between = came[(came.index >= early) & (came.index <= late)].sum()
    chance = share(int(between), int(old - before), level=definitions.level)
    sentence = plural(
        "{n} customer has ordered once, {early} to {late} days ago: the time in which half of all second orders"
        " come. Of those who waited so long before, {chance} then ordered.",
        "{n} customers have ordered once, {early} to {late} days ago: the time in which half of all second orders"
        " come. Of those who waited so long before, {chance} then ordered.",
        number,
        early=count(early),
        late=count(late),
        chance=estimate(chance),
    )
    return Look("due", "cohorts", sentence, number * chance.value * value, {"chance": chance})


def _split(
    table: pd.DataFrame, name: str, months: int, definitions: Definitions, value: float
) -> Look | None:
    """The best against the worst part of the customers by their first order."""
    parts = table[table[name].notna()].groupby(name)[["customers", "old", "back"]].sum()
    parts = parts[parts.old >= FEWEST_IN_GROUP]
    if len(parts) < 2:
        return None
    level = _adjusted(definitions.level, len(parts) * (len(parts) - 1) // 2)
    rates = parts.back / parts.old
    high, low = rates.idxmax(), rates.idxmin()
    best = share(int(parts.back[high]), int(parts.old[high]), level=level)
    worst = share(int(parts.back[low]), int(parts.old[low]), level=level)
    gap = difference(best, worst)
    if not gap.low > 0:
        return None
    sentence = text(
        "{best} of customers whose first order was {high} ordered again within {months} months, {worst} of those"
        " whose first order was {low}.",
        best=estimate(best),
        worst=estimate(worst),
        high=_part(name, high),
        low=_part(name, low),
        months=count(months),
    )
    return Look(
        f"split_{name}", "cohorts", sentence, gap.value * worst.n * value, {"best": best, "worst": worst}
    )


def _part(name: str, value: object) -> str:
    if name == "first_discount":
        return text("with a discount") if value else text("at full price")
    if name == "country":
        return text("from {country}", country=value)
    return text("through {channel}", channel=value)
