"""How fast the lifetime-value engine is, beside lifetimes on the same rows: `python -m benchmarks.ltv --customers N`.

Customers are simulated from known parameters (seed 1) over two years of days. One JSON object a line:

* `bg_nbd_fit`, `gamma_gamma_fit`: seconds to the parameters from rows in memory;
* `clv`: P(alive), and discounted value at 3, 6 and 12 months, for everyone; lifetimes computes 12 months only;
* `intervals`: an exact 90% interval of the number of purchases of every customer; lifetimes has none.

Ours is the median of `--repeat` runs after one that is not counted; lifetimes runs once in the same process
unless `--reference-repeat` asks for more. `gain` is our log-likelihood minus that at lifetimes' parameters.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from models.btyd import BetaGeoFitter, GammaGammaFitter
from models.btyd import beta_geometric as bg
from models.btyd import gamma_gamma as gg
from models.btyd.inputs import pairs
from models.btyd.simulate import beta_geometric_customers, gamma_gamma_spend

TRUTH = (0.25, 30.0, 0.8, 2.5)
SPEND = (6.0, 4.0, 15.0)
MONTH = 365 / 12
RATE = 0.01


def simulated(customers: int) -> pd.DataFrame:
    """Whole days, as a shop's orders give them: frequency, recency, T and monetary_value."""
    rng = np.random.default_rng(1)
    found = beta_geometric_customers(TRUTH, rng.integers(30, 731, customers).astype(float), rng)
    again = found["frequency"] > 0
    found["recency"] = np.where(again, np.minimum(np.ceil(found["recency"]), found["T"]), 0.0)
    found["monetary_value"] = gamma_gamma_spend(SPEND, found["frequency"], rng)
    return found[["frequency", "recency", "T", "monetary_value"]]


def seconds(function: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Median of `runs`, and what the last one returned."""
    found, taken = None, []
    for _ in range(runs):
        start = time.perf_counter()
        found = function()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), found


def value_of_everyone(
    model: BetaGeoFitter, spend: GammaGammaFitter, x: np.ndarray, t: np.ndarray, T: np.ndarray, m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """P(alive) (customers,) and value discounted monthly, at 3, 6 and 12 months (customers, 3).

    Expectations given alive depend on (x, T) only, so they are evaluated once for each distinct pair.
    """
    ends = np.arange(1, 13) * MONTH
    worth = (1 + RATE) ** -np.arange(1, 13.0)
    parameters = model.params_.to_numpy()
    kinds, ages, row = pairs(x, T)
    monthly = np.diff(bg.purchases_if_alive(parameters, kinds, ages, ends), axis=1, prepend=0.0) * worth
    by_horizon = np.cumsum(monthly, axis=1)[:, [2, 5, 11]]
    alive = bg.probability_alive(parameters, x, t, T)
    amount = alive * gg.expected_spend(spend.params_.to_numpy(), x, m)
    return alive, by_horizon[row] * amount[:, None]


def count_intervals(
    model: BetaGeoFitter, x: np.ndarray, t: np.ndarray, T: np.ndarray, days: float
) -> np.ndarray:
    """5% and 95% quantiles of every customer's purchases in `days`: (customers, 2)."""
    parameters = model.params_.to_numpy()
    kinds, ages, row = pairs(x, T)
    alive = bg.probability_alive(parameters, x, t, T)
    bounds = np.zeros((len(x), 2), dtype=np.int64)
    rows, n = np.arange(len(x)), 0
    while len(rows):
        n += 1
        # Fewer and fewer customers are left: only the pairs that they still have are evaluated.
        used = np.zeros(len(kinds), dtype=bool)
        used[row[rows]] = True
        tail = np.zeros(len(kinds))
        tail[used] = bg.survival_of_count(parameters, n, days, kinds[used], ages[used])
        reached = alive[rows] * tail[row[rows]]
        bounds[rows[reached >= 0.95], 0] = n
        rows = rows[reached > 0.05]
        bounds[rows, 1] = n
    return bounds


def report(
    name: str, n: int, ours: float, reference: str = "", theirs: float | None = None, **more: float
) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {
        "name": name,
        "n": n,
        "seconds": round(ours, 5),
        "reference": reference,
        "reference_seconds": None if theirs is None else round(theirs, 4),
        "ratio": None if theirs is None else round(theirs / ours, 1),
        "peak_mb": round(peak),
    }
    print(json.dumps(line | more), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--reference-repeat", type=int, default=1)
    chosen = parser.parse_args()
    data = simulated(chosen.customers)
    x, t, T, m = (data[c].to_numpy() for c in data.columns)
    again = x > 0
    n = chosen.customers

    with warnings.catch_warnings():
        # lifetimes and what it imports warn about the future of pandas; that is not measured here.
        warnings.simplefilter("ignore")
        import lifetimes

        theirs_fit, their_model = seconds(
            lambda: lifetimes.BetaGeoFitter().fit(x, t, T), chosen.reference_repeat
        )
        theirs_spend, their_spend = seconds(
            lambda: lifetimes.GammaGammaFitter().fit(x[again], m[again]), chosen.reference_repeat
        )
        series = [data[c] for c in data.columns]
        theirs_value, _ = seconds(
            lambda: their_spend.customer_lifetime_value(their_model, *series, time=12, discount_rate=RATE),
            chosen.reference_repeat,
        )
    reference = f"lifetimes {lifetimes.__version__}"

    BetaGeoFitter().fit(x, t, T)
    ours, model = seconds(lambda: BetaGeoFitter().fit(x, t, T), chosen.repeat)
    at_theirs = bg.log_likelihood(their_model.params_.to_numpy(), x, t, T).sum()
    report(
        "bg_nbd_fit", n, ours, reference, theirs_fit, gain=round(model.log_likelihood_ - float(at_theirs), 6)
    )
    GammaGammaFitter().fit(x[again], m[again])
    ours, spend = seconds(lambda: GammaGammaFitter().fit(x[again], m[again]), chosen.repeat)
    report("gamma_gamma_fit", int(again.sum()), ours, reference, theirs_spend)
    value_of_everyone(model, spend, x, t, T, m)
    ours, _ = seconds(lambda: value_of_everyone(model, spend, x, t, T, m), chosen.repeat)
    report("clv", n, ours, f"{reference}, 12 months only", theirs_value)
    ours, _ = seconds(lambda: count_intervals(model, x, t, T, 365.0), chosen.repeat)
    report("intervals", n, ours)


if __name__ == "__main__":
    main()
