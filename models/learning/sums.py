"""Every measure of a prediction from sums over rows sorted by it: one pass, whatever the weights.

A bootstrap then only reweights: nothing is sorted twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.learning.frames import Floats, Truths

BINS = 10

MOST_RUNS = 4096
"""For a bootstrap, neighbouring predictions are taken together in so many runs at most. An AUC then counts pairs of
the same run, one pair in 4,096, as ties: of a million rows its interval changed in the seventh decimal."""

SUREST = float(np.finfo(np.float64).eps)
"""A log loss counts nothing as surer than this, as scikit-learn's."""


@dataclass(frozen=True)
class Sorted:
    """A prediction `p` and its label `y`, ascending in p; `order` brings other columns into that order; `starts` are
    the places where a run of equal predictions begins."""

    order: NDArray[np.intp]
    p: Floats
    y: Floats
    starts: NDArray[np.intp]

    def losses(self) -> tuple[Floats, Floats]:
        """Log loss and Brier score of each row."""
        return log_losses(self.y > 0, self.p), (self.p - self.y) ** 2

    def coarse(self) -> Sorted:
        """The same with MOST_RUNS runs at most."""
        if len(self.starts) <= MOST_RUNS:
            return self
        even = np.linspace(0, len(self.starts), MOST_RUNS, endpoint=False).astype(np.intp)
        return Sorted(self.order, self.p, self.y, self.starts[even])


@dataclass(frozen=True)
class Sums:
    """`auc`, `pr_auc`, `calibration_error`; and for each of BINS parts of equal weight, lowest predictions first, the
    weight, mean prediction and share that left (NaN where equal predictions leave a part empty)."""

    auc: float
    pr_auc: float
    calibration_error: float
    weight: Floats
    predicted: Floats
    observed: Floats


def sort(label: Truths, p: Floats) -> Sorted:
    order = np.argsort(p, kind="stable")
    ranked = p[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    return Sorted(order, ranked, label[order].astype(float), starts)


def sums(s: Sorted, weight: Floats | None = None) -> Sums:
    """`weight` of each row in sorted order; none means one each.

    AUC is the trapezoid over the runs of equal predictions (Mann and Whitney, ties half), PR-AUC the average precision
    of scikit-learn: sum of precision times the step in recall. Rows of a run stay in one part.
    """
    w = np.ones(len(s.p)) if weight is None else weight
    rows, left, predicted = (np.cumsum(np.add.reduceat(x, s.starts)) for x in (w, w * s.y, w * s.p))
    auc, pr_auc = areas(rows, left)
    error, of_part, mean_p, share = _parts(rows, left, predicted)
    return Sums(auc, pr_auc, error, of_part, mean_p, share)


def areas(rows: Floats, left: Floats) -> tuple[float, float]:
    """AUC and average precision from running sums at the ends of the runs of equal predictions."""
    new_left = np.diff(left, prepend=0.0)
    stayed = rows - left
    stayed_before = np.concatenate([[0.0], stayed[:-1]])
    both = left[-1] * stayed[-1]
    if not both:
        return np.nan, np.nan
    auc = float(new_left @ (stayed + stayed_before) / (2 * both))
    above = rows[-1] - np.concatenate([[0.0], rows[:-1]])
    left_above = left[-1] - np.concatenate([[0.0], left[:-1]])
    # Nothing above weighs anything only where the run itself weighs nothing either.
    precision = np.divide(left_above, above, out=np.zeros_like(above), where=above > 0)
    return auc, float(new_left @ precision / left[-1])


def _parts(rows: Floats, left: Floats, predicted: Floats) -> tuple[float, Floats, Floats, Floats]:
    # A run belongs to the part in which its middle lies.
    middle = (rows + np.concatenate([[0.0], rows[:-1]])) / 2
    cuts = np.searchsorted(middle, rows[-1] * np.arange(1, BINS) / BINS)
    at = np.concatenate([[0], cuts, [len(rows)]])
    ends = np.array([np.concatenate([[0.0], running])[at] for running in (rows, left, predicted)])
    weight, of_left, of_p = np.diff(ends, axis=1)
    error = float(np.abs(of_p - of_left).sum() / rows[-1])
    known = weight > 0
    mean_p, share = (np.divide(a, weight, out=np.full(BINS, np.nan), where=known) for a in (of_p, of_left))
    return error, weight, mean_p, share


def log_losses(label: Truths, p: Floats) -> Floats:
    """Log loss of each row."""
    sure = np.clip(p, SUREST, 1 - SUREST)
    return -np.log(np.where(label, sure, 1 - sure))
