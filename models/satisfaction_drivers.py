"""What goes with low scores: late delivery, days to delivery, the order's value, refunds, earlier orders, category.

A logistic model of "this answer is unhappy" on what is known of the order it is about, with a ridge penalty that pulls towards no difference
where there is little to go by. Effects are average differences in the share of unhappy answers, all else in the model held equal; intervals from
a bootstrap over customers (Rubin 1981, Annals of Statistics 9, 130-134). They go with low scores; nothing here says that they cause them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from models.btyd.inputs import Floats
from models.definitions import Definitions
from models.estimate import Estimate, missing, share
from models.learning.measures import measure
from models.purchases import counted
from models.satisfaction import Scale
from models.satisfaction_people import of_scale
from models.survival import holm
from shop import Shop
from words import count, text

MOST = 20_000
"""Answers learned from; of more, every k-th by order number. The intervals are narrow by then."""
FEWEST, FEWEST_UNHAPPY = 100, 30
MOST_CATEGORIES = 5
FEWEST_IN_CATEGORY = 20
DRAWS = 200
FOLDS = 5
PENALTY = 1.0
"""Half the squared length of the coefficients of standardised columns is added to the loss."""
MOST_EARLIER = 10
"""Earlier orders are counted up to here."""

Way = Literal["switch", "step"]


@dataclass(frozen=True)
class Term:
    """`name` is "late", "days", "value", "refunded", "earlier" or "category" (then `label` is which). `effect` is the difference in the share of
    unhappy answers: with it against without (late, refunded, category), one day longer, twice the value, one earlier order more."""

    name: str
    label: str
    effect: Estimate
    corrected: float
    """p that there is no effect, from the bootstrap's spread, corrected for the number of terms (Holm)."""

    @property
    def beyond_chance(self) -> bool:
        return self.corrected < 1 - self.effect.level


@dataclass(frozen=True)
class Drivers:
    """`terms` by the size of their effect, of `answers` learned from, of which `unhappy` is the share. `auc` is how well answers of customers that
    the model had not seen were told apart: .5 is chance, 1 perfect. Where there is nothing to show `why` says so."""

    terms: tuple[Term, ...]
    answers: int
    unhappy: Estimate
    auc: Estimate
    why: str = ""


def drivers(shop: Shop, definitions: Definitions, *, scale: Scale, question: str | None = None) -> Drivers:
    """What goes with a detractor's answer, or with one that is not satisfied, on this scale."""
    rows = _answers(shop, definitions, scale, question)
    unhappy = (rows.side == (0 if scale.lower is None else -1)).to_numpy()
    level, n = definitions.level, len(rows)
    base = share(int(unhappy.sum()), n, level=level, why_missing=text("No answer names its order."))
    if n < FEWEST or min(unhappy.sum(), (~unhappy).sum()) < FEWEST_UNHAPPY:
        why = text(
            "At least {fewest} answers that name their order, {each} of them unhappy and {each} not, are needed to see what goes with low scores; "
            "there are {n}, {unhappy} of them unhappy.",
            fewest=count(FEWEST),
            each=count(FEWEST_UNHAPPY),
            n=count(n),
            unhappy=count(unhappy.sum()),
        )
        return Drivers((), n, base, missing(why, n=n, level=level), why)
    names, ways, columns = _columns(rows)
    if not names:
        why = text(
            "Nothing that differs from one order to the next is known of the orders that were answered about."
        )
        return Drivers((), n, base, missing(why, n=n, level=level), why)
    cluster = _clusters(rows)
    effects, p = _effects(columns, ways, unhappy, cluster, level)
    terms = [
        Term(name, label, e, float(c)) for (name, label), e, c in zip(names, effects, holm(p), strict=True)
    ]
    terms.sort(key=lambda t: (-abs(t.effect.value), t.name, t.label))
    told = measure(unhappy, _held_out(columns, unhappy, cluster), cluster, level=level)
    return Drivers(tuple(terms), n, base, told.auc)


def _answers(shop: Shop, definitions: Definitions, scale: Scale, question: str | None) -> pd.DataFrame:
    """One row an answer about an order that counts: `side` and what is known of the order, at most about MOST."""
    rows = of_scale(shop, definitions, scale, question=question)
    rows = rows.filter(rows.order_id.notnull()).select("order_id", "side", "answered_at")
    orders = counted(shop, definitions)
    own = ibis.window(group_by="customer", order_by=["ordered_at", "order_id"])
    known = orders.select(
        "order_id",
        "customer",
        "refunded_at",
        late=(orders.delivered_at > orders.promised_at).cast("float64"),
        days=(orders.delivered_at.epoch_seconds() - orders.ordered_at.epoch_seconds()) / 86_400,
        worth=orders.value,
        paid_back=orders.refunded.cast("float64").coalesce(0.0),
        earlier=ibis.ifelse(orders.customer.notnull(), ibis.row_number().over(own), None),
    )
    both = rows.join(known, "order_id")
    # What was paid back after the answer cannot have gone with it.
    back = (both.paid_back > 0) & (both.refunded_at.isnull() | (both.refunded_at <= both.answered_at))
    both = both.mutate(refunded=back.cast("float64"), category=ibis.null("string"))
    if shop.order_lines is not None:
        both = both.drop("category").left_join(_categories(shop.order_lines), "order_id")
    both = both.mutate(place=ibis.row_number().over(order_by=["order_id", "answered_at", "side"]))
    step = max(-(-int(both.count().execute()) // MOST), 1)
    kept = ["side", "customer", "late", "days", "worth", "refunded", "earlier", "category"]
    return both.filter(both.place % step == 0).order_by("place").select(kept).execute()


def _categories(lines: ir.Table) -> ir.Table:
    """The category of each order's first line that has one."""
    named = lines.filter(lines.category.notnull())
    return named.group_by("order_id").agg(category=named.category.argmin(named.line))


def _columns(rows: pd.DataFrame) -> tuple[list[tuple[str, str]], list[Way], Floats]:
    """Names, how each is moved, and the columns themselves; what is missing has the mean of what is known, and what never differs
    is left out."""
    value = rows.worth.to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        doubled = np.where(value > 0, np.log2(value), np.nan)
    found: list[tuple[str, str, Way, Floats]] = [
        ("late", "", "switch", rows.late.to_numpy(float)),
        ("days", "", "step", rows.days.to_numpy(float)),
        ("value", "", "step", doubled),
        ("refunded", "", "switch", rows.refunded.to_numpy(float)),
        ("earlier", "", "step", np.minimum(rows.earlier.to_numpy(float), MOST_EARLIER)),
    ]
    common = rows.category.value_counts()
    common = common[common >= FEWEST_IN_CATEGORY].head(MOST_CATEGORIES)
    if rows.category.nunique() > 1:
        found += [
            ("category", str(name), "switch", (rows.category == name).to_numpy(float))
            for name in common.index
        ]
    names, ways, columns = [], [], []
    for name, label, way, column in found:
        known = column[np.isfinite(column)]
        if len(known) and known.min() < known.max():
            names.append((name, label))
            ways.append(way)
            columns.append(np.where(np.isfinite(column), column, known.mean()))
    return names, ways, np.column_stack(columns) if columns else np.zeros((len(rows), 0))


def _clusters(rows: pd.DataFrame) -> np.ndarray:
    """A number for each customer; an answer whose customer is not known is one of its own."""
    codes, known = pd.factorize(rows.customer, sort=True)
    codes = codes.astype(np.int64)
    alone = codes < 0
    codes[alone] = len(known) + np.arange(int(alone.sum()))
    return codes


def fit(
    x: Floats, label: np.ndarray, weight: Floats, start: Floats | None = None, *, steps: int = 25
) -> Floats:
    """Intercept and coefficients of the penalised logistic model by Newton's method; the intercept is not penalised."""
    design = np.column_stack([np.ones(len(x)), x])
    b = np.zeros(design.shape[1]) if start is None else start.copy()
    penalty = PENALTY * np.diag([0.0, *np.ones(x.shape[1])])
    for _ in range(steps):
        p = expit(design @ b)
        gradient = design.T @ (weight * (p - label)) + penalty @ b
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + penalty
        move = np.linalg.solve(curvature + 1e-9 * np.eye(len(b)), gradient)
        b = b - move
        if np.abs(move).max() < 1e-8:
            break
    return b


def _standard(columns: Floats) -> tuple[Floats, Floats]:
    spread = columns.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return (columns - columns.mean(axis=0)) / spread, spread


def _effects(
    columns: Floats, ways: list[Way], label: np.ndarray, cluster: np.ndarray, level: float
) -> tuple[list[Estimate], list[float]]:
    """Each column's effect and the p that it has none."""
    x, spread = _standard(columns)
    n = len(x)
    whole = fit(x, label, np.ones(n))
    value = _moved(whole, x, columns, spread, ways, np.ones(n))
    rng = np.random.default_rng(0)
    drawn = np.empty((DRAWS, len(ways)))
    clusters = int(cluster.max()) + 1
    for k in range(DRAWS):
        each = rng.exponential(size=clusters)
        weight = each[cluster]
        weight *= n / weight.sum()
        drawn[k] = _moved(fit(x, label, weight, whole, steps=4), x, columns, spread, ways, weight)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    ends = zip(value, np.minimum(low, value), np.maximum(high, value), strict=True)
    method = "bootstrap over customers"
    found = [Estimate(float(v), float(a), float(b), n, level, "points", method) for v, a, b in ends]
    error = np.maximum(drawn.std(axis=0, ddof=1), 1e-12)
    return found, (2 * norm.sf(np.abs(value) / error)).tolist()


def _moved(b: Floats, x: Floats, columns: Floats, spread: Floats, ways: list[Way], weight: Floats) -> Floats:
    """For each column the mean change of the predicted share: from 0 to 1, or by one."""
    at = b[0] + x @ b[1:]
    out = np.empty(len(ways))
    for j, way in enumerate(ways):
        one = b[1 + j] / spread[j]
        if way == "switch":
            without = at - one * columns[:, j]
            change = expit(without + one) - expit(without)
        else:
            change = expit(at + one) - expit(at)
        out[j] = float(weight @ change) / float(weight.sum())
    return out


def _held_out(columns: Floats, label: np.ndarray, cluster: np.ndarray) -> Floats:
    """The chance of an unhappy answer by a model that has seen no answer of the same customer."""
    shuffled = np.random.default_rng(0).permutation(int(cluster.max()) + 1)
    fold = shuffled[cluster] % FOLDS
    p = np.empty(len(label))
    for k in range(FOLDS):
        seen = fold != k
        mean, (x, spread) = columns[seen].mean(axis=0), _standard(columns[seen])
        b = fit(x, label[seen], np.ones(int(seen.sum())))
        p[~seen] = expit(b[0] + (columns[~seen] - mean) / spread @ b[1:])
    return p
