"""How wrong the same forecast was before: fitted on the past, held against what followed.

Rolling origins: at several past days the models are fitted to what was known then and asked for the purchases, and
for the money, of the window after it. What they miss by, beyond what chance and the parameters explain, is the
model's own error; on real shops it is the largest of the three, so every forecast is widened by it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, log, sqrt

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student_t

from models.btyd.families import BG_NBD, Family
from models.customer_base import fit_groups, fit_spend, grouped
from models.definitions import Definitions
from models.estimate import Estimate
from models.followed import Followed, followed, naive
from models.purchases import observed
from models.totals import Totals, totals_ahead
from shop import Shop
from words import text

ORIGINS = (0.5, 0.625, 0.75)
"""Where in the observed span the forecasts start; each looks a quarter of the span ahead."""
AHEAD = 0.25
FEWEST = 30
"""An origin says nothing with fewer repeat purchases in the past, or with fewer both expected and made after."""
SHORTEST = 28
CAUTION = 0.5
"""Of its standard error, what chance may have hidden of the model's own error: see `model_error`."""


@dataclass(frozen=True)
class Held:
    """One figure that was forecast, and what came. `forecast` is an Estimate from parameters and chance alone, and
    `variance` that of its log; `average` and `own` are the naive guesses: everybody at the average rate, and everybody
    at their own past rate. `least` stands for none, whose logarithm is not finite: half a purchase, or its worth."""

    forecast: Estimate
    actual: float
    average: float
    own: float
    variance: float
    least: float = 0.5

    @property
    def error(self) -> float:
        """Forecast / actual - 1; infinite where nothing came."""
        return self.missed(self.forecast.value)

    def missed(self, guess: float) -> float:
        """The same of another guess, such as `average` or `own`."""
        return guess / self.actual - 1 if self.actual > 0 else inf

    @property
    def best_naive(self) -> float:
        """The naive guess that came nearer."""
        return min(self.average, self.own, key=lambda guess: abs(guess - self.actual))


@dataclass(frozen=True)
class Origin:
    """One past forecast, for the `days` after `origin`, of the customers known then: their repeat purchases, and the
    money these brought."""

    origin: dt.date
    days: int
    customers: int
    purchases: Held
    money: Held


@dataclass(frozen=True)
class Backtest:
    """`model_error` is tau, the standard deviation of the log error that the model adds to parameters and chance, of purchases;
    `money_error` that of money. Both are None while the shop is too young to measure them, and then `why` says so."""

    origins: tuple[Origin, ...]
    model_error: float | None
    money_error: float | None
    why: str


def rolling(
    shop: Shop, definitions: Definitions, *, family: Family = BG_NBD, penalizer: float = 0.0
) -> Backtest:
    """Forecasts from ORIGINS of the observed span, each against the quarter of the span that followed."""
    first, last = observed(shop, definitions)
    span = (last - first).days
    days = int(span * AHEAD)
    if days < SHORTEST:
        return Backtest((), None, None, _too_young())
    # The last window ends with the last day: with `round` alone it could end a day before, and differ from the
    # holdout that `tracking` follows.
    places = [*(round(span * share) for share in ORIGINS[:-1]), span - days]
    starts = [first + dt.timedelta(days=place) for place in places]
    return from_origins(
        followed(shop, definitions, [(start, start + dt.timedelta(days=days)) for start in starts]),
        definitions.level,
        family,
        penalizer=penalizer,
    )


def from_origins(
    pasts: Iterable[Followed], level: float, family: Family = BG_NBD, *, penalizer: float = 0.0
) -> Backtest:
    """The same for customers followed already."""
    found: list[Origin] = []
    for past in pasts:
        try:
            found += forecast(past, level, family, penalizer=penalizer)
        except ValueError:
            # Too little had happened by then for any model: this origin says nothing, and the others speak.
            continue
    if len(found) < 2:
        return Backtest(tuple(found), None, None, _too_young())
    return Backtest(
        tuple(found), model_error([o.purchases for o in found]), model_error([o.money for o in found]), ""
    )


def model_error(held: Sequence[Held]) -> float:
    """tau, measured by few origins, and so large that normal quantiles of it cover as they should.

    What is left of the mean squared log error without the variance explained, at least 0, counts as Student's t with a
    degree of freedom for each of the k origins: the squared ratio of its quantile to the normal one. Chance explains
    its part of that mean only with a standard error of sqrt(2/k), and small errors hide in it: CAUTION of that is added.
    docs/coverage.md shows how often intervals then hold, and docs/decisions.md what else was tried.
    """
    k, upper = len(held), (1 + held[0].forecast.level) / 2
    explained = float(np.mean([h.variance for h in held]))
    missed = [log(max(h.forecast.value, h.least) / max(h.actual, h.least)) ** 2 for h in held]
    left = max(float(np.mean(missed)) - explained, 0.0)
    wider = float(student_t.ppf(upper, k) / norm.ppf(upper))
    return sqrt(wider**2 * left + CAUTION * sqrt(2 / k) * explained)


def _too_young() -> str:
    return text(
        "Too few past purchases to measure how wrong such forecasts were here, so the interval holds only the parameters "
        "and chance: the true doubt is larger."
    )


def forecast(
    past: Followed, level: float, family: Family = BG_NBD, *, penalizer: float = 0.0
) -> list[Origin]:
    """The forecast of `past` by models fitted to it, or nothing where both sides hold too little."""
    base = past.base
    if base.x.sum() < FEWEST:
        return []
    groups = grouped(base)
    model = fit_groups(groups, family, penalizer=penalizer)
    spend = fit_spend(base.x, base.m)
    ahead = totals_ahead(family, model, groups, float(past.days))
    actual = float(past.later.sum())
    if max(actual, float(ahead.value[0])) < FEWEST:
        return []
    worth = totals_ahead(family, model, groups, float(past.days), spend)
    guesses = naive(past, spend.mean)
    method = f"{family.title}, parameters and chance"
    # Money may be zero where every purchase was free: then a hundredth of a unit stands for it.
    brought, half = float(past.brought.sum()), max(spend.mean / 2, 0.005)
    return [
        Origin(
            past.origin,
            past.days,
            base.customers,
            _held(ahead, actual, guesses["purchases"], level, "purchases", method, 0.5),
            _held(worth, brought, guesses["money"], level, "money", f"{method}, Gamma-Gamma", half),
        )
    ]


def _held(
    total: Totals,
    actual: float,
    guesses: tuple[float, float],
    level: float,
    unit: str,
    method: str,
    least: float,
) -> Held:
    (estimate,) = total.estimates(level, unit, method)
    return Held(estimate, actual, *guesses, float(total.variance_of_log[0]), least)
