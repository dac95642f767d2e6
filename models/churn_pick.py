"""The contenders tried on the shop's past, the one that is used, and its score of every customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.churn_choice_words import sentence
from models.churn_contenders import BTYD, Progress, fit_field
from models.churn_days import Trial, training_days, trials
from models.churn_features import snapshots
from models.churn_horizon import Horizon, horizon
from models.churn_leaks import held_out
from models.churn_score import Score, score
from models.churn_trial import Choice, Scores, choose
from models.churn_trial import score as score_trial
from models.customer_base import load
from models.definitions import Definitions
from models.learning.frames import Sample
from models.learning.leaks import Leak
from models.purchases import observed
from shop import Shop
from words import count, day, text

MOST_A_DAY = 250_000
"""Customers drawn of each past day, four of which make a million rows to learn from; the notes say so."""
MOST_BEFORE = 50_000
"""The same for the days before the test, which only check it."""


@dataclass(frozen=True)
class Picked:
    """What was chosen by the scores of the tried days (the test first), and what it says of everyone at the end of the
    orders. Holds every row tried on: kept only until it has been measured."""

    horizon: Horizon
    scores: tuple[Scores, ...]
    choice: Choice
    score: Score
    notes: tuple[str, ...]
    leaks: tuple[Leak, ...]

    @property
    def sentence(self) -> str:
        return sentence(self.choice)


def pick(
    shop: Shop,
    definitions: Definitions,
    *,
    allowed: Collection[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Picked:
    """`allowed` features are learned from even where they tell too well who left. Raises ValueError with a sentence where the orders allow no test."""
    first, last = span(shop, definitions)
    h = horizon(shop, definitions)
    plan = trials(first, last, h.days)
    final = training_days(first, last, h.days)
    past = sorted({d for trial in plan for d in (trial.day, *trial.training)} | set(final))
    tell = progress or silent
    what = text("Looking back from past days")
    read = snapshots(
        shop, definitions, [*past, last], h.days, last, most=MOST_A_DAY, tell=lambda f: tell(0.4 * f, what)
    )
    # Not the last day's keys alone: orders that come later can merge two customers, or take one away.
    now, everyone = read[-1], pa.concat_arrays([one.names for one in read]).unique()
    notes = drawn_note(max(len(one) for one in read[:-1]))
    samples = {one.day: one.sample(everyone) for one in read[:-1]}
    del read
    scores = try_all(plan, samples, h.days, definitions.at_risk_days, allowed, seed, part(tell, 0.4, 0.4))
    choice = choose(scores, definitions.level, seed)
    used = fit_field(
        [] if choice.name == BTYD else [samples[d] for d in final],
        now.features,
        h.days,
        seed=seed,
        names=(choice.name,),
        allowed=allowed,
        # What is used must be what was tried: nothing that was held out then comes back on the strength of later days.
        held_out=held_out(scores[0].field.leaks),
        progress=part(tell, 0.8, 0.2),
    )
    found = score(load(shop, definitions, named=True), used[choice.name], now)
    tested = scores[0].field
    named = {one.column: one for one in (*used.leaks, *tested.leaks)}
    return Picked(h, scores, choice, found, (*tested.notes, *notes), tuple(named.values()))


def try_all(
    plan: Sequence[Trial],
    samples: dict[dt.date, Sample],
    days: int,
    at_risk_days: int,
    allowed: Collection[str] = (),
    seed: int = 0,
    tell: Progress | None = None,
) -> tuple[Scores, ...]:
    """Each trial's contenders, fitted to its training days and asked at its own. The first trial is the test."""
    found = []
    for k, trial in enumerate(plan):
        if k == 1:
            samples = {at: _thinned(sample) for at, sample in samples.items()}
        now = samples[trial.day]
        told = part(tell or silent, k / len(plan), 1 / len(plan))
        train = [samples[d] for d in trial.training]
        field = fit_field(train, now.features, days, seed=seed, allowed=allowed, progress=told)
        found.append(score_trial(trial, field, now, days, at_risk_days))
    return tuple(found)


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


def _thinned(sample: Sample) -> Sample:
    if len(sample) <= MOST_BEFORE:
        return sample
    drawn = np.random.default_rng(len(sample)).choice(len(sample), MOST_BEFORE, replace=False)
    return sample.take(np.sort(drawn))


def drawn_note(largest: int) -> list[str]:
    """That only a part of the customers was learned from, where that is so."""
    notes = []
    if largest >= MOST_A_DAY:
        notes.append(
            text(
                "To save time {most} customers were drawn at random for each past day, to learn from and to test on.",
                most=count(MOST_A_DAY),
            )
        )
    if largest > MOST_BEFORE:
        notes.append(
            text("On the days before the test {most} customers were drawn for each.", most=count(MOST_BEFORE))
        )
    return notes


def part(tell: Progress, start: float, width: float) -> Progress:
    """Progress of one part of the work, from `start` on."""
    return lambda fraction, what: tell(start + width * fraction, what)


def silent(fraction: float, what: str) -> None:
    """Nobody watches."""
