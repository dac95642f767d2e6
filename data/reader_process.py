"""The child process: started by `data.child`, it answers requests that come as JSON lines on its standard input.

Nothing that takes time is imported at the top: DuckDB is loaded with the first request.
"""

from __future__ import annotations

import json
import os
import queue
import resource
import sys
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from data.reader_text import Fault, Tick, sha256


def _limit(limits: dict[str, int]) -> None:
    """What the kernel enforces. Allocators reserve half as much again as they use; `opening` watches the use."""
    for kind, most in (
        (resource.RLIMIT_DATA, (limits["memory_mb"] * 3 // 2) << 20),
        (resource.RLIMIT_CPU, limits["seconds"] * 4),
        (resource.RLIMIT_FSIZE, limits["output_mb"] << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard), hard))


def main() -> None:
    """Answer requests in JSON lines until standard input ends: the child dies with its parent, busy or not."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing that a library prints may look like an answer
    requests: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    lock = threading.Lock()
    latest: list[Any] = [-1.0, ""]

    def say(answer: dict[str, Any]) -> None:
        with lock:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

    def tick(fraction: float, label: str) -> None:
        if label != latest[1] or abs(fraction - latest[0]) >= 0.01:
            latest[:] = [fraction, label]
            say({"progress": [round(min(max(fraction, 0.0), 1.0), 3), label]})

    helper = ThreadPoolExecutor(1)
    limited = False
    while True:
        request = json.loads(requests.get())
        if not limited:
            _limit(request["limits"])
            limited = True
        say(_answer(request, tick, helper))


def _answer(request: dict[str, Any], tick: Tick, helper: Executor) -> dict[str, Any]:
    # DuckDB takes about as long to load as a large file's checksum, on the other core.
    checksum = helper.submit(sha256, Path(request["path"])) if request["task"] == "stage" else None
    import duckdb

    from data import reader

    try:
        return {
            "done": reader.stage(request, tick, checksum.result) if checksum else reader.run(request, tick)
        }
    except Fault as fault:
        return {"fault": fault.code, "facts": fault.facts}
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        return {"fault": "memory", "facts": {"message": str(error)[:500]}}
    except duckdb.Error as error:
        code = "memory" if "bad_alloc" in str(error) else "duckdb"
        return {"fault": code, "facts": {"message": str(error)[:2000]}}
    except OSError as error:
        return {"fault": "disk", "facts": {"message": str(error)[:500]}}


def _listen(requests: queue.Queue[bytes]) -> None:
    for line in iter(sys.stdin.buffer.readline, b""):
        requests.put(line)
    os._exit(3)
