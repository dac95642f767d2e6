"""Intervals for whole columns of cells: the formulas of `models.estimate`, vectorised."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student_t

from models.estimate import FEWEST_FOR_MEAN


def shares(successes: pd.Series, n: pd.Series, level: float) -> pd.DataFrame:
    """`value`, `low`, `high` of each share with Wilson's interval; NaN where n is 0. See `estimate.share`."""
    z = float(norm.ppf((1 + level) / 2))
    n = n.astype(float).where(n > 0)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return pd.DataFrame(
        {"value": p, "low": np.minimum(p, centre - half), "high": np.maximum(p, centre + half)}
    )


def means(n: pd.Series, total: pd.Series, squares: pd.Series, level: float) -> pd.DataFrame:
    """`value`, `low`, `high` of each mean with Student's t interval; NaN below FEWEST_FOR_MEAN observations.

    See `estimate.mean`.
    """
    n = n.astype(float).where(n >= FEWEST_FOR_MEAN)
    average = total / n
    variance = (squares - n * average**2).clip(lower=0) / (n - 1)
    half = student_t.ppf((1 + level) / 2, n - 1) * np.sqrt(variance / n)
    return pd.DataFrame({"value": average, "low": average - half, "high": average + half})
