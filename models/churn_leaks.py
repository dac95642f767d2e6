"""What the classifiers may learn from: features that tell too well who left are held out until somebody lets them in.

Days of orders are trusted: when somebody ordered cannot be written down afterwards, and the baselines see it too.
Everything else comes from columns that a shop may fill in or change once it knows who has gone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from models.churn_words import GROUPS, name_of
from models.learning.frames import Sample
from models.learning.leaks import Leak, find_leaks
from models.learning.learner import check_outcomes
from words import text

TRUSTED = tuple(
    name for name, group in GROUPS.items() if group in ("recency", "frequency", "rhythm", "season")
)
CHECKED = tuple(name for name in GROUPS if name not in TRUSTED)
SEASONS = ("last_season", "season_now")
YEAR = 365


@dataclass(frozen=True)
class Learnable:
    """`sample` without what must not be learned from; `notes` say what that is, apart from the `leaks`."""

    sample: Sample
    notes: tuple[str, ...]
    leaks: tuple[Leak, ...]


def learnable(
    train: Sample, *, allowed: Collection[str] = (), held_out: Collection[str] = (), seed: int = 0
) -> Learnable:
    """The days learned from, checked by themselves alone, without those `held_out` anyway. Raises ValueError with a
    sentence where nothing can be learned."""
    if train.label is None:
        raise ValueError(text("A sample without labels cannot be learned from."))
    check_outcomes(train.label)
    kept, notes = _without_seasons(train)
    kept = _without(kept, held_out)
    found = find_leaks(kept, allowed=allowed, trusted=TRUSTED, seed=seed)
    return Learnable(_without(kept, found.held_out), tuple(notes), found.suspected)


def held_out(leaks: Collection[Leak]) -> tuple[str, ...]:
    return tuple(one.column for one in leaks if not one.let_in)


def sentences(leaks: Collection[Leak]) -> tuple[str, ...]:
    """One about each, by the name that a person knows it by."""
    return tuple(one.sentence(name_of(one.column)) for one in leaks)


def _without(sample: Sample, columns: Collection[str]) -> Sample:
    return Sample(sample.features.without(tuple(columns)), sample.label, sample.customer, sample.day)


def _without_seasons(train: Sample) -> tuple[Sample, list[str]]:
    """Days of less than a year cannot tell a season from the passing of time: then it is not learned."""
    days = train.day
    if days is not None and (days.max() - days.min()) / np.timedelta64(1, "D") >= YEAR:
        return train, []
    note = text("The season is left out: the days learned from lie within less than a year.")
    return _without(train, SEASONS), [note]
