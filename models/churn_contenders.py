"""The four that contend to tell who leaves: boosted trees, a logistic regression, recency alone, and the BTYD model."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats
from models.churn_baselines import BTYD, RECENCY, RECENCY_TITLE, Btyd, Recency, fit_btyd, fit_recency
from models.churn_leaks import Learnable, learnable
from models.churn_words import HISTORY_GROUPS, TITLES
from models.learning.encode import sentences
from models.learning.frames import Features, Sample, concat
from models.learning.leaks import Leak
from models.learning.learner import TITLES as CLASSIFIER_TITLES
from models.learning.learner import Learned, ModelKind, learn
from words import text

CLASSIFIERS: tuple[ModelKind, ...] = ("boosting", "logistic")
BASELINES = (BTYD, RECENCY)
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
    """Those that could be fitted, and a sentence about each that could not or that had to leave something out.
    `leaks` are the features suspected on the days learned from, held out of the classifiers or let in."""

    contenders: tuple[Contender, ...]
    notes: tuple[str, ...]
    leaks: tuple[Leak, ...] = ()

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
    allowed: Collection[str] = (),
    held_out: Collection[str] = (),
    progress: Progress | None = None,
) -> Field:
    """Fit `names`: BTYD to `now`, the histories at the day to forecast from; the others to earlier days. Features that tell
    too well there who left are held out of the classifiers, except those `allowed`; those `held_out` are in any case.

    Raises ValueError with a sentence where none can be fitted.
    """
    found: list[Contender] = []
    notes: list[str] = []
    train = concat(training) if training else None
    checked: Learnable | None = None
    for k, name in enumerate(names):

        def tell(fraction: float, what: str, k: int = k) -> None:
            if progress is not None:
                progress((k + fraction) / len(names), what)

        try:
            if name in CLASSIFIERS and train is not None and checked is None:
                checked = learnable(train, allowed=allowed, held_out=held_out, seed=seed)
            found.append(_fit(name, train, checked, now, horizon, seed, tell, notes))
        except ValueError as problem:
            notes.append(
                text("{model} could not be used: {reason}", model=title_of(name), reason=str(problem))
            )
    if not found:
        raise ValueError(" ".join(notes))
    return Field(tuple(found), tuple(dict.fromkeys(notes)), checked.leaks if checked else ())


def _fit(
    name: str,
    train: Sample | None,
    checked: Learnable | None,
    now: Features,
    horizon: int,
    seed: int,
    tell: Progress,
    notes: list[str],
) -> Contender:
    if name == BTYD:
        btyd = fit_btyd(now, horizon)
        return Contender(name, btyd.family.title, btyd, Btyd.columns)
    if train is None or (checked is None and name in CLASSIFIERS):
        raise ValueError(text("there is no earlier day to learn from."))
    if checked is None or name == RECENCY:
        return Contender(name, title_of(name), fit_recency(train), Recency.columns)
    kind = CLASSIFIERS[CLASSIFIERS.index(name)]  # type: ignore[arg-type]
    learned = learn(checked.sample, kind=kind, seed=seed, progress=tell)
    notes += [*checked.notes, *sentences(learned.left_out)]
    return Contender(name, learned.title, learned, learned.encoding.names)


def title_of(name: str) -> str:
    """As a person reads it."""
    if name == BTYD:
        return BG_NBD.title
    return text(RECENCY_TITLE if name == RECENCY else CLASSIFIER_TITLES[name])
