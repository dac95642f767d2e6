"""The dashboard's side of opening a file: starts the child, watches it, and turns what it found into sentences."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.faults import FileProblem, warning

Progress = Callable[[float, str], None]
LONGEST_ANSWER = 32 << 20
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Beyond the file's own bytes the child may hold `memory_mb` and write `output_mb`."""

    seconds: int = 900
    memory_mb: int = 1300
    output_mb: int = 20_000
    columns: int = 2_000
    records: int = 200_000_000


@dataclass(frozen=True)
class Staged:
    """A file opened and split into records: raw.parquet and rejects.parquet lie in `folder`."""

    folder: Path
    kind: str
    name: str
    sha256: str
    bytes: int
    encoding: str
    delimiter: str
    header: list[str]
    records: int
    rejected: int
    head: list[dict[str, str | None]]
    choices: list[str]
    chosen: str
    warnings: list[str]


def stage(
    path: Path | str,
    folder: Path | str,
    *,
    name: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    limits: Limits = Limits(),
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Staged:
    """Open a stranger's file in a child process and split it into records, in `folder`.

    `encoding` and `sheet` (of a workbook, or member of a zip) override what is told from the content. Raises
    FileProblem with a sentence; then nothing is left in `folder`. Raises Cancelled when `cancelled()` says so.
    """
    path, folder = Path(path), Path(folder)
    known = name or path.name
    existed = folder.exists()
    request = {"task": "stage", "path": str(path.resolve()), "folder": str(folder.resolve()), "encoding": encoding,
               "sheet": sheet}  # fmt: skip
    try:
        answer = _child(request, known, limits, progress, cancelled)
    except BaseException:
        _clear(folder, existed)
        raise
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    return Staged(
        folder=folder, kind=answer["kind"], name=known, sha256=answer["sha256"], bytes=answer["bytes"],
        encoding=answer["encoding"], delimiter=answer["delimiter"], header=answer["header"],
        records=answer["records"], rejected=answer["rejected"], head=answer["head"], choices=answer["choices"],
        chosen=answer.get("member", ""), warnings=[warning(known, w) for w in answer["warnings"]],
    )  # fmt: skip


def run(
    folder: Path | str,
    statements: Iterable[tuple[str, bool, str]],
    *,
    also: Sequence[Path | str] = (),
    name: str = "",
    limits: Limits = Limits(),
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[list[Any]] | None]:
    """Run SQL in a child whose DuckDB may touch only `folder` and `also`.

    `statements` are (sql, fetch, label). Views `raw` and `rejects` stand for a staged file in one of the folders.
    Returns rows for fetched statements (decimals as text, dates as ISO text) and None for the others.
    """
    request = {"task": "run", "folder": str(Path(folder).resolve()), "also": [str(Path(p).resolve()) for p in also],
               "statements": [list(s) for s in statements]}  # fmt: skip
    return _child(request, name, limits, progress, cancelled)["results"]


class Cancelled(Exception):  # noqa: N818 - a person asked for it; nothing went wrong
    """The work was cancelled; nothing was kept."""


def _clear(folder: Path, existed: bool) -> None:
    for item in ("work", "tmp"):
        shutil.rmtree(folder / item, ignore_errors=True)
    for item in ("raw.parquet", "rejects.parquet", "numbered"):
        (folder / item).unlink(missing_ok=True)
    if not existed and folder.exists():
        folder.rmdir()


def _command() -> list[str]:
    """An isolated Python: no site, no environment, no current folder; only where DuckDB and this project lie."""
    places = [str(ROOT)]
    for package in ("duckdb", "python_calamine"):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"The package {package} is not installed; run `make run` once.")
        if (place := str(Path(spec.origin).parents[1])) not in places:
            places.append(place)
    return [sys.executable, "-I", "-S", "-c", f"import sys; sys.path += {places!r}; from data.reader import main; main()"]


def _child(request: dict[str, Any], name: str, limits: Limits, progress: Progress | None,
           cancelled: Callable[[], bool] | None) -> dict[str, Any]:  # fmt: skip
    request["limits"] = asdict(limits) | {"cpu_seconds": limits.seconds * 2}
    process = subprocess.Popen(
        _command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={"LANG": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}, cwd=request["folder"] if Path(request["folder"]).is_dir() else "/",
    )  # fmt: skip
    answers: queue.Queue[bytes] = queue.Queue()
    said: list[bytes] = []
    listeners = [
        threading.Thread(target=_listen, args=(process, answers), daemon=True),
        threading.Thread(target=_overhear, args=(process, said), daemon=True),
    ]
    for listener in listeners:
        listener.start()
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        return _wait(process, answers, said, name, limits, progress, cancelled)
    finally:
        _kill(process)
        for listener in listeners:
            listener.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()  # type: ignore[union-attr]


def _wait(process: subprocess.Popen[bytes], answers: queue.Queue[bytes], said: list[bytes], name: str, limits: Limits,
          progress: Progress | None, cancelled: Callable[[], bool] | None) -> dict[str, Any]:  # fmt: skip
    until = time.monotonic() + limits.seconds
    while True:
        if cancelled is not None and cancelled():
            raise Cancelled
        if time.monotonic() > until:
            raise FileProblem("time", name, seconds=limits.seconds)
        try:
            line = answers.get(timeout=0.1)
        except queue.Empty:
            continue
        if not line:
            code = process.wait()
            what = b"".join(said)[-2000:].decode(errors="replace")
            raise FileProblem(_how_it_died(code, what), name, code=code, message=what, memory_mb=limits.memory_mb,
                              seconds=limits.seconds)  # fmt: skip
        answer = json.loads(line)
        if "done" in answer:
            return answer["done"]
        if "fault" in answer:
            facts = {"memory_mb": limits.memory_mb, "output_mb": limits.output_mb} | answer["facts"]
            raise FileProblem(answer["fault"], name, **facts)
        if progress is not None:
            progress(*answer["progress"])


def _how_it_died(code: int, said: str) -> str:
    if code == -signal.SIGXCPU:
        return "time"
    if code in (-signal.SIGKILL, -signal.SIGABRT) or "MemoryError" in said or "bad_alloc" in said or "alloc" in said:
        return "memory"
    return "crash"


def _listen(process: subprocess.Popen[bytes], answers: queue.Queue[bytes]) -> None:
    while line := process.stdout.readline(LONGEST_ANSWER):  # type: ignore[union-attr]
        answers.put(line)
    answers.put(b"")


def _overhear(process: subprocess.Popen[bytes], said: list[bytes]) -> None:
    while piece := process.stderr.read1(4096):  # type: ignore[union-attr]
        said.append(piece)
        del said[:-4]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself
    process.wait()
