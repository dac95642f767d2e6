"""Who leaves where contracts say so: any table with a column that tells who left, learned from and checked."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.estimate import Estimate
from models.learning.encode import sentences, usable
from models.learning.folds import folds
from models.learning.frames import Features, Floats, Sample
from models.learning.importance import MOST_ROWS, Importance, importance
from models.learning.labels import Label, read_label
from models.learning.leaks import LeakCheck, find_leaks
from models.learning.learner import TITLES, Progress, check_outcomes, learn, silent
from models.learning.measures import Comparison, Measures, compare, measure, perfect_calibration_error
from models.learning.reasons import MOST_GROUPS, Predict, Reasons, explain, pick_background
from models.learning.single import fit_single, unseen_auc
from models.learning.table_features import read_features
from words import message, text

PARTS = 5
FEWEST = 40
"""Rows of either outcome: four fifths of them are learned from at a time."""

BASE_RATE, SINGLE, LOGISTIC, BOOSTING = "base_rate", "single", "logistic", "boosting"
KINDS = (BASE_RATE, SINGLE, LOGISTIC, BOOSTING)
"""Simplest first."""

OTHERS = message("all other columns")


@dataclass(frozen=True)
class Candidate:
    """One way to predict: `chance` for each row from models that have not seen it, its measures, and its losses less
    those of the best one (None for the best itself)."""

    kind: str
    title: str
    chance: Floats
    measures: Measures
    to_best: Comparison | None


@dataclass(frozen=True)
class Labelled:
    """`candidates` simplest first; `winner` is the simplest that is not worse than the best beyond chance, and supplies
    `chance`. `rows` are the positions in the table of the rows with a known outcome, to which everything refers."""

    label: Label
    sample: Sample
    rows: NDArray[np.intp]
    leaks: LeakCheck
    notes: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    winner: Candidate
    importance: Importance
    perfect: Estimate
    part: NDArray[np.int64]
    predictors: tuple[Predict, ...]
    seed: int

    @property
    def chance(self) -> Floats:
        return self.winner.chance

    def candidate(self, kind: str) -> Candidate:
        return next(one for one in self.candidates if one.kind == kind)

    @property
    def beats_baselines(self) -> bool:
        """The winner learned more than the base rate and the best single column."""
        return self.winner.kind in (LOGISTIC, BOOSTING)

    @property
    def nbytes(self) -> int:
        return self.sample.nbytes + sum(one.chance.nbytes for one in self.candidates) + 20_000_000

    def reasons(self, at: NDArray[np.intp], progress: Progress | None = None) -> Reasons:
        """Of the rows `at`: each told by the model that has not seen it, so that they add up to its chance. The groups
        that drive it most stand alone, the rest are one."""
        features = _few_groups(self.sample.features, self.importance)
        at = np.asarray(at, dtype=np.intp)
        found: list[Reasons] = []
        for k, predict in enumerate(self.predictors):
            if progress is not None:
                progress(k / len(self.predictors), text("Reasons for each customer"))
            background = pick_background(features.take(self.part != k), seed=self.seed)
            found.append(explain(predict, features, background, at[self.part[at] == k]))
        return _in_order(found, at)


def fit_labelled(
    frame: pd.DataFrame,
    label: str,
    *,
    churned: str | None = None,
    customer: str | None = None,
    allowed: Collection[str] = (),
    level: float = 0.9,
    seed: int = 0,
    progress: Progress | None = None,
) -> Labelled:
    """Learn from the column `label` of a table who left; `churned` is the value that means it where that is not plain
    from the words, `customer` a column whose equal values are one customer, `allowed` suspected leaks to let in.

    Every chance comes from one of five models that has not seen the row (stratified, by customer). Raises ValueError
    with a sentence where the label or the table cannot be learned from, labels.Undecided where `churned` must be given.
    """
    tell = progress or silent
    told = read_label(frame, label, churned)
    rows = np.flatnonzero(told.known)
    left = told.left[rows]
    check_outcomes(left, FEWEST)
    if customer is not None and customer not in frame.columns:
        raise ValueError(text("There is no column {column}.", column=customer))
    features, notes = read_features(frame.iloc[rows], skip=[name for name in (label, customer) if name])
    cluster = np.arange(len(rows)) if customer is None else pd.factorize(frame[customer].iloc[rows])[0]
    varying, left_out = usable(features)
    leaks = find_leaks(Sample(varying, left, cluster), allowed=allowed, seed=seed)
    sample = Sample(leaks.kept, left, cluster)
    part = folds(left, cluster, PARTS, seed)
    predictors = _predictors(sample, part, seed, lambda f, what: tell(0.05 + 0.75 * f, what))
    chances = {kind: _unseen(predictors[kind], part)(sample.features) for kind in KINDS}
    tell(0.8, text("Measuring"))
    candidates = _candidates(chances, left, cluster, level, seed)
    winner = next(one for one in candidates if one.to_best is None or not one.to_best.worse)
    drivers = _importance(
        sample, predictors[winner.kind], part, level, seed, lambda f, what: tell(0.85 + 0.15 * f, what)
    )
    tell(1.0, "")
    return Labelled(
        label=told,
        sample=sample,
        rows=rows,
        leaks=leaks,
        notes=(*notes, *sentences(left_out)),
        candidates=candidates,
        winner=winner,
        importance=drivers,
        perfect=perfect_calibration_error(winner.chance, level=level, seed=seed),
        part=part,
        predictors=predictors[winner.kind],
        seed=seed,
    )


def _predictors(
    sample: Sample, part: NDArray[np.int64], seed: int, tell: Progress
) -> dict[str, tuple[Predict, ...]]:
    """For each kind one model a part, learned from all other parts."""
    found: dict[str, list[Predict]] = {kind: [] for kind in KINDS}
    for k in range(PARTS):
        train = sample.take(part != k)
        rate = float(np.mean(train.label)) if train.label is not None else np.nan
        found[BASE_RATE].append(_always(rate))
        varying, _ = usable(train.features)
        best = max(varying.names, key=lambda name: unseen_auc(train, name, seed=seed))
        found[SINGLE].append(fit_single(train, best).chance)
        lines = learn(train, kind="logistic", seed=seed, progress=_within(tell, k / PARTS, 0.1 / PARTS))
        trees = learn(
            train, kind="boosting", seed=seed, progress=_within(tell, (k + 0.1) / PARTS, 0.9 / PARTS)
        )
        found[LOGISTIC].append(lines.chance)
        found[BOOSTING].append(trees.chance)
    return {kind: tuple(models) for kind, models in found.items()}


def _always(rate: float) -> Predict:
    return lambda features: np.full(len(features), rate)


def _within(tell: Progress, first: float, share: float) -> Progress:
    return lambda fraction, what: tell(first + share * fraction, what)


def _unseen(predictors: tuple[Predict, ...], part: NDArray[np.int64]) -> Callable[[Features], Floats]:
    """Each row's chance from the model that has not learned from its part."""

    def predict(features: Features) -> Floats:
        found = np.empty(len(features))
        for k, model in enumerate(predictors):
            found[part == k] = model(features.take(part == k))
        return found

    return predict


def _candidates(
    chances: dict[str, Floats], left: NDArray[np.bool_], cluster: NDArray[np.integer], level: float, seed: int
) -> tuple[Candidate, ...]:
    titles = {BASE_RATE: text("Base rate"), SINGLE: text("Best single column")}
    measures = {kind: measure(left, p, cluster, level=level, seed=seed) for kind, p in chances.items()}
    best = min(KINDS, key=lambda kind: measures[kind].log_loss.value)
    return tuple(
        Candidate(
            kind,
            titles.get(kind) or text(TITLES[kind]),
            p,
            measures[kind],
            None if kind == best else compare(left, p, chances[best], cluster, level=level, seed=seed),
        )
        for kind, p in chances.items()
    )


def _importance(
    sample: Sample,
    predictors: tuple[Predict, ...],
    part: NDArray[np.int64],
    level: float,
    seed: int,
    tell: Progress,
) -> Importance:
    rows = np.arange(len(sample))
    if len(sample) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(len(sample), MOST_ROWS, replace=False))
    unseen = _unseen(predictors, part[rows])
    return importance(unseen, sample.take(rows), level=level, seed=seed, progress=tell)


def _few_groups(features: Features, drivers: Importance) -> Features:
    """The strongest groups as they are, the columns of all others as one, so that every coalition can be evaluated."""
    if len(features.members()) <= MOST_GROUPS:
        return features
    kept = {driver.group for driver in drivers.drivers[: MOST_GROUPS - 1]}
    groups = {name: group if group in kept else OTHERS for name, group in features.groups.items()}
    titles = {**features.titles, OTHERS: OTHERS}
    return Features(features.columns, features.kinds, groups, titles, features.levels, features.phrases)


def _in_order(found: list[Reasons], at: NDArray[np.intp]) -> Reasons:
    """The parts' reasons put together in the order of `at`."""
    rows = np.concatenate([one.rows for one in found])
    back = np.empty(len(at), np.intp)
    back[np.argsort(at, kind="stable")] = np.argsort(rows, kind="stable")
    most = [reasons for one in found for reasons in one.most]
    return Reasons(
        groups=found[0].groups,
        titles=found[0].titles,
        base=np.concatenate([one.base for one in found])[back],
        contributions=np.concatenate([one.contributions for one in found])[back],
        log_odds=np.concatenate([one.log_odds for one in found])[back],
        rows=rows[back],
        most=tuple(most[i] for i in back),
        background=found[0].background,
    )
