"""Who is leaving: no order within H days of a snapshot day, by the model that did best on the shop's own past.

Boosted trees and a logistic regression against recency alone and the BTYD model's chance of no order in H. Whatever
wins on the untouched last period supplies the one score (`order_chance.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from models.churn_bare import wrap
from models.churn_choice_words import drift_note, headline
from models.churn_contenders import Progress
from models.churn_days import chosen_trials
from models.churn_features import snapshots
from models.churn_horizon import Horizon
from models.churn_pick import MOST_A_DAY, part, pick, silent, span, try_all
from models.churn_score import Score, leavers
from models.churn_trial import Choice, Scores, TriedDay, choose, tried
from models.definitions import Definitions
from models.estimate import Estimate
from models.learning.frames import Sample
from models.learning.importance import Importance, importance
from models.learning.leaks import Leak
from models.learning.measures import Measures
from shop import Shop
from words import text


@dataclass(frozen=True)
class Churn:
    """What the Churn page shows. `days` are those tried on, the test first; `drivers` say what moves the chosen model
    there; `leaks` are the features that alone tell too well who left, held out of the classifiers or let in; `leavers` of `active` customers are expected not to order within the horizon after `end`; `sentence` says
    whether a classifier beats the baselines, `notes` what a person should know."""

    end: dt.date
    horizon: Horizon
    days: tuple[TriedDay, ...]
    choice: Choice
    sentence: str
    notes: tuple[str, ...]
    drivers: Importance
    leavers: Estimate
    score: Score
    leaks: tuple[Leak, ...] = ()

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        return headline(self.leavers, self.horizon.days)

    @property
    def active(self) -> int:
        return self.leavers.n

    @property
    def title(self) -> str:
        """The model that is used."""
        return self.score.contender.title

    @property
    def nbytes(self) -> int:
        return self.score.nbytes


def churn(
    shop: Shop,
    definitions: Definitions,
    *,
    allowed: Collection[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Churn:
    """`allowed` names features to learn from even if they are suspected to be leaks (`Churn.leaks`).

    Raises ValueError with a sentence where the orders allow no test; `order_chances` then still has BTYD's score.
    """
    tell = progress or silent
    picked = pick(shop, definitions, allowed=allowed, seed=seed, progress=part(tell, 0.0, 0.8))
    level = definitions.level
    days = []
    for k, one in enumerate(picked.scores):
        tell(0.8 + 0.15 * k / len(picked.scores), text("Measuring"))
        days.append(tried(one, level, seed))
    name = picked.choice.name
    return Churn(
        picked.score.base.end,
        picked.horizon,
        tuple(days),
        picked.choice,
        picked.sentence,
        (*picked.notes, *drift_note(days, name)),
        _drivers(picked.scores[0], name, level, seed, part(tell, 0.95, 0.05)),
        leavers(picked.score, definitions.at_risk_days, days, level),
        picked.score,
        picked.leaks,
    )


def _drivers(scores: Scores, name: str, level: float, seed: int, tell: Progress) -> Importance:
    used, sample = scores.field[name], scores.sample
    seen = Sample(used.view(sample.features), sample.label, sample.customer, sample.day)
    return importance(used.chance, seen, level=level, seed=seed, progress=tell)


FIGURES = ("auc", "pr_auc", "brier", "log_loss", "calibration_error")


def backtest(
    orders: ir.Table,
    horizon_days: int,
    snapshot_days: Sequence[dt.date | str],
    *,
    definitions: Definitions | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """The models tried on each snapshot day, learned from days whose horizon had ended by then.

    A row a model and snapshot day: model, title, snapshot_day, n, base_rate, auc, pr_auc, brier, log_loss and
    calibration_error (10 parts of equal count), each with _low and _high; calibration_error_perfect with _low and _high:
    what exactly right chances would score at that size; and chosen: whether this model would be used, judged by the
    latest of the days and checked on the others. `orders` has the columns of data/tables.py. Raises ValueError with a
    sentence for a day that cannot be tried.
    """
    shop = wrap(orders)
    definitions = definitions or Definitions()
    first, last = span(shop, definitions)
    days = sorted({pd.Timestamp(d).date() for d in snapshot_days}, reverse=True)
    plan = chosen_trials(first, last, horizon_days, days)
    needed = sorted({d for trial in plan for d in (trial.day, *trial.training)})
    read = snapshots(shop, definitions, needed, horizon_days, last, most=MOST_A_DAY)
    everyone = pa.concat_arrays([one.names for one in read]).unique()
    samples = {one.day: one.sample(everyone) for one in read}
    scores = try_all(plan, samples, horizon_days, definitions.at_risk_days, seed=seed)
    choice = choose(scores, definitions.level, seed)
    rows = [
        _row(one.name, one.title, found, one.measures, one.perfect, one.name == choice.name)
        for found in (tried(s, definitions.level, seed) for s in reversed(scores))
        for one in found.contenders
    ]
    return pd.DataFrame(rows)


def _row(
    name: str, title: str, at: TriedDay, found: Measures, perfect: Estimate, chosen: bool
) -> dict[str, object]:
    row: dict[str, object] = {"model": name, "title": title, "snapshot_day": at.day, "n": at.customers}
    row["base_rate"] = found.base_rate
    for figure in FIGURES:
        e: Estimate = getattr(found, figure)
        row |= {figure: e.value, f"{figure}_low": e.low, f"{figure}_high": e.high}
    row |= {"calibration_error_perfect": perfect.value}
    row |= {"calibration_error_perfect_low": perfect.low, "calibration_error_perfect_high": perfect.high}
    return row | {"chosen": chosen}
