"""How fast the lifetime-value engine is, beside lifetimes on the same rows: `python -m benchmarks.ltv --customers N`.

Customers are simulated from known parameters (seed 1) over two years of days. One JSON object a line:

* `bg_nbd_fit`, `gamma_gamma_fit`: seconds to the parameters from rows in memory; `pareto_nbd_fit` at 100,000
  customers at most, because lifetimes needs most of a minute for those;
* `clv`: P(alive), and discounted value at 3, 6 and 12 months, for everyone; lifetimes computes 12 months only;
* `intervals`: orders in a Parquet file to 90% intervals of the number of purchases of every customer (exact), and of the
  value of 100 groups and of all, widened by the model's own error from rolling origins; lifetimes has none;
* `end_to_end`: orders in a Parquet file to the value of every customer, by name; lifetimes with pandas.

`--alone` leaves lifetimes out, for ten million customers.

Ours is the median of `--repeat` runs after one that is not counted (`end_to_end`: of all, the first included);
lifetimes runs once, in a process of its own, because importing it changes pandas. `gain` is our log-likelihood
minus that at lifetimes' parameters. `peak_mb` is our process; `reference_peak_mb` that of lifetimes.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd

from data.tables import DUCKDB_TYPES, ORDERS
from models import backtest, customer_base, customer_intervals, totals
from models.btyd import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter, pareto
from models.btyd import beta_geometric as bg
from models.btyd import gamma_gamma as gg
from models.btyd.families import BG_NBD
from models.btyd.inputs import pairs
from models.btyd.simulate import beta_geometric_customers, gamma_gamma_spend
from models.definitions import Definitions
from shop import Shop

TRUTH = (0.25, 30.0, 0.8, 2.5)
SPEND = (6.0, 4.0, 15.0)
MONTH = 365 / 12
RATE = 0.01
GROUPS = 100
MOST_PARETO = 100_000
"""lifetimes needs 48 seconds for so many."""
ROOT = Path(__file__).resolve().parents[1]
END = "2026-01-01"


def simulated(customers: int) -> pd.DataFrame:
    """Whole days, as a shop's orders give them: frequency, recency, T and monetary_value."""
    rng = np.random.default_rng(1)
    found = beta_geometric_customers(TRUTH, rng.integers(30, 731, customers).astype(float), rng)
    again = found["frequency"] > 0
    found["recency"] = np.where(again, np.minimum(np.ceil(found["recency"]), found["T"]), 0.0)
    found["monetary_value"] = gamma_gamma_spend(SPEND, found["frequency"], rng)
    return found[["frequency", "recency", "T", "monetary_value"]]


def write_orders(data: pd.DataFrame, path: Path) -> None:
    """Their orders: the first one, the last one, and the others at random between; amounts around each one's mean; in the order in which snapshots keep them."""
    rng = np.random.default_rng(2)
    x = data["frequency"].to_numpy(np.int64)
    who = np.repeat(np.arange(len(x)), x + 1)
    place = np.arange(len(who)) - np.repeat(np.cumsum(x + 1) - x - 1, x + 1)
    recency, age = data["recency"].to_numpy()[who], data["T"].to_numpy()[who]
    at = np.where(
        place == 0, 0.0, np.where(place == x[who], recency, np.ceil(recency * rng.random(len(who))))
    )
    mean = np.where(x > 0, data["monetary_value"], 30.0)[who]
    amount = mean * rng.gamma(SPEND[0], 1 / SPEND[0], len(who)) + 0.01
    orders = pd.DataFrame({"customer": who, "back": (age - at).astype(np.int64), "amount": amount})
    with duckdb.connect() as connection:
        connection.register("orders", orders)
        connection.execute(
            f"""COPY (SELECT 'C' || customer AS customer, DATE '{END}' - back::INTEGER AS day,
            round(amount, 2) AS amount FROM orders ORDER BY 1, 2) TO '{path}' (FORMAT parquet)"""
        )


def shop_in(path: Path, connection: duckdb.DuckDBPyConnection) -> Shop:
    """The file as a shop: what it does not have is empty."""
    known = {"customer": "customer", "ordered_on": "day", "net": "amount", "gross": "amount", "flags": "0"}
    cast = ", ".join(f'({known.get(c.name, "NULL")})::{DUCKDB_TYPES[c.kind]} AS "{c.name}"' for c in ORDERS)
    connection.execute(f"CREATE VIEW orders AS SELECT {cast} FROM '{path}'")
    return Shop("benchmark", "benchmark", ibis.duckdb.from_connection(connection).table("orders"))


def from_orders(path: Path) -> np.ndarray:
    """What the dashboard does to rank customers: histories by DuckDB, both fits, everybody's discounted value."""
    with duckdb.connect() as connection:
        base = customer_base.load(shop_in(path, connection), Definitions(), named=True)
    fit = customer_base.fit_base(base)
    days = customer_base.months_ahead(12)
    worth = customer_base.per_end(customer_base.discounts(days, 0.1))
    kinds, ages, row = pairs(base.x, base.T)
    ahead = (bg.purchases_if_alive(fit.parameters, kinds, ages, days) @ worth)[row]
    alive = bg.probability_alive(fit.parameters, base.x, base.t, base.T)
    return alive * ahead * fit.spend.expected(base.x, base.m)


def with_intervals(path: Path) -> int:
    """From orders to intervals of every customer's purchases in a year, and of the value of 100 groups and of all."""
    with duckdb.connect() as connection:
        shop = shop_in(path, connection)
        past = backtest.rolling(shop, Definitions())
        base = customer_base.load(shop, Definitions(), named=True)
    fit = customer_base.fit_base(base)
    alive = bg.probability_alive(fit.parameters, base.x, base.t, base.T)
    low, high = customer_intervals.count_interval(BG_NBD, fit.parameters, 365.0, base.x, base.T, alive, 0.9)
    code = np.arange(base.customers) % GROUPS
    groups, member = customer_base.grouped_by(base, code)
    own = past.money_error or 0.0
    by_group = totals.totals_ahead(BG_NBD, fit.purchases, groups, 365.0, fit.spend, member=member)
    method = "BG/NBD, rolling origins"
    found = [t.estimates(0.9, "money", method, own) for t in (by_group, by_group.together())]
    if not (low <= high).all() or [len(f) for f in found] != [GROUPS, 1]:
        raise RuntimeError("The intervals are not what was asked for.")
    return base.customers


def by_lifetimes(folder: Path) -> dict[str, Any]:
    """The same by lifetimes, from the same rows and the same file; runs in a process of its own."""
    warnings.simplefilter("ignore")
    import lifetimes
    from lifetimes.utils import summary_data_from_transaction_data

    data = pd.read_parquet(folder / "histories.parquet")
    x, t, T, m = (data[c].to_numpy() for c in data.columns)
    again = x > 0
    found: dict[str, Any] = {"version": lifetimes.__version__}
    found["bg_nbd_fit"], model = seconds(lambda: lifetimes.BetaGeoFitter().fit(x, t, T), 1)
    found["params"] = model.params_.to_list()
    few = slice(0, MOST_PARETO)
    np.random.seed(0)
    found["pareto_nbd_fit"], other = seconds(
        lambda: lifetimes.ParetoNBDFitter().fit(x[few], t[few], T[few]), 1
    )
    found["pareto_params"] = other.params_.to_list()
    found["gamma_gamma_fit"], spend = seconds(lambda: lifetimes.GammaGammaFitter().fit(x[again], m[again]), 1)

    def value(purchases: Any, amounts: Any, rows: pd.DataFrame) -> Any:
        columns = [rows[c] for c in ("frequency", "recency", "T", "monetary_value")]
        return amounts.customer_lifetime_value(purchases, *columns, time=12, discount_rate=RATE)

    found["clv"], _ = seconds(lambda: value(model, spend, data), 1)

    def whole() -> Any:
        orders = pd.read_parquet(folder / "orders.parquet")
        rows = summary_data_from_transaction_data(
            orders, "customer", "day", monetary_value_col="amount", observation_period_end=END
        )
        back = rows[rows["frequency"] > 0]
        purchases = lifetimes.BetaGeoFitter().fit(rows["frequency"], rows["recency"], rows["T"])
        amounts = lifetimes.GammaGammaFitter().fit(back["frequency"], back["monetary_value"])
        return value(purchases, amounts, rows)

    found["end_to_end"], _ = seconds(whole, 1)
    found["reference_peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return found


def asked_lifetimes(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ltv", "--reference-in", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"lifetimes failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


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
    parser.add_argument("--alone", action="store_true", help="without lifetimes")
    parser.add_argument("--reference-in", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.reference_in:
        print(json.dumps(by_lifetimes(chosen.reference_in)))
        return
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), chosen.customers, chosen.repeat, alone=chosen.alone)


def measure(folder: Path, n: int, repeat: int, *, alone: bool) -> None:
    data = simulated(n)
    data.to_parquet(folder / "histories.parquet")
    write_orders(data, folder / "orders.parquet")
    theirs = {} if alone else asked_lifetimes(folder)
    reference = f"lifetimes {theirs['version']}" if theirs else ""
    peak = {"reference_peak_mb": theirs["reference_peak_mb"]} if theirs else {}
    x, t, T, m = (data[c].to_numpy() for c in data.columns)
    del data
    again, few = x > 0, slice(0, MOST_PARETO)

    def gain(model: Any, formulas: Any, params: str, rows: slice) -> dict[str, float]:
        if not theirs:
            return {}
        at = formulas.log_likelihood(np.array(theirs[params]), x[rows], t[rows], T[rows]).sum()
        return {"gain": round(model.log_likelihood_ - float(at), 6)}

    BetaGeoFitter().fit(x, t, T)
    ours, model = seconds(lambda: BetaGeoFitter().fit(x, t, T), repeat)
    more = gain(model, bg, "params", slice(None))
    report("bg_nbd_fit", n, ours, reference, theirs.get("bg_nbd_fit"), **more, **peak)
    ours, other = seconds(lambda: ParetoNBDFitter().fit(x[few], t[few], T[few]), repeat)
    more = gain(other, pareto, "pareto_params", few)
    report(
        "pareto_nbd_fit", min(n, MOST_PARETO), ours, reference, theirs.get("pareto_nbd_fit"), **more, **peak
    )
    GammaGammaFitter().fit(x[again], m[again])
    ours, spend = seconds(lambda: GammaGammaFitter().fit(x[again], m[again]), repeat)
    report("gamma_gamma_fit", int(again.sum()), ours, reference, theirs.get("gamma_gamma_fit"), **peak)
    value_of_everyone(model, spend, x, t, T, m)
    ours, _ = seconds(lambda: value_of_everyone(model, spend, x, t, T, m), repeat)
    report("clv", n, ours, reference and f"{reference}, 12 months only", theirs.get("clv"), **peak)
    ours, known = seconds(lambda: with_intervals(folder / "orders.parquet"), repeat)
    report("intervals", known, ours)
    ours, values = seconds(lambda: from_orders(folder / "orders.parquet"), repeat)
    report(
        "end_to_end",
        len(values),
        ours,
        reference and f"{reference} with pandas",
        theirs.get("end_to_end"),
        **peak,
    )


if __name__ == "__main__":
    main()
