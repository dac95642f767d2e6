"""Whose score differs: by channel, country and first product, by how long they had been customers and what they had paid.

Each customer counts once, with the first answer, so that answers are independent. How many splits were looked at is corrected for (Holm).
A difference says that groups differ, not why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import isnan, nan

import numpy as np
import pandas as pd
from scipy.stats import chi2

from models import satisfaction as counted
from models.cohort_split import available, firsts, pooled
from models.definitions import Definitions
from models.estimate import Estimate, share
from models.purchases import NoOrders, observed_until
from models.satisfaction import Scale
from models.satisfaction_people import first_answers, with_history
from models.satisfaction_trend import FEW
from models.survival import holm
from shop import Shop

SPLITS = ("channel", "country", "first_product")
TENURE, SPENT = "tenure", "spent"
TENURES = (30, 182, 365, 730)
"""Days since the first purchase at which the next band begins: a month, half a year, a year, two."""
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Group:
    """`label` is a value of the split; of tenure and spent it is "" and `low`, `high` are the band's ends (days, money; NaN: open)."""

    label: str
    score: Estimate
    low: float = nan
    high: float = nan


@dataclass(frozen=True)
class Split:
    """`groups` of at least FEW customers; `small` groups are left out. `p` is that of `mean_scores_differ`, `corrected` for all splits
    compared; NaN where there are not two groups."""

    name: str
    groups: tuple[Group, ...]
    small: int
    p: float
    corrected: float = nan

    def differs(self, level: float) -> bool:
        return not isnan(self.corrected) and self.corrected < 1 - level


@dataclass(frozen=True)
class Groups:
    """The splits, the clearest first; `customers` answered and are known."""

    splits: tuple[Split, ...]
    customers: int
    level: float

    @property
    def comparisons(self) -> int:
        return sum(not isnan(s.p) for s in self.splits)


def groups(shop: Shop, definitions: Definitions, *, scale: Scale, question: str | None = None) -> Groups:
    """Every split of the customers who answered on this scale."""
    try:
        end = observed_until(shop, definitions)
    except NoOrders:
        return Groups((), 0, definitions.level)
    answers = first_answers(shop, definitions, scale, question=question)
    each = with_history(shop, definitions, answers, end)
    names = [name for name in SPLITS if name in available(shop, definitions)]
    if names:
        known = firsts(shop, definitions, *names)
        labels = {name: pooled(shop, definitions, known, name) for name in names}
        each = each.join(known.select("customer", **labels), "customer")
    # One row a customer comes out, since each split would ask the same question again.
    rows = each.select(
        *names,
        side=each.side,
        **{TENURE: each.answered.delta(each.first_day, unit="day"), SPENT: each.spent},
    )
    frame = rows.execute()
    cuts = sorted(set(frame[SPENT].quantile(list(QUARTERS)).dropna()))
    bands = {TENURE: list(TENURES), SPENT: cuts}
    found = [_split(name, frame, scale, bands.get(name), definitions.level) for name in (*bands, *names)]
    corrected = holm([s.p for s in found])
    found = [replace(s, corrected=float(p)) for s, p in zip(found, corrected, strict=True)]
    ordered = sorted(found, key=lambda s: (isnan(s.p), s.p, s.name))
    return Groups(tuple(ordered), len(frame), definitions.level)


def _split(name: str, rows: pd.DataFrame, scale: Scale, cuts: list[float] | None, level: float) -> Split:
    """`cuts` are the ends of bands, None where the values are names. What lies on an end of tenure begins the next band, of money ends its own."""
    if cuts is None:
        codes, values = pd.factorize(rows[name], sort=True)
        bands = [(str(value), nan, nan) for value in values]
    else:
        codes = np.searchsorted(cuts, rows[name].to_numpy(float), side="right" if name == TENURE else "left")
        ends = [nan, *(float(c) for c in cuts), nan]
        bands = [("", low, high) for low, high in pairwise(ends)]
    table = np.zeros((len(bands), 3))
    np.add.at(table, (codes, 1 - rows.side.to_numpy(np.int64)), 1)
    held = table.sum(axis=1)
    groups = [
        Group(
            label,
            score_of_sides(scale, dict(zip((1, 0, -1), row.astype(int).tolist(), strict=True)), level),
            low,
            high,
        )
        for (label, low, high), row, n in zip(bands, table, held, strict=True)
        if n >= FEW
    ]
    small = int(((held > 0) & (held < FEW)).sum())
    return Split(name, tuple(groups), small, mean_scores_differ(table[held >= FEW]))


def score_of_sides(scale: Scale, sides: dict[int, int], level: float) -> Estimate:
    """The score from how many answers lie on each side."""
    if scale.kind == "NPS":
        return counted.nps(sides[1], sides[0], sides[-1], level)
    return share(sides[1], sides[1] + sides[0], level=level, why_missing=counted.no_answers())


def mean_scores_differ(table: np.ndarray) -> float:
    """p that k groups share one mean of sides (1, 0, -1), from their counts (k rows, three columns): the mean score statistic
    (N - 1) x between / total sum of squares, chi-squared with k - 1 degrees of freedom (Landis, Heyman and Koch 1978,
    International Statistical Review 46, 237-254). For shares it is Pearson's up to (N - 1) / N."""
    if len(table) < 2:
        return nan
    sides = np.array([1.0, 0.0, -1.0])
    n = table.sum(axis=1)
    means, whole = table @ sides / n, float((table @ sides).sum() / n.sum())
    total = float((table @ sides**2).sum() - n.sum() * whole**2)
    if total <= 1e-12:
        return 1.0
    statistic = (n.sum() - 1) * float((n * (means - whole) ** 2).sum()) / total
    return float(chi2.sf(statistic, len(table) - 1))
