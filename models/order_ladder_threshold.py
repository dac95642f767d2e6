"""Where loyalty begins: after which order the share that orders again rises most, and whether it does beyond chance.

The shares of two steps are taken as independent: what a customer does after purchase n + 1 is counted on another clock than
what came before, and the Kaplan-Meier errors of successive gaps are uncorrelated even though the customers are partly the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from models.estimate import Estimate
from models.order_ladder import FEWEST, FOLLOWED, Ladder, Step


@dataclass(frozen=True)
class Threshold:
    """`shares[k]` orders again within `window` days after order k + 1; `rises[k]` is shares[k + 1] less shares[k], its interval wide
    enough for all rises together (Bonferroni).

    `order` is the order after which the share is most above that after the order before, where that rise is beyond chance; else None.
    `alone` says whether that rise is also larger, beyond chance, than every other. `flat_from` is the first order from which on no later
    share is beyond chance above its own (None while it still rises at the last one).
    """

    window: int
    shares: tuple[Estimate, ...]
    rises: tuple[Estimate, ...]
    order: int | None
    alone: bool
    flat_from: int | None

    @property
    def rise(self) -> Estimate | None:
        return None if self.order is None else self.rises[self.order - 2]


def contrast(factors: Sequence[float], figures: Sequence[Estimate]) -> tuple[float, float, float]:
    """sum of factor x figure with its interval, for independent figures: Zou and Donner (2008), Statistics in Medicine 27,
    1693-1702 (MOVER), as `estimate.difference`, for any number of them."""
    value = sum(c * e.value for c, e in zip(factors, figures, strict=True))
    down = up = 0.0
    for c, e in zip(factors, figures, strict=True):
        ends = sorted((c * e.low, c * e.high))
        down += (c * e.value - ends[0]) ** 2
        up += (ends[1] - c * e.value) ** 2
    return value, value - sqrt(down), value + sqrt(up)


def threshold(ladder: Ladder) -> Threshold:
    """The shop's own threshold from its ladder."""
    steps = []
    for step in ladder.steps:
        if step.customers < FEWEST or not step.by(ladder.window).known:
            break
        steps.append(step)
    shares = tuple(s.by(ladder.window) for s in steps)
    looks = max(len(shares) - 1, 1)
    wide = [_wider(s, ladder.window, looks) for s in steps]
    rises = tuple(_rise(wide[k], wide[k + 1]) for k in range(len(wide) - 1))
    order, alone = None, False
    if rises:
        top = max(range(len(rises)), key=lambda k: rises[k].value)
        if rises[top].low > 0:
            order = top + 2
            alone = all(_larger(wide, top, k) for k in range(len(rises)) if k != top)
    return Threshold(ladder.window, shares, rises, order, alone, _flat_from(wide))


def _wider(step: Step, window: int, looks: int) -> Estimate:
    """The same share with an interval that leaves room for looking `looks` times."""
    level = 1 - (1 - step.curve.level) / looks
    return step.curve.at_level(level).happened(window, fewest=FOLLOWED)


def _rise(before: Estimate, after: Estimate) -> Estimate:
    value, low, high = contrast((1, -1), (after, before))
    return Estimate(value, low, high, min(before.n, after.n), after.level, "share", "MOVER")


def _larger(shares: Sequence[Estimate], one: int, other: int) -> bool:
    """Whether rise `one` is beyond chance above rise `other`; neighbours share a figure, so the four are added up first."""
    factors = [0.0] * len(shares)
    for rise, sign in ((one, 1.0), (other, -1.0)):
        factors[rise + 1] += sign
        factors[rise] -= sign
    return contrast(factors, shares)[1] > 0


def _flat_from(shares: Sequence[Estimate]) -> int | None:
    for n, here in enumerate(shares[:-1]):
        if all(contrast((1, -1), (later, here))[1] <= 0 for later in shares[n + 1 :]):
            return n + 1
    return None
