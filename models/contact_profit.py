"""What contacting pays: the profit curve down a list, the best cut-off, the break-even save rate.

Contacting a customer costs `contact`. A share gamma of those who would not order is saved and brings the value of one who
is still a customer, less the offer they took; those who would have ordered anyway take the offer too. What is done for
whom is the playbook's: only a personal offer costs one, and who gets nothing costs and saves nothing. Verbraken, Verbeke and Baesens (2013), IEEE
Transactions on Knowledge and Data Engineering 25, 961-973, with each customer's own value and chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc
from scipy.stats import beta as beta_distribution

from models.btyd.inputs import Floats, Ints
from models.contact_playbook import Step
from models.estimate import Estimate, missing
from words import text

DRAWS = 400
BLOCKS = 400
"""The list is resampled in so many consecutive blocks: the best cut-off is found to a quarter of a percent of it."""
FIRM = 20.0
"""Contacts that an assumed save rate is worth: Beta(6, 14), the usual prior of the source, for a rate of 30%."""


@dataclass(frozen=True)
class Costs:
    """`contact` and `offer` in the shop's currency, each at least 0; `saved` is the mean share saved, between 0 and 1."""

    contact: float = 1.0
    offer: float = 10.0
    saved: float = 0.3

    def __post_init__(self) -> None:
        if self.contact < 0 or self.offer < 0 or not 0 < self.saved < 1:
            raise ValueError(
                text(
                    "A contact costs {contact}, an offer {offer}, and {saved} of those contacted are saved; expected costs from 0 on "
                    "and a share between 0 and 1.",
                    contact=f"{self.contact:g}",
                    offer=f"{self.offer:g}",
                    saved=f"{self.saved:g}",
                )
            )

    @property
    def beta(self) -> tuple[float, float]:
        """How sure the share saved is: Beta(a, b)."""
        return FIRM * self.saved, FIRM * (1 - self.saved)


@dataclass(frozen=True)
class Profit:
    """`customers` (0 .. n) and `mean`, `low`, `high`: the profit of contacting so many from the top, in money.

    `cut` is how many to contact for the most profit, `best` what that brings; `break_even` is the save rate at which
    contacting exactly those brings nothing. `at_most` is the expected maximum profit: what is left if the cut-off could
    follow the save rate once that is known. `gains` is the chance that contacting those `cut` brings more than nothing.
    """

    customers: Ints
    mean: Floats
    low: Floats
    high: Floats
    cut: Estimate
    best: Estimate
    break_even: Estimate
    at_most: float
    gains: float
    costs: Costs


def terms(
    chance: Floats, value: Floats, costs: Costs, done: Sequence[Step] | None = None
) -> tuple[Floats, Floats]:
    """(a, b) of each customer: contacting brings a gamma - b, in money. `done` is the step for each of them; without it
    everybody gets an offer, as in the source."""
    leaves = 1 - chance
    if done is None:
        return leaves * (value - costs.offer), chance * costs.offer + costs.contact
    step = np.array(done, dtype=str)
    offer, contacted = np.where(step == "offer", costs.offer, 0.0), step != "nothing"
    return contacted * leaves * (value - offer), contacted * (chance * offer + costs.contact)


def profit(
    chance: Floats,
    value: Floats,
    costs: Costs,
    done: Sequence[Step] | None = None,
    *,
    level: float = 0.9,
    seed: int = 0,
    draws: int = DRAWS,
) -> Profit:
    """The profit curve of customers in the order of the list: arrays of one length, chance 0..1, value (if kept) in money,
    and what is `done` for each (see `terms`).

    Intervals hold what is not known about the save rate, drawn from `Costs.beta`, and which customers a shop happens to
    have: each is drawn Poisson(1) times, in blocks (the Poisson bootstrap: Chamandy and others 2012). They do not say
    that the share saved is the same everywhere, or that it is what was entered: a hold-out group says that.
    """
    n = len(chance)
    if not n:
        why = text("Nobody is on the list, so there is nobody to contact.")
        none = missing(why, level=level, unit="customers")
        zero = np.zeros(1)
        return Profit(
            zero.astype(np.int64),
            zero,
            zero,
            zero,
            none,
            missing(why, unit="money"),
            missing(why),
            0,
            0,
            costs,
        )
    a, b = terms(chance, value, costs, done)
    ends = np.unique(np.linspace(0, n, min(n, BLOCKS) + 1).astype(np.int64))
    A, B = _cumulated(a, ends), _cumulated(b, ends)
    mean = costs.saved * A - B
    best = int(mean.argmax())
    rng = np.random.default_rng(seed)
    curves = _drawn(a, b, ends, rng.beta(*costs.beta, draws), rng)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(curves, tails, axis=0)
    cuts = np.quantile(ends[curves.argmax(axis=1)], tails)
    at_best = curves[:, best]
    method = text("share saved {beta}, resampled customers", beta="Beta({:g}, {:g})".format(*costs.beta))
    even = B[best] / A[best] if best and A[best] > 0 else np.nan
    if best:
        # At the break-even rate the mean profit is nothing: what resampling brings there, over A, is the rate's own error.
        nothing = _drawn(a, b, ends, np.full(draws, even), np.random.default_rng(seed))[:, best]
        bounds = np.quantile(even - nothing / A[best], tails)
        break_even = Estimate(
            float(even), float(bounds[0]), float(bounds[1]), int(ends[best]), level, "share", method
        )
    else:
        break_even = missing(
            text("Contacting anybody costs more than it is expected to bring."), n=n, level=level
        )
    return Profit(
        ends,
        mean,
        low,
        high,
        Estimate(float(ends[best]), float(cuts[0]), float(cuts[1]), n, level, "customers", method),
        Estimate(
            float(mean[best]), float(low[best]), float(high[best]), int(ends[best]), level, "money", method
        ),
        break_even,
        best_on_average(A, B, *costs.beta),
        float((at_best > 0).mean()) if best else 0.0,
        costs,
    )


def _cumulated(values: Floats, ends: Ints) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])[ends]


def _drawn(a: Floats, b: Floats, ends: Ints, saved: Floats, rng: np.random.Generator) -> Floats:
    """Draws of the whole curve, one for each save rate `saved`. Blocks of many customers, drawn Poisson(1) times each, are normal
    with the sums of a gamma - b as mean and of its squares as variance; single customers are drawn as they are."""
    gamma = saved[:, None]
    A, B = np.diff(_cumulated(a, ends)), np.diff(_cumulated(b, ends))
    mean = gamma * A - B
    if len(ends) == len(a) + 1:
        each = mean * rng.poisson(1.0, mean.shape)
    else:
        squares = [np.diff(_cumulated(v, ends)) for v in (a * a, a * b, b * b)]
        variance = gamma**2 * squares[0] - 2 * gamma * squares[1] + squares[2]
        each = mean + np.sqrt(np.maximum(variance, 0.0)) * rng.standard_normal(mean.shape)
    return np.column_stack([np.zeros(len(saved)), np.cumsum(each, axis=1)])


def best_on_average(A: Floats, B: Floats, a: float, b: float) -> float:
    """E max_k (gamma A_k - B_k) over gamma ~ Beta(a, b), exactly.

    The maximum over lines is their upper envelope; on each of its pieces E[gamma; u < gamma < v] is the mean of Beta
    times a difference of incomplete beta functions of (a + 1, b). Where a lower line ties, the envelope is the same.
    """
    hull: list[int] = []
    starts: list[float] = []
    # By rising slope, of equal slopes the cheapest first: each line takes the place of those it overtakes.
    for k in np.lexsort((B, A)):
        if hull and A[k] == A[hull[-1]]:
            continue
        start = -np.inf
        while hull:
            # Lines that are all but parallel cross nowhere near a share.
            with np.errstate(over="ignore"):
                start = float((B[k] - B[hull[-1]]) / (A[k] - A[hull[-1]]))
            if start > starts[-1]:
                break
            hull.pop()
            starts.pop()
            start = -np.inf
        hull.append(int(k))
        starts.append(start)
    edges = np.clip([*starts, np.inf], 0.0, 1.0)
    mass = np.diff(betainc(a, b, edges))
    first = a / (a + b) * np.diff(betainc(a + 1, b, edges))
    return float((A[hull] * first - B[hull] * mass).sum())


def expected_maximum_profit(
    churned: ArrayLike,
    score: ArrayLike,
    *,
    value: float = 200.0,
    offer: float = 10.0,
    contact: float = 1.0,
    alpha: float = 6.0,
    beta: float = 14.0,
) -> float:
    """EMP a customer of a classifier whose labels are known: each contacted churner brings gamma (value - offer) -
    contact, everybody else contacted costs offer + contact; gamma ~ Beta(alpha, beta). Ties in `score` are contacted
    together. Raises ValueError where the two differ in length or are empty.
    """
    label, scores = np.asarray(churned, bool), np.asarray(score, float)
    if not len(label) or len(label) != len(scores):
        raise ValueError(
            text(
                "There are {n} labels and {m} scores; as many of both were expected, and at least one.",
                n=len(label),
                m=len(scores),
            )
        )
    order = np.argsort(-scores, kind="stable")
    label, scores = label[order], scores[order]
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) + 1
    left, stayed = _cumulated(label, np.append(0, ends)), _cumulated(~label, np.append(0, ends))
    A, B = left * (value - offer), left * contact + stayed * (offer + contact)
    return best_on_average(A, B, alpha, beta) / len(label)


def chance_of_at_least(rate: float, costs: Costs) -> float:
    """P(the share saved is at least `rate`) as assumed."""
    return float(beta_distribution.sf(rate, *costs.beta))
