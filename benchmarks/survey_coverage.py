"""How often the intervals of NPS, CSAT and of differences hold the truth: `python -m benchmarks.coverage --survey`.

Answers are drawn from known shares of promoters, passives and detractors (CSAT: promoters are the satisfied); nominal 90% intervals. One JSON
object a line, as `benchmarks.coverage` prints them. Passed: not below 85% beyond simulation error; the last lines are the means over the
shares, passed from 89% to 95%.
"""

from __future__ import annotations

import resource
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from models.estimate import Estimate, difference, share
from models.satisfaction import nps

LEVEL = 0.9
SIZES = (10, 20, 50, 200, 2_000)
RUNS = 4_000
SHARES = {
    "all promoters": (1.0, 0.0, 0.0),
    "1% detractors": (0.7, 0.29, 0.01),
    "content": (0.56, 0.36, 0.08),
    "even": (1 / 3, 1 / 3, 1 / 3),
    "torn": (0.48, 0.04, 0.48),
    "indifferent": (0.05, 0.9, 0.05),
    "unhappy": (0.2, 0.3, 0.5),
}
BEFORE = (0.5, 0.3, 0.2)
"""Differences are taken against a period with these shares and as many answers."""


@cache
def _nps(promoters: int, passives: int, detractors: int) -> Estimate:
    return nps(promoters, passives, detractors, level=LEVEL)


@cache
def _csat(promoters: int, passives: int, detractors: int) -> Estimate:
    return share(promoters, promoters + passives + detractors, level=LEVEL)


FIGURES: dict[str, tuple[Callable[[int, int, int], Estimate], Callable[[tuple[float, ...]], float]]] = {
    "nps": (_nps, lambda p: p[0] - p[2]),
    "csat": (_csat, lambda p: p[0]),
}


def measured(runs: int = RUNS) -> Iterator[dict[str, Any]]:
    """A line for each figure, size and truth, then one for each figure and size over all truths."""
    for n in SIZES:
        for figure, (interval, truth) in FIGURES.items():
            for way in ("one", "difference"):
                began, found = time.process_time(), []
                for name, shares in SHARES.items():
                    rng = np.random.default_rng(zlib.crc32(f"survey/{figure}/{way}/{name}/{n}".encode()))
                    drawn = [interval(*cell) for cell in rng.multinomial(n, shares, runs).tolist()]
                    true = truth(shares)
                    if way == "difference":
                        earlier = [interval(*cell) for cell in rng.multinomial(n, BEFORE, runs).tolist()]
                        drawn = [difference(a, b) for a, b in zip(drawn, earlier, strict=True)]
                        true -= truth(BEFORE)
                    held = sum(e.low - 1e-9 <= true <= e.high + 1e-9 for e in drawn)
                    about = share(held, runs, level=0.99)
                    found.append(about.value)
                    yield _line(f"survey/{figure}/{way}/{name}", n, about, about.high >= 0.85, began)
                mean = float(np.mean(found))
                whole = share(mean * runs * len(found), runs * len(found), level=0.99)
                yield _line(
                    f"survey/{figure}/{way}/mean", n, whole, whole.high >= 0.89 and whole.low <= 0.95, began
                )


def _line(name: str, n: int, about: Estimate, passed: bool, began: float) -> dict[str, Any]:
    return {
        "name": name,
        "n": n,
        "runs": about.n,
        "coverage": round(about.value, 4),
        "nominal": LEVEL,
        "low": round(about.low, 4),
        "high": round(about.high, 4),
        "passed": passed,
        "seconds": round(time.process_time() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
