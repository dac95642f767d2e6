"""Long work: a small pool, progress, cancel. Pages start a job and poll it in a fragment.

A job runs in a thread of this process; what it computes outside (a child that reads a file) it must stop
itself when `job.cancelled` turns true. Finished jobs are kept, with their results, up to two bounds: how many, and
how much memory those results say they take (`nbytes`): a ranking of a million customers takes 80 MB.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Literal

from words import text

WORKERS = 2
KEPT = 64
KEPT_BYTES = 400_000_000

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Raised inside a job at its next progress report after someone pressed Cancel."""


@dataclass
class Job:
    """One piece of long work, named by its `key`: starting the same key twice gives the same job."""

    key: Hashable
    label: str
    number: int
    state: State = "waiting"
    fraction: float = 0.0
    message: str = ""
    result: Any = None
    problem: str = ""
    hopeless: bool = False
    """Whether `problem` says something about the data, so that trying again would say the same."""
    created: float = field(default_factory=time.monotonic)
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _finished: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    def cancelled(self) -> bool:
        return self._stop.is_set()

    def cancel(self) -> None:
        self._stop.set()

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the work is (0..1) and what it is doing. Raises Cancelled if it should stop."""
        if self._stop.is_set():
            raise Cancelled
        self.fraction, self.message = min(max(fraction, 0.0), 1.0), message or self.message

    def wait(self, seconds: float) -> bool:
        """Wait until the job is over, at most so long; whether it is."""
        return self._finished.wait(seconds)


_pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="job")
_jobs: OrderedDict[Hashable, Job] = OrderedDict()
_lock = threading.Lock()
_numbers = itertools.count(1)


def start(key: Hashable, label: str, work: Callable[[Job], Any]) -> Job:
    """Start `work(job)` under this key, or return the job that already runs or succeeded under it."""
    with _lock:
        known = _jobs.get(key)
        if known is not None and known.state not in ("failed", "cancelled"):
            _jobs.move_to_end(key)
            return known
        job = Job(key, label, next(_numbers))
        _jobs[key] = job
        for old in [k for k, j in _jobs.items() if j.over][: max(0, len(_jobs) - KEPT)]:
            del _jobs[old]
        _let_go()
    _pool.submit(copy_context().run, _run, job, work)
    return job


def _let_go() -> None:
    """Drop the longest unasked results until the rest keeps to KEPT_BYTES; the newest stays, whatever it takes."""
    sizes = {k: int(getattr(j.result, "nbytes", 0)) for k, j in _jobs.items() if j.over}
    heavy = [k for k, size in sizes.items() if size]
    total = sum(sizes.values())
    for old in heavy[:-1]:
        if total <= KEPT_BYTES:
            return
        total -= sizes[old]
        del _jobs[old]


def find(key: Hashable) -> Job | None:
    """The job of this key, if one was started and is still kept."""
    with _lock:
        if key in _jobs:
            _jobs.move_to_end(key)
        return _jobs.get(key)


def wait_for_all(seconds: float) -> None:
    """Wait until no job runs, each at most so long."""
    with _lock:
        waiting = [job for job in _jobs.values() if not job.over]
    for job in waiting:
        job.wait(seconds)


def forget(key: Hashable) -> None:
    """Let go of a finished job and its result."""
    with _lock:
        job = _jobs.get(key)
        if job is not None and job.over:
            del _jobs[key]


def _run(job: Job, work: Callable[[Job], Any]) -> None:
    if job.cancelled():
        job.state = "cancelled"
        job._finished.set()
        return
    job.state = "running"
    try:
        job.result = work(job)
        job.fraction, job.state = 1.0, "done"
    except Cancelled:
        job.state = "cancelled"
    except ValueError as problem:
        # The house raises ValueError with a sentence meant for people.
        _log.info("job %s: %s", job.number, problem)
        job.problem, job.hopeless, job.state = str(problem), True, "failed"
    except Exception:  # noqa: BLE001 (a job may fail in any way; it is logged, and said)
        _log.exception("job %s (%s) failed", job.number, job.label)
        job.problem = text(
            "“{label}” stopped because of a fault in Holdfast itself. Nothing was changed; the log has the details "
            "under job {number}.",
            label=job.label,
            number=job.number,
        )
        job.state = "failed"
    finally:
        job._finished.set()
        with _lock:
            _let_go()
