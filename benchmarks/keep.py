"""How long it takes to say who is leaving and who can be kept: `python -m benchmarks.keep --customers 1000000`.

The demo shop of this size (seed 1) is made once, in `--home` if given. Each question is asked of it in a process of its own, as the
pages ask it; one JSON object a line. Nothing else answers the same questions, so there is no reference. `peak_mb` is that process's.

* `order_ladder`, `order_ladder_splits`, `event_buyers`, `spend_by_age`: the Order ladder page;
* `segments`, `slowing`: the Customers page, without the score;
* `churn_features`: what is known of every customer at one past day, and who then left;
* `churn_training`: boosted trees on a million rows: past days until there are so many, then the fit;
* `contact_list`: with BG/NBD's chance for a score, and the past forecasts already known.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.pages import prepare

ROOT = Path(__file__).resolve().parents[1]
HORIZON = 180
ROWS_TO_LEARN_FROM = 1_000_000

Measured = dict[str, tuple[int, float]]
"""For each figure how many rows it is about, and seconds."""


def timed(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def order_ladder() -> Measured:
    from models import event_buyers, order_ladder, order_ladder_splits, spend_by_age

    asked: dict[str, Callable[..., object]] = {
        "order_ladder": order_ladder.order_ladder,
        "order_ladder_splits": order_ladder_splits.compared,
        "event_buyers": event_buyers.event_buyers,
        "spend_by_age": spend_by_age.spend_by_age,
    }
    shop, definitions, n = _shop()
    return {name: (n, timed(partial(ask, shop, definitions))) for name, ask in asked.items()}


def customers() -> Measured:
    from models import segments, slowing

    shop, definitions, n = _shop()
    start = time.perf_counter()
    found = segments.segments(shop, definitions, scored=False)
    seconds = time.perf_counter() - start
    slow = timed(lambda: slowing.slowing(shop, definitions, segments=found))
    return {"segments": (n, seconds), "slowing": (n, slow)}


def churn() -> Measured:
    from models.churn_features import snapshots
    from models.learning.frames import concat
    from models.learning.learner import learn
    from models.purchases import observed

    shop, definitions, _ = _shop()
    _, last = observed(shop, definitions)
    days = [last - dt.timedelta(days=HORIZON + 60 * k) for k in range(4)]
    start = time.perf_counter()
    first = snapshots(shop, definitions, days[:1], HORIZON, last)
    features = time.perf_counter() - start
    known = snapshots(shop, definitions, days, HORIZON, last, most=ROWS_TO_LEARN_FROM // len(days))
    rows = concat([one.sample(first[0].names) for one in known])
    training = timed(lambda: learn(rows, kind="boosting", seed=0))
    return {"churn_features": (len(first[0]), features), "churn_training": (len(rows.features), training)}


def contacts() -> Measured:
    from models.backtest import rolling
    from models.contact_list import contact_list
    from models.order_chance import without_test

    shop, definitions, n = _shop()
    chances, past = without_test(shop, definitions, HORIZON, ""), rolling(shop, definitions)
    return {"contact_list": (n, timed(lambda: contact_list(shop, definitions, chances=chances, past=past)))}


QUESTIONS = {ask.__name__: ask for ask in (order_ladder, customers, churn, contacts)}


def _shop():
    import workspace
    from models.definitions import Definitions

    kept = workspace.snapshot()
    if kept is None:
        raise RuntimeError("The home holds no data set.")
    return workspace.open_shop(kept), Definitions(), kept.customers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="a home that holds the demo shop already, or will")
    parser.add_argument("--only", choices=QUESTIONS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        for name, (n, seconds) in QUESTIONS[chosen.one]().items():
            peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            line = {"name": name, "n": n, "seconds": round(seconds, 3), "reference": ""}
            print(json.dumps(line | {"reference_seconds": None, "ratio": None, "peak_mb": peak}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        home = chosen.home or Path(scratch) / "home"
        if not (home / "catalog.sqlite").exists():
            prepare(home, chosen.customers)
        for name in [chosen.only] if chosen.only else QUESTIONS:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.keep", "--one", name],
                cwd=ROOT,
                env={**os.environ, "HOLDFAST_HOME": str(home)},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
            print(done.stdout, end="", flush=True)


if __name__ == "__main__":
    main()
