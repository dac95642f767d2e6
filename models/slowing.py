"""Best customers who are slowing down, falling silent or spending less, against their own past and beyond chance.

Looked at: customers of the highest money score who have bought within the days that somebody stays a customer (the definitions'
`at_risk_days`: who is silent for longer has left, and is no news) and at least FEWEST times since the first. Three questions, each answered by a test that needs no
model of how customers differ, because it is conditional on the customer's own number x of repeat purchases in own time T:

* *Silent*: at an even pace the days of the x purchases fall evenly into T, so that the last one lies no later than t with
  chance (t / T)^x: the gamma-Poisson tail ((alpha + t) / (alpha + T))^(r + x) without a prior.
* *Slower*: of x purchases, Binomial(x, d / T) fall into the last d days.
* *Smaller*: recent purchases against earlier ones on the log scale, Welch's t (Biometrika 34, 1947, 28-35), one-sided.

Time runs as fast as these customers together buy, so that a quiet season names nobody: a day counts for as much as the
repeat purchases made on it a customer won before it, where there are FEWEST_FOR_SEASONS in all. What slows all of them
alike is therefore not seen here.

A customer's chance of a false alarm is three times the smallest of the three (Bonferroni); over customers Benjamini and
Hochberg's rule keeps the false ones among those named below FALSE_ALARMS on average.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.stats import binom
from scipy.stats import t as student_t

from models.btyd.inputs import Floats
from models.contact_signs import LEAST_SCATTER
from models.definitions import Definitions
from models.migration import FALSE_ALARMS, named
from models.purchases import observed, purchases
from models.segments import Segments
from shop import Shop
from words import count, money, number, plural, text

FEWEST = 3
"""Repeat purchases that it takes to have a rhythm."""
SHARE_RECENT, SHORTEST, LONGEST = 0.25, 28, 182
"""Recent is the last quarter of the observed span, within these days."""
FEWEST_FOR_SEASONS = 500
SINGLY = 0.05
QUESTIONS = ("silent", "slower", "smaller")


@dataclass(frozen=True)
class Slowing:
    """`table`, by what they used to bring a year: `customer`, `beyond` (named; the others have p <= SINGLY, which chance
    alone gives `by_chance` of those `asked` at most), `kind` (of QUESTIONS), `p` (corrected for three questions), `repeats`, `gap` (mean days between purchases until the last), `silence` (days),
    `recent` (purchases in the last `days`), `usual` (expected there at the earlier pace), `mean_recent` and
    `mean_earlier` (money a purchase), `a_year` (money a year so far). `asked`: how many best customers were looked at."""

    table: pd.DataFrame
    asked: int
    best: int
    days: int
    end: dt.date

    @property
    def beyond(self) -> pd.DataFrame:
        return self.table[self.table.beyond]

    @property
    def by_chance(self) -> float:
        """How many of those asked would be in `table` if nobody had changed, at most."""
        return SINGLY * self.asked

    @property
    def nbytes(self) -> int:
        return int(self.table.memory_usage(deep=True).sum())


def slowing(shop: Shop, definitions: Definitions, *, segments: Segments) -> Slowing:
    """See Slowing. `segments` knows from which value on a customer is one of the best."""
    first, end = observed(shop, definitions)
    days = int(np.clip(SHARE_RECENT * (end - first).days, SHORTEST, LONGEST))
    least = float(segments.cuts.money[-1])
    best = int((segments.scores.money == 5).sum())
    bought = purchases(shop, definitions)
    recent = bought.day > ibis.literal(end - dt.timedelta(days=days))
    # Money is compared on the log scale: what is free or negative is no size of a purchase.
    size = ibis.ifelse(bought.value > 0, bought.value, None).ln()
    each = bought.group_by("customer").agg(
        first_day=bought.day.min(),
        last_day=bought.day.max(),
        n=bought.count(),
        total=bought.value.sum().round(6),
        recent=recent.cast("int64").sum(),
        **{
            f"{name}_{which}": value
            for which, where in (("new", recent), ("old", ~recent))
            for name, value in (
                ("n", size.count(where=where)),
                ("sum", size.sum(where=where).coalesce(0.0).round(9)),
                ("squares", (size * size).sum(where=where).coalesce(0.0).round(9)),
                ("money", bought.value.sum(where=where).coalesce(0.0).round(6)),
            )
        },
    )
    still = end - dt.timedelta(days=definitions.at_risk_days)
    each = each.filter(
        (each.total >= least) & (each.n > FEWEST) & (each.last_day > ibis.literal(still))
    ).order_by("customer")
    rows = each.execute()
    table = _tested(rows, end, days, _clock(bought, each, first, end))
    table["beyond"] = named(table.p.to_numpy(), FALSE_ALARMS)
    found = table[table.beyond | (table.p <= SINGLY)]
    found = found.sort_values(["a_year", "customer"], ascending=[False, True]).reset_index(drop=True)
    return Slowing(found, len(rows), best, days, end)


def _clock(bought: ir.Table, asked: ir.Table, first: dt.date, end: dt.date) -> Floats:
    """The time by the end of each day from `first` to `end`: repeat purchases of those asked a customer won before, or
    days where these are few."""
    theirs = bought.join(asked.select("customer", "first_day"), "customer")
    daily = theirs.group_by("day").agg(
        n=theirs.count(), won=(theirs.day == theirs.first_day).cast("int64").sum()
    )
    rows = daily.execute()
    span = (end - first).days + 1
    at = (pd.to_datetime(rows.day) - pd.Timestamp(first)).dt.days.to_numpy()
    won = np.bincount(at, rows.won, span)
    again = np.bincount(at, rows.n, span) - won
    if again.sum() < FEWEST_FOR_SEASONS:
        return np.arange(1.0, span + 1)
    before = np.cumsum(won) - won
    return np.cumsum(np.divide(again, before, out=np.zeros(span), where=before > 0))


def _tested(rows: pd.DataFrame, end: dt.date, days: int, clock: Floats) -> pd.DataFrame:
    first, last = pd.to_datetime(rows.first_day), pd.to_datetime(rows.last_day)
    x = rows.n.to_numpy() - 1
    T = (pd.Timestamp(end) - first).dt.days.to_numpy()
    t = (last - first).dt.days.to_numpy()
    # The same on the clock of these customers, counted back from its end.
    back = clock[-1] - clock[::-1]
    own, silent, lately = back[T], back[T - t], back[min(days, len(back) - 1)]
    recent = np.where(days < T, rows.recent.to_numpy(), 0)
    part = np.minimum(lately / np.maximum(own, 1e-9), 1.0)
    chance = np.array(
        [
            np.maximum(1 - silent / np.maximum(own, 1e-9), 0) ** x,
            # Who was won within the last days has no earlier pace.
            np.where(days < T, binom.cdf(recent, x, part), 1.0),
            smaller(rows),
        ]
    )
    which = chance.argmin(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = {
            "mean_recent": rows.money_new.to_numpy() / rows.recent.to_numpy(),
            "mean_earlier": rows.money_old.to_numpy() / (rows.n - rows.recent).to_numpy(),
        }
    earlier = np.maximum(rows.n.to_numpy() - 1 - recent, 0)
    return pd.DataFrame(
        {
            "customer": rows.customer,
            "kind": np.array(QUESTIONS)[which] if len(rows) else [],
            "p": np.minimum(len(QUESTIONS) * chance.min(axis=0), 1.0),
            "repeats": x,
            "gap": t / np.maximum(x, 1),
            "silence": T - t,
            "recent": recent,
            "usual": earlier / np.maximum(own - lately, 1e-9) * lately,
            **means,
            "a_year": rows.total.to_numpy() / np.maximum(T, days) * 365,
        }
    )


def smaller(rows: pd.DataFrame) -> Floats:
    """One-sided p of Welch's test that recent amounts are as large as earlier ones, from counts, sums and sums of squares
    of their logarithms; 1 where either side has fewer than 2."""
    parts = []
    for which in ("new", "old"):
        n = rows[f"n_{which}"].to_numpy().astype(float)
        mean = rows[f"sum_{which}"].to_numpy() / np.maximum(n, 1)
        variance = np.maximum(rows[f"squares_{which}"].to_numpy() - n * mean**2, 0) / np.maximum(n - 1, 1)
        variance = np.maximum(variance, LEAST_SCATTER**2)
        parts.append((n, mean, variance / np.maximum(n, 1)))
    (n, mean, error), (m, before, error_before) = parts
    both = error + error_before
    enough = (n >= 2) & (m >= 2)
    safe = np.where(enough, both, 1.0)
    freedom = safe**2 / np.maximum(
        error**2 / np.maximum(n - 1, 1) + error_before**2 / np.maximum(m - 1, 1), 1e-300
    )
    return np.where(enough, student_t.cdf((mean - before) / np.sqrt(safe), np.maximum(freedom, 1.0)), 1.0)


def reason(row: pd.Series, days: int, currency: str) -> str:
    """Why a customer is named, in words."""
    if row.kind == "silent":
        return text(
            "silent for {silence} days; bought every {gap} days before",
            silence=count(row.silence),
            gap=number(row.gap, 0 if row.gap >= 10 else 1),
        )
    if row.kind == "slower":
        return plural(
            "{n} purchase in the last {days} days; {usual} were usual",
            "{n} purchases in the last {days} days; {usual} were usual",
            int(row.recent),
            days=count(days),
            usual=number(row.usual, 0 if row.usual >= 10 else 1),
        )
    return text(
        "purchases of {recent} lately; {earlier} before",
        recent=money(row.mean_recent, currency),
        earlier=money(row.mean_earlier, currency),
    )
