"""How good predicted chances are, each figure with an interval by a bootstrap clustered by customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.estimate import Estimate, missing, share
from models.learning.frames import Floats, Truths
from models.learning.sums import BINS, log_losses, sort, sums
from words import count, message, text

MOST_DRAWS, FEWEST_DRAWS = 400, 100
ROWS_AFFORDED = 60_000_000
"""Rows times draws: with more rows fewer draws are made; `Measures.draws` says how many."""

ONE_OUTCOME = message("Only one outcome occurs, so there is nothing to tell apart.")


@dataclass(frozen=True)
class Part:
    """One of ten equally large parts of the rows by prediction: the mean prediction, the share that left (Wilson; rows,
    of which `observed.n`), and its lift: that share over the share among all."""

    predicted: float
    observed: Estimate
    lift: Estimate


@dataclass(frozen=True)
class Measures:
    """`parts` from the highest predictions down; equal predictions stay together, so there can be fewer than ten.
    `draws` of the bootstrap over `customers`."""

    auc: Estimate
    pr_auc: Estimate
    brier: Estimate
    log_loss: Estimate
    calibration_error: Estimate
    base_rate: float
    parts: tuple[Part, ...]
    rows: int
    customers: int
    draws: int


@dataclass(frozen=True)
class Comparison:
    """The first prediction's figure less the second's on the same rows: below 0 the first is better in `log_loss` and
    `brier`, above 0 in `auc`."""

    log_loss: Estimate
    brier: Estimate
    auc: Estimate

    @property
    def better(self) -> bool:
        """The first has the lower log loss beyond its interval."""
        return self.log_loss.known and self.log_loss.high < 0

    @property
    def worse(self) -> bool:
        return self.log_loss.known and self.log_loss.low > 0


def measure(
    label: Truths, p: Floats, customer: NDArray[np.integer], *, level: float = 0.9, seed: int = 0
) -> Measures:
    """Chances `p` of leaving against what happened. Raises ValueError with a sentence for chances outside 0..1.

    The calibration error is the mean over ten equally large parts of |predicted - observed|. Chance alone makes it
    larger than it is, and a bootstrap does so again: its interval is the reflected one (Efron and Tibshirani 1993,
    An Introduction to the Bootstrap, 10.6), see also `perfect_calibration_error`.
    """
    _check(label, p)
    s = sort(label, p)
    found, coarse = sums(s), s.coarse()
    loss, brier = s.losses()
    distinct, member = np.unique(customer, return_inverse=True)
    member = member[s.order]
    drawn: dict[str, list[float]] = {name: [] for name in ("auc", "pr", "error", "loss", "brier")}
    lifts: list[Floats] = []
    draws = _draws(len(p))
    for weights in _weights(len(distinct), draws, seed):
        w = weights[member]
        one, total = sums(coarse, w), w.sum()
        drawn["auc"].append(one.auc)
        drawn["pr"].append(one.pr_auc)
        drawn["error"].append(one.calibration_error)
        drawn["loss"].append(_dot(w, loss) / total)
        drawn["brier"].append(_dot(w, brier) / total)
        left = _dot(w, s.y)
        lifts.append(one.observed * total / left if left else np.full(BINS, np.nan))
    rate = float(s.y.mean())

    def one_of(value: float, name: str, why: str = "") -> Estimate:
        return _percentile(value, np.array(drawn[name]), len(p), level, draws, why)

    parts = [
        Part(
            float(found.predicted[k]),
            share(round(found.observed[k] * found.weight[k]), int(found.weight[k]), level=level),
            _percentile(
                found.observed[k] / rate if rate else np.nan,
                np.array([one[k] for one in lifts]),
                int(found.weight[k]),
                level,
                draws,
                ONE_OUTCOME,
            ),
        )
        for k in reversed(range(BINS))
        if found.weight[k] > 0
    ]
    error = one_of(found.calibration_error, "error")
    return Measures(
        auc=one_of(found.auc, "auc", ONE_OUTCOME),
        pr_auc=one_of(found.pr_auc, "pr", ONE_OUTCOME),
        brier=one_of(float(brier.mean()), "brier"),
        log_loss=one_of(float(loss.mean()), "loss"),
        calibration_error=_reflected(error),
        base_rate=rate,
        parts=tuple(parts),
        rows=len(p),
        customers=len(distinct),
        draws=draws,
    )


def compare(
    label: Truths, p: Floats, q: Floats, customer: NDArray[np.integer], *, level: float = 0.9, seed: int = 0
) -> Comparison:
    """Chances `p` less chances `q` for the same rows, intervals by the same draws of customers for both."""
    _check(label, p)
    _check(label, q)
    loss = log_losses(label, p) - log_losses(label, q)
    brier = (p - label) ** 2 - (q - label) ** 2
    distinct, member = np.unique(customer, return_inverse=True)
    both = sort(label, p), sort(label, q)
    first, second = (one.coarse() for one in both)
    members = (member[first.order], member[second.order])
    of_loss, of_brier, rows = (np.bincount(member, x) for x in (loss, brier, np.ones(len(p))))
    draws = _draws(2 * len(p))
    drawn = np.empty((draws, 3))
    for k, w in enumerate(_weights(len(distinct), draws, seed)):
        total = _dot(w, rows)
        auc = sums(first, w[members[0]]).auc - sums(second, w[members[1]]).auc
        drawn[k] = _dot(w, of_loss) / total, _dot(w, of_brier) / total, auc
    values = (float(loss.mean()), float(brier.mean()), sums(both[0]).auc - sums(both[1]).auc)
    return Comparison(
        *(_percentile(v, drawn[:, k], len(p), level, draws, ONE_OUTCOME) for k, v in enumerate(values))
    )


def perfect_calibration_error(
    p: Floats, *, level: float = 0.9, seed: int = 0, draws: int = FEWEST_DRAWS
) -> Estimate:
    """What chances that are exactly right would score as calibration error on so many rows: labels are simulated from
    `p`, each row on its own; the mean, and the middle `level` of the simulated errors."""
    rng = np.random.default_rng(seed)
    s = sort(np.zeros(len(p), bool), p)
    bins = sums(s)
    at = np.concatenate([[0], np.cumsum(bins.weight)]).astype(int)
    of_p = np.diff(np.concatenate([[0.0], np.cumsum(s.p)])[at])
    errors = np.empty(draws)
    for k in range(draws):
        left = np.concatenate([[0], np.cumsum(rng.random(len(p)) < s.p)])[at]
        errors[k] = np.abs(np.diff(left) - of_p).sum() / len(p)
    low, high = np.quantile(errors, [(1 - level) / 2, (1 + level) / 2])
    how = f"simulation, {draws} draws"
    return Estimate(float(errors.mean()), float(low), float(high), len(p), level, "ratio", how)


def bootstrap_means(
    values: Floats, customer: NDArray[np.integer], *, level: float = 0.9, seed: int = 0
) -> Estimate:
    """The mean of one value a row, with its interval."""
    distinct, member = np.unique(customer, return_inverse=True)
    total, rows = np.bincount(member, values), np.bincount(member).astype(float)
    drawn = [_dot(w, total) / _dot(w, rows) for w in _weights(len(distinct), MOST_DRAWS, seed)]
    return _percentile(float(values.mean()), np.array(drawn), len(values), level, MOST_DRAWS)


def _check(label: Truths, p: Floats) -> None:
    if len(p) != len(label) or not len(p):
        raise ValueError(
            text(
                "{found} chances cannot be measured against {rows} outcomes.",
                found=count(len(p)),
                rows=count(len(label)),
            )
        )
    if not (np.isfinite(p).all() and p.min() >= 0 and p.max() <= 1):
        raise ValueError(text("A chance must lie between 0 and 1."))


def _draws(rows: int) -> int:
    return int(np.clip(ROWS_AFFORDED // max(rows, 1), FEWEST_DRAWS, MOST_DRAWS))


def _weights(clusters: int, draws: int, seed: int) -> Iterator[Floats]:
    """How often each cluster is drawn, `clusters` times with replacement."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(clusters, size=clusters), minlength=clusters).astype(float)


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    # Not `a @ b`: BLAS adds in an order that depends on how many threads are free.
    return float((a * b).sum())


def _percentile(value: float, drawn: Floats, n: int, level: float, draws: int, why: str = "") -> Estimate:
    drawn = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or not len(drawn):
        return missing(text(why) if why else "", n=n, level=level, unit="ratio")
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    # A percentile interval of few customers can miss the value itself by rounding.
    low, high = min(float(low), value), max(float(high), value)
    return Estimate(float(value), low, high, n, level, "ratio", f"bootstrap by customer, {draws} draws")


def _reflected(e: Estimate) -> Estimate:
    low, high = max(2 * e.value - e.high, 0.0), 2 * e.value - e.low
    return Estimate(e.value, min(low, e.value), max(high, e.value), e.n, e.level, e.unit, e.method)
