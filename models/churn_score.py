"""Every customer's score at the last observed day, by the model that is used, and why it is what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, logit
from scipy.stats import norm
from scipy.stats import t as student_t

from models.btyd.inputs import Floats, Ints
from models.churn_contenders import Contender
from models.churn_features import Snapshot
from models.churn_trial import TriedDay
from models.churn_words import GROUPS, PHRASES, TITLES
from models.customer_base import Base, still_customer
from models.estimate import Estimate, missing
from models.learning.frames import Features
from words import text

CAUTION = 0.5
"""As in `backtest.model_error`: of its standard error, what chance may have hidden of the model's own error."""


@dataclass(frozen=True)
class Score:
    """`chance` of an order within the horizon, in the order of `base`, by `contender`. `features` holds what that looks
    at, packed (32 bits a number) and in the same order."""

    base: Base
    contender: Contender
    chance: Floats
    packed: dict[str, np.ndarray]
    levels: dict[str, list[str]]

    @property
    def nbytes(self) -> int:
        """What keeping this costs."""
        base = self.base
        names = base.names.nbytes if base.names is not None else 0
        arrays = (base.x, base.t, base.T, base.m, self.chance, *self.packed.values())
        return names + sum(a.nbytes for a in arrays)

    def features(self, at: Ints) -> Features:
        """What the model looks at, of the customers at these positions."""
        return _features({name: values[at] for name, values in self.packed.items()}, self.levels)


def score(base: Base, contender: Contender, now: Snapshot | None = None) -> Score:
    """The chances of all customers of `base`. `now` is the last day's snapshot; without it the histories must do, which
    is all that BTYD looks at."""
    if now is None:
        packed = packed_histories(base)
        levels: dict[str, list[str]] = {}
    else:
        # Who counts can differ by a customer whose only order was paid back at an unknown moment.
        rows = pc.index_in(base.names, pa.array(now.names)).combine_chunks()
        if rows.null_count:
            raise ValueError(text("Some customers have a history but no features: their orders contradict."))
        at = rows.to_numpy()
        packed = {name: _packed(now.features.columns[name][at]) for name in contender.columns}
        levels = {n: list(now.features.levels[n]) for n in contender.columns if n in now.features.levels}
    chance = 1 - contender.chance(_features(packed, levels))
    return Score(base, contender, chance, packed, levels)


def packed_histories(base: Base) -> dict[str, np.ndarray]:
    """What BTYD and recency look at; whole days fit into 32 bits."""
    found = {"recency_days": base.T - base.t, "purchases": base.x + 1.0, "age_days": base.T}
    return {name: _packed(values) for name, values in found.items()}


def _packed(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int32 if np.issubdtype(values.dtype, np.integer) else np.float32)


def _features(packed: dict[str, np.ndarray], levels: dict[str, list[str]]) -> Features:
    columns = {n: v.astype(np.int64 if n in levels else np.float64) for n, v in packed.items()}
    kinds = {name: "category" if name in levels else "number" for name in columns}
    return Features(columns, kinds, GROUPS, TITLES, levels, PHRASES)  # type: ignore[arg-type]


def active(score: Score, at_risk_days: int) -> np.ndarray:
    """Who has bought within so many days and can still be said to leave."""
    return still_customer(score.base.T - score.base.t, at_risk_days)


def leavers(score: Score, at_risk_days: int, days: Sequence[TriedDay], level: float) -> Estimate:
    """How many of the active customers will not order within the horizon. The interval holds chance and the model's own
    error: what it missed by on the tried days, on the log odds of leaving, beyond what chance explains there.

    That error is measured by few days, so it counts as Student's t with a degree of freedom for each that stands alone
    (`standing_alone`): see `backtest.model_error`.
    """
    those = active(score, at_risk_days)
    n, gone = int(those.sum()), 1 - score.chance[those]
    if not n:
        why = text("Nobody has bought within the last {days} days.", days=at_risk_days)
        return missing(why, level=level, unit="customers")
    name = score.contender.name
    tried_on = [day for day in days if name in day.names and day[name].active]
    known = [day[name] for day in tried_on]
    if not known:
        why = text("No past day could be tried, so how wrong this number may be is not known.")
        return missing(why, n=n, level=level, unit="customers")
    missed = np.array(
        [_log_odds(one.gone, one.active) - _log_odds(one.expected, one.active) for one in known]
    )
    chance = [_variance(one.expected, one.spread, one.active) for one in known]
    k, upper, explained = standing_alone(tried_on), (1 + level) / 2, float(np.mean(chance))
    left = max(float(np.mean(missed**2)) - explained, 0.0)
    wider = float(student_t.ppf(upper, k) / norm.ppf(upper))
    error = wider**2 * left + CAUTION * sqrt(2 / k) * explained
    total = float(gone.sum())
    half = float(norm.ppf(upper)) * sqrt(error + _variance(total, float((gone * (1 - gone)).sum()), n))
    middle = _log_odds(total, n)
    low, high = (n * float(expit(middle + side * half)) for side in (-1, 1))
    method = f"{score.contender.title}, chance and rolling days ({len(known)})"
    return Estimate(total, min(low, total), max(high, total), n, level, "customers", method)


def standing_alone(days: Sequence[TriedDay]) -> float:
    """How many days whose horizons do not overlap these are worth: k^2 / sum over pairs of rho^2, rho the share of a horizon
    that two days have in common. Squared errors that correlate by rho^2 say less (Satterthwaite 1946, Biometrics 2, 110-114)."""
    at = np.array([day.day.toordinal() for day in days], float)
    length = np.array([(day.end - day.day).days for day in days], float)
    common = np.clip(1 - np.abs(at[:, None] - at) / np.minimum(length[:, None], length), 0.0, 1.0)
    return len(days) ** 2 / float((common**2).sum())


def _log_odds(count: float, n: int) -> float:
    return float(logit((count + 0.5) / (n + 1)))


def _variance(expected: float, spread: float, n: int) -> float:
    """Of the log odds of a share whose count has the variance `spread`."""
    rate = (expected + 0.5) / (n + 1)
    return spread / (n * rate * (1 - rate)) ** 2
