"""The contenders tried on past days: what they said at each, against what then happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.btyd.inputs import Floats, Ints
from models.churn_contenders import BASELINES, CLASSIFIERS, Contender, Field
from models.churn_days import Trial
from models.customer_base import still_customer
from models.estimate import Estimate, share
from models.learning.frames import Sample
from models.learning.measures import Comparison, Measures, compare, measure, perfect_calibration_error
from models.learning.sums import log_losses

MATERIAL = 0.02
"""A calibration error that no one would act on, however surely it is not 0."""


@dataclass(frozen=True)
class Scores:
    """What each contender said at one day (`chance` of leaving within `days` by name), and who `left`; `active` marks those who had
    bought lately enough to be counted on. Arrays of one length: kept only while choosing."""

    trial: Trial
    days: int
    field: Field
    sample: Sample
    left: np.ndarray
    customer: Ints
    active: np.ndarray
    chance: dict[str, Floats]


@dataclass(frozen=True)
class Tried:
    """One contender on one day. `perfect` is the calibration error that exactly right chances would show there;
    `expected` of the `active` were said to leave and `gone` did, `spread` the variance of that by chance alone."""

    name: str
    title: str
    measures: Measures
    perfect: Estimate
    said: float
    active: int
    expected: float
    gone: int
    spread: float

    @property
    def off(self) -> bool:
        """Its chances missed by more than exactly right ones would by chance, and by more than MATERIAL."""
        error = self.measures.calibration_error
        return error.low > self.perfect.high and error.value > MATERIAL


@dataclass(frozen=True)
class TriedDay:
    """`day` to `end` with what was learned on `training` days: `customers` known at `day`, the share that `left`."""

    day: dt.date
    end: dt.date
    training: tuple[dt.date, ...]
    customers: int
    left: Estimate
    contenders: tuple[Tried, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.contenders)

    def __getitem__(self, name: str) -> Tried:
        return next(one for one in self.contenders if one.name == name)


def score(trial: Trial, field: Field, sample: Sample, days: int, at_risk_days: int) -> Scores:
    """What the fitted contenders say of the labelled `sample` of the trial's day."""
    left = sample.label
    if left is None:
        raise ValueError("A trial needs a sample with labels.")
    active = still_customer(sample.features.columns["recency_days"], at_risk_days)
    chance = {one.name: one.chance(sample.features) for one in field.contenders}
    return Scores(trial, days, field, sample, left, sample.customer.astype(np.int64), active, chance)


def tried(scores: Scores, level: float, seed: int = 0) -> TriedDay:
    """All measures of one day, with intervals."""
    day = scores.trial.day
    return TriedDay(
        day,
        day + dt.timedelta(days=scores.days),
        scores.trial.training,
        len(scores.left),
        share(int(scores.left.sum()), len(scores.left), level=level),
        tuple(_tried(one, scores, level, seed) for one in scores.field.contenders),
    )


def _tried(one: Contender, scores: Scores, level: float, seed: int) -> Tried:
    p, active = scores.chance[one.name], scores.active
    return Tried(
        one.name,
        one.title,
        measure(scores.left, p, scores.customer, level=level, seed=seed),
        perfect_calibration_error(p, level=level, seed=seed),
        float(p.mean()),
        int(active.sum()),
        float(p[active].sum()),
        int(scores.left[active].sum()),
        float((p[active] * (1 - p[active])).sum()),
    )


@dataclass(frozen=True)
class Choice:
    """`name` is used. `classifier` and `baseline` are the best of each on the test `day` (None where there is none), by
    the log `losses` there, until `end`; `test` compares the two (classifier less baseline: below 0 the classifier is
    better) and `before` on the earlier days together. `titles` and `losses` are by name."""

    name: str
    classifier: str | None
    baseline: str | None
    test: Comparison | None
    before: Comparison | None
    day: dt.date
    end: dt.date
    titles: dict[str, str]
    losses: dict[str, float]

    @property
    def beaten(self) -> bool:
        """The baselines are beaten by more than noise."""
        return self.name == self.classifier


def choose(scores: Sequence[Scores], level: float, seed: int = 0) -> Choice:
    """A classifier is used only if it beats the better baseline on the test day, the first of `scores`, by more than
    noise (paired bootstrap of the log loss, by customer) and was not the worse one on the earlier days."""
    test = scores[0]
    day = test.trial.day
    titles = {one.name: one.title for one in test.field.contenders}
    losses = {name: float(log_losses(test.left, p).mean()) for name, p in test.chance.items()}
    facts = (day, day + dt.timedelta(days=test.days), titles, losses)
    classifier, baseline = (
        min((name for name in names if name in losses), key=losses.__getitem__, default=None)
        for names in (CLASSIFIERS, BASELINES)
    )
    if classifier is None or baseline is None:
        return Choice(baseline or classifier or "", classifier, baseline, None, None, *facts)
    # The better of two classifiers had two chances to look good by luck.
    strict = 1 - (1 - level) / len(CLASSIFIERS)
    found = _compare([test], classifier, baseline, strict, seed)
    both = [s for s in scores[1:] if classifier in s.chance and baseline in s.chance]
    before = _compare(both, classifier, baseline, strict, seed) if both else None
    wins = found.better and not (before is not None and before.log_loss.value > 0)
    return Choice(classifier if wins else baseline, classifier, baseline, found, before, *facts)


def _compare(scores: Sequence[Scores], a: str, b: str, level: float, seed: int) -> Comparison:
    left, customer = (np.concatenate([getattr(s, name) for s in scores]) for name in ("left", "customer"))
    p, q = (np.concatenate([s.chance[name] for s in scores]) for name in (a, b))
    return compare(left, p, q, customer, level=level, seed=seed)
