"""What drives the chances: how much worse they become when a group of features tells nothing any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.estimate import Estimate
from models.learning.frames import Features, Floats, Sample
from models.learning.measures import bootstrap_means
from models.learning.sums import log_losses
from words import text

MOST_ROWS = 50_000
"""Rows of a held-out part that are enough; `Importance.rows` says how many were used."""

REPEATS = 5


@dataclass(frozen=True)
class Driver:
    """A group of features and the log loss that shuffling it among the customers adds (0 and below: it tells the
    model nothing)."""

    group: str
    title: str
    columns: tuple[str, ...]
    added_loss: Estimate

    @property
    def matters(self) -> bool:
        return self.added_loss.low > 0


@dataclass(frozen=True)
class Importance:
    """Strongest first; `log_loss` is that of the unshuffled rows. `rows` of `of` were used."""

    drivers: tuple[Driver, ...]
    log_loss: float
    rows: int
    of: int


def importance(
    predict: Callable[[Features], Floats],
    sample: Sample,
    *,
    level: float = 0.9,
    seed: int = 0,
    repeats: int = REPEATS,
    progress: Callable[[float, str], None] | None = None,
) -> Importance:
    """Permutation importance on rows that `predict` (features -> chance) has not learned from.

    Breiman (2001), Machine Learning 45, 5-32, section 10; all columns of a group are shuffled together, so that one
    related column cannot stand in for another. The interval is a bootstrap of customers over each row's added loss,
    mean of `repeats` shuffles. Raises ValueError with a sentence where there are no labels.
    """
    rng = np.random.default_rng(seed)
    used = sample
    if len(sample) > MOST_ROWS:
        used = sample.take(np.sort(rng.choice(len(sample), MOST_ROWS, replace=False)))
    label, features = used.label, used.features
    if label is None:
        raise ValueError(text("What drives the chances can only be told from rows with a known outcome."))
    own = log_losses(label, predict(features))
    drivers = []
    members = features.members()
    for k, (group, names) in enumerate(members.items()):
        if progress is not None:
            progress(k / len(members), text("What drives it"))
        added = np.zeros(len(used))
        for _ in range(repeats):
            shuffled = rng.permutation(len(used))
            columns = {**features.columns, **{name: features.columns[name][shuffled] for name in names}}
            added += (log_losses(label, predict(features.with_columns(columns))) - own) / repeats
        estimate = bootstrap_means(added, used.customer, level=level, seed=seed)
        drivers.append(Driver(group, features.titles[group], names, estimate))
    drivers.sort(key=lambda one: -one.added_loss.value)
    return Importance(tuple(drivers), float(own.mean()), len(used), len(sample))
