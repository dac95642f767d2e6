"""Run by test_snapshots.py: kills an import at every file operation it makes, and looks at what is left.

Arguments: the home, a draft to keep, the fingerprint kept before, the data set. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from data import manifests, scratch, snapshots
from data.catalog import Catalog


def keep(home: Path, draft: Path, data_set: int, die_at: int | None) -> None:
    seen = 0

    def count(event: str, _arguments: object) -> None:
        nonlocal seen
        if event.startswith(("os.", "open", "shutil.", "sqlite3.")):
            seen += 1
            if seen == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    copy = draft.with_name(f"copy-{os.getpid()}")
    shutil.copytree(draft, copy)
    sys.addaudithook(count)
    snapshots.keep(copy, home=home, data_set=data_set)


def in_child(home: Path, draft: Path, data_set: int, die_at: int | None, after: float | None = None) -> bool:
    """Whether the child was killed before it was done."""
    child = os.fork()
    if child == 0:
        keep(home, draft, data_set, die_at)
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def look(home: Path, before: str, data_set: int) -> None:
    """Raises where a snapshot is listed or named but not whole, or the earlier one is not what it was."""
    folder = home / "local" / "snapshots"
    manifests.verify(folder / before)
    named = {f.name for f in folder.iterdir() if not f.name.startswith(".")}
    for name in named:
        manifests.verify(folder / name)
    listed = {row.fingerprint for row in Catalog(home).snapshots(data_set)}
    if not {before} <= listed <= named:
        raise RuntimeError(f"listed {listed}, there {named}")


def main() -> None:
    home, draft, before, data_set = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    folder = home / "local" / "snapshots"
    name = snapshots.fingerprint_of(json.loads((draft / "draft.json").read_text()))
    killed = leftovers = 0
    die_at = 1
    while in_child(home, draft, data_set, die_at):
        killed += 1
        look(home, before, data_set)
        leftovers += any(f.name.startswith(scratch.PREFIX) and f.is_dir() for f in folder.iterdir())
        shutil.rmtree(folder / name, ignore_errors=True)
        die_at += 1
    look(home, before, data_set)
    rng = random.Random(7)
    by_clock = 0
    for _ in range(40):
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(
            folder / before, folder / f"{scratch.PREFIX}old"
        )  # a leftover without a lock is not ours
        by_clock += in_child(home, draft, data_set, None, after=rng.uniform(0, 0.06))
        shutil.rmtree(folder / f"{scratch.PREFIX}old")
        manifests.verify(folder / before)
        for kept in folder.glob("[0-9a-f]*"):
            manifests.verify(kept)
    in_child(home, draft, data_set, None)
    look(home, before, data_set)
    scratch.sweep(folder)
    left = [f.name for f in folder.iterdir() if f.name.startswith(".")]
    sys.stdout.write(
        json.dumps({"killed": killed, "leftovers": leftovers, "by_clock": by_clock, "left": left})
    )


if __name__ == "__main__":
    main()
