"""The benchmark of the engine says what it promises to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_prints_one_object_a_line():
    command = [sys.executable, "-m", "benchmarks.ltv", "--customers", "2000", "--repeat", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["name"] for line in lines] == [
        "bg_nbd_fit",
        "pareto_nbd_fit",
        "gamma_gamma_fit",
        "clv",
        "intervals",
        "end_to_end",
    ]
    for line in lines:
        assert {"name", "n", "seconds", "reference", "reference_seconds", "ratio", "peak_mb"} <= set(line)
        assert line["seconds"] > 0
    # The likelihoods we reach are no lower than theirs.
    assert all(line["gain"] > -1e-6 for line in lines[:2])
    # Every customer simulated has an order, so every one comes out of the file with a value.
    assert lines[-1]["n"] == 2000
    assert all(line["ratio"] > 0 for line in lines if line["reference"])
