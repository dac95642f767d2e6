"""One model of purchases on the bench: fitted as an analyst asks, its parameters in days or weeks, and how far its
totals can be off, by source.

A fit does not depend on the unit of time: alpha (and Pareto's beta) are times and scale with it, and a density of n
purchase times has the unit time^-n, so that the log-likelihood moves by n ln 7 from days to weeks.
"""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import dataclass
from math import isfinite, log

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.backtest import AHEAD, Backtest, rolling
from models.btyd.base import Fitter
from models.btyd.families import BG_NBD, FAMILIES, MBG_NBD, PARETO_NBD
from models.btyd.inputs import Floats
from models.btyd.profile import best_intervals
from models.customer_base import Base, Fit, Groups, fit_base, grouped, load
from models.definitions import Definitions
from models.estimate import Estimate, missing
from models.lifetime_value import first_purchase, weights
from models.purchases import observed
from models.totals import Totals, totals_ahead
from shop import Shop

UNITS = {"days": 1.0, "weeks": 7.0}
"""Days in one unit of time."""
TIMES = ("alpha", "beta")
"""The parameters that are times."""
SOURCES = ("parameters", "chance", "model", "all")
PROFILED = {BG_NBD.name: 100_000, MBG_NBD.name: 100_000, PARETO_NBD.name: 10_000}
"""Up to so many distinct histories a profile of weak parameters takes about a second (measured); above, nobody waits
for it, and the intervals are Laplace's."""
MOST_SHOWN = 0.995
"""Surfaces are drawn up to the number of repeat purchases that this share of repeaters does not exceed."""


@dataclass(frozen=True)
class Window:
    """The days observed under the definitions, and how many of the last ones can be held back: by default, at most."""

    first: dt.date
    last: dt.date
    holdout: int
    longest: int


def window(shop: Shop, definitions: Definitions) -> Window:
    """Raises NoOrders where there are none."""
    first, last = observed(shop, definitions)
    span = (last - first).days
    longest = max(span - 14, 7)
    return Window(first, last, min(max(int(span * AHEAD), 7), longest), longest)


@dataclass(frozen=True)
class Bench:
    """A fit and the data it rests on: `repeats` purchases after the first by `fit.customers`, the oldest of whom is
    `oldest` days old; `most` repeat purchases cover MOST_SHOWN of the repeaters. `groups` are their counted histories.
    `intervals`: `low`, `high` and `method` ("Laplace" or "profile") by parameter, in days."""

    fit: Fit
    penalizer: float
    level: float
    until: dt.date
    repeats: int
    oldest: int
    most: int
    groups: Groups
    intervals: pd.DataFrame

    @property
    def nbytes(self) -> int:
        """What keeping this costs: its counted histories."""
        g = self.groups
        return sum(a.nbytes for a in (g.x, g.t, g.T, g.n, g.m, g.spread))

    def parameters(self, unit: str) -> pd.DataFrame:
        """A row a parameter: `model`, `parameter`, `unit` (the key of UNITS, "money" or ""), `value`, `error` (its
        standard error), `low`, `high` (at `level`; 0 and inf where the orders set no bound) and `method`."""
        rows = []
        for title, model in (
            (self.fit.family.title, self.fit.purchases),
            ("Gamma-Gamma", self.fit.spend.model),
        ):
            if model is None:
                continue
            for name in model.names:
                scale = UNITS[unit] if name in TIMES else 1.0
                rows.append(
                    {
                        "model": title,
                        "parameter": name,
                        "unit": unit if name in TIMES else "money" if name == "v" else "",
                        "value": float(model.params_[name]) / scale,
                        "error": float(model.standard_errors_[name]) / scale,
                        "low": float(self.intervals.low[name]) / scale,
                        "high": float(self.intervals.high[name]) / scale,
                        "method": self.intervals.method[name],
                    }
                )
        return pd.DataFrame(rows)

    def in_unit(self, log_likelihood: float, unit: str) -> float:
        """A log-likelihood of these purchases in days, in another unit of time."""
        return log_likelihood + self.repeats * log(UNITS[unit])

    def criterion_in_unit(self, criterion: float, unit: str) -> float:
        """The same of AIC or BIC."""
        return criterion - 2 * self.repeats * log(UNITS[unit])


def bench(shop: Shop, definitions: Definitions, *, model: str, penalizer: float = 0.0) -> Bench:
    """Fit `model`, one of `families.FAMILIES`, and Gamma-Gamma. Raises ValueError with a sentence where the orders allow
    no fit."""
    base = load(shop, definitions)
    # A mean of few is good enough as a stand-in where nobody has bought twice.
    stand_in = 0.0 if base.x.any() else first_purchase(shop, definitions, fewest=2).value
    fit = fit_base(base, stand_in if isfinite(stand_in) else 0.0, FAMILIES[model], penalizer=penalizer)
    again = base.x[base.x > 0]
    groups = grouped(base)
    most = int(np.quantile(again, MOST_SHOWN, method="higher")) if len(again) else 1
    return Bench(
        fit,
        penalizer,
        definitions.level,
        base.end,
        int(base.x.sum()),
        int(base.T.max()),
        min(max(most, 5), 40),
        groups,
        intervals(fit, base, groups, definitions.level),
    )


def intervals(fit: Fit, base: Base, groups: Groups, level: float) -> pd.DataFrame:
    """See `Bench.intervals`; parameters that are well determined, and those of a penalised fit, are Laplace's."""
    counted = {"frequency": groups.x, "recency": groups.t, "T": groups.T, "weights": groups.n}
    most = PROFILED[fit.family.name]
    found = [_intervals(fit.purchases, pd.DataFrame(counted), level, most)]
    if fit.spend.model is not None:
        paid = (base.x > 0) & (base.m > 0)
        spent = {"frequency": base.x[paid], "monetary_value": base.m[paid], "weights": 1.0}
        found.append(_intervals(fit.spend.model, pd.DataFrame(spent), level, most))
    return pd.concat(found)


def _intervals(model: Fitter, rows: pd.DataFrame, level: float, most: int) -> pd.DataFrame:
    # A profile is of the likelihood alone: it would not be of the parameters shown.
    if model.penalizer_coef or len(rows) > most:
        return model.parameter_intervals(level).assign(method="Laplace")
    # A fit that is kept has no customers; here they are still at hand.
    whole = copy(model)
    whole.data = rows
    return best_intervals(whole, level)


def past(shop: Shop, definitions: Definitions, *, model: str, penalizer: float = 0.0) -> Backtest:
    """Rolling origins of this model with this penaliser."""
    return rolling(shop, definitions, family=FAMILIES[model], penalizer=penalizer)


@dataclass(frozen=True)
class Sources:
    """What all customers will do within `days`: `purchases`, and `money` (discounted), each a dict of one Estimate a
    source of SOURCES; all have one value, and the interval that this source alone would give; "all" has all three."""

    purchases: dict[str, Estimate]
    money: dict[str, Estimate]
    days: float


def sources(
    shop: Shop,  # noqa: ARG001 (every question is asked of a shop)
    definitions: Definitions,
    *,
    model: str,
    penalizer: float = 0.0,  # noqa: ARG001 (it tells this question from others)
    bench: Bench,
    backtest: Backtest,
) -> Sources:
    """`bench` and `backtest` are what `bench` and `past` answered for this model, penaliser and period."""
    family, fit, groups = FAMILIES[model], bench.fit, bench.groups
    days, worth = weights(definitions)
    bought = totals_ahead(family, fit.purchases, groups, days[-1:])
    brought = totals_ahead(family, fit.purchases, groups, days, fit.spend, worth=worth)
    return Sources(
        by_source(bought, definitions.level, "purchases", family.title, backtest.model_error, backtest.why),
        by_source(
            brought,
            definitions.level,
            "money",
            f"{family.title}, Gamma-Gamma",
            backtest.money_error,
            backtest.why,
        ),
        float(days[-1]),
    )


def by_source(
    total: Totals, level: float, unit: str, method: str, model_error: float | None, why: str
) -> dict[str, Estimate]:
    """The first of the totals with the interval that each source alone would give: `Totals.bounds`."""
    value, n = float(total.value[0]), int(total.customers[0])

    def estimate(name: str) -> Estimate:
        if name == "model" and model_error is None:
            return missing(why, n=n, level=level, unit=unit)
        has = {source: name in (source, "all") for source in SOURCES}
        low, high = total.bounds(
            level,
            total.parameters * has["parameters"],
            total.chance * has["chance"],
            (model_error or 0.0) * has["model"],
        )
        return Estimate(value, float(low[0]), float(high[0]), n, level, unit, f"{method}, {name}")

    return {name: estimate(name) for name in SOURCES}


def gaps(behind: Floats, chance: Floats, level: float) -> tuple[Floats, Floats]:
    """Intervals of how far models lie behind the best (`model_choice.Choice.table`): normal, by Vuong (1989)."""
    z = float(norm.ppf((1 + level) / 2))
    return behind - z * chance, behind + z * chance
