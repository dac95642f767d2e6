"""The import benchmark says what it promises to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_prints_one_object_a_line():
    command = [sys.executable, "-m", "benchmarks.ingest", "--rows", "3000", "--repeat", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stage, whole = (json.loads(line) for line in done.stdout.splitlines())
    assert (stage["name"], whole["name"]) == ("ingest_stage", "ingest")
    for line in (stage, whole):
        assert {"name", "n", "seconds", "reference", "reference_seconds", "ratio", "peak_mb"} <= set(line)
        assert line["n"] == line["accepted"] == 3000
        assert line["ratio"] > 0
