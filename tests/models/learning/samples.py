"""Samples of which the truth is known."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from models.learning.frames import Features, Sample


def features(
    numbers: dict[str, np.ndarray], categories: dict[str, tuple[np.ndarray, list[str]]] | None = None
) -> Features:
    """Every column its own group."""
    categories = categories or {}
    columns = {
        **{n: np.asarray(v, float) for n, v in numbers.items()},
        **{n: c for n, (c, _) in categories.items()},
    }
    same = {name: name for name in columns}
    kinds = {name: "category" if name in categories else "number" for name in columns}
    return Features(columns, kinds, same, same, {name: levels for name, (_, levels) in categories.items()})


def simulated(rows: int, *, seed: int, signal: float = 1.5, idle: int = 4) -> tuple[Sample, np.ndarray]:
    """Customers who leave the more likely the larger `driver` is, and whom `idle0`, `idle1`, ... say nothing of; and
    each one's true chance."""
    rng = np.random.default_rng(seed)
    numbers = {"driver": rng.normal(size=rows), **{f"idle{k}": rng.normal(size=rows) for k in range(idle)}}
    colour = rng.integers(-1, 3, rows)
    p = expit(signal * numbers["driver"] - 0.5)
    found = features(numbers, {"colour": (colour, ["red", "green", "blue"])})
    return Sample(found, rng.random(rows) < p, np.arange(rows)), p
