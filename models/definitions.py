"""What the words mean in this shop: the choices that every figure depends on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from words import day, text

Identity = Literal["default", "customer_id", "email", "name", "merged"]
Revenue = Literal["gross", "net", "margin"]
Refunds = Literal["subtract", "ignore", "exclude"]
Period = Literal["week", "month", "quarter"]
Clock = Literal["calendar", "rolling"]
Reading = Literal["in", "in_or_after", "cumulative"]


@dataclass(frozen=True)
class Definitions:
    """Choices applied when a question is asked, never at import.

    Money choices: `revenue` is "gross" (before discounts), "net" (after discounts, without tax and
    shipping where the export tells them apart) or "margin" (net times `margin`, a share in 0..1 that
    the shop has confirmed). `refunds` subtracts what was paid back, ignores it, or excludes orders
    that were refunded in full.

    Customers: `identity` names the key that makes two orders one customer's.

    Time: orders outside `observed_from` .. `observed_until` (local days, inclusive) are not seen;
    `observed_until` None means the last ordered day. `period`, `clock` and `reading` set both sides of
    a cohort table. `level` is the nominal coverage of every interval.
    """

    identity: Identity = "default"
    revenue: Revenue = "net"
    margin: float | None = None
    refunds: Refunds = "subtract"
    include_cancelled: bool = False
    include_test: bool = False
    include_unpaid: bool = False
    include_zero_value: bool = True
    include_gone: bool = True
    observed_from: dt.date | None = None
    observed_until: dt.date | None = None
    period: Period = "month"
    clock: Clock = "calendar"
    reading: Reading = "in"
    repeat_window_months: int = 12
    at_risk_days: int = 365
    churn_horizon_days: int | None = None
    ltv_horizon_months: int = 12
    discount_rate: float = 0.10
    cac_with_salaries: bool = False
    csat_boxes: int = 2
    level: float = 0.9

    def __post_init__(self) -> None:
        if self.revenue == "margin" and self.margin is None:
            raise ValueError(
                text("Revenue is counted as margin, but no margin is set. Enter the shop’s margin first.")
            )
        if self.margin is not None and not 0 < self.margin <= 1:
            raise ValueError(
                text(
                    "The margin is {margin}; a share above 0 and up to 1 was expected.",
                    margin=f"{self.margin:g}",
                )
            )
        if not 0.5 <= self.level < 1:
            raise ValueError(
                text(
                    "The level of intervals is {level}; expected from 0.5 to below 1.",
                    level=f"{self.level:g}",
                )
            )
        if self.observed_from and self.observed_until and self.observed_from > self.observed_until:
            raise ValueError(
                text(
                    "The period starts on {first} but ends on {last}.",
                    first=day(self.observed_from),
                    last=day(self.observed_until),
                )
            )

    def but(self, **changes: Any) -> Definitions:
        """These definitions with some choices changed."""
        return replace(self, **changes)

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, default=str)

    @classmethod
    def from_json(cls, written: str) -> Definitions:
        """Read back what `to_json` wrote; choices this version does not know are refused by name."""
        raw = json.loads(written)
        unknown = set(raw) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(
                text(
                    "Definitions hold choices this version does not know: {names}.",
                    names=", ".join(sorted(unknown)),
                )
            )
        for name in ("observed_from", "observed_until"):
            if raw.get(name):
                raw[name] = dt.date.fromisoformat(raw[name])
        return cls(**raw)

    @property
    def key(self) -> str:
        """Ten hexadecimal digits that name these choices, for cache keys and addresses."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:10]

    def departures(self, other: Definitions) -> dict[str, tuple[Any, Any]]:
        """Where these differ from `other`: name -> (here, there)."""
        return {
            f.name: (getattr(self, f.name), getattr(other, f.name))
            for f in fields(self)
            if getattr(self, f.name) != getattr(other, f.name)
        }
