"""Which model of purchases describes this shop: all that apply, fitted to the past and held against what followed.

The judge is the holdout: the log-likelihood of what each customer did in days that no model has seen. AIC on all orders
stands beside it. Differences are compared customer by customer (Vuong 1989, Econometrica 57, 307-333): a model is
preferred only where they are larger than chance makes them, and said not to matter where the forecasts agree as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.btyd.families import FAMILIES
from models.customer_base import fit_groups, grouped, load
from models.definitions import Definitions
from models.followed import Followed
from models.totals import totals_ahead
from models.tracking import count_log_likelihood, split
from shop import Shop

SAME_FORECAST = 0.02
"""Forecasts of the holdout's total that differ by less are one forecast to a shop owner."""
FEWEST = 30
"""With fewer customers the spread of their differences tells too little to call any model better."""


@dataclass(frozen=True)
class Choice:
    """`table`, the best first: `model` (a name of `families.FAMILIES`), `title`, `log_likelihood`, `aic` and `bic` (all
    orders), `holdout` (log-likelihood of the days held back), `behind` (how much less it is than the best's),
    `chance` (the standard deviation of that difference), `forecast` and `error` (of the holdout's total, and that over what
    came, less 1), `notes` (what the data could not tell). `best`: the one to use. `certain`: it is better than the next
    beyond chance; `matters`: and their forecasts differ. `failed`: title -> why it could not be fitted."""

    table: pd.DataFrame
    best: str
    certain: bool
    matters: bool
    failed: dict[str, str]
    days: int
    customers: int


def choice(shop: Shop, definitions: Definitions, *, holdout_days: int | None = None) -> Choice:
    """Raises ValueError with a sentence where the span is too short, or no model can be fitted."""
    past = split(shop, definitions, holdout_days)
    everything = grouped(load(shop, definitions))
    rows, each, failed = [], {}, {}
    for family in FAMILIES.values():
        try:
            whole = fit_groups(everything, family)
            row, each[family.name] = _held_back(family.name, past)
        except ValueError as reason:
            failed[family.title] = str(reason)
            continue
        rows.append(
            row
            | {
                "log_likelihood": whole.log_likelihood_,
                "aic": whole.aic_,
                "bic": whole.bic_,
                "notes": tuple(whole.notes_),
            }
        )
    if not rows:
        raise ValueError(next(iter(failed.values())))
    table = pd.DataFrame(rows).sort_values("holdout", ascending=False, kind="stable").reset_index(drop=True)
    best = table.model[0]
    gaps = [each[best] - each[name] for name in table.model]
    table["behind"] = [float(gap.sum()) for gap in gaps]
    table["chance"] = [float(gap.std()) * sqrt(len(gap)) for gap in gaps]
    beyond = float(norm.ppf((1 + definitions.level) / 2)) * table.chance
    certain = len(table) == 1 or bool(past.base.customers >= FEWEST and table.behind[1] > beyond[1])
    forecasts = table.forecast.to_numpy()
    matters = certain and bool(np.abs(forecasts / forecasts[0] - 1).max() >= SAME_FORECAST)
    return Choice(table, best, certain, matters, failed, past.days, past.base.customers)


def _held_back(name: str, past: Followed) -> tuple[dict[str, object], np.ndarray]:
    """(a row of the table as far as the holdout tells it, the log-likelihood of each customer's purchases in it)."""
    family, base = FAMILIES[name], past.base
    groups = grouped(base)
    fit = fit_groups(groups, family)
    alive = family.probability_alive(fit.params_.to_numpy(float), base.x, base.t, base.T)
    each = count_log_likelihood(family, fit, past, alive)
    expected = float(totals_ahead(family, fit, groups, float(past.days)).value[0])
    came = int(past.later.sum())
    row = {
        "model": name,
        "title": family.title,
        "holdout": float(each.sum()),
        "forecast": expected,
        "error": expected / came - 1 if came else inf,
    }
    return row, each
