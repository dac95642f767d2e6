"""The four that contend to tell who leaves: boosted trees, a logistic regression, recency alone, and the BTYD model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats
from models.churn_baselines import BTYD, RECENCY, RECENCY_TITLE, Btyd, Recency, fit_btyd, fit_recency
from models.churn_words import HISTORY_GROUPS, TITLES
from models.learning.encode import sentences
from models.learning.frames import Features, Sample, concat
from models.learning.learner import TITLES as CLASSIFIER_TITLES
from models.learning.learner import Learned, ModelKind, learn
from words import text

CLASSIFIERS: tuple[ModelKind, ...] = ("boosting", "logistic")
BASELINES = (BTYD, RECENCY)
SEASONS = ("last_season", "season_now")
YEAR = 365
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Contender:
    """`name` is one of CLASSIFIERS or BASELINES; `columns` are the features that it looks at."""

    name: str
    title: str
    model: Learned | Recency | Btyd
    columns: tuple[str, ...]

    @property
    def classifier(self) -> bool:
        return self.name in CLASSIFIERS

    def view(self, features: Features) -> Features:
        """What this model looks at, in the groups that its reasons come in."""
        groups = features.groups if self.classifier else HISTORY_GROUPS
        seen = features.only(self.columns)
        return Features(seen.columns, seen.kinds, groups, TITLES, seen.levels, seen.phrases)

    def chance(self, features: Features) -> Floats:
        """The chance of leaving, shape (rows,)."""
        return self.model.chance(features.only(self.columns))


@dataclass(frozen=True)
class Field:
    """Those that could be fitted, and a sentence about each that could not or that had to leave something out."""

    contenders: tuple[Contender, ...]
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> Contender:
        return next(one for one in self.contenders if one.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.contenders)


def fit_field(
    training: list[Sample],
    now: Features,
    horizon: int,
    *,
    seed: int = 0,
    names: tuple[str, ...] = (*CLASSIFIERS, *BASELINES),
    progress: Progress | None = None,
) -> Field:
    """Fit `names`: BTYD to `now`, the histories at the day to forecast from; the others to earlier days.

    Raises ValueError with a sentence where none can be fitted.
    """
    found: list[Contender] = []
    notes: list[str] = []
    train = concat(training) if training else None
    for k, name in enumerate(names):

        def tell(fraction: float, what: str, k: int = k) -> None:
            if progress is not None:
                progress((k + fraction) / len(names), what)

        try:
            found.append(_fit(name, train, now, horizon, seed, tell, notes))
        except ValueError as problem:
            notes.append(
                text("{model} could not be used: {reason}", model=title_of(name), reason=str(problem))
            )
    if not found:
        raise ValueError(" ".join(notes))
    return Field(tuple(found), tuple(dict.fromkeys(notes)))


def _fit(
    name: str,
    train: Sample | None,
    now: Features,
    horizon: int,
    seed: int,
    tell: Progress,
    notes: list[str],
) -> Contender:
    if name == BTYD:
        btyd = fit_btyd(now, horizon)
        return Contender(name, btyd.family.title, btyd, Btyd.columns)
    if train is None:
        raise ValueError(text("there is no earlier day to learn from."))
    if name == RECENCY:
        return Contender(name, title_of(name), fit_recency(train), Recency.columns)
    kept, said = _without_seasons(train)
    kind = CLASSIFIERS[CLASSIFIERS.index(name)]  # type: ignore[arg-type]
    learned = learn(kept, kind=kind, seed=seed, progress=tell)
    notes += [*said, *sentences(learned.left_out)]
    return Contender(name, learned.title, learned, learned.encoding.names)


def title_of(name: str) -> str:
    """As a person reads it."""
    if name == BTYD:
        return BG_NBD.title
    return text(RECENCY_TITLE if name == RECENCY else CLASSIFIER_TITLES[name])


def _without_seasons(train: Sample) -> tuple[Sample, list[str]]:
    """Days of less than a year cannot tell a season from the passing of time: then it is not learned."""
    days = train.day
    if days is not None and (days.max() - days.min()) / np.timedelta64(1, "D") >= YEAR:
        return train, []
    note = text("The season is left out: the days learned from lie within less than a year.")
    rest = train.features.without(SEASONS)
    return Sample(rest, train.label, train.customer, train.day), [note]
