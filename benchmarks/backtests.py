"""How wrong the forecasts are on public shops: `python -m benchmarks.backtests --write docs/backtests.md`.

CDNOW (every customer of early 1997) and, where its file is beside the project, UCI Online Retail. At each of SPLITS
every model is fitted to what was known then and held against what followed, beside two guesses that need no model
("average": everybody at the average rate; "own": everybody at their own past rate) and beside lifetimes fitted to the
same histories. One JSON object a line for each split and model or guess:

* `forecast`, `low`, `high`: repeat purchases of the known customers, the interval from parameters and chance;
  `wide_low`, `wide_high`: the same with the model's own error, as rolling origins before that day had measured it;
* `came`, `error` (forecast / came - 1), `lifetimes_error`; `money_...` likewise;
* `each_error`: mean absolute error in purchases a customer; `weekly_error`: that of a week over the mean week;
* `coverage`: the share of single customers inside their interval, nominal `level`.

`seconds` and `reference_seconds` are those of the fit, ours and lifetimes'.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.backtests_page import GUESSES, page
from data.cdnow import import_cdnow
from data.ingest import import_orders
from models.backtest import AHEAD, ORIGINS, Held, rolling
from models.btyd.families import BG_NBD, FAMILIES, Family
from models.customer_base import Groups, fit_groups, grouped
from models.definitions import Definitions
from models.followed import Followed
from models.purchases import observed
from models.second_opinion import ask
from models.totals import interval
from models.tracking import Tracking, split, tracking
from shop import Shop

ROOT = Path(__file__).resolve().parents[1]
ONLINE_RETAIL = ROOT.parent / "shared" / "data" / "online_retail" / "online_retail.parquet"
SPLITS = (*((share, AHEAD) for share in ORIGINS), (0.5, 1.0))
"""(share of the observed span before the split, share that is held back, as far as there are days): the rolling
origins of `models.backtest`, and the first half against the second, which for CDNOW is the papers' split."""
Line = dict[str, Any]


def shops(home: Path, online_retail: Path) -> Iterator[Shop | str]:
    """The public shops, brought in on the same road as anybody's file; or why one is left out."""
    yield import_cdnow(home).shop
    if online_retail.is_file():
        found = import_orders(online_retail, home=home, zone="Europe/London", name="UCI Online Retail")
        yield found.shop
    else:
        yield f"There is no file {online_retail.name} beside the project; --online-retail says where it is."


def measured(shop: Shop) -> Iterator[Line]:
    """The lines of one shop."""
    first, last = observed(shop, Definitions())
    span = (last - first).days
    for past, ahead in SPLITS:
        origin = first + dt.timedelta(days=round(span * past))
        days = min(int(span * ahead), (last - origin).days)
        definitions = Definitions(observed_until=origin + dt.timedelta(days=days))
        about = {"data": shop.name, "currency": shop.currency, "origin": origin.isoformat(), "days": days}
        followed = split(shop, definitions, days)
        tracked = {name: tracking(shop, definitions, holdout_days=days, model=name) for name in FAMILIES}
        for name, family in FAMILIES.items():
            yield about | _model(shop, definitions, family, followed, tracked[name])
        for guess in GUESSES:
            yield about | _guess(guess, tracked[BG_NBD.name])


def _model(shop: Shop, definitions: Definitions, family: Family, past: Followed, found: Tracking) -> Line:
    purchases, money = _both(found)
    groups = grouped(past.base)
    start = time.perf_counter()
    fit_groups(groups, family)
    seconds = time.perf_counter() - start
    known = rolling(shop, definitions.but(observed_until=past.origin), family=family)
    return {
        "name": "backtest",
        "n": past.base.customers,
        "model": family.name,
        "title": family.title,
        "seconds": round(seconds, 4),
        **_lifetimes(family, groups, purchases, past.days, seconds),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "level": definitions.level,
        **_figures("", purchases, purchases.forecast.value),
        **_interval("", purchases, known.model_error),
        **_figures("money_", money, money.forecast.value),
        **_interval("money_", money, known.money_error),
        "each_error": round(found.each.miss["model"], 4),
        "weekly_error": round(found.each.weekly, 4),
        "coverage": round(found.each.covered.value, 4),
    }


def _lifetimes(family: Family, groups: Groups, held: Held, days: int, ours: float) -> Line:
    """What lifetimes makes of the same histories, or `lifetimes_failed`: why it makes nothing of them."""
    histories = {"x": groups.x.astype(float), "t": groups.t, "T": groups.T, "n": groups.n}
    spend = {"spend_x": np.zeros(0), "spend_m": np.zeros(0)}
    settings = {"horizon": np.array(float(days)), "model": np.array(family.name)}
    found: Line = {
        "reference": "lifetimes",
        "reference_seconds": None,
        "ratio": None,
        "lifetimes_error": None,
    }
    try:
        theirs = ask(histories | spend | settings)
    except ValueError as reason:
        return found | {"lifetimes_failed": str(reason)}
    found |= {
        "reference": f"lifetimes {theirs['version']}",
        "reference_seconds": round(theirs["seconds"], 4),
        "ratio": round(theirs["seconds"] / ours, 1),
    }
    if not isfinite(theirs["expected"]):
        return found | {"lifetimes_failed": "Its total is not a number."}
    return found | {"lifetimes_error": round(held.missed(theirs["expected"]), 4)}


def _guess(guess: str, found: Tracking) -> Line:
    purchases, money = _both(found)
    total = getattr(purchases, guess)
    weeks = found.weeks[found.weeks.held_out].actual
    a_week = total / (found.end - found.origin).days * 7
    return {
        "name": "backtest",
        "n": purchases.forecast.n,
        "model": guess,
        "seconds": None,
        "reference": "",
        "reference_seconds": None,
        "ratio": None,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **_figures("", purchases, total),
        **_figures("money_", money, getattr(money, guess)),
        "each_error": round(found.each.miss[guess], 4),
        "weekly_error": round(float((weeks - a_week).abs().mean() / weeks.mean()), 4),
    }


def _both(found: Tracking) -> tuple[Held, Held]:
    if found.holdout is None:
        raise SystemExit(f"Too little was bought around {found.origin} to hold a forecast against.")
    return found.holdout.purchases, found.holdout.money


def _figures(prefix: str, held: Held, guess: float) -> Line:
    figures = {
        "forecast": round(guess, 1),
        "came": round(held.actual, 2),
        "error": round(held.missed(guess), 4),
    }
    return {prefix + name: figure for name, figure in figures.items()}


def _interval(prefix: str, held: Held, model_error: float | None) -> Line:
    """The interval of parameters and chance, and the one that the page would have shown on that day: none where the
    shop was then too young to know the model's error."""
    value, level = held.forecast.value, held.forecast.level
    ends: Line = {"low": held.forecast.low, "high": held.forecast.high, "wide_low": None, "wide_high": None}
    if model_error is not None:
        wide = interval(value, value * np.sqrt(held.variance + model_error**2), level)
        ends |= {"wide_low": float(wide[0]), "wide_high": float(wide[1])}
    return {prefix + name: None if end is None else round(end, 1) for name, end in ends.items()}


def _skipped(why: str) -> Line:
    return {"name": "backtest", "n": 0, "data": "UCI Online Retail", "skipped": why}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--online-retail", type=Path, default=ONLINE_RETAIL, help="UCI Online Retail as Parquet"
    )
    parser.add_argument(
        "--write", type=Path, help="write the tables, with an introduction, to this Markdown file"
    )
    chosen = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as home:
        for shop in shops(Path(home), chosen.online_retail):
            for line in [_skipped(shop)] if isinstance(shop, str) else measured(shop):
                print(json.dumps(line), flush=True)
                lines.append(line)
    if chosen.write:
        chosen.write.write_text(page(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
