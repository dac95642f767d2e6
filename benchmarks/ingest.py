"""What an import costs next to reading the file: `python -m benchmarks.ingest --rows 1000000`.

An order export of so many records is made, then in turns, each time in a process of its own, (a) DuckDB alone
reads it and writes Parquet, with the same two threads, and (b) `import_orders` takes it the whole road: child
process, checks, ledger, snapshot. Prints one JSON object a line with the best time of each;
`ratio` is reference_seconds / seconds. `peak_mb` adds up the largest sizes of the importing process and its
largest child, though they need not coincide.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.exports import EXPORTS

ROOT = Path(__file__).resolve().parents[1]
THREADS = 2
REFERENCE = "duckdb csv to parquet"


def make(rows: int, path: Path, layout: str = "plain") -> None:
    """An export of `rows` records by a third or a quarter as many customers over two years."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(f"COPY ({EXPORTS[layout].format(rows=rows)}) TO '{path}' (FORMAT csv, HEADER)")


def read_alone(path: Path, folder: Path) -> None:
    """The reference: what DuckDB needs for the same CSV, its own guesses of the types, to Parquet."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY (FROM read_csv('{path}')) TO '{folder}/alone.parquet'")


def stage_only(path: Path, folder: Path) -> int:
    """The child process alone: split the file into records."""
    from data.opening import stage

    return stage(path, folder / "staged").records


def whole_road(path: Path, folder: Path) -> int:
    """CSV to snapshot with its ledger."""
    from data.ingest import import_orders

    return import_orders(path, home=folder / "home").rows_accepted


TASKS: dict[str, Callable[[Path, Path], Any]] = {
    REFERENCE: read_alone,
    "ingest_stage": stage_only,
    "ingest": whole_road,
}


def timed(task: str, path: Path) -> dict[str, Any]:
    """Run one task in a fresh process; seconds without the imports, and the largest sizes in MB."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        command = [
            sys.executable,
            "-m",
            "benchmarks.ingest",
            "--task",
            task,
            "--path",
            str(path),
            "--folder",
            folder,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{task} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def work(task: str, path: Path, folder: Path) -> None:
    """What the fresh process does."""
    if task == "ingest":
        import data.ingest  # the dashboard has it imported long before a file arrives
    elif task == "ingest_stage":
        import data.opening  # noqa: F401
    start = time.perf_counter()
    accepted = TASKS[task](path, folder)
    seconds = time.perf_counter() - start
    sizes = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(json.dumps({"seconds": seconds, "peak_mb": round(sum(sizes) / unit), "accepted": accepted}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--layout", choices=EXPORTS, default="plain", help="12 columns, or Shopify's 79")
    for hidden in ("--task", "--path", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        work(asked.task, Path(asked.path), Path(asked.folder))
        return
    runs: dict[str, list[dict[str, Any]]] = {task: [] for task in TASKS}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "orders.csv"
        make(asked.rows, path, asked.layout)
        for _ in range(asked.repeat):
            for task, results in runs.items():
                results.append(timed(task, path))
    alone = min(result["seconds"] for result in runs[REFERENCE])
    for task in ("ingest_stage", "ingest"):
        seconds = min(result["seconds"] for result in runs[task])
        print(
            json.dumps(
                {
                    "name": task,
                    "n": asked.rows,
                    "layout": asked.layout,
                    "seconds": round(seconds, 3),
                    "reference": REFERENCE,
                    "reference_seconds": round(alone, 3),
                    "ratio": round(alone / seconds, 3),
                    "peak_mb": max(result["peak_mb"] for result in runs[task]),
                    "accepted": runs[task][0]["accepted"],
                }
            )
        )


if __name__ == "__main__":
    main()
