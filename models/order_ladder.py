"""The climb from a customer's first purchase to the second, the third, the n-th.

Step n is the way from purchase n to purchase n + 1; its clock starts on the day of purchase n. Who had not taken it by the
last observed day is censored there, so one-time buyers and last week's customers count for as long as they have been watched.
The engine counts how many customers share a step, a duration and an outcome; Kaplan-Meier (`models.survival`) runs on those counts.

From the second step on censoring is not quite innocent: who reached order n late is watched for a shorter time and may be slower in general
(Lin, Sun and Ying 1999, Biometrika 86, 59-70). `Step.counted` therefore stands beside the curve: the plain share of those alone who were
watched through the whole window.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import ibis
import ibis.expr.types as ir
import numpy as np

from models.definitions import Definitions
from models.estimate import Estimate, missing, share
from models.purchases import counted as counted_orders
from models.purchases import day_of, observed_until
from models.survival import Curve, kaplan_meier
from shop import Shop
from words import count, day, plural, text

Mark = Callable[[ir.Table], ir.Value]
FEWEST = 30
"""A step is shown from so many customers on; of fewer, a share says next to nothing."""
FOLLOWED = 10
"""A share by day d is shown where so many were still being watched on it without having climbed."""
MOST_STEPS = 10
DUE_SHARES = (0.25, 0.9)
"""A second order is due between the days by which these shares of those who come back within the window have come."""
SHORTER = (365, 180, 90, 60, 30, 14, 7)
"""The windows, in days, that a shop too young for its own falls back to."""
SUSPICIOUS_GAP = 60
"""So many days without any order before the last ordered day look like a date that lies in the future by mistake."""


@dataclass(frozen=True)
class Step:
    """The way from purchase `number` to the next. `customers` made purchase `number`, `climbed` of them the next one. `counted` is the
    share that climbed within the window among those whose purchase `number` lies at least the window before the end."""

    number: int
    customers: int
    climbed: int
    curve: Curve
    counted: Estimate

    def by(self, days: float) -> Estimate:
        """The share that has climbed within so many days; missing where too few were watched so long."""
        return self.curve.happened(days, fewest=FOLLOWED)


@dataclass(frozen=True)
class Ladder:
    """`steps` from the first on, as far as at least FEWEST customers stand before them. `window` is the fixed number of days by which
    steps are compared, the `agreed` one of the definitions or a shorter one. Where there is nothing to show `steps` is empty and `why` is a
    sentence. `due` counts the one-order customers between the days `due_from` and `due_to` after their order, when a second order is due
    (`due_days`; all three None where that is not known). `notes` are sentences on the data.
    """

    end: dt.date
    customers: int
    window: int
    agreed: int
    steps: tuple[Step, ...]
    why: str = ""
    due: int | None = None
    due_from: int | None = None
    due_to: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        return sum(s.curve.nbytes for s in self.steps)


def climbs(shop: Shop, definitions: Definitions, end: dt.date, **marks: Mark) -> ir.Table:
    """One row a customer and purchase: `customer`, `day`, `step` (from 1), `duration` in days to the next purchase or to `end`, and
    `event`, 1 where there was a next one. Each of `marks` is a value of an order, and in the result the least of those on the customer's first
    day, under its name."""
    orders = counted_orders(shop, definitions)
    orders = orders.filter(orders.customer.notnull())
    least = {name: mark(orders).min() for name, mark in marks.items()}
    days = orders.group_by(["customer", day_of(orders)]).agg(**least)
    own = ibis.window(group_by="customer", order_by="day")
    first = {name: days[name].first().over(own) for name in marks}
    each = days.mutate(step=ibis.row_number().over(own) + 1, next=days.day.lead().over(own), **first)
    return each.select(
        "customer",
        "day",
        *marks,
        step=each.step.cast("int64"),
        duration=each.next.coalesce(ibis.literal(end)).delta(each.day, unit="day").cast("int64"),
        event=each.next.notnull().cast("int64"),
    )


def order_ladder(shop: Shop, definitions: Definitions) -> Ladder:
    """The ladder of the whole shop. Raises NoOrders for an empty one."""
    end, agreed = observed_until(shop, definitions), agreed_window(definitions)
    each = climbs(shop, definitions, end)
    each = each.filter(each.step <= MOST_STEPS)
    windows = [agreed, *(d for d in SHORTER if d < agreed)]
    # Through how many of the windows, longest first, a purchase was not yet watched: 0 for the oldest.
    short = sum((each.day > ibis.literal(end - dt.timedelta(days=d))).cast("int8") for d in windows)
    keys = ["step", "duration", "event", "short"]
    counts = each.mutate(short=short).group_by(keys).agg(customers=lambda t: t.count())
    rows = counts.order_by(keys).to_pyarrow()
    step, duration, event, short, customers = (rows[c].to_numpy() for c in rows.column_names)
    notes = tuple(_strange_end(shop, definitions, end))
    won = int(customers[step == 1].sum())
    window = usable_window(duration[step == 1], customers[step == 1], agreed)
    if window is None:
        return Ladder(end, won, agreed, agreed, (), nothing_to_show(won, end), notes=notes)
    steps = []
    for number in range(1, MOST_STEPS + 1):
        here = step == number
        if customers[here].sum() < FEWEST:
            break
        curve = kaplan_meier(duration[here], event[here], customers[here], level=definitions.level)
        climbed = int((customers * event)[here].sum())
        old = here & (short <= windows.index(window))
        within = old & (event == 1) & (duration <= window)
        counted = _counted_share(int(customers[within].sum()), int(customers[old].sum()), window, definitions)
        steps.append(Step(number, int(customers[here].sum()), climbed, curve, counted))
    first, waiting = steps[0], (step == 1) & (event == 0)
    due = due_days(first.curve, window)
    ready = int(customers[waiting & (duration >= due[0]) & (duration <= due[1])].sum()) if due else None
    low, high = due or (None, None)
    return Ladder(end, won, window, agreed, tuple(steps), "", ready, low, high, notes)


def _counted_share(climbed: int, watched: int, window: int, definitions: Definitions) -> Estimate:
    why = text("Too few have been watched for {days} days.", days=count(window))
    if watched < FOLLOWED:
        return missing(why, n=watched, level=definitions.level)
    return share(climbed, watched, level=definitions.level)


def agreed_window(definitions: Definitions) -> int:
    """The window of the definitions' repeat rate in days; a month is a twelfth of 365."""
    return max(round(definitions.repeat_window_months * 365 / 12), 1)


def usable_window(duration: np.ndarray, customers: np.ndarray, agreed: int) -> int | None:
    """The longest window in days through which at least FEWEST customers were watched or had climbed and FOLLOWED were
    watched without climbing; None where even the shortest is too long."""
    for days in (agreed, *(d for d in SHORTER if d < agreed)):
        if customers.sum() >= FEWEST and customers[duration >= days].sum() >= FOLLOWED:
            return days
    return None


def nothing_to_show(customers: int, end: dt.date) -> str:
    """Why there is no ladder."""
    if not customers:
        return text("No order here names its customer, so nobody can be followed from one order to the next.")
    if customers < FEWEST:
        return plural(
            "There is only {n} customer: at least {fewest} are needed before a share that orders again means anything.",
            "There are only {n} customers: at least {fewest} are needed before a share that orders again means anything.",
            customers,
            fewest=count(FEWEST),
        )
    return text(
        "Nobody can be said to come back or not yet: fewer than {fewest} customers have been watched for a week after their first "
        "order, the orders end on {end}. Come back with newer orders.",
        fewest=count(FOLLOWED),
        end=day(end),
    )


def due_days(curve: Curve, window: int) -> tuple[int, int] | None:
    """The days after purchase n between which the next one is due: from when DUE_SHARES[0] of those within the window have come until
    DUE_SHARES[1] have."""
    taken = curve.happened(window)
    if not taken.known or taken.value <= 0:
        return None
    low, high = curve.middle(window, DUE_SHARES)
    return int(low), ceil(high)


def _strange_end(shop: Shop, definitions: Definitions, end: dt.date) -> list[str]:
    """A last day far behind all others is rather a wrong date than a shop that slept."""
    if definitions.observed_until is not None:
        return []
    days = shop.orders.filter(shop.orders.ordered_on < ibis.literal(end)).ordered_on
    before = days.max().to_pyarrow().as_py()
    if before is None or (end - before).days <= SUSPICIOUS_GAP:
        return []
    return [
        text(
            "The last order is dated {end}, but the one before it {before}. If that date is a mistake, everybody seems to have been watched "
            "for too long and too few to come back: set the last day seen in Definitions.",
            end=day(end),
            before=day(before),
        )
    ]
