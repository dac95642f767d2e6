"""Who is leaving: no order within H days of a snapshot day, by the model that did best on the shop's own past.

Boosted trees and a logistic regression against recency alone and the BTYD model's chance of no order in H. Whatever
wins on the untouched last period supplies the one score (`order_chance.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from models.churn_bare import wrap
from models.churn_choice_words import drift_note, headline, sentence
from models.churn_contenders import BTYD, Field, Progress, fit_field
from models.churn_days import Trial, chosen_trials, training_days, trials
from models.churn_features import Snapshot, snapshots
from models.churn_horizon import Horizon, horizon
from models.churn_score import Score, leavers, score
from models.churn_trial import Choice, Scores, TriedDay, choose, tried
from models.churn_trial import score as score_trial
from models.customer_base import load
from models.definitions import Definitions
from models.estimate import Estimate
from models.learning.frames import Sample
from models.learning.importance import Importance, importance
from models.learning.measures import Measures
from models.purchases import observed
from shop import Shop
from words import count, day, text

MOST_A_DAY = 250_000
"""Customers drawn of each past day, four of which make a million rows to learn from; the notes say so."""


@dataclass(frozen=True)
class Churn:
    """What the Churn page shows. `days` are those tried on, the test first; `drivers` say what moves the chosen model
    there; `leavers` of `active` customers are expected not to order within the horizon after `end`; `sentence` says
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


def churn(shop: Shop, definitions: Definitions, *, seed: int = 0, progress: Progress | None = None) -> Churn:
    """Raises ValueError with a sentence where the orders allow no test; `order_chances` then still has BTYD's score."""
    first, last = span(shop, definitions)
    h = horizon(shop, definitions)
    plan = trials(first, last, h.days)
    final = training_days(first, last, h.days)
    past = sorted({d for trial in plan for d in (trial.day, *trial.training)} | set(final))
    tell = progress or _silent
    what = text("Looking back from past days")
    read = snapshots(
        shop, definitions, [*past, last], h.days, last, most=MOST_A_DAY, tell=lambda f: tell(0.4 * f, what)
    )
    known = {one.day: one for one in read}
    everyone = known[last].names
    samples = {d: known[d].sample(everyone) for d in past}
    fields = [
        _field(trial, samples, h.days, seed, _part(tell, 0.4 + 0.4 * k / len(plan), 0.4 / len(plan)))
        for k, trial in enumerate(plan)
    ]
    scores = [
        score_trial(trial, field, samples[trial.day], definitions.at_risk_days)
        for trial, field in zip(plan, fields, strict=True)
    ]
    choice = choose(scores, definitions.level, seed)
    tell(0.8, text("Measuring"))
    days = tuple(tried(one, h.days, definitions.level, seed) for one in scores)
    base = load(shop, definitions, named=True)
    if choice.name == BTYD:
        used = fit_field([], known[last].features, h.days, names=(BTYD,))
    else:
        used = fit_field(
            [samples[d] for d in final],
            known[last].features,
            h.days,
            seed=seed,
            names=(choice.name,),
            progress=_part(tell, 0.85, 0.1),
        )
    found = score(base, used[choice.name], known[last])
    notes = [*fields[0].notes, *_drawn(known, past), *drift_note(days, choice.name)]
    return Churn(
        last,
        h,
        days,
        choice,
        sentence(choice, days),
        tuple(dict.fromkeys(notes)),
        _drivers(scores[0], choice.name, definitions.level, seed, _part(tell, 0.95, 0.05)),
        leavers(found, definitions.at_risk_days, days, definitions.level),
        found,
    )


def span(shop: Shop, definitions: Definitions) -> tuple[dt.date, dt.date]:
    """The observed days. Raises ValueError with a sentence where they end in the future: nobody has been silent yet."""
    first, last = observed(shop, definitions)
    today = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    if last > today:
        raise ValueError(
            text(
                "The orders end on {last}, which lies in the future. Correct the dates, or set the last observed day in the "
                "definitions.",
                last=day(last),
            )
        )
    return first, last


def _field(trial: Trial, samples: dict[dt.date, Sample], days: int, seed: int, tell: Progress) -> Field:
    now = samples[trial.day].features
    return fit_field([samples[d] for d in trial.training], now, days, seed=seed, progress=tell)


def _drivers(scores: Scores, name: str, level: float, seed: int, tell: Progress) -> Importance:
    used, sample = scores.field[name], scores.sample
    seen = Sample(used.view(sample.features), sample.label, sample.customer, sample.day)
    return importance(used.chance, seen, level=level, seed=seed, progress=tell)


def _part(tell: Progress, start: float, width: float) -> Progress:
    return lambda fraction, what: tell(start + width * fraction, what)


def _silent(fraction: float, what: str) -> None:
    """Nobody watches."""


def _drawn(known: dict[dt.date, Snapshot], past: Sequence[dt.date]) -> list[str]:
    if not any(len(known[d]) == MOST_A_DAY for d in past):
        return []
    return [
        text(
            "To save time {most} customers were drawn at random for each past day, to learn from and to test on.",
            most=count(MOST_A_DAY),
        )
    ]


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
    known = {s.day: s for s in snapshots(shop, definitions, needed, horizon_days, last, most=MOST_A_DAY)}
    everyone = known[days[0]].names
    samples = {d: known[d].sample(everyone) for d in needed}
    scores = [
        score_trial(
            trial,
            _field(trial, samples, horizon_days, seed, _silent),
            samples[trial.day],
            definitions.at_risk_days,
        )
        for trial in plan
    ]
    choice = choose(scores, definitions.level, seed)
    rows = [
        _row(one.name, one.title, found, one.measures, one.perfect, one.name == choice.name)
        for found in sorted(
            (tried(s, horizon_days, definitions.level, seed) for s in scores), key=lambda t: t.day
        )
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
