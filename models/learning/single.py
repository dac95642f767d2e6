"""What one feature alone can tell: the share that left in each of its bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from models.learning.encode import FEWEST_IN_LEVEL, MOST_LEVELS, Pooling, pooling
from models.learning.folds import folds
from models.learning.frames import Features, Floats, Sample, Truths
from models.learning.sums import sort, sums

NUMBER_BINS = 20
PRIOR = 5.0
"""A bin's share starts as that of so many rows at the base rate, so that a rare level proves nothing."""

PARTS = 5
Parts = NDArray[np.int64]


@dataclass(frozen=True)
class Single:
    """`rate` of leaving in each bin of the feature `name`, the last bin for missing. Numbers are cut at `cuts`,
    categories pooled by `levels`."""

    name: str
    cuts: Floats | None
    levels: Pooling | None
    rate: Floats

    def chance(self, features: Features) -> Floats:
        return self.rate[bins(features, self.name, self.cuts, self.levels)]


def bins(features: Features, name: str, cuts: Floats | None, levels: Pooling | None) -> NDArray[np.int64]:
    """The bin of each row; the last one is for missing values."""
    values = features.columns[name]
    if levels is not None:
        codes = levels.codes(features, name)
        return np.where(codes < 0, len(levels.kept) + 1, codes)
    if cuts is None:
        raise ValueError(f"{name} has neither cuts nor levels.")
    found = np.searchsorted(cuts, values, side="right").astype(np.int64)
    found[np.isnan(values)] = len(cuts) + 1
    return found


def fit_single(sample: Sample, name: str) -> Single:
    """The rates of one feature on labelled rows."""
    cuts, levels = _cut(sample.features, name)
    label = _label(sample)
    return Single(
        name, cuts, levels, _rates(bins(sample.features, name, cuts, levels), label, _size(cuts, levels))
    )


def unseen_auc(sample: Sample, name: str, *, seed: int = 0, part: Parts | None = None) -> float:
    """AUC of one feature alone, each row's rate from customers other than its own. `part` is what `parts` gives, for who
    asks of many features."""
    cuts, levels = _cut(sample.features, name)
    member = parts(sample, seed) if part is None else part
    return _unseen_auc(bins(sample.features, name, cuts, levels), _size(cuts, levels), sample, member)


def parts(sample: Sample, seed: int = 0) -> Parts:
    """The part of each row, all rows of a customer in the same one."""
    return folds(_label(sample), sample.customer, PARTS, seed)


def unseen_auc_of_gaps(sample: Sample, name: str, *, seed: int = 0) -> float:
    """The same of nothing but whether the feature is filled."""
    values = sample.features.columns[name]
    gaps = values < 0 if sample.features.kinds[name] == "category" else np.isnan(values)
    return _unseen_auc(gaps.astype(np.int64), 2, sample, parts(sample, seed))


def _unseen_auc(bin_of: NDArray[np.int64], size: int, sample: Sample, member: Parts) -> float:
    label = _label(sample)
    p = np.empty(len(label))
    for k in range(PARTS):
        held = member == k
        odds = logit(_rates(bin_of[~held], label[~held], size))
        # The base rate differs from part to part; without it the parts rank together.
        p[held] = odds[bin_of[held]] - logit(label[~held].mean())
    return sums(sort(label, p)).auc


def _rates(bin_of: NDArray[np.int64], label: Truths, size: int) -> Floats:
    rows = np.bincount(bin_of, minlength=size)
    left = np.bincount(bin_of, label.astype(float), minlength=size)
    return (left + PRIOR * label.mean()) / (rows + PRIOR)


def _cut(features: Features, name: str) -> tuple[Floats | None, Pooling | None]:
    if features.kinds[name] == "category":
        return None, pooling(features, name, MOST_LEVELS)
    known = features.columns[name][~np.isnan(features.columns[name])]
    most = min(NUMBER_BINS, max(len(known) // FEWEST_IN_LEVEL, 2))
    # Of a number with few values each value is its own bin: the cut lies at the value above.
    distinct = np.unique(known)
    if len(distinct) <= most:
        return distinct[1:], None
    return np.unique(np.quantile(known, np.arange(1, most) / most)), None


def _size(cuts: Floats | None, levels: Pooling | None) -> int:
    if levels is not None:
        return len(levels.kept) + 2
    return (len(cuts) if cuts is not None else 0) + 2


def _label(sample: Sample) -> Truths:
    if sample.label is None:
        raise ValueError("A single feature needs labelled rows.")
    return sample.label
