"""Why this customer's chance is what it is: exact Shapley values of groups of related features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from models.learning.frames import Features, Floats
from words import count, message, number, text

MOST_GROUPS = 11
"""All 2^g coalitions are evaluated: beyond 2,048 of them for each customer that takes too long."""

BATCH = 100_000
"""Rows predicted at a time (about 25 MB with 30 features)."""

SUREST = 1e-12
"""A chance of exactly 0 or 1 has no log odds; none is taken as surer than this."""

NOT_KNOWN = message("not known")
PLAIN = message("{feature}: {value}")

Predict = Callable[[Features], Floats]
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Reason:
    """One group's part in one customer's log odds of leaving: above 0 it raises them. `feature` is the column of the
    group that moves it most, `value` its value there (a level, a number, or None where missing)."""

    group: str
    title: str
    feature: str
    phrase: str
    value: str | float | None
    contribution: float

    @property
    def raises(self) -> bool:
        return self.contribution > 0

    def sentence(self, write: Callable[[str, float], str] | None = None) -> str:
        """In the reader's language: "last order 210 days ago (raises)". `write(feature, number)` overrides how a
        number is written."""
        if self.value is None:
            value, phrase = text(NOT_KNOWN), PLAIN
        elif isinstance(self.value, str):
            value, phrase = self.value, self.phrase
        else:
            value, phrase = (write(self.feature, self.value) if write else number(self.value)), self.phrase
        feature = self.feature if self.value is not None else text(self.title)
        told = text(phrase, feature=feature, value=value)
        return (
            text("{reason} (raises)", reason=told) if self.raises else text("{reason} (lowers)", reason=told)
        )


@dataclass(frozen=True)
class Reasons:
    """For each explained row: `log_odds` = `base` + the sum of its `contributions` (shape rows x groups), exactly.

    `base` is the mean log odds over the `background` rows, for each row. `rows` are the positions in the features that were given;
    `most` the reasons that move each row most, strongest first.
    """

    groups: tuple[str, ...]
    titles: tuple[str, ...]
    base: Floats
    contributions: Floats
    log_odds: Floats
    rows: NDArray[np.intp]
    most: tuple[tuple[Reason, ...], ...]
    background: int

    @property
    def nbytes(self) -> int:
        return self.contributions.nbytes + 1000 * len(self.most)


def pick_background(features: Features, *, rows: int = 16, seed: int = 0) -> Features:
    """Rows drawn without replacement that stand for the customers one is compared with."""
    picked = np.random.default_rng(seed).choice(len(features), min(rows, len(features)), replace=False)
    return features.take(np.sort(picked))


def explain(
    predict: Predict,
    features: Features,
    background: Features,
    at: NDArray[np.intp] | Sequence[int],
    *,
    most: int = 3,
    progress: Progress | None = None,
) -> Reasons:
    """Shapley values on the log odds of `predict(features) -> chance`, for the rows `at` of `features`.

    Groups outside a coalition take the values of each background row, together (interventional: Janzing, Minorics and
    Bloebaum 2020, AISTATS 108, 2907-2916); all coalitions are evaluated, so that nothing is sampled but the
    background: Shapley (1953), with weights |S|! (g - |S| - 1)! / g!. Groups that `predict` does not use get 0.
    Raises ValueError with a sentence for more than MOST_GROUPS groups or an empty background.
    """
    members = features.members()
    if len(members) > MOST_GROUPS:
        raise ValueError(
            text(
                "Reasons can be told for at most {most} groups of features; found {found}.",
                most=count(MOST_GROUPS),
                found=count(len(members)),
            )
        )
    if not len(background):
        raise ValueError(text("Reasons need some customers to compare with; there are none."))
    for name in features.names:
        if list(features.levels.get(name, ())) != list(background.levels.get(name, ())):
            raise ValueError(
                text("The levels of the category {name} differ between the customers compared.", name=name)
            )
    where = np.asarray(at, dtype=np.intp)
    told, against = features.take(where), background.only(features.names)
    odds = _log_odds(predict)
    sets = (np.arange(2 ** len(members))[:, None] >> np.arange(len(members)) & 1).astype(bool)
    values = _of_coalitions(odds, told, against, list(members.values()), sets, progress)
    contributions = values @ _weights(sets)
    leading = _leading(odds, told, against, values[:, -1])
    titles = tuple(features.titles[group] for group in members)
    return Reasons(
        groups=tuple(members),
        titles=titles,
        base=values[:, 0],
        contributions=contributions,
        log_odds=values[:, -1],
        rows=where,
        most=tuple(_most(told, i, members, contributions[i], leading, most) for i in range(len(where))),
        background=len(against),
    )


def _log_odds(predict: Predict) -> Predict:
    def odds(features: Features) -> Floats:
        return np.asarray(logit(np.clip(predict(features), SUREST, 1 - SUREST)))

    return odds


def _of_coalitions(
    odds: Predict,
    told: Features,
    against: Features,
    members: list[tuple[str, ...]],
    sets: NDArray[np.bool_],
    progress: Progress | None,
) -> Floats:
    """Mean log odds over the background for each row and coalition, shape (rows, 2^g)."""
    m, size = len(against), len(sets)
    found = np.empty((len(told), size))
    at_once = max(BATCH // (m * size), 1)
    for first in range(0, len(told), at_once):
        if progress is not None:
            progress(first / len(told), text("Reasons for each customer"))
        rows = slice(first, min(first + at_once, len(told)))
        columns = {}
        for k, names in enumerate(members):
            own = np.tile(sets[:, k], m)[None, :]
            for name in names:
                theirs = np.repeat(against.columns[name], size)[None, :]
                columns[name] = np.where(own, told.columns[name][rows][:, None], theirs).ravel()
        found[rows] = odds(told.with_columns(columns)).reshape(-1, m, size).mean(axis=1)
    return found


def _weights(sets: NDArray[np.bool_]) -> Floats:
    """Shape (2^g, g): what each coalition's value counts for in each group's Shapley value."""
    g = sets.shape[1]
    size = sets.sum(axis=1)
    joined = np.array(
        [factorial(s) * factorial(g - s - 1) / factorial(g) if s < g else 0.0 for s in range(g + 1)]
    )
    return np.where(sets, joined[np.maximum(size - 1, 0)][:, None], -joined[size][:, None])


def _leading(odds: Predict, told: Features, against: Features, full: Floats) -> dict[str, Floats]:
    """How far each column alone moves each row from where the background's values would put it."""
    m = len(against)
    repeated = told.take(np.repeat(np.arange(len(told)), m))
    moved = {}
    for name in told.names:
        swapped = {**repeated.columns, name: np.tile(against.columns[name], len(told))}
        moved[name] = full - odds(told.with_columns(swapped)).reshape(-1, m).mean(axis=1)
    return moved


def _most(
    told: Features,
    i: int,
    members: dict[str, tuple[str, ...]],
    parts: Floats,
    moved: dict[str, Floats],
    most: int,
) -> tuple[Reason, ...]:
    groups = list(members)
    strongest = np.argsort(-np.abs(parts), kind="stable")[:most]
    found = []
    for k in strongest:
        if parts[k] == 0:
            continue
        # The column that pulls hardest the way the group does.
        feature = max(members[groups[k]], key=lambda name: float(np.sign(parts[k]) * moved[name][i]))
        group = groups[k]
        phrase = told.phrases.get(feature, PLAIN)
        found.append(
            Reason(group, told.titles[group], feature, phrase, _value(told, feature, i), float(parts[k]))
        )
    return tuple(found)


def _value(told: Features, feature: str, i: int) -> str | float | None:
    value = told.columns[feature][i]
    if told.kinds[feature] == "category":
        return None if value < 0 else told.levels[feature][value]
    return None if np.isnan(value) else float(value)
