"""What a classifier has to beat: recency alone, and the BTYD model's chance of no order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.btyd.families import BG_NBD, Family
from models.btyd.inputs import Floats
from models.customer_base import lean
from models.learning.frames import Features, Sample
from words import message, text

RECENCY, BTYD = "recency", "btyd"
RECENCY_TITLE = message("Recency alone")


@dataclass(frozen=True)
class Recency:
    """The chance of leaving by nothing but the days since the last order: logistic in log(1 + days), never falling."""

    intercept: float
    slope: float

    columns = ("recency_days",)

    def chance(self, features: Features) -> Floats:
        return expit(self.log_odds(features))

    def log_odds(self, features: Features) -> Floats:
        return self.intercept + self.slope * np.log1p(features.columns["recency_days"])


def fit_recency(train: Sample) -> Recency:
    """Newton's method on counts by day: a step a distinct recency, however many rows there are.

    Raises ValueError with a sentence where only one outcome is there.
    """
    if train.label is None or train.label.all() or not train.label.any():
        raise ValueError(
            text("On the days to learn from everybody left, or nobody did: recency cannot be weighed.")
        )
    distinct, member = np.unique(train.features.columns["recency_days"], return_inverse=True)
    n = np.bincount(member).astype(float)
    left = np.bincount(member, weights=train.label.astype(float))
    # Centred, so that the two parameters hardly depend on each other and Newton's steps need no damping.
    z = np.log1p(distinct)
    centre = float(n @ z / n.sum())
    design = np.stack([np.ones(len(z)), z - centre], axis=1)
    rate = left.sum() / n.sum()
    at = np.array([np.log(rate / (1 - rate)), 0.0])
    # A weak prior on the slope (normal, sd 3) keeps it finite where recency separates the two perfectly.
    penalty = np.diag([1e-9, 1 / 9])
    for _ in range(100):
        p = expit(design @ at)
        gradient = design.T @ (left - n * p) - penalty @ at
        hessian = (design * (n * p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(hessian, gradient)
        at = at + step / max(float(np.abs(step).max()), 1.0)
        if np.abs(step).max() < 1e-9:
            break
    if at[1] < 0:
        # Where everyone is new, the young days can say that silence is good: what no one would believe is not learned.
        return Recency(float(np.log(rate / (1 - rate))), 0.0)
    return Recency(float(at[0] - at[1] * centre), float(at[1]))


@dataclass(frozen=True)
class Btyd:
    """P(no purchase within `days`) = 1 - P(alive) P(at least one | alive), of a `family` with these parameters.

    For BG/NBD: 1 - P(alive) [1 - ((alpha + T) / (alpha + T + H))^(r + x)], Fader, Hardie and Lee (2005), Marketing
    Science 24, 275-284, from equations 6 and 7; not 1 - P(alive), which has no horizon.
    """

    family: Family
    parameters: Floats
    days: int

    columns = ("recency_days", "purchases", "age_days")

    def chance(self, features: Features) -> Floats:
        x, t, T = histories_of(features)
        return self.of(x, t, T)

    def of(self, x: np.ndarray, t: Floats, T: Floats) -> Floats:
        """The same of histories in days."""
        alive = self.family.probability_alive(self.parameters, x, t, T)
        return 1 - alive * self.family.survival_of_count(self.parameters, 1, float(self.days), x, T)

    def log_odds(self, features: Features) -> Floats:
        p = np.clip(self.chance(features), 1e-12, 1 - 1e-12)
        return np.log(p) - np.log1p(-p)


def histories_of(features: Features) -> tuple[np.ndarray, Floats, Floats]:
    """(x, t, T) in days. Rows that mix customers, as a search for reasons makes them, are put back into range."""
    x = np.rint(features.columns["purchases"]).astype(np.int64) - 1
    T = features.columns["age_days"]
    t = np.where(x > 0, np.clip(T - features.columns["recency_days"], 0.0, T), 0.0)
    return x, t, T


def fit_btyd(features: Features, days: int, family: Family = BG_NBD) -> Btyd:
    """The model fitted to the histories at one day: to the past of that day, and to nothing after it.

    Raises ValueError with a sentence where there is nothing to fit.
    """
    x, t, T = histories_of(features)
    fitted = lean(family.fit(x, t, T))
    return Btyd(family, fitted.params_.to_numpy(float), days)
