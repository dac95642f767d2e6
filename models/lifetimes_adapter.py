"""Runs `lifetimes` on histories and prints what it finds as JSON. A script: started by `second_opinion`.

It has a process of its own because importing lifetimes changes a pandas option and warns. Input: the path of an
.npz file with x, t, T, n (counted histories, days), spend_x, spend_m, horizon (days) and, unless it is BG/NBD,
`model`: a name of `families.FAMILIES`.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any


def main(path: str) -> None:
    warnings.simplefilter("ignore")
    import lifetimes
    import numpy as np

    with np.load(path, allow_pickle=False) as given:
        x, t, T, n = (given[name] for name in ("x", "t", "T", "n"))
        spend_x, spend_m, horizon = given["spend_x"], given["spend_m"], float(given["horizon"])
        model = str(given["model"]) if "model" in given else "bg_nbd"
    fitters = {
        "bg_nbd": lifetimes.BetaGeoFitter,
        "mbg_nbd": lifetimes.ModifiedBetaGeoFitter,
        "pareto_nbd": lifetimes.ParetoNBDFitter,
    }
    # lifetimes starts Pareto/NBD at random.
    np.random.seed(1)
    found: dict[str, Any] = {"version": lifetimes.__version__}
    start = time.perf_counter()
    purchases = fitters[model]().fit(x, t, T, weights=n)
    found["seconds"] = time.perf_counter() - start
    found["purchases"] = {name: float(value) for name, value in purchases.params_.items()}
    ahead = purchases.conditional_expected_number_of_purchases_up_to_time(horizon, x, t, T)
    # One-time buyers come out as NaN where a + b < 1: the sum says so, it does not hide them.
    found["expected"] = float(np.sum(np.asarray(ahead) * n))
    found["new"] = float(purchases.expected_number_of_purchases_up_to_time(horizon))
    if len(spend_x) >= 3:
        spend = lifetimes.GammaGammaFitter().fit(spend_x, spend_m)
        found["spend"] = {name: float(value) for name, value in spend.params_.items()}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
