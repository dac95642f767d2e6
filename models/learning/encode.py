"""Columns of features into the matrix that each kind of model learns from, and what was left out on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.learning.frames import Codes, Features, Floats, Kind
from words import listing, message, plural, text

MOST_LEVELS = 254
"""Levels of a category that boosting tells apart: scikit-learn bins into 255, of which one is for all others."""

MOST_INDICATORS = 30
"""Levels of a category that get a column of their own in a logistic regression."""

FEWEST_IN_LEVEL = 20
"""A level seen less often teaches nothing and is pooled with the other rare ones."""

SKEWED = 2.0
"""Numbers without a negative one whose skewness is above this enter the logistic regression as log(1 + x)."""

FARTHEST = 5.0
"""Standard deviations beyond which a standardised number is cut off, so that no single row tilts a line."""

CONSTANT, EMPTY = message("has the same value in every row"), message("is empty in every row")


@dataclass(frozen=True)
class LeftOut:
    """A column that nothing can be learned from, and why (a message)."""

    column: str
    why: str


def sentences(left_out: tuple[LeftOut, ...]) -> tuple[str, ...]:
    """One sentence a reason, naming the columns."""
    by_reason: dict[str, list[str]] = {}
    for one in left_out:
        by_reason.setdefault(one.why, []).append(one.column)
    return tuple(
        text("Left out: {columns} ({why}).", columns=listing(columns), why=text(why))
        for why, columns in by_reason.items()
    )


def usable(features: Features) -> tuple[Features, tuple[LeftOut, ...]]:
    """The columns that vary; raises ValueError with a sentence where there is none.

    A column with one value and gaps varies: whether it is filled can tell something.
    """
    left_out: list[LeftOut] = []
    for name, values in features.columns.items():
        gaps = values == -1 if features.kinds[name] == "category" else np.isnan(values)
        known = values[~gaps]
        if not len(known):
            left_out.append(LeftOut(name, EMPTY))
        elif len(known) == len(values) and known.min() == known.max():
            left_out.append(LeftOut(name, CONSTANT))
    kept = features.without([one.column for one in left_out])
    if not kept.columns:
        raise ValueError(
            plural(
                "There is nothing to learn from: the one feature is empty or has the same value in every row.",
                "There is nothing to learn from: all {n} features are empty or have the same value in every row.",
                len(features.columns),
            )
        )
    return kept, tuple(left_out)


@dataclass(frozen=True)
class Pooling:
    """Which levels of a category keep a code of their own (0, 1, ...); all others share the code after them."""

    kept: tuple[str, ...]

    @cached_property
    def code(self) -> Mapping[str, int]:
        return {level: code for code, level in enumerate(self.kept)}

    def codes(self, features: Features, name: str) -> Codes:
        """Codes of this pooling, -1 for missing; levels are known by their names, so another frame may count them
        in another order or have new ones."""
        others = len(self.kept)
        new = [self.code.get(level, others) for level in features.levels[name]]
        return np.array([*new, -1], np.int64)[features.columns[name]]


def pooling(features: Features, name: str, most: int) -> Pooling:
    """The `most` most frequent levels with FEWEST_IN_LEVEL rows; among equals the first in the list."""
    levels, values = features.levels[name], features.columns[name]
    counts = np.bincount(values[values >= 0], minlength=len(levels))
    order = np.argsort(-counts, kind="stable")[:most]
    # With few rows in all, a tenth of them is enough to be told apart.
    fewest = min(FEWEST_IN_LEVEL, max(len(values) // 10, 1))
    return Pooling(tuple(levels[i] for i in order if counts[i] >= fewest))


@dataclass(frozen=True)
class Trees:
    """For boosting: numbers as they are, categories as pooled codes, missing as NaN."""

    names: tuple[str, ...]
    kinds: Mapping[str, Kind]
    pools: Mapping[str, Pooling]

    @property
    def categorical(self) -> list[bool]:
        return [self.kinds[name] == "category" for name in self.names]

    def matrix(self, features: Features) -> Floats:
        """Shape (rows, columns)."""
        found = np.empty((len(features), len(self.names)))
        for place, name in enumerate(self.names):
            if name in self.pools:
                codes = self.pools[name].codes(features, name)
                found[:, place] = np.where(codes < 0, np.nan, codes)
            else:
                found[:, place] = features.columns[name]
        return found


def trees(features: Features) -> Trees:
    pools = {
        n: pooling(features, n, MOST_LEVELS) for n in features.columns if features.kinds[n] == "category"
    }
    return Trees(features.names, features.kinds, pools)


@dataclass(frozen=True)
class Scale:
    """A number made comparable: log(1 + x) where `logged`, then (x - centre) / spread; `gaps`: with an indicator of
    where it is missing."""

    logged: bool
    centre: float
    spread: float
    gaps: bool

    def apply(self, values: Floats) -> Floats:
        # A later frame may hold a negative number where none was before.
        moved = np.log1p(np.maximum(values, 0.0)) if self.logged else values
        return np.clip((moved - self.centre) / self.spread, -FARTHEST, FARTHEST)


@dataclass(frozen=True)
class Lines:
    """For logistic regression: standardised numbers, indicators of gaps and of the frequent levels."""

    names: tuple[str, ...]
    scales: Mapping[str, Scale]
    pools: Mapping[str, Pooling]

    def matrix(self, features: Features) -> Floats:
        """Shape (rows, columns); a missing number stands at its mean, with the indicator beside it."""
        found: list[Floats] = []
        for name in self.names:
            if name in self.pools:
                codes, others = self.pools[name].codes(features, name), len(self.pools[name].kept)
                found.extend((codes == code).astype(float) for code in range(-1, others))
                continue
            scale = self.scales[name]
            scaled = scale.apply(features.columns[name])
            gaps = np.isnan(scaled)
            found.append(np.where(gaps, 0.0, scaled))
            if scale.gaps:
                found.append(gaps.astype(float))
        return np.stack(found, axis=1)


def lines(features: Features) -> Lines:
    scales: dict[str, Scale] = {}
    pools: dict[str, Pooling] = {}
    for name, values in features.columns.items():
        if features.kinds[name] == "category":
            pools[name] = pooling(features, name, MOST_INDICATORS)
        else:
            scales[name] = _scale(values)
    return Lines(features.names, scales, pools)


def _scale(values: Floats) -> Scale:
    known = values[~np.isnan(values)]
    logged = bool(known.min() >= 0 and _skewness(known) > SKEWED)
    moved = np.log1p(known) if logged else known
    spread = float(moved.std())
    # One value and gaps: only the indicator tells anything. Rounding can leave a spread of 1e-17.
    flat = spread <= 1e-12 * max(abs(float(moved.mean())), 1.0)
    return Scale(logged, float(moved.mean()), 1.0 if flat else spread, len(known) < len(values))


def _skewness(values: Floats) -> float:
    spread = float(values.std())
    if not spread:
        return 0.0
    return float((((values - values.mean()) / spread) ** 3).mean())
