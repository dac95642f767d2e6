"""Satisfaction from plain counts of answers: NPS, CSAT and CES with intervals that hold for ten answers too.

NPS is the difference of two shares of one multinomial, promoters less detractors; its variance for one answer is
p + d - (p - d)^2. Wald's interval and the bootstrap shrink to a point where all answers agree; the score interval does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from models.btyd.inputs import Floats
from models.estimate import Estimate, missing, share
from words import text

KINDS = ("NPS", "CSAT", "CES")
PROMOTER, DETRACTOR = 9, 6
"""Of 0 to 10: from PROMOTER on a promoter, up to DETRACTOR a detractor (Reichheld 2003, Harvard Business Review 81(12), 46-54)."""
EASY_SHARE = 3 / 7
"""CES counts the top three boxes of seven as easy; of other scales as many as come closest."""


def nps(promoters: float, passives: float, detractors: float, level: float = 0.9) -> Estimate:
    """Net promoter score (promoters - detractors) / n in -1..1 with Tango's score interval.

    Source: Tango (1998), Statistics in Medicine 17, 891-908: the interval of the difference of two paired proportions, whose
    counts are cells of one multinomial. Counts may be fractions, as of weighted answers. Where all but one in a hundred agree its
    coverage dips as Wilson's does: nominal 90% hold in 82% of samples of 20. Raises ValueError for counts that are negative or not
    finite.
    """
    b, n, c = _checked(promoters, passives, detractors)
    if not n:
        return missing(no_answers(), level=level, unit="points")
    d = (b - c) / n
    z = float(norm.ppf((1 + level) / 2))

    def excess(delta: float) -> float:
        """The score statistic's square less z^2, times its variance: above 0 outside the interval."""
        return (b - c - n * delta) ** 2 - z * z * n * _variance(b, c, n, delta)

    low = -1.0 if d <= -1 else _edge(excess, -1.0, d)
    high = 1.0 if d >= 1 else _edge(excess, 1.0, d)
    return Estimate(d, low, high, round(n), level, "points", "Tango’s score interval")


def _variance(b: float, c: float, n: float, delta: float) -> float:
    """Of one answer, n times that of the score, at the likeliest shares whose difference is `delta`."""
    linear = (2 * n - b + c) * delta - b - c
    constant = -c * delta * (1 - delta)
    root = sqrt(max(linear * linear - 8 * n * constant, 0.0))
    # The smaller share of the two forms of the root that does not cancel.
    q = (root - linear) / (4 * n) if linear <= 0 else -2 * constant / (root + linear)
    return max(2 * max(q, 0.0) + delta * (1 - delta), 0.0)


def _edge(excess, outside: float, inside: float) -> float:  # type: ignore[no-untyped-def]
    """Where `excess` crosses 0 on the way from the point estimate to the end of the scale."""
    if excess(outside) <= 0:
        return outside
    # Where all agree `excess` is 0 at the point estimate itself, without being below it on either side.
    return float(brentq(excess, inside + 1e-9 * (outside - inside), outside, xtol=1e-12))


def nps_adjusted_wald(promoters: float, passives: float, detractors: float, level: float = 0.9) -> Estimate:
    """The same score with the adjusted Wald interval: three quarters of an answer to each end and one and a half to the middle,
    then p + d - (p - d)^2. A second opinion that can be checked by hand; the point estimate stays the plain one."""
    b, n, c = _checked(promoters, passives, detractors)
    if not n:
        return missing(no_answers(), level=level, unit="points")
    z = float(norm.ppf((1 + level) / 2))
    total = n + 3
    p, d = (b + 0.75) / total, (c + 0.75) / total
    half = z * sqrt((p + d - (p - d) ** 2) / total)
    low, high = max(p - d - half, -1.0), min(p - d + half, 1.0)
    value = (b - c) / n
    return Estimate(value, min(low, value), max(high, value), round(n), level, "points", "adjusted Wald")


def _checked(promoters: float, passives: float, detractors: float) -> tuple[float, float, float]:
    """(promoters, all, detractors), once each is a count."""
    for name, value in (("promoters", promoters), ("passives", passives), ("detractors", detractors)):
        if not (isfinite(value) and value >= 0):
            raise ValueError(
                text(
                    "The number of {name} is {found}; a number of at least 0 was expected.",
                    name=name,
                    found=f"{value:g}",
                )
            )
    return float(promoters), float(promoters + passives + detractors), float(detractors)


def no_answers() -> str:
    return text("There are no answers.")


@dataclass(frozen=True)
class Scale:
    """The lowest and highest score that can be given, whole numbers, and what counts on it.

    `upper`: scores from it on count for the shop (promoters, satisfied, easy); `lower`: those up to it against it (detractors), None
    where nothing is taken off. `reversed`: low scores are the good ones, as where effort itself is asked for.
    """

    kind: str
    lowest: int
    highest: int
    upper: int
    lower: int | None = None
    reversed: bool = False

    @property
    def scores(self) -> tuple[int, ...]:
        return tuple(range(self.lowest, self.highest + 1))

    def side(self, score: int) -> int:
        """1 for the shop, -1 against it, 0 in between. Raises ValueError off the scale."""
        if not self.lowest <= score <= self.highest:
            raise ValueError(
                text(
                    "A score of {score} is off the scale {low} to {high}.",
                    score=score,
                    low=self.lowest,
                    high=self.highest,
                )
            )
        good = score <= self.upper if self.reversed else score >= self.upper
        if good:
            return 1
        return -1 if self.lower is not None and score <= self.lower else 0

    @property
    def for_it(self) -> tuple[int, ...]:
        return tuple(s for s in self.scores if self.side(s) == 1)


def nps_scale() -> Scale:
    return Scale("NPS", 0, 10, PROMOTER, DETRACTOR)


def csat_scale(lowest: int, highest: int, boxes: int) -> Scale:
    """The top `boxes` of lowest..highest are satisfied. Raises ValueError where that leaves none or takes all."""
    _boxes(lowest, highest, boxes)
    return Scale("CSAT", lowest, highest, highest - boxes + 1)


def ces_scale(lowest: int, highest: int, *, effort: bool = False, boxes: int | None = None) -> Scale:
    """The share that found it easy, by either convention. `effort` False: agreement with "it was easy", high is good (CES 2.0,
    1 to 7, the top three). True: "how much effort did you have to put forth", low is good (Dixon, Freeman and Toman 2010, Harvard
    Business Review 88(7), 116-122). Raises ValueError as `csat_scale` does."""
    if boxes is None:
        boxes = min(max(round(EASY_SHARE * (highest - lowest + 1)), 1), max(highest - lowest, 1))
    _boxes(lowest, highest, boxes)
    upper = lowest + boxes - 1 if effort else highest - boxes + 1
    return Scale("CES", lowest, highest, upper, reversed=effort)


def _boxes(lowest: int, highest: int, boxes: int) -> None:
    if not 0 < boxes <= highest - lowest:
        raise ValueError(
            text(
                "{boxes} boxes of the scale {low} to {high} are to count as satisfied; 1 to {most} were expected.",
                boxes=boxes,
                low=lowest,
                high=highest,
                most=highest - lowest,
            )
        )


def score(scale: Scale, counts: Sequence[float] | Floats, level: float = 0.9) -> Estimate:
    """NPS, CSAT or CES of `counts`, one for each of `scale.scores`. Raises ValueError for another number of counts."""
    if len(counts) != len(scale.scores):
        raise ValueError(f"{len(scale.scores)} counts are needed, one a score; found {len(counts)}.")
    sides = np.array([scale.side(s) for s in scale.scores])
    held = np.asarray(counts, float)
    good, middle, bad = (float(held[sides == side].sum()) for side in (1, 0, -1))
    if scale.kind == "NPS":
        return nps(good, middle, bad, level)
    return share(good, round(good + middle), level=level, why_missing=no_answers())


def answers_needed(p: float, d: float, change: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Answers in each of two periods to see NPS move by `change` (0.1 is ten points) with this power.

    n = 2 (z_(1+level)/2 + z_power)^2 (p + d - (p - d)^2) / change^2, for shares p of promoters and d of detractors. Where all agree
    the variance is taken as that of one answer in a hundred going the other way. Raises ValueError for no change.
    """
    if not change:
        raise ValueError(text("No number of answers shows a change of nothing."))
    variance = max(p + d - (p - d) ** 2, 0.01)
    z = float(norm.ppf((1 + level) / 2) + norm.ppf(power))
    return ceil(2 * z * z * variance / change**2)


def worst_case(found: Estimate, rate: float) -> tuple[float, float]:
    """Between which values the score of *all* who were asked lies, whatever the silent think: rate * score +- (1 - rate) in -1..1;
    for a share the silent are all against or all for it. `rate` is the share that answered. Raises ValueError outside 0..1."""
    if not 0 <= rate <= 1:
        raise ValueError(text("A response rate of {rate} was given; 0 to 1 were expected.", rate=f"{rate:g}"))
    least = -1.0 if found.unit == "points" else 0.0
    return rate * found.value + least * (1 - rate), rate * found.value + (1 - rate)


def effective_n(weights: Sequence[float] | Floats) -> float:
    """How many unweighted answers weigh as much: (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling, section 11.7)."""
    w = np.asarray(weights, float)
    squares = float((w * w).sum())
    return float(w.sum()) ** 2 / squares if squares else 0.0


def weighted_nps(sides: Floats, weights: Floats, level: float = 0.9) -> Estimate:
    """NPS of weighted answers (`sides` 1, 0, -1), its interval that of `effective_n` answers. Weights repair what is known of who
    answered; they cannot repair a silence that depends on the opinion itself."""
    total = float(np.sum(weights))
    if not total:
        return missing(no_answers(), level=level, unit="points")
    n = effective_n(weights)
    parts = [float(np.sum(weights[sides == side])) / total * n for side in (1, 0, -1)]
    return nps(parts[0], parts[1], parts[2], level)
