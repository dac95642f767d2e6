"""How often intervals hold what they should: `python -m benchmarks.coverage --lines FILE --write docs/coverage.md`.

Shops are simulated from known parameters, fitted, and held against the truth; nominal 90% intervals.

* Part `plain`: the fitted model is the true one, and intervals hold parameters and chance, not the model's own error.
* Part `rolling`: whole days, two years of a shop, also of shops that no model here describes; the forecast of the next
  half year is widened by the error that three rolling origins measured in the two years.

One JSON object a line: `n` customers, `runs`, `coverage`, its 99% interval `low` .. `high`, `passed`. Lines already in
`--lines` are not measured again, so that a run of an hour can be made in pieces. `seconds` are those of the processor.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import survey_coverage
from benchmarks.coverage_table import page
from benchmarks.simulated_shops import Events, Truth, followed, in_whole_days, season, shocks, simulate
from models import estimate
from models.backtest import AHEAD, ORIGINS, from_origins
from models.btyd.families import FAMILIES
from models.btyd.gamma_gamma import GammaGammaFitter
from models.customer_base import fit_base, grouped
from models.customer_intervals import count_interval, value_interval
from models.model_bench import intervals
from models.totals import totals_ahead

LEVEL = 0.9
SIZES = (500, 2_000, 10_000)
RUNS = {"plain": {500: 2_000, 2_000: 300, 10_000: 300}, "rolling": {500: 300, 2_000: 300, 10_000: 300}}
SPAN = 730
"""Days of a shop's past. In the part `plain` they are split: three quarters to fit, one to forecast."""
SWING, SHOCK = 0.3, 0.2
"""Season: +-30% a year. Shocks: a standard deviation of 20%, ten weeks long."""
SINGLES_RUNS, SINGLES = 40, 300
"""Single customers are looked at in so many runs, so many of them in each."""

SPEND = {"cdnow": (6.25, 3.74, 15.45), "regulars": (3.0, 6.0, 40.0), "fickle": (1.5, 5.0, 80.0)}
PARAMETERS = {
    # As fitted to CDNOW, weeks turned into days.
    ("bg_nbd", "cdnow"): (0.243, 31.0, 0.793, 2.426),
    ("mbg_nbd", "cdnow"): (0.525, 43.0, 0.891, 1.614),
    ("pareto_nbd", "cdnow"): (0.553, 74.0, 0.606, 82.0),
    # A purchase every two months, few leave.
    ("bg_nbd", "regulars"): (1.0, 60.0, 0.6, 6.0),
    ("mbg_nbd", "regulars"): (1.0, 60.0, 0.6, 6.0),
    ("pareto_nbd", "regulars"): (1.0, 60.0, 0.8, 400.0),
    # Half leave within a few purchases.
    ("bg_nbd", "fickle"): (0.6, 45.0, 1.2, 2.0),
    ("mbg_nbd", "fickle"): (0.6, 45.0, 1.2, 2.0),
    ("pareto_nbd", "fickle"): (0.6, 45.0, 1.2, 120.0),
}
TRUTHS = {key: Truth(key[0], found, SPEND[key[1]]) for key, found in PARAMETERS.items()}


@dataclass(frozen=True)
class Shops:
    """Shops of one kind and size, and the model that is fitted to them."""

    part: str
    model: str
    kind: str
    truth: Truth
    n: int
    swing: float = 0.0
    shock: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.part}/{self.model}/{self.kind}"

    def events(self, rng: np.random.Generator, end: int, last_first: float) -> Events:
        daily = season(end, self.swing, rng) * shocks(end, self.shock, rng)
        return simulate(self.truth, rng.uniform(0, last_first, self.n), float(end), rng, daily)


def all_shops() -> Iterator[Shops]:
    for (model, kind), truth in TRUTHS.items():
        for n in SIZES:
            yield Shops("plain", model, kind, truth, n)
    bg, pareto = TRUTHS["bg_nbd", "cdnow"], TRUTHS["pareto_nbd", "cdnow"]
    for n in SIZES:
        yield Shops("rolling", "bg_nbd", "as the model", bg, n)
        yield Shops("rolling", "bg_nbd", "Pareto customers", pareto, n)
        yield Shops("rolling", "bg_nbd", "season", bg, n, swing=SWING)
        yield Shops("rolling", "bg_nbd", "shocks", bg, n, shock=SHOCK)
        yield Shops("rolling", "bg_nbd", "season and shocks", bg, n, swing=SWING, shock=SHOCK)
        yield Shops("rolling", "bg_nbd", "Pareto, season, shocks", pareto, n, swing=SWING, shock=SHOCK)


def plain(shops: Shops, rng: np.random.Generator, singles: bool) -> dict[str, float]:
    """One shop: for each figure 1 if its interval held the truth, or the share of single customers' that did."""
    origin = round(SPAN * (1 - AHEAD))
    past = followed(shops.events(rng, SPAN, origin), origin, SPAN)
    base, family = past.base, FAMILIES[shops.model]
    ahead = float(SPAN - origin)
    fit = fit_base(base, family=family)
    groups = grouped(base)
    bounds = intervals(fit, base, groups, LEVEL)
    true = dict(zip(fit.purchases.names, shops.truth.parameters, strict=True))
    true |= dict(zip(GammaGammaFitter.names, shops.truth.spend, strict=True))
    found = {name: float(bounds.low[name] <= true[name] <= bounds.high[name]) for name in bounds.index}
    for name, spend, came in (("purchases", None, past.later), ("value", fit.spend, past.brought)):
        (total,) = totals_ahead(family, fit.purchases, groups, ahead, spend).estimates(LEVEL, name, "")
        found[name] = float(total.low <= came.sum() <= total.high)
    found["prior"] = float(fit.purchases.prior_applied_)
    if singles:
        some = slice(0, SINGLES)
        x, t, T, m = base.x[some], base.t[some], base.T[some], base.m[some]
        p = fit.parameters
        alive = family.probability_alive(p, x, t, T)
        counts = count_interval(family, p, ahead, x, T, alive, LEVEL)
        money = value_interval(family, p, fit.spend, ahead, x, T, m, alive, LEVEL)
        for name, (low, high), came in (
            ("customers' counts", counts, past.later[some]),
            ("customers' values", money, past.brought[some]),
        ):
            held = (low <= came) & (came <= high)
            found[name] = float(held.mean())
            if (x > 0).any():
                found[f"{name}, repeaters"] = float(held[x > 0].mean())
    return found


def rolling(shops: Shops, rng: np.random.Generator) -> dict[str, float]:
    """The same of the forecast from the end of the span, with the model's own error from origins within it in it."""
    days = int(SPAN * AHEAD)
    events = in_whole_days(shops.events(rng, SPAN + days, SPAN))
    family = FAMILIES[shops.model]
    starts = [round(SPAN * share) for share in ORIGINS]
    measured = from_origins([followed(events, start, start + days) for start in starts], LEVEL, family)
    past = followed(events, SPAN, SPAN + days)
    fit = fit_base(past.base, family=family)
    groups = grouped(past.base)
    found: dict[str, float] = {"unmeasured": float(measured.model_error is None)}
    for name, spend, came, error in (
        ("purchases", None, past.later, measured.model_error),
        ("value", fit.spend, past.brought, measured.money_error),
    ):
        total = totals_ahead(family, fit.purchases, groups, float(days), spend)
        (bare,) = total.estimates(LEVEL, name, "")
        (wide,) = total.estimates(LEVEL, name, "", error or 0.0)
        true = float(came.sum())
        found[f"{name}, bare"] = float(bare.low <= true <= bare.high)
        found[name] = float(wide.low <= true <= wide.high)
        found[f"{name} half"] = float(np.log(wide.high / wide.low) / 2)
        found[f"{name} miss"] = float(np.log(true / total.value[0]))
    return found


def measure(shops: Shops, runs: int) -> list[dict[str, Any]]:
    """One line a figure."""
    began = time.process_time()
    seeds = np.random.SeedSequence(zlib.crc32(f"coverage/{shops.name}/{shops.n}".encode())).spawn(runs)
    found: dict[str, list[float]] = {}
    for run, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        once = plain(shops, rng, run < SINGLES_RUNS) if shops.part == "plain" else rolling(shops, rng)
        for name, value in once.items():
            found.setdefault(name, []).append(value)
    taken = time.process_time() - began
    aside = {
        name: found.pop(name)
        for name in list(found)
        if name in ("prior", "unmeasured") or name.endswith((" half", " miss"))
    }
    lines = []
    for name, values in found.items():
        single = name.startswith("customers'")
        n = len(values)
        total = float(np.sum(values))
        # Customers of one shop share its parameters, so shops are the sampled units.
        if single:
            about = estimate.mean(
                n, total, float(np.square(values).sum()), level=0.99, unit="share", fewest=2
            )
        else:
            about = estimate.share(total, n, level=0.99)
        line = {
            "name": f"{shops.name}/{name}",
            "n": shops.n,
            "runs": n,
            "coverage": round(about.value, 4),
            "nominal": LEVEL,
            "low": round(about.low, 4),
            "high": round(about.high, 4),
            "passed": holds(shops.part, single, about) if not name.endswith("bare") else None,
            "seconds": round(taken, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
        if shops.part == "plain":
            line["prior"] = round(float(np.mean(aside["prior"])), 4)
        elif f"{name} half" in aside:
            line["half"] = round(float(np.median(aside[f"{name} half"])), 4)
            line["miss"] = round(float(np.sqrt(np.mean(np.square(aside[f"{name} miss"])))), 4)
            line["unmeasured"] = round(float(np.mean(aside["unmeasured"])), 4)
        lines.append(line)
    return lines


def holds(part: str, single: bool, about: estimate.Estimate) -> bool:
    """The targets: see `coverage_table.page`."""
    if part == "rolling":
        return about.value >= 0.85
    return about.value >= 0.88 if single else about.high >= 0.85 and about.low <= 0.95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, help="shops of each kind and size (default: see RUNS)")
    parser.add_argument("--customers", type=int, nargs="*", default=SIZES)
    parser.add_argument("--part", choices=sorted(RUNS), help="one part only")
    parser.add_argument("--only", default="", help="kinds of shops whose name holds this")
    parser.add_argument("--quick", action="store_true", help="20 shops of each kind: does it run?")
    parser.add_argument("--lines", type=Path, help="append lines here; what is here is not measured again")
    parser.add_argument("--write", type=Path, help="write all lines as a page, in Markdown")
    parser.add_argument("--survey", action="store_true", help="the intervals of NPS and CSAT instead")
    chosen = parser.parse_args()
    if chosen.survey:
        for line in survey_coverage.measured(chosen.runs or survey_coverage.RUNS):
            print(json.dumps(line), flush=True)
        return
    lines: list[dict[str, Any]] = []
    if chosen.lines and chosen.lines.exists():
        lines = [json.loads(line) for line in chosen.lines.read_text(encoding="utf-8").splitlines()]
    known = {(line["name"].rpartition("/")[0], line["n"]) for line in lines}
    for shops in all_shops():
        if shops.n not in chosen.customers or (chosen.part and shops.part != chosen.part):
            continue
        if chosen.only not in shops.name or (shops.name, shops.n) in known:
            continue
        runs = chosen.runs or (20 if chosen.quick else RUNS[shops.part][shops.n])
        fresh = measure(shops, runs)
        lines += fresh
        text = "".join(json.dumps(line) + "\n" for line in fresh)
        print(text, end="", flush=True)
        if chosen.lines:
            with chosen.lines.open("a", encoding="utf-8") as file:
                file.write(text)
    if chosen.write:
        chosen.write.write_text(page(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
