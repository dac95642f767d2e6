"""The child process that opens a stranger's file: imports DuckDB and the Excel reader, nothing else.

`data.child` starts it, writes requests to its standard input and reads JSON lines back. `stage` and `run` can
also be called in process, by tests whose subject is not the process.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import os
import queue
import resource
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from data.reader_csv import dialect_of
from data.reader_staged import Staging, connect, raw_sql, text, watched
from data.reader_tables import stage_parquet, stage_workbook
from data.reader_text import Fault, Scan, Tick, encoding_of, gunzip, magic, scan, to_utf8, unzip, zip_kind

DEFAULTS = {"columns": 2_000, "records": 200_000_000, "memory_mb": 1_300, "output_mb": 20_000}
__all__ = ["Fault", "raw_sql", "run", "stage"]


def _quiet(_fraction: float, _label: str) -> None:
    """No one is watching."""


def stage(request: dict[str, Any], tick: Tick = _quiet) -> dict[str, Any]:
    """Turn the file at request["path"] into raw.parquet and rejects.parquet in request["folder"].

    Keys: path, folder, encoding (None: told from the content), sheet (of a workbook, or member of a zip), and
    limits (see DEFAULTS). Returns what `data.opening.Staged` holds. Raises Fault.
    """
    folder, path = Path(request["folder"]), Path(request["path"])
    limits = DEFAULTS | request.get("limits", {})
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {"warnings": [], "choices": [], "encoding": "", "delimiter": ""}
    try:
        source, kind, found = _unpacked(path, work, request.get("sheet"), limits, result, tick)
        if kind not in ("text", "xlsx", "xls", "parquet"):
            raise Fault("empty" if kind == "empty" else "wrong_type", kind=kind)
        result["kind"] = "csv" if kind == "text" else kind
        if kind == "text":
            source, encoding = _as_utf8(source, found, request.get("encoding"), work, result, tick)
        plain = work / "plain"  # a name without *, [ or ?, which DuckDB would take for a pattern
        plain.symlink_to(source.resolve())
        connection = connect(folder, (), limits["memory_mb"] * 6 // 10, file=source)
        try:
            staging = Staging(connection, folder, result, tick)
            if kind == "text":
                dialect = dialect_of(plain, limits["columns"])
                result |= {"encoding": encoding, "delimiter": dialect.delimiter, "header": dialect.header}
                staging.split(plain, dialect, found.line_ends)
            elif kind == "parquet":
                stage_parquet(staging, plain, limits)
            else:
                # in a zip the name chose the member; the workbook inside then opens at its first sheet
                stage_workbook(staging, source, request.get("sheet") if source is path else None, limits)
            staging.finish(limits["records"])
            if kind == "text" and found.line_ends > result["records"] + dialect.skip:
                staging.look_for_swallowed(dialect.delimiter)
        finally:
            connection.close()
        renamed = [column for column in result["header"] if column.endswith(" (2)")]
        if renamed:
            result["warnings"].append({"code": "same_names", "columns": renamed[:5]})
        return result
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpacked(
    path: Path, work: Path, member: str | None, limits: dict[str, int], result: dict[str, Any], tick: Tick
) -> tuple[Path, str, Scan]:
    """The file behind gzip and zip (two deep at most), its kind, and what one pass over its bytes says."""
    found = scan(path, tick)
    result["sha256"], result["bytes"] = found.sha256, found.size
    source, most = path, limits["output_mb"] << 20
    for depth in range(3):
        kind = magic(source)
        if kind == "zip":
            kind = zip_kind(source)
        if kind not in ("gzip", "zip"):
            return source, kind, found if source is path else scan(source, tick)
        if depth == 2:
            break
        target = work / f"unpacked{depth}"
        if kind == "gzip":
            gunzip(source, target, most, tick)
        else:
            result["member"], names = unzip(source, target, member, most, tick)
            result["choices"] = names if len(names) > 1 else []
        source = target
    raise Fault("nested_archive")


def _as_utf8(
    source: Path, found: Scan, asked: str | None, work: Path, result: dict[str, Any], tick: Tick
) -> tuple[Path, str]:
    """The text file in UTF-8 (itself where it already is) and the encoding it was in."""
    if found.long_line is not None:
        raise Fault("endless_line", line=found.long_line, bytes=found.size)
    encoding = asked or encoding_of(source, found)
    if found.zero_line is not None and not encoding.lower().startswith("utf-16"):
        raise Fault("zero_bytes", line=found.zero_line)
    if encoding == "utf-8" and found.utf8:
        return source, encoding
    target = work / "utf8"
    lost = to_utf8(source, target, encoding, tick)
    if lost:
        result["warnings"].append({"code": "unreadable_letters", "count": lost, "encoding": encoding})
    return target, encoding


def run(request: dict[str, Any], tick: Tick = _quiet) -> dict[str, Any]:
    """Run request["statements"], each (sql, fetch, label), on a DuckDB locked to `folder` and `also`.

    Views `raw` and `rejects` stand for the staged file when one of these folders holds it. Returns
    {"results": [...]}: rows of JSON values for the fetched statements, None for the others.
    """
    folder = Path(request["folder"])
    also = [str(place) for place in request.get("also", ())]
    limits = DEFAULTS | request.get("limits", {})
    connection = connect(folder, also, limits["memory_mb"] * 6 // 10)
    results: list[list[list[Any]] | None] = []
    try:
        for place in (Path(p).resolve() for p in (str(folder), *also)):
            if (place / "raw.parquet").exists():
                connection.execute(f"CREATE TEMP VIEW raw AS {raw_sql(place)}")
                rejects = text(place / "rejects.parquet")
                connection.execute(f"CREATE TEMP VIEW rejects AS SELECT * FROM read_parquet({rejects})")
                break
        statements = request["statements"]
        for done, (sql, fetch, label) in enumerate(statements):

            def share(fraction: float, doing: str, done: int = done) -> None:
                tick((done + fraction) / len(statements), doing)

            share(0.0, label)
            with watched(connection, share, label):
                cursor = connection.execute(sql)
            results.append([[_plain(v) for v in row] for row in cursor.fetchall()] if fetch else None)
    finally:
        connection.close()
        shutil.rmtree(folder / "tmp", ignore_errors=True)
    return {"results": results}


def _plain(value: Any) -> Any:
    """A value that JSON can carry: decimals as text, dates and times in ISO form."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)


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

    limited = False
    while True:
        request = json.loads(requests.get())
        if not limited:
            _limit(request["limits"])
            limited = True
        say(_answer(request, tick))


def _answer(request: dict[str, Any], tick: Tick) -> dict[str, Any]:
    task: Callable[..., dict[str, Any]] = {"stage": stage, "run": run}[request["task"]]
    try:
        return {"done": task(request, tick)}
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
