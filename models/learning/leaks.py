"""Features that tell too well who left: most likely written down afterwards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from models.learning.encode import usable
from models.learning.frames import Features, Sample
from models.learning.single import parts, unseen_auc, unseen_auc_of_gaps
from words import number, text

TOO_GOOD = 0.98
"""The AUC that no honest single feature of customers has been seen to reach; recency alone reaches about .85."""

AHEAD = 0.5
"""A leak's AUC leaves at most this part of what the best honest feature leaves to 1."""

MOST_ROWS = 100_000


@dataclass(frozen=True)
class Leak:
    """A suspected feature: `auc` of it alone, `gaps_auc` of nothing but whether it is filled, `next_auc` of the best
    feature that is not suspected; `let_in` by the analyst."""

    column: str
    auc: float
    gaps_auc: float
    next_auc: float
    let_in: bool

    def sentence(self, name: str = "") -> str:
        """`name`: how a person calls the column."""
        values = {
            "column": name or self.column,
            "auc": number(self.auc, 3, fixed=True),
            "next": number(self.next_auc, 3, fixed=True),
        }
        if self.gaps_auc >= TOO_GOOD:
            told = text(
                "Whether {column} is filled already tells who left (ROC-AUC {auc}; the next best feature: {next}). "
                "It was most likely filled in afterwards.",
                **values,
            )
        else:
            told = text(
                "{column} alone tells who left (ROC-AUC {auc}; the next best feature: {next}). "
                "It most likely became known only afterwards.",
                **values,
            )
        now = (
            text("It is used because it was let in.")
            if self.let_in
            else text("It is held out until it is let in.")
        )
        return f"{told} {now}"


@dataclass(frozen=True)
class LeakCheck:
    """`suspected` features, `kept` those to learn from, `auc` of each usable feature alone (on customers other than
    those it was read from), over `rows`."""

    suspected: tuple[Leak, ...]
    kept: Features
    auc: dict[str, float]
    rows: int

    @property
    def held_out(self) -> tuple[str, ...]:
        return tuple(leak.column for leak in self.suspected if not leak.let_in)


def find_leaks(
    sample: Sample, *, allowed: Collection[str] = (), trusted: Collection[str] = (), seed: int = 0
) -> LeakCheck:
    """Each feature alone, and whether it is filled, against the outcome; `allowed` are let in whatever they tell.
    `trusted` are never suspected, because they cannot have been written down afterwards.

    Columns that do not vary stay in `kept` and have no AUC. Raises ValueError with a sentence where nothing is left.
    """
    used = sample
    if len(sample) > MOST_ROWS:
        rows = np.random.default_rng(seed).choice(len(sample), MOST_ROWS, replace=False)
        used = sample.take(np.sort(rows))
    varying, _ = usable(used.features)
    part = parts(used, seed)
    auc = {name: unseen_auc(used, name, part=part) for name in varying.names}
    suspected = {name for name, found in auc.items() if found >= TOO_GOOD and name not in trusted}
    next_best = max((found for name, found in auc.items() if name not in suspected), default=0.5)
    leaks = tuple(
        Leak(name, auc[name], unseen_auc_of_gaps(used, name, seed=seed), next_best, name in allowed)
        for name in auc
        if name in suspected and 1 - auc[name] <= AHEAD * (1 - next_best)
    )
    held_out = [leak.column for leak in leaks if not leak.let_in]
    kept = sample.features.without(held_out)
    if not kept.columns:
        raise ValueError(
            text(
                "Every feature alone tells who left, so nothing honest is left to learn from. Let one of them in."
            )
        )
    return LeakCheck(leaks, kept, auc, len(used))
