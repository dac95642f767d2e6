"""Boosted trees or a logistic regression that learn who leaves, and say it as a calibrated chance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

import numpy as np
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController

from models.learning.calibrate import Calibration, calibrate
from models.learning.encode import LeftOut, Lines, Trees, lines, trees, usable
from models.learning.folds import folds
from models.learning.frames import Features, Floats, Sample, Truths
from words import count, message, text

ModelKind = Literal["boosting", "logistic"]
Progress = Callable[[float, str], None]

TITLES = {"boosting": message("Boosted trees"), "logistic": message("Logistic regression")}

FEWEST = 25
"""Rows of either outcome, and customers, below which nothing is learned."""

SMALL = 50_000
"""Up to so many rows every row is predicted once by a model that has not seen it, to calibrate on, and the model is
then fitted to all; beyond, one held-out part is plenty and saves the time."""

PARTS = 4
MOST_HELD_OUT = 100_000
MOST_TREES = 300
PATIENCE = 10
"""Trees that may be added without the held-out loss falling before no more are."""


@dataclass(frozen=True)
class Learned:
    """A fitted classifier. `rows` it learned from, `base_rate` among them, `left_out` the columns that do not vary,
    `trees` how many (0 for the logistic regression), `calibration` the curve its log odds went through."""

    kind: ModelKind
    encoding: Trees | Lines
    model: Any
    calibration: Calibration
    rows: int
    base_rate: float
    left_out: tuple[LeftOut, ...]
    trees: int

    @property
    def title(self) -> str:
        return text(TITLES[self.kind])

    def log_odds(self, features: Features) -> Floats:
        """Log odds of leaving, calibrated; raises ValueError with a sentence where a column is missing."""
        for name in self.encoding.names:
            if name not in features.columns:
                raise ValueError(text("The model needs the feature {name}, which is missing.", name=name))
        return self.calibration.apply(_raw(self.model, self.encoding.matrix(features)))

    def chance(self, features: Features) -> Floats:
        """The calibrated chance of leaving, shape (rows,)."""
        return np.asarray(expit(self.log_odds(features)))


def learn(train: Sample, *, kind: ModelKind, seed: int = 0, progress: Progress | None = None) -> Learned:
    """Fit on a labelled sample without class weights, which would ruin the calibration; calibrated on rows of
    customers that the model has not seen. The same seed gives the same answer. `progress(fraction, what)`.

    Raises ValueError with a sentence where only one outcome is there, either is too rare, or no feature varies.
    """
    label = _checked(train)
    features, left_out = usable(train.features)
    encoding: Trees | Lines = trees(features) if kind == "boosting" else lines(features)
    matrix = encoding.matrix(features)
    tell = progress or silent
    what = text(TITLES[kind])
    fit: Callable[..., Any] = _logistic
    if isinstance(encoding, Trees):
        fit = partial(_boosting, categorical=encoding.categorical, seed=seed)

    def part(held: Truths, first: float, last: float) -> Any:
        def step(fraction: float) -> None:
            tell(first + (last - first) * fraction, what)

        return fit(matrix, label, held, step)

    if len(train) <= SMALL:
        member = folds(label, train.customer, PARTS, seed)
        unseen = np.empty(len(train))
        sizes = []
        for k in range(PARTS):
            held = member == k
            model = part(held, k / (PARTS + 1), (k + 1) / (PARTS + 1))
            unseen[held] = _raw(model, matrix[held])
            sizes.append(_trees(model))
        calibration = calibrate(unseen, label)
        everything = np.zeros(len(train), bool)
        model = fit(matrix, label, everything, _ignore, round(float(np.mean(sizes))))
    else:
        parts = max(5, -(-len(train) // MOST_HELD_OUT))
        held = folds(label, train.customer, parts, seed) == 0
        model = part(held, 0.0, 1.0)
        calibration = calibrate(_raw(model, matrix[held]), label[held])
    tell(1.0, what)
    rate = float(label.mean())
    return Learned(kind, encoding, model, calibration, len(train), rate, left_out, _trees(model))


def silent(fraction: float, what: str) -> None:
    """Nobody watches."""


def _ignore(fraction: float) -> None:
    """The last fit is a short part of the whole."""


def _checked(train: Sample) -> Truths:
    if train.label is None:
        raise ValueError(text("A sample without labels cannot be learned from."))
    check_outcomes(train.label)
    customers = len(np.unique(train.customer))
    if customers < FEWEST:
        raise ValueError(
            text(
                "The rows come from {customers} customers; at least {fewest} are needed to learn from.",
                customers=count(customers),
                fewest=count(FEWEST),
            )
        )
    return train.label


def check_outcomes(label: Truths, fewest: int = FEWEST) -> None:
    """Raises ValueError with a sentence where one outcome is missing or too rare to learn from."""
    left, stayed = int(label.sum()), int((~label).sum())
    if not left and not stayed:
        raise ValueError(text("There are no customers to learn from."))
    if not left or not stayed:
        outcome = text("left") if left else text("stayed")
        raise ValueError(
            text(
                "All {rows} customers {outcome}: a model can only learn from some who left and some who stayed. "
                "Choose another horizon or another day.",
                rows=count(len(label)),
                outcome=outcome,
            )
        )
    if min(left, stayed) < fewest:
        raise ValueError(
            text(
                "{left} left and {stayed} stayed; at least {fewest} of either are needed to learn from.",
                left=count(left),
                stayed=count(stayed),
                fewest=count(fewest),
            )
        )


class _Boosting(HistGradientBoostingClassifier):
    """Reports every tree: scikit-learn asks after each whether to stop."""

    step: Callable[[float], None] = staticmethod(_ignore)

    def _check_early_stopping_loss(self, *given: Any, **named: Any) -> bool:
        self.step(min(len(self.train_score_) / self.max_iter, 1.0))
        return bool(super()._check_early_stopping_loss(*given, **named))


def _boosting(
    matrix: Floats,
    label: Truths,
    held: Truths,
    step: Callable[[float], None],
    size: int = 0,
    *,
    categorical: list[bool],
    seed: int,
) -> Any:
    rows = len(label) - int(held.sum())
    model = _Boosting(
        max_iter=size or MOST_TREES,
        learning_rate=0.1 if rows <= SMALL else 0.15,
        max_leaf_nodes=15 if rows <= SMALL else 31,
        min_samples_leaf=min(max(20, rows // 2000), 200),
        l2_regularization=1.0,
        categorical_features=categorical,
        early_stopping=bool(held.any()),
        n_iter_no_change=PATIENCE,
        random_state=seed,
    )
    model.step = step
    with _one_thread():
        if held.any():
            model.fit(matrix[~held], label[~held], X_val=matrix[held], y_val=label[held])
        else:
            model.fit(matrix, label)
    del model.step
    return model


def _logistic(matrix: Floats, label: Truths, held: Truths, step: Callable[[float], None], *_: int) -> Any:
    # Newton's method on few columns: a handful of passes over the rows, however many there are.
    model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=200)
    step(0.0)
    return model.fit(matrix[~held], label[~held]) if held.any() else model.fit(matrix, label)


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def _one_thread() -> AbstractContextManager[Any]:
    """Threads that share two cores with other pages wait for each other longer than they work: of a million rows one
    thread learned in 21 s of processor time, two under load in 160."""
    return _threads().limit(limits=1, user_api="openmp")


def _raw(model: Any, matrix: Floats) -> Floats:
    with _one_thread():
        return np.asarray(model.decision_function(matrix), dtype=np.float64)


def _trees(model: Any) -> int:
    return int(getattr(model, "n_iter_", 0)) if isinstance(model, _Boosting) else 0
