"""Whose score differs: by channel, country and first product, by how long they had been customers and what they had paid.

Each customer counts once, with the first answer, so that answers are independent. How many splits were looked at is corrected for (Holm).
A difference says that groups differ, not why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan, nan

import ibis
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
    tenure = each.answered.delta(each.first_day, unit="day")
    cuts = _quarters(each)
    coded = {
        TENURE: sum((tenure >= d).cast("int64") for d in TENURES).cast("string"),
        SPENT: sum((each.spent > v).cast("int64") for v in cuts).cast("string") if cuts else None,
    }
    parts = [
        each.group_by(value=code, side=each.side).agg(n=each.count()).mutate(name=ibis.literal(name))
        for name, code in coded.items()
        if code is not None
    ]
    if names:
        known = firsts(shop, definitions, *names)
        labels = {name: pooled(shop, definitions, known, name) for name in names}
        told = each.select("customer", "side").join(known.select("customer", **labels), "customer")
        parts += [
            told.group_by(value=told[name], side=told.side)
            .agg(n=told.count())
            .mutate(name=ibis.literal(name))
            for name in names
        ]
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    frame = rows.order_by(["name", "value", "side"]).execute()
    found = [_split(str(name), part, scale, cuts, definitions.level) for name, part in frame.groupby("name")]
    corrected = holm([s.p for s in found])
    found = [replace(s, corrected=float(p)) for s, p in zip(found, corrected, strict=True)]
    customers = int(frame[frame.name == TENURE].n.sum())
    ordered = sorted(found, key=lambda s: (isnan(s.p), s.p, s.name))
    return Groups(tuple(ordered), customers, definitions.level)


def _quarters(each: ibis.expr.types.Table) -> list[float]:
    """What a quarter, half and three quarters had paid at most on the day they were asked about."""
    row = each.agg(**{f"q{k}": each.spent.quantile(q) for k, q in enumerate(QUARTERS)}).execute().iloc[0]
    found = [float(v) for v in row if pd.notna(v)]
    return sorted(set(found))


def _split(name: str, rows: pd.DataFrame, scale: Scale, cuts: list[float], level: float) -> Split:
    groups, tables, small = [], [], 0
    for value, part in rows.groupby("value", sort=True):
        sides = {side: int(part.n[part.side == side].sum()) for side in (1, 0, -1)}
        if sum(sides.values()) < FEW:
            small += 1
            continue
        low, high = nan, nan
        if name in (TENURE, SPENT):
            ends = [nan, *(TENURES if name == TENURE else cuts), nan]
            low, high = ends[int(str(value))], ends[int(str(value)) + 1]
        label = "" if name in (TENURE, SPENT) else str(value)
        groups.append(Group(label, score_of_sides(scale, sides, level), low, high))
        tables.append([sides[1], sides[0], sides[-1]])
    return Split(name, tuple(groups), small, mean_scores_differ(np.array(tables, float)))


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
