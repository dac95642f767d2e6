"""A child process that reads a stranger's file: started in isolation, watched, limited, and ended.

The child is `data.reader_process`; the protocol is one JSON line in, JSON lines out (progress, then done or fault).
"""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.faults import FileProblem
from words import text

Progress = Callable[[float, str], None]
LONGEST_ANSWER = 64 << 20
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Limits:
    """What one file may cost: wall-clock time, and the child's memory, output and table size."""

    seconds: int = 900
    memory_mb: int = 1_300
    output_mb: int = 20_000
    columns: int = 2_000
    records: int = 200_000_000


class Cancelled(Exception):
    """The work was cancelled; nothing was kept."""


def _command() -> list[str]:
    """An isolated Python: no site, no environment, no current folder; only DuckDB and this project."""
    places = [str(ROOT)]
    for package in ("duckdb", "python_calamine"):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"The package {package} is not installed; `make run` installs it.")
        if (place := str(Path(spec.origin).parents[1])) not in places:
            places.append(place)
    start = f"import sys; sys.path += {places!r}; from data.reader_process import main; main()"
    return [sys.executable, "-I", "-S", "-B", "-c", start]


class Child:
    """A process that answers requests one after the other, and is replaced after anything goes wrong in it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.limits = Limits()
        self.answers: queue.Queue[bytes] = queue.Queue()
        self.said: list[bytes] = []
        self.listeners: list[threading.Thread] = []

    def ask(
        self,
        request: dict[str, Any],
        name: str,
        limits: Limits,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> dict[str, Any]:
        """Send one request and wait for its answer. Raises FileProblem and Cancelled; then the process is gone."""
        if self.process is None or limits != self.limits:
            self.end()
            self._start(limits)
        process = self.process
        if process is None or process.stdin is None:
            raise RuntimeError("the child process has no standard input")
        try:
            with suppress(BrokenPipeError):  # it died at once: what it said on the way is read below
                process.stdin.write(json.dumps(request | {"limits": asdict(limits)}).encode() + b"\n")
                process.stdin.flush()
            return self._wait(process, name, progress, cancelled)
        except BaseException:
            self.end()
            raise

    def _start(self, limits: Limits) -> None:
        self.limits, self.answers, self.said = limits, queue.Queue(), []
        self.process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"LANG": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath},
            cwd="/",
            start_new_session=True,
        )
        self.listeners = [
            threading.Thread(target=_listen, args=(self.process, self.answers), daemon=True),
            threading.Thread(target=_overhear, args=(self.process, self.said), daemon=True),
        ]
        for listener in self.listeners:
            listener.start()

    def _wait(
        self,
        process: subprocess.Popen[bytes],
        name: str,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> dict[str, Any]:
        limits = self.limits
        facts: dict[str, Any] = {
            "memory_mb": limits.memory_mb,
            "output_mb": limits.output_mb,
            "seconds": limits.seconds,
        }
        until = time.monotonic() + limits.seconds
        while True:
            if cancelled is not None and cancelled():
                raise Cancelled
            if time.monotonic() > until:
                raise FileProblem("time", name, **facts)
            if _resident(process.pid) > limits.memory_mb << 20:
                raise FileProblem("memory", name, **facts)
            try:
                line = self.answers.get(timeout=0.1)
            except queue.Empty:
                continue
            if not line:
                last = b"".join(self.said)[-4000:].decode(errors="replace").strip()
                cause = _cause(process.wait(), last)
                raise FileProblem(cause, name, **facts, message=last.splitlines()[-1] if last else "")
            answer = json.loads(line)
            if "done" in answer:
                return answer["done"]
            if "fault" in answer:
                raise FileProblem(answer["fault"], name, **facts | answer["facts"])
            if progress is not None:
                fraction, label = answer["progress"]
                progress(fraction, _doing(label))

    def end(self) -> None:
        """End the process and whatever it started."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            with suppress(ProcessLookupError):  # it ended between these two lines
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for listener in self.listeners:
            listener.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


_shared: ContextVar[Child | None] = ContextVar("child", default=None)


@contextmanager
def one_child() -> Iterator[Child]:
    """Within this block `ask` uses one process for all requests, which saves its start. Blocks may be nested."""
    if (outer := _shared.get()) is not None:
        yield outer
        return
    child = Child()
    token = _shared.set(child)
    try:
        yield child
    finally:
        _shared.reset(token)
        child.end()


def ask(
    request: dict[str, Any],
    name: str,
    limits: Limits,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> dict[str, Any]:
    """Ask a child of its own, or the one of the block `one_child`. No process is left outside of such a block.

    Raises FileProblem with a sentence about the file called `name`, and Cancelled when `cancelled()` says so.
    """
    with one_child() as child:
        return child.ask(request, name, limits, progress, cancelled)


def _doing(label: str) -> str:
    """What the child is doing; a label of `run` is the caller's own words."""
    match label:
        case "reading":
            return text("Reading the file")
        case "unpacking":
            return text("Unpacking the file")
        case "translating":
            return text("Translating the letters")
        case "splitting":
            return text("Splitting records into columns")
        case _:
            return label


def _cause(code: int, said: str) -> str:
    """Why a child ended without an answer."""
    if code == -signal.SIGXCPU:
        return "time"
    memory = ("MemoryError", "bad_alloc", "memory allocation", "Cannot allocate", "capacity overflow")
    if code in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGBUS) or any(sign in said for sign in memory):
        return "memory"
    return "crash"


def _resident(pid: int) -> int:
    """Bytes of memory a process uses; 0 where the system does not say (then the kernel's own limit holds)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0


def _listen(process: subprocess.Popen[bytes], answers: queue.Queue[bytes]) -> None:
    while process.stdout is not None and (line := process.stdout.readline(LONGEST_ANSWER)):
        answers.put(line)
    answers.put(b"")


def _overhear(process: subprocess.Popen[bytes], said: list[bytes]) -> None:
    while process.stderr is not None and (piece := os.read(process.stderr.fileno(), 4096)):
        said.append(piece)
        del said[:-4]
