"""From a classifier's log odds to chances that come true as often as they say."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from models.learning.frames import Floats, Truths

FEWEST_FOR_ISOTONIC = 20_000
"""Rows below which the curve of a sigmoid (two parameters) is safer than steps read off the data."""

SIGMOID, ISOTONIC = "sigmoid", "isotonic"


@dataclass(frozen=True)
class Calibration:
    """Log odds in, calibrated log odds out: a + b z, and where `at` is given the curve through (at, to) instead, which
    goes on beyond its ends with slope b. Nothing is surer than `limit`."""

    a: float
    b: float
    limit: float
    at: Floats | None = None
    to: Floats | None = None

    @property
    def method(self) -> str:
        return SIGMOID if self.at is None else ISOTONIC

    def apply(self, z: Floats) -> Floats:
        if self.at is None or self.to is None:
            found = self.a + self.b * z
        else:
            beyond = np.minimum(z - self.at[0], 0.0) + np.maximum(z - self.at[-1], 0.0)
            found = np.interp(z, self.at, self.to) + self.b * beyond
        return np.clip(found, -self.limit, self.limit)


def calibrate(z: Floats, label: Truths) -> Calibration:
    """From log odds of rows that the classifier did not learn from.

    Platt (1999), Advances in Large Margin Classifiers, 61-74; with many rows isotonic regression, drawn through the
    middle of its steps (Oron and Flournoy 2017, Statistics in Biopharmaceutical Research 9, 258-267), so that no two
    scores are made equal. No chance is surer than one case among these rows would allow.
    """
    limit = log(2 * len(z) + 1)
    sigmoid = LogisticRegression(C=np.inf, max_iter=1000).fit(z[:, None], label)
    a, b = float(sigmoid.intercept_[0]), float(sigmoid.coef_[0, 0])
    if b <= 0:
        # What ranks the wrong way round on new rows has learned nothing: the base rate is all that is left.
        return Calibration(float(logit(label.mean())), 0.0, limit)
    if len(z) < FEWEST_FOR_ISOTONIC:
        return Calibration(a, b, limit)
    # Fitted on what the sigmoid leaves: with a prior of one row at its rate no step stands at 0 or 1.
    steps = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(z, label.astype(float))
    _, member = np.unique(steps, return_inverse=True)
    rows = np.bincount(member)
    at = np.bincount(member, z) / rows
    rate = (np.bincount(member, label.astype(float)) + expit(a + b * at)) / (rows + 1)
    # The prior can lift a small step above the next: what does not rise is passed over.
    highest = np.maximum.accumulate(rate)
    rises = np.diff(highest, prepend=-1.0) > 0
    return Calibration(a, b, limit, at[rises], logit(highest[rises]))
