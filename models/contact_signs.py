"""What says that a customer is worth contacting, read from each one's own purchases and answers.

All arrays are in the order of a `customer_base.Base`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import t as student_t

from models.btyd.inputs import Floats, Ints
from models.customer_base import Base
from models.customer_key import with_customer
from models.definitions import Definitions
from models.order_ladder import DUE_SHARES, agreed_window, due_days, usable_window
from models.purchases import purchases
from models.survival import kaplan_meier
from shop import Shop

Bools = NDArray[np.bool_]

PATIENCE = 0.9
"""Silent for longer than this share of a customer's own gaps is overdue."""
FEWEST_GAPS = 4
"""Gaps from which a customer's later ones are compared with the earlier ones: two and two."""
MOST_RECENT = 5
"""At most so many of the last gaps are "recent": a long-standing customer who slows down is seen within five orders."""
FEWEST_FOR_SEASONS = 500
FALSE_ALARMS = 0.05
"""Share of customers without any change who are taken for slipping: half of it by their gaps, half by amounts."""
LEAST_SCATTER = 0.05
"""Amounts of one customer are taken to scatter by 5% at least: a subscription that gets a cent cheaper is no news."""
UNHAPPY_DAYS = 180
"""An answer older than this is no reason to call."""
FEWEST_SECONDS = 30
"""Second orders below which the fitted model says when seconds come."""


@dataclass(frozen=True)
class Rhythm:
    """`second` is the day of the second purchase counted from the first (NaN without one). For customers with at
    least FEWEST_GAPS gaps, of which the last `recent` are recent: how long `late` and `early` gaps are together, on the
    shop's own clock (`_clock`), and of the purchases that end the late ones (`spent_late`) and of those before
    (`spent_early`) the rows n, sum and sum of squares of the logarithms of what they brought."""

    second: Floats
    recent: Ints
    late: Floats
    early: Floats
    spent_late: Floats
    spent_early: Floats


def rhythm(shop: Shop, definitions: Definitions, end: dt.date) -> Rhythm:
    """From one pass over the purchases up to `end`."""
    days = purchases(shop, definitions, until=end)
    own = ibis.window(group_by="customer", order_by="day")
    whole = ibis.window(group_by="customer")
    days = days.mutate(number=ibis.row_number().over(own), gaps=days.count().over(whole) - 1)
    recent = ibis.ifelse(
        days.gaps >= FEWEST_GAPS, ibis.least((days.gaps / 2).floor().cast("int64"), MOST_RECENT), 0
    )
    days = days.mutate(recent=recent)
    turn = days.gaps - days.recent
    late = days.number > turn
    tested = days.recent > 0
    # Amounts are compared on the log scale: what is free or negative is no size of a purchase.
    size = ibis.ifelse(tested & (days.value > 0), days.value, None).ln()
    amounts = {
        f"{name}_{side}": value
        for side, where in (("late", late), ("early", ~late))
        for name, value in (
            ("n", size.count(where=where)),
            ("sum", size.sum(where=where).round(9)),
            ("squares", (size * size).sum(where=where).round(9)),
        )
    }
    each = days.group_by("customer").agg(
        first=days.day.min(),
        last=days.day.max(),
        second_day=days.day.max(where=days.number == 1),
        turn_day=days.day.max(where=days.number == turn),
        recent=days.recent.max(),
        **amounts,
    )
    epoch = ibis.literal(dt.date(1970, 1, 1))
    ends = {name: each[name].delta(epoch, unit="day") for name in ("first", "turn_day", "last")}
    rows = (
        each.order_by("customer")
        .select(
            "recent",
            *amounts,
            second=each.second_day.delta(each.first, unit="day"),
            **ends,
        )
        .to_pyarrow()
    )

    def column(name: str) -> Floats:
        found = rows[name].cast(pa.float64())
        return (found if name == "second" else found.fill_null(0.0)).to_numpy()

    first, turned, last = (column(name).astype(np.int64) for name in ends)
    clock, start = _clock(days, ends_on=end)
    recent = column("recent").astype(np.int64)
    spot = [clock[np.where(recent > 0, day, start) - start] for day in (first, turned, last)]
    sides = [
        np.array([column(f"{name}_{side}") for name in ("n", "sum", "squares")]) for side in ("late", "early")
    ]
    return Rhythm(column("second"), recent, spot[2] - spot[1], spot[1] - spot[0], *sides)


def _clock(days: ir.Table, ends_on: dt.date) -> tuple[Floats, int]:
    """(the time by the end of each day, the first of these days, counted from 1970).

    Time runs as fast as customers come back, so that after Christmas nobody is slipping who only does as all others do.
    A day counts for the purchases made on it between customers' first and last ones, over the customers who are between
    theirs: who has left slows no clock. Below FEWEST_FOR_SEASONS such purchases it runs evenly.
    """
    repeat = days.gaps > 0
    daily = days.group_by("day").agg(
        between=((days.number > 0) & (days.number < days.gaps)).cast("int64").sum(),
        opened=((days.number == 0) & repeat).cast("int64").sum(),
        closed=((days.number == days.gaps) & repeat).cast("int64").sum(),
    )
    epoch = ibis.literal(dt.date(1970, 1, 1))
    names = ("between", "opened", "closed")
    rows = daily.order_by("day").select(*names, at=daily.day.delta(epoch, unit="day")).to_pyarrow()
    at = rows["at"].to_numpy()
    start = int(at[0]) if len(at) else 0
    size = (ends_on - dt.date(1970, 1, 1)).days - start + 1
    between, opened, closed = (np.bincount(at - start, rows[name].to_numpy(), size) for name in names)
    if between.sum() < FEWEST_FOR_SEASONS:
        return np.arange(1.0, size + 1), start
    watched = np.cumsum(opened) - opened - np.cumsum(closed)
    # Of a week each: with few customers single days say nothing.
    week = np.ones(7)
    seen, bought = np.convolve(watched, week, "same"), np.convolve(between, week, "same")
    usual = between.sum() / max(watched.sum(), 1.0)
    rate = np.divide(bought + usual, seen + 1, out=np.full(size, usual), where=seen > 0)
    return np.cumsum(rate), start


def own_patience(parameters: Floats, x: Ints, t: Floats, share: float = PATIENCE) -> Floats:
    """Days after the last purchase within which `share` of a customer's gaps end.

    Purchases come at a rate that is Gamma(r + x, alpha + t) given x repeat purchases by age t, so that a gap is Lomax:
    P(gap > s) = ((alpha + t) / (alpha + t + s))^(r + x) (Fader, Hardie and Lee 2005, Marketing Science 24, 275-284).
    Few purchases leave the rate open and the quantile long: two orders are not over-read.
    """
    r, alpha = parameters[:2]
    with np.errstate(over="ignore"):
        return (alpha + t) * np.expm1(-np.log1p(-share) / (r + x))


def slower(found: Rhythm, gaps: Ints, false_alarms: float = FALSE_ALARMS / 2) -> Bools:
    """Whose recent gaps are longer than their earlier ones beyond noise.

    At a constant rate gaps are exponential, and the ratio of the means of k later and m earlier ones is F(2k, 2m).
    """
    tested = found.recent > 0
    k, m = np.maximum(found.recent, 1), np.maximum(gaps - found.recent, 1)
    ratio = np.divide(found.late / k, found.early / m, out=np.ones(len(k)), where=found.early > 0)
    return tested & (f_distribution.sf(ratio, 2 * k, 2 * m) < false_alarms)


def smaller(found: Rhythm, false_alarms: float = FALSE_ALARMS / 2) -> Bools:
    """Whose recent amounts are smaller than their earlier ones beyond noise: Student's t of the logarithms, one-sided,
    against the customer's own scatter. A shop's common scatter would call everybody with erratic amounts slipping."""
    (n, late, late_squares), (m, early, early_squares) = found.spent_late, found.spent_early
    enough = (n >= 2) & (m >= 2)
    n, m = np.where(enough, n, 2.0), np.where(enough, m, 2.0)
    apart = late_squares - late**2 / n + early_squares - early**2 / m
    scatter = np.maximum(apart / (n + m - 2), LEAST_SCATTER**2)
    error = np.sqrt(scatter * (1 / n + 1 / m))
    return enough & (student_t.cdf((late / n - early / m) / error, n + m - 2) < false_alarms)


@dataclass(frozen=True)
class SecondWindow:
    """The ages in days from which and until when a first order should become a second; `customers` stand behind it.
    `method` is "Kaplan-Meier", or the model's title where too few seconds were seen."""

    first: int
    last: int
    customers: int
    method: str


def second_window(
    definitions: Definitions, found: Rhythm, base: Base, parameters: Floats, title: str
) -> SecondWindow:
    """When a second order is due, as the order ladder has it; by the fitted model where too few have been watched for that."""
    came = np.isfinite(found.second)
    lasted = np.where(came, found.second, base.T)
    window = usable_window(lasted, np.ones(len(lasted)), agreed_window(definitions))
    if window is not None and came.sum() >= FEWEST_SECONDS:
        due = due_days(kaplan_meier(lasted, came.astype(float)), window)
        if due is not None:
            return SecondWindow(*due, base.customers, "Kaplan-Meier")
    r, alpha = parameters[:2]
    back = 1 - (alpha / (alpha + np.arange(agreed_window(definitions) + 1))) ** r
    first, last = (int(np.searchsorted(back, share * back[-1])) for share in DUE_SHARES)
    return SecondWindow(first, last, base.customers, title)


def unhappy(shop: Shop, definitions: Definitions, base: Base) -> Bools | None:
    """Whose last answer of the last UNHAPPY_DAYS was unhappy; None where the shop has no answers.

    Unhappy: a detractor's NPS (0 to 6 of 10) or CSAT in the lowest quarter of its scale (1 or 2 of 5). CES is left
    out: shops ask it in both directions.
    """
    if shop.surveys is None or base.names is None:
        return None
    since = dt.datetime.combine(base.end - dt.timedelta(days=UNHAPPY_DAYS), dt.time())
    until = dt.datetime.combine(base.end + dt.timedelta(days=1), dt.time())
    asked = shop.surveys
    asked = asked.filter(
        (asked.answered_at >= ibis.literal(since)) & (asked.answered_at < ibis.literal(until))
    )
    kind = asked.kind.upper()
    ends = asked.scale.split("-")
    low, high = ends[0].try_cast("float64"), ends[1].try_cast("float64")
    place = (asked.score - low) / (high - low).nullif(0)
    asked = asked.filter(kind.isin(["NPS", "CSAT"])).mutate(
        bad=((kind == "NPS") & (place <= 0.65)) | ((kind == "CSAT") & (place <= 0.3))
    )
    orders = with_customer(shop.orders, definitions.identity)
    known = orders.filter(orders.customer.notnull() & orders.order_id.notnull())
    known = known.group_by("order_id").agg(buyer=known.customer.max())
    asked = asked.left_join(known, "order_id")
    who = asked.buyer.coalesce(asked.customer) if definitions.identity == "default" else asked.buyer
    answers = asked.select("answered_at", "bad", who=who).filter(lambda t: t.who.notnull())
    last = answers.group_by("who").agg(bad=answers.bad.argmax(answers.answered_at))
    rows = last.filter(last.bad).select("who").to_pyarrow()
    at = pc.index_in(rows["who"].cast(base.names.type), value_set=base.names).drop_null().to_numpy()
    found = np.zeros(base.customers, dtype=bool)
    found[at] = True
    return found
