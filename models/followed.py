"""Customers as they were known on a past day, and what each then did: what a forecast from that day is held against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis
import numpy as np

from models.btyd.inputs import Floats, Ints, dot
from models.customer_base import Base
from models.definitions import Definitions
from models.purchases import added, purchases
from shop import Shop


@dataclass(frozen=True)
class Followed:
    """Customers won by the day `base.end`, and each one's purchases (`later`) and money (`brought`) after it, up to and
    with `end`; arrays of one length."""

    base: Base
    end: dt.date
    later: Ints
    brought: Floats

    @property
    def origin(self) -> dt.date:
        return self.base.end

    @property
    def days(self) -> int:
        return (self.end - self.origin).days


def followed(
    shop: Shop, definitions: Definitions, windows: Sequence[tuple[dt.date, dt.date]]
) -> Iterator[Followed]:
    """One Followed for each (origin, end), from one pass over the purchases. What lies after an origin is in `later`
    and `brought` alone. Where nobody had bought by an origin its base is empty. They come one after the other, because
    ten million customers take half a gigabyte each time."""
    days = purchases(shop, definitions, until=max(end for _, end in windows))
    measures = {"first": days.day.min(), "first_value": days.value.argmin(days.day)}
    for k, (origin, end) in enumerate(windows):
        past = days.day <= ibis.literal(origin)
        ahead = (days.day > ibis.literal(origin)) & (days.day <= ibis.literal(end))
        measures |= {
            f"bought_{k}": past.cast("int64").sum(),
            f"last_{k}": days.day.max(where=past),
            f"total_{k}": added(days.value, past),
            f"later_{k}": ahead.cast("int64").sum(),
            f"brought_{k}": added(days.value, ahead),
        }
    # In the order of their keys, so that sums of money do not depend on the engine.
    rows = days.group_by("customer").agg(**measures).order_by("customer").drop("customer").to_pyarrow()
    columns = {name: rows[name] for name in rows.column_names}
    del rows

    # Each column is asked for once, and then let go.
    def number(name: str) -> Floats:
        return columns.pop(name).fill_null(0).to_numpy().astype(float)

    def day(name: str) -> Floats:
        return columns.pop(name).cast("int32").fill_null(0).to_numpy().astype(float)

    first, first_value = day("first"), number("first_value")
    for k, (origin, end) in enumerate(windows):
        bought = number(f"bought_{k}")
        known = bought > 0
        x = (bought[known] - 1).astype(np.int64)
        start = first[known]
        repeats = number(f"total_{k}")[known] - first_value[known]
        today = float((origin - dt.date(1970, 1, 1)).days)
        base = Base(
            origin,
            x,
            day(f"last_{k}")[known] - start,
            today - start,
            np.maximum(np.divide(repeats, x, out=np.zeros_like(repeats), where=x > 0), 0.0),
        )
        later = number(f"later_{k}")[known].astype(np.int64)
        yield Followed(base, end, later, number(f"brought_{k}")[known])


def naive(past: Followed, spend: float) -> dict[str, tuple[float, float]]:
    """Two guesses that need no model, of purchases and of money in the days that follow: (everybody at the average
    rate, everybody at their own past rate). `spend` is the mean repeat purchase."""
    base, days = past.base, float(past.days)
    x = base.x.astype(float)
    lived = base.T > 0
    exposure = float(base.T.sum())
    average = float(x.sum()) / exposure * base.customers * days if exposure else 0.0
    own = x[lived] / base.T[lived] * days
    return {
        "purchases": (average, float(own.sum())),
        "money": (average * spend, dot(own, base.m[lived])),
    }
