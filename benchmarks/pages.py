"""How long the server takes for every page: `python -m benchmarks.pages --customers 1000000`.

Each page is visited in a process of its own, which has imported what the server imports at its start and has
seen nothing of the shop: the first visit runs the page's queries and starts its jobs, the revisit, when the jobs are
over, finds their answers.
Prints one JSON object a line: the first visit has the revisit as its reference.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WAIT = 600


def visit(address: str, view: str) -> dict[str, float]:
    """Open one page twice through Streamlit's own script runner; seconds of both, and peak memory in MB."""
    import serve

    serve.preload()
    from streamlit.testing.v1 import AppTest

    import jobs
    import navigation

    opened = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT)
    opened.query_params["view"] = view
    opened.switch_page(navigation.page(address).path)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        opened.run()
        seconds.append(time.perf_counter() - start)
        jobs.wait_for_all(WAIT)
        if opened.exception or opened.error:
            raise RuntimeError(f"{address}: {[e.value for e in [*opened.exception, *opened.error]]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first": seconds[0], "revisit": seconds[1], "peak_mb": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="a home that holds the demo shop already, or will")
    parser.add_argument("--page", help="only this page")
    parser.add_argument("--view", default="plain", choices=("plain", "full"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(visit(chosen.one, chosen.view)))
        return

    import navigation

    with tempfile.TemporaryDirectory() as scratch:
        home = chosen.home or Path(scratch) / "home"
        if not (home / "catalog.sqlite").exists():
            prepare(home, chosen.customers)
        for address in [chosen.page] if chosen.page else [p.address for p in navigation.PAGES]:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.pages", "--one", address, "--view", chosen.view],
                cwd=ROOT,
                env={**os.environ, "HOLDFAST_HOME": str(home)},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(f"{address} failed:\n{done.stderr[-3000:]}")
            seen = json.loads(done.stdout.splitlines()[-1])
            print(
                json.dumps(
                    {
                        "name": f"page_{address}",
                        "n": chosen.customers,
                        "seconds": round(seen["first"], 3),
                        "reference": "revisit",
                        "reference_seconds": round(seen["revisit"], 3),
                        "ratio": round(seen["revisit"] / seen["first"], 3),
                        "peak_mb": round(seen["peak_mb"]),
                    }
                ),
                flush=True,
            )


def prepare(home: Path, customers: int) -> None:
    """Make the demo shop of this size in an empty home."""
    from data import demo

    home.mkdir(parents=True, exist_ok=True)
    demo.import_demo(customers=customers, seed=1, home=home)


if __name__ == "__main__":
    main()
