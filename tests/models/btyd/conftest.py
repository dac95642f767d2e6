"""The papers' data, as lifetimes carries them, and lifetimes itself in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ORACLE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
import lifetimes
from lifetimes.fitters.beta_geo_fitter import BetaGeoFitter
from lifetimes.fitters.modified_beta_geo_fitter import ModifiedBetaGeoFitter
from lifetimes.fitters.gamma_gamma_fitter import GammaGammaFitter
job = json.load(sys.stdin)
d = pd.DataFrame(job["data"])
out = {}
for coef in (0.0, 0.1):
    for name, cls in (("bg", BetaGeoFitter), ("mbg", ModifiedBetaGeoFitter)):
        f = cls(penalizer_coef=coef).fit(d.frequency, d.recency, d["T"])
        out[f"{name} {coef}"] = {
            "params": f.params_.tolist(), "se": f.standard_errors_.tolist(),
            "predict": np.asarray(f.predict(39, d.frequency, d.recency, d["T"])).tolist(),
            "alive": np.asarray(f.conditional_probability_alive(d.frequency, d.recency, d["T"])).tolist(),
            "new": [float(f.expected_number_of_purchases_up_to_time(t)) for t in (1, 10, 52)],
            "pmf": [float(f.probability_of_n_purchases_up_to_time(20, n)) for n in range(8 * (name == "bg"))],
        }
        if name == "bg" and not coef:
            bg = f
k = d.frequency > 0
for coef in (0.0, 0.01):
    g = GammaGammaFitter(penalizer_coef=coef).fit(d.frequency[k], d.monetary_value[k])
    out[f"gg {coef}"] = {
        "params": g.params_.tolist(), "se": g.standard_errors_.tolist(),
        "spend": g.conditional_expected_average_profit(d.frequency[k], d.monetary_value[k]).tolist(),
    }
    if not coef:
        out["clv"] = g.customer_lifetime_value(
            bg, d.frequency, d.recency, d["T"], d.monetary_value, 12, 0.01, freq="D").tolist()
print(json.dumps(out))
"""


def _folder() -> Path:
    found = find_spec("lifetimes")
    if found is None or found.origin is None:
        pytest.skip("lifetimes is not installed")
    return Path(found.origin).parent / "datasets"


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    """The papers' CDNOW sample in weeks, to 1997-09-30: frequency, recency, T (2,357 customers)."""
    return pd.read_csv(_folder() / "cdnow_customers_summary.csv")


@pytest.fixture(scope="session")
def cdnow_spend() -> pd.DataFrame:
    """The same customers in exact days, from the orders, with `monetary_value`: mean of repeat purchases."""
    orders = pd.read_csv(_folder() / "CDNOW_sample.txt", sep=r"\s+", header=None, names=list("xcdnv"))
    orders["day"] = (
        pd.to_datetime(orders["d"].astype(str), format="%Y%m%d") - pd.Timestamp("1997-09-30")
    ).dt.days
    days = orders[orders["day"] <= 0].groupby(["c", "day"], as_index=False)["v"].sum()
    first = days.groupby("c")["day"].transform("min")
    days["repeat"] = days["v"].where(days["day"] > first)
    each = days.groupby("c").agg(
        first=("day", "min"), last=("day", "max"), x=("day", "count"), m=("repeat", "mean")
    )
    return pd.DataFrame(
        {
            "frequency": each["x"] - 1,
            "recency": each["last"] - each["first"],
            "T": -each["first"],
            "monetary_value": each["m"].fillna(0.0),
        }
    )


@pytest.fixture(scope="session")
def oracle(cdnow_spend: pd.DataFrame) -> dict[str, Any]:
    """What lifetimes finds on the CDNOW sample. In its own process: importing it changes pandas and warns."""
    columns = ["frequency", "recency", "T", "monetary_value"]
    job = json.dumps({"data": {c: cdnow_spend[c].tolist() for c in columns}})
    done = subprocess.run(
        [sys.executable, "-c", ORACLE], input=job, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
