"""The rolling snapshot days: which past days are learned from, and on which the models are tried.

A day is tried with what was known at it: all its training days end their horizon by then. The last day that can be
tried, whose horizon ends with the data, is the test; the days before it show how stable its answer is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from words import count, day, text

MOST_TRAINING = 4
MOST_TRIED = 3
STEPS = 3
"""Neighbouring days lie a third of the horizon apart, those learned from and those tried on alike."""
WARM_UP = 0.5
"""Of the horizon: so long a shop has been watched before its first training day, or recency would be cut short."""


@dataclass(frozen=True)
class Trial:
    """`day` is tried on; `training` are the days learned from, latest first: their horizons end by `day`."""

    day: dt.date
    training: tuple[dt.date, ...]


def needed(horizon: int) -> int:
    """Days that a shop must have been watched to try one day: warm-up, a training horizon and the test's."""
    return int(horizon * (2 + WARM_UP))


def longest(span: int) -> int:
    """The longest horizon for which `span` observed days allow MOST_TRIED days to be tried, a third of it apart."""
    return int(span / (2 + WARM_UP + (MOST_TRIED - 1) / STEPS))


def training_days(first: dt.date, at: dt.date, horizon: int) -> tuple[dt.date, ...]:
    """Days to learn from for a forecast at `at`, latest first; none where `at` is too early."""
    earliest = first + dt.timedelta(days=int(horizon * WARM_UP))
    step = max(horizon // STEPS, 1)
    days = (at - dt.timedelta(days=horizon + k * step) for k in range(MOST_TRAINING))
    return tuple(found for found in days if found >= earliest)


def trials(first: dt.date, last: dt.date, horizon: int) -> tuple[Trial, ...]:
    """The test day first, then earlier ones, as far as they can be learned for.

    Raises ValueError with a sentence where not even the test day can be.
    """
    check_horizon(first, last, horizon)
    step = max(horizon // STEPS, 1)
    days = [last - dt.timedelta(days=horizon + k * step) for k in range(MOST_TRIED)]
    found = [Trial(at, training_days(first, at, horizon)) for at in days]
    if not found[0].training:
        raise ValueError(
            text(
                "The orders cover {found} days. To learn from the past and to test what was learned, a horizon of "
                "{horizon} days needs {needed}. Choose a shorter horizon.",
                found=count((last - first).days),
                horizon=count(horizon),
                needed=count(needed(horizon)),
            )
        )
    return tuple(trial for trial in found if trial.training)


def chosen_trials(first: dt.date, last: dt.date, horizon: int, days: Sequence[dt.date]) -> tuple[Trial, ...]:
    """Trials at the days somebody named. Raises ValueError with a sentence for a day that cannot be tried."""
    check_horizon(first, last, horizon)
    if not days:
        raise ValueError(text("No snapshot day was named; at least one is needed."))
    found = []
    for at in days:
        end = at + dt.timedelta(days=horizon)
        if end > last:
            raise ValueError(
                text(
                    "The {horizon} days after the snapshot day {day} end on {end}, but the orders end on {last}: what "
                    "happened then is not known yet. Choose an earlier day or a shorter horizon.",
                    horizon=count(horizon),
                    day=day(at),
                    end=day(end),
                    last=day(last),
                )
            )
        trial = Trial(at, training_days(first, at, horizon))
        if not trial.training:
            raise ValueError(
                text(
                    "For the snapshot day {day} there is no earlier day to learn from: the orders begin on {first}, and "
                    "{needed} days are needed before it. Choose a later day or a shorter horizon.",
                    day=day(at),
                    first=day(first),
                    needed=count(needed(horizon) - horizon),
                )
            )
        found.append(trial)
    return tuple(found)


def check_horizon(first: dt.date, last: dt.date, horizon: int) -> None:
    """Raises ValueError with a sentence for a horizon that is no number of days, or longer than the data."""
    if horizon < 1:
        raise ValueError(text("The horizon is {n} days; at least 1 was expected.", n=count(horizon)))
    if horizon >= (last - first).days:
        raise ValueError(
            text(
                "The horizon of {horizon} days is as long as the orders, which cover {found} days, or longer: nobody can "
                "have been silent for so long and watched. Choose a shorter horizon.",
                horizon=count(horizon),
                found=count((last - first).days),
            )
        )
